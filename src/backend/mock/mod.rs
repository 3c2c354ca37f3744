//! A scripted device: right answers from the f64 reference, times and faults from a TOML script.
//! For tests and demonstrations only; its class is `Mock`, so no table can take it for a machine.
//!
//! # Using it
//!
//! It is discovered only when `WATTMARK_MOCK` is set, to the name of a script in this binary (see [`script::EMBEDDED`])
//! or to the path of a `.toml` file. A script lists devices; their ids are `mock:0`, `mock:1` and so on.
//!
//! ```toml
//! [[device]]
//! name = "Slow Poke 9000"
//! hardware = "card-1"             # devices with one `hardware` never run at once; the name by default
//! seed = 7                        # of the noise
//! memory_bytes = 8589934592
//! cache_bytes = 4194304
//! real_sleep = true               # sleep for as long as a run claims to take
//!
//! [device.time]
//! launch_s = 5e-6                 # a launch takes launch_s + max(operations / ops_per_s, bytes / bytes_per_s)
//! ops_per_s = 1e12
//! bytes_per_s = 1e11
//! noise = 0.002                   # relative standard deviation of a run
//! device_clock = 0.98             # device seconds per scripted second; without it there is no device clock
//! host_extra_s = 2e-5             # what the host clock sees on top, once a run
//! pattern = { kind = "throttling", after = 10, runs = 5, factor = 1.8, reports = "slowdown" }
//!
//! [device.meter]                  # an external meter's log, which must be there with the header `timestamp,watts`
//! log = "meter.csv"
//! idle_w = 20
//! busy_w = 120                    # while a run sleeps: needs real_sleep
//! period_s = 0.02
//! averages_s = 0.1                # what a line is the mean of; without it, the power of the moment
//! gain = 1.0                      # watts shown for each drawn
//! offset_w = 0.0                  # and beyond those
//! silent_after_s = 3.0            # the log ends then
//!
//! [[device.fault]]
//! kind = "wrong"                  # one element off by one
//! case = "matmul/gemv/*"          # only cases whose id matches
//! nth_run = 3                     # only the third run of a case
//! ```
//!
//! Patterns: `steady`; `drifting` (`per_run`, a fraction that every run is slower than the one before); `throttling`
//! (after so many runs, for so many runs, slower by `factor`, again and again; `reports` is `slowdown`, `power_cap` or
//! `nothing`); `bimodal` (a `share` of runs is slower by `factor`); `spiky` (the same with a rare, large factor).
//! Runs are counted per case, so that a case's times depend on the script, its seed and the case alone.
//!
//! Faults: see [`script::FaultKind`] and [`script::Fault`]. Cases are counted within one process: after a crash a
//! respawned worker counts from one again, so name a case by its id where that matters.
//!
//! Where the reference is a sample of rows, the rows between hold copies of the sampled row before them: verification
//! does not read those.

mod clockwork;
mod device;
mod discover;
mod executable;
mod fault;
mod meter;
mod script;

use super::{Backend, Device, DeviceError, Discovery};

/// The environment variable that brings mock devices about.
const VARIABLE: &str = "WATTMARK_MOCK";

/// The mock backend, as the environment asks for it.
pub(super) struct Mock;

impl Backend for Mock {
    fn name(&self) -> &'static str {
        "mock"
    }

    fn discover(&self) -> Discovery {
        match std::env::var(VARIABLE) {
            Ok(wanted) => discover::discover(&wanted),
            Err(_) => Discovery::default(),
        }
    }

    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError> {
        let wanted = std::env::var(VARIABLE)
            .map_err(|_| DeviceError::Failed(format!("no mock device `{id}`: {VARIABLE} is not set")))?;
        discover::open(&wanted, id)
    }
}

#[cfg(test)]
mod tests;
