//! `wattmark tune`: a short search for the tiles that suit each device, remembered for later runs.
//! Publishes no number: a tuning's times are for choosing only.

use clap::Args;

use super::{
    Outcome, interrupt,
    options::verify_only,
    output::OutputArgs,
    progress::Progress,
    run::{outcome, remember_tuning},
    select::{CaseArgs, DeviceArgs, MachineArgs, tune_cache_path},
};
use crate::{
    kernel::{Cache, Suite},
    report::verified::Verified,
    run::run as run_all,
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
    let mut options = verify_only(&suite, cases, devices, &args.devices, &args.machine)?;
    options.tune = true;
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
