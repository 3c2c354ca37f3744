//! Commands to a worker and events from it, one JSON object a line.
//! Only text that both ends of one build (or two builds, with `--against`) understand; carries no policy.

use serde::{Deserialize, Serialize};

use crate::{
    backend::{Build, DeviceFacts},
    kernel::{Tuning, Verification},
    measure::{Measured, Settings},
};

/// Version of this protocol; two builds that differ in it cannot be run against each other.
pub const PROTOCOL: u32 = 1;

/// What a worker is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Command {
    /// Open a device by its id. Answered by [`Event::Opened`].
    Open {
        /// The device.
        device: String,
    },
    /// Build a case. Answered by [`Event::Prepared`].
    Prepare {
        /// The case's id.
        case: String,
        /// Which tunables.
        tuning: TuningChoice,
    },
    /// Run the prepared case once on a poisoned output and compare. Answered by [`Event::Verified`].
    Verify,
    /// Sample the prepared case. Answered by [`Event::Measured`].
    Measure {
        /// How.
        settings: Settings,
    },
    /// Take one sample. Answered by [`Event::Sampled`].
    Sample {
        /// Launches in it.
        launches: u32,
    },
    /// Keep the device busy with the prepared case. Answered by [`Event::Windowed`].
    Window {
        /// For how long.
        seconds: f64,
        /// Seconds of a launch, as measured.
        launch_s: f64,
    },
    /// Let go of the prepared case. Answered by [`Event::Released`].
    Release,
}

/// Which tunables a case is built with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TuningChoice {
    /// The kernel's defaults for the device.
    Default,
    /// These.
    Given(Tuning),
    /// Search for the best.
    Search,
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// First line of every worker.
    Hello {
        /// Its [`PROTOCOL`].
        protocol: u32,
        /// Its version.
        wattmark: String,
    },
    /// The device is open.
    Opened {
        /// What is known of it.
        facts: Box<DeviceFacts>,
    },
    /// The case is built.
    Prepared {
        /// What was built.
        build: Build,
        /// Candidates tried and their seconds per launch, where a search was asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tried: Vec<(Tuning, f64)>,
    },
    /// The comparison with the reference.
    Verified {
        /// What it found.
        verification: Verification,
    },
    /// The samples.
    Measured {
        /// Times and conditions.
        measured: Box<Measured>,
    },
    /// One sample.
    Sampled {
        /// Seconds per launch by the device's clock if it has one, else the host's.
        launch_s: f64,
        /// True if that was the device's clock.
        device_clock: bool,
    },
    /// The device was busy from one time to another.
    Windowed {
        /// Monotonic nanoseconds at the first launch.
        start_ns: u64,
        /// Monotonic nanoseconds after the last.
        end_ns: u64,
        /// Launches in between.
        launches: u64,
    },
    /// The case is gone; another may be prepared.
    Released,
    /// The command did not work. After a failed `Prepare` nothing is prepared.
    Refused {
        /// The device cannot run this by its limits or features.
        unsupported: bool,
        /// The device is gone: this worker is of no further use.
        lost: bool,
        /// Why.
        reason: String,
    },
    /// Sign of life while something takes long.
    Pulse,
}
