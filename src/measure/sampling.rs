//! The sampling loop: warm up, choose launches per sample, sample until the median is known well enough.
//! Between two samples it does next to nothing: what it reports, it reports rarely.

use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    stats::median,
    stopping::{median_noise, recorded_noise, worth_checking},
};
use crate::{
    backend::{Condition, DeviceError, Elapsed, Executable},
    record::{ClockCheck, ConditionSummary, Stop, Time, TimeSource, Warning},
};

/// How a case is sampled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Seconds of warm-up; at least two launches whatever they take.
    pub warmup_s: f64,
    /// Stop at this relative noise of the median.
    pub noise: f64,
    /// Seconds of sampling at most, once there are [`Settings::min_samples`].
    pub max_s: f64,
    /// Fewest samples, whatever they take.
    pub min_samples: usize,
    /// Most samples.
    pub max_samples: usize,
    /// Length of a sample aimed at, seconds.
    pub sample_s: f64,
}

impl Settings {
    /// Settings for a time limit: 0.5 % noise, samples of a fiftieth of the limit within 2 to 50 ms.
    pub fn within(max_s: f64) -> Settings {
        Settings {
            warmup_s: (max_s * 0.2).clamp(0.02, 1.0),
            noise: 0.005,
            max_s,
            min_samples: 6,
            max_samples: 2000,
            sample_s: (max_s / 50.0).clamp(0.002, 0.05),
        }
    }
}

/// What sampling found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The times.
    pub time: Time,
    /// Clocks and throttling, where the device tells them.
    pub condition: Option<ConditionSummary>,
    /// What a reader should doubt.
    pub warnings: Vec<Warning>,
}

/// A sample under slowdown is retaken at most this many times a case; then it is kept and the case warned about.
const MOST_RETAKES: u32 = 50;
/// Seconds between two readings of clocks and throttling: reading them costs time and moves power.
const CONDITION_PERIOD_S: f64 = 0.02;
/// Device and host clock may differ by this much on long batches.
const CLOCK_TOLERANCE: f64 = 0.05;
/// Share of the sampling time that the harness may take for itself.
const HARNESS_SHARE: f64 = 0.02;
/// Launches in one sample at most: bounds what a device queues.
const MOST_LAUNCHES: f64 = 1_000_000.0;

/// Measures a prepared and verified executable. `pulse` is called between samples and must be quick.
///
/// # Errors
/// The device failed or was lost.
pub fn measure(
    exe: &mut dyn Executable,
    settings: &Settings,
    pulse: &mut dyn FnMut(),
) -> Result<Measured, DeviceError> {
    let warm = warm_up(exe, settings, pulse)?;
    let launches = (settings.sample_s / warm.launch_s).ceil().clamp(1.0, MOST_LAUNCHES) as u32;
    let mut samples = Samples::default();
    let mut watch = ConditionWatch::default();
    let start = Instant::now();
    let mut inside_s = 0.0;
    let stop = loop {
        let elapsed = exe.run(launches)?;
        inside_s += elapsed.host_s;
        if watch.slowed_down(exe, samples.dropped) {
            samples.dropped += 1;
        } else {
            samples.push(elapsed, launches);
        }
        pulse();
        let n = samples.host.len();
        if n < settings.min_samples {
            continue;
        }
        if worth_checking(n) && median_noise(samples.primary()) <= settings.noise {
            break Stop::Noise;
        }
        if start.elapsed().as_secs_f64() >= settings.max_s {
            break Stop::TimeLimit;
        }
        if n >= settings.max_samples {
            break Stop::SampleLimit;
        }
    };
    let sampling_wall_s = start.elapsed().as_secs_f64();
    let clock_check = samples.clock_check();
    let time = Time {
        clock: if samples.all_device() { TimeSource::Device } else { TimeSource::Host },
        launches_per_sample: launches,
        warmup_s: warm.seconds,
        sampling_wall_s,
        // A scripted clock may run ahead of the wall.
        outside_samples_s: Some((sampling_wall_s - inside_s).max(0.0)),
        stop,
        noise: recorded_noise(samples.primary()),
        dropped: samples.dropped,
        clock_check,
        samples_s: samples.into_primary(),
        rounds: Vec::new(),
    };
    let condition = watch.summary();
    let warnings = warnings(&time, condition.as_ref(), settings);
    Ok(Measured { time, condition, warnings })
}

/// Launches back to back for about `seconds`, for an energy window. Returns how many launches there were.
///
/// # Errors
/// The device failed or was lost.
pub fn run_for(
    exe: &mut dyn Executable,
    seconds: f64,
    launch_s: f64,
    pulse: &mut dyn FnMut(),
) -> Result<u64, DeviceError> {
    // Batches of a tenth of a second: long enough that the host's part in the power is small, short enough to stop.
    let batch = (0.1 / launch_s).ceil().clamp(1.0, MOST_LAUNCHES) as u32;
    let start = Instant::now();
    let mut launches = 0;
    while start.elapsed().as_secs_f64() < seconds {
        exe.run(batch)?;
        launches += u64::from(batch);
        pulse();
    }
    Ok(launches)
}

struct Warm {
    seconds: f64,
    launch_s: f64,
}

/// Runs until the warm-up time is over, doubling the batch, and estimates the time of a launch from the last batch.
fn warm_up(exe: &mut dyn Executable, settings: &Settings, pulse: &mut dyn FnMut()) -> Result<Warm, DeviceError> {
    let start = Instant::now();
    let mut batch = 1u32;
    exe.run(1)?;
    pulse();
    loop {
        let elapsed = exe.run(batch)?;
        pulse();
        let batch_s = elapsed.device_s.unwrap_or(elapsed.host_s).max(1e-9);
        let seconds = start.elapsed().as_secs_f64();
        if seconds >= settings.warmup_s || f64::from(batch) >= MOST_LAUNCHES {
            return Ok(Warm { seconds, launch_s: batch_s / f64::from(batch) });
        }
        if elapsed.host_s < settings.sample_s {
            batch *= 2;
        }
    }
}

#[derive(Default)]
struct Samples {
    host: Vec<f64>,
    device: Vec<f64>,
    dropped: u32,
}

impl Samples {
    fn push(&mut self, elapsed: Elapsed, launches: u32) {
        self.host.push(elapsed.host_s / f64::from(launches));
        self.device.extend(elapsed.device_s.map(|s| s / f64::from(launches)));
    }

    fn all_device(&self) -> bool {
        self.device.len() == self.host.len()
    }

    /// The device's clock where it timed every sample, else the host's.
    fn primary(&self) -> &[f64] {
        if self.all_device() { &self.device } else { &self.host }
    }

    fn into_primary(self) -> Vec<f64> {
        if self.all_device() { self.device } else { self.host }
    }

    fn clock_check(&self) -> Option<ClockCheck> {
        if !self.all_device() {
            return None;
        }
        Some(ClockCheck { host_s: median(&self.host)?, device_s: median(&self.device)? })
    }
}

#[derive(Default)]
struct ConditionWatch {
    last: Option<Instant>,
    readings: Vec<Condition>,
}

impl ConditionWatch {
    /// Reads the device's condition if it is time to, and says whether the sample just taken must be retaken.
    fn slowed_down(&mut self, exe: &mut dyn Executable, dropped: u32) -> bool {
        if self.last.is_some_and(|t| t.elapsed().as_secs_f64() < CONDITION_PERIOD_S) {
            return false;
        }
        let condition = exe.condition();
        self.last = Some(Instant::now());
        let slow = !condition.slowdown.is_empty();
        if condition != Condition::default() {
            self.readings.push(condition);
        }
        slow && dropped < MOST_RETAKES
    }

    fn summary(self) -> Option<ConditionSummary> {
        if self.readings.is_empty() {
            return None;
        }
        let mut slowdown: Vec<String> = self.readings.iter().flat_map(|c| c.slowdown.clone()).collect();
        slowdown.sort();
        slowdown.dedup();
        Some(ConditionSummary {
            clock_mhz: self.readings.iter().filter_map(|c| c.clock_mhz).collect(),
            temperature_max_c: self.readings.iter().filter_map(|c| c.temperature_c).reduce(f64::max),
            slowdown,
            power_capped_samples: self.readings.iter().filter(|c| c.power_capped).count() as u32,
        })
    }
}

fn warnings(time: &Time, condition: Option<&ConditionSummary>, settings: &Settings) -> Vec<Warning> {
    let mut found = Vec::new();
    let mut warn = |code: &str, text: String| found.push(Warning { code: code.to_owned(), text });
    if let Some(ClockCheck { host_s, device_s }) = time.clock_check
        && (host_s / device_s - 1.0).abs() > CLOCK_TOLERANCE
        // Short samples are mostly submission; only long batches can be held against a clock.
        && device_s * f64::from(time.launches_per_sample) > 0.01
    {
        warn(
            "clock_disagreement",
            format!(
                "host clock {host_s:.3e} s, device clock {device_s:.3e} s per launch: over 5 % apart on long batches; compare with host-timed results only after looking into it"
            ),
        );
    }
    if time.stop != Stop::Noise && time.noise > settings.noise {
        warn(
            "noisy",
            format!(
                "stopped at {:.1} % noise, {:.1} % wanted: raise --max-time, or quieten the machine",
                time.noise * 100.0,
                settings.noise * 100.0
            ),
        );
    }
    if let Some(outside_s) = time.outside_samples_s
        && outside_s > HARNESS_SHARE * time.sampling_wall_s
        // A few samples of a scripted or very fast case prove nothing.
        && time.sampling_wall_s > 0.05
    {
        warn(
            "harness_overhead",
            format!(
                "{:.1} % of the sampling time was spent outside samples: the device idled meanwhile; raise --max-time",
                100.0 * outside_s / time.sampling_wall_s
            ),
        );
    }
    if time.dropped > 0 {
        warn(
            "throttled",
            format!(
                "{} samples were taken under a slowdown and retaken: cool the device or cap its power",
                time.dropped
            ),
        );
    }
    if let Some(c) = condition
        && c.power_capped_samples > 0
    {
        warn(
            "power_capped",
            format!(
                "{} readings were under a power cap: the result belongs to that power limit",
                c.power_capped_samples
            ),
        );
    }
    found
}
