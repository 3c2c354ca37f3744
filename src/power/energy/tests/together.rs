//! Several windows together, with known answers.
//! Must not use a real clock or a real meter.

use super::*;

#[test]
fn four_percent_apart_is_flagged_and_six_is_invalid() {
    let w = window(1.0, 61.0);
    let c = measured(counter(&STEADY), w);
    for (gain, verdict) in [
        (1.00, CrossVerdict::Agree),
        (1.029, CrossVerdict::Agree),
        (1.04, CrossVerdict::Flagged),
        (0.96, CrossVerdict::Flagged),
        (1.06, CrossVerdict::Invalid),
        (0.94, CrossVerdict::Invalid),
        (1.7, CrossVerdict::Invalid),
    ] {
        let g = measured(gauge(&STEADY).miscalibrated(gain, 0.0), w);
        let check = cross_check(&c, &g).unwrap();
        assert_eq!(check.verdict, verdict, "{gain}");
        assert!((check.relative - (gain - 1.0)).abs() < 1e-4);
    }
    let wall = gauge(&STEADY).describe(|i| i.boundary = Boundary::WallAc);
    assert!(cross_check(&c, &measured(wall, w)).is_err());
    assert!(cross_check(&c, &measured(gauge(&STEADY), window(1.0, 60.0))).is_err());
}

/// A gauge that sees the first quarter of each 100 ms, under a load of that period.
#[test]
fn a_gauge_that_sees_a_quarter_of_the_time_fails_the_cross_check() {
    let quarter = [(0.025, 400.0), (0.075, 100.0)];
    let w = window(1.0, 61.0);
    let c = measured(counter(&quarter), w);
    assert!((c.watts_mean - 175.0).abs() < 0.1);
    let g = measured(gauge(&quarter), w);
    assert!((g.watts_mean - 400.0).abs() < 1.0);
    assert_eq!(cross_check(&c, &g).unwrap().verdict, CrossVerdict::Invalid);
}

/// MLPerf v3.1 inference with power: (samples/s, W) of one system as joules a sample.
fn joules_a_sample(rate: f64, watts: f64) -> f64 {
    let w = window(1.0, 601.0);
    let meter = Scripted::gauge(&ScriptedClock::default(), 1.0, &[(1.0, watts)]).describe(|i| {
        i.boundary = Boundary::WallAc;
        i.plausible_watts = 100_000.0;
    });
    let m = measured(meter, w);
    combine(&[m], &[rate * w.seconds()]).unwrap().joules_per_unit
}

#[test]
fn mlperf_wall_power_orders_flip_between_models() {
    let orin_resnet = joules_a_sample(3526.29, 23.567);
    let h100_resnet = joules_a_sample(474_849.0, 4063.98);
    assert!((orin_resnet * 1e3 - 6.6832).abs() < 1e-3);
    assert!((h100_resnet * 1e3 - 8.5585).abs() < 1e-3);
    let orin_bert = joules_a_sample(136.59, 17.044);
    let h100_bert = joules_a_sample(54_050.3, 5038.2);
    assert!((orin_bert * 1e3 - 124.78).abs() < 0.01);
    assert!((h100_bert * 1e3 - 93.21).abs() < 0.01);
    assert!(orin_resnet < h100_resnet && orin_bert > h100_bert);
}

#[test]
fn repeats_keep_the_gain_and_average_the_edges() {
    let w = window(1.0, 61.0);
    let runs: Vec<Measured> =
        [198.0, 200.0, 202.0].iter().map(|watts| measured(counter(&[(1.0, *watts)]), w)).collect();
    let all = combine(&runs, &[1.0; 3]).unwrap();
    assert!((all.joules_per_unit - 12_000.0).abs() < 0.01);
    assert!((all.budget.gain - 120.0).abs() < 0.01);
    assert!((all.budget.edges - 0.041 * 200.0 / 3_f64.sqrt()).abs() < 0.01);
    // s = 120 J, n = 3, t = 4.303.
    assert!((all.budget.repeats - 120.0 / 3_f64.sqrt() * 4.303 / 2.0).abs() < 0.1);
    let halved = combine(&runs, &[2.0; 3]).unwrap();
    assert!((halved.u95 - all.u95 / 2.0).abs() < 1e-6);
    let one = combine(&runs[..1], &[1.0]).unwrap();
    assert!(one.warnings.iter().any(|w| w.contains("unknown, not zero")));
}

#[test]
fn combining_what_does_not_belong_together_is_refused() {
    let w = window(1.0, 61.0);
    let (c, g) = (measured(counter(&STEADY), w), measured(gauge(&STEADY), w));
    assert_eq!(combine(&[], &[]), Err(CombineError::Empty));
    assert!(matches!(combine(std::slice::from_ref(&c), &[]), Err(CombineError::Count { .. })));
    for bad in [0.0, -1.0, f64::NAN] {
        assert!(matches!(combine(std::slice::from_ref(&c), &[bad]), Err(CombineError::Work { .. })));
    }
    let mixed = combine(&[c.clone(), g.clone()], &[1.0; 2]);
    assert!(matches!(mixed, Err(CombineError::Meters { .. })));
    assert!(net(&c, &g, &g).is_err());
}

#[test]
fn net_takes_off_idle_and_carries_its_doubt() {
    let w = window(1.0, 61.0);
    let gross = measured(counter(&STEADY), w);
    let before = measured(counter(&[(1.0, 48.0)]), w);
    let after = measured(counter(&[(1.0, 52.0)]), w);
    let n = net(&gross, &before, &after).unwrap();
    assert!((n.idle_watts - 50.0).abs() < 1e-3);
    assert!((n.joules - 9_000.0).abs() < 0.1);
    assert!((n.budget.gain - 90.0).abs() < 0.01, "the gain of the difference");
    assert!((n.budget.repeats - 2.0 / 3_f64.sqrt() * 60.0).abs() < 0.01);
    assert!(n.budget.edges > gross.budget.edges);
    assert!(n.warnings.iter().any(|w| w.contains("idle moved")));
    let upside_down = net(&before, &gross, &gross).unwrap();
    assert!(upside_down.joules < 0.0 && !upside_down.warnings.is_empty());
}
