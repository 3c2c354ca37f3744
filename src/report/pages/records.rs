//! The results of record files as a table, and where they come from.
//! Reads the files; writes nothing.

use std::{collections::BTreeSet, path::Path};

use sha2::{Digest as _, Sha256};

use super::{LEVELS, Made, Marker, PageError, citation};
use crate::{
    record::{ReadReport, Record, read_str},
    report::{Format, Style, render, results::Results, text},
};

pub(super) fn make(marker: &Marker) -> Result<Made, PageError> {
    let (mut records, mut problems, mut sources) = (Vec::new(), Vec::new(), Vec::new());
    for file in &marker.words {
        let (source, report) = read(file, marker)?;
        sources.push(source);
        problems.extend(report.problems.into_iter().map(|p| ((*file).to_owned(), p)));
        records.extend(report.records);
    }
    if records.is_empty() {
        return Err(PageError::Empty { line: marker.line });
    }
    let table = render(Format::Markdown, &Results::of(&records), &Style::PLAIN);
    Ok(Made { table, provenance: provenance(&records, &sources, marker), problems })
}

/// A record file and how a page cites it: a link, its records, and its digest.
pub(super) fn read(file: &str, marker: &Marker) -> Result<(String, ReadReport), PageError> {
    let path = marker.folder.join(file);
    let bytes = std::fs::read(&path).map_err(|source| PageError::Read { line: marker.line, path, source })?;
    let report = read_str(&String::from_utf8_lossy(&bytes));
    let digest: String = Sha256::digest(&bytes).iter().take(6).map(|b| format!("{b:02x}")).collect();
    let records = report.records.len();
    Ok((format!("[{}]({file}) ({records} records, SHA-256 {digest})", text::markdown(file)), report))
}

/// Where a table comes from, and how to cite it.
fn provenance(records: &[Record], sources: &[String], marker: &Marker) -> String {
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
    let licence = marker.words.first().and_then(|file| licence(file, marker.folder));
    let links: Vec<String> = [("To cite", citation(marker.folder)), ("licence of the data", licence)]
        .into_iter()
        .filter_map(|(what, link)| link.map(|link| format!("{what}: [{link}]({link})")))
        .collect();
    if !links.is_empty() {
        out += &format!(" {}.", links.join("; "));
    }
    out
}

/// The nearest `LICENSE` beside the records or above them.
fn licence(file: &str, folder: &Path) -> Option<String> {
    let beside = Path::new(file).ancestors().skip(1).map(|p| p.join("LICENSE").to_string_lossy().replace('\\', "/"));
    let above = (1..LEVELS).map(|up| "../".repeat(up) + "LICENSE");
    beside.chain(above).find(|name| folder.join(name).is_file())
}
