//! `wattmark sensors` from end to end: a meter whose faults are known is found out, and later runs are warned.
//! Fits nothing itself; the estimator's own tests do.

mod support;

use predicates::{prelude::*, str::contains};
use support::Bench;

const PERIOD_S: f64 = 0.1;
const AVERAGES_S: f64 = 0.3;
// The RTX 4090's published scale.
const GAIN: f64 = 1.044;
const OFFSET_W: f64 = -22.6;

/// A device that takes real time, and a meter that shows its power as that meter would.
fn metered() -> Bench {
    let script = format!(
        "real_sleep = true\n[device.time]\nlaunch_s = 0.01\n[device.meter]\nlog = \"meter.csv\"\nidle_w = 60\nbusy_w = 260\n\
         period_s = {PERIOD_S}\naverages_s = {AVERAGES_S}\ngain = {GAIN}\noffset_w = {OFFSET_W}"
    );
    let bench = Bench::with("Metered", &script);
    std::fs::write(bench.path("meter.csv"), "timestamp,watts\n").unwrap();
    bench
}

/// As its owner knows the meter: nothing of its averaging, gain and offset.
const LOG: &str = "meter.csv,boundary=dc_in,period=0.1,clock=0.001";

fn near(found: &serde_json::Value, key: &str, want: f64) {
    let got = found[key].as_f64().unwrap_or_else(|| panic!("no {key} in {found}"));
    assert!((got / want - 1.0).abs() < 0.05, "{key}: {got} instead of {want} in {found}");
}

#[test]
fn a_meter_is_found_out_kept_and_minded() {
    let bench = metered();
    let characterise = [
        "sensors",
        "characterise",
        "--device",
        "mock",
        "--power-log",
        LOG,
        "--sensor",
        "csv:meter:power",
        "--known-watts",
        "60,260",
    ];
    bench.wattmark(&characterise).assert().success().stdout(contains("csv:meter:power at dc_in: updates every"));
    let text = std::fs::read_to_string(bench.path("results/sensors.jsonl")).unwrap();
    let found: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    near(&found, "update_period_s", PERIOD_S);
    near(&found, "width_s", AVERAGES_S);
    near(&found, "gain", GAIN);
    near(&found, "offset_w", OFFSET_W);
    assert_eq!(found["shape"], "boxcar", "{found}");
    assert_eq!(found["schema"], "wattmark-sensor-1");

    // Windows of a second are under 16.4 times the 0.3 s that it averages over.
    let case = ["run", "--device", "mock", "--case", "matmul/gemv/f32", "--shape", "n=64,k=64", "--max-time", "0.05"];
    let more = ["--energy", "short", "--power-log", LOG, "-o", "results/out.jsonl"];
    bench.wattmark(&[&case[..], &more[..]].concat()).assert().success();
    let record = wattmark::record::read_file(&bench.path("results/out.jsonl")).unwrap().records.remove(0);
    let warning = record.warnings.iter().find(|w| w.code == "window_too_short");
    let warning = warning.unwrap_or_else(|| panic!("{:?}", record.warnings));
    assert!(
        warning.text.contains("csv:meter:power") && warning.text.contains("--energy published"),
        "{}",
        warning.text
    );

    bench
        .wattmark(&["sensors", "--power-log", LOG])
        .env("COLUMNS", "500")
        .assert()
        .success()
        .stdout(contains("csv:meter:power: updates every").and(contains("gain 1.0")));
    // What was found of sensors is no damaged record.
    bench.wattmark(&["report", "results"]).assert().success();
}

#[test]
fn what_cannot_be_characterised_is_said_with_the_way_out() {
    let bench = metered();
    let run = |more: &[&str]| {
        let args = [&["sensors", "characterise", "--device", "mock"][..], more].concat();
        bench.wattmark(&args).assert()
    };
    run(&["--sensor", "csv:other:power", "--power-log", LOG])
        .code(1)
        .stderr(contains("no sensor `csv:other:power`").and(contains("csv:meter:power")));
    run(&["--known-watts", "260,60"]).code(2).stderr(contains("work draws more than rest"));
    run(&["--known-watts", "some"]).code(2).stderr(contains("two numbers"));
    run(&["--seconds", "0.5"]).code(2).stderr(contains("--seconds"));
    // The machine's own meters do not see a device without hardware.
    std::fs::write(bench.path("still.csv"), "timestamp,watts\n").unwrap();
    run(&["--power-log", "still.csv,period=0.05", "--sensor", "csv:still:power", "--seconds", "2"])
        .code(1)
        .stderr(contains("0 updates"));
    assert!(!bench.path("results/sensors.jsonl").exists());
}

#[test]
fn plugs_and_placements_that_say_nonsense_are_usage_errors() {
    let bench = metered();
    bench.wattmark(&["sensors", "--power-plug", "kasa://10.0.0.2"]).assert().code(2).stderr(contains("maker `kasa`"));
    bench.wattmark(&["sensors", "--power-sensor", "ina226:1-0040"]).assert().code(2).stderr(contains("boundary=dc_in"));
    let absent = ["sensors", "--power-sensor", "ina226:1-0040,boundary=dc_in", "--power-plug", "tasmota://127.0.0.1:9"];
    bench.wattmark(&absent).env("COLUMNS", "500").assert().success().stdout(
        contains("placed with --power-sensor and is not there").and(contains("smart plug tasmota://127.0.0.1:9")),
    );
}
