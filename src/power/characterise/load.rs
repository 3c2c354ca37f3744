//! The load: when the device worked and when it rested.
//! Must not know watts.

use rand::{RngExt as _, SeedableRng as _};

/// Spans of work on the monotonic clock, with rest between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    origin_ns: u64,
    end_s: f64,
    /// Begin and end of each span in seconds from the origin, and the seconds worked before it.
    spans: Vec<(f64, f64, f64)>,
}

impl Load {
    /// A load from its spans of work, in order; it is known from `start_ns` to `end_ns`.
    pub fn new(start_ns: u64, end_ns: u64, work: &[(u64, u64)]) -> Self {
        let mut worked = 0.0;
        let mut spans = Vec::with_capacity(work.len());
        let seconds = |t_ns: u64| (t_ns as f64 - start_ns as f64) * 1e-9;
        for &(from, to) in work {
            let (from, to) = (seconds(from), seconds(to));
            spans.push((from, to, worked));
            worked += to - from;
        }
        Self { origin_ns: start_ns, end_s: seconds(end_ns), spans }
    }

    /// The same load, so much later.
    #[cfg(test)]
    pub(super) fn moved(&self, by_ns: u64) -> Self {
        Self { origin_ns: self.origin_ns + by_ns, ..self.clone() }
    }

    /// Seconds since the load's start.
    pub(super) fn seconds(&self, t_ns: u64) -> f64 {
        (t_ns as f64 - self.origin_ns as f64) * 1e-9
    }

    /// True if it is known what the device did at this time.
    pub(super) fn covers(&self, t_s: f64) -> bool {
        (0.0..=self.end_s).contains(&t_s)
    }

    /// As [`Load::covers`], or so many seconds before or after.
    pub(super) fn covers_within(&self, t_s: f64, margin_s: f64) -> bool {
        (-margin_s..=self.end_s + margin_s).contains(&t_s)
    }

    /// Mean length of a span of work, seconds.
    pub(super) fn mean_span_s(&self) -> f64 {
        let worked: f64 = self.spans.iter().map(|span| span.1 - span.0).sum();
        worked / self.spans.len() as f64
    }

    /// Share of the time from `from_s` to `to_s` that it worked; it rests before its start and after its end.
    pub(super) fn mean(&self, from_s: f64, to_s: f64) -> f64 {
        (self.worked(to_s) - self.worked(from_s)) / (to_s - from_s)
    }

    /// Seconds worked from the start to `t_s`.
    pub(super) fn worked(&self, t_s: f64) -> f64 {
        let after = self.spans.partition_point(|span| span.0 <= t_s);
        match after.checked_sub(1).map(|i| self.spans[i]) {
            Some((from, to, before)) => before + t_s.min(to) - from,
            None => 0.0,
        }
    }

    /// Spans that begin before `t_s`, the last first.
    pub(super) fn before(&self, t_s: f64) -> impl Iterator<Item = (f64, f64)> {
        let after = self.spans.partition_point(|span| span.0 < t_s);
        self.spans[..after].iter().rev().map(|span| (span.0, span.1))
    }
}

/// Seconds of rest and work, in turns, that fill `seconds`: half periods around `half_s`, drawn so that no meter can keep
/// step with them.
pub fn square_wave(half_s: f64, seconds: f64, seed: u64) -> Vec<(f64, f64)> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || half_s * (0.7 + 0.6 * rng.random::<f64>());
    let mut wave: Vec<(f64, f64)> = Vec::new();
    let mut spent = 0.0;
    while spent < seconds {
        let turn = (draw(), draw());
        spent += turn.0 + turn.1;
        wave.push(turn);
    }
    wave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_adds_up_and_waits_between_spans() {
        let load =
            Load::new(1_000_000_000, 11_000_000_000, &[(2_000_000_000, 4_000_000_000), (6_000_000_000, 7_000_000_000)]);
        for (t, worked) in [(0.0, 0.0), (1.0, 0.0), (2.0, 1.0), (4.0, 2.0), (5.5, 2.5), (9.0, 3.0)] {
            assert!((load.worked(t) - worked).abs() < 1e-9, "{t}");
        }
        assert!(load.covers(0.0) && load.covers(10.0) && !load.covers(10.1) && !load.covers(-0.1));
        assert_eq!(load.before(5.5).count(), 2);
    }

    #[test]
    fn a_wave_fills_its_time_and_does_not_repeat() {
        let wave = square_wave(0.5, 20.0, 7);
        let total: f64 = wave.iter().map(|w| w.0 + w.1).sum();
        assert!((20.0..21.5).contains(&total));
        assert!(wave.iter().all(|w| (0.35..0.65).contains(&w.0)));
        assert_ne!(wave[0], wave[1]);
    }
}
