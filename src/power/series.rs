//! What a sensor said over time, and what went wrong while it spoke.
//! Must not interpret: no unwrapping, no interpolation, no joules.

use serde::{Deserialize, Serialize};

use crate::power::{Reading, Sensor, SensorError, SensorInfo, Value};

/// A failure to read, with repeats of the same one folded together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// When it was first seen, `CLOCK_MONOTONIC` nanoseconds.
    pub first_ns: u64,
    /// When it was last seen.
    pub last_ns: u64,
    /// How many reads in a row failed this way.
    pub count: u64,
    /// What the sensor said, in words.
    pub what: String,
}

/// Raw readings of one sensor in time order, with the faults between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The sensor the readings came from.
    pub info: SensorInfo,
    /// Raw readings; times strictly increase.
    pub readings: Vec<Reading>,
    /// Faults in time order. A fault is never stood in for by a zero.
    pub faults: Vec<Fault>,
}

impl Series {
    /// An empty series for one sensor.
    pub fn new(info: SensorInfo) -> Self {
        Self { info, readings: Vec::new(), faults: Vec::new() }
    }

    /// Append a reading. One that is not later than the last, or is of the other kind, is a fault.
    pub fn push(&mut self, reading: Reading) {
        if let Some(last) = self.readings.last() {
            if reading.t_ns <= last.t_ns {
                let what = "a reading is not later than the one before it and was left out";
                self.fault(reading.t_ns, what.to_owned());
                return;
            }
            if std::mem::discriminant(&last.value) != std::mem::discriminant(&reading.value) {
                let what = "the sensor changed between counter and gauge; reading left out";
                self.fault(reading.t_ns, what.to_owned());
                return;
            }
        }
        self.readings.push(reading);
    }

    /// Record a failed read at `t_ns`.
    pub fn fault(&mut self, t_ns: u64, what: String) {
        let last_reading = self.readings.last().map(|r| r.t_ns);
        match self.faults.last_mut() {
            // A good reading in between makes it a new fault.
            Some(f) if f.what == what && last_reading.is_none_or(|t| t < f.last_ns) => {
                f.last_ns = f.last_ns.max(t_ns);
                f.count += 1;
            }
            _ => self.faults.push(Fault { first_ns: t_ns, last_ns: t_ns, count: 1, what }),
        }
    }

    /// Poll the sensor once and store what it says or why it did not. True if it was read.
    ///
    /// A sensor that panics is a sensor with a fault: the sampler outlives it.
    pub fn poll(&mut self, sensor: &mut dyn Sensor, now_ns: u64) -> bool {
        let mut fresh = Vec::new();
        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| sensor.read_into(&mut fresh)));
        for reading in fresh {
            self.push(reading);
        }
        let error = match read {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => error.to_string(),
            Err(_) => SensorError::Panicked { sensor: self.info.id.clone() }.to_string(),
        };
        self.fault(now_ns, error);
        false
    }

    /// Drop what is older than `t_ns`, keeping the last reading at or before it as an edge.
    pub fn discard_before(&mut self, t_ns: u64) {
        let first_after = self.readings.partition_point(|r| r.t_ns <= t_ns);
        self.readings.drain(..first_after.saturating_sub(1));
        self.faults.retain(|f| f.last_ns >= t_ns);
    }

    /// Faults that touch the span from `t0_ns` to `t1_ns`.
    pub fn faults_within(&self, t0_ns: u64, t1_ns: u64) -> impl Iterator<Item = &Fault> {
        self.faults.iter().filter(move |f| f.first_ns <= t1_ns && f.last_ns >= t0_ns)
    }

    /// Observed time between updates in seconds: the median time between changes of the value.
    /// None before three changes, as a median of fewer tells nothing.
    pub fn observed_period_s(&self) -> Option<f64> {
        let mut gaps = Vec::new();
        let mut last_change = None;
        for pair in self.readings.windows(2) {
            if pair[0].value == pair[1].value {
                continue;
            }
            if let Some(t) = last_change {
                gaps.push(pair[1].t_ns - t);
            }
            last_change = Some(pair[1].t_ns);
        }
        if gaps.len() < 2 {
            return None;
        }
        let middle = gaps.len() / 2;
        let (_, median, _) = gaps.select_nth_unstable(middle);
        Some(*median as f64 * 1e-9)
    }

    /// Mean watts of a gauge's readings, unweighted, in a span; None where there are none.
    pub fn gauge_mean_w(&self, t0_ns: u64, t1_ns: u64) -> Option<f64> {
        let (mut sum, mut n) = (0.0, 0_u32);
        for r in &self.readings {
            if let Value::Gauge { watts } = r.value
                && (t0_ns..=t1_ns).contains(&r.t_ns)
            {
                sum += watts;
                n += 1;
            }
        }
        (n > 0).then(|| sum / f64::from(n))
    }
}
