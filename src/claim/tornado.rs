//! Which inputs move the answer most: each held low, then high, the others drawn on the same random numbers.
//! Decides nothing.

use super::trial::{Held, Tally, Trial, varies};
use crate::{
    catalog::Verdict,
    formula::{CellId, System},
};

/// What one input does to the headline's share of draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Swing {
    /// The input, as `CLAIM.name`.
    pub input: String,
    /// Share of draws with the headline's verdict, the input held low.
    pub at_low: f64,
    /// The same, held high.
    pub at_high: f64,
    /// The most frequent verdict, held low.
    pub verdict_low: Verdict,
    /// The same, held high.
    pub verdict_high: Verdict,
}

impl Swing {
    /// How far it moves the share.
    pub fn width(&self) -> f64 {
        (self.at_high - self.at_low).abs()
    }
}

/// Inputs to hold, each low and high.
pub(super) fn plan(trial: &Trial) -> Vec<Held> {
    trial.given().iter().filter(|(_, g)| varies(g)).map(|(id, g)| (*id, [g.low, g.high])).collect()
}

/// The swings, widest first, from the tallies of a [`plan`].
pub(super) fn swings(system: &System, held: &[Held], tallies: &[Tally], verdict: Verdict) -> Vec<(CellId, Swing)> {
    let mut swings: Vec<(CellId, Swing)> = held
        .iter()
        .zip(tallies[1..].chunks(2))
        .map(|((cell, _), pair)| {
            let swing = Swing {
                input: system.cell(*cell).name.clone(),
                at_low: pair[0].share(verdict),
                at_high: pair[1].share(verdict),
                verdict_low: pair[0].first(),
                verdict_high: pair[1].first(),
            };
            (*cell, swing)
        })
        .collect();
    swings.sort_by(|a, b| b.1.width().total_cmp(&a.1.width()));
    swings
}
