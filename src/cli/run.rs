//! `wattmark run`: the main job.
//! Gathers options, hands them to `run`, prints what came out.

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;

use super::{
    Outcome, Usage, interrupt,
    options::{run_info, verify_only},
    output::{self, OutputArgs},
    progress::Progress,
    select::{CaseArgs, DeviceArgs, MachineArgs, positive, tune_cache_path},
};
use crate::{
    backend::DeviceFacts,
    kernel::{Suite, SuiteCase},
    measure::Settings,
    record::{Appender, Record, Status, read_file},
    report::results::Results,
    run::{
        Done, EnergyMode, Rival, RunOptions, RunSummary, Stores, default_record_path, done_already, estimate_s,
        run as run_all, run_against,
    },
    worker::{Command, Event, Session, TuningChoice, WorkerProgram},
};

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Suite: quick, inference, full, verify, or the path of a TOML file
    #[arg(long, default_value = "quick", env = "WATTMARK_SUITE")]
    suite: String,
    #[command(flatten)]
    cases: CaseArgs,
    #[command(flatten)]
    devices: DeviceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// How joules are counted: not at all, in short windows, or in windows long enough to publish
    #[arg(long, value_enum, default_value_t = EnergyMode::Short, env = "WATTMARK_ENERGY")]
    energy: EnergyMode,
    /// Seconds of sampling a case at most; the suite decides by default
    #[arg(long, value_name = "SECONDS", env = "WATTMARK_MAX_TIME")]
    max_time: Option<f64>,
    /// Search for the best tiles before each case
    #[arg(long, env = "WATTMARK_TUNE")]
    tune: bool,
    /// Print the cases and about how many minutes they take, and run nothing
    #[arg(long)]
    plan: bool,
    /// Run only what the record file (-o, or the newest of this suite) does not hold yet
    #[arg(long)]
    resume: bool,
    /// With --resume: also repeat cases that failed
    #[arg(long, requires = "resume")]
    retry_failed: bool,
    /// Drive the device from this process, for profilers and debuggers; a crash ends the run
    #[arg(long)]
    in_process: bool,
    /// With --in-process: launch each case this many times instead of measuring it
    #[arg(long, value_name = "N", requires = "in_process")]
    iterations: Option<u32>,
    /// Interleave every case with another build of wattmark (A B B A) and compare
    #[arg(long, value_name = "BINARY", conflicts_with_all = ["resume", "in_process"])]
    against: Option<PathBuf>,
    /// No progress
    #[arg(short, long, env = "WATTMARK_QUIET")]
    quiet: bool,
}

pub(super) fn run(args: RunArgs) -> anyhow::Result<Outcome> {
    let suite = Suite::load(&args.suite)?;
    let cases = args.cases.cases(&suite)?;
    args.output.format()?;
    let max_s = args.max_time.unwrap_or(suite.max_seconds);
    if positive("--max-time", max_s)?.is_zero() {
        return Err(Usage("--max-time 0 leaves no time to sample: give seconds above zero".to_owned()).into());
    }
    let settings = Settings::within(max_s);
    let (devices, _) = args.devices.devices()?;
    let records = args.records_path(&suite)?;
    let done = args.done(&records)?;
    if args.plan {
        return print_plan(&args, &devices, &cases, &settings, &done);
    }
    interrupt::listen();
    let options = args.options(&suite, cases, devices, settings, done)?;
    if let Some(iterations) = args.iterations {
        return iterate(&options, iterations);
    }
    let mut progress = Progress::new(args.quiet);
    if let Some(binary) = &args.against {
        let rival = Rival {
            program: WorkerProgram::Process(binary.clone()),
            name: binary.file_name().map_or_else(|| "rival".into(), |n| n.to_string_lossy().into_owned()),
        };
        return against(&args, &options, &rival, &records, &mut progress);
    }
    let mut store = Appender::open(&records)?;
    let summary = run_all(options, Some(&mut store), &mut progress);
    progress.finish();
    let summary = summary.with_context(|| format!("records so far are in {}", records.display()))?;
    remember_tuning(args.tune, &summary);
    present(&args, &records, &summary)?;
    Ok(outcome(&summary))
}

impl RunArgs {
    /// The record file: `-o FILE.jsonl`, or a new file under `results/`; with --resume the newest of this suite there.
    fn records_path(&self, suite: &Suite) -> anyhow::Result<PathBuf> {
        if let Some(path) = self.output.file().filter(|_| self.output.holds_records().unwrap_or(false)) {
            return Ok(path.to_owned());
        }
        let fresh = default_record_path(&suite.name, Timestamp::now());
        if !self.resume {
            return Ok(fresh);
        }
        let name = fresh.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let ending = name.split_once('-').map_or(name, |(_, e)| e).to_owned();
        let mut old: Vec<PathBuf> = std::fs::read_dir("results")
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.path())
            .filter(|p| {
                p.file_name().and_then(|n| n.to_str()).and_then(|n| n.split_once('-')).is_some_and(|(_, e)| e == ending)
            })
            .collect();
        old.sort();
        old.pop().ok_or_else(|| {
            Usage(format!("nothing to resume: results/ holds no run of suite {}; name the file with -o", suite.name))
                .into()
        })
    }

    fn done(&self, records: &std::path::Path) -> anyhow::Result<Done> {
        if !self.resume || !records.exists() {
            return Ok(Done::default());
        }
        let report = read_file(records)?;
        for problem in &report.problems {
            eprintln!("note: {}:{}: {}", records.display(), problem.line, problem.what);
        }
        Ok(done_already(&report.records, self.retry_failed))
    }

    fn options(
        &self,
        suite: &Suite,
        cases: Vec<SuiteCase>,
        devices: Vec<DeviceFacts>,
        settings: Settings,
        done: Done,
    ) -> anyhow::Result<RunOptions> {
        let base = verify_only(suite, cases, devices, &self.devices, &self.machine)?;
        Ok(RunOptions {
            info: run_info(suite, self.energy, Some(&settings), &self.machine.alias()),
            settings: Some(settings),
            energy: self.energy,
            tune: self.tune,
            program: if self.in_process { WorkerProgram::Thread } else { base.program },
            done,
            ..base
        })
    }
}

fn print_plan(
    args: &RunArgs,
    devices: &[DeviceFacts],
    cases: &[SuiteCase],
    settings: &Settings,
    done: &Done,
) -> anyhow::Result<Outcome> {
    let mut text = String::new();
    let mut total = 0.0;
    for facts in devices {
        text += &format!("{} ({}, {})\n", facts.id, facts.name, facts.api);
        for case in cases {
            if done.contains(case, facts) {
                text += &format!("  {:>8}  {}\n", "done", case.case);
                continue;
            }
            let seconds = estimate_s(&case.case, facts, Some(settings), args.energy);
            total += seconds;
            text += &format!("  {seconds:>6.1} s  {}\n", case.case);
        }
    }
    text += &format!("{} cases on {} devices, about {:.1} minutes\n", cases.len(), devices.len(), total / 60.0);
    output::print(&text)?;
    Ok(Outcome::Done)
}

/// Launches each case a fixed number of times on its device, for a profiler that watches this process.
fn iterate(options: &RunOptions, iterations: u32) -> anyhow::Result<Outcome> {
    for facts in &options.devices {
        for case in &options.cases {
            let mut session = Session::start(&options.program, Duration::from_secs(86_400), interrupt::asked)?;
            session.ask(&Command::Open { device: facts.id.clone() })?;
            let tuning =
                options.tune_cache.get(facts, &case.case).cloned().map_or(TuningChoice::Default, TuningChoice::Given);
            session.ask(&Command::Prepare { case: case.case.id(), tuning })?;
            if let Event::Sampled { launch_s, .. } = session.ask(&Command::Sample { launches: iterations })? {
                output::print(&format!(
                    "{} on {}: {iterations} launches, {launch_s:.6e} s each (not verified, not recorded)\n",
                    case.case, facts.id
                ))?;
            }
        }
    }
    Ok(Outcome::Done)
}

fn against(
    args: &RunArgs,
    options: &RunOptions,
    rival: &Rival,
    records: &std::path::Path,
    progress: &mut Progress,
) -> anyhow::Result<Outcome> {
    let their_path = records.with_extension("rival.jsonl");
    let (mut our_store, mut their_store) = (Appender::open(records)?, Appender::open(&their_path)?);
    let outcomes =
        run_against(options, rival, &mut Stores { ours: &mut our_store, theirs: &mut their_store }, progress);
    progress.finish();
    let (ours, theirs) = outcomes.with_context(|| format!("records so far are in {}", records.display()))?;
    eprintln!("records: {}\nrecords: {}", records.display(), their_path.display());
    super::compare::present_interleaved(&args.output, &theirs.records, &ours.records)?;
    let mut both = ours;
    both.records.extend(theirs.records);
    Ok(outcome(&both))
}

pub(super) fn remember_tuning(tuned: bool, summary: &RunSummary) {
    if let (true, Some(path)) = (tuned, tune_cache_path())
        && let Err(error) = summary.tune_cache.save(&path)
    {
        eprintln!("note: {error}");
    }
}

/// Prints the result: the table on standard output, and anything else asked for into the file asked for.
fn present(args: &RunArgs, records: &std::path::Path, summary: &RunSummary) -> anyhow::Result<()> {
    let all = everything(args, records, summary);
    args.output.show_beside_records(&Results::of(&all))?;
    if !args.quiet {
        eprintln!("records: {}", records.display());
        eprintln!(
            "{:.1} s; {:.1} % of them in named phases: {}",
            summary.wall_s,
            summary.accounted() * 100.0,
            summary.phases_s.iter().map(|(n, s)| format!("{n} {s:.1}")).collect::<Vec<_>>().join(", ")
        );
    }
    Ok(())
}

/// With --resume the table shows what the file held before, too.
fn everything(args: &RunArgs, records: &std::path::Path, summary: &RunSummary) -> Vec<Record> {
    if args.resume
        && let Ok(report) = read_file(records)
    {
        return report.records;
    }
    summary.records.clone()
}

/// What the exit code should say of a run.
pub(super) fn outcome(summary: &RunSummary) -> Outcome {
    let wrong = |r: &Record| r.verification.as_ref().is_some_and(|v| !v.passed);
    if summary.interrupted {
        Outcome::Interrupted
    } else if summary.records.iter().any(wrong) {
        Outcome::VerificationFailed
    } else if summary.records.iter().any(|r| r.status == Status::Failed) {
        Outcome::Error
    } else {
        Outcome::Done
    }
}
