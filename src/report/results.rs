//! Records as rows: one case on one device, with the metrics that follow from it.
//! Shows every record, whatever became of it; derives nothing itself.

use std::{borrow::Cow, collections::HashMap};

use serde::Serialize;

use super::{
    Fraction, Grid, Rows, columns,
    explain::explain,
    field, json,
    metrics::{self, EnergyMetrics, Metrics, TimeMetrics},
    number,
    sheet::{Cell, Column, Group, Notes, Sheet, Tone},
    words,
};
use crate::{
    backend::{DeviceClass, DeviceFacts, Track},
    kernel::OpUnit,
    record::{EnergyStatus, Record, Status, TimeSource, Warning, WindowKind},
};

/// Records and their metrics.
#[derive(Debug)]
pub struct Results<'r>(Vec<(&'r Record, Option<Cow<'r, Metrics>>)>);

impl<'r> Results<'r> {
    /// Derives the metrics of whole runs; see [`metrics::derive`].
    pub fn of(records: &'r [Record]) -> Results<'r> {
        Results(records.iter().zip(metrics::derive(records)).map(|(r, m)| (r, m.map(Cow::Owned))).collect())
    }

    /// Records whose metrics are derived already.
    pub(crate) fn derived(rows: impl Iterator<Item = (&'r Record, Option<&'r Metrics>)>) -> Results<'r> {
        Results(rows.map(|(r, m)| (r, m.map(Cow::Borrowed))).collect())
    }

    fn rows(&self) -> impl Iterator<Item = (&'r Record, Option<&Metrics>)> {
        self.0.iter().map(|(record, metrics)| (*record, metrics.as_deref()))
    }
}

/// One record for programs.
#[derive(Serialize)]
struct ResultRow<'r> {
    run: &'r str,
    suite: &'r str,
    machine: Option<&'r str>,
    case: &'r str,
    track: Track,
    device_id: &'r str,
    device: &'r str,
    device_class: DeviceClass,
    device_api: &'r str,
    device_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_emulated: Option<&'r str>,
    status: Status,
    reason: Option<&'r str>,
    verified: Option<bool>,
    time: Option<&'r TimeMetrics>,
    ceiling: Option<&'r Fraction>,
    no_ceiling: Option<&'r str>,
    energy_status: EnergyStatus,
    energy_reason: Option<&'r str>,
    energy_fix: Option<&'r str>,
    measured_energy: &'r [EnergyMetrics],
    modelled_energy: &'r [EnergyMetrics],
    warnings: &'r [Warning],
}

fn row<'a>(record: &'a Record, metrics: Option<&'a Metrics>) -> ResultRow<'a> {
    ResultRow {
        run: &record.run.id,
        suite: &record.run.suite,
        machine: record.environment.machine.as_deref(),
        case: &record.case.id,
        track: record.case.track,
        device_id: &record.device.id,
        device: &record.device.name,
        device_class: record.device.class,
        device_api: &record.device.api,
        device_key: record.device.key(),
        device_emulated: record.device.emulated.as_deref(),
        status: record.status,
        reason: record.reason.as_deref(),
        verified: record.verification.as_ref().map(|v| v.passed),
        time: metrics.and_then(|m| m.time.as_ref()),
        ceiling: metrics.and_then(|m| m.ceiling.as_ref().ok()),
        no_ceiling: metrics.and_then(|m| m.ceiling.as_ref().err()).map(String::as_str),
        energy_status: record.energy.status,
        energy_reason: record.energy.reason.as_deref(),
        energy_fix: record.energy.fix.as_deref(),
        measured_energy: metrics.map_or(&[], |m| &m.energy),
        modelled_energy: metrics.map_or(&[], |m| &m.modelled),
        warnings: &record.warnings,
    }
}

impl Rows for Results<'_> {
    fn sheet(&self) -> Sheet {
        let mut sheet = Sheet { columns: COLUMNS.to_vec(), empty: "no records", ..Sheet::default() };
        let mut groups: HashMap<(String, String), usize> = HashMap::new();
        for (record, metrics) in self.rows() {
            let key = (record.run.id.clone(), format!("{} {}", record.device.id, record.device.key()));
            let at = *groups.entry(key).or_insert_with(|| {
                sheet.groups.push(Group { heading: heading(record), rows: vec![] });
                sheet.groups.len() - 1
            });
            let cells = cells(record, metrics, &mut sheet.notes);
            sheet.groups[at].rows.push(cells);
        }
        sheet
    }

    fn json(&self) -> Vec<serde_json::Value> {
        self.rows().map(|(record, metrics)| json::value(&row(record, metrics))).collect()
    }

    fn grid(&self) -> Grid {
        let header = columns::COLUMNS.iter().map(|column| column.name).collect();
        Grid { header, rows: self.rows().map(|(r, m)| fields(r, m)).collect() }
    }
}

const COLUMNS: [Column; 12] = [
    Column::text("case"),
    Column::text("status"),
    Column::number("median time"),
    Column::number("samples").wide(),
    Column::number("FLOP/s"),
    Column::number("GB/s"),
    Column::number("% of ceiling"),
    Column::number("J/launch"),
    Column::number("net J").wide(),
    Column::number("W").wide(),
    Column::number("FLOP/J"),
    Column::text("sensor").wide(),
];

fn heading(record: &Record) -> Vec<String> {
    let device = &record.device;
    let machine = record.environment.machine.as_ref().map(|m| format!(" on {m}")).unwrap_or_default();
    let mut heading =
        vec![format!("{}{machine}, {} track, run {}", describe(device), track(record.case.track), record.run.id)];
    if device.class == DeviceClass::Software {
        heading.push("software rasterizer: the CPU does the work; not to be ranked with hardware".to_owned());
    }
    if let Some(how) = &device.emulated {
        heading.push(format!("emulated, {how}: no measurement of hardware"));
    }
    if device.class == DeviceClass::Mock {
        heading.push("scripted device, for tests: no measurement".to_owned());
    }
    heading
}

/// `gpu:0 Fixture GPU 9000 (vulkan, driver 1.0)`.
pub(super) fn describe(device: &DeviceFacts) -> String {
    let driver = device.driver.as_ref().map(|d| format!(", {d}")).unwrap_or_default();
    let emulated = if device.emulated.is_some() { ", emulated" } else { "" };
    format!("{} {} ({}{driver}{emulated})", device.id, device.name, device.api)
}

/// Lower-case name of a track.
pub(super) fn track(track: Track) -> &'static str {
    track.name()
}

/// `dev` or `host`.
pub(crate) fn clock(clock: TimeSource) -> &'static str {
    match clock {
        TimeSource::Device => "dev",
        TimeSource::Host => "host",
    }
}

/// A case id: whole on one line, in parts below each other.
pub(super) fn case_cell(id: &str) -> Cell {
    let fields: Vec<&str> = id.split('/').collect();
    let [family, variant, dtype, axes, cache] = fields[..] else {
        return Cell::of(id);
    };
    let mut parts = vec![format!("{family}/{variant}"), dtype.to_owned()];
    parts.extend(axes.split(',').chain([cache]).map(str::to_owned));
    Cell { parts, line: Some(id.to_owned()), ..Cell::default() }
}

/// The status, marked with the notes that explain it.
pub(crate) fn status_cell(record: &Record, notes: &mut Notes) -> Cell {
    let mut marks = Vec::new();
    let unverified = record.status == Status::Ok && !metrics::trusted(record);
    if unverified {
        let failure = record.verification.as_ref().and_then(|v| v.failure.as_deref());
        let failure = failure.map(|f| format!(" ({f})")).unwrap_or_default();
        marks.push(notes.mark(format!("not verified{failure}: an unverified case has no throughput")));
    }
    if record.status != Status::Ok {
        let reason = record.reason.as_deref().unwrap_or("no reason recorded");
        marks.push(notes.mark(format!("{}: {reason}", record.status.name())));
    }
    for warning in &record.warnings {
        // One note a code, not one a row: the figures in a warning's own text stay in the record.
        let meaning = explain(&warning.code).map_or_else(|_| warning.text.clone(), |known| known.text);
        marks.push(notes.mark(format!("{}: {meaning}", warning.code)));
    }
    let tone = match record.status {
        Status::Ok if unverified => Tone::Bad,
        Status::Ok if record.warnings.is_empty() => Tone::Good,
        Status::Ok => Tone::Doubt,
        Status::Failed => Tone::Bad,
        Status::Unsupported | Status::Skipped => Tone::Faint,
    };
    let name = if unverified { "unverified" } else { record.status.name() };
    marks.insert(0, name.to_owned());
    Cell { parts: marks, ..Cell::default() }.tone(tone)
}

fn cells(record: &Record, metrics: Option<&Metrics>, notes: &mut Notes) -> Vec<Cell> {
    let mut cells = vec![case_cell(&record.case.id), status_cell(record, notes)];
    cells.extend(time_cells(metrics.and_then(|m| m.time.as_ref())));
    cells.push(metrics.map_or_else(Cell::default, |m| ceiling_cell(m, notes)));
    cells.extend(energy_cells(record, metrics, notes));
    cells
}

/// Time, samples, FLOP/s, GB/s.
pub(crate) fn time_cells(time: Option<&TimeMetrics>) -> [Cell; 4] {
    let Some(time) = time else { return std::array::from_fn(|_| Cell::default()) };
    let seconds = number::seconds(time.seconds.value);
    let noise = number::plus_minus(time.seconds.noise());
    let clock = clock(time.clock);
    let ops = |e| {
        let unit = if time.unit == OpUnit::Op { "OP/s" } else { "" };
        Cell::parts([number::si(e, 3, ""), unit.to_owned()])
    };
    [
        Cell::parts([seconds, noise, clock.to_owned()]),
        Cell::of(time.samples.to_string()),
        time.ops_per_s.map_or_else(Cell::default, |e| ops(e.value)),
        time.bytes_per_s.map_or_else(Cell::default, |e| Cell::of(number::decimal(e.value / 1e9, 3))),
    ]
}

pub(crate) fn ceiling_cell(metrics: &Metrics, notes: &mut Notes) -> Cell {
    match &metrics.ceiling {
        Ok(fraction) => {
            let marks: Vec<_> = fraction.notes.iter().map(|n| notes.mark(n.clone())).collect();
            Cell::parts([number::percent(fraction.value, 3), fraction.bound.name().to_owned(), marks.concat()])
        }
        Err(why) if why.starts_with("this run has no") => {
            Cell::parts(["none".to_owned(), notes.mark(format!("no ceiling: {why}"))]).tone(Tone::Faint)
        }
        Err(_) => Cell::default(),
    }
}

/// J per launch, net J, W, FLOP/J, sensor; a line in each for every meter.
pub(crate) fn energy_cells(record: &Record, metrics: Option<&Metrics>, notes: &mut Notes) -> [Cell; 5] {
    let mut cells: [Cell; 5] = std::array::from_fn(|_| Cell::default());
    let Some(metrics) = metrics else { return cells };
    let Some(best) = metrics.energy.first() else {
        let why = record.energy.reason.as_deref().unwrap_or("no reason recorded");
        let fix = record.energy.fix.as_ref().map(|f| format!("; to measure: {f}")).unwrap_or_default();
        let mut text = format!("energy unmeasured: {why}{fix}");
        if let Some(modelled) = metrics.modelled.first() {
            let joules = number::si(modelled.joules.value, 3, "J");
            text = format!("energy not measured, only modelled by {}: {joules} per launch{fix}", modelled.sensor);
        }
        cells[0] = Cell::parts(["unmeasured".to_owned(), notes.mark(text)]).tone(Tone::Faint);
        return cells;
    };
    let relative = |i: &crate::record::Interval| number::plus_minus(i.u95 / i.value.abs());
    let mut marks = Vec::new();
    if best.window == WindowKind::Short {
        marks.push("short".to_owned());
    }
    for other in &metrics.energy[1..] {
        let (a, b) = (&best.sensor, &other.sensor);
        let joules = number::si(other.joules.value, 3, "J");
        marks.push(notes.mark(format!("a second meter, {b}, says {joules} at {}; shown is {a}", other.boundary)));
    }
    let joules = number::si(best.joules.value, 3, "J");
    cells[0] = Cell::parts([joules, relative(&best.joules), best.boundary.clone(), marks.join(" ")]);
    if let Some(net) = &best.net_joules {
        cells[1] = Cell::parts([number::si(net.value, 3, "J"), relative(net)]);
    }
    cells[2] = Cell::of(number::decimal(best.watts.value, 3));
    if let Some(per_joule) = &best.ops_per_joule {
        let unit = if record.work.unit == OpUnit::Op { "OP/J" } else { "" };
        cells[3] = Cell::parts([number::si(per_joule.value, 3, ""), unit.to_owned()]);
    }
    cells[4] = Cell::of(&best.sensor);
    cells
}

/// A record as fields, one for each of [`columns::COLUMNS`].
pub(super) fn fields(record: &Record, metrics: Option<&Metrics>) -> Vec<super::Field> {
    use super::Field;
    let r = row(record, metrics);
    let may = |text: Option<&str>| text.map_or(Field::Empty, words);
    let mut out = vec![words(r.run), words(r.suite), may(r.machine), words(r.case), words(track(r.track))];
    out.extend([words(r.device_id), words(r.device), words(name_of(r.device_class)), words(r.device_api)]);
    out.extend([words(r.device_key), may(r.device_emulated), words(r.status.name()), may(r.reason)]);
    out.push(r.verified.map_or(Field::Empty, |v| words(if v { "yes" } else { "no" })));
    let time = r.time;
    let seconds = time.map(|t| t.seconds);
    out.push(time.map_or(Field::Empty, |t| words(name_of(t.clock))));
    out.extend([field(seconds.map(|s| s.value)), field(seconds.map(|s| s.low)), field(seconds.map(|s| s.high))]);
    out.push(field(time.map(|t| t.mad_s)));
    out.push(time.map_or(Field::Empty, |t| Field::Count(t.samples as u64)));
    out.push(words(record.work.unit.name()));
    out.push(field(time.and_then(|t| t.ops_per_s).map(|e| e.value)));
    out.push(field(time.and_then(|t| t.bytes_per_s).map(|e| e.value)));
    out.extend([field(r.ceiling.map(|c| c.value)), may(r.ceiling.map(|c| c.bound.name()))]);
    out.push(may(r.ceiling.map(|c| c.against.as_str())));
    out.extend([words(name_of(r.energy_status)), may(r.energy_reason)]);
    let best = r.measured_energy.first();
    out.extend([may(best.map(|m| m.sensor.as_str())), may(best.map(|m| m.boundary.as_str()))]);
    out.push(best.map_or(Field::Empty, |m| words(name_of(m.window))));
    out.extend([field(best.map(|m| m.joules.value)), field(best.map(|m| m.joules.u95))]);
    out.push(field(best.and_then(|m| m.net_joules).map(|n| n.value)));
    out.push(field(best.map(|m| m.watts.value)));
    out.push(field(best.and_then(|m| m.ops_per_joule).map(|i| i.value)));
    let others = r.measured_energy.iter().skip(1);
    let others: Vec<_> =
        others.map(|m| format!("{}: {:e} J/launch at {}", m.sensor, m.joules.value, m.boundary)).collect();
    out.push(words(others.join("; ")));
    out.push(words(r.warnings.iter().map(|w| w.code.as_str()).collect::<Vec<_>>().join(" ")));
    out
}

/// The name that serde gives a unit variant, so that CSV and JSON agree.
pub(crate) fn name_of(value: impl Serialize) -> String {
    match json::value(&value) {
        serde_json::Value::String(name) => name,
        other => other.to_string(),
    }
}
