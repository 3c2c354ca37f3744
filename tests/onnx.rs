//! The onnx backend end to end on real ONNX Runtimes, as ci/install-onnxruntime.sh installs them, and on files that are none.
//! A process loads one library: each test runs the binary with its own in `ORT_DYLIB_PATH`.
#![cfg(all(feature = "onnx", target_os = "linux"))]

mod support;

use std::path::{Path, PathBuf};

use support::{Bench, stdout};
use wattmark::{
    backend::DeviceFacts,
    kernel::Tuning,
    measure::TuneCache,
    record::{Record, Status},
};

/// A wheel's library; a note if it is not installed. Fails instead if `WATTMARK_REQUIRE` asks for it.
fn library(wheel: &str) -> Option<PathBuf> {
    let apart = std::env::var_os("WATTMARK_ONNX_PYPI").map(PathBuf::from);
    let apart = apart.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/onnxruntime"));
    let folder = std::path::absolute(apart.join(wheel).join("onnxruntime/capi")).unwrap();
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let found = files.into_iter().find(|path| path.to_string_lossy().contains("libonnxruntime.so."));
    let required = std::env::var("WATTMARK_REQUIRE").unwrap_or_default();
    assert!(found.is_some() || !required.split(',').any(|r| r.trim() == "onnx"), "no ONNX Runtime: {wheel}");
    if found.is_none() {
        println!("skipped: needs onnx (ci/install-onnxruntime.sh installs it)");
    }
    found
}

struct Runtime {
    bench: Bench,
    library: PathBuf,
}

impl Runtime {
    fn of(wheel: &str) -> Option<Runtime> {
        Some(Runtime { bench: Bench::with("Unused", ""), library: library(wheel)? })
    }

    fn named(library: PathBuf) -> Runtime {
        Runtime { bench: Bench::with("Unused", ""), library }
    }

    fn wattmark(&self, args: &[&str]) -> assert_cmd::Command {
        let mut command = self.bench.wattmark(args);
        command.env("ORT_DYLIB_PATH", &self.library).env("COLUMNS", "2000");
        command.timeout(std::time::Duration::from_secs(600));
        command
    }

    /// Records of a short run of cases on a device.
    fn run(&self, device: &str, more: &[&str]) -> Vec<Record> {
        let args = ["run", "--device", device, "--max-time", "0.02", "--energy", "off", "-q", "-o", "out.jsonl"];
        self.wattmark(&[&args[..], more].concat()).output().unwrap();
        self.bench.records()
    }
}

/// What the verification suite should come to, by case.
#[derive(Debug, PartialEq)]
enum Expected {
    Passes,
    /// The reason holds these words.
    Unsupported(&'static str),
    /// A known finding; see the backend's page.
    Wrong,
}

/// What holds for every provider.
fn of_onnx(record: &Record) -> Option<Expected> {
    let id = &record.case.id;
    if id.starts_with("ceiling/") {
        return Some(Expected::Unsupported("borrows the ceilings"));
    }
    if id.contains("/tf32/") || id.contains("/fp8/") {
        return Some(Expected::Unsupported("there is no ONNX graph"));
    }
    if id.contains("/w4a8") {
        return Some(Expected::Unsupported("by the largest / 127"));
    }
    id.contains("/kv8/").then_some(Expected::Unsupported("one scale for a whole 8-bit cache"))
}

/// Verifies the whole suite and compares every record with what is expected of it.
fn verify_all(runtime: &Runtime, device: &str, expected: impl Fn(&Record) -> Expected) {
    let records = runtime.run(device, &["--suite", "verify"]);
    assert!(records.len() > 100, "{} records", records.len());
    let mut wrong = Vec::new();
    for record in &records {
        let reason = record.reason.clone().unwrap_or_default();
        let verified = record.verification.as_ref();
        let found = match record.status {
            Status::Ok if verified.is_some_and(|v| v.passed && v.unwritten_or_nan == 0) => Expected::Passes,
            Status::Failed if verified.is_some_and(|v| !v.passed) => Expected::Wrong,
            Status::Unsupported => match of_onnx(record).unwrap_or_else(|| expected(record)) {
                Expected::Unsupported(words) if reason.contains(words) => Expected::Unsupported(words),
                _ => Expected::Unsupported("something else"),
            },
            _ => Expected::Unsupported("a failure"),
        };
        if found != of_onnx(record).unwrap_or_else(|| expected(record)) {
            wrong.push(format!("{}: {} {found:?}: {reason}", record.case.id, record.status.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn dtype(record: &Record) -> &str {
    record.case.id.split('/').nth(2).unwrap_or_default()
}

#[test]
fn the_cpu_provider_verifies_in_every_dtype_it_has() {
    let Some(runtime) = Runtime::of("cpu") else { return };
    verify_all(&runtime, "onnx:0", |_| Expected::Passes);
    let built = |prefix: &str| {
        let records = runtime.bench.records();
        let record = records.iter().find(|r| r.case.id.starts_with(prefix)).unwrap();
        record.build.clone().unwrap()
    };
    let bf16 = built("matmul/gemm/bf16/");
    assert!(bf16.implementation.contains("Gemm in f32"), "{bf16:?}");
    assert!(bf16.notes.iter().any(|note| note.contains("widens")), "{bf16:?}");
    assert!(built("matmul/gemv/w4a16g32/").notes.iter().any(|note| note.contains("constants")));
    assert!(built("attention/prefill/f32/").implementation.contains("GroupQueryAttention"));
}

#[test]
fn openvino_verifies_what_it_runs_whole_and_is_not_credited_with_the_rest() {
    let Some(runtime) = Runtime::of("openvino") else { return };
    verify_all(&runtime, "onnx:1", |record| {
        let group = if dtype(record) == "w4a16g128" { 128 } else { 32 };
        match dtype(record) {
            "bf16" => Expected::Unsupported("would fall back to the CPU"),
            "w4a16g32" | "w4a16g128" if record.case.shape["k"] % group != 0 && record.case.shape["k"] > 1 => {
                Expected::Wrong
            }
            _ => Expected::Passes,
        }
    });
    let records = runtime.bench.records();
    let decode = records.iter().find(|r| r.case.id.starts_with("attention/prefill/f32/")).unwrap();
    assert!(decode.build.as_ref().unwrap().implementation.contains("OpenVINO CPU: MatMul and Softmax"));
}

/// The record of a case in its form of that number.
fn in_form(runtime: &Runtime, device: &str, case: &str, form: u32) -> Record {
    let shown = stdout(&mut runtime.wattmark(&["devices", "--format", "jsonl"]));
    let rows = shown.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let row = rows.into_iter().find(|row| row["id"] == device).unwrap();
    let facts: DeviceFacts = serde_json::from_value(row).unwrap();
    let mut cache = TuneCache::default();
    cache.set(&facts, &case.parse().unwrap(), Tuning::from([("graph".to_owned(), form)]));
    cache.save(&runtime.bench.path("tune.json")).unwrap();
    let _ = std::fs::remove_file(runtime.bench.path("out.jsonl"));
    runtime.run(device, &["--case", case]).swap_remove(0)
}

#[test]
fn a_graph_that_falls_back_to_the_cpu_is_detected() {
    let Some(runtime) = Runtime::of("openvino") else { return };
    let case = "attention/decode/f32/batch=1,heads=4,kv_heads=2,d=64,kv=33/hot";
    // The second graph is GroupQueryAttention, which the CPU provider has and OpenVINO has not.
    let on_cpu = in_form(&runtime, "onnx:0", case, 1);
    assert_eq!(on_cpu.status, Status::Ok, "{:?}", on_cpu.reason);
    assert!(on_cpu.build.unwrap().implementation.contains("GroupQueryAttention"));
    let on_openvino = in_form(&runtime, "onnx:1", case, 1);
    assert_eq!(on_openvino.status, Status::Unsupported, "{:?}", on_openvino.reason);
    let reason = on_openvino.reason.unwrap();
    assert!(reason.contains("OpenVINO CPU does not run the whole graph"), "{reason}");
    assert!(reason.contains("fall back to the CPU") && on_openvino.time.is_none(), "{reason}");
}

#[test]
fn every_form_of_a_case_verifies_on_the_cpu() {
    let Some(runtime) = Runtime::of("cpu") else { return };
    for (case, forms) in [
        ("matmul/skinny/i8/m=5,n=77,k=131/hot", 2),
        ("matmul/gemm/f16/m=33,n=65,k=70/hot", 2),
        ("attention/decode/f32/batch=2,heads=4,kv_heads=2,d=80,kv=67/hot", 2),
        ("attention/decode/f16/batch=1,heads=3,kv_heads=1,d=40,kv=1/hot", 2),
        ("attention/prefill/f32/batch=2,heads=4,kv_heads=2,d=40,seq=33/hot", 2),
        ("attention/prefill/f16/batch=1,heads=3,kv_heads=1,d=40,seq=33/hot", 2),
    ] {
        let built: Vec<String> = (0..forms)
            .map(|form| {
                let record = in_form(&runtime, "onnx:0", case, form);
                assert_eq!(record.status, Status::Ok, "{case}: {:?}", record.reason);
                assert!(record.verification.unwrap().passed);
                record.build.unwrap().implementation
            })
            .collect();
        assert!(built.windows(2).all(|pair| pair[0] != pair[1]), "{built:?}");
    }
}

#[test]
fn cold_cases_rotate_among_sets_with_bound_and_with_constant_weights() {
    let Some(runtime) = Runtime::of("cpu") else { return };
    for dtype in ["f32", "w4a16g32"] {
        let case = format!("matmul/gemv/{dtype}/m=1,n=2048,k=2048/cold");
        let records = runtime.run("onnx:0", &["--case", &case]);
        let record = records.iter().find(|r| r.case.id == case).unwrap();
        assert_eq!(record.status, Status::Ok, "{:?}", record.reason);
        assert!(record.build.as_ref().unwrap().buffer_sets > 1);
        assert!(record.time.is_some());
    }
}

#[test]
fn devices_names_library_version_and_every_absent_provider() {
    for (wheel, version, present) in [("cpu", "1.31.1", 1), ("openvino", "1.24.1", 2)] {
        let Some(runtime) = Runtime::of(wheel) else { return };
        let shown = stdout(&mut runtime.wattmark(&["devices", "--format", "json"]));
        assert!(shown.matches("\"id\": \"onnx:").count() >= present, "{shown}");
        assert!(shown.contains(&format!("ONNX Runtime {version}")) && shown.contains("libonnxruntime.so."), "{shown}");
        let folder = runtime.library.parent().unwrap().to_string_lossy();
        assert!(!shown.contains(&*folder), "the library's folder is nobody's business: {shown}");
        for provider in ["QNN", "CoreML", "TensorRT", "CUDA", "MIGraphX", "ROCm", "VitisAI", "DirectML"] {
            assert!(shown.contains(&format!("ONNX Runtime's provider {provider}")), "{provider}: {shown}");
        }
    }
}

#[test]
fn files_that_are_no_usable_runtime_are_missing_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libonnxruntime.so");
    let other = if cfg!(target_arch = "aarch64") { (62u16, "built for x86_64") } else { (183, "built for aarch64") };
    let mut foreign = b"\x7fELF\x02\x01\x01".to_vec();
    foreign.resize(18, 0);
    foreign.extend(other.0.to_le_bytes());
    foreign.resize(64, 0);
    for (bytes, words) in [(&b"no library at all"[..], "does not load"), (&foreign, other.1)] {
        std::fs::write(&path, bytes).unwrap();
        refused(&path, words);
    }
    refused(&folder.path().join("absent.so"), "does not load");
}

#[test]
fn a_runtime_that_is_too_old_or_an_imposter_is_missing_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libonnxruntime.so");
    let old = "static const void *api(unsigned v) { (void)v; return 0; }
               static const char *version(void) { return \"1.10.0\"; }
               static const struct { const void *(*a)(unsigned); const char *(*v)(void); } base = { api, version };
               const void *OrtGetApiBase(void) { return &base; }";
    for (source, words) in [
        (old, "is ONNX Runtime 1.10.0, too old: 1.22 or later is needed"),
        ("const void *OrtGetApiBase(void) { return 0; }", "is no ONNX Runtime"),
        ("int other(void) { return 0; }", "is no ONNX Runtime"),
    ] {
        let c = folder.path().join("library.c");
        std::fs::write(&c, source).unwrap();
        let gcc = std::process::Command::new("gcc").args(["-shared", "-fPIC", "-o"]).arg(&path).arg(&c).status();
        if gcc.is_err() {
            let required = std::env::var("WATTMARK_REQUIRE").unwrap_or_default();
            assert!(!required.split(',').any(|r| r.trim() == "g++"), "no gcc");
            println!("skipped: needs gcc");
            return;
        }
        assert!(gcc.unwrap().success());
        refused(&path, words);
    }
}

/// `devices` says why a library will not do and what would, and lists no device of it; opening one is an error.
fn refused(path: &Path, words: &str) {
    let runtime = Runtime::named(path.to_owned());
    let shown = stdout(&mut runtime.wattmark(&["devices"]));
    assert!(shown.contains("missing ONNX Runtime: ORT_DYLIB_PATH=") && shown.contains(words), "{words}: {shown}");
    assert!(shown.contains("pip install onnxruntime") && !shown.contains("onnx:0"), "{shown}");
    runtime.wattmark(&["verify", "--device", "onnx:0"]).assert().code(3);
}
