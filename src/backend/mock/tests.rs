//! Scripts load, times follow them, and every fault that leaves the process alive is seen.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use super::{
    super::{Device, DeviceClass, DeviceError, Elapsed},
    clockwork::Clockwork,
    discover,
    script::{EMBEDDED, Script},
};
use crate::kernel::{Case, Inputs, Suite, Tuning, Verification, verify};

fn open(script: &str) -> Box<dyn Device> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.toml");
    std::fs::write(&path, script).unwrap();
    discover::open(path.to_str().unwrap(), "mock:0").unwrap()
}

fn run_once(device: &mut dyn Device, case: &Case) -> Result<Verification, DeviceError> {
    let inputs = Inputs::seeded(case);
    let mut executable = device.prepare(case, &inputs, &Tuning::new())?;
    executable.poison()?;
    executable.run(1)?;
    Ok(verify(case, &inputs, &executable.output()?))
}

fn case(id: &str) -> Case {
    id.parse().unwrap()
}

fn times(script: &str, runs: usize) -> Vec<Elapsed> {
    let script = Script::load(script).unwrap();
    let mut clockwork = Clockwork::new(&script.devices[0].time, case("matmul/gemm/f32/m=64,n=64,k=64").work(), 3);
    (0..runs).map(|_| clockwork.run(10)).collect()
}

#[test]
fn embedded_scripts_load() {
    for (name, _) in EMBEDDED {
        let found = discover::discover(name);
        assert!(!found.devices.is_empty() && found.missing.is_empty(), "{name}: {:?}", found.missing);
        assert!(found.devices.iter().all(|d| d.class == DeviceClass::Mock && d.hardware.starts_with("mock:")));
    }
    let pair = discover::discover("pair").devices;
    assert_eq!(pair[0].hardware, pair[1].hardware);
    assert_ne!(pair[0].key(), pair[1].key());
}

#[test]
fn mistakes_are_told_with_line_and_key() {
    let place = |text: &str| Script::parse("x.toml", text).unwrap_err().to_string();
    let unknown = place("[[device]]\nname = \"a\"\ncolour = 3\n");
    assert!(unknown.contains("line 3") && unknown.contains("colour"), "{unknown}");
    let share = place("[[device]]\nname = \"a\"\n[device.time]\nnoise = 3.0\n");
    assert!(share.contains("line 4") && share.contains("noise") && share.contains("between 0 and 1"), "{share}");
    let stage = place("[[device]]\nname = \"a\"\n[[device.fault]]\nkind = \"wrong\"\nat = \"open\"\n");
    assert!(stage.contains("fault 1 of device `a`"), "{stage}");
    let name = discover::discover("stedy").missing;
    assert!(name[0].why.contains("stedy") && name[0].why.contains("steady"));
    let file = discover::discover("absent.toml").missing;
    assert!(file[0].why.contains("absent.toml"));
    assert!(discover::open("steady", "mock:1").is_err());
}

#[test]
fn the_verification_suite_passes() {
    let mut device = discover::open("steady", "mock:0").unwrap();
    for entry in Suite::load("verify").unwrap().cases {
        let found = run_once(&mut *device, &entry.case).unwrap();
        assert!(found.passed, "{}: {:?}", entry.case, found.failure);
    }
}

#[test]
fn faults_are_seen_for_what_they_are() {
    let mut device = discover::open("faulty", "mock:0").unwrap();
    for dtype in ["f32", "f16", "bf16", "i8"] {
        let wrong = run_once(&mut *device, &case(&format!("matmul/gemm/{dtype}/m=8,n=8,k=8"))).unwrap();
        assert!(!wrong.passed && wrong.unwritten_or_nan == 0, "{wrong:?}");
        let unwritten = run_once(&mut *device, &case(&format!("matmul/gemv/{dtype}/m=1,n=8,k=8"))).unwrap();
        assert!(!unwritten.passed && unwritten.unwritten_or_nan == 2, "{unwritten:?}");
        let nan = run_once(&mut *device, &case(&format!("matmul/skinny/{dtype}/m=2,n=8,k=8"))).unwrap();
        assert!(!nan.passed && nan.unwritten_or_nan == 1, "{nan:?}");
    }
    let mut error = |id: &str| run_once(&mut *device, &case(id)).unwrap_err();
    let shape = "batch=1,heads=1,kv_heads=1,d=8";
    assert!(matches!(error(&format!("attention/prefill/bf16/{shape},seq=3")), DeviceError::Unsupported(_)));
    assert!(matches!(error(&format!("attention/prefill/f16/{shape},seq=3")), DeviceError::OutOfMemory(_)));
    assert!(matches!(error(&format!("attention/decode/f16/{shape},kv=3")), DeviceError::Lost(_)));
    assert!(run_once(&mut *device, &case(&format!("attention/decode/f32/{shape},kv=3"))).unwrap().passed);
}

#[test]
fn faults_wait_for_their_case_and_run() {
    let mut device = open(
        "[[device]]\nname = \"a\"\n[[device.fault]]\nkind = \"lost\"\nnth_case = 2\nnth_run = 3\n\
         [[device.fault]]\nkind = \"failed\"\nat = \"prepare\"\nnth_case = 3\n",
    );
    let case = case("matmul/gemm/f32/m=4,n=4,k=4");
    let inputs = Inputs::seeded(&case);
    for nth_case in 1..=2 {
        let mut executable = device.prepare(&case, &inputs, &Tuning::new()).unwrap();
        for nth_run in 1..=4 {
            let lost = matches!(executable.run(1), Err(DeviceError::Lost(_)));
            assert_eq!(lost, (nth_case, nth_run) == (2, 3));
        }
    }
    assert!(matches!(device.prepare(&case, &inputs, &Tuning::new()).err(), Some(DeviceError::Failed(_))));
}

#[test]
fn early_faults_are_missing_devices_or_refusals() {
    let script = |at: &str| format!("[[device]]\nname = \"a\"\n[[device.fault]]\nkind = \"failed\"\nat = \"{at}\"\n");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.toml");
    std::fs::write(&path, script("discover")).unwrap();
    let found = discover::discover(path.to_str().unwrap());
    assert!(found.devices.is_empty() && found.missing[0].what.contains('a'));
    std::fs::write(&path, script("open")).unwrap();
    assert!(discover::open(path.to_str().unwrap(), "mock:0").is_err());
}

#[test]
fn times_follow_the_pattern_and_repeat() {
    let host = |script: &str, runs| times(script, runs).iter().map(|e| e.host_s).collect::<Vec<_>>();
    assert_eq!(host("bimodal", 50), host("bimodal", 50));
    let steady = host("steady", 200);
    assert!(steady.iter().all(|t| (t / steady[0] - 1.0).abs() < 0.01));
    let drifting = host("drifting", 200);
    assert!((1.4..1.6).contains(&(drifting[199] / drifting[0])), "{}", drifting[199] / drifting[0]);
    let slow = |script: &str, than: f64| {
        let times = host(script, 2000);
        let fastest = times.iter().copied().fold(f64::INFINITY, f64::min);
        times.iter().filter(|&&t| t > than * fastest).count()
    };
    assert!((560..760).contains(&slow("bimodal", 1.15)));
    assert!((20..70).contains(&slow("spiky", 5.0)));
    assert_eq!(slow("throttling", 1.4), 2000 / 12 * 3);
}

#[test]
fn the_condition_tells_of_the_throttled_runs() {
    let script = Script::load("throttling").unwrap();
    let mut clockwork = Clockwork::new(&script.devices[0].time, case("matmul/gemm/f32/m=8,n=8,k=8").work(), 3);
    let slowed: Vec<bool> = (0..24)
        .map(|_| {
            clockwork.run(1);
            !clockwork.condition().slowdown.is_empty()
        })
        .collect();
    let expected: Vec<bool> = (0..24).map(|run| run % 12 >= 9).collect();
    assert_eq!(slowed, expected);
}

#[test]
fn a_case_reports_its_condition() {
    let mut device = open(
        "[[device]]\nname = \"a\"\n[device.time]\n\
         pattern = { kind = \"throttling\", after = 1, runs = 1, factor = 2.0, reports = \"power_cap\" }\n",
    );
    let case = case("matmul/gemm/f32/m=4,n=4,k=4");
    let mut executable = device.prepare(&case, &Inputs::seeded(&case), &Tuning::new()).unwrap();
    executable.run(1).unwrap();
    assert!(!executable.condition().power_capped);
    executable.run(1).unwrap();
    let condition = executable.condition();
    assert!(condition.power_capped && condition.slowdown.is_empty() && condition.clock_mhz == Some(500));
}

/// Acts out one fault in a process of its own; does nothing when run as an ordinary test.
#[test]
fn act_out_the_fault_of_a_child() {
    let Ok(kind) = std::env::var(CHILD_FAULT) else { return };
    let mut device = open(&format!("[[device]]\nname = \"a\"\n[[device.fault]]\nkind = \"{kind}\"\n"));
    let found = run_once(&mut *device, &case("matmul/gemm/f32/m=4,n=4,k=4")).unwrap();
    println!("passed: {}", found.passed);
}

/// Names the fault to the child of [`crashes_and_hangs_cost_a_process`].
const CHILD_FAULT: &str = "WATTMARK_TEST_MOCK_FAULT";

fn child(kind: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "backend::mock::tests::act_out_the_fault_of_a_child", "--nocapture"]);
    command.env(CHILD_FAULT, kind).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn crashes_and_hangs_cost_a_process() {
    let output = |kind| child(kind).output().unwrap();
    assert_eq!(output("exit").status.code(), Some(137));
    let killed = output("killed");
    assert!(!killed.status.success() && String::from_utf8_lossy(&killed.stderr).contains("out of memory"));
    let aborted = output("abort");
    assert!(!aborted.status.success() && !String::from_utf8_lossy(&aborted.stdout).contains("passed"));
    let garbage = output("garbage");
    assert!(garbage.status.success() && std::str::from_utf8(&garbage.stdout).is_err());
    assert!(String::from_utf8_lossy(&garbage.stdout).contains("passed: true"));
    let mut hanging = child("hang").spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(hanging.try_wait().unwrap().is_none(), "it did not hang");
    hanging.kill().unwrap();
    hanging.wait().unwrap();
}

#[test]
fn clocks_may_disagree_and_sleep_is_real() {
    let script = Script::load("pair").unwrap();
    let mut clockwork = Clockwork::new(&script.devices[1].time, case("matmul/gemm/f32/m=8,n=8,k=8").work(), 0);
    let elapsed = clockwork.run(1000);
    assert!((elapsed.device_s.unwrap() / elapsed.host_s - 1.08).abs() < 1e-9);

    let mut sleeper = open("[[device]]\nname = \"a\"\nreal_sleep = true\n[device.time]\nlaunch_s = 0.02\n");
    let case = case("matmul/gemm/f32/m=4,n=4,k=4");
    let inputs = Inputs::seeded(&case);
    let mut executable = sleeper.prepare(&case, &inputs, &Tuning::new()).unwrap();
    let start = std::time::Instant::now();
    let claimed = executable.run(2).unwrap().host_s;
    assert!(start.elapsed().as_secs_f64() >= claimed && claimed > 0.03);
}
