//! Markdown pages whose tables are made anew: between two markers stands what the records or the catalogue say, and where
//! it comes from. Touches nothing outside the markers, and writes no file.
//!
//! ```text
//! <!-- wattmark:table results/2026-11-21-bench/quick.jsonl -->
//! ...
//! <!-- /wattmark:table -->
//! ```
//!
//! A marker's first word says what the table shows, the others of what: `table` of record files, `claims` of claims' ids
//! and of the record files (or folders of them) that take the place of priors, `findings` of what does not stand in the
//! documents, `drivers` of the inputs that carry the verdicts, `decoder` of files that `examples/decoder_check` wrote,
//! `picture` of the file that a picture goes to and of record files. Files are named relative to the page.

mod claims;
mod decoder;
mod drivers;
mod findings;
mod pictures;
mod records;

use std::{io, path::Path, path::PathBuf};

use crate::record::{FindError, Problem};

const BEGIN: &str = "<!-- wattmark:";

/// What makes a kind of table.
type Maker = fn(&Marker) -> Result<Made, PageError>;

/// The kinds, by the first word of their markers.
const KINDS: [(&str, Maker); 6] = [
    ("table", records::make),
    ("claims", claims::make),
    ("findings", findings::make),
    ("drivers", drivers::make),
    ("decoder", decoder::make),
    ("picture", pictures::make),
];

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
    #[error("line {line}: the table has no <!-- /wattmark:{kind} --> after it")]
    OpenTable {
        /// Where it begins, from 1.
        line: usize,
        /// First word of its marker.
        kind: String,
    },
    /// A marker asks for no known kind of table.
    #[error("line {line}: no table is called `{kind}`; choose from {}", KINDS.map(|(name, _)| name).join(", "))]
    Kind {
        /// Where the marker stands, from 1.
        line: usize,
        /// Its first word.
        kind: String,
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
    /// A folder cannot be searched.
    #[error("line {line}: {source}")]
    Find {
        /// Where the marker stands, from 1.
        line: usize,
        /// Why.
        source: FindError,
    },
    /// A line of a file is not what the table is made of.
    #[error("line {line}: {path}:{at}: {what}; take the line out, or name another file")]
    Line {
        /// Where the marker stands, from 1.
        line: usize,
        /// The file.
        path: PathBuf,
        /// The line in it, from 1.
        at: usize,
        /// What is wrong.
        what: String,
    },
    /// There is nothing to make a table of.
    #[error("line {line}: the record files of this table hold no record")]
    Empty {
        /// Where the marker stands, from 1.
        line: usize,
    },
    /// A picture has no file to go to.
    #[error(
        "line {line}: a picture's marker begins with the file that it goes to: <!-- wattmark:picture FILE.svg RECORDS... -->"
    )]
    Picture {
        /// Where the marker stands, from 1.
        line: usize,
    },
    /// The catalogue does not know a claim, or has problems.
    #[error("line {line}: {what}")]
    Catalog {
        /// Where the marker stands, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

/// One table of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Line of its marker, from 1.
    pub line: usize,
    /// The marker, as it stands in the page.
    pub marker: String,
    /// True if the page, or the picture's file, says something else than the records or the catalogue.
    pub stale: bool,
    /// The picture that the page shows, if it is one: where it lies from the page, and the SVG.
    pub picture: Option<(PathBuf, String)>,
    /// Lines of the record files that are no records, with their files.
    pub problems: Problems,
}

/// A page made true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// The whole page.
    pub text: String,
    /// Its tables, top to bottom.
    pub tables: Vec<Table>,
}

/// Lines that are no records, with their files.
pub type Problems = Vec<(String, Problem)>;

/// What a marker asks for.
struct Marker<'t> {
    line: usize,
    /// What follows its first word.
    words: Vec<&'t str>,
    /// Where the page lies.
    folder: &'t Path,
}

/// What goes between two markers.
struct Made {
    table: String,
    /// Where the table comes from.
    provenance: String,
    problems: Problems,
    picture: Option<(PathBuf, String)>,
}

/// True if a text holds a table's marker.
pub fn has_tables(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Makes every marked table of a page anew. `folder` is where the page lies.
///
/// # Errors
/// A marker is broken, or what it names cannot be had.
pub fn refresh(text: &str, folder: &Path) -> Result<Refreshed, PageError> {
    let mut fresh = Refreshed { text: String::new(), tables: vec![] };
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let line = text[..text.len() - rest.len() + at].matches('\n').count() + 1;
        let (before, marked) = rest.split_at(at);
        let close = marked.find("-->").ok_or(PageError::OpenMarker { line })?;
        let (marker, body) = marked.split_at(close + 3);
        let mut words = marker[BEGIN.len()..close].split_whitespace();
        let kind = words.next().unwrap_or_default();
        let make = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, make)| make);
        let make = make.ok_or_else(|| PageError::Kind { line, kind: kind.to_owned() })?;
        let end = format!("<!-- /wattmark:{kind} -->");
        let open = || PageError::OpenTable { line, kind: kind.to_owned() };
        let (old, after) = body.split_once(&end).ok_or_else(open)?;
        let Made { table, provenance, problems, picture } = make(&Marker { line, words: words.collect(), folder })?;
        let new = format!("\n\n{}\n\n{provenance}\n\n", table.trim());
        fresh.text += &format!("{before}{marker}{new}{end}");
        let drawn =
            |(file, svg): &(PathBuf, String)| std::fs::read(folder.join(file)).is_ok_and(|had| had == svg.as_bytes());
        let stale = old != new || !picture.as_ref().is_none_or(drawn);
        fresh.tables.push(Table { line, marker: marker.to_owned(), stale, picture, problems });
        rest = after;
    }
    fresh.text += rest;
    Ok(fresh)
}

/// How far up from a page a citation or a licence is looked for.
const LEVELS: usize = 4;

/// The nearest citation at a page or above it, as a link from there.
fn citation(folder: &Path) -> Option<String> {
    let mut names = (0..LEVELS).map(|up| "../".repeat(up) + "CITATION.cff");
    names.find(|name| folder.join(name).is_file())
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
    fn a_picture_is_true_once_its_file_is_drawn_from_these_records() {
        let folder = folder();
        let page = "<!-- wattmark:picture results/all.svg results/bench/quick.jsonl --><!-- /wattmark:picture -->";
        let fresh = refresh(page, folder.path()).unwrap();
        assert!(fresh.text.contains("](results/all.svg)\n\nRecords: [results/bench/quick.jsonl]"), "{}", fresh.text);
        assert!(fresh.text.contains(" Picture by `wattmark report --tables`."), "{}", fresh.text);
        let stale = || refresh(&fresh.text, folder.path()).unwrap().tables[0].stale;
        assert!(stale(), "nothing is drawn yet");
        let (file, svg) = fresh.tables[0].picture.as_ref().unwrap();
        std::fs::write(folder.path().join(file), svg).unwrap();
        assert!(!stale());
        std::fs::write(folder.path().join(file), svg.replacen("#0072B2", "#0072B3", 1)).unwrap();
        assert!(stale());
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
        says(
            "<!-- wattmark:tables a -->",
            "line 1: no table is called `tables`; choose from table, claims, findings, drivers, decoder, picture",
        );
        says("<!-- wattmark:picture a.jsonl -->\n<!-- /wattmark:picture -->", "line 1: a picture's marker begins with");
        says("<!-- wattmark:claims NOPE -->\n<!-- /wattmark:claims -->", "line 1: the catalogue has no claim `NOPE`");
    }

    #[test]
    fn verdicts_stand_in_the_order_of_the_marker_and_say_what_they_rest_on() {
        let folder = folder();
        let page = "a\n<!-- wattmark:claims API-5-15 ZERO-MC-EDGE results/bench/ -->old<!-- /wattmark:claims -->\nb\n";
        let fresh = refresh(page, folder.path()).unwrap();
        let at = |what: &str| fresh.text.find(what).unwrap_or_else(|| panic!("{what}: {}", fresh.text));
        assert!(at("a\n<!--") < at("| API-5-15") && at("| API-5-15") < at("| ZERO-MC-EDGE"), "{}", fresh.text);
        at("Verdicts by catalogue ");
        at("and [results/bench/quick.jsonl](results/bench/quick.jsonl) (13 records, SHA-256 ");
        let again = refresh(&fresh.text, folder.path()).unwrap();
        assert_eq!((again.text, again.tables[0].stale), (fresh.text, false));
    }
}
