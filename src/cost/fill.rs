//! Filling the roles of cost formulas: what the user set, else the scenario's input, else the device, else the default.
//! Computes no cost and knows no file: numbers come from the catalogue and the query.

use super::{
    query::{CostError, Query, entry},
    throughput::{Basis, Throughput},
};
use crate::{
    catalog::{Catalog, CostRole, Device, Number, Scenario, Side},
    formula::{Boundary, Distribution, Given, Unit},
};

/// A role and what filled it.
#[derive(Debug, Clone)]
pub struct Filled {
    /// The role.
    pub role: String,
    /// What it is, in words.
    pub meaning: String,
    /// What filled it: an input's id, `h100-sxm.price`, `set`, `default`, `throughput`.
    pub by: String,
    /// The value in words, with its unit.
    pub text: String,
    /// What it rests on.
    pub basis: Basis,
    /// Key of its source; empty for what has none to name.
    pub source: String,
    /// high, medium or low; empty where nobody says.
    pub confidence: String,
    /// What to know of it.
    pub note: Option<String>,
    /// The role's unit, in which `low`, `mode` and `high` are.
    pub unit: Unit,
    pub(super) given: Given,
    pub(super) boundary: Boundary,
}

impl Filled {
    /// True if nobody is known to have said it.
    pub fn unsourced(&self) -> bool {
        self.basis == Basis::Unsourced
    }

    /// Low, mode and high in the role's unit.
    pub fn numbers(&self) -> (f64, f64, f64) {
        let shown = |x| self.unit.from_base(x);
        (shown(self.given.low), shown(self.given.mode), shown(self.given.high))
    }

    /// How it is drawn.
    pub fn distribution(&self) -> &'static str {
        self.given.distribution.name()
    }

    /// A number that is what it is, drawn from no one's stream.
    pub(super) fn plain(role: &CostRole, basis: Basis, x: f64) -> Filled {
        let by = if basis == Basis::Set { "set" } else { "default" };
        Filled {
            role: role.name.clone(),
            meaning: role.meaning.clone(),
            by: by.to_owned(),
            text: with_unit(&x.to_string(), &role.unit),
            basis,
            source: String::new(),
            confidence: String::new(),
            note: None,
            unit: role.unit.clone(),
            given: fixed("", role.unit.to_base(x)),
            boundary: role.boundary,
        }
    }
}

/// A scenario, a device, and a model where one is named, looked up and of the side asked for.
pub(super) fn parties<'c>(
    catalog: &'c Catalog,
    query: &Query,
) -> Result<(&'c Scenario, Option<&'c Device>), CostError> {
    let scenario = entry("scenario", query.scenario, &catalog.scenarios)?;
    let named = Some(query.device).filter(|d| !d.is_empty());
    let device = named.map(|d| entry("device", d, &catalog.devices)).transpose()?;
    query.model.map_or(Ok(()), |m| entry("model", m, &catalog.models).map(drop))?;
    match query.side {
        Some(side) if side != scenario.side => Err(wrong_side(catalog, scenario, side)),
        _ => Ok((scenario, device)),
    }
}

fn wrong_side(catalog: &Catalog, scenario: &Scenario, wanted: Side) -> CostError {
    let right = catalog.scenarios.values().filter(|s| s.side == wanted).map(|s| s.id.as_str());
    CostError::WrongSide {
        scenario: scenario.id.clone(),
        got: scenario.side.name(),
        wanted: wanted.name(),
        known: right.collect::<Vec<_>>().join(", "),
    }
}

/// Fills a role.
pub(super) fn fill(
    catalog: &Catalog,
    query: &Query,
    scenario: &Scenario,
    device: Option<&Device>,
    role: &CostRole,
) -> Result<Filled, CostError> {
    if let Some(&x) = query.set.get(role.name.as_str()) {
        let bad = |what| CostError::Value { role: role.name.clone(), value: x, unit: role.unit.to_string(), what };
        return match x {
            x if !x.is_finite() => Err(bad("write a finite number")),
            x if x < 0.0 => Err(bad("it cannot be negative")),
            x => Ok(Filled::plain(role, Basis::Set, x)),
        };
    }
    let fits = |wanted: &Option<String>, asked: Option<&str>| wanted.as_deref().is_none_or(|w| Some(w) == asked);
    let input = scenario.uses.iter().filter_map(|id| catalog.inputs.get(id)).find(|i| {
        i.role.as_deref() == Some(&role.name) && fits(&i.device, Some(query.device)) && fits(&i.model, query.model)
    });
    if let Some(input) = input {
        return number(role, &input.id, &input.number, None);
    }
    match role.fallback.as_deref() {
        Some("throughput") => {
            if let Some(given) = &query.throughput {
                return throughput(role, query.device, given);
            }
        }
        Some(path) => {
            if let Some(found) = path.strip_prefix("device.").and_then(|q| of_device(role, device?, q)) {
                return found;
            }
        }
        None => {}
    }
    match role.absent {
        Some(x) => Ok(Filled::plain(role, Basis::Default, x)),
        None => Err(CostError::Unfilled {
            place: format!("{}:{}", scenario.file, scenario.line),
            role: role.name.clone(),
            meaning: role.meaning.as_str().into(),
            scenario: scenario.id.as_str().into(),
            device: missing(role, device).into(),
            unit: role.unit.to_string().into(),
        }),
    }
}

/// A quantity of the device; of one without a known IT power, the board's.
fn of_device(role: &CostRole, device: &Device, quantity: &str) -> Option<Result<Filled, CostError>> {
    if let Some(found) = device.quantity.get(quantity) {
        let bare = "the device's own price, no share of server and network added";
        let said = found.note.as_ref().map(|n| format!("; {n}")).unwrap_or_default();
        let note = (quantity == "price").then(|| format!("{bare}{said}"));
        return Some(number(role, &format!("{}.{quantity}", device.id), found, note));
    }
    let board = device.quantity.get("power").filter(|_| quantity == "it_power")?;
    let it = Boundary::of("it", board.unit.dimension()).unwrap_or_default();
    let found = Number { boundary: it, ..board.clone() };
    let note = "the board's power taken for IT power: host and fans are not counted".to_owned();
    Some(number(role, &format!("{}.power", device.id), &found, Some(note)))
}

/// Why the device does not fill a role, in words.
fn missing(role: &CostRole, device: Option<&Device>) -> String {
    let Some(device) = device else { return ", and no device is named".to_owned() };
    match role.fallback.as_deref() {
        Some("throughput") => ", and no throughput is given".to_owned(),
        Some(path) => {
            let quantity = path.trim_start_matches("device.");
            let why = device.absent.get(quantity).map(|w| format!(" ({w})")).unwrap_or_default();
            format!(", and {} has no {quantity}{why}", device.id)
        }
        None => String::new(),
    }
}

fn number(role: &CostRole, by: &str, number: &Number, note: Option<String>) -> Result<Filled, CostError> {
    if number.unit.dimension() != role.unit.dimension() {
        return Err(CostError::Unit {
            filler: by.to_owned(),
            got: number.unit.to_string(),
            role: role.name.clone(),
            wanted: role.unit.to_string(),
        });
    }
    Ok(Filled {
        role: role.name.clone(),
        meaning: role.meaning.clone(),
        by: by.to_owned(),
        text: {
            let text = number.text();
            text.strip_suffix(" 1").map(str::to_owned).unwrap_or(text)
        },
        basis: Basis::of(&number.source),
        source: number.source.clone(),
        confidence: number.confidence.clone(),
        note: note.or_else(|| number.note.clone()),
        unit: role.unit.clone(),
        given: number.given(by),
        boundary: number.boundary,
    })
}

/// One stream a device: two sides of the same device are as fast as each other in every draw.
fn throughput(role: &CostRole, device: &str, given: &Throughput) -> Result<Filled, CostError> {
    let key = format!("throughput.{device}");
    let numbers = (given.low, given.mode, given.high);
    let (given_numbers, text) = spread(role, &key, numbers, |low| (low <= 0.0).then_some("a throughput is above 0"))?;
    Ok(Filled {
        by: "throughput".to_owned(),
        text,
        basis: given.basis,
        source: given.source.clone(),
        confidence: given.confidence.clone(),
        note: Some(given.note.clone()).filter(|n| !n.is_empty()),
        given: given_numbers,
        ..Filled::plain(role, given.basis, given.mode)
    })
}

/// Low, mode and high of a role, as a user gives them, with their text.
pub(super) fn spread(
    role: &CostRole,
    key: &str,
    (low, mode, high): (f64, f64, f64),
    refuse: impl Fn(f64) -> Option<&'static str>,
) -> Result<(Given, String), CostError> {
    let bad = |value, what| CostError::Value { role: role.name.clone(), value, unit: role.unit.to_string(), what };
    if let Some((value, what)) = [low, mode, high].into_iter().find_map(|x| Some((x, refuse(x)?))) {
        return Err(bad(value, what));
    }
    let base = |x| role.unit.to_base(x);
    let numbers = (base(low), base(mode), base(high));
    let distribution =
        Distribution::of(numbers, None, &[]).map_err(|_| bad(mode, "write finite numbers with low <= mode <= high"))?;
    let text = if low == high { mode.to_string() } else { format!("{mode} ({low} to {high})") };
    let given = Given { low: numbers.0, mode: numbers.1, high: numbers.2, distribution, key: key.to_owned() };
    Ok((given, with_unit(&text, &role.unit)))
}

/// A plain number has no unit to show.
fn with_unit(text: &str, unit: &Unit) -> String {
    if unit.text() == "1" { text.to_owned() } else { format!("{text} {unit}") }
}

pub(super) fn fixed(key: &str, x: f64) -> Given {
    Given { low: x, mode: x, high: x, distribution: Distribution::Fixed(x), key: key.to_owned() }
}
