//! The append-only store: one JSON object a line, on disk before the next case starts.
//! Never rewrites a file; what a killed run left behind stays readable.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, Read, Write},
    path::{Path, PathBuf},
};

use super::{Record, SCHEMA};

/// What went wrong with a record file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be created or appended to.
    #[error("cannot write {path}: {source}; records already in it are safe. Free space or choose another file with -o")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process is appending to it.
    #[error("{path} is being written by another run; wait for it, or choose another file with -o")]
    Busy {
        /// The file.
        path: PathBuf,
    },
}

/// Appends records to a file, each line flushed to disk before `append` returns.
#[derive(Debug)]
pub struct Appender {
    file: File,
    path: PathBuf,
}

impl Appender {
    /// Opens or creates a record file and locks it against other writers. If its last line was cut short by a crash,
    /// the next record starts on a line of its own.
    ///
    /// # Errors
    /// The file cannot be opened, or another run holds it.
    pub fn open(path: &Path) -> Result<Appender, StoreError> {
        let write = |source| StoreError::Write { path: path.to_owned(), source };
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(write)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(path).map_err(write)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(StoreError::Busy { path: path.to_owned() }),
            // A file system without locks is no reason not to record.
            Err(std::fs::TryLockError::Error(_)) => {}
        }
        if ends_in_the_middle_of_a_line(&mut file).map_err(write)? {
            file.write_all(b"\n").map_err(write)?;
        }
        Ok(Appender { file, path: path.to_owned() })
    }

    /// Appends one record and waits until it is on disk.
    ///
    /// # Errors
    /// The disk is full or gone; records already appended are safe.
    pub fn append(&mut self, record: &Record) -> Result<(), StoreError> {
        let write = |source| StoreError::Write { path: self.path.clone(), source };
        let mut line = serde_json::to_string(record).map_err(|e| write(e.into()))?;
        line.push('\n');
        let before = self.file.metadata().map_err(write)?.len();
        if let Err(source) = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data()) {
            // Half a line would be reported as damage by every later reader; take it back if the file lets us.
            if self.file.metadata().is_ok_and(|m| m.is_file()) {
                let _ = self.file.set_len(before);
            }
            return Err(write(source));
        }
        Ok(())
    }
}

fn ends_in_the_middle_of_a_line(file: &mut File) -> io::Result<bool> {
    use io::{Seek, SeekFrom};
    if !file.metadata()?.is_file() || file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0u8];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// A line that is no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

/// Records of a file, and the lines that are none.
#[derive(Debug, Clone, Default)]
pub struct ReadReport {
    /// Records that could be read, in file order.
    pub records: Vec<Record>,
    /// Line of each record, from 1.
    pub lines: Vec<usize>,
    /// Lines that could not.
    pub problems: Vec<Problem>,
}

/// Reads a record file. Bad lines are reported and passed over; the rest is kept.
///
/// # Errors
/// Only if the file cannot be opened or read at all.
pub fn read_file(path: &Path) -> Result<ReadReport, StoreError> {
    let read = |source| StoreError::Read { path: path.to_owned(), source };
    let mut input: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(io::BufReader::new(File::open(path).map_err(read)?))
    };
    let mut report = ReadReport::default();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if input.read_until(b'\n', &mut line).map_err(read)? == 0 {
            break;
        }
        read_line(number, &line, &mut report);
    }
    Ok(report)
}

/// Reads records from text, as [`read_file`] does.
pub fn read_str(text: &str) -> ReadReport {
    let mut report = ReadReport::default();
    for (i, line) in text.split_inclusive('\n').enumerate() {
        read_line(i + 1, line.as_bytes(), &mut report);
    }
    report
}

fn read_line(number: usize, line: &[u8], report: &mut ReadReport) {
    match parse_line(line) {
        None => {}
        Some(Ok(record)) => {
            report.records.push(*record);
            report.lines.push(number);
        }
        Some(Err(what)) => report.problems.push(Problem { line: number, what }),
    }
}

/// One line of a record file, its line feed included: a record, or what is wrong with it; `None` if it is blank.
pub(crate) fn parse_line(line: &[u8]) -> Option<Result<Box<Record>, String>> {
    match std::str::from_utf8(line).map(str::trim) {
        Ok("") => None,
        Ok(text) => Some(parse(text, line.ends_with(b"\n"))),
        Err(error) => {
            Some(Err(format!("not UTF-8 at byte {} of the line; is this a record file?", error.valid_up_to())))
        }
    }
}

fn parse(text: &str, ended: bool) -> Result<Box<Record>, String> {
    #[derive(serde::Deserialize)]
    struct Head {
        schema: String,
    }
    let cut = "; the line is cut short, as after a crash: that one case is lost, `run --resume` repeats it";
    let head: Head = serde_json::from_str(text).map_err(|e| {
        let cut = if e.is_eof() || !ended { cut } else { "" };
        format!("no record: {e}{cut}")
    })?;
    if head.schema != SCHEMA {
        return Err(format!(
            "schema `{}`, but this version reads `{SCHEMA}`; a newer wattmark may have written it: update, or leave the file out",
            head.schema
        ));
    }
    let record: Box<Record> = serde_json::from_str(text).map_err(|e| format!("not a valid `{SCHEMA}` record: {e}"))?;
    check(&record)?;
    Ok(record)
}

/// Values that no run can produce.
fn check(record: &Record) -> Result<(), String> {
    if let Some(time) = &record.time {
        if let Some(bad) = time.samples_s.iter().find(|s| !s.is_finite() || **s <= 0.0) {
            return Err(format!("time.samples_s holds {bad}: a duration is positive and finite"));
        }
        if time.samples_s.is_empty() || time.launches_per_sample == 0 {
            return Err("time without samples or launches".to_owned());
        }
        if !record.verification.as_ref().is_some_and(|v| v.passed) {
            return Err("time without a passed verification: an unverified case has no throughput".to_owned());
        }
    }
    if record.status != super::Status::Ok && record.reason.is_none() {
        return Err(format!("status `{}` without a reason", record.status.name()));
    }
    if !(record.work.flop.is_finite() && record.work.bytes.is_finite()) {
        return Err("work is not finite".to_owned());
    }
    Ok(())
}
