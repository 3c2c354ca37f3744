//! Which cases a provider runs and in which form, and their binding to memory.
//! Runs nothing; see [`super::executable`].

use super::{
    super::{Build, Device, DeviceError, DeviceFacts, Executable, buffer_sets, host},
    executable::{OnnxExecutable, Set},
    graph::Form,
    provider::Place,
    runtime::{Runtime, one_line},
};
use crate::{
    digest::sha256_hex,
    kernel::{Case, Dtype, Elem, Inputs, TensorSpec, Tuning, attention::Extents},
};

/// The tunable: which of a case's forms, by number.
const FORM: &str = "graph";

/// A provider on a target.
pub(super) struct OnnxDevice {
    runtime: &'static Runtime,
    place: Place,
    facts: DeviceFacts,
}

impl OnnxDevice {
    pub(super) fn new(runtime: &'static Runtime, place: Place, facts: DeviceFacts) -> OnnxDevice {
        OnnxDevice { runtime, place, facts }
    }

    /// Sessions and buffers of a case in one form.
    fn load(&self, case: &Case, form: Form, inputs: &Inputs, sets: u32) -> Result<OnnxExecutable, DeviceError> {
        let mut graph = form.build(case, inputs);
        let model = graph.encode()?;
        let count = if graph.weights_constant { sets } else { 1 };
        let sessions = (0..count).map(|_| self.runtime.session(self.place, &model)).collect::<Result<Vec<_>, _>>()?;
        drop(model);
        let bound = (0..sets as usize).map(|set| {
            let session = set % sessions.len();
            Set::bind(&sessions[session], session, &graph)
        });
        let bound = bound.collect::<ort::Result<Vec<_>>>().map_err(|error| {
            DeviceError::Failed(format!("{}, binding memory: {}", self.place, one_line(error.message())))
        })?;
        let notes = self.notes(&graph.notes, graph.weights_constant);
        let build = self.build(case, form, sets, notes);
        Ok(OnnxExecutable::new(sessions, bound, Elem::output(case.dtype), build))
    }

    fn notes(&self, of_graph: &[&str], weights_constant: bool) -> Vec<String> {
        let mut notes: Vec<String> = of_graph.iter().map(|&note| note.to_owned()).collect();
        if !weights_constant {
            notes.push("weights are bound as inputs, so that nothing is converted or packed at load".to_owned());
        }
        if self.place.target.is_cpu() {
            notes.push(format!("{} threads, not pinned", self.runtime.threads));
        } else {
            notes.push("the output comes back to the host's memory in every launch".to_owned());
        }
        notes
    }

    fn build(&self, case: &Case, form: Form, sets: u32, notes: Vec<String>) -> Build {
        let implementation = format!("library ONNX Runtime {} {}: {}", self.runtime.version, self.place, form.name());
        let number = Form::of(case).ok().and_then(|forms| forms.iter().position(|f| *f == form));
        Build {
            source_sha256: sha256_hex(format!("{implementation} {}", case.family.name())),
            implementation,
            tuning: number.map(chosen).unwrap_or_default(),
            buffer_sets: sets,
            set_bytes: set_bytes(case),
            notes,
        }
    }
}

fn chosen(form: usize) -> Tuning {
    Tuning::from([(FORM.to_owned(), form as u32)])
}

fn set_bytes(case: &Case) -> u64 {
    let tensors = case.family.tensors(case);
    tensors.inputs.iter().map(TensorSpec::bytes).sum::<u64>() + tensors.output.bytes()
}

impl Device for OnnxDevice {
    fn facts(&self) -> &DeviceFacts {
        &self.facts
    }

    fn tunings(&self, case: &Case) -> Vec<Tuning> {
        // Without a number it is the first form that the provider runs whole.
        let forms = Form::of(case).map_or(0, <[Form]>::len);
        std::iter::once(Tuning::new()).chain((1..forms).map(chosen)).collect()
    }

    fn source(&self, case: &Case, _tuning: &Tuning) -> Result<Option<String>, DeviceError> {
        Form::of(case).map(|_| None)
    }

    fn prepare<'d>(
        &'d mut self,
        case: &Case,
        inputs: &Inputs,
        tuning: &Tuning,
    ) -> Result<Box<dyn Executable + 'd>, DeviceError> {
        let forms = Form::of(case)?;
        let forms = match tuning.get(FORM) {
            None => forms,
            Some(&number) => forms.get(number as usize..=number as usize).ok_or_else(|| {
                DeviceError::Unsupported(format!("{case} has {} graphs, there is no {FORM}={number}", forms.len()))
            })?,
        };
        let sets = buffer_sets(case, &self.facts, set_bytes(case));
        host::check_memory(memory(case, sets))?;
        // The first form that the provider runs whole; if none, all that was said.
        let (mut refused, mut failed) = (Vec::new(), false);
        for &form in forms {
            match self.load(case, form, inputs, sets) {
                Ok(executable) => return Ok(Box::new(executable)),
                Err(DeviceError::Unsupported(why)) => refused.push(format!("as {}: {why}", form.name())),
                Err(DeviceError::Failed(why)) => {
                    failed = true;
                    refused.push(format!("as {}: {why}", form.name()));
                }
                Err(other) => return Err(other),
            }
        }
        let why = refused.join("; ");
        Err(if failed { DeviceError::Failed(why) } else { DeviceError::Unsupported(why) })
    }
}

/// Host memory that a case needs: its buffers, copies of constant weights in the model, in the session and packed, and the
/// largest intermediates of any form.
fn memory(case: &Case, sets: u32) -> u64 {
    let bytes = set_bytes(case);
    let buffers = bytes.saturating_mul(u64::from(sets));
    let wide = match case.dtype {
        Dtype::F32 => 0,
        _ => case.family.tensors(case).inputs.iter().map(|spec| 4 * spec.len()).sum(),
    };
    let between = match case.family.name() {
        "attention" => {
            let e = Extents::of(case);
            let scores = 4 * (e.batch * e.heads * e.seq) as u64 * e.kv as u64;
            // Scores, masked, softmax; the mask in the model and in the session.
            3 * scores + if e.causal { 8 * (e.seq * e.kv) as u64 } else { 0 }
        }
        _ if case.dtype.int4().is_some() => 3 * buffers,
        _ => 0,
    };
    buffers.saturating_add(wide).saturating_add(between)
}
