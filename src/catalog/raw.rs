//! The shape of the files, before anything is checked: fields may be missing, so that every gap can be told at once.
//! Understands no unit and no formula.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

pub(super) type Text = Option<Spanned<String>>;

/// A number with all that must come with it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNumber {
    pub(super) name: Text,
    pub(super) id: Text,
    pub(super) meaning: Option<String>,
    pub(super) low: Option<f64>,
    #[serde(alias = "value")]
    pub(super) mode: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) unit: Text,
    pub(super) dist: Option<String>,
    #[serde(default)]
    pub(super) choices: Vec<f64>,
    pub(super) boundary: Text,
    pub(super) source: Text,
    pub(super) date: Option<String>,
    pub(super) confidence: Option<String>,
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) mended: Vec<String>,
    pub(super) kind: Option<String>,
    pub(super) shared: Option<String>,
    pub(super) from: Text,
    pub(super) measured_by: Option<RawAddress>,
    pub(super) role: Option<String>,
    pub(super) device: Text,
    pub(super) model: Text,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAddress {
    pub(super) device: String,
    pub(super) model: Option<String>,
    pub(super) phase: Option<String>,
    pub(super) batch: Option<u64>,
    pub(super) context: Option<u64>,
    pub(super) dtype: Option<String>,
    pub(super) metric: String,
    pub(super) boundary: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClaim {
    pub(super) id: Text,
    pub(super) rank: Option<u32>,
    pub(super) reading: Option<String>,
    pub(super) pair_of: Option<String>,
    pub(super) topic: Option<String>,
    pub(super) testable: Option<String>,
    pub(super) untestable: Option<String>,
    pub(super) quote: Text,
    pub(super) quote_sha256: Option<String>,
    pub(super) seed: Option<String>,
    pub(super) seed_line: Option<u32>,
    #[serde(default)]
    pub(super) also: Vec<RawQuote>,
    pub(super) measured_part: Option<String>,
    pub(super) assumed_part: Option<String>,
    pub(super) why_missed: Option<String>,
    #[serde(alias = "draft_note")]
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) mended: Vec<String>,
    #[serde(default)]
    pub(super) stated: Vec<Spanned<RawStated>>,
    #[serde(default)]
    pub(super) inputs: Vec<Spanned<RawNumber>>,
    #[serde(default)]
    pub(super) derived: Vec<Spanned<RawDerived>>,
    #[serde(default)]
    pub(super) rules: Vec<Spanned<RawRule>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQuote {
    pub(super) quote: Spanned<String>,
    pub(super) quote_sha256: Option<String>,
    pub(super) seed: String,
    pub(super) seed_line: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStated {
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) unit: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDerived {
    pub(super) name: Text,
    pub(super) meaning: Option<String>,
    #[serde(alias = "expr")]
    pub(super) formula: Text,
    pub(super) unit: Text,
    pub(super) boundary: Text,
    pub(super) draft: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) when: Text,
    pub(super) verdict: Text,
    pub(super) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDevice {
    pub(super) id: Text,
    pub(super) name: Option<String>,
    pub(super) class: Option<String>,
    pub(super) year: Option<u32>,
    #[serde(default)]
    pub(super) api: Vec<String>,
    #[serde(default, rename = "match")]
    pub(super) matches: Vec<String>,
    pub(super) stand_in_for: Option<String>,
    pub(super) sparse_note: Option<String>,
    pub(super) note: Option<String>,
    pub(super) review_note: Option<String>,
    #[serde(default)]
    pub(super) absent: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) mended: Vec<String>,
    #[serde(default)]
    pub(super) peak: BTreeMap<String, Spanned<RawNumber>>,
    #[serde(default)]
    pub(super) quantity: BTreeMap<String, Spanned<RawNumber>>,
    #[serde(default)]
    pub(super) per_soc: BTreeMap<String, Spanned<RawNumber>>,
    #[serde(default)]
    pub(super) known: Vec<RawKnown>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKnown {
    pub(super) model: Spanned<String>,
    pub(super) dtype: String,
    pub(super) streams: u64,
    pub(super) decode: Spanned<RawNumber>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawModel {
    pub(super) id: Text,
    pub(super) role: Option<String>,
    pub(super) note: Option<String>,
    pub(super) native_weight_format: Option<String>,
    pub(super) source: Text,
    #[allow(dead_code, reason = "the counts below carry their own")]
    pub(super) date: Option<String>,
    pub(super) confidence: Option<String>,
    pub(super) total: Option<Spanned<RawNumber>>,
    pub(super) active: Option<Spanned<RawNumber>>,
    pub(super) shape: Option<Spanned<super::Shape>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScenarios {
    #[allow(dead_code, reason = "a heading for people")]
    pub(super) about: Option<String>,
    #[serde(default)]
    pub(super) input: Vec<Spanned<RawNumber>>,
    #[serde(default)]
    pub(super) scenario: Vec<Spanned<RawScenario>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScenario {
    pub(super) id: Text,
    pub(super) side: Option<String>,
    pub(super) cost: Option<String>,
    #[serde(default)]
    pub(super) uses: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) check_against: Vec<Spanned<String>>,
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) mended: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCost {
    pub(super) id: Text,
    pub(super) about: Option<String>,
    pub(super) output: Text,
    pub(super) hourly: Option<String>,
    pub(super) duty: Option<String>,
    #[serde(default)]
    pub(super) roles: Vec<Spanned<RawRole>>,
    #[serde(default)]
    pub(super) derived: Vec<Spanned<RawStep>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) name: Text,
    pub(super) formula: Text,
    pub(super) unit: Text,
    pub(super) term: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRole {
    pub(super) name: Text,
    pub(super) unit: Text,
    pub(super) boundary: Text,
    pub(super) meaning: Option<String>,
    pub(super) absent: Option<f64>,
    pub(super) fallback: Option<String>,
    pub(super) range: Option<Spanned<Vec<f64>>>,
}
