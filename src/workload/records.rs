//! A set of records as verdicts and pages need it: where each stands and what it took; whole the newest of each case only.
//! Reads no file and judges nothing; samples of a record that a newer one replaces are not kept.

use std::{
    collections::{BTreeSet, HashMap},
    sync::OnceLock,
};

use super::Evidence;
use crate::{
    backend::DeviceFacts,
    catalog::{Catalog, Citation},
    measure::stats::Estimate,
    record::{Environment, Interval, Record, RunInfo, WindowKind},
    report::{
        Ceilings,
        metrics::{Metrics, energy_of, metrics_of, seconds_of, status_name, trusted},
    },
};

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// Records, in the order in which they were handed in. Memory grows by some hundred bytes with each, and by the whole
/// record with each case on each device.
#[derive(Debug, Clone, Default)]
pub struct Records {
    files: Vec<String>,
    cases: Vec<String>,
    boundaries: Vec<String>,
    origins: Vec<Origin>,
    runs: Vec<RunInfo>,
    rows: Vec<Row>,
    newest: Vec<Newest>,
    evidence: OnceLock<Vec<Evidence>>,
}

/// A device in a machine and a power mode, as the first of its records describes them.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) device: DeviceFacts,
    pub(crate) environment: Environment,
}

impl Origin {
    fn made(&self, record: &Record) -> bool {
        let (ours, theirs) = (&self.environment, &record.environment);
        ours.machine == theirs.machine
            && ours.memory_bytes == theirs.memory_bytes
            && (&ours.cpu, &ours.arch, &ours.power_mode) == (&theirs.cpu, &theirs.arch, &theirs.power_mode)
            && self.device == record.device
    }
}

/// What is kept of every record. Numbers are those of the lists of [`Records`].
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) file: u32,
    pub(crate) origin: u32,
    pub(crate) case: u32,
    pub(crate) run: u32,
    /// Its status, `unverified` where its output was not found right.
    pub(crate) status: &'static str,
    /// Seconds of a launch; absent if it was not timed, or is not to be trusted.
    pub(crate) seconds: Option<Estimate>,
    line: u32,
    /// Of each boundary the best meter.
    joules: Box<[Joules]>,
}

/// Joules of a launch at a boundary.
#[derive(Debug, Clone)]
struct Joules {
    boundary: u32,
    window: WindowKind,
    joules: Interval,
}

impl Row {
    /// True if a meter measured its joules.
    pub(crate) fn metered(&self) -> bool {
        !self.joules.is_empty()
    }
}

/// The newest record of a case on one device of one machine, in whatever power mode.
#[derive(Debug, Clone)]
pub(crate) struct Newest {
    /// Its row.
    pub(crate) row: usize,
    pub(crate) record: Box<Record>,
    pub(crate) metrics: Option<Metrics>,
}

/// A record with what is worth working out side by side.
pub(crate) struct Observed {
    record: Box<Record>,
    seconds: Option<Estimate>,
}

impl Observed {
    pub(crate) fn of(record: Box<Record>) -> Observed {
        Observed { seconds: seconds_of(&record), record }
    }
}

/// Takes records one by one.
#[derive(Default)]
pub(crate) struct Collector {
    set: Records,
    ceilings: Ceilings,
    cases: HashMap<String, u32>,
    /// By the device's key.
    origins: HashMap<String, Vec<u32>>,
    /// By the run's id.
    runs: HashMap<String, Vec<u32>>,
    /// Of each origin, the device and machine without the power mode: its newest records stand for all modes.
    machines: Vec<u32>,
    known_machines: HashMap<String, u32>,
    /// By machine and case.
    newest: HashMap<(u32, u32), usize>,
}

impl Collector {
    /// Of files of these names.
    pub(crate) fn of(files: Vec<String>) -> Collector {
        Collector { set: Records { files, ..Records::default() }, ..Collector::default() }
    }

    /// Takes the record that stands on a line, from 1, of a file.
    pub(crate) fn take(&mut self, file: usize, line: usize, Observed { record, seconds }: Observed) {
        if let Some(seconds) = &seconds {
            self.ceilings.note(&record, seconds.value);
        }
        let row = Row {
            file: file as u32,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            origin: self.origin(&record),
            case: self.case(&record),
            run: self.run(&record),
            status: status_name(&record),
            seconds,
            joules: self.joules(&record),
        };
        let (at, key) = (self.set.rows.len(), (self.machines[row.origin as usize], row.case));
        self.set.rows.push(row);
        match self.newest.get(&key).map(|known| &mut self.set.newest[*known]) {
            Some(known) if known.record.ended > record.ended => {}
            Some(known) => (known.row, known.record) = (at, record),
            None => {
                self.newest.insert(key, self.set.newest.len());
                self.set.newest.push(Newest { row: at, record, metrics: None });
            }
        }
    }

    /// The set, every newest record held against the ceilings of its run.
    pub(crate) fn finish(mut self) -> Records {
        for newest in &mut self.set.newest {
            newest.metrics = metrics_of(&newest.record, self.set.rows[newest.row].seconds, &self.ceilings);
        }
        self.set
    }

    fn case(&mut self, record: &Record) -> u32 {
        if let Some(known) = self.cases.get(&record.case.id) {
            return *known;
        }
        let number = self.set.cases.len() as u32;
        self.cases.insert(record.case.id.clone(), number);
        self.set.cases.push(record.case.id.clone());
        number
    }

    /// Nearly always that of the record before.
    fn origin(&mut self, record: &Record) -> u32 {
        let last = self.set.rows.last().map(|row| row.origin);
        if let Some(last) = last.filter(|at| self.set.origins[*at as usize].made(record)) {
            return last;
        }
        let same = self.origins.entry(record.device.key()).or_default();
        let known = same.iter().find(|at| self.set.origins[**at as usize].made(record)).copied();
        known.unwrap_or_else(|| {
            let number = self.set.origins.len() as u32;
            same.push(number);
            let (device, environment) = (record.device.clone(), record.environment.clone());
            let e = &environment;
            let machine = format!("{:?}", (device.key(), device.track, &e.machine, &e.cpu, &e.arch, e.memory_bytes));
            let machines = self.known_machines.len() as u32;
            self.machines.push(*self.known_machines.entry(machine).or_insert(machines));
            self.set.origins.push(Origin { device, environment });
            number
        })
    }

    /// As [`Collector::origin`]. Two builds that ran in turns share the id.
    fn run(&mut self, record: &Record) -> u32 {
        let last = self.set.rows.last().map(|row| row.run);
        if let Some(last) = last.filter(|at| self.set.runs[*at as usize] == record.run) {
            return last;
        }
        let same = self.runs.entry(record.run.id.clone()).or_default();
        let known = same.iter().find(|at| self.set.runs[**at as usize] == record.run).copied();
        known.unwrap_or_else(|| {
            let number = self.set.runs.len() as u32;
            same.push(number);
            self.set.runs.push(record.run.clone());
            number
        })
    }

    fn joules(&mut self, record: &Record) -> Box<[Joules]> {
        let mut best: Vec<Joules> = Vec::new();
        for meter in if trusted(record) { energy_of(record).0 } else { vec![] } {
            let known = self.set.boundaries.iter().position(|b| *b == meter.boundary);
            let boundary = known.unwrap_or_else(|| {
                self.set.boundaries.push(meter.boundary.clone());
                self.set.boundaries.len() - 1
            }) as u32;
            if best.iter().all(|j| j.boundary != boundary) {
                best.push(Joules { boundary, window: meter.window, joules: meter.joules });
            }
        }
        best.into()
    }
}

impl Records {
    /// A set of records that are held already.
    pub fn of(found: Vec<(Place, Record)>) -> Records {
        let mut names: Vec<String> = Vec::new();
        let mut collector = Collector::default();
        for (place, record) in found {
            let known = names.iter().position(|name| *name == place.file);
            let file = known.unwrap_or_else(|| {
                names.push(place.file);
                names.len() - 1
            });
            collector.take(file, place.line, Observed::of(Box::new(record)));
        }
        collector.set.files = names;
        collector.finish()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The newest record of every case on every device of every machine, in the order of the first one of each.
    pub(crate) fn newest(&self) -> &[Newest] {
        &self.newest
    }

    pub(crate) fn origins(&self) -> &[Origin] {
        &self.origins
    }

    pub(crate) fn runs(&self) -> &[RunInfo] {
        &self.runs
    }

    /// Ids of the cases, in the order of their first record.
    pub(crate) fn cases(&self) -> &[String] {
        &self.cases
    }

    /// Names of the files.
    pub(crate) fn files(&self) -> &[String] {
        &self.files
    }

    /// How a record is cited, by the number that [`Timed::from`](super::Timed::from) holds.
    pub fn cite(&self, at: usize) -> Citation {
        let row = &self.rows[at];
        Citation {
            file: self.files[row.file as usize].clone(),
            line: row.line as usize,
            run: self.runs[row.run as usize].id.clone(),
            device: named(&self.origins[row.origin as usize].device),
            case: self.cases[row.case as usize].clone(),
        }
    }

    /// What they say of each device, track and power mode; worked out once.
    pub fn evidence(&self) -> &[Evidence] {
        self.evidence.get_or_init(|| Evidence::gather(self))
    }

    /// Joules of a row, each with its boundary, the best meter first.
    pub(super) fn joules(&self, at: usize) -> impl Iterator<Item = (&str, WindowKind, Interval)> {
        let joules = self.rows[at].joules.iter();
        joules.map(|j| (self.boundaries[j.boundary as usize].as_str(), j.window, j.joules))
    }

    /// True if one of them was made on hardware that the catalogue knows by this id.
    pub fn have(&self, catalog: &Catalog, device: &str) -> bool {
        let is = |d: &DeviceFacts| d.is_hardware() && catalog.device_called(&d.name).is_some_and(|k| k.id == device);
        self.origins.iter().any(|origin| is(&origin.device))
    }

    /// `cpu:0 AMD EPYC (native)` of every device in them, for messages.
    pub fn devices(&self) -> Vec<String> {
        let all: BTreeSet<String> = self.origins.iter().map(|origin| named(&origin.device)).collect();
        all.into_iter().take(MOST_NAMED).collect()
    }
}

/// Devices that a message names.
const MOST_NAMED: usize = 12;

fn named(device: &DeviceFacts) -> String {
    format!("{} {} ({})", device.id, device.name, device.track.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{fixtures, metrics::derive};

    fn set(records: &[Record]) -> Records {
        let place = |line| Place { file: "a.jsonl".to_owned(), line };
        Records::of(records.iter().cloned().enumerate().map(|(i, r)| (place(i + 1), r)).collect())
    }

    #[test]
    fn what_is_kept_is_what_follows_from_the_records() {
        let records = fixtures::records();
        let set = set(&records);
        assert_eq!((set.len(), set.newest().len()), (records.len(), records.len()));
        for (newest, metrics) in set.newest().iter().zip(derive(&records)) {
            assert_eq!((newest.record.as_ref(), &newest.metrics), (&records[newest.row], &metrics));
            let row = &set.rows()[newest.row];
            assert_eq!(row.seconds, metrics.as_ref().and_then(|m| Some(m.time.as_ref()?.seconds)));
            assert_eq!(row.metered(), metrics.is_some_and(|m| !m.energy.is_empty()));
        }
    }

    #[test]
    fn the_newest_stands_for_a_case_whatever_the_order_and_the_others_still_count() {
        let mut records = fixtures::records();
        let (first, many) = (records[0].clone(), records.len());
        records[0].ended = records[0].ended.checked_add(jiff::SignedDuration::from_secs(60)).unwrap();
        records[0].run.id = "later".to_owned();
        records.push(first);
        let set = set(&records);
        assert_eq!((set.len(), set.newest().len()), (many + 1, many));
        let mut saving = records.clone();
        saving
            .iter_mut()
            .for_each(|r| drop(r.environment.power_mode.insert("governor".to_owned(), "powersave".to_owned())));
        saving.extend(records.clone());
        let both = Records::of(saving.into_iter().map(|r| (Place { file: String::new(), line: 1 }, r)).collect());
        assert_eq!((both.newest().len(), both.origins().len()), (many, 2 * set.origins().len()));
        assert_eq!((set.newest()[0].row, set.newest()[0].record.run.id.as_str()), (0, "later"));
        let twice = set.evidence().iter().flat_map(|e| e.cases.values()).filter(|t| t.from == [0, many]).count();
        assert_eq!(twice, 1);
        let cited = set.cite(many);
        assert_eq!((cited.file.as_str(), cited.line, cited.run), ("a.jsonl", many + 1, records[many].run.id.clone()));
    }
}
