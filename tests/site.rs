//! The site: complete, sound, the same every time, harmless whatever records say, and true to the formulas.

#[path = "support/html.rs"]
mod html;
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use predicates::{prelude::*, str::contains};
use serde_json::{Value, json};
use support::Bench;
use wattmark::{
    catalog::Catalog,
    cost::{Asked, Basis, Comparison, Party, Query, Throughput, compare},
    formula::{Boundary, Cell, Cone, Content, Distribution, Formula, Given, Scope, System, Unit},
    record::{Record, read_file},
};

/// Few draws: what is tested here is not what they say.
const FEW: &[&str] = &["--draws", "40"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder, by their path in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

/// Checks every page of a site: tags nest, ids are unlike, links lead somewhere, scripts are the site's own.
fn check_pages(site: &BTreeMap<String, String>) {
    let pages: BTreeMap<&str, Vec<html::Tag>> =
        site.iter().filter(|(p, _)| p.ends_with(".html")).map(|(p, text)| (p.as_str(), html::tags(text))).collect();
    let ids: BTreeMap<&str, BTreeSet<&str>> = pages
        .iter()
        .map(|(page, tags)| {
            let mut ids = BTreeSet::new();
            for id in tags.iter().filter_map(|t| t.attributes.get("id")) {
                assert!(ids.insert(id.as_str()), "{page}: #{id} stands twice");
            }
            (*page, ids)
        })
        .collect();
    for (page, tags) in &pages {
        for tag in tags {
            assert!(!tag.attributes.keys().any(|a| a.starts_with("on")), "{page}: {tag:?}");
            let links = ["href", "src"].into_iter().filter_map(|a| tag.attributes.get(a));
            for link in links.filter(|l| !l.starts_with("https://") && !l.starts_with("http://") && *l != "data:,") {
                let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
                let target = resolve(page, file);
                assert!(site.contains_key(&target), "{page}: {link} leads nowhere");
                let known = fragment.is_empty() || ids[target.as_str()].contains(fragment);
                assert!(known, "{page}: {link} has no such place");
            }
            if tag.name == "script" && tag.attributes.get("type").is_none_or(|t| t != "application/json") {
                assert!(tag.attributes["src"].contains("assets/"), "{page}: {tag:?}");
            }
        }
        let count = |name: &str| tags.iter().filter(|t| t.name == name).count();
        assert_eq!((count("h1"), count("main"), count("title") > 0), (1, 1, true), "{page}");
        assert_eq!(count("table"), count("caption"), "{page}: a table without a caption");
        assert!(tags.iter().filter(|t| t.name == "th").all(|t| t.attributes.contains_key("scope")), "{page}");
    }
}

fn resolve(page: &str, file: &str) -> String {
    if file.is_empty() {
        return page.to_owned();
    }
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    match file.strip_prefix("../") {
        Some(up) => up.to_owned(),
        None if folder.is_empty() => file.to_owned(),
        None => format!("{folder}/{file}"),
    }
}

fn committed() -> String {
    root().join("results").to_str().unwrap().to_owned()
}

#[test]
fn the_committed_results_make_a_sound_site_and_the_same_one_again() {
    let bench = Bench::with("Steady", "");
    let results = committed();
    let report = |folder: &str| bench.wattmark(&[&["report", &results, "-o", folder], FEW].concat()).assert();
    report("site/").success().stdout("").stderr(contains("site/index.html"));
    let site = files(&bench.path("site"));
    check_pages(&site);
    // An existing folder needs no slash.
    report("site").success();
    assert_eq!(files(&bench.path("site")), site);
    bench.wattmark(&[&["report", &results, "--site", "other"], FEW].concat()).assert().success();
    assert_eq!(files(&bench.path("other")), site);
    for page in ["index", "kernels", "heatmap", "efficiency", "cost", "methods"] {
        assert!(site.contains_key(&format!("{page}.html")), "{page}");
    }
    let claims = site.keys().filter(|p| p.starts_with("claims/")).count();
    assert_eq!(claims, Catalog::load(&[]).unwrap().claims.len());
    assert!(site.keys().filter(|p| p.starts_with("devices/")).count() > 2);
    assert!(site["kernels.html"].contains("no i8 tensor") && site["heatmap.html"].contains("unsupported"));
    assert!(site["efficiency.html"].contains("unmeasured"));
    assert!(!site["cost.html"].contains("cannot be priced"), "the catalogue's own scenarios");
    let shipped: Value = serde_json::from_str(&site["data/cost.json"]).unwrap();
    let (_, inline) = site["cost.html"].split_once("id=\"cost-data\">").unwrap();
    assert_eq!(serde_json::from_str::<Value>(inline.split_once("</script>").unwrap().0).unwrap(), shipped);
    serde_json::from_str::<Value>(&site["data/claims.json"]).unwrap();
    assert_eq!(csv_rows(&site["data/results.csv"]), site["kernels.html"].matches("<tr data-status").count());
    // Nothing of this machine, and nothing from the clock.
    assert!(site.values().all(|text| !text.contains(root().to_str().unwrap())));
}

fn csv_rows(text: &str) -> usize {
    csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).count()
}

/// Records of the committed results with other words in them.
fn records(change: impl Fn(usize, &mut Record)) -> String {
    let file = root().join("results/2026-11-21-epyc-vm/quick.jsonl");
    let mut records = read_file(&file).unwrap().records;
    records.iter_mut().enumerate().for_each(|(i, r)| change(i, r));
    records.iter().map(|r| serde_json::to_string(r).unwrap() + "\n").collect()
}

const HOSTILE: &str =
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{202e}\u{1b}[31m&amp;../../etc/passwd";

#[test]
fn what_a_record_says_is_shown_and_never_obeyed() {
    let bench = Bench::with("Steady", "");
    let text = records(|i, r| {
        let text = HOSTILE.to_owned();
        r.device.name = if i % 2 == 0 { text.clone() } else { "../../../index".to_owned() };
        r.device.driver = Some(text.clone());
        r.device.api = text.clone();
        r.environment.machine = Some(text.clone());
        r.environment.cpu = text.clone();
        r.environment.power_mode.insert(text.clone(), text.clone());
        r.run.id = text.clone();
        r.run.suite = text.clone();
        r.run.commit = Some(text.clone());
        r.reason = r.reason.as_ref().map(|_| text.clone());
        r.energy.reason = Some(text.clone());
        r.warnings.iter_mut().for_each(|w| w.text = text.clone());
        if i == 3 {
            r.case.id = format!("ceiling/read/{text}/x/cold");
        }
    });
    std::fs::write(bench.path("hostile.jsonl"), text).unwrap();
    bench.wattmark(&[&["report", "hostile.jsonl", "-o", "site/"], FEW].concat()).assert().success();
    let site = files(&bench.path("site"));
    check_pages(&site);
    for (path, text) in &site {
        assert!(
            path.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c)) && !path.contains(".."),
            "{path}"
        );
        if path.ends_with(".html") {
            assert!(!text.contains("<script>alert") && !text.contains("<img"), "{path}");
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()) && !text.contains('\u{202e}'), "{path}");
        }
    }
    assert!(site["kernels.html"].contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!bench.path("index.html").exists());
}

#[test]
fn machines_of_one_name_have_pages_of_their_own() {
    let bench = Bench::with("Steady", "");
    let ours = records(|_, _| {});
    let theirs = records(|_, r| {
        r.environment.memory_bytes *= 4;
        r.run.id = "elsewhere".to_owned();
    });
    std::fs::write(bench.path("both.jsonl"), ours.clone() + &theirs).unwrap();
    std::fs::write(bench.path("one.jsonl"), ours).unwrap();
    let pages = |file: &str, folder: &str| {
        bench.wattmark(&[&["report", file, "--site", folder], FEW].concat()).assert().success();
        let site = files(&bench.path(folder));
        check_pages(&site);
        site.into_keys().filter(|p| p.starts_with("devices/")).collect::<BTreeSet<_>>()
    };
    let (one, both) = (pages("one.jsonl", "one"), pages("both.jsonl", "both"));
    assert_eq!(both.len(), 2 * one.len());
}

#[test]
fn what_cannot_be_written_or_read_is_said() {
    let bench = Bench::with("Steady", "");
    let results = committed();
    let report = |more: &[&str]| bench.wattmark(&[&["report", &results], FEW, more].concat()).assert();
    std::fs::create_dir(bench.path("thesis")).unwrap();
    std::fs::write(bench.path("thesis/chapter.tex"), "mine").unwrap();
    report(&["-o", "thesis"]).code(1).stderr(contains("chapter.tex").and(contains("nothing was written")));
    assert_eq!(files(&bench.path("thesis")).len(), 1);
    report(&["--site", "thesis/chapter.tex"]).code(1).stderr(contains("is a file, and a site needs a folder"));
    report(&["-o", "thesis/chapter.tex/site/"]).code(1).stderr(contains("thesis/chapter.tex"));
    #[cfg(target_os = "linux")]
    report(&["-o", "/proc/site/"]).code(1).stderr(contains("name a folder that you may write to"));
    report(&["--site", "a", "--format", "csv"]).code(2);
    report(&["--draws", "0", "--site", "a"]).code(2).stderr(contains("choose from 1 to"));
    std::fs::create_dir(bench.path("empty")).unwrap();
    bench.wattmark(&["report", "empty", "-o", "a/"]).assert().code(1).stderr(contains("no record in empty"));
    assert!(!bench.path("a").exists());
    // What cannot be read is named; the rest is published.
    let broken = records(|_, _| {}) + "{\"schema\":\"wattmark.record/9\"}\nhalf a rec\n";
    std::fs::write(bench.path("broken.jsonl"), broken).unwrap();
    let told = bench.wattmark(&[&["report", "broken.jsonl", "-o", "b/"], FEW].concat()).assert().code(1);
    told.stderr(contains("broken.jsonl:46: schema `wattmark.record/9`").and(contains("broken.jsonl:47: no record")));
    check_pages(&files(&bench.path("b")));
}

/// Values of trees by the site's own evaluator; none without node, which must be there if `WATTMARK_REQUIRE` says so.
fn by_the_site(cases: &[Value]) -> Option<Vec<BTreeMap<String, Value>>> {
    if Command::new("node").arg("--version").output().is_err() {
        let required = std::env::var("WATTMARK_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|name| name.trim() == "node"), "WATTMARK_REQUIRE asks for node");
        println!("skipped: needs node");
        return None;
    }
    let mut node = Command::new("node");
    node.arg(root().join("tests/site/evaluate.js")).arg(root().join("src/site/assets/formula.js"));
    let mut child = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(serde_json::to_string(cases).unwrap().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Equal to the last few bits: logarithms differ by one between platforms.
fn same(site: &Value, ours: f64) -> bool {
    match site.as_f64() {
        Some(x) => x == ours || (x - ours).abs() <= 1e-14 * ours.abs(),
        None => {
            site.as_str()
                == Some(&if ours.is_nan() {
                    "NaN".to_owned()
                } else if ours > 0.0 {
                    "Infinity".to_owned()
                } else {
                    "-Infinity".to_owned()
                })
        }
    }
}

#[test]
fn the_sites_evaluator_agrees_on_every_operator() {
    let formulas = [
        "a + b * c",
        "a - b - c",
        "a / b / c",
        "-a^2",
        "a^-3",
        "min(a, b, c)",
        "max(a, b)",
        "abs(a - b)",
        "crf(a, b)",
        "min(a < b, b <= c) + (a > b) * (b >= c)",
        "(a == b) + (a != b)",
        "(a < b and not (b < c)) + (a < b or b < c)",
        "a * 3 [kW] / 2 [kW]",
        "(a - a) / (b - b)",
        "1 / (a - a)",
        "crf(a - a, c)",
    ];
    let points = [[0.3, 2.0, 7.0], [-1.5, 0.25, 1e-9], [1e12, 3.0, -4.0], [5e-9, 1.6e8, 1.6e8], [0.0, 0.0, 1.0]];
    // Truth is a number in both evaluators, though the type check keeps the two apart in the catalogue.
    let parsed: Vec<(String, Formula)> =
        formulas.iter().enumerate().filter_map(|(i, f)| Some((format!("f{i}"), f.parse().ok()?))).collect();
    assert_eq!(parsed.len(), formulas.len());
    let steps: Vec<Value> = parsed.iter().map(|(name, f)| json!({ "name": name, "tree": f.tree() })).collect();
    let cases: Vec<Value> =
        points.iter().map(|[a, b, c]| json!({ "steps": steps, "given": { "a": a, "b": b, "c": c } })).collect();
    let Some(site) = by_the_site(&cases) else { return };
    for (point, site) in points.iter().zip(site) {
        for (name, formula) in &parsed {
            let ours = ours(formula, point);
            assert!(same(&site[name], ours), "{formula} at {point:?}: {} and {ours}", site[name]);
        }
    }
}

/// A formula over a, b and c.
fn ours(formula: &Formula, point: &[f64; 3]) -> f64 {
    let mut system = System::default();
    let mut scope = Scope::new();
    let cell =
        |name: &str, content| Cell { name: name.to_owned(), unit: Unit::one(), boundary: Boundary::NONE, content };
    for (name, x) in ["a", "b", "c"].into_iter().zip(point) {
        let given = Given { low: *x, mode: *x, high: *x, distribution: Distribution::Fixed(*x), key: String::new() };
        scope.insert(name.to_owned(), system.add(cell(name, Content::Given(given))));
    }
    let target = system.add(cell("f", Content::Computed(formula.clone(), Arc::new(scope.clone()))));
    let mut cone = Cone::of(&system, &[target], &[], &scope).unwrap();
    cone.set_modes();
    cone.compute(1);
    cone.column(target)[0]
}

#[test]
fn the_sites_evaluator_prices_as_the_command_line_does() {
    let bench = Bench::with("Steady", "");
    bench.wattmark(&[&["report", &committed(), "--site", "site"], FEW].concat()).assert().success();
    let shipped: Value = serde_json::from_str(&files(&bench.path("site"))["data/cost.json"]).unwrap();
    let catalog = Catalog::load(&[]).unwrap();
    let (mut cases, mut expected) = (Vec::new(), Vec::new());
    for question in shipped["questions"].as_array().unwrap() {
        let sides = question["sides"].as_array().unwrap();
        for side in sides {
            // Every step with each role at its mode.
            let modes = side["at_modes"].as_object().unwrap();
            cases.push(json!({ "steps": steps(&shipped, side), "given": side["given"] }));
            expected.push(modes.iter().map(|(k, x)| (k.clone(), x.as_f64().unwrap())).collect());
        }
        let mut found = priced(&catalog, question);
        let turns = found.pairs[0].turns.clone();
        for slider in question["sliders"].as_array().unwrap() {
            let turn = turns.iter().find(|t| slider["role"] == t.role).unwrap();
            let (low, high) = turn.range;
            let at = [0.0, 0.37, 1.0].map(|t| low + t * (high - low));
            let curve = found.curve(0, turn, &at);
            for (i, x) in at.into_iter().enumerate() {
                for (n, (side, costs)) in sides.iter().zip([&curve.first, &curve.second]).enumerate() {
                    let mut given = side["given"].clone();
                    let places = slider["places"].as_array().unwrap().iter().filter(|p| p[0] == n);
                    places.for_each(|p| given[p[1].as_str().unwrap()] = json!(turn.unit.to_base(x)));
                    cases.push(json!({ "steps": steps(&shipped, side), "given": given }));
                    let unit = found.sides[n].priced.unit();
                    expected.push(BTreeMap::from([("per_mtok".to_owned(), unit.to_base(costs[i].value))]));
                }
            }
        }
    }
    assert!(cases.len() > 60, "{}", cases.len());
    let Some(site) = by_the_site(&cases) else { return };
    for (site, ours) in site.iter().zip(&expected) {
        for (name, x) in ours {
            let near = site[name].as_f64().is_some_and(|s| (s / x - 1.0).abs() < 1e-12);
            assert!(near || same(&site[name], *x), "{name}: {} and {x}", site[name]);
        }
    }
}

fn steps<'s>(shipped: &'s Value, side: &Value) -> &'s Value {
    &shipped["formulas"][side["formulas"].as_str().unwrap()]["steps"]
}

/// The sides of a question, priced anew. A throughput with a slider is a bound, and looked below.
fn priced<'c>(catalog: &'c Catalog, question: &Value) -> Comparison<'c> {
    let sliders: Vec<&str> =
        question["sliders"].as_array().unwrap().iter().map(|s| s["role"].as_str().unwrap()).collect();
    let text = |side: &Value, key: &str| side[key].as_str().unwrap().to_owned();
    let side = |side: &Value| {
        let (name, tok_s) = (text(side, "name"), side["given"]["tok_s"].as_f64().unwrap());
        let bound = sliders.iter().any(|s| s.split(" = ").any(|place| place == format!("{name}.tok_s")));
        // Tokens a second are base units, of one accelerator or one car.
        let basis = if bound { Basis::Roof } else { Basis::Set };
        let throughput = Throughput { basis, ..Throughput::exactly(tok_s) };
        (name, text(side, "scenario"), text(side, "device"), throughput)
    };
    let sides: Vec<_> = question["sides"].as_array().unwrap().iter().map(side).collect();
    let parties = sides.iter().map(|(name, scenario, device, throughput)| {
        let (model, throughput) = (Some("llama-3.1-8b"), Some(throughput.clone()));
        Party { name, query: Query { scenario, device, model, throughput, ..Query::default() } }
    });
    compare(catalog, &Asked { parties: parties.collect(), share: None, draws: 8, seed: 1 }).unwrap()
}
