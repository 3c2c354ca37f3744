//! Arguments that several subcommands share: which cases, which devices, how workers run.
//! Turns them into the library's types; decides nothing else.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{NoDevice, Usage};
use crate::{
    backend::{DeviceFacts, Missing},
    kernel::{Cache, CaseFilter, Dtype, Suite, SuiteCase},
    measure::TuneCache,
    power::{Roots, csv_log::CsvLogSpec, placed::Placement, plug::PlugSpec},
    record::HostAlias,
    run::plan_devices,
    worker::{WorkerProgram, discover_all},
};

/// Which cases.
#[derive(Debug, Clone, Args)]
pub(super) struct CaseArgs {
    /// Only cases that match: an id, a prefix of one, or a pattern with * and ?; repeat or separate by commas
    #[arg(long = "case", value_name = "PATTERN", env = "WATTMARK_CASE")]
    pub(super) case: Vec<String>,
    /// Only these dtypes, separated by commas: f32, tf32, f16, bf16, fp8, i8, kv8, w4a16g32 or g128, w4a8g32 or g128
    #[arg(long, value_name = "DTYPE", value_delimiter = ',', env = "WATTMARK_DTYPE")]
    pub(super) dtype: Vec<String>,
    /// Run this shape instead of the suite's: m=37,n=129,k=61; lists m=1;8, sweeps m=128..4096*2 or m=64..512+64
    #[arg(long, value_name = "AXES", env = "WATTMARK_SHAPE")]
    pub(super) shape: Vec<String>,
    /// Only this cache state: cold or hot
    #[arg(long, value_name = "STATE", env = "WATTMARK_CACHE")]
    pub(super) cache: Option<String>,
}

impl CaseArgs {
    /// The filter that these arguments ask for.
    pub(super) fn filter(&self) -> anyhow::Result<CaseFilter> {
        let dtypes: Result<Vec<Dtype>, _> = self.dtype.iter().map(|d| d.trim().parse()).collect();
        let caches = match self.cache.as_deref() {
            None => vec![],
            Some("cold") => vec![Cache::Cold],
            Some("hot") => vec![Cache::Hot],
            Some(other) => return Err(Usage(format!("unknown cache state `{other}`: known are cold, hot")).into()),
        };
        // A case id holds commas of its own: only text without `=` is a list.
        let split = |p: &String| -> Vec<String> {
            if p.contains('=') { vec![p.clone()] } else { p.split(',').map(|s| s.trim().to_owned()).collect() }
        };
        let patterns = self.case.iter().flat_map(split).filter(|p| !p.is_empty()).collect();
        Ok(CaseFilter { patterns, dtypes: dtypes?, shapes: self.shape.clone(), caches })
    }

    /// The cases of a suite that pass.
    pub(super) fn cases(&self, suite: &Suite) -> anyhow::Result<Vec<SuiteCase>> {
        Ok(self.filter()?.apply(suite)?)
    }
}

/// Which devices, and how they are driven.
#[derive(Debug, Clone, Args)]
pub(super) struct DeviceArgs {
    /// Only these devices: an id (wgpu:0), a backend (cpu), or a pattern over names; repeat or separate by commas
    #[arg(long, value_name = "DEVICE", value_delimiter = ',', env = "WATTMARK_DEVICE")]
    pub(super) device: Vec<String>,
    /// Kill a worker that gives no sign of life for this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120.0, env = "WATTMARK_WATCHDOG")]
    pub(super) watchdog: f64,
    /// Wait this many seconds for hardware that another run holds
    #[arg(long, value_name = "SECONDS", default_value_t = 600.0, env = "WATTMARK_WAIT")]
    pub(super) wait: f64,
}

impl DeviceArgs {
    /// Discovers devices and picks the wanted ones.
    pub(super) fn devices(&self) -> anyhow::Result<(Vec<DeviceFacts>, Vec<Missing>)> {
        let found = discover_all(&worker_binary()?);
        let wanted: Vec<String> = self.device.iter().map(|d| d.trim().to_owned()).filter(|d| !d.is_empty()).collect();
        let devices = plan_devices(&found.devices, &wanted).map_err(|text| {
            let fixes: Vec<_> = found.missing.iter().map(|m| format!("\n  {}: {}; {}", m.what, m.why, m.fix)).collect();
            NoDevice(format!("{text}{}", fixes.concat()))
        })?;
        if devices.is_empty() {
            return Err(
                NoDevice("no usable device; `wattmark devices` says what is missing and how to get it".into()).into()
            );
        }
        Ok((devices, found.missing))
    }

    /// The watchdog's limit.
    pub(super) fn watchdog(&self) -> anyhow::Result<Duration> {
        positive("--watchdog", self.watchdog)
    }

    /// How long to wait for hardware.
    pub(super) fn patience(&self) -> anyhow::Result<Duration> {
        positive("--wait", self.wait)
    }
}

/// Seconds from the command line; zero is allowed.
pub(super) fn positive(name: &str, seconds: f64) -> anyhow::Result<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| Usage(format!("{name} {seconds} is no length of time: give seconds, zero or more")).into())
}

/// The binary that workers run: this one, or `WATTMARK_WORKER` where this one is a test or a benchmark.
pub(crate) fn worker_binary() -> anyhow::Result<PathBuf> {
    match std::env::var_os("WATTMARK_WORKER") {
        Some(path) => Ok(path.into()),
        None => Ok(std::env::current_exe()?),
    }
}

/// A worker in a process of its own.
pub(super) fn worker_process() -> anyhow::Result<WorkerProgram> {
    Ok(WorkerProgram::Process(worker_binary()?))
}

/// How the machine is named, and which external meters watch it.
#[derive(Debug, Clone, Args)]
pub(super) struct MachineArgs {
    /// Name of this machine in records, instead of its host name
    #[arg(long, value_name = "ALIAS", env = "WATTMARK_MACHINE", conflicts_with = "anonymous")]
    pub(super) machine: Option<String>,
    /// Leave the machine's name out of records
    #[arg(long, env = "WATTMARK_ANONYMOUS")]
    pub(super) anonymous: bool,
    /// Log that an external power meter writes: a CSV file with time stamps and watts, joules or watt-hours, as
    /// PATH[,boundary=wall_ac][,device=whole-machine][,period=1][,offset=0][,clock=0.5][,accuracy=0.02]. Boundaries are
    /// wall_ac, dc_in, module, ...; a device is whole-machine, cpu or a PCI id; period, offset and clock uncertainty are
    /// seconds
    #[arg(long, value_name = "LOG", env = "WATTMARK_POWER_LOG")]
    pub(super) power_log: Vec<String>,
    /// Smart plug that feeds the machine, asked over HTTP, as shelly://HOST[/CHANNEL] or tasmota://HOST[/CHANNEL], or heard
    /// over MQTT (through mosquitto_sub), as mqtt://BROKER[:PORT]/TOPIC[,field=/JSON/POINTER], then
    /// [,name=TEXT][,boundary=wall_ac][,device=whole-machine][,period=1][,clock=0.5][,accuracy=0.02]. It is only read, and
    /// its address stays out of records
    #[arg(long, value_name = "PLUG", env = "WATTMARK_POWER_PLUG")]
    pub(super) power_plug: Vec<String>,
    /// Where a power monitor sits that cannot tell (INA226, INA260), as ID,boundary=dc_in[,device=whole-machine]
    /// [,accuracy=0.01]; `wattmark sensors` shows the ids
    #[arg(long, value_name = "SENSOR", env = "WATTMARK_POWER_SENSOR")]
    pub(super) power_sensor: Vec<String>,
}

impl MachineArgs {
    /// The alias asked for.
    pub(super) fn alias(&self) -> HostAlias {
        match &self.machine {
            _ if self.anonymous => HostAlias::Anonymous,
            Some(name) => HostAlias::Named(name.clone()),
            None => HostAlias::Host,
        }
    }

    /// Where power meters are looked for.
    pub(super) fn sensors(&self) -> anyhow::Result<Roots> {
        let mut roots = Roots::system();
        for text in &self.power_log {
            let spec: CsvLogSpec = text.parse().map_err(|e| Usage(format!("--power-log {text}: {e}")))?;
            roots.csv_logs.push(spec);
        }
        for text in &self.power_plug {
            let spec: PlugSpec = text.parse().map_err(|e| Usage(format!("--power-plug {text}: {e}")))?;
            roots.plugs.push(spec);
        }
        for text in &self.power_sensor {
            let placement: Placement = text.parse().map_err(|e| Usage(format!("--power-sensor {text}: {e}")))?;
            roots.placements.push(placement);
        }
        Ok(roots)
    }
}

/// The file that remembers tunings, in the user's cache folder.
pub(super) fn tune_cache_path() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    if let Some(path) = std::env::var_os("WATTMARK_TUNE_CACHE") {
        return Some(path.into());
    }
    Some(etcetera::choose_base_strategy().ok()?.cache_dir().join("wattmark").join("tune.json"))
}

/// Tunings found earlier; a cache that cannot be used is a note, not an error.
pub(super) fn load_tune_cache() -> TuneCache {
    let Some(path) = tune_cache_path() else { return TuneCache::default() };
    TuneCache::load(&path).unwrap_or_else(|error| {
        eprintln!("note: {error}");
        TuneCache::default()
    })
}
