//! Where a verdict turns: the value of one input, the others at their modes.
//! Looks only within the input's range.

use super::trial::{Trial, varies};
use crate::{
    catalog::Verdict,
    formula::{CellId, Unit},
};

/// Values tried across a range before bisection: two turns closer together than this are one.
const STEPS: usize = 128;

/// The value of an input at which the verdict turns.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakEven {
    /// The input, as `CLAIM.name`.
    pub input: String,
    /// The value, in `unit`.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// The verdict below it.
    pub below: Verdict,
    /// The verdict above it.
    pub above: Verdict,
}

impl BreakEven {
    /// The name without the claim.
    pub fn name(&self) -> &str {
        self.input.rsplit('.').next().unwrap_or(&self.input)
    }
}

/// The turn of the verdict that is nearest to the mode of an input.
pub(super) fn break_even(trial: &mut Trial, cell: CellId, name: &str, unit: &Unit) -> Option<BreakEven> {
    let at = trial.given().iter().position(|(id, _)| *id == cell)?;
    let given = trial.given()[at].1.clone();
    if !varies(&given) {
        return None;
    }
    let modes = trial.modes();
    let verdict_at = |trial: &mut Trial, xs: &[f64]| {
        let points: Vec<Vec<f64>> = xs
            .iter()
            .map(|x| {
                let mut point = modes.clone();
                point[at] = *x;
                point
            })
            .collect();
        trial.at(&points)
    };
    // Evenly in the logarithm where the range is wide.
    let wide = given.low > 0.0 && given.high / given.low > 4.0;
    let mut grid: Vec<f64> = (0..=STEPS)
        .map(|i| {
            let t = i as f64 / STEPS as f64;
            if wide { given.low * (given.high / given.low).powf(t) } else { given.low + (given.high - given.low) * t }
        })
        .map(|x| x.clamp(given.low, given.high))
        .chain([given.mode])
        .collect();
    grid.sort_by(f64::total_cmp);
    let verdicts = verdict_at(trial, &grid);
    let turns = (1..grid.len()).filter(|&i| verdicts[i] != verdicts[i - 1]);
    let distance = |i: usize| (grid[i] - given.mode).abs().min((grid[i - 1] - given.mode).abs());
    let turn = turns.min_by(|a, b| distance(*a).total_cmp(&distance(*b)))?;
    let (mut low, mut high) = (grid[turn - 1], grid[turn]);
    let below = verdicts[turn - 1];
    for _ in 0..80 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if verdict_at(trial, &[middle])[0] == below { low = middle } else { high = middle }
    }
    let above = verdict_at(trial, &[high])[0];
    Some(BreakEven { input: name.to_owned(), value: unit.from_base(high), unit: unit.clone(), below, above })
}
