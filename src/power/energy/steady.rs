//! When a meter has settled: what to discard, how early to start, whether preheating is done.
//! Must not wait; it says how long.

use super::{Window, measure};
use crate::power::{SensorInfo, Series};

/// Preheating is done below this drift of the 10 s mean, relative per minute.
pub const PREHEAT_DRIFT_PER_MIN: f64 = 0.005;
const MEAN_NS: u64 = 10_000_000_000;
const MINUTE_NS: u64 = 60_000_000_000;

/// Seconds to discard at the start of a load, before its window: 2 s or two averaging windows.
pub fn discard_s(info: &SensorInfo) -> f64 {
    (2.0 * info.averaging_window_s.unwrap_or(0.0)).max(2.0)
}

/// Seconds the sampler runs before and after a window, so that both edges can be interpolated.
pub fn lead_s(info: &SensorInfo) -> f64 {
    (2.0 * info.update_period_s.unwrap_or(0.0)).max(0.05)
}

/// Relative change of the 10 s mean power over the minute up to the last reading; None with under 70 s of good
/// readings, or no power.
pub fn drift_per_minute(series: &Series) -> Option<f64> {
    // Not up to now: a window that ends after the last reading has no energy.
    let now_ns = series.readings.last()?.t_ns;
    let mean = |end: u64| {
        let window = Window { t0_ns: end.checked_sub(MEAN_NS)?, t1_ns: end };
        measure(series, window).measured().map(|m| m.watts_mean)
    };
    let then = mean(now_ns.checked_sub(MINUTE_NS)?)?;
    let now = mean(now_ns)?;
    (then > 0.0).then(|| (now - then) / then)
}

/// True once some meter tells its drift, and each that does drifts by less than [`PREHEAT_DRIFT_PER_MIN`].
pub fn settled(all: &[Series]) -> bool {
    let drifts: Vec<f64> = all.iter().filter_map(drift_per_minute).collect();
    !drifts.is_empty() && drifts.iter().all(|drift| drift.abs() < PREHEAT_DRIFT_PER_MIN)
}
