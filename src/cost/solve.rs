//! The value of a role at which a cost meets another: utilisation against rent, tariff against a list price.
//! The other roles stand at their modes.

use super::{
    query::{CostError, Query},
    setup::Setup,
};
use crate::{catalog::Catalog, formula::Unit};

/// Where a cost meets its target.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakEven {
    /// The role.
    pub role: String,
    /// Its value, in `unit`; none if the cost stays on one side over the whole range.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: Unit,
    /// True if the cost is below the target above the value, or everywhere.
    pub cheaper_above: bool,
}

/// Steps over the range before bisection.
const STEPS: usize = 200;

/// Finds where `output`, in its own unit, comes to `target` as `role` runs from `low` to `high`, in the role's unit.
///
/// # Errors
/// As [`super::price`]; or no such role or output.
pub fn break_even(
    catalog: &Catalog,
    query: &Query,
    role: &str,
    range: (f64, f64),
    output: &str,
    target: f64,
) -> Result<BreakEven, CostError> {
    let mut setup = Setup::of(catalog, query)?;
    let unknown =
        |kind, id: &str, known: Vec<&str>| CostError::Unknown { kind, id: id.to_owned(), known: known.join(", ") };
    let model = setup.model;
    let roles = || model.roles.iter().map(|r| r.name.as_str()).collect();
    let found = model.roles.iter().find(|r| r.name == role).ok_or_else(|| unknown("role", role, roles()))?;
    let outputs = || model.derived.iter().map(|d| d.name.as_str()).collect();
    let at = setup.step(output).ok_or_else(|| unknown("derived quantity", output, outputs()))?;
    let (unit, cell) = (&model.derived[at].unit, setup.cells[at]);
    let input = setup.role(role);
    let above = |x: f64| {
        setup.cone.set_modes();
        if let Some(input) = input {
            setup.cone.column(input)[0] = found.unit.to_base(x);
        }
        setup.cone.compute(1);
        unit.from_base(setup.cone.column(cell)[0]) - target
    };
    let (value, cheaper_above) = crossing(range, range.0, above);
    Ok(BreakEven { role: role.to_owned(), value, unit: found.unit.clone(), cheaper_above })
}

/// Where `above` turns its sign, nearest to `now`, and whether it is at or below zero just above that; where it does not
/// turn, whether it is so at the end.
pub(super) fn crossing((low, high): (f64, f64), now: f64, mut above: impl FnMut(f64) -> f64) -> (Option<f64>, bool) {
    let grid: Vec<f64> = (0..=STEPS).map(|i| low + (high - low) * i as f64 / STEPS as f64).collect();
    let values: Vec<f64> = grid.iter().map(|x| above(*x)).collect();
    let turns = (1..grid.len()).filter(|&i| {
        let (a, b) = (values[i - 1], values[i]);
        !a.is_nan() && !b.is_nan() && (a > 0.0) != (b > 0.0)
    });
    let distance = |i: usize| (grid[i] - now).abs().min((grid[i - 1] - now).abs());
    let Some(turn) = turns.min_by(|a, b| distance(*a).total_cmp(&distance(*b))) else {
        return (None, values[STEPS] <= 0.0);
    };
    let (mut a, mut b, sign) = (grid[turn - 1], grid[turn], values[turn - 1] > 0.0);
    for _ in 0..100 {
        let middle = a + (b - a) / 2.0;
        if middle <= a || middle >= b {
            break;
        }
        if (above(middle) > 0.0) == sign { a = middle } else { b = middle }
    }
    (Some(b), sign)
}
