//! What is asked: a scenario, a device, a model, a throughput; and what cannot be answered.
//! Computes nothing.

use std::collections::BTreeMap;

use super::Throughput;
use crate::catalog::{Problem, Side};

/// What is to be priced.
#[derive(Debug, Clone, Default)]
pub struct Query<'q> {
    /// Who pays; a scenario of another side is an error.
    pub side: Option<Side>,
    /// The scenario.
    pub scenario: &'q str,
    /// The device; empty where no cost depends on one.
    pub device: &'q str,
    /// The model, where a price depends on it.
    pub model: Option<&'q str>,
    /// How fast.
    pub throughput: Option<Throughput>,
    /// Values for roles, in the role's unit, that take the place of all others.
    pub set: BTreeMap<&'q str, f64>,
}

/// Why there is no price.
#[derive(Debug, thiserror::Error)]
pub enum CostError {
    /// No such entry.
    #[error("no {kind} `{id}`{near}: known are {known}", near = nearest(.id, .known))]
    Unknown {
        /// scenario, device, model, cost formulas.
        kind: &'static str,
        /// What was asked for.
        id: String,
        /// What there is.
        known: String,
    },
    /// The scenario is of another side.
    #[error("scenario {scenario} is {got}, and {wanted} is asked for: choose one of {known}")]
    WrongSide {
        /// The scenario.
        scenario: String,
        /// Its side.
        got: &'static str,
        /// The side asked for.
        wanted: &'static str,
        /// Scenarios of that side.
        known: String,
    },
    /// Nobody says what a role is.
    #[error(
        "{place}: the role `{role}` ({meaning}) is not filled: scenario {scenario} has no input for it{device}; add one \
         to its uses, or set {role}=... [{unit}]"
    )]
    Unfilled {
        /// File and line of the scenario.
        place: String,
        /// The role.
        role: String,
        /// What it is.
        meaning: Box<str>,
        /// The scenario.
        scenario: Box<str>,
        /// What the device lacks, in words.
        device: Box<str>,
        /// Its unit.
        unit: Box<str>,
    },
    /// A value that no such role has.
    #[error("no role `{role}` in {formulas}: known are {known}")]
    NoRole {
        /// The role.
        role: String,
        /// The formulas.
        formulas: String,
        /// Its roles.
        known: String,
    },
    /// A value that cannot be.
    #[error("{role} = {value} {unit}: {what}")]
    Value {
        /// The role.
        role: String,
        /// The value.
        value: f64,
        /// Its unit.
        unit: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// What fills a role is of another dimension.
    #[error("{filler} is in {got}, and the role `{role}` is in {wanted}")]
    Unit {
        /// What fills it.
        filler: String,
        /// Its unit.
        got: String,
        /// The role.
        role: String,
        /// The role's unit.
        wanted: String,
    },
    /// Nobody has published how fast the model runs on the device.
    #[error("no throughput of {model} on {device} is in the catalogue{others}: give --throughput, in tok/s")]
    NoThroughput {
        /// The model.
        model: String,
        /// The device.
        device: String,
        /// What is published of the device, in words.
        others: String,
    },
    /// The formulas do not hold with what fills them: a boundary missed, a division by a possible zero.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Formulas(Vec<Problem>),
}

/// An entry by its id.
pub(super) fn entry<'m, T>(kind: &'static str, id: &str, map: &'m BTreeMap<String, T>) -> Result<&'m T, CostError> {
    let known = || map.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    map.get(id).ok_or_else(|| CostError::Unknown { kind, id: id.to_owned(), known: known() })
}

/// `, did you mean ...?` where a known name is near.
fn nearest(id: &str, known: &str) -> String {
    let near = known.split(", ").map(|k| (strsim::jaro_winkler(k, id), k)).max_by(|a, b| a.0.total_cmp(&b.0));
    near.filter(|n| n.0 > 0.8).map(|n| format!(", did you mean `{}`?", n.1)).unwrap_or_default()
}
