//! How activations become integers that meet 4-bit weights: the case's own, or fixed point that holds floats.
//! It must not know rows, tasks or threads.
//!
//! A vector of weights holds LANES words of eight nibbles, LANES / 4 blocks of 32: lane l has bytes 4 (l % 4) .. of block
//! l / 4. Activations are laid out once a launch so that each nibble's partner waits in the same lane.

use super::super::simd::{MAX_LANES, Simd};
use crate::kernel::matmul::int4::{BLOCK, activation_scale, nearest, quantize};

/// One way to make integers of activations.
pub(super) trait Scheme: Copy + Send + Sync + 'static {
    /// Bytes of an integer, each signed.
    const DIGITS: usize;
    /// Vectors of activations that meet one of weights: low halves and high ones of each digit, the highest digit first;
    /// what undoes the nibbles' offset of 8; and units.
    const VECTORS: usize = 2 * Self::DIGITS + 2;

    /// What an integer counts, and its reciprocal, from the largest magnitudes of a lane's eight and of their group.
    fn unit(lane: f32, group: f32) -> (f32, f32);
    /// An activation as an integer.
    fn integer(x: f32, reciprocal: f32) -> i32;
}

/// Activations that the case says are quantised by group.
#[derive(Clone, Copy)]
pub(super) struct A8;

impl Scheme for A8 {
    const DIGITS: usize = 1;

    #[inline(always)]
    fn unit(_lane: f32, group: f32) -> (f32, f32) {
        activation_scale(group)
    }
    #[inline(always)]
    fn integer(x: f32, reciprocal: f32) -> i32 {
        quantize(x, reciprocal) as i32
    }
}

/// Float activations in fixed point, a unit for each lane: an f16 is held exactly unless another of the eight is 2^11 times
/// as large, and then to 2^-22 of that one; products and their sum are exact. An f32 sum loses as much.
#[derive(Clone, Copy)]
pub(super) struct A16;

/// Bits of a lane's largest integer, its sign apart.
const BITS: u32 = 22;

impl Scheme for A16 {
    const DIGITS: usize = 3;

    #[inline(always)]
    fn unit(lane: f32, _group: f32) -> (f32, f32) {
        if !lane.is_finite() {
            return (f32::NAN, 0.0);
        }
        // The least exponent is that of the smallest f16.
        let exponent = (lane.to_bits() >> 23).max(127 - 24) + 1 - BITS;
        (f32::from_bits(exponent << 23), f32::from_bits((254 - exponent) << 23))
    }
    #[inline(always)]
    fn integer(x: f32, reciprocal: f32) -> i32 {
        nearest(x * reciprocal) as i32
    }
}

/// Lays out a row of activations, whole steps of `8 * LANES` with zeros past K.
///
/// # Safety
/// Those of [`Simd`]; `to` has room for `P::VECTORS * LANES` words a step.
#[inline(always)]
pub(super) unsafe fn prepare<S: Simd, P: Scheme>(row: &[f32], group: usize, to: *mut f32) {
    const LANES: usize = BLOCK / 8;
    let per_step = S::LANES / LANES;
    for (g, values) in row.chunks(group).enumerate() {
        let group_largest = largest::<S>(values);
        for (i, block) in values.chunks_exact(BLOCK).enumerate() {
            let block_at = g * group / BLOCK + i;
            let partner = |lane: usize, j: usize| block[4 * lane + j % 4 + BLOCK / 2 * (j / 4)];
            let (mut units, mut reciprocals) = ([0.0; LANES], [0.0; LANES]);
            for lane in 0..LANES {
                // As integers, magnitudes are ordered like the floats, infinity and NaN above all.
                let mut top = 0;
                for j in 0..8 {
                    top = top.max(partner(lane, j).to_bits() & 0x7fff_ffff);
                }
                (units[lane], reciprocals[lane]) = P::unit(f32::from_bits(top), group_largest);
            }
            let mut words = [[[0u32; LANES]; 2]; MOST_DIGITS];
            let mut undo = [0i32; LANES];
            for j in 0..8 {
                for lane in 0..LANES {
                    let mut left = P::integer(partner(lane, j), reciprocals[lane]);
                    undo[lane] -= 8 * left;
                    for digit in (0..P::DIGITS).rev() {
                        let byte = left as i8;
                        words[digit][j / 4][lane] |= u32::from(byte as u8) << (8 * (j % 4));
                        left = (left - i32::from(byte)) >> 8;
                    }
                }
            }
            // SAFETY: the caller's promise: the step has room for its vectors.
            unsafe {
                let to = to.add(block_at / per_step * P::VECTORS * S::LANES + LANES * (block_at % per_step));
                for (i, &lanes) in words.as_flattened().iter().enumerate().take(2 * P::DIGITS) {
                    to.add(i * S::LANES).cast::<[u32; LANES]>().write(lanes);
                }
                to.add(2 * P::DIGITS * S::LANES).cast::<[i32; LANES]>().write(undo);
                to.add((2 * P::DIGITS + 1) * S::LANES).cast::<[f32; LANES]>().write(units);
            }
        }
    }
}

/// The most digits of any scheme.
const MOST_DIGITS: usize = 3;

/// The largest magnitude of `values`, a multiple of LANES of them.
#[inline(always)]
pub(super) fn largest<S: Simd>(values: &[f32]) -> f32 {
    // SAFETY: this runs under `S`; chunks are whole vectors.
    unsafe {
        let mut top = S::splat(0.0);
        for chunk in values.chunks_exact(S::LANES) {
            let v = S::load(chunk.as_ptr());
            top = S::max(top, S::max(v, S::xor(v, 1 << 31)));
        }
        S::largest(top)
    }
}

/// `acc += a * words`, M rows of activations `stride` apart by R vectors of weights with the scales of their lanes.
///
/// # Safety
/// Those of [`Simd`]; each row of `a` holds `P::VECTORS * LANES` words, `words` point to LANES each.
#[inline(always)]
pub(super) unsafe fn step<S: Simd, P: Scheme, const M: usize, const R: usize>(
    acc: &mut [[S::V; R]; M],
    a: *const f32,
    stride: usize,
    words: &[*const u8; R],
    scales: &[S::V; R],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut halves = [(S::splat(0.0), S::splat(0.0)); R];
        for (r, halves) in halves.iter_mut().enumerate() {
            *halves = S::split_nibbles(S::load(words[r].cast()));
        }
        for (m, acc) in acc.iter_mut().enumerate() {
            let a = a.add(m * stride);
            let (undo, scale) = (a.add(2 * P::DIGITS * S::LANES), a.add((2 * P::DIGITS + 1) * S::LANES));
            for (r, acc) in acc.iter_mut().enumerate() {
                let (low, high) = halves[r];
                let mut dots = S::splat(0.0);
                for digit in 0..P::DIGITS {
                    if digit > 0 {
                        dots = S::shl_8(dots);
                    }
                    if digit + 1 == P::DIGITS {
                        dots = if digit == 0 { S::load(undo) } else { S::add_i32(dots, S::load(undo)) };
                    }
                    let digit = a.add(2 * digit * S::LANES);
                    dots = S::dot_nibbles(dots, low, S::load(digit));
                    dots = S::dot_nibbles(dots, high, S::load(digit.add(S::LANES)));
                }
                *acc = S::fma(S::to_f32(dots), S::mul(scales[r], S::load(scale)), *acc);
            }
        }
    }
}

const _: () = assert!(BLOCK.is_multiple_of(MAX_LANES), "a block is whole vectors");
