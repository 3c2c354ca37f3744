//! CSV: one header, one line a row, RFC 4180 quoting with line feeds.
//! Rounds nothing; what is not known is empty, never zero.

use std::io::{self, Write};

use super::{Field, Grid, text};

/// Renders a grid.
pub(super) fn render(grid: &Grid) -> String {
    let mut text = Vec::new();
    let mut write = || {
        let mut writer = Writer::new(&mut text, grid.header.iter().copied())?;
        grid.rows.iter().try_for_each(|row| writer.row(row))?;
        writer.finish()
    };
    write().expect("writing to memory does not fail");
    String::from_utf8(text).expect("fields are UTF-8, and so are commas and quotes")
}

/// Writes lines one by one.
pub(super) struct Writer<W: Write>(::csv::Writer<W>);

impl<W: Write> Writer<W> {
    /// Begins with the header.
    pub(super) fn new<'h>(out: W, header: impl Iterator<Item = &'h str>) -> io::Result<Writer<W>> {
        let mut writer = ::csv::WriterBuilder::new().flexible(true).from_writer(out);
        writer.write_record(header)?;
        Ok(Writer(writer))
    }

    pub(super) fn row(&mut self, row: &[Field]) -> io::Result<()> {
        Ok(self.0.write_record(row.iter().map(show))?)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
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
