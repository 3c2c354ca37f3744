//! Formulas of cost: roles to fill and what is computed from them.
//! Fills no role and computes nothing.

use std::sync::Arc;

use super::{
    claim_files::fixed,
    number::{boundary, required, unit},
    problem::Inspector,
    raw::RawCost,
};
use crate::formula::{Boundary, Cell, Content, Fault, Formula, Scope, System, Unit};

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
    /// What is computed: name, formula, unit.
    pub derived: Vec<(String, Formula, Unit)>,
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
        let (meaning, absent, fallback) = (r.meaning.clone().unwrap_or_default(), r.absent, r.fallback.clone());
        roles.push(CostRole { name, unit, boundary, meaning, absent, fallback });
    }
    let mut derived = Vec::new();
    let mut lines = Vec::new();
    for entry in &raw.derived {
        let (at, r) = (entry.span().start, entry.get_ref());
        let Some(name) = required(inspector, at, &id, "name", &r.name).map(str::to_owned) else { continue };
        let full = format!("{id}.{name}");
        let unit = unit(inspector, at, &full, &r.unit);
        let Some(text) = required(inspector, at, &full, "formula", &r.formula) else { continue };
        let at = r.formula.as_ref().map_or(at, |f| f.span().start);
        match text.parse::<Formula>() {
            Ok(formula) => derived.extend(unit.map(|u| (name, formula, u))),
            Err(error) => inspector.fault(at, full, error),
        }
        lines.push(at);
    }
    if !derived.iter().any(|(name, ..)| *name == output) {
        inspector.fault(0, &id, format!("output = \"{output}\": no derived quantity of that name"));
    }
    let (about, file) = (raw.about.unwrap_or_default(), inspector.file.to_owned());
    let model = CostModel { id, about, roles, derived, output, hourly: raw.hourly, duty: raw.duty, file };
    if inspector.problems.len() == before {
        check_units(inspector, &model, &lines);
    }
    Some(model)
}

/// Checks the formulas in units; boundaries are the fillers', and checked with them.
fn check_units(inspector: &mut Inspector, model: &CostModel, lines: &[usize]) {
    let one = |_: &CostRole| (Boundary::NONE, Content::Given(fixed("", 1.0)));
    let (mut system, _, cells) = model.system(one);
    for fault in system.check() {
        let (cell, what) = match fault {
            Fault::Formula(cell, error) => (cell, error.to_string()),
            Fault::Cycle(cell, ring) => (cell, format!("a quantity uses itself: {}", ring.join(" -> "))),
        };
        let at = cells.iter().position(|c| *c == cell).and_then(|i| lines.get(i)).copied().unwrap_or(0);
        inspector.fault(at, system.cell(cell).name.clone(), what);
    }
}

impl CostModel {
    /// The formulas as a system, each role filled; with the scope and the cells of the derived quantities.
    pub(crate) fn system(
        &self,
        fill: impl Fn(&CostRole) -> (Boundary, Content),
    ) -> (System, Arc<Scope>, Vec<crate::formula::CellId>) {
        let (mut system, mut scope) = (System::default(), Scope::new());
        for role in &self.roles {
            let (boundary, content) = fill(role);
            let (name, unit) = (role.name.clone(), role.unit.clone());
            scope.insert(role.name.clone(), system.add(Cell { name, unit, boundary, content }));
        }
        let cells: Vec<_> = self
            .derived
            .iter()
            .map(|(name, _, unit)| {
                let content = Content::Given(fixed("", f64::NAN));
                let cell = Cell { name: name.clone(), unit: unit.clone(), boundary: Boundary::NONE, content };
                let id = system.add(cell);
                scope.insert(name.clone(), id);
                id
            })
            .collect();
        let scope = Arc::new(scope);
        for ((_, formula, _), cell) in self.derived.iter().zip(&cells) {
            system.replace(*cell, Content::Computed(formula.clone(), scope.clone()));
        }
        (system, scope, cells)
    }
}
