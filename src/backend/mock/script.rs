//! The script format: devices, their time and their faults, as TOML.
//! Describes only; `clockwork` and `fault` act it out.

use serde::Deserialize;

/// Scripts that travel in the binary: name and text.
pub(super) const EMBEDDED: &[(&str, &str)] = &[
    ("steady", include_str!("scripts/steady.toml")),
    ("drifting", include_str!("scripts/drifting.toml")),
    ("throttling", include_str!("scripts/throttling.toml")),
    ("bimodal", include_str!("scripts/bimodal.toml")),
    ("spiky", include_str!("scripts/spiky.toml")),
    ("faulty", include_str!("scripts/faulty.toml")),
    ("pair", include_str!("scripts/pair.toml")),
];

/// What is wrong with a script.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScriptError {
    /// No script and no file of that name.
    #[error("no mock script `{got}`: known are {known}, or give the path of a .toml file")]
    Unknown { got: String, known: String },
    /// The file cannot be read.
    #[error("mock script {path}: {source}")]
    Read { path: String, source: std::io::Error },
    /// The TOML is not a script; the text says line and key.
    #[error("mock script {name}: {source}")]
    Parse { name: String, source: toml::de::Error },
    /// Keys that do not go together.
    #[error("mock script {name}: fault {fault} of device `{device}`: {why}")]
    Fault { name: String, device: String, fault: usize, why: String },
}

/// A list of mock devices.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    #[serde(rename = "device")]
    pub(super) devices: Vec<DeviceScript>,
}

/// One device.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceScript {
    pub(super) name: String,
    /// What it shares with other devices; its name by default.
    pub(super) hardware: Option<String>,
    #[serde(default)]
    pub(super) seed: u64,
    #[serde(default = "default_memory")]
    pub(super) memory_bytes: u64,
    #[serde(default = "default_cache")]
    pub(super) cache_bytes: u64,
    pub(super) pci: Option<String>,
    pub(super) uuid: Option<String>,
    #[serde(default)]
    pub(super) real_sleep: bool,
    #[serde(default)]
    pub(super) time: TimeScript,
    pub(super) meter: Option<MeterScript>,
    #[serde(default, rename = "fault")]
    pub(super) faults: Vec<Fault>,
}

fn one() -> f64 {
    1.0
}

fn default_memory() -> u64 {
    8 << 30
}

fn default_cache() -> u64 {
    4 << 20
}

/// A power meter that watches the device, and the log it writes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeterScript {
    /// A CSV file with the header line `timestamp,watts`.
    pub(super) log: std::path::PathBuf,
    pub(super) idle_w: Positive,
    pub(super) busy_w: Positive,
    /// Seconds from line to line.
    pub(super) period_s: Positive,
    /// Seconds that a line is the mean of; without it the power of the moment.
    pub(super) averages_s: Option<Positive>,
    /// Watts shown for each drawn.
    #[serde(default = "one")]
    pub(super) gain: f64,
    /// Watts shown beyond those.
    #[serde(default)]
    pub(super) offset_w: f64,
    /// The log ends this long after the device is opened.
    pub(super) silent_after_s: Option<Positive>,
}

/// How long things take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TimeScript {
    pub(super) launch_s: Positive,
    pub(super) ops_per_s: Positive,
    pub(super) bytes_per_s: Positive,
    /// Relative standard deviation of a run.
    pub(super) noise: Share,
    /// Device seconds per scripted second; no device clock if absent.
    pub(super) device_clock: Option<Positive>,
    /// Seconds the host clock sees on top of every run.
    pub(super) host_extra_s: f64,
    pub(super) pattern: Pattern,
}

impl Default for TimeScript {
    fn default() -> Self {
        TimeScript {
            launch_s: Positive(5e-6),
            ops_per_s: Positive(1e12),
            bytes_per_s: Positive(1e11),
            noise: Share(0.001),
            device_clock: None,
            host_extra_s: 0.0,
            pattern: Pattern::Steady,
        }
    }
}

/// How times change from run to run. Fields are told in the module's page.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Pattern {
    Steady,
    Drifting { per_run: f64 },
    Throttling { after: u32, runs: u32, factor: Positive, reports: Reports },
    Bimodal { share: Share, factor: Positive },
    Spiky { share: Share, factor: Positive },
}

/// What a throttled device says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reports {
    Slowdown,
    PowerCap,
    Nothing,
}

/// Something that goes wrong, and when. Conditions left out always hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    #[serde(default)]
    pub(super) at: Stage,
    /// Pattern over case ids, with `*` and `?`.
    pub(super) case: Option<String>,
    /// The how-manieth prepared case of this process, from 1.
    pub(super) nth_case: Option<u32>,
    /// The how-manieth run of the case, from 1.
    pub(super) nth_run: Option<u32>,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FaultKind {
    /// One element of the output is off by one.
    Wrong,
    /// One element of the output is NaN; for integers the poison, which is as good.
    Nan,
    /// The last quarter of the output is not written.
    Unwritten,
    /// `DeviceError::Unsupported`.
    Unsupported,
    /// `DeviceError::Failed`.
    Failed,
    /// `DeviceError::Lost`.
    Lost,
    /// `DeviceError::OutOfMemory`.
    OutOfMemory,
    /// The process aborts, as by a driver's failed assertion.
    Abort,
    /// The process exits with 137, as a shell reports a kill.
    Exit,
    /// The process aborts with a line on stderr about memory. Nothing is allocated.
    Killed,
    /// Never returns.
    Hang,
    /// Prints bytes that are no text to stdout, as some drivers do, and goes on.
    Garbage,
}

impl FaultKind {
    /// Faults of the output, which only a run can have.
    pub(super) fn spoils_output(self) -> bool {
        matches!(self, FaultKind::Wrong | FaultKind::Nan | FaultKind::Unwritten)
    }
}

/// Where something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    Discover,
    Open,
    Prepare,
    #[default]
    Run,
}

/// A number above zero.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Positive(pub(super) f64);

impl TryFrom<f64> for Positive {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if value > 0.0 && value.is_finite() {
            Ok(Positive(value))
        } else {
            Err(format!("{value} is not a finite number above zero"))
        }
    }
}

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Share(pub(super) f64);

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&value) { Ok(Share(value)) } else { Err(format!("{value} is not between 0 and 1")) }
    }
}

impl Script {
    /// Loads an embedded script by name, or a TOML file by path.
    pub(super) fn load(wanted: &str) -> Result<Script, ScriptError> {
        if let Some((name, text)) = EMBEDDED.iter().find(|(name, _)| *name == wanted) {
            return Script::parse(name, text);
        }
        if !wanted.ends_with(".toml") {
            let known = EMBEDDED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            return Err(ScriptError::Unknown { got: wanted.to_owned(), known });
        }
        let text =
            std::fs::read_to_string(wanted).map_err(|source| ScriptError::Read { path: wanted.to_owned(), source })?;
        Script::parse(wanted, &text)
    }

    /// Parses and checks a script's text.
    pub(super) fn parse(name: &str, text: &str) -> Result<Script, ScriptError> {
        let script: Script =
            toml::from_str(text).map_err(|source| ScriptError::Parse { name: name.to_owned(), source })?;
        for device in &script.devices {
            for (at, fault) in device.faults.iter().enumerate() {
                fault.check().map_err(|why| ScriptError::Fault {
                    name: name.to_owned(),
                    device: device.name.clone(),
                    fault: at + 1,
                    why: why.to_owned(),
                })?;
            }
        }
        Ok(script)
    }
}

impl Fault {
    fn check(&self) -> Result<(), &'static str> {
        let of_a_case = matches!(self.at, Stage::Prepare | Stage::Run);
        if self.kind.spoils_output() && self.at != Stage::Run {
            return Err("only a run has an output to spoil: set at = \"run\" or leave it out");
        }
        if !of_a_case && (self.case.is_some() || self.nth_case.is_some()) {
            return Err("there is no case yet at discover or open: drop `case` and `nth_case`");
        }
        if self.at != Stage::Run && self.nth_run.is_some() {
            return Err("`nth_run` needs at = \"run\"");
        }
        if self.nth_case == Some(0) || self.nth_run == Some(0) {
            return Err("`nth_case` and `nth_run` count from 1");
        }
        Ok(())
    }
}
