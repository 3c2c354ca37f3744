//! Medians of a series drawn again in blocks: the inner loop of every interval, a thousand times for each record.
//! Interprets nothing; `stats` makes intervals of them.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::stats::{Bootstrap, Resample};

/// Medians of the resampled series, which has a sample at least. Works on ranks: a resample is a histogram of them, and
/// its median is where the histogram's running sum passes the middle, so nothing is sorted twice.
pub(super) fn medians(samples: &[f64], bootstrap: &Bootstrap, stream: u64) -> Vec<f64> {
    let n = samples.len();
    let block = match bootstrap.scheme {
        Resample::Independent => 1,
        Resample::Blocks(length) => length.clamp(1, n),
        Resample::Auto => (n as f64).sqrt().round() as usize,
    };
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| samples[i].total_cmp(&samples[j]));
    let mut ranks = vec![0u32; n + block - 1];
    for (rank, &i) in order.iter().enumerate() {
        ranks[i] = rank as u32;
    }
    // A block that starts near the end goes on at the beginning, so that every sample is drawn equally often.
    ranks.copy_within(0..block - 1, n);
    let starts = Starts { n, block, resamples: bootstrap.resamples.max(1), seed: bootstrap.seed, stream };
    let middles = match n {
        0..=32 => added::<32>(&ranks, starts),
        33..=64 => added::<64>(&ranks, starts),
        65..=MOST_ADDED => added::<MOST_ADDED>(&ranks, starts),
        _ => counted(&ranks, starts),
    };
    let median = |(low, high): (usize, usize)| {
        if low == high { samples[order[low]] } else { samples[order[low]] / 2.0 + samples[order[high]] / 2.0 }
    };
    middles.into_iter().map(median).collect()
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

    /// All of them, drawn once for each thread.
    fn all(self) -> Rc<[u8]> {
        thread_local! {
            static DRAWN: RefCell<HashMap<Starts, Rc<[u8]>>> = RefCell::default();
        }
        DRAWN.with_borrow_mut(|drawn| {
            if drawn.len() >= MOST_DRAWN && !drawn.contains_key(&self) {
                drawn.clear();
            }
            let draw = || {
                let mut all = Vec::with_capacity(self.resamples * self.blocks());
                self.each(|starts| all.extend(starts.map(|start| start as u8)));
                all.into()
            };
            Rc::clone(drawn.entry(self).or_insert_with(draw))
        })
    }
}

/// Lengths of series whose starts a thread keeps.
const MOST_DRAWN: usize = 256;

/// Longest series whose running sums fit vectors of bytes, and are worth it.
const MOST_ADDED: usize = 128;

/// Ranks of the two middle elements (equal for odd `n`) of every sorted resample, for series of `W` samples at most. The
/// running sums of all blocks are worked out before, so that a resample is their sum: a few vector instructions.
fn added<const W: usize>(ranks: &[u32], starts: Starts) -> Vec<(usize, usize)> {
    let (n, blocks) = (starts.n, starts.blocks());
    let running = |length: usize| -> Vec<[u8; W]> {
        let one = |start: usize| {
            let mut sums = [0u8; W];
            ranks[start..start + length].iter().for_each(|rank| sums[*rank as usize] += 1);
            (1..W).for_each(|rank| sums[rank] += sums[rank - 1]);
            sums
        };
        (0..n).map(one).collect()
    };
    let (whole, last) = (running(starts.block), running(n - (blocks - 1) * starts.block));
    let place = (n as u8 - 1) / 2;
    let middle = |starts: &[u8]| {
        let mut sums = last[usize::from(starts[blocks - 1])];
        for start in &starts[..blocks - 1] {
            sums.iter_mut().zip(&whole[usize::from(*start)]).for_each(|(sum, more)| *sum += more);
        }
        // The first rank whose running sum is over the place: as many are not.
        let first_over = |place: u8| usize::from(sums.iter().map(|sum| u8::from(*sum <= place)).sum::<u8>());
        let low = first_over(place);
        (low, if n % 2 == 1 { low } else { first_over(place + 1) })
    };
    starts.all().chunks_exact(blocks).map(middle).collect()
}

/// As [`added`], for series of any length.
fn counted(ranks: &[u32], starts: Starts) -> Vec<(usize, usize)> {
    let n = starts.n;
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
        middles.push(middle(&counts, n));
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
        /// Ties and all lengths about the widths of the vectors.
        #[test]
        fn sums_and_counts_find_the_same_middles(
            samples in proptest::collection::vec(0u32..40, 1..=MOST_ADDED),
            block in 1usize..40,
        ) {
            let n = samples.len();
            let block = block.min(n);
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by_key(|i| samples[*i]);
            let mut ranks = vec![0u32; n + block - 1];
            order.iter().enumerate().for_each(|(rank, i)| ranks[*i] = rank as u32);
            ranks.copy_within(0..block - 1, n);
            let starts = Starts { n, block, resamples: 40, seed: 7, stream: 1 };
            let expected = counted(&ranks, starts);
            prop_assert_eq!(&added::<MOST_ADDED>(&ranks, starts), &expected);
            if n <= 32 {
                prop_assert_eq!(&added::<32>(&ranks, starts), &expected);
            }
        }
    }
}
