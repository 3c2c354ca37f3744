//! Which files hold records: the files named, and those below the folders named.
//! Opens none of them.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A folder that cannot be searched.
#[derive(Debug, thiserror::Error)]
#[error("cannot look into {path}: {source}")]
pub struct FindError {
    /// The folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// The record files among the paths, folders searched through, in order of their names. A file that is named counts
/// whatever it is called; below a folder only `*.jsonl` does. Folders behind symbolic links are not entered: a link may
/// lead back to where it lies.
///
/// # Errors
/// A folder cannot be read.
pub fn record_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FindError> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            below(path, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), FindError> {
    let failed = |source| FindError { path: folder.to_owned(), source };
    let mut entries = std::fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type().map_err(failed)?.is_dir() {
            below(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "jsonl") && !holds_other_results(&path) && !path.is_dir() {
            found.push(path);
        }
    }
    Ok(())
}

/// Rows of `benches/peers/run.py`, `benches/gate.py` and `examples/decoder_check`, and what was found of sensors, are no
/// records.
pub(crate) fn holds_other_results(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    ["peers", "decoder", "gate.jsonl", "sensors.jsonl"].iter().any(|other| name.starts_with(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_in_order_and_only_for_records() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("b/deep")).unwrap();
        for name in
            ["z.jsonl", "a.jsonl", "peers.jsonl", "decoder.jsonl", "sensors.jsonl", "notes.md", "b/deep/c.jsonl"]
        {
            std::fs::write(root.join(name), "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root, root.join("b/around")).unwrap();
        let found = record_files(&[root.to_owned(), root.join("notes.md")]).unwrap();
        let names: Vec<_> = found.iter().map(|p| p.strip_prefix(root).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.jsonl", "b/deep/c.jsonl", "z.jsonl", "notes.md"]);
    }
}
