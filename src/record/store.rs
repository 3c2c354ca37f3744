//! The append-only store: one JSON object a line, on disk before the next case starts.
//! Never rewrites a file; what a killed run left behind stays readable, by `read`.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use super::Record;

/// Why records cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
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
