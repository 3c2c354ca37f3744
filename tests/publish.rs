//! From a run's records to what others read: merge, tables kept true, gates, exports, jobs of a cluster.

mod support;

use std::path::Path;

use predicates::{prelude::*, str::contains};
use support::Bench;
use wattmark::record::{Record, read_file};

const SMALL: &[&str] = &["--case", "matmul", "--shape", "m=1;2,n=64,k=64", "--dtype", "f32,i8"];

fn bench() -> Bench {
    let bench = Bench::with("Steady", "");
    bench.run(SMALL).assert().success();
    bench
}

fn write(path: &Path, records: &[Record]) {
    let lines: String = records.iter().map(|r| serde_json::to_string(r).unwrap() + "\n").collect();
    std::fs::write(path, lines).unwrap();
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_merged_set_is_whole_and_merging_again_changes_nothing() {
    let bench = bench();
    let records = bench.records();
    write(&bench.path("a.jsonl"), &records[2..]);
    write(&bench.path("b.jsonl"), &records[..3]);
    let merge = |inputs: &[&str]| bench.wattmark(&[&["merge", "-o", "set/"], inputs].concat()).assert();
    merge(&["b.jsonl", "a.jsonl"]).success().stdout("").stderr(contains("1 duplicate").and(contains("2 files")));
    let set = bench.path("set/records.jsonl");
    let once = read(&set);
    assert_eq!(read_file(&set).unwrap().records, records);
    merge(&["a.jsonl", "b.jsonl", "out.jsonl"]).success();
    assert_eq!(read(&set), once);
    let piped = support::stdout(&mut bench.wattmark(&["merge", "a.jsonl", "b.jsonl", "-o", "-"]));
    assert_eq!(piped, once);
    bench.wattmark(&["report", "set"]).assert().success().stdout(contains("matmul/gemv"));
}

#[test]
fn a_merge_names_what_it_leaves_out_and_what_it_doubts() {
    let bench = bench();
    let mut text = read(&bench.path("out.jsonl"));
    text.push_str("{\"schema\":\"wattmark.record/9\"}\nhalf a rec");
    std::fs::write(bench.path("bad.jsonl"), text).unwrap();
    let mut forged = bench.records();
    forged.truncate(1);
    forged[0].time.as_mut().unwrap().samples_s[0] = 1.0;
    forged[0].environment.cpu = "Another \u{1b}[31mCPU".to_owned();
    write(&bench.path("forged.jsonl"), &forged);
    let good = bench.records().len();
    bench
        .wattmark(&["merge", "bad.jsonl", "forged.jsonl", "-o", "set"])
        .assert()
        .code(1)
        .stderr(contains(format!("bad.jsonl:{}: schema `wattmark.record/9`", good + 1)))
        .stderr(contains(format!("bad.jsonl:{}: no record: ", good + 2)).and(contains("; left out")))
        .stderr(contains("with different content: bad.jsonl:1, forged.jsonl:1").and(contains("all are kept")))
        .stderr(contains("2 machines are called").and(contains("Another \\u{1b}[31mCPU")))
        .stderr(contains("2 lines that are no records"));
    assert_eq!(read_file(&bench.path("set/records.jsonl")).unwrap().records.len(), good + 1);
    bench.wattmark(&["merge", "set", "-o", "set"]).assert().code(2).stderr(contains("both an input and the target"));
    bench.wattmark(&["merge", "mock.toml", "-o", "new"]).assert().code(1).stderr(contains("no record in"));
    assert!(!bench.path("new").exists());
}

#[test]
fn tables_are_made_from_records_and_a_false_one_is_found() {
    let bench = bench();
    std::fs::create_dir_all(bench.path("results/here")).unwrap();
    std::fs::rename(bench.path("out.jsonl"), bench.path("results/here/quick.jsonl")).unwrap();
    let page = |name: &str, file: &str| {
        let text = format!("# Page\n\n<!-- wattmark:table {file} -->\n<!-- /wattmark:table -->\n");
        std::fs::write(bench.path(name), text).unwrap();
    };
    page("README.md", "results/here/quick.jsonl");
    page("results/README.md", "here/quick.jsonl");
    std::fs::write(bench.path("results/other.md"), "no table\n").unwrap();
    let report = |args: &[&str]| bench.wattmark(&[&["report"], args].concat()).assert();
    report(&["--check"])
        .code(5)
        .stdout(contains("README.md:3: <!-- wattmark:table").and(contains("results/README.md:3:")));
    report(&["results/", "--tables"]).success().stderr(contains("tables rewritten").count(2));
    report(&["results", "--check"]).success().stdout("");
    report(&["--tables", "README.md", "results/README.md", "--check"]).success();
    let made = read(&bench.path("README.md"));
    assert!(made.contains("Records: [results/here/quick.jsonl](results/here/quick.jsonl) ("), "{made}");
    report(&["results", "--tables"]).success().stderr("");
    std::fs::write(bench.path("README.md"), made.replacen(" ms ", " µs ", 1).replacen(" µs ", " ns ", 1)).unwrap();
    report(&["results", "--check"]).code(5).stdout(contains("README.md:3:").and(contains("results/README.md").not()));
    report(&["--tables", "results/other.md"]).code(2).stderr(contains("has no marked table"));
    std::fs::create_dir_all(bench.path("bare/pages")).unwrap();
    report(&["--tables", "bare/pages"]).code(2).stderr(contains("no page with a marked table"));
    page("README.md", "results/here/absent.jsonl");
    report(&["--check"]).code(1).stderr(contains("README.md: line 3: cannot read results/here/absent.jsonl"));
}

#[test]
fn the_published_tables_name_a_citation_and_a_licence() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in ["README.md", "results/README.md"] {
        let text = read(&root.join(page));
        assert!(text.contains("CITATION.cff") && text.contains("licence of the data: ["), "{page}");
    }
    assert!(read(&root.join("results/LICENSE")).starts_with("Creative Commons Attribution 4.0 International"));
}

#[test]
fn a_gate_fails_on_a_slowdown_beyond_noise_and_on_nothing_else() {
    let bench = bench();
    let records = bench.records();
    let slower = |factor: f64| {
        let mut slower = records.clone();
        slower.iter_mut().filter_map(|r| r.time.as_mut()).flat_map(|t| &mut t.samples_s).for_each(|s| *s *= factor);
        slower
    };
    write(&bench.path("slower.jsonl"), &slower(1.08));
    write(&bench.path("bit.jsonl"), &slower(1.04));
    let compare =
        |after: &str, more: &[&str]| bench.wattmark(&[&["compare", "out.jsonl", after], more].concat()).assert();
    compare("slower.jsonl", &["--fail-on", "5%"])
        .code(5)
        .stdout(contains("does not hold").and(contains("broken by matmul")));
    compare("slower.jsonl", &["--fail-on", "10%"]).success().stdout(contains("holds"));
    compare("bit.jsonl", &["--fail-on", "5%"]).success();
    compare("slower.jsonl", &[]).success();
    compare("slower.jsonl", &["--fail-on", "5"]).code(2).stderr(contains("write a percentage"));
    // A case that was timed and now fails is a regression; one that is gone is not proof of anything.
    let mut broken = records.clone();
    broken[0].status = wattmark::record::Status::Failed;
    broken[0].reason = Some("the device was lost".to_owned());
    broken[0].time = None;
    write(&bench.path("broken.jsonl"), &broken);
    compare("broken.jsonl", &["--fail-on", "5%"]).code(5).stdout(contains("the device was lost"));
    write(&bench.path("fewer.jsonl"), &records[1..]);
    compare("fewer.jsonl", &["--fail-on", "5%"]).success().stdout(contains("undecided"));
    let mut elsewhere = records.clone();
    elsewhere.iter_mut().for_each(|r| r.device.driver = Some("another".to_owned()));
    write(&bench.path("elsewhere.jsonl"), &elsewhere);
    compare("elsewhere.jsonl", &["--fail-on", "5%"]).code(5).stdout(contains("no pair could be judged"));
}

#[test]
fn every_export_is_written_and_says_what_it_leaves_out() {
    let bench = bench();
    let mut records = bench.records();
    records[0].status = wattmark::record::Status::Failed;
    records[0].reason = Some("lost".to_owned());
    records[0].time = None;
    write(&bench.path("out.jsonl"), &records);
    for tool in ["bmf", "github-action-benchmark", "critcmp"] {
        let output = bench.wattmark(&["export", "--as", tool, "out.jsonl"]).assert().success();
        let output = output.stderr(contains("left out: 1 records without a time: failed")).get_output().stdout.clone();
        let value: serde_json::Value = serde_json::from_slice(&output).unwrap();
        assert!(value.is_object() || value.is_array());
    }
    bench.wattmark(&["export", "--as", "csv", ".", "-o", "all.csv"]).assert().success().stdout("");
    assert_eq!(support::lines(&bench.path("all.csv")), records.len() + 1);
    assert!(read(&bench.path("all.columns.csv")).contains("time_median [s],s,median time"));
    let piped = bench.wattmark(&["export", "--as", "csv", "-"]).write_stdin(read(&bench.path("out.jsonl"))).assert();
    assert_eq!(String::from_utf8(piped.success().get_output().stdout.clone()).unwrap(), read(&bench.path("all.csv")));
    let parquet = bench.wattmark(&["export", "--as", "parquet", "out.jsonl", "-o", "all.parquet"]).assert();
    if cfg!(feature = "parquet") {
        parquet.success();
        assert!(std::fs::read(bench.path("all.parquet")).unwrap().ends_with(b"PAR1"));
    } else {
        parquet.code(2).stderr(contains("--features parquet").and(contains("--as csv")));
        assert!(!bench.path("all.parquet").exists());
    }
    bench
        .wattmark(&["export", "--as", "xml", "out.jsonl"])
        .assert()
        .code(2)
        .stderr(contains("github-action-benchmark"));
}

#[test]
fn records_of_a_cluster_carry_job_node_and_attempt() {
    let bench = Bench::with("Steady", "");
    let run = |more: &[&str]| {
        let mut run = bench.run(&[&["--case", "matmul/gemv/f32", "--shape", "n=64,k=64"], more].concat());
        run.env("SLURM_JOB_ID", "45").env("SLURM_ARRAY_JOB_ID", "43").env("SLURM_ARRAY_TASK_ID", "2");
        run.env("SLURM_RESTART_COUNT", "1").env("SLURMD_NODENAME", "gpu07").assert().success();
        bench.records().pop().unwrap().run.job.unwrap()
    };
    let job = run(&[]);
    assert_eq!((job.scheduler.as_str(), job.id.as_str(), job.attempt), ("slurm", "43_2", 2));
    assert_eq!(job.node.as_deref(), Some("gpu07"));
    let job = run(&["--anonymous"]);
    assert_eq!((job.attempt, job.node), (2, None));
    assert!(!read(&bench.path("out.jsonl")).lines().last().unwrap().contains("gpu07"));
}
