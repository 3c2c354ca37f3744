//! Edge first, the cloud behind it: a share of the requests goes on, and the wasted attempt is paid for.
//! Both sides are drawn together, so that what they share is one number in both.

use super::{
    price::{Filled, Priced, Setup},
    query::{CostError, Query},
};
use crate::{
    catalog::Catalog,
    formula::{Boundary, Distribution, Given},
};

/// What is to be priced.
#[derive(Debug, Clone)]
pub struct Hybrid<'q> {
    /// The small model at the edge.
    pub edge: Query<'q>,
    /// The large model behind it.
    pub cloud: Query<'q>,
    /// Share of the requests that go on: low, mode, high.
    pub offload: (f64, f64, f64),
    /// Edge tokens spent / asked for: low, mode, high.
    pub overhead: (f64, f64, f64),
}

/// Prices both sides and their combination: edge, cloud, hybrid.
///
/// # Errors
/// As [`super::price`], for either side; or a share that is none.
pub fn hybrid(catalog: &Catalog, asked: &Hybrid, draws: usize, seed: u64) -> Result<[Priced; 3], CostError> {
    let (edge, edge_draws) = Setup::of(catalog, &asked.edge)?.draw(draws, seed, &[]);
    let (cloud, cloud_draws) = Setup::of(catalog, &asked.cloud)?.draw(draws, seed, &[]);
    let model = catalog.costs.get("hybrid").ok_or_else(|| CostError::Unknown {
        kind: "cost formulas",
        id: "hybrid".to_owned(),
        known: catalog.costs.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
    })?;
    let mut filled = Vec::new();
    for role in &model.roles {
        let (by, numbers) = match role.name.as_str() {
            "edge" => ("edge", (edge_draws.value, edge_draws.value, edge_draws.value)),
            "cloud" => ("cloud", (cloud_draws.value, cloud_draws.value, cloud_draws.value)),
            "offload" => ("set", asked.offload),
            _ => ("set", asked.overhead),
        };
        filled.push(drawn(&role.name, by, numbers, role.unit.text())?);
    }
    let whose = format!("{} and {}", asked.edge.scenario, asked.cloud.scenario);
    let setup = Setup::filled(model, filled, &whose)?;
    let (both, _) = setup.draw(draws, seed, &[("edge", &edge_draws), ("cloud", &cloud_draws)]);
    Ok([edge, cloud, both])
}

fn drawn(role: &str, by: &str, (low, mode, high): (f64, f64, f64), unit: &str) -> Result<Filled, CostError> {
    let bad = |what| CostError::Value { role: role.to_owned(), value: mode, unit: unit.to_owned(), what };
    let distribution = Distribution::of((low, mode, high), None, &[]).map_err(|_| bad("write low <= mode <= high"))?;
    if low < 0.0 {
        return Err(bad("it cannot be negative"));
    }
    if role == "offload" && high > 1.0 {
        return Err(bad("a share is from 0 to 1"));
    }
    Ok(Filled {
        role: role.to_owned(),
        by: by.to_owned(),
        text: mode.to_string(),
        source: String::new(),
        note: None,
        given: Given { low, mode, high, distribution, key: format!("hybrid.{role}") },
        boundary: Boundary::NONE,
    })
}
