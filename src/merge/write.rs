//! Copies the records of a scan, in its order, byte for byte.
//! Writes nothing that differs from what was scanned: a file that changed in between ends the merge.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufReader, Read as _, Write},
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use super::{
    MergeError,
    scan::{Entry, Scan, digest},
};
use crate::in_order::{in_order, threads};

/// Files held open at once: below what systems allow a process by default, and enough for the tasks of a job.
pub(super) const OPEN: usize = 64;

/// Threads that read: more would share too few open files.
const READERS: usize = 8;

/// Records that a thread reads at once.
const BLOCK: usize = 256;

/// Writes every record of a scan on a line of its own.
pub(super) fn write(scan: &Scan, out: &mut dyn Write) -> Result<(), WriteError> {
    let next = AtomicUsize::new(0);
    in_order(
        READERS,
        || Lines::of(scan, OPEN / threads().min(READERS)),
        |lines| {
            let at = next.fetch_add(1, Ordering::Relaxed);
            Some((at, lines.text(scan.entries.chunks(BLOCK).nth(at)?)))
        },
        |text: Result<Vec<u8>, MergeError>| Ok(out.write_all(&text?)?),
    )
}

/// Why a copy ended early.
pub(super) enum WriteError {
    Merge(MergeError),
    Io(io::Error),
}

impl From<MergeError> for WriteError {
    fn from(error: MergeError) -> WriteError {
        WriteError::Merge(error)
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> WriteError {
        WriteError::Io(error)
    }
}

/// Reads the lines of entries again. Those that stand one after the other in a file cost one read of a buffer.
pub(super) struct Lines {
    files: Vec<PathBuf>,
    /// How many may be open.
    most: usize,
    open: VecDeque<(u32, BufReader<File>, u64)>,
    line: Vec<u8>,
}

impl Lines {
    pub(super) fn of(scan: &Scan, most: usize) -> Lines {
        Lines { files: scan.files.clone(), most, open: VecDeque::new(), line: Vec::new() }
    }

    /// Records as they are written, each on a line of its own.
    fn text(&mut self, entries: &[Entry]) -> Result<Vec<u8>, MergeError> {
        let mut text = Vec::with_capacity(entries.iter().map(|e| e.length as usize + 1).sum());
        for entry in entries {
            text.extend_from_slice(self.get(entry)?);
            text.push(b'\n');
        }
        Ok(text)
    }

    /// The text of a record as it was scanned.
    pub(super) fn get(&mut self, entry: &Entry) -> Result<&[u8], MergeError> {
        let read = self.read(entry);
        if read.is_err() || digest(&[&self.line]) != entry.content {
            let file = self.files[entry.file as usize].clone();
            return Err(MergeError::Changed { place: super::Place { file, line: entry.line as usize } });
        }
        Ok(&self.line)
    }

    /// The record as JSON, unknown fields included.
    pub(super) fn value(&mut self, entry: &Entry) -> Result<Value, MergeError> {
        let text = self.get(entry)?;
        Ok(serde_json::from_slice(text).expect("the scan has parsed it"))
    }

    fn read(&mut self, entry: &Entry) -> io::Result<()> {
        let mut open = match self.open.iter().position(|(file, ..)| *file == entry.file) {
            Some(at) => self.open.remove(at).expect("it was just found"),
            None => {
                self.open.truncate(self.most - 1);
                (entry.file, BufReader::with_capacity(1 << 16, File::open(&self.files[entry.file as usize])?), 0)
            }
        };
        let (_, reader, position) = &mut open;
        reader.seek_relative(entry.offset as i64 - *position as i64)?;
        self.line.resize(entry.length as usize, 0);
        reader.read_exact(&mut self.line)?;
        *position = entry.offset + u64::from(entry.length);
        // The one used last stands first, and the last one is closed.
        self.open.push_front(open);
        Ok(())
    }
}
