//! The results of record files as a table, and where they come from.
//! Reads the files; writes nothing.

use std::{collections::BTreeSet, path::Path};

use super::{LEVELS, Made, Marker, PageError, Problems, citation};
use crate::{
    digest,
    record::{Line, Problem, Record, Source, read_each},
    report::{Format, Style, render, results::Results, text},
};

pub(super) fn make(marker: &Marker) -> Result<Made, PageError> {
    let files: Vec<String> = marker.words.iter().map(|word| (*word).to_owned()).collect();
    let mut records = Vec::new();
    let (sources, problems) = read(&files, marker, |record| record, |_, record| records.push(*record))?;
    if records.is_empty() {
        return Err(PageError::Empty { line: marker.line });
    }
    let table = render(Format::Markdown, &Results::of(&records), &Style::PLAIN);
    Ok(Made { table, provenance: provenance(&records, &sources, &files, marker), problems, picture: None })
}

/// Reads record files, named relative to the page: `take` gets the number of the file and the line of each record. Returns
/// how a page cites each file (a link, its records, and its digest), and the lines that are no records.
pub(super) fn read<T: Send>(
    files: &[String],
    marker: &Marker,
    each: impl Fn(Box<Record>) -> T + Sync,
    mut take: impl FnMut((usize, usize), T),
) -> Result<(Vec<String>, Problems), PageError> {
    let sources: Vec<Source> =
        files.iter().map(|file| Source { path: marker.folder.join(file), name: file.clone() }).collect();
    let (mut counts, mut problems) = (vec![0; files.len()], Problems::new());
    let read = read_each(&sources, each, |Line { source, number, what }| match what {
        Ok(made) => {
            counts[source] += 1;
            take((source, number), made);
        }
        Err(what) => problems.push((files[source].clone(), Problem { line: number, what })),
    });
    let fault = |path, source| PageError::Read { line: marker.line, path, source };
    read.map_err(|error| fault(error.path, error.source))?;
    let cite = |(source, count): (&Source, usize)| {
        let digest = digest::of_file(&source.path).map_err(|error| fault(source.path.clone(), error))?;
        Ok(format!("[{}]({}) ({count} records, SHA-256 {digest})", text::markdown(&source.name), source.name))
    };
    let cited = sources.iter().zip(counts).map(cite).collect::<Result<_, PageError>>()?;
    Ok((cited, problems))
}

/// Where a table comes from, and how to cite it.
pub(super) fn provenance(records: &[Record], sources: &[String], files: &[String], marker: &Marker) -> String {
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
    let licence = files.first().and_then(|file| licence(file, marker.folder));
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
