//! Where a rendered result goes: standard output or a file, in the format asked for.
//! Renders nothing; `report` does.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;

use super::Usage;
use crate::{
    file,
    report::{Format, Rows, Style, render},
};

/// Format and destination.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArgs {
    /// Format: table, md, json, jsonl or csv; by default the file's extension decides, else table
    #[arg(long, value_name = "FORMAT", env = "WATTMARK_FORMAT")]
    format: Option<String>,
    /// Write to this file instead of standard output; - is standard output
    #[arg(short, long, value_name = "FILE", env = "WATTMARK_OUTPUT")]
    output: Option<PathBuf>,
}

impl OutputArgs {
    /// The format asked for, by name or by the file's extension.
    pub(super) fn format(&self) -> anyhow::Result<Format> {
        if let Some(name) = &self.format {
            return name.parse().map_err(|e| Usage(format!("{e}")).into());
        }
        let extension = self.file().and_then(|f| f.extension()).and_then(|e| e.to_str());
        Ok(extension.and_then(|e| e.parse().ok()).unwrap_or(Format::Table))
    }

    /// The file, unless it is standard output.
    pub(super) fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|p| *p != Path::new("-"))
    }

    /// The folder, if -o names one: it is there, or ends in a slash.
    pub(super) fn folder(&self) -> Option<&Path> {
        let named = |p: &Path| p.to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
        self.file().filter(|p| p.is_dir() || named(p))
    }

    /// True if a format is named.
    pub(super) fn names_format(&self) -> bool {
        self.format.is_some()
    }

    /// True if the file asked for is where a run appends its records.
    pub(super) fn holds_records(&self) -> anyhow::Result<bool> {
        Ok(self.file().is_some() && self.format()? == Format::Jsonl)
    }

    /// As [`OutputArgs::show`], for a run: a file of records is never written over, its table goes to standard output.
    pub(super) fn show_beside_records(&self, rows: &dyn Rows) -> anyhow::Result<()> {
        if self.holds_records()? { print(&render(Format::Table, rows, &style(false))) } else { self.show(rows) }
    }

    /// Renders rows in the format asked for, to the destination asked for.
    pub(super) fn show(&self, rows: &dyn Rows) -> anyhow::Result<()> {
        let text = render(self.format()?, rows, &style(self.file().is_some()));
        match self.file() {
            Some(path) => write_file(path, &text),
            None => print(&text),
        }
    }
}

/// Replaces a file's contents in one step, so that a full disk leaves the old ones.
pub(super) fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    file::replace::<io::Error>(path, |out| out.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}; choose another file with -o", path.display()))
}

/// Prints to standard output. A reader that hung up (`| head`) is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

/// How a table must look at its destination: a terminal's width and colours, or plain text in a file. `COLUMNS` decides
/// the width where it is set.
pub(super) fn style(file: bool) -> Style {
    let style = if file { Style::PLAIN } else { Style::of_stdout() };
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse::<usize>().ok());
    Style { width: columns.unwrap_or(style.width).clamp(40, 400), ..style }
}
