//! Decode: one query a head, so that the one trip of K and V from memory is what takes the time.
//! It must not read a key or a value twice from memory, however many heads share it.
//!
//! How it moves: a task is a stretch of one key/value head's positions, taken block by block. LANES / H rows of K at a
//! time meet the queries of H heads, up to four: LANES sums, which shuffles turn into a vector of scores. Softmax runs
//! along the block. Rows of V stream through two heads' outputs, held in registers; further heads find them in the
//! first cache. Memory is met strictly in order, which suits its prefetchers; whether they want help, and which, differs
//! between CPUs, so the caller tries [`FETCHES`] and keeps the fastest. Stretches leave (max, sum, output).
//! A quantised cache is widened as it is read; its scales meet scores and weights, one each a position.

use std::ops::Range;

use half::f16;

use super::super::isa::{Isa, Job};
use super::super::pool::Pool;
use super::super::share::Shares;
use super::super::simd::{LOWEST, MAX_LANES, Simd, Widen};
use super::super::workspace::{Regions, Shared, Workspace};
use super::{AttentionShape, Float};

/// Positions in a block: 64 KiB of f32 keys at d = 128.
const BLOCK: usize = 256;
/// Words of a head's scores: a block's, and what the last rows of one may write past it.
const SCORES: usize = BLOCK + MAX_LANES;
/// Positions of V that all heads pass over before the next: 8 KiB of f32 at d = 128, in the first cache.
const SLICE: usize = 16;
/// The fewest positions in a stretch worth a task.
const STRETCH: usize = 256;

/// How keys and values come from memory ahead of their use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// The next rows of K, used side by side, are first touched one after another; V is left to the hardware.
    Touch,
    /// Keys are asked for this many bytes ahead, values a slice ahead.
    Ahead(usize),
}

/// Ways worth trying.
pub const FETCHES: [Fetch; 4] = [Fetch::Touch, Fetch::Ahead(1024), Fetch::Ahead(2048), Fetch::Ahead(4096)];

impl std::fmt::Display for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Fetch::Touch => f.write_str("the next keys touched in order"),
            Fetch::Ahead(bytes) => write!(f, "keys asked for {bytes} bytes ahead, values {SLICE} rows"),
        }
    }
}

/// How positions are cut into stretches, and where their results lie.
#[derive(Clone, Copy)]
struct Plan {
    shape: AttentionShape,
    /// Stretches of each key/value head.
    splits: usize,
    /// Words of a head's query or output, filled up to whole vectors.
    wide: usize,
}

impl Plan {
    /// Words of one head's result: max, sum, and the output from word 16 on.
    fn result(&self) -> usize {
        16 + self.wide
    }
    /// Where the result of a stretch for one of its heads lies.
    fn at(&self, stream: usize, split: usize, head: usize) -> usize {
        ((stream * self.splits + split) * self.shape.group() + head) * self.result()
    }
}

/// Keys and values of all heads.
#[derive(Clone, Copy)]
pub(super) struct Cache<'t, C> {
    pub(super) k: &'t [C],
    pub(super) v: &'t [C],
    /// Elements from one head's keys to the next head's, and of its values likewise.
    pub(super) apart: usize,
    /// What each key and each value is multiplied with: [streams][key, value][positions].
    pub(super) scales: Option<&'t [f16]>,
}

/// A checked decode.
#[allow(clippy::too_many_arguments, reason = "matmul's, and how to fetch")]
pub(super) fn run<E: Float, C: Widen>(
    pool: &Pool,
    isa: Isa,
    workspace: &mut Workspace,
    shape: AttentionShape,
    fetch: Fetch,
    q: &[E],
    cache: Cache<'_, C>,
    out: &mut [E],
) {
    let members = pool.threads();
    let streams = shape.batch * shape.kv_heads;
    let splits = (8 * members).div_ceil(streams).min(shape.kv_len.div_ceil(STRETCH));
    let plan = Plan { shape, splits, wide: shape.d.next_multiple_of(MAX_LANES) };
    let group = shape.group();
    let own = group * (plan.wide + SCORES);
    let regions = workspace.regions(streams * splits * group * plan.result(), own, members);
    let tasks = Shares::new(streams * splits, members);
    pool.run(|member, _| {
        while let Some(task) = tasks.take_one() {
            let (stream, split) = (task / splits, task % splits);
            let (start, end) = (split * shape.kv_len / splits, (split + 1) * shape.kv_len / splits);
            let offset = stream * cache.apart + start * shape.d;
            let scales = |which: usize| Some(cache.scales?[(2 * stream + which) * shape.kv_len + start..].as_ptr());
            let job = Stretch::<E, C> {
                plan,
                fetch,
                len: end - start,
                q: q[stream * group * shape.d..].as_ptr(),
                k: cache.k[offset..].as_ptr(),
                v: cache.v[offset..].as_ptr(),
                scales: [scales(0), scales(1)],
                result: regions.common.get().wrapping_add(plan.at(stream, split, 0)),
                own: regions.own(member),
            };
            // SAFETY: `isa` was required, slices were checked; each task has its own results.
            unsafe { isa.run(job) };
        }
    });
    let out = Shared(out.as_mut_ptr());
    let rows = Shares::new(streams, members);
    let combine = |_: usize, _: usize| {
        while let Some(stream) = rows.take_one() {
            let job = Combine::<E> { plan, stream, regions, out: out.get() };
            // SAFETY: `isa` was required; all results are written; each stream has its own output rows.
            unsafe { isa.run(job) };
        }
    };
    // A launch costs more than combining a few heads.
    if streams * group * splits > 1024 { pool.run(combine) } else { combine(0, 1) }
}

/// One stretch of positions for the heads that share it.
struct Stretch<E, C> {
    plan: Plan,
    fetch: Fetch,
    len: usize,
    q: *const E,
    k: *const C,
    v: *const C,
    /// Of keys and of values, where they have any.
    scales: [Option<*const f16>; 2],
    /// This stretch's results, head by head.
    result: *mut f32,
    /// Queries as f32, scaled, then scores: [heads][wide], [heads][SCORES].
    own: *mut f32,
}

impl<E: Float, C: Widen> Job for Stretch<E, C> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let group = self.plan.shape.group();
        // SAFETY: the maker's promise, here and in the blocks below.
        unsafe {
            self.begin::<S>();
            for at in (0..self.len).step_by(BLOCK) {
                let rows = BLOCK.min(self.len - at);
                let mut head = 0;
                while head < group {
                    head += match group - head {
                        4.. => self.scores::<S, 4>(head, at, rows),
                        2.. => self.scores::<S, 2>(head, at, rows),
                        _ => self.scores::<S, 1>(head, at, rows),
                    };
                }
                for head in 0..group {
                    self.softmax::<S>(head, at, rows);
                }
                for slice in (0..rows).step_by(SLICE) {
                    let rows = slice..rows.min(slice + SLICE);
                    let mut head = 0;
                    while head < group {
                        head += match group - head {
                            2.. => self.output::<S, 2>(head, at, rows.clone()),
                            _ => self.output::<S, 1>(head, at, rows.clone()),
                        };
                    }
                }
            }
        }
    }
}

impl<E: Float, C: Widen> Stretch<E, C> {
    /// # Safety
    /// The task's promises, here and below.
    #[inline(always)]
    unsafe fn begin<S: Simd>(&self) {
        let AttentionShape { d, .. } = self.plan.shape;
        // SAFETY: the caller's promise.
        unsafe {
            let scale = S::splat(self.plan.shape.scale());
            for head in 0..self.plan.shape.group() {
                let result = self.result.add(head * self.plan.result());
                result.write(LOWEST);
                result.add(1).write(0.0);
                for x in (0..d).step_by(S::LANES) {
                    let q = S::mul(load_row::<S, E>(self.q.add(head * d), x, d), scale);
                    S::store(self.own.add(head * self.plan.wide + x), q);
                    S::store(result.add(16 + x), S::splat(0.0));
                }
            }
        }
    }

    #[inline(always)]
    fn score(&self, head: usize) -> *mut f32 {
        self.own.wrapping_add(self.plan.shape.group() * self.plan.wide + head * SCORES)
    }

    /// Scores of `H` heads from `head` on with `rows` keys from `at` on. Answers H.
    #[inline(always)]
    unsafe fn scores<S: Simd, const H: usize>(&self, head: usize, at: usize, rows: usize) -> usize {
        let d = self.plan.shape.d;
        let abreast = S::LANES / H;
        // SAFETY: the caller's promise; rows past the last are the last again, and their scores lie past the block's.
        unsafe {
            let q = self.own.add(head * self.plan.wide);
            for first in (0..rows).step_by(abreast) {
                let mut acc = [S::splat(0.0); MAX_LANES];
                let mut keys = [self.k; MAX_LANES];
                for (r, key) in keys.iter_mut().enumerate().take(abreast) {
                    *key = self.k.add((at + (first + r).min(rows - 1)) * d);
                }
                let mut here = self.k.wrapping_add((at + first) * d).cast::<u8>();
                let row = d * size_of::<C>();
                let more = at + first + 2 * abreast <= self.len;
                for x in (0..d).step_by(S::LANES) {
                    if head == 0 {
                        let bytes = abreast * S::LANES.min(d - x) * size_of::<C>();
                        match self.fetch {
                            Fetch::Touch if more => touch(here.add(abreast * row), bytes),
                            Fetch::Touch => {}
                            Fetch::Ahead(ahead) => request::<S>(here.wrapping_add(ahead), bytes),
                        }
                        here = here.wrapping_add(bytes);
                    }
                    let mut queries = [S::splat(0.0); H];
                    for (h, query) in queries.iter_mut().enumerate() {
                        *query = S::load(q.add(h * self.plan.wide + x));
                    }
                    for r in 0..abreast {
                        let key = load_row::<S, C>(keys[r], x, d);
                        for h in 0..H {
                            acc[h * abreast + r] = S::fma(queries[h], key, acc[h * abreast + r]);
                        }
                    }
                }
                let mut sums = [0.0f32; MAX_LANES];
                S::store(sums.as_mut_ptr(), S::sum_each(&acc));
                for h in 0..H {
                    let to = self.score(head + h).add(first);
                    std::ptr::copy_nonoverlapping(sums.as_ptr().add(h * abreast), to, abreast);
                }
            }
        }
        H
    }

    /// Multiplies a head's scores or weights of `rows` positions from `at` on with the scales of keys or values.
    #[inline(always)]
    unsafe fn scale<S: Simd>(&self, which: usize, score: *mut f32, at: usize, rows: usize) {
        let Some(scales) = self.scales[which] else { return };
        // SAFETY: the caller's promise; a head's scores have room for whole vectors.
        unsafe {
            for r in (0..rows).step_by(S::LANES) {
                let scales = load_row::<S, f16>(scales.add(at), r, rows);
                S::store(score.add(r), S::mul(S::load(score.add(r)), scales));
            }
        }
    }

    /// Turns one head's scores into exponentials; rescales what the head has so far.
    #[inline(always)]
    unsafe fn softmax<S: Simd>(&self, head: usize, at: usize, rows: usize) {
        // SAFETY: the caller's promise; a head's scores have room for whole vectors.
        unsafe {
            let (score, result) = (self.score(head), self.result.add(head * self.plan.result()));
            self.scale::<S>(0, score, at, rows);
            for r in rows..rows.next_multiple_of(S::LANES) {
                score.add(r).write(LOWEST);
            }
            let mut max = S::splat(result.read());
            for r in (0..rows).step_by(S::LANES) {
                max = S::max(max, S::load(score.add(r)));
            }
            let max = S::largest(max);
            if max > result.read() {
                let scale = S::exp2(S::splat(result.read() - max));
                for x in (0..self.plan.shape.d).step_by(S::LANES) {
                    let o = result.add(16 + x);
                    S::store(o, S::mul(S::load(o), scale));
                }
                let mut lanes = [0.0f32; MAX_LANES];
                S::store(lanes.as_mut_ptr(), scale);
                result.add(1).write(result.add(1).read() * lanes[0]);
                result.write(max);
            }
            let mut sum = S::splat(0.0);
            for r in (0..rows).step_by(S::LANES) {
                let p = S::exp2(S::sub(S::load(score.add(r)), S::splat(max)));
                S::store(score.add(r), p);
                sum = S::add(sum, p);
            }
            result.add(1).write(result.add(1).read() + S::sum(sum));
            self.scale::<S>(1, score, at, rows);
        }
    }

    /// Adds the values of `rows`, counted from `at`, to the output of `H` heads from `head` on. Answers H.
    #[inline(always)]
    unsafe fn output<S: Simd, const H: usize>(&self, head: usize, at: usize, rows: Range<usize>) -> usize {
        let d = self.plan.shape.d;
        // SAFETY: the caller's promise.
        unsafe {
            let mut x = 0;
            while x < d {
                x += if H * 8 <= S::ACCS && x + 8 * S::LANES <= d {
                    self.columns::<S, H, 8>(head, at, rows.clone(), x)
                } else if x + 4 * S::LANES <= d {
                    self.columns::<S, H, 4>(head, at, rows.clone(), x)
                } else {
                    self.columns::<S, H, 1>(head, at, rows.clone(), x)
                };
            }
        }
        H
    }

    /// `X` vectors of the output of `H` heads from column `x` on. Answers the columns done.
    #[inline(always)]
    unsafe fn columns<S: Simd, const H: usize, const X: usize>(
        &self,
        head: usize,
        at: usize,
        rows: Range<usize>,
        x: usize,
    ) -> usize {
        let d = self.plan.shape.d;
        // SAFETY: the caller's promise.
        unsafe {
            let o = self.result.add(head * self.plan.result() + 16 + x);
            let p = self.score(head);
            let passes = self.plan.shape.group().div_ceil(H);
            let mut acc = [[S::splat(0.0); X]; H];
            for (h, acc) in acc.iter_mut().enumerate() {
                for (i, acc) in acc.iter_mut().enumerate() {
                    *acc = S::load(o.add(h * self.plan.result() + i * S::LANES));
                }
            }
            for r in rows {
                let value = self.v.add((at + r) * d);
                // Every pass over a slice asks for its share of the next, so that memory never waits for arithmetic.
                if matches!(self.fetch, Fetch::Ahead(_)) && r % passes == head / H {
                    request::<S>(value.wrapping_add(SLICE * d + x).cast(), X * S::LANES * size_of::<C>());
                }
                let mut values = [S::splat(0.0); X];
                for (i, to) in values.iter_mut().enumerate() {
                    *to =
                        if X == 1 { load_row::<S, C>(value, x, d) } else { C::load::<S>(value.add(x + i * S::LANES)) };
                }
                for (h, acc) in acc.iter_mut().enumerate() {
                    let weight = S::splat_at(p.add(h * SCORES + r).cast());
                    for (i, acc) in acc.iter_mut().enumerate() {
                        *acc = S::fma(weight, values[i], *acc);
                    }
                }
            }
            for (h, acc) in acc.iter().enumerate() {
                for (i, &acc) in acc.iter().enumerate() {
                    S::store(o.add(h * self.plan.result() + i * S::LANES), acc);
                }
            }
        }
        X * S::LANES
    }
}

/// Loads a byte of each line of `bytes` bytes from `p` on and drops it.
///
/// # Safety
/// The bytes are valid.
#[inline(always)]
unsafe fn touch(p: *const u8, bytes: usize) {
    for at in (0..bytes).step_by(64) {
        // SAFETY: the caller's promise; a read of one byte cannot pass the end.
        unsafe { p.add(at).read_volatile() };
    }
}

/// Asks for each line of `bytes` bytes from `p` on, which may lie anywhere.
///
/// # Safety
/// As for every method of `S`.
#[inline(always)]
unsafe fn request<S: Simd>(p: *const u8, bytes: usize) {
    for at in (0..bytes).step_by(64) {
        // SAFETY: the caller's promise; a request for a line that is not there is dropped.
        unsafe { S::prefetch(p.wrapping_add(at)) };
    }
}

/// Elements `x..` of a row of `d`, as far as a vector and the row go; zeros beyond.
///
/// # Safety
/// Those of [`Simd`]; the row is valid, and `x < d`.
#[inline(always)]
unsafe fn load_row<S: Simd, E: Widen>(row: *const E, x: usize, d: usize) -> S::V {
    // SAFETY: the caller's promise.
    unsafe { if x + S::LANES <= d { E::load::<S>(row.add(x)) } else { E::load_n::<S>(row.add(x), d - x) } }
}

/// One key/value head's stretches, combined into the output of the heads that share it.
struct Combine<E: Float> {
    plan: Plan,
    stream: usize,
    regions: Regions,
    out: *mut E,
}

impl<E: Float> Job for Combine<E> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Plan { shape, splits, .. } = self.plan;
        let result = |head, split| self.regions.common.get().wrapping_add(self.plan.at(self.stream, split, head));
        // SAFETY: the maker's promise: every result is written.
        unsafe {
            for head in 0..shape.group() {
                let mut max = LOWEST;
                for split in 0..splits {
                    max = result(head, split).read().max(max);
                }
                let weight = |split: usize| (result(head, split).read() - max).exp2();
                let sum: f32 = (0..splits).map(|split| weight(split) * result(head, split).add(1).read()).sum();
                let row = self.out.add((self.stream * shape.group() + head) * shape.d);
                for x in (0..shape.d).step_by(S::LANES) {
                    let mut o = S::splat(0.0);
                    for split in 0..splits {
                        let part = S::load(result(head, split).add(16 + x));
                        o = S::fma(part, S::splat(weight(split) / sum), o);
                    }
                    E::store_n::<S>(row.add(x), o, S::LANES.min(shape.d - x));
                }
            }
        }
    }
}
