//! Our own kernels as jobs: a planned program's slabs laid out, its output gathered and verified as the library does.
//! Plans nothing.

use std::collections::BTreeMap;

use wattmark::kernel::{
    Case, Data, Dtype, Inputs, Pass, Program, Role, Suite, Target, Tuning, Verification, pack_rows, poison,
    unpack_rows, verify,
};

use crate::{
    job::{Binding, Contents, Dispatch, Job},
    shader::Kind,
};

/// A case and its program.
pub struct Planned {
    pub case: Case,
    pub program: Program,
}

/// An NVIDIA GPU, as far as a plan depends on it.
pub fn target() -> Target {
    Target {
        max_binding_bytes: 1 << 31,
        max_buffer_bytes: 1 << 31,
        max_storage_buffers: 8,
        max_workgroup_bytes: 48 << 10,
        max_invocations: 1024,
        max_workgroup_size: [1024, 1024, 64],
        max_groups: 65535,
        f16: true,
        software: false,
    }
}

/// The cases of a suite that WGSL can say.
pub fn cases(suite: &str) -> Vec<Case> {
    let cases = Suite::load(suite).expect("the suite is embedded").cases.into_iter().map(|listed| listed.case);
    cases.filter(|case| !matches!(case.dtype, Dtype::Tf32 | Dtype::Fp8)).collect()
}

impl Planned {
    /// Plans a case by its id, with these tunables where they are named.
    pub fn new(case: &str, tuning: &[(&str, u32)]) -> Planned {
        let case: Case = case.parse().unwrap_or_else(|e| panic!("{e}"));
        let tuning: Tuning = tuning.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        Planned::of(case, &tuning)
    }

    /// Plans a case.
    pub fn of(case: Case, tuning: &Tuning) -> Planned {
        let program = case.family.program(&case, &target(), tuning).unwrap_or_else(|e| panic!("{case}: {e}"));
        Planned { case, program }
    }

    /// What to run. Outputs and scratch are poisoned.
    pub fn job(&self) -> Job {
        let inputs = Inputs::seeded(&self.case);
        let poison = poison(self.case.family.tensors(&self.case).output.elem);
        let mut buffers: Contents = Vec::new();
        for buffer in &self.program.buffers {
            let mut bytes = match &buffer.role {
                Role::Input(slab) => pack_rows(slab, inputs.data[slab.tensor].as_bytes()),
                Role::Output(_) | Role::Scratch => vec![poison; buffer.bytes as usize],
            };
            bytes.resize(buffer.bytes as usize, 0);
            buffers.push(bytemuck::pod_collect_to_vec(&bytes));
        }
        for pass in &self.program.passes {
            let mut params = pass.params.clone();
            params.resize(params.len().next_multiple_of(4), 0);
            buffers.push(params);
        }
        Job { name: self.case.id(), buffers, dispatches: self.dispatches() }
    }

    /// The dispatches alone. A pass's parameters come after the program's buffers.
    pub fn dispatches(&self) -> Vec<Dispatch> {
        let first = self.program.buffers.len();
        let dispatch = |(i, pass): (usize, &Pass)| {
            let params = Binding { at: [0, 0], kind: Kind::Uniform, writable: false, buffer: first + i };
            let storage = pass.storage.iter().zip(1..).map(|(b, binding)| Binding {
                at: [0, binding],
                kind: Kind::Storage,
                writable: b.writable,
                buffer: b.buffer,
            });
            Dispatch {
                text: pass.source.clone(),
                entry: Some(pass.entry.to_owned()),
                overrides: BTreeMap::new(),
                grid: pass.grid,
                bindings: std::iter::once(params).chain(storage).collect(),
            }
        };
        self.program.passes.iter().enumerate().map(dispatch).collect()
    }

    /// The output tensor in a finished job's buffers.
    pub fn output(&self, contents: &Contents) -> Data {
        let spec = self.case.family.tensors(&self.case).output;
        let mut whole = vec![0u8; spec.bytes() as usize];
        for (buffer, words) in self.program.buffers.iter().zip(contents) {
            if let Role::Output(slab) = &buffer.role {
                unpack_rows(slab, bytemuck::cast_slice(words), &mut whole);
            }
        }
        Data::from_bytes(spec.elem, &whole)
    }

    /// Compares a finished job's output with the f64 reference.
    pub fn verify(&self, contents: &Contents) -> Verification {
        verify(&self.case, &Inputs::seeded(&self.case), &self.output(contents))
    }
}
