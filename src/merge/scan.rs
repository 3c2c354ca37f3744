//! Reads every line once and remembers where each record stands, what it is and what it belongs to; not the record.
//! Judges nothing but whether a line is a record.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use blake2::{Blake2b, Digest as _, digest::consts::U16};

use super::{Finding, MergeError, Place};
use crate::{
    in_order::threads,
    record::{Record, parse_line},
};

/// A line longer than this is damage, not a record: a record holds some kilobytes.
const LONGEST_LINE: u64 = 64 << 20;

/// Damaged lines of one file that are named; the rest is counted.
const NAMED: usize = 10;

/// A BLAKE2b digest: every byte is hashed twice, and without instructions for it SHA-256 takes most of a merge.
pub(super) type Digest = [u8; 16];

/// One record: where it stands, what orders it, and what tells it from others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Of the line without the white space around it.
    pub(super) content: Digest,
    /// Of run, build, case, device and attempt: what can have happened once only.
    pub(super) identity: Digest,
    /// Nanoseconds since 1970 at which the case ended.
    ended: i64,
    /// Where the line starts.
    pub(super) offset: u64,
    /// Bytes without the white space behind it.
    pub(super) length: u32,
    pub(super) line: u32,
    pub(super) file: u32,
    /// Index into the scan's runs.
    run: u32,
}

/// A machine as its records describe it, and where it is first met.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Machine {
    pub(super) name: String,
    pub(super) arch: String,
    pub(super) cpu: String,
    pub(super) memory_bytes: u64,
    pub(super) place: Place,
}

/// Everything that is known of the inputs.
pub(super) struct Scan {
    pub(super) files: Vec<PathBuf>,
    pub(super) entries: Vec<Entry>,
    pub(super) machines: Vec<Machine>,
    /// Start and id of each run.
    runs: Vec<(i64, String)>,
    /// By file.
    damage: Vec<Damage>,
}

#[derive(Default)]
struct Damage {
    lines: Vec<(usize, String)>,
    more: usize,
    unreadable: Option<String>,
}

/// What one file holds; runs are numbered within it.
#[derive(Default)]
struct Scanned {
    entries: Vec<Entry>,
    runs: Vec<(i64, String)>,
    machines: Vec<Machine>,
    damage: Damage,
}

/// Reads files side by side.
pub(super) fn scan(files: Vec<PathBuf>) -> Scan {
    let next = AtomicUsize::new(0);
    let scanned: Mutex<Vec<Option<Scanned>>> = Mutex::new(files.iter().map(|_| None).collect());
    let workers = threads().min(files.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = files.get(at) else { break };
                    let mut one = Scanned::default();
                    if let Err(error) = one.read(path, at as u32) {
                        one.damage.unreadable = Some(error.to_string());
                    }
                    scanned.lock().expect("no thread panics while it holds this")[at] = Some(one);
                }
            });
        }
    });
    let scanned = scanned.into_inner().expect("no thread panics while it holds this");
    gather(files, scanned.into_iter().flatten())
}

/// Numbers the runs over all files.
fn gather(files: Vec<PathBuf>, scanned: impl Iterator<Item = Scanned>) -> Scan {
    let mut scan = Scan { files, entries: vec![], machines: vec![], runs: vec![], damage: vec![] };
    let mut numbers: HashMap<String, u32> = HashMap::new();
    for one in scanned {
        let mut global = Vec::with_capacity(one.runs.len());
        for (started, id) in one.runs {
            let number = *numbers.entry(id.clone()).or_insert(scan.runs.len() as u32);
            match scan.runs.get_mut(number as usize) {
                Some(run) => run.0 = run.0.min(started),
                None => scan.runs.push((started, id)),
            }
            global.push(number);
        }
        scan.entries.extend(one.entries.into_iter().map(|e| Entry { run: global[e.run as usize], ..e }));
        scan.machines.extend(one.machines);
        scan.damage.push(one.damage);
    }
    scan
}

impl Scan {
    /// The first thing wrong in files from `from` on, which may not lose a line.
    pub(super) fn damage_in(&self, from: usize) -> Option<MergeError> {
        self.damage.iter().enumerate().skip(from).find_map(|(file, damage)| {
            let (line, what) = match (&damage.unreadable, damage.lines.first()) {
                (Some(why), _) => (0, format!("cannot be read: {why}")),
                (None, Some((line, what))) => (*line, what.clone()),
                (None, None) => return None,
            };
            Some(MergeError::TargetDamaged { place: Place { file: self.files[file].clone(), line }, what })
        })
    }

    /// Sorts by run, then by when the case ended; of entries with the same content one is left.
    pub(super) fn order_and_drop_copies(&mut self) {
        let mut order: Vec<u32> = (0..self.runs.len() as u32).collect();
        order.sort_by(|&a, &b| self.runs[a as usize].cmp(&self.runs[b as usize]));
        let mut rank = vec![0u32; order.len()];
        for (place, &run) in order.iter().enumerate() {
            rank[run as usize] = place as u32;
        }
        // Ends with the place, so that it does not hang on threads which copy is read again and named.
        self.entries.sort_unstable_by_key(|e| (rank[e.run as usize], e.ended, e.identity, e.content, e.file, e.offset));
        self.entries.dedup_by_key(|e| (e.identity, e.content));
    }

    /// What could not be taken, by file and line.
    pub(super) fn take_findings(&mut self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (file, damage) in self.files.iter().zip(std::mem::take(&mut self.damage)) {
            for (line, what) in damage.lines {
                findings.push(Finding::Damage { place: Place { file: file.clone(), line }, what });
            }
            if damage.more > 0 {
                findings.push(Finding::MoreDamage { file: file.clone(), count: damage.more });
            }
            findings.extend(damage.unreadable.map(|why| Finding::Unreadable { file: file.clone(), why }));
        }
        findings
    }

    pub(super) fn place(&self, entry: &Entry) -> Place {
        Place { file: self.files[entry.file as usize].clone(), line: entry.line as usize }
    }
}

impl Scanned {
    fn read(&mut self, path: &Path, file: u32) -> io::Result<()> {
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("not a regular file, and a merge reads its inputs twice"));
        }
        let mut input = BufReader::with_capacity(1 << 18, File::open(path)?);
        let mut line = Vec::new();
        let mut offset = 0;
        for number in 1.. {
            line.clear();
            let mut length = (&mut input).take(LONGEST_LINE).read_until(b'\n', &mut line)? as u64;
            if length == 0 {
                break;
            }
            if length == LONGEST_LINE && !line.ends_with(b"\n") {
                length += input.skip_until(b'\n')? as u64;
                self.wrong(number, format!("a line of {} MiB is no record", length >> 20));
            } else {
                self.take(path, file, number, offset, &line);
            }
            offset += length;
        }
        Ok(())
    }

    fn take(&mut self, path: &Path, file: u32, number: usize, offset: u64, line: &[u8]) {
        let record = match parse_line(line) {
            None => return,
            Some(Err(what)) => return self.wrong(number, what),
            Some(Ok(record)) => record,
        };
        let content = line.trim_ascii();
        let run = self.run(&record);
        self.machine(&record, path, number);
        self.entries.push(Entry {
            content: digest(&[content]),
            identity: identity(&record),
            ended: nanoseconds(record.ended),
            offset: offset + (line.len() - line.trim_ascii_start().len()) as u64,
            length: content.len() as u32,
            line: u32::try_from(number).unwrap_or(u32::MAX),
            file,
            run,
        });
    }

    fn wrong(&mut self, number: usize, what: String) {
        if self.damage.lines.len() < NAMED {
            self.damage.lines.push((number, what));
        } else {
            self.damage.more += 1;
        }
    }

    /// The run's number; nearly always that of the record before.
    fn run(&mut self, record: &Record) -> u32 {
        let started = nanoseconds(record.run.started);
        match self.runs.iter().rposition(|(_, id)| *id == record.run.id) {
            Some(known) => {
                self.runs[known].0 = self.runs[known].0.min(started);
                known as u32
            }
            None => {
                self.runs.push((started, record.run.id.clone()));
                self.runs.len() as u32 - 1
            }
        }
    }

    fn machine(&mut self, record: &Record, path: &Path, line: usize) {
        let e = &record.environment;
        let Some(name) = &e.machine else { return };
        let known =
            |m: &&Machine| m.name == *name && m.memory_bytes == e.memory_bytes && m.cpu == e.cpu && m.arch == e.arch;
        if self.machines.iter().rev().find(known).is_none() {
            self.machines.push(Machine {
                name: name.clone(),
                arch: e.arch.clone(),
                cpu: e.cpu.clone(),
                memory_bytes: e.memory_bytes,
                place: Place { file: path.to_owned(), line },
            });
        }
    }
}

/// The digest of a record line's text, as in [`Entry::content`].
pub(super) fn digest(parts: &[&[u8]]) -> Digest {
    let mut hash = Blake2b::<U16>::new();
    for part in parts {
        hash.update(part);
        // No two lists of parts run together into one text.
        if parts.len() > 1 {
            hash.update([0]);
        }
    }
    hash.finalize().into()
}

/// Two builds that ran in turns (`run --against`) share the run and differ in the commit.
fn identity(record: &Record) -> Digest {
    let attempt = record.run.job.as_ref().map_or(0, |j| j.attempt).to_string();
    let commit = record.run.commit.as_deref().unwrap_or_default();
    let device = record.device.key();
    let track = [record.case.track as u8];
    let texts = [&record.run.id, commit, &record.case.id, &record.device.id, &device, &attempt].map(str::as_bytes);
    digest(&[&texts[..], &[&track]].concat())
}

fn nanoseconds(at: jiff::Timestamp) -> i64 {
    // What lies beyond the year 2262 is only ordered less finely.
    i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX)
}
