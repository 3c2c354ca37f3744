//! Models composed from one device's kernels: tokens a second, tokens a joule, time to the first token.
//! Composes nothing; `workload` does, and says what it leaves out.

use maud::{Markup, html};

use super::{Site, html::scroll, subject::Subject};
use crate::{
    report::number::{decimal, percent, plus_minus, seconds},
    workload::{Answer, Evidence, Format, Point, Query, Step, WorkloadError, answer_of, left_out},
};

/// Sequences, cached tokens and formats at which every model is shown.
const POINTS: [(u64, u64, Format); 2] = [(1, 2048, Format::F16), (1, 2048, Format::I8)];

/// What each model of the catalogue would take on the device; nothing of devices that are drawn by the CPU.
pub(super) fn composed(site: &Site, subject: &Subject, all: &[&Evidence]) -> Markup {
    if !subject.facts.is_hardware() {
        return html! { p { "Not composed: a software device says nothing of hardware." } };
    }
    // Of one device in several power modes the one with the most cases.
    let own = all.iter().filter(|e| {
        e.device.key() == subject.facts.key()
            && e.track() == subject.facts.track
            && e.machine == subject.environment.machine
    });
    let Some(own) = own.max_by_key(|e| e.cases.len()) else {
        return html! { p { "Nothing was timed that a model could be composed from." } };
    };
    let rows: Vec<Markup> = site
        .content
        .catalog
        .models
        .keys()
        .flat_map(|model| POINTS.iter().map(move |p| (model, *p)))
        .map(|(model, (batch, context, format))| {
            let point = Point::new(batch, context, format);
            let query = Query { model, device: &subject.facts.id, point, track: None, reserve: 0.0 };
            row(model, format, &answer_of(site.content.catalog, own, all, &query))
        })
        .collect();
    let table = html! {
        table {
            caption { "One stream, 2048 cached tokens, each model as the sum of its kernels on this device" }
            thead {
                tr {
                    th scope="col" { "Model" } th scope="col" { "Weights" } th.number scope="col" { "Tokens/s" }
                    th.number scope="col" { "Tokens/J" } th.number scope="col" { "First token" } th scope="col" { "Time rests on" }
                }
            }
            tbody { @for row in rows { (row) } }
        }
    };
    let (batch, context, format) = POINTS[0];
    html! {
        (scroll("Models", table))
        ul.summary { @for what in left_out(&Point::new(batch, context, format)) { li { "Not counted: " (what) } } }
    }
}

fn row(model: &str, format: Format, found: &Result<Answer, WorkloadError>) -> Markup {
    html! {
        tr {
            th scope="row" { (model) }
            td { (format.name()) }
            @match found {
                Err(why) => td.faint colspan="4" { (why.to_string()) },
                Ok(a) => {
                    td.number { (speed(a)) }
                    td.number { (thrift(a)) }
                    td.number { (first(&a.prefill)) }
                    td { (rests_on(&a.decode)) }
                }
            }
        }
    }
}

fn speed(a: &Answer) -> Markup {
    let rate = a.tokens_per_s();
    html! {
        @if a.decode.basis.bounds() { span.faint { "at most " } (decimal(rate.value, 3)) }
        @else { (decimal(rate.value, 3)) " " span.faint { (decimal(rate.low, 3)) " to " (decimal(rate.high, 3)) } }
    }
}

fn thrift(a: &Answer) -> Markup {
    let tokens = a.point.batch as f64 / a.point.devices as f64;
    html! {
        @match &a.decode.joules {
            Ok(j) => {
                (decimal(tokens / j.joules.value, 3)) " "
                span.faint { (plus_minus(j.joules.u95 / j.joules.value)) " " (j.boundary) }
            }
            Err(_) => span.faint { "unmeasured" },
        }
    }
}

fn first(prefill: &Step) -> Markup {
    html! { @if prefill.basis.bounds() { span.faint { "at least " } } (seconds(prefill.seconds.value)) }
}

/// `measured 62 %, roof 38 %`.
fn rests_on(step: &Step) -> String {
    step.shares.iter().map(|(b, s)| format!("{} {}", b.name(), percent(*s, 2))).collect::<Vec<_>>().join(", ")
}
