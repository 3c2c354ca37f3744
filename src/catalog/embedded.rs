//! The catalogue's files: those in the binary, and a user's own laid on top.
//! Reads text; understands none of it.

use std::{collections::BTreeMap, fs, path::Path};

use super::Problem;
use crate::digest::sha256_short;

// Name and text of each file below `catalog/`, written by the build script.
include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// A file's text and the name under which a user knows it.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) shown: String,
    pub(super) text: String,
}

/// Files by their path below the catalogue, as `claims/x.toml`. An overlay's files have its number before, so that they
/// stand beside the embedded ones and win by id, not by file name.
pub(super) type Files = BTreeMap<(usize, String), File>;

pub(super) fn files() -> Files {
    let one = |(path, text): &(&str, &str)| {
        ((0, (*path).to_owned()), File { shown: format!("catalog/{path}"), text: (*text).to_owned() })
    };
    CATALOG.iter().map(one).collect()
}

/// Which files these are: SHA-256 of their names and texts in order, its first 12 hexadecimal digits.
pub(super) fn digest(files: &Files) -> String {
    // Lengths keep what ends one file apart from what begins the next.
    let head = |layer: usize, path: &str, text: &str| format!("{layer} {path} {}\n", text.len());
    sha256_short(files.iter().flat_map(|((layer, path), file)| [head(*layer, path, &file.text), file.text.clone()]))
}

/// Adds a folder's files. What cannot be read, or lies where nothing is looked for, is a problem.
pub(super) fn lay_over(folder: &Path, files: &mut Files, problems: &mut Vec<Problem>) {
    let layer = files.keys().map(|(l, _)| *l).max().unwrap_or(0) + 1;
    let mut fault = |path: &Path, what: String| {
        problems.push(Problem { file: path.display().to_string(), line: 0, name: String::new(), what });
    };
    if !folder.is_dir() {
        return fault(folder, "no such folder: --catalog takes a folder laid out as catalog/ is".to_owned());
    }
    let before = files.len();
    for kind in ["claims", "costs", "devices", "models", "scenarios", ""] {
        let place = folder.join(kind);
        let Ok(entries) = fs::read_dir(&place) else { continue };
        let mut paths: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
        paths.sort();
        for path in paths.into_iter().filter(|p| p.extension().is_some_and(|e| e == "toml")) {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let key = if kind.is_empty() { name.clone() } else { format!("{kind}/{name}") };
            if kind.is_empty() && !["sources.toml", "findings.toml"].contains(&name.as_str()) {
                fault(&path, "belongs in one of claims/, costs/, devices/, models/, scenarios/".to_owned());
                continue;
            }
            match fs::read_to_string(&path) {
                Ok(text) => drop(files.insert((layer, key), File { shown: path.display().to_string(), text })),
                Err(error) => fault(&path, format!("cannot be read: {error}")),
            }
        }
    }
    if files.len() == before && problems.is_empty() {
        let what = "holds no catalogue file: put TOML files into claims/, devices/, models/ or scenarios/ in it";
        problems.push(Problem {
            file: folder.display().to_string(),
            line: 0,
            name: String::new(),
            what: what.to_owned(),
        });
    }
}
