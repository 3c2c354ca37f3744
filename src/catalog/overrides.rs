//! `--set NAME=VALUE`: another value in the place of an input.
//! Changes the catalogue in memory only.

use super::{Catalog, Problem, Problems, claim_files::fixed};
use crate::formula::{CellId, Content, Fault, Interval, Unit};

/// An override that cannot be obeyed.
#[derive(Debug, thiserror::Error)]
pub enum OverrideError {
    /// It has no value.
    #[error("`{0}` is not NAME=VALUE, as in elec_home=0.30 or elec_home=\"300 USD/kWh\"")]
    Shape(String),
    /// No input has that name.
    #[error("no input `{name}`{near}: see `wattmark catalog show CLAIM` for the inputs of a claim")]
    Unknown {
        /// The name.
        name: String,
        /// The nearest known name.
        near: String,
    },
    /// The value is no number, or of another unit.
    #[error("{name}: {what}")]
    Value {
        /// The input.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// The name means inputs of several units.
    #[error("`{name}` is {units} in different claims: write CLAIM.{name}")]
    Ambiguous {
        /// The name.
        name: String,
        /// Their units.
        units: String,
    },
    /// With the value, something no longer holds together.
    #[error("with {text}, {problems}")]
    Broken {
        /// The override.
        text: String,
        /// What does not.
        problems: Problems,
    },
}

impl Catalog {
    /// Fixes inputs: `NAME=VALUE`, where NAME is an input's name or shared key (everywhere it stands) or `CLAIM.name`,
    /// and VALUE a number in the input's unit or with a unit of its own. Returns the names of what was set.
    ///
    /// # Errors
    /// The name is unknown, the value is none, or a formula breaks with it.
    pub fn set(&mut self, text: &str) -> Result<Vec<String>, OverrideError> {
        let shape = || OverrideError::Shape(text.to_owned());
        let (name, value) = text.split_once('=').ok_or_else(shape)?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || value.is_empty() {
            return Err(shape());
        }
        let cells = self.inputs_called(name);
        let mut set = Vec::new();
        if cells.is_empty() && !self.inputs.contains_key(name) {
            return Err(OverrideError::Unknown { name: name.to_owned(), near: self.near(name) });
        }
        let units: Vec<Unit> = cells.iter().map(|c| self.system.cell(*c).unit.clone()).collect();
        if units.iter().any(|u| u.dimension() != units[0].dimension()) {
            let units = units.iter().map(Unit::text).collect::<Vec<_>>().join(" and ");
            return Err(OverrideError::Ambiguous { name: name.to_owned(), units });
        }
        for (cell, unit) in cells.into_iter().zip(units) {
            let base =
                parse_value(value, &unit).map_err(|what| OverrideError::Value { name: name.to_owned(), what })?;
            let Content::Given(given) = &self.system.cell(cell).content else { continue };
            let content = Content::Given(fixed(&given.key, base));
            self.system.replace(cell, content);
            self.set.push(cell);
            set.push(self.system.cell(cell).name.clone());
        }
        if let Some(input) = self.inputs.get_mut(name) {
            let unit = input.number.unit.clone();
            let base =
                parse_value(value, &unit).map_err(|what| OverrideError::Value { name: name.to_owned(), what })?;
            input.number.fix(unit.from_base(base));
            set.push(name.to_owned());
        }
        self.recheck("--set").map_err(|problems| OverrideError::Broken { text: text.to_owned(), problems })?;
        Ok(set)
    }

    /// Cells of the inputs of a name, each once.
    fn inputs_called(&self, name: &str) -> Vec<CellId> {
        let mut cells = Vec::new();
        for claim in &self.claims {
            for input in claim.inputs.iter().filter(|i| i.from.is_none()) {
                let full =
                    name.split_once('.').is_some_and(|(c, n)| c.eq_ignore_ascii_case(&claim.id) && n == input.name);
                let hit = input.name == name || input.shared.as_deref() == Some(name) || full;
                if hit && !cells.contains(&input.cell) {
                    cells.push(input.cell);
                }
            }
        }
        cells
    }

    fn near(&self, name: &str) -> String {
        let inputs = self.claims.iter().flat_map(|c| &c.inputs).map(|i| i.name.as_str());
        let known = inputs.chain(self.inputs.keys().map(String::as_str));
        let best = known.map(|k| (strsim::jaro_winkler(k, name), k)).max_by(|a, b| a.0.total_cmp(&b.0));
        best.filter(|b| b.0 > 0.8).map(|b| format!(", did you mean `{}`?", b.1)).unwrap_or_default()
    }

    /// Whether all formulas still hold; `by` names what changed an input.
    pub(super) fn recheck(&self, by: &str) -> Result<(), Problems> {
        let (_, faults) = self.system.ranges(|g| Interval { low: g.low, high: g.high });
        let problems: Vec<Problem> = faults
            .into_iter()
            .filter_map(|fault| match fault {
                Fault::Formula(cell, error) => Some((self.system.cell(cell).name.clone(), error.to_string())),
                Fault::Cycle(..) => None,
            })
            .map(|(name, what)| Problem { file: by.to_owned(), line: 0, name, what })
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
    }
}

/// A number in a unit, or with one of its own, in base units: `0.3`, `300 USD/MWh`, `300[USD/MWh]`.
///
/// # Errors
/// What is wrong with it, and what is due.
pub(crate) fn parse_value(text: &str, unit: &Unit) -> Result<f64, String> {
    let (number, own) = match text.find(|c: char| c.is_whitespace() || c == '[') {
        Some(at) => (&text[..at], Some(text[at..].trim().trim_matches(['[', ']']))),
        None => (text, None),
    };
    let number: f64 = number.parse().map_err(|_| format!("`{number}` is not a number; its unit is {unit}"))?;
    let given = own.map(Unit::parse).transpose().map_err(|e| e.to_string())?;
    let given = given.as_ref().unwrap_or(unit);
    if given.dimension() != unit.dimension() {
        return Err(format!("`{text}` is in {given}, and its unit is {unit}"));
    }
    if !number.is_finite() {
        return Err(format!("`{number}` is not a finite number"));
    }
    if number < 0.0 {
        let price = if unit.text().contains("USD") { "a price cannot be negative" } else { "it cannot be negative" };
        return Err(format!("{number} {given}: {price}"));
    }
    Ok(given.to_base(number))
}
