//! What a cost came to: the answer, its parts, every step, and what went in.
//! Draws nothing itself and compares nothing.

use super::{
    fill::Filled,
    query::{CostError, Query},
    setup::Setup,
    trial::Trial,
};
use crate::{
    catalog::Catalog,
    formula::{Summary, Unit},
    report::number::plain,
};

/// A derived quantity.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// How it is computed.
    pub formula: String,
    /// The same with the numbers at the modes: a formula too.
    pub numbers: String,
    /// Its values, in `unit`.
    pub summary: Summary,
    /// The unit.
    pub unit: Unit,
}

/// A part of the answer. The parts add up to it, at the modes and in every draw.
#[derive(Debug, Clone)]
pub struct Term {
    /// What is paid for, in words.
    pub what: String,
    /// The derived quantity that it is.
    pub step: String,
    /// Its values, in the answer's unit.
    pub summary: Summary,
    /// Its share of the answer at the modes.
    pub share: f64,
}

/// A cost.
#[derive(Debug, Clone)]
pub struct Priced {
    /// The formulas.
    pub formulas: String,
    /// What went in.
    pub filled: Vec<Filled>,
    /// What came out.
    pub derived: Vec<Step>,
    /// What the answer is made of.
    pub terms: Vec<Term>,
    /// The derived quantity that is the answer.
    pub output: String,
    /// The derived quantity that is a cost an hour, if one is.
    pub hourly: Option<String>,
}

impl Priced {
    /// A derived quantity.
    pub fn derived(&self, name: &str) -> Option<&Summary> {
        self.step(name).map(|d| &d.summary)
    }

    /// A derived quantity with its formula and unit.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.derived.iter().find(|d| d.name == name)
    }

    /// The answer.
    pub fn answer(&self) -> Option<&Summary> {
        self.derived(&self.output)
    }

    /// The answer's unit.
    pub fn unit(&self) -> Unit {
        self.step(&self.output).map_or_else(Unit::one, |s| s.unit.clone())
    }
}

/// Prices a query over so many draws. Inputs of one key take the draws of that key, here as in claims.
///
/// # Errors
/// An unknown name, a role that nobody fills, a boundary missed.
pub fn price(catalog: &Catalog, query: &Query, draws: usize, seed: u64) -> Result<Priced, CostError> {
    let mut trial = Trial::of(vec![Setup::of(catalog, query)?], vec![], draws, seed);
    Ok(priced(&mut trial).0.remove(0))
}

/// Every side of a trial, and the draws of their answers in base units.
pub(super) fn priced(trial: &mut Trial) -> (Vec<Priced>, Vec<Vec<f64>>) {
    let mut values: Vec<Vec<f64>> = Vec::new();
    let modes = trial.modes();
    trial.at(&[modes], |sides, _| {
        for side in sides {
            let cells = side.cells.clone();
            values.push(cells.iter().map(|c| side.cone.column(*c)[0]).collect());
        }
    });
    let mut kept: Vec<Vec<Vec<f64>>> = trial.sides.iter().map(|s| vec![Vec::new(); s.cells.len()]).collect();
    trial.run(usize::MAX, &[], |sides, n| {
        for (side, kept) in sides.iter_mut().zip(&mut kept) {
            for (cell, kept) in side.cells.clone().iter().zip(kept) {
                kept.extend_from_slice(&side.cone.column(*cell)[..n]);
            }
        }
    });
    let (mut all, mut answers) = (Vec::new(), Vec::new());
    for ((side, values), kept) in trial.sides.iter().zip(values).zip(kept) {
        let at = side.step(&side.model.output).unwrap_or(kept.len() - 1);
        answers.push(kept[at].clone());
        all.push(one(side, &values, kept, at));
    }
    (all, answers)
}

fn one(side: &Setup, values: &[f64], kept: Vec<Vec<f64>>, at: usize) -> Priced {
    let model = side.model;
    let (unit, hour) = (&model.derived[at].unit, model.hourly.as_ref().and_then(|h| side.step(h)));
    // A part of the hour is the same part of the answer.
    let part = |i: usize, part: f64, hourly: f64, answer: f64| {
        if i == at || hour.is_none() { part } else { part / hourly * answer }
    };
    let hourly = |values: &[f64]| hour.map_or(1.0, |h| values[h]);
    let mut terms = Vec::new();
    for (i, step) in model.derived.iter().enumerate() {
        let Some(what) = &step.term else { continue };
        let value = part(i, values[i], hourly(values), values[at]);
        let draws = (0..kept[i].len()).map(|d| part(i, kept[i][d], hour.map_or(1.0, |h| kept[h][d]), kept[at][d]));
        let summary = Summary::of(value, draws.collect(), unit);
        terms.push(Term { what: what.clone(), step: step.name.clone(), summary, share: value / values[at] });
    }
    let word = |name: &str| {
        let (number, unit) = match side.filled.iter().find(|f| f.role == name) {
            Some(filled) => (filled.numbers().1, &filled.unit),
            None => side.step(name).map(|i| (model.derived[i].unit.from_base(values[i]), &model.derived[i].unit))?,
        };
        Some(if unit.text() == "1" { plain(number) } else { format!("{} [{unit}]", plain(number)) })
    };
    let derived = model.derived.iter().zip(values).zip(kept).map(|((step, value), kept)| Step {
        name: step.name.clone(),
        formula: step.formula.text().to_owned(),
        numbers: step.formula.with_words(word),
        summary: Summary::of(*value, kept, &step.unit),
        unit: step.unit.clone(),
    });
    Priced {
        formulas: model.id.clone(),
        derived: derived.collect(),
        terms,
        output: model.output.clone(),
        hourly: model.hourly.clone(),
        filled: side.filled.clone(),
    }
}
