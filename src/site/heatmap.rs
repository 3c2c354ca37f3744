//! Heatmap kernels x devices: how near each case came to its device's measured ceiling; by choice its rates.
//! Ranks within a case only, and colours nothing that was not measured.

use std::collections::HashMap;

use maud::{Markup, html};

use super::{
    File, Site,
    html::{Page, scroll, section},
    kernels::{case, status_name},
};
use crate::report::{
    metrics::Metrics,
    number::{decimal, percent, si},
};

/// What the colours may mean: a name for classes, its title, whether it is a share already.
const MEASURES: [(&str, &str, bool); 4] = [
    ("fraction", "% of ceiling", true),
    ("ops", "FLOP/s", false),
    ("bytes", "GB/s", false),
    ("joule", "FLOP/J", false),
];

pub(super) fn page(site: &Site) -> File {
    let table = html! {
        table.heat {
            caption { "Rows are cases, columns are devices. Fraction of ceiling: 100 % is the lowest of the ceilings that this device \
                       was measured at in the same run. Rates: the strongest colour is the fastest device of the row." }
            thead {
                tr {
                    th scope="col" { "Case" }
                    @for subject in &site.subjects {
                        th scope="col" {
                            a href=(subject.path()) { (subject.facts.name) }
                            span.faint { (subject.about()) }
                        }
                    }
                }
            }
            tbody { @for id in cases(site) { (row(site, id)) } }
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

/// Cases but the ceilings.
fn cases<'s>(site: &'s Site) -> Vec<&'s str> {
    site.cases().into_iter().filter(|id| !id.starts_with("ceiling/")).collect()
}

/// The last record of a case on each device.
pub(super) fn latest(site: &Site, id: &str) -> Vec<Option<usize>> {
    let last = |rows: &[usize]| {
        let of = rows.iter().copied().filter(|r| site.records[*r].case.id == id);
        of.max_by_key(|r| (site.records[*r].ended, *r))
    };
    site.subjects.iter().map(|s| last(&s.rows)).collect()
}

fn row(site: &Site, id: &str) -> Markup {
    let latest = latest(site, id);
    let metrics = |row: &Option<usize>| row.and_then(|r| site.metrics[r].as_ref());
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
            th scope="row" { (case(id)) }
            @for row in &latest {
                @match row {
                    None => td.none { "not run" },
                    Some(r) => @match metrics(row) {
                        None => td.none { (status_name(&site.records[*r])) },
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
