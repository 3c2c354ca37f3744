//! What an interrupted run has already recorded, so that `--resume` runs the rest.
//! Reads records; changes none.

use std::collections::HashSet;

use crate::{
    backend::DeviceFacts,
    kernel::SuiteCase,
    record::{Record, Status},
};

/// Cases already recorded, by case id, track and device key.
#[derive(Debug, Clone, Default)]
pub struct Done(HashSet<(String, String)>);

/// Collects what is done: everything that was tried. Skipped and interrupted cases are tried again, and failed ones too
/// where `retry_failed` asks for it.
pub fn done_already(records: &[Record], retry_failed: bool) -> Done {
    let tried = |r: &&Record| match r.status {
        Status::Ok | Status::Unsupported => true,
        Status::Failed => !retry_failed,
        Status::Skipped => false,
    };
    Done(records.iter().filter(tried).map(|r| (r.case.id.clone(), place(&r.device))).collect())
}

impl Done {
    /// True if this case was tried on this device.
    pub fn contains(&self, case: &SuiteCase, facts: &DeviceFacts) -> bool {
        self.0.contains(&(case.case.id(), place(facts)))
    }

    /// Number of case-device pairs that are done.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if nothing is done.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn place(facts: &DeviceFacts) -> String {
    format!("{:?}/{}", facts.track, facts.key())
}
