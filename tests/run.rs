//! What a user of `run` does and suffers, on scripted devices: faults, interruption, resuming, full disks.

mod support;

use predicates::{prelude::*, str::contains};
use support::{Bench, lines, wait_for_lines};
use wattmark::record::{Status, TimeSource};

const SMALL: &[&str] = &["--case", "matmul", "--shape", "m=1;2,n=64,k=64", "--dtype", "f32,i8"];

#[test]
fn a_run_records_every_case_and_shows_a_table() {
    let bench = Bench::with("Steady", "");
    bench.run(SMALL).assert().success().stdout(contains("matmul/gemv").and(contains("Steady")));
    let records = bench.records();
    assert!(records.len() >= 6, "{}", records.len());
    for record in &records {
        assert_eq!(record.status, Status::Ok, "{:?}", record.reason);
        assert!(record.verification.as_ref().unwrap().passed);
        assert!(record.time.as_ref().unwrap().samples_s.len() >= 6);
    }
    bench.wattmark(&["validate", "out.jsonl"]).assert().success().stdout(contains("0 problems"));
}

#[test]
fn wrong_unwritten_and_nan_outputs_get_no_time_and_exit_4() {
    let script = r#"
        fault = [
            { kind = "wrong", case = "matmul/gemv/f32/*" },
            { kind = "unwritten", case = "matmul/gemv/i8/*" },
            { kind = "nan", case = "matmul/skinny/f32/*" },
        ]"#;
    let bench = Bench::with("Liar", script);
    bench.run(SMALL).assert().code(4).stdout(contains("failed"));
    let records = bench.records();
    for id in ["gemv/f32", "gemv/i8", "skinny/f32"] {
        let record = records.iter().find(|r| r.case.id.contains(id)).unwrap();
        assert_eq!(record.status, Status::Failed);
        assert!(record.time.is_none());
        assert!(record.reason.as_ref().unwrap().contains("wrong"), "{:?}", record.reason);
    }
    assert!(records.iter().any(|r| r.status == Status::Ok));
}

#[test]
fn a_crashing_driver_costs_one_case() {
    let bench = Bench::with("Crasher", r#"fault = [{ kind = "abort", case = "matmul/gemv/f32/*" }]"#);
    bench.run(SMALL).assert().code(1);
    let records = bench.records();
    let dead: Vec<_> = records.iter().filter(|r| r.status == Status::Failed).collect();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].reason.as_ref().unwrap().contains("died"), "{:?}", dead[0].reason);
    assert!(records.iter().filter(|r| r.status == Status::Ok).count() >= 5);
}

#[test]
fn a_hanging_driver_is_killed_by_the_watchdog() {
    let bench = Bench::with("Hanger", r#"fault = [{ kind = "hang", case = "matmul/skinny/i8/*" }]"#);
    bench.run(&[SMALL, &["--watchdog", "1"]].concat()).assert().code(1);
    let records = bench.records();
    let hung = records.iter().find(|r| r.case.id.contains("skinny/i8")).unwrap();
    assert!(hung.reason.as_ref().unwrap().contains("no sign of life"), "{:?}", hung.reason);
    assert!(records.iter().filter(|r| r.status == Status::Ok).count() >= 5);
}

#[test]
fn a_driver_that_prints_does_not_disturb_the_protocol() {
    let bench = Bench::with("Chatterbox", r#"fault = [{ kind = "garbage" }]"#);
    bench.run(SMALL).assert().success();
    assert!(bench.records().iter().all(|r| r.status == Status::Ok));
}

#[test]
fn a_device_that_always_dies_is_given_up() {
    let bench = Bench::with("Doomed", r#"fault = [{ kind = "exit", at = "prepare" }]"#);
    bench.run(&["--case", "matmul"]).assert().code(1);
    let records = bench.records();
    assert!(records.iter().any(|r| r.status == Status::Skipped && r.reason.as_ref().unwrap().contains("died 5 times")));
}

#[test]
fn unsupported_is_no_failure() {
    let bench = Bench::with("Old", r#"fault = [{ kind = "unsupported", at = "prepare", case = "*/i8/*" }]"#);
    bench.run(SMALL).assert().success().stdout(contains("unsupported"));
}

#[test]
fn resume_runs_the_rest() {
    let bench = Bench::with("Steady", "");
    bench.run(SMALL).assert().success();
    let path = bench.path("out.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let all = lines(&path);
    // A run that was killed in the middle of its third record.
    let kept: String = text.lines().take(2).map(|l| format!("{l}\n")).collect();
    std::fs::write(&path, format!("{kept}{}", &text.lines().nth(2).unwrap()[..200])).unwrap();
    bench.run(&[SMALL, &["--resume"]].concat()).assert().success();
    let report = bench.report();
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert!(report.problems[0].what.contains("cut short"));
    assert_eq!(report.records.len(), all);
    bench.run(&[SMALL, &["--resume"]].concat()).assert().success();
    assert_eq!(bench.report().records.len(), all, "nothing was left to do");
}

#[test]
fn the_plan_runs_nothing() {
    let bench = Bench::with("Steady", "");
    bench.run(&[SMALL, &["--plan"]].concat()).assert().success().stdout(contains("about").and(contains("minutes")));
    assert!(!bench.path("out.jsonl").exists());
}

#[test]
fn throttled_samples_are_retaken_and_counted() {
    let bench = Bench::with(
        "Hot",
        r#"real_sleep = true
        [device.time]
        launch_s = 0.0005
        pattern = { kind = "throttling", after = 6, runs = 3, factor = 1.8, reports = "slowdown" }"#,
    );
    bench.run(&["--case", "matmul/gemv/f32", "--shape", "n=64,k=64", "--max-time", "1"]).assert().success();
    let record = &bench.records()[0];
    assert!(record.time.as_ref().unwrap().dropped > 0);
    assert!(record.warnings.iter().any(|w| w.code == "throttled"));
}

#[test]
fn disagreeing_clocks_are_a_warning() {
    let bench = Bench::with("Two Clocks", "[device.time]\nlaunch_s = 0.05\ndevice_clock = 0.8");
    bench.run(&["--case", "matmul/gemv/f32", "--shape", "n=64,k=64"]).assert().success();
    let record = &bench.records()[0];
    assert_eq!(record.time.as_ref().unwrap().clock, TimeSource::Device);
    assert!(record.warnings.iter().any(|w| w.code == "clock_disagreement"), "{:?}", record.warnings);
}

#[test]
fn anonymous_records_hold_no_name_and_no_path() {
    let bench = Bench::with("Steady", "");
    bench.run(&[SMALL, &["--anonymous"]].concat()).assert().success();
    let text = std::fs::read_to_string(bench.path("out.jsonl")).unwrap();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let folder = bench.folder.path().to_string_lossy().into_owned();
    assert!(!text.contains(&format!("\"machine\":\"{}\"", host.trim())));
    assert!(!text.contains(&folder));
    assert!(!text.contains(&std::env::var("HOME").unwrap_or("/nowhere".to_owned())));
}

#[test]
fn two_runs_share_one_piece_of_hardware_by_turns() {
    let bench = Bench::with("Shared", "real_sleep = true\n[device.time]\nlaunch_s = 0.02");
    let slow = ["--case", "matmul", "--shape", "m=2,n=8,k=8", "--max-time", "1"];
    let mut first = std::process::Command::new(env!("CARGO_BIN_EXE_wattmark"));
    first.current_dir(bench.folder.path()).env("WATTMARK_MOCK", bench.path("mock.toml"));
    first.args(["run", "--device", "mock", "--energy", "off", "-q", "-o", "first.jsonl"]).args(slow);
    let mut first = first.stdout(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(900));
    bench
        .run(&[&slow[..], &["--wait", "0"]].concat())
        .assert()
        .code(1)
        .stderr(contains("in use by").and(contains("--wait")));
    bench.run(&[&slow[..], &["--wait", "60"]].concat()).assert().success().stderr(contains("waiting"));
    assert!(first.wait().unwrap().success());
}

#[test]
fn a_run_against_itself_is_interleaved_and_the_same() {
    let bench = Bench::with("Steady", "[device.time]\nlaunch_s = 0.002\nnoise = 0.001");
    let rival = env!("CARGO_BIN_EXE_wattmark");
    bench
        .run(&["--case", "matmul/gemv/f32", "--shape", "n=64,k=64", "--against", rival])
        .assert()
        .success()
        .stdout(contains("same"));
    assert_eq!(lines(&bench.path("out.jsonl")), 1);
    assert_eq!(lines(&bench.path("out.rival.jsonl")), 1);
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_valid_file() {
    let bench = Bench::with("Slow", "real_sleep = true\n[device.time]\nlaunch_s = 0.05");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wattmark"));
    command.current_dir(bench.folder.path()).env("WATTMARK_MOCK", bench.path("mock.toml"));
    command.args(["run", "--device", "mock", "--energy", "off", "-q", "-o", "out.jsonl", "--max-time", "0.5"]);
    command.args(["--case", "matmul", "--shape", "m=1;2;3;4,n=64,k=64"]);
    let mut child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    wait_for_lines(&bench.path("out.jsonl"), 2);
    let pid = rustix_pid(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let records = bench.records();
    assert!(records.iter().any(|r| r.reason.as_deref() == Some("interrupted by the user")));
}

#[cfg(unix)]
#[test]
fn kill_nine_loses_nothing_that_was_recorded() {
    let bench = Bench::with("Slow", "real_sleep = true\n[device.time]\nlaunch_s = 0.05");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wattmark"));
    command.current_dir(bench.folder.path()).env("WATTMARK_MOCK", bench.path("mock.toml"));
    command.args(["run", "--device", "mock", "--energy", "off", "-q", "-o", "out.jsonl", "--max-time", "0.3"]);
    command.args(["--case", "matmul/skinny/f32", "--shape", "m=2;3;4;5,n=64,k=64"]);
    let mut child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    wait_for_lines(&bench.path("out.jsonl"), 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = bench.report().records.len();
    assert!(before >= 1);
    let rest = ["--case", "matmul/skinny/f32", "--shape", "m=2;3;4;5,n=64,k=64", "--resume"];
    bench.run(&rest).assert().success();
    assert_eq!(bench.report().records.len(), 4);
}

#[cfg(unix)]
fn rustix_pid(child: &std::process::Child) -> rustix::process::Pid {
    rustix::process::Pid::from_child(child)
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_ends_the_run() {
    let bench = Bench::with("Steady", "");
    let args = ["run", "--device", "mock", "--energy", "off", "--format", "jsonl", "-o", "/dev/full"];
    let mut command = bench.wattmark(&args);
    command.args(["--case", "matmul/gemv/f32", "--shape", "n=64,k=64"]);
    command.assert().code(1).stderr(contains("/dev/full").and(contains("No space left")));
}

#[test]
fn a_device_that_cannot_be_opened_says_why_in_every_case() {
    let bench = Bench::with("Locked", r#"fault = [{ kind = "failed", at = "open" }]"#);
    bench.run(SMALL).assert().code(1);
    let records = bench.records();
    assert!(records.len() >= 6, "{}", records.len());
    for record in records {
        assert_eq!(record.status, Status::Failed);
        assert!(record.reason.as_ref().unwrap().starts_with("cannot open mock:0: "), "{:?}", record.reason);
    }
}
