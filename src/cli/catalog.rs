//! `wattmark catalog`: check, list and show what is known.
//! The checks live in `catalog`, the rows in `report`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Outcome, Usage, output::OutputArgs, output::print};
use crate::{
    catalog::Catalog,
    report::catalog::{Entries, entries, show},
};

/// Which catalogue.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct CatalogArgs {
    /// Lay this folder, laid out as catalog/ in the repository, over the embedded catalogue; repeat for more
    #[arg(long, value_name = "DIR", env = "WATTMARK_CATALOG", value_delimiter = ',')]
    catalog: Vec<PathBuf>,
}

impl CatalogArgs {
    /// The checked catalogue.
    pub(super) fn load(&self) -> anyhow::Result<Catalog> {
        let overlays: Vec<_> = self.catalog.iter().map(PathBuf::as_path).collect();
        Ok(Catalog::load(&overlays)?)
    }
}

/// Subcommands of `catalog`.
#[derive(Debug, Subcommand)]
pub(super) enum CatalogCommand {
    /// Check every file: sources, units, formulas, quotes, parameter counts; tell every problem
    Check(CheckArgs),
    /// List the entries
    List(ListArgs),
    /// Show all that a claim, device, model, scenario, input or source holds
    Show(ShowArgs),
}

/// Arguments of `catalog check`.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    catalog: CatalogArgs,
}

/// Arguments of `catalog list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only claims, devices, models, scenarios, inputs or sources
    kind: Option<String>,
    #[command(flatten)]
    catalog: CatalogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `catalog show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Id of an entry, as in h200-sxm, llama-3.1-8b or ZERO-MC-EDGE
    name: String,
    #[command(flatten)]
    catalog: CatalogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn catalog(command: &CatalogCommand) -> anyhow::Result<Outcome> {
    match command {
        CatalogCommand::Check(args) => {
            let known = args.catalog.load()?;
            let all = entries(&known, None);
            let count = |kind: &str| all.iter().filter(|e| e.kind == kind).count();
            let kinds = ["claim", "device", "model", "scenario", "input", "source"];
            let counts = kinds.map(|k| format!("{} {k}s", count(k))).join(", ");
            print(&format!("the catalogue is sound: {counts}\n"))?;
        }
        CatalogCommand::List(args) => {
            args.output.format()?;
            let kind = args.kind.as_deref().map(kind_of).transpose()?;
            args.output.show(&Entries(&entries(&args.catalog.load()?, kind)))?;
        }
        CatalogCommand::Show(args) => {
            args.output.format()?;
            let known = args.catalog.load()?;
            let shown = show(&known, &args.name).ok_or_else(|| unknown(&known, &args.name))?;
            args.output.show(&shown)?;
        }
    }
    Ok(Outcome::Done)
}

fn kind_of(text: &str) -> anyhow::Result<&'static str> {
    let kinds = ["claim", "device", "model", "scenario", "input", "source"];
    let one = text.strip_suffix('s').unwrap_or(text);
    let found = kinds.into_iter().find(|k| *k == one);
    found.ok_or_else(|| Usage(format!("no entries `{text}`: known are {}s", kinds.join("s, "))).into())
}

/// An error naming the nearest entry.
pub(super) fn unknown(known: &Catalog, name: &str) -> Usage {
    let all = entries(known, None);
    let near = all.iter().map(|e| (strsim::jaro_winkler(&e.id.to_lowercase(), &name.to_lowercase()), &e.id));
    let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|n| n.0 > 0.7);
    let near = near.map(|n| format!(", did you mean `{}`?", n.1)).unwrap_or_default();
    Usage(format!("nothing in the catalogue is called `{name}`{near}; see `wattmark catalog list`"))
}
