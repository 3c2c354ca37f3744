//! `wattmark sensors`: every power meter in detail, and `sensors characterise`: what a meter does with a known load.
//! Gathers options and prints; `power` and `run` do the work.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{
    Outcome, Usage, interrupt,
    options::environment,
    output::{self, OutputArgs},
    select::{DeviceArgs, MachineArgs, positive, worker_process},
};
use crate::{
    power::{
        Missing, Reading, Sensor, SensorError,
        characterise::{Characteristic, Host, Truth, append, load_for},
        discover,
    },
    record::Environment,
    report::sensors::{SensorDetail, Sensors},
    run::{CharacteriseOptions, characterise},
};

/// Where characterisations are kept unless the user says otherwise: beside the records.
pub(super) const STORE: &str = "results/sensors.jsonl";

/// How long a listing waits for a meter.
const PATIENCE: Duration = Duration::from_secs(2);

/// Arguments of `sensors`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct SensorsArgs {
    #[command(subcommand)]
    command: Option<SensorsCommand>,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Subcommand)]
enum SensorsCommand {
    /// Measure update period, averaging window, lag and noise of a meter with a square wave of load, and keep the result
    Characterise(CharacteriseArgs),
}

/// Arguments of `sensors characterise`.
#[derive(Debug, Args)]
struct CharacteriseArgs {
    /// Only this meter, by its id; by default every one that sees the device
    #[arg(long, value_name = "ID", env = "WATTMARK_SENSOR")]
    sensor: Option<String>,
    #[command(flatten)]
    devices: DeviceArgs,
    #[command(flatten)]
    machine: MachineArgs,
    /// Seconds of load; by default what the slowest meter needs
    #[arg(long, value_name = "SECONDS", env = "WATTMARK_SECONDS")]
    seconds: Option<f64>,
    /// Watts that the load really draws at rest and at work, from a better meter: gives gain and offset
    #[arg(long, value_name = "REST,WORK", env = "WATTMARK_KNOWN_WATTS")]
    known_watts: Option<String>,
    /// File that the result is appended to, one JSON object a line
    #[arg(short, long, value_name = "FILE", default_value = STORE, env = "WATTMARK_SENSORS")]
    output: PathBuf,
}

pub(super) fn sensors(args: &SensorsArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        Some(SensorsCommand::Characterise(args)) => characterise_meters(args),
        None => list(args),
    }
}

fn list(args: &SensorsArgs) -> anyhow::Result<Outcome> {
    args.output.format()?;
    let roots = args.machine.sensors()?;
    let mut found = discover(&roots);
    let known = characterised(Path::new(STORE), &environment(&args.machine, &roots));
    let sensors: Vec<SensorDetail> = found
        .sensors
        .iter_mut()
        .map(|sensor| {
            let info = sensor.info().clone();
            let characterised = known.iter().find(|c| c.sensor == info.id);
            SensorDetail::of(&info, answer(sensor.as_mut()), characterised)
        })
        .collect();
    let missing: Vec<crate::backend::Missing> = found
        .missing
        .into_iter()
        .map(|Missing { what, why, fix }| crate::backend::Missing { what, why, fix })
        .collect();
    args.output.show(&Sensors { sensors: &sensors, missing: &missing })?;
    Ok(Outcome::Done)
}

/// What the meter says now; one that is asked in the background gets some time to say it.
fn answer(sensor: &mut dyn Sensor) -> Result<Reading, SensorError> {
    let end = Instant::now() + PATIENCE;
    loop {
        match sensor.read() {
            Err(SensorError::NoReading { .. }) if Instant::now() < end => std::thread::sleep(Duration::from_millis(20)),
            said => return said,
        }
    }
}

fn characterise_meters(args: &CharacteriseArgs) -> anyhow::Result<Outcome> {
    let truth = args.known_watts.as_deref().map(known_watts).transpose()?;
    if let Some(seconds) = args.seconds
        && positive("--seconds", seconds)?.as_secs_f64() < 1.0
    {
        return Err(Usage("--seconds: a load of under a second tells nothing".to_owned()).into());
    }
    let roots = args.machine.sensors()?;
    let host = host_of(&environment(&args.machine, &roots));
    let (mut devices, _) = args.devices.devices()?;
    let device = devices.swap_remove(0);
    interrupt::listen();
    let options = CharacteriseOptions {
        device,
        sensors: roots,
        only: args.sensor.clone(),
        seconds: args.seconds,
        truth,
        program: worker_process()?,
        watchdog: args.devices.watchdog()?,
        patience: args.devices.patience()?,
        interrupted: interrupt::asked,
    };
    let result = characterise(&options, &mut |text| eprintln!("note: {text}"));
    if interrupt::asked() {
        return Ok(Outcome::Interrupted);
    }
    let result = result?;
    let mut outcome = Outcome::Done;
    let mut kept = false;
    for (info, found) in result.meters {
        match found {
            Ok(found) => {
                output::print(&format!("{} at {}: {found}\n", info.id, info.boundary))?;
                let line = Characteristic::new(host.clone(), &info, &options.device.id, &result.case, found);
                append(&args.output, &line).context("the result is printed above, and not kept")?;
                kept = true;
            }
            Err(why) => {
                eprintln!("error: {why}");
                outcome = Outcome::Error;
            }
        }
    }
    if kept {
        eprintln!("kept in {}; runs of this machine that write beside it mind it", args.output.display());
    }
    Ok(outcome)
}

/// What was found out about this machine's meters, from the file beside the records or the usual one.
pub(super) fn characterised(records: &Path, environment: &Environment) -> Vec<Characteristic> {
    let host = host_of(environment);
    let beside = records.with_file_name("sensors.jsonl");
    let path = if beside.exists() { beside } else { PathBuf::from(STORE) };
    load_for(&path, &host).unwrap_or_else(|error| {
        eprintln!("note: {error}; going on without");
        Vec::new()
    })
}

/// Whose meters these are.
pub(super) fn host_of(environment: &Environment) -> Host {
    Host { machine: environment.machine.clone(), cpu: environment.cpu.clone() }
}

fn known_watts(text: &str) -> anyhow::Result<Truth> {
    let wrong = || Usage(format!("--known-watts {text}: give two numbers, watts at rest and at work, as 20,120"));
    let (low, high) = text.split_once(',').ok_or_else(wrong)?;
    let number = |t: &str| t.trim().parse::<f64>().ok().filter(|w| w.is_finite() && *w >= 0.0);
    let truth = Truth { low_w: number(low).ok_or_else(wrong)?, high_w: number(high).ok_or_else(wrong)? };
    if truth.high_w <= truth.low_w {
        return Err(Usage(format!("--known-watts {text}: work draws more than rest")).into());
    }
    Ok(truth)
}
