//! Formulas of cost: roles to fill and what is computed from them.
//! Fills no role and computes nothing.

use std::sync::Arc;

use super::{
    claim_files::fixed,
    number::{boundary, required, unit},
    problem::{Inspector, Problem},
    raw::RawCost,
};
use crate::formula::{Boundary, Cell, CellId, Content, Fault, Formula, Scope, System, Unit};

/// Something that a scenario, a device or the user must say.
#[derive(Debug, Clone)]
pub struct CostRole {
    /// Its name in the formulas.
    pub name: String,
    /// Its unit; another prefix will do.
    pub unit: Unit,
    /// Where its energy is taken, if the formulas fix it.
    pub boundary: Boundary,
    /// What it is, in words.
    pub meaning: String,
    /// Its value, in `unit`, where nobody says anything; none if somebody must.
    pub absent: Option<f64>,
    /// Who else may say it: `device.price`, `throughput`.
    pub fallback: Option<String>,
    /// From where to where a break-even is looked for, in `unit`; none if it is no one's decision.
    pub range: Option<(f64, f64)>,
}

/// A derived quantity.
#[derive(Debug, Clone)]
pub struct CostStep {
    /// Its name.
    pub name: String,
    /// How it is computed.
    pub formula: Formula,
    /// Its unit.
    pub unit: Unit,
    /// What it is paid for, in words, if it is a part of the cost: the parts add up to it.
    pub term: Option<String>,
    /// Its line in the file.
    pub line: usize,
}

/// A set of formulas.
#[derive(Debug, Clone)]
pub struct CostModel {
    /// Its name.
    pub id: String,
    /// What it is, in words.
    pub about: String,
    /// What goes in.
    pub roles: Vec<CostRole>,
    /// What is computed.
    pub derived: Vec<CostStep>,
    /// The derived quantity that is the answer.
    pub output: String,
    /// The derived quantity that is a cost an hour, if one is.
    pub hourly: Option<String>,
    /// The role that is the share of hours paid for, if one is.
    pub duty: Option<String>,
    /// Its file.
    pub file: String,
}

pub(super) fn cost(inspector: &mut Inspector) -> Option<CostModel> {
    let raw: RawCost = inspector.parse()?;
    let id = required(inspector, 0, "", "id", &raw.id)?.to_owned();
    let output = required(inspector, 0, &id, "output", &raw.output)?.to_owned();
    let before = inspector.problems.len();
    let mut roles = Vec::new();
    for entry in &raw.roles {
        let (at, r) = (entry.span().start, entry.get_ref());
        let Some(name) = required(inspector, at, &id, "name", &r.name).map(str::to_owned) else { continue };
        let full = format!("{id}.{name}");
        let Some(unit) = unit(inspector, at, &full, &r.unit) else { continue };
        let boundary = boundary(inspector, &full, &r.boundary, unit.dimension());
        let range = r.range.as_ref().and_then(|r| range(inspector, &full, r));
        let (meaning, absent, fallback) = (r.meaning.clone().unwrap_or_default(), r.absent, r.fallback.clone());
        roles.push(CostRole { name, unit, boundary, meaning, absent, fallback, range });
    }
    let mut derived = Vec::new();
    for entry in &raw.derived {
        let (at, r) = (entry.span().start, entry.get_ref());
        let Some(name) = required(inspector, at, &id, "name", &r.name).map(str::to_owned) else { continue };
        let full = format!("{id}.{name}");
        let unit = unit(inspector, at, &full, &r.unit);
        let Some(text) = required(inspector, at, &full, "formula", &r.formula) else { continue };
        let at = r.formula.as_ref().map_or(at, |f| f.span().start);
        let (term, line) = (r.term.clone(), inspector.line(at));
        match text.parse::<Formula>() {
            Ok(formula) => derived.extend(unit.map(|unit| CostStep { name, formula, unit, term, line })),
            Err(error) => inspector.fault(at, full, error),
        }
    }
    for (field, name) in [("output", Some(&output)), ("hourly", raw.hourly.as_ref())] {
        if let Some(name) = name.filter(|name| !derived.iter().any(|d| d.name == **name)) {
            inspector.fault(0, &id, format!("{field} = \"{name}\": no derived quantity of that name"));
        }
    }
    if let Some(duty) = raw.duty.as_ref().filter(|d| !roles.iter().any(|r| r.name == **d)) {
        inspector.fault(0, &id, format!("duty = \"{duty}\": no role of that name"));
    }
    let (about, file) = (raw.about.unwrap_or_default(), inspector.file.to_owned());
    let model = CostModel { id, about, roles, derived, output, hourly: raw.hourly, duty: raw.duty, file };
    if inspector.problems.len() == before {
        check_units(inspector, &model);
    }
    Some(model)
}

/// Two finite numbers, the lower first.
fn range(inspector: &mut Inspector, name: &str, raw: &toml::Spanned<Vec<f64>>) -> Option<(f64, f64)> {
    match raw.get_ref()[..] {
        [low, high] if low.is_finite() && high.is_finite() && low < high => Some((low, high)),
        _ => {
            inspector.fault(raw.span().start, name, "range: write two numbers, the lower first, as in [0.01, 1]");
            None
        }
    }
}

/// Checks the formulas in units; boundaries are the fillers', and checked with them.
fn check_units(inspector: &mut Inspector, model: &CostModel) {
    let one = |_: &CostRole| (Boundary::NONE, Content::Given(fixed("", 1.0)));
    let (mut system, _, cells) = model.system(one);
    for fault in system.check() {
        let (cell, what) = match fault {
            Fault::Formula(cell, error) => (cell, error.to_string()),
            Fault::Cycle(cell, ring) => (cell, format!("a quantity uses itself: {}", ring.join(" -> "))),
        };
        let line = cells.iter().position(|c| *c == cell).map_or(0, |i| model.derived[i].line);
        let (file, name) = (model.file.clone(), format!("{}.{}", model.id, system.cell(cell).name));
        inspector.problems.push(Problem { file, line, name, what });
    }
}

impl CostModel {
    /// The formulas as a system, each role filled; with the scope and the cells of the derived quantities.
    pub(crate) fn system(&self, fill: impl Fn(&CostRole) -> (Boundary, Content)) -> (System, Arc<Scope>, Vec<CellId>) {
        let (mut system, mut scope) = (System::default(), Scope::new());
        for role in &self.roles {
            let (boundary, content) = fill(role);
            let (name, unit) = (role.name.clone(), role.unit.clone());
            scope.insert(role.name.clone(), system.add(Cell { name, unit, boundary, content }));
        }
        let cells: Vec<_> = self
            .derived
            .iter()
            .map(|step| {
                let content = Content::Given(fixed("", f64::NAN));
                let (name, unit) = (step.name.clone(), step.unit.clone());
                let id = system.add(Cell { name, unit, boundary: Boundary::NONE, content });
                scope.insert(step.name.clone(), id);
                id
            })
            .collect();
        let scope = Arc::new(scope);
        for (step, cell) in self.derived.iter().zip(&cells) {
            system.replace(*cell, Content::Computed(step.formula.clone(), scope.clone()));
        }
        (system, scope, cells)
    }
}
