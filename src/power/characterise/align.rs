//! How far the clock of a log is off, by laying what it shows over the load.
//! Must not be used on a meter that is polled: its readings carry this machine's time.

use super::{Load, Update};

/// Most that a clock is looked for, either way, seconds.
const MOST_S: f64 = 120.0;
/// Shifts tried in one span of work.
const SHIFTS_PER_SPAN: f64 = 8.0;

/// Seconds by which the updates come later than the load that they show, to a fraction of a span of work.
///
/// The load is taken to rest before and after, so that every shift is judged by the same updates. Its spans differ in
/// length, so that only one shift lays all of them over each other.
pub(super) fn late_s(updates: &[Update], load: &Load) -> f64 {
    let near: Vec<&Update> = updates.iter().filter(|u| load.covers_within(u.at_s, MOST_S)).collect();
    let mean_w = near.iter().map(|u| u.watts).sum::<f64>() / near.len() as f64;
    let step = load.mean_span_s() / SHIFTS_PER_SPAN;
    let steps = (MOST_S / step).ceil() as i32;
    let shifts = (-steps..=steps).map(|i| f64::from(i) * step);
    let likeness = |late: f64| {
        let seen: Vec<f64> =
            near.iter().map(|u| load.mean(u.at_s - late - u.since_s.max(step), u.at_s - late)).collect();
        let mean = seen.iter().sum::<f64>() / seen.len() as f64;
        let (mut xy, mut xx) = (0.0, 0.0);
        for (x, u) in seen.iter().zip(&near) {
            xy += (x - mean) * (u.watts - mean_w);
            xx += (x - mean) * (x - mean);
        }
        // More work draws more power: the mirror image is no likeness.
        if xx > 0.0 { xy.max(0.0).powi(2) / xx } else { 0.0 }
    };
    let best = shifts.map(|late| (late, likeness(late))).max_by(|a, b| a.1.total_cmp(&b.1));
    best.filter(|b| b.1 > 0.0).map_or(0.0, |b| b.0)
}
