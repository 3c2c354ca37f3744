//! Where the cheaper of two sides turns: the value of one role, the others at their modes; and both costs along it.
//! Looks only where the catalogue says that a role may lie.

use super::{
    compare::Comparison,
    setup::Setup,
    solve::crossing,
    tornado::{label, unit},
    trial::Trial,
};
use crate::formula::{Summary, Unit};

/// Where the cheaper of two sides turns.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// The role, as `own.duty`; both where one value stands in both.
    pub role: String,
    /// Its name alone, as in the formulas.
    pub name: String,
    /// What it is, in words.
    pub meaning: String,
    /// Its mode, in `unit`.
    pub now: f64,
    /// The break-even, in `unit`; none in `range`.
    pub value: Option<f64>,
    /// Where it was looked for, in `unit`.
    pub range: (f64, f64),
    /// The unit.
    pub unit: Unit,
    /// True if the first side is the cheaper above the break-even; without one, if it is so throughout.
    pub first_above: bool,
    slots: Vec<usize>,
}

/// A cost along a role.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Values of the role, in its unit.
    pub at: Vec<f64>,
    /// The cost of the first side there.
    pub first: Vec<Summary>,
    /// The cost of the second.
    pub second: Vec<Summary>,
    /// Draws behind each.
    pub draws: usize,
}

/// The least share of a roof at which a break-even is looked for.
const LEAST_REACHED: f64 = 0.01;
/// Draws behind a point of a curve: a picture shows no more.
const CURVE_DRAWS: usize = 20_000;

/// The turns of a pair, for every role with a range.
pub(super) fn turns(trial: &mut Trial, names: &[&str], pair: (usize, usize)) -> Vec<Turn> {
    let mut found: Vec<Turn> = Vec::new();
    let mut duties = Vec::new();
    for top in [pair.0, pair.1] {
        for side in trial.rests_on(top) {
            let model = trial.sides[side].model;
            for role in &model.roles {
                let range = role.range.or_else(|| below_the_roof(&trial.sides[side], &role.name));
                let (Some(range), Some(slot)) = (range, trial.slot(side, &role.name)) else { continue };
                if model.duty.as_ref() == Some(&role.name) {
                    duties.push((side, slot, role));
                }
                if found.iter().any(|t| t.slots == [slot]) {
                    continue;
                }
                let words = (label(trial, names, slot), role.name.clone(), role.meaning.clone());
                found.extend(turn(trial, pair, vec![slot], words, range));
            }
        }
    }
    // A term idles as what one owns does: both used alike.
    if let [(a, first, role), (b, second, other)] = duties[..]
        && first != second
        && let (Some(range), Some(_)) = (role.range, other.range)
    {
        let name = format!("{}.{} = {}.{}", names[a], role.name, names[b], other.name);
        let words = (name, role.name.clone(), "both used alike, as where the hire is for a term".to_owned());
        found.extend(turn(trial, pair, vec![first, second], words, range));
    }
    found
}

/// How far a throughput may fall short of what bounds it.
fn below_the_roof(side: &Setup, role: &str) -> Option<(f64, f64)> {
    let found = side.filled.iter().find(|f| f.role == role && f.basis.bounds())?;
    let most = found.numbers().1;
    Some((LEAST_REACHED * most, most))
}

fn turn(
    trial: &mut Trial,
    pair: (usize, usize),
    slots: Vec<usize>,
    (role, name, meaning): (String, String, String),
    range: (f64, f64),
) -> Option<Turn> {
    let unit = unit(trial, *slots.first()?);
    let modes = trial.modes();
    let now = unit.from_base(modes[slots[0]]);
    let (value, first_above) = crossing(range, now, |x| {
        let mut point = modes.clone();
        slots.iter().for_each(|s| point[*s] = unit.to_base(x));
        let mut difference = 0.0;
        trial.at(&[point], |sides, n| {
            let first = sides[pair.0].answers(n)[0];
            let second = sides[pair.1].answers(n)[0];
            // Both may be the same to the last rounding: that is no turn.
            difference = if (first - second).abs() <= 1e-12 * second.abs() { 0.0 } else { first - second };
        });
        difference
    });
    Some(Turn { role, name, meaning, now, value, range, unit, first_above, slots })
}

impl Comparison<'_> {
    /// Both costs of a pair along a role, the other inputs drawn.
    pub fn curve(&mut self, pair: usize, turn: &Turn, at: &[f64]) -> Curve {
        let (first, second) = (self.pairs[pair].first, self.pairs[pair].second);
        let units = [first, second].map(|s| self.sides[s].priced.unit());
        let mut curve = Curve { at: at.to_vec(), first: vec![], second: vec![], draws: self.draws.min(CURVE_DRAWS) };
        let bases: Vec<f64> = at.iter().map(|x| turn.unit.to_base(*x)).collect();
        let mut answers = vec![(vec![], vec![]); at.len()];
        self.trial.along(CURVE_DRAWS, &turn.slots, &bases, |at, sides, n| {
            let kept: &mut (Vec<f64>, Vec<f64>) = &mut answers[at];
            kept.0.extend_from_slice(sides[first].answers(n));
            kept.1.extend_from_slice(sides[second].answers(n));
        });
        for (base, answers) in bases.into_iter().zip(answers) {
            let mut modes = self.trial.modes();
            turn.slots.iter().for_each(|s| modes[*s] = base);
            let mut values = (0.0, 0.0);
            self.trial.at(&[modes], |sides, n| {
                values = (sides[first].answers(n)[0], sides[second].answers(n)[0]);
            });
            curve.first.push(Summary::of(values.0, answers.0, &units[0]));
            curve.second.push(Summary::of(values.1, answers.1, &units[1]));
        }
        curve
    }
}
