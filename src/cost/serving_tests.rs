//! Speeds that reach a cost: composed from records, published, derated, or bounds that stay bounds.

use std::collections::BTreeMap;

use super::*;
use crate::{
    backend::{DeviceClass, DeviceFacts, Track},
    catalog::Catalog,
    record::{Record, WindowKind},
    report::fixtures,
    workload::{Format, Place, Point, Records, decode},
};

fn catalog() -> Catalog {
    Catalog::load(&[]).unwrap_or_else(|e| panic!("{e}"))
}

fn h100() -> DeviceFacts {
    fixtures::device("cuda-native:0", "NVIDIA H100 80GB HBM3", DeviceClass::Discrete, Track::Native, "sm_90")
}

fn records(all: Vec<Record>) -> Records {
    let place = |line| Place { file: "h100.jsonl".to_owned(), line };
    Records::of(all.into_iter().enumerate().map(|(i, r)| (place(i + 1), r)).collect())
}

/// Every kernel of a model's decode at a point, each 100 us and 0.045 J, and the ceilings: 1 TB/s.
fn every_kernel(model: &str, point: Point) -> Vec<Record> {
    let ops = decode(&catalog().models[model], &point).unwrap();
    let ceilings = ["ceiling/read/f32/bytes=134217728/cold", "ceiling/fma/f32/lanes=786432,iters=1024/hot"];
    let ceilings = ceilings.map(|id| fixtures::ok(id, &h100(), 134_217_728e-12));
    let kernel = |id: &str| fixtures::measured(fixtures::ok(id, &h100(), 1e-4), WindowKind::Published, 0.045);
    ceilings.into_iter().chain(ops.iter().map(|o| kernel(&o.id))).collect()
}

fn ask<'s>(model: &'s str, device: &'s str, records: &'s Records) -> Serving<'s> {
    let edge = !device.starts_with("h100");
    Serving { model, device, edge, point: PointAsked::default(), records, track: None, reserve: 0.1 }
}

fn own(throughput: Throughput) -> Query<'static> {
    let set = BTreeMap::new();
    Query { scenario: "hyperscale-owner", device: "h100-sxm", throughput: Some(throughput), set, ..Query::default() }
}

#[test]
fn records_come_first_with_their_joules() {
    let catalog = catalog();
    let all = records(every_kernel("llama-3.1-8b", Point::new(64, 2048, Format::Bf16)));
    let found = throughput_of(&catalog, &ask("llama-3.1-8b", "h100-sxm", &all)).unwrap();
    // 257 launches of 100 us for 64 tokens, at 450 W.
    assert_eq!(found.basis, Basis::Measured);
    assert!((found.mode / (64.0 / 257e-4) - 1.0).abs() < 1e-3 && found.low <= found.mode && found.mode <= found.high);
    assert_eq!(found.records.len(), 6);
    assert!(found.note.contains("batch 64, context 2048, bf16"), "{}", found.note);
    let watts = found.metered.clone().unwrap();
    assert!((watts.mode / 450.0 - 1.0).abs() < 1e-3 && watts.boundary == "gpu_board", "{watts:?}");
    let priced = price(&catalog, &own(found.clone()), 500, 1).unwrap();
    let drawn = priced.filled.iter().find(|f| f.role == "drawn_power").unwrap();
    assert_eq!((drawn.basis, drawn.by.as_str()), (Basis::Measured, "meter"));
    assert!((drawn.numbers().1 / (450.0 * 1370.0 / 700.0) - 1.0).abs() < 1e-3, "{drawn:?}");
    let of = |name: &str| priced.derived(name).unwrap().value;
    assert!((of("energy") / (0.450 * 1370.0 / 700.0 * 1.15 * 0.08) - 1.0).abs() < 1e-3);
    assert!((of("energy_provisioned") - 1.37 * 1.15 * 0.08).abs() < 1e-12);
    assert_eq!(priced.sense(), Sense::Estimate);
    // The user's own watts stand above the meter's.
    let set = BTreeMap::from([("it_power", 1000.0)]);
    let priced = price(&catalog, &Query { set, ..own(found) }, 500, 1).unwrap();
    assert!((priced.derived("energy").unwrap().value - 0.092).abs() < 1e-12);
}

#[test]
fn a_missing_kernel_is_interpolated_or_leaves_a_published_figure_or_a_bound() {
    let catalog = catalog();
    let mut all = every_kernel("llama-3.1-8b", Point::new(64, 2048, Format::Bf16));
    all.retain(|r| r.case.id != "matmul/skinny/bf16/m=64,n=4096,k=4096/cold");
    let some = records(all.clone());
    let found = throughput_of(&catalog, &ask("llama-3.1-8b", "h100-sxm", &some)).unwrap();
    assert_eq!(found.basis, Basis::Interpolated);
    // Without attention a part of the time is only a bound: what somebody published is better than that.
    all.retain(|r| r.case.family != "attention");
    let less = records(all);
    let asked = ask("llama-3.1-8b", "h100-sxm", &less);
    assert_eq!(throughput_of(&catalog, &asked).unwrap().basis, Basis::Published);
    // Nobody published this point.
    let point = PointAsked { context: Some(4096), ..PointAsked::default() };
    let found = throughput_of(&catalog, &Serving { point, ..asked }).unwrap();
    assert_eq!(found.basis, Basis::Roof);
    assert!(found.low == found.high && found.note.starts_with("at most this"), "{found:?}");
}

#[test]
fn without_records_a_bound_is_a_bound() {
    let (catalog, none) = (catalog(), Records::default());
    let asked = ask("llama-3.2-3b", "h100-sxm", &none);
    let found = throughput_of(&catalog, &asked).unwrap();
    assert_eq!(found.basis, Basis::PublishedRoof);
    // Multiplied weights: 28 layers of 2 x 3072 x 3072 + 2 x 1024 x 3072 + 3 x 8192 x 3072, and the head; the cache:
    // 64 x 2048 tokens of 28 x 2 x 8 x 128; two bytes each.
    let weights = 28.0 * (2.0 * 3072.0 * 3072.0 + 2.0 * 1024.0 * 3072.0 + 3.0 * 8192.0 * 3072.0) + 128_256.0 * 3072.0;
    let cache = 64.0 * 2048.0 * 28.0 * 2.0 * 8.0 * 128.0;
    let most = 64.0 / ((weights + cache) * 2.0 / 3.35e12);
    assert!(found.mode <= most && found.mode > 0.9 * most, "{} {most}", found.mode);
    let priced = price(&catalog, &own(found), 500, 1).unwrap();
    assert_eq!(priced.sense(), Sense::AtLeast);
    assert_eq!(priced.step("tok_s_per_mw").unwrap().sense, Sense::AtMost);
    assert_eq!(priced.step("per_hour").unwrap().sense, Sense::Estimate);
    assert!(priced.terms.iter().filter(|t| t.summary.value > 0.0).all(|t| t.sense == Sense::AtLeast));
    let larger = throughput_of(&catalog, &ask("llama-3.1-405b", "h100-sxm", &none)).unwrap_err().to_string();
    assert!(larger.contains("does not fit on h100-sxm") && larger.contains("of 80.0 GB"), "{larger}");
    let point = PointAsked { devices: Some(16), ..PointAsked::default() };
    let shared = throughput_of(&catalog, &Serving { point, ..ask("llama-3.1-405b", "h100-sxm", &none) }).unwrap();
    assert!(shared.note.contains("16 devices") && shared.basis.bounds());
    let unknown = throughput_of(&catalog, &ask("llama-3.1-8b", "host-cpu", &none)).unwrap_err().to_string();
    assert!(unknown.contains("no read bandwidth is known") && unknown.contains("--throughput"), "{unknown}");
}

#[test]
fn a_device_of_which_a_share_of_the_roof_is_published_is_derated_by_it() {
    let (catalog, none) = (catalog(), Records::default());
    let found = throughput_of(&catalog, &ask("llama-3.2-3b", "jetson-agx-orin-64", &none)).unwrap();
    assert_eq!((found.basis, found.source.as_str()), (Basis::Derated, "jetsonlab"));
    assert!(
        (found.low / found.mode - 0.25 / 0.62).abs() < 1e-12 && (found.high / found.mode - 0.92 / 0.62).abs() < 1e-12
    );
    assert!(found.note.contains("EDGE-FEASIBLE.mbu") && found.note.contains("batch 8"), "{}", found.note);
    // A known speed of that very model stands before it, unless another point is asked for.
    let known = ask("llama-3.1-8b", "jetson-agx-orin-64", &none);
    assert_eq!(throughput_of(&catalog, &known).unwrap().mode, 112.33);
    let point = PointAsked { batch: Some(1), ..PointAsked::default() };
    assert_eq!(throughput_of(&catalog, &Serving { point, ..known.clone() }).unwrap().mode, 28.14);
    let point = PointAsked { batch: Some(2), ..PointAsked::default() };
    assert_eq!(throughput_of(&catalog, &Serving { point, ..known }).unwrap().basis, Basis::Derated);
}

#[test]
fn two_bounds_of_different_devices_give_no_ratio() {
    let (catalog, none) = (catalog(), Records::default());
    let bound = |device| throughput_of(&catalog, &ask("llama-3.2-3b", device, &none)).unwrap();
    let party = |name, scenario, device, throughput| Party {
        name,
        query: Query { scenario, device, throughput: Some(throughput), ..Query::default() },
    };
    let compared = |parties| {
        let asked = Asked { parties, share: None, draws: 500, seed: 1 };
        let found = compare(&catalog, &asked).unwrap();
        (found.pairs[0].clone(), found.sides[0].priced.sense())
    };
    let h100 = || party("own", "hyperscale-owner", "h100-sxm", bound("h100-sxm"));
    let rented = |device| party("rent", "renter-on-demand", device, bound(device));
    let (pair, first) = compared(vec![h100(), rented("l40s")]);
    assert_eq!((pair.sense, first), (Sense::Neither, Sense::AtLeast));
    // On one device they are the same number, and cancel.
    let (pair, first) = compared(vec![h100(), rented("h100-sxm")]);
    assert_eq!((pair.sense, first), (Sense::Estimate, Sense::AtLeast));
    // A bound against an estimate: the ratio is at most this, and the break-even is a share of the bound.
    let edge = party("edge", "car-plugged-home", "jetson-agx-orin-64", Throughput::exactly(100.0));
    let (pair, _) = compared(vec![edge, rented("h100-sxm")]);
    assert_eq!(pair.sense, Sense::AtMost);
    let turn = pair.turns.iter().find(|t| t.role == "rent.tok_s").unwrap();
    assert_eq!(turn.now, turn.range.1);
}
