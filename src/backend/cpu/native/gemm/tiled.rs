//! The tiled matmul's blocks, and how threads share them.
//! It must not multiply: it hands [`super::tile`] its pointers.
//!
//! A is packed whole, K block by K block. A task is one block of A's rows by a few of B's strips, over all of K;
//! members take them in long pieces first and single strips last, so a slow or late one costs a strip at most. Inside: K block, then strip of B
//! (its groups stay in the first cache), then panel of A (from the second). The last strip is filled up with zeros to a third, two thirds or the whole of a tile.

use super::super::isa::{Dots, Isa, Job};
use super::super::pool::Pool;
use super::super::share::Shares;
use super::super::simd::Simd;
use super::super::workspace::{Shared, Workspace};
use super::MatmulShape;
use super::element::Element;
use super::pack::Pack;
use super::tile::{BLOCK_GROUPS, Edge, Next, STRIDE, tile};

/// The most rows of A in a block: a strip's copy is then paid back twelve times by panels that stream from L3.
const BLOCK_ROWS: usize = 384;
/// The most strips of B in a task: how many wait between blocks along K.
const CHUNK: usize = 8;
/// Vectors in a full panel.
const VECTORS: usize = 2;
/// Groups of a block along K are a multiple of this: whole blocks of 4-bit weights.
const BLOCK_STEP: usize = 32;
/// The most rows in a strip, of any instruction set.
const MAX_ROWS: usize = 12;

/// How a shape is cut, in units of one instruction set.
#[derive(Clone, Copy)]
struct Plan {
    shape: MatmulShape,
    /// Lanes of a vector; elements in a group.
    lanes: usize,
    group: usize,
    /// Groups along K, in all and in a block.
    groups: usize,
    block: usize,
    /// Panels of A, blocks of them, and lanes over all panels.
    panels: usize,
    row_blocks: usize,
    all_lanes: usize,
    /// Strips of B.
    strips: usize,
}

struct MakePlan<E> {
    shape: MatmulShape,
    element: std::marker::PhantomData<E>,
}

impl<E: Element> Job for MakePlan<E> {
    type Out = Plan;
    const DOTS: Dots = E::DOTS;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> Plan {
        let MatmulShape { m, n, k } = self.shape;
        let group = E::group::<S>();
        let groups = k.div_ceil(group);
        let k_blocks = groups.div_ceil(BLOCK_GROUPS);
        let panel = VECTORS * S::LANES;
        let panels = m.div_ceil(panel);
        let row_blocks = m.div_ceil(BLOCK_ROWS);
        let strips = n.div_ceil(S::ROWS);
        Plan {
            shape: self.shape,
            lanes: S::LANES,
            group,
            groups,
            block: groups.div_ceil(k_blocks).next_multiple_of(BLOCK_STEP),
            panels,
            row_blocks,
            all_lanes: m.next_multiple_of(S::LANES),
            strips,
        }
    }
}

impl Plan {
    fn panel_lanes(&self) -> usize {
        VECTORS * self.lanes
    }
    fn k_blocks(&self) -> usize {
        self.groups.div_ceil(self.block)
    }
    /// Groups of K block `i`.
    fn block_groups(&self, i: usize) -> usize {
        self.block.min(self.groups - i * self.block)
    }
    /// Elements of K block `i`.
    fn block_elements(&self, i: usize) -> usize {
        (self.block * self.group).min(self.shape.k - i * self.block * self.group)
    }
    /// A's rows in panel `p`, and the vectors that hold them.
    fn panel_rows(&self, p: usize) -> (usize, usize) {
        let rows = (self.shape.m - p * self.panel_lanes()).min(self.panel_lanes());
        (rows, if rows > self.lanes { VECTORS } else { 1 })
    }
    /// Where panel `p` of K block `i` lies among the packed words.
    fn panel_at(&self, i: usize, p: usize) -> usize {
        i * self.block * self.all_lanes + p * self.panel_lanes() * self.block_groups(i)
    }
    /// Words of a member's own region: a strip of B, a chunk of waiting tiles.
    fn own_words(&self) -> (usize, usize) {
        let strip = MAX_ROWS * STRIDE;
        let most_panels = self.panels.div_ceil(self.row_blocks) + 1;
        (strip, if self.k_blocks() > 1 { CHUNK * most_panels * MAX_ROWS * self.panel_lanes() } else { 0 })
    }
}

/// The `i`-th of `parts` nearly equal parts of `0..total`.
fn part(total: usize, parts: usize, i: usize) -> std::ops::Range<usize> {
    i * total / parts..(i + 1) * total / parts
}

/// Where strips of B come from.
pub(in super::super) trait Weights<E: Element>: Copy + Send + Sync {
    /// Writes `elements` of `rows` rows of B from `row` and element `at` on as groups, [`STRIDE`] words a row; the last
    /// group is filled up with zeros. `at` is a multiple of [`BLOCK_STEP`] groups.
    ///
    /// # Safety
    /// Those of [`Simd`]; the elements exist, and `strip` has room for the rows.
    unsafe fn fill<S: Simd>(&self, row: usize, rows: usize, at: usize, elements: usize, strip: *mut f32);

    /// What to ask for so that a strip from `row` and element `at` on is at hand; it need not exist.
    fn next<S: Simd>(&self, row: usize, at: usize) -> Next;
}

/// B in the dtype of A, N x K.
#[derive(Clone, Copy)]
pub(super) struct Plain<'b, E> {
    pub(super) b: &'b [E],
    pub(super) k: usize,
}

impl<E: Element> Weights<E> for Plain<'_, E> {
    #[inline(always)]
    unsafe fn fill<S: Simd>(&self, row: usize, rows: usize, at: usize, elements: usize, strip: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { fill::<S, E>(self.b.as_ptr().add(row * self.k + at), self.k, rows, elements, strip) }
    }

    #[inline(always)]
    fn next<S: Simd>(&self, row: usize, at: usize) -> Next {
        Next {
            at: self.b.as_ptr().wrapping_add(row * self.k + at).cast(),
            row: self.k * size_of::<E>(),
            group: E::group::<S>() * size_of::<E>(),
        }
    }
}

/// A checked matmul.
pub(in super::super) fn run<E: Element, W: Weights<E>>(
    pool: &Pool,
    isa: Isa,
    workspace: &mut Workspace,
    shape: MatmulShape,
    a: &[E],
    weights: W,
    c: &mut [E::Out],
) {
    let members = pool.threads();
    // SAFETY: `isa` was required by the caller.
    let plan = unsafe { isa.run(MakePlan::<E> { shape, element: std::marker::PhantomData }) };
    let (strip, wait) = plan.own_words();
    let regions = workspace.regions(plan.groups * plan.all_lanes, strip + wait, members);
    let packed = regions.common;

    let units = plan.panels * plan.k_blocks();
    // The same panels for the same member in every call: their lines are then still in its own caches.
    pool.run(|member, members| {
        for unit in part(units, members, member) {
            let (i, p) = (unit / plan.panels, unit % plan.panels);
            let (rows, vectors) = plan.panel_rows(p);
            let first = p * plan.panel_lanes() * shape.k + i * plan.block * plan.group;
            let job = Pack {
                a: a[first..].as_ptr(),
                k: shape.k,
                rows,
                vectors,
                elements: plan.block_elements(i),
                panel: packed.get().wrapping_add(plan.panel_at(i, p)),
            };
            // SAFETY: `isa` was required; each unit is one panel, written by the member that took it.
            unsafe { isa.run(job) };
        }
    });

    let c = Shared(c.as_mut_ptr());
    let shares = Shares::new(plan.row_blocks * plan.strips, members);
    pool.run(|member, _| {
        let own = regions.own(member);
        while let Some(piece) = shares.take(plan.strips) {
            let block = piece.start / plan.strips;
            let strips = piece.start % plan.strips..piece.start % plan.strips + piece.len();
            for first in strips.clone().step_by(CHUNK) {
                let task = Task::<E, W> {
                    plan,
                    panels: part(plan.panels, plan.row_blocks, block),
                    strips: first..strips.end.min(first + CHUNK),
                    packed: packed.get(),
                    weights,
                    c: c.get(),
                    strip: own,
                    wait: own.wrapping_add(strip),
                };
                // SAFETY: `isa` was required; the packing launch has ended; each task writes its own block of C.
                unsafe { isa.run(task) };
            }
        }
    });
}

/// Some panels of A by some strips of B, over all of K.
struct Task<E: Element, W> {
    plan: Plan,
    panels: std::ops::Range<usize>,
    strips: std::ops::Range<usize>,
    packed: *const f32,
    weights: W,
    c: *mut E::Out,
    strip: *mut f32,
    wait: *mut f32,
}

impl<E: Element, W: Weights<E>> Job for Task<E, W> {
    type Out = ();
    const DOTS: Dots = E::DOTS;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let plan = self.plan;
        let n = plan.shape.n;
        let blocks = plan.k_blocks();
        // SAFETY: the maker's promise: the pointers are those of checked slices, the ranges lie in the plan.
        unsafe {
            for i in 0..blocks {
                let groups = plan.block_groups(i);
                let mut wait = self.wait;
                for s in self.strips.clone() {
                    let rows = s * S::ROWS..((s + 1) * S::ROWS).min(n);
                    let tile_rows = rows.len().next_multiple_of(S::ROWS.div_ceil(3));
                    let at = i * plan.block * plan.group;
                    let mut offsets = [0i32; MAX_ROWS];
                    self.weights.fill::<S>(rows.start, rows.len(), at, plan.block_elements(i), self.strip);
                    for r in rows.len()..tile_rows {
                        self.strip.add(r * STRIDE).write_bytes(0, groups);
                    }
                    if E::offset::<S>() {
                        row_sums::<S, E>(self.strip, rows.len(), groups, &mut offsets);
                    }
                    let mut next = self.weights.next::<S>(rows.start + S::ROWS, at);
                    for p in self.panels.clone() {
                        let (m_rows, vectors) = plan.panel_rows(p);
                        let a = self.packed.add(plan.panel_at(i, p));
                        let edge = Edge::<E> {
                            first: i == 0,
                            last: i + 1 == blocks,
                            wait,
                            offset: offsets.as_ptr(),
                            c: self.c.add(p * plan.panel_lanes() * n + rows.start),
                            n,
                            rows: m_rows,
                            columns: rows.len(),
                        };
                        if vectors == VECTORS {
                            any_rows::<S, E, VECTORS>(tile_rows, a, self.strip, groups, next, edge);
                        } else {
                            any_rows::<S, E, 1>(tile_rows, a, self.strip, groups, next, edge);
                        }
                        // Asked for once: later panels find this strip's own lines at hand.
                        next = Next { at: self.strip.cast(), row: 0, group: 0 };
                        wait = wait.wrapping_add(MAX_ROWS * plan.panel_lanes());
                    }
                }
            }
        }
    }
}

/// Copies a block of a strip of B as groups, the last one filled up with zeros.
///
/// # Safety
/// `from` is valid for `rows` rows of `elements`, `k` apart; `strip` for `rows` rows.
#[inline(always)]
unsafe fn fill<S: Simd, E: Element>(from: *const E, k: usize, rows: usize, elements: usize, strip: *mut f32) {
    let width = S::LANES * E::group::<S>();
    // SAFETY: the caller's promise; a row's stride exceeds the longest block by more than a vector's lanes.
    unsafe {
        for r in 0..rows {
            let (from, to) = (from.add(r * k), strip.add(r * STRIDE));
            let mut done = 0;
            while done + width <= elements {
                // The next row, from the second cache to the first: a new page is where its own prefetcher stops.
                S::prefetch(from.wrapping_add(k + done).cast());
                S::store(to.add(done / E::group::<S>()), E::groups::<S>(from.add(done)));
                done += width;
            }
            if done < elements {
                S::store(to.add(done / E::group::<S>()), E::groups_n::<S>(from.add(done), elements - done));
            }
        }
    }
}

/// -128 times the sum of each row of B in this block: what an offset of 128 in A has added.
///
/// # Safety
/// `strip` holds `rows` rows of `groups` groups.
#[inline(always)]
unsafe fn row_sums<S: Simd, E: Element>(strip: *const f32, rows: usize, groups: usize, sums: &mut [i32; MAX_ROWS]) {
    let ones = [0x0101_0101u32];
    // SAFETY: the caller's promise.
    unsafe {
        let ones = S::splat_at(ones.as_ptr());
        for (r, out) in sums.iter_mut().enumerate().take(rows) {
            let row = strip.add(r * STRIDE);
            let mut sum = S::splat(0.0);
            let mut g = 0;
            while g + S::LANES <= groups {
                sum = E::step::<S>(sum, ones, S::load(row.add(g)));
                g += S::LANES;
            }
            sum = E::step::<S>(sum, ones, S::load_n(row.add(g), groups - g));
            *out = -128 * S::sum_i32(sum);
        }
    }
}

/// [`tile`] for a strip of `rows` rows, each number a kernel of its own.
///
/// # Safety
/// Those of [`tile`].
#[inline(always)]
unsafe fn any_rows<S: Simd, E: Element, const V: usize>(
    rows: usize,
    a: *const f32,
    strip: *const f32,
    groups: usize,
    next: Next,
    edge: Edge<E>,
) {
    macro_rules! dispatch {
        ($($r:literal)*) => {
            match rows {
                // SAFETY: the caller's promise; the arm is the strip's number of rows.
                $($r if $r <= S::ROWS => unsafe { tile::<S, E, $r, V>(a, strip, groups, next, edge) },)*
                _ => unreachable!("a strip of {rows} rows"),
            }
        };
    }
    dispatch!(1 2 4 6 8 12);
}
