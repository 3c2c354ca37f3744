//! The devices among the records, each with a name that is safe in a path and unlike any other's.
//! Ranks nothing and derives nothing.

use sha2::{Digest as _, Sha256};

use super::html::slug;
use crate::{
    backend::{DeviceClass, DeviceFacts},
    merge::MEMORY_SLACK,
    record::{Environment, Record},
};

/// A device on one machine, and its records.
#[derive(Debug)]
pub(super) struct Subject<'r> {
    /// Name of its page without `.html`.
    pub(super) slug: String,
    pub(super) facts: &'r DeviceFacts,
    pub(super) environment: &'r Environment,
    /// Numbers of its records.
    pub(super) rows: Vec<usize>,
}

impl Subject<'_> {
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

    fn holds(&self, record: &Record) -> bool {
        let (ours, theirs) = (self.environment, &record.environment);
        let near = |a: u64, b: u64| (a as f64 - b as f64).abs() <= MEMORY_SLACK * a.max(b) as f64;
        // Two machines may go by one name.
        (&ours.machine, &ours.cpu, &ours.arch) == (&theirs.machine, &theirs.cpu, &theirs.arch)
            && near(ours.memory_bytes, theirs.memory_bytes)
            && self.facts.track == record.device.track
            && self.facts.key() == record.device.key()
    }
}

/// The devices in the order of their first record.
pub(super) fn subjects(records: &[Record]) -> Vec<Subject<'_>> {
    let mut found: Vec<Subject> = Vec::new();
    // Records of a run lie together: the last one's device is most often the next one's.
    let mut last = 0;
    for (row, record) in records.iter().enumerate() {
        let at = if found.get(last).is_some_and(|s| s.holds(record)) {
            Some(last)
        } else {
            found.iter().position(|s| s.holds(record))
        };
        last = at.unwrap_or_else(|| {
            let (facts, environment) = (&record.device, &record.environment);
            found.push(Subject { slug: String::new(), facts, environment, rows: vec![] });
            found.len() - 1
        });
        found[last].rows.push(row);
    }
    name(&mut found);
    found
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
    for (at, subject) in subjects.iter_mut().enumerate() {
        let alone = plain.iter().filter(|p| **p == plain[at]).count() == 1;
        subject.slug = if alone { plain[at].clone() } else { format!("{}-{}", plain[at], digest(subject)) };
    }
}

fn digest(subject: &Subject) -> String {
    let (e, key) = (subject.environment, subject.facts.key());
    let what = format!("{key}\n{:?}\n{}\n{}\n{}", e.machine, e.cpu, e.arch, e.memory_bytes);
    Sha256::digest(what.as_bytes()).iter().take(4).map(|b| format!("{b:02x}")).collect()
}
