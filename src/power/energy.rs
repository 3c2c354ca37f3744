//! From raw readings and a window to joules with an uncertainty budget, or to the reason there are none.
//! Must not measure, sleep or patch: a reading that cannot be is a reason, never a number.

mod combine;
mod counter;
mod gauge;
mod steady;

use serde::{Deserialize, Serialize};

use crate::power::{Boundary, Kind, SensorInfo, Series};

pub use combine::{CombineError, CrossCheck, CrossVerdict, Net, PerWork, combine, cross_check, net};
pub use steady::{PREHEAT_DRIFT_PER_MIN, discard_s, drift_per_minute, lead_s, settled};

/// Standard deviation of a window's length when each edge falls anywhere in an update period:
/// two uniform edges of one period each, sqrt(2/12).
pub const EDGE_FACTOR: f64 = 0.41;
/// Coverage factor of every expanded uncertainty here.
pub const COVERAGE: f64 = 2.0;
/// Shortest published window, seconds.
pub const PUBLISHED_S: f64 = 60.0;
/// Fewest update periods in a published window.
pub const PUBLISHED_PERIODS: f64 = 100.0;
/// Shortest published window of a meter that updates once a second or slower, seconds.
pub const PUBLISHED_SLOW_S: f64 = 180.0;
/// What a window's edges may leave, relative at k = 2, before it is called too short for a meter.
pub const EDGE_TOLERANCE: f64 = 0.05;
/// Update periods without a change after which a meter is taken to stand still.
const STALE_PERIODS: f64 = 10.0;
/// A meter is not called still before this, seconds: a busy host delays polls.
const STALE_FLOOR_S: f64 = 1.0;

/// A span on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Begin, nanoseconds.
    pub t0_ns: u64,
    /// End, nanoseconds.
    pub t1_ns: u64,
}

impl Window {
    /// Length in seconds; zero if it ends before it begins.
    pub fn seconds(self) -> f64 {
        self.t1_ns.saturating_sub(self.t0_ns) as f64 * 1e-9
    }
}

/// How joules came from readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Difference of an energy counter.
    Counter,
    /// Trapezoid over a power gauge.
    Trapezoid,
}

/// Standard uncertainties (1 sigma), in the unit of the figure they belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Scale of the meter; common to every window of one meter.
    pub gain: f64,
    /// Where the window's edges fall between updates.
    pub edges: f64,
    /// Spread of repeats; zero in a single window.
    pub repeats: f64,
    /// Time stamps against the monotonic clock.
    pub clock: f64,
}

impl Budget {
    /// Root sum of squares times [`COVERAGE`].
    pub fn expanded(&self) -> f64 {
        let parts = [self.gain, self.edges, self.repeats, self.clock];
        COVERAGE * parts.iter().map(|u| u * u).sum::<f64>().sqrt()
    }

    fn scaled(self, factor: f64) -> Self {
        Self {
            gain: self.gain * factor,
            edges: self.edges * factor,
            repeats: self.repeats * factor,
            clock: self.clock * factor,
        }
    }
}

/// Whether a window is long enough to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// At least as long as [`required_window_s`].
    Published,
    /// Shorter: shown with this label.
    Short,
}

/// Energy of one window, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Joules in the window.
    pub joules: f64,
    /// Joules over the window's length.
    pub watts_mean: f64,
    /// Expanded uncertainty of the joules, k = 2.
    pub u95: f64,
    /// Its parts, in joules.
    pub budget: Budget,
    /// How it was taken.
    pub method: Method,
    /// Where in the power path.
    pub boundary: Boundary,
    /// The meter.
    pub sensor: String,
    /// The span.
    pub window: Window,
    /// Whether it is long enough to be published.
    pub grade: Grade,
    /// Update period used for the edges, seconds: the longer of stated and observed.
    pub period_s: f64,
    /// What a reader should know.
    pub warnings: Vec<String>,
}

/// Why a window has no energy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmeasured {
    /// What was wrong.
    pub reason: String,
    /// What to do about it.
    pub fix: String,
}

impl Unmeasured {
    /// A reason and what to do about it.
    pub fn new(reason: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { reason: reason.into(), fix: fix.into() }
    }
}

/// Joules, or the reason there are none. There is no third kind: absent is never zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Energy {
    /// There is a figure.
    Measured(Measured),
    /// There is a reason.
    Unmeasured(Unmeasured),
}

impl Energy {
    /// The figure, if there is one.
    pub fn measured(&self) -> Option<&Measured> {
        match self {
            Self::Measured(m) => Some(m),
            Self::Unmeasured(_) => None,
        }
    }
}

/// Seconds a published window of this meter takes: 60 s and 100 update periods, 180 s at 1 Hz and slower.
pub fn required_window_s(info: &SensorInfo, observed_period_s: Option<f64>) -> f64 {
    let stated = info.update_period_s.unwrap_or(0.0);
    let period = stated.max(observed_period_s.unwrap_or(0.0));
    let floor = if period >= 1.0 { PUBLISHED_SLOW_S } else { PUBLISHED_S };
    floor.max(PUBLISHED_PERIODS * period)
}

/// Seconds under which a window's edges alone leave more than [`EDGE_TOLERANCE`]: 16.4 times the longer of update period
/// and averaging window.
pub fn least_window_s(period_s: f64, averaging_s: f64) -> f64 {
    COVERAGE * EDGE_FACTOR * period_s.max(averaging_s) / EDGE_TOLERANCE
}

/// Energy of one meter over one window.
pub fn measure(series: &Series, window: Window) -> Energy {
    match try_measure(series, window) {
        Ok(m) => Energy::Measured(m),
        Err(u) => Energy::Unmeasured(u),
    }
}

fn try_measure(series: &Series, window: Window) -> Result<Measured, Unmeasured> {
    let duration = window.seconds();
    if duration <= 0.0 {
        let fix = "give a window that ends after it begins";
        return Err(Unmeasured::new("the window is empty", fix));
    }
    check_bracketed(series, window)?;
    let period_s = period_of(series);
    let mut warnings = Vec::new();
    let (joules, method, tick_j) = match &series.info.kind {
        Kind::Counter { joules_per_tick, wraps_at } => {
            let rule = counter::Rule {
                joules_per_tick: *joules_per_tick,
                wraps_at,
                plausible_watts: series.info.plausible_watts,
                period_s,
                stale_s: stale_s(period_s),
            };
            let joules = counter::joules(series, window, &rule)?;
            (joules, Method::Counter, *joules_per_tick)
        }
        Kind::Gauge { .. } => {
            let plausible = series.info.plausible_watts;
            let gauge = gauge::joules(series, window, stale_s(period_s), plausible)?;
            warnings.extend(gauge.warning);
            (gauge.joules, Method::Trapezoid, 0.0)
        }
    };
    warn_of_faults(series, window, &mut warnings);
    let watts_mean = joules / duration;
    let budget = budget_of(&series.info, joules, watts_mean, period_s, tick_j);
    let needed = required_window_s(&series.info, Some(period_s));
    let grade = if duration >= needed {
        Grade::Published
    } else {
        warnings.push(format!("short window: {duration:.1} s, a published one of this meter takes {needed:.0} s"));
        Grade::Short
    };
    Ok(Measured {
        joules,
        watts_mean,
        u95: budget.expanded(),
        budget,
        method,
        boundary: series.info.boundary,
        sensor: series.info.id.clone(),
        window,
        grade,
        period_s,
        warnings,
    })
}

/// Standard uncertainties of one window, in joules.
fn budget_of(info: &SensorInfo, joules: f64, watts_mean: f64, period_s: f64, tick_j: f64) -> Budget {
    // A gauge that averages longer than it updates blurs the edges by as much.
    let blur_s = period_s.max(info.averaging_window_s.unwrap_or(0.0));
    Budget {
        gain: info.gain.sigma * joules,
        // A tick at each edge is lost or gained on top of the update period.
        edges: (EDGE_FACTOR * blur_s * watts_mean).hypot(EDGE_FACTOR * tick_j),
        repeats: 0.0,
        clock: std::f64::consts::SQRT_2 * info.clock_sigma_s * watts_mean,
    }
}

/// The longer of the stated and the observed update period: a meter slower than it says has wider edges.
fn period_of(series: &Series) -> f64 {
    let stated = series.info.update_period_s.unwrap_or(0.0);
    stated.max(series.observed_period_s().unwrap_or(0.0))
}

fn stale_s(period_s: f64) -> f64 {
    (STALE_PERIODS * period_s).max(STALE_FLOOR_S)
}

fn check_bracketed(series: &Series, window: Window) -> Result<(), Unmeasured> {
    let (first, last) = match (series.readings.first(), series.readings.last()) {
        (Some(first), Some(last)) => (first.t_ns, last.t_ns),
        _ => {
            let why = match series.faults.first() {
                Some(f) => format!("{} was never read: {}", series.info.id, f.what),
                None => format!("{} gave no reading", series.info.id),
            };
            return Err(Unmeasured::new(why, "see that the meter can be read"));
        }
    };
    if first > window.t0_ns {
        let late = (first - window.t0_ns) as f64 * 1e-9;
        return Err(Unmeasured::new(
            format!("{} was first read {late:.3} s into the window", series.info.id),
            "start the sampler at least two update periods before the window",
        ));
    }
    if last < window.t1_ns {
        let early = (window.t1_ns - last) as f64 * 1e-9;
        let why = series.faults_within(last, u64::MAX).last().map_or_else(String::new, |f| format!(": {}", f.what));
        return Err(Unmeasured::new(
            format!("{} was last read {early:.3} s before the window's end{why}", series.info.id),
            "keep the sampler on two update periods after the window; for a log, wait for its next line",
        ));
    }
    Ok(())
}

fn warn_of_faults(series: &Series, window: Window, warnings: &mut Vec<String>) {
    for fault in series.faults_within(window.t0_ns, window.t1_ns) {
        warnings.push(format!("{} failed read(s) in the window: {}", fault.count, fault.what));
    }
}

#[cfg(test)]
mod tests;
