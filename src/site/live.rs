//! What the cost page's script needs, as data: formula trees, values of roles, sliders.
//! Holds no formula of its own: trees are the catalogue's, and `assets/formula.js` walks any of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{
    catalog::{Catalog, CostModel},
    cost::{Comparison, CostSide, Turn},
    formula::Unit,
};

/// Everything, for a list of questions with what was found of each.
pub(super) fn data(catalog: &Catalog, questions: &[(&str, &Comparison)]) -> Value {
    let used: BTreeSet<&str> =
        questions.iter().flat_map(|(_, found)| &found.sides).map(|s| s.priced.formulas.as_str()).collect();
    let formulas: BTreeMap<&str, Value> =
        used.into_iter().filter_map(|id| Some((id, formulas(catalog.costs.get(id)?)))).collect();
    let questions: Vec<Value> = questions.iter().map(|(id, found)| question(catalog, id, found)).collect();
    json!({
        "about": "cost formulas of wattmark's catalogue as trees, with the values that fill their roles; numbers are in base \
                  units (s, J, B, USD, tok, GPU, vehicle), `base` is how many of them one of `unit` is",
        "formulas": formulas,
        "questions": questions,
    })
}

fn formulas(model: &CostModel) -> Value {
    let steps = model.derived.iter().map(|step| {
        json!({
            "name": step.name, "unit": step.unit.text(), "base": base(&step.unit), "term": step.term,
            "formula": step.formula.text(), "tree": step.formula.tree(),
        })
    });
    json!({ "about": model.about, "output": model.output, "steps": steps.collect::<Vec<_>>() })
}

fn question(catalog: &Catalog, id: &str, found: &Comparison) -> Value {
    let sliders: Vec<Value> = found.pairs.iter().flat_map(|p| distinct(&p.turns)).map(|t| slider(found, t)).collect();
    let sides: Vec<Value> = found.sides.iter().map(|s| side(catalog, s)).collect();
    // Of the first's cost over the second's, and the other way round: in words, empty of an estimate.
    let senses = found.pairs.first().map(|p| [p.sense.name(), p.sense.reversed().name()]);
    json!({ "id": id, "sides": sides, "senses": senses, "sliders": sliders })
}

fn side(catalog: &Catalog, side: &CostSide) -> Value {
    let given: Map<String, Value> =
        side.priced.filled.iter().map(|f| (f.role.clone(), json!(f.unit.to_base(f.numbers().1)))).collect();
    let at_modes: Map<String, Value> =
        side.priced.derived.iter().map(|d| (d.name.clone(), json!(d.unit.to_base(d.summary.value)))).collect();
    let about = catalog.costs.get(&side.priced.formulas).map(|m| m.about.as_str());
    json!({
        "name": side.name, "scenario": side.scenario, "device": side.device, "about": about,
        "formulas": side.priced.formulas, "given": given, "at_modes": at_modes,
        "sign": side.priced.sense().sign(),
    })
}

/// Turns of one value each: two that are held alike are two sliders.
fn distinct(turns: &[Turn]) -> Vec<&Turn> {
    let alone = |place: &str| turns.iter().any(|t| t.role == place);
    turns.iter().filter(|t| !t.role.contains(" = ") || !t.role.split(" = ").all(alone)).collect()
}

fn slider(found: &Comparison, turn: &Turn) -> Value {
    let places: Vec<Value> = turn
        .role
        .split(" = ")
        .filter_map(|place| {
            let (side, role) = place.split_once('.')?;
            Some(json!([found.sides.iter().position(|s| s.name == side)?, role]))
        })
        .collect();
    json!({
        "id": turn.role.replace(['.', ' ', '='], "-"), "role": turn.role, "meaning": turn.meaning,
        "unit": turn.unit.text(), "base": base(&turn.unit), "low": turn.range.0, "high": turn.range.1, "now": turn.now,
        "places": places,
    })
}

fn base(unit: &Unit) -> f64 {
    unit.to_base(1.0)
}
