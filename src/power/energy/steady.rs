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

/// Relative change of the 10 s mean power over the minute up to `now_ns`; None with under 70 s of good
/// readings, or no power.
pub fn drift_per_minute(series: &Series, now_ns: u64) -> Option<f64> {
    let mean = |end: u64| {
        let window = Window { t0_ns: end.checked_sub(MEAN_NS)?, t1_ns: end };
        measure(series, window).measured().map(|m| m.watts_mean)
    };
    let then = mean(now_ns.checked_sub(MINUTE_NS)?)?;
    let now = mean(now_ns)?;
    (then > 0.0).then(|| (now - then) / then)
}
