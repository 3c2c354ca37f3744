//! Suites: lists of cases as TOML, and the filters that pick from them on the command line.
//! Runs nothing.

use std::collections::BTreeSet;

use serde::Deserialize;
use wildmatch::WildMatch;

use super::{Cache, Case, CaseError, Dtype, Shape};

/// Suites that travel in the binary: name and text.
const EMBEDDED: &[(&str, &str)] = &[
    ("quick", include_str!("../../kernels/suites/quick.toml")),
    ("inference", include_str!("../../kernels/suites/inference.toml")),
    ("full", include_str!("../../kernels/suites/full.toml")),
    ("verify", include_str!("../../kernels/suites/verify.toml")),
];

/// What is wrong with a suite or a filter.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// No suite and no file of that name.
    #[error("no suite `{got}`: known are {known}, or give the path of a TOML file")]
    Unknown {
        /// What was asked for.
        got: String,
        /// Embedded suites.
        known: String,
    },
    /// The file cannot be read.
    #[error("suite {path}: {source}")]
    Read {
        /// Its path.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The TOML is not a suite.
    #[error("suite {name}: {source}")]
    Parse {
        /// The suite.
        name: String,
        /// Where and what.
        source: toml::de::Error,
    },
    /// A case in it means nothing.
    #[error("suite {name}: {source}")]
    Case {
        /// The suite.
        name: String,
        /// Which and why.
        source: CaseError,
    },
    /// A `--shape` that cannot be read.
    #[error(
        "shape `{text}`: {why}; write axis=value,..., a list as m=1;8;64, a sweep as m=128..4096*2 or m=64..512+64"
    )]
    Shape {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nothing is left to run.
    #[error(
        "no case of suite `{suite}` matches {filter}; `wattmark run --plan` lists what there is, and --shape asks for a shape that no suite has"
    )]
    NothingLeft {
        /// The suite.
        suite: String,
        /// The filter in words.
        filter: String,
    },
    /// A filter names a case that cannot be.
    #[error(transparent)]
    Invalid(#[from] CaseError),
}

/// A case and what its suite says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SuiteCase {
    /// The case.
    pub case: Case,
    /// Worth an energy window at `--energy published`.
    pub energy: bool,
    /// Where the shape comes from, in words; empty when asked for on the command line.
    pub why: String,
}

/// A named list of cases.
#[derive(Debug, Clone)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Time limit of a case's sampling, seconds.
    pub max_seconds: f64,
    /// The cases, in order: ceilings first, so that fractions are known.
    pub cases: Vec<SuiteCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuiteFile {
    about: String,
    max_seconds: f64,
    case: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    kernel: String,
    dtype: Vec<Dtype>,
    shape: Shape,
    cache: Vec<Cache>,
    #[serde(default)]
    energy: bool,
    why: String,
}

impl Suite {
    /// Loads an embedded suite by name, or a TOML file by path.
    ///
    /// # Errors
    /// Names what is unknown, unreadable or malformed, with its place.
    pub fn load(name: &str) -> Result<Suite, SuiteError> {
        if let Some((name, text)) = EMBEDDED.iter().find(|(n, _)| *n == name) {
            return Suite::parse(name, text);
        }
        if !name.ends_with(".toml") {
            let known = EMBEDDED.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ");
            return Err(SuiteError::Unknown { got: name.to_owned(), known });
        }
        let text =
            std::fs::read_to_string(name).map_err(|source| SuiteError::Read { path: name.to_owned(), source })?;
        Suite::parse(name, &text)
    }

    fn parse(name: &str, text: &str) -> Result<Suite, SuiteError> {
        let file: SuiteFile =
            toml::from_str(text).map_err(|source| SuiteError::Parse { name: name.to_owned(), source })?;
        let mut cases = Vec::new();
        for entry in &file.case {
            let (family, variant) = entry.kernel.split_once('/').unwrap_or((&entry.kernel, ""));
            for &dtype in &entry.dtype {
                for &cache in &entry.cache {
                    let case = Case::new(family, variant, dtype, &entry.shape, cache)
                        .map_err(|source| SuiteError::Case { name: name.to_owned(), source })?;
                    cases.push(SuiteCase { case, energy: entry.energy, why: entry.why.clone() });
                }
            }
        }
        Ok(Suite { name: name.to_owned(), about: file.about, max_seconds: file.max_seconds, cases })
    }
}

/// What of a suite to run, from `--case`, `--dtype`, `--shape` and `--cache`.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Patterns over case ids, with `*` and `?`; a pattern also matches as a prefix up to a `/`. Empty matches all.
    pub patterns: Vec<String>,
    /// Dtypes to keep; empty keeps all.
    pub dtypes: Vec<Dtype>,
    /// Shapes to run instead of the suite's own.
    pub shapes: Vec<String>,
    /// Cache states to keep; empty keeps all.
    pub caches: Vec<Cache>,
}

impl CaseFilter {
    /// Picks from a suite; with shapes, makes cases of the asked shape out of every kernel and dtype that matches.
    ///
    /// # Errors
    /// A malformed shape, a shape that no matching kernel has, or a filter that leaves nothing.
    pub fn apply(&self, suite: &Suite) -> Result<Vec<SuiteCase>, SuiteError> {
        if let [id] = &self.patterns[..]
            && let Ok(case) = id.parse::<Case>()
        {
            return Ok(vec![SuiteCase { case, energy: true, why: String::new() }]);
        }
        let cases = if self.shapes.is_empty() {
            suite.cases.iter().filter(|c| self.matches(&c.case)).cloned().collect()
        } else {
            self.made_to_order()?
        };
        if cases.is_empty() {
            return Err(SuiteError::NothingLeft { suite: suite.name.clone(), filter: self.describe() });
        }
        Ok(cases)
    }

    /// True if patterns, dtypes and cache states all let the case through.
    pub fn matches(&self, case: &Case) -> bool {
        (self.patterns.is_empty() || self.patterns.iter().any(|p| pattern_matches(p, &case.id())))
            && (self.dtypes.is_empty() || self.dtypes.contains(&case.dtype))
            && (self.caches.is_empty() || self.caches.contains(&case.cache))
    }

    fn made_to_order(&self) -> Result<Vec<SuiteCase>, SuiteError> {
        let mut shapes = Vec::new();
        for text in &self.shapes {
            shapes.extend(parse_shapes(text)?);
        }
        let mut made: Vec<SuiteCase> = Vec::new();
        let mut refusals = BTreeSet::new();
        for family in super::FAMILIES {
            for variant in family.variants() {
                for (shape, &dtype) in shapes.iter().flat_map(|s| variant.dtypes.iter().map(move |d| (s, d))) {
                    let name = format!("{}/{}/{dtype}", family.name(), variant.name);
                    if !self.patterns.is_empty() && !self.patterns.iter().any(|p| pattern_matches(p, &name)) {
                        continue;
                    }
                    for cache in [Cache::Cold, Cache::Hot] {
                        let wanted = self.caches.contains(&cache) || (self.caches.is_empty() && cache == Cache::Cold);
                        if !wanted || !(self.dtypes.is_empty() || self.dtypes.contains(&dtype)) {
                            continue;
                        }
                        match Case::new(family.name(), variant.name, dtype, shape, cache) {
                            Ok(case) => made.push(SuiteCase { case, energy: true, why: String::new() }),
                            Err(error) => drop(refusals.insert(error.to_string())),
                        }
                    }
                }
            }
        }
        if made.is_empty()
            && let Some(why) = refusals.into_iter().next()
        {
            return Err(SuiteError::Shape { text: self.shapes.join(" "), why });
        }
        Ok(made)
    }

    fn describe(&self) -> String {
        let dtypes: Vec<_> = self.dtypes.iter().map(|d| d.name()).collect();
        let caches: Vec<_> = self.caches.iter().map(|c| c.name()).collect();
        let parts = [("--case", self.patterns.join(",")), ("--dtype", dtypes.join(",")), ("--cache", caches.join(","))];
        let given: Vec<_> = parts.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("{k} {v}")).collect();
        given.join(" ")
    }
}

fn pattern_matches(pattern: &str, id: &str) -> bool {
    let pattern = pattern.trim_end_matches('/');
    WildMatch::new(pattern).matches(id) || WildMatch::new(&format!("{pattern}/*")).matches(id)
}

/// Most shapes that one sweep may expand to: a slip of the keyboard should not plan a month.
const MOST_SHAPES: usize = 10_000;

/// Parses `m=37,n=129..1024*2,k=1;2;3` into the product of its axes' values.
fn parse_shapes(text: &str) -> Result<Vec<Shape>, SuiteError> {
    let wrong = |why: String| SuiteError::Shape { text: text.to_owned(), why };
    let mut shapes = vec![Shape::new()];
    for pair in text.split(',').map(str::trim) {
        let (axis, values) = pair.split_once('=').ok_or_else(|| wrong(format!("`{pair}` is not axis=value")))?;
        let values = parse_values(values).map_err(&wrong)?;
        if shapes.len() * values.len() > MOST_SHAPES {
            return Err(wrong(format!("expands to over {MOST_SHAPES} shapes")));
        }
        shapes = shapes
            .iter()
            .flat_map(|s| {
                values.iter().map(|&v| {
                    let mut s = s.clone();
                    s.insert(axis.to_owned(), v);
                    s
                })
            })
            .collect();
    }
    Ok(shapes)
}

fn parse_values(text: &str) -> Result<Vec<u64>, String> {
    let number = |t: &str| t.trim().parse::<u64>().map_err(|_| format!("`{t}` is not a whole number"));
    let Some((first, rest)) = text.split_once("..") else {
        return text.split(';').map(number).collect();
    };
    let first = number(first)?;
    let (last, step): (u64, Box<dyn Fn(u64) -> Option<u64>>) = if let Some((last, by)) = rest.split_once('*') {
        let by = number(by)?;
        if by < 2 || first == 0 {
            return Err(format!("`{text}` never grows: start above 0 and multiply by 2 or more"));
        }
        (number(last)?, Box::new(move |v| v.checked_mul(by)))
    } else if let Some((last, by)) = rest.split_once('+') {
        let by = number(by)?;
        if by == 0 {
            return Err(format!("`{text}` never grows: add 1 or more"));
        }
        (number(last)?, Box::new(move |v| v.checked_add(by)))
    } else {
        return Err(format!("`{text}` has no step"));
    };
    if last < first {
        return Err(format!("`{text}` runs backwards"));
    }
    Ok(std::iter::successors(Some(first), |&v| step(v)).take_while(|&v| v <= last).take(MOST_SHAPES + 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_suites_load() {
        for (name, _) in EMBEDDED {
            let suite = Suite::load(name).unwrap_or_else(|e| panic!("{e}"));
            let ids: BTreeSet<_> = suite.cases.iter().map(|c| c.case.id()).collect();
            assert_eq!(ids.len(), suite.cases.len(), "{name} lists a case twice");
        }
    }

    #[test]
    fn sweeps_expand() {
        let shapes = parse_shapes("m=128..4096*2,k=1;3").unwrap();
        assert_eq!(shapes.len(), 12);
        assert_eq!(parse_values("64..256+64").unwrap(), [64, 128, 192, 256]);
        for bad in ["m", "m=x", "m=4..1*2", "m=0..4*2", "m=1..4*1", "m=1..9", "m=1..18446744073709551615+1"] {
            assert!(parse_shapes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_match_as_prefix_and_glob() {
        let case: Case = "matmul/gemv/f32/m=1,n=64,k=64/cold".parse().unwrap();
        for pattern in ["matmul", "matmul/gemv", "*/f32/*", "matmul/*", "*"] {
            assert!(pattern_matches(pattern, &case.id()), "{pattern}");
        }
        assert!(!pattern_matches("matmul/gem", &case.id()));
    }
}
