//! One equivalence test between two series of times: same, faster, slower or unclear.
//! Does not choose which records to pair; `pair` does.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measure::stats::{self, Bootstrap, Estimate};

/// Largest relative difference that counts as none.
pub const DEFAULT_MARGIN: f64 = 0.03;

/// What the samples say of the second series against the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The whole interval of the ratio lies within the margin.
    Same,
    /// Less time, by more than the margin.
    Faster,
    /// More time, by more than the margin.
    Slower,
    /// The samples do not tell.
    Unclear,
}

impl Verdict {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Same => "same",
            Verdict::Faster => "faster",
            Verdict::Slower => "slower",
            Verdict::Unclear => "unclear",
        }
    }

    /// Decides from the ratio of times, second over first, and its 95 % interval.
    ///
    /// `same` needs the interval within `1/(1 + margin) ..= 1 + margin`. `faster` and `slower` need the ratio beyond the
    /// margin and the whole interval beyond half of it: an interval that merely excludes 1 is too easily had where drift
    /// is slower than a run is long, and the bootstrap cannot see such drift.
    pub fn of(ratio: &Estimate, margin: f64) -> Verdict {
        let (edge, half) = (1.0 + margin, 1.0 + margin / 2.0);
        if ratio.low >= 1.0 / edge && ratio.high <= edge {
            Verdict::Same
        } else if ratio.value > edge && ratio.low > half {
            Verdict::Slower
        } else if ratio.value < 1.0 / edge && ratio.high < 1.0 / half {
            Verdict::Faster
        } else {
            Verdict::Unclear
        }
    }
}

impl Verdict {
    /// Decides from the ratios of rounds that each had fresh workers, second over first.
    ///
    /// `same` as [`Verdict::of`], by order statistics. `faster` and `slower` need a median beyond the margin and every
    /// round on its side of 1: with nine rounds of equals that happens once in 256, whatever the noise.
    pub fn of_rounds(ratios: &[f64], margin: f64) -> Option<(Verdict, Estimate)> {
        let estimate = stats::order_interval(ratios)?;
        let edge = 1.0 + margin;
        let all = |side: fn(f64) -> bool| ratios.len() >= FEWEST_ROUNDS && ratios.iter().all(|&r| side(r));
        let verdict = if estimate.low >= 1.0 / edge && estimate.high <= edge {
            Verdict::Same
        } else if estimate.value > edge && all(|r| r > 1.0) {
            Verdict::Slower
        } else if estimate.value < 1.0 / edge && all(|r| r < 1.0) {
            Verdict::Faster
        } else {
            Verdict::Unclear
        };
        Some((verdict, estimate))
    }
}

/// Rounds without which none is called faster: seven of seven on one side come about once in 64 among equals.
const FEWEST_ROUNDS: usize = 8;

/// Ratio of each round's medians, second over first. `None` if the rounds do not correspond.
pub(super) fn round_ratios(a: &[f64], b: &[f64], rounds: &[u32]) -> Option<Vec<f64>> {
    let total: usize = rounds.iter().map(|&n| n as usize).sum();
    if a.len() != b.len() || a.len() != total || rounds.contains(&0) {
        return None;
    }
    let mut from = 0;
    let mut ratios = Vec::with_capacity(rounds.len());
    for &n in rounds {
        let to = from + n as usize;
        ratios.push(stats::median(&b[from..to])? / stats::median(&a[from..to])?);
        from = to;
    }
    Some(ratios)
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Ratio of the medians of two series taken one after the other, second over first, with its 95 % interval. `None`
/// without samples on a side.
///
/// A series whose halves differ by more than the margin shows that the machine moves more than the difference sought,
/// also between the two series, where no resampling can see it. The interval is then widened by that drift on both ends.
pub fn ratio(a: &[f64], b: &[f64], margin: f64) -> Option<Estimate> {
    let ratio = stats::median_ratio(a, b, &Bootstrap::default())?;
    let drift = drift(a).max(drift(b));
    let widen = if drift > 1.0 + margin { drift } else { 1.0 };
    Some(Estimate { value: ratio.value, low: ratio.low / widen, high: ratio.high * widen })
}

/// Median of the ratios of two series taken in turns, second over first, with its 95 % interval: drift that both sides
/// of a pair share cancels. `None` without samples, or if the series differ in length.
pub fn interleaved_ratio(a: &[f64], b: &[f64]) -> Option<Estimate> {
    stats::paired_ratio(a, b, &Bootstrap::default())
}

/// Ratio of the medians of a series' two halves, the larger over the smaller; 1 where there are too few to tell.
fn drift(samples: &[f64]) -> f64 {
    if samples.len() < 2 * stats::FEWEST_FOR_INTERVAL {
        return 1.0;
    }
    let (first, second) = samples.split_at(samples.len() / 2);
    match (stats::median(first), stats::median(second)) {
        (Some(a), Some(b)) if a > 0.0 && b > 0.0 => (a / b).max(b / a),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution as _, StandardNormal};

    use super::*;

    /// A scripted machine: lognormal noise, AR(1) drift and spikes.
    #[derive(Debug, Clone, Copy)]
    struct Host {
        white: f64,
        drift: f64,
        persistence: f64,
        spikes: f64,
    }

    /// A host whose drift is over well within a run.
    const CALM: Host = Host { white: 0.015, drift: 0.01, persistence: 0.9, spikes: 0.03 };
    /// A host that wanders by more than the margin, for longer than a run: what interleaving is for.
    const WANDERING: Host = Host { white: 0.02, drift: 0.05, persistence: 0.99, spikes: 0.05 };

    impl Host {
        /// Seconds of `n` consecutive samples of a kernel that takes 1 ms on a quiet machine.
        fn samples(&self, rng: &mut ChaCha8Rng, n: usize) -> Vec<f64> {
            let normal = |rng: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(rng) };
            let mut drift = self.drift * normal(rng);
            let step = self.drift * (1.0 - self.persistence * self.persistence).sqrt();
            let mut sample = || {
                drift = self.persistence * drift + step * normal(rng);
                let spike = if rng.random_bool(self.spikes) { 1.0 + rng.random_range(0.1..1.0) } else { 1.0 };
                1e-3 * (drift + self.white * normal(rng)).exp() * spike
            };
            (0..n).map(|_| sample()).collect()
        }
    }

    /// Verdicts over 100 pairs whose second side takes `factor` times as long: same, faster, slower, unclear.
    fn verdicts(host: Host, interleaved: bool, n: usize, factor: f64) -> [usize; 4] {
        let mut counts = [0; 4];
        for seed in 0..100 {
            let mut rng = ChaCha8Rng::seed_from_u64(1000 + seed);
            let (a, b): (Vec<f64>, Vec<f64>) = if interleaved {
                let both = host.samples(&mut rng, 2 * n);
                // A B B A: neither side is always the later of a pair.
                both.chunks_exact(2)
                    .enumerate()
                    .map(|(i, p)| if i % 2 == 0 { (p[0], p[1]) } else { (p[1], p[0]) })
                    .unzip()
            } else {
                (host.samples(&mut rng, n), host.samples(&mut rng, n))
            };
            let b: Vec<f64> = b.iter().map(|s| s * factor).collect();
            let ratio = if interleaved { interleaved_ratio(&a, &b) } else { ratio(&a, &b, DEFAULT_MARGIN) };
            counts[Verdict::of(&ratio.unwrap(), DEFAULT_MARGIN) as usize] += 1;
        }
        counts
    }

    fn falsely_different([_, faster, slower, _]: [usize; 4]) -> usize {
        faster + slower
    }

    #[test]
    fn series_taken_one_after_the_other_are_judged_rightly_on_a_calm_host() {
        let noisy = Host { white: 0.03, ..CALM };
        for (host, n) in [(CALM, 50), (CALM, 100), (noisy, 100)] {
            let same = verdicts(host, false, n, 1.0);
            assert!(falsely_different(same) <= 1 && same[3] <= 10, "{host:?}, {n} samples: {same:?}");
            let slower = verdicts(host, false, n, 1.05);
            assert!(slower[2] >= 95 && slower[1] == 0, "{host:?}, {n} samples: {slower:?}");
            let faster = verdicts(host, false, n, 1.0 / 1.05);
            assert!(faster[1] >= 95 && faster[2] == 0, "{host:?}, {n} samples: {faster:?}");
        }
    }

    #[test]
    fn series_taken_in_turns_are_judged_rightly_on_a_wandering_host() {
        for (host, n) in [(CALM, 50), (WANDERING, 50), (WANDERING, 100)] {
            let same = verdicts(host, true, n, 1.0);
            assert!(falsely_different(same) <= 1 && same[3] <= 10, "{host:?}, {n} samples: {same:?}");
            let slower = verdicts(host, true, n, 1.05);
            assert!(slower[2] >= 95 && slower[1] == 0, "{host:?}, {n} samples: {slower:?}");
        }
    }

    /// Verdicts over 100 pairs of equals (but for `factor`) in nine rounds of three turns; each worker's memory costs it
    /// `process` (relative standard deviation) for as long as it lives.
    fn verdicts_by_rounds(host: Host, process: f64, factor: f64) -> [usize; 4] {
        let mut counts = [0; 4];
        for seed in 0..100 {
            let mut rng = ChaCha8Rng::seed_from_u64(9000 + seed);
            let all = host.samples(&mut rng, 9 * 12);
            let (mut a, mut b) = (Vec::new(), Vec::new());
            for round in all.chunks_exact(12) {
                let mut dealt = || {
                    let normal: f64 = StandardNormal.sample(&mut rng);
                    (process * normal).exp()
                };
                let (first, second) = (dealt(), dealt() * factor);
                for turn in round.chunks_exact(4) {
                    a.extend([turn[0] * first, turn[3] * first]);
                    b.extend([turn[1] * second, turn[2] * second]);
                }
            }
            let ratios = round_ratios(&a, &b, &[6; 9]).unwrap();
            counts[Verdict::of_rounds(&ratios, DEFAULT_MARGIN).unwrap().0 as usize] += 1;
        }
        counts
    }

    #[test]
    fn rounds_of_fresh_workers_are_judged_rightly() {
        for (host, process) in [(CALM, 0.0), (CALM, 0.005), (WANDERING, 0.0)] {
            let same = verdicts_by_rounds(host, process, 1.0);
            assert!(falsely_different(same) <= 1 && same[3] <= 10, "{host:?}, {process}: {same:?}");
            let slower = verdicts_by_rounds(host, process, 1.05);
            assert!(slower[2] >= 95 && slower[1] == 0, "{host:?}, {process}: {slower:?}");
        }
        // A machine that compiles in the background, and memory that costs a tenth: nothing can be told, and nothing is.
        let wild = Host { white: 0.3, drift: 0.2, persistence: 0.9, spikes: 0.3 };
        let told = verdicts_by_rounds(wild, 0.1, 1.0);
        assert!(falsely_different(told) <= 1 && told[3] >= 90, "{told:?}");
    }

    #[test]
    fn rounds_that_do_not_correspond_are_no_rounds() {
        assert_eq!(round_ratios(&[1.0; 4], &[2.0; 4], &[2, 2]), Some(vec![2.0, 2.0]));
        assert_eq!(round_ratios(&[1.0; 4], &[2.0; 4], &[2, 1]), None);
        assert_eq!(round_ratios(&[1.0; 4], &[2.0; 4], &[4, 0]), None);
        assert_eq!(round_ratios(&[1.0; 3], &[2.0; 4], &[4]), None);
    }

    #[test]
    fn drift_within_a_series_widens_the_interval() {
        let steady: Vec<f64> = (0..100).map(|i| 1.0 + 1e-4 * f64::from(i % 7)).collect();
        let stepped: Vec<f64> = steady.iter().enumerate().map(|(i, s)| if i < 50 { *s } else { s * 1.06 }).collect();
        assert_eq!(Verdict::of(&ratio(&steady, &steady, DEFAULT_MARGIN).unwrap(), DEFAULT_MARGIN), Verdict::Same);
        let judged = ratio(&steady, &stepped, DEFAULT_MARGIN).unwrap();
        assert_eq!(Verdict::of(&judged, DEFAULT_MARGIN), Verdict::Unclear, "{judged:?}");
        let double: Vec<f64> = stepped.iter().map(|s| s * 2.0).collect();
        assert_eq!(Verdict::of(&ratio(&steady, &double, DEFAULT_MARGIN).unwrap(), DEFAULT_MARGIN), Verdict::Slower);
    }

    #[test]
    fn a_single_sample_proves_nothing() {
        let judged = ratio(&[1.0], &[2.0], DEFAULT_MARGIN).unwrap();
        assert_eq!(Verdict::of(&judged, DEFAULT_MARGIN), Verdict::Unclear);
        assert_eq!(ratio(&[], &[1.0], DEFAULT_MARGIN), None);
        assert_eq!(interleaved_ratio(&[1.0], &[1.0, 2.0]), None);
    }
}
