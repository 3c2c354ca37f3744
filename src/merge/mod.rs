//! Many record files become one set: every record once, in one order, whatever order and how often the files are given.
//! Changes no input, copies every record byte for byte, and drops nothing without saying what and where.

mod doubts;
mod scan;
mod target;
#[cfg(test)]
mod tests;
mod write;

use std::{fmt, io, path::PathBuf};

pub use target::Target;

use crate::record::{FindError, record_files};

/// What became of a merge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// Record files read.
    pub files: usize,
    /// Records written.
    pub records: usize,
    /// Records left out because another one is the same.
    pub duplicates: usize,
    /// Lines, and whole files, that could not be taken.
    pub left_out: usize,
    /// What a reader should know, in an order that depends on the files' names only.
    pub findings: Vec<Finding>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Line number, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Something that a merge noticed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// A line that is no record. It was left out.
    #[error("{place}: {what}; left out")]
    Damage {
        /// Where.
        place: Place,
        /// What is wrong.
        what: String,
    },
    /// More such lines in a file than anybody wants to read of.
    #[error("{}: {count} more lines are no records; left out (`wattmark validate` names each)", .file.display())]
    MoreDamage {
        /// The file.
        file: PathBuf,
        /// How many more.
        count: usize,
    },
    /// A file that cannot be read. It was left out.
    #[error("cannot read {}: {why}; left out", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// Records of one case, device, run and attempt that say different things. All were kept.
    #[error(
        "{case} on {device} in run {run} stands {} times with different content: {}; all are kept: one of them was \
         changed after it was measured",
        .places.len(), list(.places)
    )]
    Conflict {
        /// The case id.
        case: String,
        /// The device id.
        device: String,
        /// The run id.
        run: String,
        /// Where they stand.
        places: Vec<Place>,
    },
    /// One name for machines that cannot be one. Their records were kept.
    #[error(
        "{} machines are called `{name}`: {}; tables cannot tell them apart: name them with `run --machine`",
        .machines.len(), .machines.join("; ")
    )]
    OneName {
        /// The name.
        name: String,
        /// What each is, and where it stands first.
        machines: Vec<String>,
    },
}

impl Finding {
    /// True if something was left out because of it.
    pub fn costs_records(&self) -> bool {
        !matches!(self, Finding::Conflict { .. } | Finding::OneName { .. })
    }
}

fn list(places: &[Place]) -> String {
    places.iter().map(Place::to_string).collect::<Vec<_>>().join(", ")
}

/// A merge that cannot be done. What stood at the target still stands there.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A folder cannot be searched.
    #[error(transparent)]
    Find(#[from] FindError),
    /// No input holds a record.
    #[error("no record in {}; nothing was written", names(.0))]
    Empty(Vec<PathBuf>),
    /// The target is among the inputs.
    #[error("{} is both an input and the target; what stands at the target is kept anyway: leave it out of the inputs", .0.display())]
    TargetIsInput(PathBuf),
    /// What stands at the target is no sound record file, and would be lost.
    #[error("{place}: {what}; replacing {} would lose that line: mend it, or choose another target with -o", .place.file.display())]
    TargetDamaged {
        /// Where.
        place: Place,
        /// What is wrong.
        what: String,
    },
    /// A run is appending to the target.
    #[error("{} is being written by another process; wait for it, or choose another target with -o", .0.display())]
    TargetBusy(PathBuf),
    /// An input changed while it was read.
    #[error("{place} changed while it was merged; nothing was written: wait until its run has ended, then merge again")]
    Changed {
        /// Where.
        place: Place,
    },
    /// The target cannot be written.
    #[error("cannot write {}: {source}; nothing was replaced: choose another target with -o", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Merges record files, and those below folders, into the target. What already stands at the target is merged as well, so
/// that nothing published is ever lost, and merging again changes nothing.
///
/// Records are ordered by the start of their run, then by when their case ended. Memory grows with the number of records
/// (under 100 bytes each), not with their size.
///
/// # Errors
/// No input holds a record, or the target cannot be written or is not to be replaced. Damaged inputs are no error but
/// [`Finding`]s: the rest is merged.
pub fn merge(inputs: &[PathBuf], target: &Target) -> Result<Merged, MergeError> {
    let mut files = record_files(inputs)?;
    files.sort();
    files.dedup();
    let hold = target.hold(&files)?;
    let given = files.len();
    files.extend(hold.standing().map(PathBuf::from));
    let mut scan = scan::scan(files);
    if let Some(what) = scan.damage_in(given) {
        return Err(what);
    }
    let read = scan.entries.len();
    scan.order_and_drop_copies();
    let mut findings = scan.take_findings();
    let left_out = findings.iter().map(|f| if let Finding::MoreDamage { count, .. } = f { *count } else { 1 }).sum();
    findings.extend(doubts::conflicts(&mut scan)?);
    findings.extend(doubts::shared_names(&scan));
    if scan.entries.is_empty() {
        return Err(MergeError::Empty(inputs.to_vec()));
    }
    hold.replace(|out| write::write(&scan, out))?;
    let records = scan.entries.len();
    Ok(Merged { files: scan.files.len(), records, duplicates: read - records, left_out, findings })
}
