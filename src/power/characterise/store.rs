//! What was found of meters, one JSON object a line, in a file beside the records.
//! Must not apply one machine's meter to another's: ids such as `rapl:package-0` are everybody's.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::Characteristic;

/// Format of a line.
pub(crate) const SCHEMA: &str = "wattmark-sensor-1";

/// Whose meter it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// The machine's alias, as in its records.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub machine: Option<String>,
    /// CPU brand string.
    pub cpu: String,
}

/// The store cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refuses.
    #[error("{path}: {source}; choose another file with -o")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is no characterisation.
    #[error("{path}, line {line}: {source}; remove the line, and characterise that sensor again")]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Appends one line.
///
/// # Errors
/// The file cannot be written.
pub fn append(path: &Path, characteristic: &Characteristic) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    let mut line = serde_json::to_string(characteristic).map_err(|e| io(e.into()))?;
    line.push('\n');
    let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(io)?;
    file.write_all(line.as_bytes()).and_then(|()| file.sync_data()).map_err(io)
}

/// The newest line of each meter of this host; none if there is no such file.
///
/// # Errors
/// The file is there and cannot be read, or a line of it is damaged.
pub fn load_for(path: &Path, host: &Host) -> Result<Vec<Characteristic>, StoreError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(StoreError::Io { path: path.to_owned(), source }),
    };
    let mut newest: Vec<Characteristic> = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let one: Characteristic =
            serde_json::from_str(text).map_err(|source| StoreError::Line { path: path.to_owned(), line, source })?;
        if one.host == *host {
            newest.retain(|other| other.sensor != one.sensor);
            newest.push(one);
        }
    }
    Ok(newest)
}
