//! Draws: a distribution from low, mode and high, and a stream of random numbers for each key.
//! Knows no formulas.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use rand_distr::{Distribution as _, Pert};
use sha2::{Digest, Sha256};

/// How an input is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Fixed(f64),
    /// Linear rise from low to mode, linear fall to high.
    Triangular {
        /// The least.
        low: f64,
        /// The most likely.
        mode: f64,
        /// The greatest.
        high: f64,
    },
    /// Triangular in the logarithm: for a range of more than a factor of four.
    LogTriangular {
        /// The least, above zero.
        low: f64,
        /// The most likely.
        mode: f64,
        /// The greatest.
        high: f64,
    },
    /// Beta-PERT with the usual weight of four on the mode.
    Pert {
        /// The least.
        low: f64,
        /// The most likely.
        mode: f64,
        /// The greatest.
        high: f64,
    },
    /// One of a few values, each as likely.
    Choice(Vec<f64>),
}

/// Numbers that make no distribution.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DistributionError {
    /// Out of order or not a number.
    #[error("low {low}, mode {mode}, high {high}: write finite numbers with low <= mode <= high")]
    Order {
        /// The least.
        low: f64,
        /// The most likely.
        mode: f64,
        /// The greatest.
        high: f64,
    },
    /// The logarithm of zero or less.
    #[error("a log-triangular input starts above 0, not at {0}: raise its low or write dist = \"tri\"")]
    Logarithm(f64),
    /// No such distribution.
    #[error("unknown dist `{0}`: write tri, logtri, pert or choice, or leave it out")]
    Unknown(String),
    /// Choices that are not what low, mode and high say.
    #[error("choices must list at least two finite values, the least being low, the greatest high, one of them mode")]
    Choices,
}

impl Distribution {
    /// The distribution of an input: fixed if low = high; as `name` says; else log-triangular if high / low > 4 and
    /// low > 0; else triangular.
    ///
    /// # Errors
    /// The numbers are out of order, or do not suit the name.
    pub fn of(
        (low, mode, high): (f64, f64, f64),
        name: Option<&str>,
        choices: &[f64],
    ) -> Result<Distribution, DistributionError> {
        if ![low, mode, high].iter().all(|x| x.is_finite()) || low > mode || mode > high {
            return Err(DistributionError::Order { low, mode, high });
        }
        if name == Some("choice") || !choices.is_empty() {
            let least = choices.iter().copied().fold(f64::INFINITY, f64::min);
            let greatest = choices.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if choices.len() < 2 || least != low || greatest != high || !choices.contains(&mode) {
                return Err(DistributionError::Choices);
            }
            return Ok(Distribution::Choice(choices.to_vec()));
        }
        let wide = low > 0.0 && high / low > 4.0;
        match name {
            Some("logtri") if low <= 0.0 => Err(DistributionError::Logarithm(low)),
            Some(name) if !["tri", "logtri", "pert"].contains(&name) => {
                Err(DistributionError::Unknown(name.to_owned()))
            }
            _ if low == high => Ok(Distribution::Fixed(mode)),
            Some("pert") => Ok(Distribution::Pert { low, mode, high }),
            Some("logtri") => Ok(Distribution::LogTriangular { low, mode, high }),
            None if wide => Ok(Distribution::LogTriangular { low, mode, high }),
            _ => Ok(Distribution::Triangular { low, mode, high }),
        }
    }

    /// The least and the greatest draw.
    pub fn ends(&self) -> (f64, f64) {
        match self {
            Distribution::Fixed(x) => (*x, *x),
            Distribution::Triangular { low, high, .. }
            | Distribution::LogTriangular { low, high, .. }
            | Distribution::Pert { low, high, .. } => (*low, *high),
            Distribution::Choice(values) => {
                values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)))
            }
        }
    }

    /// Its name in words.
    pub fn name(&self) -> &'static str {
        match self {
            Distribution::Fixed(_) => "fixed",
            Distribution::Triangular { .. } => "triangular",
            Distribution::LogTriangular { .. } => "log-triangular",
            Distribution::Pert { .. } => "PERT",
            Distribution::Choice(_) => "choice",
        }
    }
}

/// The random numbers of one key. The same seed and key give the same numbers, whatever else is drawn: another claim
/// moves none.
#[derive(Debug, Clone)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of a key.
    pub fn new(seed: u64, key: &str) -> Stream {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(key.as_bytes());
        Stream(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// The next draws.
    pub fn fill(&mut self, distribution: &Distribution, out: &mut [f64]) {
        match distribution {
            Distribution::Fixed(x) => out.fill(*x),
            Distribution::Triangular { low, mode, high } => {
                out.iter_mut().for_each(|x| *x = triangular(self.uniform(), *low, *mode, *high));
            }
            Distribution::LogTriangular { low, mode, high } => {
                let (l, m, h) = (low.ln(), mode.ln(), high.ln());
                out.iter_mut().for_each(|x| *x = triangular(self.uniform(), l, m, h).exp().clamp(*low, *high));
            }
            Distribution::Choice(values) => {
                let pick = |u: f64| values[((u * values.len() as f64) as usize).min(values.len() - 1)];
                out.iter_mut().for_each(|x| *x = pick(self.uniform()));
            }
            Distribution::Pert { low, mode, high } => match Pert::new(*low, *high).with_mode(*mode) {
                Ok(pert) => out.iter_mut().for_each(|x| *x = pert.sample(&mut self.0)),
                // `Distribution::of` lets no such numbers through.
                Err(_) => out.fill(f64::NAN),
            },
        }
    }

    /// Evenly from 0 to 1, 1 left out.
    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * f64::EPSILON / 2.0
    }
}

/// The draw at a share `u` of a triangular distribution.
fn triangular(u: f64, low: f64, mode: f64, high: f64) -> f64 {
    let span = high - low;
    if u * span < mode - low {
        low + (u * span * (mode - low)).sqrt()
    } else {
        high - ((1.0 - u) * span * (high - mode)).sqrt()
    }
}
