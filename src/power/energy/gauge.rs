//! Joules from a power gauge: the trapezoid over its readings, cut at the window's edges.
//! Must not bridge a gap: a stretch without readings has no power.

use super::{Unmeasured, Window};
use crate::power::{Series, Value};

/// Fewest readings from which "all the same" says something.
const SAME_READINGS: usize = 100;

pub(super) struct Gauge {
    pub(super) joules: f64,
    pub(super) warning: Option<String>,
}

/// Joules in the window; `gap_s` is the longest stretch without a reading that is bridged.
pub(super) fn joules(series: &Series, window: Window, gap_s: f64, plausible_watts: f64) -> Result<Gauge, Unmeasured> {
    let id = &series.info.id;
    let all = &series.readings;
    let begin = all.partition_point(|r| r.t_ns <= window.t0_ns).saturating_sub(1);
    let end = all.partition_point(|r| r.t_ns < window.t1_ns);
    let mut points = Vec::with_capacity(end + 1 - begin);
    for reading in &all[begin..=end.min(all.len() - 1)] {
        let Value::Gauge { watts } = reading.value else {
            let reason = format!("{id} is a gauge and gave a count");
            return Err(Unmeasured::new(reason, "report this as a bug of the sensor"));
        };
        if !(0.0..=plausible_watts).contains(&watts) {
            let at = reading.t_ns.saturating_sub(window.t0_ns) as f64 * 1e-9;
            return Err(Unmeasured::new(
                format!("{id} said {watts:.2} W, {at:.3} s into the window"),
                "a reading that cannot be voids the window: repeat it; if it comes back, use another meter",
            ));
        }
        points.push((reading.t_ns, watts));
    }
    let mut joules = 0.0;
    for pair in points.windows(2) {
        let ((ta, wa), (tb, wb)) = (pair[0], pair[1]);
        let gap = (tb - ta) as f64 * 1e-9;
        if gap > gap_s {
            let why = series.faults_within(ta, tb).next().map_or_else(String::new, |f| format!(": {}", f.what));
            return Err(Unmeasured::new(
                format!("{id} gave no reading for {gap:.3} s in the window{why}"),
                "repeat the window with the meter and the host undisturbed",
            ));
        }
        let slope = (wb - wa) / gap;
        let from = ta.max(window.t0_ns);
        let to = tb.min(window.t1_ns);
        let power = |t: u64| wa + slope * ((t - ta) as f64 * 1e-9);
        joules += 0.5 * (power(from) + power(to)) * ((to - from) as f64 * 1e-9);
    }
    let same = points.len() >= SAME_READINGS && points.iter().all(|p| p.1 == points[0].1);
    Ok(Gauge {
        joules,
        warning: same
            .then(|| format!("all {} readings are {} W: the gauge may stand still", points.len(), points[0].1)),
    })
}
