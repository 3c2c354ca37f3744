//! Causal prefill: query positions in lanes, keys and values broadcast, no sum across a register anywhere.
//! It must not touch a key/value block that is masked for a whole panel.
//!
//! How it moves: the queries that share a key/value head are numbered position by position, head by head, and cut
//! into panels of two vectors of lanes, packed once as Q^T[d][lanes]. For a block of keys, S^T = K Q^T is the matmul's
//! register tile with rows of K broadcast; softmax runs down S^T lane by lane; O^T[d][lanes] += V^T P^T is the same
//! tile with columns of V broadcast. Only strips that cross the diagonal are masked. A task is a few panels, which share
//! each block's packed V; tasks go to members longest first.

use std::ops::Range;

use super::super::isa::{Isa, Job};
use super::super::pool::Pool;
use super::super::share::Shares;
use super::super::simd::{LOWEST, MAX_LANES, Simd};
use super::super::workspace::{Shared, Workspace};
use super::panel::{BLOCK, Block, Panel, VECTORS, output, scores, softmax, strip_words};
use super::{AttentionShape, Float, Tensors};

/// The most lanes in a panel, and the most rows in a strip, of any instruction set.
const MAX_PANEL: usize = VECTORS * MAX_LANES;
const MAX_ROWS: usize = 12;
/// The most panels in a task.
const MAX_PANELS: usize = 8;

/// Words of each part of a member's region.
#[derive(Clone, Copy)]
struct Parts {
    /// A panel's Q^T or O^T.
    panel: usize,
    /// A block of K, a block of V in strips, a block of scores.
    keys: usize,
    values: usize,
    scores: usize,
}

impl Parts {
    fn new(d: usize) -> Self {
        // A strip beyond the last row or column, and a vector beyond that, may be written.
        let wide = d + MAX_ROWS + MAX_LANES;
        Self {
            panel: wide.next_multiple_of(MAX_LANES) * MAX_PANEL,
            keys: (BLOCK + MAX_ROWS) * wide.next_multiple_of(MAX_LANES),
            // Strips may be as narrow as one column, each with a vector's room at its end.
            values: BLOCK * wide + d * MAX_LANES,
            scores: (BLOCK + MAX_ROWS) * MAX_PANEL,
        }
    }
    fn own(&self, panels: usize) -> usize {
        panels * (2 * self.panel + 3 * MAX_PANEL) + self.keys + self.values + self.scores
    }
}

/// A checked prefill.
pub(super) fn run<E: Float>(
    pool: &Pool,
    isa: Isa,
    workspace: &mut Workspace,
    shape: AttentionShape,
    Tensors { q, k, v, out }: Tensors<'_, E>,
) {
    // SAFETY: `isa` was required by the caller.
    let lanes = unsafe { isa.run(PanelLanes) };
    let members = pool.threads();
    let panels = (shape.seq * shape.group()).div_ceil(lanes);
    let streams = shape.batch * shape.kv_heads;
    let share = (panels * streams / (8 * members)).clamp(1, MAX_PANELS);
    let tasks_each = panels.div_ceil(share);
    let regions = workspace.regions(0, Parts::new(shape.d).own(share), members);
    let out = Shared(out.as_mut_ptr());
    let tasks = Shares::new(tasks_each * streams, members);
    pool.run(|member, _| {
        while let Some(task) = tasks.take_one() {
            // The last panels see the most keys: they go first.
            let first = (tasks_each - 1 - task / streams) * share;
            let stream = task % streams;
            let job = Task::<E> {
                shape,
                panels: first..(first + share).min(panels),
                q: q[stream * shape.group() * shape.seq * shape.d..].as_ptr(),
                k: k[stream * shape.kv_len * shape.d..].as_ptr(),
                v: v[stream * shape.kv_len * shape.d..].as_ptr(),
                out: out.get().wrapping_add(stream * shape.group() * shape.seq * shape.d),
                own: regions.own(member),
            };
            // SAFETY: `isa` was required, slices were checked; each task writes the rows of its own panels.
            unsafe { isa.run(job) };
        }
    });
}

struct PanelLanes;

impl Job for PanelLanes {
    type Out = usize;
    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> usize {
        VECTORS * S::LANES
    }
}

/// Some panels of one key/value head; pointers are to that head's own queries, keys, values and output.
struct Task<E: Float> {
    shape: AttentionShape,
    panels: Range<usize>,
    q: *const E,
    k: *const E,
    v: *const E,
    out: *mut E,
    own: *mut f32,
}

impl<E: Float> Job for Task<E> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let parts = Parts::new(self.shape.d);
        let end = self.panel::<S>(&parts, self.panels.end - 1).last + 1;
        // SAFETY: the maker's promise; `own` holds `Parts::own` words for these panels.
        unsafe {
            for p in self.panels.clone() {
                self.begin::<S>(&self.panel::<S>(&parts, p), p);
            }
            let mut at = 0;
            while at < end {
                let block = self.block::<S>(&parts, at, BLOCK.min(end - at));
                for p in self.panels.clone() {
                    let panel = self.panel::<S>(&parts, p);
                    if at <= panel.last {
                        let len = block.len.min(panel.last + 1 - at);
                        self.advance::<S>(&panel, &Block { len, ..block });
                    }
                }
                at += BLOCK;
            }
            for p in self.panels.clone() {
                self.finish::<S>(&self.panel::<S>(&parts, p), p);
            }
        }
    }
}

impl<E: Float> Task<E> {
    #[inline(always)]
    fn panel<S: Simd>(&self, parts: &Parts, p: usize) -> Panel {
        let lanes = VECTORS * S::LANES;
        let group = self.shape.group();
        let q = self.own.wrapping_add((p - self.panels.start) * (2 * parts.panel + 3 * MAX_PANEL));
        let o = q.wrapping_add(parts.panel);
        let limit = o.wrapping_add(parts.panel);
        Panel {
            q,
            o,
            limit,
            max: limit.wrapping_add(MAX_PANEL),
            sum: limit.wrapping_add(2 * MAX_PANEL),
            first: p * lanes / group,
            last: (((p + 1) * lanes).min(self.shape.seq * group) - 1) / group,
        }
    }

    /// The offset of a lane's row in q and out, if the lane is a query.
    #[inline(always)]
    fn row(&self, lane: usize) -> Option<usize> {
        let AttentionShape { seq, d, .. } = self.shape;
        let (position, head) = (lane / self.shape.group(), lane % self.shape.group());
        (position < seq).then_some((head * seq + position) * d)
    }

    /// Packs and scales a panel's queries, and sets its state to "nothing seen".
    ///
    /// # Safety
    /// The task's promises, here and below.
    #[inline(always)]
    unsafe fn begin<S: Simd>(&self, panel: &Panel, p: usize) {
        let d = self.shape.d;
        // SAFETY: the caller's promise; Q^T has room for whole vectors of d.
        unsafe {
            let scale = S::splat(self.shape.scale());
            for v in 0..VECTORS {
                let lane = (p * VECTORS + v) * S::LANES;
                for x in (0..d).step_by(S::LANES) {
                    let mut rows = [S::splat(0.0); MAX_LANES];
                    for (i, to) in rows.iter_mut().enumerate().take(S::LANES) {
                        if let Some(row) = self.row(lane + i) {
                            let from = self.q.add(row + x);
                            let loaded =
                                if x + S::LANES <= d { E::load::<S>(from) } else { E::load_n::<S>(from, d - x) };
                            *to = S::mul(loaded, scale);
                        }
                    }
                    S::transpose(&mut rows);
                    for (i, &row) in rows.iter().enumerate().take(S::LANES) {
                        S::store(panel.q.add(((x + i) * VECTORS + v) * S::LANES), row);
                    }
                }
                for i in 0..S::LANES {
                    panel.limit.add(v * S::LANES + i).write(((lane + i) / self.shape.group()) as f32);
                }
                S::store(panel.max.add(v * S::LANES), S::splat(LOWEST));
                S::store(panel.sum.add(v * S::LANES), S::splat(0.0));
            }
        }
    }

    /// Readies `len` keys and values from `at` on.
    #[inline(always)]
    unsafe fn block<S: Simd>(&self, parts: &Parts, at: usize, len: usize) -> Block {
        let d = self.shape.d;
        let keys = self.own.wrapping_add(self.panels.len() * (2 * parts.panel + 3 * MAX_PANEL));
        let values = keys.wrapping_add(parts.keys);
        let scores = values.wrapping_add(parts.values);
        let (k, v) = (self.k.wrapping_add(at * d), self.v.wrapping_add(at * d));
        let row = d.next_multiple_of(S::LANES);
        // SAFETY: the caller's promise; rows of the copies have room for whole vectors.
        unsafe {
            for r in 0..len {
                let mut x = 0;
                while x < d {
                    let from = k.add(r * d + x);
                    let loaded = if x + S::LANES <= d { E::load::<S>(from) } else { E::load_n::<S>(from, d - x) };
                    S::store(keys.add(r * row + x), loaded);
                    x += S::LANES;
                }
            }
            keys.add(len * row).write_bytes(0, (len.next_multiple_of(S::ROWS) - len) * row);
            for r in 0..len {
                for (strip, x) in (0..d).step_by(S::ROWS).enumerate() {
                    // A vector is wider than a strip: what it writes too much, the next key's overwrites.
                    let mut y = 0;
                    while y < S::ROWS && x + y < d {
                        let from = v.add(r * d + x + y);
                        let left = d - x - y;
                        let loaded = if left >= S::LANES { E::load::<S>(from) } else { E::load_n::<S>(from, left) };
                        S::store(values.add(strip * strip_words::<S>() + r * S::ROWS + y), loaded);
                        y += S::LANES;
                    }
                }
            }
            Block { at, len, keys, row, values, scores }
        }
    }

    /// Takes one panel past one block.
    #[inline(always)]
    unsafe fn advance<S: Simd>(&self, panel: &Panel, block: &Block) {
        // SAFETY: the caller's promise; a strip that crosses the block's end reads zeros.
        unsafe {
            let mut max = [S::splat(LOWEST); VECTORS];
            for s in (0..block.len).step_by(S::ROWS) {
                let rows = (block.len - s).min(S::ROWS);
                macro_rules! strip {
                    ($($r:literal)*) => {
                        match rows.next_multiple_of(S::ROWS.div_ceil(3)) {
                            $($r if $r <= S::ROWS => scores::<S, $r>(panel, block, s, self.shape.d, &mut max),)*
                            _ => unreachable!("a strip of {rows} rows"),
                        }
                    };
                }
                strip!(1 2 4 6 8 12);
            }
            let scale = softmax::<S>(panel, block, &max);
            for (strip, x) in (0..self.shape.d).step_by(S::ROWS).enumerate() {
                let columns = (self.shape.d - x).min(S::ROWS);
                let values = block.values.add(strip * strip_words::<S>());
                macro_rules! strip {
                    ($($r:literal)*) => {
                        match columns.next_multiple_of(S::ROWS.div_ceil(3)) {
                            $($r if $r <= S::ROWS => output::<S, $r>(panel, block, values, x, &scale),)*
                            _ => unreachable!("a strip of {columns} columns"),
                        }
                    };
                }
                strip!(1 2 4 6 8 12);
            }
        }
    }

    /// Divides a panel's output by its sums and writes it.
    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, panel: &Panel, p: usize) {
        let d = self.shape.d;
        // SAFETY: the caller's promise; O^T has room for whole vectors of d.
        unsafe {
            for v in 0..VECTORS {
                let mut shares = [0.0f32; MAX_LANES];
                for (i, share) in shares.iter_mut().enumerate().take(S::LANES) {
                    *share = 1.0 / panel.sum.add(v * S::LANES + i).read();
                }
                let shares = S::load(shares.as_ptr());
                for x in (0..d).step_by(S::LANES) {
                    let mut rows = [S::splat(0.0); MAX_LANES];
                    for (i, row) in rows.iter_mut().enumerate().take(S::LANES.min(d - x)) {
                        *row = S::mul(S::load(panel.o.add(((x + i) * VECTORS + v) * S::LANES)), shares);
                    }
                    S::transpose(&mut rows);
                    let lane = (p * VECTORS + v) * S::LANES;
                    for (i, &row) in rows.iter().enumerate().take(S::LANES) {
                        if let Some(at) = self.row(lane + i) {
                            E::store_n::<S>(self.out.add(at + x), row, S::LANES.min(d - x));
                        }
                    }
                }
            }
        }
    }
}
