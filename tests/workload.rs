//! Workloads and records into verdicts, from the command line: what a user types and what comes back.

use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use tempfile::TempDir;

fn wattmark(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("wattmark").unwrap();
    command.args(args).env("NO_COLOR", "1").env("COLUMNS", "160").env("WATTMARK_DRAWS", "500");
    command.timeout(std::time::Duration::from_secs(120));
    command
}

const H100: [&str; 10] =
    ["workload", "llama-3.1-8b", "--device", "h100-sxm", "--batch", "64", "--context", "8192", "--dtype", "bf16"];

#[test]
fn without_records_there_are_bounds_and_they_are_called_so() {
    wattmark(&H100).assert().success().stdout(
        contains("decode: at most")
            .and(contains("published 100 %"))
            .and(contains("does not fit"))
            .and(contains("h100-sxm.bandwidth (hf_hw)"))
            .and(contains("energy: unmeasured"))
            .and(contains("not counted: norms")),
    );
    let mut args = H100.to_vec();
    args.extend(["--format", "json"]);
    let output = wattmark(&args).output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // 15.01 GB of weights that are multiplied and 64 x 8192 x 128 KiB of cache, at 3.35 TB/s.
    let (weights, cache) = (15.009_316_864e9, 64.0 * 8192.0 * 131_072.0);
    let bound = 64.0 / ((weights + cache) / 3.35e12);
    assert!((found["bound_tokens_per_s"].as_f64().unwrap() / bound - 1.0).abs() < 1e-6, "{found:#}");
    assert!(found["tokens_per_s"]["value"].as_f64().unwrap() <= bound);
    assert_eq!(found["decode"]["is_bound"], true);
    assert_eq!(found["basis"], "published");
    assert!(found["joules_per_token"].is_null() && found["decode"]["seconds"]["high"].is_null());
    let cases = found["decode"]["cases"].as_array().unwrap();
    assert_eq!(cases[0]["case"], "matmul/skinny/bf16/m=64,n=4096,k=4096/cold");
    assert_eq!(cases[0]["count"], 64.0);
    args[11] = "csv";
    wattmark(&args).assert().success().stdout(contains("phase,case,role,launches,time [s]").and(contains("decode,")));
    args[11] = "md";
    wattmark(&args).assert().success().stdout(contains("| case | role |"));
}

#[test]
fn a_smaller_format_is_faster_and_several_devices_share() {
    let speed = |more: &[&str]| -> f64 {
        let mut args = vec!["workload", "llama-3.1-70b", "--device", "jetson-thor-t5000", "--format", "json"];
        args.extend(more);
        let found: serde_json::Value = serde_json::from_slice(&wattmark(&args).output().unwrap().stdout).unwrap();
        found["tokens_per_s"]["value"].as_f64().unwrap()
    };
    let (wide, narrow) = (speed(&[]), speed(&["--dtype", "int4"]));
    assert!(narrow > 3.0 * wide, "{narrow} {wide}");
    assert!(speed(&["--devices", "2"]) > 1.8 * wide);
    assert!(speed(&["--kv-dtype", "i8", "--context", "131072"]) > speed(&["--context", "131072"]));
}

#[test]
fn a_workload_can_be_made_a_suite() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mine.toml");
    let path = path.to_str().unwrap();
    let args = ["workload", "llama-3.2-1b", "--device", "h100-sxm", "--dtype", "f32", "--as-suite", path];
    wattmark(&args).assert().success().stdout("").stderr(contains("wattmark run --suite"));
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("ceiling/read") && text.contains("n = 128256"), "{text}");
}

#[test]
fn bad_requests_say_what_would_be_good() {
    let bad = |args: &[&str]| wattmark(args).assert().code(2).stdout("");
    bad(&["workload", "llama", "--device", "h100-sxm"]).stderr(contains("no model `llama`: known are"));
    bad(&["workload", "llama-3.1-8b", "--device", "h100-sx"]).stderr(contains("did you mean `h100-sxm`?"));
    bad(&["workload", "llama-3.1-8b", "--device", "h100-sxm", "--dtype", "q4"]).stderr(contains("w4a16"));
    bad(&["workload", "llama-3.1-8b", "--device", "h100-sxm", "--batch", "0"]).stderr(contains("batch is 0"));
    bad(&["workload", "llama-3.1-8b", "--device", "h100-sxm", "--devices", "7"]).stderr(contains("does not split"));
    bad(&["workload", "llama-3.1-8b", "--device", "h100-sxm", "--reserve", "1.5"]).stderr(contains("--reserve 1.5"));
    bad(&["workload", "llama-3.1-8b", "--device", "h100-sxm", "--track", "fast"]).stderr(contains("no track `fast`"));
    let unknown = wattmark(&["workload", "llama-3.1-8b", "--device", "host-cpu"]).assert().code(1).stdout("");
    unknown.stderr(contains("no read bandwidth is known of the device: run `wattmark run"));
}

#[test]
fn records_that_are_none_give_no_verdict() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("later.jsonl");
    std::fs::write(&path, "{\"schema\":\"wattmark.record/9\"}\nnot json\n").unwrap();
    let path = path.to_str().unwrap();
    let workload = ["workload", "llama-3.1-8b", "--device", "h100-sxm", "--records", path];
    for args in [&["claims", "--records", path][..], &workload] {
        wattmark(args).assert().code(1).stdout("").stderr(
            contains("later.jsonl:1: schema `wattmark.record/9`")
                .and(contains("later.jsonl:2: no record"))
                .and(contains("leave their files out")),
        );
    }
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let empty = empty.to_str().unwrap();
    wattmark(&["claims", "--records", empty]).assert().code(1).stdout("").stderr(contains("no record in"));
    wattmark(&["claims", "--records", "nowhere.jsonl"]).assert().code(1).stdout("").stderr(contains("nowhere.jsonl"));
}
