//! Hand-made records for tests of this crate. Never shipped, never shown as results.
//! Values are round on purpose, so that nobody takes them for measurements.

use std::collections::BTreeMap;

use crate::{
    backend::{Build, DeviceClass, DeviceFacts, Missing, Track},
    kernel::{Case, Verification},
    power::{Boundary, DeviceKey, Gain, Kind, Reading, SensorError, SensorInfo, Value},
    record::{
        CaseInfo, Energy, EnergyStatus, Environment, Gauge, Interval, Meter, Record, RunInfo, SCHEMA, Status, Stop,
        Time, TimeSource, Warning, WindowKind,
    },
    report::sensors::SensorDetail,
};

/// A device of a class.
pub(crate) fn device(id: &str, name: &str, class: DeviceClass, track: Track, api: &str) -> DeviceFacts {
    DeviceFacts {
        id: id.to_owned(),
        backend: id.split(':').next().unwrap_or_default().to_owned(),
        name: name.to_owned(),
        class,
        track,
        api: api.to_owned(),
        driver: Some("fixture 1.0".to_owned()),
        pci: None,
        uuid: None,
        memory_bytes: Some(8 << 30),
        cache_bytes: 32 << 20,
        cache_assumed: false,
        units: Some(16),
        limits: BTreeMap::from([("workgroup_storage".to_owned(), 32768)]),
        features: vec!["f16".to_owned()],
        hardware: if class == DeviceClass::Discrete { "gpu-fixture".to_owned() } else { "cpu".to_owned() },
        emulated: None,
    }
}

/// A GPU, a CPU and a software rasterizer.
pub(crate) fn devices() -> [DeviceFacts; 3] {
    [
        device("gpu:0", "Fixture GPU 9000", DeviceClass::Discrete, Track::Portable, "vulkan"),
        device("cpu:0", "Fixture CPU", DeviceClass::Cpu, Track::Native, "avx2"),
        device("wgpu:0", "llvmpipe (fixture)", DeviceClass::Software, Track::Portable, "vulkan"),
    ]
}

/// What might have been.
pub(crate) fn missing() -> Vec<Missing> {
    vec![Missing {
        what: "cuda".to_owned(),
        why: "libcuda.so.1 is not installed".to_owned(),
        fix: "install the NVIDIA driver".to_owned(),
    }]
}

/// A module's total, which answers with these watts or refuses for this reason.
pub(crate) fn sensor(answer: Result<f64, &str>) -> SensorDetail {
    let gain = Gain::assumed_bound(0.05, "a fixture's accuracy; 5 % taken");
    let kind = Kind::Gauge { resolution_w: None };
    let mut info = SensorInfo::new("ina3221:VDD_IN", kind, Boundary::Module, gain);
    info.update_period_s = Some(0.1);
    info.matches = vec![DeviceKey::WholeMachine];
    info.source = "/sys/class/hwmon/hwmon1/in1_input x /sys/class/hwmon/hwmon1/curr1_input".to_owned();
    info.contains = vec!["ina3221:VDD_SOC".to_owned()];
    info.notes = vec!["input of the module: its total".to_owned()];
    let answer = match answer {
        Ok(watts) => Ok(Reading { t_ns: 1, value: Value::Gauge { watts } }),
        Err(what) => Err(SensorError::Implausible { sensor: info.id.clone(), what: what.to_owned() }),
    };
    SensorDetail::of(&info, answer, None)
}

/// Samples around a median, with a small regular ripple.
pub(crate) fn samples(median_s: f64) -> Vec<f64> {
    (0..41).map(|i| median_s * (1.0 + 0.001 * f64::from((i * 7) % 41 - 20) / 4.0)).collect()
}

/// A record that is `ok`, verified, timed by the device's clock, and without joules.
pub(crate) fn ok(case: &str, device: &DeviceFacts, seconds: f64) -> Record {
    let case: Case = case.parse().expect("a fixture's case id");
    let work = case.work();
    let clock = if device.class == DeviceClass::Cpu { TimeSource::Host } else { TimeSource::Device };
    Record {
        schema: SCHEMA.to_owned(),
        run: RunInfo {
            id: "run-a".to_owned(),
            started: "2026-01-02T03:04:05Z".parse().expect("a time"),
            wattmark: "0.1.0".to_owned(),
            commit: Some("abc1234".to_owned()),
            suite: "quick".to_owned(),
            settings: BTreeMap::new(),
            job: None,
        },
        ended: "2026-01-02T03:05:06Z".parse().expect("a time"),
        case: CaseInfo::of(&case, device.track, "a fixture"),
        device: device.clone(),
        status: Status::Ok,
        reason: None,
        build: Some(Build {
            source_sha256: "0123456789abcdef".repeat(4),
            implementation: "portable".to_owned(),
            tuning: BTreeMap::default(),
            buffer_sets: 2,
            set_bytes: work.bytes as u64,
            notes: vec![],
        }),
        verification: Some(verification(&case, true)),
        work,
        time: Some(Time {
            clock,
            samples_s: samples(seconds),
            rounds: vec![],
            launches_per_sample: 10,
            warmup_s: 0.1,
            sampling_wall_s: 0.5,
            outside_samples_s: Some(0.001),
            stop: Stop::Noise,
            noise: 0.004,
            dropped: 0,
            clock_check: None,
        }),
        energy: Energy::unmeasured("no sensor on this device", "run where RAPL may be read"),
        condition: None,
        environment: environment(),
        phases_s: BTreeMap::from([("sample".to_owned(), 0.5)]),
        warnings: vec![],
    }
}

fn verification(case: &Case, passed: bool) -> Verification {
    let exact = case.dtype.is_exact();
    Verification {
        passed,
        elements: 4096,
        compared: 4096,
        unwritten_or_nan: 0,
        relative_frobenius: Some(if exact { 0.0 } else { 3.2e-7 }),
        worst_noise: (!exact).then_some(1.25),
        mismatched: exact.then_some(u64::from(!passed)),
        tolerance: case.family.tolerance(case),
        failure: (!passed).then(|| "1 of 4096 elements differ; worst at row 0, column 5: 3 instead of 4".to_owned()),
    }
}

fn environment() -> Environment {
    Environment {
        machine: Some("bench".to_owned()),
        os: "Linux".to_owned(),
        kernel: "6.0".to_owned(),
        arch: "x86_64".to_owned(),
        cpu: "Fixture CPU".to_owned(),
        cpus: 16,
        memory_bytes: 64 << 30,
        virtualised: None,
        load_1m: Some(0.1),
        power_mode: BTreeMap::from([("governor".to_owned(), "performance".to_owned())]),
        variables: BTreeMap::new(),
    }
}

/// The same case, but not `ok`.
pub(crate) fn not_ok(record: Record, status: Status, reason: &str) -> Record {
    let wrong = record.case.id.parse().ok().filter(|_| status == Status::Failed).map(|case| verification(&case, false));
    Record { status, reason: Some(reason.to_owned()), time: None, build: None, verification: wrong, ..record }
}

/// Joules as one meter saw them.
pub(crate) fn measured(record: Record, window: WindowKind, joules: f64) -> Record {
    let meter = |sensor: &str, kind, scale: f64| Meter {
        sensor: sensor.to_owned(),
        kind,
        boundary: "gpu_board".to_owned(),
        window,
        window_s: 60.0,
        launches: 100_000,
        gross_j: Interval { value: joules * scale, u95: joules * 0.031 },
        net_j: Some(Interval { value: joules * 0.8, u95: joules * 0.04 }),
        watts: Interval { value: 250.0, u95: 7.0 },
        idle_watts: vec![50.0, 51.0],
        repeats_j: vec![joules; 3],
        budget: BTreeMap::from([("gain".to_owned(), 0.01)]),
        warnings: vec![],
    };
    let meters = vec![meter("nvml gauge", Gauge::Gauge, 1.02), meter("nvml counter", Gauge::Counter, 1.0)];
    Record { energy: Energy { status: EnergyStatus::Measured, reason: None, fix: None, meters }, ..record }
}

/// Every kind of row: ok, unsupported, failed, skipped, unmeasured, measured, short, software, doubted.
pub(crate) fn records() -> Vec<Record> {
    let [gpu, cpu, soft] = &devices();
    let gemv = "matmul/gemv/f32/m=1,n=14336,k=4096/cold";
    let noisy =
        Warning { code: "noisy".to_owned(), text: "the median's noise is 2.1 %; close other programs".to_owned() };
    let mut doubted = ok(gemv, soft, 0.012);
    doubted.warnings.push(noisy);
    vec![
        ok("ceiling/read/f32/bytes=134217728/cold", gpu, 0.000_268_435_456),
        ok("ceiling/fma/f32/lanes=786432,iters=1024/hot", gpu, 0.000_161_061_273_6),
        ok("ceiling/launch/f32/n=1/hot", gpu, 4e-6),
        measured(ok(gemv, gpu, 0.0006), WindowKind::Published, 0.15),
        measured(ok("matmul/gemm/f16/m=512,n=512,k=512/hot", gpu, 12e-6), WindowKind::Short, 0.003),
        not_ok(
            ok("matmul/gemm/i8/m=512,n=512,k=512/hot", gpu, 1.0),
            Status::Unsupported,
            "no packed 8-bit dot product",
        ),
        not_ok(
            ok("attention/decode/bf16/batch=1,heads=32,kv_heads=8,d=128,kv=4096/cold", gpu, 1.0),
            Status::Failed,
            "verification failed: 1 of 4096 elements differ",
        ),
        ok("ceiling/read/f32/bytes=134217728/cold", cpu, 0.008_388_608),
        ok("ceiling/dot/i8/lanes=786432,iters=1024/hot", cpu, 0.006_442_450_944),
        ok("matmul/gemv/i8/m=1,n=4096,k=4096/cold", cpu, 0.0012),
        ok(gemv, cpu, 0.016),
        not_ok(
            ok("matmul/gemm/i8/m=512,n=512,k=512/hot", cpu, 1.0),
            Status::Skipped,
            "the time budget of the run was spent",
        ),
        doubted,
    ]
}

/// Place of the first record on a backend whose case id starts so.
pub(crate) fn position(records: &[Record], backend: &str, case: &str) -> usize {
    let found = records.iter().position(|r| r.device.backend == backend && r.case.id.starts_with(case));
    found.unwrap_or_else(|| panic!("no fixture {case} on {backend}"))
}
