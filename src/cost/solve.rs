//! The value of one role at which a cost meets a target: utilisation against rent, tariff against a list price.
//! The other roles stand at their modes.

use super::{
    price::Setup,
    query::{CostError, Query},
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
    (low, high): (f64, f64),
    output: &str,
    target: f64,
) -> Result<BreakEven, CostError> {
    let setup = Setup::of(catalog, query)?;
    let unknown =
        |kind, id: &str, known: Vec<&str>| CostError::Unknown { kind, id: id.to_owned(), known: known.join(", ") };
    let roles = || setup.model.roles.iter().map(|r| r.name.as_str()).collect();
    let found = setup.model.roles.iter().find(|r| r.name == role).ok_or_else(|| unknown("role", role, roles()))?;
    let outputs = || setup.model.derived.iter().map(|d| d.0.as_str()).collect();
    let at = setup.model.derived.iter().position(|d| d.0 == output);
    let at = at.ok_or_else(|| unknown("derived quantity", output, outputs()))?;
    let (unit, cell) = (&setup.model.derived[at].2, setup.cells[at]);
    let mut cone = setup.cone();
    let input = setup.scope.get(role).copied().filter(|c| cone.holds(*c));
    let mut above = |x: f64| {
        cone.set_modes();
        if let Some(input) = input {
            cone.column(input)[0] = found.unit.to_base(x);
        }
        cone.compute(1);
        unit.from_base(cone.column(cell)[0]) - target
    };
    let grid: Vec<f64> = (0..=STEPS).map(|i| low + (high - low) * i as f64 / STEPS as f64).collect();
    let values: Vec<f64> = grid.iter().map(|x| above(*x)).collect();
    let turn = (1..grid.len()).find(|&i| values[i - 1].is_finite() && (values[i] > 0.0) != (values[i - 1] > 0.0));
    let cheaper_above = values[STEPS] <= 0.0;
    let (role, unit) = (role.to_owned(), found.unit.clone());
    let Some(turn) = turn else { return Ok(BreakEven { role, value: None, unit, cheaper_above }) };
    let (mut a, mut b, sign) = (grid[turn - 1], grid[turn], values[turn - 1] > 0.0);
    for _ in 0..100 {
        let middle = a + (b - a) / 2.0;
        if middle <= a || middle >= b {
            break;
        }
        if (above(middle) > 0.0) == sign { a = middle } else { b = middle }
    }
    Ok(BreakEven { role, value: Some(b), unit, cheaper_above })
}
