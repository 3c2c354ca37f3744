//! Units: a scale and a dimension, parsed from text such as `USD/GPU-h`, `TOPS/vehicle`, `Mbit/s`.
//! The one place where a number meets a unit.
//!
//! `unit = group *("/" group)`, each `/` dividing by the one group after it; `group = factor *("-" factor)`, which
//! binds tighter; `factor = [prefix] symbol ["^" integer]`, or `1`. One prefix at most.

use std::fmt;

use super::Dimension;

const HOUR: f64 = 3600.0;
/// 365 days, so that twelve months of 730 hours are a year.
const YEAR: f64 = 8760.0 * HOUR;

/// Symbol, base units it stands for, dimension as a product of bases, and whether a prefix may stand before it.
type Symbol = (&'static str, f64, &'static [(&'static str, i8)], bool);

const SYMBOLS: &[Symbol] = &[
    ("s", 1.0, &[("s", 1)], true),
    ("J", 1.0, &[("J", 1)], true),
    ("B", 1.0, &[("B", 1)], true),
    ("USD", 1.0, &[("USD", 1)], true),
    ("tok", 1.0, &[("tok", 1)], true),
    ("op", 1.0, &[("op", 1)], true),
    ("FLOP", 1.0, &[("FLOP", 1)], true),
    ("param", 1.0, &[("param", 1)], true),
    ("GPU", 1.0, &[("GPU", 1)], true),
    ("H100e", 1.0, &[("H100e", 1)], true),
    ("vehicle", 1.0, &[("vehicle", 1)], true),
    ("robot", 1.0, &[("robot", 1)], true),
    ("kg", 1.0, &[("kg", 1)], false),
    ("mi", 1.0, &[("mi", 1)], false),
    ("W", 1.0, &[("J", 1), ("s", -1)], true),
    ("Wh", HOUR, &[("J", 1)], true),
    ("h", HOUR, &[("s", 1)], false),
    ("day", 24.0 * HOUR, &[("s", 1)], false),
    ("month", 730.0 * HOUR, &[("s", 1)], false),
    ("yr", YEAR, &[("s", 1)], false),
    ("bit", 0.125, &[("B", 1)], true),
    ("Hz", 1.0, &[("s", -1)], true),
    ("OPS", 1.0, &[("op", 1), ("s", -1)], true),
    ("FLOPS", 1.0, &[("FLOP", 1), ("s", -1)], true),
];

/// Letter, name and size of each prefix.
const PREFIXES: &[(&str, &str, f64)] = &[
    ("u", "micro", 1e-6),
    ("µ", "micro", 1e-6),
    ("m", "milli", 1e-3),
    ("k", "kilo", 1e3),
    ("M", "mega", 1e6),
    ("G", "giga", 1e9),
    ("T", "tera", 1e12),
    ("P", "peta", 1e15),
    ("E", "exa", 1e18),
    ("Z", "zetta", 1e21),
];

/// Text that is no unit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnitError {
    /// Nothing there.
    #[error("the unit is missing; a plain number has the unit `1`")]
    Empty,
    /// A symbol that stands for nothing known.
    #[error("unknown unit `{symbol}`{}; known are {}", near(.suggestion), known())]
    Unknown {
        /// The symbol.
        symbol: String,
        /// The nearest known spelling.
        suggestion: Option<String>,
    },
    /// Two prefixes on one unit: a quantity that no one means.
    #[error("`{text}` has two prefixes, {first} and {second}: literally {literal:e} {base}; write one prefix")]
    TwoPrefixes {
        /// As written.
        text: String,
        /// The outer prefix's name.
        first: &'static str,
        /// The inner prefix's name.
        second: &'static str,
        /// The unit without prefixes.
        base: String,
        /// What both together would mean, read literally.
        literal: f64,
    },
    /// A prefix written out.
    #[error("write `{letter}{unit}` for `{text}`: a prefix is its letter")]
    WordPrefix {
        /// As written.
        text: String,
        /// The letter meant.
        letter: &'static str,
        /// The unit after it.
        unit: String,
    },
    /// A power that is not an integer within reach.
    #[error("`{text}`: a power is an integer from -9 to 9, and not 0")]
    Power {
        /// The factor.
        text: String,
    },
    /// Characters that no unit has, or none where one is due.
    #[error("`{text}` is not a unit: write as in USD/GPU-h, TOPS/vehicle, Mbit/s; a plain number has the unit `1`")]
    Malformed {
        /// The text.
        text: String,
    },
}

fn near(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map(|s| format!(", did you mean `{s}`?")).unwrap_or_default()
}

fn known() -> String {
    SYMBOLS.iter().map(|s| s.0).collect::<Vec<_>>().join(", ")
}

/// A unit: how many base units it is, and of what.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    text: String,
    scale: f64,
    dimension: Dimension,
}

impl Unit {
    /// The unit of a plain number.
    pub fn one() -> Unit {
        Unit { text: "1".to_owned(), scale: 1.0, dimension: Dimension::NONE }
    }

    /// Parses a unit.
    ///
    /// # Errors
    /// What is wrong with the text, and the fix.
    pub fn parse(text: &str) -> Result<Unit, UnitError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(UnitError::Empty);
        }
        let malformed = || UnitError::Malformed { text: trimmed.chars().take(80).collect() };
        if trimmed.len() > 200 {
            return Err(malformed());
        }
        let mut unit = Unit::one();
        for (i, group) in trimmed.split('/').enumerate() {
            let sign = if i == 0 { 1 } else { -1 };
            let factors: Vec<&str> = group.split('-').map(str::trim).collect();
            word_prefix(&factors)?;
            for factor in factors {
                let (scale, dimension) = parse_factor(factor)?.ok_or_else(malformed)?;
                unit.scale *= if sign > 0 { scale } else { scale.recip() };
                let dimension = dimension.power(sign).and_then(|d| unit.dimension.times(d));
                unit.dimension = dimension.ok_or_else(malformed)?;
            }
        }
        // 1/3600 and its like: divide by what was meant, not by what rounding left.
        if unit.scale < 1.0 && (unit.scale.recip() - unit.scale.recip().round()).abs() < 1e-9 * unit.scale.recip() {
            unit.scale = unit.scale.recip().round().recip();
        }
        if !unit.scale.is_finite() || unit.scale <= 0.0 {
            return Err(malformed());
        }
        unit.text = trimmed.to_owned();
        Ok(unit)
    }

    /// The unit as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it measures.
    pub fn dimension(&self) -> Dimension {
        self.dimension
    }

    /// A number of this unit, in base units.
    pub fn to_base(&self, number: f64) -> f64 {
        number * self.scale
    }

    /// Base units, as a number of this unit.
    pub fn from_base(&self, value: f64) -> f64 {
        value / self.scale
    }

    /// The number and prefixed unit for a value in base units, with one prefix on `symbol`. Where `digits` are met by
    /// one prefix, that one: 1.008e21 op/s with digits 1008 is 1,008 EOPS and not 1.008 ZOPS.
    pub fn prefixed(value: f64, symbol: &str, digits: Option<f64>) -> (f64, String) {
        let same = |x: f64| digits.is_some_and(|d| (x / d - 1.0).abs() < 1e-9);
        let choices = || PREFIXES.iter().filter(|p| p.0 != "µ").map(|p| (p.0, p.2)).chain([("", 1.0)]);
        let natural = || choices().filter(|p| (value / p.1).abs() >= 1.0).max_by(|a, b| a.1.total_cmp(&b.1));
        let (letter, size) = choices().find(|p| same(value / p.1)).or_else(natural).unwrap_or(("", 1.0));
        (value / size, format!("{letter}{symbol}"))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn dimension_of(powers: &[(&str, i8)]) -> Option<Dimension> {
    powers.iter().try_fold(Dimension::NONE, |d, (base, power)| d.times(Dimension::base(base)?.power(*power)?))
}

/// `Peta-TOPS`, `Exa-OPS`: a prefix's name where a factor should stand.
fn word_prefix(factors: &[&str]) -> Result<(), UnitError> {
    for pair in factors.windows(2) {
        let Some((letter, name, size)) = PREFIXES.iter().find(|p| p.1.eq_ignore_ascii_case(pair[0])) else {
            continue;
        };
        let text = format!("{}-{}", pair[0], pair[1]);
        let inner = PREFIXES.iter().find_map(|p| {
            let rest = pair[1].strip_prefix(p.0)?;
            let exact = SYMBOLS.iter().any(|s| s.0 == pair[1]);
            let symbol = SYMBOLS.iter().find(|s| s.0 == rest && s.3 && !exact)?;
            Some((p.1, p.2 * symbol.1, rest))
        });
        return Err(match inner {
            Some((second, inner, base)) => {
                UnitError::TwoPrefixes { text, first: name, second, base: base.to_owned(), literal: size * inner }
            }
            None => UnitError::WordPrefix { text, letter, unit: pair[1].to_owned() },
        });
    }
    Ok(())
}

/// Scale and dimension of a factor; `None` where there is none.
fn parse_factor(text: &str) -> Result<Option<(f64, Dimension)>, UnitError> {
    if text == "1" {
        return Ok(Some((1.0, Dimension::NONE)));
    }
    let (symbol, exponent) = match text.split_once('^') {
        None => (text, 1),
        Some((symbol, power)) => {
            let power = power.parse::<i8>().ok().filter(|p| *p != 0 && p.abs() <= 9);
            (symbol, power.ok_or_else(|| UnitError::Power { text: text.to_owned() })?)
        }
    };
    if symbol.is_empty() || !symbol.chars().all(|c| c.is_ascii_alphanumeric() || c == 'µ') {
        return Ok(None);
    }
    let (scale, dimension) = parse_symbol(symbol)?;
    Ok(dimension.power(exponent).map(|d| (scale.powi(i32::from(exponent)), d)))
}

fn parse_symbol(text: &str) -> Result<(f64, Dimension), UnitError> {
    let unknown = |suggestion| UnitError::Unknown { symbol: text.to_owned(), suggestion };
    let split = |text: &str, all: bool| {
        let symbol = SYMBOLS.iter().find(|s| s.0 == text && (all || s.3))?;
        Some((symbol.1, dimension_of(symbol.2)?))
    };
    if let Some(found) = split(text, true) {
        return Ok(found);
    }
    for (letter, first, size) in PREFIXES {
        let Some(rest) = text.strip_prefix(letter) else { continue };
        if let Some((scale, dimension)) = split(rest, false) {
            return Ok((size * scale, dimension));
        }
        for (inner, second, inner_size) in PREFIXES {
            if let Some(base) = rest.strip_prefix(inner)
                && let Some((scale, _)) = split(base, false)
            {
                let (text, base) = (text.to_owned(), base.to_owned());
                return Err(UnitError::TwoPrefixes { text, first, second, base, literal: size * inner_size * scale });
            }
        }
    }
    let best = SYMBOLS.iter().map(|s| (strsim::jaro_winkler(&s.0.to_lowercase(), &text.to_lowercase()), s.0));
    let best = best.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|b| b.0 > 0.7);
    Err(unknown(best.map(|b| b.1.to_owned())))
}
