//! Cost inputs, each with the role that it fills, and scenarios: named bundles of them.
//! Computes no cost.

use std::collections::BTreeMap;

use super::{
    Number, Source,
    number::{number, required},
    problem::Inspector,
    raw::RawScenarios,
};

/// A cost input.
#[derive(Debug, Clone)]
pub struct ScenarioInput {
    /// Its name.
    pub id: String,
    /// Its value.
    pub number: Number,
    /// What it is in a cost formula: `pue`, `electricity`, `rent`. None of a known answer.
    pub role: Option<String>,
    /// The device that it belongs to, if to one.
    pub device: Option<String>,
    /// The model that it belongs to, if to one.
    pub model: Option<String>,
    /// What was changed from the draft, and why.
    pub mended: Vec<String>,
    /// Its file.
    pub file: String,
    /// Its line.
    pub line: usize,
}

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The owner of the accelerators.
    Owned,
    /// Who rents them, or buys tokens.
    Rented,
    /// Whoever runs them outside data centres.
    Edge,
}

impl Side {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Side::Owned => "owned",
            Side::Rented => "rented",
            Side::Edge => "edge",
        }
    }
}

impl Side {
    /// The cost formulas of this side, where a scenario names none.
    fn formulas(self) -> &'static str {
        match self {
            Side::Owned => "own",
            Side::Rented => "rent",
            Side::Edge => "edge",
        }
    }
}

/// A named bundle of inputs.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name.
    pub id: String,
    /// Who pays.
    pub side: Side,
    /// The cost formulas that it is priced with.
    pub cost: String,
    /// Ids of its inputs.
    pub uses: Vec<String>,
    /// Ids of known answers to compare with.
    pub check_against: Vec<String>,
    /// What to know of it, and what was changed from the draft.
    pub notes: Vec<String>,
    /// Its file.
    pub file: String,
    /// Its line.
    pub line: usize,
}

/// Inputs and scenarios of a file. Whether the names in `uses` exist is told when all files are read.
pub(super) fn scenarios(
    inspector: &mut Inspector,
    sources: &BTreeMap<String, Source>,
) -> (Vec<ScenarioInput>, Vec<Scenario>) {
    let Some(raw) = inspector.parse::<RawScenarios>() else { return (vec![], vec![]) };
    let (mut inputs, mut scenarios) = (Vec::new(), Vec::new());
    for entry in &raw.input {
        let (at, r) = (entry.span().start, entry.get_ref());
        let Some(id) = required(inspector, at, "", "id", &r.id).map(str::to_owned) else { continue };
        let Some(number) = number(inspector, sources, &id, entry) else { continue };
        let named = |text: &super::raw::Text| text.as_ref().map(|t| t.get_ref().clone());
        inputs.push(ScenarioInput {
            id,
            number,
            role: r.role.clone(),
            device: named(&r.device),
            model: named(&r.model),
            mended: r.mended.clone(),
            file: inspector.file.to_owned(),
            line: inspector.line(at),
        });
    }
    for entry in &raw.scenario {
        let (at, r) = (entry.span().start, entry.get_ref());
        let Some(id) = required(inspector, at, "", "id", &r.id).map(str::to_owned) else { continue };
        let side = match r.side.as_deref() {
            Some("owned") => Side::Owned,
            Some("rented") => Side::Rented,
            Some("edge") => Side::Edge,
            other => {
                let got = other.unwrap_or("missing");
                inspector.fault(at, &id, format!("side is {got}: write owned, rented or edge"));
                continue;
            }
        };
        let names = |list: &[toml::Spanned<String>]| list.iter().map(|n| n.get_ref().clone()).collect();
        scenarios.push(Scenario {
            cost: r.cost.clone().unwrap_or_else(|| side.formulas().to_owned()),
            side,
            uses: names(&r.uses),
            check_against: names(&r.check_against),
            notes: r.note.iter().chain(&r.mended).cloned().collect(),
            file: inspector.file.to_owned(),
            line: inspector.line(at),
            id,
        });
    }
    (inputs, scenarios)
}
