//! The site of `wattmark report -o DIR/`: one folder of static pages made from records and the catalogue.
//! Measures nothing and derives nothing: every number comes from `report`, `claim` or `cost`, every picture from `plot`.
//!
//! The way through: [`render`] turns [`Content`] into [`File`]s in memory, one file here for each page; [`write()`] puts
//! them into a folder and touches nothing in it that is not its own. `html` holds what all pages share, `sheet` turns
//! `report`'s tables into HTML, `subject` finds the devices among the records and gives each a name that is safe in a path.
//! `assets/` is the style and the scripts: the pages are complete without the scripts, which sort, filter, switch the
//! theme and move the sliders of the cost page. Those evaluate the catalogue's own formula trees, shipped as data.
//!
//! Of the records of one case on one device the newest is shown; the others count in what is composed, and pages say how
//! many they are. What one page cannot hold is cut, and said, or spread over more (`kernels`).
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

use std::{num::NonZero, sync::Mutex};

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

/// Rows that a browser still lays out, sorts and filters at once.
const MOST_ROWS: usize = 2000;

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
    records: &'c Records,
    subjects: Vec<Subject<'c>>,
    /// Numbers of the cases, families apart, in the order of their first record.
    cases: Vec<u32>,
}

impl<'c> Site<'c> {
    fn of(content: Content<'c>) -> Site<'c> {
        let records = content.records;
        let mut cases: Vec<u32> = (0..records.cases().len() as u32).collect();
        let family = |case: &u32| {
            let id = &records.cases()[*case as usize];
            crate::kernel::FAMILIES.iter().position(|f| id.split('/').next() == Some(f.name()))
        };
        cases.sort_by_key(|case| family(case).unwrap_or(usize::MAX));
        Site { content, records, subjects: subject::subjects(records), cases }
    }

    /// The record of a row and its metrics.
    fn at(&self, row: usize) -> (&Record, Option<&Metrics>) {
        let newest = &self.records.newest()[row];
        (&newest.record, newest.metrics.as_ref())
    }

    /// Number of a row's case.
    fn number(&self, row: usize) -> u32 {
        self.records.rows()[self.records.newest()[row].row].case
    }

    /// Id of a case.
    fn case(&self, case: u32) -> &str {
        &self.records.cases()[case as usize]
    }

    /// Cases but ceilings, and devices, that a page sets against each other in at most so many cells; and what it does
    /// not show, if it does not show all. Cases that more devices ran come first.
    fn compared(&self, cells: usize) -> (Vec<u32>, &[Subject<'c>], Option<String>) {
        let mut cases: Vec<u32> =
            self.cases.iter().copied().filter(|case| !self.case(*case).starts_with("ceiling/")).collect();
        let devices = &self.subjects[..self.subjects.len().min(MOST_COMPARED)];
        let fit = cells / devices.len().max(1);
        if cases.len() <= fit && devices.len() == self.subjects.len() {
            return (cases, devices, None);
        }
        let (of_cases, of_devices) = (cases.len(), self.subjects.len());
        let order = cases.clone();
        cases
            .sort_by_cached_key(|case| std::cmp::Reverse(devices.iter().filter(|s| s.row_of(*case).is_some()).count()));
        cases.truncate(fit);
        let shown: std::collections::HashSet<u32> = cases.into_iter().collect();
        let cases: Vec<u32> = order.into_iter().filter(|case| shown.contains(case)).collect();
        let told = format!(
            "Shown are {} of {of_cases} cases, those that most devices ran, and {} of {of_devices} devices. All stand on the \
             pages of the kernels and in results.csv.",
            cases.len(),
            devices.len()
        );
        (cases, devices, Some(told))
    }
}

/// Devices that a page sets against each other at most.
const MOST_COMPARED: usize = 60;

/// Renders every file of a site. The same content gives the same bytes.
pub fn render(content: Content) -> Vec<File> {
    let site = Site::of(content);
    let evidence: Vec<&Evidence> = content.records.evidence().iter().filter(|e| !e.software()).collect();
    let (site, evidence) = (&site, evidence.as_slice());
    let mut jobs: Vec<Job> = vec![
        Box::new(|| cost::files(site)),
        Box::new(|| data(site)),
        Box::new(|| kernels::files(site)),
        Box::new(|| vec![overview::page(site), heatmap::page(site), efficiency::page(site), methods::page(site)]),
        Box::new(|| content.outcomes.iter().map(|o| claim::page(site, o)).collect()),
    ];
    for subject in &site.subjects {
        jobs.push(Box::new(move || vec![device::page(site, subject, evidence)]));
    }
    let mut files = side_by_side(jobs);
    files.extend(html::assets());
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Makes some of a site's files.
type Job<'s> = Box<dyn Fn() -> Vec<File> + Send + 's>;

/// What all jobs make, in no order.
fn side_by_side(jobs: Vec<Job>) -> Vec<File> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(jobs.len());
    let jobs = Mutex::new(jobs.into_iter());
    let next = || jobs.lock().expect("no thread panics while it holds this").next();
    let work = || std::iter::from_fn(next).flat_map(|job| job()).collect::<Vec<File>>();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// The figures behind the pages, for programs.
fn data(site: &Site) -> Vec<File> {
    let Content { outcomes, findings, .. } = site.content;
    let mut rows: Vec<usize> = site.subjects.iter().flat_map(|s| s.rows.iter().copied()).collect();
    rows.sort_unstable();
    let results = Results::derived(rows.into_iter().map(|row| site.at(row)));
    vec![
        File::new("data/results.csv", render_rows(Format::Csv, &results, &Style::PLAIN)),
        File::new("data/results.columns.csv", dictionary()),
        File::new("data/claims.json", Claims { outcomes, findings }.document()),
    ]
}
