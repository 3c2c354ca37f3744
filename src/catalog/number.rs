//! A number of the catalogue: low, mode, high, unit, boundary, source, date, confidence.
//! Holds what a file says; draws nothing.

use std::collections::BTreeMap;

use toml::Spanned;

use super::{
    Source, UNSOURCED,
    problem::Inspector,
    raw::{RawNumber, Text},
};
use crate::formula::{Boundary, Distribution, Given, Unit};

/// A number and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// The least, in `unit`.
    pub low: f64,
    /// The most likely.
    pub mode: f64,
    /// The greatest.
    pub high: f64,
    /// Its unit.
    pub unit: Unit,
    /// How it is drawn, in `unit`.
    pub distribution: Distribution,
    /// Where its energy was taken.
    pub boundary: Boundary,
    /// Key of its source.
    pub source: String,
    /// When the source said so.
    pub date: String,
    /// high, medium or low.
    pub confidence: String,
    /// What it is, in words.
    pub meaning: Option<String>,
    /// What to know of it.
    pub note: Option<String>,
}

impl Number {
    /// True if nobody is known to have said it.
    pub fn unsourced(&self) -> bool {
        self.source == UNSOURCED
    }

    /// As a given quantity in base units, drawn from the stream of a key.
    pub(crate) fn given(&self, key: &str) -> Given {
        let base = |x: f64| self.unit.to_base(x);
        let (low, mode, high) = (base(self.low), base(self.mode), base(self.high));
        let distribution = match &self.distribution {
            Distribution::Fixed(_) => Distribution::Fixed(mode),
            Distribution::Triangular { .. } => Distribution::Triangular { low, mode, high },
            Distribution::LogTriangular { .. } => Distribution::LogTriangular { low, mode, high },
            Distribution::Pert { .. } => Distribution::Pert { low, mode, high },
            Distribution::Choice(values) => Distribution::Choice(values.iter().map(|x| base(*x)).collect()),
        };
        Given { low, mode, high, distribution, key: key.to_owned() }
    }

    /// Fixes it at a value in its unit.
    pub(super) fn fix(&mut self, x: f64) {
        (self.low, self.mode, self.high) = (x, x, x);
        self.distribution = Distribution::Fixed(x);
    }

    /// The value in words: `2.00 (1.70 to 2.95) USD/GPU-h`.
    pub fn text(&self) -> String {
        if self.low == self.high {
            return format!("{} {}", self.mode, self.unit);
        }
        format!("{} ({} to {}) {}", self.mode, self.low, self.high, self.unit)
    }
}

/// Reads the text of a required field.
pub(super) fn required<'t>(
    inspector: &mut Inspector,
    at: usize,
    name: &str,
    field: &str,
    text: &'t Text,
) -> Option<&'t str> {
    match text {
        Some(text) if !text.get_ref().trim().is_empty() => Some(text.get_ref()),
        _ => {
            inspector.fault(at, name, format!("{field} is missing: write {field} = \"...\""));
            None
        }
    }
}

/// Checks a number. Everything wrong with it is told; then there is none.
pub(super) fn number(
    inspector: &mut Inspector,
    sources: &BTreeMap<String, Source>,
    name: &str,
    raw: &Spanned<RawNumber>,
) -> Option<Number> {
    let (at, raw) = (raw.span().start, raw.get_ref());
    let before = inspector.problems.len();
    let numbers = [("low", raw.low), ("mode", raw.mode), ("high", raw.high)].map(|(field, x)| {
        if x.is_none() {
            inspector.fault(
                at,
                name,
                format!("{field} is missing: write low, mode and high, alike for a fixed number"),
            );
        }
        x.unwrap_or(f64::NAN)
    });
    let unit = unit(inspector, at, name, &raw.unit);
    let source = required(inspector, at, name, "source", &raw.source);
    if let Some(key) = source
        && !sources.contains_key(key)
    {
        let at = raw.source.as_ref().map_or(at, |s| s.span().start);
        inspector.fault(at, name, format!("no source `{key}` in sources.toml: add it, or write \"{UNSOURCED}\""));
    }
    let confidence = raw.confidence.as_deref();
    if !confidence.is_some_and(|c| ["high", "medium", "low"].contains(&c)) {
        let given = confidence.map_or("missing".to_owned(), |c| format!("\"{c}\""));
        inspector.fault(at, name, format!("confidence is {given}: write high, medium or low"));
    }
    let distribution = if numbers.iter().any(|x| x.is_nan()) {
        None
    } else {
        let made = Distribution::of((numbers[0], numbers[1], numbers[2]), raw.dist.as_deref(), &raw.choices);
        made.map_err(|error| inspector.fault(at, name, error)).ok()
    };
    if let Some(unit) = &unit
        && numbers[0] < 0.0
        && !unit.dimension().is_none()
    {
        let what = if unit.text().contains("USD") { "a price cannot be negative" } else { "cannot be negative" };
        inspector.fault(at, name, format!("low is {} {unit}: {what}; raise it to 0 or above", numbers[0]));
    }
    let dimension = unit.as_ref().map(Unit::dimension).unwrap_or_default();
    let boundary = boundary(inspector, name, &raw.boundary, dimension);
    if inspector.problems.len() > before {
        return None;
    }
    let source = source?.to_owned();
    let date = raw.date.clone().or_else(|| sources.get(&source).map(|s| s.date.clone()))?;
    Some(Number {
        low: numbers[0],
        mode: numbers[1],
        high: numbers[2],
        unit: unit?,
        distribution: distribution?,
        boundary,
        source,
        date,
        confidence: confidence?.to_owned(),
        meaning: raw.meaning.clone(),
        note: raw.note.clone(),
    })
}

pub(super) fn unit(inspector: &mut Inspector, at: usize, name: &str, text: &Text) -> Option<Unit> {
    let at = text.as_ref().map_or(at, |t| t.span().start);
    let text = text.as_ref().map_or("", |t| t.get_ref());
    Unit::parse(text).map_err(|error| inspector.fault(at, name, error)).ok()
}

pub(super) fn boundary(
    inspector: &mut Inspector,
    name: &str,
    text: &Text,
    dimension: crate::formula::Dimension,
) -> Boundary {
    let Some(text) = text else { return Boundary::NONE };
    Boundary::of(text.get_ref(), dimension).unwrap_or_else(|error| {
        inspector.fault(text.span().start, name, error);
        Boundary::NONE
    })
}
