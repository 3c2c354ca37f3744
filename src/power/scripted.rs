//! The mock meter: a script of power over time, read on a scripted clock, failing on demand.
//! Must not be found by discovery; nothing it says was measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::power::{Boundary, DeviceKey, Gain, Kind, Reading, Sensor, SensorError, SensorInfo, Series, Value};

/// A clock that moves when told to.
#[derive(Clone, Debug, Default)]
pub struct ScriptedClock(Arc<AtomicU64>);

impl ScriptedClock {
    /// Nanoseconds now.
    pub fn now_ns(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Set the time.
    pub fn set_ns(&self, t_ns: u64) {
        self.0.store(t_ns, Ordering::SeqCst);
    }
}

/// Something that goes wrong, and when, in seconds of the scripted clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    /// Reads fail from here on.
    Disappears {
        /// From when.
        at_s: f64,
    },
    /// The counter loses this many ticks.
    StepsBack {
        /// When.
        at_s: f64,
        /// Ticks lost.
        ticks: u64,
    },
    /// The value stands still from one time to another; a counter catches up afterwards.
    Freezes {
        /// From when.
        from_s: f64,
        /// To when.
        to_s: f64,
    },
    /// Reads say this instead, watts for a gauge: NaN, a negative, a million.
    Says {
        /// From when.
        from_s: f64,
        /// To when.
        to_s: f64,
        /// The lie.
        watts: f64,
    },
    /// The reader panics.
    Panics {
        /// From when.
        at_s: f64,
    },
}

/// A mock meter.
#[derive(Clone, Debug)]
pub struct Scripted {
    info: SensorInfo,
    clock: ScriptedClock,
    /// Power as steps of (seconds, watts), repeated for ever.
    steps: Vec<(f64, f64)>,
    period_s: f64,
    /// Seconds a gauge averages over; zero shows the instant.
    averages_s: f64,
    /// Seconds that what it shows is late.
    late_s: f64,
    gain: f64,
    offset_w: f64,
    noise: Option<Noise>,
    troubles: Vec<Trouble>,
}

/// Noise of a gauge, a new value an update.
#[derive(Clone, Copy, Debug)]
struct Noise {
    sigma_w: f64,
    seed: u64,
}

impl Noise {
    /// The noise of one update: the same whenever it is read.
    fn at(self, update: u64) -> f64 {
        use rand::SeedableRng as _;
        use rand_distr::Distribution as _;
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(self.seed ^ update.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let draw: f64 = rand_distr::StandardNormal.sample(&mut rng);
        self.sigma_w * draw
    }
}

impl Scripted {
    /// An energy counter in millijoules that updates every `period_s`, on a wall boundary of its own.
    pub fn counter(clock: &ScriptedClock, period_s: f64, steps: &[(f64, f64)]) -> Self {
        let kind = Kind::Counter { joules_per_tick: 1e-3, wraps_at: Vec::new() };
        Self::new("scripted:counter", kind, clock, period_s, steps)
    }

    /// A power gauge that updates every `period_s` and shows the power of that instant.
    pub fn gauge(clock: &ScriptedClock, period_s: f64, steps: &[(f64, f64)]) -> Self {
        let kind = Kind::Gauge { resolution_w: None };
        Self::new("scripted:gauge", kind, clock, period_s, steps)
    }

    fn new(id: &str, kind: Kind, clock: &ScriptedClock, period_s: f64, steps: &[(f64, f64)]) -> Self {
        let gain = Gain::assumed(0.01, "scripted");
        let mut info = SensorInfo::new(id, kind, Boundary::GpuBoard, gain);
        info.update_period_s = Some(period_s);
        info.matches = vec![DeviceKey::Cpu];
        info.plausible_watts = 3_000.0;
        info.source = "script".to_owned();
        Self {
            info,
            clock: clock.clone(),
            steps: steps.to_vec(),
            period_s,
            averages_s: 0.0,
            late_s: 0.0,
            gain: 1.0,
            offset_w: 0.0,
            noise: None,
            troubles: Vec::new(),
        }
    }

    /// Change what the meter says of itself.
    pub fn describe(mut self, change: impl FnOnce(&mut SensorInfo)) -> Self {
        change(&mut self.info);
        self
    }

    /// Wrap the counter at this many ticks.
    pub fn wrapping_at(mut self, ticks: u64) -> Self {
        if let Kind::Counter { wraps_at, .. } = &mut self.info.kind {
            *wraps_at = vec![ticks];
        }
        self
    }

    /// Make it read `gain * watts + offset_w`.
    pub fn miscalibrated(mut self, gain: f64, offset_w: f64) -> Self {
        self.gain = gain;
        self.offset_w = offset_w;
        self
    }

    /// Make a gauge show the mean of the last `seconds`, `late_s` seconds late.
    pub fn averaging(mut self, seconds: f64, late_s: f64) -> Self {
        (self.averages_s, self.late_s) = (seconds, late_s);
        self
    }

    /// Add Gaussian noise of this standard deviation to a gauge, new at every update.
    pub fn noisy(mut self, sigma_w: f64, seed: u64) -> Self {
        self.noise = Some(Noise { sigma_w, seed });
        self
    }

    /// Add a trouble.
    pub fn with(mut self, trouble: Trouble) -> Self {
        self.troubles.push(trouble);
        self
    }

    /// Run the script from `from_s` to `to_s`, polled every `every_s`, into a series.
    pub fn record(mut self, from_s: f64, to_s: f64, every_s: f64) -> Series {
        let mut series = Series::new(self.info.clone());
        let polls = ((to_s - from_s) / every_s).round().max(0.0) as u64;
        for i in 0..=polls {
            let t_ns = ((from_s + i as f64 * every_s) * 1e9).round() as u64;
            self.clock.set_ns(t_ns);
            series.poll(&mut self, t_ns);
        }
        series
    }

    fn watts_at(&self, t_s: f64) -> f64 {
        let cycle: f64 = self.steps.iter().map(|s| s.0).sum();
        // The guard keeps a time on a step's edge from falling under it by rounding.
        let mut into = (t_s + 1e-9).rem_euclid(cycle);
        for (seconds, watts) in &self.steps {
            if into < *seconds {
                return self.gain * watts + self.offset_w;
            }
            into -= seconds;
        }
        self.steps.last().map_or(0.0, |s| self.gain * s.1 + self.offset_w)
    }

    /// What a gauge shows after its update at `t_s`.
    fn shown_at(&self, t_s: f64) -> f64 {
        let noise = self.noise.map_or(0.0, |noise| noise.at((t_s / self.period_s).round() as u64));
        let at = t_s - self.late_s;
        if self.averages_s == 0.0 {
            return self.watts_at(at) + noise;
        }
        (self.joules_at(at) - self.joules_at(at - self.averages_s)) / self.averages_s + noise
    }

    fn joules_at(&self, t_s: f64) -> f64 {
        let cycle: f64 = self.steps.iter().map(|s| s.0).sum();
        let joules: f64 = self.steps.iter().map(|s| s.0 * s.1).sum();
        let mut total = (t_s / cycle).floor() * joules;
        let mut into = t_s.rem_euclid(cycle);
        for (seconds, watts) in &self.steps {
            total += watts * into.min(*seconds);
            into = (into - seconds).max(0.0);
        }
        self.gain * total + self.offset_w * t_s
    }

    fn ticks_at(&self, t_s: f64, joules_per_tick: f64, wraps_at: &[u64]) -> u64 {
        // The guard keeps a value on a tick's edge from falling under it by rounding.
        let mut ticks = (self.joules_at(t_s) / joules_per_tick + 1e-6).floor().max(0.0) as u64;
        for trouble in &self.troubles {
            if let Trouble::StepsBack { at_s, ticks: lost } = trouble
                && t_s >= *at_s
            {
                ticks = ticks.saturating_sub(*lost);
            }
        }
        wraps_at.first().map_or(ticks, |at| ticks % at)
    }
}

impl Sensor for Scripted {
    fn info(&self) -> &SensorInfo {
        &self.info
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        let t_ns = self.clock.now_ns();
        let now_s = t_ns as f64 * 1e-9;
        // What is shown is what held at the last update.
        let mut shown_s = (now_s / self.period_s + 1e-9).floor() * self.period_s;
        let mut lie = None;
        for trouble in &self.troubles {
            match *trouble {
                Trouble::Disappears { at_s } if now_s >= at_s => {
                    return Err(SensorError::Gone {
                        sensor: self.info.id.clone(),
                        place: self.info.source.clone(),
                        detail: "scripted".to_owned(),
                    });
                }
                Trouble::Freezes { from_s, to_s } if (from_s..to_s).contains(&now_s) => {
                    shown_s = shown_s.min(from_s);
                }
                Trouble::Says { from_s, to_s, watts } if (from_s..to_s).contains(&now_s) => {
                    lie = Some(watts);
                }
                Trouble::Panics { at_s } if now_s >= at_s => panic!("scripted panic"),
                _ => {}
            }
        }
        let value = match &self.info.kind {
            Kind::Counter { joules_per_tick, wraps_at } => {
                Value::Counter { ticks: self.ticks_at(shown_s, *joules_per_tick, wraps_at) }
            }
            Kind::Gauge { .. } => Value::Gauge { watts: lie.unwrap_or_else(|| self.shown_at(shown_s)) },
        };
        Ok(Reading { t_ns, value })
    }
}
