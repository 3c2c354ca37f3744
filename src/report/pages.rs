//! Markdown pages whose tables are made from records: between two markers stands what the records say, and where it comes
//! from. Touches nothing outside the markers, and writes no file.
//!
//! ```text
//! <!-- wattmark:table results/2026-11-21-bench/quick.jsonl -->
//! ...
//! <!-- /wattmark:table -->
//! ```
//!
//! A marker names record files, relative to the page.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{Format, Style, render, results::Results, text};
use crate::record::{Problem, Record, read_str};

const BEGIN: &str = "<!-- wattmark:table ";
const END: &str = "<!-- /wattmark:table -->";

/// A page that cannot be made true.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A marker has no end.
    #[error("line {line}: the marker is not closed with -->")]
    OpenMarker {
        /// Where it begins, from 1.
        line: usize,
    },
    /// A table has no end.
    #[error("line {line}: the table has no {END} after it")]
    OpenTable {
        /// Where it begins, from 1.
        line: usize,
    },
    /// A record file cannot be read.
    #[error("line {line}: cannot read {path}: {source}; the marker names record files relative to its page")]
    Read {
        /// Where the marker stands, from 1.
        line: usize,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is nothing to make a table of.
    #[error("line {line}: the record files of this table hold no record")]
    Empty {
        /// Where the marker stands, from 1.
        line: usize,
    },
}

/// One table of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Line of its marker, from 1.
    pub line: usize,
    /// Record files, as the marker names them.
    pub files: Vec<String>,
    /// True if the page says something else than the records.
    pub stale: bool,
    /// Lines of the files that are no records.
    pub problems: Vec<(String, Problem)>,
}

/// A page made true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// The whole page.
    pub text: String,
    /// Its tables, top to bottom.
    pub tables: Vec<Table>,
}

/// True if a text holds a table's marker.
pub fn has_tables(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Renders every marked table of a page anew. `folder` is where the page lies.
///
/// # Errors
/// A marker is broken, or its records cannot be had.
pub fn refresh(text: &str, folder: &Path) -> Result<Refreshed, PageError> {
    let mut fresh = Refreshed { text: String::new(), tables: vec![] };
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let line = text[..text.len() - rest.len() + at].matches('\n').count() + 1;
        let (before, marked) = rest.split_at(at);
        let close = marked.find("-->").ok_or(PageError::OpenMarker { line })?;
        let (marker, body) = marked.split_at(close + 3);
        let (old, after) = body.split_once(END).ok_or(PageError::OpenTable { line })?;
        let files: Vec<String> = marker[BEGIN.len()..close].split_whitespace().map(str::to_owned).collect();
        let (new, problems) = table(&files, folder, line)?;
        fresh.text += before;
        fresh.text += marker;
        fresh.text += &new;
        fresh.text += END;
        fresh.tables.push(Table { line, files, stale: old != new, problems });
        rest = after;
    }
    fresh.text += rest;
    Ok(fresh)
}

type Problems = Vec<(String, Problem)>;

fn table(files: &[String], folder: &Path, line: usize) -> Result<(String, Problems), PageError> {
    let (mut records, mut problems, mut sources) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        let path = folder.join(file);
        let bytes = std::fs::read(&path).map_err(|source| PageError::Read { line, path, source })?;
        let report = read_str(&String::from_utf8_lossy(&bytes));
        sources.push(source(file, &bytes, report.records.len()));
        problems.extend(report.problems.into_iter().map(|p| (file.clone(), p)));
        records.extend(report.records);
    }
    if records.is_empty() {
        return Err(PageError::Empty { line });
    }
    let table = render(Format::Markdown, &Results::of(&records), &Style::PLAIN);
    let provenance = provenance(&records, &sources, files, folder);
    Ok((format!("\n\n{}\n\n{provenance}\n\n", table.trim()), problems))
}

fn source(file: &str, bytes: &[u8], records: usize) -> String {
    let digest: String = Sha256::digest(bytes).iter().take(6).map(|b| format!("{b:02x}")).collect();
    format!("[{}]({file}) ({records} records, SHA-256 {digest})", text::markdown(file))
}

/// Where a table comes from, and how to cite it.
fn provenance(records: &[Record], sources: &[String], files: &[String], folder: &Path) -> String {
    let each = |of: &dyn Fn(&Record) -> String| -> String {
        records.iter().map(of).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
    };
    let days = each(&|r| r.run.started.strftime("%Y-%m-%d").to_string());
    let suites = each(&|r| r.run.suite.clone());
    let builds = each(&|r| {
        let commit = r.run.commit.as_ref().map_or_else(|| "an unknown commit".to_owned(), |c| format!("commit {c}"));
        format!("{} at {commit}", r.run.wattmark)
    });
    let mut out = format!("Records: {}.", sources.join(", "));
    out += &text::markdown(&format!(" Measured on {days} (UTC), suite {suites}, by wattmark {builds}. Table by "));
    out += "`wattmark report --tables`.";
    let links: Vec<String> = [("To cite", citation(folder)), ("licence of the data", licence(&files[0], folder))]
        .into_iter()
        .filter_map(|(what, link)| link.map(|link| format!("{what}: [{0}]({0})", link)))
        .collect();
    if !links.is_empty() {
        out += &format!(" {}.", links.join("; "));
    }
    out
}

/// How far up from a page a citation or a licence is looked for.
const LEVELS: usize = 4;

fn citation(folder: &Path) -> Option<String> {
    let mut names = (0..LEVELS).map(|up| "../".repeat(up) + "CITATION.cff");
    names.find(|name| folder.join(name).is_file())
}

/// The nearest `LICENSE` beside the records or above them.
fn licence(file: &str, folder: &Path) -> Option<String> {
    let beside = Path::new(file).ancestors().skip(1).map(|p| p.join("LICENSE").to_string_lossy().replace('\\', "/"));
    let above = (1..LEVELS).map(|up| "../".repeat(up) + "LICENSE");
    beside.chain(above).find(|name| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("results/bench")).unwrap();
        let lines: String = fixtures::records().iter().map(|r| serde_json::to_string(r).unwrap() + "\n").collect();
        std::fs::write(root.join("results/bench/quick.jsonl"), lines).unwrap();
        std::fs::write(root.join("results/LICENSE"), "").unwrap();
        std::fs::write(root.join("CITATION.cff"), "").unwrap();
        folder
    }

    const PAGE: &str =
        "# Title\n\n<!-- wattmark:table results/bench/quick.jsonl -->\nold\n<!-- /wattmark:table -->\n\nafter\n";

    #[test]
    fn a_table_says_where_it_comes_from_and_is_then_left_alone() {
        let folder = folder();
        let fresh = refresh(PAGE, folder.path()).unwrap();
        assert!(fresh.tables[0].stale && fresh.tables[0].line == 3, "{:?}", fresh.tables);
        assert!(fresh.text.starts_with("# Title\n\n<!--") && fresh.text.ends_with("-->\n\nafter\n"));
        let says = |what: &str| assert!(fresh.text.contains(what), "{what}: {}", fresh.text);
        says("Records: [results/bench/quick.jsonl](results/bench/quick.jsonl) (13 records, SHA-256 ");
        says(
            "Measured on 2026-01-02 (UTC), suite quick, by wattmark 0.1.0 at commit abc1234. Table by `wattmark report",
        );
        says("To cite: [CITATION.cff](CITATION.cff); licence of the data: [results/LICENSE](results/LICENSE).");
        let again = refresh(&fresh.text, folder.path()).unwrap();
        assert_eq!((again.text, again.tables[0].stale), (fresh.text, false));
    }

    #[test]
    fn links_lead_upwards_from_a_page_below() {
        let folder = folder();
        let page = PAGE.replace("results/bench", "bench");
        let fresh = refresh(&page, &folder.path().join("results")).unwrap().text;
        assert!(
            fresh.contains("[../CITATION.cff](../CITATION.cff); licence of the data: [LICENSE](LICENSE)"),
            "{fresh}"
        );
    }

    #[test]
    fn a_changed_record_or_table_is_noticed() {
        let folder = folder();
        let fresh = refresh(PAGE, folder.path()).unwrap().text;
        let touched = fresh.replacen("600.0 µs", "500.0 µs", 1);
        assert_ne!(touched, fresh, "the table shows this time");
        assert!(refresh(&touched, folder.path()).unwrap().tables[0].stale);
        let file = folder.path().join("results/bench/quick.jsonl");
        let records = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, records + "{\n").unwrap();
        let noticed = refresh(&fresh, folder.path()).unwrap();
        assert!(noticed.tables[0].stale, "the digest is another one");
        assert_eq!(noticed.tables[0].problems[0].1.line, 14);
    }

    #[test]
    fn text_from_records_is_no_markup() {
        let folder = folder();
        let mut record = fixtures::records().remove(0);
        record.run.suite = "<img src=x>](http://x)".to_owned();
        record.device.name = "| <script>".to_owned();
        let file = folder.path().join("results/bench/quick.jsonl");
        std::fs::write(file, serde_json::to_string(&record).unwrap() + "\n").unwrap();
        let fresh = refresh(PAGE, folder.path()).unwrap().text;
        assert!(!fresh.contains("<img") && !fresh.contains("<script") && !fresh.contains("[x>]("), "{fresh}");
    }

    #[test]
    fn pages_without_markers_stay_and_broken_ones_are_named_by_line() {
        let nowhere = Path::new("/nowhere");
        let plain = refresh("# Title\n", nowhere).unwrap();
        assert_eq!((plain.text.as_str(), plain.tables.len()), ("# Title\n", 0));
        let says = |text: &str, what: &str| {
            let error = refresh(text, nowhere).unwrap_err().to_string();
            assert!(error.starts_with(what), "{error}");
        };
        says("<!-- wattmark:table a.jsonl", "line 1: the marker is not closed");
        says("\n\ntext\n<!-- wattmark:table a.jsonl -->\n", "line 4: the table has no <!-- /wattmark:table -->");
        says("x\n<!-- wattmark:table a.jsonl -->\n<!-- /wattmark:table -->", "line 2: cannot read /nowhere/a.jsonl");
        says("<!-- wattmark:table -->\n<!-- /wattmark:table -->", "line 1: the record files of this table hold no");
    }
}
