//! A table before it has a format: columns, groups of rows, notes.
//! Holds raw text; escaping and layout are the writers'.

use std::collections::HashMap;

/// How a cell is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As any other.
    #[default]
    Plain,
    /// What was hoped for.
    Good,
    /// To be doubted.
    Doubt,
    /// What went wrong.
    Bad,
    /// Less important.
    Faint,
}

/// One cell: parts that stand side by side where they fit and below each other where not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The parts.
    pub parts: Vec<String>,
    /// Text that stands for the parts on one line, if it is not the parts with spaces between.
    pub line: Option<String>,
    /// How it is meant.
    pub tone: Tone,
}

impl Cell {
    /// A cell of one part.
    pub fn of(text: impl Into<String>) -> Cell {
        Cell { parts: vec![text.into()], ..Cell::default() }
    }

    /// A cell of several parts; empty ones are left out.
    pub fn parts<const N: usize>(parts: [String; N]) -> Cell {
        Cell { parts: parts.into_iter().filter(|p| !p.is_empty()).collect(), ..Cell::default() }
    }

    /// The same cell in another tone.
    pub fn tone(self, tone: Tone) -> Cell {
        Cell { tone, ..self }
    }

    /// Adds a part, unless it is empty.
    pub fn push(&mut self, part: impl Into<String>) {
        let part = part.into();
        if !part.is_empty() {
            self.parts.push(part);
        }
    }

    /// The cell on one line.
    pub fn one_line(&self) -> String {
        self.line.clone().unwrap_or_else(|| self.parts.join(" "))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::of(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::of(text)
    }
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Heading, with the unit where cells leave it out.
    pub title: &'static str,
    /// Numbers are set flush right.
    pub number: bool,
    /// Left out where the table is narrow; what it says is then found in a wider table or another format.
    pub wide_only: bool,
}

impl Column {
    /// A column of text.
    pub const fn text(title: &'static str) -> Column {
        Column { title, number: false, wide_only: false }
    }

    /// A column of numbers.
    pub const fn number(title: &'static str) -> Column {
        Column { title, number: true, wide_only: false }
    }

    /// The same column, for wide tables only.
    pub const fn wide(self) -> Column {
        Column { wide_only: true, ..self }
    }
}

/// Rows under one heading.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Lines above the rows; empty for none.
    pub heading: Vec<String>,
    /// Rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
}

/// Footnotes: each text once, however many cells refer to it.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    texts: Vec<String>,
    known: HashMap<String, usize>,
}

impl Notes {
    /// The mark of a note, as `[1]`; a new text gets the next number.
    pub fn mark(&mut self, text: impl Into<String>) -> String {
        let text = text.into();
        let number = *self.known.entry(text).or_insert_with_key(|text| {
            self.texts.push(text.clone());
            self.texts.len()
        });
        format!("[{number}]")
    }

    /// Notes in the order of their numbers.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// A whole table.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Columns, left to right.
    pub columns: Vec<Column>,
    /// Groups, top to bottom.
    pub groups: Vec<Group>,
    /// Lines below the rows.
    pub summary: Vec<String>,
    /// Footnotes.
    pub notes: Notes,
    /// What to say when there is no row.
    pub empty: &'static str,
}

impl Sheet {
    /// True if no group has a row.
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(|g| g.rows.is_empty())
    }

    /// Columns that hold something in any row, with or without those for wide tables. The first always counts.
    pub fn used_columns(&self, wide: bool) -> Vec<usize> {
        let filled = |c: usize| self.groups.iter().flat_map(|g| &g.rows).any(|row| !row[c].parts.is_empty());
        (0..self.columns.len()).filter(|&c| c == 0 || (filled(c) && (wide || !self.columns[c].wide_only))).collect()
    }
}
