//! `wattmark devices`: what is there, what is missing, how to get it.
//! Runs no kernel.

use clap::Args;

use super::{
    Outcome,
    output::OutputArgs,
    select::{MachineArgs, worker_binary},
};
use crate::{
    backend::Missing,
    power::{SensorInfo, discover},
    report::devices::{Devices, SensorRow},
    worker::discover_all,
};

/// Arguments of `devices`.
#[derive(Debug, Args)]
pub(super) struct DevicesArgs {
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn devices(args: &DevicesArgs) -> anyhow::Result<Outcome> {
    args.output.format()?;
    let found = discover_all(&worker_binary()?);
    let meters = discover(&args.machine.sensors()?);
    let sensors: Vec<SensorRow> = meters.sensors.iter().map(|s| describe(s.info())).collect();
    let missing_meters = meters.missing.into_iter().map(|m| Missing { what: m.what, why: m.why, fix: m.fix });
    let missing: Vec<Missing> = found.missing.into_iter().chain(missing_meters).collect();
    args.output.show(&Devices { devices: &found.devices, sensors: &sensors, missing: &missing })?;
    Ok(if found.devices.is_empty() { Outcome::NoDevice } else { Outcome::Done })
}

fn describe(info: &SensorInfo) -> SensorRow {
    let gain = if info.gain.assumed { format!("gain assumed: {}", info.gain.basis) } else { info.gain.basis.clone() };
    let notes: Vec<&str> = [gain.as_str()].into_iter().chain(info.notes.iter().map(String::as_str)).collect();
    SensorRow {
        sensor: info.id.clone(),
        kind: if info.is_counter() { "counter" } else { "gauge" }.to_owned(),
        boundary: info.boundary.as_str().to_owned(),
        device: Some(info.matches.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            .filter(|d| !d.is_empty()),
        period: info.update_period_s.map(|s| format!("every {s} s")),
        note: Some(notes.join("; ")),
    }
}
