//! What is wrong with a formula, and at which character.
//! Knows the formula's text, not the file it stands in.

use std::{fmt, ops::Range};

/// A fault in a formula, shown under its text with a caret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormulaError {
    text: String,
    span: Range<usize>,
    what: String,
}

impl FormulaError {
    pub(super) fn new(text: &str, span: Range<usize>, what: impl Into<String>) -> FormulaError {
        FormulaError { text: text.to_owned(), span, what: what.into() }
    }

    /// What is wrong, without the place.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The faulty part, in bytes of the formula.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, whatever the text holds, so that the caret stands under what it points at.
        let line: String = self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let upto = |at: usize| self.text.char_indices().filter(|(i, _)| *i < at).count();
        let (from, to) = (upto(self.span.start), upto(self.span.end));
        let carets = "^".repeat((to - from).max(1));
        write!(f, "{}\n    {line}\n    {}{carets}", self.what, " ".repeat(from))
    }
}

impl std::error::Error for FormulaError {}
