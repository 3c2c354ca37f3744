//! Record files that a composition or a verdict is made from: read whole, or not at all.
//! Derives nothing.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::{
    record::{holds_other_results, read_file, record_files},
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

fn shown(path: &Path) -> String {
    path.display().to_string()
}
