//! `wattmark validate`: what is wrong in a record file, and where.
//! Changes no file.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, output::print};
use crate::record::read_file;

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// Record files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn validate(args: &ValidateArgs) -> anyhow::Result<Outcome> {
    let mut sound = true;
    for path in &args.files {
        match read_file(path) {
            Ok(report) => {
                for problem in &report.problems {
                    print(&format!("{}:{}: {}\n", path.display(), problem.line, problem.what))?;
                }
                let (good, bad) = (report.records.len(), report.problems.len());
                print(&format!("{}: {good} valid records, {bad} problems\n", path.display()))?;
                sound &= report.problems.is_empty();
                if good == 0 && bad == 0 {
                    print(&format!("{}: the file holds no record\n", path.display()))?;
                    sound = false;
                }
            }
            Err(error) => {
                print(&format!("{error}\n"))?;
                sound = false;
            }
        }
    }
    Ok(if sound { Outcome::Done } else { Outcome::Error })
}
