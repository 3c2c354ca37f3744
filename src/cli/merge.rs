//! `wattmark merge`: many record files into one set.
//! Merges nothing itself; `merge` in the library does.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, Usage};
use crate::{
    merge::{MergeError, Merged, Target, merge as merge_all},
    report::text,
};

/// Arguments of `merge`.
///
/// What already stands at the target is merged, too, so that merging again changes nothing and nothing published is lost.
/// Exit code 1 if a line or a file had to be left out; it is named, and the rest is merged. Records that contradict each
/// other are all kept, and named.
#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// Record files, or folders that hold them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The merged set: a FILE.jsonl, or a folder whose records.jsonl is written; - is standard output
    #[arg(short, long, value_name = "DIR|FILE")]
    output: PathBuf,
}

pub(super) fn merge(args: &MergeArgs) -> anyhow::Result<Outcome> {
    let target = Target::of(&args.output);
    let merged = merge_all(&args.paths, &target).map_err(|error| match error {
        MergeError::TargetIsInput(_) => anyhow::Error::from(Usage(error.to_string())),
        other => other.into(),
    })?;
    for finding in &merged.findings {
        let sort = if finding.costs_records() { "error" } else { "warning" };
        eprintln!("{sort}: {}", text::plain(&finding.to_string()));
    }
    eprintln!("{}", summary(&merged, &target));
    Ok(if merged.left_out == 0 { Outcome::Done } else { Outcome::Error })
}

fn summary(merged: &Merged, target: &Target) -> String {
    let place = match target {
        Target::Stdout => "on standard output".to_owned(),
        Target::File(path) => format!("in {}", path.display()),
    };
    let count = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    format!(
        "{} of {} {place}; left out: {}, {}",
        count(merged.records, "record", "records"),
        count(merged.files, "file", "files"),
        count(merged.duplicates, "duplicate", "duplicates"),
        count(merged.left_out, "line that is no record", "lines that are no records"),
    )
}
