//! The product of many rows of quantised activations with 4-bit weights: integers inside a group, f32 across groups.
//! It must not widen weights to floats.
//!
//! How it moves: rows of A are lanes, rows of B broadcasts, as in the tiled matmul of one dtype. A is quantised and packed
//! once into panels, all of K long; each group has its words, what undoes the offset of B's nibbles, and its scales. A task
//! is a few strips of B's rows, whose nibbles are spread a byte each into memory of its own before every panel meets them.
//! In a tile one group of one row is a chain of dot products; its sum, scaled, joins the tile's accumulators.

use half::f16;

use super::super::gemm::MatmulShape;
use super::super::isa::{Dots, Isa, Job};
use super::super::pool::Pool;
use super::super::share::Shares;
use super::super::simd::{MAX_LANES, Simd};
use super::super::workspace::{Shared, Workspace};
use super::scheme::largest;
use super::stream::{Product, widen};
use crate::kernel::matmul::int4::{BLOCK, BLOCK_BYTES, activation_scale, blocks_and_groups, quantize};

/// The most vectors in a panel.
const MOST_VECTORS: usize = 2;
/// The most rows in a strip, of any instruction set.
const MAX_ROWS: usize = 12;
/// Words of a block, four weights each.
const BLOCK_WORDS: usize = BLOCK / 4;
/// Elements of the largest group.
const MOST_GROUP: usize = 128;
/// Groups that are packed at a time: their lines stay in the first cache while one row after the other fills them.
const STRETCH: usize = 8;
/// Words between rows of a strip beyond their own, so that rows never share a cache set.
const APART: usize = 16;

/// How a product is cut, in units of one instruction set.
#[derive(Clone, Copy)]
struct Plan {
    lanes: usize,
    /// Vectors in a panel: what few rows of A do not fill is not multiplied.
    vectors: usize,
    /// Rows of B in a strip.
    rows: usize,
    blocks: usize,
    groups: usize,
    /// Blocks of a group.
    group_blocks: usize,
}

struct MakePlan {
    m: usize,
    k: usize,
    group: usize,
}

impl Job for MakePlan {
    type Out = Plan;
    const DOTS: Dots = Dots::I8;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> Plan {
        let (blocks, groups) = blocks_and_groups(self.k, self.group);
        let vectors = self.m.div_ceil(S::LANES).min(MOST_VECTORS);
        Plan { lanes: S::LANES, vectors, rows: S::ROWS, blocks, groups, group_blocks: self.group / BLOCK }
    }
}

impl Plan {
    fn panel_lanes(&self) -> usize {
        self.vectors * self.lanes
    }
    /// Words of a group in a panel: weights' partners, what undoes the offset, scales.
    fn group_words(&self) -> usize {
        (self.group_blocks * BLOCK_WORDS + 2) * self.panel_lanes()
    }
    fn panel_words(&self) -> usize {
        self.groups * self.group_words()
    }
    /// Words from one row of a strip to the next.
    fn stride(&self) -> usize {
        self.groups * self.group_blocks * BLOCK_WORDS + APART
    }
    /// Words from one row of widened scales to the next.
    fn scale_row(&self) -> usize {
        self.groups.next_multiple_of(MAX_LANES)
    }
}

/// A checked product of quantised activations.
pub(super) fn run(pool: &Pool, isa: Isa, workspace: &mut Workspace, product: Product<'_>, c: &mut [f16]) {
    let MatmulShape { m, n, k } = product.shape;
    // SAFETY: `isa` was required by the caller.
    let plan = unsafe { isa.run(MakePlan { m, k, group: product.group }) };
    let members = pool.threads();
    let panels = m.div_ceil(plan.panel_lanes());
    let strip = MAX_ROWS * (plan.stride() + plan.scale_row());
    let regions = workspace.regions(panels * plan.panel_words(), strip, members);
    let packed = regions.common;
    // A unit is whole vectors, so that no two members write to one cache line.
    let stretches = plan.groups.div_ceil(STRETCH);
    let units = Shares::new(panels * plan.vectors * stretches, members);
    pool.run(|_, _| {
        while let Some(unit) = units.take_one() {
            let (vector, stretch) = (unit / stretches, unit % stretches);
            let groups = stretch * STRETCH..plan.groups.min((stretch + 1) * STRETCH);
            let job = Pack { plan, product, vector, groups, packed: packed.get() };
            // SAFETY: `isa` was required; each unit is written by the member that took it.
            unsafe { isa.run(job) };
        }
    });

    let c = Shared(c.as_mut_ptr());
    let strips = n.div_ceil(plan.rows);
    let shares = Shares::new(strips, members);
    pool.run(|member, _| {
        let own = regions.own(member);
        while let Some(strips) = shares.take(strips) {
            let scales = own.wrapping_add(MAX_ROWS * plan.stride());
            let task = Task { plan, product, panels, strips, packed: packed.get(), strip: own, scales, c: c.get() };
            // SAFETY: `isa` was required; packing has ended; each task writes its own columns of C.
            unsafe { isa.run(task) };
        }
    });
}

/// Quantises some groups of a vector's rows of A; rows past M are zeros.
struct Pack<'p> {
    plan: Plan,
    product: Product<'p>,
    vector: usize,
    groups: std::ops::Range<usize>,
    packed: *mut f32,
}

impl Job for Pack<'_> {
    type Out = ();
    const DOTS: Dots = Dots::I8;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Pack { plan, product, vector, groups, packed } = self;
        let MatmulShape { m, k, .. } = product.shape;
        let step = plan.panel_lanes();
        for lane in 0..S::LANES {
            let row = vector * S::LANES + lane;
            for g in groups.clone() {
                let first = g * product.group;
                let elements = if row < m { product.group.min(k - first) } else { 0 };
                let mut values = [0.0; MOST_GROUP];
                let mut bytes = [0i8; MOST_GROUP];
                // SAFETY: the maker's promise: A is M x K, the panel holds all groups.
                unsafe {
                    let from = product.a.as_ptr().wrapping_add(row * k + first);
                    widen::<S>(from, elements, values.as_mut_ptr(), product.group);
                    let values = &values[..product.group];
                    let (unit, reciprocal) = activation_scale(largest::<S>(values));
                    let mut sum = 0;
                    for (i, &x) in values.iter().enumerate() {
                        let integer = quantize(x, reciprocal) as i32;
                        bytes[i] = integer as i8;
                        sum += integer;
                    }
                    let panel = packed.add(vector / plan.vectors * plan.panel_words() + g * plan.group_words());
                    let to = panel.add(vector % plan.vectors * S::LANES + lane);
                    let words = plan.group_blocks * BLOCK_WORDS;
                    for word in 0..words {
                        let four = bytes.as_ptr().add(4 * word).cast::<[i8; 4]>();
                        to.add(word * step).cast::<[i8; 4]>().write(four.read());
                    }
                    to.add(words * step).cast::<i32>().write(-8 * sum);
                    to.add((words + 1) * step).write(unit);
                }
            }
        }
    }
}

/// All panels of A by some strips of B.
struct Task<'p> {
    plan: Plan,
    product: Product<'p>,
    panels: usize,
    strips: std::ops::Range<usize>,
    packed: *const f32,
    strip: *mut f32,
    scales: *mut f32,
    c: *mut f16,
}

impl Job for Task<'_> {
    type Out = ();
    const DOTS: Dots = Dots::I8;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let n = self.product.shape.n;
        for s in self.strips.clone() {
            let rows = s * S::ROWS..((s + 1) * S::ROWS).min(n);
            // SAFETY: the maker's promise: the pointers are those of checked slices and of the member's own region.
            unsafe {
                self.fill::<S>(rows.clone());
                for panel in 0..self.panels {
                    self.any_rows::<S>(panel, rows.clone());
                }
            }
        }
    }
}

impl Task<'_> {
    /// Spreads rows of B a byte a nibble, in the order of their elements, and widens their scales. What a strip lacks of a
    /// full one, and a row of its last group, is zeros times zero scales.
    ///
    /// # Safety
    /// Those of [`Simd`]; the rows exist.
    #[inline(always)]
    unsafe fn fill<S: Simd>(&self, rows: std::ops::Range<usize>) {
        const LOW: u128 = u128::from_ne_bytes([0x0f; 16]);
        let Plan { blocks, groups, .. } = self.plan;
        let (stride, scale_row) = (self.plan.stride(), self.plan.scale_row());
        // SAFETY: the caller's promise; the region holds the strip.
        unsafe {
            for (r, row) in rows.clone().enumerate() {
                let b = self.product.b.as_ptr().add(row * blocks * BLOCK_BYTES);
                let to = self.strip.add(r * stride);
                for block in 0..blocks {
                    // Any machine that runs this is little-endian: the first nibbles are the low ones.
                    let both = b.add(block * BLOCK_BYTES).cast::<u128>().read_unaligned();
                    let halves = [both & LOW, (both >> 4) & LOW];
                    to.add(block * BLOCK_WORDS).cast::<[u128; 2]>().write_unaligned(halves);
                }
                to.add(blocks * BLOCK_WORDS).write_bytes(0, stride - APART - blocks * BLOCK_WORDS);
                let s = self.product.s.as_ptr().add(row * groups);
                widen::<S>(s, groups, self.scales.add(r * scale_row), scale_row);
            }
            for r in rows.len()..S::ROWS {
                self.strip.add(r * stride).write_bytes(0, stride);
                self.scales.add(r * scale_row).write_bytes(0, scale_row);
            }
        }
    }

    /// [`Task::tile`] of as many rows as the instruction set has in a strip, and of as many vectors as the plan has.
    ///
    /// # Safety
    /// Those of [`Task::tile`].
    #[inline(always)]
    unsafe fn any_rows<S: Simd>(&self, panel: usize, rows: std::ops::Range<usize>) {
        macro_rules! dispatch {
            ($($r:literal by $p:literal,)*) => {
                match (S::ROWS, self.plan.vectors) {
                    // SAFETY: the caller's promise.
                    $(($r, 1) => unsafe { self.tile::<S, $r, $p, 1>(panel, rows) },
                    // SAFETY: as above.
                    ($r, 2) => unsafe { self.tile::<S, $r, $p, 2>(panel, rows) },)*
                    other => unreachable!("strips of {} rows by {} vectors", other.0, other.1),
                }
            };
        }
        dispatch!(2 by 2, 6 by 3, 12 by 3,);
    }

    /// One panel of V vectors by the strip, R rows, P at a time, written to C.
    ///
    /// # Safety
    /// Those of [`Simd`]; the strip is filled with `rows`; P divides R.
    #[inline(always)]
    unsafe fn tile<S: Simd, const R: usize, const P: usize, const V: usize>(
        &self,
        panel: usize,
        rows: std::ops::Range<usize>,
    ) {
        let Plan { groups, group_blocks, .. } = self.plan;
        let MatmulShape { m, n, .. } = self.product.shape;
        let (stride, scale_row) = (self.plan.stride(), self.plan.scale_row());
        let step = V * S::LANES;
        // SAFETY: the caller's promise.
        unsafe {
            let mut acc = [[S::splat(0.0); V]; R];
            let mut a = self.packed.add(panel * self.plan.panel_words());
            for g in 0..groups {
                let undo = a.add(group_blocks * BLOCK_WORDS * step);
                let units = undo.add(step);
                for first in (0..R).step_by(P) {
                    let b = self.strip.add(first * stride + g * group_blocks * BLOCK_WORDS);
                    let sums = self.dots::<S, P, V>(a, undo, b, stride);
                    for p in 0..P {
                        let scale = S::splat_at(self.scales.add((first + p) * scale_row + g).cast());
                        for (v, acc) in acc[first + p].iter_mut().enumerate() {
                            let scale = S::mul(scale, S::load(units.add(v * S::LANES)));
                            *acc = S::fma(S::to_f32(sums[p][v]), scale, *acc);
                        }
                    }
                }
                a = units.add(step);
            }
            for v in 0..V {
                let mut block = [S::splat(0.0); MAX_LANES];
                for (r, acc) in acc.iter().enumerate() {
                    block[r] = acc[v];
                }
                S::transpose(&mut block);
                let first = (panel * V + v) * S::LANES;
                for row in first..m.min(first + S::LANES) {
                    S::store_f16_n(self.c.add(row * n + rows.start), block[row - first], rows.len());
                }
            }
        }
    }

    /// One group of P rows of B, `stride` words apart, by a panel's: chains enough to hide what a dot product waits for.
    ///
    /// # Safety
    /// Those of [`Simd`]; `a` and each row of `b` hold a group, `undo` the vectors after it.
    #[inline(always)]
    unsafe fn dots<S: Simd, const P: usize, const V: usize>(
        &self,
        mut a: *const f32,
        undo: *const f32,
        mut b: *const f32,
        stride: usize,
    ) -> [[S::V; V]; P] {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [[S::splat(0.0); V]; P];
            for sums in &mut sums {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = S::load(undo.add(v * S::LANES));
                }
            }
            for _ in 0..self.plan.group_blocks {
                for word in 0..BLOCK_WORDS {
                    let mut lanes = [S::splat(0.0); V];
                    for (v, lane) in lanes.iter_mut().enumerate() {
                        *lane = S::load(a.add((word * V + v) * S::LANES));
                    }
                    for (p, sums) in sums.iter_mut().enumerate() {
                        let four = S::splat_at(b.add(p * stride + word).cast());
                        for (v, sum) in sums.iter_mut().enumerate() {
                            *sum = S::dot_nibbles(*sum, four, lanes[v]);
                        }
                    }
                }
                (a, b) = (a.add(BLOCK_WORDS * V * S::LANES), b.add(BLOCK_WORDS));
            }
            sums
        }
    }
}
