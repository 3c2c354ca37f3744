//! Joules from an energy counter: unwrapped, checked, interpolated between its updates.
//! Must not take a reset for a wrap, nor a stopped counter for an idle device.

use super::{Unmeasured, Window};
use crate::power::{Reading, Series, Value};

/// What a counter is held to.
pub(super) struct Rule<'a> {
    pub(super) joules_per_tick: f64,
    pub(super) wraps_at: &'a [u64],
    pub(super) plausible_watts: f64,
    pub(super) period_s: f64,
    pub(super) stale_s: f64,
}

/// Joules so far at one update.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    t_ns: u64,
    joules: f64,
}

/// Joules between the edges of the window.
pub(super) fn joules(series: &Series, window: Window, rule: &Rule) -> Result<f64, Unmeasured> {
    let points = updates(&series.info.id, around(series, window, rule), rule)?;
    check_moving(&series.info.id, &points, window, rule)?;
    Ok(at(&points, window.t1_ns) - at(&points, window.t0_ns))
}

/// The readings that matter: those in the window, and before and after it enough to see an update.
fn around<'a>(series: &'a Series, window: Window, rule: &Rule) -> &'a [Reading] {
    let margin = (rule.stale_s * 1e9) as u64;
    let from = window.t0_ns.saturating_sub(margin);
    let to = window.t1_ns.saturating_add(margin);
    let all = &series.readings;
    // The reading that brackets each edge is kept, however far away it is.
    let last_before = all.partition_point(|r| r.t_ns <= window.t0_ns).saturating_sub(1);
    let first_after = all.partition_point(|r| r.t_ns < window.t1_ns);
    let begin = all.partition_point(|r| r.t_ns < from).min(last_before);
    let end = all.partition_point(|r| r.t_ns <= to).max(first_after + 1);
    &all[begin..end.min(all.len())]
}

/// Ticks from one reading to the next, or None if no wrap makes it a possible power.
pub(super) fn step(before: u64, now: u64, wraps_at: &[u64], most: f64) -> Option<u64> {
    let possible = |ticks: u64| (ticks as f64 <= most).then_some(ticks);
    if now >= before {
        return possible(now - before);
    }
    wraps_at.iter().filter(|at| **at > before).find_map(|at| possible(at - before + now))
}

/// The first reading, every reading at which the count changed, and the last.
fn updates(id: &str, readings: &[Reading], rule: &Rule) -> Result<Vec<Point>, Unmeasured> {
    let mut points: Vec<Point> = Vec::new();
    let mut last: Option<(u64, u64)> = None;
    let mut total: u64 = 0;
    for reading in readings {
        let Value::Counter { ticks } = reading.value else {
            let reason = format!("{id} is a counter and gave a power");
            return Err(Unmeasured::new(reason, "report this as a bug of the sensor"));
        };
        let Some((before, last_read_ns)) = last else {
            points.push(Point { t_ns: reading.t_ns, joules: 0.0 });
            last = Some((ticks, reading.t_ns));
            continue;
        };
        if ticks != before {
            // Energy may have gathered since the last change; one period more for a late update.
            let since = points.last().map_or(last_read_ns, |p| p.t_ns);
            let seconds = (reading.t_ns - since) as f64 * 1e-9 + rule.period_s;
            let most = rule.plausible_watts * seconds / rule.joules_per_tick;
            let Some(ticks_more) = step(before, ticks, rule.wraps_at, most) else {
                return Err(impossible(id, before, ticks, seconds, rule));
            };
            total = total.saturating_add(ticks_more);
            points.push(Point { t_ns: reading.t_ns, joules: total as f64 * rule.joules_per_tick });
        }
        last = Some((ticks, reading.t_ns));
    }
    if let (Some(p), Some((_, t_ns))) = (points.last().copied(), last)
        && t_ns > p.t_ns
    {
        points.push(Point { t_ns, ..p });
    }
    Ok(points)
}

fn impossible(id: &str, before: u64, now: u64, seconds: f64, rule: &Rule) -> Unmeasured {
    let limit = rule.plausible_watts;
    if now < before {
        return Unmeasured::new(
            format!("{id} went backwards from {before} to {now} ticks in {seconds:.3} s, and no wrap explains it"),
            "a driver reload or a device reset does this: repeat the window",
        );
    }
    let joules = (now - before) as f64 * rule.joules_per_tick;
    Unmeasured::new(
        format!("{id} rose by {joules:.0} J in {seconds:.3} s, more than {limit:.0} W"),
        "the accumulator is broken: use this device's gauge, or an external meter",
    )
}

fn check_moving(id: &str, points: &[Point], window: Window, rule: &Rule) -> Result<(), Unmeasured> {
    for pair in points.windows(2) {
        let from = pair[0].t_ns.max(window.t0_ns);
        let to = pair[1].t_ns.min(window.t1_ns);
        let seconds = to.saturating_sub(from) as f64 * 1e-9;
        let still = pair[0].joules == pair[1].joules;
        // A window shorter than the limit, without one change, holds no energy that was seen.
        let whole = still && from == window.t0_ns && to == window.t1_ns;
        if seconds > rule.stale_s || whole {
            return Err(Unmeasured::new(
                format!("{id} stood still for {seconds:.3} s of the window (it updates every {:.3} s)", rule.period_s),
                "lengthen the window; if it stays still, reload the driver or use another meter",
            ));
        }
    }
    Ok(())
}

/// Joules at a time, on the line between the updates around it.
fn at(points: &[Point], t_ns: u64) -> f64 {
    let after = points.partition_point(|p| p.t_ns < t_ns);
    match (after.checked_sub(1).map(|i| points[i]), points.get(after)) {
        (Some(a), Some(b)) => {
            let share = (t_ns - a.t_ns) as f64 / (b.t_ns - a.t_ns) as f64;
            a.joules + share * (b.joules - a.joules)
        }
        (Some(p), None) => p.joules,
        (None, Some(p)) => p.joules,
        (None, None) => f64::NAN,
    }
}
