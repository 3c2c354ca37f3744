//! How a vector of 4-bit weights meets activations: widened to f32, or as integers.
//! It must not know rows, tasks or threads.
//!
//! A vector holds LANES words of eight nibbles, LANES / 4 blocks of 32 weights: lane l has bytes 4 (l % 4) .. of block
//! l / 4. Activations are laid out once a launch so that each nibble's partner waits in the same lane.

use super::super::isa::Dots;
use super::super::simd::Simd;
use crate::kernel::matmul::int4::{BLOCK, activation_scale, quantize};

/// One way to multiply.
pub(super) trait Scheme: Send + Sync + 'static {
    /// The dot products it uses.
    const DOTS: Dots;
    /// Vectors of activations that meet one of weights.
    const VECTORS: usize;

    /// Lays out a row of activations, whole steps of `8 * LANES` with zeros past K; `row` may be changed.
    ///
    /// # Safety
    /// Those of [`Simd`]; `to` has room for `VECTORS * LANES` words a step.
    unsafe fn prepare<S: Simd>(row: &mut [f32], group: usize, to: *mut f32);

    /// `acc += a * words`, M rows of activations `stride` apart by R vectors of weights with the scales of their lanes.
    ///
    /// # Safety
    /// Those of [`Simd`]; each row of `a` holds `VECTORS * LANES` words.
    unsafe fn step<S: Simd, const M: usize, const R: usize>(
        acc: &mut [[S::V; R]; M],
        a: *const f32,
        stride: usize,
        words: &[S::V; R],
        scales: &[S::V; R],
    );
}

/// Float activations: weights are widened in registers, eight nibbles of every lane from the highest down.
pub(super) struct A16;

impl Scheme for A16 {
    const DOTS: Dots = Dots::None;
    const VECTORS: usize = 8;

    #[inline(always)]
    unsafe fn prepare<S: Simd>(row: &mut [f32], _group: usize, to: *mut f32) {
        for (step, values) in row.chunks_exact(8 * S::LANES).enumerate() {
            for vector in 0..8 {
                // Nibble j is half j % 2 of byte j / 2, and high halves are sixteen elements on.
                let j = 7 - vector;
                for lane in 0..S::LANES {
                    let from = BLOCK * (lane / 4) + 4 * (lane % 4) + j / 2 + 16 * (j % 2);
                    // SAFETY: the caller's promise: the step has room for eight vectors.
                    unsafe { to.add((8 * step + vector) * S::LANES + lane).write(values[from]) };
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn step<S: Simd, const M: usize, const R: usize>(
        acc: &mut [[S::V; R]; M],
        a: *const f32,
        stride: usize,
        words: &[S::V; R],
        scales: &[S::V; R],
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut words = words.map(|w| S::open_nibbles(w));
            let mut sums = [[S::splat(0.0); R]; M];
            for vector in 0..8 {
                let mut lanes = [S::splat(0.0); M];
                for (m, lanes) in lanes.iter_mut().enumerate() {
                    *lanes = S::load(a.add(m * stride + vector * S::LANES));
                }
                for (r, words) in words.iter_mut().enumerate() {
                    let (top, next) = S::top_nibbles(*words);
                    *words = next;
                    for (sums, &lanes) in sums.iter_mut().zip(&lanes) {
                        sums[r] = S::fma(lanes, top, sums[r]);
                    }
                }
            }
            for (acc, sums) in acc.iter_mut().zip(&sums) {
                for ((acc, &sum), &scale) in acc.iter_mut().zip(sums).zip(scales) {
                    *acc = S::fma(sum, scale, *acc);
                }
            }
        }
    }
}

/// Activations quantised by group: low halves, high halves, what undoes the nibbles' offset of 8, and the scale.
pub(super) struct A8;

impl Scheme for A8 {
    const DOTS: Dots = Dots::I8;
    const VECTORS: usize = 4;

    #[inline(always)]
    unsafe fn prepare<S: Simd>(row: &mut [f32], group: usize, to: *mut f32) {
        let per_step = S::LANES / 4;
        for (g, values) in row.chunks_mut(group).enumerate() {
            let largest = values.iter().fold(0.0, |top: f32, x| if x.abs() > top { x.abs() } else { top });
            let (scale, reciprocal) = activation_scale(largest);
            values.iter_mut().for_each(|x| *x = quantize(*x, reciprocal));
            for (i, block) in values.chunks_exact(BLOCK).enumerate() {
                let block_at = g * group / BLOCK + i;
                // SAFETY: the caller's promise: four vectors a step.
                unsafe {
                    let step = to.add(block_at / per_step * 4 * S::LANES);
                    let first = 4 * (block_at % per_step);
                    let (low, high) = (step.add(first).cast::<i8>(), step.add(S::LANES + first).cast::<i8>());
                    for (j, (&x, &y)) in block[..16].iter().zip(&block[16..]).enumerate() {
                        low.add(j).write(x as i8);
                        high.add(j).write(y as i8);
                    }
                    for lane in 0..4 {
                        let four = |at: usize| block[at + 4 * lane..][..4].iter().sum::<f32>();
                        let offset = -8 * (four(0) + four(16)) as i32;
                        step.add(2 * S::LANES + first + lane).write(f32::from_bits(offset as u32));
                        step.add(3 * S::LANES + first + lane).write(scale);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn step<S: Simd, const M: usize, const R: usize>(
        acc: &mut [[S::V; R]; M],
        a: *const f32,
        stride: usize,
        words: &[S::V; R],
        scales: &[S::V; R],
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let halves = words.map(|w| S::split_nibbles(w));
            for (m, acc) in acc.iter_mut().enumerate() {
                let at = |vector: usize| S::load(a.add(m * stride + vector * S::LANES));
                let (a_low, a_high, undo, scale) = (at(0), at(1), at(2), at(3));
                for ((acc, &(low, high)), &b_scale) in acc.iter_mut().zip(&halves).zip(scales) {
                    let dots = S::dot_nibbles(S::dot_nibbles(undo, low, a_low), high, a_high);
                    *acc = S::fma(S::to_f32(dots), S::mul(b_scale, scale), *acc);
                }
            }
        }
    }
}
