//! The first page: what was measured, on what, and the verdicts.
//! Words no verdict itself; `claim` does.

use maud::{Markup, html};

use super::{
    File, Site, claim,
    html::{Page, scroll, section},
    subject::Subject,
};
use crate::{
    catalog::Verdict,
    claim::Outcome,
    report::{
        claims::condition,
        number::{decimal, si},
    },
};

pub(super) fn page(site: &Site) -> File {
    let body = html! {
        (tiles(site))
        (section("verdicts", "Verdicts", verdicts(site)))
        (section("devices", "Devices", devices(site)))
        @if !site.content.findings.is_empty() {
            (section("findings", "Figures that do not stand when recomputed", html! {
                ul.findings {
                    @for finding in site.content.findings {
                        li { b { (finding.id) } " " (finding.what()) }
                    }
                }
            }))
        }
    };
    let lead = html! {
        "The same inference kernels on every device, verified before they are timed, joules counted where a meter can be "
        "matched to the device, and claims about owned against rented and edge against cloud put to the test. Every number "
        "has an interval, and what could not be had is shown with its reason."
    };
    Page { path: "index.html", title: "What a token takes", lead, scripts: &[], body }.file(site)
}

/// The numbers that say how much there is to see.
fn tiles(site: &Site) -> Markup {
    let count = |name: &str| site.subjects.iter().map(|s| s.count(name)).sum::<usize>();
    let metered: usize = site.subjects.iter().map(|s| s.metered).sum();
    let origins = site.records.origins().iter();
    let machines: std::collections::BTreeSet<_> =
        origins.map(|o| (&o.environment.machine, &o.environment.cpu)).collect();
    let not_ok = not_ok(&count);
    let tile =
        |number: String, what: &str, more: String| html! { li { b { (number) } span { (what) } small { (more) } } };
    let rest = if not_ok.is_empty() { "nothing else".to_owned() } else { not_ok };
    let decided = site.content.outcomes.iter().filter(|o| testable(o)).count();
    html! {
        ul.tiles {
            (tile(count("ok").to_string(), "verified results", rest))
            (tile(site.subjects.len().to_string(), "devices", if machines.len() == 1 { "on one machine".to_owned() } else { format!("on {} machines", machines.len()) }))
            (tile(metered.to_string(), "results with metered joules", format!("{} unmeasured", count("ok") - metered.min(count("ok")))))
            (tile(decided.to_string(), "claims put to the test", format!("{} more are untestable here", site.content.outcomes.len() - decided)))
        }
    }
}

/// How many records have each status but `ok`.
fn not_ok(count: &dyn Fn(&str) -> usize) -> String {
    let all = ["unsupported", "skipped", "failed", "unverified"].map(|name| (count(name), name));
    all.into_iter().filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n} {name}")).collect::<Vec<_>>().join(", ")
}

fn testable(outcome: &Outcome) -> bool {
    outcome.headline.verdict != Verdict::Untestable
}

/// All verdicts: how many of each, then each with its claim.
fn verdicts(site: &Site) -> Markup {
    let outcomes = site.content.outcomes;
    let counts = Verdict::ALL.map(|v| (v, outcomes.iter().filter(|o| o.headline.verdict == v).count()));
    let table = html! {
        table #verdicts-table data-enhance="table" {
            caption { (outcomes.len()) " claims, each with its verdict" }
            thead {
                tr {
                    th scope="col" { "Claim" }
                    th scope="col" { "In its own words" }
                    th scope="col" data-filter { "Verdict" }
                    th.number scope="col" { "P" }
                    th scope="col" { "Turns on" }
                }
            }
            tbody {
                @for o in outcomes {
                    tr {
                        th scope="row" { a href=(claim::path(o)) { (o.claim.id) } }
                        td.quote { "“" (claim::short(&o.claim.quote.text)) "”" }
                        td { (claim::badge(o)) }
                        td.number { @if testable(o) { (format!("{:.2}", o.headline.probability)) } }
                        td { (condition(o).unwrap_or_default()) }
                    }
                }
            }
        }
    };
    html! {
        ul.shares {
            @for (verdict, n) in counts.into_iter().filter(|c| c.1 > 0) {
                li style={ "--n:" (n) } { span.verdict.{ (claim::class(verdict)) } { (n) " " (verdict.name()) } }
            }
        }
        p { "P is the share of draws with the most frequent verdict. " i { "Prior" } ": a published value stands where a record would. "
            "Each claim has a page with its quote, inputs, sources and arithmetic." }
        (scroll("Verdicts", table))
    }
}

fn devices(site: &Site) -> Markup {
    let table = html! {
        table {
            caption { "Devices of these records" }
            thead {
                tr {
                    th scope="col" { "Device" }
                    th scope="col" { "Track" }
                    th scope="col" { "Machine" }
                    th.number scope="col" { "Verified" }
                    th scope="col" { "Not measured" }
                    th.number scope="col" { "Read ceiling, GB/s" }
                    th.number scope="col" { "Best rate" }
                    th scope="col" { "Energy" }
                }
            }
            tbody { @for subject in &site.subjects { (device(site, subject)) } }
        }
    };
    scroll("Devices", table)
}

fn device(site: &Site, subject: &Subject) -> Markup {
    let records = || subject.rows.iter().map(|r| site.at(*r));
    let time = |of: &dyn Fn(&crate::report::metrics::TimeMetrics) -> Option<f64>,
                cases: &dyn Fn(&crate::record::Record) -> bool| {
        let all = records().filter(|(r, _)| cases(r)).filter_map(|(_, m)| of(m?.time.as_ref()?));
        all.max_by(f64::total_cmp)
    };
    let read = time(&|t| Some(t.bytes_per_s?.value), &|r| {
        r.case.id.starts_with("ceiling/read/") && r.case.id.ends_with("/cold")
    });
    let flop = time(&|t| Some(t.ops_per_s?.value), &|r| {
        r.case.family != "ceiling" && r.work.unit == crate::kernel::OpUnit::Flop
    });
    let metered = subject.metered;
    html! {
        tr {
            th scope="row" {
                a href=(subject.path()) { (subject.facts.name) } " " span.faint { (subject.facts.api) }
                @if let Some(caution) = subject.caution() { " " span.caution { (caution) } }
            }
            td { (subject.facts.track.name()) }
            td { (subject.environment.machine.as_deref().unwrap_or("anonymous")) }
            td.number { (subject.count("ok")) }
            td { (not_ok(&|name| subject.count(name))) }
            td.number { @if let Some(x) = read { (decimal(x / 1e9, 3)) } }
            td.number { @if let Some(x) = flop { (si(x, 3, "FLOP/s")) } }
            td { @if metered > 0 { (metered) " results metered" } @else { span.faint { "unmeasured" } } }
        }
    }
}
