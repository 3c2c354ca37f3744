//! A case: one kernel variant at one shape, dtype and cache state, and the id that names it everywhere.
//! Does not know how a case is run; backends do.

use std::{collections::BTreeMap, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Dtype, FAMILIES, Family, Variant, Work};

/// What is wrong with a case someone asked for, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// A name that no list holds.
    #[error("unknown {what} `{got}`: known are {known}")]
    Unknown {
        /// The kind of thing: family, variant, dtype, axis.
        what: &'static str,
        /// What was given.
        got: String,
        /// What would have been understood.
        known: String,
    },
    /// The text is no case id at all.
    #[error(
        "`{0}` is not a case id: write family/variant/dtype/axis=value,.../cold|hot, as in `matmul/gemv/f32/m=1,n=14336,k=4096/cold`"
    )]
    Malformed(String),
    /// A shape that the kernel has no meaning for.
    #[error("shape of `{case}`: {why}")]
    Shape {
        /// The case id.
        case: String,
        /// What does not fit, and what would.
        why: String,
    },
}

/// Whether the inputs may still sit in the last-level cache when the kernel starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cache {
    /// Launches rotate among buffer sets that together exceed twice the last-level cache.
    Cold,
    /// Every launch reads the same buffers.
    Hot,
}

impl Cache {
    /// Name used in case ids.
    pub fn name(self) -> &'static str {
        match self {
            Cache::Cold => "cold",
            Cache::Hot => "hot",
        }
    }
}

/// Axis name to extent; the order shown to people is the variant's.
pub type Shape = BTreeMap<String, u64>;

/// One kernel variant at one shape, dtype and cache state.
#[derive(Clone)]
pub struct Case {
    /// The family that defines its meaning.
    pub family: &'static dyn Family,
    /// The member of the family.
    pub variant: &'static Variant,
    /// Element type of the inputs.
    pub dtype: Dtype,
    /// Extent of each of the variant's axes.
    pub shape: Shape,
    /// Cache state at launch.
    pub cache: Cache,
}

impl Case {
    /// Builds and checks a case. Axes left out take the variant's default.
    ///
    /// # Errors
    /// Unknown names, dtypes the variant does not have, and shapes without meaning.
    pub fn new(family: &str, variant: &str, dtype: Dtype, given: &Shape, cache: Cache) -> Result<Case, CaseError> {
        let family = find_family(family)?;
        let variant = family.variants().iter().find(|v| v.name == variant).ok_or_else(|| CaseError::Unknown {
            what: "variant",
            got: format!("{}/{variant}", family.name()),
            known: family.variants().iter().map(|v| v.name).collect::<Vec<_>>().join(", "),
        })?;
        if !variant.dtypes.contains(&dtype) {
            return Err(CaseError::Unknown {
                what: "dtype for this variant",
                got: format!("{}/{}/{dtype}", family.name(), variant.name),
                known: variant.dtypes.iter().map(|d| d.name()).collect::<Vec<_>>().join(", "),
            });
        }
        if let Some(axis) = given.keys().find(|name| !variant.axes.iter().any(|a| a.name == name.as_str())) {
            return Err(CaseError::Unknown {
                what: "axis",
                got: axis.clone(),
                known: variant.axes.iter().map(|a| a.name).collect::<Vec<_>>().join(", "),
            });
        }
        let shape = variant.axes.iter().map(|a| (a.name.to_owned(), given.get(a.name).copied().unwrap_or(a.default)));
        let case = Case { family, variant, dtype, shape: shape.collect(), cache };
        case.check()?;
        Ok(case)
    }

    fn check(&self) -> Result<(), CaseError> {
        let wrong = |why: String| CaseError::Shape { case: self.id(), why };
        for axis in self.variant.axes {
            let extent = self.axis(axis.name);
            if extent == 0 || extent > u64::from(u32::MAX) {
                return Err(wrong(format!("axis `{}` is {extent}; it must be between 1 and {}", axis.name, u32::MAX)));
            }
        }
        self.family.check(self).map_err(wrong)
    }

    /// Extent of an axis of this case's variant.
    ///
    /// # Panics
    /// If the variant has no such axis: a mistake in the program, not in its input.
    pub fn axis(&self, name: &str) -> u64 {
        *self.shape.get(name).unwrap_or_else(|| panic!("{} has no axis {name}", self.variant.name))
    }

    /// `family/variant/dtype/axis=value,.../cache`: the identity of the case in every file.
    pub fn id(&self) -> String {
        format!("{}/{}", self.id_without_cache(), self.cache.name())
    }

    fn id_without_cache(&self) -> String {
        let axes: Vec<_> = self.variant.axes.iter().map(|a| format!("{}={}", a.name, self.axis(a.name))).collect();
        format!("{}/{}/{}/{}", self.family.name(), self.variant.name, self.dtype, axes.join(","))
    }

    /// Seed of this case's inputs: the same for both cache states and on every backend.
    pub fn seed(&self) -> u64 {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(self.id_without_cache().as_bytes());
        u64::from_le_bytes(digest[..8].try_into().expect("a digest is longer than eight bytes"))
    }

    /// Arithmetic and compulsory traffic of one launch.
    pub fn work(&self) -> Work {
        self.family.work(self)
    }
}

fn find_family(name: &str) -> Result<&'static dyn Family, CaseError> {
    FAMILIES.iter().copied().find(|f| f.name() == name).ok_or_else(|| CaseError::Unknown {
        what: "kernel family",
        got: name.to_owned(),
        known: FAMILIES.iter().map(|f| f.name()).collect::<Vec<_>>().join(", "),
    })
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.id())
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Case({})", self.id())
    }
}

impl PartialEq for Case {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl FromStr for Case {
    type Err = CaseError;

    /// Parses an id. The cache state may be left out and is then `cold`.
    fn from_str(id: &str) -> Result<Case, CaseError> {
        let malformed = || CaseError::Malformed(id.to_owned());
        let parts: Vec<&str> = id.split('/').collect();
        let (&[family, variant, dtype, axes], cache) = (match &parts[..] {
            [head @ .., "hot"] => (head, Cache::Hot),
            [head @ .., "cold"] => (head, Cache::Cold),
            all => (all, Cache::Cold),
        }) else {
            return Err(malformed());
        };
        let mut shape = Shape::new();
        for pair in axes.split(',') {
            let (name, value) = pair.split_once('=').ok_or_else(malformed)?;
            let value = value.parse().map_err(|_| malformed())?;
            if shape.insert(name.to_owned(), value).is_some() {
                return Err(malformed());
            }
        }
        Case::new(family, variant, dtype.parse()?, &shape, cache)
    }
}
