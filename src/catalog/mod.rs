//! What is known: devices, models, scenarios, claims and their sources, loaded from TOML and checked as a whole.
//! Draws nothing and decides no verdict; a catalogue with a problem is never handed out half checked.

mod build;
mod check;
mod claim;
mod claim_files;
mod cost;
mod device;
mod embedded;
mod inconsistency;
mod measured;
mod model;
mod number;
mod overrides;
mod problem;
mod raw;
mod scenario;
mod source;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

pub use claim::{Claim, ClaimInput, Derived, Kind, MeasuredBy, Quote, Rule, Stated, Verdict};
pub use cost::{CostModel, CostRole, CostStep};
pub use device::{Device, Known};
pub use inconsistency::Inconsistency;
pub use measured::{Citation, MeasureError, Measurement};
pub use model::{Attention, Model, Shape};
pub use number::Number;
pub use overrides::OverrideError;
pub(crate) use overrides::parse_value;
pub use problem::{Problem, Problems};
pub use scenario::{Scenario, ScenarioInput, Side};
pub use source::{Source, UNSOURCED};

use wildmatch::WildMatch;

use crate::formula::{CellId, System};

/// Everything known, checked.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Which files it was made of: the first 12 hexadecimal digits of their SHA-256.
    pub digest: String,
    /// Citations by key.
    pub sources: BTreeMap<String, Source>,
    /// Accelerators.
    pub devices: BTreeMap<String, Device>,
    /// Transformers.
    pub models: BTreeMap<String, Model>,
    /// Cost inputs.
    pub inputs: BTreeMap<String, ScenarioInput>,
    /// Named bundles of cost inputs.
    pub scenarios: BTreeMap<String, Scenario>,
    /// Formulas of cost.
    pub costs: BTreeMap<String, CostModel>,
    /// Claims, by rank, a literal reading before its fair one.
    pub claims: Vec<Claim>,
    /// Where the documents under test contradict themselves, by id.
    pub inconsistencies: BTreeMap<String, Inconsistency>,
    /// The quantities of all claims and their formulas.
    pub system: System,
    /// Inputs that the user set.
    set: Vec<CellId>,
    /// Measured inputs that records replaced.
    measured: HashMap<CellId, Measurement>,
}

impl Catalog {
    /// Loads the catalogue that travels in the binary, with folders of the same layout laid on top: an entry of the
    /// same id replaces the embedded one.
    ///
    /// # Errors
    /// Every problem found, each with file, line, name and fix.
    pub fn load(overlays: &[&Path]) -> Result<Catalog, Problems> {
        let mut files = embedded::files();
        let mut problems = Vec::new();
        for folder in overlays {
            embedded::lay_over(folder, &mut files, &mut problems);
        }
        build::build(&files, problems)
    }

    /// True if the user set the quantity of a cell.
    pub fn was_set(&self, cell: CellId) -> bool {
        self.set.contains(&cell)
    }

    /// The device whose records carry this name: of several patterns that match, the longest says which.
    pub fn device_called(&self, name: &str) -> Option<&Device> {
        let matching =
            |d: &&Device| d.matches.iter().filter(|p| WildMatch::new(p).matches(name)).map(String::len).max();
        let longest = self.devices.values().filter_map(|d| Some((matching(&d)?, d)));
        longest.max_by_key(|(length, _)| *length).map(|(_, d)| d)
    }

    /// A claim by id, in any case.
    pub fn claim(&self, id: &str) -> Option<&Claim> {
        self.claims.iter().find(|c| c.id.eq_ignore_ascii_case(id))
    }
}
