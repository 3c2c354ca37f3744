//! What is known of a meter before it is read: unit, boundary, device, quality.
//! Must not hold readings; everything here travels with every record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where in the power path a meter sits. Two boundaries never share a ranking without the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// One supply rail or one domain inside a package.
    Rail,
    /// A processor package (CPU, APU or GPU), without the board's regulators and fans.
    Package,
    /// A graphics board with its memory and regulators.
    GpuBoard,
    /// A compute module or platform: package, memory and what sits with them.
    Module,
    /// The DC input of a machine.
    DcIn,
    /// The AC plug.
    WallAc,
}

impl Boundary {
    /// Every boundary, innermost first.
    pub const ALL: [Boundary; 6] =
        [Boundary::Rail, Boundary::Package, Boundary::GpuBoard, Boundary::Module, Boundary::DcIn, Boundary::WallAc];

    /// The name used in records and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Boundary::Rail => "rail",
            Boundary::GpuBoard => "gpu_board",
            Boundary::Package => "package",
            Boundary::Module => "module",
            Boundary::DcIn => "dc_in",
            Boundary::WallAc => "wall_ac",
        }
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A boundary name nobody knows.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown boundary {0:?}; use one of rail, gpu_board, package, module, dc_in, wall_ac")]
pub struct UnknownBoundary(String);

impl FromStr for Boundary {
    type Err = UnknownBoundary;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Boundary::ALL.into_iter().find(|b| b.as_str() == s).ok_or_else(|| UnknownBoundary(s.to_owned()))
    }
}

/// What a meter is matched by. Written `0000:65:00.0`, `GPU-…`, `cpu` or `whole-machine`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DeviceKey {
    /// PCI bus id, lower case, as sysfs writes it: `0000:65:00.0`.
    Pci(String),
    /// The vendor's own identifier.
    Uuid(String),
    /// The processor, all sockets.
    Cpu,
    /// Everything behind the meter.
    WholeMachine,
}

impl DeviceKey {
    /// A PCI key from any of the usual spellings (`00000000:65:00.0`, `0000:65:00.0`, `65:00.0`); None if
    /// it is not one.
    pub fn pci(text: &str) -> Option<Self> {
        let (rest, function) = text.trim().rsplit_once('.')?;
        let mut parts: Vec<&str> = rest.split(':').collect();
        if parts.len() == 2 {
            parts.insert(0, "0");
        }
        let [domain, bus, device] = parts[..] else {
            return None;
        };
        let hex = |s: &str, longest: usize| {
            let plain = !s.is_empty() && s.len() <= longest;
            let plain = plain && s.bytes().all(|b| b.is_ascii_hexdigit());
            plain.then(|| u32::from_str_radix(s, 16).ok()).flatten()
        };
        Some(Self::Pci(format!(
            "{:04x}:{:02x}:{:02x}.{:x}",
            hex(domain, 8)?,
            hex(bus, 2)?,
            hex(device, 2)?,
            hex(function, 1)?
        )))
    }
}

impl From<String> for DeviceKey {
    fn from(s: String) -> Self {
        match s.as_str() {
            "cpu" => Self::Cpu,
            "whole-machine" => Self::WholeMachine,
            _ => Self::pci(&s).unwrap_or(Self::Uuid(s)),
        }
    }
}

impl From<DeviceKey> for String {
    fn from(key: DeviceKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pci(s) | Self::Uuid(s) => s,
            Self::Cpu => "cpu",
            Self::WholeMachine => "whole-machine",
        })
    }
}

/// Counter or gauge, with its unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Energy since some start.
    Counter {
        /// Joules in one tick.
        joules_per_tick: f64,
        /// Ticks at which it may wrap to zero, smallest first; empty if it does not. More than one where
        /// the driver does not say which: the smallest that gives a possible power is taken.
        wraps_at: Vec<u64>,
    },
    /// Power now, in watts.
    Gauge {
        /// Smallest step of the reading in watts, where known.
        resolution_w: Option<f64>,
    },
}

/// What it takes to read a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    /// Any user.
    User,
    /// Root, unless the file's mode was opened up.
    RootByDefault,
}

/// How far a meter's scale may be off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// Relative standard uncertainty (1 sigma) of the scale.
    pub sigma: f64,
    /// Where the figure is from.
    pub basis: String,
    /// True if it is our assumption and not a published or calibrated figure.
    pub assumed: bool,
}

impl Gain {
    /// A published bound of plus or minus `bound` (relative), read as a rectangular distribution.
    pub fn published_bound(bound: f64, basis: &str) -> Self {
        Self { sigma: bound / 3_f64.sqrt(), basis: basis.to_owned(), assumed: false }
    }

    /// An assumed bound of plus or minus `bound` (relative), read as a rectangular distribution.
    pub fn assumed_bound(bound: f64, basis: &str) -> Self {
        Self { assumed: true, ..Self::published_bound(bound, basis) }
    }

    /// An assumption, marked as one.
    pub fn assumed(sigma: f64, basis: &str) -> Self {
        Self { sigma, basis: basis.to_owned(), assumed: true }
    }
}

/// A meter, described.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensorInfo {
    /// Unique on the machine and stable between boots where the device allows: `rapl:package-0`.
    pub id: String,
    /// For people.
    pub name: String,
    /// Counter or gauge, with the unit.
    pub kind: Kind,
    /// Where in the power path.
    pub boundary: Boundary,
    /// Nominal seconds between updates, where known.
    pub update_period_s: Option<f64>,
    /// Seconds a gauge averages over, where known.
    pub averaging_window_s: Option<f64>,
    /// The devices it sees; empty if that cannot be told.
    pub matches: Vec<DeviceKey>,
    /// What it takes to read.
    pub privilege: Privilege,
    /// Path or call behind it.
    pub source: String,
    /// Uncertainty of the scale.
    pub gain: Gain,
    /// Standard uncertainty in seconds of its time stamps against the monotonic clock.
    pub clock_sigma_s: f64,
    /// Watts above which a reading is taken as impossible. Generous: it catches nonsense, not surprise.
    pub plausible_watts: f64,
    /// Ids of meters whose energy this one already includes: never add them.
    pub contains: Vec<String>,
    /// What a reader of the number should know.
    pub notes: Vec<String>,
}

impl SensorInfo {
    /// A meter with the fields every meter must state, and nothing claimed for the rest: no period, no
    /// device, time stamps taken as exact, a megawatt as the bound of the possible.
    pub fn new(id: impl Into<String>, kind: Kind, boundary: Boundary, gain: Gain) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            kind,
            boundary,
            update_period_s: None,
            averaging_window_s: None,
            matches: Vec::new(),
            privilege: Privilege::User,
            source: String::new(),
            gain,
            clock_sigma_s: 0.0,
            plausible_watts: 1e6,
            contains: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// True for an energy counter.
    pub fn is_counter(&self) -> bool {
        matches!(self.kind, Kind::Counter { .. })
    }
}

/// A float that may be NaN or infinite, which JSON has no number for: those are written as text.
pub(super) mod any_float {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() { to.serialize_f64(*value) } else { to.collect_str(value) }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(f64),
            Text(String),
        }
        match Either::deserialize(from)? {
            Either::Number(value) => Ok(value),
            Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}
