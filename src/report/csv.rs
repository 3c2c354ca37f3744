//! CSV: one header, one line a row, RFC 4180 quoting with line feeds.
//! Rounds nothing; what is not known is empty, never zero.

use super::{Field, Grid, text};

/// Renders a grid.
pub(super) fn render(grid: &Grid) -> String {
    let mut writer = ::csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let lines = std::iter::once(grid.header.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>())
        .chain(grid.rows.iter().map(|row| row.iter().map(show).collect()));
    for line in lines {
        writer.write_record(&line).expect("writing to memory does not fail");
    }
    let bytes = writer.into_inner().expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("fields are UTF-8, and so are commas and quotes")
}

fn show(field: &Field) -> String {
    match field {
        Field::Empty => String::new(),
        Field::Text(text) => text::csv(text),
        Field::Count(n) => n.to_string(),
        Field::Number(x) if !x.is_finite() => String::new(),
        // The shortest text that reads back as the same number, without a hundred zeros.
        Field::Number(x) if *x == 0.0 || (1e-4..1e15).contains(&x.abs()) => x.to_string(),
        Field::Number(x) => format!("{x:e}"),
    }
}
