//! Every claim of a catalogue, evaluated: one draw fixes every input of every claim.
//! The rules of a verdict are those of METHODOLOGY.md; this file is the order in which they apply.

use std::{collections::HashMap, sync::Mutex};

use super::{
    break_even::{BreakEven, break_even},
    corners,
    headline::{Condition, Headline, Strength},
    tornado::{self, Swing},
    trial::Trial,
};
use crate::{
    catalog::{Catalog, Claim, ClaimInput, Kind, Measurement, Verdict},
    formula::{CellId, Content, Summary, Unit},
};

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Draws of every input.
    pub draws: usize,
    /// The same seed gives the same numbers.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { draws: 100_000, seed: 1 }
    }
}

/// What an input rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The user's own value.
    Set,
    /// Records of the very cases on the device.
    Measured,
    /// Records of the device, some cases from their neighbours.
    Interpolated,
    /// A published value where a record could stand.
    Prior,
    /// Nobody is known to have said it.
    Unsourced,
    /// Of this kind, and somebody said it.
    Kind(Kind),
}

impl Basis {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Set => "set by the user",
            Basis::Measured => "measured",
            Basis::Interpolated => "interpolated",
            Basis::Prior => "prior",
            Basis::Unsourced => "unsourced",
            Basis::Kind(kind) => kind.name(),
        }
    }
}

/// An input as it entered.
#[derive(Debug, Clone, PartialEq)]
pub struct InputResult {
    /// Its name in the claim, or `CLAIM.name` of what comes from another.
    pub name: String,
    /// The least, in `unit`.
    pub low: f64,
    /// The most likely.
    pub mode: f64,
    /// The greatest.
    pub high: f64,
    /// Its unit.
    pub unit: Unit,
    /// How it is drawn.
    pub distribution: &'static str,
    /// What it rests on.
    pub basis: Basis,
    /// Key of its source; empty if set by the user or measured.
    pub source: String,
    /// What records replaced its prior, if any did.
    pub measurement: Option<Measurement>,
    /// high, medium or low.
    pub confidence: String,
    /// What it is, in words.
    pub meaning: String,
    cell: CellId,
}

/// A derived quantity over the draws.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedResult {
    /// Its name.
    pub name: String,
    /// How it is computed.
    pub formula: String,
    /// Its values, in `unit`.
    pub summary: Summary,
    /// The unit.
    pub unit: Unit,
}

/// What was found of a claim.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The claim.
    pub claim: Claim,
    /// What is said of it.
    pub headline: Headline,
    /// The verdict with every input at its mode.
    pub at_modes: Verdict,
    /// What the author of the rule says of the verdict.
    pub note: Option<String>,
    /// What went in.
    pub inputs: Vec<InputResult>,
    /// What came out.
    pub derived: Vec<DerivedResult>,
    /// Where the verdict turns, by input, those that move the draws most first.
    pub break_evens: Vec<BreakEven>,
    /// Which inputs move the draws, widest first.
    pub tornado: Vec<Swing>,
    /// Share of the corners of the inputs' ranges that agree with the modes: a footnote.
    pub corners: Option<f64>,
}

/// Evaluates the claims of the given ids, all if none, on as many threads as the machine has.
pub fn evaluate(catalog: &Catalog, ids: &[&str], settings: Settings) -> Vec<Outcome> {
    let wanted = |c: &Claim| ids.is_empty() || ids.iter().any(|id| id.eq_ignore_ascii_case(&c.id));
    // A pair is judged together, whichever of it was asked for.
    let asked: Vec<&Claim> = catalog.claims.iter().filter(|c| wanted(c)).collect();
    let pairs = |c: &&Claim| c.pair_of.is_some() && asked.iter().any(|a| a.pair_of == c.pair_of);
    let work: Vec<&Claim> = catalog.claims.iter().filter(|c| wanted(c) || pairs(c)).collect();
    let known = Known::of(catalog);
    let next = Mutex::new(0);
    let results: Mutex<Vec<(usize, Outcome)>> = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(work.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = {
                        let mut next = next.lock().unwrap_or_else(|e| e.into_inner());
                        *next += 1;
                        *next - 1
                    };
                    let Some(claim) = work.get(at) else { break };
                    let outcome = one(catalog, &known, claim, settings);
                    results.lock().unwrap_or_else(|e| e.into_inner()).push((at, outcome));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(|e| e.into_inner());
    results.sort_by_key(|(at, _)| *at);
    let mut outcomes: Vec<Outcome> = results.into_iter().map(|(_, o)| o).collect();
    agree(&mut outcomes);
    outcomes.retain(|o| wanted(&o.claim));
    outcomes
}

/// Two readings: a bare headline needs both to agree.
fn agree(outcomes: &mut [Outcome]) {
    let said: Vec<(Option<String>, String, Verdict)> =
        outcomes.iter().map(|o| (o.claim.pair_of.clone(), o.claim.id.clone(), o.headline.verdict)).collect();
    for outcome in outcomes {
        let claim = &outcome.claim;
        let other = said.iter().find(|(pair, id, _)| pair.is_some() && *pair == claim.pair_of && *id != claim.id);
        if let Some((_, id, verdict)) = other.filter(|(_, _, v)| *v != outcome.headline.verdict) {
            outcome.headline.other_reading = Some((id.clone(), *verdict));
            if outcome.headline.strength == Strength::Bare {
                outcome.headline.strength = Strength::Likely;
            }
        }
    }
}

/// What is known of each given cell, whichever claim says it.
struct Known<'c>(HashMap<CellId, (&'c Claim, &'c ClaimInput)>);

impl<'c> Known<'c> {
    fn of(catalog: &'c Catalog) -> Known<'c> {
        let mut known = HashMap::new();
        for claim in &catalog.claims {
            for input in claim.inputs.iter().filter(|i| i.from.is_none()) {
                known.entry(input.cell).or_insert((claim, input));
            }
        }
        Known(known)
    }

    /// The input of a cell, under its name in `claim` where that has it.
    fn input(&self, catalog: &Catalog, claim: &Claim, cell: CellId) -> Option<InputResult> {
        let own = claim.inputs.iter().find(|i| i.cell == cell && i.from.is_none());
        let (input, name) = match own {
            Some(input) => (input, input.name.clone()),
            None => self.0.get(&cell).map(|(c, i)| (*i, format!("{}.{}", c.id, i.name)))?,
        };
        let (number, kind) = (input.number.as_ref()?, input.kind?);
        let Content::Given(given) = &catalog.system.cell(cell).content else { return None };
        let unit = input.unit.clone();
        let shown = |x: f64| unit.from_base(x);
        let set = catalog.was_set(cell);
        let measurement = catalog.measurement(cell).filter(|_| !set && kind == Kind::Measured);
        let own = set || measurement.is_some();
        let basis = match kind {
            _ if set => Basis::Set,
            Kind::Premise | Kind::Definition => Basis::Kind(kind),
            Kind::Measured => match measurement {
                Some(m) if m.interpolated => Basis::Interpolated,
                Some(_) => Basis::Measured,
                None => Basis::Prior,
            },
            _ if number.unsourced() => Basis::Unsourced,
            kind => Basis::Kind(kind),
        };
        Some(InputResult {
            name,
            low: shown(given.low),
            mode: shown(given.mode),
            high: shown(given.high),
            distribution: given.distribution.name(),
            basis,
            source: if own { String::new() } else { number.source.clone() },
            confidence: if own { String::new() } else { number.confidence.clone() },
            measurement: measurement.cloned(),
            meaning: input.meaning.clone().unwrap_or_default(),
            unit,
            cell,
        })
    }
}

fn one(catalog: &Catalog, known: &Known, claim: &Claim, settings: Settings) -> Outcome {
    let mut outcome = Outcome {
        claim: claim.clone(),
        headline: Headline::untestable(),
        at_modes: Verdict::Untestable,
        note: claim.untestable.clone(),
        inputs: vec![],
        derived: vec![],
        break_evens: vec![],
        tornado: vec![],
        corners: None,
    };
    // A catalogue is handed out only with a checked system, of which every cone can be made.
    let Some(mut trial) = Trial::of(&catalog.system, claim) else { return outcome };
    let cells: Vec<CellId> = trial.given().iter().map(|(id, _)| *id).collect();
    outcome.inputs = cells.iter().filter_map(|c| known.input(catalog, claim, *c)).collect();
    let order = |i: &InputResult| claim.inputs.iter().position(|c| c.name == i.name).unwrap_or(usize::MAX);
    outcome.inputs.sort_by_key(order);
    let (at_modes, rule, values) = trial.at_modes();
    let (moving, plan) = tornado::plan(&trial);
    let testable = claim.untestable.is_none();
    let plan = if testable { plan } else { vec![None] };
    let (tallies, kept) = trial.run(settings.draws, settings.seed, &plan, true);
    outcome.derived = claim.derived.iter().zip(values).zip(kept).map(|((d, v), kept)| summary(d, v, kept)).collect();
    if !testable {
        return outcome;
    }
    outcome.at_modes = at_modes;
    let priors = named(&outcome.inputs, Basis::Prior);
    let mut headline = Headline::of(&tallies[0], at_modes, priors);
    headline.interpolated = named(&outcome.inputs, Basis::Interpolated);
    let mut swings = tornado::swings(&catalog.system, &moving, &tallies, headline.verdict);
    let mut turns: HashMap<CellId, BreakEven> = HashMap::new();
    for (cell, swing) in &mut swings {
        let Some(input) = outcome.inputs.iter().find(|i| i.cell == *cell) else { continue };
        swing.input.clone_from(&input.name);
        turns.extend(break_even(&mut trial, *cell, &input.name, &input.unit).map(|b| (*cell, b)));
    }
    condition(&mut headline, &outcome.inputs, &swings, &turns);
    outcome.break_evens = swings.iter().filter_map(|(cell, _)| turns.get(cell).cloned()).collect();
    outcome.corners = corners::agreement(&mut trial, at_modes);
    outcome.tornado = swings.into_iter().map(|(_, s)| s).filter(|s| s.width() > 0.0).collect();
    // The note of the rule that holds at the modes, or else of the first with this verdict.
    let holds = rule.map(|r| &claim.rules[r]).filter(|r| r.verdict == headline.verdict);
    let note = holds.or_else(|| claim.rules.iter().find(|r| r.verdict == headline.verdict));
    outcome.note = note.and_then(|r| r.note.clone());
    outcome.headline = headline;
    outcome
}

fn named(inputs: &[InputResult], basis: Basis) -> Vec<String> {
    inputs.iter().filter(|i| i.basis == basis).map(|i| i.name.clone()).collect()
}

/// Inputs without a source that move the headline take it over; a conditional verdict names what it turns on.
fn condition(
    headline: &mut Headline,
    inputs: &[InputResult],
    swings: &[(CellId, Swing)],
    turns: &HashMap<CellId, BreakEven>,
) {
    let input = |cell: &CellId| inputs.iter().find(|i| i.cell == *cell);
    let moves = |s: &Swing| s.verdict_low != headline.verdict || s.verdict_high != headline.verdict;
    let unsourced = |cell: &CellId| {
        input(cell).is_some_and(|i| {
            i.basis == Basis::Unsourced || (i.basis == Basis::Prior && i.source == crate::catalog::UNSOURCED)
        })
    };
    let movers: Vec<_> = swings.iter().filter(|(cell, swing)| unsourced(cell) && moves(swing)).collect();
    // The widest of them that turns the verdict at a value; if none does, the widest.
    if let Some((cell, _)) = movers.iter().find(|(cell, _)| turns.contains_key(cell)).or(movers.first()) {
        let name = input(cell).map(|i| i.name.clone()).unwrap_or_default();
        (headline.verdict, headline.condition) = match turns.get(cell) {
            Some(at) => (Verdict::Conditional, Some(Condition::Turns { at: at.clone(), name, unsourced: true })),
            None => (Verdict::InsufficientData, Some(Condition::DependsOn { name })),
        };
        return;
    }
    if headline.verdict == Verdict::Conditional {
        let turn = swings.iter().find_map(|(cell, _)| Some((cell, turns.get(cell)?)));
        headline.condition = turn.map(|(cell, at)| Condition::Turns {
            at: at.clone(),
            name: input(cell).map(|i| i.name.clone()).unwrap_or_default(),
            unsourced: unsourced(cell),
        });
    }
}

fn summary(derived: &crate::catalog::Derived, value: f64, draws: Vec<f64>) -> DerivedResult {
    let (name, formula) = (derived.name.clone(), derived.formula.text().to_owned());
    let summary = Summary::of(value, draws, &derived.unit);
    DerivedResult { name, formula, summary, unit: derived.unit.clone() }
}
