//! The product in which 4-bit weights stream from memory as they lie, by a [`Scheme`].
//! It must not read B from memory more often than A has blocks, nor write anything but C and its own workspace.
//!
//! How it moves: A is laid out once, in memory all members share. Then R rows of B, a stripe of their task apart, stream
//! side by side, a vector and its scales at a time, each meeting up to four rows of A; accumulators are f32, scaled
//! already, and summed across their lanes once at the end of the rows. Many rows of A are taken in blocks that stay in
//! the second cache while a task's weights pass.

use half::f16;

use super::super::gemm::MatmulShape;
use super::super::isa::{Dots, Isa, Job};
use super::super::pool::Pool;
use super::super::share::Shares;
use super::super::simd::{MAX_LANES, Simd};
use super::super::workspace::{Shared, Workspace};
use super::scheme::Scheme;
use crate::kernel::matmul::int4::{BLOCK, BLOCK_BYTES, blocks_and_groups};

/// How far ahead each row of B is asked for, in bytes.
const AHEAD: usize = 1024;
/// Bytes of B in a task, about.
const TASK_BYTES: usize = 256 << 10;
/// Bytes of laid-out activations that stay in the second cache.
const A_BYTES: usize = 256 << 10;

/// The tiles, rows of A x rows of B, that `accs` accumulators and as many temporaries allow; rows of A ascend.
const fn tiles(accs: usize) -> &'static [(usize, usize)] {
    match accs {
        24.. => &[(1, 8), (2, 4), (4, 4)],
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

/// A checked product.
pub(super) fn run<P: Scheme>(pool: &Pool, isa: Isa, workspace: &mut Workspace, product: Product<'_>, c: &mut [f16]) {
    let MatmulShape { m, n, k } = product.shape;
    let blocks = k.div_ceil(BLOCK);
    let members = pool.threads();
    // Whole steps, whatever the instruction set.
    let most_lanes = (4 * blocks).next_multiple_of(MAX_LANES);
    let regions = workspace.regions(m * P::VECTORS * most_lanes, 8 * most_lanes, members);
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
    pool.run(|_, _| {
        while let Some(task) = tasks.take_one() {
            let rows = task * chunk..((task + 1) * chunk).min(n);
            let job = Rows::<P>::new(product, prepared.get(), c.get(), rows);
            // SAFETY: `isa` was required; slices were checked; A is laid out; each task writes its own columns of C.
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
    const DOTS: Dots = P::DOTS;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let k = self.product.shape.k;
        let (steps, stride) = steps::<S, P>(k.div_ceil(BLOCK));
        // SAFETY: the maker's promise: A is M x K, `wide` holds a row's steps, `to` all rows' vectors.
        unsafe {
            let from = self.product.a.as_ptr().add(self.row * k);
            let wide = std::slice::from_raw_parts_mut(self.wide, steps * 8 * S::LANES);
            let whole = k / S::LANES * S::LANES;
            for i in (0..whole).step_by(S::LANES) {
                S::store(wide.as_mut_ptr().add(i), S::load_f16(from.add(i)));
            }
            wide[whole..].fill(0.0);
            S::store_n(wide.as_mut_ptr().add(whole), S::load_f16_n(from.add(whole), k - whole), k - whole);
            P::prepare::<S>(wide, self.product.group, self.to.add(self.row * stride));
        }
    }
}

/// All of A by some rows of B.
struct Rows<'p, P> {
    product: Product<'p>,
    blocks: usize,
    groups: usize,
    a: *const f32,
    c: *mut f16,
    rows: std::ops::Range<usize>,
    scheme: std::marker::PhantomData<P>,
}

impl<'p, P: Scheme> Rows<'p, P> {
    fn new(product: Product<'p>, a: *const f32, c: *mut f16, rows: std::ops::Range<usize>) -> Self {
        let (blocks, groups) = blocks_and_groups(product.shape.k, product.group);
        Rows { product, blocks, groups, a, c, rows, scheme: std::marker::PhantomData }
    }
}

impl<P: Scheme> Job for Rows<'_, P> {
    type Out = ();
    const DOTS: Dots = P::DOTS;

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
        pick!((1, 8)(2, 4)(4, 4)(1, 4)(2, 2)(4, 2)(1, 2)(1, 1)(2, 1)(4, 1));
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
        // A step may read past its words, though not past B's: the last of B, like one that is not whole, is taken apart.
        let last_of_b = row + (R - 1) * stripe + 1 == self.product.shape.n;
        let whole = if last_of_b { steps - 1 } else { self.blocks / per_step };
        // SAFETY: the caller's promise; prefetches may point anywhere.
        unsafe {
            let a = self.a.add(first * stride);
            let b = self.product.b.as_ptr().add(row * self.blocks * BLOCK_BYTES);
            let s = self.product.s.as_ptr().add(row * self.groups);
            let (apart, s_apart) = (stripe * self.blocks * BLOCK_BYTES, stripe * self.groups);
            let mut acc = [[S::splat(0.0); R]; M];
            let (mut words, mut scales) = ([b; R], [S::splat(0.0); R]);
            for v in 0..whole {
                for r in 0..R {
                    words[r] = b.add(r * apart + v * per_step * BLOCK_BYTES);
                    S::prefetch(words[r].wrapping_add(AHEAD));
                    scales[r] = self.scale::<S>(s.add(r * s_apart), v * per_step);
                }
                P::step::<S, M, R>(&mut acc, a.add(v * vectors), stride, &words, &scales);
            }
            if whole < steps {
                let block = whole * per_step;
                let mut last = [[0u8; 4 * MAX_LANES + 4]; R];
                for r in 0..R {
                    let from = b.add(r * apart + block * BLOCK_BYTES);
                    std::ptr::copy_nonoverlapping(from, last[r].as_mut_ptr(), (self.blocks - block) * BLOCK_BYTES);
                    words[r] = last[r].as_ptr();
                    scales[r] = self.last_scale::<S>(s.add(r * s_apart), block);
                }
                P::step::<S, M, R>(&mut acc, a.add(whole * vectors), stride, &words, &scales);
            }
            for (m, acc) in acc.iter().enumerate() {
                for (r, &acc) in acc.iter().enumerate() {
                    let at = self.c.add((first + m) * self.product.shape.n + row + r * stripe);
                    at.write(f16::from_f32(S::sum(acc)));
                }
            }
        }
    }

    /// The scales of a vector of weights whose first block is `block`, each in the lanes of its group.
    ///
    /// # Safety
    /// `s` is a row of scales that has them.
    #[inline(always)]
    unsafe fn scale<S: Simd>(&self, s: *const f16, block: usize) -> S::V {
        // SAFETY: the caller's promise. A step of any instruction set lies in one group of 128.
        unsafe {
            if self.product.group == BLOCK { S::spread_f16(s.add(block)) } else { S::splat_f16(s.add(block / 4)) }
        }
    }

    /// [`Rows::scale`] of a row's last vector, whose blocks may be fewer than it has room for.
    ///
    /// # Safety
    /// `s` is a row of scales, and no more than a vector's blocks are left.
    #[inline(always)]
    unsafe fn last_scale<S: Simd>(&self, s: *const f16, block: usize) -> S::V {
        if self.product.group != BLOCK {
            // SAFETY: the caller's promise: the block exists.
            return unsafe { self.scale::<S>(s, block) };
        }
        let mut few = [f16::ZERO; MAX_LANES / 4];
        // SAFETY: the caller's promise: the row ends after the blocks that are left.
        unsafe {
            std::ptr::copy_nonoverlapping(s.add(block), few.as_mut_ptr(), self.blocks - block);
            S::spread_f16(few.as_ptr())
        }
    }
}
