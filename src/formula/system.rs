//! A system of named quantities: given ones with ranges, computed ones with formulas; checked as a whole.
//! Knows no files: faults carry the quantity, its owner adds file and line.

use std::{collections::HashMap, sync::Arc};

use super::{
    Boundary, Cycle, Distribution, Formula, FormulaError, Interval, Unit,
    check::{Type, type_of},
    interval::{self, Truth},
    order::order,
};

/// A quantity of a [`System`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellId(pub(super) usize);

impl CellId {
    /// No cell: a place that is still to be filled.
    pub(crate) const NONE: CellId = CellId(usize::MAX);
}

/// What names mean in a formula.
pub type Scope = HashMap<String, CellId>;

/// A given quantity, in base units.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The least.
    pub low: f64,
    /// The most likely.
    pub mode: f64,
    /// The greatest.
    pub high: f64,
    /// How it is drawn, in base units.
    pub distribution: Distribution,
    /// Key of its stream of random numbers.
    pub key: String,
}

/// Where a quantity's values come from.
#[derive(Debug, Clone)]
pub enum Content {
    /// They are given.
    Given(Given),
    /// A formula over others.
    Computed(Formula, Arc<Scope>),
}

/// A quantity.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Its full name.
    pub name: String,
    /// The unit in which it is shown.
    pub unit: Unit,
    /// Where its energy was taken; of a computed one, what its owner says or [`System::check`] found.
    pub boundary: Boundary,
    /// Where its values come from.
    pub content: Content,
}

/// What is wrong with one quantity.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Its formula.
    Formula(CellId, FormulaError),
    /// It and others use each other in a ring; full names, the first repeated at the end.
    Cycle(CellId, Vec<String>),
}

/// Quantities and what they are made of.
#[derive(Debug, Clone, Default)]
pub struct System {
    cells: Vec<Cell>,
}

impl System {
    /// Adds a quantity.
    pub fn add(&mut self, cell: Cell) -> CellId {
        self.cells.push(cell);
        CellId(self.cells.len() - 1)
    }

    /// A quantity.
    pub fn cell(&self, id: CellId) -> &Cell {
        &self.cells[id.0]
    }

    /// Puts other values in the place of a quantity's.
    pub fn replace(&mut self, id: CellId, content: Content) {
        self.cells[id.0].content = content;
    }

    /// Checks every formula in units and boundaries, and that none uses itself; sets the boundaries of the computed.
    pub fn check(&mut self) -> Vec<Fault> {
        let order = match self.order() {
            Ok(order) => order,
            Err(Cycle(ring)) => {
                let names = ring.iter().map(|&c| self.cells[c].name.clone()).collect();
                return vec![Fault::Cycle(CellId(ring[0]), names)];
            }
        };
        let mut faults = Vec::new();
        for id in order.into_iter().map(CellId) {
            let Content::Computed(formula, scope) = &self.cells[id.0].content else { continue };
            let cell = self.cell(id);
            match self.type_in(formula, scope) {
                Err(error) => faults.push(Fault::Formula(id, error)),
                Ok(Type::Flag) => {
                    let what = format!("a number [{}] is due, and this is true or false", cell.unit);
                    faults.push(Fault::Formula(id, formula.fault(&formula.root, what)));
                }
                Ok(Type::Number { dimension, boundary, literal }) => {
                    let declared = cell.boundary;
                    let zero = literal == Some(super::check::Literal::Zero);
                    if dimension != cell.unit.dimension() && !zero {
                        let what = format!(
                            "the formula gives {dimension}, and the declared unit is {} ({})",
                            cell.unit,
                            cell.unit.dimension()
                        );
                        faults.push(Fault::Formula(id, formula.fault(&formula.root, what)));
                    } else if declared != Boundary::NONE && declared != boundary {
                        let what = format!("the formula's boundary is {boundary}, and the declared one is {declared}");
                        faults.push(Fault::Formula(id, formula.fault(&formula.root, what)));
                    }
                    self.cells[id.0].boundary = boundary;
                }
            }
        }
        faults
    }

    /// Checks that every name of a formula is known.
    ///
    /// # Errors
    /// The first that is not, with its place and what is known.
    pub fn check_names(&self, formula: &Formula, scope: &Scope) -> Result<(), FormulaError> {
        formula.first_fault(&|name| (!scope.contains_key(name)).then(|| unknown(name, scope)))
    }

    /// Checks that a formula is a condition, in units and boundaries.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_condition(&self, formula: &Formula, scope: &Scope) -> Result<(), FormulaError> {
        match self.type_in(formula, scope)? {
            Type::Flag => Ok(()),
            Type::Number { dimension, .. } => {
                let what = format!("a comparison is due, and this is a number [{dimension}]");
                Err(formula.fault(&formula.root, what))
            }
        }
    }

    /// The range of every quantity, `given` telling those of the given ones; with the divisions by a possible zero.
    pub fn ranges(&self, given: impl Fn(&Given) -> Interval) -> (Vec<Interval>, Vec<Fault>) {
        let everything = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
        let mut ranges = vec![everything; self.cells.len()];
        let mut faults = Vec::new();
        for id in self.order().unwrap_or_default() {
            match &self.cells[id].content {
                Content::Given(g) => ranges[id] = given(g),
                Content::Computed(formula, scope) => {
                    match interval::range(formula, &|name| scope.get(name).map(|c| ranges[c.0])) {
                        Ok(range) => ranges[id] = range,
                        Err(error) => faults.push(Fault::Formula(CellId(id), error)),
                    }
                }
            }
        }
        (ranges, faults)
    }

    /// Of conditions tried in turn, which can be the first that holds, over the ranges. `None` is a catch-all.
    ///
    /// # Errors
    /// A division by a possible zero, in the condition of that number.
    pub fn reachable(
        &self,
        conditions: &[Option<&Formula>],
        scope: &Scope,
        ranges: &[Interval],
    ) -> Result<Vec<usize>, (usize, FormulaError)> {
        let mut reached = Vec::new();
        for (i, condition) in conditions.iter().enumerate() {
            let truth = match condition {
                None => Truth::Always,
                Some(formula) => interval::truth(formula, &|name| scope.get(name).map(|c| ranges[c.0]))
                    .map_err(|error| (i, error))?,
            };
            if truth != Truth::Never {
                reached.push(i);
            }
            if truth == Truth::Always {
                break;
            }
        }
        Ok(reached)
    }

    fn type_in(&self, formula: &Formula, scope: &Scope) -> Result<Type, FormulaError> {
        type_of(formula, &|name| {
            let id = scope.get(name).ok_or_else(|| unknown(name, scope))?;
            let cell = self.cell(*id);
            Ok((cell.unit.clone(), cell.boundary))
        })
    }

    /// Cells in an order in which each stands after what it uses.
    pub(super) fn order(&self) -> Result<Vec<usize>, Cycle> {
        order(self.cells.len(), |i| self.uses(CellId(i)).into_iter().map(|c| c.0).collect())
    }

    /// What a quantity is directly made of.
    pub fn uses(&self, id: CellId) -> Vec<CellId> {
        match &self.cell(id).content {
            Content::Given(_) => vec![],
            Content::Computed(formula, scope) => {
                formula.names().into_iter().filter_map(|n| scope.get(n).copied()).collect()
            }
        }
    }
}

fn unknown(name: &str, scope: &Scope) -> String {
    let mut known: Vec<&str> = scope.keys().map(String::as_str).collect();
    known.sort_unstable();
    let near = known.iter().map(|k| (strsim::jaro_winkler(k, name), *k)).max_by(|a, b| a.0.total_cmp(&b.0));
    let near = near.filter(|n| n.0 > 0.8).map(|n| format!(", did you mean `{}`?", n.1)).unwrap_or_default();
    format!("unknown name `{name}`{near}; known here are {}", known.join(", "))
}
