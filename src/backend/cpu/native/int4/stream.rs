//! The product in which 4-bit weights stream from memory as they lie, by a [`Scheme`].
//! It must not read B from memory more often than A has blocks, nor write anything but C and its own workspace.
//!
//! How it moves: A is laid out once, in memory all members share. Then R rows of B, a stripe of their task apart, stream
//! side by side, a vector at a time, each meeting up to four rows of A; their scales were widened before. Accumulators are
//! f32, scaled already, and summed across their lanes once at the end of the rows. Many rows of A are taken in blocks that
//! stay in the second cache while a task's weights pass.

use half::f16;

use super::super::gemm::MatmulShape;
use super::super::isa::{Dots, Isa, Job};
use super::super::pool::Pool;
use super::super::share::Shares;
use super::super::simd::{MAX_LANES, Simd};
use super::super::workspace::{Shared, Workspace};
use super::scheme::{Scheme, prepare, step};
use crate::kernel::matmul::int4::{BLOCK, BLOCK_BYTES, blocks_and_groups};

/// How far ahead each row of B is asked for, in bytes.
const AHEAD: usize = 1024;
/// Bytes of B in a task, about.
const TASK_BYTES: usize = 256 << 10;
/// Bytes of laid-out activations that stay in the second cache.
const A_BYTES: usize = 256 << 10;
/// The most rows of B in a tile.
const MOST_ROWS: usize = 4;

/// The tiles, rows of A x rows of B, that `accs` accumulators and as many temporaries allow; rows of A ascend.
const fn tiles(accs: usize) -> &'static [(usize, usize)] {
    match accs {
        24.. => &[(1, 4), (2, 4), (4, 4)],
        8.. => &[(1, 4), (2, 2), (4, 2)],
        _ => &[(1, 2), (2, 2), (4, 1)],
    }
}

/// The inputs of a checked product.
#[derive(Clone, Copy)]
pub(super) struct Product<'p> {
    pub(super) shape: MatmulShape,
    pub(super) group: usize,
    pub(super) a: &'p [f16],
    pub(super) b: &'p [u8],
    pub(super) s: &'p [f16],
}

impl Product<'_> {
    /// Words from one row of widened scales to the next.
    fn scale_row(&self) -> usize {
        blocks_and_groups(self.shape.k, self.group).1.next_multiple_of(MAX_LANES)
    }
}

/// A checked product.
pub(super) fn run<P: Scheme>(pool: &Pool, isa: Isa, workspace: &mut Workspace, product: Product<'_>, c: &mut [f16]) {
    let MatmulShape { m, n, k } = product.shape;
    let blocks = k.div_ceil(BLOCK);
    let members = pool.threads();
    // Whole steps, whatever the instruction set.
    let most_lanes = (4 * blocks).next_multiple_of(MAX_LANES);
    let scales = product.scale_row();
    let regions = workspace.regions(m * P::VECTORS * most_lanes, (8 * most_lanes).max(MOST_ROWS * scales), members);
    let prepared = regions.common;
    let tasks = Shares::new(m, members);
    pool.run(|member, _| {
        while let Some(row) = tasks.take_one() {
            let job = Prepare::<P>::new(product, row, regions.own(member), prepared.get());
            // SAFETY: `isa` was required; each row is laid out by the member that took it, in that member's own region.
            unsafe { isa.run(job) };
        }
    });

    let share = (TASK_BYTES / (blocks * BLOCK_BYTES)).min(n.div_ceil(4 * members)).max(1);
    let chunk = share.next_multiple_of(8);
    let c = Shared(c.as_mut_ptr());
    let tasks = Shares::new(n.div_ceil(chunk), members);
    pool.run(|member, _| {
        while let Some(task) = tasks.take_one() {
            let rows = task * chunk..((task + 1) * chunk).min(n);
            let job = Rows::<P>::new(product, prepared.get(), regions.own(member), c.get(), rows);
            // SAFETY: `isa` was required; slices were checked; A is laid out; each task writes its own columns of C, each
            // member its own region.
            unsafe { isa.run(job) };
        }
    });
}

/// Steps of a row of `blocks`, and words of a row of A laid out for them.
fn steps<S: Simd, P: Scheme>(blocks: usize) -> (usize, usize) {
    let steps = blocks.div_ceil(S::LANES / 4);
    (steps, steps * P::VECTORS * S::LANES)
}

/// Lays out one row of A.
struct Prepare<'p, P> {
    product: Product<'p>,
    row: usize,
    wide: *mut f32,
    to: *mut f32,
    scheme: std::marker::PhantomData<P>,
}

impl<'p, P: Scheme> Prepare<'p, P> {
    fn new(product: Product<'p>, row: usize, wide: *mut f32, to: *mut f32) -> Self {
        Prepare { product, row, wide, to, scheme: std::marker::PhantomData }
    }
}

impl<P: Scheme> Job for Prepare<'_, P> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let k = self.product.shape.k;
        let (steps, stride) = steps::<S, P>(k.div_ceil(BLOCK));
        // SAFETY: the maker's promise: A is M x K, `wide` holds a row's steps, `to` all rows' vectors.
        unsafe {
            widen::<S>(self.product.a.as_ptr().add(self.row * k), k, self.wide, steps * 8 * S::LANES);
            let wide = std::slice::from_raw_parts(self.wide, steps * 8 * S::LANES);
            prepare::<S, P>(wide, self.product.group, self.to.add(self.row * stride));
        }
    }
}

/// `n` f16 as f32, and zeros up to `room`, a multiple of LANES.
///
/// # Safety
/// Those of [`Simd`]; `from` holds `n`, `to` has the room.
#[inline(always)]
pub(super) unsafe fn widen<S: Simd>(from: *const f16, n: usize, to: *mut f32, room: usize) {
    let whole = n / S::LANES * S::LANES;
    // SAFETY: the caller's promise.
    unsafe {
        for i in (0..whole).step_by(S::LANES) {
            S::store(to.add(i), S::load_f16(from.add(i)));
        }
        for i in (whole..room).step_by(S::LANES) {
            S::store(to.add(i), S::load_f16_n(from.wrapping_add(i), n.saturating_sub(i)));
        }
    }
}

/// All of A by some rows of B.
struct Rows<'p, P> {
    product: Product<'p>,
    blocks: usize,
    groups: usize,
    a: *const f32,
    scales: *mut f32,
    c: *mut f16,
    rows: std::ops::Range<usize>,
    scheme: std::marker::PhantomData<P>,
}

impl<'p, P: Scheme> Rows<'p, P> {
    fn new(product: Product<'p>, a: *const f32, scales: *mut f32, c: *mut f16, rows: std::ops::Range<usize>) -> Self {
        let (blocks, groups) = blocks_and_groups(product.shape.k, product.group);
        Rows { product, blocks, groups, a, scales, c, rows, scheme: std::marker::PhantomData }
    }
}

impl<P: Scheme> Job for Rows<'_, P> {
    type Out = ();
    const DOTS: Dots = Dots::I8;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let m = self.product.shape.m;
        let tiles = tiles(S::ACCS);
        let (group, full) = tiles.iter().copied().rev().find(|tile| tile.0 <= m).unwrap_or(tiles[0]);
        let at_once = (A_BYTES / (4 * steps::<S, P>(self.blocks).1)).max(1).next_multiple_of(group);
        // Stripes: each of the tile's rows walks a long unbroken stretch of memory.
        let stripe = self.rows.len() / full;
        for first in (0..m).step_by(at_once) {
            let end = m.min(first + at_once);
            for row in self.rows.start..self.rows.start + stripe {
                // SAFETY: the maker's promise: A, B and C are those of checked slices.
                unsafe { self.block::<S>(group, full, first..end, row, stripe) };
            }
            for row in self.rows.start + stripe * full..self.rows.end {
                // SAFETY: as above.
                unsafe { self.block::<S>(group, 1, first..end, row, 0) };
            }
        }
    }
}

impl<P: Scheme> Rows<'_, P> {
    /// Some rows of A, `group` at a time, by `r` rows of B, `stripe` apart. The last group is moved back over its
    /// neighbour's rows if they do not divide.
    ///
    /// # Safety
    /// Those of [`Rows::tile`].
    #[inline(always)]
    unsafe fn block<S: Simd>(&self, group: usize, r: usize, a: std::ops::Range<usize>, row: usize, stripe: usize) {
        let mut first = a.start;
        loop {
            first = first.min(a.end - group);
            // SAFETY: the caller's promise.
            unsafe { self.dispatch::<S>(group, r, first, row, stripe) };
            first += group;
            if first >= a.end {
                break;
            }
        }
    }

    /// # Safety
    /// Those of [`Rows::tile`].
    #[inline(always)]
    unsafe fn dispatch<S: Simd>(&self, m: usize, r: usize, first: usize, row: usize, stripe: usize) {
        macro_rules! pick {
            ($(($m:literal, $r:literal))*) => {
                match (m, r) {
                    // SAFETY: the caller's promise; the arm is the tile asked for.
                    $(($m, $r) if $m * $r <= S::ACCS => unsafe { self.tile::<S, $m, $r>(first, row, stripe) },)*
                    _ => unreachable!("a tile of {m} x {r}"),
                }
            };
        }
        pick!((2, 4)(4, 4)(1, 4)(2, 2)(4, 2)(1, 2)(1, 1)(2, 1)(4, 1));
    }

    /// `M` rows of A from `first` on by `R` rows of B, `stripe` apart from `row` on.
    ///
    /// # Safety
    /// The rows exist, and the CPU has what `S` stands for.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const R: usize>(&self, first: usize, row: usize, stripe: usize) {
        let per_step = S::LANES / 4;
        let (steps, stride) = steps::<S, P>(self.blocks);
        let vectors = P::VECTORS * S::LANES;
        let whole = self.blocks / per_step;
        let scale_row = self.product.scale_row();
        // SAFETY: the caller's promise; prefetches may point anywhere.
        unsafe {
            let a = self.a.add(first * stride);
            let b = self.product.b.as_ptr().add(row * self.blocks * BLOCK_BYTES);
            let apart = stripe * self.blocks * BLOCK_BYTES;
            for r in 0..R {
                let s = self.product.s.as_ptr().add((row + r * stripe) * self.groups);
                widen::<S>(s, self.groups, self.scales.add(r * scale_row), scale_row);
                for at in (0..2 * self.groups).step_by(64) {
                    S::prefetch(s.wrapping_add(self.groups).cast::<u8>().wrapping_add(at));
                }
            }
            let mut acc = [[S::splat(0.0); R]; M];
            let (mut words, mut scales) = ([b; R], [S::splat(0.0); R]);
            for v in 0..whole {
                for r in 0..R {
                    words[r] = b.add(r * apart + v * per_step * BLOCK_BYTES);
                    S::prefetch(words[r].wrapping_add(AHEAD));
                    scales[r] = self.scale::<S>(self.scales.add(r * scale_row), v * per_step);
                }
                step::<S, P, M, R>(&mut acc, a.add(v * vectors), stride, &words, &scales);
            }
            if whole < steps {
                let block = whole * per_step;
                let mut last = [[0u8; 4 * MAX_LANES]; R];
                for r in 0..R {
                    let from = b.add(r * apart + block * BLOCK_BYTES);
                    std::ptr::copy_nonoverlapping(from, last[r].as_mut_ptr(), (self.blocks - block) * BLOCK_BYTES);
                    words[r] = last[r].as_ptr();
                    scales[r] = self.scale::<S>(self.scales.add(r * scale_row), block);
                }
                step::<S, P, M, R>(&mut acc, a.add(whole * vectors), stride, &words, &scales);
            }
            for (m, acc) in acc.iter().enumerate() {
                for (r, &acc) in acc.iter().enumerate() {
                    let at = self.c.add((first + m) * self.product.shape.n + row + r * stripe);
                    S::store_f16_n(at, S::splat(S::sum(acc)), 1);
                }
            }
        }
    }

    /// The scales of a vector of weights whose first block is `block`, each in the lanes of its group.
    ///
    /// # Safety
    /// `row` is a row of widened scales that has them.
    #[inline(always)]
    unsafe fn scale<S: Simd>(&self, row: *const f32, block: usize) -> S::V {
        // SAFETY: the caller's promise. A step of any instruction set lies in one group of 128.
        unsafe {
            if self.product.group == BLOCK { S::spread(row.add(block)) } else { S::splat_at(row.add(block / 4).cast()) }
        }
    }
}
