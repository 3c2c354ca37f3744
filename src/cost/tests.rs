//! Costs: published answers, errors that name what is missing.

use std::collections::BTreeMap;

use super::*;
use crate::catalog::{Catalog, Side};

fn catalog() -> Catalog {
    Catalog::load(&[]).unwrap_or_else(|e| panic!("{e}"))
}

fn query<'q>(scenario: &'q str, device: &'q str, tok_s: f64, set: &[(&'q str, f64)]) -> Query<'q> {
    Query {
        scenario,
        device,
        throughput: Some(Throughput::exactly(tok_s)),
        set: BTreeMap::from_iter(set.iter().copied()),
        ..Query::default()
    }
}

/// A derived quantity at the modes.
fn at_modes(query: &Query, name: &str) -> f64 {
    let priced = price(&catalog(), query, 1000, 1).unwrap_or_else(|e| panic!("{e}"));
    priced.derived(name).unwrap().value
}

#[test]
fn renting_reproduces_the_published_calculator() {
    let rented = |rent, tok_s| {
        let set = [("rent", rent), ("bill_overhead", 1.0), ("duty", 1.0)];
        at_modes(&query("renter-1y", "h100-sxm", tok_s, &set), "per_mtok")
    };
    assert!((rented(1.30, 1000.0) - 0.3611).abs() < 5e-5);
    assert!((rented(2.00, 1850.0) - 0.30).abs() < 5e-4);
    assert!((rented(2.00, 1072.0) - 0.518).abs() < 5e-4);
}

#[test]
fn owning_reproduces_published_totals() {
    // 1.86 USD per GPU-hour at hyperscale, from the pieces: purchase, hall, energy, operations.
    let hourly = at_modes(&query("hyperscale-owner", "gb200-nvl72", 1000.0, &[]), "per_hour");
    assert!((hourly / 1.86 - 1.0).abs() < 0.03, "{hourly}");
    // A gigawatt of it: 8.5 (7 to 12) GUSD a year.
    let gw_year = hourly * 8760.0 * 1e6 / 1.87 / 1e9;
    assert!((7.0..12.0).contains(&gw_year) && (gw_year / 8.5 - 1.0).abs() < 0.05, "{gw_year}");
    // Energy is a small share of owning.
    let share = at_modes(&query("hyperscale-owner", "gb200-nvl72", 1000.0, &[]), "energy_share");
    assert!((0.05..0.15).contains(&share), "{share}");
}

#[test]
fn the_annuity_gives_back_what_it_took() {
    // No interest: the price less what comes back, spread evenly.
    let set = [("capex", 8760.0), ("wacc", 0.0), ("it_life", 4.0), ("residual", 0.5)];
    let query = query("hyperscale-owner", "h100-sxm", 1.0, &set);
    assert!((at_modes(&query, "it_capital") - 8760.0 * 0.5 / 4.0 / 8760.0).abs() < 1e-12);
    // Full resale: only the interest is paid.
    let set = [("capex", 8760.0), ("wacc", 0.1), ("it_life", 4.0), ("residual", 1.0)];
    let query = super::tests::query("hyperscale-owner", "h100-sxm", 1.0, &set);
    assert!((at_modes(&query, "it_capital") - 0.1).abs() < 1e-12);
}

#[test]
fn break_even_utilisation_is_the_ratio_of_the_hours() {
    let catalog = catalog();
    let own = query("hyperscale-owner", "gb200-nvl72", 1000.0, &[]);
    let hourly = at_modes(&own, "per_hour");
    let rent_per_mtok = 4.0 / (1000.0 * 3600.0) * 1e6;
    let found = break_even(&catalog, &own, "duty", (0.01, 1.0), "per_mtok", rent_per_mtok).unwrap();
    assert!((found.value.unwrap() - hourly / 4.0).abs() < 1e-9, "{found:?}");
    assert!(found.cheaper_above);
    let never = break_even(&catalog, &own, "duty", (0.01, 1.0), "per_mtok", 1e-6).unwrap();
    assert_eq!((never.value, never.cheaper_above), (None, false));
    assert!(break_even(&catalog, &own, "nope", (0.0, 1.0), "per_mtok", 1.0).unwrap_err().to_string().contains("duty"));
}

#[test]
fn the_edge_pays_for_chargers_owners_and_networks() {
    let bare = [
        ("compensation", 0.0),
        ("connectivity", 0.0),
        ("failures", 0.0),
        ("cooling", 1.0),
        ("awake_power", 250.0),
        ("charger_efficiency", 0.88),
        ("electricity", 0.173),
    ];
    // As ZERO-MC-EDGE at the modes: 184.3 tok/s on 250 W.
    let energy_only = at_modes(&query("car-plugged-home", "tesla-ai4", 184.3, &bare), "per_mtok");
    assert!((energy_only - 0.0741).abs() < 1e-4, "{energy_only}");
    let full = at_modes(&query("car-plugged-home", "tesla-ai4", 184.3, &[]), "per_mtok");
    assert!(full > 1.3 * energy_only, "{full}");
    let worn = at_modes(&query("car-on-battery", "tesla-ai4", 184.3, &[]), "wear");
    assert!((worn - 0.25 * 99.0 / 1500.0).abs() < 1e-9, "{worn}");
}

#[test]
fn every_scenario_prices_a_device_or_says_what_is_missing() {
    let catalog = catalog();
    for (scenario, device) in [
        ("hyperscale-owner", "h200-sxm"),
        ("hyperscale-owner", "mi300x"),
        ("colo-owner-8gpu", "h100-sxm"),
        ("renter-on-demand", "h100-sxm"),
        ("renter-on-demand", "l40s"),
        ("renter-hyperscaler", "h100-sxm"),
        ("car-plugged-home", "jetson-agx-orin-64"),
        ("car-on-battery", "jetson-agx-orin-64"),
        ("home-node-xfra", "rtx-pro-6000-bse"),
        ("enterprise-jetson", "jetson-agx-orin-64"),
    ] {
        let priced = price(&catalog, &query(scenario, device, 100.0, &[]), 1000, 1);
        let priced = priced.unwrap_or_else(|e| panic!("{scenario}@{device}: {e}"));
        let answer = priced.answer().unwrap();
        assert!(
            answer.low > 0.0 && answer.low <= answer.median && answer.median <= answer.high,
            "{scenario}: {answer:?}"
        );
    }
    for (query, says) in [
        (query("hyperscale-owner", "tpu-v6e", 100.0, &[]), "tpu-v6e has no price (not sold)"),
        (query("renter-1y", "rpi5", 100.0, &[]), "rpi5 has no rent"),
        (Query { throughput: None, ..query("renter-1y", "h100-sxm", 1.0, &[]) }, "no throughput is given"),
        (query("nowhere", "h100-sxm", 1.0, &[]), "no scenario `nowhere`: known are api-buyer"),
        (query("renter-1y", "abacus", 1.0, &[]), "no device `abacus`"),
        (query("renter-1y", "h100-sxm", 1.0, &[("capex", 1.0)]), "no role `capex` in rent"),
        (query("renter-1y", "h100-sxm", 1.0, &[("rent", -1.0)]), "cannot be negative"),
        (query("renter-1y", "h100-sxm", 0.0, &[]), "a throughput is above 0"),
        (query("hyperscale-owner", "h100-sxm", 1.0, &[("duty", 0.0)]), "division by zero"),
        (
            Query { side: Some(Side::Owned), ..query("renter-1y", "h100-sxm", 1.0, &[]) },
            "scenario renter-1y is rented, and owned",
        ),
    ] {
        let error = price(&catalog, &query, 10, 1).expect_err(says).to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let catalog = catalog();
    let run = |seed| price(&catalog, &query("hyperscale-owner", "h200-sxm", 900.0, &[]), 2000, seed).unwrap();
    let bits = |p: &Priced| p.answer().map(|s| [s.low, s.median, s.high].map(f64::to_bits));
    assert_eq!(bits(&run(3)), bits(&run(3)));
    assert_ne!(bits(&run(3)), bits(&run(4)));
}

#[test]
fn a_hybrid_pays_for_its_wasted_attempts() {
    let catalog = catalog();
    let edge = query("car-plugged-home", "tesla-ai4", 184.3, &[]);
    let cloud = query("renter-1y", "h100-sxm", 300.0, &[]);
    let asked = |share, overhead| Hybrid {
        edge: edge.clone(),
        cloud: cloud.clone(),
        offload: (share, share, share),
        overhead: (overhead, overhead, overhead),
    };
    let [e, c, both] = hybrid(&catalog, &asked(0.2, 1.2), 2000, 1).unwrap();
    let (e, c) = (e.answer().unwrap().value, c.answer().unwrap().value);
    let h = both.answer().unwrap();
    assert!((h.value - (1.2 * e + 0.2 * c)).abs() < 1e-12);
    assert!(h.low < h.median && h.median < h.high);
    assert!((both.derived("wasted").unwrap().value - 0.2 * 1.2 * e).abs() < 1e-12);
    // All goes on: the edge only adds.
    let [_, _, all] = hybrid(&catalog, &asked(1.0, 1.0), 10, 1).unwrap();
    assert!((all.answer().unwrap().value - (e + c)).abs() < 1e-12);
    let error = hybrid(&catalog, &asked(1.5, 1.0), 10, 1).unwrap_err().to_string();
    assert!(error.contains("a share is from 0 to 1"), "{error}");
}

#[test]
fn a_list_price_is_what_the_list_says() {
    let asked = Query { model: Some("llama-3.1-8b"), ..query("api-buyer", "h100-sxm", 1.0, &[]) };
    assert!((at_modes(&asked, "per_mtok") - 0.08).abs() < 1e-12);
    let none = Query { model: Some("grok-1"), ..asked };
    assert!(price(&catalog(), &none, 10, 1).unwrap_err().to_string().contains("role `api`"));
}
