//! `wattmark compare`: two record files against each other, or the backends within one.
//! Judges nothing itself; `compare` in the library does.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Outcome, Usage, output::OutputArgs};
use crate::{
    compare::{Comparison, DEFAULT_MARGIN, Threshold, across_backends, compare as pair, gate},
    record::{Record, read_file},
    report::compared::Compared,
};

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// Record file to compare with; with --by the only one
    before: PathBuf,
    /// Record file to compare
    #[arg(required_unless_present = "by", conflicts_with = "by")]
    after: Option<PathBuf>,
    /// Compare within one file: the same case on the same hardware through different backends
    #[arg(long, value_enum)]
    by: Option<By>,
    /// With --by: the backend that the others are set against; the first one found by default
    #[arg(long, value_name = "BACKEND", requires = "by")]
    base: Option<String>,
    /// Largest relative difference that counts as none, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = DEFAULT_MARGIN * 100.0, env = "WATTMARK_MARGIN")]
    margin: f64,
    /// Exit with code 5 if a case is slower than this, as in 5%, beyond its noise
    #[arg(long, value_name = "PERCENT%")]
    fail_on: Option<Threshold>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Backends of one machine.
    Backend,
}

pub(super) fn compare(args: &CompareArgs) -> anyhow::Result<Outcome> {
    if !(args.margin > 0.0 && args.margin < 100.0) {
        return Err(Usage(format!("--margin {} is no percentage between 0 and 100", args.margin)).into());
    }
    let margin = args.margin / 100.0;
    let (before, mut sound) = read(&args.before)?;
    let comparisons = match &args.after {
        Some(path) => {
            let (after, after_sound) = read(path)?;
            sound &= after_sound;
            pair(&before, &after, margin)
        }
        None => across_backends(&before, args.base.as_deref(), margin),
    };
    present(&args.output, &comparisons, args.fail_on).map(|outcome| if sound { outcome } else { Outcome::Error })
}

/// Shows two builds that ran in turns: theirs first, ours against it.
pub(super) fn present_interleaved(output: &OutputArgs, theirs: &[Record], ours: &[Record]) -> anyhow::Result<()> {
    output.show_beside_records(&Compared { comparisons: &pair(theirs, ours, DEFAULT_MARGIN), gate: None })
}

fn present(output: &OutputArgs, comparisons: &[Comparison], fail_on: Option<Threshold>) -> anyhow::Result<Outcome> {
    let gate = fail_on.map(|threshold| gate(comparisons, threshold));
    output.show(&Compared { comparisons, gate: gate.as_ref() })?;
    Ok(if gate.is_none_or(|g| g.holds) { Outcome::Done } else { Outcome::GateFailed })
}

/// Records of a file, and whether every line was one. Bad lines are named and left out.
fn read(path: &Path) -> anyhow::Result<(Vec<Record>, bool)> {
    let report = read_file(path)?;
    for problem in &report.problems {
        eprintln!("{}:{}: {}; left out", path.display(), problem.line, problem.what);
    }
    if report.records.is_empty() {
        anyhow::bail!("{} holds no record that can be read", path.display());
    }
    Ok((report.records, report.problems.is_empty()))
}
