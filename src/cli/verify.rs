//! `wattmark verify`: correctness only, odd shapes included.
//! Measures nothing and writes no record file unless asked to.

use clap::Args;

use super::{
    Outcome, interrupt,
    output::OutputArgs,
    progress::Progress,
    run::{environment, outcome, run_info},
    select::{CaseArgs, DeviceArgs, MachineArgs, load_tune_cache, worker_process},
};
use crate::{
    kernel::Suite,
    report::verified::Verified,
    run::{Done, EnergyMode, RunOptions, run as run_all},
};

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Suite: verify, quick, inference, full, or the path of a TOML file
    #[arg(long, default_value = "verify", env = "WATTMARK_VERIFY_SUITE")]
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

pub(super) fn verify(args: VerifyArgs) -> anyhow::Result<Outcome> {
    let suite = Suite::load(&args.suite)?;
    let cases = args.cases.cases(&suite)?;
    args.output.format()?;
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
        tune: false,
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
    args.output.show(&Verified(&summary.records))?;
    Ok(outcome(&summary))
}
