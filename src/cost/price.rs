//! Filling the roles of cost formulas and drawing them.
//! Knows no file: numbers come from the catalogue and the query.

use super::query::{CostError, Query, Throughput};
use crate::{
    catalog::{Catalog, CostModel, CostRole, Device, Number, Problem, Scenario, UNSOURCED},
    formula::{
        Boundary, CHUNK, CellId, Cone, Content, Distribution, Fault, Given, Interval, Stream, Summary, System, Unit,
    },
};

/// A role and what filled it.
#[derive(Debug, Clone)]
pub struct Filled {
    /// The role.
    pub role: String,
    /// What filled it: an input's id, `h100-sxm.price`, `set`, `absent`, `throughput`.
    pub by: String,
    /// The value in words, with its unit.
    pub text: String,
    /// Key of its source; empty for what has none to name.
    pub source: String,
    /// What to know of it.
    pub note: Option<String>,
    pub(super) given: Given,
    pub(super) boundary: Boundary,
}

impl Filled {
    /// True if nobody is known to have said it.
    pub fn unsourced(&self) -> bool {
        self.source == UNSOURCED
    }
}

/// A cost.
#[derive(Debug, Clone)]
pub struct Priced {
    /// The formulas.
    pub formulas: String,
    /// What went in.
    pub filled: Vec<Filled>,
    /// What came out: name, formula, values, unit.
    pub derived: Vec<(String, String, Summary, Unit)>,
    /// Which of them is the answer.
    pub output: String,
}

impl Priced {
    /// A derived quantity.
    pub fn derived(&self, name: &str) -> Option<&Summary> {
        self.derived.iter().find(|d| d.0 == name).map(|d| &d.2)
    }

    /// The answer.
    pub fn answer(&self) -> Option<&Summary> {
        self.derived(&self.output)
    }
}

/// Prices a query over so many draws. Inputs of one key take the draws of that key, here as in claims.
///
/// # Errors
/// An unknown name, a role that nobody fills, a boundary missed.
pub fn price(catalog: &Catalog, query: &Query, draws: usize, seed: u64) -> Result<Priced, CostError> {
    Ok(Setup::of(catalog, query)?.draw(draws, seed, &[]).0)
}

/// Values of a quantity at the modes and over the draws, in base units.
pub(super) struct Drawn {
    pub(super) value: f64,
    pub(super) draws: Vec<f64>,
}

/// Formulas with every role filled, checked.
pub(super) struct Setup<'c> {
    pub(super) model: &'c CostModel,
    pub(super) filled: Vec<Filled>,
    pub(super) system: System,
    pub(super) scope: std::sync::Arc<crate::formula::Scope>,
    pub(super) cells: Vec<CellId>,
}

impl<'c> Setup<'c> {
    pub(super) fn of(catalog: &'c Catalog, query: &Query) -> Result<Setup<'c>, CostError> {
        let scenario = scenario(catalog, query)?;
        let device = catalog.devices.get(query.device).ok_or_else(|| CostError::Unknown {
            kind: "device",
            id: query.device.to_owned(),
            known: keys(&catalog.devices),
        })?;
        let model = catalog.costs.get(&scenario.cost).ok_or_else(|| CostError::Unknown {
            kind: "cost formulas",
            id: scenario.cost.clone(),
            known: keys(&catalog.costs),
        })?;
        if let Some(role) = query.set.keys().find(|r| !model.roles.iter().any(|m| m.name == **r)) {
            let known = model.roles.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(", ");
            let formulas = model.id.clone();
            return Err(CostError::NoRole { role: (*role).to_owned(), formulas, known });
        }
        let fill = |role: &CostRole| fill(catalog, query, scenario, device, role);
        let filled = model.roles.iter().map(fill).collect::<Result<Vec<_>, _>>()?;
        Setup::filled(model, filled, &scenario.id)
    }

    /// Checks formulas whose roles are filled; `whose` names them in errors.
    pub(super) fn filled(model: &'c CostModel, filled: Vec<Filled>, whose: &str) -> Result<Setup<'c>, CostError> {
        let content = |role: &CostRole| {
            let found = filled.iter().find(|f| f.role == role.name);
            let given = found.map_or_else(|| fixed("", f64::NAN), |f| f.given.clone());
            (found.map_or(Boundary::NONE, |f| f.boundary), Content::Given(given))
        };
        let (mut system, scope, cells) = model.system(content);
        let mut faults = system.check();
        if faults.is_empty() {
            faults = system.ranges(|g| Interval { low: g.low, high: g.high }).1;
        }
        if faults.is_empty() {
            return Ok(Setup { model, filled, system, scope, cells });
        }
        let problems = faults.into_iter().map(|fault| {
            let (cell, what) = match fault {
                Fault::Formula(cell, error) => (cell, error.to_string()),
                Fault::Cycle(cell, ring) => (cell, ring.join(" -> ")),
            };
            let name = format!("{}.{} with {whose}", model.id, system.cell(cell).name);
            Problem { file: model.file.clone(), line: 0, name, what }
        });
        Err(CostError::Formulas(problems.collect()))
    }

    /// Draws every role, but those whose draws are `given`; with the draws of the answer.
    pub(super) fn draw(self, draws: usize, seed: u64, given: &[(&str, &Drawn)]) -> (Priced, Drawn) {
        let mut cone = self.cone();
        let fixed: Vec<(CellId, &Drawn)> = given.iter().map(|(role, d)| (self.scope[*role], *d)).collect();
        let free = cone.given().filter(|(id, _)| fixed.iter().all(|(f, _)| f != id));
        let free: Vec<(CellId, Given)> = free.map(|(id, g)| (id, g.clone())).collect();
        cone.set_modes();
        fixed.iter().for_each(|(id, d)| cone.column(*id)[0] = d.value);
        cone.compute(1);
        let values: Vec<f64> = self.cells.iter().map(|c| cone.column(*c)[0]).collect();
        let mut kept = vec![Vec::with_capacity(draws); self.cells.len()];
        let mut streams: Vec<Stream> = free.iter().map(|(_, g)| Stream::new(seed, &g.key)).collect();
        let mut done = 0;
        while done < draws {
            let n = CHUNK.min(draws - done);
            for (stream, (id, given)) in streams.iter_mut().zip(&free) {
                stream.fill(&given.distribution, &mut cone.column(*id)[..n]);
            }
            fixed.iter().for_each(|(id, d)| cone.column(*id)[..n].copy_from_slice(&d.draws[done..done + n]));
            cone.compute(n);
            for (cell, kept) in self.cells.iter().zip(&mut kept) {
                kept.extend_from_slice(&cone.column(*cell)[..n]);
            }
            done += n;
        }
        let at = self.model.derived.iter().position(|d| d.0 == self.model.output).unwrap_or(0);
        let answer = Drawn { value: values[at], draws: kept[at].clone() };
        let derived = self.model.derived.iter().zip(values).zip(kept).map(|(((name, formula, unit), value), kept)| {
            (name.clone(), formula.text().to_owned(), Summary::of(value, kept, unit), unit.clone())
        });
        let (formulas, output) = (self.model.id.clone(), self.model.output.clone());
        (Priced { formulas, derived: derived.collect(), output, filled: self.filled }, answer)
    }

    /// The derived quantities, compiled.
    pub(super) fn cone(&self) -> Cone {
        Cone::of(&self.system, &self.cells, &[], &self.scope).expect("the system passed its check")
    }
}

fn keys<T>(map: &std::collections::BTreeMap<String, T>) -> String {
    map.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn scenario<'c>(catalog: &'c Catalog, query: &Query) -> Result<&'c Scenario, CostError> {
    let found = catalog.scenarios.get(query.scenario).ok_or_else(|| CostError::Unknown {
        kind: "scenario",
        id: query.scenario.to_owned(),
        known: keys(&catalog.scenarios),
    })?;
    match query.side {
        Some(side) if side != found.side => {
            let right = catalog.scenarios.values().filter(|s| s.side == side).map(|s| s.id.as_str());
            Err(CostError::WrongSide {
                scenario: found.id.clone(),
                got: found.side.name(),
                wanted: side.name(),
                known: right.collect::<Vec<_>>().join(", "),
            })
        }
        _ => Ok(found),
    }
}

/// Fills a role: what the user set, else the scenario's input for this device and model, else the fallback, else the
/// value for nobody saying anything.
fn fill(
    catalog: &Catalog,
    query: &Query,
    scenario: &Scenario,
    device: &Device,
    role: &CostRole,
) -> Result<Filled, CostError> {
    let plain = |by: &str, x: f64| Filled {
        role: role.name.clone(),
        by: by.to_owned(),
        text: format!("{x} {}", role.unit),
        source: String::new(),
        note: None,
        given: fixed(&role.name, role.unit.to_base(x)),
        boundary: role.boundary,
    };
    if let Some(&x) = query.set.get(role.name.as_str()) {
        let bad = |what| CostError::Value { role: role.name.clone(), value: x, unit: role.unit.to_string(), what };
        return match x {
            x if !x.is_finite() => Err(bad("write a finite number")),
            x if x < 0.0 => Err(bad("it cannot be negative")),
            x => Ok(plain("set", x)),
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
            if let Some(Throughput { low, mode, high }) = query.throughput {
                return throughput(role, low, mode, high);
            }
        }
        Some(path) => {
            if let Some(quantity) = path.strip_prefix("device.") {
                if let Some(found) = device.quantity.get(quantity) {
                    return number(role, &format!("{}.{quantity}", device.id), found, None);
                }
                if let Some(board) = device.quantity.get("power").filter(|_| quantity == "it_power") {
                    let it = Boundary::of("it", board.unit.dimension()).unwrap_or_default();
                    let found = Number { boundary: it, ..board.clone() };
                    let note = "the board's power taken for IT power: host and fans are not counted";
                    return number(role, &format!("{}.power", device.id), &found, Some(note));
                }
            }
        }
        None => {}
    }
    match role.absent {
        Some(x) => Ok(plain("absent", x)),
        None => Err(CostError::Unfilled {
            role: role.name.clone(),
            meaning: role.meaning.clone(),
            scenario: scenario.id.clone(),
            device: missing(role, device),
            unit: role.unit.to_string(),
        }),
    }
}

/// Why the device does not fill a role, in words.
fn missing(role: &CostRole, device: &Device) -> String {
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

fn number(role: &CostRole, by: &str, number: &Number, note: Option<&str>) -> Result<Filled, CostError> {
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
        by: by.to_owned(),
        text: number.text(),
        source: number.source.clone(),
        note: note.map(str::to_owned).or_else(|| number.note.clone()),
        given: number.given(by),
        boundary: number.boundary,
    })
}

fn throughput(role: &CostRole, low: f64, mode: f64, high: f64) -> Result<Filled, CostError> {
    let base = |x| role.unit.to_base(x);
    let numbers = (base(low), base(mode), base(high));
    let bad = |what| CostError::Value { role: role.name.clone(), value: low, unit: role.unit.to_string(), what };
    if low <= 0.0 {
        return Err(bad("a throughput is above 0"));
    }
    let distribution = Distribution::of(numbers, None, &[]).map_err(|_| bad("write low <= mode <= high"))?;
    Ok(Filled {
        role: role.name.clone(),
        by: "throughput".to_owned(),
        text: format!("{mode} {}", role.unit),
        source: String::new(),
        note: None,
        given: Given { low: numbers.0, mode: numbers.1, high: numbers.2, distribution, key: "throughput".to_owned() },
        boundary: role.boundary,
    })
}

fn fixed(key: &str, x: f64) -> Given {
    Given { low: x, mode: x, high: x, distribution: Distribution::Fixed(x), key: key.to_owned() }
}
