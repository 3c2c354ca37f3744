//! Scripted meters with known answers.
//! Must not use a real clock or a real meter.

mod together;

use super::*;
use crate::power::scripted::{Scripted, ScriptedClock, Trouble};
use proptest::prelude::*;

const STEADY: [(f64, f64); 1] = [(1.0, 200.0)];
/// 300 W for 0.3 s, 100 W for 0.7 s: 160 W on average.
const SQUARE: [(f64, f64); 2] = [(0.3, 300.0), (0.7, 100.0)];

fn window(t0_s: f64, t1_s: f64) -> Window {
    Window { t0_ns: (t0_s * 1e9) as u64, t1_ns: (t1_s * 1e9) as u64 }
}

fn counter(steps: &[(f64, f64)]) -> Scripted {
    Scripted::counter(&ScriptedClock::default(), 0.1, steps)
}

fn gauge(steps: &[(f64, f64)]) -> Scripted {
    Scripted::gauge(&ScriptedClock::default(), 0.1, steps)
}

fn measured(meter: Scripted, w: Window) -> Measured {
    let end = w.t1_ns as f64 * 1e-9 + 1.0;
    match measure(&meter.record(0.0, end, 0.025), w) {
        Energy::Measured(m) => m,
        Energy::Unmeasured(u) => panic!("unmeasured: {u:?}"),
    }
}

fn reason(meter: Scripted, w: Window) -> String {
    let end = w.t1_ns as f64 * 1e-9 + 1.0;
    match measure(&meter.record(0.0, end, 0.025), w) {
        Energy::Measured(m) => panic!("measured: {m:?}"),
        Energy::Unmeasured(u) => u.reason,
    }
}

#[test]
fn constant_power_is_exact_on_both_kinds() {
    let w = window(1.037, 61.111);
    for meter in [counter(&STEADY), gauge(&STEADY)] {
        let m = measured(meter, w);
        assert!((m.joules - 200.0 * 60.074).abs() < 0.01, "{}", m.joules);
        assert!((m.watts_mean - 200.0).abs() < 1e-3);
        assert_eq!(m.grade, Grade::Published);
    }
}

#[test]
fn square_wave_is_within_its_own_uncertainty() {
    let w = window(1.0, 61.0);
    let c = measured(counter(&SQUARE), w);
    assert!((c.joules - 9600.0).abs() < c.u95, "{} +- {}", c.joules, c.u95);
    assert!((c.joules - 9600.0).abs() < 2.0 * c.budget.edges);
    let g = measured(gauge(&SQUARE), w);
    assert!((g.joules - 9600.0).abs() / 9600.0 < 0.02, "{}", g.joules);
}

#[test]
fn budget_is_gain_edges_and_clock_in_quadrature() {
    let meter = counter(&STEADY).describe(|i| {
        i.gain.sigma = 0.02;
        i.clock_sigma_s = 0.1;
    });
    let m = measured(meter, window(1.0, 61.0));
    let (gain, edges, clock) = (240.0, 0.41 * 0.1 * 200.0, 2_f64.sqrt() * 0.1 * 200.0);
    assert!((m.budget.gain - gain).abs() < 1e-2);
    assert!((m.budget.edges - edges).abs() < 1e-3);
    assert!((m.budget.clock - clock).abs() < 1e-3);
    let root = (gain * gain + edges * edges + clock * clock).sqrt();
    assert!((m.u95 - 2.0 * root).abs() < 0.05);
}

#[test]
fn a_wrap_in_the_window_changes_nothing() {
    let w = window(1.0, 61.0);
    // 200 W in mJ: wraps every 25 s.
    let m = measured(counter(&STEADY).wrapping_at(5_000_000), w);
    assert!((m.joules - 12_000.0).abs() < 0.01, "{}", m.joules);
}

#[test]
fn a_step_back_is_no_wrap() {
    let back = Trouble::StepsBack { at_s: 30.0, ticks: 1_000_000 };
    let plain = reason(counter(&STEADY).with(back), window(1.0, 61.0));
    assert!(plain.contains("backwards"), "{plain}");
    // With a wrap far away it would be an impossible power, so it is still none.
    let far = counter(&STEADY).wrapping_at(1 << 40).with(back);
    assert!(reason(far, window(1.0, 61.0)).contains("backwards"));
}

#[test]
fn a_frozen_counter_is_not_an_idle_device() {
    for to_s in [33.0, 1e9] {
        let freeze = Trouble::Freezes { from_s: 30.0, to_s };
        let why = reason(counter(&STEADY).with(freeze), window(1.0, 61.0));
        assert!(why.contains("stood still"), "{why}");
    }
    let freeze = Trouble::Freezes { from_s: 0.0, to_s: 1e9 };
    let why = reason(counter(&STEADY).with(freeze), window(1.0, 1.5));
    assert!(why.contains("stood still"), "{why}");
    let m = measured(gauge(&STEADY), window(1.0, 61.0));
    assert!(m.warnings.iter().any(|w| w.contains("may stand still")));
}

#[test]
fn a_meter_that_disappears_leaves_a_reason_and_no_zero() {
    for meter in [counter(&STEADY), gauge(&STEADY)] {
        let meter = meter.with(Trouble::Disappears { at_s: 30.0 });
        let why = reason(meter.clone(), window(1.0, 61.0));
        assert!(why.contains("last read") && why.contains("gone"), "{why}");
        let series = meter.clone().record(0.0, 62.0, 0.025);
        assert_eq!(series.faults.len(), 1);
        assert!(series.faults[0].count > 1000);
        let never = meter.with(Trouble::Disappears { at_s: 0.0 });
        assert!(reason(never, window(1.0, 61.0)).contains("never read"));
    }
}

#[test]
fn a_failed_read_between_good_ones_is_a_warning_and_a_long_gap_is_not() {
    let w = window(1.0, 61.0);
    let plain = counter(&STEADY).record(0.0, 62.0, 0.025);
    let mut series = plain.clone();
    series.fault(30_010_000_000, "bus error".to_owned());
    let m = measure(&series, w);
    let warnings = &m.measured().unwrap().warnings;
    assert!(warnings.iter().any(|w| w.contains("bus error")), "{warnings:?}");
    for kind in [plain, gauge(&STEADY).record(0.0, 62.0, 0.025)] {
        let mut gap = kind;
        gap.readings.retain(|r| !(30_000_000_000..35_000_000_000).contains(&r.t_ns));
        gap.fault(31_000_000_000, "bus error".to_owned());
        assert!(measure(&gap, w).measured().is_none());
    }
}

#[test]
fn a_panicking_meter_is_a_fault() {
    let why = reason(counter(&STEADY).with(Trouble::Panics { at_s: 30.0 }), window(1.0, 61.0));
    assert!(why.contains("panicked"), "{why}");
}

#[test]
fn lies_void_the_window_they_are_in_and_no_other() {
    for watts in [f64::NAN, f64::INFINITY, -1.0, 1e6] {
        let lie = Trouble::Says { from_s: 30.0, to_s: 30.1, watts };
        assert!(reason(gauge(&STEADY).with(lie), window(1.0, 61.0)).contains("said"));
        assert!((measured(gauge(&STEADY).with(lie), window(1.0, 20.0)).watts_mean - 200.0).abs() < 1e-9);
    }
}

#[test]
fn an_impossible_accumulator_is_refused() {
    let why = reason(counter(&[(30.0, 200.0), (30.0, 1e6)]), window(1.0, 61.0));
    assert!(why.contains("more than 3000 W"), "{why}");
}

#[test]
fn windows_outside_the_readings_are_refused() {
    let series = counter(&STEADY).record(5.0, 10.0, 0.025);
    let why = |w| match measure(&series, w) {
        Energy::Unmeasured(u) => u.reason,
        Energy::Measured(m) => panic!("{m:?}"),
    };
    assert!(why(window(1.0, 8.0)).contains("first read 4.000 s into"));
    assert!(why(window(6.0, 12.0)).contains("2.000 s before the window's end"));
    assert!(why(window(8.0, 6.0)).contains("empty"));
}

#[test]
fn short_windows_are_labelled() {
    let m = measured(counter(&STEADY), window(1.0, 11.0));
    assert_eq!(m.grade, Grade::Short);
    assert!(m.warnings.iter().any(|w| w.contains("short window")));
    let slow = counter(&STEADY).describe(|i| i.update_period_s = Some(1.0));
    assert_eq!(required_window_s(crate::power::Sensor::info(&slow), None), 180.0);
    let mid = counter(&STEADY).describe(|i| i.update_period_s = Some(0.9));
    assert_eq!(required_window_s(crate::power::Sensor::info(&mid), None), 90.0);
}

#[test]
fn a_meter_slower_than_it_says_has_wider_edges() {
    let clock = ScriptedClock::default();
    let slow = Scripted::counter(&clock, 0.5, &STEADY).describe(|i| i.update_period_s = Some(0.1));
    let m = measured(slow, window(1.0, 61.0));
    assert!((m.period_s - 0.5).abs() < 1e-6);
    assert!((m.budget.edges - 0.41 * 0.5 * 200.0).abs() < 0.01);
}

/// Published fits of the gauge against an external meter: A100-40G PCIe and RTX 4090.
#[test]
fn published_gauge_errors_against_the_budget() {
    let w = window(1.0, 61.0);
    let nvml = crate::power::Gain::assumed_bound(0.05, "as for NVML");
    let with = |gain, offset, watts| {
        let meter = gauge(&[(1.0, watts)]).miscalibrated(gain, offset);
        meter.describe(|i| i.gain = nvml.clone())
    };
    let a100 = measured(with(0.954, -1.18, 250.0), w);
    assert!((a100.watts_mean - (0.954 * 250.0 - 1.18)).abs() < 1e-6);
    assert!((a100.joules - 250.0 * 60.0).abs() < a100.u95, "5 % low is inside k = 2");
    let rtx4090 = measured(with(1.044, -22.6, 450.0), w);
    assert!((rtx4090.watts_mean - 447.2).abs() < 1e-6);
    // At 20 W the offset makes it negative: refused, not clamped to zero.
    assert!(reason(with(1.044, -22.6, 20.0), w).contains("said -1.72"));
}

#[test]
fn drift_is_seen_a_minute_apart() {
    let flat = counter(&STEADY).record(0.0, 81.0, 0.025);
    assert!(drift_per_minute(&flat).unwrap().abs() < 1e-4);
    let rising = counter(&[(40.0, 200.0), (60.0, 204.0)]).record(0.0, 81.0, 0.025);
    let drift = drift_per_minute(&rising).unwrap();
    assert!((drift - 0.02).abs() < 1e-3 && drift > PREHEAT_DRIFT_PER_MIN);
    let short = counter(&STEADY).record(0.0, 60.0, 0.025);
    assert_eq!(drift_per_minute(&short), None);
    assert!(settled(std::slice::from_ref(&flat)) && settled(&[flat.clone(), short.clone()]));
    assert!(!settled(&[flat, rising]) && !settled(&[short]) && !settled(&[]));
}

#[test]
fn discard_is_two_seconds_or_two_averaging_windows() {
    let slow = gauge(&STEADY).describe(|i| i.averaging_window_s = Some(3.0));
    assert_eq!(discard_s(crate::power::Sensor::info(&slow)), 6.0);
    assert_eq!(discard_s(crate::power::Sensor::info(&gauge(&STEADY))), 2.0);
}

#[test]
fn energy_survives_json() {
    let m = Energy::Measured(measured(counter(&STEADY), window(1.0, 61.0)));
    let text = serde_json::to_string(&m).unwrap();
    assert!(text.contains(r#""status":"measured""#) && text.contains(r#""boundary":"gpu_board""#));
    let back = serde_json::from_str::<Energy>(&text).unwrap();
    let (a, b) = (m.measured().unwrap(), back.measured().unwrap());
    // The last digit of a float depends on how the reader was built.
    assert!((a.u95 / b.u95 - 1.0).abs() < 1e-12);
    assert_eq!((&a.sensor, a.window, a.grade), (&b.sensor, b.window, b.grade));
}

proptest! {
    #[test]
    fn wrap_arithmetic_finds_the_step(
        modulus in 1_000_u64..u64::MAX / 2,
        start in any::<u64>(),
        step in any::<u64>(),
    ) {
        let start = start % modulus;
        // A step the device could make is well under a whole turn.
        let step = step % (modulus / 4);
        let now = ((u128::from(start) + u128::from(step)) % u128::from(modulus)) as u64;
        let most = (modulus / 4) as f64;
        prop_assert_eq!(counter::step(start, now, &[modulus], most), Some(step));
    }

    #[test]
    fn without_a_wrap_going_back_is_never_a_step(before in 1_u64.., by in 1_u64..) {
        let now = before.saturating_sub(by);
        prop_assert_eq!(counter::step(before, now, &[], f64::INFINITY), None);
    }

    #[test]
    fn any_cut_of_steady_power_adds_up(cut in 2.0_f64..58.0) {
        let series = counter(&SQUARE).record(0.0, 62.0, 0.025);
        let joules = |a, b| measure(&series, window(a, b)).measured().map(|m| m.joules);
        let whole = joules(1.0, 60.0).unwrap();
        prop_assert!((joules(1.0, cut).unwrap() + joules(cut, 60.0).unwrap() - whole).abs() < 1e-3);
    }
}
