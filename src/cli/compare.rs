//! stub
use super::*;
use crate::record::Record;
#[derive(Debug, clap::Args)]
pub(super) struct CompareArgs {}
pub(super) fn compare(_: &CompareArgs) -> anyhow::Result<Outcome> {
    Ok(Outcome::Done)
}
pub(super) fn present_interleaved(_: &output::OutputArgs, _: &[Record], _: &[Record]) -> anyhow::Result<()> {
    Ok(())
}
