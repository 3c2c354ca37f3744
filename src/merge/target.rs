//! Where a merged set goes: a file that is replaced in one step, or a stream.
//! Decides nothing about records, and never leaves half a file where a whole one stood.

use std::{
    fs::{File, TryLockError},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use super::{MergeError, write::WriteError};
use crate::file;

/// Name of the file within a folder that is given as target.
const IN_FOLDER: &str = "records.jsonl";

/// Where a merged set goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

impl Target {
    /// What a path given with `-o` means: `-` is standard output, a name that ends in `.jsonl` a file, any other a folder
    /// whose `records.jsonl` is meant.
    pub fn of(path: &Path) -> Target {
        if path == Path::new("-") {
            Target::Stdout
        } else if path.extension().is_some_and(|e| e == "jsonl") && !path.is_dir() {
            Target::File(path.to_owned())
        } else {
            Target::File(path.join(IN_FOLDER))
        }
    }

    /// Takes hold of what stands at the target, so that no run appends to it meanwhile.
    pub(super) fn hold(&self, inputs: &[PathBuf]) -> Result<Hold<'_>, MergeError> {
        let Target::File(path) = self else { return Ok(Hold { path: None, standing: None }) };
        let failed = |source| MergeError::Write { path: path.clone(), source };
        let standing = match File::open(path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        if let Some(file) = &standing {
            let canonical = path.canonicalize().map_err(failed)?;
            if inputs.iter().any(|i| i.canonicalize().is_ok_and(|i| i == canonical)) {
                return Err(MergeError::TargetIsInput(path.clone()));
            }
            // A file system without locks is no reason not to merge.
            if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
                return Err(MergeError::TargetBusy(path.clone()));
            }
        }
        Ok(Hold { path: Some(path), standing })
    }
}

/// A target that nobody else writes.
pub(super) struct Hold<'t> {
    path: Option<&'t Path>,
    /// The file that stands there, locked until the hold ends.
    standing: Option<File>,
}

impl Hold<'_> {
    /// The file at the target, if there is one.
    pub(super) fn standing(&self) -> Option<&Path> {
        self.path.filter(|_| self.standing.is_some())
    }

    /// Writes aside and renames, so that the target is the old file or the new one, whatever happens.
    pub(super) fn replace(
        &self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), WriteError>,
    ) -> Result<(), MergeError> {
        let Some(path) = self.path else {
            return told(Path::new("standard output"), stream(write));
        };
        let written = match path.parent().filter(|p| !p.as_os_str().is_empty()) {
            Some(folder) => std::fs::create_dir_all(folder).map_err(WriteError::from),
            None => Ok(()),
        };
        told(path, written.and_then(|()| file::replace(path, |out| write(out))))
    }
}

fn stream(write: impl FnOnce(&mut dyn Write) -> Result<(), WriteError>) -> Result<(), WriteError> {
    let mut out = BufWriter::with_capacity(1 << 18, io::stdout().lock());
    match write(&mut out).and_then(|()| Ok(out.flush()?)) {
        // A reader that hung up (`| head`) is no error.
        Err(WriteError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn told(path: &Path, result: Result<(), WriteError>) -> Result<(), MergeError> {
    result.map_err(|error| match error {
        WriteError::Merge(error) => error,
        WriteError::Io(source) => MergeError::Write { path: path.to_owned(), source },
    })
}
