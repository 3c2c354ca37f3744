//! What does not stand in the documents under test, as a table: all of it, or the findings that a marker names.
//! Recomputes nothing itself.

use super::{Made, Marker, PageError};
use crate::{catalog::Catalog, claim::findings, report::findings::Findings};

pub(super) fn make(marker: &Marker) -> Result<Made, PageError> {
    let fault = |what: String| PageError::Catalog { line: marker.line, what };
    let known = Catalog::load(&[]).map_err(|e| fault(e.to_string()))?;
    let mut found = findings(&known);
    if let Some(id) = marker.words.iter().find(|w| !found.iter().any(|f| f.id == ***w)) {
        return Err(fault(format!("no finding is called `{id}`; `wattmark claims --findings` names them")));
    }
    found.retain(|f| marker.words.is_empty() || marker.words.contains(&f.id.as_str()));
    let provenance = format!(
        "{} findings, recomputed by catalogue {} (SHA-256) of wattmark {} from the documents' own figures. Table by \
         `wattmark report --tables`; the same as `wattmark claims --findings`.",
        found.len(),
        known.digest,
        env!("CARGO_PKG_VERSION"),
    );
    Ok(Made { table: Findings(&found).markdown(), provenance, problems: vec![], picture: None })
}
