//! Progress on standard error: a line that moves on a terminal, plain lines elsewhere.
//! Silent while a sample is taken: it draws only when a case begins or ends.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    backend::DeviceFacts,
    kernel::SuiteCase,
    record::{Record, Status},
    run::Observer,
};

/// Shows a run's progress.
pub(super) struct Progress {
    bar: ProgressBar,
    plain: bool,
}

impl Progress {
    /// Progress on standard error, or none if `quiet`.
    pub(super) fn new(quiet: bool) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal && !quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{prefix} [{pos}/{len}] {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Progress { bar, plain: !terminal && !quiet }
    }

    fn say(&self, text: &str) {
        if self.plain {
            eprintln!("{text}");
        } else {
            self.bar.println(text);
        }
    }

    /// Clears the line.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn device(&mut self, facts: &DeviceFacts, cases: usize) {
        self.say(&format!("{}: {} ({}), {cases} cases", facts.id, facts.name, facts.api));
        self.bar.set_length(cases as u64);
        self.bar.set_position(0);
        self.bar.set_prefix(facts.id.clone());
    }

    fn case(&mut self, _: &DeviceFacts, case: &SuiteCase) {
        self.bar.set_message(case.case.id());
        self.bar.tick();
    }

    fn record(&mut self, record: &Record) {
        self.bar.inc(1);
        let reason = record.reason.as_deref().unwrap_or_default();
        match record.status {
            Status::Failed | Status::Skipped => {
                self.say(&format!("  {} {}: {reason}", record.status.name(), record.case.id));
            }
            Status::Ok | Status::Unsupported if self.plain => {
                self.say(&format!("  {} {} {reason}", record.status.name(), record.case.id));
            }
            Status::Ok | Status::Unsupported => {}
        }
    }

    fn note(&mut self, text: &str) {
        self.say(&format!("note: {text}"));
    }
}
