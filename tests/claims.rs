//! Claims and the catalogue from the command line: what a user types and what comes back.

use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use tempfile::TempDir;

fn wattmark(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("wattmark").unwrap();
    command.args(args).env("NO_COLOR", "1").env("COLUMNS", "140").env("WATTMARK_DRAWS", "2000");
    command.timeout(std::time::Duration::from_secs(120));
    command
}

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_slice(&wattmark(args).output().unwrap().stdout).unwrap()
}

#[test]
fn the_catalogue_is_sound_and_can_be_seen() {
    wattmark(&["catalog", "check"]).assert().success().stdout(contains("48 claims, 41 devices, 12 models"));
    wattmark(&["catalog", "list", "devices"]).assert().success().stdout(contains("h200-sxm"));
    let shown = wattmark(&["catalog", "show", "h200-sxm"]).assert().success();
    shown.stdout(contains("bandwidth").and(contains("4800")).and(contains("no source")));
    wattmark(&["catalog", "show", "zero-mc-edge"]).assert().success().stdout(contains("edge_tok_s / charger").not());
    wattmark(&["catalog", "show", "h200", "--format", "json"])
        .assert()
        .code(2)
        .stderr(contains("did you mean `h200-sxm`?"));
    wattmark(&["catalog", "list", "cars"]).assert().code(2).stderr(contains("claims, devices"));
    let parts = json(&["catalog", "show", "h200-sxm", "--format", "json"]);
    let memory = parts.as_array().unwrap().iter().find(|p| p["name"] == "memory").unwrap();
    assert_eq!((memory["mode"].as_f64(), memory["unit"].as_str()), (Some(141.0), Some("GB/GPU")));
}

#[test]
fn claims_have_verdicts_with_their_basis() {
    wattmark(&["claims"]).assert().success().stdout(
        contains("ZERO-MC-EDGE").and(contains("likely refuted (prior)")).and(contains("numbers give 1,008 EOPS")),
    );
    let document = json(&["claims", "--format", "json"]);
    let claims = document["claims"].as_array().unwrap();
    assert_eq!(claims.len(), 48);
    let edge = claims.iter().find(|c| c["id"] == "ZERO-MC-EDGE").unwrap();
    assert_eq!(edge["verdict"], "refuted");
    assert!((edge["derived"]["edge_mc"]["value"].as_f64().unwrap() - 0.0741).abs() < 1e-3);
    assert_eq!(edge["derived"]["edge_mc"]["unit"], "USD/Mtok");
    assert_eq!(edge["basis"]["elec_home"], "unsourced");
    assert!(edge["probability"].as_f64().unwrap() > 0.9);
    assert!(edge["records"].as_array().unwrap().is_empty());
    assert!(document["findings"].as_array().unwrap().len() >= 24);
}

#[test]
fn all_contradictions_of_the_documents_are_recomputed() {
    let document: serde_json::Value = json(&["claims", "--findings", "--format", "json"]);
    let found = document.as_array().unwrap();
    let ids: Vec<&str> = found.iter().map(|f| f["id"].as_str().unwrap()).collect();
    for n in 1..=21 {
        assert!(ids.contains(&format!("I{n:02}").as_str()), "I{n:02}: {ids:?}");
    }
    for f in found {
        assert!(!f["where"].as_str().unwrap().is_empty() && !f["recomputed"].as_str().unwrap().is_empty(), "{f}");
        assert!(f["values"].as_array().unwrap().iter().all(|v| v["value"].is_f64()), "{f}");
    }
    let shown = wattmark(&["claims", "--findings", "i01", "units-hw3", "--format", "md"]).assert().success();
    shown.stdout(
        contains("| finding | sort | where |")
            .and(contains("| I01 | unit | seed001 L298"))
            .and(contains("hw3_ops = cars \\* hw3 = 1,008 EOPS"))
            .and(contains("| UNITS-HW3 | stated figure |"))
            .and(contains("| I02 |").not()),
    );
}

#[test]
fn one_claim_is_explained() {
    let explained = wattmark(&["claims", "own-at-duty", "--explain"]).assert().success();
    explained.stdout(
        contains("beat rented GPUs")
            .and(contains("own_h / duty_ratio"))
            .and(contains("break-even"))
            .and(contains("tornado"))
            .and(contains("dsinfra"))
            .and(contains("OWN-EVERY-TIME says refuted")),
    );
}

#[test]
fn an_input_can_be_set() {
    let value = |args: &[&str]| json(args)["claims"][0]["derived"]["edge_mc"]["value"].as_f64().unwrap();
    let before = value(&["claims", "ZERO-MC-EDGE", "--format", "json"]);
    let after = value(&["claims", "ZERO-MC-EDGE", "--set", "elec_home=0.346", "--format", "json"]);
    assert!((after / before - 2.0).abs() < 1e-9);
    let set = |text: &str| wattmark(&["claims", "--set", text]).assert().code(2).stdout("");
    set("elec_hom=1").stderr(contains("no input `elec_hom`, did you mean `elec_home`?"));
    set("elec_home=-1").stderr(contains("a price cannot be negative"));
    set("elec_home=1 W").stderr(contains("its unit is USD/kWh"));
    set("charger_eff=0").stderr(contains("division by zero"));
    wattmark(&["claims", "NOPE"]).assert().code(2).stderr(contains("nothing in the catalogue is called `NOPE`"));
    wattmark(&["claims", "--draws", "0"]).assert().code(2).stderr(contains("--draws 0"));
}

#[test]
fn a_bad_folder_prints_problems_and_no_verdict() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("claims")).unwrap();
    let path = folder.path().join("claims/mine.toml");
    std::fs::write(&path, "id = \"MINE\"\nquote = \"x\"\n\n[[inputs]]\nname = \"a\"\nlow = 2\nmode = 1\nhigh = 3\n")
        .unwrap();
    let folder_name = folder.path().to_str().unwrap();
    for command in [&["claims"][..], &["catalog", "check"]] {
        let mut args = command.to_vec();
        args.extend(["--catalog", folder_name]);
        wattmark(&args).assert().code(1).stdout("").stderr(
            contains("mine.toml:4: MINE.a: low 2, mode 1, high 3")
                .and(contains("MINE.a: the unit is missing"))
                .and(contains("source is missing"))
                .and(contains("quote_sha256 is missing: write quote_sha256 = \"2d711642")),
        );
    }
    wattmark(&["claims", "--catalog", "nowhere"]).assert().code(1).stderr(contains("no such folder"));
}
