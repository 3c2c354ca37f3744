//! A claim's file, checked field by field and laid out as cells of the common system.
//! Checks no formula against others: that takes all files.

use std::{collections::BTreeMap, sync::Arc};

use toml::Spanned;

use super::{
    Claim, ClaimInput, Derived, Kind, MeasuredBy, Number, Quote, Rule, Source, Stated, Verdict,
    build::{Place, Workshop},
    number::{boundary, number, required, unit},
    problem::Inspector,
    raw::{RawAddress, RawClaim, RawDerived, RawNumber},
};
use crate::{
    digest::sha256_hex,
    formula::{Cell, CellId, Content, Distribution, Formula, Given, Scope, Unit},
};

/// A claim as read.
#[derive(Debug)]
pub(super) struct ClaimDraft {
    pub(super) id: String,
    raw: RawClaim,
}

/// A claim whose names have cells.
#[derive(Debug)]
pub(super) struct LaidOut {
    inputs: Vec<ClaimInput>,
    derived: Vec<(String, CellId, Unit)>,
    scope: Scope,
}

pub(super) fn read(inspector: &mut Inspector) -> Option<ClaimDraft> {
    let raw: RawClaim = inspector.parse()?;
    let id = required(inspector, 0, "", "id", &raw.id)?.to_owned();
    Some(ClaimDraft { id, raw })
}

/// Gives every input and derived quantity its cell.
pub(super) fn lay_out(
    draft: &ClaimDraft,
    inspector: &mut Inspector,
    sources: &BTreeMap<String, Source>,
    shop: &mut Workshop,
) -> LaidOut {
    let mut laid = LaidOut { inputs: vec![], derived: vec![], scope: Scope::new() };
    for raw in &draft.raw.inputs {
        let Some((name, full)) = fresh_name(inspector, &draft.id, raw.span().start, &raw.get_ref().name, &laid) else {
            continue;
        };
        if let Some(input) = input(inspector, sources, shop, raw, &name, &full) {
            if input.from.is_none() {
                laid.scope.insert(name, input.cell);
            }
            laid.inputs.push(input);
        }
    }
    for raw in &draft.raw.derived {
        let (at, r) = (raw.span().start, raw.get_ref());
        let Some((name, full)) = fresh_name(inspector, &draft.id, at, &r.name, &laid) else { continue };
        let Some(unit) = unit(inspector, at, &full, &r.unit) else { continue };
        let boundary = boundary(inspector, &full, &r.boundary, unit.dimension());
        // A formula needs the whole scope: until it has one, the cell holds nothing.
        let content = Content::Given(fixed(&full, f64::NAN));
        let cell = shop.system.add(Cell { name: full.clone(), unit: unit.clone(), boundary, content });
        let at = r.formula.as_ref().map_or(at, |f| f.span().start);
        shop.places.insert(cell, Place { file: inspector.file.to_owned(), line: inspector.line(at) });
        shop.derived.insert(full, cell);
        laid.scope.insert(name.clone(), cell);
        laid.derived.push((name, cell, unit));
    }
    laid
}

/// Resolves what comes from other claims, parses formulas and rules.
pub(super) fn finish(draft: &ClaimDraft, laid: &LaidOut, inspector: &mut Inspector, shop: &mut Workshop) -> Claim {
    let (id, raw) = (&draft.id, &draft.raw);
    let (mut inputs, mut scope) = (laid.inputs.clone(), laid.scope.clone());
    for input in &mut inputs {
        let Some(from) = &input.from else { continue };
        let name = format!("{id}.{}", input.name);
        let spot = raw.inputs.iter().find_map(|r| r.get_ref().from.as_ref().filter(|f| f.get_ref() == from));
        let at = spot.map_or(0, |f| f.span().start);
        match shop.derived.get(from) {
            None => inspector.fault(at, &name, format!("from = \"{from}\": no claim derives that; write CLAIM.name")),
            Some(&cell) => {
                let theirs = shop.system.cell(cell).unit.clone();
                if theirs.dimension() != input.unit.dimension() {
                    let what = format!("from = \"{from}\" is in {theirs}, and the unit here is {}", input.unit);
                    inspector.fault(at, &name, what);
                }
                input.cell = cell;
                scope.insert(input.name.clone(), cell);
            }
        }
    }
    let scope = Arc::new(scope);
    let derived = laid.derived.iter().filter_map(|(name, cell, unit)| {
        let is_it = |d: &&Spanned<RawDerived>| d.get_ref().name.as_ref().is_some_and(|n| n.get_ref() == name);
        let spanned = raw.derived.iter().find(is_it)?;
        let (full, r) = (format!("{id}.{name}"), spanned.get_ref());
        let text = required(inspector, spanned.span().start, &full, "formula", &r.formula)?;
        let at = r.formula.as_ref().map_or(0, |f| f.span().start);
        let formula: Formula = text.parse().map_err(|e| inspector.fault(at, &full, e)).ok()?;
        shop.system.replace(*cell, Content::Computed(formula.clone(), scope.clone()));
        let (name, meaning) = (name.clone(), r.meaning.clone());
        Some(Derived { name, meaning, formula, cell: *cell, unit: unit.clone(), draft: r.draft })
    });
    let derived: Vec<Derived> = derived.collect();
    let rules = rules(inspector, draft, &scope, shop);
    Claim {
        quote: quote(inspector, draft),
        also: also(inspector, draft),
        stated: stated(inspector, draft, &derived),
        id: id.clone(),
        rank: raw.rank.unwrap_or(u32::MAX),
        reading: raw.reading.clone(),
        pair_of: raw.pair_of.clone(),
        topic: raw.topic.clone().unwrap_or_default(),
        testable: raw.testable.clone().unwrap_or_default(),
        untestable: raw.untestable.clone(),
        measured_part: raw.measured_part.clone(),
        assumed_part: raw.assumed_part.clone(),
        notes: raw.why_missed.iter().chain(&raw.note).cloned().collect(),
        mended: raw.mended.clone(),
        inputs,
        derived,
        rules,
        scope,
        file: inspector.file.to_owned(),
    }
}

/// A name that is a name, and not taken, with the claim's id before it.
fn fresh_name(
    inspector: &mut Inspector,
    id: &str,
    at: usize,
    name: &super::raw::Text,
    laid: &LaidOut,
) -> Option<(String, String)> {
    let name = required(inspector, at, id, "name", name)?.to_owned();
    let full = format!("{id}.{name}");
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !["and", "or", "not", "if", "else", "min", "max", "abs", "crf"].contains(&name.as_str());
    if !good {
        inspector.fault(at, full, "a name is letters, digits and _, begins with a letter, and is no word of formulas");
        return None;
    }
    if laid.scope.contains_key(&name) || laid.inputs.iter().any(|i| i.name == name) {
        inspector.fault(at, full, "the name is taken in this claim: choose another");
        return None;
    }
    Some((name, full))
}

fn input(
    inspector: &mut Inspector,
    sources: &BTreeMap<String, Source>,
    shop: &mut Workshop,
    raw: &Spanned<RawNumber>,
    name: &str,
    full: &str,
) -> Option<ClaimInput> {
    let (at, r) = (raw.span().start, raw.get_ref());
    let base = ClaimInput {
        name: name.to_owned(),
        meaning: r.meaning.clone(),
        cell: CellId::NONE,
        unit: Unit::one(),
        number: None,
        kind: None,
        shared: r.shared.clone(),
        from: None,
        measured_by: r.measured_by.as_ref().map(address),
        line: inspector.line(at),
    };
    if let Some(from) = &r.from {
        let unit = unit(inspector, at, full, &r.unit)?;
        return Some(ClaimInput { unit, from: Some(from.get_ref().clone()), ..base });
    }
    let kind = Kind::ALL.into_iter().find(|k| Some(k.name()) == r.kind.as_deref());
    if kind.is_none() {
        let known = Kind::ALL.map(Kind::name).join(", ");
        let got = r.kind.as_deref().map_or("missing".to_owned(), |k| format!("\"{k}\""));
        inspector.fault(at, full, format!("kind is {got}: write one of {known}"));
    }
    let number = number(inspector, sources, full, raw)?;
    let kind = kind?;
    if kind == Kind::Measured && base.measured_by.is_none() {
        inspector.fault(
            at,
            full,
            "a measured input needs measured_by = { device, metric, ... }, where a record holds it",
        );
    }
    let place = Place { file: inspector.file.to_owned(), line: inspector.line(at) };
    let cell = match &r.shared {
        Some(key) => shared(inspector, at, shop, key, &number, kind, full, &place)?,
        None => add(shop, full, full, &number, kind, &place),
    };
    Some(ClaimInput { cell, unit: number.unit.clone(), number: Some(number), kind: Some(kind), ..base })
}

/// The cell of a shared key; whoever comes later must say the same.
#[allow(clippy::too_many_arguments, reason = "one fact each, used once")]
fn shared(
    inspector: &mut Inspector,
    at: usize,
    shop: &mut Workshop,
    key: &str,
    number: &Number,
    kind: Kind,
    full: &str,
    place: &Place,
) -> Option<CellId> {
    let Some((cell, first, said_by)) = shop.shared.get(key) else {
        let cell = add(shop, full, key, number, kind, place);
        shop.shared.insert(key.to_owned(), (cell, number.clone(), full.to_owned()));
        return Some(cell);
    };
    let same = first.distribution == number.distribution
        && first.unit == number.unit
        && first.boundary == number.boundary
        && first.mode == number.mode;
    if !same {
        let what = format!(
            "shared = \"{key}\" is {} here and {} in {said_by}: one draw has one range, unit, boundary and dist; make \
             them alike or choose another key",
            number.text(),
            first.text()
        );
        inspector.fault(at, full, what);
        return None;
    }
    Some(*cell)
}

fn add(shop: &mut Workshop, full: &str, key: &str, number: &Number, kind: Kind, place: &Place) -> CellId {
    let content =
        Content::Given(if kind.fixed() { fixed(key, number.unit.to_base(number.mode)) } else { number.given(key) });
    let (name, unit, boundary) = (full.to_owned(), number.unit.clone(), number.boundary);
    let cell = shop.system.add(Cell { name, unit, boundary, content });
    shop.places.insert(cell, place.clone());
    cell
}

/// A given quantity that is always the same.
pub(super) fn fixed(key: &str, x: f64) -> Given {
    Given { low: x, mode: x, high: x, distribution: Distribution::Fixed(x), key: key.to_owned() }
}

fn address(raw: &RawAddress) -> MeasuredBy {
    let r = raw.clone();
    MeasuredBy {
        device: r.device,
        model: r.model,
        phase: r.phase,
        batch: r.batch,
        context: r.context,
        dtype: r.dtype,
        metric: r.metric,
        boundary: r.boundary,
    }
}

fn rules(inspector: &mut Inspector, draft: &ClaimDraft, scope: &Scope, shop: &mut Workshop) -> Vec<Rule> {
    let (id, raw) = (&draft.id, &draft.raw);
    let mut rules = Vec::new();
    for (i, rule) in raw.rules.iter().enumerate() {
        let (at, r) = (rule.span().start, rule.get_ref());
        let name = format!("{id}, rule {}", i + 1);
        let Some(text) = required(inspector, at, &name, "verdict", &r.verdict) else { continue };
        let Some(verdict) = text.parse().ok().filter(|v| *v != Verdict::Untestable) else {
            let what = if text == "untestable-here" {
                "untestable-here is no outcome of a rule: write untestable = \"why\" on the claim instead".to_owned()
            } else {
                format!("no verdict \"{text}\": write supported, conditional, refuted or insufficient data")
            };
            inspector.fault(at, name, what);
            continue;
        };
        let last = i + 1 == raw.rules.len();
        let when = match &r.when {
            None if !last => {
                inspector.fault(at, &name, "a rule without `when` holds always: only the last may lack it");
                continue;
            }
            None => None,
            Some(text) => {
                let parsed: Result<Formula, _> = text.get_ref().parse();
                let checked = parsed.and_then(|f| shop.system.check_names(&f, scope).map(|()| f));
                match checked {
                    Ok(formula) => Some(formula),
                    Err(error) => {
                        inspector.fault(text.span().start, &name, error);
                        continue;
                    }
                }
            }
        };
        let line = inspector.line(r.when.as_ref().map_or(at, |w| w.span().start));
        rules.push(Rule { when, verdict, note: r.note.clone(), line });
    }
    if raw.untestable.is_none() && raw.rules.is_empty() {
        inspector.fault(0, id, "no rules: write [[rules]] with when and verdict, or untestable = \"why\"");
    }
    rules
}

fn check_sha(inspector: &mut Inspector, at: usize, id: &str, text: &str, stored: &Option<String>) {
    let hash = sha256_hex(text);
    match stored {
        Some(stored) if *stored == hash => {}
        Some(stored) => {
            let what =
                format!("the quote's SHA-256 is {hash}, and quote_sha256 says {stored}: restore the exact words");
            inspector.fault(at, id, what);
        }
        None => inspector.fault(at, id, format!("quote_sha256 is missing: write quote_sha256 = \"{hash}\"")),
    }
}

fn quote(inspector: &mut Inspector, draft: &ClaimDraft) -> Quote {
    let (id, raw) = (&draft.id, &draft.raw);
    let text = required(inspector, 0, id, "quote", &raw.quote).unwrap_or_default().to_owned();
    if let Some(quote) = &raw.quote {
        check_sha(inspector, quote.span().start, id, &text, &raw.quote_sha256);
    }
    Quote { text, seed: raw.seed.clone().unwrap_or_default(), line: raw.seed_line.unwrap_or(0) }
}

fn also(inspector: &mut Inspector, draft: &ClaimDraft) -> Vec<Quote> {
    let each = draft.raw.also.iter().map(|a| {
        check_sha(inspector, a.quote.span().start, &draft.id, a.quote.get_ref(), &a.quote_sha256);
        Quote { text: a.quote.get_ref().clone(), seed: a.seed.clone(), line: a.seed_line }
    });
    each.collect()
}

fn stated(inspector: &mut Inspector, draft: &ClaimDraft, derived: &[Derived]) -> Vec<Stated> {
    let mut found = Vec::new();
    for stated in &draft.raw.stated {
        let s = stated.get_ref();
        if derived.iter().any(|d| d.name == s.name) {
            found.push(Stated { name: s.name.clone(), value: s.value, unit: s.unit.clone() });
        } else {
            let what = format!("stated: no derived quantity `{}` to compare with", s.name);
            inspector.fault(stated.span().start, &draft.id, what);
        }
    }
    found
}
