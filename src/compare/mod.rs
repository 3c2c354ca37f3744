//! Paired statistics between two sets of records: is B faster than A, and how sure is that?
//! Measures nothing and prints nothing; a pair that cannot be judged is listed with the reason, never dropped.

mod gate;
mod pair;
mod side;
#[cfg(test)]
mod tests;
mod verdict;

use schemars::JsonSchema;
use serde::Serialize;

pub use gate::{Gate, Threshold, ThresholdError, gate};
pub use pair::{across_backends, compare};
pub use side::Side;
pub use verdict::{DEFAULT_MARGIN, Verdict, interleaved_ratio, ratio};

use crate::measure::stats::Estimate;

/// Key in [`crate::record::RunInfo::settings`] of records whose samples were taken in turns. Two records with the same
/// value, and as many samples, are compared sample by sample in the order taken.
pub const INTERLEAVED: &str = "interleaved";

/// What became of a pair, or of a record that found no partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As [`Verdict::Same`].
    Same,
    /// As [`Verdict::Faster`].
    Faster,
    /// As [`Verdict::Slower`].
    Slower,
    /// As [`Verdict::Unclear`].
    Unclear,
    /// The statuses differ: `ok` on one side only, for one.
    StatusChanged,
    /// Paired, but not to be judged, for the reason given.
    NotCompared,
    /// Only the first set has it.
    OnlyBefore,
    /// Only the second set has it.
    OnlyAfter,
}

impl Outcome {
    /// Every outcome, in the order summaries show them.
    pub const ALL: [Outcome; 8] = [
        Outcome::Same,
        Outcome::Faster,
        Outcome::Slower,
        Outcome::Unclear,
        Outcome::StatusChanged,
        Outcome::NotCompared,
        Outcome::OnlyBefore,
        Outcome::OnlyAfter,
    ];

    /// Lower-case name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Same => "same",
            Outcome::Faster => "faster",
            Outcome::Slower => "slower",
            Outcome::Unclear => "unclear",
            Outcome::StatusChanged => "status_changed",
            Outcome::NotCompared => "not_compared",
            Outcome::OnlyBefore => "only_before",
            Outcome::OnlyAfter => "only_after",
        }
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Outcome {
        match verdict {
            Verdict::Same => Outcome::Same,
            Verdict::Faster => Outcome::Faster,
            Verdict::Slower => Outcome::Slower,
            Verdict::Unclear => Outcome::Unclear,
        }
    }
}

/// How the two series were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One after the other: what happened to the machine between them is in the ratio.
    Sequential,
    /// In turns: what happened to both sides of a pair cancels.
    Interleaved,
    /// In turns, in rounds with fresh workers: also what a process was dealt at its start is drawn anew.
    Rounds,
}

/// What the two sides are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Two sets of records of the same devices.
    Sets,
    /// Two backends on the same hardware, within one set.
    Backends,
}

/// One case on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Comparison {
    /// The case id.
    pub case: String,
    /// What the two sides are.
    pub scope: Scope,
    /// The first side, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Side>,
    /// The second side, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Side>,
    /// What came of it.
    pub outcome: Outcome,
    /// Why there is no verdict; absent where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Time of the second side over time of the first, with its 95 % interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Estimate>,
    /// How the series were taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Largest relative difference that counts as none.
    pub margin: f64,
    /// What else differs between the sides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How many pairs came to each outcome, in the order of [`Outcome::ALL`]; outcomes without pairs are left out.
pub fn summary(comparisons: &[Comparison]) -> Vec<(Outcome, usize)> {
    let count = |outcome| comparisons.iter().filter(|c| c.outcome == outcome).count();
    Outcome::ALL.into_iter().map(|o| (o, count(o))).filter(|&(_, n)| n > 0).collect()
}
