//! Published totals of what a scenario adds up, to hold ours against.
//! They are answers, never inputs.

use super::{price::Priced, query::Query};
use crate::catalog::Catalog;

/// What somebody else came to.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownAnswer {
    /// The input's id.
    pub id: String,
    /// Its value in words.
    pub text: String,
    /// Key of its source.
    pub source: String,
    /// Its mode over ours, at the modes.
    pub ratio: f64,
}

/// Those of the scenario's known answers that are of this device and a cost an hour.
pub(super) fn known_answers(catalog: &Catalog, query: &Query, priced: &Priced) -> Vec<KnownAnswer> {
    let Some(ours) = priced.hourly.as_ref().and_then(|h| priced.step(h)) else { return vec![] };
    let listed = catalog.scenarios.get(query.scenario).map_or(&[][..], |s| &s.check_against);
    let inputs = listed.iter().filter_map(|id| catalog.inputs.get(id));
    let fits = inputs
        .filter(|i| i.device.as_deref() == Some(query.device) && i.number.unit.dimension() == ours.unit.dimension());
    fits.map(|i| KnownAnswer {
        id: i.id.clone(),
        text: i.number.text(),
        source: i.number.source.clone(),
        ratio: ours.summary.value / ours.unit.from_base(i.number.unit.to_base(i.number.mode)),
    })
    .collect()
}
