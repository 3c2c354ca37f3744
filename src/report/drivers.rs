//! The inputs that carry the verdicts, as rows.
//! Judges nothing; `claim` did.

use serde_json::{Value, json};

use super::{
    Field, Grid, Rows,
    sheet::{Cell, Column, Group, Notes, Sheet, Tone},
    words,
};
use crate::claim::{Basis, Driver};

/// Inputs to show.
#[derive(Debug, Clone, Copy)]
pub struct Drivers<'d>(pub &'d [Driver]);

/// `0.03 to 0.97 refuted of ZERO-MC-EDGE`.
fn widest(d: &Driver) -> String {
    d.claims.first().map(|c| format!("{}: {:.2} to {:.2} {}", c.id, c.at_low, c.at_high, c.verdict)).unwrap_or_default()
}

impl Rows for Drivers<'_> {
    fn sheet(&self) -> Sheet {
        let columns = vec![
            Column::text("topic"),
            Column::text("input"),
            Column::text("basis"),
            Column::number("turns"),
            Column::number("moves"),
            Column::text("widest swing"),
        ];
        let row = |d: &Driver| {
            let doubt = matches!(d.basis, Basis::Unsourced | Basis::Prior);
            vec![
                Cell::of(format!("{} ({} claims)", d.topic, d.of)),
                Cell::of(&d.input),
                Cell::of(d.basis.name()).tone(if doubt { Tone::Doubt } else { Tone::Plain }),
                Cell::of(d.turned().to_string()),
                Cell::of(d.claims.len().to_string()),
                Cell::of(widest(d)),
            ]
        };
        let rows = self.0.iter().map(row).collect();
        let groups = vec![Group { heading: vec![], rows }];
        Sheet { columns, groups, summary: vec![], notes: Notes::default(), empty: "no input moves a claim" }
    }

    fn json(&self) -> Vec<Value> {
        let one = |d: &Driver| {
            let claims = d.claims.iter().map(|c| {
                json!({ "id": c.id, "verdict": c.verdict, "at_low": c.at_low, "at_high": c.at_high, "turns": c.turns })
            });
            json!({
                "topic": d.topic, "claims_of_topic": d.of, "input": d.input, "basis": d.basis.name(),
                "source": d.source, "turns": d.turned(), "claims": claims.collect::<Vec<_>>(),
            })
        };
        self.0.iter().map(one).collect()
    }

    fn grid(&self) -> Grid {
        let header = vec!["topic", "claims of topic", "input", "basis", "source", "turns", "moves", "widest swing"];
        let count = |n: usize| Field::Number(n as f64);
        let row = |d: &Driver| {
            vec![
                words(&d.topic),
                count(d.of),
                words(&d.input),
                words(d.basis.name()),
                words(&d.source),
                count(d.turned()),
                count(d.claims.len()),
                words(widest(d)),
            ]
        };
        Grid { header, rows: self.0.iter().map(row).collect() }
    }
}
