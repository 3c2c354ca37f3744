//! The catalogue as it is, and every bad file.

use super::{
    build::build,
    embedded::{self, File},
    *,
};

/// The embedded catalogue with one more or one other file.
fn with(path: &str, text: &str) -> Result<Catalog, Problems> {
    let mut files = embedded::files();
    files.insert((1, path.to_owned()), File { shown: format!("mine/{path}"), text: text.to_owned() });
    build(&files, vec![])
}

/// Every problem of a catalogue with one bad file, as a user sees them.
fn problems(path: &str, text: &str) -> String {
    with(path, text).expect_err("the file is bad").to_string()
}

const CLAIM: &str = r#"id = "MINE"
rank = 99
topic = "mine"
testable = "arithmetic"
quote = "dear"
quote_sha256 = "f6d7ac2ad3bd70fca71eb8bf5a0a22a0ab1a7ed2a7ad8aee6b22ba0f3d2a6e57"
seed = "mine.txt"
seed_line = 1

[[inputs]]
name = "price"
low = 1
mode = 2
high = 3
unit = "USD/GPU-h"
source = "ix26"
confidence = "low"
kind = "assumption"

[[derived]]
name = "daily"
formula = "price * 24 [h/day]"
unit = "USD/GPU-day"

[[rules]]
when = "daily > 30 [USD/GPU-day]"
verdict = "supported"

[[rules]]
verdict = "refuted"
"#;

/// The claim with the right hash and one line changed.
fn claim(from: &str, to: &str) -> String {
    let hash = crate::digest::sha256_hex("dear");
    let sound = CLAIM.replace("f6d7ac2ad3bd70fca71eb8bf5a0a22a0ab1a7ed2a7ad8aee6b22ba0f3d2a6e57", &hash);
    let sound = sound.replace("price * 24 [h/day]", "price").replace("30 [USD/GPU-day]", "48 [USD/GPU-day]");
    assert!(sound.contains(from), "{from}");
    sound.replacen(from, to, 1)
}

#[test]
fn the_embedded_catalogue_is_sound() {
    let catalog = Catalog::load(&[]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(catalog.claims.len(), 48);
    assert_eq!(catalog.devices.len(), 41);
    assert_eq!(catalog.models.len(), 12);
    assert_eq!(catalog.scenarios.len(), 10);
    assert!(catalog.inputs.len() >= 67);
    assert_eq!(catalog.sources.len(), 105);
    let pairs: Vec<_> = catalog.claims.iter().filter(|c| c.pair_of.is_some()).map(|c| c.id.as_str()).collect();
    assert_eq!(pairs, ["OWN-EVERY-TIME", "OWN-AT-DUTY", "MARGIN-50", "MARGIN-50-CHIP"]);
}

#[test]
fn parameters_follow_from_shapes() {
    let catalog = Catalog::load(&[]).unwrap();
    for (id, total, kv) in [
        ("llama-3.2-1b", 1.24, 32_768),
        ("llama-3.2-3b", 3.21, 114_688),
        ("llama-3.1-8b", 8.03, 131_072),
        ("llama-3.1-70b", 70.55, 327_680),
        ("llama-3.1-405b", 405.85, 516_096),
        ("qwen2.5-7b", 7.62, 57_344),
        ("qwen3-30b-a3b", 30.5, 98_304),
        ("mixtral-8x7b", 46.7, 131_072),
        ("deepseek-v3", 671.0, 70_272),
        ("gpt-oss-20b", 20.9, 49_152),
        ("gpt-oss-120b", 116.8, 73_728),
        ("grok-1", 315.68, 262_144),
    ] {
        let shape = &catalog.models[id].shape;
        let counted = shape.parameters() as f64 / 1e9;
        assert!((counted / total - 1.0).abs() < 0.005, "{id}: {counted}");
        assert_eq!(shape.kv_elements() * 2, kv, "{id}");
    }
    let active = |id: &str| catalog.models[id].shape.active_parameters() as f64 / 1e9;
    assert!((active("deepseek-v3") - 37.55).abs() < 0.05, "{}", active("deepseek-v3"));
    assert!((active("mixtral-8x7b") - 12.88).abs() < 0.05);
}

#[test]
fn a_users_own_claim_needs_no_rust() {
    let catalog = with("claims/mine.toml", &claim("rank = 99", "rank = 99")).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(catalog.claims.len(), 49);
    // The names of the first drafts are understood, and all on one line.
    let short = claim("low = 1\nmode = 2\nhigh = 3", "value = 2\nlow = 1\nhigh = 3").replace("formula", "expr");
    assert!(with("claims/mine.toml", &short).is_ok());
    // An entry of the same id takes the embedded one's place, whatever the file is called.
    let other = claim("\"MINE\"", "\"IDLE-95\"");
    let catalog = with("claims/zzz.toml", &other).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(catalog.claims.len(), 48);
    assert_eq!(catalog.claim("idle-95").unwrap().quote.text, "dear");
}

#[test]
fn bad_claims_are_told_with_file_line_name_and_fix() {
    for (from, to, line, says) in [
        ("low = 1", "low = -1", 10, "MINE.price: low is -1 USD/GPU-h: a price cannot be negative; raise it"),
        ("low = 1", "low = 5", 10, "low 5, mode 2, high 3: write finite numbers with low <= mode <= high"),
        ("low = 1\n", "", 10, "low is missing"),
        ("unit = \"USD/GPU-h\"\n", "", 10, "the unit is missing"),
        ("\"USD/GPU-h\"", "\"dollars\"", 15, "unknown unit `dollars`"),
        ("\"USD/GPU-h\"", "\"Peta-TOPS\"", 15, "two prefixes"),
        ("source = \"ix26\"\n", "", 10, "source is missing: write source"),
        ("\"ix26\"", "\"hearsay\"", 16, "no source `hearsay` in sources.toml"),
        ("confidence = \"low\"\n", "", 10, "confidence is missing: write high, medium or low"),
        ("kind = \"assumption\"", "kind = \"guess\"", 10, "kind is \"guess\": write one of seed"),
        ("kind = \"assumption\"", "kind = \"measured\"", 10, "needs measured_by"),
        ("name = \"price\"", "name = \"and\"", 10, "no word of formulas"),
        ("formula = \"price\"", "formula = \"price +\"", 22, "is due here"),
        ("formula = \"price\"", "formula = \"prize\"", 22, "unknown name `prize`, did you mean `price`?"),
        ("formula = \"price\"", "formula = \"price + 3 [W]\"", 22, "cannot add USD/GPU-h and W"),
        ("formula = \"price\"", "formula = \"price * price / (price - price)\"", 22, "division by a possible zero"),
        ("formula = \"price\"", "formula = \"daily + price\"", 22, "uses itself: MINE.daily -> MINE.daily"),
        ("\"USD/GPU-day\"", "\"W\"", 22, "the formula gives USD/GPU-s, and the declared unit is W"),
        ("48 [USD/GPU-day]", "48", 26, "cannot compare USD/GPU-day and 1"),
        ("daily > 48 [USD/GPU-day]", "daily >", 26, "rule 1: a number, a name or `(` is due here"),
        ("daily > 48 [USD/GPU-day]", "dayly > 48 [USD/GPU-day]", 26, "rule 1: unknown name `dayly`"),
        ("daily > 48 [USD/GPU-day]", "daily", 26, "a comparison is due"),
        ("verdict = \"supported\"", "verdict = \"maybe\"", 25, "no verdict \"maybe\""),
        ("verdict = \"supported\"", "verdict = \"untestable-here\"", 25, "write untestable"),
        ("verdict = \"supported\"", "verdict = \"refuted\"", 26, "cannot fail"),
        ("when = \"daily > 48 [USD/GPU-day]\"\n", "", 25, "only the last may lack it"),
        ("quote = \"dear\"", "quote = \"cheap\"", 5, "restore the exact words"),
        ("rank = 99", "rank = 99\nwhat = 1", 3, "unknown field `what`"),
        ("rank = 99", "rank = ", 2, ""),
        ("kind = \"assumption\"", "kind = \"assumption\"\nshared = \"own_h100\"", 10, "one draw has one range"),
        ("kind = \"assumption\"", "kind = \"assumption\"\nboundary = \"moon\"", 19, "unknown boundary `moon`"),
    ] {
        let text = problems("claims/mine.toml", &claim(from, to));
        assert!(text.contains(says), "{to}: {text}");
        let place = format!("mine/claims/mine.toml:{line}: ");
        assert!(text.contains(&place), "{to}: {place} in {text}");
    }
}

#[test]
fn many_problems_are_told_at_once() {
    let text = claim("\"USD/GPU-h\"", "\"dollars\"").replace("confidence = \"low\"", "confidence = \"none\"");
    let text = problems("claims/mine.toml", &text.replace("\"supported\"", "\"maybe\""));
    for says in ["unknown unit `dollars`", "confidence is \"none\"", "no verdict \"maybe\"", "problems\n"] {
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[test]
fn a_number_drawn_by_another_claim_must_exist_and_agree() {
    let from = |target: &str, unit: &str| {
        claim(
            "[[derived]]",
            &format!("[[inputs]]\nname = \"theirs\"\nfrom = \"{target}\"\nunit = \"{unit}\"\n\n[[derived]]"),
        )
        .replace("formula = \"price\"", "formula = \"price + theirs * 0 [tok/GPU-h]\"")
    };
    assert!(with("claims/mine.toml", &from("ZERO-MC-EDGE.edge_mc", "USD/Mtok")).is_ok());
    let text = problems("claims/mine.toml", &from("ZERO-MC-EDGE.edge", "USD/Mtok"));
    assert!(text.contains("no claim derives that"), "{text}");
    let text = problems("claims/mine.toml", &from("ZERO-MC-EDGE.edge_mc", "W"));
    assert!(text.contains("is in USD/Mtok, and the unit here is W"), "{text}");
}

#[test]
fn a_ring_across_claims_is_named() {
    let one = claim(
        "[[derived]]",
        "[[inputs]]\nname = \"theirs\"\nfrom = \"YOURS.daily\"\nunit = \"USD/GPU-day\"\n\n[[derived]]",
    )
    .replace("formula = \"price\"", "formula = \"price + theirs\"");
    let two = one.replace("\"MINE\"", "\"YOURS\"").replace("YOURS.daily", "MINE.daily");
    let mut files = embedded::files();
    for (path, text) in [("claims/mine.toml", one), ("claims/yours.toml", two)] {
        files.insert((1, path.to_owned()), File { shown: path.to_owned(), text });
    }
    let text = build(&files, vec![]).unwrap_err().to_string();
    assert!(text.contains("MINE.daily -> YOURS.daily -> MINE.daily"), "{text}");
}

#[test]
fn bad_devices_models_and_scenarios_are_told() {
    let device = "id = \"x\"\nclass = \"npu\"\n[quantity]\nmemory = { low = 1, mode = 1, high = 1, unit = \"W\", source = \
                  \"ix26\", confidence = \"low\" }\n";
    let text = problems("devices/x.toml", device);
    assert!(text.contains("mine/devices/x.toml:4: x.memory: the unit is W, and B/GPU is due"), "{text}");
    assert!(problems("devices/x.toml", &device.replace("npu", "toy")).contains("class is \"toy\""));
    assert!(problems("devices/x.toml", &device.replace("memory", "smell")).contains("no such quantity"));
    let model = embedded::files()[&(0, "models/llama-3.1-8b.toml".to_owned())].text.clone();
    let text = problems("models/x.toml", &model.replace("layers = 32", "layers = 31"));
    assert!(text.contains("more than 0.5 % apart"), "{text}");
    assert!(problems("models/x.toml", &model.replace("n_kv = 8", "n_kv = 7")).contains("does not divide"));
    assert!(problems("models/x.toml", &model.replace("n_kv = 8", "n_kv = 0")).contains("above 0"));
    let scenario =
        "[[scenario]]\nid = \"s\"\nside = \"owned\"\nuses = [\"pue_average\", \"pue_hyperscale\", \"nope\"]\n";
    let text = problems("scenarios/x.toml", scenario);
    assert!(text.contains("mine/scenarios/x.toml:1: s: two inputs fill the role `pue`"), "{text}");
    assert!(text.contains("no input `nope`"), "{text}");
    assert!(problems("scenarios/x.toml", &scenario.replace("owned", "left")).contains("write owned, rented or edge"));
}

#[test]
fn overrides_are_checked_like_the_rest() {
    let load = || Catalog::load(&[]).unwrap();
    let set = |text: &str| load().set(text);
    assert_eq!(set("elec_home=0.30").unwrap(), ["OWNER-COMP.elec_home"]);
    assert_eq!(set("ZERO-MC-EDGE.elec_home = 300 USD/MWh").unwrap().len(), 1);
    assert!(set("cooling_overhead=1.2").is_ok(), "a scenario's input");
    for (text, says) in [
        ("elec_hom=0.3", "no input `elec_hom`, did you mean `elec_home`?"),
        ("elec_home", "is not NAME=VALUE"),
        ("elec_home=", "is not NAME=VALUE"),
        ("elec_home=cheap", "is not a number; its unit is USD/kWh"),
        ("elec_home=-0.1", "a price cannot be negative"),
        ("elec_home=0.3 W", "is in W, and its unit is USD/kWh"),
        ("elec_home=0.3 Wats", "unknown unit"),
        ("elec_home=inf", "not a finite number"),
        ("charger_eff=0", "division by zero"),
    ] {
        let error = set(text).expect_err(text).to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

/// The formulas of the first drafts whose bare literals hid a unit: each must be rejected, with what it really gives.
#[test]
fn formulas_with_hidden_units_are_rejected() {
    use crate::formula::{Boundary, Cell, Content, Fault, Scope, System, Unit};
    for (names, formula, unit, says) in [
        (&[("cars", "vehicle"), ("ops", "OPS")][..], "cars * 147e12 + ops", "OPS", "cannot add vehicle and OPS"),
        (&[("params", "Gparam")], "params * 16", "GB", "the formula gives param"),
        (&[("params", "Gparam"), ("uplink", "Mbit/s")], "params * 2 / uplink", "s", "gives param-s/B"),
        (&[("params", "Gparam")], "2 * params", "FLOP/tok", "gives param"),
        (&[("tok_s", "tok/s"), ("hidden", "1")], "tok_s * hidden * 2", "Mbit/s", "gives tok/s"),
        (&[("macs", "1"), ("clock", "GHz")], "2 * macs * clock", "TOPS", "gives 1/s"),
        (&[("ops", "OPS")], "500e27 / ops", "1", "gives s/op"),
        (&[("hours", "h/day"), ("energy", "kWh/vehicle-yr")], "1.0 * hours / energy", "1", "gives vehicle-s/J"),
        (&[("memory", "GB")], "memory - 1", "GB", "cannot subtract GB and 1"),
        (&[], "13.5 / 12.5", "h", "the formula gives 1, and the declared unit is h"),
    ] {
        let mut system = System::default();
        let mut scope = Scope::new();
        let content = || Content::Given(super::claim_files::fixed("", 1.0));
        for (name, unit) in names {
            let (name, unit) = ((*name).to_owned(), Unit::parse(unit).unwrap());
            let cell = Cell { name: name.clone(), unit, boundary: Boundary::NONE, content: content() };
            scope.insert(name, system.add(cell));
        }
        let computed = Content::Computed(formula.parse().unwrap(), std::sync::Arc::new(scope));
        let unit = Unit::parse(unit).unwrap();
        system.add(Cell { name: "x".to_owned(), unit, boundary: Boundary::NONE, content: computed });
        let [Fault::Formula(_, error)] = &system.check()[..] else { panic!("{formula} passed") };
        assert!(error.to_string().contains(says), "{formula}: {error}");
    }
}
