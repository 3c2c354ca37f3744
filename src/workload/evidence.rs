//! What records say of one device: each case's time and joules, with the records that say so.
//! Reads no file, trusts nothing that is not `ok` and verified, and never mixes devices, tracks or power modes.

use std::collections::BTreeMap;

use super::JoulesOf;
use crate::{
    backend::{DeviceFacts, Track},
    catalog::Catalog,
    kernel::Case,
    measure::stats::{Estimate, median},
    record::{Interval, Record, WindowKind},
    report::metrics::{EnergyMetrics, Metrics, derive},
};

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// Records with their places, and what is derived from each.
#[derive(Debug, Clone, Default)]
pub struct Records {
    records: Vec<Record>,
    places: Vec<Place>,
    metrics: Vec<Option<Metrics>>,
}

impl Records {
    /// Derives what follows from each record.
    pub fn of(found: Vec<(Place, Record)>) -> Records {
        let (places, records): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let metrics = derive(&records);
        Records { records, places, metrics }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// All of them, in the order in which they were handed in.
    pub fn all(&self) -> &[Record] {
        &self.records
    }

    /// What follows from each of [`Records::all`].
    pub(crate) fn metrics(&self) -> &[Option<Metrics>] {
        &self.metrics
    }

    /// A record and its place, by the number that [`Timed::from`] holds.
    pub fn get(&self, at: usize) -> (&Place, &Record) {
        (&self.places[at], &self.records[at])
    }

    /// True if one of them was made on hardware that the catalogue knows by this id.
    pub fn have(&self, catalog: &Catalog, device: &str) -> bool {
        let is = |d: &DeviceFacts| d.is_hardware() && catalog.device_called(&d.name).is_some_and(|k| k.id == device);
        self.records.iter().any(|r| is(&r.device))
    }

    /// `cpu:0 AMD EPYC (native)` of every device in them, for messages.
    pub fn devices(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .records
            .iter()
            .map(|r| named(&r.device))
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        all.truncate(12);
        all
    }
}

fn named(device: &DeviceFacts) -> String {
    format!("{} {} ({})", device.id, device.name, device.track.name())
}

/// A case as one device ran it.
#[derive(Debug, Clone)]
pub struct Timed {
    /// The case.
    pub case: Case,
    /// Seconds of a launch: the median over runs; the interval covers those of all runs.
    pub seconds: Estimate,
    /// Its joules, one entry a boundary.
    pub joules: Vec<JoulesOf>,
    /// Numbers of its records.
    pub from: Vec<usize>,
}

/// One device, track and power mode.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// What the device said of itself.
    pub device: DeviceFacts,
    /// Alias of its machine.
    pub machine: Option<String>,
    /// Its cases by id.
    pub cases: BTreeMap<String, Timed>,
}

impl Evidence {
    /// One for each device, track and power mode that `wanted` lets in.
    pub fn gather(records: &Records, wanted: &dyn Fn(&DeviceFacts) -> bool) -> Vec<Evidence> {
        let mut groups: BTreeMap<_, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
        for (at, (record, metrics)) in records.records.iter().zip(&records.metrics).enumerate() {
            if metrics.as_ref().is_some_and(|m| m.time.is_some()) && wanted(&record.device) {
                let mode: Vec<_> = record.environment.power_mode.iter().collect();
                let key = (record.device.key(), record.device.track.name(), &record.environment.machine, mode);
                groups.entry(key).or_default().entry(record.case.id.clone()).or_default().push(at);
            }
        }
        let one = |cases: BTreeMap<String, Vec<usize>>| {
            let first = &records.records[*cases.values().next()?.first()?];
            let timed = cases.into_iter().filter_map(|(id, at)| Some((id, timed(records, at)?)));
            Some(Evidence {
                device: first.device.clone(),
                machine: first.environment.machine.clone(),
                cases: timed.collect(),
            })
        };
        groups.into_values().filter_map(one).collect()
    }

    /// Which question its cases answer.
    pub fn track(&self) -> Track {
        self.device.track
    }

    /// True if it is no hardware: a rasterizer on the CPU, an emulated machine, or a script.
    pub fn software(&self) -> bool {
        !self.device.is_hardware()
    }

    /// Its name with all that tells it from others.
    pub fn text(&self) -> String {
        let machine = self.machine.as_ref().map(|m| format!(" on {m}")).unwrap_or_default();
        let software = match (&self.device.emulated, self.software()) {
            (Some(how), _) => format!(", emulated ({how}): says nothing of hardware"),
            (None, true) => ", software: says nothing of hardware".to_owned(),
            (None, false) => String::new(),
        };
        format!(
            "{} {} ({}){machine}, {} track{software}",
            self.device.id,
            self.device.name,
            self.device.api,
            self.track().name()
        )
    }
}

fn timed(records: &Records, from: Vec<usize>) -> Option<Timed> {
    let metrics: Vec<&Metrics> = from.iter().filter_map(|at| records.metrics[*at].as_ref()).collect();
    let times: Vec<Estimate> = metrics.iter().filter_map(|m| m.time.as_ref()).map(|t| t.seconds).collect();
    // A case of a later version is no case here: it cannot be named, so it is nobody's neighbour.
    let case = records.records[*from.first()?].case.id.parse().ok()?;
    let seconds = Estimate {
        value: median(&times.iter().map(|t| t.value).collect::<Vec<_>>())?,
        low: times.iter().map(|t| t.low).fold(f64::INFINITY, f64::min).max(0.0),
        high: times.iter().map(|t| t.high).fold(0.0, f64::max),
    };
    Some(Timed { case, seconds, joules: joules(&metrics), from })
}

/// Of each record the best meter of each boundary, and over records the median; the spread widens the uncertainty.
fn joules(metrics: &[&Metrics]) -> Vec<JoulesOf> {
    let mut boundaries: Vec<&str> = metrics.iter().flat_map(|m| &m.energy).map(|e| e.boundary.as_str()).collect();
    let mut seen = std::collections::HashSet::new();
    boundaries.retain(|b| seen.insert(*b));
    let one = |boundary: &str| {
        let best = metrics.iter().filter_map(|m| m.energy.iter().find(|e| e.boundary == boundary));
        let best: Vec<&EnergyMetrics> = best.collect();
        let values: Vec<f64> = best.iter().map(|e| e.joules.value).collect();
        let value = median(&values)?;
        let spread = values.iter().map(|v| (v - value).abs()).fold(0.0, f64::max);
        let u95 = best.iter().map(|e| e.joules.u95).fold(0.0, f64::max) + spread;
        let short = best.iter().any(|e| e.window == WindowKind::Short);
        let window = if short { WindowKind::Short } else { WindowKind::Published };
        Some(JoulesOf { boundary: boundary.to_owned(), window, joules: Interval { value, u95 } })
    };
    boundaries.into_iter().filter_map(one).collect()
}
