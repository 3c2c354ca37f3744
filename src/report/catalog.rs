//! The catalogue's entries, and all that one holds, as rows.
//! Computes nothing but values at the modes; a number without a source is marked wherever it stands.

use serde::Serialize;

use super::{
    Field, Grid, Rows, json,
    sheet::{Cell, Column, Group, Notes, Sheet, Tone},
    words,
};
use crate::{
    catalog::{Catalog, Claim, Device, Model, Number, Scenario, ScenarioInput, Source},
    formula::Cone,
};

/// One line of the list of entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// claim, device, model, scenario, input or source.
    pub kind: &'static str,
    /// Its name.
    pub id: String,
    /// What it is.
    pub about: String,
    /// How many numbers it holds.
    pub numbers: usize,
    /// How many of them have no source.
    pub unsourced: usize,
    /// Its file.
    pub file: String,
}

/// The entries of a catalogue, of one kind or of all.
pub fn entries(catalog: &Catalog, kind: Option<&str>) -> Vec<Entry> {
    let count = |numbers: &[&Number]| (numbers.len(), numbers.iter().filter(|n| n.unsourced()).count());
    let entry = |kind, id: &str, about: &str, numbers: &[&Number], file: &str| {
        let (numbers, unsourced) = count(numbers);
        Entry { kind, id: id.to_owned(), about: about.to_owned(), numbers, unsourced, file: file.to_owned() }
    };
    let mut all = Vec::new();
    for c in &catalog.claims {
        let numbers: Vec<_> = c.inputs.iter().filter_map(|i| i.number.as_ref()).collect();
        all.push(entry("claim", &c.id, &c.quote.text, &numbers, &c.file));
    }
    for d in catalog.devices.values() {
        let numbers: Vec<_> = d.peak.values().chain(d.quantity.values()).chain(d.per_soc.values()).collect();
        all.push(entry("device", &d.id, &d.name, &numbers, &d.file));
    }
    for m in catalog.models.values() {
        let numbers: Vec<_> = [Some(&m.total), m.active.as_ref()].into_iter().flatten().collect();
        all.push(entry("model", &m.id, &m.role, &numbers, &m.file));
    }
    for s in catalog.scenarios.values() {
        let numbers: Vec<_> = s.uses.iter().filter_map(|id| catalog.inputs.get(id)).map(|i| &i.number).collect();
        all.push(entry("scenario", &s.id, s.side.name(), &numbers, &s.file));
    }
    for i in catalog.inputs.values() {
        all.push(entry("input", &i.id, i.number.meaning.as_deref().unwrap_or_default(), &[&i.number], &i.file));
    }
    for (key, source) in &catalog.sources {
        all.push(entry("source", key, &source.title, &[], "catalog/sources.toml"));
    }
    all.retain(|e| kind.is_none_or(|k| e.kind == k));
    all
}

/// The list of entries.
#[derive(Debug, Clone, Copy)]
pub struct Entries<'e>(pub &'e [Entry]);

impl Rows for Entries<'_> {
    fn sheet(&self) -> Sheet {
        let columns = vec![
            Column::text("kind"),
            Column::text("id"),
            Column::text("what"),
            Column::number("numbers"),
            Column::number("unsourced"),
            Column::text("file").wide(),
        ];
        let row = |e: &Entry| {
            let about: String = if e.about.chars().count() > 80 {
                e.about.chars().take(79).chain(['…']).collect()
            } else {
                e.about.clone()
            };
            let shown = |n: usize| if n == 0 { Cell::default() } else { Cell::of(n.to_string()) };
            vec![
                Cell::of(e.kind),
                Cell::of(&e.id),
                Cell::of(about),
                shown(e.numbers),
                shown(e.unsourced).tone(Tone::Doubt),
                Cell::of(&e.file),
            ]
        };
        let (numbers, unsourced) =
            self.0.iter().filter(|e| e.kind != "scenario").fold((0, 0), |(n, u), e| (n + e.numbers, u + e.unsourced));
        Sheet {
            columns,
            groups: vec![Group { heading: vec![], rows: self.0.iter().map(row).collect() }],
            summary: vec![format!("{} entries, {numbers} numbers, {unsourced} without a source", self.0.len())],
            empty: "no such entry",
            ..Sheet::default()
        }
    }

    fn json(&self) -> Vec<serde_json::Value> {
        self.0.iter().map(json::value).collect()
    }

    fn grid(&self) -> Grid {
        let header = vec!["kind", "id", "what", "numbers", "unsourced", "file"];
        let count = |n: usize| Field::Count(n as u64);
        let row = |e: &Entry| {
            vec![words(e.kind), words(&e.id), words(&e.about), count(e.numbers), count(e.unsourced), words(&e.file)]
        };
        Grid { header, rows: self.0.iter().map(row).collect() }
    }
}

/// One number, formula or rule of an entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Part {
    /// input, derived, rule, quantity or shape.
    pub part: &'static str,
    /// Its name.
    pub name: String,
    /// The least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The most likely; of a formula, its value at the modes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<f64>,
    /// The greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The unit of these.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// What it rests on: the kind of an input, the word formula, a verdict.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub basis: String,
    /// Key of its source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// When the source said so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub date: String,
    /// high, medium or low.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub confidence: String,
    /// Where its energy was taken.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub boundary: String,
    /// What it is: a meaning, a formula, a condition.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub what: String,
}

impl Part {
    fn number(part: &'static str, name: &str, basis: &str, number: &Number) -> Part {
        let notes = [number.meaning.as_deref(), number.note.as_deref()].into_iter().flatten();
        Part {
            part,
            name: name.to_owned(),
            low: Some(number.low),
            mode: Some(number.mode),
            high: Some(number.high),
            unit: number.unit.to_string(),
            basis: basis.to_owned(),
            source: number.source.clone(),
            date: number.date.clone(),
            confidence: number.confidence.clone(),
            boundary: if number.boundary == Default::default() { String::new() } else { number.boundary.to_string() },
            what: notes.collect::<Vec<_>>().join("; "),
        }
    }

    fn says(part: &'static str, name: &str, what: impl Into<String>) -> Part {
        Part { part, name: name.to_owned(), what: what.into(), ..Part::default() }
    }
}

/// All that one entry holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shown {
    /// What it is: lines above.
    pub heading: Vec<String>,
    /// Its parts.
    pub parts: Vec<Part>,
    /// What to know of it: lines below.
    pub notes: Vec<String>,
}

/// What the entries of a name hold, in any case; none if there is no such name.
pub fn show(catalog: &Catalog, name: &str) -> Option<Shown> {
    if let Some(claim) = catalog.claim(name) {
        return Some(of_claim(catalog, claim));
    }
    let lower = name.to_lowercase();
    let device = catalog.devices.get(&lower).map(of_device);
    let model = || catalog.models.get(&lower).map(of_model);
    let scenario = || catalog.scenarios.get(&lower).map(|s| of_scenario(catalog, s));
    let input = || catalog.inputs.get(&lower).map(of_input);
    let source = || catalog.sources.get(&lower).map(|s| of_source(&lower, s));
    device.or_else(model).or_else(scenario).or_else(input).or_else(source)
}

fn of_claim(catalog: &Catalog, c: &Claim) -> Shown {
    let mut shown = Shown::default();
    let reading = c.reading.as_ref().map(|r| format!(" ({r} reading)")).unwrap_or_default();
    shown.heading.push(format!("claim {}{reading}, rank {}, {}, {}", c.id, c.rank, c.topic, c.testable));
    shown.heading.push(format!("“{}” ({} line {})", c.quote.text, c.quote.seed, c.quote.line));
    for i in &c.inputs {
        let mut part = match (&i.number, &i.kind) {
            (Some(number), Some(kind)) => Part::number("input", &i.name, kind.name(), number),
            _ => {
                Part { unit: i.unit.to_string(), ..Part::says("input", &i.name, i.meaning.clone().unwrap_or_default()) }
            }
        };
        if let Some(from) = &i.from {
            part.basis = format!("from {from}");
        }
        shown.parts.push(part);
    }
    let targets: Vec<_> = c.derived.iter().map(|d| d.cell).collect();
    let mut cone = Cone::of(&catalog.system, &targets, &[], &c.scope);
    if let Some(cone) = &mut cone {
        cone.set_modes();
        cone.compute(1);
    }
    for d in &c.derived {
        let value = cone.as_mut().map(|cone| d.unit.from_base(cone.column(d.cell)[0]));
        let (unit, basis) = (d.unit.to_string(), "formula".to_owned());
        shown.parts.push(Part { mode: value, unit, basis, ..Part::says("derived", &d.name, d.formula.text()) });
    }
    for (i, r) in c.rules.iter().enumerate() {
        let when = r.when.as_ref().map_or("otherwise", |w| w.text());
        let note = r.note.as_ref().map(|n| format!(": {n}")).unwrap_or_default();
        let part = Part::says("rule", &format!("rule {}", i + 1), format!("{when}{note}"));
        shown.parts.push(Part { basis: r.verdict.to_string(), ..part });
    }
    shown.notes.extend(c.untestable.iter().map(|why| format!("untestable here: {why}")));
    shown.notes.extend(c.notes.iter().cloned());
    shown.notes.extend(c.mended.iter().map(|m| format!("mended: {m}")));
    shown
}

fn of_device(d: &Device) -> Shown {
    let mut shown = Shown::default();
    let year = d.year.map(|y| format!(", {y}")).unwrap_or_default();
    shown.heading.push(format!("device {}: {}, {}{year}, driven by {}", d.id, d.name, d.class, d.api.join(", ")));
    let groups = [("peak ", &d.peak), ("", &d.quantity), ("one SoC: ", &d.per_soc)];
    for (prefix, numbers) in groups {
        let parts = numbers.iter().map(|(k, n)| Part::number("quantity", &format!("{prefix}{k}"), "published", n));
        shown.parts.extend(parts);
    }
    for k in &d.known {
        let name = format!("decode {} {}, {} streams", k.model, k.dtype, k.streams);
        shown.parts.push(Part::number("quantity", &name, "known answer", &k.decode));
    }
    shown.notes.extend(d.absent.iter().map(|(k, why)| format!("no {k}: {why}")));
    shown.notes.extend(d.stand_in_for.iter().map(|s| format!("stands in for {s}")));
    shown.notes.extend(d.notes.iter().cloned());
    shown.notes.extend(d.mended.iter().map(|m| format!("mended: {m}")));
    shown
}

fn of_model(m: &Model) -> Shown {
    let mut shown = Shown::default();
    shown.heading.push(format!("model {}: {}", m.id, m.role));
    shown.parts.push(Part::number("quantity", "parameters", "published", &m.total));
    shown.parts.extend(m.active.as_ref().map(|a| Part::number("quantity", "active parameters", "published", a)));
    for (name, count) in [
        ("parameters of the shape", m.shape.parameters()),
        ("active parameters of the shape", m.shape.active_parameters()),
    ] {
        let mode = Some(count as f64 / 1e9);
        let (unit, basis) = ("Gparam".to_owned(), "counted".to_owned());
        shown.parts.push(Part { mode, unit, basis, ..Part::says("derived", name, "") });
    }
    let kv = Some(m.shape.kv_elements() as f64 * 2.0);
    let (unit, basis) = ("B/tok".to_owned(), "counted".to_owned());
    shown.parts.push(Part { mode: kv, unit, basis, ..Part::says("derived", "KV cache in bf16", "") });
    if let serde_json::Value::Object(shape) = json::value(&m.shape) {
        for (key, value) in shape {
            let (mode, what) = (value.as_f64(), value.as_str().unwrap_or_default().to_owned());
            if mode != Some(0.0) && value != serde_json::Value::Bool(false) {
                let source = m.source.clone();
                let confidence = m.confidence.clone();
                shown.parts.push(Part { mode, source, confidence, ..Part::says("shape", &key, what) });
            }
        }
    }
    shown.notes.extend(m.notes.iter().cloned());
    shown
}

fn of_scenario(catalog: &Catalog, s: &Scenario) -> Shown {
    let mut shown = Shown::default();
    shown.heading.push(format!("scenario {}: {} side", s.id, s.side.name()));
    for (ids, basis) in [(&s.uses, None), (&s.check_against, Some("known answer"))] {
        for input in ids.iter().filter_map(|id| catalog.inputs.get(id)) {
            let basis = basis.or(input.role.as_deref()).unwrap_or_default();
            shown.parts.push(Part::number("input", &input.id, basis, &input.number));
        }
    }
    shown.notes.clone_from(&s.notes);
    shown
}

fn of_input(i: &ScenarioInput) -> Shown {
    let of = [i.device.as_ref(), i.model.as_ref()].into_iter().flatten();
    let of = of.map(|o| format!(" of {o}")).collect::<String>();
    let role = i.role.as_ref().map_or("known answer".to_owned(), |r| format!("role {r}"));
    Shown {
        heading: vec![format!("cost input {}: {role}{of}", i.id)],
        parts: vec![Part::number("input", &i.id, i.role.as_deref().unwrap_or_default(), &i.number)],
        notes: i.mended.iter().map(|m| format!("mended: {m}")).collect(),
    }
}

fn of_source(key: &str, s: &Source) -> Shown {
    let mut shown = Shown { heading: vec![format!("source {key}")], ..Shown::default() };
    for (name, text) in [
        ("title", Some(&s.title)),
        ("publisher", Some(&s.publisher)),
        ("date", Some(&s.date)),
        ("url", s.url.as_ref()),
        ("read", Some(&s.read)),
        ("tier", Some(&s.tier)),
    ] {
        shown.parts.extend(text.map(|t| Part::says("citation", name, t)));
    }
    shown
}

impl Rows for Shown {
    fn sheet(&self) -> Sheet {
        let columns = vec![
            Column::text("name"),
            Column::number("low"),
            Column::number("mode"),
            Column::number("high"),
            Column::text("unit"),
            Column::text("basis"),
            Column::text("source"),
            Column::text("date").wide(),
            Column::text("confidence").wide(),
            Column::text("boundary").wide(),
            Column::text("what"),
        ];
        let mut notes = Notes::default();
        let rows = self.parts.iter().map(|p| cells(p, &mut notes)).collect();
        Sheet {
            columns,
            groups: vec![Group { heading: self.heading.clone(), rows }],
            summary: self.notes.clone(),
            notes,
            empty: "nothing in it",
        }
    }

    fn json(&self) -> Vec<serde_json::Value> {
        self.parts.iter().map(json::value).collect()
    }

    fn grid(&self) -> Grid {
        let header = vec![
            "part",
            "name",
            "low",
            "mode",
            "high",
            "unit",
            "basis",
            "source",
            "date",
            "confidence",
            "boundary",
            "what",
        ];
        let row = |p: &Part| {
            let mut row = vec![words(p.part), words(&p.name)];
            row.extend([p.low, p.mode, p.high].map(super::field));
            row.extend([&p.unit, &p.basis, &p.source, &p.date, &p.confidence, &p.boundary, &p.what].map(words));
            row
        };
        Grid { header, rows: self.parts.iter().map(row).collect() }
    }
}

fn cells(p: &Part, notes: &mut Notes) -> Vec<Cell> {
    let text = |t: &str| if t.is_empty() { Cell::default() } else { Cell::of(t) };
    let fixed = p.low == p.high;
    let end = |x: Option<f64>| x.filter(|_| !fixed).map_or_else(Cell::default, |x| Cell::of(super::number::plain(x)));
    let mut source = text(&p.source);
    if p.source == crate::catalog::UNSOURCED {
        source.push(notes.mark("no source: a recollection or a plain assumption"));
        source = source.tone(Tone::Doubt);
    }
    vec![
        Cell::of(&p.name),
        end(p.low),
        p.mode.map_or_else(Cell::default, |x| Cell::of(super::number::plain(x))),
        end(p.high),
        text(&p.unit),
        text(&p.basis),
        source,
        text(&p.date),
        text(&p.confidence),
        text(&p.boundary),
        text(&p.what),
    ]
}
