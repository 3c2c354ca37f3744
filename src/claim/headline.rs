//! From shares of draws to the words of a headline: bare, likely, undecided, conditional on an input.
//! Draws nothing.

use std::fmt;

use super::{break_even::BreakEven, trial::Tally};
use crate::catalog::Verdict;

/// From this share of draws on a verdict may stand bare.
const BARE_FROM: f64 = 0.90;
/// From this share on it is likely.
const LIKELY_FROM: f64 = 0.67;

/// How sure a headline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Nine draws in ten, the modes agree, nothing measured is still a prior, both readings agree.
    Bare,
    /// Two draws in three.
    Likely,
    /// Less.
    Undecided,
    /// No draw was made.
    Undrawn,
}

impl Strength {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Strength::Bare => "bare",
            Strength::Likely => "likely",
            Strength::Undecided => "undecided",
            Strength::Undrawn => "undrawn",
        }
    }
}

/// On what a headline turns.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// On which side of a value an input lies.
    Turns {
        /// The value.
        at: BreakEven,
        /// The input's name in the claim.
        name: String,
        /// True if nobody is known to have said what the input is.
        unsourced: bool,
    },
    /// On an input without a source, at no value that could be named.
    DependsOn {
        /// The input's name in the claim.
        name: String,
    },
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Turns { at, name, unsourced } => {
                let value = crate::report::number::plain(at.value);
                let unit = if at.unit.text() == "1" { String::new() } else { format!(" {}", at.unit) };
                let source = if *unsourced { "; no source says what it is" } else { "" };
                write!(f, "{} for {name} below {value}{unit}, {} above{source}", at.below, at.above)
            }
            Condition::DependsOn { name } => write!(f, "depends on {name}, which has no source"),
        }
    }
}

/// What is said of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Headline {
    /// The verdict.
    pub verdict: Verdict,
    /// How sure.
    pub strength: Strength,
    /// Share of draws with the most frequent verdict.
    pub probability: f64,
    /// Verdicts with their shares of draws, the most frequent first.
    pub shares: Vec<(Verdict, f64)>,
    /// On what it turns.
    pub condition: Option<Condition>,
    /// Measured inputs for which a published prior stands.
    pub priors: Vec<String>,
    /// Measured inputs that are composed of neighbouring cases in part.
    pub interpolated: Vec<String>,
    /// What the other reading says, where it differs.
    pub other_reading: Option<(String, Verdict)>,
}

impl Headline {
    /// Of a claim that nothing here can test.
    pub(super) fn untestable() -> Headline {
        Headline {
            verdict: Verdict::Untestable,
            strength: Strength::Undrawn,
            probability: 1.0,
            shares: vec![],
            condition: None,
            priors: vec![],
            interpolated: vec![],
            other_reading: None,
        }
    }

    /// Of draws alone: before the inputs without a source are tried.
    pub(super) fn of(tally: &Tally, at_modes: Verdict, priors: Vec<String>) -> Headline {
        let shares = tally.ranked();
        let (verdict, probability) = shares.first().copied().unwrap_or((Verdict::InsufficientData, 0.0));
        let bare = probability >= BARE_FROM && verdict == at_modes && priors.is_empty();
        let strength = match probability {
            _ if bare => Strength::Bare,
            p if p >= LIKELY_FROM => Strength::Likely,
            _ => Strength::Undecided,
        };
        Headline {
            verdict,
            strength,
            probability,
            shares,
            condition: None,
            priors,
            interpolated: vec![],
            other_reading: None,
        }
    }

    /// A quotable form, without the condition.
    pub fn text(&self) -> String {
        let rests = |name: &str| match self.verdict {
            Verdict::InsufficientData => format!("insufficient data: depends on {name}"),
            verdict => format!("{verdict} on {name}"),
        };
        let mut text = match (&self.condition, self.strength) {
            (Some(Condition::DependsOn { name }), _) => rests(name),
            (Some(Condition::Turns { name, unsourced: true, .. }), _) => rests(name),
            (_, Strength::Likely) => format!("likely {}", self.verdict),
            (_, Strength::Undecided) => {
                let both = self.shares.iter().take(2).map(|(v, s)| format!("{v} {s:.2}"));
                format!("undecided: {}", both.collect::<Vec<_>>().join(", "))
            }
            _ => self.verdict.to_string(),
        };
        if !self.priors.is_empty() {
            text.push_str(" (prior)");
        }
        if !self.interpolated.is_empty() {
            text.push_str(" (interpolated)");
        }
        text
    }
}
