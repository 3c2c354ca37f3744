//! Joules from end to end: a scripted device, the log of the meter that watches it, and what `run` records.
//! Checks the arithmetic of no sensor; their own tests do.

mod support;

use support::Bench;
use wattmark::record::{Energy, EnergyStatus, Gauge, Status, WindowKind};

const LAUNCH_S: f64 = 0.004;
const IDLE_W: f64 = 20.0;
const BUSY_W: f64 = 120.0;

/// A device that takes real time, and a meter that logs its power; `more` continues the meter's table.
fn metered(more: &str) -> Bench {
    let script = format!(
        "real_sleep = true\n[device.time]\nlaunch_s = {LAUNCH_S}\n[device.meter]\nlog = \"meter.csv\"\n\
         idle_w = {IDLE_W}\nbusy_w = {BUSY_W}\nperiod_s = 0.02\n{more}"
    );
    let bench = Bench::with("Metered", &script);
    std::fs::write(bench.path("meter.csv"), "timestamp,watts\n").unwrap();
    bench
}

/// Runs one case with short windows and returns what was recorded of its joules.
fn energy(bench: &Bench) -> Energy {
    let log = "meter.csv,boundary=dc_in,period=0.02,clock=0.001,accuracy=0.01";
    let case = ["--case", "matmul/gemv/f32", "--shape", "n=64,k=64", "--energy", "short", "--power-log", log];
    bench.run(&case).assert().success();
    let record = bench.records().remove(0);
    assert_eq!(record.status, Status::Ok, "{:?}", record.reason);
    assert!(record.time.is_some(), "whatever becomes of the joules, the time stays");
    record.energy
}

#[test]
fn joules_of_a_known_load_come_out() {
    let bench = metered("");
    let energy = energy(&bench);
    assert_eq!(energy.status, EnergyStatus::Measured, "{:?}", energy.reason);
    let meter = &energy.meters[0];
    assert_eq!((meter.boundary.as_str(), meter.kind, meter.window), ("dc_in", Gauge::Gauge, WindowKind::Short));
    assert_eq!(meter.repeats_j.len(), 3);
    // A sleep overshoots, by more on a busy machine: the load is known to a tenth.
    let near = |got: f64, want: f64| (got / want - 1.0).abs() < 0.1;
    assert!(near(meter.watts.value, BUSY_W), "{:?}", meter.watts);
    assert!(near(meter.gross_j.value, BUSY_W * LAUNCH_S), "{:?}", meter.gross_j);
    let net = meter.net_j.as_ref().unwrap();
    assert!(near(net.value, (BUSY_W - IDLE_W) * LAUNCH_S), "{net:?}");
    assert!(meter.idle_watts.iter().all(|&watts| near(watts, IDLE_W)), "{:?}", meter.idle_watts);
    assert!(meter.gross_j.u95 > 0.0 && meter.gross_j.u95 < 0.1 * meter.gross_j.value, "{:?}", meter.gross_j);
    assert!(net.u95 >= meter.gross_j.u95 * 0.99, "idle adds to the uncertainty: {net:?} {:?}", meter.gross_j);
    let shown = support::stdout(&mut bench.wattmark(&["report", "out.jsonl", "--format", "csv"]));
    assert!(shown.contains("measured"), "{shown}");
}

#[test]
fn a_meter_that_falls_silent_costs_the_joules_and_nothing_else() {
    let energy = energy(&metered("silent_after_s = 2.0"));
    assert_eq!(energy.status, EnergyStatus::Unmeasured);
    assert!(energy.meters.is_empty());
    let reason = energy.reason.unwrap();
    assert!(reason.contains("csv:meter:power"), "{reason}");
}

#[test]
fn a_log_that_is_not_there_is_named_with_the_way_out() {
    let bench = Bench::with("Unmetered", "");
    let energy = energy(&bench);
    assert_eq!(energy.status, EnergyStatus::Unmeasured);
    assert!(energy.reason.as_ref().unwrap().contains("no meter for this device"), "{:?}", energy.reason);
    assert!(energy.fix.is_some_and(|fix| !fix.is_empty()));
}

#[test]
fn a_power_log_that_says_nonsense_is_a_usage_error() {
    let bench = Bench::with("Unmetered", "");
    let asked =
        bench.wattmark(&["run", "--device", "mock", "--power-log", "meter.csv,boundary=moon"]).output().unwrap();
    assert_eq!(asked.status.code(), Some(2));
    let text = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(text.contains("boundary=moon") && text.contains("wall_ac"), "{text}");
}
