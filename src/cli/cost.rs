//! `wattmark cost`: what a million tokens cost, owned, rented, at the edge, hybrid or from a list.
//! Reads what is asked; the costs are `cost`'s, the words `report`'s, the pictures `plot`'s.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;

use super::{
    Outcome, Usage,
    catalog::CatalogArgs,
    cost_args::{Spec, Values, range, speeds},
    output::{OutputArgs, print, style, write_file},
};
use crate::{
    catalog::{Catalog, Side},
    claim::Settings,
    cost::{Asked, Party, Query, Share, compare, throughput_of},
    report::{Format, cost::Costs},
};

/// Most draws: every step of every side keeps its own, for the quantiles.
const MOST_DRAWS: usize = 500_000;

/// Arguments of `cost`.
#[derive(Debug, Args)]
pub(super) struct CostArgs {
    /// The model, as in llama-3.1-8b; decides the throughput where none is given
    #[arg(long, value_name = "MODEL", env = "WATTMARK_MODEL")]
    model: Option<String>,
    /// The model behind the edge, if --cloud serves a larger one
    #[arg(long, value_name = "MODEL", requires = "cloud")]
    cloud_model: Option<String>,
    /// The device of every side that names none
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Price owning it, as in hyperscale-owner or hyperscale-owner@h200-sxm
    #[arg(long, value_name = "SCENARIO[@DEVICE]")]
    own: Option<String>,
    /// Price renting it by the hour, as in renter-1y
    #[arg(long, value_name = "SCENARIO[@DEVICE]")]
    rent: Option<String>,
    /// Price running it outside data centres, as in car-plugged-home@jetson-agx-orin-64
    #[arg(long, value_name = "SCENARIO[@DEVICE]")]
    edge: Option<String>,
    /// Price the data centre that the edge stands against, rented or owned
    #[arg(long, value_name = "SCENARIO[@DEVICE]")]
    cloud: Option<String>,
    /// Price buying tokens from a list
    #[arg(long, value_name = "SCENARIO", num_args = 0..=1, default_missing_value = "api-buyer")]
    api: Option<String>,
    /// Share of the requests that go on from --edge to --cloud: a number, or low,mode,high
    #[arg(long, value_name = "SHARE", requires = "edge", requires = "cloud")]
    offload: Option<String>,
    /// Tokens a second while busy: a number or low,mode,high, of every side or as in edge=30; repeat for more
    #[arg(long, value_name = "[SIDE=]TOK_S")]
    throughput: Vec<String>,
    /// Put another value in the place of a role (duty, own.duty) or of an input (elec_industrial), as in
    /// electricity=0.05 or electricity="50 USD/MWh"; repeat for more
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Draws of every input
    #[arg(long, value_name = "N", default_value_t = Settings::default().draws, env = "WATTMARK_DRAWS")]
    draws: usize,
    /// Seed of the draws; the same seed gives the same bits
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed, env = "WATTMARK_SEED")]
    seed: u64,
    /// Show every input with its source and every formula with its numbers
    #[arg(long)]
    explain: bool,
    /// Write break-even curves and tornados as SVG files into this folder
    #[arg(long, value_name = "DIR")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    catalog: CatalogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn cost(args: &CostArgs) -> anyhow::Result<Outcome> {
    let format = args.output.format()?;
    if args.draws == 0 || args.draws > MOST_DRAWS {
        return Err(Usage(format!("--draws {}: choose from 1 to {MOST_DRAWS}", args.draws)).into());
    }
    let specs = args.specs()?;
    let known = args.catalog.load()?;
    let mut values = Values::of(&known, &specs, args.offload.is_some())?;
    for text in &args.set {
        let set = values.set(text)?;
        eprintln!("set {text} in {}", set.join(", "));
    }
    let queries = args.queries(&known, &specs, &values)?;
    let share = args.share(&values)?;
    let asked = Asked { parties: queries, share, draws: args.draws, seed: args.seed };
    let mut found = compare(&known, &asked).map_err(|e| Usage(e.to_string()))?;
    if let Some(folder) = &args.plot {
        super::plots::write(folder, &crate::plot::cost::pictures(&mut found, args.model.as_deref()))?;
    }
    let costs = Costs { found: &found, model: args.model.as_deref(), explain: args.explain };
    let text = match format {
        Format::Table | Format::Markdown => costs.text(format, &style(args.output.file().is_some())),
        Format::Json => costs.document(),
        Format::Jsonl | Format::Csv => {
            args.output.show(&costs)?;
            return Ok(Outcome::Done);
        }
    };
    match args.output.file() {
        Some(path) => write_file(path, &text)?,
        None => print(&text)?,
    }
    Ok(Outcome::Done)
}

impl CostArgs {
    /// What each side is, as asked for.
    fn specs(&self) -> anyhow::Result<Vec<Spec>> {
        let sides = [
            ("own", &self.own),
            ("rent", &self.rent),
            ("edge", &self.edge),
            ("cloud", &self.cloud),
            ("api", &self.api),
        ];
        let mut specs = Vec::new();
        for (name, text) in sides {
            let Some(text) = text else { continue };
            let spec = Spec::of(name, text, self.device.as_deref());
            if spec.device.is_empty() && name != "api" {
                return Err(
                    Usage(format!("--{name} {text}: on which device? Write {text}@DEVICE or give --device")).into()
                );
            }
            specs.push(spec);
        }
        if specs.is_empty() {
            let what = "nothing to price: give --own, --rent, --edge, --cloud or --api; `wattmark catalog list scenarios` \
                        shows what there is";
            return Err(Usage(what.to_owned()).into());
        }
        Ok(specs)
    }

    fn queries<'a>(&'a self, known: &Catalog, specs: &'a [Spec], values: &'a Values) -> anyhow::Result<Vec<Party<'a>>> {
        let names: Vec<&str> = specs.iter().map(|s| s.name).collect();
        let given = speeds(&self.throughput, &names)?;
        let mut parties = Vec::new();
        for (at, spec) in specs.iter().enumerate() {
            let behind = self.cloud_model.as_deref().filter(|_| spec.name == "cloud");
            let model = behind.or(self.model.as_deref());
            let throughput = match (given.of(spec.name), model) {
                (Some(throughput), _) => Some(throughput),
                (None, _) if spec.name == "api" => None,
                (None, Some(model)) => {
                    Some(throughput_of(known, model, &spec.device).map_err(|e| Usage(format!("{}: {e}", spec.name)))?)
                }
                (None, None) => {
                    let what = format!("how fast is {}? Give --model or --throughput", spec.name);
                    return Err(Usage(what).into());
                }
            };
            let side = side_of(known, spec);
            let set: BTreeMap<&str, f64> = values.of_side(at);
            let query = Query { side, scenario: &spec.scenario, device: &spec.device, model, throughput, set };
            parties.push(Party { name: spec.name, query });
        }
        Ok(parties)
    }

    fn share(&self, values: &Values) -> anyhow::Result<Option<Share>> {
        let Some(text) = &self.offload else { return Ok(None) };
        let set = |role: &str| values.of_hybrid(role).map(|x| (x, x, x));
        let offload = set("offload").map_or_else(|| range("--offload", text), Ok)?;
        Ok(Some(Share { offload, overhead: set("overhead") }))
    }
}

/// Who must pay on a side. What stands behind an edge may be rented or owned.
fn side_of(known: &Catalog, spec: &Spec) -> Option<Side> {
    match spec.name {
        "own" => Some(Side::Owned),
        "edge" => Some(Side::Edge),
        "cloud" if known.scenarios.get(&spec.scenario).is_some_and(|s| s.side == Side::Owned) => Some(Side::Owned),
        _ => Some(Side::Rented),
    }
}
