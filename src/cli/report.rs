//! `wattmark report`: tables or a site from record files, and the tables and verdicts inside Markdown pages kept true.
//! Measures nothing; the same records give the same text.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::{
    Outcome, Usage,
    output::{OutputArgs, print, write_file},
    records::read,
    site::{SiteArgs, site},
};
use crate::report::{
    pages::{Refreshed, has_tables, refresh},
    results::Results,
};

/// Arguments of `report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Record files, or folders that hold them. With --tables or --check: Markdown pages, or folders that hold them
    /// (then also the README.md beside a folder); by default `results`
    #[arg(value_name = "PATH", required_unless_present_any = ["tables", "check"])]
    paths: Vec<PathBuf>,
    /// Rewrite the tables of pages between `<!-- wattmark:table FILE ... -->` and `<!-- /wattmark:table -->`, and those of
    /// verdicts between `<!-- wattmark:claims [ID|FILE ...] -->` and `<!-- /wattmark:claims -->`; so `findings [ID ...]`,
    /// `drivers [FILE ...]` and `picture FILE.svg FILE ...`
    #[arg(long)]
    tables: bool,
    /// Rewrite no table, and fail (exit 5) if one does not match its records or the catalogue
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    site: SiteArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn report(args: &ReportArgs) -> anyhow::Result<Outcome> {
    if args.tables || args.check {
        return tables(&args.paths, args.check);
    }
    if let Some(folder) = args.site.folder(&args.output)? {
        return site(&args.site, &args.paths, folder);
    }
    let (records, sound) = read(&args.paths)?;
    args.output.show(&Results::of(&records))?;
    Ok(if sound { Outcome::Done } else { Outcome::Error })
}

fn tables(paths: &[PathBuf], check: bool) -> anyhow::Result<Outcome> {
    let here = [PathBuf::from("results")];
    let pages = pages(if paths.is_empty() { &here } else { paths })?;
    let (mut stale, mut sound) = (false, true);
    for (page, text) in pages {
        let folder = page.parent().unwrap_or(Path::new(""));
        let fresh = refresh(&text, folder).with_context(|| format!("in {}", page.display()))?;
        for (file, problem) in fresh.tables.iter().flat_map(|t| &t.problems) {
            eprintln!("{}:{}: {}", folder.join(file).display(), problem.line, problem.what);
            sound = false;
        }
        if check {
            stale |= tell_stale(&page, &fresh)?;
            continue;
        }
        for (file, svg) in fresh.tables.iter().filter(|t| t.stale).filter_map(|t| t.picture.as_ref()) {
            write_file(&folder.join(file), svg)?;
            eprintln!("{}: picture drawn", folder.join(file).display());
        }
        if fresh.text != text {
            write_file(&page, &fresh.text)?;
            eprintln!("{}: tables rewritten", page.display());
        }
    }
    Ok(match (stale, sound) {
        (true, _) => Outcome::GateFailed,
        (false, true) => Outcome::Done,
        (false, false) => Outcome::Error,
    })
}

fn tell_stale(page: &Path, fresh: &Refreshed) -> anyhow::Result<bool> {
    let page = page.display();
    for table in fresh.tables.iter().filter(|t| t.stale) {
        let (line, marker) = (table.line, &table.marker);
        print(&format!(
            "{page}:{line}: {marker} does not match its records or the catalogue; run `wattmark report --tables {page}`\n"
        ))?;
    }
    Ok(fresh.tables.iter().any(|t| t.stale))
}

/// The pages among the paths that hold a marked table, with their text.
fn pages(paths: &[PathBuf]) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            // `results` names its page and, by custom, the front page beside it.
            let beside = path.parent().map(|p| p.join("README.md")).filter(|p| p.is_file());
            for page in beside.into_iter().chain(markdown_below(path)?) {
                found.extend(read_page(&page)?);
            }
        } else {
            let page = read_page(path)?;
            found.push(page.ok_or_else(|| Usage(format!("{} has no marked table", path.display())))?);
        }
    }
    if found.is_empty() {
        let names: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
        return Err(Usage(format!("no page with a marked table in {} or beside it", names.join(", "))).into());
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn read_page(page: &Path) -> anyhow::Result<Option<(PathBuf, String)>> {
    let text = std::fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    Ok(has_tables(&text).then(|| (page.to_owned(), text)))
}

fn markdown_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            found.extend(markdown_below(&path)?);
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
    Ok(found)
}
