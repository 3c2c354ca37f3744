//! Findings as rows: figures of the documents that do not stand, each beside what its own numbers give.
//! Recomputes nothing; `claim` did.

use serde_json::{Value, json};

use super::{
    Field, Format, Grid, Rows, Style, render,
    sheet::{Cell, Column, Group, Notes, Sheet},
    words,
};
use crate::claim::Finding;

/// Findings to show.
#[derive(Debug, Clone, Copy)]
pub struct Findings<'f>(pub &'f [Finding]);

impl Findings<'_> {
    /// A table for a Markdown page.
    pub fn markdown(&self) -> String {
        render(Format::Markdown, self, &Style::PLAIN)
    }
}

impl Rows for Findings<'_> {
    fn sheet(&self) -> Sheet {
        let columns = vec![
            Column::text("finding"),
            Column::text("sort"),
            Column::text("where"),
            Column::text("what does not stand"),
            Column::text("recomputed"),
        ];
        let row = |f: &Finding| [&f.id, &f.kind, &f.place, &f.says, &f.recomputed].map(Cell::of).into();
        let rows: Vec<Vec<Cell>> = self.0.iter().map(row).collect();
        let groups = vec![Group { heading: vec![], rows }];
        Sheet { columns, groups, summary: vec![], notes: Notes::default(), empty: "no finding" }
    }

    fn json(&self) -> Vec<Value> {
        self.0.iter().map(value).collect()
    }

    fn grid(&self) -> Grid {
        let header = vec!["finding", "sort", "where", "what", "recomputed"];
        let row = |f: &Finding| -> Vec<Field> { [&f.id, &f.kind, &f.place, &f.says, &f.recomputed].map(words).into() };
        Grid { header, rows: self.0.iter().map(row).collect() }
    }
}

/// A finding for programs.
pub(super) fn value(f: &Finding) -> Value {
    let values = f.values.iter().map(|v| json!({ "name": v.0, "formula": v.1, "value": v.2, "unit": v.3 }));
    json!({
        "id": f.id, "what": f.what(), "sort": f.kind, "where": f.place, "says": f.says, "recomputed": f.recomputed,
        "values": values.collect::<Vec<_>>(),
    })
}
