//! `wattmark report`: tables from record files, and the tables and verdicts inside Markdown pages kept true.
//! Measures nothing; the same records give the same text.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::{
    Outcome, Usage,
    catalog::unknown,
    output::{OutputArgs, print, write_file},
};
use crate::{
    catalog::Catalog,
    claim::{Settings, evaluate},
    record::{Record, read_file},
    report::{Format, Style, claims::quoted, render, render_sheet, results::Results},
};

/// Arguments of `report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Record files, or folders that hold them
    #[arg(value_name = "PATH", required_unless_present = "tables")]
    paths: Vec<PathBuf>,
    /// Rewrite the tables between `<!-- wattmark:table FILE -->` and `<!-- /wattmark:table -->`, and those of verdicts
    /// between `<!-- wattmark:claims [ID ...] -->` and `<!-- /wattmark:claims -->`, in these pages
    #[arg(long, value_name = "PAGE", num_args = 1.., conflicts_with = "paths")]
    tables: Vec<PathBuf>,
    /// With --tables: change nothing, and fail (exit 5) if a table does not match its records or the catalogue
    #[arg(long, requires = "tables")]
    check: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// What stands between markers of this kind, made anew from the words in the first.
type Table<'t> = (&'t str, &'t dyn Fn(&[&str]) -> anyhow::Result<String>);

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

/// Rows of `benches/peers/run.py` and of `examples/decoder_check`, and what was found of sensors, are no records.
pub(super) fn is_record_file(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    !["peers", "decoder", "sensors.jsonl"].iter().any(|other| name.starts_with(other))
}

fn tables(pages: &[PathBuf], check: bool) -> anyhow::Result<Outcome> {
    let mut stale = false;
    for page in pages {
        let text = std::fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
        let folder = page.parent().unwrap_or(Path::new("."));
        let records = |names: &[&str]| records(names, &|file| Ok(read_file(&folder.join(file))?.records));
        let fresh = refresh(&text, &[("table", &records), ("claims", &verdicts)])
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

/// The page with every marked table rendered anew.
fn refresh(text: &str, tables: &[Table]) -> anyhow::Result<String> {
    let mut fresh = String::new();
    let mut rest = text;
    let next = |rest: &str| {
        let found = tables.iter().filter_map(|t| rest.find(&format!("<!-- wattmark:{} ", t.0)).map(|at| (at, t)));
        found.min_by_key(|(at, _)| *at)
    };
    while let Some((at, (kind, render))) = next(rest) {
        let (before, marked) = rest.split_at(at);
        let Some(close) = marked.find("-->") else { bail!("a marker wattmark:{kind} is not closed with -->") };
        let (marker, body) = marked.split_at(close + 3);
        let words: Vec<&str> = marker[..close].split_whitespace().skip(2).collect();
        let end = format!("<!-- /wattmark:{kind} -->");
        let Some(stop) = body.find(&end) else { bail!("the table of {kind} {} has no {end}", words.join(" ")) };
        fresh += &format!("{before}{marker}\n\n{}\n\n{end}", render(&words)?.trim());
        rest = &body[stop + end.len()..];
    }
    Ok(fresh + rest)
}

/// The results of record files.
fn records(names: &[&str], read: &dyn Fn(&str) -> anyhow::Result<Vec<Record>>) -> anyhow::Result<String> {
    let mut records = Vec::new();
    for name in names {
        records.extend(read(name)?);
    }
    if records.is_empty() {
        return Err(Usage(format!("{} holds no record for a table", names.join(" "))).into());
    }
    Ok(render(Format::Markdown, &Results::of(&records), &Style::PLAIN))
}

/// The verdicts on claims, all of them if none is named, with the draws and the seed that `claims` has by itself.
fn verdicts(ids: &[&str]) -> anyhow::Result<String> {
    let known = Catalog::load(&[])?;
    if let Some(id) = ids.iter().find(|id| known.claim(id).is_none()) {
        return Err(unknown(&known, id).into());
    }
    let mut outcomes = evaluate(&known, ids, Settings::default());
    // In the order of the page, not of the catalogue.
    outcomes.sort_by_key(|o| ids.iter().position(|id| id.eq_ignore_ascii_case(&o.claim.id)));
    Ok(render_sheet(Format::Markdown, &quoted(&outcomes), &Style::PLAIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_markers_stays_as_it_is() {
        let never = |_: &[&str]| unreachable!();
        assert_eq!(refresh("# Title\n", &[("table", &never)]).unwrap(), "# Title\n");
    }

    #[test]
    fn broken_markers_are_named() {
        let none = |names: &[&str]| records(names, &|_| Ok(Vec::new()));
        for text in [
            "<!-- wattmark:table a.jsonl",
            "<!-- wattmark:table a.jsonl -->\n",
            "<!-- wattmark:table a.jsonl -->\n<!-- /wattmark:table -->",
        ] {
            assert!(refresh(text, &[("table", &none)]).is_err(), "{text}");
        }
    }

    #[test]
    fn markers_of_every_kind_are_filled_in_their_order() {
        let said = |words: &[&str]| Ok(words.join("+"));
        let page = "a\n<!-- wattmark:claims X Y -->old<!-- /wattmark:claims -->\nb\n\
                    <!-- wattmark:table t -->\n<!-- /wattmark:table -->\nc\n<!-- wattmark:claims -->\n\
                    <!-- /wattmark:claims -->";
        let fresh = refresh(page, &[("table", &said), ("claims", &said)]).unwrap();
        assert_eq!(
            fresh,
            "a\n<!-- wattmark:claims X Y -->\n\nX+Y\n\n<!-- /wattmark:claims -->\nb\n\
             <!-- wattmark:table t -->\n\nt\n\n<!-- /wattmark:table -->\nc\n<!-- wattmark:claims -->\n\n\n\n\
             <!-- /wattmark:claims -->"
        );
        assert!(verdicts(&["NOPE"]).unwrap_err().to_string().contains("nothing in the catalogue is called `NOPE`"));
    }
}
