//! Verdicts on claims as a table, each beside the words that it is on.
//! Decides nothing; what `claims` says by itself is what stands here.

use std::path::PathBuf;

use super::{Made, Marker, PageError, Problems, citation, records};
use crate::{
    catalog::Catalog,
    claim::{Settings, evaluate, replace_priors},
    record::record_files,
    report::{Format, Style, claims::quoted, render_sheet},
    workload::{Collector, Observed},
};

pub(super) fn make(marker: &Marker) -> Result<Made, PageError> {
    // No claim's id has either character; every path to a record file has one.
    let (paths, ids): (Vec<&str>, Vec<&str>) = marker.words.iter().partition(|w| w.contains(['/', '.']));
    let (known, sources, problems) = catalogue(&paths, marker)?;
    if let Some(id) = ids.iter().find(|id| known.claim(id).is_none()) {
        let what = format!("the catalogue has no claim `{id}`; `wattmark catalog list` names them");
        return Err(PageError::Catalog { line: marker.line, what });
    }
    let settings = Settings::default();
    let mut outcomes = evaluate(&known, &ids, settings);
    // In the order of the page, not of the catalogue.
    outcomes.sort_by_key(|o| ids.iter().position(|id| id.eq_ignore_ascii_case(&o.claim.id)));
    let table = render_sheet(Format::Markdown, &quoted(&outcomes), &Style::PLAIN);
    Ok(Made { table, provenance: provenance(&known, settings, &sources, marker), problems, picture: None })
}

/// The catalogue with the records at some paths in the place of priors; with the record files, and the lines of them that
/// are none.
pub(super) fn catalogue(paths: &[&str], marker: &Marker) -> Result<(Catalog, Vec<String>, Problems), PageError> {
    let fault = |what: String| PageError::Catalog { line: marker.line, what };
    let mut known = Catalog::load(&[]).map_err(|e| fault(e.to_string()))?;
    let files = files(paths, marker)?;
    let mut found = Collector::of(files.clone());
    let take = |(file, line), seen| found.take(file, line, seen);
    let (sources, problems) = records::read(&files, marker, Observed::of, take)?;
    // What stays a prior is marked so in the table.
    drop(replace_priors(&mut known, &found.finish()));
    Ok((known, sources, problems))
}

/// The record files that a marker's paths name, relative to the page.
fn files(paths: &[&str], marker: &Marker) -> Result<Vec<String>, PageError> {
    let paths: Vec<PathBuf> = paths.iter().map(|p| marker.folder.join(p)).collect();
    let found = record_files(&paths).map_err(|source| PageError::Find { line: marker.line, source })?;
    let relative = |path: PathBuf| {
        let inside = path.strip_prefix(marker.folder).map(PathBuf::from).unwrap_or(path);
        inside.to_string_lossy().replace('\\', "/").trim_start_matches("./").to_owned()
    };
    Ok(found.into_iter().map(relative).collect())
}

pub(super) fn provenance(known: &Catalog, settings: Settings, sources: &[String], marker: &Marker) -> String {
    let records = if sources.is_empty() { "no records".to_owned() } else { sources.join(", ") };
    let cite = citation(marker.folder).map(|link| format!(" To cite: [{link}]({link}).")).unwrap_or_default();
    format!(
        "Verdicts by catalogue {} (SHA-256) of wattmark {} and {records}; {} draws, seed {}. Table by `wattmark report \
         --tables`; `wattmark claims ID --explain` shows how a verdict comes about.{cite}",
        known.digest,
        env!("CARGO_PKG_VERSION"),
        settings.draws,
        settings.seed
    )
}
