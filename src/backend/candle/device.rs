//! Says which cases candle has operations for, and uploads them.
//! Runs nothing; see [`super::executable`].

use candle_core::{Device as Place, Tensor};

use super::{
    super::{Device, DeviceError, DeviceFacts, Executable, buffer_sets, host},
    VERSION,
    executable::{CandleExecutable, Operation},
    failed, ops,
};
use crate::kernel::{Case, Data, Dtype, Inputs, TensorSpec, Tuning, attention::Extents};

/// A device through candle.
pub(super) struct CandleDevice {
    facts: DeviceFacts,
    place: Place,
}

impl CandleDevice {
    pub(super) fn new(facts: DeviceFacts, place: Place) -> CandleDevice {
        CandleDevice { facts, place }
    }
}

impl Device for CandleDevice {
    fn facts(&self) -> &DeviceFacts {
        &self.facts
    }

    fn tunings(&self, _case: &Case) -> Vec<Tuning> {
        Vec::new()
    }

    fn source(&self, case: &Case, _tuning: &Tuning) -> Result<Option<String>, DeviceError> {
        check_supported(case, &self.place).map(|()| None)
    }

    fn prepare<'d>(
        &'d mut self,
        case: &Case,
        inputs: &Inputs,
        _tuning: &Tuning,
    ) -> Result<Box<dyn Executable + 'd>, DeviceError> {
        check_supported(case, &self.place)?;
        let tensors = case.family.tensors(case);
        let set_bytes = tensors.inputs.iter().map(TensorSpec::bytes).sum::<u64>() + tensors.output.bytes();
        let sets = buffer_sets(case, &self.facts, set_bytes);
        let working = match case.family.name() {
            "attention" => ops::Attention::working_bytes(&Extents::of(case)),
            _ => 0,
        };
        if self.place.is_cpu() {
            host::check_memory(u64::from(sets) * set_bytes + working)?;
        }
        let operation = match case.family.name() {
            "attention" => ops::Attention::new(Extents::of(case), &self.place).map(Operation::Attention),
            _ => Ok(Operation::Product),
        };
        let operation = operation.map_err(|e| failed("building the causal mask", &e))?;
        let first = inputs.specs.iter().zip(&inputs.data).map(|(spec, data)| upload(spec, data, &self.place));
        let first = first.collect::<Result<Vec<_>, _>>()?;
        let mut copies = vec![first];
        for _ in 1..sets {
            let copy = copies[0].iter().map(Tensor::copy).collect::<candle_core::Result<_>>();
            copies.push(copy.map_err(|e| failed("copying the inputs for a cold case", &e))?);
        }
        Ok(Box::new(CandleExecutable::new(case, operation, copies, set_bytes)))
    }
}

fn check_supported(case: &Case, place: &Place) -> Result<(), DeviceError> {
    let unsupported = |why: String| Err(DeviceError::Unsupported(why));
    match (case.family.name(), case.dtype) {
        ("matmul", Dtype::F32 | Dtype::F16) => Ok(()),
        ("matmul", Dtype::Bf16) if !place.is_cpu() => Ok(()),
        ("matmul", Dtype::Bf16) => unsupported(format!(
            "candle-core {VERSION} has no bf16 matrix product on the CPU; its users convert the weights to f32, which \
             is another case"
        )),
        ("matmul", Dtype::I8 | Dtype::Tf32 | Dtype::Fp8) => {
            unsupported(format!("candle-core {VERSION} has no {} product that a user could ask for", case.dtype))
        }
        ("attention", Dtype::F32 | Dtype::F16 | Dtype::Bf16) => Ok(()),
        ("matmul", _) => unsupported(format!(
            "candle-core {VERSION} quantises activations in its own way, which is another case; `benches/peers` times it"
        )),
        ("ceiling", _) => unsupported("the library track borrows the ceilings of the cpu and cuda backends".to_owned()),
        (family, dtype) => unsupported(format!("candle-core {VERSION} has no operation for {family} in {dtype}")),
    }
}

fn upload(spec: &TensorSpec, data: &Data, place: &Place) -> Result<Tensor, DeviceError> {
    let shape = (spec.rows as usize, spec.cols as usize);
    let tensor = match data {
        Data::F32(values) => Tensor::from_slice(values, shape, place),
        Data::F16(values) => Tensor::from_slice(values, shape, place),
        Data::Bf16(values) => Tensor::from_slice(values, shape, place),
        Data::I32(values) => Tensor::from_slice(values, shape, place),
        Data::I8(_) | Data::Fp8(_) => {
            return Err(DeviceError::Unsupported(format!("candle-core {VERSION} has no 8-bit product")));
        }
    };
    tensor.map_err(|e| failed(&format!("uploading `{}`", spec.name), &e))
}
