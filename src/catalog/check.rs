//! What can be checked only when every file is read: names between files, formulas, reachability of verdicts.
//! Reads no file.

use std::collections::{BTreeSet, HashMap};

use super::{Catalog, Claim, Problem, build::Place};
use crate::formula::{CellId, Cone, Fault, Formula, Given, Interval};

/// Names that files use of each other.
pub(super) fn names(catalog: &Catalog, problems: &mut Vec<Problem>) {
    let mut miss = |file: &str, line: usize, name: &str, what: String| {
        problems.push(Problem { file: file.to_owned(), line, name: name.to_owned(), what });
    };
    for input in catalog.inputs.values() {
        for (sort, id, known) in [
            ("device", &input.device, input.device.as_ref().is_none_or(|d| catalog.devices.contains_key(d))),
            ("model", &input.model, input.model.as_ref().is_none_or(|m| catalog.models.contains_key(m))),
        ] {
            if !known {
                let id = id.as_deref().unwrap_or_default();
                miss(&input.file, input.line, &input.id, format!("no {sort} `{id}` in the catalogue"));
            }
        }
    }
    for scenario in catalog.scenarios.values() {
        if !catalog.costs.contains_key(&scenario.cost) {
            let what = format!("no cost formulas `{}` in costs/", scenario.cost);
            miss(&scenario.file, scenario.line, &scenario.id, what);
        }
        let mut roles = BTreeSet::new();
        for id in scenario.uses.iter().chain(&scenario.check_against) {
            let Some(input) = catalog.inputs.get(id) else {
                let what = format!("no input `{id}`: add [[input]] or mend the name");
                miss(&scenario.file, scenario.line, &scenario.id, what);
                continue;
            };
            if !scenario.uses.contains(id) {
                continue;
            }
            let key = (input.role.clone(), input.device.clone(), input.model.clone());
            match &input.role {
                None => {
                    let what = format!("`{id}` fills no role: give it role = \"...\" or take it out of uses");
                    miss(&scenario.file, scenario.line, &scenario.id, what);
                }
                Some(role) if !roles.insert(key) => {
                    let what = format!("two inputs fill the role `{role}`: take one out of uses");
                    miss(&scenario.file, scenario.line, &scenario.id, what);
                }
                Some(_) => {}
            }
        }
    }
    for device in catalog.devices.values() {
        if let Some(other) = device.stand_in_for.as_ref().filter(|d| !catalog.devices.contains_key(*d)) {
            miss(&device.file, 0, &device.id, format!("stand_in_for: no device `{other}` in the catalogue"));
        }
        for known in device.known.iter().filter(|k| !catalog.models.contains_key(&k.model)) {
            miss(&device.file, 0, &device.id, format!("known: no model `{}` in the catalogue", known.model));
        }
    }
    for claim in &catalog.claims {
        for input in &claim.inputs {
            let Some(address) = &input.measured_by else { continue };
            let name = format!("{}.{}", claim.id, input.name);
            if !catalog.devices.contains_key(&address.device) {
                miss(
                    &claim.file,
                    input.line,
                    &name,
                    format!("measured_by: no device `{}` in the catalogue", address.device),
                );
            }
            if let Some(model) = address.model.as_ref().filter(|m| !catalog.models.contains_key(*m)) {
                miss(&claim.file, input.line, &name, format!("measured_by: no model `{model}` in the catalogue"));
            }
        }
    }
}

/// Formulas in units and boundaries, cycles, divisions by a possible zero, rules, inputs that nothing uses.
pub(super) fn formulas(catalog: &mut Catalog, places: &HashMap<CellId, Place>, problems: &mut Vec<Problem>) {
    let nowhere = Place { file: "catalog".to_owned(), line: 0 };
    let mut tell = |catalog: &Catalog, faults: Vec<Fault>| {
        let sound = faults.is_empty();
        for fault in faults {
            let (Fault::Formula(cell, _) | Fault::Cycle(cell, _)) = &fault;
            let what = match &fault {
                Fault::Formula(_, error) => error.to_string(),
                Fault::Cycle(_, ring) => format!("a quantity uses itself: {}; break the ring", ring.join(" -> ")),
            };
            problems.push(places.get(cell).unwrap_or(&nowhere).fault(&catalog.system.cell(*cell).name, what));
        }
        sound
    };
    let faults = catalog.system.check();
    if !tell(catalog, faults) {
        return;
    }
    let (ranges, faults) = catalog.system.ranges(|g| Interval { low: g.low, high: g.high });
    if !tell(catalog, faults) {
        return;
    }
    let (wide, _) = catalog.system.ranges(anything);
    for claim in &catalog.claims {
        check_claim(catalog, claim, &ranges, &wide, problems);
        check_drafts(catalog, claim, places, problems);
    }
}

/// Largest relative difference between a derived value at the modes and what its author noted.
const DRAFT_WITHIN: f64 = 0.01;

/// Compares each derived value at the modes with the one noted when the formula was written.
fn check_drafts(catalog: &Catalog, claim: &Claim, places: &HashMap<CellId, Place>, problems: &mut Vec<Problem>) {
    let targets: Vec<CellId> = claim.derived.iter().map(|d| d.cell).collect();
    let Some(mut cone) = Cone::of(&catalog.system, &targets, &[], &claim.scope) else { return };
    cone.set_modes();
    cone.compute(1);
    for derived in &claim.derived {
        let (Some(draft), Some(place)) = (derived.draft, places.get(&derived.cell)) else { continue };
        let value = derived.unit.from_base(cone.column(derived.cell)[0]);
        if (value - draft).abs() > DRAFT_WITHIN * draft.abs() {
            let what = format!("comes to {value:.6} {} at the modes, and draft says {draft}: mend one", derived.unit);
            problems.push(place.fault(&format!("{}.{}", claim.id, derived.name), what));
        }
    }
}

/// What an input could be in another world: any number of its sign.
fn anything(given: &Given) -> Interval {
    let m = given.mode.abs();
    match (given.low > 0.0, given.low >= 0.0) {
        (true, _) => Interval { low: m * 1e-9, high: m * 1e9 },
        (_, true) => Interval { low: 0.0, high: m.max(1.0) * 1e9 },
        _ => Interval { low: f64::NEG_INFINITY, high: f64::INFINITY },
    }
}

fn check_claim(catalog: &Catalog, claim: &Claim, ranges: &[Interval], wide: &[Interval], problems: &mut Vec<Problem>) {
    let place = |line| Place { file: claim.file.clone(), line };
    let mut sound = true;
    for (i, rule) in claim.rules.iter().enumerate() {
        let Some(when) = &rule.when else { continue };
        let name = format!("{}, rule {}", claim.id, i + 1);
        if let Err(error) = catalog.system.check_condition(when, &claim.scope) {
            problems.push(place(rule.line).fault(&name, error));
            sound = false;
        }
    }
    let used = |input: &super::ClaimInput| {
        let names = claim.derived.iter().map(|d| &d.formula).chain(claim.rules.iter().filter_map(|r| r.when.as_ref()));
        names.flat_map(|f| f.names()).any(|n| n == input.name)
    };
    for input in claim.inputs.iter().filter(|i| !used(i)) {
        problems.push(
            place(input.line).fault(&format!("{}.{}", claim.id, input.name), "nothing uses this input: take it out"),
        );
    }
    if claim.rules.is_empty() || !sound {
        return;
    }
    let conditions: Vec<Option<&Formula>> = claim.rules.iter().map(|r| r.when.as_ref()).collect();
    if let Err((i, error)) = catalog.system.reachable(&conditions, &claim.scope, ranges) {
        problems.push(place(claim.rules[i].line).fault(&format!("{}, rule {}", claim.id, i + 1), error));
        return;
    }
    // A division that some other world could make by zero says nothing about the rules.
    let Ok(reached) = catalog.system.reachable(&conditions, &claim.scope, wide) else { return };
    let verdicts: BTreeSet<_> = reached.iter().map(|i| claim.rules[*i].verdict).collect();
    if let (1, Some(only)) = (verdicts.len(), verdicts.first()) {
        let what =
            format!("cannot fail: whatever the inputs, every rule that can hold says {only}; add a rule that differs");
        problems.push(place(claim.rules[0].line).fault(&claim.id, what));
    }
}
