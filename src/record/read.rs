//! The one reader of record files: every line with its place, parsed side by side, in the order of the files.
//! Keeps no record and prints nothing; whoever reads keeps what they need, and says what to do about damage.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{Record, SCHEMA};
use crate::in_order::in_order;

/// Bytes that a thread takes at once: some hundred records, so that little waits for its turn.
const BLOCK: usize = 256 << 10;

/// A record file, and the name under which messages and citations know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Where it lies; `-` is standard input.
    pub(crate) path: PathBuf,
    /// What it is called.
    pub(crate) name: String,
}

impl Source {
    /// A file under the name that its user gave it.
    pub(crate) fn named(path: &Path) -> Source {
        Source { path: path.to_owned(), name: path.display().to_string() }
    }
}

/// A record file that cannot be opened or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {source}")]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// A line that is not blank.
#[derive(Debug)]
pub(crate) struct Line<T> {
    /// Which of the sources.
    pub(crate) source: usize,
    /// Number of the line, from 1.
    pub(crate) number: usize,
    /// What was made of its record, or why it is none and what to do.
    pub(crate) what: Result<T, String>,
}

/// Reads sources: `each` makes something of a record on any thread, `take` gets the lines one by one in the order of the
/// sources. Memory does not grow with their size: what `take` does not keep is gone.
///
/// # Errors
/// A source cannot be opened or read; lines before that have been taken.
pub(crate) fn read_each<T: Send>(
    sources: &[Source],
    each: impl Fn(Box<Record>) -> T + Sync,
    mut take: impl FnMut(Line<T>),
) -> Result<(), ReadError> {
    let blocks = Mutex::new(Blocks { sources, next: 0, open: None, rest: vec![], line: 1, made: 0 });
    in_order(
        usize::MAX,
        || (),
        |()| {
            let (place, block) = blocks.lock().expect("no thread panics while it holds this").next()?;
            Some((place, block.map(|block| block.lines(&each))))
        },
        |lines: Result<Vec<Line<T>>, ReadError>| {
            lines?.into_iter().for_each(&mut take);
            Ok(())
        },
    )
}

/// Whole lines of a source.
struct Block {
    source: usize,
    /// Number of the first line.
    first: usize,
    text: Vec<u8>,
}

impl Block {
    fn lines<T>(&self, each: &(impl Fn(Box<Record>) -> T + Sync)) -> Vec<Line<T>> {
        let lines = self.text.split_inclusive(|byte| *byte == b'\n').enumerate();
        let one = |(at, line): (usize, &[u8])| {
            let what = parse_line(line)?.map(each);
            Some(Line { source: self.source, number: self.first + at, what })
        };
        lines.filter_map(one).collect()
    }
}

/// Cuts sources into blocks, one after the other.
struct Blocks<'s> {
    sources: &'s [Source],
    /// The source after the open one.
    next: usize,
    open: Option<(usize, Box<dyn Read + Send>)>,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
    /// Number of the line that begins there.
    line: usize,
    /// How many blocks there were.
    made: usize,
}

impl Blocks<'_> {
    /// The next block and its number; after an error there is none.
    fn next(&mut self) -> Option<(usize, Result<Block, ReadError>)> {
        let block = self.block().transpose()?;
        if block.is_err() {
            (self.open, self.next) = (None, self.sources.len());
        }
        self.made += 1;
        Some((self.made - 1, block))
    }

    fn block(&mut self) -> Result<Option<Block>, ReadError> {
        loop {
            let Some((source, input)) = &mut self.open else {
                let Some(source) = self.sources.get(self.next) else { return Ok(None) };
                self.open = Some((self.next, open(&source.path)?));
                (self.next, self.line) = (self.next + 1, 1);
                continue;
            };
            let source = *source;
            let known = self.rest.len();
            let failed = |error| ReadError { path: self.sources[source].path.clone(), source: error };
            self.rest.reserve(BLOCK);
            let got = input.take(BLOCK as u64).read_to_end(&mut self.rest).map_err(failed)?;
            let end = self.rest[known..].iter().rposition(|byte| *byte == b'\n').map(|at| known + at + 1);
            let end = if got < BLOCK { Some(self.rest.len()) } else { end };
            if got < BLOCK {
                self.open = None;
            }
            let Some(end) = end.filter(|end| *end > 0) else { continue };
            let rest = self.rest.split_off(end);
            let text = std::mem::replace(&mut self.rest, rest);
            let first = self.line;
            self.line += line_feeds(&text);
            return Ok(Some(Block { source, first, text }));
        }
    }
}

/// Counted a byte each in pieces whose count fits a byte: vector instructions, for other threads wait meanwhile.
fn line_feeds(text: &[u8]) -> usize {
    let pieces = text.chunks(usize::from(u8::MAX));
    pieces.map(|piece| usize::from(piece.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>())).sum()
}

fn open(path: &Path) -> Result<Box<dyn Read + Send>, ReadError> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).map_err(|source| ReadError { path: path.to_owned(), source })?;
    Ok(Box::new(file))
}

/// A line that is no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

/// Records of a file, and the lines that are none.
#[derive(Debug, Clone, Default)]
pub struct ReadReport {
    /// Records that could be read, in file order.
    pub records: Vec<Record>,
    /// Line of each record, from 1.
    pub lines: Vec<usize>,
    /// Lines that could not.
    pub problems: Vec<Problem>,
}

/// Reads a record file whole; `-` is standard input. Bad lines are reported and passed over; the rest is kept.
///
/// # Errors
/// Only if the file cannot be opened or read at all.
pub fn read_file(path: &Path) -> Result<ReadReport, ReadError> {
    let mut report = ReadReport::default();
    read_each(
        &[Source::named(path)],
        |record| record,
        |line| match line.what {
            Ok(record) => {
                report.records.push(*record);
                report.lines.push(line.number);
            }
            Err(what) => report.problems.push(Problem { line: line.number, what }),
        },
    )?;
    Ok(report)
}

/// One line of a record file, its line feed included: a record, or what is wrong with it; `None` if it is blank.
pub(crate) fn parse_line(line: &[u8]) -> Option<Result<Box<Record>, String>> {
    match std::str::from_utf8(line).map(str::trim) {
        Ok("") => None,
        Ok(text) => Some(parse(text, line.ends_with(b"\n"))),
        Err(error) => {
            Some(Err(format!("not UTF-8 at byte {} of the line; is this a record file?", error.valid_up_to())))
        }
    }
}

fn parse(text: &str, ended: bool) -> Result<Box<Record>, String> {
    match serde_json::from_str::<Box<Record>>(text) {
        Ok(record) if record.schema == SCHEMA => check(&record).map(|()| record),
        Ok(record) => Err(schema(&record.schema)),
        Err(error) => Err(what_else(text, ended, &error)),
    }
}

fn schema(found: &str) -> String {
    format!(
        "schema `{found}`, but this version reads `{SCHEMA}`; a newer wattmark may have written it: update, or leave the \
         file out"
    )
}

/// Why a line is no record, from the least that any version of one has.
fn what_else(text: &str, ended: bool, error: &serde_json::Error) -> String {
    #[derive(serde::Deserialize)]
    struct Head {
        schema: String,
    }
    match serde_json::from_str::<Head>(text) {
        Ok(head) if head.schema == SCHEMA => format!("not a valid `{SCHEMA}` record: {error}"),
        Ok(head) => schema(&head.schema),
        Err(error) => {
            let cut = "; the line is cut short, as after a crash: that one case is lost, `run --resume` repeats it";
            format!("no record: {error}{}", if error.is_eof() || !ended { cut } else { "" })
        }
    }
}

/// Values that no run can produce.
fn check(record: &Record) -> Result<(), String> {
    if let Some(time) = &record.time {
        if let Some(bad) = time.samples_s.iter().find(|s| !s.is_finite() || **s <= 0.0) {
            return Err(format!("time.samples_s holds {bad}: a duration is positive and finite"));
        }
        if time.samples_s.is_empty() || time.launches_per_sample == 0 {
            return Err("time without samples or launches".to_owned());
        }
        if !record.verification.as_ref().is_some_and(|v| v.passed) {
            return Err("time without a passed verification: an unverified case has no throughput".to_owned());
        }
    }
    if record.status != super::Status::Ok && record.reason.is_none() {
        return Err(format!("status `{}` without a reason", record.status.name()));
    }
    if !(record.work.flop.is_finite() && record.work.bytes.is_finite()) {
        return Err("work is not finite".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn lines_come_in_the_order_of_the_files_whatever_their_length() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = fixtures::records().remove(0);
        let mut sources = Vec::new();
        // Lines from a fraction of a block to several of them, in more files than there are threads.
        for (file, length) in [10, 2000, BLOCK, 3 * BLOCK, 0, 7].into_iter().enumerate() {
            let mut text = "\n".to_owned();
            for line in 0..40_000_000 / (20 * (length + 20_000)) {
                record.run.id = format!("{file}.{line}");
                record.run.suite = "x".repeat(length);
                text += &(serde_json::to_string(&record).unwrap() + "\n");
            }
            let path = folder.path().join(file.to_string());
            std::fs::write(&path, text + "{\"half\":").unwrap();
            sources.push(Source::named(&path));
        }
        let (mut places, mut damaged) = (vec![0; sources.len()], Vec::new());
        let take = |line: Line<String>| match line.what {
            Ok(id) => {
                assert_eq!(id, format!("{}.{}", line.source, places[line.source]));
                assert_eq!(line.number, places[line.source] + 2, "the first line is blank");
                places[line.source] += 1;
            }
            Err(what) => damaged.push((line.source, line.number, what)),
        };
        read_each(&sources, |record| record.run.id.clone(), take).unwrap();
        assert_eq!(damaged.len(), sources.len());
        for (at, (source, number, what)) in damaged.into_iter().enumerate() {
            assert_eq!((source, number), (at, places[at] + 2));
            assert!(what.contains("cut short"), "{what}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_ends_the_reading() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("there.jsonl");
        std::fs::write(&there, serde_json::to_string(&fixtures::records()[0]).unwrap()).unwrap();
        let sources = [&there, &folder.path().join("gone.jsonl"), &there].map(|path| Source::named(path));
        let mut taken = 0;
        let error = read_each(&sources, |record| record, |_| taken += 1).unwrap_err().to_string();
        assert!(error.contains("gone.jsonl") && taken == 1, "{taken}: {error}");
    }
}
