//! Every record as a row of a table: CSV for a spreadsheet, Parquet for DuckDB, Polars or Spark.
//! Holds no table: rows are written as they come, however many there are.

use std::io::{self, Write};

use super::super::{
    Ceilings, Field,
    columns::COLUMNS,
    csv,
    metrics::{metrics_of, seconds_of},
    results::fields,
};
use crate::record::Record;

/// A format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// Comma-separated values, units in the header.
    Csv,
    /// Columns, compressed; the same names. Needs the feature `parquet`.
    Parquet,
}

/// Writes rows one by one.
pub(crate) trait RowWriter {
    /// The next row, a field for each column.
    fn row(&mut self, row: Vec<Field>) -> io::Result<()>;

    /// Writes what is held back; without it the table is not whole.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

impl Table {
    /// Begins a table.
    ///
    /// # Errors
    /// It cannot be written, or this build cannot write the format.
    pub(crate) fn writer<'w>(self, out: &'w mut (dyn Write + Send)) -> io::Result<Box<dyn RowWriter + 'w>> {
        match self {
            Table::Csv => Ok(Box::new(csv::Writer::new(out, COLUMNS.iter().map(|column| column.name))?)),
            #[cfg(feature = "parquet")]
            Table::Parquet => Ok(Box::new(super::parquet::Writer::new(out)?)),
            #[cfg(not(feature = "parquet"))]
            Table::Parquet => Err(io::Error::new(io::ErrorKind::Unsupported, NO_PARQUET)),
        }
    }

    /// Why this build cannot write the format, and what to do; none if it can.
    pub(crate) fn missing(self) -> Option<&'static str> {
        (self == Table::Parquet && cfg!(not(feature = "parquet"))).then_some(NO_PARQUET)
    }
}

const NO_PARQUET: &str = "this wattmark was built without Parquet: build it with `cargo build --release --features parquet`, \
                          or take --as csv, which the same tools read";

impl<W: Write> RowWriter for csv::Writer<W> {
    fn row(&mut self, row: Vec<Field>) -> io::Result<()> {
        csv::Writer::row(self, &row)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        csv::Writer::finish(*self)
    }
}

/// A record as a row, held against the ceilings of its run.
pub(crate) fn row(record: &Record, ceilings: &Ceilings) -> Vec<Field> {
    fields(record, metrics_of(record, seconds_of(record), ceilings).as_ref())
}
