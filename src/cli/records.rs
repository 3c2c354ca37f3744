//! Record files that a command reads: whole or not at all where a verdict rests on them, else what can be read.
//! Derives nothing.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::bail;

use crate::{
    record::{Line, Record, Source, holds_other_results, read_each, record_files},
    report::{Ceilings, Field, export::row, metrics::seconds_of, text},
    workload::{Collector, Observed, Records},
};

/// Reads record files and folders of them. A line that is no record is an error: a verdict on half of the records would
/// look like one on all of them.
///
/// # Errors
/// A file cannot be read, or holds lines that are no records: each with file, line and what to do.
pub(super) fn load(paths: &[PathBuf]) -> anyhow::Result<Records> {
    let mut sources = Vec::new();
    for file in record_files(paths)? {
        if holds_other_results(&file) {
            eprintln!("{}: passed over, it holds other results than records of cases", file.display());
        } else {
            sources.push(Source::named(&file));
        }
    }
    let mut problems = Vec::new();
    let records = collect(&sources, |problem| problems.push(problem))?;
    if !problems.is_empty() {
        bail!("{}\nmend or remove these lines, or leave their files out", problems.join("\n"));
    }
    if records.is_empty() && !paths.is_empty() {
        bail!("no record in {}", names(paths));
    }
    Ok(records)
}

/// What can be read, and whether that was all. Damage is named and left out. A place is told from the one path that was
/// named, so that it says nothing of where that lies.
///
/// # Errors
/// A file cannot be read, or no file holds a record.
pub(super) fn load_sound(paths: &[PathBuf]) -> anyhow::Result<(Records, bool)> {
    let sources: Vec<Source> = record_files(paths)?.into_iter().map(|path| relative(path, paths)).collect();
    let mut sound = true;
    let records = collect(&sources, |problem| left_out(&problem, &mut sound))?;
    if records.is_empty() {
        bail!("no record in {}", names(paths));
    }
    Ok((records, sound))
}

/// As [`load_sound`], with every record whole.
///
/// # Errors
/// As [`load_sound`].
pub(super) fn read(paths: &[PathBuf]) -> anyhow::Result<(Vec<Record>, bool)> {
    let sources: Vec<Source> = record_files(paths)?.iter().map(|path| Source::named(path)).collect();
    let (mut records, mut sound) = (Vec::new(), true);
    each(&sources, |record| record, |_, record| records.push(*record), |problem| left_out(&problem, &mut sound))?;
    if records.is_empty() {
        bail!("no record in {}", names(paths));
    }
    Ok((records, sound))
}

/// Hands over every record as a row of a table, and returns whether that was all. Files are read twice, first for the
/// ceilings, so that no record is held; standard input is held.
///
/// # Errors
/// As [`load_sound`], or a row cannot be written.
pub(super) fn rows(paths: &[PathBuf], mut take: impl FnMut(Vec<Field>) -> io::Result<()>) -> anyhow::Result<bool> {
    let sources: Vec<Source> = record_files(paths)?.iter().map(|path| Source::named(path)).collect();
    let mut ceilings = Ceilings::default();
    if sources.iter().any(|source| source.path == Path::new("-")) {
        let (records, sound) = read(paths)?;
        for record in &records {
            seconds_of(record).iter().for_each(|s| ceilings.note(record, s.value));
        }
        records.iter().try_for_each(|record| take(row(record, &ceilings)))?;
        return Ok(sound);
    }
    let ceiling = |record: Box<Record>| {
        let seconds = if record.case.family == "ceiling" { seconds_of(&record) } else { None };
        seconds.map(|seconds| (record, seconds))
    };
    each(&sources, ceiling, |_, found| found.iter().for_each(|(r, s)| ceilings.note(r, s.value)), |_| ())?;
    let (mut count, mut sound, mut written) = (0, true, Ok(()));
    each(
        &sources,
        |record| row(&record, &ceilings),
        |_, row| {
            count += 1;
            if written.is_ok() {
                written = take(row);
            }
        },
        |problem| left_out(&problem, &mut sound),
    )?;
    written?;
    if count == 0 {
        bail!("no record in {}", names(paths));
    }
    Ok(sound)
}

fn collect(sources: &[Source], problem: impl FnMut(String)) -> anyhow::Result<Records> {
    let mut collector = Collector::of(sources.iter().map(|source| source.name.clone()).collect());
    each(sources, Observed::of, |(source, line), seen| collector.take(source, line, seen), problem)?;
    Ok(collector.finish())
}

/// Every record of the sources, with the number of its source and its line; what is none, in words.
fn each<T: Send>(
    sources: &[Source],
    make: impl Fn(Box<Record>) -> T + Sync,
    mut take: impl FnMut((usize, usize), T),
    mut problem: impl FnMut(String),
) -> anyhow::Result<()> {
    Ok(read_each(sources, make, |Line { source, number, what }| match what {
        Ok(made) => take((source, number), made),
        Err(what) => problem(format!("{}:{number}: {what}", sources[source].path.display())),
    })?)
}

fn left_out(problem: &str, sound: &mut bool) {
    eprintln!("{}", text::plain(&format!("{problem}; left out")));
    *sound = false;
}

fn relative(path: PathBuf, paths: &[PathBuf]) -> Source {
    let within = if let [only] = paths { path.strip_prefix(only).ok() } else { None };
    let within = within.filter(|p| !p.as_os_str().is_empty()).unwrap_or(&path);
    let name = if paths.len() == 1 && within == path {
        path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
    } else {
        within.display().to_string()
    };
    Source { path, name }
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|p: &PathBuf| Path::display(p).to_string()).collect::<Vec<_>>().join(", ")
}
