//! `wattmark kernel show`: what a case runs.
//! Plans for a device's limits, and opens no device unless one is named.

use clap::{Args, Subcommand};

use super::{Outcome, Usage, output::print, select::tune_cache_path};
use crate::{
    backend::backends,
    kernel::{Case, Target, Tuning},
    measure::TuneCache,
};

/// Subcommands of `kernel`.
#[derive(Debug, Subcommand)]
pub(super) enum KernelCommand {
    /// Print the final source of a case: generated constants, dtype prelude, kernel
    Show(ShowArgs),
}

/// Arguments of `kernel show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Case id, as in matmul/gemv/f32/m=1,n=4096,k=4096
    case: String,
    /// Plan for this device; without one, for the least that an embedded GPU offers
    #[arg(long, value_name = "DEVICE", env = "WATTMARK_DEVICE")]
    device: Option<String>,
    /// A tunable, as in TILE_M=8; repeat for more
    #[arg(long = "const", value_name = "NAME=VALUE")]
    constants: Vec<String>,
}

pub(super) fn kernel(command: &KernelCommand) -> anyhow::Result<Outcome> {
    let KernelCommand::Show(args) = command;
    let case: Case = args.case.parse()?;
    let mut tuning = parse_constants(&args.constants)?;
    let Some(id) = &args.device else {
        let program = case.family.program(&case, &Target::downlevel(), &tuning)?;
        print(&program.source())?;
        return Ok(Outcome::Done);
    };
    let name = id.split(':').next().unwrap_or(id);
    let known = || backends().iter().map(|b| b.name()).collect::<Vec<_>>().join(", ");
    let backend = backends().into_iter().find(|b| b.name() == name);
    let backend = backend.ok_or_else(|| Usage(format!("no backend `{name}`: known are {}", known())))?;
    let device = backend.open(id)?;
    if tuning.is_empty() {
        let cached = tune_cache_path().and_then(|p| TuneCache::load(&p).ok());
        let cached = cached.and_then(|c| c.get(device.facts(), &case).cloned());
        tuning = cached.or_else(|| device.tunings(&case).into_iter().next()).unwrap_or_default();
    }
    match device.source(&case, &tuning)? {
        Some(source) => print(&source)?,
        None => print(&format!("{id} runs no source text for this case: see the kernel's page in the repository\n"))?,
    }
    Ok(Outcome::Done)
}

fn parse_constants(texts: &[String]) -> anyhow::Result<Tuning> {
    let parse = |text: &String| {
        let (name, value) = text.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().parse::<u32>().ok()?))
    };
    texts
        .iter()
        .map(|t| parse(t).ok_or_else(|| Usage(format!("`--const {t}` is not NAME=VALUE with a whole number")).into()))
        .collect()
}
