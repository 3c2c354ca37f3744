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
    value(id, path, fix, "one unsigned integer")
}

/// A file holding one finite number, sign and decimals allowed, read for the sensor `id`; `fix` is said when it refuses.
pub(crate) fn number(id: &str, path: &Path, fix: &str) -> Result<f64, SensorError> {
    const EXPECTED: &str = "one number";
    let number: f64 = value(id, path, fix, EXPECTED)?;
    // Rust reads "nan" and "inf" as numbers; no driver means them.
    if number.is_finite() {
        return Ok(number);
    }
    let (sensor, place) = (id.to_owned(), path.display().to_string());
    Err(SensorError::Malformed { sensor, place, text: number.to_string(), expected: EXPECTED })
}

fn value<T: std::str::FromStr>(id: &str, path: &Path, fix: &str, expected: &'static str) -> Result<T, SensorError> {
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
        expected,
    })
}

/// The last component of what a link in `dir` points to: a name that stays when the kernel numbers anew.
pub(crate) fn link_target(dir: &Path, link: &str) -> Option<String> {
    let target = fs::canonicalize(dir.join(link)).ok()?;
    Some(file_name(&target).to_owned()).filter(|name| !name.is_empty())
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
