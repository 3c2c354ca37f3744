//! The part of a system that some quantities and conditions rest on, compiled, and its evaluation a chunk of draws at
//! a time.
//! Draws nothing itself: the caller fills the given columns.

use std::collections::HashMap;

use super::{
    CHUNK, CellId, Content, Formula, Given, Scope, System,
    eval::{Code, Stack},
};

/// Compiled formulas in the order of their evaluation, with their columns.
#[derive(Debug, Clone)]
pub struct Cone {
    given: Vec<(CellId, Given)>,
    computed: Vec<(CellId, usize, Code)>,
    conditions: Vec<Code>,
    slots: HashMap<CellId, usize>,
    columns: Vec<Vec<f64>>,
    stack: Stack,
}

impl Cone {
    /// What `targets` and `conditions` rest on. `None` if the system did not pass its check.
    pub fn of(system: &System, targets: &[CellId], conditions: &[&Formula], scope: &Scope) -> Option<Cone> {
        let mut wanted: Vec<CellId> = targets.to_vec();
        for name in conditions.iter().flat_map(|c| c.names()) {
            wanted.push(*scope.get(name)?);
        }
        let mut needed = std::collections::HashSet::new();
        while let Some(id) = wanted.pop() {
            if needed.insert(id) {
                wanted.extend(system.uses(id));
            }
        }
        let order: Vec<CellId> =
            system.order().ok()?.into_iter().map(CellId).filter(|id| needed.contains(id)).collect();
        let slots: HashMap<CellId, usize> = order.iter().enumerate().map(|(i, id)| (*id, i)).collect();
        let code = |formula: &Formula, scope: &Scope| {
            Code::of(formula, &|name| scope.get(name).and_then(|id| slots.get(id)).copied())
        };
        let (mut given, mut computed) = (Vec::new(), Vec::new());
        for &id in &order {
            match &system.cell(id).content {
                Content::Given(g) => given.push((id, g.clone())),
                Content::Computed(formula, scope) => computed.push((id, slots[&id], code(formula, scope)?)),
            }
        }
        let conditions = conditions.iter().map(|c| code(c, scope)).collect::<Option<Vec<_>>>()?;
        let columns = vec![vec![0.0; CHUNK]; order.len()];
        Some(Cone { given, computed, conditions, slots, columns, stack: Stack::default() })
    }

    /// The given quantities it rests on.
    pub fn given(&self) -> impl Iterator<Item = (CellId, &Given)> {
        self.given.iter().map(|(id, g)| (*id, g))
    }

    /// Fills the first draw of every given column with its mode.
    pub fn set_modes(&mut self) {
        for (id, given) in &self.given {
            self.columns[self.slots[id]][0] = given.mode;
        }
    }

    /// The column of a quantity, to fill or to read; at most [`CHUNK`] draws count.
    ///
    /// # Panics
    /// If the quantity is not part of the cone.
    pub fn column(&mut self, id: CellId) -> &mut [f64] {
        &mut self.columns[self.slots[&id]]
    }

    /// True if the quantity is part of the cone.
    pub fn holds(&self, id: CellId) -> bool {
        self.slots.contains_key(&id)
    }

    /// Computes the first `n` draws of every computed column from the given ones.
    pub fn compute(&mut self, n: usize) {
        for (_, slot, code) in &self.computed {
            let result = code.run(&self.columns, n, &mut self.stack);
            self.columns[*slot][..n].copy_from_slice(result);
        }
    }

    /// For each of `n` draws the number of the first condition that holds; `None` for none. Whether the draw is
    /// [`Cone::finite`] is another question.
    pub fn first_that_holds(&mut self, n: usize, out: &mut [Option<usize>]) {
        out[..n].fill(None);
        for (i, code) in self.conditions.iter().enumerate() {
            let holds = code.run(&self.columns, n, &mut self.stack);
            for (first, holds) in out[..n].iter_mut().zip(holds) {
                if first.is_none() && *holds != 0.0 {
                    *first = Some(i);
                }
            }
        }
    }

    /// Whether every computed quantity of draw `i` is finite.
    pub fn finite(&self, i: usize) -> bool {
        self.computed.iter().all(|(_, slot, _)| self.columns[*slot][i].is_finite())
    }
}
