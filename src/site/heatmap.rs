//! Heatmap kernels x devices: how near each case came to its device's measured ceiling; by choice its rates.
//! Ranks within a case only, and colours nothing that was not measured.

use std::collections::HashMap;

use maud::{Markup, html};

use super::{
    File, Site,
    html::{Page, scroll, section},
    kernels::case,
    subject::Subject,
};
use crate::report::{
    metrics::{Metrics, status_name},
    number::{decimal, percent, si},
};

/// What the colours may mean: a name for classes, its title, whether it is a share already.
const MEASURES: [(&str, &str, bool); 4] = [
    ("fraction", "% of ceiling", true),
    ("ops", "FLOP/s", false),
    ("bytes", "GB/s", false),
    ("joule", "FLOP/J", false),
];

/// Cells that a browser still lays out at once.
const MOST_CELLS: usize = 6000;

pub(super) fn page(site: &Site) -> File {
    let (cases, subjects, left_out) = site.compared(MOST_CELLS);
    let table = html! {
        table.heat {
            caption { "Rows are cases, columns are devices. Fraction of ceiling: 100 % is the lowest of the ceilings that this device \
                       was measured at in the same run. Rates: the strongest colour is the fastest device of the row." }
            thead {
                tr {
                    th scope="col" { "Case" }
                    @for subject in subjects {
                        th scope="col" {
                            a href=(subject.path()) { (subject.facts.name) }
                            span.faint { (subject.about()) }
                        }
                    }
                }
            }
            tbody { @for case in cases { (row(site, subjects, case)) } }
        }
    };
    let body = html! {
        (section("map", "Fraction of the measured ceiling", html! {
            fieldset.measures {
                legend { "Colour and number show" }
                @for (i, (name, title, _)) in MEASURES.into_iter().enumerate() {
                    label { input type="radio" name="measure" value=(name) checked[i == 0]; " " (title) }
                }
            }
            div.legend aria-hidden="true" { span { "0" } span.ramp {} span { "100 %, or the fastest of the row" } }
            @if let Some(left_out) = left_out { p.faint { (left_out) } }
            (scroll("Heatmap", table))
        }))
    };
    let lead = html! {
        "How much of each device every kernel uses. More than 100 % is shown as it is: it says that the ceiling was measured "
        "too low, or that another unit than the ceiling's did the work. Of several runs the last counts. The ceilings "
        "themselves stand on the pages of the devices."
    };
    Page { path: "heatmap.html", title: "Heatmap", lead, scripts: &[], body }.file(site)
}

fn row(site: &Site, subjects: &[Subject], of: u32) -> Markup {
    let latest: Vec<Option<usize>> = subjects.iter().map(|s| s.row_of(of)).collect();
    let metrics = |row: &Option<usize>| row.and_then(|r| site.at(r).1);
    let best: HashMap<&str, f64> = MEASURES
        .iter()
        .filter(|m| !m.2)
        .map(|(name, ..)| {
            let all = latest.iter().filter_map(metrics).filter_map(|m| value(m, name));
            (*name, all.fold(0.0, f64::max))
        })
        .collect();
    html! {
        tr {
            th scope="row" { (case(site.case(of))) }
            @for row in &latest {
                @match row {
                    None => td.none { "not run" },
                    Some(r) => @match metrics(row) {
                        None => td.none { (status_name(site.at(*r).0)) },
                        Some(m) => (filled(m, &best)),
                    }
                }
            }
        }
    }
}

/// A cell with every measure; the style shows the one that is asked for.
fn filled(metrics: &Metrics, best: &HashMap<&str, f64>) -> Markup {
    let share = |name: &str| {
        let value = value(metrics, name)?;
        let most = best.get(name).copied().unwrap_or(1.0);
        Some((value / most).clamp(0.0, 1.0)).filter(|s| s.is_finite())
    };
    let style: Vec<String> =
        MEASURES.iter().filter_map(|(name, ..)| Some(format!("--{name}:{:.3}", share(name)?))).collect();
    html! {
        td.filled style=[(!style.is_empty()).then(|| style.join(";"))] {
            @for (name, ..) in MEASURES {
                span class={ "is-" (name) } {
                    @match value(metrics, name) {
                        Some(value) => (shown(name, value)),
                        None => span.faint { (absent(metrics, name)) },
                    }
                }
            }
        }
    }
}

fn value(metrics: &Metrics, name: &str) -> Option<f64> {
    let time = metrics.time.as_ref();
    match name {
        "fraction" => metrics.ceiling.as_ref().ok().map(|f| f.value),
        "ops" => Some(time?.ops_per_s?.value),
        "bytes" => Some(time?.bytes_per_s?.value),
        _ => Some(metrics.energy.first()?.ops_per_joule?.value),
    }
}

fn shown(name: &str, value: f64) -> String {
    match name {
        "fraction" => percent(value, 2),
        "bytes" => decimal(value / 1e9, 3),
        _ => si(value, 3, ""),
    }
}

fn absent(metrics: &Metrics, name: &str) -> &'static str {
    match name {
        _ if metrics.time.is_none() => "not timed",
        "fraction" => "no ceiling",
        "joule" => "unmeasured",
        _ => "none",
    }
}
