//! `wattmark tune`: a short search for the tiles that suit each device, remembered for later runs.
//! Publishes no number: a tuning's times are for choosing only.

use clap::Args;

use super::{
    Outcome, interrupt,
    output::OutputArgs,
    progress::Progress,
    run::remember_tuning,
    run::{environment, outcome, run_info},
    select::{CaseArgs, DeviceArgs, MachineArgs, load_tune_cache, tune_cache_path, worker_process},
};
use crate::{
    kernel::{Cache, Suite},
    report::verified::Verified,
    run::{Done, EnergyMode, RunOptions, run as run_all},
};

/// Arguments of `tune`.
#[derive(Debug, Args)]
pub(super) struct TuneArgs {
    /// Suite whose shapes are tuned for: quick, inference, full, or the path of a TOML file
    #[arg(long, default_value = "inference", env = "WATTMARK_SUITE")]
    suite: String,
    #[command(flatten)]
    cases: CaseArgs,
    #[command(flatten)]
    devices: DeviceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// No progress
    #[arg(short, long, env = "WATTMARK_QUIET")]
    quiet: bool,
}

pub(super) fn tune(args: TuneArgs) -> anyhow::Result<Outcome> {
    let suite = Suite::load(&args.suite)?;
    let mut cases = args.cases.cases(&suite)?;
    // Cache states share a tuning, which is found with warm buffers.
    cases.iter_mut().for_each(|c| c.case.cache = Cache::Hot);
    cases.dedup();
    let (devices, _) = args.devices.devices()?;
    interrupt::listen();
    let sensors = args.machine.sensors()?;
    let options = RunOptions {
        devices,
        cases,
        info: run_info(&suite, EnergyMode::Off, None),
        environment: environment(&args.machine, &sensors),
        settings: None,
        energy: EnergyMode::Off,
        sensors,
        tune: true,
        tune_cache: load_tune_cache(),
        watchdog: args.devices.watchdog()?,
        patience: args.devices.patience()?,
        program: worker_process()?,
        interrupted: interrupt::asked,
        done: Done::default(),
    };
    let mut progress = Progress::new(args.quiet);
    let summary = run_all(options, None, &mut progress);
    progress.finish();
    let summary = summary?;
    remember_tuning(true, &summary);
    args.output.show(&Verified(&summary.records))?;
    if let Some(path) = tune_cache_path().filter(|_| !args.quiet) {
        eprintln!("tunings: {}", path.display());
    }
    Ok(outcome(&summary))
}
