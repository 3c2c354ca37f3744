//! Comparisons as rows, and the gate's answer.
//! Judges nothing; `compare` did.

use super::{
    Field, Grid, Rows, field, json, number,
    results::{case_cell, clock, name_of, track},
    sheet::{Cell, Column, Group, Notes, Sheet, Tone},
    words,
};
use crate::{
    backend::DeviceClass,
    compare::{Comparison, Gate, Method, Outcome, Scope, Side, summary},
};

/// Comparisons, and a gate where the user asked for one.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'c> {
    /// Every pair, and every record without one.
    pub comparisons: &'c [Comparison],
    /// Whether the threshold held.
    pub gate: Option<&'c Gate>,
}

impl Rows for Compared<'_> {
    fn sheet(&self) -> Sheet {
        let columns = vec![
            Column::text("case"),
            Column::text("verdict"),
            Column::number("before"),
            Column::number("after"),
            Column::number("time ratio"),
            Column::text("method").wide(),
        ];
        let mut sheet = Sheet { columns, empty: "nothing to compare", ..Sheet::default() };
        let mut keys: Vec<Vec<String>> = Vec::new();
        for c in self.comparisons {
            let key = heading(c);
            let at = keys.iter().position(|k| *k == key).unwrap_or_else(|| {
                sheet.groups.push(Group { heading: key.clone(), rows: vec![] });
                keys.push(key);
                keys.len() - 1
            });
            let cells = cells(c, &mut sheet.notes);
            sheet.groups[at].rows.push(cells);
        }
        let counts: Vec<_> =
            summary(self.comparisons).iter().map(|(o, n)| format!("{n} {}", o.name().replace('_', " "))).collect();
        sheet.summary.push(counts.join(", "));
        if let Some(first) = self.comparisons.first() {
            let margin = number::percent(first.margin, 2);
            sheet.summary.push(format!(
                "time ratio: after / before, over 1 is slower; brackets: 95 % interval; differences within {margin} count as none"
            ));
        }
        if let Some(gate) = self.gate {
            let answer = if gate.holds { "holds" } else { "does not hold" };
            sheet.summary.push(format!("gate at {}: {answer}", number::percent(gate.threshold.relative(), 2)));
            sheet.summary.extend(gate.broken.iter().map(|line| format!("broken by {line}")));
            sheet.summary.extend(gate.undecided.iter().map(|line| format!("undecided: {line}")));
        }
        sheet
    }

    fn json(&self) -> Vec<serde_json::Value> {
        let mut rows: Vec<_> = self.comparisons.iter().map(json::value).collect();
        rows.extend(self.gate.map(|gate| serde_json::json!({ "gate": gate })));
        rows
    }

    fn grid(&self) -> Grid {
        let header = vec![
            "case",
            "outcome",
            "reason",
            "ratio_of_times",
            "ratio_low95",
            "ratio_high95",
            "method",
            "margin",
            "track",
            "before_device_id",
            "before_device_key",
            "before_status",
            "before_time [s]",
            "before_clock",
            "before_samples",
            "before_source_sha256",
            "after_device_id",
            "after_device_key",
            "after_status",
            "after_time [s]",
            "after_clock",
            "after_samples",
            "after_source_sha256",
            "notes",
        ];
        Grid { header, rows: self.comparisons.iter().map(fields).collect() }
    }
}

fn sides(c: &Comparison) -> impl Iterator<Item = &Side> {
    c.before.iter().chain(c.after.iter())
}

/// What was compared with what: two devices only where they differ.
fn heading(c: &Comparison) -> Vec<String> {
    let name = |s: &Side| {
        let soft = match (&s.emulated, s.class) {
            (Some(_), _) => ", emulated",
            (None, DeviceClass::Software) => ", software rasterizer",
            (None, _) => "",
        };
        format!("{} {} ({}, {} track{soft})", s.device_id, s.device, s.api, track(s.track))
    };
    let mut names: Vec<String> = sides(c).map(name).collect();
    names.dedup();
    let across = if c.scope == Scope::Backends { ", across backends" } else { "" };
    vec![format!("{}{across}", names.join(" against "))]
}

fn cells(c: &Comparison, notes: &mut Notes) -> Vec<Cell> {
    let tone = match c.outcome {
        Outcome::Faster => Tone::Good,
        Outcome::Slower | Outcome::StatusChanged => Tone::Bad,
        Outcome::Unclear => Tone::Doubt,
        Outcome::Same => Tone::Plain,
        Outcome::NotCompared | Outcome::OnlyBefore | Outcome::OnlyAfter => Tone::Faint,
    };
    let mut verdict = Cell::of(c.outcome.name().replace('_', " ")).tone(tone);
    for text in c.reason.iter().chain(&c.notes) {
        verdict.push(notes.mark(text.clone()));
    }
    let time = |side: &Option<Side>| {
        let Some(side) = side else { return Cell::default() };
        match (side.seconds, side.clock) {
            (Some(seconds), Some(by)) => Cell::parts([number::seconds(seconds), clock(by).to_owned()]),
            _ => Cell::of(side.status.name()),
        }
    };
    let ratio = c.ratio.map_or_else(Cell::default, |r| {
        Cell::parts([format!("{:.3}", r.value), format!("[{:.3}, {:.3}]", r.low, r.high)])
    });
    vec![
        case_cell(&c.case),
        verdict,
        time(&c.before),
        time(&c.after),
        ratio,
        c.method.map_or_else(Cell::default, |m| Cell::of(method(m))),
    ]
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Sequential => "sequential",
        Method::Interleaved => "interleaved",
        Method::Rounds => "rounds",
    }
}

fn fields(c: &Comparison) -> Vec<Field> {
    let may = |text: Option<&str>| text.map_or(Field::Empty, words);
    let mut out = vec![words(&c.case), words(c.outcome.name()), may(c.reason.as_deref())];
    out.extend([field(c.ratio.map(|r| r.value)), field(c.ratio.map(|r| r.low)), field(c.ratio.map(|r| r.high))]);
    out.extend([may(c.method.map(method)), Field::Number(c.margin)]);
    out.push(may(sides(c).next().map(|s| track(s.track))));
    for side in [&c.before, &c.after] {
        let Some(s) = side else {
            out.extend(std::iter::repeat_n(Field::Empty, 7));
            continue;
        };
        out.extend([words(&s.device_id), words(&s.device_key), words(name_of(s.status)), field(s.seconds)]);
        out.extend([
            s.clock.map_or(Field::Empty, |c| words(name_of(c))),
            Field::Count(s.samples as u64),
            may(s.source_sha256.as_deref()),
        ]);
    }
    out.push(words(c.notes.join("; ")));
    out
}
