//! Verification results as rows: how far each output was from the f64 reference.
//! Shows no time: that an output is right says nothing of its speed.

use serde::Serialize;

use super::{
    Field, Grid, Rows, field, json, number,
    results::{case_cell, describe, name_of, track},
    sheet::{Cell, Column, Group, Notes, Sheet, Tone},
    words,
};
use crate::{
    backend::{DeviceClass, Track},
    kernel::Verification,
    record::{Record, Status},
};

/// Records of which only the verification counts.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'r>(pub &'r [Record]);

#[derive(Serialize)]
struct Row<'r> {
    run: &'r str,
    case: &'r str,
    track: Track,
    device_id: &'r str,
    device: &'r str,
    device_class: DeviceClass,
    device_key: String,
    status: Status,
    reason: Option<&'r str>,
    verification: Option<&'r Verification>,
}

impl<'r> Row<'r> {
    fn of(record: &'r Record) -> Row<'r> {
        Row {
            run: &record.run.id,
            case: &record.case.id,
            track: record.case.track,
            device_id: &record.device.id,
            device: &record.device.name,
            device_class: record.device.class,
            device_key: record.device.key(),
            status: record.status,
            reason: record.reason.as_deref(),
            verification: record.verification.as_ref(),
        }
    }
}

/// `passed`, `wrong`, or the status of a case that has no output.
fn verdict(record: &Record) -> &'static str {
    match (&record.verification, record.status) {
        (Some(v), _) if v.passed => "passed",
        (Some(_), _) => "wrong",
        (None, Status::Ok) => "unverified",
        (None, status) => status.name(),
    }
}

impl Rows for Verified<'_> {
    fn sheet(&self) -> Sheet {
        let columns = vec![
            Column::text("case"),
            Column::text("output"),
            Column::number("compared"),
            Column::number("rel. error"),
            Column::number("allowed"),
            Column::number("worst element"),
            Column::number("allowed"),
        ];
        let mut sheet = Sheet { columns, empty: "nothing verified", ..Sheet::default() };
        let mut keys: Vec<String> = Vec::new();
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for record in self.0 {
            let key = format!("{} {}", record.device.id, record.device.key());
            let at = keys.iter().position(|k| *k == key).unwrap_or_else(|| {
                keys.push(key);
                let mut heading = format!("{}, {} track", describe(&record.device), track(record.case.track));
                if record.device.class == DeviceClass::Software {
                    heading.push_str(", software rasterizer");
                }
                sheet.groups.push(Group { heading: vec![heading], rows: vec![] });
                keys.len() - 1
            });
            let cells = cells(record, &mut sheet.notes);
            sheet.groups[at].rows.push(cells);
            match counts.iter_mut().find(|(name, _)| *name == verdict(record)) {
                Some((_, n)) => *n += 1,
                None => counts.push((verdict(record), 1)),
            }
        }
        let counts: Vec<_> = counts.iter().map(|(name, n)| format!("{n} {name}")).collect();
        sheet.summary = vec![counts.join(", ")];
        sheet
    }

    fn json(&self) -> Vec<serde_json::Value> {
        self.0.iter().map(|r| json::value(&Row::of(r))).collect()
    }

    fn grid(&self) -> Grid {
        let header = vec![
            "run",
            "case",
            "track",
            "device_id",
            "device",
            "device_class",
            "status",
            "reason",
            "output",
            "elements",
            "compared",
            "unwritten_or_nan",
            "relative_frobenius",
            "relative_frobenius_allowed",
            "worst_noise",
            "worst_noise_allowed",
            "mismatched",
            "failure",
        ];
        Grid { header, rows: self.0.iter().map(fields).collect() }
    }
}

fn fields(record: &Record) -> Vec<Field> {
    let row = Row::of(record);
    let may = |text: Option<&str>| text.map_or(Field::Empty, words);
    let count = |n: Option<u64>| n.map_or(Field::Empty, Field::Count);
    let v = row.verification;
    vec![
        words(row.run),
        words(row.case),
        words(track(row.track)),
        words(row.device_id),
        words(row.device),
        words(name_of(row.device_class)),
        words(row.status.name()),
        may(row.reason),
        words(verdict(record)),
        count(v.map(|v| v.elements)),
        count(v.map(|v| v.compared)),
        count(v.map(|v| v.unwritten_or_nan)),
        field(v.and_then(|v| v.relative_frobenius)),
        field(v.and_then(|v| v.tolerance.relative_frobenius)),
        field(v.and_then(|v| v.worst_noise)),
        field(v.map(|v| v.tolerance.worst_noise)),
        count(v.and_then(|v| v.mismatched)),
        may(v.and_then(|v| v.failure.as_deref())),
    ]
}

fn cells(record: &Record, notes: &mut Notes) -> Vec<Cell> {
    let verdict = verdict(record);
    let tone = match verdict {
        "passed" => Tone::Good,
        "wrong" | "failed" | "unverified" => Tone::Bad,
        _ => Tone::Faint,
    };
    let failure = record.verification.as_ref().and_then(|v| v.failure.as_deref());
    let why = [failure, record.reason.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("; ");
    let mark = if why.is_empty() { String::new() } else { notes.mark(format!("{verdict}: {why}")) };
    let mut cells = vec![case_cell(&record.case.id), Cell::parts([verdict.to_owned(), mark]).tone(tone)];
    let Some(v) = &record.verification else {
        cells.resize(7, Cell::default());
        return cells;
    };
    let compared = format!("of {}", v.elements);
    cells.push(Cell::parts([v.compared.to_string(), if v.compared == v.elements { String::new() } else { compared }]));
    let error = |e: Option<f64>| e.map_or_else(|| "not a number".to_owned(), |e| format!("{e:.1e}"));
    match v.mismatched {
        Some(mismatched) => cells.extend([
            Cell::of(format!("{mismatched} differ")),
            Cell::of("bit for bit"),
            Cell::default(),
            Cell::default(),
        ]),
        None => {
            cells.extend([
                Cell::of(error(v.relative_frobenius)),
                Cell::of(v.tolerance.relative_frobenius.map_or_else(|| "none".to_owned(), allowed)),
            ]);
            let worst = v.worst_noise.map_or_else(|| "not a number".to_owned(), |w| number::decimal(w, 3));
            cells.extend([Cell::of(worst), Cell::of(number::decimal(v.tolerance.worst_noise, 2))]);
        }
    }
    cells
}

/// A tolerance, or that there is none on this error.
fn allowed(tolerance: f64) -> String {
    if tolerance.is_finite() { format!("{tolerance:.1e}") } else { "any".to_owned() }
}
