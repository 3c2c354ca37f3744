//! How fast a model is served on a device: from records, else published, else what the device's ceilings allow.
//! Prices nothing; a bound is never handed out as an estimate.

use super::{
    query::{CostError, entry},
    throughput::{Basis, Metered, Throughput},
};
use crate::{
    backend::Track,
    catalog::{Catalog, Device, MeasuredBy, Number},
    formula::{Unit, UnitError},
    report::number::decimal,
    workload::{self, Answer, Fit, Format, Point, Records, Step, WorkloadError, answer},
};

/// Sequences that decode together where nobody says: as the catalogue's claims have it.
const CLOUD_BATCH: u64 = 64;
/// The same at the edge.
const EDGE_BATCH: u64 = 8;
/// Tokens of each sequence in the cache where nobody says.
const CONTEXT: u64 = 2048;

/// What is asked of the serving point; what is not asked is free, so that a published figure at its own point may stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PointAsked {
    /// Sequences that decode together.
    pub batch: Option<u64>,
    /// Tokens of each sequence in the cache.
    pub context: Option<u64>,
    /// Format of the weights.
    pub weights: Option<Format>,
    /// Format of the KV cache.
    pub kv: Option<Format>,
    /// Devices that share every layer.
    pub devices: Option<u64>,
}

/// A model on a device, at a serving point.
#[derive(Debug, Clone)]
pub struct Serving<'s> {
    /// Id of a model of the catalogue.
    pub model: &'s str,
    /// Id of a device of the catalogue.
    pub device: &'s str,
    /// True outside of data centres, where few ask at once.
    pub edge: bool,
    /// What is asked of the serving point.
    pub point: PointAsked,
    /// Records to compose from.
    pub records: &'s Records,
    /// Only records of this track.
    pub track: Option<Track>,
    /// Share of the memory that is kept free.
    pub reserve: f64,
}

impl Serving<'_> {
    fn point(&self) -> Point {
        let asked = &self.point;
        let batch = asked.batch.unwrap_or(if self.edge { EDGE_BATCH } else { CLOUD_BATCH });
        let mut point = Point::new(batch, asked.context.unwrap_or(CONTEXT), asked.weights.unwrap_or(Format::Bf16));
        // The prompt enters no throughput of decode.
        point.prompt = 1;
        point.devices = asked.devices.unwrap_or(1);
        point.kv = asked.kv.unwrap_or(point.kv);
        point
    }

    /// True if a published figure at so many streams, in such a format, answers what is asked.
    fn allows(&self, batch: Option<u64>, context: Option<u64>, dtype: Option<&str>) -> bool {
        let asked = &self.point;
        let format = dtype.and_then(|d| d.parse::<Format>().ok());
        asked.batch.is_none_or(|b| Some(b) == batch)
            && asked.context.is_none_or(|c| Some(c) == context)
            && asked.weights.is_none_or(|w| Some(w) == format)
            && asked.kv.is_none()
            && asked.devices.is_none_or(|d| d == 1)
    }
}

/// The throughput of a model on a device. The first of these that there is: composed from records of its kernels, some
/// interpolated from their neighbours; published for that model on that device, at the point asked for if one is; what
/// the device's ceilings allow, times the share of them that the catalogue has a source for; those ceilings, a bound.
///
/// # Errors
/// The names are unknown, the model does not fit the device's memory, or nobody says how fast the device is.
pub fn throughput_of(catalog: &Catalog, asked: &Serving) -> Result<Throughput, CostError> {
    let device = entry("device", asked.device, &catalog.devices)?;
    entry("model", asked.model, &catalog.models)?;
    let point = asked.point();
    let query =
        workload::Query { model: asked.model, device: asked.device, point, track: asked.track, reserve: asked.reserve };
    let composed = answer(catalog, asked.records, &query);
    if let Ok(found) = &composed
        && found.decode.is_estimate()
    {
        fits(found)?;
        return Ok(from_records(found, asked.records));
    }
    if let Some(published) = published(catalog, asked, device) {
        return Ok(published);
    }
    let found = composed.map_err(|error| match error {
        WorkloadError::Untimed { what, .. } => {
            let others = others(device);
            let (model, device) = (asked.model.to_owned(), asked.device.to_owned());
            CostError::NoThroughput { model, device, others, what }
        }
        error => CostError::Workload(error.to_string()),
    })?;
    fits(&found)?;
    Ok(derated(catalog, &found, device).unwrap_or_else(|| bound(&found, asked.records)))
}

/// What does not fit is not served.
fn fits(found: &Answer) -> Result<(), CostError> {
    let Fit { weights, kv, reserve, capacity: Some(capacity) } = found.fit else { return Ok(()) };
    if found.fit.needed() <= capacity {
        return Ok(());
    }
    let gb = |bytes: f64| decimal(bytes / 1e9, 3);
    let p = &found.point;
    Err(CostError::Memory {
        model: found.model.clone(),
        device: found.device.id.clone(),
        needs: format!(
            "{} GB of weights in {}, {} GB of {} cache for {} sequences of {} tokens and {} GB kept free are {} of {} \
             GB",
            gb(weights),
            p.weights,
            gb(kv),
            p.kv,
            p.batch,
            p.context,
            gb(reserve),
            gb(found.fit.needed()),
            gb(capacity)
        )
        .into(),
    })
}

/// `decode, batch 64, context 2048, bf16 weights, bf16 cache`.
fn at(p: &Point) -> String {
    let devices = if p.devices > 1 {
        format!(", each layer on {} devices, their communication not counted", p.devices)
    } else {
        String::new()
    };
    format!("decode alone, batch {}, context {}, {} weights, {} cache{devices}", p.batch, p.context, p.weights, p.kv)
}

/// Of one of the devices that serve together.
fn each(found: &Answer, tokens_per_s: f64) -> f64 {
    tokens_per_s / found.point.devices as f64
}

fn from_records(found: &Answer, records: &Records) -> Throughput {
    let rate = found.tokens_per_s();
    let interpolated = found.decode.basis == workload::Basis::Interpolated;
    let whose = found.device.evidence.as_ref().map(|e| format!(", on {}", e.text())).unwrap_or_default();
    let unmetered = found.decode.joules.as_ref().err().map(|why| format!("; joules {why}")).unwrap_or_default();
    Throughput {
        basis: if interpolated { Basis::Interpolated } else { Basis::Measured },
        note: format!("{}; time rests on {}{whose}{unmetered}", at(&found.point), shares(&found.decode)),
        metered: metered(&found.decode),
        records: found.decode.citations(records),
        ..Throughput::given(each(found, rate.low), each(found, rate.value), each(found, rate.high))
    }
}

fn shares(step: &Step) -> String {
    let shares = step.shares.iter().map(|(b, s)| format!("{} {:.0} %", b.name(), s * 100.0));
    shares.collect::<Vec<_>>().join(", ")
}

/// Joules over seconds; none where they are known no better than to a factor of two.
fn metered(step: &Step) -> Option<Metered> {
    let joules = step.joules.as_ref().ok()?;
    let mode = joules.joules.value / step.seconds.value;
    let relative = joules.joules.u95 / joules.joules.value + step.seconds.noise();
    let ends = (mode * (1.0 - relative), mode * (1.0 + relative));
    (relative < 0.5).then(|| Metered { low: ends.0, mode, high: ends.1, boundary: joules.boundary.clone() })
}

fn bound(found: &Answer, records: &Records) -> Throughput {
    let step = &found.decode;
    let rate = found.tokens_per_s();
    let most = each(found, if step.basis.bounds() { rate.value } else { rate.high });
    let published = step.parts.iter().any(|p| p.basis == workload::Basis::Published);
    let mut against: Vec<&str> = step.parts.iter().flat_map(|p| &p.against).map(String::as_str).collect();
    against.dedup();
    against.truncate(3);
    let why = step.parts.iter().find_map(|p| p.because.as_deref());
    let why = why.map(|w| format!("; {w}")).unwrap_or_default();
    Throughput {
        basis: if published { Basis::PublishedRoof } else { Basis::Roof },
        note: format!(
            "at most this: {}; time rests on {}, by {}{why}",
            at(&found.point),
            shares(step),
            against.join(", ")
        ),
        records: step.citations(records),
        ..Throughput::exactly(most)
    }
}

/// The bandwidth's bound times the share of it that a source says decoding reaches on this very device.
fn derated(catalog: &Catalog, found: &Answer, device: &Device) -> Option<Throughput> {
    let bounds = &found.decode_bounds;
    // Where arithmetic binds, a share of the bandwidth says nothing.
    if bounds.memory.seconds < bounds.compute.seconds || !bounds.memory.published {
        return None;
    }
    let (claim, number, address) = priors(catalog, &device.id, "fraction_of_bandwidth").next()?;
    if Basis::of(&number.source) == Basis::Unsourced {
        return None;
    }
    let most = each(found, found.point.batch as f64 / bounds.memory.seconds);
    let words = (at(&found.point), decimal(most, 4), decimal(number.mode, 3));
    let of = [address.model.clone(), address.dtype.clone(), address.batch.map(|b| format!("batch {b}"))];
    let of = of.into_iter().flatten().collect::<Vec<_>>().join(", ");
    Some(Throughput {
        basis: Basis::Derated,
        source: number.source.clone(),
        confidence: "low".to_owned(),
        note: format!(
            "{}; at most {} by {}, of which {} ({} to {}) is reached, as {claim} has it of {of} on this device",
            words.0,
            words.1,
            bounds.memory.against,
            words.2,
            decimal(number.low, 3),
            decimal(number.high, 3),
        ),
        ..Throughput::given(most * number.low, most * number.mode, most * number.high)
    })
}

/// Priors of claims on a device: `CLAIM.name`, the number, its address.
fn priors<'c>(
    catalog: &'c Catalog,
    device: &'c str,
    metric: &'static str,
) -> impl Iterator<Item = (String, &'c Number, &'c MeasuredBy)> {
    let inputs = catalog.claims.iter().flat_map(|c| c.inputs.iter().map(move |i| (c, i)));
    inputs.filter_map(move |(claim, input)| {
        let at = input.measured_by.as_ref().filter(|at| at.device == device && at.metric == metric)?;
        Some((format!("{}.{}", claim.id, input.name), input.number.as_ref()?, at))
    })
}

/// The catalogue's published figure at the most streams, else the published prior of a claim that asks for it.
fn published(catalog: &Catalog, asked: &Serving, device: &Device) -> Option<Throughput> {
    let known = device.known.iter().filter(|k| k.model == asked.model);
    let known = known.filter(|k| asked.allows(Some(k.streams), None, Some(&k.dtype))).max_by_key(|k| k.streams);
    if let Some(k) = known {
        let streams = if k.streams == 1 { "stream" } else { "streams" };
        return said(&k.decode, format!("decode, {}, {} {streams}", k.dtype, k.streams)).ok();
    }
    let (claim, number, at) = priors(catalog, &device.id, "tok_per_s").find(|(_, _, at)| {
        at.model.as_deref() == Some(asked.model) && asked.allows(at.batch, at.context, at.dtype.as_deref())
    })?;
    let words = [at.phase.clone(), at.dtype.clone(), at.batch.map(|b| format!("batch {b}"))];
    let point = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let claim = claim.split('.').next().unwrap_or_default();
    said(number, format!("prior of {claim}: {point}")).ok()
}

fn said(number: &Number, note: String) -> Result<Throughput, UnitError> {
    // Per accelerator or per car: the number is the same, the role says which.
    let per = if number.unit.text().contains("vehicle") { "tok/vehicle-s" } else { "tok/GPU-s" };
    let unit = Unit::parse(per)?;
    let scale = |x: f64| unit.from_base(number.unit.to_base(x));
    Ok(Throughput {
        basis: Basis::of(&number.source),
        source: number.source.clone(),
        confidence: number.confidence.clone(),
        note,
        ..Throughput::given(scale(number.low), scale(number.mode), scale(number.high))
    })
}

/// Models of which somebody published a speed on the device, in words.
fn others(device: &Device) -> String {
    let mut names: Vec<&str> = device.known.iter().map(|k| k.model.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { String::new() } else { format!(" (published for it: {})", names.join(", ")) }
}
