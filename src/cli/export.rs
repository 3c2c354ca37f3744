//! `wattmark export`: results in the formats that other tools read.
//! Renders nothing itself; `report::export` does.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, ValueEnum};

use super::{
    Outcome,
    output::{print, write_file},
};
use crate::{
    record::{Record, read_file, record_files},
    report::{
        export::{Tool, dictionary, export as render},
        text,
    },
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

/// Every record that can be read, and whether that was all of them. Damage is named and left out.
fn read(paths: &[PathBuf]) -> anyhow::Result<(Vec<Record>, bool)> {
    let (mut records, mut sound) = (Vec::new(), true);
    for file in record_files(paths)? {
        let report = read_file(&file)?;
        for problem in &report.problems {
            eprintln!("{}", text::plain(&format!("{}:{}: {}; left out", file.display(), problem.line, problem.what)));
            sound = false;
        }
        records.extend(report.records);
    }
    if records.is_empty() {
        bail!("no record in {}", paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "));
    }
    Ok((records, sound))
}
