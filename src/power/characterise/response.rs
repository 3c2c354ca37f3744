//! How a meter follows a step: over how long it averages, in which shape, and how late.
//! Must not know what the meter is; it fits updates to a load.

use serde::{Deserialize, Serialize};

use super::{Load, Update};

/// How a meter's window weighs the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// It shows the power of the moment.
    Instant,
    /// The mean over a window: all of it alike.
    Boxcar,
    /// A filter of the first order.
    Exponential,
}

impl Shape {
    /// Seconds from 10 to 90 % of a step.
    pub(super) fn rise_s(self, width_s: f64) -> f64 {
        match self {
            Shape::Instant => 0.0,
            Shape::Boxcar => 0.8 * width_s,
            Shape::Exponential => 9.0_f64.ln() * width_s,
        }
    }

    /// Seconds back to what no longer shows.
    pub(super) fn memory_s(self, width_s: f64) -> f64 {
        match self {
            Shape::Instant | Shape::Boxcar => width_s,
            Shape::Exponential => 5.0 * width_s,
        }
    }

    /// The load from 0 to 1 as a meter of this shape sees it at `t_s`.
    fn sees(self, load: &Load, t_s: f64, width_s: f64) -> f64 {
        match self {
            Shape::Instant => load.mean(t_s - INSTANT_S, t_s),
            Shape::Boxcar => load.mean(t_s - width_s, t_s),
            Shape::Exponential => {
                let decay = |since: f64| (-since / width_s).exp();
                let spans = load.before(t_s).take_while(|(_, to)| (t_s - to) < 20.0 * width_s);
                spans.map(|(from, to)| decay((t_s - to).max(0.0)) - decay(t_s - from)).sum()
            }
        }
    }
}

/// An instant, so short that no meter resolves it.
const INSTANT_S: f64 = 1e-6;

/// The best fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub(super) shape: Shape,
    pub(super) width_s: f64,
    pub(super) lag_s: f64,
    pub(super) low_w: f64,
    pub(super) step_w: f64,
    pub(super) noise_w: f64,
    pub(super) explained: f64,
}

/// Fits shape, width, lag, low and step. A counter integrates all by itself: only its lag is free. A log whose clock was
/// set right roughly may be early, too.
pub(super) fn fit(updates: &[Update], load: &Load, period_s: f64, counter: bool, log: bool) -> Fit {
    let lags = |n: i32| -> Vec<f64> {
        let first = if log { -n } else { 0 };
        (first..=n).map(|i| f64::from(i) * period_s / 10.0).collect()
    };
    if counter {
        let sees = |lag: f64, _: f64| {
            updates.iter().map(|u| load.mean(u.at_s - lag - u.since_s, u.at_s - lag)).collect::<Vec<_>>()
        };
        return search(updates, &sees, Shape::Instant, &[0.0], &lags(40));
    }
    // From far under a period, where an average is an instant, to far over it.
    let widths: Vec<f64> = (0..48).map(|i| period_s * 0.02 * 1.16_f64.powi(i)).collect();
    let lags = lags(30);
    let with = |shape: Shape, widths: &[f64]| {
        let sees = move |lag: f64, width: f64| {
            updates.iter().map(|u| shape.sees(load, u.at_s - lag, width)).collect::<Vec<_>>()
        };
        search(updates, &sees, shape, widths, &lags)
    };
    let instant = with(Shape::Instant, &[0.0]);
    let boxcar = with(Shape::Boxcar, &widths);
    let exponential = with(Shape::Exponential, &widths);
    // The simplest shape that explains as much: a parameter more always fits a little better.
    let worse = |a: &Fit, b: &Fit| 1.0 - a.explained > 1.05 * (1.0 - b.explained) + 1e-6;
    let best = if worse(&boxcar, &exponential) { exponential } else { boxcar };
    if worse(&instant, &best) { best } else { instant }
}

/// Least squares over a grid of widths and lags, then ever finer around the best.
fn search(updates: &[Update], sees: &dyn Fn(f64, f64) -> Vec<f64>, shape: Shape, widths: &[f64], lags: &[f64]) -> Fit {
    let at = |width_s: f64, lag_s: f64| linear(updates, &sees(lag_s, width_s), shape, width_s, lag_s);
    let better = |a: Fit, b: Fit| if b.explained > a.explained { b } else { a };
    let mut best = at(widths[0], lags[0]);
    for &width in widths {
        for &lag in lags {
            best = better(best, at(width, lag));
        }
    }
    let mut factor = 1.16_f64;
    let mut step = lags[1] - lags[0];
    let earliest = if lags[0] < 0.0 { f64::NEG_INFINITY } else { 0.0 };
    for _ in 0..40 {
        let centre = best;
        for width in [centre.width_s / factor, centre.width_s, centre.width_s * factor] {
            for lag in [centre.lag_s - step, centre.lag_s, centre.lag_s + step] {
                if lag >= earliest {
                    best = better(best, at(width, lag));
                }
            }
        }
        // Only where the centre held is the net drawn in.
        if (best.width_s, best.lag_s) == (centre.width_s, centre.lag_s) {
            factor = factor.sqrt();
            step /= 2.0;
        }
    }
    best
}

/// `watts = low + step x seen`, by least squares.
fn linear(updates: &[Update], seen: &[f64], shape: Shape, width_s: f64, lag_s: f64) -> Fit {
    let n = updates.len() as f64;
    let mean_x = seen.iter().sum::<f64>() / n;
    let mean_y = updates.iter().map(|u| u.watts).sum::<f64>() / n;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, u) in seen.iter().zip(updates) {
        let (x, y) = (x - mean_x, u.watts - mean_y);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let step_w = if xx > 0.0 { xy / xx } else { 0.0 };
    let left = (yy - step_w * xy).max(0.0);
    Fit {
        shape,
        width_s,
        lag_s,
        low_w: mean_y - step_w * mean_x,
        step_w,
        noise_w: (left / (n - 4.0)).sqrt(),
        explained: if yy > 0.0 { 1.0 - left / yy } else { 0.0 },
    }
}
