//! One page for each device: what it is, where it ran, its roofline, its samples, and what to doubt.
//! Derives nothing; the picture is `plot`'s.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, PreEscaped, html};

use super::{
    File, Site,
    html::{Page, figure, scroll, section},
    kernels::case,
    models::composed,
    subject::{Subject, earlier},
};
use crate::{
    plot::{self, roofline},
    record::{Record, RunInfo, Status},
    report::{
        explain::explain,
        metrics::{Metrics, status_name},
        number::{bytes, decimal, plus_minus, seconds, si},
        results::{clock, name_of},
    },
    workload::Evidence,
};

/// Runs, points of the roofline, cases with samples, and cases under a reason that a page shows at most.
const MOST_RUNS: usize = 100;
const MOST_POINTS: usize = 200;
const MOST_SAMPLED: usize = 500;
const MOST_NAMED: usize = 200;

pub(super) fn page(site: &Site, subject: &Subject, all: &[&Evidence]) -> File {
    let records: Vec<(&Record, Option<&Metrics>)> = subject.rows.iter().map(|r| site.at(*r)).collect();
    let body = html! {
        @if let Some(caution) = subject.caution() { p.notice { (caution) } }
        (section("environment", "Where it ran", environment(subject)))
        (section("roofline", "Roofline", roof(subject, &records)))
        (section("models", "Models composed from its kernels", composed(site, subject, all)))
        (section("samples", "Samples", samples(&records)))
        (section("not-measured", "What was not measured", not_measured(&records)))
        (section("warnings", "What to doubt", warnings(&records)))
    };
    let lead = html! {
        (subject.about()) ". " (subject.records()) " records."
        @if let Some(earlier) = earlier(site.records, [subject]) { " " (earlier) }
    };
    Page { path: &subject.path(), title: &subject.facts.name, lead, scripts: &[], body }.file(site)
}

fn environment(subject: &Subject) -> Markup {
    let (facts, host) = (subject.facts, subject.environment);
    let modes: BTreeMap<&String, BTreeSet<&String>> =
        subject.origins.iter().flat_map(|o| &o.environment.power_mode).fold(BTreeMap::new(), |mut all, (k, v)| {
            all.entry(k).or_insert_with(BTreeSet::new).insert(v);
            all
        });
    let cache = if facts.cache_assumed { "assumed" } else { "as reported" };
    html! {
        dl.facts {
            dt { "Class" } dd { (name_of(facts.class)) }
            dt { "Interface" } dd { (facts.api) }
            @if let Some(driver) = &facts.driver { dt { "Driver" } dd { (driver) } }
            @if let Some(memory) = facts.memory_bytes { dt { "Memory" } dd { (bytes(memory)) } }
            dt { "Cache" } dd { (bytes(facts.cache_bytes)) " (" (cache) ")" }
            @if let Some(units) = facts.units { dt { "Units" } dd { (units) } }
            @if !facts.features.is_empty() { dt { "Features" } dd { (facts.features.join(", ")) } }
            dt { "Machine" } dd { (host.machine.as_deref().unwrap_or("anonymous")) }
            dt { "CPU" } dd { (host.cpu) ", " (host.cpus) " logical, " (host.arch) @if host.virtualised == Some(true) { ", virtualised" } }
            dt { "Host memory" } dd { (bytes(host.memory_bytes)) }
            dt { "System" } dd { (host.os) ", kernel " (host.kernel) }
            @for (name, values) in &modes {
                dt { (name) } dd { (values.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", ")) }
            }
        }
        (runs(&subject.runs))
    }
}

/// The last ones; two builds that ran in turns share a run.
fn runs(all: &[&RunInfo]) -> Markup {
    let mut seen = BTreeSet::new();
    let mut all: Vec<&RunInfo> = all.iter().copied().filter(|run| seen.insert(run.id.as_str())).collect();
    let more = all.len().saturating_sub(MOST_RUNS);
    if more > 0 {
        all.sort_by_key(|run| run.started);
        all.drain(..more);
    }
    let job = |run: &RunInfo| {
        run.job.as_ref().map_or_else(String::new, |j| {
            let node = j.node.as_ref().map(|n| format!(" on {n}")).unwrap_or_default();
            format!("{} {}, attempt {}{node}", j.scheduler, j.id, j.attempt)
        })
    };
    let settings = |run: &RunInfo| run.settings.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ");
    let table = html! {
        table {
            caption { "Runs" @if more > 0 { ", the last " (all.len()) "; " (more) " before them" } }
            thead {
                tr {
                    th scope="col" { "Run" } th scope="col" { "Started (UTC)" } th scope="col" { "Suite" }
                    th scope="col" { "wattmark" } th scope="col" { "Settings" } th scope="col" { "Job" }
                }
            }
            tbody {
                @for run in &all {
                    tr {
                        th scope="row" { (run.id) }
                        td { (run.started.strftime("%Y-%m-%d %H:%M").to_string()) }
                        td { (run.suite) }
                        td { (run.wattmark) @if let Some(commit) = &run.commit { " " span.faint { (commit) } } }
                        td.faint { (settings(run)) }
                        td { (job(run)) }
                    }
                }
            }
        }
    };
    scroll("Runs", table)
}

fn roof(subject: &Subject, records: &[(&Record, Option<&Metrics>)]) -> Markup {
    let mut shape = roofline::of(records);
    let more = shape.dots.len().saturating_sub(MOST_POINTS);
    shape.dots.truncate(MOST_POINTS);
    let title = format!("{} ({})", subject.facts.name, subject.about());
    let Some(picture) = roofline::picture(&shape, &title) else {
        return html! { p { "No roofline: these records hold no ceiling with a case to set against it. Run the ceilings in the "
        "same suite." } };
    };
    let table = html! {
        table {
            caption { "The points of the picture" }
            thead {
                tr {
                    th.number scope="col" { "Point" } th scope="col" { "Case" } th.number scope="col" { "Operations per byte" }
                    th.number scope="col" { "Operations/s" } th.number scope="col" { "Of the roof" } th scope="col" { "Bound by" }
                }
            }
            tbody {
                @for (i, dot) in shape.dots.iter().enumerate() {
                    tr {
                        th.number scope="row" { (i + 1) }
                        td { (case(&dot.case)) }
                        td.number { (decimal(dot.intensity, 3)) }
                        td.number { (si(dot.rate, 3, "")) }
                        td.number { (crate::report::number::percent(dot.fraction, 3)) }
                        td { (dot.bound.name()) }
                    }
                }
            }
        }
    };
    html! {
        (figure(&picture, "Roofline: measured ceilings and every case against them, both axes logarithmic"))
        ul.summary { @for roof in &shape.roofs { li { (roof.name) ": " (roof.text()) ", measured as " code { (roof.case) } } } }
        @if more > 0 { p.faint { "The first " (MOST_POINTS) " cases; " (more) " more have no point." } }
        details open { summary { "Points" } (scroll("Points of the roofline", table)) }
    }
}

fn samples(records: &[(&Record, Option<&Metrics>)]) -> Markup {
    let timed: Vec<_> =
        records.iter().filter_map(|(r, m)| Some((*r, r.time.as_ref()?, m.as_ref()?.time.as_ref()?))).collect();
    if timed.is_empty() {
        return html! { p { "Nothing was timed." } };
    }
    let more = timed.len().saturating_sub(MOST_SAMPLED);
    let table = html! {
        table {
            caption { "Samples of each case, in the order taken" @if more > 0 { "; " (more) " more cases are not shown" } }
            thead {
                tr {
                    th scope="col" { "Case" } th.number scope="col" { "Median" } th scope="col" { "Samples over time" }
                    th.number scope="col" { "Samples" } th.number scope="col" { "Least" } th.number scope="col" { "Most" }
                    th scope="col" { "Stopped by" } th.number scope="col" { "Dropped" } th scope="col" { "Run" }
                }
            }
            tbody {
                @for (record, raw, time) in timed.into_iter().take(MOST_SAMPLED) {
                    @let least = raw.samples_s.iter().copied().fold(f64::INFINITY, f64::min);
                    @let most = raw.samples_s.iter().copied().fold(0.0, f64::max);
                    tr {
                        th scope="row" { (case(&record.case.id)) }
                        td.number { (seconds(time.seconds.value)) " " span.faint { (plus_minus(time.seconds.noise())) " " (clock(time.clock)) } }
                        td { (PreEscaped(plot::spark(&raw.samples_s))) }
                        td.number { (raw.samples_s.len()) }
                        td.number { (seconds(least)) }
                        td.number { (seconds(most)) }
                        td { (name_of(raw.stop).replace('_', " ")) }
                        td.number { (raw.dropped) }
                        td.faint { (record.run.id) }
                    }
                }
            }
        }
    };
    scroll("Samples", table)
}

/// Cases that are not ok, and joules that are not measured: by reason.
fn not_measured(records: &[(&Record, Option<&Metrics>)]) -> Markup {
    let mut reasons: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for (record, metrics) in records {
        let status = status_name(record);
        if record.status != Status::Ok {
            let reason = record.reason.clone().unwrap_or_else(|| "no reason recorded".to_owned());
            reasons.entry((status.to_owned(), reason)).or_default().push(&record.case.id);
        } else if status == "unverified" {
            let failure = record.verification.as_ref().and_then(|v| v.failure.clone()).unwrap_or_default();
            reasons.entry((status.to_owned(), failure)).or_default().push(&record.case.id);
        }
        if metrics.is_some_and(|m| m.energy.is_empty()) {
            let why = record.energy.reason.clone().unwrap_or_else(|| "no reason recorded".to_owned());
            let fix = record.energy.fix.as_ref().map(|f| format!("; to measure: {f}")).unwrap_or_default();
            let state = format!("energy {}", name_of(record.energy.status));
            reasons.entry((state, why + &fix)).or_default().push(&record.case.id);
        }
    }
    grouped(reasons)
}

fn warnings(records: &[(&Record, Option<&Metrics>)]) -> Markup {
    let mut codes: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for (record, _) in records {
        for warning in &record.warnings {
            let meaning = explain(&warning.code).map_or_else(|_| warning.text.clone(), |known| known.text);
            codes.entry((warning.code.clone(), meaning)).or_default().push(&record.case.id);
        }
        for text in record.energy.meters.iter().flat_map(|m| &m.warnings) {
            codes.entry(("meter".to_owned(), text.clone())).or_default().push(&record.case.id);
        }
    }
    grouped(codes)
}

fn grouped(groups: BTreeMap<(String, String), Vec<&str>>) -> Markup {
    html! {
        @if groups.is_empty() { p { "Nothing." } }
        dl.facts.reasons {
            @for ((what, why), cases) in groups {
                dt { (what) }
                dd {
                    (why)
                    details {
                        summary { (cases.len()) " cases" }
                        ul {
                            @for id in cases.iter().take(MOST_NAMED) { li { (id) } }
                            @if cases.len() > MOST_NAMED { li { "and " (cases.len() - MOST_NAMED) " more" } }
                        }
                    }
                }
            }
        }
    }
}
