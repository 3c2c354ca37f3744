//! Runs bound sessions and takes the time.
//! Chooses no graph; see [`super::device`].

use std::time::Instant;

use ort::{
    memory::Allocator,
    session::{IoBinding, Session},
    value::DynTensor,
};

use super::{
    super::{Build, DeviceError, Elapsed, Executable},
    graph::{Graph, Port},
    runtime::one_line,
};
use crate::kernel::{Data, Elem, poison};

/// One buffer set: tensors bound to a session.
pub(super) struct Set {
    session: usize,
    binding: IoBinding,
    output: DynTensor,
}

impl Set {
    /// Copies the inputs and binds everything; `session` is also its number, to find it again.
    pub(super) fn bind(session: &Session, number: usize, graph: &Graph<'_>) -> ort::Result<Set> {
        let mut binding = session.create_binding()?;
        // The first output bound is the first that comes back; nobody looks at the others.
        let mut output = tensor(&graph.output)?;
        binding.bind_output(graph.output.name, &mut output)?;
        for port in &graph.inputs {
            let mut input = tensor(port)?;
            bytes(&mut input, port.data.len()).copy_from_slice(&port.data);
            binding.bind_input(port.name, &input)?;
            for (alias, _) in graph.in_place.iter().filter(|(_, name)| *name == port.name) {
                binding.bind_output(*alias, &mut input)?;
            }
        }
        Ok(Set { session: number, binding, output })
    }

    /// The output's bytes.
    fn output(&mut self) -> &mut [u8] {
        let size = self.output.size().unwrap_or_default();
        bytes(&mut self.output, size)
    }
}

/// A tensor in the host's memory.
fn tensor(port: &Port<'_>) -> ort::Result<DynTensor> {
    DynTensor::new(&Allocator::default(), port.kind.element(), &port.shape[..])
}

/// The elements of a tensor made by [`tensor`].
fn bytes(tensor: &mut DynTensor, len: usize) -> &mut [u8] {
    assert_eq!(tensor.size(), Some(len), "a tensor of another size");
    let data = tensor.data_ptr_mut().cast::<u8>();
    // SAFETY: the default allocator gave that many bytes of host memory, zeroed by ort; they live as long as the tensor,
    // which is borrowed exclusively, and ONNX Runtime touches them only inside a run, which needs `&mut` of the executable.
    unsafe { std::slice::from_raw_parts_mut(data, len) }
}

/// A case ready to run.
pub(super) struct OnnxExecutable {
    sessions: Vec<Session>,
    sets: Vec<Set>,
    next: usize,
    last: usize,
    elem: Elem,
    build: Build,
}

impl OnnxExecutable {
    pub(super) fn new(sessions: Vec<Session>, sets: Vec<Set>, elem: Elem, build: Build) -> OnnxExecutable {
        OnnxExecutable { sessions, sets, next: 0, last: 0, elem, build }
    }
}

impl Executable for OnnxExecutable {
    fn run(&mut self, launches: u32) -> Result<Elapsed, DeviceError> {
        let start = Instant::now();
        for _ in 0..launches {
            let set = &self.sets[self.next];
            let done = self.sessions[set.session].run_binding(&set.binding).map(drop);
            done.map_err(|error| DeviceError::Failed(format!("ONNX Runtime: {}", one_line(error.message()))))?;
            self.last = self.next;
            self.next = (self.next + 1) % self.sets.len();
        }
        Ok(Elapsed { host_s: start.elapsed().as_secs_f64(), device_s: None })
    }

    fn poison(&mut self) -> Result<(), DeviceError> {
        let byte = poison(self.elem);
        self.sets.iter_mut().for_each(|set| set.output().fill(byte));
        Ok(())
    }

    fn output(&mut self) -> Result<Data, DeviceError> {
        Ok(Data::from_bytes(self.elem, self.sets[self.last].output()))
    }

    fn build(&self) -> &Build {
        &self.build
    }
}
