//! `wattmark report`: tables from record files, and the tables inside Markdown pages kept true.
//! Measures nothing; the same records give the same text.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::{
    Outcome, Usage,
    output::{OutputArgs, print, write_file},
};
use crate::{
    record::{Record, read_file},
    report::{Format, Style, render, results::Results},
};

/// Arguments of `report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Record files, or folders that hold them
    #[arg(value_name = "PATH", required_unless_present = "tables")]
    paths: Vec<PathBuf>,
    /// Rewrite the tables between `<!-- wattmark:table FILE -->` and `<!-- /wattmark:table -->` in these pages
    #[arg(long, value_name = "PAGE", num_args = 1.., conflicts_with = "paths")]
    tables: Vec<PathBuf>,
    /// With --tables: change nothing, and fail (exit 5) if a table does not match its records
    #[arg(long, requires = "tables")]
    check: bool,
    #[command(flatten)]
    output: OutputArgs,
}

const BEGIN: &str = "<!-- wattmark:table ";
const END: &str = "<!-- /wattmark:table -->";

pub(super) fn report(args: &ReportArgs) -> anyhow::Result<Outcome> {
    if !args.tables.is_empty() {
        return tables(&args.tables, args.check);
    }
    let mut records = Vec::new();
    let mut sound = true;
    for file in files(&args.paths)? {
        let report = read_file(&file)?;
        for problem in &report.problems {
            eprintln!("{}:{}: {}", file.display(), problem.line, problem.what);
            sound = false;
        }
        records.extend(report.records);
    }
    if records.is_empty() {
        bail!("no record in {}", args.paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "));
    }
    args.output.show(&Results::of(&records))?;
    Ok(if sound { Outcome::Done } else { Outcome::Error })
}

/// The record files among the paths, folders searched through, in order of their names.
pub(super) fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))?;
            let mut inside: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
            inside.retain(|p| p.is_dir() || p.extension().is_some_and(|e| e == "jsonl") && is_record_file(p));
            inside.sort();
            found.extend(files(&inside)?);
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

/// Rows of `benches/peers/run.py` and of `examples/decoder_check` are no records.
pub(super) fn is_record_file(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    !["peers", "decoder"].iter().any(|other| name.starts_with(other))
}

fn tables(pages: &[PathBuf], check: bool) -> anyhow::Result<Outcome> {
    let mut stale = false;
    for page in pages {
        let text = std::fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
        let folder = page.parent().unwrap_or(Path::new("."));
        let fresh = refresh(&text, &|file| Ok(read_file(&folder.join(file))?.records))
            .with_context(|| format!("in {}", page.display()))?;
        if fresh == text {
            continue;
        }
        if check {
            print(&format!(
                "{}: a table does not match its records; run `wattmark report --tables {0}`\n",
                page.display()
            ))?;
            stale = true;
        } else {
            write_file(page, &fresh)?;
            eprintln!("{}: tables rewritten", page.display());
        }
    }
    Ok(if stale { Outcome::GateFailed } else { Outcome::Done })
}

/// The page with every marked table rendered anew from the records that its marker names.
fn refresh(text: &str, read: &dyn Fn(&str) -> anyhow::Result<Vec<Record>>) -> anyhow::Result<String> {
    let mut fresh = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let (before, marked) = rest.split_at(at);
        let Some(close) = marked.find("-->") else { bail!("a table marker is not closed with -->") };
        let (marker, body) = marked.split_at(close + 3);
        let names: Vec<&str> = marker[BEGIN.len()..close].split_whitespace().collect();
        let Some(end) = body.find(END) else { bail!("the table of {} has no {END}", names.join(" ")) };
        let mut records = Vec::new();
        for name in &names {
            records.extend(read(name)?);
        }
        if records.is_empty() {
            return Err(Usage(format!("{} holds no record for a table", names.join(" "))).into());
        }
        fresh += before;
        fresh += marker;
        fresh += "\n\n";
        fresh += render(Format::Markdown, &Results::of(&records), &Style::PLAIN).trim();
        fresh += "\n\n";
        rest = &body[end..];
        fresh += END;
        rest = &rest[END.len()..];
    }
    Ok(fresh + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_markers_stays_as_it_is() {
        assert_eq!(refresh("# Title\n", &|_| unreachable!()).unwrap(), "# Title\n");
    }

    #[test]
    fn broken_markers_are_named() {
        let none = |_: &str| Ok(Vec::new());
        for text in [
            "<!-- wattmark:table a.jsonl",
            "<!-- wattmark:table a.jsonl -->\n",
            "<!-- wattmark:table a.jsonl -->\n<!-- /wattmark:table -->",
        ] {
            assert!(refresh(text, &none).is_err(), "{text}");
        }
    }
}
