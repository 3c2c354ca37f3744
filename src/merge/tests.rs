//! Merging as a fleet does it: the same files in any order, twice, damaged, contradicting each other.
//! Records are the crate's fixtures.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::{
    record::{Record, SCHEMA, read_file},
    report::fixtures,
};

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn merge(&self, inputs: &[PathBuf]) -> Merged {
        merge(inputs, &Target::of(&self.path("out.jsonl"))).unwrap()
    }

    fn out(&self) -> String {
        std::fs::read_to_string(self.path("out.jsonl")).unwrap()
    }
}

fn line(record: &Record) -> String {
    serde_json::to_string(record).unwrap() + "\n"
}

fn lines(records: &[Record]) -> String {
    records.iter().map(line).collect()
}

/// The fixtures as run `id` that started at second `at`; records end a second apart.
fn run(id: &str, at: i64) -> Vec<Record> {
    let mut records = fixtures::records();
    for (i, record) in records.iter_mut().enumerate() {
        record.run.id = id.to_owned();
        record.run.started = jiff::Timestamp::from_second(at).unwrap();
        record.ended = jiff::Timestamp::from_second(at + 1 + i as i64).unwrap();
    }
    records
}

#[test]
fn runs_stand_in_the_order_they_started_and_every_record_once() {
    let folder = Folder::new();
    let (early, late) = (run("early", 1000), run("late", 2000));
    // Cut across runs, and one part twice, with other line ends and without a last one.
    let a = folder.put("a.jsonl", &(lines(&late[4..]) + &lines(&early[..5])));
    let b = folder.put("deep/b.jsonl", &(lines(&early[3..]) + "\n  \n" + &lines(&late[..4])));
    let c = folder.put("c.jsonl", lines(&late[2..6]).replace('\n', "\r\n").trim_end());
    let merged = folder.merge(&[c, folder.path("deep"), a]);
    assert!(merged.findings.is_empty(), "{:?}", merged.findings);
    assert_eq!((merged.files, merged.records), (3, early.len() + late.len()));
    assert_eq!((merged.duplicates, merged.left_out), (2 + 4, 0));
    assert_eq!(folder.out(), lines(&early) + &lines(&late));
    assert!(b.exists());
}

#[test]
fn merging_again_or_in_steps_changes_nothing() {
    let folder = Folder::new();
    let a = folder.put("a.jsonl", &lines(&run("a", 1000)));
    let b = folder.put("b.jsonl", &lines(&run("b", 2000)));
    folder.merge(std::slice::from_ref(&b));
    folder.merge(std::slice::from_ref(&a));
    let steps = folder.out();
    let again = folder.merge(&[a.clone(), b.clone(), a.clone()]);
    assert_eq!(folder.out(), steps);
    assert_eq!(again.records, 2 * fixtures::records().len());
    std::fs::remove_file(folder.path("out.jsonl")).unwrap();
    folder.merge(&[a, b]);
    assert_eq!(folder.out(), steps, "what stood at the target is merged, as if given");
}

#[test]
fn fields_of_later_versions_survive() {
    let folder = Folder::new();
    let newer = line(&run("a", 1000)[0]).replace("{\"schema\"", "{\"a_later_field\":{\"x\":1e3},\"schema\"");
    let input = folder.put("a.jsonl", &newer);
    folder.merge(&[input]);
    assert_eq!(folder.out(), newer);
}

#[test]
fn conflicts_are_all_kept_and_named() {
    let folder = Folder::new();
    let records = run("a", 1000);
    let mut forged = records.clone();
    forged[3].time.as_mut().unwrap().samples_s[0] *= 0.5;
    let a = folder.put("a.jsonl", &lines(&records));
    let b = folder.put("b.jsonl", &lines(&forged));
    let merged = folder.merge(&[a.clone(), b.clone()]);
    assert_eq!((merged.records, merged.left_out), (records.len() + 1, 0));
    let [finding] = &merged.findings[..] else { panic!("{:?}", merged.findings) };
    let Finding::Conflict { case, places, .. } = finding else { panic!("{finding}") };
    assert_eq!(*case, records[3].case.id);
    assert_eq!(*places, [Place { file: a, line: 4 }, Place { file: b, line: 4 }]);
    assert!(!finding.costs_records());
    assert!(folder.out().contains(line(&forged[3]).trim()) && folder.out().contains(line(&records[3]).trim()));
}

#[test]
fn the_same_record_in_other_words_is_no_conflict() {
    let folder = Folder::new();
    let records = run("a", 1000);
    let value: serde_json::Value = serde_json::from_str(&line(&records[0])).unwrap();
    let reordered: serde_json::Map<_, _> = value.as_object().unwrap().clone().into_iter().rev().collect();
    let a = folder.put("a.jsonl", &lines(&records));
    let b = folder.put("b.jsonl", &(serde_json::to_string(&reordered).unwrap() + "\n"));
    let merged = folder.merge(&[a, b]);
    assert_eq!((merged.records, merged.duplicates, merged.findings), (records.len(), 1, vec![]));
}

#[test]
fn what_can_happen_twice_is_no_conflict() {
    let folder = Folder::new();
    let once = run("a", 1000).remove(0);
    let mut all = vec![once.clone()];
    let mut vary = |change: &dyn Fn(&mut Record)| {
        let mut other = once.clone();
        change(&mut other);
        all.push(other);
    };
    vary(&|r| r.run.id = "b".to_owned());
    vary(&|r| r.run.commit = Some("the rival".to_owned()));
    vary(&|r| r.device.id = "gpu:1".to_owned());
    vary(&|r| {
        let job = crate::record::Job { scheduler: "slurm".to_owned(), id: "1".to_owned(), attempt: 2, node: None };
        r.run.job = Some(job);
    });
    let input = folder.put("a.jsonl", &lines(&all));
    let merged = folder.merge(&[input]);
    assert_eq!((merged.records, merged.findings), (all.len(), vec![]));
}

#[test]
fn damage_is_named_by_line_and_the_rest_is_merged() {
    let folder = Folder::new();
    let records = run("a", 1000);
    let future = line(&records[1]).replace(SCHEMA, "wattmark.record/9");
    let nan = line(&records[0]).replacen("\"samples_s\":[", "\"samples_s\":[NaN,", 1);
    let cut = &line(&records[2])[..300];
    let bad = folder.put("bad.jsonl", &(line(&records[0]) + &future + &nan + "\n" + cut));
    let binary = folder.path("binary.jsonl");
    std::fs::write(&binary, b"\xff\xfe\n".repeat(50)).unwrap();
    let good = folder.put("good.jsonl", &lines(&records[1..]));
    let merged = folder.merge(&[good, binary.clone(), bad.clone(), folder.path("absent.jsonl")]);
    assert_eq!(merged.records, records.len());
    assert_eq!(merged.left_out, 3 + 50 + 1);
    let told: Vec<_> = merged.findings.iter().map(Finding::to_string).collect();
    let says = |file: &Path, line: usize, what: &str| {
        let start = format!("{}:{line}: ", file.display());
        assert!(told.iter().any(|t| t.starts_with(&start) && t.contains(what)), "{start}{what}: {told:#?}");
    };
    says(&bad, 2, "schema `wattmark.record/9`");
    says(&bad, 3, "no record");
    says(&bad, 5, "cut short");
    says(&binary, 10, "not UTF-8");
    assert!(told.iter().any(|t| t.contains("40 more lines")), "{told:#?}");
    assert!(told.iter().any(|t| t.contains("absent.jsonl") && t.contains("left out")), "{told:#?}");
    assert!(merged.findings.iter().all(Finding::costs_records));
}

#[test]
fn two_machines_with_one_name_are_told_apart_from_one_that_was_updated() {
    let folder = Folder::new();
    let mut updated = run("b", 2000);
    updated.iter_mut().for_each(|r| {
        r.environment.memory_bytes -= 100 << 20;
        r.environment.cpus = 2;
        r.environment.kernel = "7.0".to_owned();
    });
    let a = folder.put("a.jsonl", &lines(&run("a", 1000)));
    let b = folder.put("b.jsonl", &lines(&updated));
    assert_eq!(folder.merge(&[a, b]).findings, vec![]);
    let mut other = run("c", 3000);
    other.iter_mut().for_each(|r| r.environment.cpu = "Another CPU".to_owned());
    let c = folder.put("c.jsonl", &lines(&other));
    let merged = folder.merge(&[c]);
    let [Finding::OneName { name, machines }] = &merged.findings[..] else { panic!("{:?}", merged.findings) };
    assert_eq!((name.as_str(), machines.len()), ("bench", 2));
    assert!(machines[0].starts_with("Another CPU (x86_64, 64.0 GiB; "), "{machines:?}");
    assert_eq!(merged.left_out, 0);
}

#[test]
fn nothing_that_stands_is_lost() {
    let folder = Folder::new();
    let input = folder.put("in.jsonl", &lines(&run("a", 1000)));
    let standing = folder.put("out.jsonl", &(line(&run("b", 2000)[0]) + "half a lin"));
    let to = |target: &Path, inputs: &[PathBuf]| merge(inputs, &Target::of(target)).unwrap_err().to_string();
    let before = std::fs::read_to_string(&standing).unwrap();
    let error = to(&standing, std::slice::from_ref(&input));
    assert!(error.contains("out.jsonl:2: ") && error.contains("would lose"), "{error}");
    let error = to(&input, &[folder.0.path().to_owned()]);
    assert!(error.contains("both an input and the target"), "{error}");
    let empty = folder.put("empty/readme.txt", "");
    let error = to(&folder.path("new.jsonl"), &[empty.parent().unwrap().to_owned()]);
    assert!(error.contains("no record in") && !folder.path("new.jsonl").exists(), "{error}");
    assert_eq!(std::fs::read_to_string(&standing).unwrap(), before);
    let _running = crate::record::Appender::open(&folder.path("run.jsonl")).unwrap();
    let error = to(&folder.path("run.jsonl"), &[input]);
    assert!(error.contains("being written"), "{error}");
    let left: Vec<_> = std::fs::read_dir(folder.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("part")), "{left:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let folder = Folder::new();
    let input = folder.put("in.jsonl", &lines(&run("a", 1000)));
    // A file where the folder should be fails for root as well, whom permissions do not stop.
    let blocked = folder.put("blocked", "");
    let error = merge(&[input], &Target::of(&blocked.join("set"))).unwrap_err().to_string();
    assert!(error.contains("cannot write") && error.contains("-o"), "{error}");
}

#[test]
fn an_input_that_changes_meanwhile_ends_the_merge() {
    let folder = Folder::new();
    let input = folder.put("in.jsonl", &lines(&run("a", 1000)));
    let mut scan = scan::scan(vec![input.clone()]);
    scan.order_and_drop_copies();
    std::fs::write(&input, lines(&run("b", 1000))).unwrap();
    let mut out = Vec::new();
    let Err(write::WriteError::Merge(error)) = write::write(&scan, &mut out) else { panic!("it was written") };
    assert!(error.to_string().contains("in.jsonl:1 changed while it was merged"), "{error}");
}

#[test]
fn targets_are_files_or_records_within_a_folder() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("odd.jsonl")).unwrap();
    assert_eq!(Target::of(Path::new("-")), Target::Stdout);
    assert_eq!(Target::of(Path::new("a/b.jsonl")), Target::File("a/b.jsonl".into()));
    assert_eq!(Target::of(Path::new("a/2026-11-21.fleet/")), Target::File("a/2026-11-21.fleet/records.jsonl".into()));
    assert_eq!(Target::of(&folder.path("odd.jsonl")), Target::File(folder.path("odd.jsonl/records.jsonl")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// However records are dealt to files, and however often, the set is the same.
    #[test]
    fn any_deal_of_the_records_gives_the_same_set(deal in prop::collection::vec((0usize..26, 0usize..4), 26..80)) {
        let records = [run("a", 1000), run("b", 1003)].concat();
        let folder = Folder::new();
        let mut dealt = vec![String::new(); 4];
        for (card, hand) in deal.iter().copied().chain((0..records.len()).map(|card| (card, card % 4))) {
            dealt[hand] += &line(&records[card]);
        }
        let inputs: Vec<_> = dealt.iter().enumerate().map(|(i, text)| folder.put(&format!("{i}.jsonl"), text)).collect();
        let merged = folder.merge(&inputs);
        prop_assert_eq!(merged.records, records.len());
        prop_assert_eq!(merged.duplicates, deal.len());
        prop_assert_eq!(folder.out(), lines(&records));
        let report = read_file(&folder.path("out.jsonl")).unwrap();
        prop_assert_eq!((report.records.len(), report.problems.len()), (records.len(), 0));
    }
}
