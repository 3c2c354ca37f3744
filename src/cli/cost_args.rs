//! What the arguments of `cost` mean: sides, throughputs, values set in the place of roles and inputs.
//! Prices nothing.

use std::collections::BTreeMap;

use super::Usage;
use crate::{
    catalog::{Catalog, CostModel, CostRole, ScenarioInput, parse_value},
    cost::{Range, Throughput},
    formula::Unit,
};

/// A side as asked for: `SCENARIO[@DEVICE]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    pub(super) scenario: String,
    pub(super) device: String,
}

impl Spec {
    pub(super) fn of(name: &'static str, text: &str, device: Option<&str>) -> Spec {
        let (scenario, device) = text.split_once('@').unwrap_or((text, device.unwrap_or_default()));
        Spec { name, scenario: scenario.trim().to_owned(), device: device.trim().to_owned() }
    }
}

/// A number, or low,mode,high.
pub(super) fn range(what: &str, text: &str) -> anyhow::Result<Range> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|t| t.trim().parse::<f64>()).collect();
    match numbers.as_deref() {
        Ok([x]) => Ok((*x, *x, *x)),
        Ok([low, mode, high]) => Ok((*low, *mode, *high)),
        _ => Err(Usage(format!("{what} {text}: write a number, or low,mode,high")).into()),
    }
}

/// Throughputs as given, for every side or for one.
#[derive(Debug, Clone, Default)]
pub(super) struct Speeds {
    all: Option<Throughput>,
    sides: BTreeMap<String, Throughput>,
}

impl Speeds {
    /// A side's own, else every side's.
    pub(super) fn of(&self, side: &str) -> Option<Throughput> {
        self.sides.get(side).or(self.all.as_ref()).cloned()
    }
}

pub(super) fn speeds(texts: &[String], sides: &[&str]) -> anyhow::Result<Speeds> {
    let mut speeds = Speeds::default();
    for text in texts {
        let (side, numbers) = text.split_once('=').map_or((None, text.as_str()), |(s, n)| (Some(s.trim()), n));
        let (low, mode, high) = range("--throughput", numbers)?;
        let given = Throughput::given(low, mode, high);
        match side {
            None => speeds.all = Some(given),
            Some(side) if sides.contains(&side) => drop(speeds.sides.insert(side.to_owned(), given)),
            Some(side) => {
                let what = format!("--throughput {text}: no side `{side}` is asked for; there is {}", sides.join(", "));
                return Err(Usage(what).into());
            }
        }
    }
    Ok(speeds)
}

/// Values in the place of roles, by side.
#[derive(Debug, Clone)]
pub(super) struct Values<'c> {
    catalog: &'c Catalog,
    sides: Vec<Open<'c>>,
}

/// A side in which something may be set.
#[derive(Debug, Clone)]
struct Open<'c> {
    name: &'c str,
    /// None of a hybrid.
    spec: Option<&'c Spec>,
    model: &'c CostModel,
    set: BTreeMap<String, f64>,
}

impl<'c> Values<'c> {
    /// None set. A hybrid is one more side.
    pub(super) fn of(catalog: &'c Catalog, specs: &'c [Spec], hybrid: bool) -> anyhow::Result<Values<'c>> {
        let mut sides = Vec::new();
        for spec in specs {
            let Some(scenario) = catalog.scenarios.get(&spec.scenario) else {
                let known = catalog.scenarios.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                return Err(
                    Usage(format!("--{}: no scenario `{}`: known are {known}", spec.name, spec.scenario)).into()
                );
            };
            // The catalogue refuses scenarios whose formulas it lacks.
            let model = catalog.costs.get(&scenario.cost);
            sides.extend(model.map(|model| Open { name: spec.name, spec: Some(spec), model, set: BTreeMap::new() }));
        }
        let model = catalog.costs.get("hybrid").filter(|_| hybrid);
        sides.extend(model.map(|model| Open { name: "hybrid", spec: None, model, set: BTreeMap::new() }));
        Ok(Values { catalog, sides })
    }

    /// Sets `NAME=VALUE`, where NAME is a role of every side that has it, `SIDE.role`, or an input of the catalogue that
    /// fills a role here. Returns the roles set.
    pub(super) fn set(&mut self, text: &str) -> anyhow::Result<Vec<String>> {
        let wrong = |what: String| anyhow::Error::from(Usage(what));
        let shape = || wrong(format!("--set {text}: write NAME=VALUE, as in electricity=0.05 or own.duty=0.7"));
        let (name, value) = text.split_once('=').ok_or_else(shape)?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || value.is_empty() {
            return Err(shape());
        }
        let places = self.places(name);
        if places.is_empty() {
            return Err(wrong(format!("--set {text}: no role or input `{name}` in what is priced{}", self.near(name))));
        }
        let mut done = Vec::new();
        for (side, role, unit) in places {
            let base = parse_value(value, &unit).map_err(|what| wrong(format!("--set {text}: {what}")))?;
            self.sides[side].set.insert(role.name.clone(), role.unit.from_base(base));
            done.push(format!("{}.{}", self.sides[side].name, role.name));
        }
        Ok(done)
    }

    /// The values of a side.
    pub(super) fn of_side(&self, at: usize) -> BTreeMap<&str, f64> {
        self.sides[at].set.iter().map(|(role, x)| (role.as_str(), *x)).collect()
    }

    /// A value of the hybrid.
    pub(super) fn of_hybrid(&self, role: &str) -> Option<f64> {
        self.sides.iter().find(|s| s.spec.is_none())?.set.get(role).copied()
    }

    /// The roles that a name means: side, role, the unit of a bare number.
    fn places(&self, name: &str) -> Vec<(usize, &'c CostRole, Unit)> {
        let (wanted, name) = match name.split_once('.') {
            Some((side, role)) => (Some(side), role),
            None => (None, name),
        };
        let input = self.catalog.inputs.get(name).filter(|_| wanted.is_none());
        let mut found = Vec::new();
        for (at, side) in self.sides.iter().enumerate() {
            if wanted.is_some_and(|w| w != side.name) {
                continue;
            }
            let roles = &side.model.roles;
            // What the sides come to is no one's to set.
            let fed = |r: &CostRole| r.fallback.as_deref().is_some_and(|f| f.starts_with("cost."));
            if let Some(role) = roles.iter().find(|r| r.name == name && !fed(r)) {
                found.push((at, role, role.unit.clone()));
            } else if let Some(input) = input.filter(|i| self.fills(side, i)) {
                let role = roles.iter().find(|r| Some(&r.name) == input.role.as_ref());
                found.extend(role.map(|r| (at, r, input.number.unit.clone())));
            }
        }
        found
    }

    /// True if an input fills a role of a side, on its device.
    fn fills(&self, side: &Open, input: &ScenarioInput) -> bool {
        let Some(spec) = side.spec else { return false };
        let listed = self.catalog.scenarios.get(&spec.scenario).is_some_and(|s| s.uses.contains(&input.id));
        listed && input.device.as_ref().is_none_or(|d| *d == spec.device)
    }

    fn near(&self, name: &str) -> String {
        let mut roles: Vec<&str> =
            self.sides.iter().flat_map(|s| s.model.roles.iter().map(|r| r.name.as_str())).collect();
        let specs = self.sides.iter().filter_map(|s| self.catalog.scenarios.get(&s.spec?.scenario));
        let inputs = specs.flat_map(|s| s.uses.iter().map(String::as_str));
        let known = roles.iter().copied().chain(inputs);
        let bare = name.rsplit('.').next().unwrap_or(name);
        let best = known.map(|k| (strsim::jaro_winkler(k, bare), k)).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, near)) = best.filter(|b| b.0 > 0.8) {
            return format!(", did you mean `{near}`?");
        }
        roles.sort_unstable();
        roles.dedup();
        format!(": roles are {}", roles.join(", "))
    }
}
