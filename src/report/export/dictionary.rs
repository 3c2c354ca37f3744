//! The data dictionary of the CSV and Parquet files: what each column means and in which unit.
//! Knows no column itself; `columns` lists them.

use super::super::{Field, Format, Grid, Rows, Sheet, Style, columns::COLUMNS, render, words};

struct Dictionary;

impl Rows for Dictionary {
    fn sheet(&self) -> Sheet {
        Sheet::default()
    }

    fn json(&self) -> Vec<serde_json::Value> {
        Vec::new()
    }

    fn grid(&self) -> Grid {
        let unit = |unit: &str| if unit.is_empty() { Field::Empty } else { words(unit) };
        let rows = COLUMNS.iter().map(|c| vec![words(c.name), unit(c.unit()), words(c.meaning)]);
        Grid { header: vec!["column", "unit", "meaning"], rows: rows.collect() }
    }
}

/// The dictionary as CSV: column, unit, meaning.
pub fn dictionary() -> String {
    render(Format::Csv, &Dictionary, &Style::PLAIN)
}
