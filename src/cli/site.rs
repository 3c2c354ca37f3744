//! `wattmark report -o DIR/`: the site.
//! Reads arguments and records; the pages are `site`'s.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Outcome, Usage, catalog::CatalogArgs, output::OutputArgs, records::load_sound};
use crate::{
    claim::{Settings, evaluate, findings, replace_priors},
    site::{Content, render, write},
};

/// Most draws: every step of every cost keeps its own, for the quantiles.
const MOST_DRAWS: usize = 500_000;

/// Arguments of a site.
#[derive(Debug, Args)]
pub(super) struct SiteArgs {
    /// Write a site of static pages into this folder; -o does the same where it names a folder, as in -o site/
    #[arg(long, value_name = "DIR", conflicts_with_all = ["tables", "check", "output", "format"])]
    site: Option<PathBuf>,
    /// Draws behind the verdicts and costs of a site
    #[arg(long, value_name = "N", default_value_t = Settings::default().draws, env = "WATTMARK_DRAWS")]
    draws: usize,
    /// Seed of those draws; the same seed gives the same bits
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed, env = "WATTMARK_SEED")]
    seed: u64,
    #[command(flatten)]
    catalog: CatalogArgs,
}

impl SiteArgs {
    /// The folder, if a site is asked for.
    pub(super) fn folder<'a>(&'a self, output: &'a OutputArgs) -> anyhow::Result<Option<&'a Path>> {
        let Some(folder) = self.site.as_deref().or_else(|| output.folder()) else { return Ok(None) };
        if output.names_format() {
            let what =
                format!("{} is a folder, and a site has no --format: leave it out, or name a file", folder.display());
            return Err(Usage(what).into());
        }
        Ok(Some(folder))
    }
}

/// Makes the site. What cannot be read of the records is named and left out.
pub(super) fn site(args: &SiteArgs, paths: &[PathBuf], folder: &Path) -> anyhow::Result<Outcome> {
    if args.draws == 0 || args.draws > MOST_DRAWS {
        return Err(Usage(format!("--draws {}: choose from 1 to {MOST_DRAWS}", args.draws)).into());
    }
    let mut catalog = args.catalog.load()?;
    let (records, sound) = load_sound(paths)?;
    for kept in replace_priors(&mut catalog, &records) {
        eprintln!("{} stays a prior: {}", kept.input, kept.why);
    }
    let settings = Settings { draws: args.draws, seed: args.seed };
    let (outcomes, findings) = (evaluate(&catalog, &[], settings), findings(&catalog));
    let content = Content { records: &records, catalog: &catalog, outcomes: &outcomes, findings: &findings, settings };
    let written = write(&render(content), folder)?;
    if !written.left.is_empty() {
        eprintln!("left of an earlier site: {}", written.left.join(", "));
    }
    eprintln!("wrote {} files; open {}", written.files, folder.join("index.html").display());
    Ok(if sound { Outcome::Done } else { Outcome::Error })
}
