//! `wattmark devices`: what is there, what is missing, how to get it.
//! Runs no kernel.

use clap::Args;

use super::{
    Outcome,
    output::{self, OutputArgs},
    select::{MachineArgs, worker_binary},
};
use crate::{power::discover, report::render_devices, worker::discover_all};

/// Arguments of `devices`.
#[derive(Debug, Args)]
pub(super) struct DevicesArgs {
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn devices(args: &DevicesArgs) -> anyhow::Result<Outcome> {
    let format = args.output.format()?;
    let found = discover_all(&worker_binary()?);
    let meters = discover(&args.machine.sensors()?);
    let infos: Vec<_> = meters.sensors.iter().map(|s| s.info().clone()).collect();
    let colour = output::colour() && args.output.file().is_none();
    let text = render_devices(format, &found, &infos, &meters.missing, output::width(), colour);
    args.output.write(&text)?;
    Ok(if found.devices.is_empty() { Outcome::NoDevice } else { Outcome::Done })
}
