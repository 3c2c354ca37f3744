//! Records in the place of published priors: the measured inputs of claims, found by their addresses.
//! Hardware is fed by hardware alone, a bound replaces nothing, and what stays a prior says why.

use crate::{
    catalog::{Catalog, ClaimInput, MeasuredBy, Measurement},
    formula::{CellId, Unit},
    measure::stats::Estimate,
    workload::{Answer, Basis, Point, Query, Records, Step, answer},
};

/// Why an input stays a prior although records of its device were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The input, as `CLAIM.name`.
    pub input: String,
    /// Why.
    pub why: String,
}

/// Puts what the records say in the place of the priors of measured inputs; what the user set stays. Returns the inputs
/// that stay priors although there are records of their device.
pub fn replace_priors(catalog: &mut Catalog, records: &Records) -> Vec<Kept> {
    let mut kept = Vec::new();
    let mut seen: Vec<CellId> = Vec::new();
    let inputs: Vec<(String, ClaimInput)> = catalog
        .claims
        .iter()
        .flat_map(|c| c.inputs.iter().map(move |i| (format!("{}.{}", c.id, i.name), i.clone())))
        .filter(|(_, i)| i.measured_by.is_some())
        .collect();
    for (name, input) in inputs {
        let Some(address) = &input.measured_by else { continue };
        if catalog.was_set(input.cell) || seen.contains(&input.cell) {
            continue;
        }
        seen.push(input.cell);
        let found = match value(catalog, records, address, &input.unit) {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            Err(why) => {
                kept.push(Kept { input: name, why });
                continue;
            }
        };
        let (e, measurement) = found;
        if let Err(error) = catalog.measure(input.cell, (e.low, e.value, e.high), measurement) {
            kept.push(Kept { input: name, why: error.to_string() });
        }
    }
    kept
}

/// The value at an address, in base units; none if no record is of its device.
fn value(
    catalog: &Catalog,
    records: &Records,
    address: &MeasuredBy,
    unit: &Unit,
) -> Result<Option<(Estimate, Measurement)>, String> {
    if !records.have(catalog, &address.device) {
        return Ok(None);
    }
    let (Some(model), Some(dtype)) = (&address.model, &address.dtype) else {
        return Err("its address names no model or no dtype: nothing can be composed for it".to_owned());
    };
    let weights = dtype.parse().map_err(|e: crate::workload::UnknownFormat| e.to_string())?;
    let point = Point::new(address.batch.unwrap_or(1), address.context.unwrap_or(2048), weights);
    let query = Query { model, device: &address.device, point, track: None, reserve: 0.0 };
    let found = answer(catalog, records, &query).map_err(|e| e.to_string())?;
    let Some(evidence) = &found.device.evidence else {
        return Err("none of its records is verified and timed".to_owned());
    };
    let prefill = address.phase.as_deref() == Some("prefill");
    let step = if prefill { &found.prefill } else { &found.decode };
    estimate_of(step)?;
    let (estimate, wanted) = metric(&found, step, prefill, address)?;
    if !wanted.iter().any(|w| Unit::parse(w).is_ok_and(|w| w.dimension() == unit.dimension())) {
        return Err(format!("{} is in {}, and the input is in {unit}", address.metric, wanted[0]));
    }
    let measurement = Measurement {
        interpolated: step.basis == Basis::Interpolated,
        how: how(step, &evidence.text()),
        records: step.citations(records),
    };
    Ok(Some((estimate, measurement)))
}

/// Bounds and unknown ends are no estimates: they replace nothing.
fn estimate_of(step: &Step) -> Result<(), String> {
    if step.is_estimate() {
        return Ok(());
    }
    let weak = step.parts.iter().find(|p| p.basis.bounds() || !p.seconds.high.is_finite());
    let Some(part) = weak else { return Err("the records give no interval".to_owned()) };
    let why = match (&part.because, part.basis.bounds()) {
        (Some(because), true) => because.clone(),
        _ => "one neighbour alone, so that nothing says how far off it is".to_owned(),
    };
    let count = step.parts.iter().filter(|p| p.basis.bounds()).count();
    let of =
        if count > 1 { format!(", and {} more of {} kernels", count - 1, step.parts.len()) } else { String::new() };
    Err(format!("{}: {why}{of}; `wattmark workload --as-suite FILE` writes what to run", part.op.id))
}

/// The metric in base units, and the units that it may have.
fn metric(
    found: &Answer,
    step: &Step,
    prefill: bool,
    address: &MeasuredBy,
) -> Result<(Estimate, &'static [&'static str]), String> {
    let tokens = if prefill { found.point.prompt } else { found.point.batch } as f64;
    let rate = step.seconds.rate(tokens);
    let scaled = |e: Estimate, by: f64| Estimate { value: e.value / by, low: e.low / by, high: e.high / by };
    let peak = || found.published_bandwidth.ok_or("the catalogue has no bandwidth of the device".to_owned());
    match address.metric.as_str() {
        "tok_per_s" => Ok((rate, &["tok/s", "tok/GPU-s", "tok/vehicle-s", "tok/robot-s"])),
        "tok_per_gb" => Ok((scaled(rate, peak()?), &["tok/B"])),
        "fraction_of_bandwidth" if !prefill => Ok((
            found.fraction_of_bandwidth().ok_or_else(|| "the catalogue has no bandwidth of the device".to_owned())?,
            &["1"],
        )),
        "watts" => {
            let joules = joules(step, address)?;
            let relative = joules.noise() + step.seconds.noise();
            if relative >= 1.0 {
                return Err(too_wide(relative));
            }
            let value = joules.value / step.seconds.value;
            let watts = Estimate { value, low: value * (1.0 - relative), high: value * (1.0 + relative) };
            Ok((watts, &["W", "W/GPU", "W/vehicle", "W/robot"]))
        }
        "tok_per_joule" => Ok((joules(step, address)?.rate(tokens), &["tok/J"])),
        other => Err(format!("nothing here measures `{other}`")),
    }
}

/// Joules of the step at the boundary that the address names.
fn joules(step: &Step, address: &MeasuredBy) -> Result<Estimate, String> {
    let found = step.joules.as_ref().map_err(Clone::clone)?;
    let boundary = address.boundary.as_deref().unwrap_or("none");
    let meters: &[&str] = match boundary {
        "chip" => &["package", "module"],
        "board" => &["gpu_board"],
        "wall" => &["wall_ac"],
        _ => &[],
    };
    if !meters.contains(&found.boundary.as_str()) {
        return Err(format!("its joules are due at the {boundary}, and the meter saw {}", found.boundary));
    }
    let (value, u95) = (found.joules.value, found.joules.u95);
    if u95 >= value {
        return Err(too_wide(u95 / value));
    }
    Ok(Estimate { value, low: value - u95, high: value + u95 })
}

fn too_wide(relative: f64) -> String {
    format!("its joules are known no better than ±{:.0} %: measure the cases that are missing", relative * 100.0)
}

fn how(step: &Step, device: &str) -> String {
    let shares = step.shares.iter().map(|(b, s)| format!("{} {:.0} % of the time", b.name(), s * 100.0));
    format!("{} kernels composed, {}, on {device}", step.parts.len(), shares.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backend::{DeviceClass, DeviceFacts, Track},
        claim::{Basis as Rests, InputResult, Outcome, Settings, evaluate},
        kernel::{Case, Work},
        record::{Record, WindowKind},
        report::fixtures,
        workload::{Format, Place, decode},
    };

    const QUICK: Settings = Settings { draws: 2000, seed: 1 };

    fn catalog() -> Catalog {
        Catalog::load(&[]).unwrap_or_else(|e| panic!("{e}"))
    }

    fn h100(class: DeviceClass) -> DeviceFacts {
        fixtures::device("cuda-native:0", "NVIDIA H100 80GB HBM3", class, Track::Native, "sm_90")
    }

    /// The ceilings and every kernel of the address that the claims on H100 name, each taking `seconds` and `joules`.
    fn every_kernel(device: &DeviceFacts, seconds: f64, joules: f64) -> Vec<Record> {
        every_kernel_in(device, |_| (seconds, joules))
    }

    fn every_kernel_in(device: &DeviceFacts, cost: impl Fn(Work) -> (f64, f64)) -> Vec<Record> {
        let model = &catalog().models["llama-3.1-8b"];
        let ops = decode(model, &Point::new(64, 2048, Format::Bf16)).unwrap();
        let ceilings = ["ceiling/read/f32/bytes=134217728/cold", "ceiling/fma/f32/lanes=786432,iters=1024/hot"];
        let ceilings = ceilings.map(|id| fixtures::ok(id, device, 134_217_728e-12));
        let kernel = |id: &str| {
            let (seconds, joules) = cost(id.parse::<Case>().unwrap().work());
            fixtures::measured(fixtures::ok(id, device, seconds), WindowKind::Published, joules)
        };
        ceilings.into_iter().chain(ops.iter().map(|o| kernel(&o.id))).collect()
    }

    fn records(all: Vec<Record>) -> Records {
        let place = |line| Place { file: "h100.jsonl".to_owned(), line };
        Records::of(all.into_iter().enumerate().map(|(i, r)| (place(i + 1), r)).collect())
    }

    fn input<'o>(outcome: &'o Outcome, name: &str) -> &'o InputResult {
        outcome.inputs.iter().find(|i| i.name == name).unwrap()
    }

    #[test]
    fn records_replace_priors_and_are_cited() {
        let mut catalog = catalog();
        let kept = replace_priors(&mut catalog, &records(every_kernel(&h100(DeviceClass::Discrete), 1e-4, 0.045)));
        assert!(kept.is_empty(), "{kept:?}");
        let outcomes = evaluate(&catalog, &["ZERO-MC-INFER", "FLEET-83X", "ZERO-MC-EDGE"], QUICK);
        let of = |id: &str| outcomes.iter().find(|o| o.claim.id == id).unwrap();
        let infer = of("ZERO-MC-INFER");
        // 257 launches of 100 us for 64 tokens: 64 products of q and o, 64 of k and v, 64 of gate and up, 32 of down,
        // 32 attentions, one head.
        let speed = input(infer, "tok_s_gpu");
        assert_eq!(speed.basis, Rests::Measured);
        assert!((speed.mode / (64.0 / 257e-4) - 1.0).abs() < 1e-3, "{speed:?}");
        assert!(speed.low < speed.mode && speed.high > speed.mode && speed.high / speed.low < 1.01);
        let watts = input(infer, "board_w");
        assert!((watts.mode / 450.0 - 1.0).abs() < 1e-3, "{watts:?}");
        let cited = &speed.measurement.as_ref().unwrap().records;
        assert_eq!(cited.len(), 6);
        assert_eq!((cited[0].file.as_str(), cited[0].line), ("h100.jsonl", 3));
        assert!(cited[0].device.contains("NVIDIA H100"));
        assert!(infer.headline.priors.is_empty() && !infer.headline.text().contains("prior"));
        assert!((input(of("FLEET-83X"), "dc_tok_j").mode / (64.0 / (257.0 * 0.045)) - 1.0).abs() < 1e-3);
        // The car's own input has no record, and says so.
        assert_eq!(of("ZERO-MC-EDGE").headline.priors, ["tok_s_per_gbs"]);
    }

    #[test]
    fn neighbours_are_said_to_be_neighbours() {
        // All reach four fifths of the bandwidth, at 450 W.
        let cost = |work: Work| (work.bytes / 0.8e12, work.bytes / 0.8e12 * 450.0);
        let mut all = every_kernel_in(&h100(DeviceClass::Discrete), cost);
        all.retain(|r| r.case.id != "matmul/skinny/bf16/m=64,n=4096,k=4096/cold");
        let mut catalog = catalog();
        assert_eq!(replace_priors(&mut catalog, &records(all)), []);
        let outcome = &evaluate(&catalog, &["ZERO-MC-INFER"], QUICK)[0];
        assert_eq!(input(outcome, "tok_s_gpu").basis, Rests::Interpolated);
        assert!(outcome.headline.text().ends_with("(interpolated)"), "{}", outcome.headline.text());
    }

    #[test]
    fn what_cannot_stand_replaces_nothing() {
        let prior = |all: Vec<Record>, set: Option<&str>| {
            let mut catalog = catalog();
            if let Some(set) = set {
                catalog.set(set).unwrap();
            }
            let kept = replace_priors(&mut catalog, &records(all));
            (kept, input(&evaluate(&catalog, &["ZERO-MC-INFER"], QUICK)[0], "tok_s_gpu").basis)
        };
        let card = h100(DeviceClass::Discrete);
        let (kept, basis) = prior(every_kernel(&h100(DeviceClass::Mock), 1e-4, 0.045), None);
        assert_eq!((kept.len(), basis), (0, Rests::Prior), "a scripted device is no H100");
        let (kept, basis) = prior(every_kernel(&h100(DeviceClass::Software), 1e-4, 0.045), None);
        assert_eq!((kept.len(), basis), (0, Rests::Prior), "a rasterizer is no H100");
        let emulated = DeviceFacts { emulated: Some("by QEMU".to_owned()), ..card.clone() };
        let (kept, basis) = prior(every_kernel(&emulated, 1e-4, 0.045), None);
        assert_eq!((kept.len(), basis), (0, Rests::Prior), "an emulated H100 is none");
        // Without attention a part of the time is only a bound.
        let mut all = every_kernel(&card, 1e-4, 0.045);
        all.retain(|r| r.case.family != "attention");
        let (kept, basis) = prior(all, None);
        assert_eq!(basis, Rests::Prior);
        let why = &kept.iter().find(|k| k.input == "ZERO-MC-INFER.tok_s_gpu").unwrap().why;
        assert!(why.contains("attention/decode/bf16/batch=64") && why.contains("no measured case"), "{why}");
        // Times without joules feed a speed and no watts.
        let mut all = every_kernel(&card, 1e-4, 0.045);
        all.iter_mut().for_each(|r| r.energy = crate::record::Energy::unmeasured("no meter", ""));
        let (kept, basis) = prior(all, None);
        assert_eq!(basis, Rests::Measured);
        assert!(kept.iter().any(|k| k.input.ends_with("board_w") && k.why.contains("unmeasured")), "{kept:?}");
        let (_, basis) = prior(every_kernel(&card, 1e-4, 0.045), Some("tok_s_gpu=3000"));
        assert_eq!(basis, Rests::Set, "the user's own value stands");
    }

    #[test]
    fn four_bit_weights_need_records_of_their_own() {
        let orin = fixtures::device("cuda-native:0", "Orin", DeviceClass::Integrated, Track::Native, "sm_87");
        let mut catalog = catalog();
        let kept = replace_priors(&mut catalog, &records(every_kernel(&orin, 1e-3, 0.02)));
        assert!(kept.iter().any(|k| k.input == "EDGE-FEASIBLE.mbu" && k.why.contains("w4a16")), "{kept:?}");
    }
}
