//! Several windows together: repeats, counter against gauge, gross less idle.
//! Must not mix meters or boundaries, nor average a common error away.

use serde::{Deserialize, Serialize};

use super::{Budget, COVERAGE, Grade, Measured, Method};
use crate::power::Boundary;

/// Counter and gauge further apart than this are flagged, relative.
const FLAGGED: f64 = 0.03;
/// Counter and gauge further apart than this are invalid, relative.
const INVALID: f64 = 0.05;

/// Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom.
const T95: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// Windows that do not belong together.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CombineError {
    /// There is nothing to combine.
    #[error("no window to combine: measure at least one")]
    Empty,
    /// One amount of work for each window is needed.
    #[error("{windows} windows and {work} amounts of work: give one for each")]
    Count {
        /// Windows given.
        windows: usize,
        /// Amounts given.
        work: usize,
    },
    /// Work is a positive number.
    #[error("window {index} did {work} units of work; it takes a positive number")]
    Work {
        /// Which window, from 0.
        index: usize,
        /// The amount given.
        work: f64,
    },
    /// The windows are of different meters.
    #[error("windows of {first} and of {other} do not mix: combine one meter at a time")]
    Meters {
        /// One meter.
        first: String,
        /// The other.
        other: String,
    },
    /// The meters sit at different boundaries.
    #[error("{first} and {other} are different boundaries and cannot be compared as one figure")]
    Boundaries {
        /// One boundary.
        first: Boundary,
        /// The other.
        other: Boundary,
    },
    /// The windows are different spans of time.
    #[error("counter and gauge cover different windows: measure both over the same one")]
    Windows,
    /// The counter showed no energy.
    #[error("the counter showed no energy, so the gauge cannot be compared with it")]
    NoEnergy,
}

/// Repeats of one case on one meter, for one unit of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerWork {
    /// Joules for one unit of work, mean of the repeats.
    pub joules_per_unit: f64,
    /// Expanded uncertainty of it, k = 2.
    pub u95: f64,
    /// Its parts, in joules per unit.
    pub budget: Budget,
    /// Mean watts over all windows.
    pub watts_mean: f64,
    /// Number of windows.
    pub repeats: usize,
    /// How they were taken.
    pub method: Method,
    /// Where in the power path.
    pub boundary: Boundary,
    /// The meter.
    pub sensor: String,
    /// Short if one of them is.
    pub grade: Grade,
    /// What a reader should know.
    pub warnings: Vec<String>,
}

/// Combine repeats; `work[i]` is what was done in window i (launches, tokens; 1 for the window itself).
///
/// The meter's scale error is the same in every repeat and stays whole; edges and clock average down; the
/// spread is the standard error, widened by Student's t so that k = 2 covers 95 % with few repeats.
///
/// # Errors
/// [`CombineError`] for windows that do not belong together.
pub fn combine(windows: &[Measured], work: &[f64]) -> Result<PerWork, CombineError> {
    let first = windows.first().ok_or(CombineError::Empty)?;
    check_one_meter(windows, work)?;
    let n = windows.len() as f64;
    let per: Vec<f64> = windows.iter().zip(work).map(|(m, w)| m.joules / w).collect();
    let mean = per.iter().sum::<f64>() / n;
    let each = || windows.iter().zip(work).map(|(m, w)| m.budget.scaled(1.0 / w));
    let root_sum = |part: fn(&Budget) -> f64| each().map(|b| part(&b).powi(2)).sum::<f64>().sqrt() / n;
    let budget = Budget {
        gain: each().map(|b| b.gain).sum::<f64>() / n,
        edges: root_sum(|b| b.edges),
        repeats: repeat_sigma(&per, mean),
        clock: root_sum(|b| b.clock),
    };
    let seconds: f64 = windows.iter().map(|m| m.window.seconds()).sum();
    let mut warnings: Vec<String> = Vec::new();
    for w in windows.iter().flat_map(|m| &m.warnings) {
        if !warnings.contains(w) {
            warnings.push(w.clone());
        }
    }
    if windows.len() == 1 {
        warnings.push("one window: the spread of repeats is unknown, not zero".to_owned());
    }
    let short = windows.iter().any(|m| m.grade == Grade::Short);
    Ok(PerWork {
        joules_per_unit: mean,
        u95: budget.expanded(),
        budget,
        watts_mean: windows.iter().map(|m| m.joules).sum::<f64>() / seconds,
        repeats: windows.len(),
        method: first.method,
        boundary: first.boundary,
        sensor: first.sensor.clone(),
        grade: if short { Grade::Short } else { Grade::Published },
        warnings,
    })
}

fn check_one_meter(windows: &[Measured], work: &[f64]) -> Result<(), CombineError> {
    if windows.len() != work.len() {
        return Err(CombineError::Count { windows: windows.len(), work: work.len() });
    }
    for (index, w) in work.iter().enumerate() {
        if !(w.is_finite() && *w > 0.0) {
            return Err(CombineError::Work { index, work: *w });
        }
    }
    windows.windows(2).try_for_each(|pair| same_meter(&pair[0], &pair[1]))
}

fn same_meter(a: &Measured, b: &Measured) -> Result<(), CombineError> {
    if a.sensor == b.sensor {
        return Ok(());
    }
    Err(CombineError::Meters { first: a.sensor.clone(), other: b.sensor.clone() })
}

/// Standard error of the mean times t/2, so that twice it is the 95 % interval.
fn repeat_sigma(values: &[f64], mean: f64) -> f64 {
    let n = values.len();
    if n < 2 {
        return 0.0;
    }
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let standard_error = (squares / (n - 1) as f64 / n as f64).sqrt();
    // Past the table t falls from 2.04 to 1.96: its last value errs to the wide side.
    let t = T95.get(n - 2).copied().unwrap_or(T95[29]);
    standard_error * t / COVERAGE
}

/// What a counter and a gauge on one device say of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrossVerdict {
    /// Within 3 %.
    Agree,
    /// Over 3 % apart: shown.
    Flagged,
    /// Over 5 % apart: the energy is not valid.
    Invalid,
}

/// Gauge against counter over one window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossCheck {
    /// (gauge - counter) / counter.
    pub relative: f64,
    /// What follows.
    pub verdict: CrossVerdict,
}

/// Compare the gauge's trapezoid with the counter's difference over one window.
///
/// # Errors
/// [`CombineError`] if they are of different boundaries or windows, or the counter shows no energy.
pub fn cross_check(counter: &Measured, gauge: &Measured) -> Result<CrossCheck, CombineError> {
    if counter.boundary != gauge.boundary {
        return Err(CombineError::Boundaries { first: counter.boundary, other: gauge.boundary });
    }
    if counter.window != gauge.window {
        return Err(CombineError::Windows);
    }
    if counter.joules <= 0.0 {
        return Err(CombineError::NoEnergy);
    }
    let relative = (gauge.joules - counter.joules) / counter.joules;
    let verdict = match relative.abs() {
        x if x > INVALID => CrossVerdict::Invalid,
        x if x > FLAGGED => CrossVerdict::Flagged,
        _ => CrossVerdict::Agree,
    };
    Ok(CrossCheck { relative, verdict })
}

/// Gross energy less what the device draws idle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Net {
    /// Net joules; may be negative, which is a finding.
    pub joules: f64,
    /// Expanded uncertainty, k = 2.
    pub u95: f64,
    /// Its parts, in joules; the spread of the two idles is under `repeats`.
    pub budget: Budget,
    /// Idle power taken off, W: the mean of before and after.
    pub idle_watts: f64,
    /// What a reader should know.
    pub warnings: Vec<String>,
}

/// Net energy of a window, from the idle measured before and after it with the same meter.
///
/// Gross and idle share the meter's scale, so its error is that of their difference. The two idles bound
/// the idle during the window: their half difference is read as rectangular.
///
/// # Errors
/// [`CombineError::Meters`] if they are not of one meter.
pub fn net(gross: &Measured, before: &Measured, after: &Measured) -> Result<Net, CombineError> {
    same_meter(gross, before)?;
    same_meter(gross, after)?;
    let seconds = gross.window.seconds();
    let idle_watts = 0.5 * (before.watts_mean + after.watts_mean);
    let joules = gross.joules - idle_watts * seconds;
    // What one of the idles leaves uncertain in the energy taken off.
    let share = |idle: &Measured, part: fn(&Budget) -> f64| 0.5 * part(&idle.budget) / idle.window.seconds() * seconds;
    let with_idle = |part: fn(&Budget) -> f64| part(&gross.budget).hypot(share(before, part)).hypot(share(after, part));
    let gap_watts = (before.watts_mean - after.watts_mean).abs();
    let relative_gain = if gross.joules > 0.0 { gross.budget.gain / gross.joules } else { 0.0 };
    let budget = Budget {
        gain: relative_gain * joules.abs(),
        edges: with_idle(|b| b.edges),
        repeats: gross.budget.repeats.hypot(0.5 * gap_watts / 3_f64.sqrt() * seconds),
        clock: with_idle(|b| b.clock),
    };
    let mut warnings = Vec::new();
    if joules < 0.0 {
        warnings.push("idle drew more than the load: the net is negative, not clamped".to_owned());
    }
    if idle_watts > 0.0 && gap_watts / idle_watts > 0.05 {
        warnings.push(format!(
            "idle moved from {:.1} to {:.1} W between before and after",
            before.watts_mean, after.watts_mean
        ));
    }
    Ok(Net { joules, u95: budget.expanded(), budget, idle_watts, warnings })
}
