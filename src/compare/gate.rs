//! A regression gate: does a comparison hold against a threshold that the user set?
//! Decides from comparisons alone, and never passes for want of anything to compare.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Comparison, Outcome};
use crate::record::Status;

/// The largest slowdown that a gate lets through, as a relative difference: 0.05 for 5 %.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, JsonSchema)]
pub struct Threshold(f64);

/// A threshold that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a threshold: write a percentage above 0, as in `5%`")]
pub struct ThresholdError(String);

impl Threshold {
    /// The relative difference.
    pub fn relative(self) -> f64 {
        self.0
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Threshold, ThresholdError> {
        let wrong = || ThresholdError(text.to_owned());
        let number: f64 = text.trim().strip_suffix('%').ok_or_else(wrong)?.trim().parse().map_err(|_| wrong())?;
        if number > 0.0 && number.is_finite() { Ok(Threshold(number / 100.0)) } else { Err(wrong()) }
    }
}

/// Whether a gate holds, and what decided it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Gate {
    /// The threshold asked for.
    pub threshold: Threshold,
    /// True if nothing broke it and at least one pair was judged.
    pub holds: bool,
    /// What broke it, a line each.
    pub broken: Vec<String>,
    /// What it could not decide, a line each.
    pub undecided: Vec<String>,
}

/// Judges comparisons against a threshold. A gate is broken by a pair that takes longer by more than the threshold with
/// an interval that excludes 1, by a case that was `ok` and no longer is, and by there being nothing to judge. Pairs
/// that are unclear or missing are listed as undecided.
pub fn gate(comparisons: &[Comparison], threshold: Threshold) -> Gate {
    let (mut broken, mut undecided) = (Vec::new(), Vec::new());
    let mut judged = 0usize;
    for c in comparisons {
        let device = c.after.as_ref().or(c.before.as_ref()).map_or("", |s| s.device_id.as_str());
        let line = |what: String| format!("{} on {device}: {what}", c.case);
        let reason = || c.reason.clone().unwrap_or_default();
        match c.outcome {
            Outcome::StatusChanged if c.before.as_ref().is_some_and(|s| s.status == Status::Ok) => {
                broken.push(line(reason()));
            }
            Outcome::StatusChanged | Outcome::NotCompared | Outcome::OnlyBefore => undecided.push(line(reason())),
            Outcome::OnlyAfter => {}
            Outcome::Same | Outcome::Faster | Outcome::Slower | Outcome::Unclear => {
                judged += 1;
                let Some(ratio) = c.ratio else { continue };
                let by =
                    format!("{:.3} times as long, 95 % interval {:.3} to {:.3}", ratio.value, ratio.low, ratio.high);
                if ratio.value > 1.0 + threshold.0 && ratio.low > 1.0 {
                    broken.push(line(by));
                } else if ratio.high > 1.0 + threshold.0 && c.outcome == Outcome::Unclear {
                    undecided.push(line(by));
                }
            }
        }
    }
    if judged == 0 && broken.is_empty() {
        broken.push("no pair could be judged, so nothing is known to hold".to_owned());
    }
    Gate { threshold, holds: broken.is_empty(), broken, undecided }
}
