//! Completions, the manual page and the record schema: what a shell or another program asks for.
//! Generated from the definitions, never written by hand.

use clap::{Args, CommandFactory};

use super::{Cli, Outcome, output::print};
use crate::record::json_schema;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn completions(args: &CompletionsArgs) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "wattmark", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}

pub(super) fn man() -> anyhow::Result<Outcome> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(Outcome::Done)
}

pub(super) fn schema() -> anyhow::Result<Outcome> {
    print(&format!("{}\n", serde_json::to_string_pretty(&json_schema())?))?;
    Ok(Outcome::Done)
}
