//! A mock device: computes a case's right answer from the reference.
//! Takes no time of its own; see [`super::clockwork`].

use std::rc::Rc;

use half::{bf16, f16};

use super::{
    super::{Build, Device, DeviceError, DeviceFacts, Executable, buffer_sets},
    clockwork::Clockwork,
    executable::MockExecutable,
    fault::{self, Moment},
    meter::Meter,
    script::{DeviceScript, Stage},
};
use crate::{
    digest::sha256_hex,
    kernel::{Case, Data, Elem, Inputs, Reference, TensorSpec, Tuning},
};

/// A scripted device.
pub(super) struct MockDevice {
    facts: DeviceFacts,
    script: Rc<DeviceScript>,
    /// What watches its power.
    meter: Option<Rc<Meter>>,
    /// Cases prepared so far.
    cases: u32,
}

impl MockDevice {
    /// Switches the device and its meter on.
    ///
    /// # Errors
    /// The meter has no log to write to.
    pub(super) fn new(facts: DeviceFacts, script: DeviceScript) -> Result<MockDevice, DeviceError> {
        let meter = script.meter.as_ref().map(|meter| Meter::start(meter).map(Rc::new)).transpose()?;
        Ok(MockDevice { facts, script: Rc::new(script), meter, cases: 0 })
    }
}

impl Device for MockDevice {
    fn facts(&self) -> &DeviceFacts {
        &self.facts
    }

    fn tunings(&self, _case: &Case) -> Vec<Tuning> {
        Vec::new()
    }

    fn source(&self, _case: &Case, _tuning: &Tuning) -> Result<Option<String>, DeviceError> {
        Ok(None)
    }

    fn prepare<'d>(
        &'d mut self,
        case: &Case,
        inputs: &Inputs,
        _tuning: &Tuning,
    ) -> Result<Box<dyn Executable + 'd>, DeviceError> {
        self.cases += 1;
        let id = case.id();
        let moment = Moment { stage: Stage::Prepare, case: Some(&id), nth_case: self.cases, nth_run: 0 };
        fault::strike(&self.script.faults, moment)?;
        let tensors = case.family.tensors(case);
        let set_bytes = tensors.inputs.iter().map(TensorSpec::bytes).sum::<u64>() + tensors.output.bytes();
        if set_bytes > self.facts.memory_bytes.unwrap_or(u64::MAX) {
            return Err(DeviceError::OutOfMemory(format!(
                "the case needs {set_bytes} bytes, the script gives `{}` {:?}",
                self.facts.name, self.facts.memory_bytes
            )));
        }
        let build = Build {
            source_sha256: sha256_hex(format!("mock {}", self.script.name)),
            implementation: "scripted".to_owned(),
            tuning: Tuning::new(),
            buffer_sets: buffer_sets(case, &self.facts, set_bytes),
            set_bytes,
            notes: vec!["times come from a script; nothing ran".to_owned()],
        };
        let result = rounded(&tensors.output, &case.family.reference(case, inputs));
        let clockwork = Clockwork::new(&self.script.time, case.work(), self.script.seed ^ case.seed());
        let script = self.script.clone();
        Ok(Box::new(MockExecutable::new(id, self.cases, script, self.meter.clone(), clockwork, result, build)))
    }
}

/// The reference in the output's format. Rows that it leaves out copy the sampled row before them; there always is
/// one, because samples hold the first row.
fn rounded(spec: &TensorSpec, reference: &Reference) -> Data {
    let cols = spec.cols as usize;
    let sampled = |row: u64| reference.rows.partition_point(|&r| r <= row).max(1) - 1;
    let values = (0..spec.rows).flat_map(|row| {
        let at = sampled(row) * cols;
        reference.values[at..at + cols].iter().copied()
    });
    match spec.elem {
        Elem::F32 => Data::F32(values.map(|x| x as f32).collect()),
        Elem::F16 => Data::F16(values.map(f16::from_f64).collect()),
        Elem::Bf16 => Data::Bf16(values.map(bf16::from_f64).collect()),
        Elem::Fp8 => Data::Fp8(values.map(float8::F8E4M3::from_f64).collect()),
        Elem::I8 => Data::I8(values.map(|x| x as i8).collect()),
        Elem::I32 => Data::I32(values.map(|x| x as i32).collect()),
    }
}
