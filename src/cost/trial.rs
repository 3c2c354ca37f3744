//! Several costs drawn together: what they share is one number in all of them, in every draw.
//! Fills no role and words nothing.

use super::setup::Setup;
use crate::formula::{CHUNK, CellId, Distribution, Given, Stream};

/// A given quantity and every place where it stands.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) given: Given,
    /// Side and cell.
    pub(super) places: Vec<(usize, CellId)>,
}

impl Slot {
    /// True if it is drawn.
    pub(super) fn varies(&self) -> bool {
        !matches!(self.given.distribution, Distribution::Fixed(_))
    }
}

/// A role of one side that is the answer of another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feed {
    pub(super) side: usize,
    pub(super) cell: CellId,
    pub(super) from: usize,
}

/// Sides ready to be drawn. A side stands behind those that feed it.
#[derive(Debug, Clone)]
pub(super) struct Trial<'c> {
    pub(super) sides: Vec<Setup<'c>>,
    pub(super) slots: Vec<Slot>,
    feeds: Vec<Feed>,
    drawn: Vec<Vec<f64>>,
    draws: usize,
}

impl<'c> Trial<'c> {
    /// Draws every given quantity once.
    pub(super) fn of(sides: Vec<Setup<'c>>, feeds: Vec<Feed>, draws: usize, seed: u64) -> Trial<'c> {
        let mut slots: Vec<Slot> = Vec::new();
        for (side, setup) in sides.iter().enumerate() {
            for (cell, given) in setup.cone.given() {
                if feeds.iter().any(|f| (f.side, f.cell) == (side, cell)) {
                    continue;
                }
                // What no key names is nobody else's number.
                match slots.iter_mut().find(|s| !given.key.is_empty() && s.given == *given) {
                    Some(slot) => slot.places.push((side, cell)),
                    None => slots.push(Slot { given: given.clone(), places: vec![(side, cell)] }),
                }
            }
        }
        let draw = |slot: &Slot| {
            let mut column = vec![0.0; draws];
            Stream::new(seed, &slot.given.key).fill(&slot.given.distribution, &mut column);
            column
        };
        let drawn = slots.iter().map(draw).collect();
        Trial { sides, slots, feeds, drawn, draws }
    }

    /// The slot in which a role of a side stands.
    pub(super) fn slot(&self, side: usize, role: &str) -> Option<usize> {
        let cell = self.sides[side].role(role)?;
        self.slots.iter().position(|s| s.places.contains(&(side, cell)))
    }

    /// The sides that a side rests on, itself included.
    pub(super) fn rests_on(&self, side: usize) -> Vec<usize> {
        let below = self.feeds.iter().filter(|f| f.side == side).map(|f| f.from);
        std::iter::once(side).chain(below).collect()
    }

    /// Computes the first `most` draws at the most, some slots held at a value; `see` is called for every chunk with the
    /// sides and the number of draws in it.
    pub(super) fn run(&mut self, most: usize, held: &[(usize, f64)], mut see: impl FnMut(&mut [Setup<'c>], usize)) {
        let draws = self.draws.min(most);
        for from in (0..draws).step_by(CHUNK) {
            let n = CHUNK.min(draws - from);
            self.fill(from, n, held);
            self.compute(n, |_| true);
            see(&mut self.sides, n);
        }
    }

    /// As [`Trial::run`], some slots held at one value after the other. What they do not move is computed once. `see` is
    /// also told the number of the value.
    pub(super) fn along(
        &mut self,
        most: usize,
        slots: &[usize],
        values: &[f64],
        mut see: impl FnMut(usize, &mut [Setup<'c>], usize),
    ) {
        let places: Vec<(usize, CellId)> = slots.iter().flat_map(|s| self.slots[*s].places.iter().copied()).collect();
        let mut moved: Vec<bool> = (0..self.sides.len()).map(|side| places.iter().any(|p| p.0 == side)).collect();
        for side in 0..moved.len() {
            moved[side] |= self.feeds.iter().any(|f| f.side == side && moved[f.from]);
        }
        let draws = self.draws.min(most);
        for from in (0..draws).step_by(CHUNK) {
            let n = CHUNK.min(draws - from);
            self.fill(from, n, &[]);
            for (number, x) in values.iter().enumerate() {
                places.iter().for_each(|&(side, cell)| self.sides[side].cone.column(cell)[..n].fill(*x));
                self.compute(n, |side| number == 0 || moved[side]);
                see(number, &mut self.sides, n);
            }
        }
    }

    /// Fills every given column with `n` draws from one on, or with the value at which its slot is held.
    fn fill(&mut self, from: usize, n: usize, held: &[(usize, f64)]) {
        for (at, slot) in self.slots.iter().enumerate() {
            let value = held.iter().find(|h| h.0 == at).map(|h| h.1);
            for &(side, cell) in &slot.places {
                let column = &mut self.sides[side].cone.column(cell)[..n];
                match value {
                    Some(x) => column.fill(x),
                    None => column.copy_from_slice(&self.drawn[at][from..from + n]),
                }
            }
        }
    }

    /// Computes points: a value for every slot, in their order.
    pub(super) fn at(&mut self, points: &[Vec<f64>], mut see: impl FnMut(&mut [Setup<'c>], usize)) {
        for chunk in points.chunks(CHUNK) {
            for (at, slot) in self.slots.iter().enumerate() {
                for &(side, cell) in &slot.places {
                    let column = self.sides[side].cone.column(cell);
                    chunk.iter().zip(column).for_each(|(point, x)| *x = point[at]);
                }
            }
            self.compute(chunk.len(), |_| true);
            see(&mut self.sides, chunk.len());
        }
    }

    /// Every slot at its mode.
    pub(super) fn modes(&self) -> Vec<f64> {
        self.slots.iter().map(|s| s.given.mode).collect()
    }

    /// The answers of two sides over the draws, in base units.
    pub(super) fn answers(&mut self, most: usize, held: &[(usize, f64)]) -> Vec<Vec<f64>> {
        let mut all = vec![Vec::with_capacity(self.draws.min(most)); self.sides.len()];
        self.run(most, held, |sides, n| {
            all.iter_mut().zip(sides).for_each(|(kept, side)| kept.extend_from_slice(side.answers(n)));
        });
        all
    }

    /// Computes the sides that are wanted.
    fn compute(&mut self, n: usize, wanted: impl Fn(usize) -> bool) {
        for side in (0..self.sides.len()).filter(|side| wanted(*side)) {
            for feed in self.feeds.iter().filter(|f| f.side == side) {
                let (below, rest) = self.sides.split_at_mut(side);
                let answers = below[feed.from].answers(n);
                rest[0].cone.column(feed.cell)[..n].copy_from_slice(answers);
            }
            self.sides[side].cone.compute(n);
        }
    }
}
