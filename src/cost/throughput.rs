//! How fast: a throughput with what it rests on, given by the user or published.
//! Measures nothing and models nothing; whoever composes tokens from kernels hands in a [`Throughput`] of that basis.

use super::query::{CostError, entry};
use crate::{
    catalog::{Catalog, Number, UNSOURCED},
    formula::{Unit, UnitError},
};

/// What a number rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The user's own value.
    Set,
    /// Records of this project.
    Measured,
    /// Composed or interpolated from records: no one saw it.
    Modelled,
    /// A source says so.
    Published,
    /// Nobody is known to have said it.
    Unsourced,
    /// The formula's own value where nobody says anything.
    Default,
    /// Another cost, computed here.
    Computed,
}

impl Basis {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Set => "set by the user",
            Basis::Measured => "measured",
            Basis::Modelled => "modelled",
            Basis::Published => "published",
            Basis::Unsourced => "unsourced",
            Basis::Default => "default",
            Basis::Computed => "computed",
        }
    }

    /// Of a number of the catalogue.
    pub(super) fn of(source: &str) -> Basis {
        if source == UNSOURCED { Basis::Unsourced } else { Basis::Published }
    }
}

/// Tokens a second of one accelerator while busy; of a car, of all that it serves with.
#[derive(Debug, Clone, PartialEq)]
pub struct Throughput {
    /// The least.
    pub low: f64,
    /// The most likely.
    pub mode: f64,
    /// The greatest.
    pub high: f64,
    /// What it rests on.
    pub basis: Basis,
    /// Key of its source; empty for what has none to name.
    pub source: String,
    /// high, medium or low; empty where nobody says.
    pub confidence: String,
    /// At which serving point, in words.
    pub note: String,
}

impl Throughput {
    /// A user's own: low, mode, high.
    pub fn given(low: f64, mode: f64, high: f64) -> Throughput {
        let (source, confidence, note) = (String::new(), String::new(), String::new());
        Throughput { low, mode, high, basis: Basis::Set, source, confidence, note }
    }

    /// A throughput known without doubt.
    pub fn exactly(tok_s: f64) -> Throughput {
        Throughput::given(tok_s, tok_s, tok_s)
    }

    fn published(number: &Number, note: String) -> Result<Throughput, UnitError> {
        // Per accelerator or per car: the number is the same, the role says which.
        let per = if number.unit.text().contains("vehicle") { "tok/vehicle-s" } else { "tok/GPU-s" };
        let unit = Unit::parse(per)?;
        let scale = |x: f64| unit.from_base(number.unit.to_base(x));
        Ok(Throughput {
            low: scale(number.low),
            mode: scale(number.mode),
            high: scale(number.high),
            basis: Basis::of(&number.source),
            source: number.source.clone(),
            confidence: number.confidence.clone(),
            note,
        })
    }
}

/// The throughput of a model on a device: the catalogue's published figure at the most streams, else the published prior
/// of a claim that asks for it. A record or a composition from kernels would come first; none reaches this far yet.
///
/// # Errors
/// The names are unknown, or nobody has published one.
pub fn throughput_of(catalog: &Catalog, model: &str, device: &str) -> Result<Throughput, CostError> {
    let found = entry("device", device, &catalog.devices)?;
    entry("model", model, &catalog.models)?;
    let known = found.known.iter().filter(|k| k.model == model).max_by_key(|k| k.streams);
    let prior = || {
        let inputs = catalog.claims.iter().flat_map(|c| c.inputs.iter().map(move |i| (c, i)));
        inputs
            .filter_map(|(claim, input)| Some((claim, input.number.as_ref()?, input.measured_by.as_ref()?)))
            .find(|(_, _, at)| at.device == device && at.model.as_deref() == Some(model) && at.metric == "tok_per_s")
    };
    let made = if let Some(k) = known {
        let streams = if k.streams == 1 { "stream" } else { "streams" };
        Throughput::published(&k.decode, format!("decode, {}, {} {streams}", k.dtype, k.streams)).ok()
    } else {
        prior().and_then(|(claim, number, at)| {
            let words = [at.phase.clone(), at.dtype.clone(), at.batch.map(|b| format!("batch {b}"))];
            let point = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
            Throughput::published(number, format!("prior of {}: {point}", claim.id)).ok()
        })
    };
    made.ok_or_else(|| {
        let others: Vec<_> = found.known.iter().map(|k| k.model.as_str()).collect();
        let others =
            if others.is_empty() { String::new() } else { format!(" (published for it: {})", distinct(others)) };
        CostError::NoThroughput { model: model.to_owned(), device: device.to_owned(), others }
    })
}

fn distinct(mut names: Vec<&str>) -> String {
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}
