//! What was found, as people and programs want to read it: one file per output format, one per sort of row.
//! Measures nothing and decides nothing; every number shown comes from a record or from `metrics`.
//!
//! To add a format: a file here with a `render`, a variant of [`Format`] and its lines in [`Format::ALL`], `name` and
//! [`render`]. To add a sort of row: a file with a type that implements [`Rows`].

pub mod catalog;
mod ceiling;
pub mod claims;
mod columns;
pub mod compared;
pub mod cost;
mod csv;
pub mod devices;
pub mod drivers;
pub mod explain;
pub mod export;
pub mod findings;
#[cfg(test)]
pub(crate) mod fixtures;
mod json;
mod jsonl;
mod markdown;
pub mod metrics;
pub mod number;
pub mod pages;
pub mod results;
pub mod sensors;
pub mod sheet;
mod terminal;
mod terms;
#[cfg(test)]
mod tests;
pub mod text;
pub mod verified;
pub mod workload;

use std::{fmt, io::IsTerminal as _, str::FromStr};

pub(crate) use ceiling::Ceilings;
pub use ceiling::{Bound, Fraction};
pub use sheet::Sheet;

/// Output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A table for a terminal.
    Table,
    /// A Markdown table.
    Markdown,
    /// One JSON array.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values, units in the header.
    Csv,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 5] = [Format::Table, Format::Markdown, Format::Json, Format::Jsonl, Format::Csv];

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Markdown => "md",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A format that no list holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{got}`: known are {known}")]
pub struct UnknownFormat {
    got: String,
    known: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Format, UnknownFormat> {
        Format::ALL
            .into_iter()
            .find(|f| f.name() == text)
            .ok_or_else(|| UnknownFormat { got: text.to_owned(), known: Format::ALL.map(Format::name).join(", ") })
    }
}

/// Where a table is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of text that fit.
    pub width: usize,
    /// Whether colours may be used.
    pub color: bool,
}

impl Style {
    /// Width where no terminal tells one.
    pub const PLAIN: Style = Style { width: 120, color: false };

    /// The terminal behind standard output: colours only on one, and not if `NO_COLOR` is set to anything.
    pub fn of_stdout() -> Style {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let width = comfy_table::Table::new().width().map(usize::from).filter(|&w| w > 0);
        Style {
            width: width.unwrap_or(Style::PLAIN.width),
            color: std::io::stdout().is_terminal() && !refused && std::env::var("TERM").as_deref() != Ok("dumb"),
        }
    }
}

/// A sort of row that every format can show.
pub trait Rows {
    /// For people: rounded, grouped, with footnotes.
    fn sheet(&self) -> Sheet;

    /// For programs: one object a row, unrounded, units in the names.
    fn json(&self) -> Vec<serde_json::Value>;

    /// For spreadsheets: one line a row, unrounded, units in the header.
    fn grid(&self) -> Grid;
}

/// Rows of fields. Text is raw; numbers are unrounded.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// Names of the fields with their units in brackets.
    pub header: Vec<&'static str>,
    /// As many fields as the header.
    pub rows: Vec<Vec<Field>>,
}

/// A field of a [`Grid`].
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// Nothing known. Not zero.
    Empty,
    /// Text from anywhere.
    Text(String),
    /// A number; one that is not finite is shown as nothing.
    Number(f64),
    /// A count.
    Count(u64),
}

/// A number that may not be known.
pub(crate) fn field(number: Option<f64>) -> Field {
    number.map_or(Field::Empty, Field::Number)
}

/// Text.
pub(crate) fn words(text: impl Into<String>) -> Field {
    Field::Text(text.into())
}

/// Renders one table for people: as Markdown where that is asked for, else for a terminal.
pub(crate) fn render_sheet(format: Format, sheet: &Sheet, style: &Style) -> String {
    if format == Format::Markdown { markdown::render(sheet) } else { terminal::render(sheet, style) }
}

/// Renders rows. Ends with a line feed; pure in its arguments.
pub fn render(format: Format, rows: &dyn Rows, style: &Style) -> String {
    match format {
        Format::Table => terminal::render(&rows.sheet(), style),
        Format::Markdown => markdown::render(&rows.sheet()),
        Format::Json => json::render(&rows.json()),
        Format::Jsonl => jsonl::render(&rows.json()),
        Format::Csv => csv::render(&rows.grid()),
    }
}
