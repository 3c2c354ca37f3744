//! A picture of record files, in a file beside the page: the fraction of the ceiling that each kernel reached.
//! Draws nothing itself, `plot` does; writes no file.

use super::{Made, Marker, PageError, records};
use crate::{
    plot::fractions,
    report::{metrics::derive, text},
};

/// The marker's first word names the file that the picture goes to, the others the record files.
pub(super) fn make(marker: &Marker) -> Result<Made, PageError> {
    let svg = marker.words.first().filter(|word| word.ends_with(".svg"));
    let svg = *svg.ok_or(PageError::Picture { line: marker.line })?;
    let files: Vec<String> = marker.words[1..].iter().map(|word| (*word).to_owned()).collect();
    let mut all = Vec::new();
    let (sources, problems) = records::read(&files, marker, |record| record, |_, record| all.push(*record))?;
    let metrics = derive(&all);
    let fractions = fractions::of(all.iter().zip(metrics.iter().map(Option::as_ref)));
    let picture = fractions.picture().ok_or(PageError::Empty { line: marker.line })?;
    let table = format!("![{}]({svg})", text::markdown("Fraction of the measured ceiling that each kernel reached"));
    let provenance = records::provenance(&all, &sources, &files, marker).replace("Table by", "Picture by");
    Ok(Made { table, provenance, problems, picture: Some((svg.into(), picture.svg)) })
}
