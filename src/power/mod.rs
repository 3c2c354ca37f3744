//! Power meters: what they are, which device each one sees, and how readings become joules.
//! Must not invent a number: a meter that is absent, silent or impossible yields a reason, never a zero.
//!
//! # The way of a joule
//!
//! [`discover`] finds the meters and says which are missing and how to get them; [`sampler`] polls them
//! on the monotonic [`clock`]; [`series`] keeps the raw readings with their faults; [`energy`] turns a
//! series and a window into joules with an uncertainty budget, or into a reason; [`observe`] notes what
//! else moves power.
//!
//! # Sensors and their traps
//!
//! | file | interface | unit | traps handled |
//! |---|---|---|---|
//! | [`nvml`] | total energy counter (Volta and later) | mJ | updates every 10-100 ms; seen 1.7x from the gauge at idle, so both are kept |
//! | [`nvml`] | gauges: field 186 instant, 185 average, else `power_usage` | mW | `power_usage` is a 1 s average on Hopper and Ada; instant on A100 and H100 sees a quarter of the time |
//! | [`rapl`] | powercap `intel-rapl:N/energy_uj` | uJ | wraps at `max_energy_range_uj`; root only since CVE-2020-8694; psys contains package; mmio zones repeat the msr zones |
//! | [`hwmon`] | amdgpu `power1_average`, `power1_input`; `energy1_input` where there is one | uW, uJ | impossible accumulators; hwmon numbers move between boots |
//! | [`hwmon`] | i915 and xe `energyN_input` | uJ | 32-bit register behind it |
//! | [`monitor`] | I2C monitors by hwmon and IIO: Jetson's INA3221 and INA238 rails by label, INA226, INA260 and kin | uW, mV x mA | a total beside its parts; shunt voltages and sums that look like channels; an unknown shunt; hwmon numbers move |
//! | [`pmic`] | Raspberry Pi 5: `vcgencmd pmic_read_adc` | V x A | misses USB devices and the chip's own losses |
//! | [`battery`] | a laptop's battery while it discharges | uW | silent on mains; signs differ |
//! | [`macmon`] | Apple silicon: `macmon pipe` | W | an energy model beside a meter |
//! | [`plug`] | smart plugs: Shelly and Tasmota over HTTP, any over MQTT | W | slow, dead or an error page; 1 Hz |
//! | [`csv_log`] | a log of an external meter | W, J, Wh, kWh | another clock; 1 Hz; still growing |
//! | [`scripted`] | a script | any | the mock: every fault on demand |
//!
//! # Adding a sensor
//!
//! One file with a type that implements [`Sensor`] and a `discover(&Roots) -> Discovery`, and one line in
//! `FAMILIES` below. The file takes its paths from [`Roots`], so that its tests run on a fixture tree.

mod background;
pub mod battery;
mod boards;
pub mod characterise;
pub mod clock;
mod command;
pub mod csv_log;
mod described;
pub mod energy;
#[cfg(all(test, unix))]
pub(crate) mod fixtures;
pub mod hwmon;
mod info;
pub mod macmon;
pub mod monitor;
pub mod nvml;
pub mod observe;
pub mod placed;
pub mod plug;
pub mod pmic;
pub mod rapl;
pub mod sampler;
pub mod scripted;
pub mod series;
mod sysfs;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub(crate) use boards::advice as board_advice;
pub use boards::{BoardFacts, board_facts};
pub(crate) use described::described;
pub use info::{Boundary, DeviceKey, Gain, Kind, Privilege, SensorInfo};
pub use series::{Fault, Series};

/// One observation on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// `CLOCK_MONOTONIC` nanoseconds, taken as close to the read as the interface allows.
    pub t_ns: u64,
    /// What the meter said, in its own unit.
    pub value: Value,
}

/// What a meter says: energy so far, or power now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Raw energy count; [`Kind::Counter`] says how many joules a tick is and where it wraps.
    Counter {
        /// Ticks as read, not unwrapped.
        ticks: u64,
    },
    /// Power in watts.
    Gauge {
        /// Watts as read, a NaN too: it is kept, so that the record shows why a window is void.
        #[serde(with = "info::any_float")]
        watts: f64,
    },
}

/// A power or energy meter.
pub trait Sensor: Send {
    /// What it is, what it sees and how good it is.
    fn info(&self) -> &SensorInfo;

    /// Read it once.
    ///
    /// # Errors
    /// A [`SensorError`] when the meter is gone, refuses, or says what cannot be. Never a stand-in value.
    fn read(&mut self) -> Result<Reading, SensorError>;

    /// Append every reading since the last call: one for a live meter, any number for a log.
    ///
    /// # Errors
    /// As [`Sensor::read`]; readings appended before the failure stand.
    fn read_into(&mut self, out: &mut Vec<Reading>) -> Result<(), SensorError> {
        out.push(self.read()?);
        Ok(())
    }
}

/// Why a meter could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SensorError {
    /// The interface is no longer there.
    #[error("{sensor}: {place} is gone ({detail}); was the device removed, reset or its driver unloaded?")]
    Gone {
        /// Sensor id.
        sensor: String,
        /// Path or call.
        place: String,
        /// What the system said.
        detail: String,
    },
    /// The interface is there and refuses.
    #[error("{sensor}: not permitted to read {place}; {fix}")]
    Permission {
        /// Sensor id.
        sensor: String,
        /// Path or call.
        place: String,
        /// What to do.
        fix: String,
    },
    /// The interface answered with something that is not a reading.
    #[error("{sensor}: {place} says {text:?}, expected {expected}")]
    Malformed {
        /// Sensor id.
        sensor: String,
        /// Path, path and line, or call.
        place: String,
        /// What it said, shortened.
        text: String,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// The reading cannot be true.
    #[error("{sensor}: {what}")]
    Implausible {
        /// Sensor id.
        sensor: String,
        /// What was read and why it cannot be.
        what: String,
    },
    /// The driver or the system failed in a way of its own.
    #[error("{sensor}: reading {place} failed: {detail}")]
    Driver {
        /// Sensor id.
        sensor: String,
        /// Path or call.
        place: String,
        /// What the driver said.
        detail: String,
    },
    /// There is no reading yet.
    #[error("{sensor}: {place} holds no reading yet")]
    NoReading {
        /// Sensor id.
        sensor: String,
        /// Path or call.
        place: String,
    },
    /// The sensor's own code panicked.
    #[error("{sensor}: its reader panicked; please report this as a bug")]
    Panicked {
        /// Sensor id.
        sensor: String,
    },
}

/// A meter that was looked for and cannot be used, and what would change that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// What was looked for.
    pub what: String,
    /// Why it cannot be used.
    pub why: String,
    /// What to do about it, in words or as a command.
    pub fix: String,
}

impl Missing {
    /// A missing meter from its three sentences.
    pub fn new(what: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), fix: fix.into() }
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.what, self.why, self.fix)
    }
}

/// What was found and what was not.
#[derive(Default)]
pub struct Discovery {
    /// Meters that answered at least once.
    pub sensors: Vec<Box<dyn Sensor>>,
    /// Meters that did not, with the reason and the fix.
    pub missing: Vec<Missing>,
}

impl std::fmt::Debug for Discovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids: Vec<&str> = self.sensors.iter().map(|s| s.info().id.as_str()).collect();
        f.debug_struct("Discovery").field("sensors", &ids).field("missing", &self.missing).finish()
    }
}

/// Where to look: every path a sensor opens starts at one of these, so that tests bring their own tree.
#[derive(Clone, Debug)]
pub struct Roots {
    /// The sysfs mount, normally `/sys`.
    pub sys: PathBuf,
    /// The procfs mount, normally `/proc`.
    pub proc: PathBuf,
    /// State kept by system services, normally `/var`.
    pub var: PathBuf,
    /// Configuration of the system, normally `/etc`.
    pub etc: PathBuf,
    /// Whether the machine is a Mac that runs macOS.
    pub macos: bool,
    /// Whether to load NVML.
    pub nvml: bool,
    /// Folders of programs that read a meter, first match wins.
    pub programs: Vec<PathBuf>,
    /// Logs of external meters, named by the user.
    pub csv_logs: Vec<csv_log::CsvLogSpec>,
    /// Smart plugs, named by the user.
    pub plugs: Vec<plug::PlugSpec>,
    /// Where meters sit that cannot tell, by the user's word.
    pub placements: Vec<placed::Placement>,
}

impl Roots {
    /// This machine, with no external meter.
    pub fn system() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self {
            macos: cfg!(target_os = "macos"),
            nvml: true,
            programs: std::env::split_paths(&path).collect(),
            ..Self::below("/")
        }
    }

    /// A tree laid out like a machine, without NVML: for fixtures and containers.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self {
            sys: root.join("sys"),
            proc: root.join("proc"),
            var: root.join("var"),
            etc: root.join("etc"),
            macos: false,
            nvml: false,
            programs: vec![root.join("usr/bin")],
            csv_logs: Vec::new(),
            plugs: Vec::new(),
            placements: Vec::new(),
        }
    }
}

type Family = fn(&Roots) -> Discovery;

/// Every sensor family, in the order in which they are reported.
const FAMILIES: &[Family] = &[
    nvml::discover,
    rapl::discover,
    hwmon::discover,
    monitor::discover,
    pmic::discover,
    battery::discover,
    macmon::discover,
    plug::discover,
    csv_log::discover,
];

/// Look for every meter. Two meters on one device are both kept; a family that finds none says why, if the machine is one
/// that could have it.
pub fn discover(roots: &Roots) -> Discovery {
    let mut all = Discovery::default();
    for family in FAMILIES {
        let found = family(roots);
        all.sensors.extend(found.sensors);
        all.missing.extend(found.missing);
    }
    placed::place(&roots.placements, &mut all);
    let advice = boards::advice(roots, all.sensors.iter().map(|s| s.info()));
    all.missing.extend(advice);
    all
}

/// The meters that see a device, or the reason there is none.
///
/// # Errors
/// [`Missing`] when no meter is matched: a meter that cannot be placed is not given to a device by guess.
pub fn matching<'a>(
    infos: impl IntoIterator<Item = &'a SensorInfo>,
    device: &DeviceKey,
) -> Result<Vec<&'a SensorInfo>, Missing> {
    let mut unplaced = 0;
    let mut hits = Vec::new();
    for info in infos {
        if info.matches.contains(device) {
            hits.push(info);
        } else if info.matches.is_empty() {
            unplaced += 1;
        }
    }
    if !hits.is_empty() {
        return Ok(hits);
    }
    let why = match unplaced {
        0 => "no meter is matched to this device".to_owned(),
        n => format!("{n} meter(s) found, but cannot tell which card each one sees"),
    };
    Err(Missing::new(
        format!("energy of {device}"),
        why,
        "match by PCI id or UUID: on wgpu use the Vulkan or DX12 backend, or name an external meter's log",
    ))
}

#[cfg(test)]
mod tests;
