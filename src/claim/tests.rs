//! Verdicts: known answers, reproducibility, what the rules demand.

use super::*;
use crate::catalog::{Catalog, Verdict};

const QUICK: Settings = Settings { draws: 4000, seed: 1 };

fn catalog() -> Catalog {
    Catalog::load(&[]).unwrap_or_else(|e| panic!("{e}"))
}

fn of<'o>(outcomes: &'o [Outcome], id: &str) -> &'o Outcome {
    outcomes.iter().find(|o| o.claim.id == id).unwrap()
}

/// Everything that a seed decides, as bits.
fn bits(outcome: &Outcome) -> Vec<u64> {
    let derived = outcome.derived.iter().map(|d| &d.summary).flat_map(|s| [s.value, s.low, s.median, s.high]);
    let tornado = outcome.tornado.iter().flat_map(|s| [s.at_low, s.at_high]);
    derived.chain(tornado).chain([outcome.headline.probability]).map(f64::to_bits).collect()
}

#[test]
fn verdicts_at_the_modes() {
    use Verdict::{Conditional, Refuted, Supported, Untestable};
    let outcomes = evaluate(&catalog(), &[], QUICK);
    assert_eq!(outcomes.len(), 48);
    for (id, verdict) in [
        ("OWN-EVERY-TIME", Refuted),
        ("OWN-AT-DUTY", Supported),
        ("ZERO-MC-INFER", Conditional),
        ("ZERO-MC-EDGE", Refuted),
        ("PLUGGED-NO-ENERGY", Conditional),
        ("MARGIN-50", Refuted),
        ("MARGIN-50-CHIP", Supported),
        ("FLEET-100GW", Conditional),
        ("FLEET-83X", Refuted),
        ("EDGE-FEASIBLE", Supported),
        ("EDGE-SAME-THING", Untestable),
        ("GROK-LOCAL", Refuted),
        ("EWS-PAYBACK", Conditional),
        ("UTILISATION", Untestable),
        ("IDLE-95", Supported),
        ("CYBERCAB-60", Supported),
        ("HYBRID-OFFLOAD", Conditional),
        ("OWNER-COMP", Refuted),
        ("RESIDENTIAL-GPU", Conditional),
        ("NOTHING-AT-SCALE", Conditional),
        ("UNITS-HW3", Refuted),
        ("UNITS-HW4", Refuted),
        ("UNITS-OPTIMUS", Refuted),
        ("GPU-1200W", Refuted),
        ("H100-250MW", Refuted),
        ("TRAIN-IDLE", Refuted),
        ("TIME-TO-POWER", Supported),
        ("COST-OF-CONTINUING", Supported),
        ("NET-95", Untestable),
    ] {
        assert_eq!(of(&outcomes, id).at_modes, verdict, "{id}");
    }
    for o in &outcomes {
        assert_eq!(o.headline.verdict == Verdict::Untestable, o.claim.untestable.is_some(), "{}", o.claim.id);
        assert!(
            o.derived
                .iter()
                .map(|d| &d.summary)
                .all(|s| s.value.is_finite() && s.low <= s.median && s.median <= s.high),
            "{}",
            o.claim.id
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_does_not() {
    let catalog = catalog();
    let run = |seed| -> Vec<Vec<u64>> {
        evaluate(&catalog, &["ZERO-MC-EDGE", "HYBRID-OFFLOAD"], Settings { seed, ..QUICK }).iter().map(bits).collect()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn what_else_is_evaluated_moves_no_draw() {
    let catalog = catalog();
    let alone = evaluate(&catalog, &["HYBRID-OFFLOAD"], QUICK);
    let among = evaluate(&catalog, &[], QUICK);
    assert_eq!(bits(&alone[0]), bits(of(&among, "HYBRID-OFFLOAD")));
}

#[test]
fn inputs_of_one_key_take_one_value() {
    // A quantity that two claims derive from shared inputs has the same draws in both: its quantiles agree to the bit.
    let outcomes = evaluate(&catalog(), &["FLEET-100GW", "FLEET-83X", "OWN-AT-DUTY"], QUICK);
    let avail = of(&outcomes, "FLEET-100GW").derived.iter().find(|d| d.name == "avail").unwrap().summary;
    let x83 = of(&outcomes, "FLEET-83X");
    assert_eq!(
        x83.inputs.iter().filter(|i| ["at_home", "plugged", "opt_in", "online"].contains(&i.name.as_str())).count(),
        4
    );
    assert!(avail.low > 0.0 && avail.high < 0.4);
}

#[test]
fn no_bare_headline_on_a_prior_or_against_the_other_reading() {
    for o in evaluate(&catalog(), &[], QUICK) {
        let h = &o.headline;
        if h.strength == Strength::Bare {
            assert!(h.priors.is_empty() && h.other_reading.is_none(), "{}", o.claim.id);
            assert!(h.probability >= 0.9, "{}", o.claim.id);
        }
        let total: f64 = h.shares.iter().map(|(_, s)| s).sum();
        assert!(o.claim.untestable.is_some() || (total - 1.0).abs() < 1e-12, "{}", o.claim.id);
    }
}

#[test]
fn break_evens_are_where_the_verdict_turns() {
    let outcomes = evaluate(&catalog(), &["OWN-AT-DUTY", "ZERO-MC-EDGE"], QUICK);
    let duty = of(&outcomes, "OWN-AT-DUTY");
    // Supported below 0.9 of the rent: 1.17 / duty / 2.00 = 0.9.
    let turn = duty.break_evens.iter().find(|b| b.input == "duty_ratio").unwrap();
    assert!((turn.value - 1.17 / 2.0 / 0.9).abs() < 1e-9, "{turn:?}");
    assert_eq!((turn.below, turn.above), (Verdict::Conditional, Verdict::Supported));
    for o in &outcomes {
        for b in &o.break_evens {
            let mut catalog = catalog();
            let at = |x: f64, catalog: &mut Catalog| {
                catalog.set(&format!("{}.{}={x:e}", o.claim.id, b.input)).ok()?;
                Some(evaluate(catalog, &[&o.claim.id], QUICK)[0].at_modes)
            };
            if b.input.contains('.') {
                continue;
            }
            assert_eq!(at(b.value * (1.0 - 1e-6), &mut catalog), Some(b.below), "{} {b:?}", o.claim.id);
            assert_eq!(at(b.value * (1.0 + 1e-6), &mut catalog), Some(b.above), "{} {b:?}", o.claim.id);
        }
    }
}

#[test]
fn an_input_without_a_source_takes_the_headline_over() {
    let outcomes = evaluate(&catalog(), &["HOME-HEADROOM", "OPEN-COST-EDGE"], QUICK);
    let home = of(&outcomes, "HOME-HEADROOM");
    assert_eq!(home.headline.verdict, Verdict::Conditional);
    assert!(matches!(&home.headline.condition, Some(Condition::Turns { unsourced: true, .. })));
    // Held low and high it moves the headline, but at no value of its range with the others at their modes.
    let open = of(&outcomes, "OPEN-COST-EDGE");
    assert_eq!(open.headline.verdict, Verdict::InsufficientData);
    assert_eq!(open.headline.text(), "insufficient data: depends on tok_per_task");
}

#[test]
fn an_override_changes_what_it_says_and_nothing_else() {
    let mut changed = catalog();
    changed.set("elec_home=0.01").unwrap();
    let (before, after) = (evaluate(&catalog(), &[], QUICK), evaluate(&changed, &[], QUICK));
    let edge = of(&after, "ZERO-MC-EDGE");
    assert_eq!(edge.inputs.iter().find(|i| i.name == "elec_home").unwrap().basis, Basis::Set);
    assert_ne!(bits(of(&before, "ZERO-MC-EDGE")), bits(edge));
    assert_ne!(bits(of(&before, "HYBRID-OFFLOAD")), bits(of(&after, "HYBRID-OFFLOAD")), "it takes edge_mc from there");
    assert_eq!(bits(of(&before, "MARGIN-50")), bits(of(&after, "MARGIN-50")));
}

#[test]
fn the_documents_figures_are_recomputed() {
    let found = findings(&catalog());
    let of = |id: &str| found.iter().find(|f| f.id == id).unwrap().what();
    let hw3 = of("UNITS-HW3");
    assert!(hw3.contains("1,008 Peta-TOPS has two prefixes, peta and tera"), "{hw3}");
    assert!(hw3.contains("1e9 times too large; the numbers give 1,008 EOPS"), "{hw3}");
    assert!(of("UNITS-HW4").contains("3,500 EOPS"));
    assert!(of("UNITS-OPTIMUS").contains("500 EOPS"));
    assert_eq!(found.iter().filter(|f| f.id.starts_with('I') && f.id.len() == 3).count(), 21);
    assert!(of("I02").contains("per_h100 = site / h100s = 2,500 W/GPU"), "{}", of("I02"));
    assert!(of("I10").contains("4,380 kWh/vehicle-yr"), "{}", of("I10"));
}
