//! Record files that a command reads: whole or not at all where a verdict rests on them, else what can be read.
//! Derives nothing.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::{
    record::{Record, holds_other_results, read_file, record_files},
    report::text,
    workload::{Place, Records},
};

/// Reads record files and folders of them. A line that is no record is an error: a verdict on half of the records would
/// look like one on all of them.
///
/// # Errors
/// A file cannot be read, or holds lines that are no records: each with file, line and what to do.
pub(super) fn load(paths: &[PathBuf]) -> anyhow::Result<Records> {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for file in record_files(paths)? {
        if holds_other_results(&file) {
            eprintln!("{}: passed over, it holds other results than records of cases", file.display());
            continue;
        }
        let report = read_file(&file)?;
        let name = shown(&file);
        problems.extend(report.problems.iter().map(|p| format!("{name}:{}: {}", p.line, p.what)));
        let places = report.lines.into_iter().map(|line| Place { file: name.clone(), line });
        found.extend(places.zip(report.records));
    }
    if !problems.is_empty() {
        bail!("{}\nmend or remove these lines, or leave their files out", problems.join("\n"));
    }
    if found.is_empty() && !paths.is_empty() {
        bail!("no record in {}", paths.iter().map(|p| shown(p)).collect::<Vec<_>>().join(", "));
    }
    Ok(Records::of(found))
}

/// Every record that can be read with its place, and whether that was all of them. Damage is named and left out. A place
/// is told from the one path that was named, so that it says nothing of where that lies.
///
/// # Errors
/// A file cannot be read, or no file holds a record.
pub(super) fn read(paths: &[PathBuf]) -> anyhow::Result<(Vec<(Place, Record)>, bool)> {
    let (mut found, mut sound) = (Vec::new(), true);
    for path in record_files(paths)? {
        let report = read_file(&path)?;
        for problem in &report.problems {
            eprintln!("{}", text::plain(&format!("{}:{}: {}; left out", path.display(), problem.line, problem.what)));
            sound = false;
        }
        let within = if let [only] = paths { path.strip_prefix(only).ok() } else { None };
        let within = within.filter(|p| !p.as_os_str().is_empty()).unwrap_or(&path);
        let file = if paths.len() == 1 && within == path {
            path.file_name().map_or_else(|| shown(&path), |n| n.to_string_lossy().into_owned())
        } else {
            shown(within)
        };
        let places = report.lines.into_iter().map(|line| Place { file: file.clone(), line });
        found.extend(places.zip(report.records));
    }
    if found.is_empty() {
        bail!("no record in {}", paths.iter().map(|p| shown(p)).collect::<Vec<_>>().join(", "));
    }
    Ok((found, sound))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
