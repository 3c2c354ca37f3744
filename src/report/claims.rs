//! Verdicts as rows, and one verdict explained.
//! Decides nothing: every word of a headline comes from `claim`.

use serde_json::{Map, Value, json};

use super::{
    Field, Format, Grid, Rows, Style,
    number::plain,
    render_sheet,
    sheet::{Cell, Column, Group, Notes, Sheet, Tone},
    words,
};
use crate::{
    catalog::Verdict,
    claim::{Basis, Finding, InputResult, Outcome, Strength},
};

/// Verdicts, and the figures of the documents that do not stand.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'o> {
    /// One for each claim.
    pub outcomes: &'o [Outcome],
    /// Stated figures recomputed.
    pub findings: &'o [Finding],
}

impl Claims<'_> {
    /// One JSON document: `{"claims": [...], "findings": [...]}`.
    pub fn document(&self) -> String {
        let findings: Vec<_> = self.findings.iter().map(|f| json!({ "id": f.id, "what": f.what })).collect();
        let document = json!({ "claims": self.json(), "findings": findings });
        format!("{}\n", super::text::json(&format!("{document:#}")))
    }
}

/// On what the verdict turns, or what its author says of it.
fn condition(o: &Outcome) -> Option<String> {
    let said = o.headline.condition.as_ref().map(ToString::to_string);
    said.or_else(|| o.note.clone().filter(|_| o.headline.verdict == Verdict::Conditional))
}

fn tone(o: &Outcome) -> Tone {
    match (o.headline.verdict, o.headline.strength) {
        (Verdict::Untestable, _) => Tone::Faint,
        (Verdict::Supported, Strength::Bare) => Tone::Good,
        (Verdict::Refuted, Strength::Bare) => Tone::Bad,
        _ => Tone::Doubt,
    }
}

/// `5 published, 2 prior, 3 unsourced`.
fn basis(o: &Outcome, notes: &mut Notes) -> Cell {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for input in &o.inputs {
        match counts.iter_mut().find(|(name, _)| *name == input.basis.name()) {
            Some((_, n)) => *n += 1,
            None => counts.push((input.basis.name(), 1)),
        }
    }
    let mut cell = Cell::of(counts.iter().map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", "));
    if counts.iter().any(|(name, _)| *name == Basis::Prior.name()) {
        cell.push(notes.mark(PRIOR_NOTE));
    }
    if counts.iter().any(|(name, _)| *name == Basis::Interpolated.name()) {
        cell.push(notes.mark("interpolated: composed of records, some cases from measured neighbours"));
    }
    if counts.iter().any(|(name, _)| *name == Basis::Unsourced.name()) {
        cell.push(notes.mark("unsourced: a recollection or a plain assumption; no source says so"));
    }
    cell
}

impl Rows for Claims<'_> {
    fn sheet(&self) -> Sheet {
        let columns = vec![
            Column::text("claim"),
            Column::text("verdict"),
            Column::number("P"),
            Column::text("turns on"),
            Column::text("rests on"),
            Column::text("because").wide(),
        ];
        let mut notes = Notes::default();
        let mut rows = Vec::new();
        for o in self.outcomes {
            let [verdict, p, turns] = judged(o, &mut notes);
            let because = o.note.clone().map_or_else(Cell::default, Cell::of);
            rows.push(vec![Cell::of(&o.claim.id), verdict, p, turns, basis(o, &mut notes), because]);
        }
        let findings = self.findings.iter().map(|f| format!("finding {}: {}", f.id, f.what)).collect();
        Sheet {
            columns,
            groups: vec![Group { heading: vec![], rows }],
            summary: findings,
            notes,
            empty: "no claim of that name",
        }
    }

    fn json(&self) -> Vec<Value> {
        self.outcomes.iter().map(value).collect()
    }

    fn grid(&self) -> Grid {
        let header = vec!["claim", "verdict", "strength", "headline", "probability", "condition", "because", "quote"];
        let row = |o: &Outcome| {
            vec![
                words(&o.claim.id),
                words(o.headline.verdict.name()),
                words(o.headline.strength.name()),
                words(o.headline.text()),
                Field::Number(o.headline.probability),
                condition(o).map_or(Field::Empty, words),
                o.note.clone().map_or(Field::Empty, words),
                words(&o.claim.quote.text),
            ]
        };
        Grid { header, rows: self.outcomes.iter().map(row).collect() }
    }
}

/// Verdicts for a page that knows no ids: each beside the words that it is on.
pub fn quoted(outcomes: &[Outcome]) -> Sheet {
    let columns = vec![
        Column::text("claim"),
        Column::text("in its own words"),
        Column::text("verdict"),
        Column::number("P"),
        Column::text("turns on"),
    ];
    let mut notes = Notes::default();
    let mut rows = Vec::new();
    for o in outcomes {
        let [mut verdict, p, turns] = judged(o, &mut notes);
        if !o.headline.priors.is_empty() {
            verdict.push(notes.mark(PRIOR_NOTE));
        }
        rows.push(vec![Cell::of(&o.claim.id), Cell::of(format!("“{}”", o.claim.quote.text)), verdict, p, turns]);
    }
    Sheet { columns, groups: vec![Group { heading: vec![], rows }], notes, ..Sheet::default() }
}

/// Verdict, probability, and what it turns on.
fn judged(o: &Outcome, notes: &mut Notes) -> [Cell; 3] {
    let mut verdict = Cell::of(o.headline.text()).tone(tone(o));
    if let Some((id, other)) = &o.headline.other_reading {
        verdict.push(notes.mark(format!("the other reading, {id}, says {other}: no bare headline")));
    }
    let p = if o.headline.strength == Strength::Undrawn {
        Cell::default()
    } else {
        Cell::of(format!("{:.2}", o.headline.probability))
    };
    [verdict, p, condition(o).map_or_else(Cell::default, Cell::of)]
}

const PRIOR_NOTE: &str = "prior: a published value stands where a record of that device would";

fn value(o: &Outcome) -> Value {
    let mut derived = Map::new();
    for d in &o.derived {
        let numbers = json!({
            "value": d.summary.value, "median": d.summary.median, "low": d.summary.low, "high": d.summary.high, "unit": d.unit.text(),
            "formula": d.formula,
        });
        derived.insert(d.name.clone(), numbers);
    }
    let mut basis = Map::new();
    let mut inputs = Map::new();
    for i in &o.inputs {
        basis.insert(i.name.clone(), json!(i.basis.name()));
        let numbers = json!({
            "low": i.low, "mode": i.mode, "high": i.high, "unit": i.unit.text(), "source": i.source,
            "confidence": i.confidence, "distribution": i.distribution,
        });
        inputs.insert(i.name.clone(), numbers);
    }
    let shares: Map<String, Value> = o.headline.shares.iter().map(|(v, s)| (v.name().to_owned(), json!(s))).collect();
    let turns = o.break_evens.iter().map(|b| {
        json!({
            "input": b.input, "value": b.value, "unit": b.unit.text(), "below": b.below.name(), "above": b.above.name(),
        })
    });
    let turns: Vec<_> = turns.collect();
    let tornado: Vec<_> =
        o.tornado.iter().map(|s| json!({ "input": s.input, "at_low": s.at_low, "at_high": s.at_high })).collect();
    json!({
        "id": o.claim.id,
        "quote": o.claim.quote.text,
        "seed": o.claim.quote.seed,
        "seed_line": o.claim.quote.line,
        "verdict": o.headline.verdict.name(),
        "strength": o.headline.strength.name(),
        "headline": o.headline.text(),
        "probability": o.headline.probability,
        "shares": shares,
        "at_modes": o.at_modes.name(),
        "condition": condition(o),
        "because": o.note,
        "priors": o.headline.priors,
        "basis": basis,
        "inputs": inputs,
        "derived": derived,
        "break_evens": turns,
        "tornado": tornado,
        "corners": o.corners,
        "interpolated": o.headline.interpolated,
        "records": records(o),
    })
}

/// Every record that an input rests on.
fn records(o: &Outcome) -> Vec<Value> {
    let of = |i: &InputResult| {
        let cited = i.measurement.iter().flat_map(|m| &m.records).map(|r| {
            json!({
                "input": i.name, "basis": i.basis.name(), "file": r.file, "line": r.line, "run": r.run,
                "device": r.device, "case": r.case,
            })
        });
        cited.collect::<Vec<_>>()
    };
    o.inputs.iter().flat_map(of).collect()
}

/// All that led to a verdict: quote, inputs with their basis, arithmetic, break-evens, tornado.
pub fn explained(o: &Outcome, format: Format, style: &Style) -> String {
    let sections = [inputs(o), arithmetic(o), rules(o), turns(o), tornado(o), cited(o)];
    let mut head = Sheet { empty: "", ..Sheet::default() };
    head.columns = vec![Column::text("claim"), Column::text("")];
    let line = |name: &str, text: String| vec![Cell::of(name), Cell::of(text)];
    let quote = &o.claim.quote;
    let mut rows = vec![
        line("quote", format!("“{}”", quote.text)),
        line("from", format!("{} line {}", quote.seed, quote.line)),
        line("verdict", o.headline.text()),
    ];
    rows.extend(o.headline.other_reading.iter().map(|(id, v)| line("other reading", format!("{id} says {v}"))));
    rows.extend(condition(o).map(|c| line("turns on", c)));
    rows.extend(o.note.iter().map(|n| line("because", n.clone())));
    if !o.headline.shares.is_empty() {
        let shares = o.headline.shares.iter().map(|(v, s)| format!("{v} {s:.3}"));
        rows.push(line("of the draws", shares.collect::<Vec<_>>().join(", ")));
        rows.push(line("at the modes", o.at_modes.to_string()));
    }
    rows.extend(o.claim.notes.iter().map(|n| line("note", n.clone())));
    rows.extend(o.claim.mended.iter().map(|m| line("mended", m.clone())));
    let used: Vec<_> = o.inputs.iter().filter_map(|i| Some((i, i.measurement.as_ref()?))).collect();
    if used.is_empty() {
        rows.push(line("records used", "none".to_owned()));
    }
    rows.extend(used.into_iter().map(|(i, m)| line("records used", format!("{}: {}", i.name, m.how))));
    head.groups.push(Group { heading: vec![o.claim.id.clone()], rows });
    head.columns[0].title = "what";
    let all = [head].into_iter().chain(sections).filter(|s| !s.is_empty());
    all.map(|s| render_sheet(format, &s, style)).collect::<Vec<_>>().join("\n")
}

pub(super) fn section(heading: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet { columns, groups: vec![Group { heading: vec![heading.to_owned()], rows }], ..Sheet::default() }
}

fn inputs(o: &Outcome) -> Sheet {
    let columns = vec![
        Column::text("input"),
        Column::number("low"),
        Column::number("mode"),
        Column::number("high"),
        Column::text("unit"),
        Column::text("drawn"),
        Column::text("basis"),
        Column::text("source"),
        Column::text("what").wide(),
    ];
    let tone = |i: &InputResult| match i.basis {
        Basis::Unsourced | Basis::Prior => Tone::Doubt,
        _ => Tone::Plain,
    };
    let ends = |i: &InputResult, x: f64| if i.low == i.high { Cell::default() } else { Cell::of(plain(x)) };
    let row = |i: &InputResult| {
        vec![
            Cell::of(&i.name),
            ends(i, i.low),
            Cell::of(plain(i.mode)),
            ends(i, i.high),
            Cell::of(i.unit.text()),
            Cell::of(i.distribution),
            Cell::of(i.basis.name()).tone(tone(i)),
            Cell::of(&i.source),
            if i.meaning.is_empty() { Cell::default() } else { Cell::of(&i.meaning) },
        ]
    };
    section("inputs", columns, o.inputs.iter().map(row).collect())
}

fn cited(o: &Outcome) -> Sheet {
    let columns = vec![
        Column::text("record"),
        Column::text("case"),
        Column::text("device"),
        Column::text("run"),
        Column::text("input"),
    ];
    let rows = o.inputs.iter().flat_map(|i| {
        let all = i.measurement.iter().flat_map(|m| &m.records);
        all.map(|r| {
            let place = format!("{}:{}", r.file, r.line);
            vec![Cell::of(place), Cell::of(&r.case), Cell::of(&r.device), Cell::of(&r.run), Cell::of(&i.name)]
        })
    });
    section("records", columns, rows.collect())
}

fn arithmetic(o: &Outcome) -> Sheet {
    let columns = vec![
        Column::text("derived"),
        Column::text("formula"),
        Column::number("at the modes"),
        Column::number("5 %"),
        Column::number("median"),
        Column::number("95 %"),
        Column::text("unit"),
    ];
    let rows = o.derived.iter().map(|d| {
        let mut row = vec![Cell::of(&d.name), Cell::of(&d.formula)];
        let s = &d.summary;
        row.extend([s.value, s.low, s.median, s.high].map(|x| Cell::of(plain(x))));
        row.push(Cell::of(d.unit.text()));
        row
    });
    section("arithmetic", columns, rows.collect())
}

fn rules(o: &Outcome) -> Sheet {
    let columns = vec![Column::text("first that holds"), Column::text("verdict"), Column::text("note")];
    let rows = o.claim.rules.iter().map(|r| {
        let when = r.when.as_ref().map_or("otherwise", |w| w.text());
        let note = r.note.as_ref().map_or_else(Cell::default, Cell::of);
        vec![Cell::of(when), Cell::of(r.verdict.name()), note]
    });
    section("rules", columns, rows.collect())
}

fn turns(o: &Outcome) -> Sheet {
    let columns = vec![
        Column::text("input"),
        Column::number("break-even"),
        Column::text("unit"),
        Column::text("below"),
        Column::text("above"),
    ];
    let rows = o.break_evens.iter().map(|b| {
        vec![
            Cell::of(&b.input),
            Cell::of(plain(b.value)),
            Cell::of(b.unit.text()),
            Cell::of(b.below.name()),
            Cell::of(b.above.name()),
        ]
    });
    section("break-even of each input, the others at their modes", columns, rows.collect())
}

fn tornado(o: &Outcome) -> Sheet {
    let columns = vec![Column::text("input"), Column::number("held low"), Column::number("held high")];
    let rows = o
        .tornado
        .iter()
        .map(|s| vec![Cell::of(&s.input), Cell::of(format!("{:.3}", s.at_low)), Cell::of(format!("{:.3}", s.at_high))]);
    let mut sheet = section("tornado: share of draws with the most frequent verdict", columns, rows.collect());
    if let Some(share) = o.corners {
        sheet.summary.push(format!(
            "{:.0} % of the corners of the inputs' ranges agree with the modes; corners are not equally likely",
            share * 100.0
        ));
    }
    sheet
}
