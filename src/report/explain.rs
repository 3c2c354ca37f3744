//! `explain`: what a word in a report means, or what a case does, in plain sentences.
//! Knows only what `terms` and the kernel families say; makes nothing up.

use std::fmt;

pub use super::terms::Kind;
use super::{
    cost, number,
    terms::{self, Term},
};
use crate::kernel::{Case, FAMILIES, Suite, Variant};

/// What a term means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The term in its usual spelling.
    pub term: String,
    /// What sort of word it is.
    pub kind: Kind,
    /// Plain sentences; lines for a case.
    pub text: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.term, self.kind.name(), self.text)
    }
}

/// A word that nothing here knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing is known of `{term}`{}", suggestion(.nearest))]
pub struct UnknownTerm {
    /// What was asked for.
    pub term: String,
    /// Known terms that look like it, the nearest first.
    pub nearest: Vec<String>,
}

fn suggestion(nearest: &[String]) -> String {
    if nearest.is_empty() {
        return "; name a column, status, verdict, boundary, warning, kernel or case id, as they stand in a table"
            .to_owned();
    }
    format!("; did you mean {}?", nearest.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or "))
}

/// Explains a metric, column, status, verdict, boundary, warning code, clock, track, dtype, kernel or case id. Case and
/// surrounding blanks do not matter.
///
/// # Errors
/// Nothing of that name is known; the error suggests the nearest. A case id that is wrong says what is wrong with it.
pub fn explain(term: &str) -> Result<Explanation, UnknownTerm> {
    let wanted = term.trim().to_lowercase();
    let spelt = spelt_as_in_tables(&wanted);
    if let Some(found) = words().find(|t| t.names.contains(&wanted.as_str()) || t.names.contains(&spelt.as_str())) {
        let known = Explanation { term: found.names[0].to_owned(), kind: found.kind, text: found.text.to_owned() };
        return Ok(known);
    }
    if let Some(found) = kernel(&wanted) {
        return Ok(found);
    }
    if let Ok(case) = wanted.parse::<Case>() {
        return Ok(Explanation { term: case.id(), kind: Kind::Kernel, text: case_text(&case) });
    }
    if let Some(found) = cost::terms::role_or_step(&wanted) {
        return Ok(found);
    }
    Err(UnknownTerm { term: super::text::plain(term.trim()), nearest: nearest(&wanted) })
}

fn words() -> impl Iterator<Item = &'static Term> {
    terms::all().chain(cost::terms::TERMS)
}

/// `gflop_per_joule` is the column `flop/j`: prefixes go, and units are written short.
fn spelt_as_in_tables(term: &str) -> String {
    let short = |unit: &str| {
        let unit = unit.strip_suffix('s').filter(|u| !u.is_empty()).unwrap_or(unit);
        match unit {
            "joule" => "j".to_owned(),
            "second" | "sec" => "s".to_owned(),
            "byte" => "gb".to_owned(),
            _ => unit
                .strip_prefix(['k', 'm', 'g', 't'])
                .filter(|u| matches!(*u, "flop" | "op"))
                .unwrap_or(unit)
                .to_owned(),
        }
    };
    term.replace("_per_", "/").split('/').map(short).collect::<Vec<_>>().join("/")
}

/// Every term that [`explain`] knows by its usual spelling, kernels included.
pub fn known() -> Vec<String> {
    let kernels = FAMILIES.iter().flat_map(|family| {
        let variants = family.variants().iter().map(|v| format!("{}/{}", family.name(), v.name));
        std::iter::once(family.name().to_owned()).chain(variants)
    });
    words().map(|t| t.names[0].to_owned()).chain(kernels).collect()
}

fn nearest(wanted: &str) -> Vec<String> {
    let similarity = |name: &String| strsim::jaro_winkler(wanted, name);
    let mut ranked: Vec<(f64, String)> =
        known().into_iter().map(|name| (similarity(&name), name)).filter(|(s, _)| *s >= 0.8).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    ranked.into_iter().take(3).map(|(_, name)| name).collect()
}

/// A family, `family/variant`, or a variant by its own name.
fn kernel(wanted: &str) -> Option<Explanation> {
    for family in FAMILIES {
        if family.name() == wanted {
            let variants: Vec<_> = family.variants().iter().map(|v| format!("{}: {}", v.name, v.about)).collect();
            let text = format!("A kernel family.\n  {}", variants.join("\n  "));
            return Some(Explanation { term: wanted.to_owned(), kind: Kind::Kernel, text });
        }
        for variant in family.variants() {
            let full = format!("{}/{}", family.name(), variant.name);
            if full == wanted || variant.name == wanted {
                return Some(Explanation { term: full, kind: Kind::Kernel, text: variant_text(variant) });
            }
        }
    }
    None
}

fn variant_text(variant: &Variant) -> String {
    let axes: Vec<_> =
        variant.axes.iter().map(|a| format!("{}: {}; {} by default", a.name, a.about, a.default)).collect();
    let dtypes: Vec<_> = variant.dtypes.iter().map(|d| d.name()).collect();
    format!("{}.\n  {}\n  dtypes: {}", capital(variant.about), axes.join("\n  "), dtypes.join(", "))
}

fn case_text(case: &Case) -> String {
    let mut lines = vec![format!("{}.", capital(case.variant.about))];
    lines.extend(case.variant.axes.iter().map(|a| format!("{} = {}: {}", a.name, case.axis(a.name), a.about)));
    for word in [case.dtype.name(), case.cache.name()] {
        lines.extend(words().find(|t| t.names.contains(&word)).map(|t| format!("{word}: {}", t.text)));
    }
    let work = case.work();
    let traffic = if work.bytes < 1000.0 { format!("{} B", work.bytes) } else { number::si(work.bytes, 4, "B") };
    if work.flop > 0.0 {
        let operations = number::si(work.flop, 4, work.unit.name());
        let intensity = number::decimal(work.intensity(), 3);
        let unit = work.unit.name();
        lines.push(format!(
            "One launch counts {operations} and {traffic} of compulsory traffic: {intensity} {unit} per byte."
        ));
    } else {
        lines.push(format!("One launch counts no arithmetic and {traffic} of compulsory traffic."));
    }
    let from = origins(case);
    if from.is_empty() {
        lines.push("No suite has this shape.".to_owned());
    }
    lines.extend(from);
    lines.join("\n  ")
}

/// Where the embedded suites say that the shape comes from, whatever the dtype and cache state.
fn origins(case: &Case) -> Vec<String> {
    let same_shape = |other: &Case| other.variant.name == case.variant.name && other.shape == case.shape;
    let mut lines: Vec<String> = Vec::new();
    for suite in ["quick", "inference", "full", "verify"].into_iter().filter_map(|name| Suite::load(name).ok()) {
        let mut whys: Vec<&str> = Vec::new();
        for entry in suite.cases.iter().filter(|c| c.case.family.name() == case.family.name() && same_shape(&c.case)) {
            if !whys.contains(&entry.why.as_str()) {
                whys.push(&entry.why);
            }
        }
        lines.extend(whys.iter().map(|why| format!("In suite {}: {why}.", suite.name)));
    }
    lines
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{
        compare::Outcome,
        kernel::Dtype,
        record::Status,
        report::{Rows as _, fixtures},
    };

    /// Warning codes that records may hold.
    const CODES: &[&str] = &[
        "clock_disagreement",
        "noisy",
        "time_limit",
        "power_capped",
        "throttled",
        "software_device",
        "emulated",
        "loaded_machine",
        "cache_assumed",
        "short_window",
        "window_too_short",
        "meters_disagree",
        "observer_effect",
        "host_clock_only",
        "reduced_cold_sets",
    ];

    #[test]
    fn names_are_unique_and_texts_are_sentences() {
        let mut seen = HashSet::new();
        for term in words() {
            for name in term.names {
                assert!(seen.insert(*name), "{name} stands twice in the table");
                assert_eq!(*name, name.to_lowercase());
            }
            assert!(term.text.ends_with('.') && !term.text.contains("  "), "{}", term.text);
        }
    }

    #[test]
    fn every_word_of_the_reports_is_known() {
        let statuses = [Status::Ok, Status::Unsupported, Status::Skipped, Status::Failed].map(Status::name);
        let outcomes = Outcome::ALL.map(Outcome::name);
        let boundaries = ["rail", "gpu_board", "package", "module", "dc_in", "wall_ac"];
        let others = ["dev", "host", "device", "portable", "native", "library", "compute", "memory", "cold", "hot"];
        let energy = ["measured", "modelled", "unmeasured", "short", "published", "counter", "gauge"];
        let classes = ["cpu", "discrete", "integrated", "virtual", "software", "other", "mock"];
        let words = statuses.iter().chain(&outcomes).chain(&boundaries).chain(&others).chain(&energy).chain(&classes);
        let bases = crate::workload::Basis::ALL.map(crate::workload::Basis::name);
        let verdicts = crate::catalog::Verdict::ALL.map(crate::catalog::Verdict::name);
        let kinds = crate::catalog::Kind::ALL.map(crate::catalog::Kind::name);
        let strengths = ["bare", "likely", "undecided", "prior", "unsourced", "set by the user", "provisional"];
        let workload = ["role", "launches", "each", "share", "basis", "tokens/s", "j/token", "ttft"];
        let claims = bases.iter().chain(&verdicts).chain(&kinds).chain(&strengths).chain(&workload);
        let words = words.chain(claims);
        for word in words.chain(&Dtype::ALL.map(Dtype::name)).chain(CODES) {
            assert!(explain(word).is_ok(), "{word} is not explained");
        }
        for code in CODES {
            assert_eq!(explain(code).unwrap().kind, Kind::Warning);
        }
        let records = fixtures::records();
        let devices = fixtures::devices();
        let sheets = [
            crate::report::results::Results::of(&records).sheet(),
            crate::report::verified::Verified(&records).sheet(),
            crate::report::compared::Compared { comparisons: &[], gate: None }.sheet(),
            crate::report::claims::Claims { outcomes: &[], findings: &[] }.sheet(),
            crate::report::findings::Findings(&[]).sheet(),
            crate::report::drivers::Drivers(&[]).sheet(),
            crate::report::devices::Devices { board: None, devices: &devices, sensors: &[], missing: &[] }.sheet(),
            crate::report::sensors::Sensors { sensors: &[], missing: &[] }.sheet(),
        ];
        for column in sheets.iter().flat_map(|s| &s.columns) {
            assert!(explain(column.title).is_ok(), "column {} is not explained", column.title);
        }
    }

    #[test]
    fn every_word_of_a_cost_is_known() {
        use crate::cost::{Asked, Party, Query, Share, Throughput, compare};
        let catalog = crate::catalog::Catalog::load(&[]).unwrap_or_else(|e| panic!("{e}"));
        let party = |name, scenario| Party {
            name,
            query: Query {
                scenario,
                device: "h100-sxm",
                throughput: Some(Throughput::exactly(9.0)),
                ..Query::default()
            },
        };
        let parties =
            vec![party("edge", "car-on-battery"), party("cloud", "renter-1y"), party("own", "hyperscale-owner")];
        let share = Some(Share { offload: (0.1, 0.2, 0.3), overhead: None });
        let found = compare(&catalog, &Asked { parties, share, draws: 100, seed: 1 }).unwrap();
        let costs = crate::report::cost::Costs { found: &found, model: None, explain: true };
        for sheet in costs.sheets() {
            for column in &sheet.columns {
                assert!(explain(column.title).is_ok(), "column {} is not explained", column.title);
            }
        }
        for side in &found.sides {
            let filled = side.priced.filled.iter().map(|f| f.role.as_str());
            let steps = side.priced.derived.iter().map(|s| s.name.as_str());
            let terms = side.priced.terms.iter().map(|t| t.what.as_str());
            for word in filled.chain(steps).chain(terms).chain([side.name.as_str()]) {
                assert!(explain(word).is_ok(), "{word} is not explained");
            }
        }
        for basis in crate::cost::Basis::ALL.map(crate::cost::Basis::name) {
            assert!(explain(basis).is_ok(), "{basis} is not explained");
        }
    }

    #[test]
    fn kernels_and_cases_are_explained() {
        for family in FAMILIES {
            assert!(explain(family.name()).is_ok());
            for variant in family.variants() {
                assert!(explain(&format!("{}/{}", family.name(), variant.name)).is_ok());
            }
        }
        insta::assert_snapshot!(explain("matmul/gemv/f32/m=1,n=4096,k=4096/cold").unwrap());
        insta::assert_snapshot!(explain("ceiling/launch/f32/n=1/hot").unwrap());
    }

    #[test]
    fn a_slip_of_the_keyboard_gets_suggestions() {
        let error = explain("clock_disagrement").unwrap_err();
        assert_eq!(error.nearest[0], "clock_disagreement");
        assert!(error.to_string().contains("did you mean `clock_disagreement`"), "{error}");
        assert!(explain("matmul/gemw").unwrap_err().nearest.contains(&"matmul/gemv".to_owned()));
        assert!(explain("xyzzy").unwrap_err().to_string().contains("name a column"));
        assert!(explain("").is_err());
    }
}
