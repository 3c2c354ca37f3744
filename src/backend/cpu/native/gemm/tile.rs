//! The register tile: rows of B, broadcast group by group, times a panel of A, lane by lane.
//! It must not know blocks or threads; it is handed pointers and multiplies.
//!
//! How it moves: a tile holds R rows of B by V vectors of A's rows (12 x 2 of 16 lanes on AVX-512, 24 of the 32
//! registers). Each step along K loads V vectors of the packed panel and broadcasts one group from each of the
//! R rows, which stream from memory where they lie: B is never packed. A's rows are the lanes, so nothing is
//! summed across a register; C leaves through one transpose a tile, and waits between K blocks as it is.

use super::super::simd::{MAX_LANES, Simd};
use super::element::{Element, private::Sealed};
use super::matrix;

/// Words between two rows of a strip: the longest block, and a cache line so that rows never share a set.
pub(in super::super) const STRIDE: usize = BLOCK_GROUPS + 16;
/// The most groups in a block along K: a strip of 12 rows is then 48 KiB, a panel 128 KiB.
pub(super) const BLOCK_GROUPS: usize = 1024;

/// The accumulators of a tile.
pub(in super::super) type Acc<S, const R: usize, const V: usize> = [[<S as Simd>::V; V]; R];

/// One step along K: `acc[r][v] += b[r] * a[v]`.
///
/// # Safety
/// Those of [`Simd`]; `a` holds V vectors, `b + r * row` a group for each r < R.
#[inline(always)]
pub(super) unsafe fn step<S: Simd, E: Sealed, const R: usize, const V: usize>(
    acc: &mut Acc<S, R, V>,
    a: *const f32,
    b: *const u8,
    row: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut lanes = [S::splat(0.0); V];
        for (v, lane) in lanes.iter_mut().enumerate() {
            *lane = S::load(a.add(v * S::LANES));
        }
        for (r, acc) in acc.iter_mut().enumerate() {
            let group = S::splat_at(b.add(r * row).cast());
            for (v, acc) in acc.iter_mut().enumerate() {
                *acc = E::step::<S>(*acc, lanes[v], group);
            }
        }
    }
}

/// `acc += strip of B * panel of A` over `groups` steps, asking for a line of B's next strip for each of this one's.
///
/// # Safety
/// Those of [`Simd`]; `a` holds `groups * V` vectors, `strip` R rows of [`STRIDE`] words, `groups` of them filled.
#[inline(always)]
unsafe fn multiply_strip<S: Simd, E: Sealed, const R: usize, const V: usize>(
    acc: &mut Acc<S, R, V>,
    mut a: *const f32,
    strip: *const f32,
    groups: usize,
    next: Next,
) {
    if E::matrix::<S>() && R.is_multiple_of(2) {
        // SAFETY: the caller's promise.
        return unsafe { matrix::multiply_strip::<S, E, R, V>(acc, a, strip, groups, next) };
    }
    let mut b = strip.cast::<u8>();
    // As many stretches as rows, each asking for one row: long enough that leaving the loop costs nothing.
    let stretch = groups / R;
    // SAFETY: the caller's promise; prefetches may point anywhere.
    unsafe {
        for r in 0..R {
            let mut at = next.at.wrapping_add(r * next.row);
            for _ in 0..stretch {
                S::prefetch_l2(at);
                at = at.wrapping_add(R * next.group);
                step::<S, E, R, V>(acc, a, b, STRIDE * 4);
                a = a.add(V * S::LANES);
                b = b.add(4);
            }
        }
        for _ in 0..groups % R {
            step::<S, E, R, V>(acc, a, b, STRIDE * 4);
            a = a.add(V * S::LANES);
            b = b.add(4);
        }
    }
}

/// What to ask for while multiplying: the first row, bytes between rows, and bytes of a group.
#[derive(Clone, Copy)]
pub(in super::super) struct Next {
    pub(in super::super) at: *const u8,
    pub(in super::super) row: usize,
    pub(in super::super) group: usize,
}

/// `acc += columns of B * panel of A` over `groups` steps `col` bytes apart, R neighbours in each.
///
/// # Safety
/// Those of [`Simd`]; `a` holds `groups * V` vectors, `b + g * col` R groups for g < `groups`.
#[inline(always)]
pub(in super::super) unsafe fn multiply<S: Simd, E: Sealed, const R: usize, const V: usize>(
    acc: &mut Acc<S, R, V>,
    mut a: *const f32,
    mut b: *const u8,
    (row, col): (usize, usize),
    groups: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for _ in 0..groups {
            step::<S, E, R, V>(acc, a, b, row);
            a = a.add(V * S::LANES);
            b = b.wrapping_add(col);
        }
    }
}

/// What a tile does besides multiplying.
#[derive(Clone, Copy)]
pub(super) struct Edge<E: Element> {
    /// Whether this is the first block along K, and the last.
    pub(super) first: bool,
    pub(super) last: bool,
    /// Where accumulators wait between blocks along K.
    pub(super) wait: *mut f32,
    /// What undoes A's offset, one i32 for each row of B.
    pub(super) offset: *const i32,
    /// The tile's corner of C, C's row length, and how many of A's and of B's rows are really there.
    pub(super) c: *mut E::Out,
    pub(super) n: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// One tile over one block of K.
///
/// # Safety
/// Those of [`multiply`], and every pointer of `edge` valid for R x V vectors, R offsets, `rows` x R of C.
#[inline(always)]
pub(super) unsafe fn tile<S: Simd, E: Element, const R: usize, const V: usize>(
    a: *const f32,
    strip: *const f32,
    groups: usize,
    next: Next,
    edge: Edge<E>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if edge.last {
            // C's lines come while the tile multiplies, not when its stores wait for them.
            for m in 0..edge.rows {
                S::prefetch_write(edge.c.wrapping_add(m * edge.n).cast());
            }
        }
        let mut acc = [[S::splat(0.0); V]; R];
        if !edge.first {
            for (r, acc) in acc.iter_mut().enumerate() {
                for (v, acc) in acc.iter_mut().enumerate() {
                    *acc = S::load(edge.wait.add((r * V + v) * S::LANES));
                }
            }
        }
        if E::offset::<S>() {
            for (r, acc) in acc.iter_mut().enumerate() {
                let offset = S::splat_at(edge.offset.add(r).cast());
                for acc in acc {
                    *acc = S::add_i32(*acc, offset);
                }
            }
        }
        multiply_strip::<S, E, R, V>(&mut acc, a, strip, groups, next);
        if edge.last {
            store::<S, E, R, V>(&acc, &edge);
        } else {
            for (r, acc) in acc.iter().enumerate() {
                for (v, &acc) in acc.iter().enumerate() {
                    S::store(edge.wait.add((r * V + v) * S::LANES), acc);
                }
            }
        }
    }
}

/// Writes a tile to C, `rows` x `columns`: lanes become rows.
///
/// # Safety
/// Those of [`tile`].
#[inline(always)]
unsafe fn store<S: Simd, E: Element, const R: usize, const V: usize>(acc: &Acc<S, R, V>, edge: &Edge<E>) {
    // SAFETY: the caller's promise.
    unsafe {
        for v in 0..V {
            let mut block = [S::splat(0.0); MAX_LANES];
            for (r, acc) in acc.iter().enumerate() {
                block[r] = acc[v];
            }
            S::transpose(&mut block);
            let first = v * S::LANES;
            for m in first..edge.rows.min(first + S::LANES) {
                E::store::<S>(edge.c.add(m * edge.n), block[m - first], edge.columns);
            }
        }
    }
}
