//! Reading one-value files, with errors that name the file.
//! Must not default: a file that is not what was expected is an error.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::power::SensorError;

/// The trimmed text of a small file, or None if it cannot be read.
pub(crate) fn text(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path).ok().map(|s| s.trim().to_owned())
}

/// A file holding one unsigned integer, read for the sensor `id`; `fix` is said when it refuses.
pub(crate) fn unsigned(id: &str, path: &Path, fix: &str) -> Result<u64, SensorError> {
    let place = || path.display().to_string();
    let sensor = || id.to_owned();
    let raw = fs::read_to_string(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => SensorError::Gone { sensor: sensor(), place: place(), detail: e.to_string() },
        ErrorKind::PermissionDenied => {
            SensorError::Permission { sensor: sensor(), place: place(), fix: fix.to_owned() }
        }
        _ => SensorError::Driver { sensor: sensor(), place: place(), detail: e.to_string() },
    })?;
    let trimmed = raw.trim();
    trimmed.parse().map_err(|_| SensorError::Malformed {
        sensor: sensor(),
        place: place(),
        text: trimmed.chars().take(40).collect(),
        expected: "one unsigned integer",
    })
}

/// The entries of a folder, sorted by name; empty if it cannot be listed.
pub(crate) fn entries(dir: impl AsRef<Path>) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        fs::read_dir(dir).into_iter().flatten().filter_map(|e| e.ok().map(|e| e.path())).collect();
    all.sort();
    all
}

/// The last component of a path as text; empty if there is none.
pub(crate) fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|n| n.to_str()).unwrap_or("")
}
