//! `wattmark verify`: correctness only, odd shapes included.
//! Measures nothing and writes no record file unless asked to.

use clap::Args;

use super::{
    Outcome, interrupt,
    options::verify_only,
    output::OutputArgs,
    progress::Progress,
    run::outcome,
    select::{CaseArgs, DeviceArgs, MachineArgs},
};
use crate::{kernel::Suite, report::verified::Verified, run::run as run_all};

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
    let options = verify_only(&suite, cases, devices, &args.devices, &args.machine)?;
    let mut progress = Progress::new(args.quiet);
    let summary = run_all(options, None, &mut progress);
    progress.finish();
    let summary = summary?;
    args.output.show(&Verified(&summary.records))?;
    Ok(outcome(&summary))
}
