//! The devices among the records, each with a name that is safe in a path and unlike any other's, and what pages show of it.
//! Ranks nothing and derives nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::html::slug;
use crate::{
    backend::{DeviceClass, DeviceFacts},
    digest::sha256_short,
    merge::MEMORY_SLACK,
    record::{Environment, RunInfo},
    workload::{Origin, Records},
};

/// A device on one machine, and its records.
#[derive(Debug)]
pub(super) struct Subject<'r> {
    /// Name of its page without `.html`.
    pub(super) slug: String,
    pub(super) facts: &'r DeviceFacts,
    pub(super) environment: &'r Environment,
    /// Every power mode that it was seen in.
    pub(super) origins: Vec<&'r Origin>,
    /// Its runs, each once.
    pub(super) runs: Vec<&'r RunInfo>,
    /// How many of its records have each status.
    pub(super) statuses: BTreeMap<&'static str, usize>,
    /// How many have joules from a meter.
    pub(super) metered: usize,
    /// What is shown: numbers of the newest record of each case, in the order of the cases' first.
    pub(super) rows: Vec<usize>,
    /// The row of each case.
    of_case: HashMap<u32, usize>,
    /// How many earlier records of each case there are, where there are any.
    earlier: HashMap<u32, usize>,
    /// And how many in each file.
    earlier_in: BTreeMap<u32, usize>,
}

impl<'r> Subject<'r> {
    fn of(origin: &'r Origin) -> Subject<'r> {
        Subject {
            slug: String::new(),
            facts: &origin.device,
            environment: &origin.environment,
            origins: vec![],
            runs: vec![],
            statuses: BTreeMap::new(),
            metered: 0,
            rows: vec![],
            of_case: HashMap::new(),
            earlier: HashMap::new(),
            earlier_in: BTreeMap::new(),
        }
    }

    /// What tells it from others of its name.
    pub(super) fn about(&self) -> String {
        let machine = self.environment.machine.as_ref().map(|m| format!(" on {m}")).unwrap_or_default();
        format!("{}, {} track{machine}", self.facts.api, self.facts.track.name())
    }

    /// The same, short, where a column beside it names the track.
    pub(super) fn place(&self) -> String {
        let machine = self.environment.machine.as_ref().map(|m| format!(", {m}")).unwrap_or_default();
        format!("{}{machine}", self.facts.api)
    }

    /// Where its page lies.
    pub(super) fn path(&self) -> String {
        format!("devices/{}.html", self.slug)
    }

    /// What a reader must know before comparing it with hardware.
    pub(super) fn caution(&self) -> Option<&'static str> {
        match self.facts.class {
            DeviceClass::Software => Some("software rasterizer: the CPU does the work; not to be ranked with hardware"),
            DeviceClass::Mock => Some("scripted device, for tests: no measurement"),
            _ => None,
        }
    }

    /// All its records.
    pub(super) fn records(&self) -> usize {
        self.statuses.values().sum()
    }

    /// How many of its records have a status.
    pub(super) fn count(&self, status: &str) -> usize {
        self.statuses.get(status).copied().unwrap_or(0)
    }

    /// What is shown of a case.
    pub(super) fn row_of(&self, case: u32) -> Option<usize> {
        self.of_case.get(&case).copied()
    }

    /// How many records of a case are older than the one that is shown.
    pub(super) fn earlier_of(&self, case: u32) -> usize {
        self.earlier.get(&case).copied().unwrap_or(0)
    }

    fn holds(&self, origin: &Origin) -> bool {
        let (ours, theirs) = (self.environment, &origin.environment);
        let near = |a: u64, b: u64| (a as f64 - b as f64).abs() <= MEMORY_SLACK * a.max(b) as f64;
        // Two machines may go by one name.
        (&ours.machine, &ours.cpu, &ours.arch) == (&theirs.machine, &theirs.cpu, &theirs.arch)
            && near(ours.memory_bytes, theirs.memory_bytes)
            && self.facts.track == origin.device.track
            && self.facts.key() == origin.device.key()
    }

    /// Shows a record of a case, unless a newer one is shown.
    fn show(&mut self, records: &Records, row: usize) {
        let case = records.rows()[records.newest()[row].row].case;
        let ended = |row: usize| records.newest()[row].record.ended;
        match self.of_case.get(&case).copied() {
            Some(known) if ended(known) > ended(row) => {}
            Some(known) => {
                self.of_case.insert(case, row);
                self.rows.iter_mut().filter(|shown| **shown == known).for_each(|shown| *shown = row);
            }
            None => {
                self.of_case.insert(case, row);
                self.rows.push(row);
            }
        }
    }
}

/// The devices in the order of their first record.
pub(super) fn subjects(records: &Records) -> Vec<Subject<'_>> {
    let mut found: Vec<Subject> = Vec::new();
    let mut subject_of = Vec::new();
    for origin in records.origins() {
        let at = found.iter().position(|s| s.holds(origin)).unwrap_or_else(|| {
            found.push(Subject::of(origin));
            found.len() - 1
        });
        found[at].origins.push(origin);
        subject_of.push(at);
    }
    let subject = |row: usize| subject_of[records.rows()[row].origin as usize];
    for (row, newest) in records.newest().iter().enumerate() {
        found[subject(newest.row)].show(records, row);
    }
    let shown: HashSet<usize> = found.iter().flat_map(|s| &s.rows).map(|row| records.newest()[*row].row).collect();
    let mut seen = HashSet::new();
    for (at, row) in records.rows().iter().enumerate() {
        let one = &mut found[subject(at)];
        *one.statuses.entry(row.status).or_default() += 1;
        one.metered += usize::from(row.metered());
        if seen.insert((subject(at), row.run)) {
            one.runs.push(&records.runs()[row.run as usize]);
        }
        if !shown.contains(&at) {
            *one.earlier.entry(row.case).or_default() += 1;
            *one.earlier_in.entry(row.file).or_default() += 1;
        }
    }
    name(&mut found);
    found
}

/// Files that hold earlier records and are named.
const MOST_FILES: usize = 6;

/// How many records are not shown because a newer one is, and where they stand; none if all are shown.
pub(super) fn earlier<'s, 'r: 's>(
    records: &Records,
    subjects: impl IntoIterator<Item = &'s Subject<'r>>,
) -> Option<String> {
    let mut files: BTreeMap<u32, usize> = BTreeMap::new();
    for (file, count) in subjects.into_iter().flat_map(|s| &s.earlier_in) {
        *files.entry(*file).or_default() += count;
    }
    let all: usize = files.values().sum();
    let named = files.iter().take(MOST_FILES).map(|(file, n)| format!("{} ({n})", records.files()[*file as usize]));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match files.len().saturating_sub(MOST_FILES) {
        0 => String::new(),
        more => format!(" and {more} more files"),
    };
    (all > 0).then(|| {
        format!(
            "Shown is the newest record of each case on each device. Earlier ones: {all}, in {named}{more}; wattmark \
             report FILE shows them."
        )
    })
}

/// Gives each its slug. Where two would have the same, both get a digest of what tells them apart: a name must not hang
/// on which other devices there are or on their order.
fn name(subjects: &mut [Subject]) {
    let plain: Vec<String> = subjects
        .iter()
        .map(|s| {
            let machine = s.environment.machine.as_deref().unwrap_or("anonymous");
            slug(&format!("{machine} {} {} {}", s.facts.backend, s.facts.name, s.facts.track.name()))
        })
        .collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    plain.iter().for_each(|p| *times.entry(p).or_default() += 1);
    for (subject, plain) in subjects.iter_mut().zip(&plain) {
        subject.slug =
            if times[plain.as_str()] == 1 { plain.clone() } else { format!("{plain}-{}", told_apart(subject)) };
    }
}

fn told_apart(subject: &Subject) -> String {
    let (e, key) = (subject.environment, subject.facts.key());
    sha256_short([format!("{key}\n{:?}\n{}\n{}\n{}", e.machine, e.cpu, e.arch, e.memory_bytes)])
}
