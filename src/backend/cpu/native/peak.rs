//! The roofline's kernels: read, copy, multiply-add and 8-bit dot product, as `kernel::ceiling` defines them.
//! It must not time itself; the caller holds the clock.
//!
//! `read` sums several streams at once, each with its own accumulator, optionally asking for lines ahead: which is best
//! depends on the memory system, so the caller tries [`READS`] and keeps the fastest. `copy` writes past the caches.
//! `fma` and `dot` keep twelve independent accumulators in registers, enough to hide the latency of either instruction.

use super::isa::{Dots, Isa, Job, Simd};
use super::pool::Pool;
use super::workspace::Shared;
use crate::kernel::ceiling::{DOT_MASK, DOT_START, DOT_STEP};

/// Lanes that are worked on together; `lanes` of a case is a multiple of it.
const BLOCK: usize = 192;
/// Accumulators of a tile.
const TILE: usize = 12;

/// How `read` walks through memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Read {
    /// Streams that a thread follows at once.
    pub(in super::super) streams: usize,
    /// Bytes ahead that are asked for; zero leaves it to the hardware.
    pub(in super::super) ahead: usize,
}

/// Ways worth trying.
pub(in super::super) const READS: [Read; 6] = [
    Read { streams: 1, ahead: 0 },
    Read { streams: 4, ahead: 0 },
    Read { streams: 8, ahead: 0 },
    Read { streams: 1, ahead: 1024 },
    Read { streams: 4, ahead: 1024 },
    Read { streams: 8, ahead: 512 },
];

/// The sum of `x`, whose length is a multiple of 1024.
pub(in super::super) fn read(pool: &Pool, isa: Isa, how: Read, x: &[f32]) -> f32 {
    let mut partial = vec![0.0f32; pool.threads()];
    let to = Shared(partial.as_mut_ptr());
    pool.run(|t, n| {
        let rows = x.len() / 1024;
        let mine = &x[rows * t / n * 1024..rows * (t + 1) / n * 1024];
        // SAFETY: `isa` was detected on this CPU; the job reads its own slice only.
        let sum = unsafe {
            match how.streams {
                1 => isa.run(ReadJob::<1> { x: mine, ahead: how.ahead }),
                4 => isa.run(ReadJob::<4> { x: mine, ahead: how.ahead }),
                _ => isa.run(ReadJob::<8> { x: mine, ahead: how.ahead }),
            }
        };
        // SAFETY: `partial` outlives the run and each member writes its own element.
        unsafe { to.get().add(t).write(sum) };
    });
    partial.iter().sum()
}

struct ReadJob<'x, const STREAMS: usize> {
    x: &'x [f32],
    ahead: usize,
}

impl<const STREAMS: usize> Job for ReadJob<'_, STREAMS> {
    type Out = f32;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) -> f32 {
        let stream = self.x.len() / STREAMS;
        // Two accumulators a stream, four for a single one: one addition alone would wait for the last.
        const DEPTH: usize = 4;
        let step = S::LANES * DEPTH;
        let whole = stream / step * step;
        // SAFETY: every load lies in `x`, as `whole <= stream` and `STREAMS * stream <= x.len()`; prefetching may go
        // anywhere.
        unsafe {
            let mut acc = [[S::splat(0.0); DEPTH]; STREAMS];
            let mut i = 0;
            while i < whole {
                for (s, acc) in acc.iter_mut().enumerate() {
                    let p = self.x.as_ptr().add(s * stream + i);
                    if self.ahead > 0 {
                        let mut line = 0;
                        while line < step * 4 {
                            S::prefetch(p.cast::<u8>().wrapping_add(self.ahead + line));
                            line += 64;
                        }
                    }
                    for (d, acc) in acc.iter_mut().enumerate() {
                        *acc = S::add(*acc, S::load(p.add(d * S::LANES)));
                    }
                }
                i += step;
            }
            let mut total = 0.0;
            for (s, acc) in acc.iter().enumerate() {
                for &acc in acc {
                    total += S::sum(acc);
                }
                total += self.x[s * stream + whole..(s + 1) * stream].iter().sum::<f32>();
            }
            total + self.x[STREAMS * stream..].iter().sum::<f32>()
        }
    }
}

/// Copies `x` to `out` past the caches, where the CPU can.
pub(in super::super) fn copy(pool: &Pool, isa: Isa, x: &[f32], out: &mut [f32]) {
    assert!(x.len() == out.len() && x.len().is_multiple_of(1024), "a copy has two ends of one length");
    assert!(out.as_ptr().addr().is_multiple_of(64), "the copy's target is aligned to a line");
    let to = Shared(out.as_mut_ptr());
    pool.run(|t, n| {
        let rows = x.len() / 1024;
        let (first, last) = (rows * t / n * 1024, rows * (t + 1) / n * 1024);
        // SAFETY: `isa` was detected on this CPU; each member writes its own range of `out`, which is as long as `x`,
        // exclusively borrowed, and starts on a huge page, so that rows of 1024 are aligned to any vector.
        unsafe { isa.run(CopyJob { x: &x[first..last], out: to.get().add(first) }) };
    });
}

struct CopyJob<'x> {
    x: &'x [f32],
    out: *mut f32,
}

impl Job for CopyJob<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        // SAFETY: whole rows of 1024 elements, aligned, on both sides.
        unsafe {
            for i in (0..self.x.len()).step_by(S::LANES) {
                S::stream(self.out.add(i), S::load(self.x.as_ptr().add(i)));
            }
            S::fence();
        }
    }
}

/// `out = a`, then `iters` times `out = out * x + y` in every lane.
pub(in super::super) fn fma(pool: &Pool, isa: Isa, a: &[f32], x: f32, y: f32, iters: u32, out: &mut [f32]) {
    assert!(a.len() == out.len() && a.len().is_multiple_of(BLOCK), "lanes come in blocks of {BLOCK}");
    let to = Shared(out.as_mut_ptr());
    pool.run(|t, n| {
        let blocks = a.len() / BLOCK;
        for block in blocks * t / n..blocks * (t + 1) / n {
            let a = &a[block * BLOCK..(block + 1) * BLOCK];
            // SAFETY: `isa` was detected on this CPU; each block of `out` is written by one member.
            unsafe { isa.run(FmaJob { a, x, y, iters, out: to.get().add(block * BLOCK) }) };
        }
    });
}

struct FmaJob<'a> {
    a: &'a [f32],
    x: f32,
    y: f32,
    iters: u32,
    out: *mut f32,
}

impl Job for FmaJob<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let tile = TILE * S::LANES;
        // SAFETY: `a` and `out` hold BLOCK elements, a multiple of the tile for 4, 8 and 16 lanes.
        unsafe {
            let (x, y) = (S::splat(self.x), S::splat(self.y));
            for first in (0..BLOCK).step_by(tile) {
                let mut acc = [x; TILE];
                for (i, acc) in acc.iter_mut().enumerate() {
                    *acc = S::load(self.a.as_ptr().add(first + i * S::LANES));
                }
                for _ in 0..self.iters {
                    for acc in &mut acc {
                        *acc = S::fma(*acc, x, y);
                    }
                }
                for (i, acc) in acc.iter().enumerate() {
                    S::store(self.out.add(first + i * S::LANES), *acc);
                }
            }
        }
    }
}

/// What `steps` steps of the recurrence add to `x`, before masking: no byte carries into the next, so that steps add up.
const fn advance(steps: u32) -> u32 {
    let mut x = 0;
    let mut i = 0;
    while i < steps {
        x = (x + DOT_STEP) & DOT_MASK;
        i += 1;
    }
    x
}

/// The `dot` recurrence in every lane: `out += dot(x, w)` over four 8-bit pairs, wrapping.
pub(in super::super) fn dot(pool: &Pool, isa: Isa, w: &[i32], iters: u32, out: &mut [i32]) {
    assert!(w.len() == out.len() && w.len().is_multiple_of(BLOCK), "lanes come in blocks of {BLOCK}");
    let to = Shared(out.as_mut_ptr());
    pool.run(|t, n| {
        let blocks = w.len() / BLOCK;
        for block in blocks * t / n..blocks * (t + 1) / n {
            let w = &w[block * BLOCK..(block + 1) * BLOCK];
            // SAFETY: `isa` was detected on this CPU; each block of `out` is written by one member.
            unsafe { isa.run(DotJob { w, iters, out: to.get().add(block * BLOCK) }) };
        }
    });
}

struct DotJob<'w> {
    w: &'w [i32],
    iters: u32,
    out: *mut i32,
}

impl Job for DotJob<'_> {
    type Out = ();
    const DOTS: Dots = Dots::I8;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        // SAFETY: as for this function: the CPU has `S`, `out` holds a block.
        unsafe {
            if S::I8_MATRIX {
                self.blocks::<S>();
            } else if S::I8_DOT && S::ACCS < 2 * TILE {
                // Words and their sums are in registers: half of [`TILE`] where there is room for one of them only.
                self.bytes::<S, { TILE / 2 }>();
            } else if S::I8_DOT {
                self.bytes::<S, TILE>();
            } else {
                self.pairs::<S>();
            }
        }
    }
}

impl DotJob<'_> {
    /// One instruction for four products a lane.
    #[inline(always)]
    unsafe fn bytes<S: Simd, const WORDS: usize>(&self) {
        let tile = WORDS * S::LANES;
        for first in (0..BLOCK).step_by(tile) {
            // SAFETY: `w` and `out` hold BLOCK elements, a multiple of the tile.
            unsafe {
                let mut acc = [S::splat(0.0); WORDS];
                let mut w = acc;
                for (i, w) in w.iter_mut().enumerate() {
                    *w = S::load(self.w.as_ptr().add(first + i * S::LANES).cast());
                }
                let mut x = DOT_START;
                for _ in 0..self.iters {
                    let all = S::splat_at(&x);
                    for (i, acc) in acc.iter_mut().enumerate() {
                        *acc = S::dot_i8(*acc, all, w[i]);
                    }
                    x = x.wrapping_add(DOT_STEP) & DOT_MASK;
                }
                for (i, acc) in acc.iter().enumerate() {
                    S::store(self.out.add(first + i * S::LANES).cast(), *acc);
                }
            }
        }
    }

    /// One instruction for four steps of two lanes: a row of its left side is a word twice, each column of its right
    /// side two steps of `x`.
    #[inline(always)]
    unsafe fn blocks<S: Simd>(&self) {
        const WORDS: usize = 3;
        for first in (0..BLOCK).step_by(WORDS * S::LANES) {
            // SAFETY: `w` and `out` hold BLOCK elements, a multiple of the tile; `x` holds sixteen bytes.
            unsafe {
                let mut acc = [[S::splat(0.0); 2]; WORDS];
                let mut words = acc;
                for (i, words) in words.iter_mut().enumerate() {
                    let w = S::load(self.w.as_ptr().add(first + i * S::LANES).cast());
                    *words = S::zip(w, w).into();
                }
                let mut x = [0, 1, 2, 3].map(|steps| (DOT_START + advance(steps)) & DOT_MASK);
                for _ in 0..self.iters / 4 {
                    let steps = S::two_at(x.as_ptr().cast(), x.as_ptr().add(2).cast());
                    for (i, [even, odd]) in acc.iter_mut().enumerate() {
                        *even = S::matrix_i8(*even, words[i][0], steps);
                        *odd = S::matrix_i8(*odd, words[i][1], steps);
                    }
                    for x in &mut x {
                        *x = (*x + advance(4)) & DOT_MASK;
                    }
                }
                for (i, acc) in acc.iter().enumerate() {
                    let at = first + i * S::LANES;
                    let (even, odd) = S::unzip(acc[0], acc[1]);
                    let mut sum = S::add_i32(even, odd);
                    let w = S::load(self.w.as_ptr().add(at).cast());
                    for rest in &x[..self.iters as usize % 4] {
                        sum = S::dot_i8(sum, S::splat_at(rest), w);
                    }
                    S::store(self.out.add(at).cast(), sum);
                }
            }
        }
    }

    /// Two instructions for four products, over bytes widened to 16 bits: what a CPU without byte dot products has.
    #[inline(always)]
    unsafe fn pairs<S: Simd>(&self) {
        const NARROW: usize = 4;
        let widen = |w: i32, shift: u32| -> i32 {
            let low = i32::from((w >> shift) as i8) & 0xffff;
            low | (i32::from((w >> (shift + 16)) as i8) << 16)
        };
        for first in (0..BLOCK).step_by(NARROW * S::LANES) {
            let lanes = NARROW * S::LANES;
            let mut even = [0i32; BLOCK];
            let mut odd = [0i32; BLOCK];
            for (i, &w) in self.w[first..first + lanes].iter().enumerate() {
                (even[i], odd[i]) = (widen(w, 0), widen(w, 8));
            }
            // SAFETY: `even`, `odd` and `out` hold at least `lanes` elements from where they are read and written.
            unsafe {
                let load = |from: &[i32; BLOCK], i: usize| S::load(from.as_ptr().add(i * S::LANES).cast());
                let mut acc = [S::splat(0.0); NARROW];
                let (mut evens, mut odds) = (acc, acc);
                for i in 0..NARROW {
                    (evens[i], odds[i]) = (load(&even, i), load(&odd, i));
                }
                let mut x = DOT_START;
                for _ in 0..self.iters {
                    let (low, high) = (x & 0x00ff_00ff, (x >> 8) & 0x00ff_00ff);
                    let (low, high) = (S::splat_at(&low), S::splat_at(&high));
                    for (i, acc) in acc.iter_mut().enumerate() {
                        *acc = S::dot_i16(S::dot_i16(*acc, low, evens[i]), high, odds[i]);
                    }
                    x = x.wrapping_add(DOT_STEP) & DOT_MASK;
                }
                for (i, acc) in acc.iter().enumerate() {
                    S::store(self.out.add(first + i * S::LANES).cast(), *acc);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dot_recurrence_is_exact_on_every_level() {
        let pool = Pool::new(Some(2)).unwrap();
        let w: Vec<i32> = (0..2 * BLOCK as u32).map(|i| i.wrapping_mul(0x9e37_79b9) as i32).collect();
        for isa in Isa::available() {
            // Around whole steps of four, which a matrix instruction takes at once.
            for iters in [0, 1, 3, 4, 5, 11, 64] {
                let mut out = vec![i32::MIN; w.len()];
                dot(&pool, isa, &w, iters, &mut out);
                let wanted: Vec<i32> = w.iter().map(|&w| reference(w, iters)).collect();
                assert_eq!(out, wanted, "{isa}, {iters} iterations");
            }
        }
    }

    fn reference(w: i32, iters: u32) -> i32 {
        let mut x = DOT_START;
        let mut sum = 0i32;
        for _ in 0..iters {
            let bytes = x.to_le_bytes().into_iter().zip(w.to_le_bytes());
            let products = bytes.map(|(x, w)| i32::from(x) * i32::from(w as i8));
            sum = sum.wrapping_add(products.sum::<i32>());
            x = x.wrapping_add(DOT_STEP) & DOT_MASK;
        }
        sum
    }
}
