//! `wattmark export`: results in the formats that other tools read.
//! Renders nothing itself; `report::export` does.

use std::{
    io::{self, IsTerminal as _, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::{
    Outcome, Usage,
    output::{print, write_file},
    records::{read, rows},
};
use crate::{
    file,
    report::export::{Table, Tool, dictionary, export as render},
};

/// Arguments of `export`.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Record files, or folders that hold them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The tool to write for
    #[arg(long = "as", value_enum, value_name = "FORMAT")]
    format: ExportFormat,
    /// Write to this file instead of standard output; with --as csv a data dictionary, FILE.columns.csv, is put beside it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// Bencher Metric Format, for bencher.dev
    Bmf,
    /// customSmallerIsBetter of github-action-benchmark
    GithubActionBenchmark,
    /// As critcmp --export writes it
    Critcmp,
    /// Every record, units in the headers
    Csv,
    /// The same columns for DuckDB, Polars or Spark, their meanings in the metadata; needs the feature `parquet`
    Parquet,
}

pub(super) fn export(args: &ExportArgs) -> anyhow::Result<Outcome> {
    let tool = match args.format {
        ExportFormat::Bmf => Tool::Bmf,
        ExportFormat::GithubActionBenchmark => Tool::GithubActionBenchmark,
        ExportFormat::Critcmp => Tool::Critcmp,
        ExportFormat::Csv => return table(args, Table::Csv),
        ExportFormat::Parquet => return table(args, Table::Parquet),
    };
    let (records, sound) = read(&args.paths)?;
    let exported = render(tool, &records);
    for what in &exported.left_out {
        eprintln!("note: left out: {what}");
    }
    match args.file() {
        None => print(&exported.text)?,
        Some(path) => write_file(path, &exported.text)?,
    }
    Ok(if sound { Outcome::Done } else { Outcome::Error })
}

/// Every record as a row, however many there are.
fn table(args: &ExportArgs, table: Table) -> anyhow::Result<Outcome> {
    if let Some(why) = table.missing() {
        return Err(Usage(why.to_owned()).into());
    }
    let Some(path) = args.file() else {
        let mut out = io::stdout();
        if table == Table::Parquet && out.is_terminal() {
            return Err(Usage("Parquet is no text for a terminal: name a file with -o".to_owned()).into());
        }
        return match write(args, table, &mut out) {
            // A reader that hung up (`| head`) is no error.
            Err(error) if broken(&error) => Ok(Outcome::Done),
            written => written,
        };
    };
    let mut outcome = Outcome::Error;
    // Whatever keeps a table from being whole, the old file stays.
    file::replace::<anyhow::Error>(path, |out| {
        outcome = write(args, table, out)?;
        Ok(())
    })
    .with_context(|| format!("cannot write {}", path.display()))?;
    if table == Table::Csv {
        write_file(&path.with_extension("columns.csv"), &dictionary())?;
    }
    Ok(outcome)
}

fn write(args: &ExportArgs, table: Table, out: &mut (dyn Write + Send)) -> anyhow::Result<Outcome> {
    let mut writer = table.writer(out)?;
    let sound = rows(&args.paths, |row| writer.row(row))?;
    writer.finish()?;
    Ok(if sound { Outcome::Done } else { Outcome::Error })
}

fn broken(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

impl ExportArgs {
    fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|p| *p != Path::new("-"))
    }
}
