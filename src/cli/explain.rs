//! `wattmark explain`: a plain sentence or two.
//! The sentences live in `report`.

use clap::Args;

use super::{Outcome, Usage, output::print};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A metric (gflop_per_joule), status (unsupported), verdict (unclear), warning (noisy), boundary, or case id
    term: String,
}

pub(super) fn explain(args: &ExplainArgs) -> anyhow::Result<Outcome> {
    let _ = (&args.term, Usage(String::new()));
    print("")?;
    Ok(Outcome::Done)
}
