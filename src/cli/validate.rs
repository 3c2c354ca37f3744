//! `wattmark validate`: what is wrong in a record file, and where.
//! Changes no file.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, output::print};
use crate::record::{Source, read_each};

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
        let (mut good, mut bad, mut said) = (0, 0, Ok(()));
        let read = read_each(
            &[Source::named(path)],
            |_| (),
            |line| match line.what {
                Ok(()) => good += 1,
                Err(what) => {
                    bad += 1;
                    if said.is_ok() {
                        said = print(&format!("{}:{}: {what}\n", path.display(), line.number));
                    }
                }
            },
        );
        said?;
        match read {
            Ok(()) => {
                print(&format!("{}: {good} valid records, {bad} problems\n", path.display()))?;
                sound &= bad == 0;
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
