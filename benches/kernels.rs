//! `cargo bench`: criterion over a suite's cases on every device found, records beside criterion's own report.
//!
//! Criterion's flags pass through (`-- matmul`, `--save-baseline`, `--test`, `--list`). The suite is `quick` unless
//! `WATTMARK_SUITE` names another; `WATTMARK_DEVICE` picks devices; `WATTMARK_ENERGY=off` leaves joules out.

use std::{path::PathBuf, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput};
use wattmark::{
    backend::DeviceFacts,
    cli::bench::{bench_setup, print_summary},
    kernel::SuiteCase,
    record::{Appender, Record},
    run::{Bench, BenchDevice},
};

fn main() {
    let worker = PathBuf::from(env!("CARGO_BIN_EXE_wattmark"));
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(10)
        .configure_from_args();
    let setup = bench_setup(worker).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        std::process::exit(1);
    });
    let mut records = Vec::new();
    for facts in &setup.devices {
        bench_device(&mut criterion, &setup.bench, facts, &setup.cases, &mut records);
    }
    criterion.final_summary();
    if records.is_empty() {
        return;
    }
    let stored = Appender::open(&setup.records).and_then(|mut store| records.iter().try_for_each(|r| store.append(r)));
    if let Err(error) = stored {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
    print_summary(&records, &setup.records);
}

/// Prepares and verifies a case before criterion hears of it: an unverified case has no rate, not even in its report.
fn bench_device(
    criterion: &mut Criterion,
    bench: &Bench,
    facts: &DeviceFacts,
    cases: &[SuiteCase],
    records: &mut Vec<Record>,
) {
    let request = Request::from_args();
    let mut device: Option<BenchDevice<'_>> = None;
    let name = facts.id.replace(':', "-");
    let mut group = criterion.benchmark_group(&name);
    for case in cases {
        let id = case.case.id();
        if request.list {
            group.bench_function(BenchmarkId::from_parameter(&id), |_| {});
            continue;
        }
        if !request.may_want(&format!("{name}/{id}")) {
            continue;
        }
        if device.is_none() {
            match bench.open(facts) {
                Ok(opened) => device = Some(opened),
                Err(error) => return eprintln!("{}: {error}", facts.id),
            }
        }
        let Some(device) = device.as_mut() else { return };
        let mut running = device.start(case);
        if let Some(reason) = running.reason() {
            eprintln!("{}: {id}: {reason}", facts.id);
        } else {
            group.throughput(throughput(case));
            group.bench_function(BenchmarkId::from_parameter(&id), |bencher| {
                bencher.iter_custom(|launches| device.sample(&mut running, launches));
            });
        }
        records.push(device.finish(running));
    }
    group.finish();
}

fn throughput(case: &SuiteCase) -> Throughput {
    let work = case.case.work();
    if work.flop > 0.0 { Throughput::Elements(work.flop as u64) } else { Throughput::Bytes(work.bytes as u64) }
}

/// What of criterion's command line decides whether a case needs preparing. When in doubt, it does.
struct Request {
    list: bool,
    filters: Vec<String>,
}

/// Criterion's options that take a value, which is no filter.
const WITH_VALUE: &[&str] = &[
    "-c",
    "--color",
    "--colour",
    "-s",
    "--save-baseline",
    "-b",
    "--baseline",
    "--baseline-lenient",
    "--load-baseline",
    "--sample-size",
    "--warm-up-time",
    "--measurement-time",
    "--nresamples",
    "--noise-threshold",
    "--confidence-level",
    "--significance-level",
    "--profile-time",
    "--output-format",
    "--plotting-backend",
    "--format",
];

impl Request {
    fn from_args() -> Request {
        let mut args = std::env::args().skip(1);
        let mut request = Request { list: false, filters: Vec::new() };
        while let Some(arg) = args.next() {
            if WITH_VALUE.contains(&arg.as_str()) {
                args.next();
            } else if arg == "--list" {
                request.list = true;
            } else if !arg.starts_with('-') {
                request.filters.push(arg);
            }
        }
        request
    }

    fn may_want(&self, id: &str) -> bool {
        let is_pattern = |f: &String| f.contains(['.', '*', '+', '?', '[', '(', '|', '^', '$', '\\']);
        self.filters.is_empty() || self.filters.iter().any(|f| id.contains(f.as_str()) || is_pattern(f))
    }
}
