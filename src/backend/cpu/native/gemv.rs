//! The skinny matmul: few rows of A, so that B's one trip from memory is what takes the time.
//! It must not read B twice from memory, nor write anything but C and its own workspace.
//!
//! How it moves: R rows of B, a stripe of its task apart, stream side by side, a vector of K at a time, each multiplied
//! with the same vector of up to 4 rows of A: M x R accumulators, summed across their lanes once at the end of the rows
//! (up to 24 on AVX-512: 1 x 8 to 4 x 6); further rows of A meet the tile's B again in the caches. Stripes are long and unbroken, as memory and its prefetchers like them; each also
//! asks for its line a little ahead. A is read in place where its vectors are B's (f32), else converted by each member.

use super::gemm::{Element, MatmulShape, Sealed};
use super::isa::{Dots, Isa, Job};
use super::pool::Pool;
use super::share::Shares;
use super::simd::Simd;
use super::workspace::{Shared, Workspace};

/// How far ahead each row of B is asked for, in bytes: eight rows' worth is what one core keeps on its way.
const AHEAD: usize = 512;
/// Bytes of B in a task, about: large beside a launch, small beside a matrix.
const TASK_BYTES: usize = 512 << 10;
/// The most rows of A for which this road is taken.
const MOST_ROWS: usize = 8;

/// Whether `m` rows of A are few.
pub(super) fn suits(m: usize) -> bool {
    m <= MOST_ROWS
}

/// The tiles, rows of A x rows of B, that fill `accs` accumulators; rows of A are a power of two.
const fn tiles(accs: usize) -> &'static [(usize, usize)] {
    match accs {
        24.. => &[(1, 8), (2, 8), (4, 6)],
        12.. => &[(1, 8), (2, 6), (4, 3)],
        8.. => &[(1, 8), (2, 4)],
        _ => &[(1, 4), (2, 2)],
    }
}

/// A checked matmul.
pub(super) fn run<E: Element>(
    pool: &Pool,
    isa: Isa,
    workspace: &mut Workspace,
    shape: MatmulShape,
    a: &[E],
    b: &[E],
    c: &mut [E::Out],
) {
    let MatmulShape { m, n, k } = shape;
    // Words of A's rows as vectors, whatever the instruction set: a group is a word at most an element.
    let words = m * k.next_multiple_of(64);
    let members = pool.threads();
    let regions = workspace.regions(0, words, members);
    let share = (TASK_BYTES / (k * size_of::<E>())).min(n.div_ceil(4 * members)).max(1);
    let chunk = share.next_multiple_of(24);
    let tasks = n.div_ceil(chunk);
    let c = Shared(c.as_mut_ptr());
    let tasks = Shares::new(tasks, members);
    pool.run(|member, _| {
        let mut rows = Rows::<E> { shape, a: std::ptr::null(), stride: 0, b: b.as_ptr(), c: c.get(), rows: 0..0 };
        while let Some(task) = tasks.take_one() {
            if rows.a.is_null() {
                // SAFETY: `isa` was required; the region is this member's own and holds `words`.
                (rows.a, rows.stride) = unsafe { isa.run(Vectors { shape, a: a.as_ptr(), own: regions.own(member) }) };
            }
            rows.rows = task * chunk..((task + 1) * chunk).min(n);
            // SAFETY: `isa` was required; slices were checked; each task writes its own columns of C.
            unsafe { isa.run(rows.clone()) };
        }
    });
}

/// Makes A's rows vectors: where they lie if they already are, else in `own`. Answers where, and the words of a row.
struct Vectors<E: Element> {
    shape: MatmulShape,
    a: *const E,
    own: *mut f32,
}

impl<E: Element> Job for Vectors<E> {
    type Out = (*const f32, usize);
    const DOTS: Dots = E::DOTS;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> Self::Out {
        let MatmulShape { m, k, .. } = self.shape;
        let width = S::LANES * E::group::<S>();
        let whole = k % width == 0;
        if whole && E::in_place::<S>() && !E::offset::<S>() {
            return (self.a.cast(), k / E::group::<S>());
        }
        let stride = k.div_ceil(width) * S::LANES;
        // SAFETY: the maker's promise: A is m x k, and `own` holds m rows of `stride` words.
        unsafe {
            for i in 0..m {
                let (from, to) = (self.a.add(i * k), self.own.add(i * stride));
                for v in 0..k / width {
                    S::store(to.add(v * S::LANES), E::a_groups::<S>(from.add(v * width)));
                }
                if !whole {
                    let done = k / width * width;
                    S::store(to.add(stride - S::LANES), E::a_groups_n::<S>(from.add(done), k - done));
                }
            }
        }
        (self.own, stride)
    }
}

/// All of A by some rows of B.
#[derive(Clone)]
struct Rows<E: Element> {
    shape: MatmulShape,
    a: *const f32,
    stride: usize,
    b: *const E,
    c: *mut E::Out,
    rows: std::ops::Range<usize>,
}

impl<E: Element> Job for Rows<E> {
    type Out = ();
    const DOTS: Dots = E::DOTS;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let m = self.shape.m;
        let tiles = tiles(S::ACCS);
        // Groups of A's rows of one size; the last is moved back over its neighbour's rows if they do not divide.
        let (group, full) = tiles.iter().copied().rev().find(|tile| tile.0 <= m).unwrap_or(tiles[0]);
        // Stripes: each of the tile's rows walks a long unbroken stretch of memory.
        let stripe = self.rows.len() / full;
        for row in self.rows.start..self.rows.start + stripe {
            // SAFETY: the maker's promise: A, B and C are those of checked slices.
            unsafe { self.all::<S>(group, full, row, stripe) };
        }
        for row in self.rows.start + stripe * full..self.rows.end {
            // SAFETY: as above.
            unsafe { self.all::<S>(group, 1, row, 0) };
        }
    }
}

impl<E: Element> Rows<E> {
    /// All of A, `group` rows at a time, by `r` rows of B, `stripe` apart.
    ///
    /// # Safety
    /// Those of [`Rows::tile`].
    #[inline(always)]
    unsafe fn all<S: Simd>(&self, group: usize, r: usize, row: usize, stripe: usize) {
        let mut first = 0;
        loop {
            // SAFETY: the caller's promise.
            unsafe { self.dispatch::<S>(group, r, first, row, stripe) };
            if first + group == self.shape.m {
                break;
            }
            first = (first + group).min(self.shape.m - group);
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
        pick!((1, 8)(2, 8)(4, 6)(2, 6)(4, 3)(2, 4)(1, 4)(2, 2)(1, 1)(2, 1)(4, 1));
    }

    /// `M` rows of A from `first` on by `R` rows of B, `stripe` apart from `row` on.
    ///
    /// # Safety
    /// The rows exist, and the CPU has what `S` stands for.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const R: usize>(&self, first: usize, row: usize, stripe: usize) {
        let MatmulShape { n, k, .. } = self.shape;
        let width = S::LANES * E::group::<S>();
        let vectors = k / width;
        // SAFETY: the caller's promise; prefetches may point anywhere.
        unsafe {
            let a = self.a.add(first * self.stride);
            let b = self.b.add(row * k);
            let mut dots = Tile::<S, M, R>::new();
            let apart = stripe * k;
            for v in 0..vectors {
                dots.step::<E>(a.add(v * S::LANES), self.stride, b.add(v * width), apart, AHEAD);
            }
            if vectors * width < k {
                let mut last = [S::splat(0.0); R];
                for (r, last) in last.iter_mut().enumerate() {
                    *last = E::groups_n::<S>(b.add(r * apart + vectors * width), k - vectors * width);
                }
                dots.add::<E>(a.add(vectors * S::LANES), self.stride, &last);
            }
            for r in 0..R {
                let undo = if E::offset::<S>() { S::sum_i32(dots.sums[r]).wrapping_mul(-128) } else { 0 };
                for m in 0..M {
                    let total = E::total::<S>(dots.acc[m][r]);
                    let total = if E::offset::<S>() { total.wrapping_add(undo as u32) } else { total };
                    let at = self.c.add((first + m) * n + row + r * stripe);
                    E::put(at, total);
                }
            }
        }
    }
}

/// M x R dot products under way, and R sums of B's rows where A is offset.
struct Tile<S: Simd, const M: usize, const R: usize> {
    acc: [[S::V; R]; M],
    sums: [S::V; R],
}

impl<S: Simd, const M: usize, const R: usize> Tile<S, M, R> {
    /// # Safety
    /// The CPU has what `S` stands for, here and below.
    #[inline(always)]
    unsafe fn new() -> Self {
        // SAFETY: the caller's promise.
        let zero = unsafe { S::splat(0.0) };
        Self { acc: [[zero; R]; M], sums: [zero; R] }
    }

    /// # Safety
    /// A vector at each `a + m * stride` and each `b + r * apart`.
    #[inline(always)]
    unsafe fn step<E: Sealed>(&mut self, a: *const f32, stride: usize, b: *const E, apart: usize, ahead: usize) {
        // SAFETY: the caller's promise; prefetches may point anywhere.
        unsafe {
            let mut rows = [S::splat(0.0); R];
            for (r, row) in rows.iter_mut().enumerate() {
                S::prefetch(b.add(r * apart).cast::<u8>().wrapping_add(ahead));
                *row = E::groups::<S>(b.add(r * apart));
            }
            self.add::<E>(a, stride, &rows);
        }
    }

    /// # Safety
    /// A vector at each `a + m * stride`.
    #[inline(always)]
    unsafe fn add<E: Sealed>(&mut self, a: *const f32, stride: usize, rows: &[S::V; R]) {
        // SAFETY: the caller's promise.
        unsafe {
            if E::offset::<S>() {
                let ones = S::splat(f32::from_bits(0x0101_0101));
                for (r, sum) in self.sums.iter_mut().enumerate() {
                    *sum = E::step::<S>(*sum, ones, rows[r]);
                }
            }
            for (m, acc) in self.acc.iter_mut().enumerate() {
                let lane = S::load(a.add(m * stride));
                for (r, acc) in acc.iter_mut().enumerate() {
                    *acc = E::step::<S>(*acc, lane, rows[r]);
                }
            }
        }
    }
}
