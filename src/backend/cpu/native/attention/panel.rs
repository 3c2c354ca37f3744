//! What one panel of queries does with one block of keys and values: scores, softmax, output, all in lanes.
//! It must not know which queries or keys these are, but for the positions that mask them.

use super::super::gemm::{Acc, multiply};
use super::super::simd::{MAX_LANES, Simd};

/// Keys in a block: its P^T, 18 KiB, stays in the first cache beside a strip of V.
pub(super) const BLOCK: usize = 144;
/// Vectors of lanes in a panel.
pub(super) const VECTORS: usize = 2;
/// One panel's running state.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    /// Q^T[d][lanes], scaled, and O^T[d][lanes].
    pub(super) q: *mut f32,
    pub(super) o: *mut f32,
    /// For each lane: its position, the largest score so far, the sum of exponentials.
    pub(super) limit: *mut f32,
    pub(super) max: *mut f32,
    pub(super) sum: *mut f32,
    /// The first and last position among its lanes.
    pub(super) first: usize,
    pub(super) last: usize,
}

/// One block of keys and values, ready to be broadcast.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// The first key, and how many.
    pub(super) at: usize,
    pub(super) len: usize,
    /// Rows of K as f32, filled up with zeros to whole strips, and the words between them.
    pub(super) keys: *const f32,
    pub(super) row: usize,
    /// V in strips of columns: [strip][key][ROWS], `strip_words` apart.
    pub(super) values: *const f32,
    pub(super) scores: *mut f32,
}

/// R rows of S^T from key `s` of the block on: K times Q^T, masked where the strip crosses the diagonal.
///
/// # Safety
/// Those of [`Simd`]; the panel is packed and the block readied, with rows of `d`.
#[inline(always)]
pub(super) unsafe fn scores<S: Simd, const R: usize>(
    panel: &Panel,
    block: &Block,
    s: usize,
    d: usize,
    max: &mut [S::V; VECTORS],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc: Acc<S, R, VECTORS> = [[S::splat(0.0); VECTORS]; R];
        let keys = block.keys.add(s * block.row).cast();
        multiply::<S, f32, R, VECTORS>(&mut acc, panel.q, keys, (block.row * 4, 4), d);
        if block.at + s + R - 1 > panel.first {
            for v in 0..VECTORS {
                let limit = S::load(panel.limit.add(v * S::LANES));
                for (r, acc) in acc.iter_mut().enumerate() {
                    acc[v] = S::keep_ge(acc[v], limit, S::splat((block.at + s + r) as f32));
                }
            }
        }
        for (r, acc) in acc.iter().enumerate() {
            for v in 0..VECTORS {
                max[v] = S::max(max[v], acc[v]);
                S::store(block.scores.add(((s + r) * VECTORS + v) * S::LANES), acc[v]);
            }
        }
    }
}

/// Words of a strip of V: a vector is wider than a strip, so the last key's writes reach past it.
#[inline(always)]
pub(super) fn strip_words<S: Simd>() -> usize {
    BLOCK * S::ROWS + MAX_LANES
}

/// Turns a block of scores into exponentials and updates the panel's largest and sums. Answers what the output so
/// far must be multiplied with.
///
/// # Safety
/// Those of [`Simd`]; the block's scores are written.
#[inline(always)]
pub(super) unsafe fn softmax<S: Simd>(panel: &Panel, block: &Block, max: &[S::V; VECTORS]) -> [S::V; VECTORS] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut scale = [S::splat(0.0); VECTORS];
        let mut new = [S::splat(0.0); VECTORS];
        let mut sum = [S::splat(0.0); VECTORS];
        for v in 0..VECTORS {
            let old = S::load(panel.max.add(v * S::LANES));
            new[v] = S::max(old, max[v]);
            scale[v] = S::exp2(S::sub(old, new[v]));
            S::store(panel.max.add(v * S::LANES), new[v]);
        }
        for r in 0..block.len {
            for v in 0..VECTORS {
                let at = block.scores.add((r * VECTORS + v) * S::LANES);
                let p = S::exp2(S::sub(S::load(at), new[v]));
                sum[v] = S::add(sum[v], p);
                S::store(at, p);
            }
        }
        for v in 0..VECTORS {
            let at = panel.sum.add(v * S::LANES);
            S::store(at, S::fma(S::load(at), scale[v], sum[v]));
        }
        scale
    }
}

/// R rows of O^T: what was there, rescaled, plus V^T times P^T.
///
/// # Safety
/// Those of [`Simd`]; the block's values and exponentials are written.
#[inline(always)]
pub(super) unsafe fn output<S: Simd, const R: usize>(
    panel: &Panel,
    block: &Block,
    values: *const f32,
    x: usize,
    scale: &[S::V; VECTORS],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut acc: Acc<S, R, VECTORS> = [[S::splat(0.0); VECTORS]; R];
        let at = panel.o.add(x * VECTORS * S::LANES);
        if block.at > 0 {
            for (r, acc) in acc.iter_mut().enumerate() {
                for (v, acc) in acc.iter_mut().enumerate() {
                    *acc = S::mul(S::load(at.add((r * VECTORS + v) * S::LANES)), scale[v]);
                }
            }
        }
        multiply::<S, f32, R, VECTORS>(&mut acc, block.scores, values.cast(), (4, S::ROWS * 4), block.len);
        for (r, acc) in acc.iter().enumerate() {
            for (v, &acc) in acc.iter().enumerate() {
                S::store(at.add((r * VECTORS + v) * S::LANES), acc);
            }
        }
    }
}
