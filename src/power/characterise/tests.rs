//! Meters of known period, window, gain and offset, found again from their readings.
//! Must not measure anything: the meters are scripted.

use super::*;
use crate::power::scripted::{Scripted, ScriptedClock};

/// What a scripted meter is, and how it is looked at.
#[derive(Clone, Copy, Debug)]
struct Setting {
    period_s: f64,
    averages_s: f64,
    late_s: f64,
    gain: f64,
    offset_w: f64,
    noise_w: f64,
    half_s: f64,
    seconds: f64,
    poll_s: f64,
}

const PLAIN: Setting = Setting {
    period_s: 0.1,
    averages_s: 0.025,
    late_s: 0.0,
    gain: 1.0,
    offset_w: 0.0,
    noise_w: 0.3,
    half_s: 0.5,
    seconds: 60.0,
    poll_s: 0.004,
};

const TRUTH: Truth = Truth { low_w: 60.0, high_w: 260.0 };

/// The steps of a load, and the load.
fn load(setting: &Setting, seed: u64) -> (Vec<(f64, f64)>, Load) {
    let (mut steps, mut work, mut at) = (Vec::new(), Vec::new(), 0.0);
    let ns = |s: f64| (s * 1e9).round() as u64;
    for (rest, busy) in square_wave(setting.half_s, setting.seconds, seed) {
        steps.extend([(rest, TRUTH.low_w), (busy, TRUTH.high_w)]);
        work.push((ns(at + rest), ns(at + rest + busy)));
        at += rest + busy;
    }
    (steps, Load::new(0, ns(at), &work))
}

fn series(setting: &Setting, seed: u64, counter: bool) -> (Series, Load) {
    let (steps, load) = load(setting, seed);
    let clock = ScriptedClock::default();
    let meter = if counter {
        Scripted::counter(&clock, setting.period_s, &steps)
    } else {
        Scripted::gauge(&clock, setting.period_s, &steps)
    };
    let meter = meter
        .averaging(setting.averages_s, setting.late_s)
        .miscalibrated(setting.gain, setting.offset_w)
        .noisy(setting.noise_w, seed);
    // Off the meter's beat, as a real poll is.
    (meter.record(0.0313, setting.seconds, setting.poll_s * 1.013), load)
}

fn found(setting: &Setting, seed: u64) -> Found {
    let (series, load) = series(setting, seed, false);
    estimate(&series, &load, Some(TRUTH)).unwrap_or_else(|e| panic!("{setting:?}, seed {seed}: {e}"))
}

fn near(what: &str, got: f64, want: f64, context: &str) {
    assert!((got / want - 1.0).abs() < 0.05, "{what}: {got} instead of {want}; {context}");
}

#[test]
fn period_boxcar_gain_and_offset_come_back_within_five_percent() {
    let settings = [
        // The A100's gauge: a quarter of the time, and a published gain and offset.
        Setting { gain: 0.954, offset_w: -1.18, ..PLAIN },
        // The RTX 4090's.
        Setting { averages_s: 0.1, gain: 1.044, offset_w: -22.6, ..PLAIN },
        // Hopper's one-second mean.
        Setting { averages_s: 1.0, gain: 0.98, offset_w: 3.0, half_s: 1.5, seconds: 90.0, ..PLAIN },
        // A fast monitor on I2C.
        Setting { period_s: 0.02, averages_s: 0.02, gain: 1.02, offset_w: 0.5, poll_s: 0.001, seconds: 30.0, ..PLAIN },
        // A plug.
        Setting {
            period_s: 1.0,
            averages_s: 1.0,
            late_s: 0.3,
            gain: 0.99,
            offset_w: 2.0,
            half_s: 4.0,
            seconds: 300.0,
            poll_s: 0.05,
            ..PLAIN
        },
    ];
    for setting in settings {
        for seed in [1, 2, 3] {
            let found = found(&setting, seed);
            let context = format!("{setting:?}, seed {seed}: {found:?}");
            near("period", found.update_period_s, setting.period_s, &context);
            near("window", found.width_s, setting.averages_s, &context);
            near("gain", found.gain.unwrap(), setting.gain, &context);
            // Of the step, where the offset itself is next to nothing.
            let offset = found.offset_w.unwrap();
            assert!((offset - setting.offset_w).abs() < 0.05 * setting.offset_w.abs().max(10.0), "{context}");
            assert_eq!(found.shape, Shape::Boxcar, "{context}");
            assert!(
                (found.lag_s - setting.late_s).abs() < 0.05 * setting.period_s.max(setting.averages_s),
                "{context}"
            );
            assert!((found.noise_w - setting.noise_w).abs() < 0.5, "{context}");
            near("seen", found.sees, (setting.averages_s / setting.period_s).min(1.0), &context);
        }
    }
}

#[test]
fn an_instant_gauge_and_a_noiseless_one_keep_their_period() {
    for noise_w in [0.0, 1.0] {
        let found = found(&Setting { averages_s: 0.0, noise_w, ..PLAIN }, 5);
        near("period", found.update_period_s, 0.1, &format!("{found:?}"));
        assert!(found.width_s < 0.01, "{found:?}");
        assert!(!found.period_is_a_bound);
    }
}

#[test]
fn a_counter_tells_period_gain_and_offset_and_no_window() {
    let setting = Setting { averages_s: 0.0, gain: 0.97, offset_w: 2.0, noise_w: 0.0, ..PLAIN };
    let (series, load) = series(&setting, 3, true);
    let found = estimate(&series, &load, Some(TRUTH)).unwrap();
    near("period", found.update_period_s, 0.1, "");
    near("gain", found.gain.unwrap(), 0.97, &format!("{found:?}"));
    assert!((found.offset_w.unwrap() - 2.0).abs() < 0.5, "{found:?}");
    assert_eq!((found.shape, found.width_s), (Shape::Instant, 0.0));
}

#[test]
fn a_log_whose_clock_is_off_is_laid_over_the_load() {
    let setting = Setting { period_s: 1.0, averages_s: 1.0, half_s: 3.0, seconds: 240.0, poll_s: 1.0, ..PLAIN };
    for off_s in [0.0, 47.25, -31.5] {
        let (mut series, load) = {
            let (steps, load) = load(&setting, 8);
            let meter = Scripted::gauge(&ScriptedClock::default(), 1.0, &steps).averaging(1.0, 0.0).noisy(0.3, 8);
            (meter.record(0.0, setting.seconds, 1.0), load)
        };
        series.info.id = "csv:meter:power".to_owned();
        // On a clock that began long before the load.
        let hour_ns = 3_600_000_000_000;
        let load = load.moved(hour_ns);
        for reading in &mut series.readings {
            reading.t_ns = (reading.t_ns + hour_ns).saturating_add_signed((off_s * 1e9) as i64);
        }
        let found = estimate(&series, &load, None).unwrap_or_else(|e| panic!("{off_s}: {e}"));
        let offset = found.clock_offset_s.unwrap();
        assert!((offset + off_s).abs() < 0.05, "{off_s}: {found:?}");
        assert_eq!(found.lag_s, 0.0);
        near("window", found.width_s, 1.0, &format!("{off_s}: {found:?}"));
        assert!(found.to_string().contains("--power-log"), "{found}");
    }
}

#[test]
fn without_a_truth_there_is_no_gain() {
    let (series, load) = series(&PLAIN, 4, false);
    let found = estimate(&series, &load, None).unwrap();
    assert_eq!((found.gain, found.offset_w), (None, None));
    assert!((found.high_w - found.low_w - 200.0).abs() < 5.0);
}

#[test]
fn a_meter_that_does_not_see_the_load_or_hardly_speaks_is_not_described() {
    let (_, load) = load(&PLAIN, 1);
    let deaf = Scripted::gauge(&ScriptedClock::default(), 0.1, &[(1.0, 80.0)]).noisy(2.0, 9).record(0.0, 60.0, 0.004);
    let why = estimate(&deaf, &load, None).unwrap_err();
    assert!(matches!(why, Unknown::NoStep { .. }) && why.to_string().contains("--device"), "{why}");
    let still = Scripted::gauge(&ScriptedClock::default(), 0.1, &[(1.0, 80.0)]).record(0.0, 60.0, 0.004);
    assert!(matches!(estimate(&still, &load, None), Err(Unknown::TooFew { updates: 0, .. })));
}

#[test]
fn updates_as_fast_as_the_polls_are_a_bound() {
    let found = found(&Setting { period_s: 0.004, averages_s: 0.0, poll_s: 0.004, ..PLAIN }, 2);
    assert!(found.period_is_a_bound && found.update_period_s < 0.006, "{found:?}");
    assert!(found.to_string().contains("at most"), "{found}");
}

fn characteristic(sensor: &str, machine: &str, found: Found) -> Characteristic {
    Characteristic {
        schema: store::SCHEMA.to_owned(),
        ended: "2026-01-02T03:04:05Z".parse().unwrap(),
        host: Host { machine: Some(machine.to_owned()), cpu: "cpu".to_owned() },
        sensor: sensor.to_owned(),
        boundary: Boundary::WallAc,
        device: "mock:0".to_owned(),
        case: "a/b".to_owned(),
        found,
        notes: vec![],
    }
}

#[test]
fn the_newest_line_of_this_host_counts() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("results/sensors.jsonl");
    let host = Host { machine: Some("here".to_owned()), cpu: "cpu".to_owned() };
    assert!(load_for(&path, &host).unwrap().is_empty());
    let one = found(&PLAIN, 1);
    let newer = Found { noise_w: 9.0, ..one.clone() };
    for line in [
        characteristic("a", "here", one.clone()),
        characteristic("a", "elsewhere", one.clone()),
        characteristic("b", "here", one.clone()),
        characteristic("a", "here", newer.clone()),
    ] {
        append(&path, &line).unwrap();
    }
    let all = load_for(&path, &host).unwrap();
    assert_eq!(all.iter().map(|c| c.sensor.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(all[1].found, newer);
    std::fs::write(&path, "{}\n").unwrap();
    let why = load_for(&path, &host).unwrap_err().to_string();
    assert!(why.contains("line 1") && why.contains("characterise"), "{why}");
}

#[test]
fn what_was_found_corrects_what_a_meter_says_of_itself() {
    let (series, _) = series(&PLAIN, 1, false);
    let info = characteristic("scripted:gauge", "here", found(&PLAIN, 1)).correct(&series.info);
    near("window", info.averaging_window_s.unwrap(), 0.025, "");
    assert!(info.notes[0].contains("sees 25 % of the time"), "{:?}", info.notes);
    let found = found(&PLAIN, 1);
    near("least window", found.least_window_s(), 1.64, &format!("{found:?}"));
}
