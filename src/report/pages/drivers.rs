//! The inputs that carry the verdicts, as a table; on the bare catalogue, or with the record files that a marker names.
//! Judges nothing itself.

use super::{Made, Marker, PageError, claims};
use crate::{
    claim::{DRIVERS, Settings, drivers, evaluate},
    report::{Format, Style, drivers::Drivers, render},
};

pub(super) fn make(marker: &Marker) -> Result<Made, PageError> {
    let (known, sources, problems) = claims::catalogue(&marker.words, marker)?;
    let settings = Settings::default();
    let found = drivers(&evaluate(&known, &[], settings), DRIVERS);
    let table = render(Format::Markdown, &Drivers(&found), &Style::PLAIN);
    Ok(Made { table, provenance: claims::provenance(&known, settings, &sources, marker), problems, picture: None })
}
