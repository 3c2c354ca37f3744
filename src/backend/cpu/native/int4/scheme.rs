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
    /// Those of [`Simd`]; each row of `a` holds `VECTORS * LANES` words, `words` and three bytes past them are valid.
    unsafe fn step<S: Simd, const M: usize, const R: usize>(
        acc: &mut [[S::V; R]; M],
        a: *const f32,
        stride: usize,
        words: &[*const u8; R],
        scales: &[S::V; R],
    );
}

/// Float activations: weights are widened in registers, both halves of one byte of every lane at a time. A ninth vector
/// undoes the offset that the nibbles keep on some instruction sets.
pub(super) struct A16;

impl Scheme for A16 {
    const DOTS: Dots = Dots::None;
    const VECTORS: usize = 9;

    #[inline(always)]
    unsafe fn prepare<S: Simd>(row: &mut [f32], _group: usize, to: *mut f32) {
        for (step, values) in row.chunks_exact(8 * S::LANES).enumerate() {
            for lane in 0..S::LANES {
                let mut sum = 0.0;
                for byte in 0..4 {
                    // High halves are sixteen elements on.
                    let at = BLOCK * (lane / 4) + 4 * (lane % 4) + byte;
                    let (low, high) = (values[at], values[at + 16]);
                    sum += low + high;
                    // SAFETY: the caller's promise: the step has room for nine vectors.
                    unsafe {
                        let to = to.add((9 * step + 2 * byte) * S::LANES + lane);
                        to.write(low);
                        to.add(S::LANES).write(high / S::HIGH_UNIT);
                    }
                }
                // SAFETY: as above.
                unsafe { to.add((9 * step + 8) * S::LANES + lane).write(-S::NIBBLE_OFFSET * sum) };
            }
        }
    }

    #[inline(always)]
    unsafe fn step<S: Simd, const M: usize, const R: usize>(
        acc: &mut [[S::V; R]; M],
        a: *const f32,
        stride: usize,
        words: &[*const u8; R],
        scales: &[S::V; R],
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [[S::splat(0.0); R]; M];
            if S::NIBBLE_OFFSET != 0.0 {
                for (m, sums) in sums.iter_mut().enumerate() {
                    *sums = [S::load(a.add(m * stride + 8 * S::LANES)); R];
                }
            }
            for byte in 0..4 {
                let mut lanes = [(S::splat(0.0), S::splat(0.0)); M];
                for (m, lanes) in lanes.iter_mut().enumerate() {
                    let a = a.add(m * stride + 2 * byte * S::LANES);
                    *lanes = (S::load(a), S::load(a.add(S::LANES)));
                }
                for (r, &words) in words.iter().enumerate() {
                    let (low, high) = S::nibbles_at(words, byte);
                    for (sums, &lanes) in sums.iter_mut().zip(&lanes) {
                        sums[r] = S::fma(lanes.1, high, S::fma(lanes.0, low, sums[r]));
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
        words: &[*const u8; R],
        scales: &[S::V; R],
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut halves = [(S::splat(0.0), S::splat(0.0)); R];
            for (halves, &words) in halves.iter_mut().zip(words) {
                *halves = S::split_nibbles(S::load(words.cast()));
            }
            for (m, acc) in acc.iter_mut().enumerate() {
                let a = a.add(m * stride);
                let (a_low, a_high) = (S::load(a), S::load(a.add(S::LANES)));
                let (undo, scale) = (S::load(a.add(2 * S::LANES)), S::load(a.add(3 * S::LANES)));
                for ((acc, &(low, high)), &b_scale) in acc.iter_mut().zip(&halves).zip(scales) {
                    let dots = S::dot_nibbles(S::dot_nibbles(undo, low, a_low), high, a_high);
                    *acc = S::fma(S::to_f32(dots), S::mul(b_scale, scale), *acc);
                }
            }
        }
    }
}
