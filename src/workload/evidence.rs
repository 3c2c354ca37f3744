//! What records say of one device: each case's time and joules, with the records that say so.
//! Reads no file, trusts nothing that is not `ok` and verified, and never mixes devices, tracks or power modes.

use std::collections::BTreeMap;

use super::{JoulesOf, Records, records::Origin};
use crate::{
    backend::{DeviceFacts, Track},
    kernel::{Case, Work},
    measure::stats::{Estimate, median},
    record::{Interval, WindowKind},
};

/// A case as one device ran it.
#[derive(Debug, Clone)]
pub struct Timed {
    /// The case.
    pub case: Case,
    /// Work of a launch of it.
    pub work: Work,
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
    /// One for each device, track and power mode.
    pub(super) fn gather(records: &Records) -> Vec<Evidence> {
        let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, Origin { device, environment }) in records.origins().iter().enumerate() {
            let key = (device.key(), device.track.name(), &environment.machine, &environment.power_mode);
            groups.entry(key).or_default().push(at);
        }
        let mut group_of = vec![0; records.origins().len()];
        for (group, origins) in groups.values().enumerate() {
            origins.iter().for_each(|at| group_of[*at] = group);
        }
        let mut cases: Vec<BTreeMap<&str, Vec<usize>>> = vec![BTreeMap::new(); groups.len()];
        for (at, row) in records.rows().iter().enumerate().filter(|(_, row)| row.seconds.is_some()) {
            let id = records.cases()[row.case as usize].as_str();
            cases[group_of[row.origin as usize]].entry(id).or_default().push(at);
        }
        let one = |cases: BTreeMap<&str, Vec<usize>>| {
            let first = &records.rows()[*cases.values().next()?.first()?];
            let Origin { device, environment } = &records.origins()[first.origin as usize];
            Some(Evidence {
                device: device.clone(),
                machine: environment.machine.clone(),
                cases: cases
                    .into_iter()
                    .filter_map(|(id, at)| Some((id.to_owned(), timed(records, id, at)?)))
                    .collect(),
            })
        };
        cases.into_iter().filter_map(one).collect()
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

fn timed(records: &Records, id: &str, from: Vec<usize>) -> Option<Timed> {
    let times: Vec<Estimate> = from.iter().filter_map(|at| records.rows()[*at].seconds).collect();
    // A case of a later version is no case here: it cannot be named, so it is nobody's neighbour.
    let case: Case = id.parse().ok()?;
    let seconds = Estimate {
        value: median(&times.iter().map(|t| t.value).collect::<Vec<_>>())?,
        low: times.iter().map(|t| t.low).fold(f64::INFINITY, f64::min).max(0.0),
        high: times.iter().map(|t| t.high).fold(0.0, f64::max),
    };
    Some(Timed { work: case.work(), case, seconds, joules: joules(records, &from), from })
}

/// Of each record the best meter of each boundary, and over records the median; the spread widens the uncertainty.
fn joules(records: &Records, from: &[usize]) -> Vec<JoulesOf> {
    let all: Vec<_> = from.iter().flat_map(|at| records.joules(*at)).collect();
    let mut boundaries: Vec<&str> = all.iter().map(|(boundary, ..)| *boundary).collect();
    let mut seen = std::collections::HashSet::new();
    boundaries.retain(|b| seen.insert(*b));
    let one = |boundary: &str| {
        let best: Vec<_> = all.iter().filter(|(of, ..)| *of == boundary).collect();
        let values: Vec<f64> = best.iter().map(|(.., joules)| joules.value).collect();
        let value = median(&values)?;
        let spread = values.iter().map(|v| (v - value).abs()).fold(0.0, f64::max);
        let u95 = best.iter().map(|(.., joules)| joules.u95).fold(0.0, f64::max) + spread;
        let short = best.iter().any(|(_, window, _)| *window == WindowKind::Short);
        let window = if short { WindowKind::Short } else { WindowKind::Published };
        Some(JoulesOf { boundary: boundary.to_owned(), window, joules: Interval { value, u95 } })
    };
    boundaries.into_iter().filter_map(one).collect()
}
