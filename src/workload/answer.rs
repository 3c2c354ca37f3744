//! A question answered: a model on a device at a serving point, from records where there are any.
//! Prints nothing.

use wildmatch::WildMatch;

use super::{Bounds, Evidence, Fit, Op, Point, PointError, Records, Roofs, Step, decode, prefill};
use crate::{
    backend::{DeviceFacts, Track},
    catalog::{Catalog, Model},
    measure::stats::Estimate,
};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Query<'q> {
    /// Id of a model of the catalogue.
    pub model: &'q str,
    /// Id of a device of the catalogue, or of one that only records know: an id, a backend, a pattern of its name.
    pub device: &'q str,
    /// Where it is served.
    pub point: Point,
    /// Only records of this track.
    pub track: Option<Track>,
    /// Share of the memory that is kept free.
    pub reserve: f64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// No such entry.
    #[error("no {kind} `{id}`{hint}")]
    Unknown {
        /// model or device.
        kind: &'static str,
        /// What was asked for.
        id: String,
        /// What there is.
        hint: String,
    },
    /// The point means nothing.
    #[error(transparent)]
    Point(#[from] PointError),
    /// A kernel of which nothing is known on the device.
    #[error("{model} on {device}: {what}")]
    Untimed {
        /// The model.
        model: String,
        /// The device.
        device: String,
        /// Which kernel, and what is missing.
        what: String,
    },
}

/// The device that answers.
#[derive(Debug, Clone)]
pub struct DeviceChoice {
    /// The catalogue's id, or how the user named it.
    pub id: String,
    /// Its full name.
    pub name: String,
    /// Whose records were used, if any.
    pub evidence: Option<Evidence>,
    /// Other devices, tracks or power modes that would have answered: their decode seconds.
    pub others: Vec<(String, f64)>,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The model.
    pub model: String,
    /// Where it is served.
    pub point: Point,
    /// The device.
    pub device: DeviceChoice,
    /// One token for every sequence.
    pub decode: Step,
    /// One prompt.
    pub prefill: Step,
    /// What decode cannot fall below.
    pub decode_bounds: Bounds,
    /// What prefill cannot fall below.
    pub prefill_bounds: Bounds,
    /// Memory on each device.
    pub fit: Fit,
    /// Published read bandwidth of the device, bytes a second: the yardstick of claims.
    pub published_bandwidth: Option<f64>,
}

impl Answer {
    /// Tokens a second of all sequences together.
    pub fn tokens_per_s(&self) -> Estimate {
        self.decode.seconds.rate(self.point.batch as f64)
    }

    /// Tokens a second that the bounds allow.
    pub fn bound_tokens_per_s(&self) -> f64 {
        self.point.batch as f64 / self.decode_bounds.binding().seconds
    }

    /// Weights and cache that a decode step reads, over the published bandwidth for its time.
    pub fn fraction_of_bandwidth(&self) -> Option<Estimate> {
        let bytes: f64 = self.decode.parts.iter().map(|p| p.op.count * p.op.resident).sum();
        Some(self.decode.seconds.rate(bytes / self.published_bandwidth?))
    }
}

/// What a composition does not count, in words.
pub fn left_out(point: &Point) -> Vec<String> {
    let mut all = vec![
        "norms, rotary embedding, activations between products, sampling, the embedding look-up, gaps between launches"
            .to_owned(),
        "queueing, and prompts that are prefilled together: one prompt is prefilled alone".to_owned(),
    ];
    if point.weights != point.weights.wide() {
        all.push(format!(
            "a quantised embedding, output head, router or attention: they stay in {}, as published {} models keep them",
            point.weights.wide(),
            point.weights
        ));
    }
    if point.devices > 1 {
        all.push(format!("the communication of the {} devices over which every layer is split", point.devices));
    }
    all
}

/// Composes the answer from the best basis there is.
///
/// # Errors
/// An unknown model or device, a point that means nothing, a kernel of which nothing is known on the device.
pub fn answer(catalog: &Catalog, records: &Records, query: &Query) -> Result<Answer, WorkloadError> {
    let model = model_of(catalog, query.model)?;
    let known = catalog.devices.get(query.device);
    let (evidence, all) = evidence_of(catalog, records, query);
    if known.is_none() && evidence.is_empty() {
        return Err(unknown_device(catalog, records, query.device));
    }
    from_evidence(catalog, query, model, &evidence, &all)
}

/// Composes the answer for one device of the records, by what is known of it already; `all` may lend it ceilings.
///
/// # Errors
/// As [`answer`].
pub fn answer_of(
    catalog: &Catalog,
    evidence: &Evidence,
    all: &[&Evidence],
    query: &Query,
) -> Result<Answer, WorkloadError> {
    let model = model_of(catalog, query.model)?;
    from_evidence(catalog, query, model, &[evidence], all)
}

fn model_of<'c>(catalog: &'c Catalog, id: &str) -> Result<&'c Model, WorkloadError> {
    catalog.models.get(id).ok_or_else(|| WorkloadError::Unknown {
        kind: "model",
        id: id.to_owned(),
        hint: format!(": known are {}", catalog.models.keys().cloned().collect::<Vec<_>>().join(", ")),
    })
}

fn from_evidence(
    catalog: &Catalog,
    query: &Query,
    model: &Model,
    evidence: &[&Evidence],
    all: &[&Evidence],
) -> Result<Answer, WorkloadError> {
    let known = catalog.devices.get(query.device);
    let published = known.map(Roofs::published).unwrap_or_default();
    let ops = (decode(model, &query.point)?, prefill(model, &query.point)?);
    let untimed = |what| WorkloadError::Untimed { model: model.id.clone(), device: query.device.to_owned(), what };
    let mut found = Vec::new();
    let mut why = None;
    for &e in evidence {
        match Candidate::of(Some((e, all)), &published, &ops) {
            Ok(candidate) => found.push(candidate),
            Err(what) => why = Some(what),
        }
    }
    if found.is_empty() && known.is_none() {
        return Err(untimed(why.unwrap_or_else(|| "no record says how fast it is".to_owned())));
    }
    if found.is_empty() {
        found.push(Candidate::of(None, &published, &ops).map_err(untimed)?);
    }
    // The firmest basis first, then the most of the time measured, then the fastest.
    found.sort_by(|a, b| a.rank().partial_cmp(&b.rank()).unwrap_or(std::cmp::Ordering::Equal));
    let others =
        found[1..].iter().filter_map(|c| Some((c.evidence.as_ref()?.text(), c.decode.seconds.value))).collect();
    let best = found.swap_remove(0);
    let capacity = known
        .and_then(|d| d.quantity.get("memory"))
        .map(|n| n.unit.to_base(n.mode))
        .or_else(|| Some(best.evidence.as_ref()?.device.memory_bytes? as f64));
    Ok(Answer {
        model: model.id.clone(),
        point: query.point,
        fit: Fit::of(model, &query.point, capacity, query.reserve)?,
        device: DeviceChoice {
            id: query.device.to_owned(),
            name: known
                .map_or_else(|| best.evidence.as_ref().map_or_else(String::new, Evidence::text), |d| d.name.clone()),
            evidence: best.evidence,
            others,
        },
        decode: best.decode,
        prefill: best.prefill,
        decode_bounds: best.bounds.0,
        prefill_bounds: best.bounds.1,
        published_bandwidth: known.and_then(|d| d.quantity.get("bandwidth")).map(|n| n.unit.to_base(n.mode)),
    })
}

/// Kernels of decode and of prefill.
type Ops = (Vec<Op>, Vec<Op>);

/// One way to answer.
struct Candidate {
    evidence: Option<Evidence>,
    decode: Step,
    prefill: Step,
    bounds: (Bounds, Bounds),
}

impl Candidate {
    fn of(evidence: Option<(&Evidence, &[&Evidence])>, published: &Roofs, ops: &Ops) -> Result<Candidate, String> {
        let measured = evidence.map(|(e, all)| (e, Roofs::measured(e, all)));
        let bound = measured.as_ref().map_or_else(Roofs::default, |m| m.1.clone()).over(published.clone());
        let known = measured.as_ref().map(|(e, roofs)| (*e, roofs));
        let step = |ops: &[Op]| Step::compose(ops.to_vec(), known, &bound);
        Ok(Candidate {
            evidence: evidence.map(|(e, _)| e.clone()),
            decode: step(&ops.0)?,
            prefill: step(&ops.1)?,
            bounds: (bound.bounds(&ops.0)?, bound.bounds(&ops.1)?),
        })
    }

    fn rank(&self) -> (super::Basis, f64, f64) {
        (self.decode.basis, -self.decode.measured_share(), self.decode.seconds.value)
    }
}

/// Records of the device that is asked for, and all that may lend it ceilings.
fn evidence_of<'r>(catalog: &Catalog, records: &'r Records, query: &Query) -> (Vec<&'r Evidence>, Vec<&'r Evidence>) {
    let track = |d: &DeviceFacts| query.track.is_none_or(|t| t == d.track);
    let wanted = |d: &DeviceFacts| match catalog.devices.get(query.device) {
        Some(known) => d.is_hardware() && catalog.device_called(&d.name).is_some_and(|found| found.id == known.id),
        None => named(d, query.device),
    };
    let all = records.evidence();
    let asked = all.iter().filter(|e| wanted(&e.device) && track(&e.device)).collect();
    (asked, all.iter().filter(|e| !e.software()).collect())
}

/// By id, by backend, or by a pattern of the name.
fn named(device: &DeviceFacts, asked: &str) -> bool {
    device.id == asked || device.backend == asked || WildMatch::new_case_insensitive(asked).matches(&device.name)
}

fn unknown_device(catalog: &Catalog, records: &Records, id: &str) -> WorkloadError {
    let near = catalog.devices.keys().map(|k| (strsim::jaro_winkler(k, id), k));
    let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|n| n.0 > 0.8);
    let near = near.map(|n| format!(", did you mean `{}`?", n.1)).unwrap_or_default();
    let hint = match records.devices().join("; ") {
        none if none.is_empty() => format!("{near}; the catalogue has none of that id, and no --records were given"),
        devices => format!("{near}; the catalogue has none of that id, and the records hold {devices}"),
    };
    WorkloadError::Unknown { kind: "device", id: id.to_owned(), hint }
}
