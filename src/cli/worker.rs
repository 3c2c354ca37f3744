//! `wattmark worker`: the child process that drives one device.
//! Not meant to be typed, except to see what a driver prints while devices are listed.

use clap::Args;

use super::Outcome;
use crate::worker::{serve_discovery, serve_stdio};

/// Arguments of `worker`.
#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    /// List the devices of one backend and leave
    #[arg(long, value_name = "BACKEND")]
    discover: Option<String>,
}

pub(super) fn worker(args: &WorkerArgs) -> anyhow::Result<Outcome> {
    match &args.discover {
        Some(backend) => serve_discovery(backend)?,
        None => serve_stdio()?,
    }
    Ok(Outcome::Done)
}
