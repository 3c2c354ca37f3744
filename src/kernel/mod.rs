//! What runs: kernel families, cases, work, seeded inputs, the f64 reference and the portable track's programs.
//! Touches no device; `backend` does, and reads everything it needs from here.
//!
//! To add a family: a folder of device source under `kernels/`, a file here that implements [`Family`], and one line
//! in [`FAMILIES`].

pub(crate) mod attention;
mod case;
pub(crate) mod ceiling;
mod dtype;
pub(crate) mod matmul;
mod program;
mod reference;
pub(crate) mod source;
mod suite;
mod tensor;
mod verify;
mod work;

pub use case::{Cache, Case, CaseError, Shape};
pub use dtype::{Dtype, Int4};
pub use program::{Binding, Buffer, Pass, Program, Role, Slab, Target, Tuning, pack_rows, unpack_rows};
pub use suite::{CaseFilter, Suite, SuiteCase, SuiteError};
pub use tensor::{Data, Elem, Fill, Inputs, TensorSpec, poison};
pub use verify::{Noise, Reference, Tolerance, Verification, verify, verify_against};
pub use work::{OpUnit, Work};

/// Every kernel family, in the order tables show them.
pub const FAMILIES: &[&dyn Family] = &[&matmul::Matmul, &attention::Attention, &ceiling::Ceiling];

/// Why a family has no program for a case on a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unplannable(pub String);

/// A member of a family: what distinguishes it, its axes and its dtypes.
#[derive(Debug)]
pub struct Variant {
    /// Name in case ids.
    pub name: &'static str,
    /// One plain sentence.
    pub about: &'static str,
    /// Axes in the order shown.
    pub axes: &'static [Axis],
    /// Dtypes it is defined for.
    pub dtypes: &'static [Dtype],
}

/// One extent of a variant's shape.
#[derive(Debug)]
pub struct Axis {
    /// Name in case ids.
    pub name: &'static str,
    /// Extent when none is given.
    pub default: u64,
    /// What it counts.
    pub about: &'static str,
}

/// Tensors of a case.
#[derive(Debug, Clone)]
pub struct Tensors {
    /// Inputs, in binding order.
    pub inputs: Vec<TensorSpec>,
    /// The output.
    pub output: TensorSpec,
}

impl Tensors {
    /// Bytes of them all, unpadded: every input read once, the output written once.
    pub(crate) fn bytes(&self) -> f64 {
        self.inputs.iter().chain([&self.output]).map(TensorSpec::bytes).sum::<u64>() as f64
    }
}

/// A kernel family: the meaning of its cases, independent of any device.
pub trait Family: Sync {
    /// Name in case ids.
    fn name(&self) -> &'static str;

    /// Its members.
    fn variants(&self) -> &'static [Variant];

    /// Rejects shapes without meaning; the text says what does not fit.
    ///
    /// # Errors
    /// What does not fit together, in words.
    fn check(&self, case: &Case) -> Result<(), String>;

    /// Operations and compulsory bytes of one launch.
    fn work(&self, case: &Case) -> Work;

    /// Shapes of the inputs and the output.
    fn tensors(&self, case: &Case) -> Tensors;

    /// The result in f64 from the same rounded inputs, for all rows of the output or a seeded sample of them.
    fn reference(&self, case: &Case, inputs: &Inputs) -> Reference;

    /// How far a correct kernel may be from the reference.
    fn tolerance(&self, case: &Case) -> Tolerance;

    /// The portable track's plan for this case on a device with these limits, with these tunables where they are
    /// named and the kernel's defaults for the target where they are not.
    ///
    /// # Errors
    /// Why the target cannot run it.
    fn program(&self, case: &Case, target: &Target, tuning: &Tuning) -> Result<Program, Unplannable>;

    /// Candidate tunings worth trying on a target, the default first. One entry means nothing to tune.
    fn tunings(&self, case: &Case, target: &Target) -> Vec<Tuning>;
}
