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
        share: Share { offload: (share, share, share), overhead: Some((overhead, overhead, overhead)) },
    };
    let priced = |share, overhead| hybrid(&catalog, &asked(share, overhead), 2000, 1);
    let all = priced(0.2, 1.2).unwrap();
    let (e, c) = (all[0].answer().unwrap().value, all[1].answer().unwrap().value);
    let (both, h) = (&all[2], all[2].answer().unwrap());
    assert!((h.value - (1.2 * e + 0.2 * c)).abs() < 1e-12);
    assert!(h.low < h.median && h.median < h.high);
    assert!((both.derived("wasted").unwrap().value - 0.2 * 1.2 * e).abs() < 1e-12);
    // All goes on: the edge only adds.
    let all = priced(1.0, 1.0).unwrap();
    assert!((all[2].answer().unwrap().value - (e + c)).abs() < 1e-12);
    let error = priced(1.5, 1.0).unwrap_err().to_string();
    assert!(error.contains("a share is from 0 to 1"), "{error}");
}

#[test]
fn a_list_price_is_what_the_list_says() {
    let asked = Query { model: Some("llama-3.1-8b"), ..query("api-buyer", "h100-sxm", 1.0, &[]) };
    assert!((at_modes(&asked, "per_mtok") - 0.08).abs() < 1e-12);
    let none = Query { model: Some("grok-1"), ..asked };
    assert!(price(&catalog(), &none, 10, 1).unwrap_err().to_string().contains("role `api`"));
}

#[test]
fn the_terms_are_the_whole_cost() {
    let catalog = catalog();
    for (scenario, device) in [
        ("hyperscale-owner", "h200-sxm"),
        ("colo-owner-8gpu", "h100-sxm"),
        ("renter-1y", "h100-sxm"),
        ("car-plugged-home", "jetson-agx-orin-64"),
        ("car-on-battery", "jetson-agx-orin-64"),
        ("home-node-xfra", "rtx-pro-6000-bse"),
        ("api-buyer", "h100-sxm"),
    ] {
        let asked = Query { model: Some("llama-3.1-8b"), ..query(scenario, device, 100.0, &[]) };
        let priced = price(&catalog, &asked, 100, 1).unwrap_or_else(|e| panic!("{scenario}: {e}"));
        let sum: f64 = priced.terms.iter().map(|t| t.summary.value).sum();
        let whole = priced.answer().unwrap().value;
        assert!((sum / whole - 1.0).abs() < 1e-12, "{scenario}: {sum} of {whole}");
        assert!((priced.terms.iter().map(|t| t.share).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn every_step_with_its_numbers_gives_its_value() {
    let priced = price(&catalog(), &query("hyperscale-owner", "h100-sxm", 1000.0, &[]), 10, 1).unwrap();
    let energy = priced.step("energy").unwrap();
    assert_eq!(energy.numbers, "1370 [W/GPU] * 1.15 * 0.08 [USD/kWh]");
    assert!((energy.summary.value - 1.37 * 1.15 * 0.08).abs() < 1e-12);
    let capital = priced.step("it_capital").unwrap();
    assert!(capital.numbers.starts_with("32500 [USD/GPU] * crf(0.07 [1/yr], 5 [yr])"), "{}", capital.numbers);
}

#[test]
fn joules_and_megawatts_follow_the_provisioned_watts() {
    // InferenceX: 1,000 tok/s behind 1.73 kW is 1.73 J/token and 578,035 tok/s/MW.
    let asked = query("hyperscale-owner", "h100-sxm", 1000.0, &[("it_power", 1730.0)]);
    assert!((at_modes(&asked, "provisioned_j_per_tok") - 1.73).abs() < 1e-12);
    assert!((at_modes(&asked, "tok_s_per_mw") - 578_035.0).abs() < 0.5);
    // 0.12 J/token at 0.08 USD/kWh is 0.00267 USD/Mtok of electricity.
    let set = [("it_power", 120.0), ("pue", 1.0), ("electricity", 0.08), ("duty", 1.0)];
    let priced = price(&catalog(), &query("hyperscale-owner", "h100-sxm", 1000.0, &set), 10, 1).unwrap();
    let energy = priced.terms.iter().find(|t| t.what == "energy").unwrap();
    assert!((energy.summary.value - 0.00267).abs() < 5e-6, "{energy:?}");
}

fn against<'q>(own: &[(&'q str, f64)], rent: &[(&'q str, f64)]) -> Asked<'q> {
    let party = |name, query| Party { name, query };
    let parties = vec![
        party("own", query("hyperscale-owner", "h100-sxm", 1000.0, own)),
        party("rent", query("renter-1y", "h100-sxm", 1000.0, rent)),
    ];
    Asked { parties, share: None, draws: 2000, seed: 1 }
}

#[test]
fn sides_of_one_device_are_equally_fast_in_every_draw() {
    let catalog = catalog();
    let mut asked = against(&[], &[]);
    let still = compare(&catalog, &asked).unwrap().pairs[0].ratio;
    for party in &mut asked.parties {
        party.query.throughput = Some(Throughput::given(300.0, 1000.0, 9000.0));
    }
    let found = compare(&catalog, &asked).unwrap();
    let spread = found.pairs[0].ratio;
    assert!((still.median / spread.median - 1.0).abs() < 1e-9, "{still:?} {spread:?}");
    assert!(found.pairs[0].tornado.iter().all(|s| !s.input.contains("tok_s")));
    assert!(found.sides[0].tornado.iter().any(|s| s.input == "own.tok_s = rent.tok_s"));
}

#[test]
fn the_break_even_utilisation_is_where_the_hours_meet() {
    let catalog = catalog();
    let mut found = compare(&catalog, &against(&[], &[])).unwrap();
    let hour = |side: usize| found.sides[side].priced.derived("per_hour").unwrap().value;
    let expected = hour(0) / hour(1);
    let pair = &found.pairs[0];
    let turn = |role: &str| pair.turns.iter().find(|t| t.role == role).unwrap_or_else(|| panic!("{role}")).clone();
    let duty = turn("own.duty");
    assert!((duty.value.unwrap() - expected).abs() < 1e-9 && duty.first_above, "{duty:?}");
    // Both used alike, the hours alone decide: no utilisation turns it.
    let both = turn("own.duty = rent.duty");
    assert_eq!((both.value, both.first_above), (None, true));
    // Dearer than any rent: none, and said which side is cheaper.
    let dear = compare(&catalog, &against(&[("capex", 1e7)], &[])).unwrap();
    let never = dear.pairs[0].turns.iter().find(|t| t.role == "own.duty").unwrap();
    assert_eq!((never.value, never.first_above), (None, false));
    assert_eq!(dear.pairs[0].first_cheaper, 0.0);
    let at = duty.value.unwrap();
    let curve = found.curve(0, &duty, &[0.2, at]);
    assert!(curve.first[0].value > curve.second[0].value);
    assert!((curve.first[1].value / curve.second[1].value - 1.0).abs() < 1e-9);
    assert!(curve.first[0].low < curve.first[0].median && curve.first[0].median < curve.first[0].high);
}

#[test]
fn swings_are_ordered_and_corners_are_shares() {
    let catalog = catalog();
    let found = compare(&catalog, &against(&[], &[])).unwrap();
    let pair = &found.pairs[0];
    assert!(pair.tornado.windows(2).all(|w| w[0].width() >= w[1].width()));
    let duty = pair.tornado.iter().find(|s| s.input == "own.duty").unwrap();
    assert!(duty.at_low > duty.at_high && duty.ends == (0.4, 0.9));
    assert!(pair.corners.is_some_and(|c| (0.0..=1.0).contains(&c)));
    assert!(pair.ratio.low < pair.ratio.median && pair.ratio.median < pair.ratio.high);
}

#[test]
fn a_published_throughput_says_where_it_stands() {
    let catalog = catalog();
    let orin = throughput_of(&catalog, "llama-3.1-8b", "jetson-agx-orin-64").unwrap();
    assert_eq!((orin.mode, orin.basis, orin.source.as_str()), (112.33, Basis::Published, "jetsonlab"));
    assert!(orin.note.contains("8 streams"), "{orin:?}");
    let h100 = throughput_of(&catalog, "llama-3.1-8b", "h100-sxm").unwrap();
    assert!(h100.low < h100.mode && h100.note.contains("prior of"), "{h100:?}");
    for (model, device, says) in [
        ("llama-3.2-3b", "jetson-agx-orin-64", "published for it: llama-3.1-70b, llama-3.1-8b"),
        ("llama-3.1-8b", "rpi5", "give --throughput, in tok/s"),
        ("llama-9", "rpi5", "no model `llama-9`"),
        ("llama-3.1-8b", "h100", "did you mean `h100-sxm`?"),
    ] {
        let error = throughput_of(&catalog, model, device).unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
}
