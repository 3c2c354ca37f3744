//! An axis: its range, its scale, its ticks and their labels.
//! Knows numbers and lengths, no colours.

use crate::report::number::plain;

/// What is drawn along a side.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it is, with its unit.
    pub title: String,
    /// From where to where; what lies outside is not drawn.
    pub range: (f64, f64),
    /// True for a logarithmic scale; the range is then above zero.
    pub log: bool,
}

impl Axis {
    /// A linear axis.
    pub fn linear(title: impl Into<String>, low: f64, high: f64) -> Axis {
        Axis { title: title.into(), range: (low, high), log: false }
    }

    /// Around values: logarithmic if they span more than a factor of ten and are above zero, else from zero if they are
    /// not far from it. What is not finite does not count.
    pub fn around(title: impl Into<String>, values: impl Iterator<Item = f64>) -> Axis {
        let (low, high) = values
            .filter(|x| x.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let title = title.into();
        if low > high {
            return Axis { title, range: (0.0, 1.0), log: false };
        }
        if low > 0.0 && high / low > 10.0 {
            return Axis { title, range: (low / 1.15, high * 1.15), log: true };
        }
        let span = if high > low { high - low } else { high.abs().max(1.0) };
        let near = low >= 0.0 && low < span;
        let from = if near { 0.0 } else { low - 0.05 * span };
        Axis { title, range: (from, high + 0.05 * span), log: false }
    }

    /// Logarithmic, from the least to the greatest of values above zero, and so many times further at both ends.
    pub fn spanning(title: impl Into<String>, values: impl Iterator<Item = f64>, times: f64) -> Axis {
        let (low, high) = values
            .filter(|x| x.is_finite() && *x > 0.0)
            .fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
        let range = if low > high { (0.1, 10.0) } else { (low / times, high * times) };
        Axis { title: title.into(), range, log: true }
    }

    /// Where a value lies, from 0 at the low end to 1 at the high one.
    pub(super) fn place(&self, x: f64) -> f64 {
        let (low, high) = self.range;
        if self.log { (x / low).ln() / (high / low).ln() } else { (x - low) / (high - low) }
    }

    /// The value within the range that is nearest.
    pub(super) fn clamp(&self, x: f64) -> f64 {
        x.clamp(self.range.0, self.range.1)
    }

    /// About `wanted` ticks with their labels.
    pub(super) fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        let (low, high) = self.range;
        if self.log {
            let ticks = decades(low, high);
            if ticks.len() >= 3 {
                return ticks;
            }
        }
        let raw = (high - low) / wanted.max(1) as f64;
        let exponent = raw.log10().floor() as i32;
        let Some(step) = [1.0, 2.0, 5.0, 10.0].into_iter().find(|s| s * 10f64.powi(exponent) >= raw) else {
            return vec![];
        };
        // In whole steps, so that a label is what was meant and not what adding up left of it.
        let (step, exponent) = if step == 10.0 { (1, exponent + 1) } else { (step as i64, exponent) };
        let size = step as f64 * 10f64.powi(exponent);
        let (first, last) = ((low / size - 1e-9).ceil() as i64, (high / size + 1e-9).floor() as i64);
        (first..=last).map(|i| exact(i * step, exponent)).collect()
    }
}

/// Ticks at 1, 10, 100; at 1, 2, 5, 10 where those would be few.
fn decades(low: f64, high: f64) -> Vec<(f64, String)> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let at = |digits: &[i64]| -> Vec<(f64, String)> {
        let all = (first..=last).flat_map(|e| digits.iter().map(move |d| exact(*d, e)));
        all.filter(|(x, _)| (low..=high).contains(x)).collect()
    };
    let wide = at(&[1]);
    if (high / low).log10() >= 2.5 && wide.len() >= 3 { wide } else { at(&[1, 2, 5]) }
}

/// `digits` times a power of ten, as the nearest number and its text.
fn exact(digits: i64, exponent: i32) -> (f64, String) {
    let x = format!("{digits}e{exponent}").parse().unwrap_or(f64::NAN);
    (x, plain(x))
}
