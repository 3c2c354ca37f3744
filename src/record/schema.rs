//! One record: one case on one device in one run, self-contained.
//! Additive changes keep [`SCHEMA`]; readers ignore fields they do not know.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Environment;
use crate::{
    backend::{Build, DeviceFacts, Track},
    kernel::{Cache, Case, Dtype, Shape, Verification, Work},
};

/// Name and major version of the record format. A reader refuses another major version and reads any minor addition.
pub const SCHEMA: &str = "wattmark.record/1";

/// A result: what was observed when one case met one device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// `wattmark.record/1`.
    pub schema: String,
    /// The run that this record belongs to.
    pub run: RunInfo,
    /// When the case ended.
    #[schemars(with = "String")]
    pub ended: Timestamp,
    /// What was asked for.
    pub case: CaseInfo,
    /// Where it ran.
    pub device: DeviceFacts,
    /// How it went.
    pub status: Status,
    /// Why it is not `ok`; absent when it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What the backend built.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub build: Option<Build>,
    /// Whether the output was right. Without a passed verification there is no `time`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verification: Option<Verification>,
    /// Work of one launch.
    pub work: Work,
    /// How long launches took.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time: Option<Time>,
    /// What it cost in joules, or why that is not known.
    pub energy: Energy,
    /// Clocks, temperature and throttling over the samples.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub condition: Option<ConditionSummary>,
    /// The machine, as far as it may be told.
    pub environment: Environment,
    /// Seconds spent in each named phase of the case.
    pub phases_s: BTreeMap<String, f64>,
    /// What a reader should doubt, and what to do about it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<Warning>,
}

/// How a case went. Nothing silently disappears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Verified and measured (or only verified, where nothing else was asked).
    Ok,
    /// The device cannot run it, by its limits or features.
    Unsupported,
    /// Nobody tried, for the reason given.
    Skipped,
    /// It was tried and went wrong.
    Failed,
}

impl Status {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Unsupported => "unsupported",
            Status::Skipped => "skipped",
            Status::Failed => "failed",
        }
    }
}

/// The run a record belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// Random name of the run; records of one run share clocks, ceilings and idle.
    pub id: String,
    /// When it started.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// Version of wattmark.
    pub wattmark: String,
    /// Commit it was built from, where known; `-dirty` is appended if the tree had changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
    /// Suite the case comes from.
    pub suite: String,
    /// Options that decide the numbers: energy mode, time limits, seeds.
    pub settings: BTreeMap<String, String>,
    /// Cluster job, where one runs this.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub job: Option<Job>,
}

/// The cluster job that a run is part of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// Scheduler: `slurm`, `kubernetes`, `github`.
    pub scheduler: String,
    /// Its name for the job, and the task's number where the job is an array.
    pub id: String,
    /// How many times it was tried before, plus one.
    pub attempt: u32,
    /// The node it ran on, by the machine's alias where it has one; absent with `--anonymous`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub node: Option<String>,
}

/// The case, in words and in parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseInfo {
    /// `family/variant/dtype/axis=value,.../cache`.
    pub id: String,
    /// Kernel family.
    pub family: String,
    /// Member of the family.
    pub variant: String,
    /// Element type of the inputs.
    pub dtype: Dtype,
    /// Extent of each axis.
    pub shape: Shape,
    /// Cache state at launch.
    pub cache: Cache,
    /// Which question the result answers.
    pub track: Track,
    /// Where the shape comes from.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub why: String,
}

impl CaseInfo {
    /// Describes a case on a track.
    pub fn of(case: &Case, track: Track, why: &str) -> CaseInfo {
        CaseInfo {
            id: case.id(),
            family: case.family.name().to_owned(),
            variant: case.variant.name.to_owned(),
            dtype: case.dtype,
            shape: case.shape.clone(),
            cache: case.cache,
            track,
            why: why.to_owned(),
        }
    }
}

/// Whose clock measured a time. The two are never compared without saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeSource {
    /// Timestamps taken by the device around its own work.
    Device,
    /// The host's monotonic clock around submission and completion.
    Host,
}

/// Why sampling stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The noise of the median fell under the target.
    Noise,
    /// The time limit came first.
    TimeLimit,
    /// The sample limit came first.
    SampleLimit,
}

/// Times of a case, raw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Time {
    /// Whose clock.
    pub clock: TimeSource,
    /// Seconds per launch of every sample, in the order taken.
    pub samples_s: Vec<f64>,
    /// Samples of each round, where `--against` started a fresh worker for every round; they add up to all.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rounds: Vec<u32>,
    /// Launches in each sample; `samples_s` is already divided by it.
    pub launches_per_sample: u32,
    /// Seconds of warm-up before the first sample.
    pub warmup_s: f64,
    /// Wall seconds from the start of the first sample to the end of the last.
    pub sampling_wall_s: f64,
    /// Seconds of them outside samples: the harness's own. Absent where other samples were taken in between.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outside_samples_s: Option<f64>,
    /// Why sampling stopped.
    pub stop: Stop,
    /// Relative noise of the median when it stopped: half the 95 % interval over the median.
    pub noise: f64,
    /// Samples dropped and retaken because the device was slowed down.
    pub dropped: u32,
    /// Device clock against host clock on the long batches, where both exist.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock_check: Option<ClockCheck>,
}

/// Device timestamps against the host clock over the same batches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClockCheck {
    /// Median of host seconds per launch.
    pub host_s: f64,
    /// Median of device seconds per launch.
    pub device_s: f64,
}

/// Whether joules are a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EnergyStatus {
    /// Read from a meter.
    Measured,
    /// Computed from a published figure; never shown in a measured column.
    Modelled,
    /// Not known, for the reason given. Not zero.
    Unmeasured,
}

/// Energy of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Energy {
    /// Whether the joules below are a measurement.
    pub status: EnergyStatus,
    /// Why they are not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What to do to get them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix: Option<String>,
    /// One entry per meter that watched; two meters on one device are both kept.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub meters: Vec<Meter>,
}

impl Energy {
    /// No joules, and why.
    pub fn unmeasured(reason: impl Into<String>, fix: impl Into<String>) -> Energy {
        let energy =
            Energy { status: EnergyStatus::Unmeasured, reason: Some(reason.into()), fix: None, meters: vec![] };
        Energy { fix: Some(fix.into()).filter(|f| !f.is_empty()), ..energy }
    }
}

/// A value and the half-width of its interval at k = 2 (about 95 %).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Best estimate.
    pub value: f64,
    /// Expanded uncertainty, k = 2, in the unit of `value`.
    pub u95: f64,
}

/// What sort of reading a meter gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Gauge {
    /// An energy counter: joules are a difference.
    Counter,
    /// A power gauge: joules are an integral.
    Gauge,
}

/// How long the energy windows were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WindowKind {
    /// Long enough to publish: 60 s and 100 sensor periods.
    Published,
    /// Shorter: good for a look, labelled wherever it is shown.
    Short,
}

/// What one meter says of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Meter {
    /// Name of the sensor.
    pub sensor: String,
    /// Counter or gauge.
    pub kind: Gauge,
    /// What the meter sees: `rail`, `gpu_board`, `package`, `module`, `dc_in`, `wall_ac`.
    pub boundary: String,
    /// Length class of the windows.
    pub window: WindowKind,
    /// Seconds of all windows together.
    pub window_s: f64,
    /// Launches in all windows together.
    pub launches: u64,
    /// Gross joules per launch.
    pub gross_j: Interval,
    /// Joules per launch above idle, where idle was measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub net_j: Option<Interval>,
    /// Mean power over the windows, watts.
    pub watts: Interval,
    /// Idle power before and after, watts.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub idle_watts: Vec<f64>,
    /// Gross joules per launch of each window, raw.
    pub repeats_j: Vec<f64>,
    /// Relative contributions to the uncertainty, one standard deviation each: gain, edges, repeats, clock.
    pub budget: BTreeMap<String, f64>,
    /// What to doubt about this meter.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
}

/// Clocks, temperature and throttling over a case's samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConditionSummary {
    /// Core clock of each reading, MHz.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub clock_mhz: Vec<u32>,
    /// Highest temperature read, degrees Celsius.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub temperature_max_c: Option<f64>,
    /// Slowdown reasons seen, each once.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub slowdown: Vec<String>,
    /// Samples taken under a power cap.
    pub power_capped_samples: u32,
}

/// Something a reader should doubt.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// Short stable name, as `explain` knows it.
    pub code: String,
    /// What was seen and what to do about it.
    pub text: String,
}

/// JSON Schema of a record, from the types.
pub fn json_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Record);
    schema.insert("$id".into(), SCHEMA.into());
    schema.insert("title".into(), "A wattmark record".into());
    schema.into()
}
