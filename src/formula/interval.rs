//! What a formula can come to when each input runs over its whole range: finds divisions by a possible zero, and
//! conditions that cannot fail.
//! Never too narrow; may be too wide, for it forgets that a name used twice is one number.

use super::{
    Formula, FormulaError,
    eval::{crf, power},
    expr::{Binary, Expr, Function, Node},
};

/// All numbers from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Interval {
    /// One number.
    pub fn point(x: f64) -> Interval {
        Interval { low: x, high: x }
    }

    /// Smallest interval around some numbers.
    fn around(numbers: impl IntoIterator<Item = f64>) -> Interval {
        // 0 x infinity: nothing is known.
        numbers.into_iter().fold(Interval { low: f64::INFINITY, high: f64::NEG_INFINITY }, |i, x| {
            if x.is_nan() {
                Interval { low: f64::NEG_INFINITY, high: f64::INFINITY }
            } else {
                Interval { low: i.low.min(x), high: i.high.max(x) }
            }
        })
    }

    fn corners(self, other: Interval, f: impl Fn(f64, f64) -> f64) -> Interval {
        let pairs = [self.low, self.high].into_iter().flat_map(|a| [(a, other.low), (a, other.high)]);
        Interval::around(pairs.map(|(a, b)| f(a, b)))
    }

    /// True if zero lies within.
    pub fn holds_zero(self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

/// Whether a condition holds over whole ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Always,
    Never,
    Sometimes,
}

/// What each name runs over.
pub(super) type Ranges<'n> = dyn Fn(&str) -> Option<Interval> + 'n;

/// The range of a formula that is a number.
///
/// # Errors
/// A divisor's range holds zero.
pub(super) fn range(formula: &Formula, ranges: &Ranges) -> Result<Interval, FormulaError> {
    Walk { formula, ranges }.number(&formula.root)
}

/// Whether a formula that is a condition holds.
///
/// # Errors
/// A divisor's range holds zero.
pub(super) fn truth(formula: &Formula, ranges: &Ranges) -> Result<Truth, FormulaError> {
    Walk { formula, ranges }.flag(&formula.root)
}

struct Walk<'w> {
    formula: &'w Formula,
    ranges: &'w Ranges<'w>,
}

impl Walk<'_> {
    fn number(&self, e: &Expr) -> Result<Interval, FormulaError> {
        Ok(match &e.node {
            Node::Number(x, unit) => Interval::point(unit.to_base(*x)),
            Node::Name(name) => (self.ranges)(name).unwrap_or(Interval { low: f64::NEG_INFINITY, high: f64::INFINITY }),
            Node::Negate(inner) => {
                let i = self.number(inner)?;
                Interval { low: -i.high, high: -i.low }
            }
            Node::Power(base, n) => {
                let i = self.number(base)?;
                if *n < 0 && i.holds_zero() {
                    return Err(self.zero(base, i));
                }
                let ends = [power(i.low, *n), power(i.high, *n)];
                Interval::around(ends.into_iter().chain((i.holds_zero() && *n > 0).then_some(0.0)))
            }
            Node::Binary(op, a, b) => {
                let (x, y) = (self.number(a)?, self.number(b)?);
                match op {
                    Binary::Add => Interval { low: x.low + y.low, high: x.high + y.high },
                    Binary::Subtract => Interval { low: x.low - y.high, high: x.high - y.low },
                    Binary::Multiply => x.corners(y, |a, b| a * b),
                    _ if y.holds_zero() => return Err(self.zero(b, y)),
                    _ => x.corners(y, |a, b| a / b),
                }
            }
            Node::Call(function, args) => self.call(*function, args)?,
            Node::Not(_) => return Err(self.formula.fault(e, "a number is due here")),
        })
    }

    fn call(&self, function: Function, args: &[Expr]) -> Result<Interval, FormulaError> {
        let all = args.iter().map(|a| self.number(a)).collect::<Result<Vec<_>, _>>()?;
        let fold = |f: fn(f64, f64) -> f64| {
            let pick = |end: fn(&Interval) -> f64| all.iter().map(end).reduce(f).unwrap_or(f64::NAN);
            Interval { low: pick(|i| i.low), high: pick(|i| i.high) }
        };
        Ok(match function {
            Function::Min => fold(f64::min),
            Function::Max => fold(f64::max),
            Function::Abs => {
                let (low, high) = (all[0].low, all[0].high);
                let zero = all[0].holds_zero().then_some(0.0);
                Interval::around([low.abs(), high.abs()].into_iter().chain(zero))
            }
            Function::Crf => {
                if all[1].low <= 0.0 {
                    return Err(self.formula.fault(&args[1], "a life of zero or less: raise its low above 0"));
                }
                all[0].corners(all[1], crf)
            }
        })
    }

    fn flag(&self, e: &Expr) -> Result<Truth, FormulaError> {
        Ok(match &e.node {
            Node::Not(inner) => match self.flag(inner)? {
                Truth::Always => Truth::Never,
                Truth::Never => Truth::Always,
                Truth::Sometimes => Truth::Sometimes,
            },
            Node::Binary(Binary::And, a, b) => match (self.flag(a)?, self.flag(b)?) {
                (Truth::Never, _) | (_, Truth::Never) => Truth::Never,
                (Truth::Always, Truth::Always) => Truth::Always,
                _ => Truth::Sometimes,
            },
            Node::Binary(Binary::Or, a, b) => match (self.flag(a)?, self.flag(b)?) {
                (Truth::Always, _) | (_, Truth::Always) => Truth::Always,
                (Truth::Never, Truth::Never) => Truth::Never,
                _ => Truth::Sometimes,
            },
            Node::Binary(op, a, b) => compare(*op, self.number(a)?, self.number(b)?),
            _ => return Err(self.formula.fault(e, "a comparison is due here")),
        })
    }

    fn zero(&self, e: &Expr, i: Interval) -> FormulaError {
        let what = if i.low == i.high {
            "division by zero".to_owned()
        } else {
            "division by a possible zero: over the inputs' ranges this comes to 0; narrow them".to_owned()
        };
        self.formula.fault(e, what)
    }
}

fn compare(op: Binary, a: Interval, b: Interval) -> Truth {
    let decide = |always: bool, never: bool| match (always, never) {
        (true, _) => Truth::Always,
        (_, true) => Truth::Never,
        _ => Truth::Sometimes,
    };
    let same = a.low == a.high && b.low == b.high && a.low == b.low;
    let apart = a.high < b.low || a.low > b.high;
    match op {
        Binary::Less => decide(a.high < b.low, a.low >= b.high),
        Binary::LessEqual => decide(a.high <= b.low, a.low > b.high),
        Binary::Greater => decide(a.low > b.high, a.high <= b.low),
        Binary::GreaterEqual => decide(a.low >= b.high, a.high < b.low),
        Binary::Equal => decide(same, apart),
        Binary::NotEqual => decide(apart, same),
        _ => Truth::Sometimes,
    }
}
