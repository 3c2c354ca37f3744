//! A workload as rows: kernels with their times, and below them what they add up to.
//! Composes nothing: every number comes from `workload`.

use serde_json::{Value, json};

use super::{
    Field, Grid, Rows, field,
    number::{decimal, percent, plus_minus, seconds},
    sheet::{Cell, Column, Group, Notes, Sheet, Tone},
    words,
};
use crate::{
    measure::stats::Estimate,
    record::WindowKind,
    workload::{Answer, Basis, Bounds, Part, Phase, Records, Step, left_out},
};

/// An answer and the records that it cites.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'a> {
    /// What was found.
    pub answer: &'a Answer,
    /// What its parts point into.
    pub records: &'a Records,
}

impl Workload<'_> {
    fn steps(&self) -> [(Phase, &Step); 2] {
        [(Phase::Decode, &self.answer.decode), (Phase::Prefill, &self.answer.prefill)]
    }

    fn rows(&self) -> impl Iterator<Item = (Phase, &Step, &Part)> {
        self.steps().into_iter().flat_map(|(phase, step)| step.parts.iter().map(move |p| (phase, step, p)))
    }

    /// One JSON document, with the totals and the records.
    pub fn document(&self) -> String {
        let a = self.answer;
        let point = &a.point;
        let step = |phase: Phase, step: &Step, bounds: &Bounds| {
            json!({
                "phase": phase.name(),
                "seconds": estimate(step.seconds),
                "basis": step.basis.name(),
                "is_bound": step.basis.bounds(),
                "shares": step.shares.iter().map(|(b, s)| (b.name().to_owned(), json!(s))).collect::<serde_json::Map<_, _>>(),
                "joules": step.joules.as_ref().ok().map(|j| json!({
                    "value": j.joules.value, "u95": j.joules.u95, "boundary": j.boundary, "window": window(j.window),
                })),
                "no_joules": step.joules.as_ref().err(),
                "least_seconds_by_memory": bounds.memory.seconds,
                "least_seconds_by_compute": bounds.compute.seconds,
                "bounds_against": [bounds.memory.against, bounds.compute.against],
                "cases": step.parts.iter().map(|p| self.part(phase, step, p)).collect::<Vec<_>>(),
            })
        };
        let document = json!({
            "model": a.model,
            "device": { "id": a.device.id, "name": a.device.name,
                "records_of": a.device.evidence.as_ref().map(|e| e.text()),
                "software": a.device.evidence.as_ref().is_some_and(|e| e.software()),
                "others": a.device.others.iter().map(|(name, s)| json!({ "records_of": name, "decode_seconds": s })).collect::<Vec<_>>(),
            },
            "point": {
                "batch": point.batch, "context": point.context, "prompt": point.prompt, "weights": point.weights.name(),
                "kv": point.kv.name(), "devices": point.devices,
            },
            "tokens_per_s": estimate(a.tokens_per_s()),
            "bound_tokens_per_s": a.bound_tokens_per_s(),
            "joules_per_token": a.decode.joules.as_ref().ok().map(|j| j.joules.value / point.batch as f64),
            "time_to_first_token_s": estimate(a.prefill.seconds),
            "basis": a.decode.basis.max(a.prefill.basis).name(),
            "decode": step(Phase::Decode, &a.decode, &a.decode_bounds),
            "prefill": step(Phase::Prefill, &a.prefill, &a.prefill_bounds),
            "memory": {
                "weights_bytes": a.fit.weights, "kv_bytes": a.fit.kv, "reserve_bytes": a.fit.reserve,
                "capacity_bytes": a.fit.capacity, "fits": a.fit.fits(),
            },
            "left_out": left_out(point),
        });
        format!("{}\n", super::text::json(&format!("{document:#}")))
    }

    fn part(&self, phase: Phase, step: &Step, p: &Part) -> Value {
        let records: Vec<Value> = p
            .records
            .iter()
            .map(|at| {
                let cited = self.records.cite(*at);
                json!({ "file": cited.file, "line": cited.line, "run": cited.run, "case": cited.case })
            })
            .collect();
        json!({
            "phase": phase.name(),
            "case": p.op.id,
            "role": p.op.role,
            "count": p.op.count,
            "seconds": estimate(p.seconds),
            "share": p.total() / step.seconds.value,
            "basis": p.basis.name(),
            "because": p.because,
            "against": p.against,
            "flop": p.op.work.flop,
            "bytes": p.op.work.bytes,
            "records": records,
        })
    }
}

/// Ends that nothing is known of are `null`.
fn estimate(e: Estimate) -> Value {
    let end = |x: f64| if x.is_finite() { json!(x) } else { Value::Null };
    json!({ "value": e.value, "low": end(e.low), "high": end(e.high) })
}

fn window(kind: WindowKind) -> &'static str {
    match kind {
        WindowKind::Published => "published",
        WindowKind::Short => "short",
    }
}

impl Rows for Workload<'_> {
    fn sheet(&self) -> Sheet {
        let columns = vec![
            Column::text("case"),
            Column::text("role"),
            Column::number("launches"),
            Column::number("each"),
            Column::number("share"),
            Column::text("basis"),
        ];
        let mut notes = Notes::default();
        let groups = self.steps().map(|(phase, step)| Group {
            heading: vec![heading(self.answer, phase)],
            rows: step.parts.iter().map(|p| row(step, p, &mut notes)).collect(),
        });
        Sheet { columns, groups: groups.into(), summary: summary(self.answer), notes, empty: "no kernel" }
    }

    fn json(&self) -> Vec<Value> {
        self.rows().map(|(phase, step, p)| self.part(phase, step, p)).collect()
    }

    fn grid(&self) -> Grid {
        let header = vec![
            "phase",
            "case",
            "role",
            "launches",
            "time [s]",
            "time low [s]",
            "time high [s]",
            "share",
            "basis",
            "because",
        ];
        let finite = |x: f64| field(Some(x).filter(|x| x.is_finite()));
        let rows = self.rows().map(|(phase, step, p)| {
            vec![
                words(phase.name()),
                words(&p.op.id),
                words(&p.op.role),
                Field::Number(p.op.count),
                Field::Number(p.seconds.value),
                finite(p.seconds.low),
                finite(p.seconds.high),
                Field::Number(p.total() / step.seconds.value),
                words(p.basis.name()),
                p.because.clone().map_or(Field::Empty, words),
            ]
        });
        Grid { header, rows: rows.collect() }
    }
}

fn heading(a: &Answer, phase: Phase) -> String {
    let p = &a.point;
    let what = match phase {
        Phase::Decode => match p.batch {
            1 => format!("decode: one token for a sequence of {} tokens", p.context),
            n => format!("decode: one token for each of {n} sequences of {} tokens", p.context),
        },
        Phase::Prefill => format!("prefill: one prompt of {} tokens", p.prompt),
    };
    let devices = if p.devices > 1 { format!(", the share of one of {} devices", p.devices) } else { String::new() };
    format!("{}, {what}, {} weights, {} cache{devices}", a.model, p.weights, p.kv)
}

fn row(step: &Step, p: &Part, notes: &mut Notes) -> Vec<Cell> {
    let each = if p.basis.bounds() {
        Cell::of(format!("≥ {}", seconds(p.seconds.value)))
    } else {
        Cell::parts([seconds(p.seconds.value), plus_minus(p.seconds.noise())])
    };
    let mut basis = Cell::of(p.basis.name()).tone(tone(p.basis));
    if let Some(because) = &p.because {
        let against = if p.basis == Basis::Interpolated { "from" } else { "by" };
        basis.push(notes.mark(format!("{because}; {against} {}", p.against.join(", "))));
    } else if p.basis.bounds() {
        basis.push(notes.mark(format!("by {}", p.against.join(", "))));
    }
    vec![
        Cell::of(&p.op.id),
        Cell::of(&p.op.role),
        Cell::of(decimal(p.op.count, 4).trim_end_matches('0').trim_end_matches('.').to_owned()),
        each,
        Cell::of(percent(p.total() / step.seconds.value, 3)),
        basis,
    ]
}

fn tone(basis: Basis) -> Tone {
    match basis {
        Basis::Measured => Tone::Good,
        Basis::Interpolated => Tone::Plain,
        Basis::Roof | Basis::Published => Tone::Doubt,
    }
}

fn summary(a: &Answer) -> Vec<String> {
    let p = &a.point;
    let rate = a.tokens_per_s();
    let sequences = p.batch as f64;
    let speed = if a.decode.basis.bounds() {
        format!("at most {} tokens/s, at least {} a step", decimal(rate.value, 4), seconds(a.decode.seconds.value))
    } else {
        format!("{} tokens/s {}, {} a step", decimal(rate.value, 4), between(rate), seconds(a.decode.seconds.value))
    };
    let each =
        if p.batch > 1 { format!(", {} for each sequence", decimal(rate.value / sequences, 4)) } else { String::new() };
    let mut lines = vec![format!("decode: {speed}{each}; time rests on {}", shares(&a.decode))];
    let (first, sure) = (seconds(a.prefill.seconds.value), a.prefill.basis.bounds());
    let first =
        if sure { format!("at least {first}") } else { format!("{first} {}", plus_minus(a.prefill.seconds.noise())) };
    lines.push(format!("time to first token: {first}; time rests on {}", shares(&a.prefill)));
    lines.push(match &a.decode.joules {
        Ok(j) => format!(
            "energy: {} J/token {} at {}, {} windows",
            decimal(j.joules.value / sequences * p.devices as f64, 3),
            plus_minus(j.joules.u95 / j.joules.value),
            j.boundary,
            window(j.window)
        ),
        Err(why) => format!("energy: {why}"),
    });
    lines.push(memory(a));
    let bound = |b: &crate::workload::Least| format!("{} ({})", decimal(sequences / b.seconds, 4), b.against);
    lines.push(format!(
        "by these ceilings decode stays under {} tokens/s by memory, {} by arithmetic",
        bound(&a.decode_bounds.memory),
        bound(&a.decode_bounds.compute)
    ));
    lines.push(match &a.device.evidence {
        Some(e) if a.device.name == e.text() => format!("device: {}", e.text()),
        Some(e) => format!("device: {}; records of {}", a.device.name, e.text()),
        None => format!("device: {}; no record of it was given", a.device.name),
    });
    lines.extend(a.device.others.iter().map(|(name, s)| format!("also on record: {name}, {} a step", seconds(*s))));
    lines.extend(left_out(p).into_iter().map(|l| format!("not counted: {l}")));
    lines
}

/// `(11.2 to 12.9)`.
fn between(e: Estimate) -> String {
    if !e.high.is_finite() || e.low <= 0.0 {
        return "±?".to_owned();
    }
    format!("({} to {})", decimal(e.low, 4), decimal(e.high, 4))
}

fn shares(step: &Step) -> String {
    let shares = step.shares.iter().map(|(b, s)| format!("{} {}", b.name(), percent(*s, 3)));
    shares.collect::<Vec<_>>().join(", ")
}

fn memory(a: &Answer) -> String {
    let gb = |bytes: f64| format!("{} GB", decimal(bytes / 1e9, 3));
    let f = &a.fit;
    let needs = format!("memory: weights {} + cache {}", gb(f.weights), gb(f.kv));
    let whose = if a.point.devices > 1 { " on each device" } else { "" };
    match (f.capacity, f.fits()) {
        (Some(capacity), Some(fits)) => {
            let fits = if fits { "fits" } else { "does not fit" };
            format!("{needs} + reserve {} = {} of {}{whose}: {fits}", gb(f.reserve), gb(f.needed()), gb(capacity))
        }
        _ => format!("{needs}{whose}; the device's memory is not known"),
    }
}
