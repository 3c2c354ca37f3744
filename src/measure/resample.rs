//! Medians of a series drawn again in blocks: the inner loop of every interval, a thousand times for each record.
//! Interprets nothing; `stats` makes intervals of them.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::stats::{Bootstrap, Resample};

/// Medians of the resampled series, which has a sample at least, in the order drawn.
pub(super) fn medians(samples: &[f64], bootstrap: &Bootstrap, stream: u64) -> Vec<f64> {
    let resampled = Resampled::of(samples, bootstrap, stream);
    resampled.middles.iter().map(|middle| resampled.median(*middle)).collect()
}

/// The same in ascending order. Of a short series few differ, so that they are counted rather than sorted.
pub(super) fn ordered_medians(samples: &[f64], bootstrap: &Bootstrap) -> Vec<f64> {
    if samples.len() > MOST_ADDED {
        let mut all = medians(samples, bootstrap, 0);
        all.sort_unstable_by(f64::total_cmp);
        return all;
    }
    let resampled = Resampled::of(samples, bootstrap, 0);
    let ends = |pick: fn(&Middle) -> u32| {
        let all = resampled.middles.iter().map(pick);
        all.fold((u32::MAX, 0), |(least, most), rank| (least.min(rank), most.max(rank)))
    };
    let ((low, lows), (_, highs)) = (ends(|middle| middle.0), ends(|middle| middle.1));
    // Ranks that stand for a median lie about the middle: few of all.
    let width = (highs - low + 1) as usize;
    let mut counts = vec![0usize; (lows - low + 1) as usize * width];
    for middle in &resampled.middles {
        counts[(middle.0 - low) as usize * width + (middle.1 - low) as usize] += 1;
    }
    let found = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
    let middle = |at: usize| (low + (at / width) as u32, low + (at % width) as u32);
    let mut found: Vec<(f64, usize)> = found.map(|(at, count)| (resampled.median(middle(at)), count)).collect();
    found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    found.into_iter().flat_map(|(median, count)| std::iter::repeat_n(median, count)).collect()
}

/// Ranks of the two middle elements of a sorted resample; equal where its length is odd.
type Middle = (u32, u32);

/// A series drawn again and again.
struct Resampled {
    /// The series in ascending order.
    sorted: Vec<f64>,
    /// Of each resample. Ranks are enough: nothing is sorted twice.
    middles: Vec<Middle>,
}

impl Resampled {
    fn of(samples: &[f64], bootstrap: &Bootstrap, stream: u64) -> Resampled {
        let n = samples.len();
        let block = match bootstrap.scheme {
            Resample::Independent => 1,
            Resample::Blocks(length) => length.clamp(1, n),
            Resample::Auto => (n as f64).sqrt().round() as usize,
        };
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&i, &j| samples[i].total_cmp(&samples[j]));
        let starts = Starts { n, block, resamples: bootstrap.resamples.max(1), seed: bootstrap.seed, stream };
        let middles = if n <= MOST_ADDED { added(&order, starts) } else { counted(&order, starts) };
        Resampled { sorted: order.into_iter().map(|i| samples[i]).collect(), middles }
    }

    fn median(&self, (low, high): Middle) -> f64 {
        let (below, above) = (self.sorted[low as usize], self.sorted[high as usize]);
        if low == high { below } else { below / 2.0 + above / 2.0 }
    }
}

/// Where the blocks of all resamples start: the same for every series of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Starts {
    n: usize,
    block: usize,
    resamples: usize,
    seed: u64,
    stream: u64,
}

impl Starts {
    /// Blocks of a resample; the last is cut where the others do not add up.
    fn blocks(&self) -> usize {
        self.n.div_ceil(self.block)
    }

    /// Hands over the starts of one resample after the other.
    fn each(&self, mut resample: impl FnMut(&mut dyn Iterator<Item = usize>)) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(self.stream);
        let mut draws = vec![0u32; self.blocks()];
        for _ in 0..self.resamples {
            rng.fill(&mut draws[..]);
            // Multiply-shift: its bias is under n / 2^32.
            resample(&mut draws.iter().map(|draw| ((u64::from(*draw) * self.n as u64) >> 32) as usize));
        }
    }

    /// How often each resample holds each sample, drawn once for each thread: for every strip of resamples a row for each
    /// sample. A block that starts near the end goes on at the beginning, so that every sample is drawn equally often.
    fn drawn(self) -> Rc<[Row]> {
        thread_local! {
            static DRAWN: RefCell<HashMap<Starts, Rc<[Row]>>> = RefCell::default();
        }
        let draw = || {
            let mut rows = vec![[0; STRIP]; self.resamples.div_ceil(STRIP) * self.n];
            let mut resample = 0;
            self.each(|starts| {
                let strip = &mut rows[resample / STRIP * self.n..][..self.n];
                let mut left = self.n;
                for start in starts {
                    let length = self.block.min(left);
                    (start..start + length).for_each(|sample| strip[sample % self.n][resample % STRIP] += 1);
                    left -= length;
                }
                resample += 1;
            });
            rows.into()
        };
        DRAWN.with_borrow_mut(|known| {
            if known.len() >= MOST_DRAWN && !known.contains_key(&self) {
                known.clear();
            }
            Rc::clone(known.entry(self).or_insert_with(draw))
        })
    }
}

/// Lengths of series that a thread keeps draws for.
const MOST_DRAWN: usize = 256;

/// Longest series whose counts fit bytes, and whose draws fit a cache.
const MOST_ADDED: usize = 128;

/// Resamples side by side: two of the shortest vectors that machines have.
const STRIP: usize = 32;

/// A byte for each resample of a strip.
type Row = [u8; STRIP];

/// The middles of all resamples of a series, whose samples are given in ascending order. What a resample holds hangs on
/// the length of the series only, so that its samples, from the least on, are added up for many resamples at once.
fn added(order: &[usize], starts: Starts) -> Vec<Middle> {
    let n = starts.n;
    let (lower, upper) = ((n as u8 - 1) / 2, n as u8 / 2);
    let mut middles = Vec::with_capacity(starts.resamples.next_multiple_of(STRIP));
    for strip in starts.drawn().chunks_exact(n) {
        let (mut seen, mut low, mut high): (Row, Row, Row) = ([0; STRIP], [0; STRIP], [0; STRIP]);
        for sample in order {
            // The first rank whose running sum is over the place: as many are not.
            let places = low.iter_mut().zip(&mut high);
            for ((seen, more), (low, high)) in seen.iter_mut().zip(&strip[*sample]).zip(places) {
                *seen += more;
                *low += u8::from(*seen <= lower);
                *high += u8::from(*seen <= upper);
            }
        }
        middles.extend(low.into_iter().zip(high).map(|(low, high)| (u32::from(low), u32::from(high))));
    }
    middles.truncate(starts.resamples);
    middles
}

/// As [`added`], for series of any length: a resample is a histogram of ranks, and its median is where the running sum
/// passes the middle.
fn counted(order: &[usize], starts: Starts) -> Vec<Middle> {
    let n = starts.n;
    let mut ranks = vec![0u32; n + starts.block - 1];
    order.iter().enumerate().for_each(|(rank, i)| ranks[*i] = rank as u32);
    // A block that starts near the end goes on at the beginning.
    ranks.copy_within(0..starts.block - 1, n);
    let mut counts = vec![0u32; n];
    let mut middles = Vec::with_capacity(starts.resamples);
    starts.each(|starts_of_one| {
        counts.fill(0);
        let mut left = n;
        for start in starts_of_one {
            let length = starts.block.min(left);
            for &rank in &ranks[start..start + length] {
                counts[rank as usize] += 1;
            }
            left -= length;
        }
        let (low, high) = middle(&counts, n);
        middles.push((low as u32, high as u32));
    });
    middles
}

/// Ranks of the two middle elements (equal for odd `n`) of the sorted resample that the histogram describes.
fn middle(counts: &[u32], n: usize) -> (usize, usize) {
    const STRIDE: usize = 16;
    let place = (n as u32 - 1) / 2;
    let (mut seen, mut rank) = (0, 0);
    // Whole strides first: their sums are vector instructions.
    for stride in counts.chunks_exact(STRIDE) {
        let sum: u32 = stride.iter().sum();
        if seen + sum > place {
            break;
        }
        seen += sum;
        rank += STRIDE;
    }
    while seen + counts[rank] <= place {
        seen += counts[rank];
        rank += 1;
    }
    if n % 2 == 1 || seen + counts[rank] > place + 1 {
        return (rank, rank);
    }
    let next = counts[rank + 1..].iter().position(|&count| count > 0).expect("half of the resample lies above");
    (rank, rank + 1 + next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Ties, and every length that is added up.
        #[test]
        fn sums_and_counts_find_the_same_middles(
            samples in proptest::collection::vec(0u32..40, 1..=MOST_ADDED),
            block in 1usize..40,
        ) {
            let n = samples.len();
            let block = block.min(n);
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by_key(|i| samples[*i]);
            // More than a strip and no whole number of them.
            let starts = Starts { n, block, resamples: 40, seed: 7, stream: 1 };
            prop_assert_eq!(added(&order, starts), counted(&order, starts));
        }

        #[test]
        fn counting_orders_the_medians(
            samples in proptest::collection::vec(-40i32..40, 1..200),
            block in 1usize..40,
        ) {
            let samples: Vec<f64> = samples.into_iter().map(f64::from).collect();
            let bootstrap = Bootstrap { resamples: 40, seed: 7, scheme: Resample::Blocks(block) };
            let mut sorted = medians(&samples, &bootstrap, 0);
            sorted.sort_by(f64::total_cmp);
            prop_assert_eq!(ordered_medians(&samples, &bootstrap), sorted);
        }
    }
}
