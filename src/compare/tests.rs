//! Pairing, reasons and gates over hand-made records.
//! The statistics are tested in `verdict`.

use super::*;
use crate::{
    record::{Record, Status},
    report::fixtures,
};

fn find<'c>(rows: &'c [Comparison], device: &str, case: &str) -> &'c Comparison {
    let side = |c: &'c Comparison| c.after.as_ref().or(c.before.as_ref()).expect("a row has a side");
    rows.iter().find(|c| c.case.starts_with(case) && side(c).device_id.starts_with(device)).expect("a row of this case")
}

fn scaled(mut records: Vec<Record>, factor: f64) -> Vec<Record> {
    for time in records.iter_mut().filter_map(|r| r.time.as_mut()) {
        time.samples_s.iter_mut().for_each(|s| *s *= factor);
    }
    records
}

#[test]
fn every_record_is_in_some_row() {
    let before = fixtures::records();
    let mut after = fixtures::records();
    let gone = after.remove(0);
    let rows = compare(&before, &after, DEFAULT_MARGIN);
    assert_eq!(rows.len(), before.len());
    let row = find(&rows, "gpu", &gone.case.id);
    assert_eq!(row.outcome, Outcome::OnlyBefore);
    assert!(row.reason.as_ref().unwrap().contains("no record"));
    assert_eq!(compare(&after, &before, DEFAULT_MARGIN).last().unwrap().outcome, Outcome::OnlyAfter);
}

#[test]
fn a_new_driver_is_named_as_the_reason() {
    let before = fixtures::records();
    let mut after = fixtures::records();
    after.iter_mut().for_each(|r| r.device.driver = Some("fixture 2.0".to_owned()));
    let rows = compare(&before, &after, DEFAULT_MARGIN);
    assert!(rows.iter().all(|c| matches!(c.outcome, Outcome::OnlyBefore | Outcome::OnlyAfter)));
    assert!(rows[0].reason.as_ref().unwrap().contains("fixture 2.0"), "{:?}", rows[0].reason);
}

#[test]
fn an_emulated_side_is_never_set_against_hardware() {
    let before = fixtures::records();
    let mut after = fixtures::records();
    let played = |r: &mut Record| r.device.emulated = Some("an aarch64 program on an x86 kernel".to_owned());
    after.iter_mut().for_each(played);
    let rows = compare(&before, &after, DEFAULT_MARGIN);
    assert!(rows.iter().all(|c| c.ratio.is_none() && c.outcome != Outcome::Same), "another device altogether");
    assert!(rows[0].reason.as_ref().unwrap().contains("/emulated"), "{:?}", rows[0].reason);
    // Within one set, where backends and not keys are paired.
    let mut set = fixtures::records();
    set.iter_mut().filter(|r| r.device.id.starts_with("cpu")).for_each(played);
    let rows = across_backends(&set, None, DEFAULT_MARGIN);
    let mixed = |c: &&Comparison| {
        let emulated = |side: &Option<Side>| side.as_ref().map(|s| s.emulated.is_some());
        matches!((emulated(&c.before), emulated(&c.after)), (Some(a), Some(b)) if a != b)
    };
    let mixed: Vec<_> = rows.iter().filter(mixed).collect();
    assert!(!mixed.is_empty(), "the fixtures have a CPU and a rasterizer on one hardware");
    for row in mixed {
        assert_eq!((row.outcome, row.ratio), (Outcome::NotCompared, None));
        assert!(row.reason.as_ref().unwrap().contains("never compared with hardware"), "{:?}", row.reason);
    }
    // Two runs of one emulator are like any two runs.
    assert!(compare(&after, &after, DEFAULT_MARGIN).iter().any(|c| c.outcome == Outcome::Same));
}

#[test]
fn power_modes_and_unverified_outputs_are_not_judged() {
    let before = fixtures::records();
    let mut after = fixtures::records();
    let at = fixtures::position(&after, "gpu", "matmul/gemv");
    after[at].environment.power_mode.insert("power_limit".to_owned(), "300 W".to_owned());
    let wrong = fixtures::position(&after, "cpu", "matmul/gemv/i8");
    after[wrong].verification.as_mut().unwrap().passed = false;
    let rows = compare(&before, &after, DEFAULT_MARGIN);
    let row = find(&rows, "gpu", "matmul/gemv");
    assert_eq!(row.outcome, Outcome::NotCompared);
    assert!(row.reason.as_ref().unwrap().contains("power_limit not recorded against `300 W`"), "{:?}", row.reason);
    let row = find(&rows, "cpu", "matmul/gemv/i8");
    assert_eq!((row.outcome, row.ratio), (Outcome::StatusChanged, None));
    assert!(row.reason.as_ref().unwrap().contains("not verified"), "{:?}", row.reason);
}

#[test]
fn sources_and_clocks_that_differ_are_said() {
    let before = fixtures::records();
    let mut after = fixtures::records();
    let at = fixtures::position(&after, "gpu", "matmul/gemv");
    after[at].build.as_mut().unwrap().source_sha256 = "f".repeat(64);
    after[at].time.as_mut().unwrap().clock = crate::record::TimeSource::Host;
    let rows = compare(&before, &after, DEFAULT_MARGIN);
    let notes = find(&rows, "gpu", "matmul/gemv").notes.join("\n");
    assert!(notes.contains("source differs: 0123456789ab against ffffffffffff"), "{notes}");
    assert!(notes.contains("clocks differ"), "{notes}");
}

#[test]
fn records_of_one_key_are_pooled_and_the_failed_one_is_counted() {
    let before = fixtures::records();
    let mut after = fixtures::records();
    let at = fixtures::position(&after, "gpu", "matmul/gemv");
    after.insert(at, fixtures::not_ok(after[at].clone(), Status::Failed, "the device was lost"));
    after.push(after[at + 1].clone());
    let rows = compare(&before, &after, DEFAULT_MARGIN);
    let row = find(&rows, "gpu", "matmul/gemv");
    assert_eq!(row.outcome, Outcome::Same);
    assert_eq!(row.after.as_ref().unwrap().samples, 82);
    assert!(row.notes[0].contains("2 of 3 records"), "{:?}", row.notes);
}

#[test]
fn series_taken_in_turns_are_compared_in_order() {
    let name = |mut records: Vec<Record>| {
        records.iter_mut().for_each(|r| drop(r.run.settings.insert(INTERLEAVED.to_owned(), "round-1".to_owned())));
        records
    };
    let rows = compare(&name(fixtures::records()), &name(scaled(fixtures::records(), 1.05)), DEFAULT_MARGIN);
    let row = find(&rows, "gpu", "matmul/gemv");
    assert_eq!((row.method, row.outcome), (Some(Method::Interleaved), Outcome::Slower));
    let ratio = row.ratio.unwrap();
    assert!((ratio.low - 1.05).abs() < 1e-9 && (ratio.high - 1.05).abs() < 1e-9, "{ratio:?}");
}

#[test]
fn backends_are_paired_on_one_hardware_only() {
    let rows = across_backends(&fixtures::records(), Some("cpu"), DEFAULT_MARGIN);
    assert_eq!(rows.len(), fixtures::records().len() - 1, "one pair, and a row for each record without a peer");
    let pair = rows.iter().find(|c| c.ratio.is_some()).unwrap();
    assert_eq!((pair.scope, pair.outcome), (Scope::Backends, Outcome::Faster));
    assert_eq!(pair.before.as_ref().unwrap().device_id, "cpu:0");
    assert_eq!(pair.after.as_ref().unwrap().device_id, "wgpu:0");
    assert!(pair.notes.iter().any(|n| n.contains("software rasterizer")), "{:?}", pair.notes);
    let other = across_backends(&fixtures::records(), None, DEFAULT_MARGIN);
    assert_eq!(other.iter().filter(|c| c.ratio.is_some()).count(), 1);
    assert!(across_backends(&fixtures::records(), Some("cuda"), DEFAULT_MARGIN).iter().all(|c| c.ratio.is_none()));
}

#[test]
fn gates_break_on_slowdowns_lost_cases_and_nothing_to_judge() {
    let at = |text: &str| text.parse::<Threshold>().unwrap();
    let before = fixtures::records();
    let judged = |after: &[Record], threshold| gate(&compare(&before, after, DEFAULT_MARGIN), at(threshold));
    assert!(judged(&before, "5%").holds);
    assert!(judged(&scaled(before.clone(), 1.04), "5%").holds);
    assert!(!judged(&scaled(before.clone(), 1.06), "5 %").holds);
    // Under the margin of `same`, and still over the user's own threshold.
    assert!(!judged(&scaled(before.clone(), 1.02), "1%").holds);
    assert!(judged(&scaled(before.clone(), 0.5), "5%").holds);
    let mut failing = before.clone();
    let one = fixtures::position(&failing, "gpu", "matmul/gemv");
    failing[one] = fixtures::not_ok(failing[one].clone(), Status::Failed, "the device was lost");
    let broken = judged(&failing, "5%");
    assert!(!broken.holds && broken.broken[0].contains("the device was lost"), "{broken:?}");
    assert!(!gate(&[], at("5%")).holds, "nothing to judge is no pass");
    assert_eq!(judged(&before[1..], "5%").undecided.len(), 1);
    for bad in ["5", "0%", "-1%", "x%", "inf%", "nan%", ""] {
        assert!(bad.parse::<Threshold>().is_err(), "{bad}");
    }
}

#[test]
fn comparisons_are_json() {
    let rows = compare(&fixtures::records(), &fixtures::records(), DEFAULT_MARGIN);
    let json = serde_json::to_value(&rows).unwrap();
    assert_eq!(json[0]["outcome"], "same");
    assert_eq!(json[0]["before"]["device_id"], "gpu:0");
    assert_eq!(summary(&rows).iter().map(|(_, n)| n).sum::<usize>(), rows.len());
}
