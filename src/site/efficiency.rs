//! Throughput beside throughput per watt: for each case a bar of each, device by device.
//! A bar is relative to the best of its case; joules that no meter saw have none.

use maud::{Markup, html};

use super::{
    File, MOST_ROWS, Site,
    html::{Page, scroll, section},
    kernels::case,
    subject::Subject,
};
use crate::{
    kernel::OpUnit,
    report::{
        metrics::{Metrics, status_name},
        number::{plus_minus, si},
    },
};

pub(super) fn page(site: &Site) -> File {
    let measured = site.subjects.iter().any(|s| s.metered > 0);
    let (cases, subjects, left_out) = site.compared(MOST_ROWS);
    let table = html! {
        table.bars {
            caption { "Throughput (left) and throughput per watt (right): operations a second, and operations a joule" }
            thead {
                tr {
                    th scope="col" { "Device" }
                    th.number scope="col" { "FLOP/s" }
                    th.number scope="col" { "FLOP/J = FLOP/s per W" }
                }
            }
            @for case in cases { (of_case(site, subjects, case)) }
        }
    };
    let body = html! {
        @if !measured {
            p.notice { "No record of this set has joules from a meter: the right half is empty, and not zero. "
                a href="kernels.html" { "Each record says why" } "." }
        }
        @if let Some(left_out) = left_out { p.faint { (left_out) } }
        (section("bars", "Side by side", scroll("Throughput and throughput per watt", table)))
    };
    let lead = html! {
        "What a device does in a second, and what it does with a joule. A bar's length is relative to the best device of its case; "
        "a joule carries the boundary at which its meter sits, and boundaries do not compare with each other."
    };
    Page { path: "efficiency.html", title: "Throughput and throughput per watt", lead, scripts: &[], body }.file(site)
}

fn of_case(site: &Site, subjects: &[Subject], of: u32) -> Markup {
    let rows: Vec<Option<usize>> = subjects.iter().map(|s| s.row_of(of)).collect();
    let metrics = |row: &Option<usize>| row.and_then(|r| site.at(r).1);
    let most = |of: fn(&Metrics) -> Option<f64>| rows.iter().filter_map(metrics).filter_map(of).fold(0.0, f64::max);
    let (fastest, thriftiest) = (most(speed), most(per_joule));
    html! {
        tbody {
            tr.group { th colspan="3" scope="rowgroup" { (case(site.case(of))) } }
            @for (subject, row) in subjects.iter().zip(&rows) {
                @if let Some(row) = row {
                    tr {
                        th scope="row" { a href=(subject.path()) { (subject.facts.name) } " " span.faint { (subject.about()) } }
                        @match site.at(*row).1.filter(|m| m.time.is_some()) {
                            None => td.faint.number colspan="2" { (status_name(site.at(*row).0)) },
                            Some(m) => {
                                (bar(speed(m), fastest, &unit(m, "/s"), &speed_noise(m), "none"))
                                (bar(per_joule(m), thriftiest, &unit(m, "/J"), &joule_noise(m), "unmeasured"))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn bar(value: Option<f64>, most: f64, unit: &str, noise: &str, absent: &str) -> Markup {
    let Some(value) = value else { return html! { td.number.faint { (absent) } } };
    let share = (value / most * 100.0).clamp(0.0, 100.0);
    html! {
        td.number.bar data-value=(format!("{value:e}")) style={ "--share:" (format!("{share:.1}%")) } {
            (si(value, 3, "")) " " span.faint { (unit) " " (noise) }
        }
    }
}

fn unit(metrics: &Metrics, per: &str) -> String {
    let op = metrics.time.as_ref().is_some_and(|t| t.unit == OpUnit::Op);
    format!("{}{per}", if op { "OP" } else { "FLOP" })
}

fn speed(metrics: &Metrics) -> Option<f64> {
    Some(metrics.time.as_ref()?.ops_per_s?.value)
}

fn speed_noise(metrics: &Metrics) -> String {
    let noise = metrics.time.as_ref().and_then(|t| t.ops_per_s).map(|e| e.noise());
    noise.map(plus_minus).unwrap_or_default()
}

fn per_joule(metrics: &Metrics) -> Option<f64> {
    Some(metrics.energy.first()?.ops_per_joule?.value)
}

fn joule_noise(metrics: &Metrics) -> String {
    let best = metrics.energy.first();
    let noise = best.and_then(|m| Some((m.ops_per_joule?, &m.boundary)));
    noise.map(|(i, boundary)| format!("{} {boundary}", plus_minus(i.u95 / i.value.abs()))).unwrap_or_default()
}
