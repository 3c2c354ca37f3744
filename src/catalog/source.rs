//! Citations: who said a number, when, and how it was read.
//! Fetches nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::Inspector;

/// Key of the source that is none: a recollection or a plain assumption.
pub const UNSOURCED: &str = "unsourced";

/// A citation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What it is called.
    pub title: String,
    /// Who published it.
    pub publisher: String,
    /// When, as precisely as is known.
    pub date: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What was read: full, excerpt, or memory.
    pub read: String,
    /// A: primary; B: secondary press or analyst; C: aggregator or community page.
    pub tier: String,
}

pub(super) fn sources(inspector: &mut Inspector) -> BTreeMap<String, Source> {
    let parsed: BTreeMap<String, Source> = inspector.parse().unwrap_or_default();
    for (key, source) in &parsed {
        let at = inspector.text.find(&format!("[{key}]")).unwrap_or(0);
        if !["full", "excerpt", "memory"].contains(&source.read.as_str()) {
            inspector.fault(at, key, format!("read = \"{}\": write full, excerpt or memory", source.read));
        }
        if !["A", "B", "C"].contains(&source.tier.as_str()) {
            inspector.fault(at, key, format!("tier = \"{}\": write A, B or C", source.tier));
        }
    }
    parsed
}
