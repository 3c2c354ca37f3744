//! `wattmark claims`: verdicts on the catalogue's claims, each with what it rests on.
//! The verdicts are `claim`'s, the words of a table `report`'s.

use std::path::PathBuf;

use clap::Args;

use super::{
    Outcome, Usage,
    catalog::{CatalogArgs, unknown},
    output::{OutputArgs, print, style, write_file},
    records::load,
};
use crate::{
    claim::{Settings, evaluate, findings, replace_priors},
    report::{
        Format,
        claims::{Claims, explained},
    },
};

/// Most draws: each derived quantity keeps its own, for the quantiles.
const MOST_DRAWS: usize = 2_000_000;

/// Arguments of `claims`.
#[derive(Debug, Args)]
pub(super) struct ClaimsArgs {
    /// Ids of claims; all without one
    ids: Vec<String>,
    /// Show quote, inputs with their basis, arithmetic, break-evens and tornado
    #[arg(long)]
    explain: bool,
    /// Put another value in an input's place, as in elec_home=0.30 or ZERO-MC-EDGE.car_w="0.4 kW/vehicle"; repeat for
    /// more
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Record files, or folders that hold them: what they measured takes the place of published priors
    #[arg(long, value_name = "PATH", num_args = 1..)]
    records: Vec<PathBuf>,
    /// Draws of every input
    #[arg(long, value_name = "N", default_value_t = Settings::default().draws, env = "WATTMARK_DRAWS")]
    draws: usize,
    /// Seed of the draws; the same seed gives the same bits
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed, env = "WATTMARK_SEED")]
    seed: u64,
    /// Write a tornado of each claim as an SVG file into this folder
    #[arg(long, value_name = "DIR")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    catalog: CatalogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn claims(args: &ClaimsArgs) -> anyhow::Result<Outcome> {
    let format = args.output.format()?;
    if args.draws == 0 || args.draws > MOST_DRAWS {
        return Err(Usage(format!("--draws {}: choose from 1 to {MOST_DRAWS}", args.draws)).into());
    }
    let mut known = args.catalog.load()?;
    if let Some(id) = args.ids.iter().find(|id| known.claim(id).is_none()) {
        return Err(unknown(&known, id).into());
    }
    for text in &args.set {
        let set = known.set(text).map_err(|e| Usage(e.to_string()))?;
        eprintln!("set {text} in {}", set.join(", "));
    }
    let records = load(&args.records)?;
    for kept in replace_priors(&mut known, &records) {
        eprintln!("{} stays a prior: {}", kept.input, kept.why);
    }
    let ids: Vec<&str> = args.ids.iter().map(String::as_str).collect();
    let outcomes = evaluate(&known, &ids, Settings { draws: args.draws, seed: args.seed });
    if let Some(folder) = &args.plot {
        let pictures: Vec<_> = outcomes.iter().filter_map(crate::plot::claims::tornado).collect();
        super::plots::write(folder, &pictures)?;
    }
    let mut found = findings(&known);
    found.retain(|f| args.ids.is_empty() || outcomes.iter().any(|o| o.claim.id == f.id));
    let rows = Claims { outcomes: &outcomes, findings: &found };
    let people = matches!(format, Format::Table | Format::Markdown);
    let text = if args.explain && people {
        let style = style(args.output.file().is_some());
        outcomes.iter().map(|o| explained(o, format, &style)).collect::<Vec<_>>().join("\n")
    } else if format == Format::Json {
        rows.document()
    } else {
        args.output.show(&rows)?;
        return Ok(Outcome::Done);
    };
    match args.output.file() {
        Some(path) => write_file(path, &text)?,
        None => print(&text)?,
    }
    Ok(Outcome::Done)
}
