//! Every word a report uses, in a plain sentence or two: a table for each sort, and one beside the tables of costs.
//! Looks nothing up, `explain` does; tests hold the tables against the enums and columns that use the words.

mod claims;
mod metrics;
mod states;
mod warnings;

/// What sort of word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A derived quantity or a column of a table.
    Metric,
    /// How a case went.
    Status,
    /// What a comparison says.
    Verdict,
    /// What a meter sees.
    Boundary,
    /// Something to doubt.
    Warning,
    /// Whose clock.
    Clock,
    /// Which question a result answers.
    Track,
    /// Sort of device.
    Device,
    /// Cache state at launch.
    Cache,
    /// Which roof binds.
    Bound,
    /// State of the joules.
    Energy,
    /// Element type.
    Dtype,
    /// A kernel family, variant or case.
    Kernel,
    /// What is said of a claim.
    Claim,
    /// What a number rests on.
    Basis,
    /// A word of the tables of costs.
    Cost,
}

impl Kind {
    /// The sort, in words.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Metric => "metric",
            Kind::Status => "status",
            Kind::Verdict => "verdict",
            Kind::Boundary => "energy boundary",
            Kind::Warning => "warning",
            Kind::Clock => "clock",
            Kind::Track => "track",
            Kind::Device => "sort of device",
            Kind::Cache => "cache state",
            Kind::Bound => "bound",
            Kind::Energy => "energy",
            Kind::Dtype => "dtype",
            Kind::Kernel => "kernel",
            Kind::Claim => "verdict on a claim",
            Kind::Basis => "basis",
            Kind::Cost => "cost",
        }
    }
}

/// A word and its meaning.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) kind: Kind,
    /// The word, then other spellings.
    pub(super) names: &'static [&'static str],
    pub(super) text: &'static str,
}

/// All of them but the words of costs.
pub(super) fn all() -> impl Iterator<Item = &'static Term> {
    [metrics::TERMS, states::TERMS, warnings::TERMS, claims::TERMS].into_iter().flatten()
}

pub(super) const fn term(kind: Kind, names: &'static [&'static str], text: &'static str) -> Term {
    Term { kind, names, text }
}
