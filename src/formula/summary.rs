//! Many draws of a quantity in four numbers.
//! Draws nothing.

use super::Unit;

/// A quantity at the modes and over the draws, in the unit in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// With every input at its mode.
    pub value: f64,
    /// Median of the draws.
    pub median: f64,
    /// 5 % of the draws are below.
    pub low: f64,
    /// 5 % of the draws are above.
    pub high: f64,
}

impl Summary {
    /// Of a value and draws in base units. Draws that are no number do not count.
    pub fn of(value: f64, mut draws: Vec<f64>, unit: &Unit) -> Summary {
        draws.retain(|x| !x.is_nan());
        draws.sort_unstable_by(f64::total_cmp);
        let quantile = |q: f64| {
            let at = q * draws.len().saturating_sub(1) as f64;
            match (draws.get(at.floor() as usize), draws.get(at.ceil() as usize)) {
                (Some(a), Some(b)) => unit.from_base(a + (b - a) * at.fract()),
                _ => f64::NAN,
            }
        };
        Summary { value: unit.from_base(value), median: quantile(0.5), low: quantile(0.05), high: quantile(0.95) }
    }
}
