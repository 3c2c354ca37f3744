//! Which inputs move a cost, or the ratio of two: each held low, then high, the others drawn on the same random numbers.
//! Decides nothing.

use super::trial::{Slot, Trial};
use crate::formula::Unit;

/// More inputs than this have too many corners to try.
const MOST_INPUTS: usize = 16;
/// What moves an answer by less has not moved it: rounding does as much.
const STILL: f64 = 1e-9;

/// What one input does to a median.
#[derive(Debug, Clone, PartialEq)]
pub struct Swing {
    /// The roles that the input fills, as `own.electricity`.
    pub input: String,
    /// The low and the high, in `unit`.
    pub ends: (f64, f64),
    /// The unit of the input.
    pub unit: Unit,
    /// The median with the input held low.
    pub at_low: f64,
    /// The same, held high.
    pub at_high: f64,
    pub(super) slot: usize,
}

impl Swing {
    /// How far it moves the median.
    pub fn width(&self) -> f64 {
        (self.at_high - self.at_low).abs()
    }
}

/// Swings of every side's answer and of every pair's ratio.
pub(super) struct Swings {
    pub(super) sides: Vec<Vec<Swing>>,
    pub(super) pairs: Vec<Vec<Swing>>,
}

pub(super) fn swings(trial: &mut Trial, names: &[&str], units: &[Unit], pairs: &[(usize, usize)]) -> Swings {
    let mut all = Swings { sides: vec![vec![]; names.len()], pairs: vec![vec![]; pairs.len()] };
    for at in (0..trial.slots.len()).filter(|at| trial.slots[*at].varies()).collect::<Vec<_>>() {
        let (low, high) = (trial.slots[at].given.low, trial.slots[at].given.high);
        let medians = |trial: &mut Trial, x: f64| {
            let answers = trial.answers(usize::MAX, &[(at, x)]);
            let sides: Vec<f64> = answers.iter().zip(units).map(|(a, u)| u.from_base(median(a.clone()))).collect();
            let ratio =
                |(a, b): &(usize, usize)| median(answers[*a].iter().zip(&answers[*b]).map(|(x, y)| x / y).collect());
            (sides, pairs.iter().map(ratio).collect::<Vec<_>>())
        };
        let (low_sides, low_pairs) = medians(trial, low);
        let (high_sides, high_pairs) = medians(trial, high);
        let (input, unit) = (label(trial, names, at), unit(trial, at));
        let ends = (unit.from_base(low), unit.from_base(high));
        let swing = |at_low: f64, at_high: f64| {
            let moved = (at_high - at_low).abs() > STILL * at_low.abs().max(at_high.abs());
            moved.then(|| Swing { input: input.clone(), ends, unit: unit.clone(), at_low, at_high, slot: at })
        };
        let ends = low_sides.iter().zip(&high_sides);
        all.sides.iter_mut().zip(ends).for_each(|(s, (l, h))| s.extend(swing(*l, *h)));
        let ends = low_pairs.iter().zip(&high_pairs);
        all.pairs.iter_mut().zip(ends).for_each(|(s, (l, h))| s.extend(swing(*l, *h)));
    }
    for swings in all.sides.iter_mut().chain(&mut all.pairs) {
        swings.sort_by(|a, b| b.width().total_cmp(&a.width()));
    }
    all
}

/// Share of the corners of the moving inputs at which the same side is cheaper as at the modes; `None` if there are too
/// many corners or none.
pub(super) fn corners(trial: &mut Trial, pair: (usize, usize), moving: &[Swing]) -> Option<f64> {
    if moving.is_empty() || moving.len() > MOST_INPUTS {
        return None;
    }
    let modes = trial.modes();
    let mut first = Vec::new();
    let mut judge = |trial: &mut Trial, points: &[Vec<f64>]| {
        first.clear();
        trial.at(points, |sides, n| {
            let a = sides[pair.0].answers(n).to_vec();
            first.extend(a.iter().zip(sides[pair.1].answers(n)).map(|(a, b)| a < b));
        });
        first.clone()
    };
    let expected = judge(trial, std::slice::from_ref(&modes))[0];
    let all = 1usize << moving.len();
    let (mut agreeing, mut points) = (0, Vec::new());
    for corner in 0..all {
        let mut point = modes.clone();
        for (bit, swing) in moving.iter().enumerate() {
            let Slot { given, .. } = &trial.slots[swing.slot];
            point[swing.slot] = if corner >> bit & 1 == 1 { given.high } else { given.low };
        }
        points.push(point);
        if points.len() == 4096 || corner + 1 == all {
            agreeing += judge(trial, &points).iter().filter(|f| **f == expected).count();
            points.clear();
        }
    }
    Some(agreeing as f64 / all as f64)
}

/// The roles in which a slot stands, as `own.electricity = edge.electricity`.
pub(super) fn label(trial: &Trial, names: &[&str], slot: usize) -> String {
    let places = &trial.slots[slot].places;
    let role = |&(side, cell): &(usize, _)| {
        let setup = &trial.sides[side];
        let found = setup.filled.iter().find(|f| setup.role(&f.role) == Some(cell));
        format!("{}.{}", names[side], found.map_or("?", |f| f.role.as_str()))
    };
    places.iter().map(role).collect::<Vec<_>>().join(" = ")
}

/// The unit of the role in which a slot stands.
pub(super) fn unit(trial: &Trial, slot: usize) -> Unit {
    let found = trial.slots[slot].places.first().and_then(|&(side, cell)| {
        let setup = &trial.sides[side];
        setup.filled.iter().find(|f| setup.role(&f.role) == Some(cell))
    });
    found.map_or_else(Unit::one, |f| f.unit.clone())
}

/// The middle one; of an even number the lower middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.retain(|x| !x.is_nan());
    if values.is_empty() {
        return f64::NAN;
    }
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}
