//! Kernels x devices: every record with its rates, its joules, their intervals, and what became of it.
//! Leaves no record out, and derives nothing.

use maud::{Markup, html};

use super::{
    File, Site,
    html::{Page, scroll, section},
    sheet::{class, footnotes, parts},
    subject::Subject,
};
use crate::{
    kernel::OpUnit,
    measure::stats::Estimate,
    record::{Interval, Record, Status},
    report::{
        metrics::{Metrics, trusted},
        number::{decimal, plus_minus, si},
        results::{ceiling_cell, energy_cells, status_cell, time_cells},
        sheet::{Cell, Notes, Tone},
    },
};

/// A column: heading, whether it holds numbers, and whether a filter by its values makes sense.
const COLUMNS: [(&str, bool, bool); 13] = [
    ("Case", false, false),
    ("Kernel", false, true),
    ("Device", false, true),
    ("Track", false, true),
    ("Status", false, true),
    ("Median time", true, false),
    ("FLOP/s", true, false),
    ("FLOP/J = FLOP/s per W", true, false),
    ("GB/s", true, false),
    ("% of ceiling", true, false),
    ("J/launch", true, false),
    ("W", true, false),
    ("Sensor", false, false),
];

pub(super) fn page(site: &Site) -> File {
    let mut notes = Notes::default();
    let rows: Vec<Markup> = rows(site).into_iter().map(|(s, row)| line(site, s, row, &mut notes)).collect();
    let count = rows.len();
    let table = html! {
        table.data #kernels-table data-enhance="table" {
            caption { "Every record: " (count) " of them" }
            thead {
                tr {
                    @for (name, number, filter) in COLUMNS {
                        th.number[number] scope="col" data-filter[filter] { (name) }
                    }
                }
            }
            tbody { @for row in rows { (row) } }
        }
    };
    let body = html! {
        (section("records", "Records", html! {
            (scroll("Every record", table))
            (footnotes(&notes, "kernels"))
        }))
    };
    let lead = html! {
        "Each row is one case on one device, as one run saw it. ± is the half-width of the 95 % interval; " span.faint { "dev" }
        " and " span.faint { "host" } " say whose clock, and joules carry the boundary that their meter sees. What was not "
        "measured says why."
    };
    Page { path: "kernels.html", title: "Kernels × devices", lead, scripts: &[], body }.file(site)
}

/// Every record, cases together, devices in their order.
fn rows<'s>(site: &'s Site) -> Vec<(&'s Subject<'s>, usize)> {
    let order: std::collections::HashMap<&str, usize> =
        site.cases().into_iter().enumerate().map(|(i, id)| (id, i)).collect();
    let mut all: Vec<_> = site.subjects.iter().flat_map(|s| s.rows.iter().map(move |row| (s, *row))).collect();
    // Stable: within a case the order of the devices stays, within a device that of the records.
    all.sort_by_key(|(_, row)| order.get(site.records[*row].case.id.as_str()).copied());
    all
}

fn line(site: &Site, subject: &Subject, row: usize, notes: &mut Notes) -> Markup {
    let (record, metrics) = site.at(row);
    let status = status_cell(record, notes);
    let time = metrics.and_then(|m| m.time.as_ref());
    let [median, ..] = time_cells(time);
    let ceiling = metrics.map_or_else(Cell::default, |m| ceiling_cell(m, notes));
    let [joules, ..] = energy_cells(record, metrics, notes);
    let best = metrics.and_then(|m| m.energy.first());
    let fraction = metrics.and_then(|m| m.ceiling.as_ref().ok()).map(|f| f.value);
    let kernel = format!("{}/{}", record.case.family, record.case.variant);
    html! {
        tr data-status=(status_name(record)) {
            th scope="row" { (case(&record.case.id)) }
            td { (kernel) }
            td { a href=(subject.path()) { (subject.facts.name) } " " span.faint { (subject.place()) } }
            td { (subject.facts.track.name()) }
            (cell(&status, false, None, notes))
            (cell(&median, true, time.map(|t| t.seconds.value), notes))
            (cell(&rate(time.and_then(|t| t.ops_per_s), record, "/s"), true, time.and_then(|t| Some(t.ops_per_s?.value)), notes))
            (cell(&per_joule(metrics, record), true, best.and_then(|m| Some(m.ops_per_joule?.value)), notes))
            (cell(&bandwidth(time.and_then(|t| t.bytes_per_s)), true, time.and_then(|t| Some(t.bytes_per_s?.value)), notes))
            (cell(&ceiling, true, fraction, notes))
            (cell(&joules, true, best.map(|m| m.joules.value), notes))
            (cell(&best.map_or_else(Cell::default, |m| watts(&m.watts)), true, best.map(|m| m.watts.value), notes))
            (cell(&best.map_or_else(Cell::default, |m| Cell::of(&m.sensor)), false, None, notes))
        }
    }
}

/// A cell; numbers carry the value to sort by.
fn cell(cell: &Cell, number: bool, value: Option<f64>, notes: &Notes) -> Markup {
    let value = value.filter(|v| v.is_finite()).map(|v| format!("{v:e}"));
    html! { td class=[class(number, cell)] data-value=[value] { (parts(cell, notes, "kernels")) } }
}

/// A case id: what it is, and its axes below.
pub(super) fn case(id: &str) -> Markup {
    let fields: Vec<&str> = id.split('/').collect();
    let [family, variant, dtype, axes, cache] = fields[..] else { return html! { (id) } };
    html! {
        span.case {
            span.kernel { (family) "/" (variant) "/" (dtype) }
            // The slashes make it the id again where it is copied.
            span.axes { "/" (axes) "/" (cache) }
        }
    }
}

/// Operations a second, with the half-width of their interval.
fn rate(rate: Option<Estimate>, record: &Record, per: &str) -> Cell {
    let Some(rate) = rate else { return Cell::default() };
    Cell::parts([si(rate.value, 3, ""), unit(record, per), plus_minus(rate.noise())])
}

/// Integer operations are no FLOP, and say so.
fn unit(record: &Record, per: &str) -> String {
    if record.work.unit == OpUnit::Op { format!("OP{per}") } else { String::new() }
}

/// Operations a joule, with the boundary of the joules; where they are only modelled, that.
fn per_joule(metrics: Option<&Metrics>, record: &Record) -> Cell {
    let Some(metrics) = metrics else { return Cell::default() };
    match metrics.energy.first() {
        Some(best) => best.ops_per_joule.map_or_else(Cell::default, |i| {
            Cell::parts([si(i.value, 3, ""), unit(record, "/J"), relative(&i), best.boundary.clone()])
        }),
        None if record.work.flop > 0.0 => Cell::of("unmeasured").tone(Tone::Faint),
        None => Cell::default(),
    }
}

fn bandwidth(rate: Option<Estimate>) -> Cell {
    rate.map_or_else(Cell::default, |r| Cell::parts([decimal(r.value / 1e9, 3), plus_minus(r.noise())]))
}

fn watts(watts: &Interval) -> Cell {
    Cell::parts([decimal(watts.value, 3), relative(watts)])
}

fn relative(interval: &Interval) -> String {
    plus_minus(interval.u95 / interval.value.abs())
}

/// The status as its cell names it.
pub(super) fn status_name(record: &Record) -> &'static str {
    if record.status == Status::Ok && !trusted(record) { "unverified" } else { record.status.name() }
}
