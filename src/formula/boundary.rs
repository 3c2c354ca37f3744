//! Boundaries: where a watt or a joule was taken. Units cannot tell module watts from car watts; these tags can.
//! Holds no numbers.
//!
//! A tag counts as the energy's power in the unit: watts at the board are board, dollars per kWh at the wall are
//! 1/wall. A factor from one boundary to the next is the quotient, so that board W x (board -> it) is it W.

use std::{fmt, str::FromStr};

use super::Dimension;

const PLACES: [&str; 6] = ["chip", "board", "it", "facility", "car", "wall"];

/// Powers of the places where energy was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Boundary([i8; PLACES.len()]);

/// A tag that names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown boundary `{0}`: write one of chip, board, it, facility, car, wall, or a step as in board->it")]
pub struct BoundaryError(pub(super) String);

impl Boundary {
    /// Of a quantity that was taken nowhere in particular.
    pub const NONE: Boundary = Boundary([0; PLACES.len()]);

    /// The tag of a quantity of this dimension: a place counts once for each power of energy.
    ///
    /// # Errors
    /// The text names no place.
    pub fn of(text: &str, dimension: Dimension) -> Result<Boundary, BoundaryError> {
        let place = |t: &str| PLACES.iter().position(|p| *p == t.trim());
        let unknown = || BoundaryError(text.to_owned());
        let mut powers = [0; PLACES.len()];
        match text.split_once("->") {
            Some((from, to)) => {
                powers[place(from).ok_or_else(unknown)?] -= 1;
                powers[place(to).ok_or_else(unknown)?] += 1;
            }
            None => powers[place(text).ok_or_else(unknown)?] = dimension.energy(),
        }
        Ok(Boundary(powers))
    }

    /// Of a product.
    pub fn times(self, other: Boundary) -> Boundary {
        self.combine(other, i8::saturating_add)
    }

    /// Of a quotient.
    pub fn over(self, other: Boundary) -> Boundary {
        self.combine(other, i8::saturating_sub)
    }

    /// Of a power.
    pub fn power(self, exponent: i8) -> Boundary {
        self.combine(self, |a, _| a.saturating_mul(exponent))
    }

    /// True if the two may be added or compared: taken at the same place, or one of them nowhere in particular and the
    /// other at one place only.
    pub fn meets(self, other: Boundary) -> bool {
        let single = |b: Boundary| b.0.iter().filter(|p| **p != 0).count() <= 1;
        self == other || (self == Boundary::NONE && single(other)) || (other == Boundary::NONE && single(self))
    }

    /// The one that says more, of two that meet.
    pub(super) fn or(self, other: Boundary) -> Boundary {
        if self == Boundary::NONE { other } else { self }
    }

    fn combine(self, other: Boundary, f: impl Fn(i8, i8) -> i8) -> Boundary {
        let mut powers = [0; PLACES.len()];
        for (p, (a, b)) in powers.iter_mut().zip(self.0.into_iter().zip(other.0)) {
            *p = f(a, b);
        }
        Boundary(powers)
    }
}

impl FromStr for Boundary {
    type Err = BoundaryError;

    /// A step from place to place; a place alone needs a dimension, see [`Boundary::of`].
    fn from_str(text: &str) -> Result<Boundary, BoundaryError> {
        Boundary::of(text, Dimension::NONE)
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |sign: i8| -> Vec<&str> {
            PLACES.iter().zip(self.0).filter(|(_, p)| p.signum() == sign).map(|(name, _)| *name).collect()
        };
        match (group(1).join("-"), group(-1).join("-")) {
            (over, under) if under.is_empty() && over.is_empty() => f.write_str("no boundary"),
            (over, under) if under.is_empty() => f.write_str(&over),
            (over, under) if over.is_empty() => write!(f, "1/{under}"),
            (over, under) => write!(f, "{over}/{under}"),
        }
    }
}
