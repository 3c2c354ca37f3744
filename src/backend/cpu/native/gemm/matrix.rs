//! The strip of a tile by matrix instructions: two rows of B by two of A's lanes, two groups along K, at once.
//! It must not know dtypes, blocks or threads; it is [`super::tile`]'s other way to multiply.
//!
//! How it moves: packed A stays as it is. Two neighbouring steps of a panel, zipped, are rows of two groups; two rows of
//! B, read side by side, are their counterpart. The accumulators are zipped likewise before the first step and unzipped
//! after the last, so that everything outside sees lanes as ever.

use super::super::simd::Simd;
use super::element::private::Sealed;
use super::tile::{Acc, Next, STRIDE, step};

/// `acc += strip of B * panel of A`, as `tile::multiply_strip`.
///
/// # Safety
/// Those of it; R is even, and [`Sealed::matrix`] holds.
#[inline(always)]
pub(super) unsafe fn multiply_strip<S: Simd, E: Sealed, const R: usize, const V: usize>(
    acc: &mut Acc<S, R, V>,
    mut a: *const f32,
    strip: *const f32,
    groups: usize,
    next: Next,
) {
    let mut b = strip.cast::<u8>();
    let stretch = groups / 2 / R;
    // SAFETY: the caller's promise; prefetches may point anywhere.
    unsafe {
        pairs::<S, R, V>(acc, true);
        for r in 0..R {
            let mut at = next.at.wrapping_add(r * next.row);
            for _ in 0..stretch {
                S::prefetch_l2(at);
                at = at.wrapping_add(2 * R * next.group);
                two_steps::<S, E, R, V>(acc, a, b);
                a = a.add(2 * V * S::LANES);
                b = b.add(8);
            }
        }
        for _ in 0..groups / 2 % R {
            two_steps::<S, E, R, V>(acc, a, b);
            a = a.add(2 * V * S::LANES);
            b = b.add(8);
        }
        pairs::<S, R, V>(acc, false);
        if groups % 2 == 1 {
            step::<S, E, R, V>(acc, a, b, STRIDE * 4);
        }
    }
}

/// Zips the accumulators of every two rows of B, or unzips them.
///
/// # Safety
/// Those of [`Simd`].
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "two rows at once")]
unsafe fn pairs<S: Simd, const R: usize, const V: usize>(acc: &mut Acc<S, R, V>, zip: bool) {
    for r in (0..R / 2 * 2).step_by(2) {
        for v in 0..V {
            let (x, y) = (acc[r][v], acc[r + 1][v]);
            // SAFETY: the caller's promise.
            (acc[r][v], acc[r + 1][v]) = unsafe { if zip { S::zip(x, y) } else { S::unzip(x, y) } };
        }
    }
}

/// Two steps along K.
///
/// # Safety
/// Those of [`Simd`]; `a` holds 2 V vectors, `b` two groups of each of R rows of [`STRIDE`] words.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "two rows at once")]
unsafe fn two_steps<S: Simd, E: Sealed, const R: usize, const V: usize>(
    acc: &mut Acc<S, R, V>,
    a: *const f32,
    b: *const u8,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut rows = [S::splat(0.0); R];
        for r in (0..R / 2 * 2).step_by(2) {
            let row = b.add(r * STRIDE * 4);
            rows[r] = S::two_at(row, row.add(STRIDE * 4));
        }
        for v in 0..V {
            let (low, high) = S::zip(S::load(a.add(v * S::LANES)), S::load(a.add((V + v) * S::LANES)));
            for r in (0..R / 2 * 2).step_by(2) {
                acc[r][v] = E::block::<S>(acc[r][v], low, rows[r]);
                acc[r + 1][v] = E::block::<S>(acc[r + 1][v], high, rows[r]);
            }
        }
    }
}
