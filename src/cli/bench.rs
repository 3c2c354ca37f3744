//! What `cargo bench` takes from the environment instead of a command line, which belongs to criterion.
//! Drives nothing; `benches/kernels.rs` does.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::Timestamp;

use super::{
    NoDevice,
    options::{environment, run_info},
    output,
    select::{MachineArgs, load_tune_cache},
};
use crate::{
    backend::DeviceFacts,
    kernel::{Suite, SuiteCase},
    record::Record,
    report::{Format, render, results::Results},
    run::{Bench, EnergyMode, default_record_path, plan_devices},
};

/// What a benchmark runs.
pub struct BenchSetup {
    /// What its cases share.
    pub bench: Bench,
    /// Devices, in order.
    pub devices: Vec<DeviceFacts>,
    /// Cases, in order.
    pub cases: Vec<SuiteCase>,
    /// Where its records go.
    pub records: PathBuf,
}

/// Reads `WATTMARK_SUITE`, `WATTMARK_DEVICE`, `WATTMARK_ENERGY`, `WATTMARK_MACHINE` and `WATTMARK_ANONYMOUS`.
///
/// # Errors
/// An unknown suite or energy mode, or no device to run on.
pub fn bench_setup(worker: PathBuf) -> anyhow::Result<BenchSetup> {
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let suite = Suite::load(&variable("WATTMARK_SUITE").unwrap_or_else(|| "quick".to_owned()))?;
    let energy = match variable("WATTMARK_ENERGY") {
        Some(mode) => EnergyMode::from_str(&mode, true).map_err(|e| super::Usage(format!("WATTMARK_ENERGY: {e}")))?,
        None => EnergyMode::Short,
    };
    let machine = MachineArgs {
        machine: variable("WATTMARK_MACHINE"),
        anonymous: variable("WATTMARK_ANONYMOUS").is_some(),
        power_log: variable("WATTMARK_POWER_LOG").into_iter().collect(),
    };
    let sensors = machine.sensors()?;
    let bench = Bench {
        worker,
        info: run_info(&suite, energy, None, &machine.alias()),
        environment: environment(&machine, &sensors),
        energy,
        sensors,
        tune_cache: load_tune_cache(),
    };
    let wanted: Vec<String> =
        variable("WATTMARK_DEVICE").iter().flat_map(|d| d.split(',')).map(str::to_owned).collect();
    let devices = plan_devices(&bench.discover().devices, &wanted).map_err(NoDevice)?;
    let records = default_record_path(&format!("bench-{}", suite.name), Timestamp::now());
    Ok(BenchSetup { bench, devices, cases: suite.cases, records })
}

/// Prints the table of a benchmark's records and where they are.
pub fn print_summary(records: &[Record], path: &Path) {
    println!("\n{}", render(Format::Table, &Results::of(records), &output::style(false)));
    println!("records: {}", path.display());
}
