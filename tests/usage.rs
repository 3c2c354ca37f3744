//! Bad requests and bad files: the message names the thing and the way out, with the right exit code.

mod support;

use predicates::{prelude::*, str::contains};
use support::Bench;

fn bench() -> Bench {
    Bench::with("Steady", "")
}

#[test]
fn unknown_names_exit_2_and_list_what_is_known() {
    let bench = bench();
    let run = |args: &[&str]| bench.run(args).assert().code(2);
    run(&["--suite", "nope"]).stderr(contains("no suite `nope`").and(contains("quick")));
    run(&["--dtype", "f13"]).stderr(contains("unknown dtype `f13`").and(contains("f32")));
    run(&["--case", "matmul/nope"]).stderr(contains("no case of suite"));
    run(&["--case", "matmul/gemm", "--shape", "q=3"]).stderr(contains("unknown axis `q`").and(contains("m, n, k")));
    run(&["--case", "matmul/gemm", "--shape", "m=0"]).stderr(contains("axis `m` is 0"));
    run(&["--case", "matmul/gemv", "--shape", "m=5"]).stderr(contains("gemv has one row"));
    run(&["--case", "attention/decode", "--shape", "heads=6,kv_heads=4"]).stderr(contains("does not divide"));
    run(&["--shape", "m=1..9"]).stderr(contains("has no step"));
    run(&["--cache", "lukewarm"]).stderr(contains("cold, hot"));
    run(&["--format", "xml"]).stderr(contains("xml").and(contains("jsonl")));
    run(&["--max-time", "0"]).stderr(contains("--max-time"));
    run(&["--watchdog=-1"]).stderr(contains("--watchdog"));
}

#[test]
fn unknown_devices_exit_3_and_say_what_is_missing() {
    let bench = bench();
    bench
        .wattmark(&["run", "--device", "tpu:0"])
        .assert()
        .code(3)
        .stderr(contains("no device `tpu:0`").and(contains("wattmark devices")));
}

#[test]
fn shapes_beyond_memory_are_a_failure_with_numbers() {
    let bench = bench();
    let huge = ["--case", "matmul/gemm/f32", "--shape", "m=1000000,n=1000000,k=1000000"];
    bench
        .wattmark(&[&["run", "--device", "cpu", "--energy", "off", "-o", "out.jsonl"], &huge[..]].concat())
        .assert()
        .code(1);
    let record = &bench.records()[0];
    let reason = record.reason.as_ref().unwrap();
    assert!(reason.contains("memory") && reason.contains("MiB"), "{reason}");
}

#[test]
fn bad_record_files_are_named_by_line() {
    let bench = bench();
    bench.run(&["--case", "matmul/gemv/f32", "--shape", "n=64,k=64"]).assert().success();
    let good = std::fs::read_to_string(bench.path("out.jsonl")).unwrap();
    let mut bytes = good.clone().into_bytes();
    bytes.extend(b"{\"schema\":\"wattmark.record/9\"}\n\xff\xfe\nnot json\n");
    bytes.extend(good.as_bytes()[..good.len() / 2].to_vec());
    std::fs::write(bench.path("bad.jsonl"), bytes).unwrap();
    bench.wattmark(&["validate", "bad.jsonl"]).assert().code(1).stdout(
        contains("bad.jsonl:2: schema `wattmark.record/9`")
            .and(contains("bad.jsonl:3: not UTF-8"))
            .and(contains("bad.jsonl:4: no record"))
            .and(contains("cut short"))
            .and(contains("1 valid records, 4 problems")),
    );
    bench.wattmark(&["compare", "bad.jsonl", "out.jsonl"]).assert().code(1).stdout(contains("same"));
    bench.wattmark(&["compare", "absent.jsonl", "out.jsonl"]).assert().code(1).stderr(contains("absent.jsonl"));
}

#[test]
fn impossible_values_are_no_records() {
    let bench = bench();
    bench.run(&["--case", "matmul/gemv/f32", "--shape", "n=64,k=64"]).assert().success();
    let mut record: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(bench.path("out.jsonl")).unwrap()).unwrap();
    record["time"]["samples_s"][0] = (-1.0).into();
    std::fs::write(bench.path("negative.jsonl"), format!("{record}\n")).unwrap();
    bench.wattmark(&["validate", "negative.jsonl"]).assert().code(1).stdout(contains("samples_s"));
    record["time"]["samples_s"][0] = 1.0.into();
    record["verification"]["passed"] = false.into();
    std::fs::write(bench.path("unverified.jsonl"), format!("{record}\n")).unwrap();
    bench
        .wattmark(&["validate", "unverified.jsonl"])
        .assert()
        .code(1)
        .stdout(contains("unverified case has no throughput"));
}

#[test]
fn a_reader_that_hangs_up_is_no_error() {
    let bench = bench();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_wattmark"))
        .args(["schema"])
        .current_dir(bench.folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_tune_cache_that_is_damaged_or_foreign_is_a_note() {
    let bench = bench();
    std::fs::write(bench.path("tune.json"), "{ not json").unwrap();
    let case = ["--case", "matmul/gemv/f32", "--shape", "n=64,k=64"];
    bench.run(&case).assert().success().stderr(contains("tune cache").and(contains("damaged")));
    std::fs::write(bench.path("tune.json"), r#"{"wattmark":"0.0.0","devices":{}}"#).unwrap();
    bench.run(&case).assert().success();
}

#[test]
fn explain_knows_words_and_cases_and_suggests() {
    let bench = bench();
    for term in ["gflop_per_joule", "unmeasured", "unclear", "noisy", "matmul/gemv/f32/m=1,n=4096,k=4096/cold"] {
        bench.wattmark(&["explain", term]).assert().success().stdout(predicate::str::is_empty().not());
    }
    bench.wattmark(&["explain", "unmesured"]).assert().code(2).stderr(contains("unmeasured"));
}

#[test]
fn the_published_schema_is_the_generated_one_and_accepts_what_runs_write() {
    let bench = bench();
    let printed = support::stdout(&mut bench.wattmark(&["schema"]));
    let published =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/results/record.schema.json")).unwrap();
    assert_eq!(printed, published, "run `wattmark schema > results/record.schema.json`");
    bench.run(&["--case", "matmul/gemv", "--shape", "n=64,k=64"]).assert().success();
    let schema: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for line in std::fs::read_to_string(bench.path("out.jsonl")).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let errors: Vec<_> = validator.iter_errors(&record).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn every_format_comes_out_of_every_listing() {
    let bench = bench();
    bench.run(&["--case", "matmul/gemv/f32", "--shape", "n=64,k=64"]).assert().success();
    for format in ["table", "md", "json", "jsonl", "csv"] {
        let listings: [&[&str]; 4] = [
            &["devices", "--format", format],
            &["verify", "--device", "mock", "--case", "matmul/gemv/f32", "-q", "--format", format],
            &["compare", "out.jsonl", "out.jsonl", "--format", format],
            &["report", "out.jsonl", "--format", format],
        ];
        for args in listings {
            bench.wattmark(args).assert().success().stdout(predicate::str::is_empty().not());
        }
        bench.wattmark(&["report", "out.jsonl", "--format", format, "-o", "shown"]).assert().success();
        assert!(bench.path("shown").exists());
    }
}

#[test]
fn kernels_can_be_read_without_a_device() {
    let bench = bench();
    let shown = bench.wattmark(&["kernel", "show", "matmul/gemm/f16/m=64,n=64,k=64"]).assert().success();
    shown.stdout(contains("@compute").and(contains("unpack2x16float")));
    bench.wattmark(&["kernel", "show", "matmul/nope/f16/m=64"]).assert().code(2);
}

#[test]
fn wgsl2cuda_translates_our_kernels_and_names_what_it_cannot() {
    let bench = bench();
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/kernels/matmul/staged.wgsl");
    let tiled = ["wgsl2cuda", ours, "--dtype", "f16", "--const", "TILE_M=4", "--policy", "timed"];
    bench
        .wattmark(&tiled)
        .assert()
        .success()
        .stdout(contains("extern \"C\" __global__").and(contains("TILE_M = 4u;")).and(contains("TILE_N = 8u;")));
    let texture = "@group(0) @binding(0) var<storage, read_write> x: array<f32>;\n@group(0) @binding(1) \
        var t: texture_1d<f32>;\n@compute @workgroup_size(W) fn main() { x[0] = textureLoad(t, 0, 0).x; }\n";
    std::fs::write(bench.path("t.wgsl"), texture).unwrap();
    let path = bench.path("t.wgsl").display().to_string();
    let run = |more: &[&str]| bench.wattmark(&[&["wgsl2cuda", &path], more].concat()).assert();
    run(&["--const", "W=1"]).code(1).stderr(contains("t.wgsl: 2:23: a texture cannot be translated to CUDA"));
    run(&[]).code(1).stderr(contains("not WGSL").and(contains("W")));
    run(&["--const", "W"]).code(2).stderr(contains("NAME=VALUE"));
    run(&["--policy", "loose"]).code(2).stderr(contains("strict, timed"));
}
