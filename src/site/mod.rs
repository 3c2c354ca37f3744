//! The site of `wattmark report -o DIR/`: one folder of static pages made from records and the catalogue.
//! Measures nothing and derives nothing: every number comes from `report`, `claim` or `cost`, every picture from `plot`.
//!
//! The way through: [`render`] turns [`Content`] into [`File`]s in memory, one file here for each page; [`write()`] puts
//! them into a folder and touches nothing in it that is not its own. `html` holds what all pages share, `sheet` turns
//! `report`'s tables into HTML, `subject` finds the devices among the records and gives each a name that is safe in a path.
//! `assets/` is the style and the scripts: the pages are complete without the scripts, which sort, filter, switch the
//! theme and move the sliders of the cost page. Those evaluate the catalogue's own formula trees, shipped as data.
//!
//! Text from a record is someone else's: `maud` escapes it, and pages show as escapes what would mislead.
//!
//! To add a page: a file here with a function that returns its [`File`], a line in [`render`], one in `html::NAV`.

mod claim;
mod cost;
mod device;
mod efficiency;
mod heatmap;
mod html;
mod kernels;
mod live;
mod methods;
mod models;
mod overview;
mod sheet;
mod subject;
mod write;

use std::collections::BTreeSet;

pub use write::{SiteError, Written, write};

use crate::{
    catalog::Catalog,
    claim::{Finding, Outcome, Settings},
    record::Record,
    report::{
        Format, Style, claims::Claims, export::dictionary, metrics::Metrics, render as render_rows, results::Results,
        text,
    },
    workload::{Evidence, Records},
};
use subject::Subject;

/// What a site is made from.
#[derive(Debug, Clone, Copy)]
pub struct Content<'c> {
    /// Records in the order of their files; whole runs, for ceilings are those of the run.
    pub records: &'c Records,
    /// The catalogue, with what records replaced in it.
    pub catalog: &'c Catalog,
    /// Verdicts on its claims.
    pub outcomes: &'c [Outcome],
    /// Stated figures recomputed.
    pub findings: &'c [Finding],
    /// How the verdicts were drawn, and the costs are.
    pub settings: Settings,
}

/// A file of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it lies in the site's folder, with `/` between folders: letters, digits, `-`, `_` and `.` only.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl File {
    fn new(path: impl Into<String>, text: impl Into<String>) -> File {
        File { path: path.into(), text: text.into() }
    }

    /// A page: characters that would move, hide or turn the text around them are shown as escapes.
    fn page(path: impl Into<String>, markup: maud::Markup) -> File {
        let safe: Vec<String> = markup.into_string().split('\n').map(text::plain).collect();
        File::new(path, safe.join("\n") + "\n")
    }
}

/// What pages share.
struct Site<'c> {
    content: Content<'c>,
    records: &'c [Record],
    metrics: &'c [Option<Metrics>],
    subjects: Vec<Subject<'c>>,
}

impl Site<'_> {
    /// Ids of the cases, families apart, in the order of their first record.
    fn cases(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let mut all: Vec<&Record> = self.records.iter().filter(|r| seen.insert(r.case.id.as_str())).collect();
        let family = |r: &Record| crate::kernel::FAMILIES.iter().position(|f| f.name() == r.case.family);
        all.sort_by_key(|r| family(r).unwrap_or(usize::MAX));
        all.into_iter().map(|r| r.case.id.as_str()).collect()
    }

    /// The record and its metrics.
    fn at(&self, row: usize) -> (&Record, Option<&Metrics>) {
        (&self.records[row], self.metrics[row].as_ref())
    }
}

/// Renders every file of a site. The same content gives the same bytes.
pub fn render(content: Content) -> Vec<File> {
    let (records, metrics) = (content.records.all(), content.records.metrics());
    let site = Site { content, records, metrics, subjects: subject::subjects(records) };
    let mut files = vec![
        overview::page(&site),
        kernels::page(&site),
        heatmap::page(&site),
        efficiency::page(&site),
        methods::page(&site),
    ];
    files.extend(cost::files(&site));
    files.extend(data(&site));
    files.extend(content.outcomes.iter().map(|o| claim::page(&site, o)));
    let evidence = Evidence::gather(content.records, &|d| d.is_hardware());
    files.extend(site.subjects.iter().map(|s| device::page(&site, s, &evidence)));
    files.extend(html::assets());
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The figures behind the pages, for programs.
fn data(site: &Site) -> Vec<File> {
    let Content { outcomes, findings, .. } = site.content;
    vec![
        File::new("data/results.csv", render_rows(Format::Csv, &Results::of(site.records), &Style::PLAIN)),
        File::new("data/results.columns.csv", dictionary()),
        File::new("data/claims.json", Claims { outcomes, findings }.document()),
    ]
}
