//! How often a meter updates, from the times at which its value changed.
//! Must not trust that every update changes the value: many do not.

use std::f64::consts::TAU;

/// The rhythm of a meter's updates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rhythm {
    pub(super) period_s: f64,
    /// True if updates come as fast as they were looked for.
    pub(super) is_a_bound: bool,
    /// Time of one update, where all of them keep the beat.
    pub(super) phase_s: Option<f64>,
}

/// Updates that keep a beat this well (1 is perfectly) are placed on it.
const ON_THE_BEAT: f64 = 0.8;
/// A slower beat is preferred to one of its multiples if it fits almost as well.
const ALMOST_AS_WELL: f64 = 0.85;

/// Updates that the search for a beat takes in.
const MOST_SEARCHED: usize = 200;

/// Finds the period of update times seen by polling every `polled_s`.
pub(super) fn find(times: &[f64], polled_s: f64) -> Rhythm {
    let mut gaps: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    gaps.sort_by(f64::total_cmp);
    let typical = gaps[gaps.len() / 2];
    if typical < 1.6 * polled_s {
        return Rhythm { period_s: typical, is_a_bound: true, phase_s: None };
    }
    let slowest = gaps[gaps.len() - 1] * 1.05;
    // Not all of them: the search takes the square of their number.
    let some = &times[..times.len().min(MOST_SEARCHED)];
    let (period, beat) = strongest_beat(some, 2.0 * polled_s, slowest);
    if beat >= ON_THE_BEAT {
        let (period, _) = refined(some, period);
        let (period_s, phase_s) = refined(times, period);
        return Rhythm { period_s, is_a_bound: false, phase_s: Some(phase_s) };
    }
    // Its timer wanders: what most gaps are. A gap over an update that changed nothing is a multiple.
    let shortest = gaps[gaps.len() / 4];
    let single: Vec<f64> = gaps.into_iter().filter(|gap| (0.5..1.5).contains(&(gap / shortest))).collect();
    Rhythm { period_s: single.iter().sum::<f64>() / single.len() as f64, is_a_bound: false, phase_s: None }
}

/// The period from `fastest` to `slowest` on whose beat the times fall best, and how well: the length of the mean of
/// unit vectors at each time's phase (Rayleigh).
fn strongest_beat(times: &[f64], fastest: f64, slowest: f64) -> (f64, f64) {
    let span = times[times.len() - 1] - times[0];
    let beat = |frequency: f64| {
        let (mut x, mut y) = (0.0, 0.0);
        for t in times {
            let (sin, cos) = (TAU * frequency * (t - times[0])).sin_cos();
            x += cos;
            y += sin;
        }
        f64::hypot(x, y) / times.len() as f64
    };
    // Fine enough that a beat loses little of its strength between two steps.
    let step = 0.125 / span;
    let steps = ((1.0 / fastest - 1.0 / slowest) / step).ceil().clamp(1.0, 400_000.0) as usize;
    let tried: Vec<(f64, f64)> = (0..=steps)
        .map(|i| {
            let frequency = 1.0 / slowest + i as f64 * step;
            (frequency, beat(frequency))
        })
        .collect();
    let best = tried.iter().map(|t| t.1).fold(0.0, f64::max);
    let enough = ALMOST_AS_WELL * best;
    let first = tried.iter().position(|t| t.1 >= enough).unwrap_or(0);
    // Up the hill that begins there.
    let mut at = first;
    while at + 1 < tried.len() && tried[at + 1].1 > tried[at].1 {
        at += 1;
    }
    (1.0 / tried[at].0, tried[at].1)
}

/// Period and phase by least squares on the numbers of the updates.
fn refined(times: &[f64], mut period: f64) -> (f64, f64) {
    let mut phase = times[0];
    for _ in 0..4 {
        let number = |t: f64| ((t - phase) / period).round();
        let n = times.len() as f64;
        let (mean_k, mean_t) = (times.iter().map(|t| number(*t)).sum::<f64>() / n, times.iter().sum::<f64>() / n);
        let (mut kt, mut kk) = (0.0, 0.0);
        for t in times {
            let k = number(*t) - mean_k;
            kt += k * (t - mean_t);
            kk += k * k;
        }
        period = kt / kk;
        phase = mean_t - period * mean_k;
    }
    (period, phase)
}

/// The median of the gaps between times.
pub(super) fn median_gap(times: impl Iterator<Item = f64>) -> f64 {
    let times: Vec<f64> = times.collect();
    let mut gaps: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    gaps.sort_by(f64::total_cmp);
    gaps.get(gaps.len() / 2).copied().unwrap_or(0.0)
}
