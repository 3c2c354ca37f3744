//! `wattmark export`: results in the formats that other tools read.
//! Renders nothing itself; `report::export` does.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{
    Outcome,
    output::{print, write_file},
    records::read,
};
use crate::report::export::{Tool, dictionary, export as render};

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
}

pub(super) fn export(args: &ExportArgs) -> anyhow::Result<Outcome> {
    let (records, sound) = read(&args.paths)?;
    let tool = match args.format {
        ExportFormat::Bmf => Tool::Bmf,
        ExportFormat::GithubActionBenchmark => Tool::GithubActionBenchmark,
        ExportFormat::Critcmp => Tool::Critcmp,
        ExportFormat::Csv => Tool::Csv,
    };
    let exported = render(tool, &records);
    for what in &exported.left_out {
        eprintln!("note: left out: {what}");
    }
    match args.output.as_deref().filter(|p| *p != Path::new("-")) {
        None => print(&exported.text)?,
        Some(path) => {
            write_file(path, &exported.text)?;
            if tool == Tool::Csv {
                write_file(&path.with_extension("columns.csv"), &dictionary())?;
            }
        }
    }
    Ok(if sound { Outcome::Done } else { Outcome::Error })
}
