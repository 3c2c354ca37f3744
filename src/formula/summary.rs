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
        let mut at = |q: f64| unit.from_base(quantile(&mut draws, q));
        Summary { value: unit.from_base(value), median: at(0.5), low: at(0.05), high: at(0.95) }
    }
}

/// The value below which a share `q` of the draws lies, between the two that are nearest. Orders the draws no further
/// than that needs.
fn quantile(draws: &mut [f64], q: f64) -> f64 {
    if draws.is_empty() {
        return f64::NAN;
    }
    let at = q * (draws.len() - 1) as f64;
    let (_, below, above) = draws.select_nth_unstable_by(at.floor() as usize, f64::total_cmp);
    let next = above.iter().copied().min_by(f64::total_cmp).filter(|_| at.fract() > 0.0);
    let below = *below;
    next.map_or(below, |next| below + (next - below) * at.fract())
}
