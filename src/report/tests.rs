//! Snapshots of every sort of row in every format, and hostile text in all of them.
//! Tests layout and escaping; numbers are tested where they are derived.

use proptest::prelude::*;

use super::{
    Format, Rows, Style, compared::Compared, devices::Devices, devices::SensorRow, fixtures, render, results::Results,
    sensors::Sensors, verified::Verified,
};
use crate::{
    compare::{DEFAULT_MARGIN, Gate, across_backends, compare, gate},
    record::{Record, Status},
};

fn width(columns: usize) -> Style {
    Style { width: columns, color: false }
}

fn sensors() -> Vec<SensorRow> {
    vec![SensorRow {
        sensor: "rapl".to_owned(),
        kind: "counter".to_owned(),
        boundary: "package".to_owned(),
        device: Some("cpu:0".to_owned()),
        period: Some("1 ms".to_owned()),
        note: None,
    }]
}

/// A second run: slower here, failed there, one case gone, one new.
fn second_run() -> Vec<Record> {
    let mut records = fixtures::records();
    let failed = fixtures::position(&records, "cpu", "matmul/gemv/i8");
    records[failed] = fixtures::not_ok(records[failed].clone(), Status::Failed, "the worker was killed: out of memory");
    for record in &mut records {
        record.run.id = "run-b".to_owned();
        if let Some(build) = record.build.as_mut().filter(|_| record.case.variant == "gemv") {
            build.source_sha256 = "fedcba9876543210".repeat(4);
        }
        if let Some(time) = record.time.as_mut().filter(|_| record.case.variant == "gemv") {
            time.samples_s.iter_mut().for_each(|s| *s *= 1.08);
        }
    }
    let gemm = fixtures::position(&records, "gpu", "matmul/gemm/f16");
    records[gemm].environment.power_mode.insert("governor".to_owned(), "powersave".to_owned());
    records.remove(fixtures::position(&records, "gpu", "ceiling/launch"));
    records
}

fn a_gate(rows: &[crate::compare::Comparison]) -> Gate {
    gate(rows, "5%".parse().expect("a threshold"))
}

fn longest_line(text: &str) -> usize {
    text.lines().map(textwrap::core::display_width).max().unwrap_or(0)
}

#[test]
fn results_in_every_format() {
    let records = fixtures::records();
    let rows = Results::of(&records);
    for columns in [80, 100, 160, 220] {
        let text = render(Format::Table, &rows, &width(columns));
        assert!(longest_line(&text) <= columns, "{} columns at width {columns}:\n{text}", longest_line(&text));
        insta::assert_snapshot!(format!("results_table_{columns}"), text);
    }
    for format in [Format::Markdown, Format::Json, Format::Jsonl, Format::Csv] {
        insta::assert_snapshot!(format!("results_{format}"), render(format, &rows, &Style::PLAIN));
    }
}

#[test]
fn colours_only_where_asked_for() {
    let records = fixtures::records();
    let rows = Results::of(&records);
    let plain = render(Format::Table, &rows, &width(160));
    let colored = render(Format::Table, &rows, &Style { width: 160, color: true });
    assert!(!plain.contains('\u{1b}') && colored.contains('\u{1b}'));
}

#[test]
fn devices_in_every_format() {
    let (devices, missing, sensors) = (fixtures::devices(), fixtures::missing(), sensors());
    let rows = Devices { board: None, devices: &devices, sensors: &sensors, missing: &missing };
    for format in Format::ALL {
        insta::assert_snapshot!(format!("devices_{format}"), render(format, &rows, &width(80)));
    }
}

#[test]
fn sensors_in_every_format() {
    let missing = fixtures::missing();
    let sensors = [fixtures::sensor(Ok(41.5)), fixtures::sensor(Err("curr1_input is gone"))];
    let rows = Sensors { sensors: &sensors, missing: &missing };
    for format in Format::ALL {
        insta::assert_snapshot!(format!("sensors_{format}"), render(format, &rows, &width(120)));
    }
}

#[test]
fn no_rows_leave_what_is_missing() {
    let rows = Sensors { sensors: &[], missing: &fixtures::missing() };
    for format in [Format::Table, Format::Markdown] {
        let text = render(format, &rows, &Style::PLAIN);
        assert!(text.starts_with("no sensors\n\n") && text.contains("install the NVIDIA driver"), "{text}");
    }
}

#[test]
fn comparisons_in_every_format() {
    let (before, after) = (fixtures::records(), second_run());
    let comparisons = compare(&before, &after, DEFAULT_MARGIN);
    let gate = a_gate(&comparisons);
    let rows = Compared { comparisons: &comparisons, gate: Some(&gate) };
    for format in Format::ALL {
        let text = render(format, &rows, &width(80));
        assert!(format != Format::Table || longest_line(&text) <= 80, "{text}");
        insta::assert_snapshot!(format!("compared_{format}"), text);
    }
}

#[test]
fn backends_side_by_side() {
    let records = fixtures::records();
    let comparisons = across_backends(&records, Some("cpu"), DEFAULT_MARGIN);
    let text = render(Format::Table, &Compared { comparisons: &comparisons, gate: None }, &width(100));
    insta::assert_snapshot!("across_backends_table", text);
}

#[test]
fn verification_in_every_format() {
    let records = fixtures::records();
    for format in Format::ALL {
        insta::assert_snapshot!(format!("verified_{format}"), render(format, &Verified(&records), &width(80)));
    }
}

#[test]
fn nothing_to_show_is_said() {
    for rows in [&Results::of(&[]) as &dyn Rows, &Verified(&[]), &Compared { comparisons: &[], gate: None }] {
        for format in [Format::Table, Format::Markdown] {
            assert!(render(format, rows, &Style::PLAIN).starts_with("no"), "{format}");
        }
        assert_eq!(render(Format::Json, rows, &Style::PLAIN), "[]\n");
        assert_eq!(render(Format::Jsonl, rows, &Style::PLAIN), "");
    }
}

/// A fixture with hostile text wherever a driver, a user or a file could have put some, and odd numbers.
fn hostile(text: &str, number: f64) -> Vec<Record> {
    let mut records = fixtures::records();
    for record in &mut records {
        record.device.name = text.to_owned();
        record.device.driver = Some(text.to_owned());
        record.run.id = text.to_owned();
        record.environment.machine = Some(text.to_owned());
        record.environment.power_mode.insert(text.to_owned(), text.to_owned());
        record.energy.reason = record.energy.reason.as_ref().map(|_| text.to_owned());
        record.reason = record.reason.as_ref().map(|_| text.to_owned());
        for meter in &mut record.energy.meters {
            meter.sensor = text.to_owned();
            meter.boundary = text.to_owned();
            meter.gross_j.value = number;
            meter.watts.u95 = number;
        }
        for warning in &mut record.warnings {
            warning.text = text.to_owned();
        }
        if let Some(time) = &mut record.time {
            time.samples_s.truncate(3);
            time.samples_s[0] = number.abs();
        }
    }
    records[0].case.id = text.to_owned();
    records
}

fn every_rendering(records: &[Record]) -> Vec<(Format, String)> {
    let comparisons = compare(records, &fixtures::records(), DEFAULT_MARGIN);
    let across = across_backends(records, None, DEFAULT_MARGIN);
    let gate = a_gate(&comparisons);
    let devices: Vec<_> = records.iter().map(|r| r.device.clone()).collect();
    let all: [&dyn Rows; 5] = [
        &Results::of(records),
        &Verified(records),
        &Compared { comparisons: &comparisons, gate: Some(&gate) },
        &Compared { comparisons: &across, gate: None },
        &Devices { board: None, devices: &devices, sensors: &[], missing: &fixtures::missing() },
    ];
    let styles = [width(0), width(80), width(300)];
    all.iter()
        .flat_map(|rows| Format::ALL.into_iter().flat_map(move |f| styles.map(|s| (f, render(f, *rows, &s)))))
        .collect()
}

fn check_harmless(records: &[Record]) -> Result<(), TestCaseError> {
    for (format, text) in every_rendering(records) {
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{format}: {text:?}");
        prop_assert!(!text.contains('\u{202e}'), "{format}: {text:?}");
        match format {
            Format::Json => drop(serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap()),
            Format::Jsonl => {
                text.lines().for_each(|l| drop(serde_json::from_str::<serde_json::Value>(l).unwrap()));
            }
            Format::Markdown => prop_assert!(!text.contains("<script"), "{text}"),
            Format::Csv => {
                let mut reader = csv::Reader::from_reader(text.as_bytes());
                let fields = reader.headers().unwrap().len();
                prop_assert!(reader.records().all(|r| r.unwrap().len() == fields));
            }
            Format::Table => {}
        }
    }
    Ok(())
}

#[test]
fn escape_sequences_and_markup_are_shown_not_obeyed() {
    let text = "\u{1b}[31m\u{9b}2J<script>alert(1)</script> | a \r\n\u{202e}=cmd|' /C' \u{7} 漢字 👩‍🚀";
    for number in [1e300, 5e-324, f64::NAN, f64::INFINITY] {
        check_harmless(&hostile(text, number)).unwrap();
    }
    check_harmless(&hostile(&"x".repeat(5000), 1.0)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rendering_never_panics(text: String, number: f64) {
        check_harmless(&hostile(&text, number))?;
    }
}
