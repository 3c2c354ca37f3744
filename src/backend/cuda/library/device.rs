//! A GPU as cuBLASLt sees it: which cases it has a product for, set up as a user would.
//! Has no kernel of its own and measures no ceiling; the cuda backend's ceilings stand for the same card.

use super::{
    super::{
        super::{Build, Device, DeviceError, DeviceFacts, Executable, buffer_sets},
        device::OpenCard,
        executable::{Prepared, Work},
        resources::Memory,
        sets::BufferSets,
    },
    layout::{Product, Stored, refuse_8_bit},
    product::{CANDIDATES, Handle, Matmul},
};
use crate::{
    digest::sha256_hex,
    kernel::{Buffer, Case, Dtype, Inputs, Role, Slab, TensorSpec, Tuning},
};

/// A tuning's choice among what the heuristic offers, best first.
const CHOICE: &str = "ALGO";

/// A GPU through cuBLASLt.
pub(super) struct LtDevice {
    handle: Handle,
    open: OpenCard,
    version: String,
}

impl LtDevice {
    pub(super) fn new(handle: Handle, open: OpenCard, version: String) -> LtDevice {
        LtDevice { handle, open, version }
    }
}

/// The product a case stands for, or why there is none.
fn product_of(case: &Case) -> Result<Product, DeviceError> {
    let unsupported = |why: String| Err(DeviceError::Unsupported(why));
    match case.family.name() {
        "matmul" => {}
        "ceiling" => return unsupported("the library track borrows the ceilings of the cuda backend".to_owned()),
        family => return unsupported(format!("cuBLASLt has matrix products only, none for {family}")),
    }
    if case.dtype.int4().is_some() {
        return unsupported("cuBLASLt has no product with 4-bit weights".to_owned());
    }
    let (m, n, k) = (case.axis("m"), case.axis("n"), case.axis("k"));
    if let Some(why) = refuse_8_bit(case.dtype, n, k) {
        return unsupported(why);
    }
    Ok(Product::new(m, n, k, Stored::KInner, Stored::KInner))
}

fn rank(tuning: &Tuning) -> Result<usize, DeviceError> {
    if let Some(name) = tuning.keys().find(|name| *name != CHOICE) {
        return Err(DeviceError::Unsupported(format!("cuBLASLt has no tunable `{name}`: it has {CHOICE}")));
    }
    Ok(tuning.get(CHOICE).copied().unwrap_or(0) as usize)
}

/// A tensor as it is, without padding: the library takes what a user has.
fn buffer(spec: &TensorSpec, tensor: usize, output: bool) -> Buffer {
    let pitch = spec.cols * spec.elem.bytes();
    let slab = Slab { tensor, first: 0, rows: spec.rows, cols: spec.cols, elem: spec.elem, pitch };
    let role = if output { Role::Output(slab) } else { Role::Input(slab) };
    Buffer { name: spec.name.to_owned(), bytes: spec.bytes(), role }
}

impl Device for LtDevice {
    fn facts(&self) -> &DeviceFacts {
        &self.open.facts
    }

    fn tunings(&self, case: &Case) -> Vec<Tuning> {
        if product_of(case).is_err() {
            return Vec::new();
        }
        (0..CANDIDATES as u32).map(|rank| Tuning::from([(CHOICE.to_owned(), rank)])).collect()
    }

    fn source(&self, case: &Case, _tuning: &Tuning) -> Result<Option<String>, DeviceError> {
        product_of(case).map(|_| None)
    }

    fn prepare<'d>(
        &'d mut self,
        case: &Case,
        inputs: &Inputs,
        tuning: &Tuning,
    ) -> Result<Box<dyn Executable + 'd>, DeviceError> {
        let product = product_of(case)?;
        let rank = rank(tuning)?;
        self.open.context.bind()?;
        let matmul = Matmul::new(&self.handle, &product, case.dtype, rank)?;
        let tensors = case.family.tensors(case);
        let inputs_planned = tensors.inputs.iter().enumerate().map(|(at, spec)| buffer(spec, at, false));
        let planned: Vec<Buffer> = inputs_planned.chain([buffer(&tensors.output, 0, true)]).collect();
        let set_bytes = planned.iter().map(|plan| plan.bytes).sum();
        let wanted = buffer_sets(case, &self.open.facts, set_bytes);
        let buffers = BufferSets::upload(&self.open.context, planned, inputs, wanted)?;
        let mut notes = vec![matmul.chosen.clone()];
        if matches!(case.dtype, Dtype::F16 | Dtype::Bf16 | Dtype::Fp8) {
            notes.push("split sums meet in f32, as the tolerance asks".to_owned());
        }
        let build = Build {
            source_sha256: sha256_hex(format!("cuBLASLt {} matmul", self.version)),
            implementation: format!("library cuBLASLt {}", self.version),
            tuning: Tuning::from([(CHOICE.to_owned(), rank as u32)]),
            notes,
            ..Build::default()
        };
        Ok(Box::new(Prepared::new(&self.open, case, Box::new(Products { matmul }), buffers, build)?))
    }
}

/// Launches of the product; A, B and C are the first, second and third buffer of a set.
struct Products<'h> {
    matmul: Matmul<'h>,
}

impl Work for Products<'_> {
    fn enqueue(&self, _set: usize, buffers: &[Memory]) -> Result<(), DeviceError> {
        match buffers {
            [a, b, c] => self.matmul.enqueue(b, a, c),
            other => Err(DeviceError::Failed(format!("{} buffers for a product: a mistake here", other.len()))),
        }
    }
}
