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

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Ratio of the medians of two series taken one after the other, second over first, with its 95 % interval. `None`
/// without samples on a side.
pub fn ratio(a: &[f64], b: &[f64]) -> Option<Estimate> {
    stats::median_ratio(a, b, &Bootstrap::default())
}

/// Median of the ratios of two series taken in turns, second over first, with its 95 % interval: drift that both sides
/// of a pair share cancels. `None` without samples, or if the series differ in length.
pub fn interleaved_ratio(a: &[f64], b: &[f64]) -> Option<Estimate> {
    stats::paired_ratio(a, b, &Bootstrap::default())
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
                both.chunks_exact(2).enumerate().map(|(i, p)| if i % 2 == 0 { (p[0], p[1]) } else { (p[1], p[0]) }).unzip()
            } else {
                (host.samples(&mut rng, n), host.samples(&mut rng, n))
            };
            let b: Vec<f64> = b.iter().map(|s| s * factor).collect();
            let ratio = if interleaved { interleaved_ratio(&a, &b) } else { ratio(&a, &b) };
            counts[Verdict::of(&ratio.unwrap(), DEFAULT_MARGIN) as usize] += 1;
        }
        counts
    }

    #[test]
    fn explore() {
        for host in [CALM, WANDERING, Host { persistence: 0.98, ..CALM }, Host { white: 0.03, ..CALM }, Host{drift: 0.0, white:0.05, ..CALM}] {
            for interleaved in [false, true] {
                for n in [20, 50, 100, 200] {
                    println!("{host:?} {interleaved} {n} AA {:?} +5% {:?} -5% {:?}", verdicts(host, interleaved, n, 1.0), verdicts(host, interleaved, n, 1.05), verdicts(host, interleaved, n, 1.0/1.05));
                }
            }
        }
    }
}
