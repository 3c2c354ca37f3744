//! A throughput with what it rests on: an estimate, or a bound that says so.
//! Looks nothing up and composes nothing; `serving` does.

use crate::catalog::{Citation, UNSOURCED};

/// What a number rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The user's own value.
    Set,
    /// Records of the very kernels on the device.
    Measured,
    /// Records of the device, some kernels from their measured neighbours.
    Interpolated,
    /// A published roof times a published share of it that such devices reach.
    Derated,
    /// The device's measured ceilings: no more is possible.
    Roof,
    /// Ceilings of a datasheet: no more is possible.
    PublishedRoof,
    /// A source says so.
    Published,
    /// Nobody is known to have said it.
    Unsourced,
    /// The formula's own value where nobody says anything.
    Default,
    /// Another cost, computed here.
    Computed,
}

impl Basis {
    /// Every basis.
    pub const ALL: [Basis; 10] = [
        Basis::Set,
        Basis::Measured,
        Basis::Interpolated,
        Basis::Derated,
        Basis::Roof,
        Basis::PublishedRoof,
        Basis::Published,
        Basis::Unsourced,
        Basis::Default,
        Basis::Computed,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Set => "set by the user",
            Basis::Measured => "measured",
            Basis::Interpolated => "interpolated",
            Basis::Derated => "derated roof",
            Basis::Roof => "roof",
            Basis::PublishedRoof => "published roof",
            Basis::Published => "published",
            Basis::Unsourced => "unsourced",
            Basis::Default => "default",
            Basis::Computed => "computed",
        }
    }

    /// True of what cannot be exceeded, and may be far from being reached.
    pub fn bounds(self) -> bool {
        matches!(self, Basis::Roof | Basis::PublishedRoof)
    }

    /// Of a number of the catalogue.
    pub(super) fn of(source: &str) -> Basis {
        if source == UNSOURCED { Basis::Unsourced } else { Basis::Published }
    }
}

/// Watts of one accelerator while it serves, as a meter saw them.
#[derive(Debug, Clone, PartialEq)]
pub struct Metered {
    /// The least.
    pub low: f64,
    /// The most likely.
    pub mode: f64,
    /// The greatest.
    pub high: f64,
    /// What the meter sees: gpu_board, package, module, wall_ac.
    pub boundary: String,
}

/// Tokens a second of one accelerator while busy; of a car, of all that it serves with.
#[derive(Debug, Clone, PartialEq)]
pub struct Throughput {
    /// The least.
    pub low: f64,
    /// The most likely.
    pub mode: f64,
    /// The greatest.
    pub high: f64,
    /// What it rests on. A bound has its value in all three numbers, and the truth is at most that.
    pub basis: Basis,
    /// Key of its source; empty for what has none to name.
    pub source: String,
    /// high, medium or low; empty where nobody says.
    pub confidence: String,
    /// At which serving point, in words.
    pub note: String,
    /// Watts while at it, where the records have joules.
    pub metered: Option<Metered>,
    /// Records that it was composed from.
    pub records: Vec<Citation>,
}

impl Throughput {
    /// A user's own: low, mode, high.
    pub fn given(low: f64, mode: f64, high: f64) -> Throughput {
        let (source, confidence, note) = (String::new(), String::new(), String::new());
        Throughput { low, mode, high, basis: Basis::Set, source, confidence, note, metered: None, records: vec![] }
    }

    /// A throughput known without doubt.
    pub fn exactly(tok_s: f64) -> Throughput {
        Throughput::given(tok_s, tok_s, tok_s)
    }
}
