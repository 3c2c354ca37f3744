//! The part of a system that some quantities and conditions rest on, compiled, and its evaluation a chunk of draws at
//! a time.
//! Draws nothing itself: the caller fills the given columns.

use std::collections::{HashMap, HashSet};

use super::{
    CHUNK, CellId, Content, Formula, Given, Scope, System,
    eval::{Code, Stack},
};

/// No condition holds.
pub(crate) const NONE_HOLDS: u16 = u16::MAX;

/// Compiled formulas in the order of their evaluation, with their columns.
#[derive(Debug, Clone)]
pub struct Cone {
    given: Vec<(CellId, Given)>,
    /// Computed quantities, then conditions: the slot of its column and how it is filled.
    steps: Vec<(usize, Code)>,
    /// How many of the steps are quantities.
    quantities: usize,
    slots: HashMap<CellId, usize>,
    columns: Vec<Vec<f64>>,
    /// What [`Cone::keep`] has kept of the steps' columns.
    kept: Vec<Vec<f64>>,
    stack: Stack,
}

/// What changes with one given quantity.
#[derive(Debug, Clone)]
pub(crate) struct Downstream {
    slot: usize,
    steps: Vec<usize>,
}

impl Cone {
    /// What `targets` and `conditions` rest on. `None` if the system did not pass its check.
    pub fn of(system: &System, targets: &[CellId], conditions: &[&Formula], scope: &Scope) -> Option<Cone> {
        let mut wanted: Vec<CellId> = targets.to_vec();
        for name in conditions.iter().flat_map(|c| c.names()) {
            wanted.push(*scope.get(name)?);
        }
        let mut needed = HashSet::new();
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
        let (mut given, mut steps) = (Vec::new(), Vec::new());
        for &id in &order {
            match &system.cell(id).content {
                Content::Given(g) => given.push((id, g.clone())),
                Content::Computed(formula, scope) => steps.push((slots[&id], code(formula, scope)?)),
            }
        }
        let quantities = steps.len();
        for (i, condition) in conditions.iter().enumerate() {
            steps.push((order.len() + i, code(condition, scope)?));
        }
        let columns = vec![vec![0.0; CHUNK]; order.len() + conditions.len()];
        Some(Cone { given, steps, quantities, slots, columns, kept: vec![], stack: Stack::default() })
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

    /// Computes the first `n` draws of every computed column, and of every condition, from the given ones.
    pub fn compute(&mut self, n: usize) {
        for at in 0..self.steps.len() {
            self.step(at, n);
        }
    }

    fn step(&mut self, at: usize, n: usize) {
        let (slot, code) = &self.steps[at];
        let result = code.run(&self.columns, n, &mut self.stack);
        self.columns[*slot][..n].copy_from_slice(result);
    }

    /// What has to be computed anew when a given quantity takes another value; `None` if it is not part of the cone.
    pub(crate) fn downstream(&self, id: CellId) -> Option<Downstream> {
        let slot = *self.slots.get(&id)?;
        let (mut touched, mut steps) = (HashSet::from([slot]), Vec::new());
        for (at, (own, code)) in self.steps.iter().enumerate() {
            if code.reads().any(|s| touched.contains(&s)) {
                touched.insert(*own);
                steps.push(at);
            }
        }
        Some(Downstream { slot, steps })
    }

    /// Keeps the first `n` draws of every step, for [`Cone::restore`].
    pub(crate) fn keep(&mut self, n: usize) {
        self.kept.resize_with(self.steps.len(), || vec![0.0; CHUNK]);
        for ((slot, _), kept) in self.steps.iter().zip(&mut self.kept) {
            kept[..n].copy_from_slice(&self.columns[*slot][..n]);
        }
    }

    /// Computes what changes when one given quantity stands at `x` in all of `n` draws.
    pub(crate) fn compute_with(&mut self, held: &Downstream, x: f64, n: usize) {
        self.columns[held.slot][..n].fill(x);
        for at in &held.steps {
            self.step(*at, n);
        }
    }

    /// Puts back the draws of a given quantity and what [`Cone::keep`] kept of all that it changes.
    pub(crate) fn restore(&mut self, held: &Downstream, drawn: &[f64], n: usize) {
        self.columns[held.slot][..n].copy_from_slice(&drawn[..n]);
        for at in &held.steps {
            self.columns[self.steps[*at].0][..n].copy_from_slice(&self.kept[*at][..n]);
        }
    }

    /// For each of `n` draws the number of the first condition that holds, or [`NONE_HOLDS`]. Whether the draw is
    /// [`Cone::sound`] is another question.
    pub(crate) fn first_that_holds(&self, n: usize, out: &mut [u16]) {
        out[..n].fill(NONE_HOLDS);
        // Backwards, so that the first of several stands.
        for (i, (slot, _)) in self.steps[self.quantities..].iter().enumerate().rev() {
            let number = u16::try_from(i).unwrap_or(NONE_HOLDS);
            for (first, holds) in out[..n].iter_mut().zip(&self.columns[*slot]) {
                *first = if *holds != 0.0 { number } else { *first };
            }
        }
    }

    /// For each of `n` draws 0 if every computed quantity is finite, else what is not a number.
    pub(crate) fn sound(&self, n: usize, out: &mut [f64]) {
        out[..n].fill(0.0);
        for (slot, _) in &self.steps[..self.quantities] {
            out[..n].iter_mut().zip(&self.columns[*slot]).for_each(|(sum, x)| *sum += x * 0.0);
        }
    }
}
