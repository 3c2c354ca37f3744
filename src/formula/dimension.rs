//! Dimensions: integer powers of what can be counted or measured here, dollars and tokens as much as seconds.
//! Knows no prefixes and no numbers.

use std::fmt;

/// Base symbols, in the order in which they are printed.
const BASES: [&str; 14] =
    ["USD", "tok", "op", "FLOP", "param", "B", "J", "kg", "mi", "GPU", "H100e", "vehicle", "robot", "s"];

/// Position of the joule in [`BASES`].
const JOULE: usize = 6;
/// Position of the second.
const SECOND: usize = 13;

/// Powers of the base quantities. An op is not a FLOP, a vehicle is not a robot, an hour is not a GPU-hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Dimension([i8; BASES.len()]);

impl Dimension {
    /// A plain number.
    pub const NONE: Dimension = Dimension([0; BASES.len()]);

    /// The base quantity of a symbol.
    pub(super) fn base(symbol: &str) -> Option<Dimension> {
        let at = BASES.iter().position(|b| *b == symbol)?;
        let mut powers = [0; BASES.len()];
        powers[at] = 1;
        Some(Dimension(powers))
    }

    /// The product; `None` where a power leaves every sensible range.
    pub fn times(self, other: Dimension) -> Option<Dimension> {
        self.combine(other, i8::checked_add)
    }

    /// The quotient; `None` as for [`Dimension::times`].
    pub fn over(self, other: Dimension) -> Option<Dimension> {
        self.combine(other, i8::checked_sub)
    }

    /// An integer power; `None` as for [`Dimension::times`].
    pub fn power(self, exponent: i8) -> Option<Dimension> {
        self.combine(self, |a, _| a.checked_mul(exponent))
    }

    /// True of a plain number.
    pub fn is_none(self) -> bool {
        self == Dimension::NONE
    }

    /// Power of energy: 1 for joules and watts, -1 for dollars per kilowatt-hour.
    pub fn energy(self) -> i8 {
        self.0[JOULE]
    }

    fn combine(self, other: Dimension, f: impl Fn(i8, i8) -> Option<i8>) -> Option<Dimension> {
        let mut powers = [0; BASES.len()];
        for (p, (a, b)) in powers.iter_mut().zip(self.0.into_iter().zip(other.0)) {
            *p = f(a, b)?;
        }
        Some(Dimension(powers))
    }
}

impl fmt::Display for Dimension {
    /// As a unit that parses back: `USD/GPU-s`, with watts where a joule stands over a second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut powers = self.0;
        let watts = i8::from(powers[JOULE] == 1 && powers[SECOND] <= -1);
        powers[JOULE] -= watts;
        powers[SECOND] += watts;
        let group = |sign: i8| -> Vec<String> {
            let named = BASES.iter().zip(powers).map(|(b, p)| (*b, p.saturating_mul(sign)));
            let named = named.chain([("W", watts * sign)]).filter(|(_, p)| *p > 0);
            named.map(|(b, p)| if p == 1 { b.to_owned() } else { format!("{b}^{p}") }).collect()
        };
        let (over, under) = (group(1), group(-1));
        f.write_str(&if over.is_empty() { "1".to_owned() } else { over.join("-") })?;
        if !under.is_empty() {
            write!(f, "/{}", under.join("-"))?;
        }
        Ok(())
    }
}
