//! Cost formulas with every role filled, checked in units, boundaries and ranges, compiled.
//! Draws nothing; `trial` does.

use super::{
    fill::{Filled, fill, fixed, parties},
    query::{CostError, Query, entry},
};
use crate::{
    catalog::{Catalog, CostModel, CostRole, Problem},
    formula::{Boundary, CellId, Cone, Content, Fault, Interval, Scope},
};

/// Formulas ready to be drawn.
#[derive(Debug, Clone)]
pub(super) struct Setup<'c> {
    pub(super) model: &'c CostModel,
    pub(super) filled: Vec<Filled>,
    pub(super) cone: Cone,
    /// Cells of the derived quantities, in the model's order.
    pub(super) cells: Vec<CellId>,
    scope: std::sync::Arc<Scope>,
}

impl<'c> Setup<'c> {
    pub(super) fn of(catalog: &'c Catalog, query: &Query) -> Result<Setup<'c>, CostError> {
        let (scenario, device) = parties(catalog, query)?;
        let model = entry("cost formulas", &scenario.cost, &catalog.costs)?;
        if let Some(role) = query.set.keys().find(|r| !model.roles.iter().any(|m| m.name == **r)) {
            let known = model.roles.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(", ");
            let formulas = model.id.clone();
            return Err(CostError::NoRole { role: (*role).to_owned(), formulas, known });
        }
        let fill = |role: &CostRole| fill(catalog, query, scenario, device, role);
        let filled = model.roles.iter().map(fill).collect::<Result<Vec<_>, _>>()?;
        Setup::filled(model, filled, &scenario.id)
    }

    /// Checks and compiles formulas whose roles are filled; `whose` names them in errors.
    pub(super) fn filled(model: &'c CostModel, filled: Vec<Filled>, whose: &str) -> Result<Setup<'c>, CostError> {
        let content = |role: &CostRole| {
            let found = filled.iter().find(|f| f.role == role.name);
            let given = found.map_or_else(|| fixed("", f64::NAN), |f| f.given.clone());
            (found.map_or(Boundary::NONE, |f| f.boundary), Content::Given(given))
        };
        let (mut system, scope, cells) = model.system(content);
        let mut faults = system.check();
        if faults.is_empty() {
            faults = system.ranges(|g| Interval { low: g.low, high: g.high }).1;
        }
        if faults.is_empty()
            && let Some(cone) = Cone::of(&system, &cells, &[], &scope)
        {
            return Ok(Setup { model, filled, cone, cells, scope });
        }
        let problems = faults.into_iter().map(|fault| {
            let (cell, what) = match fault {
                Fault::Formula(cell, error) => (cell, error.to_string()),
                Fault::Cycle(cell, ring) => (cell, format!("a quantity uses itself: {}", ring.join(" -> "))),
            };
            let line = cells.iter().position(|c| *c == cell).map_or(0, |i| model.derived[i].line);
            let name = format!("{}.{} with {whose}", model.id, system.cell(cell).name);
            Problem { file: model.file.clone(), line, name, what }
        });
        Err(CostError::Formulas(problems.collect()))
    }

    /// The cell of a role, if a formula uses it.
    pub(super) fn role(&self, name: &str) -> Option<CellId> {
        self.scope.get(name).copied().filter(|c| self.cone.holds(*c))
    }

    /// The number of a derived quantity.
    pub(super) fn step(&self, name: &str) -> Option<usize> {
        self.model.derived.iter().position(|d| d.name == name)
    }

    /// The column of the answer.
    pub(super) fn answers(&mut self, n: usize) -> &[f64] {
        // The catalogue refuses formulas without an output.
        let at = self.step(&self.model.output).unwrap_or(self.cells.len() - 1);
        &self.cone.column(self.cells[at])[..n]
    }
}
