//! Sparklines: a row of values as a line the size of a word.
//! Has no axis and no words; whoever sets it in a text says what it shows.

use std::fmt::Write as _;

const SIZE: (f64, f64) = (120.0, 22.0);
/// Most points: more than there are pixels show nothing more.
const POINTS: usize = 120;

/// The values as a line from left to right, the least at the bottom. It takes the colour of the text about it.
pub fn spark(values: &[f64]) -> String {
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let shown: Vec<f64> = finite.iter().copied().step_by(finite.len().div_ceil(POINTS).max(1)).collect();
    let (low, high) = shown.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let mut points = String::new();
    for (i, value) in shown.iter().enumerate() {
        let x = 1.0 + (SIZE.0 - 2.0) * i as f64 / (shown.len().max(2) - 1) as f64;
        let t = if high > low { (value - low) / (high - low) } else { 0.5 };
        let _ = write!(points, "{x:.1},{:.1} ", 2.0 + (SIZE.1 - 4.0) * (1.0 - t));
    }
    format!(
        "<svg class=\"spark\" aria-hidden=\"true\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\"><polyline \
         fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.25\" points=\"{2}\"/></svg>",
        SIZE.0,
        SIZE.1,
        points.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_values_make_a_line() {
        assert!(spark(&[1.0, 2.0]).contains("points=\"1.0,20.0 119.0,2.0\""), "{}", spark(&[1.0, 2.0]));
        assert!(spark(&[3.0]).contains("points=\"1.0,11.0\""));
        for values in [&[][..], &[f64::NAN, 1.0], &[0.0; 1000]] {
            let svg = spark(values);
            assert!(!svg.contains("NaN") && svg.matches(',').count() <= POINTS, "{svg}");
        }
    }
}
