//! What a run is asked to do, from the arguments that subcommands share.
//! Starts nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    interrupt,
    select::{DeviceArgs, MachineArgs, load_tune_cache, worker_process},
};
use crate::{
    backend::DeviceFacts,
    kernel::{Suite, SuiteCase},
    measure::Settings,
    power::observe::surroundings,
    record::{Environment, HostAlias, RunInfo, observe_environment, observe_job},
    run::{Done, EnergyMode, RunOptions},
};

/// A run that verifies every case and times none; `run` and `tune` change what they need.
pub(super) fn verify_only(
    suite: &Suite,
    cases: Vec<SuiteCase>,
    found: Vec<DeviceFacts>,
    devices: &DeviceArgs,
    machine: &MachineArgs,
) -> anyhow::Result<RunOptions> {
    let sensors = machine.sensors()?;
    Ok(RunOptions {
        devices: found,
        cases,
        info: run_info(suite, EnergyMode::Off, None, &machine.alias()),
        environment: environment(machine, &sensors),
        settings: None,
        energy: EnergyMode::Off,
        sensors,
        tune: false,
        tune_cache: load_tune_cache(),
        watchdog: devices.watchdog()?,
        patience: devices.patience()?,
        program: worker_process()?,
        interrupted: interrupt::asked,
        done: Done::default(),
    })
}

/// The machine and what moves its power.
pub(super) fn environment(machine: &MachineArgs, sensors: &crate::power::Roots) -> Environment {
    let mut environment = observe_environment(&machine.alias());
    let around = surroundings(sensors);
    let mut mode = BTreeMap::from([("mode".to_owned(), around.power_mode())]);
    if let Some(displays) = &around.displays {
        mode.insert("displays_connected".to_owned(), displays.iter().filter(|d| d.connected).count().to_string());
    }
    environment.power_mode = mode;
    environment
}

/// Identity of a run that starts now.
pub(super) fn run_info(suite: &Suite, energy: EnergyMode, settings: Option<&Settings>, alias: &HostAlias) -> RunInfo {
    let mut recorded = BTreeMap::from([("energy".to_owned(), energy.name().to_owned())]);
    if let Some(s) = settings {
        recorded.insert("max_s".to_owned(), s.max_s.to_string());
        recorded.insert("noise".to_owned(), s.noise.to_string());
        recorded.insert("sample_s".to_owned(), s.sample_s.to_string());
    }
    let suite =
        std::path::Path::new(&suite.name).file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    RunInfo {
        id: format!("{:016x}", rand::random::<u64>()),
        started: Timestamp::now(),
        wattmark: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("WATTMARK_COMMIT").map(str::to_owned),
        suite,
        settings: recorded,
        job: observe_job(alias),
    }
}
