//! Kernels x devices: the newest record of each case on each device, with its rates, its joules, their intervals, and what
//! became of it; on a page for each device where there are many. Says what it does not show, and derives nothing.

use maud::{Markup, html};

use super::{
    File, MOST_ROWS, Site,
    html::{Page, root, scroll, section},
    sheet::{class, footnotes, parts},
    subject::{Subject, earlier},
};
use crate::{
    kernel::OpUnit,
    measure::stats::Estimate,
    record::{Interval, Record},
    report::{
        metrics::{Metrics, status_name},
        number::{decimal, plus_minus, si},
        results::{ceiling_cell, energy_cells, status_cell, time_cells},
        sheet::{Cell, Notes, Tone},
    },
};

/// A column: heading, whether it holds numbers, and whether a filter by its values makes sense.
const COLUMNS: [(&str, bool, bool); 13] = [
    ("Case", false, false),
    ("Kernel", false, true),
    ("Device", false, true),
    ("Track", false, true),
    ("Status", false, true),
    ("Median time", true, false),
    ("FLOP/s", true, false),
    ("FLOP/J = FLOP/s per W", true, false),
    ("GB/s", true, false),
    ("% of ceiling", true, false),
    ("J/launch", true, false),
    ("W", true, false),
    ("Sensor", false, false),
];

/// One page with all rows; where a browser would choke on it, one for each device, or several, and a list of them.
pub(super) fn files(site: &Site) -> Vec<File> {
    let mut all: Vec<(&Subject, usize)> = Vec::new();
    for case in &site.cases {
        all.extend(site.subjects.iter().filter_map(|s| Some((s, s.row_of(*case)?))));
    }
    if all.len() <= MOST_ROWS {
        return vec![page(site, "kernels.html", "Kernels × devices", &all)];
    }
    let mut files = Vec::new();
    let mut parts: Vec<(&Subject, Vec<String>)> = Vec::new();
    for subject in &site.subjects {
        let own: Vec<_> = site.cases.iter().filter_map(|case| Some((subject, subject.row_of(*case)?))).collect();
        let paths = own.chunks(MOST_ROWS).enumerate().map(|(at, rows)| {
            let path = match at {
                0 => format!("kernels/{}.html", subject.slug),
                // No slug has a dot.
                at => format!("kernels/{}.{}.html", subject.slug, at + 1),
            };
            files.push(page(site, &path, &format!("Kernels on {}", subject.facts.name), rows));
            path
        });
        let paths = paths.collect();
        parts.push((subject, paths));
    }
    files.push(list(site, all.len(), &parts));
    files
}

/// Rows on a page of their own.
fn page(site: &Site, path: &str, title: &str, rows: &[(&Subject, usize)]) -> File {
    let mut notes = Notes::default();
    let older: Vec<usize> = rows.iter().map(|(subject, row)| subject.earlier_of(site.number(*row))).collect();
    let any = older.iter().any(|n| *n > 0);
    let lines: Vec<Markup> = rows
        .iter()
        .zip(older)
        .map(|((subject, row), older)| line(site, path, subject, *row, any.then_some(older), &mut notes))
        .collect();
    let columns = COLUMNS.into_iter().chain(any.then_some(("Earlier", true, false)));
    let table = html! {
        table.data #kernels-table data-enhance="table" {
            caption { "Newest records: " (lines.len()) " of them" }
            thead {
                tr {
                    @for (name, number, filter) in columns {
                        th.number[number] scope="col" data-filter[filter] { (name) }
                    }
                }
            }
            tbody { @for line in lines { (line) } }
        }
    };
    let mut subjects: Vec<&Subject> = rows.iter().map(|(subject, _)| *subject).collect();
    subjects.sort_by_key(|s| &s.slug);
    subjects.dedup_by_key(|s| &s.slug);
    let body = html! {
        (section("records", "Records", html! {
            @if let Some(earlier) = earlier(site.records, subjects.iter().copied()) { p.faint { (earlier) } }
            (scroll("Newest records", table))
            (footnotes(&notes, "kernels"))
        }))
    };
    let lead = html! {
        "Each row is one case on one device, as one run saw it. ± is the half-width of the 95 % interval; " span.faint { "dev" }
        " and " span.faint { "host" } " say whose clock, and joules carry the boundary that their meter sees. What was not "
        "measured says why."
        @if let [one] = subjects[..] && site.subjects.len() > 1 { " " (one.about()) "." }
    };
    Page { path, title, lead, scripts: &[], body }.file(site)
}

/// Where the rows of each device are.
fn list(site: &Site, rows: usize, parts: &[(&Subject, Vec<String>)]) -> File {
    let table = html! {
        table #kernels-table data-enhance="table" {
            caption { (parts.len()) " devices" }
            thead {
                tr {
                    th scope="col" { "Device" } th scope="col" { "Track" } th.number scope="col" { "Cases" }
                    th.number scope="col" { "Records" } th scope="col" { "Rows" }
                }
            }
            tbody {
                @for (subject, paths) in parts {
                    tr {
                        th scope="row" { a href=(subject.path()) { (subject.facts.name) } " " span.faint { (subject.place()) } }
                        td { (subject.facts.track.name()) }
                        td.number { (subject.rows.len()) }
                        td.number { (subject.records()) }
                        td { @for (at, path) in paths.iter().enumerate() { @if at > 0 { " " } a href=(path) { "part " (at + 1) } } }
                    }
                }
            }
        }
    };
    let body = html! {
        (section("records", "Records", html! {
            @if let Some(earlier) = earlier(site.records, &site.subjects) { p.faint { (earlier) } }
            (scroll("Devices", table))
        }))
    };
    let lead = html! {
        (rows) " cases on devices are more than a page can show: each device has a page of its own, or several. The "
        a href="heatmap.html" { "heatmap" } " sets the cases that most of them ran against each other; "
        a href="data/results.csv" { "results.csv" } " has every row."
    };
    Page { path: "kernels.html", title: "Kernels × devices", lead, scripts: &[], body }.file(site)
}

fn line(site: &Site, path: &str, subject: &Subject, row: usize, older: Option<usize>, notes: &mut Notes) -> Markup {
    let (record, metrics) = site.at(row);
    let status = status_cell(record, notes);
    let time = metrics.and_then(|m| m.time.as_ref());
    let [median, ..] = time_cells(time);
    let ceiling = metrics.map_or_else(Cell::default, |m| ceiling_cell(m, notes));
    let [joules, ..] = energy_cells(record, metrics, notes);
    let best = metrics.and_then(|m| m.energy.first());
    let fraction = metrics.and_then(|m| m.ceiling.as_ref().ok()).map(|f| f.value);
    let kernel = format!("{}/{}", record.case.family, record.case.variant);
    html! {
        tr data-status=(status_name(record)) {
            th scope="row" { (case(&record.case.id)) }
            td { (kernel) }
            td { a href={ (root(path)) (subject.path()) } { (subject.facts.name) } " " span.faint { (subject.place()) } }
            td { (subject.facts.track.name()) }
            (cell(&status, false, None, notes))
            (cell(&median, true, time.map(|t| t.seconds.value), notes))
            (cell(&rate(time.and_then(|t| t.ops_per_s), record, "/s"), true, time.and_then(|t| Some(t.ops_per_s?.value)), notes))
            (cell(&per_joule(metrics, record), true, best.and_then(|m| Some(m.ops_per_joule?.value)), notes))
            (cell(&bandwidth(time.and_then(|t| t.bytes_per_s)), true, time.and_then(|t| Some(t.bytes_per_s?.value)), notes))
            (cell(&ceiling, true, fraction, notes))
            (cell(&joules, true, best.map(|m| m.joules.value), notes))
            (cell(&best.map_or_else(Cell::default, |m| watts(&m.watts)), true, best.map(|m| m.watts.value), notes))
            (cell(&best.map_or_else(Cell::default, |m| Cell::of(&m.sensor)), false, None, notes))
            @if let Some(older) = older { td.number data-value=(older) { @if older > 0 { (older) } } }
        }
    }
}

/// A cell; numbers carry the value to sort by.
fn cell(cell: &Cell, number: bool, value: Option<f64>, notes: &Notes) -> Markup {
    let value = value.filter(|v| v.is_finite()).map(|v| format!("{v:e}"));
    html! { td class=[class(number, cell)] data-value=[value] { (parts(cell, notes, "kernels")) } }
}

/// A case id: what it is, and its axes below.
pub(super) fn case(id: &str) -> Markup {
    let fields: Vec<&str> = id.split('/').collect();
    let [family, variant, dtype, axes, cache] = fields[..] else { return html! { (id) } };
    html! {
        span.case {
            span.kernel { (family) "/" (variant) "/" (dtype) }
            // The slashes make it the id again where it is copied.
            span.axes { "/" (axes) "/" (cache) }
        }
    }
}

/// Operations a second, with the half-width of their interval.
fn rate(rate: Option<Estimate>, record: &Record, per: &str) -> Cell {
    let Some(rate) = rate else { return Cell::default() };
    Cell::parts([si(rate.value, 3, ""), unit(record, per), plus_minus(rate.noise())])
}

/// Integer operations are no FLOP, and say so.
fn unit(record: &Record, per: &str) -> String {
    if record.work.unit == OpUnit::Op { format!("OP{per}") } else { String::new() }
}

/// Operations a joule, with the boundary of the joules; where they are only modelled, that.
fn per_joule(metrics: Option<&Metrics>, record: &Record) -> Cell {
    let Some(metrics) = metrics else { return Cell::default() };
    match metrics.energy.first() {
        Some(best) => best.ops_per_joule.map_or_else(Cell::default, |i| {
            Cell::parts([si(i.value, 3, ""), unit(record, "/J"), relative(&i), best.boundary.clone()])
        }),
        None if record.work.flop > 0.0 => Cell::of("unmeasured").tone(Tone::Faint),
        None => Cell::default(),
    }
}

fn bandwidth(rate: Option<Estimate>) -> Cell {
    rate.map_or_else(Cell::default, |r| Cell::parts([decimal(r.value / 1e9, 3), plus_minus(r.noise())]))
}

fn watts(watts: &Interval) -> Cell {
    Cell::parts([decimal(watts.value, 3), relative(watts)])
}

fn relative(interval: &Interval) -> String {
    plus_minus(interval.u95 / interval.value.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalog::Catalog,
        claim::Settings,
        record::Record,
        report::fixtures,
        site::Content,
        workload::{Place, Records},
    };

    fn pages(records: Vec<Record>) -> Vec<File> {
        let place = |at: usize| Place { file: format!("{}.jsonl", at % 9), line: at + 1 };
        let records = Records::of(records.into_iter().enumerate().map(|(at, record)| (place(at), record)).collect());
        let (catalog, settings) = (Catalog::load(&[]).unwrap(), Settings { draws: 1, seed: 1 });
        let content = Content { records: &records, catalog: &catalog, outcomes: &[], findings: &[], settings };
        files(&Site::of(content))
    }

    fn rows(file: &File) -> usize {
        file.text.matches("<tr data-status").count()
    }

    /// So many cases that could not run, which is quickly worked out.
    fn many(cases: usize) -> Vec<Record> {
        let all = fixtures::records();
        let one = all.iter().find(|r| r.status != crate::record::Status::Ok).unwrap();
        let numbered = |at: usize| {
            let mut record = one.clone();
            record.case.id = format!("matmul/gemv/f32/m=1,n={},k=64/cold", at + 1);
            record
        };
        (0..cases).map(numbered).collect()
    }

    #[test]
    fn the_newest_record_stands_for_its_case_and_the_earlier_ones_are_counted() {
        let mut records = fixtures::records();
        let shown = records.len();
        let once = pages(records.clone());
        assert_eq!((once.len(), rows(&once[0])), (1, shown));
        assert!(!once[0].text.contains("Earlier"), "{}", once[0].text);
        records.extend(fixtures::records().into_iter().map(|mut record| {
            record.ended = record.ended.checked_sub(jiff::SignedDuration::from_secs(60)).unwrap();
            record
        }));
        let twice = pages(records);
        assert_eq!((twice.len(), rows(&twice[0])), (1, shown));
        let told = format!("Earlier ones: {shown}, in 0.jsonl (1), 1.jsonl (1)");
        assert!(twice[0].text.contains(&told) && twice[0].text.contains(" and 3 more files"), "{}", twice[0].text);
    }

    #[test]
    fn more_rows_than_a_page_holds_are_spread_over_pages_that_are_listed() {
        let mut records = many(MOST_ROWS + 7);
        let mut other = records[0].clone();
        other.environment.machine = Some("other".to_owned());
        records.push(other);
        let files = pages(records);
        let [list, parts @ ..] = &files.iter().rev().collect::<Vec<_>>()[..] else { panic!("{}", files.len()) };
        let mut rows: Vec<usize> = parts.iter().map(|page| rows(page)).collect();
        rows.sort_unstable();
        assert_eq!((list.path.as_str(), rows), ("kernels.html", vec![1, 7, MOST_ROWS]));
        for page in parts {
            assert!(list.text.contains(&format!("href=\"{}\"", page.path)), "{}", page.path);
            assert!(page.text.contains("href=\"../devices/") && page.text.contains("../assets/style.css"));
        }
    }
}
