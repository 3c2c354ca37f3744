//! Everything that is derived from a record, in one place: rates, joules per launch, FLOP/J, fraction of ceiling.
//! Derives nothing from a record that is not `ok` and verified, and never clamps.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Ceilings, Fraction};
use crate::{
    kernel::OpUnit,
    measure::stats::{self, Bootstrap, Estimate},
    record::{EnergyStatus, Gauge, Interval, Meter, Record, Status, TimeSource, WindowKind},
};

/// What one record amounts to.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    /// Time and what follows from it; absent if the case was only verified.
    pub time: Option<TimeMetrics>,
    /// Fraction of the measured ceiling, or why there is none, in words.
    pub ceiling: Result<Fraction, String>,
    /// One entry per meter whose joules are measured, the best first: counters before gauges, long windows before short.
    pub energy: Vec<EnergyMetrics>,
    /// Joules computed from a published figure. Never in a measured column.
    pub modelled: Vec<EnergyMetrics>,
}

/// Time of one launch, and the rates that follow.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TimeMetrics {
    /// Median seconds per launch and its 95 % interval.
    pub seconds: Estimate,
    /// Median absolute deviation, seconds.
    pub mad_s: f64,
    /// Number of samples.
    pub samples: usize,
    /// Whose clock.
    pub clock: TimeSource,
    /// Operations per second; absent if the case has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ops_per_s: Option<Estimate>,
    /// What an operation is.
    pub unit: OpUnit,
    /// Compulsory bytes per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_s: Option<Estimate>,
}

/// Energy of one launch as one meter saw it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EnergyMetrics {
    /// Name of the sensor.
    pub sensor: String,
    /// What it sees: travels with every joule.
    pub boundary: String,
    /// Length class of the windows: travels too.
    pub window: WindowKind,
    /// Gross joules per launch.
    pub joules: Interval,
    /// Joules per launch above idle, where idle was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_joules: Option<Interval>,
    /// Mean power, watts.
    pub watts: Interval,
    /// Operations per gross joule; absent if the case has none or the joules are not above zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ops_per_joule: Option<Interval>,
}

/// Derives the metrics of every record of a slice: each is set against the ceilings of its own run and device, so give
/// whole runs. `None` for records that are not `ok` and verified.
pub fn derive(records: &[Record]) -> Vec<Option<Metrics>> {
    let seconds: Vec<_> = records.iter().map(seconds_of).collect();
    let mut ceilings = Ceilings::default();
    for (record, seconds) in records.iter().zip(&seconds) {
        seconds.iter().for_each(|s| ceilings.note(record, s.value));
    }
    records.iter().zip(seconds).map(|(record, seconds)| metrics_of(record, seconds, &ceilings)).collect()
}

/// The status of a record; `unverified` where it went well and its output was not found right.
pub(crate) fn status_name(record: &Record) -> &'static str {
    if record.status == Status::Ok && !trusted(record) { "unverified" } else { record.status.name() }
}

/// Median seconds per launch and its interval; `None` for a record that is not `ok`, verified and timed.
pub(crate) fn seconds_of(record: &Record) -> Option<Estimate> {
    let time = trusted(record).then_some(record.time.as_ref()).flatten()?;
    stats::median_interval(&time.samples_s, &Bootstrap::default())
}

/// The metrics of one record, whose [`seconds_of`] are known, against the ceilings of its run.
pub(crate) fn metrics_of(record: &Record, seconds: Option<Estimate>, ceilings: &Ceilings) -> Option<Metrics> {
    trusted(record).then(|| metrics(record, seconds, ceilings))
}

/// What the meters of a record say, measured and modelled; the best first.
pub(crate) fn energy_of(record: &Record) -> (Vec<EnergyMetrics>, Vec<EnergyMetrics>) {
    let mut meters: Vec<&Meter> = record.energy.meters.iter().collect();
    meters.sort_by_key(|m| (m.window == WindowKind::Short, m.kind == Gauge::Gauge));
    let energy: Vec<EnergyMetrics> = meters.into_iter().map(|m| energy(m, record.work.flop)).collect();
    match record.energy.status {
        EnergyStatus::Measured => (energy, vec![]),
        EnergyStatus::Modelled => (vec![], energy),
        EnergyStatus::Unmeasured => (vec![], vec![]),
    }
}

/// True if numbers may be derived: the case went well and its output was right.
pub fn trusted(record: &Record) -> bool {
    record.status == Status::Ok && record.verification.as_ref().is_some_and(|v| v.passed)
}

fn metrics(record: &Record, seconds: Option<Estimate>, ceilings: &Ceilings) -> Metrics {
    let time = seconds.zip(record.time.as_ref()).map(|(seconds, time)| TimeMetrics {
        seconds,
        mad_s: stats::mad(&time.samples_s).unwrap_or(0.0),
        samples: time.samples_s.len(),
        clock: time.clock,
        ops_per_s: (record.work.flop > 0.0).then(|| seconds.rate(record.work.flop)),
        unit: record.work.unit,
        bytes_per_s: (record.work.bytes > 0.0).then(|| seconds.rate(record.work.bytes)),
    });
    let (energy, modelled) = energy_of(record);
    let ceiling = match seconds {
        Some(seconds) => ceilings.fraction(record, seconds.value),
        None => Err("not timed".to_owned()),
    };
    Metrics { time, ceiling, energy, modelled }
}

fn energy(meter: &Meter, operations: f64) -> EnergyMetrics {
    let gross = meter.gross_j;
    let per_joule = (operations > 0.0 && gross.value > 0.0).then(|| {
        let value = operations / gross.value;
        Interval { value, u95: value * gross.u95 / gross.value }
    });
    EnergyMetrics {
        sensor: meter.sensor.clone(),
        boundary: meter.boundary.clone(),
        window: meter.window,
        joules: gross,
        net_joules: meter.net_j,
        watts: meter.watts,
        ops_per_joule: per_joule,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn rates_follow_from_work_and_median() {
        let records = fixtures::records();
        let metrics = derive(&records);
        let gemv = fixtures::position(&records, "gpu", "matmul/gemv/f32");
        let got = metrics[gemv].as_ref().unwrap();
        let time = got.time.as_ref().unwrap();
        assert!((time.bytes_per_s.unwrap().value - records[gemv].work.bytes / time.seconds.value).abs() < 1.0);
        assert!(time.ops_per_s.unwrap().low < time.ops_per_s.unwrap().high);
        let meter = &got.energy[0];
        let expected = records[gemv].work.flop / meter.joules.value;
        assert_eq!(meter.ops_per_joule.unwrap().value, expected);
    }

    #[test]
    fn nothing_is_derived_from_what_is_not_ok_and_verified() {
        let mut records = fixtures::records();
        for record in &mut records {
            if let Some(verification) = &mut record.verification {
                verification.passed = false;
            }
        }
        assert!(derive(&records).iter().all(Option::is_none));
    }

    #[test]
    fn modelled_joules_are_kept_apart() {
        let mut records = fixtures::records();
        let gemv = fixtures::position(&records, "gpu", "matmul/gemv/f32");
        records[gemv].energy.status = EnergyStatus::Modelled;
        let metrics = derive(&records)[gemv].clone().unwrap();
        assert!(metrics.energy.is_empty() && !metrics.modelled.is_empty());
        records[gemv].energy.status = EnergyStatus::Unmeasured;
        let metrics = derive(&records)[gemv].clone().unwrap();
        assert!(metrics.energy.is_empty() && metrics.modelled.is_empty());
    }
}
