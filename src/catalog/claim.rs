//! Claims as data: quote, inputs, formulas, rules.
//! Decides nothing: a verdict needs draws.

use std::{fmt, str::FromStr, sync::Arc};

use super::Number;
use crate::formula::{CellId, Formula, Scope, Unit};

/// Exact words and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The words.
    pub text: String,
    /// The document.
    pub seed: String,
    /// Its line, from 1.
    pub line: u32,
}

/// What sort of number an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Stated by the document under test.
    Seed,
    /// Published elsewhere.
    Published,
    /// Assumed.
    Assumption,
    /// A published prior that a record replaces.
    Measured,
    /// Granted for the claim's sake: fixed.
    Premise,
    /// What a word is taken to mean: fixed.
    Definition,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 6] =
        [Kind::Seed, Kind::Published, Kind::Assumption, Kind::Measured, Kind::Premise, Kind::Definition];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Seed => "seed",
            Kind::Published => "published",
            Kind::Assumption => "assumption",
            Kind::Measured => "measured",
            Kind::Premise => "premise",
            Kind::Definition => "definition",
        }
    }

    /// True if it is never drawn.
    pub fn fixed(self) -> bool {
        matches!(self, Kind::Premise | Kind::Definition)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a claim can be found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It holds.
    Supported,
    /// It holds under a condition.
    Conditional,
    /// It does not hold.
    Refuted,
    /// A needed value is not known.
    InsufficientData,
    /// Nothing here can test it.
    Untestable,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Verdict; 5] =
        [Verdict::Supported, Verdict::Conditional, Verdict::Refuted, Verdict::InsufficientData, Verdict::Untestable];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Supported => "supported",
            Verdict::Conditional => "conditional",
            Verdict::Refuted => "refuted",
            Verdict::InsufficientData => "insufficient data",
            Verdict::Untestable => "untestable-here",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Verdict {
    type Err = ();

    fn from_str(text: &str) -> Result<Verdict, ()> {
        Verdict::ALL.into_iter().find(|v| v.name() == text).ok_or(())
    }
}

/// Where a measured input is found in records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasuredBy {
    /// The catalogue's device.
    pub device: String,
    /// The catalogue's model.
    pub model: Option<String>,
    /// prefill or decode.
    pub phase: Option<String>,
    /// Sequences at once.
    pub batch: Option<u64>,
    /// Tokens of context.
    pub context: Option<u64>,
    /// Format of the weights.
    pub dtype: Option<String>,
    /// What is measured: `tok_per_s`, `watts`.
    pub metric: String,
    /// Where its energy is taken.
    pub boundary: Option<String>,
}

impl fmt::Display for MeasuredBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.metric, self.device)?;
        for text in [&self.model, &self.phase, &self.dtype, &self.boundary].into_iter().flatten() {
            write!(f, ", {text}")?;
        }
        for (name, number) in [("batch", self.batch), ("context", self.context)] {
            if let Some(number) = number {
                write!(f, ", {name} {number}")?;
            }
        }
        Ok(())
    }
}

/// An input of a claim.
#[derive(Debug, Clone)]
pub struct ClaimInput {
    /// Its name in the formulas.
    pub name: String,
    /// What it is, in words.
    pub meaning: Option<String>,
    /// Its cell: shared with the inputs of the same key, or the derived quantity of another claim.
    pub cell: CellId,
    /// Its unit.
    pub unit: Unit,
    /// Its value; none if it is another claim's.
    pub number: Option<Number>,
    /// What sort of number it is; none if it is another claim's.
    pub kind: Option<Kind>,
    /// Key under which several claims share one draw.
    pub shared: Option<String>,
    /// The derived quantity of another claim that it is, as `CLAIM.name`.
    pub from: Option<String>,
    /// Where a record holds it.
    pub measured_by: Option<MeasuredBy>,
    /// Its line.
    pub line: usize,
}

/// A quantity computed from the inputs.
#[derive(Debug, Clone)]
pub struct Derived {
    /// Its name in the formulas.
    pub name: String,
    /// What it is, in words.
    pub meaning: Option<String>,
    /// How.
    pub formula: Formula,
    /// Its cell.
    pub cell: CellId,
    /// The unit in which it is shown.
    pub unit: Unit,
    /// Its value at the modes when the claim was written: a guard against slips.
    pub draft: Option<f64>,
}

/// When a verdict holds.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The condition; none of the catch-all.
    pub when: Option<Formula>,
    /// The verdict.
    pub verdict: Verdict,
    /// What it means, in a sentence.
    pub note: Option<String>,
    /// Its line.
    pub line: usize,
}

/// A figure that the document states for a derived quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// The derived quantity.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// Its unit as stated; it may be no unit at all.
    pub unit: String,
}

/// A sentence that can be found true or false.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its name.
    pub id: String,
    /// Its place, 1 first.
    pub rank: u32,
    /// `literal` or `fair`, where it has both readings.
    pub reading: Option<String>,
    /// Name that its readings share.
    pub pair_of: Option<String>,
    /// What it is about.
    pub topic: String,
    /// measured, mixed, arithmetic, external or untestable-here.
    pub testable: String,
    /// Why nothing here can test it, if so: then no verdict is drawn.
    pub untestable: Option<String>,
    /// Its words.
    pub quote: Quote,
    /// The same elsewhere.
    pub also: Vec<Quote>,
    /// What could be measured of it.
    pub measured_part: Option<String>,
    /// What must be assumed.
    pub assumed_part: Option<String>,
    /// What to know of it.
    pub notes: Vec<String>,
    /// What was changed from the draft, and why.
    pub mended: Vec<String>,
    /// What goes in.
    pub inputs: Vec<ClaimInput>,
    /// What is computed.
    pub derived: Vec<Derived>,
    /// The first that holds decides.
    pub rules: Vec<Rule>,
    /// Figures of the document to compare with.
    pub stated: Vec<Stated>,
    /// What names mean in its formulas.
    pub scope: Arc<Scope>,
    /// Its file.
    pub file: String,
}
