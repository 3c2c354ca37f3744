//! Exports of the fixtures, as the tools' own definitions want them.
//! Whether the tools themselves take them is tried by ci/.

use super::*;
use crate::report::{Format, Style, columns::COLUMNS, fixtures, render, results::Results};

fn exported(tool: Tool) -> (serde_json::Value, Vec<String>) {
    let exported = export(tool, &fixtures::records());
    (serde_json::from_str(&exported.text).unwrap(), exported.left_out)
}

const GEMV: &str = "matmul/gemv/f32/m=1,n=14336,k=4096/cold [gpu:0 Fixture GPU 9000, portable track on bench]";

#[test]
fn bencher_gets_nanoseconds_operations_and_labelled_joules() {
    let (bmf, left_out) = exported(Tool::Bmf);
    let gemv = &bmf[GEMV];
    assert!((gemv["latency"]["value"].as_f64().unwrap() - 600_000.0).abs() < 1.0, "{gemv}");
    assert!(gemv["latency"]["lower_value"].as_f64() <= gemv["latency"]["value"].as_f64());
    assert!(gemv["throughput"]["upper_value"].as_f64() >= gemv["throughput"]["value"].as_f64());
    assert_eq!(gemv["energy-gpu-board-joules"]["value"], 0.15);
    let short = bmf.as_object().unwrap().iter().find(|(name, _)| name.starts_with("matmul/gemm/f16")).unwrap().1;
    assert_eq!(short["energy-gpu-board-short-windows-joules"]["value"], 0.003);
    // bencher.dev/bmf.json: names to measures to numbers, `value` among them; names of at most 1024 characters.
    for (name, measures) in bmf.as_object().unwrap() {
        assert!(name.len() <= 1024);
        for (slug, metric) in measures.as_object().unwrap() {
            assert!(slug.len() <= 64 && slug.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{slug}");
            assert!(metric["value"].is_number(), "{metric}");
        }
    }
    let told = ["1 records without a time: failed", "1 records without a time: skipped"];
    assert_eq!(left_out[..2], told);
    assert_eq!(bmf.as_object().unwrap().len(), 10);
}

#[test]
fn github_gets_what_is_better_when_smaller() {
    let (entries, _) = exported(Tool::GithubActionBenchmark);
    let find = |name: String| entries.as_array().unwrap().iter().find(|e| e["name"] == name).unwrap();
    let time = find(format!("{GEMV}: time"));
    assert_eq!(time["unit"], "ns");
    assert!(time["range"].as_str().unwrap().starts_with("± "), "{time}");
    assert!(
        time["extra"].as_str().unwrap().contains("run run-a") && time["extra"].as_str().unwrap().contains("abc1234")
    );
    let joules = find(format!("{GEMV}: energy gpu_board"));
    assert_eq!((&joules["unit"], &joules["value"]), (&"J".into(), &0.15.into()));
    assert!(entries.as_array().unwrap().iter().all(|e| e["value"].is_number() && e["unit"] != "FLOP/s"));
}

#[test]
fn critcmp_gets_one_baseline_with_estimates_of_the_samples() {
    let (critcmp, _) = exported(Tool::Critcmp);
    assert_eq!(critcmp["name"], "bench@abc1234");
    let gemv = &critcmp["benchmarks"][GEMV];
    assert_eq!(gemv["criterion_benchmark_v1"]["full_id"], GEMV);
    assert_eq!(gemv["criterion_benchmark_v1"]["throughput"]["Bytes"].as_f64(), Some(fixtures_bytes()));
    let samples: Vec<f64> = fixtures::samples(0.0006).iter().map(|s| s * 1e9).collect();
    let mean = samples.iter().sum::<f64>() / samples.len() as f64;
    for statistic in ["mean", "median", "median_abs_dev", "std_dev"] {
        let estimate = &gemv["criterion_estimates_v1"][statistic];
        let interval = &estimate["confidence_interval"];
        let (low, high) = (interval["lower_bound"].as_f64().unwrap(), interval["upper_bound"].as_f64().unwrap());
        let value = estimate["point_estimate"].as_f64().unwrap();
        assert!(low <= value && value <= high && low < high, "{statistic}: {estimate}");
        assert!(estimate["standard_error"].as_f64().unwrap() > 0.0);
    }
    let told = gemv["criterion_estimates_v1"]["mean"]["point_estimate"].as_f64().unwrap();
    assert!((told - mean).abs() < 1e-6 * mean, "{told} against {mean}");
}

fn fixtures_bytes() -> f64 {
    let records = fixtures::records();
    records[fixtures::position(&records, "gpu", "matmul/gemv")].work.bytes.trunc()
}

#[test]
fn of_several_runs_the_latest_counts_and_the_others_are_told() {
    let mut records = fixtures::records();
    let mut later = records.clone();
    for record in &mut later {
        record.run.id = "run-b".to_owned();
        record.ended = record.ended.checked_add(jiff::SignedDuration::from_secs(60)).unwrap();
        record.time.iter_mut().flat_map(|t| &mut t.samples_s).for_each(|s| *s *= 2.0);
    }
    // Whatever order they stand in.
    later.append(&mut records);
    let bmf = export(Tool::Bmf, &later);
    let value: serde_json::Value = serde_json::from_str(&bmf.text).unwrap();
    assert!((value[GEMV]["latency"]["value"].as_f64().unwrap() - 1_200_000.0).abs() < 2.0);
    assert!(bmf.left_out.iter().any(|l| l.starts_with("10 records of which a later run")), "{:?}", bmf.left_out);
}

#[test]
fn the_dictionary_lists_the_columns_of_the_csv_with_their_units() {
    let csv = render(Format::Csv, &Results::of(&fixtures::records()), &Style::PLAIN);
    let columns: Vec<String> =
        ::csv::Reader::from_reader(csv.as_bytes()).headers().unwrap().iter().map(str::to_owned).collect();
    let text = dictionary();
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.iter().map(|r| r[0].to_owned()).collect::<Vec<_>>(), columns);
    assert_eq!(columns, COLUMNS.map(|c| c.name));
    let unit = |column: &str| rows.iter().find(|r| r[0].starts_with(column)).unwrap()[1].to_owned();
    assert_eq!(
        (unit("time_median"), unit("energy ["), unit("samples")),
        ("s".into(), "J/launch".into(), String::new())
    );
    assert!(rows.iter().all(|r| r[2].len() > 10));
}
