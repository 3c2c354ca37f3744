//! All inputs at their ends at once. A footnote: corners are not equally likely.
//! Draws nothing.

use super::trial::{Trial, varies};
use crate::catalog::Verdict;

/// More inputs than this have too many corners to try.
const MOST_INPUTS: usize = 16;

/// Share of the corners whose verdict is `verdict`; `None` if there are too many corners or none.
pub(super) fn agreement(trial: &mut Trial, verdict: Verdict) -> Option<f64> {
    let free: Vec<usize> = (0..trial.given().len()).filter(|i| varies(&trial.given()[*i].1)).collect();
    if free.is_empty() || free.len() > MOST_INPUTS {
        return None;
    }
    let modes = trial.modes();
    let all = 1usize << free.len();
    let mut agreeing = 0;
    let mut points = Vec::new();
    for corner in 0..all {
        let mut point = modes.clone();
        for (bit, &at) in free.iter().enumerate() {
            let given = &trial.given()[at].1;
            point[at] = if corner >> bit & 1 == 1 { given.high } else { given.low };
        }
        points.push(point);
        if points.len() == 4096 || corner + 1 == all {
            agreeing += trial.at(&points).iter().filter(|v| **v == verdict).count();
            points.clear();
        }
    }
    Some(agreeing as f64 / all as f64)
}
