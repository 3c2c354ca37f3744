//! What is wrong in a catalogue: file, line, name and the fix.
//! Collects; the first problem does not hide the others.

use std::fmt;

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as a user would find it.
    pub file: String,
    /// Line in it, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// The entry and what in it, as `CLAIM.input`.
    pub name: String,
    /// What is wrong and what to do.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.name.is_empty() {
            write!(f, ": {}", self.name)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// All of them, never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "the catalogue has {count} problem{}", if count == 1 { "" } else { "s" })?;
        self.0.iter().try_for_each(|p| write!(f, "\n{p}"))
    }
}

impl std::error::Error for Problems {}

/// A file under inspection: turns byte offsets into lines and gathers what is wrong.
#[derive(Debug)]
pub(super) struct Inspector<'f> {
    pub(super) file: &'f str,
    pub(super) text: &'f str,
    pub(super) problems: Vec<Problem>,
}

impl<'f> Inspector<'f> {
    pub(super) fn new(file: &'f str, text: &'f str) -> Inspector<'f> {
        Inspector { file, text, problems: Vec::new() }
    }

    /// The line of a byte.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|b| *b == b'\n').count()
    }

    pub(super) fn fault(&mut self, at: usize, name: impl Into<String>, what: impl fmt::Display) {
        let (file, line) = (self.file.to_owned(), self.line(at));
        self.problems.push(Problem { file, line, name: name.into(), what: what.to_string() });
    }

    /// Parses the file as TOML of a known shape.
    pub(super) fn parse<T: serde::de::DeserializeOwned>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                let at = error.span().map_or(0, |s| s.start);
                self.fault(at, "", error.message());
                None
            }
        }
    }
}
