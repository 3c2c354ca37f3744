//! What a sceptic would recompute: every figure here follows from arithmetic written out beside it, by another way than
//! the formulas of the catalogue take.

use std::collections::BTreeMap;

use super::*;
use crate::catalog::Catalog;

fn catalog() -> Catalog {
    Catalog::load(&[]).unwrap_or_else(|e| panic!("{e}"))
}

fn query<'q>(scenario: &'q str, device: &'q str, tok_s: f64, set: &[(&'q str, f64)]) -> Query<'q> {
    let set = BTreeMap::from_iter(set.iter().copied());
    Query { scenario, device, throughput: Some(Throughput::exactly(tok_s)), set, ..Query::default() }
}

fn priced(query: &Query, draws: usize) -> Priced {
    price(&catalog(), query, draws, 1).unwrap_or_else(|e| panic!("{e}"))
}

/// A derived quantity at the modes.
fn at_modes(query: &Query, name: &str) -> f64 {
    priced(query, 100).derived(name).unwrap_or_else(|| panic!("{name}")).value
}

fn near(a: f64, b: f64, relative: f64) {
    assert!((a / b - 1.0).abs() <= relative, "{a} instead of {b}");
}

#[test]
fn the_payments_of_an_annuity_are_worth_the_price_less_the_resale() {
    for (rate, years, residual) in [(0.07f64, 5.0, 0.3), (0.12, 3.0, 0.0), (0.16, 7.0, 0.45)] {
        let set = [("capex", 32_500.0), ("wacc", rate), ("it_life", years), ("residual", residual)];
        let yearly = at_modes(&query("hyperscale-owner", "h100-sxm", 1.0, &set), "it_capital") * 8760.0;
        let discounted: f64 = (1..=years as i32).map(|t| yearly / (1.0 + rate).powi(t)).sum();
        near(discounted + residual * 32_500.0 / (1.0 + rate).powi(years as i32), 32_500.0, 1e-12);
    }
}

#[test]
fn pue_multiplies_the_energy_and_nothing_else() {
    let at = |pue| {
        let found = priced(&query("hyperscale-owner", "h100-sxm", 1000.0, &[("pue", pue)]), 100);
        (found.derived("energy").unwrap().value, found.derived("per_hour").unwrap().value)
    };
    let ((one, hour), (half_more, dearer)) = (at(1.0), at(1.5));
    near(half_more, 1.5 * one, 1e-12);
    near(dearer - hour, 0.5 * one, 1e-9);
    // 1.37 kW x 0.08 USD/kWh.
    near(one, 0.1096, 1e-12);
}

#[test]
fn electricity_of_a_token_is_watts_over_its_rate() {
    // 1,370 W behind a PUE of 1.15 at 2,500 tok/s: 0.6302 J/token; at 0.08 USD/kWh 0.0140 USD/Mtok.
    let set = [("duty", 1.0)];
    let found = priced(&query("hyperscale-owner", "h100-sxm", 2500.0, &set), 100);
    let energy = found.terms.iter().find(|t| t.what == "energy").unwrap().summary.value;
    near(energy, 1370.0 * 1.15 / 2500.0 / 3.6e6 * 0.08 * 1e6, 1e-12);
    // Idle hours are paid for by the busy ones.
    let half = priced(&query("hyperscale-owner", "h100-sxm", 2500.0, &[("duty", 0.5)]), 100);
    near(half.answer().unwrap().value, 2.0 * found.answer().unwrap().value, 1e-12);
}

#[test]
fn a_kilowatt_hour_through_a_battery_wears_price_over_cycles() {
    // 99 USD/kWh over 1,500 full cycles: 6.6 cents for each kWh that goes through.
    let found = priced(&query("car-on-battery", "tesla-ai4", 100.0, &[]), 100);
    let (power, wear) = (found.derived("car_power").unwrap().value, found.derived("wear").unwrap().value);
    near(wear / (power / 1000.0), 0.066, 1e-12);
    near(power, 250.0, 1e-12);
    // Behind a charger of 88 %: 0.173 USD/kWh.
    near(found.derived("energy").unwrap().value, 0.250 / 0.88 * 0.173, 1e-12);
    // At the plug the computer's 100 W are cooled by 10 % more: 260 W.
    near(at_modes(&query("car-plugged-home", "tesla-ai4", 100.0, &[]), "car_power"), 260.0, 1e-12);
}

#[test]
fn a_year_falls_on_the_hours_of_serving() {
    let found = priced(&query("car-plugged-home", "tesla-ai4", 100.0, &[]), 100);
    // 0.73 of the hours at home, half of those plugged in: 8.76 h a day, less than the 12 asked for.
    near(found.derived("serving").unwrap().value, 8.76, 1e-12);
    near(found.derived("owner_share").unwrap().value, 120.0 / (8.76 * 365.0), 1e-12);
    near(found.derived("network").unwrap().value, 9.99 * 12.0 / (8.76 * 365.0), 1e-12);
    near(found.derived("replacing").unwrap().value, 0.02 * 1500.0 / (8.76 * 365.0), 1e-12);
    let hour = found.derived("per_hour").unwrap().value;
    near(found.answer().unwrap().value, hour / (100.0 * 3600.0) * 1e6, 1e-12);
}

#[test]
fn one_drawn_input_has_the_quantiles_of_its_triangle() {
    // 1.70, 2.35, 2.95 USD/h: below the mode the share is (x - low)^2 / ((high - low) (mode - low)).
    let set = [("bill_overhead", 1.0), ("duty", 1.0)];
    let found = *priced(&query("renter-1y", "h100-sxm", 1000.0, &set), 100_000).answer().unwrap();
    let mtok = |hour: f64| hour / 3.6;
    near(found.median, mtok(1.70 + (0.5 * 1.25 * 0.65f64).sqrt()), 3e-3);
    near(found.low, mtok(1.70 + (0.05 * 1.25 * 0.65f64).sqrt()), 3e-3);
    near(found.high, mtok(2.95 - (0.05 * 1.25 * 0.60f64).sqrt()), 3e-3);
}

#[test]
fn spot_takes_its_discount_off_the_hire_and_extras_follow_the_hire() {
    let set = [("rent", 2.0), ("spot_discount", 0.6), ("bill_overhead", 1.3), ("duty", 1.0)];
    near(at_modes(&query("renter-on-demand", "h100-sxm", 1.0, &set), "per_hour"), 2.0 * 0.4 * 1.3, 1e-12);
}

#[test]
fn break_evens_are_where_hand_computed_costs_meet() {
    let catalog = catalog();
    let party = |name, query| Party { name, query };
    // Tariff: 250 W whole, charger 0.88, nothing else to pay: the cloud's price is met where W / eff x tariff is.
    let edge = [
        ("awake_power", 250.0),
        ("cooling", 1.0),
        ("charger_efficiency", 0.88),
        ("compensation", 0.0),
        ("connectivity", 0.0),
        ("failures", 0.0),
    ];
    let cloud = [("rent", 2.0), ("bill_overhead", 1.0), ("duty", 1.0)];
    let parties = vec![
        party("edge", query("car-plugged-home", "tesla-ai4", 100.0, &edge)),
        party("cloud", query("renter-1y", "h100-sxm", 2000.0, &cloud)),
    ];
    let share = Some(Share { offload: (0.2, 0.2, 0.2), overhead: Some((1.25, 1.25, 1.25)) });
    let found = compare(&catalog, &Asked { parties, share, draws: 200, seed: 1 }).unwrap();
    let turn = |pair: usize, role: &str| {
        let turn = found.pairs[pair].turns.iter().find(|t| t.role == role).unwrap_or_else(|| panic!("{role}"));
        turn.value.unwrap_or_else(|| panic!("{role}: {turn:?}"))
    };
    // Cloud: 2 / 2000 / 3600 x 1e6 = 0.2778 USD/Mtok; edge: 0.25 / 0.88 x t / 100 / 3600 x 1e6.
    let cloud_mtok = 2.0 / 7.2;
    near(turn(0, "edge.electricity"), cloud_mtok * 0.88 / 0.25 * 100.0 * 3600.0 / 1e6, 1e-9);
    // Hybrid: 1.25 e + f c < c up to f = 1 - 1.25 e / c; sides are edge, cloud, hybrid.
    let e = found.sides[0].priced.answer().unwrap().value;
    near(e, 0.25 / 0.88 * 0.173 / 100.0 / 3600.0 * 1e6, 1e-9);
    let hybrid = found.sides[2].priced.answer().unwrap().value;
    near(hybrid, 1.25 * e + 0.2 * cloud_mtok, 1e-9);
    let pair = found.pairs.iter().position(|p| p.first == 2).unwrap();
    let expected = 1.0 - 1.25 * e / cloud_mtok;
    let offload = found.pairs[pair].turns.iter().find(|t| t.role == "hybrid.offload").unwrap();
    match offload.value {
        Some(f) => near(f, expected, 1e-9),
        None => assert!(!(0.0..1.0).contains(&expected), "{expected}"),
    }
}

#[test]
fn any_role_can_be_set_alone_and_keeps_its_boundary() {
    let catalog = catalog();
    for (scenario, device) in [
        ("hyperscale-owner", "h100-sxm"),
        ("colo-owner-8gpu", "h100-sxm"),
        ("renter-1y", "h100-sxm"),
        ("car-plugged-home", "jetson-agx-orin-64"),
        ("car-on-battery", "jetson-agx-orin-64"),
        ("home-node-xfra", "rtx-pro-6000-bse"),
        ("enterprise-jetson", "jetson-agx-orin-64"),
    ] {
        let asked = query(scenario, device, 100.0, &[]);
        let before = price(&catalog, &asked, 100, 1).unwrap();
        for filled in &before.filled {
            let set = BTreeMap::from([(filled.role.as_str(), filled.numbers().1)]);
            let after = price(&catalog, &Query { set, ..asked.clone() }, 100, 1);
            let after = after.unwrap_or_else(|e| panic!("{scenario}: {}: {e}", filled.role));
            near(after.answer().unwrap().value, before.answer().unwrap().value, 1e-9);
        }
    }
}
