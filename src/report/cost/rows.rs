//! Costs for programs: one document, or one flat row for every number.
//! Rounds nothing.

use serde_json::{Map, Value, json};

use super::Costs;
use crate::{
    cost::{CostSide, Filled, Pair, Swing},
    formula::Summary,
    report::{Field, Grid, Rows, Sheet, field, text, words},
};

impl Costs<'_> {
    /// One JSON document: `{"sides": [...], "pairs": [...]}`.
    pub fn document(&self) -> String {
        let found = self.found;
        let document = json!({
            "model": self.model,
            "draws": found.draws,
            "seed": found.seed,
            "sides": found.sides.iter().map(side).collect::<Vec<_>>(),
            "pairs": found.pairs.iter().map(|p| self.pair(p)).collect::<Vec<_>>(),
        });
        format!("{}\n", text::json(&format!("{document:#}")))
    }

    fn pair(&self, pair: &Pair) -> Value {
        let name = |at: usize| self.found.sides[at].name.as_str();
        let turns = pair.turns.iter().map(|t| {
            json!({
                "role": t.role, "meaning": t.meaning, "now": t.now, "value": t.value, "unit": t.unit.text(),
                "looked_in": [t.range.0, t.range.1],
                "cheaper_above": name(if t.first_above { pair.first } else { pair.second }),
            })
        });
        json!({
            "first": name(pair.first),
            "second": name(pair.second),
            "ratio": summary(&pair.ratio, "1"),
            "p_first_cheaper": pair.first_cheaper,
            "break_evens": turns.collect::<Vec<_>>(),
            "tornado": swings(&pair.tornado),
            "corners": pair.corners,
        })
    }

    /// Every number as a row: kind, side, name, what it is worth, its unit, what it rests on.
    fn flat(&self) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        for side in &self.found.sides {
            let unit = side.priced.unit();
            for step in &side.priced.derived {
                let kind = if step.name == side.priced.output { "answer" } else { "derived" };
                let row = Row {
                    kind,
                    of: side.name.clone(),
                    name: &step.name,
                    unit: step.unit.text().to_owned(),
                    ..Row::default()
                };
                rows.push(row.with(&step.summary));
            }
            for term in &side.priced.terms {
                let row = Row {
                    kind: "term",
                    of: side.name.clone(),
                    name: &term.what,
                    unit: unit.text().to_owned(),
                    ..Row::default()
                };
                rows.push(row.with(&term.summary));
            }
            for f in &side.priced.filled {
                let (low, mode, high) = f.numbers();
                rows.push(Row {
                    kind: "input",
                    of: side.name.clone(),
                    name: &f.role,
                    value: Some(mode),
                    low: Some(low),
                    high: Some(high),
                    unit: f.unit.text().to_owned(),
                    basis: f.basis.name(),
                    source: &f.source,
                    ..Row::default()
                });
            }
        }
        for pair in &self.found.pairs {
            let sides = &self.found.sides;
            let of = || format!("{} / {}", sides[pair.first].name, sides[pair.second].name);
            let one = || Row { of: of(), unit: "1".to_owned(), ..Row::default() };
            rows.push(Row { kind: "ratio", name: "ratio", ..one() }.with(&pair.ratio));
            let cheaper = Some(pair.first_cheaper);
            rows.push(Row { kind: "probability", name: "first_cheaper", value: cheaper, ..one() });
            for t in &pair.turns {
                let unit = t.unit.text().to_owned();
                rows.push(Row { kind: "break_even", name: &t.role, value: t.value, unit, ..one() });
            }
            for s in &pair.tornado {
                let (low, high) = (Some(s.at_low), Some(s.at_high));
                rows.push(Row { kind: "tornado", name: &s.input, low, high, ..one() });
            }
        }
        rows
    }
}

impl Rows for Costs<'_> {
    fn sheet(&self) -> Sheet {
        self.answers()
    }

    fn json(&self) -> Vec<Value> {
        let row = |r: Row| {
            json!({
                "kind": r.kind, "of": r.of, "name": r.name, "value": r.value, "median": r.median, "low": r.low,
                "high": r.high, "unit": r.unit, "basis": r.basis, "source": r.source,
            })
        };
        self.flat().into_iter().map(row).collect()
    }

    fn grid(&self) -> Grid {
        let header = vec!["kind", "of", "name", "value", "median", "low", "high", "unit", "basis", "source"];
        let row = |r: Row| {
            let numbers = [r.value, r.median, r.low, r.high].map(field);
            let (before, after) =
                ([words(r.kind), words(r.of), words(r.name)], [words(r.unit), some(r.basis), some(r.source)]);
            before.into_iter().chain(numbers).chain(after).collect()
        };
        Grid { header, rows: self.flat().into_iter().map(row).collect() }
    }
}

/// A number with its name; low and high are 5 and 95 % of the draws, of an input its range, of a tornado its ends.
#[derive(Debug, Clone, Default)]
struct Row<'c> {
    kind: &'static str,
    of: String,
    name: &'c str,
    value: Option<f64>,
    median: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    unit: String,
    basis: &'static str,
    source: &'c str,
}

impl Row<'_> {
    fn with(self, s: &Summary) -> Self {
        Row { value: Some(s.value), median: Some(s.median), low: Some(s.low), high: Some(s.high), ..self }
    }
}

fn some(text: &str) -> Field {
    if text.is_empty() { Field::Empty } else { words(text) }
}

fn summary(s: &Summary, unit: &str) -> Value {
    json!({ "value": s.value, "median": s.median, "low": s.low, "high": s.high, "unit": unit })
}

fn swings(swings: &[Swing]) -> Vec<Value> {
    let one = |s: &Swing| {
        json!({
            "input": s.input, "low": s.ends.0, "high": s.ends.1, "unit": s.unit.text(), "at_low": s.at_low,
            "at_high": s.at_high,
        })
    };
    swings.iter().map(one).collect()
}

fn side(side: &CostSide) -> Value {
    let priced = &side.priced;
    let unit = priced.unit();
    let mut derived = Map::new();
    for step in &priced.derived {
        let mut value = summary(&step.summary, step.unit.text());
        value["formula"] = json!(step.formula);
        value["numbers"] = json!(step.numbers);
        derived.insert(step.name.clone(), value);
    }
    let terms = priced.terms.iter().map(|t| {
        let mut value = summary(&t.summary, unit.text());
        value["what"] = json!(t.what);
        value["step"] = json!(t.step);
        value["share"] = json!(t.share);
        value
    });
    let known =
        side.known.iter().map(|k| json!({ "id": k.id, "text": k.text, "source": k.source, "ours_over_it": k.ratio }));
    json!({
        "side": side.name,
        "scenario": side.scenario,
        "device": side.device,
        "formulas": priced.formulas,
        "cost": priced.answer().map(|a| summary(a, unit.text())),
        "terms": terms.collect::<Vec<_>>(),
        "derived": derived,
        "inputs": priced.filled.iter().map(input).collect::<Map<_, _>>(),
        "tornado": swings(&side.tornado),
        "published": known.collect::<Vec<_>>(),
    })
}

fn input(f: &Filled) -> (String, Value) {
    let (low, mode, high) = f.numbers();
    let value = json!({
        "low": low, "mode": mode, "high": high, "unit": f.unit.text(), "distribution": f.distribution(),
        "basis": f.basis.name(), "filled_by": f.by, "source": f.source, "confidence": f.confidence,
        "meaning": f.meaning, "note": f.note,
    });
    (f.role.clone(), value)
}
