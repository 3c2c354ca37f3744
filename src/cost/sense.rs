//! What a bound on a throughput makes of everything that is computed from it: a bound too, from above or below.
//! Finds no value; it only says on which side of one the truth lies.

use super::trial::Trial;

/// On which side of a value the truth lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sense {
    /// The value is an estimate.
    #[default]
    Estimate,
    /// The truth is this or more.
    AtLeast,
    /// The truth is this or less.
    AtMost,
    /// It may be either: two bounds pull it in opposite directions.
    Neither,
}

impl Sense {
    /// In words; empty of an estimate.
    pub fn name(self) -> &'static str {
        match self {
            Sense::Estimate => "",
            Sense::AtLeast => "at least",
            Sense::AtMost => "at most",
            Sense::Neither => "neither bound",
        }
    }

    /// Before a number: `≥ `; empty of an estimate.
    pub fn sign(self) -> &'static str {
        match self {
            Sense::Estimate => "",
            Sense::AtLeast => "≥ ",
            Sense::AtMost => "≤ ",
            Sense::Neither => "? ",
        }
    }

    /// Of what falls where this rises.
    pub fn reversed(self) -> Sense {
        match self {
            Sense::AtLeast => Sense::AtMost,
            Sense::AtMost => Sense::AtLeast,
            other => other,
        }
    }

    /// Of a value and what becomes of it when each bound in turn is not reached.
    pub(super) fn of(value: f64, unreached: impl IntoIterator<Item = f64>) -> Sense {
        // Rounding alone moves nothing.
        let still = |x: f64| (x - value).abs() <= 1e-9 * value.abs();
        let (mut up, mut down) = (false, false);
        for x in unreached.into_iter().filter(|x| !still(*x)) {
            if x > value { up = true } else { down = true }
        }
        match (up, down) {
            (false, false) => Sense::Estimate,
            (true, false) => Sense::AtLeast,
            (false, true) => Sense::AtMost,
            (true, true) => Sense::Neither,
        }
    }
}

/// The points to look at: every input at its mode; then, for each throughput that is a bound, that one at half of it.
/// Costs rise or fall throughout with a throughput, so that one such point tells the direction.
pub(super) fn points(trial: &Trial) -> Vec<Vec<f64>> {
    let modes = trial.modes();
    let mut slots: Vec<usize> = Vec::new();
    for (at, side) in trial.sides.iter().enumerate() {
        for bound in side.filled.iter().filter(|f| f.basis.bounds()) {
            slots.extend(trial.slot(at, &bound.role).filter(|s| !slots.contains(s)));
        }
    }
    let halved = slots.iter().map(|slot| {
        let mut point = modes.clone();
        point[*slot] *= 0.5;
        point
    });
    std::iter::once(modes.clone()).chain(halved).collect()
}
