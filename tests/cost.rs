//! Costs and their pictures from the command line: published answers, the same bits twice, errors that say what to do.

use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use serde_json::Value;
use tempfile::TempDir;

fn wattmark(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("wattmark").unwrap();
    command.args(args).env("NO_COLOR", "1").env("COLUMNS", "200").env("WATTMARK_DRAWS", "2000");
    command.timeout(std::time::Duration::from_secs(120));
    command
}

fn json(args: &[&str]) -> Value {
    let output = wattmark(&[args, &["--format", "json"]].concat()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

const OWN_RENT: [&str; 9] =
    ["cost", "--model", "llama-3.1-8b", "--device", "h100-sxm", "--own", "hyperscale-owner", "--rent", "renter-1y"];

const HYBRID: [&str; 13] = [
    "cost",
    "--model",
    "llama-3.2-3b",
    "--edge",
    "car-plugged-home@jetson-agx-orin-64",
    "--cloud",
    "renter-1y@h100-sxm",
    "--offload",
    "0.2",
    "--throughput",
    "edge=20,60,200",
    "--throughput",
    "cloud=2000,6000,20000",
];

#[test]
fn renting_gives_the_published_prices_of_a_million_tokens() {
    let cost = |rent: &str, tok_s: &str| {
        let rent = format!("rent={rent}");
        let found = json(&[
            "cost",
            "--device",
            "h100-sxm",
            "--rent",
            "renter-1y",
            "--throughput",
            tok_s,
            "--set",
            &rent,
            "--set",
            "bill_overhead=1",
            "--set",
            "duty=1",
        ]);
        number(&found["sides"][0]["cost"]["median"])
    };
    assert!((cost("1.30", "1000") - 0.3611).abs() < 5e-5);
    assert!((cost("2", "1850") - 0.30).abs() < 5e-4);
    assert!((cost("2", "1072") - 0.518).abs() < 5e-4);
}

#[test]
fn owning_gives_the_published_joules_and_electricity() {
    let own = ["cost", "--device", "h100-sxm", "--own", "hyperscale-owner", "--throughput", "1000"];
    let found = json(&[&own[..], &["--set", "it_power=1.73[kW/GPU]"]].concat());
    let derived = &found["sides"][0]["derived"];
    assert!((number(&derived["provisioned_j_per_tok"]["value"]) - 1.73).abs() < 1e-9);
    assert!((number(&derived["tok_s_per_mw"]["value"]) - 578_035.0).abs() < 0.5);
    let set =
        ["--set", "it_power=120 W/GPU", "--set", "pue=1", "--set", "electricity=80 USD/MWh", "--set", "own.duty=1"];
    let found = json(&[&own[..], &set].concat());
    let terms = found["sides"][0]["terms"].as_array().unwrap();
    let energy = terms.iter().find(|t| t["what"] == "energy").unwrap();
    assert!((number(&energy["value"]) - 0.00267).abs() < 5e-6, "{energy}");
}

#[test]
fn own_against_rent_says_who_is_cheaper_where_and_on_whose_word() {
    let shown = wattmark(&OWN_RENT).assert().success();
    shown.stdout(
        contains("own / rent")
            .and(contains("break-even of each role"))
            .and(contains("own.duty = rent.duty"))
            .and(contains("none in range"))
            .and(contains("capital of the accelerator"))
            .and(contains("prior of ZERO-MC-INFER").not())
            .and(contains("unsourced [1]"))
            .and(contains("corners are not equally likely"))
            .and(contains("published all-in cost 1.17 USD/GPU-h")),
    );
    let explained = wattmark(&[&OWN_RENT[..], &["--explain", "--format", "md"]].concat()).assert().success();
    explained.stdout(
        contains("prior of ZERO-MC-INFER")
            .and(contains(r"1370 \[W/GPU\] \* 1.15 \* 0.08 \[USD/kWh\]"))
            .and(contains("no share of server and network added")),
    );
    let found = json(&OWN_RENT);
    let (own, rent) = (&found["sides"][0], &found["sides"][1]);
    assert_eq!((own["side"].as_str(), rent["side"].as_str()), (Some("own"), Some("rent")));
    assert_eq!(own["inputs"]["duty"]["basis"], "unsourced");
    assert_eq!(rent["inputs"]["duty"]["basis"], "default");
    assert_eq!(own["inputs"]["tok_s"]["source"], "mlenergy");
    let pair = &found["pairs"][0];
    let turn = pair["break_evens"].as_array().unwrap().iter().find(|t| t["role"] == "own.duty").unwrap();
    let hour = |side: &Value| number(&side["derived"]["per_hour"]["value"]);
    assert!((number(&turn["value"]) - hour(own) / hour(rent)).abs() < 1e-9);
    assert_eq!(turn["cheaper_above"], "own");
    assert!((0.0..=1.0).contains(&number(&pair["p_first_cheaper"])));
}

#[test]
fn a_hybrid_stands_beside_both_of_its_sides() {
    let found = json(&HYBRID);
    let cost = |at: usize| number(&found["sides"][at]["cost"]["value"]);
    assert_eq!(found["sides"][2]["side"], "hybrid");
    assert!((cost(2) / (cost(0) + 0.2 * cost(1)) - 1.0).abs() < 1e-12);
    let pairs = found["pairs"].as_array().unwrap();
    let names: Vec<_> = pairs.iter().map(|p| (p["first"].as_str().unwrap(), p["second"].as_str().unwrap())).collect();
    assert_eq!(names, [("edge", "cloud"), ("hybrid", "cloud")]);
    let turns = pairs[1]["break_evens"].as_array().unwrap();
    assert!(turns.iter().any(|t| t["role"] == "hybrid.offload"));
    for role in ["edge.electricity", "edge.compensation", "edge.awake_power"] {
        assert!(turns.iter().any(|t| t["role"] == role), "{role}");
    }
}

#[test]
fn a_list_price_is_a_cross_check() {
    let found = json(&["cost", "--model", "llama-3.1-8b", "--api", "--rent", "renter-1y@h100-sxm"]);
    assert_eq!(found["sides"][1]["side"], "api");
    assert!((number(&found["sides"][1]["cost"]["value"]) - 0.08).abs() < 1e-12);
}

#[test]
fn the_same_seed_gives_the_same_bytes_in_every_format() {
    for format in ["table", "md", "json", "jsonl", "csv"] {
        let run = |seed: &str| {
            let args = [&OWN_RENT[..], &["--format", format, "--seed", seed]].concat();
            wattmark(&args).output().unwrap().stdout
        };
        assert_eq!(run("7"), run("7"), "{format}");
        assert_ne!(run("7"), run("8"), "{format}");
    }
    let lines = wattmark(&[&OWN_RENT[..], &["--format", "csv"]].concat()).output().unwrap().stdout;
    let lines = String::from_utf8(lines).unwrap();
    assert!(lines.starts_with("kind,of,name,value,median,low,high,unit,basis,source\n"));
    assert!(lines.contains("break_even,own / rent,own.duty,"));
}

#[test]
fn what_cannot_be_priced_says_what_to_do_and_prints_nothing() {
    let bad = |args: &[&str], says: &str| {
        let args = [&["cost"], args].concat();
        wattmark(&args).assert().code(2).stdout("").stderr(contains(says));
    };
    let own = ["--own", "hyperscale-owner@h100-sxm", "--throughput", "1000"];
    let with = |more: &[&'static str]| [&own[..], more].concat();
    bad(&[], "nothing to price: give --own");
    bad(&["--own", "hyperscale-owner"], "Write hyperscale-owner@DEVICE or give --device");
    bad(&["--own", "renter-1y@h100-sxm", "--throughput", "1"], "renter-1y is rented, and owned is asked for");
    bad(&["--cloud", "car-plugged-home@h100-sxm", "--throughput", "1"], "is edge, and rented is asked for");
    bad(&["--own", "hyperscale@h100-sxm", "--throughput", "1"], "no scenario `hyperscale`");
    bad(&["--own", "hyperscale-owner@h100", "--throughput", "1"], "did you mean `h100-sxm`?");
    bad(&["--own", "hyperscale-owner@tpu-v6e", "--throughput", "1"], "tpu-v6e has no price (not sold)");
    bad(&["--own", "hyperscale-owner@h100-sxm"], "how fast is own? Give --model or --throughput");
    bad(&["--own", "hyperscale-owner@h100-sxm", "--model", "grok-1"], "no throughput of grok-1 on h100-sxm");
    bad(&["--rent", "renter-1y@rpi5", "--throughput", "1"], "catalog/scenarios/rent.toml:");
    bad(&["--api", "--model", "grok-1"], "role `api`");
    bad(&with(&["--set", "electricity=-1"]), "a price cannot be negative");
    bad(&with(&["--set", "electricity=1 W"]), "its unit is USD/kWh");
    bad(&with(&["--set", "electricity=cheap"]), "`cheap` is not a number; its unit is USD/kWh");
    bad(&with(&["--set", "electicity=1"]), "did you mean `electricity`?");
    bad(&with(&["--set", "elec_home=1"]), "no role or input `elec_home` in what is priced");
    bad(&with(&["--set", "rent.rent=1"]), "no role or input `rent.rent`");
    bad(&with(&["--set", "electricity"]), "write NAME=VALUE");
    bad(&with(&["--set", "duty=0"]), "division by zero");
    bad(&with(&["--throughput", "10,5,20"]), "low <= mode <= high");
    bad(&with(&["--throughput", "fast"]), "write a number, or low,mode,high");
    bad(&with(&["--throughput", "0"]), "a throughput is above 0");
    bad(&with(&["--throughput", "nan"]), "write finite numbers");
    bad(&with(&["--throughput", "edge=5"]), "no side `edge` is asked for");
    bad(&with(&["--draws", "0"]), "--draws 0");
    bad(&[&HYBRID[1..], &["--offload", "1.5"]].concat(), "a share is from 0 to 1");
    bad(&[&HYBRID[1..], &["--set", "overhead=-1"]].concat(), "cannot be negative");
}

#[test]
fn a_broken_formula_or_price_in_a_folder_is_named_by_line() {
    let folder = TempDir::new().unwrap();
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put(
        "costs/rent.toml",
        "id = \"rent\"\noutput = \"per_mtok\"\n\n[[roles]]\nname = \"rent\"\nunit = \"USD/GPU-h\"\nrange = [2, 1]\n\n\
         [[roles]]\nname = \"tok_s\"\n\n[[derived]]\nname = \"per_mtok\"\nformula = \"rent / (tok_s\"\nunit = \"USD/Mtok\"\n",
    );
    put(
        "scenarios/mine.toml",
        "[[input]]\nid = \"my_rent\"\nlow = -2\nmode = 1\nhigh = 0.5\nunit = \"USD/GPU-h\"\nsource = \"nobody\"\n\
         confidence = \"low\"\nrole = \"rent\"\n",
    );
    let name = folder.path().to_str().unwrap();
    let shown = wattmark(&["cost", "--rent", "renter-1y@h100-sxm", "--throughput", "1", "--catalog", name]).assert();
    shown.code(1).stdout("").stderr(
        contains("rent.toml:7: rent.rent: range: write two numbers")
            .and(contains("rent.toml:9: rent.tok_s: the unit is missing"))
            .and(contains("rent.toml:14: rent.per_mtok"))
            .and(contains("mine.toml:1: my_rent: low -2, mode 1, high 0.5"))
            .and(contains("no source `nobody`"))
            .and(contains("a price cannot be negative")),
    );
}

#[test]
fn pictures_are_written_and_the_same_twice() {
    let draw = |args: &[&str]| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("plots").to_str().unwrap().to_owned();
        wattmark(&[args, &["--plot", &path, "--draws", "500"]].concat()).assert().success();
        let mut files: Vec<(String, String)> = std::fs::read_dir(&path)
            .unwrap()
            .map(|e| e.unwrap())
            .map(|e| (e.file_name().into_string().unwrap(), std::fs::read_to_string(e.path()).unwrap()))
            .collect();
        files.sort();
        files
    };
    let first = draw(&HYBRID);
    assert_eq!(first, draw(&HYBRID));
    let names: Vec<&str> = first.iter().map(|f| f.0.as_str()).collect();
    for name in [
        "edge-cloud-over-edge-awake_power.svg",
        "edge-cloud-over-edge-electricity.svg",
        "hybrid-cloud-over-hybrid-offload.svg",
        "edge-cloud-tornado.svg",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert!(draw(&OWN_RENT).iter().any(|f| f.0 == "own-rent-over-own-duty.svg" && f.1.contains("break-even")));
    for (name, svg) in first.iter().chain(&draw(&["claims", "OWN-AT-DUTY"])) {
        assert!(svg.contains("<title>") && svg.contains("<desc>") && !svg.contains("NaN"), "{name}");
    }
}
