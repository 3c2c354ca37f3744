//! Where the documents under test contradict themselves, recomputed from their own figures.
//! Takes no side: a finding stands only if its condition comes out true.

use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::{claim_files::fixed, problem::Inspector};
use crate::formula::{Boundary, Cell, Cone, Content, Fault, Formula, NONE_HOLDS, Scope, System, Unit};

/// A contradiction and what its figures give.
#[derive(Debug, Clone, PartialEq)]
pub struct Inconsistency {
    /// Its name.
    pub id: String,
    /// Of units, power, dates, counts, ...
    pub kind: String,
    /// Documents and lines.
    pub place: String,
    /// What contradicts what.
    pub text: String,
    /// What the figures do not show.
    pub note: Option<String>,
    /// What the figures give: name, formula, value, unit.
    pub recomputed: Vec<(String, String, f64, Unit)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    finding: Vec<Spanned<RawFinding>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFinding {
    id: String,
    kind: String,
    #[serde(rename = "where")]
    place: String,
    text: String,
    note: Option<String>,
    given: Vec<RawGiven>,
    derived: Vec<RawComputed>,
    holds: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGiven {
    name: String,
    value: f64,
    unit: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawComputed {
    name: String,
    formula: String,
    unit: String,
}

pub(super) fn inconsistencies(inspector: &mut Inspector) -> Vec<Inconsistency> {
    let Some(raw) = inspector.parse::<RawFile>() else { return vec![] };
    let mut found = Vec::new();
    for entry in &raw.finding {
        let (at, r) = (entry.span().start, entry.get_ref());
        match recompute(r) {
            Ok(finding) => found.push(finding),
            Err(why) => inspector.fault(at, &r.id, why),
        }
    }
    found
}

fn recompute(r: &RawFinding) -> Result<Inconsistency, String> {
    let (mut system, mut scope) = (System::default(), Scope::new());
    let unit = |text: &str| Unit::parse(text).map_err(|e| e.to_string());
    let mut add = |system: &mut System, name: &str, unit: Unit, x: f64| {
        let content = Content::Given(fixed(name, unit.to_base(x)));
        let cell = system.add(Cell { name: name.to_owned(), unit, boundary: Boundary::NONE, content });
        scope.insert(name.to_owned(), cell);
        cell
    };
    for g in &r.given {
        add(&mut system, &g.name, unit(&g.unit)?, g.value);
    }
    let mut computed = Vec::new();
    for d in &r.derived {
        let unit = unit(&d.unit)?;
        computed.push((add(&mut system, &d.name, unit.clone(), f64::NAN), unit));
    }
    let scope = Arc::new(scope);
    for ((cell, _), d) in computed.iter().zip(&r.derived) {
        let formula: Formula = d.formula.parse().map_err(|e| format!("{e}"))?;
        system.replace(*cell, Content::Computed(formula, scope.clone()));
    }
    if let Some(fault) = system.check().first() {
        return Err(match fault {
            Fault::Formula(_, error) => error.to_string(),
            Fault::Cycle(_, ring) => format!("a quantity uses itself: {}", ring.join(" -> ")),
        });
    }
    let holds: Formula = r.holds.parse().map_err(|e| format!("{e}"))?;
    system.check_condition(&holds, &scope).map_err(|e| e.to_string())?;
    let targets: Vec<_> = computed.iter().map(|(cell, _)| *cell).collect();
    let mut cone = Cone::of(&system, &targets, &[&holds], &scope).ok_or("the formulas use themselves")?;
    cone.set_modes();
    cone.compute(1);
    let (mut first, mut sound) = ([NONE_HOLDS], [0.0]);
    cone.first_that_holds(1, &mut first);
    cone.sound(1, &mut sound);
    if first[0] == NONE_HOLDS || sound[0] != 0.0 {
        return Err(format!("does not stand: {} is not so when recomputed; mend the figures or drop it", r.holds));
    }
    let recomputed = computed.into_iter().zip(&r.derived).map(|((cell, unit), d)| {
        let value = unit.from_base(cone.column(cell)[0]);
        (d.name.clone(), d.formula.clone(), value, unit)
    });
    Ok(Inconsistency {
        recomputed: recomputed.collect(),
        id: r.id.clone(),
        kind: r.kind.clone(),
        place: r.place.clone(),
        text: r.text.clone(),
        note: r.note.clone(),
    })
}
