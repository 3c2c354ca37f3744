//! The buffer sets of a case on the card: allocated, filled with the inputs, poisoned, read back.
//! Launches nothing, and rotates nothing: `executable` does.

use std::rc::Rc;

use super::{
    super::DeviceError,
    resources::{Context, Memory},
};
use crate::kernel::{Buffer, Data, Inputs, Role, Slab, TensorSpec, pack_rows, poison, unpack_rows};

/// Bytes packed on the host at once: bounds its memory.
const CHUNK: u64 = 16 << 20;

/// Share of the free memory that buffer sets may take: a unified memory holds the system too.
const SHARE: f64 = 0.75;

/// Buffers of every set, in the order that the program plans them.
pub(super) struct BufferSets {
    context: Rc<Context>,
    planned: Vec<Buffer>,
    sets: Vec<Vec<Memory>>,
}

impl BufferSets {
    /// Allocates up to `wanted` sets, as many as fit, and fills them: the first from the host, the others from it.
    pub(super) fn upload(
        context: &Rc<Context>,
        planned: Vec<Buffer>,
        inputs: &Inputs,
        wanted: u32,
    ) -> Result<BufferSets, DeviceError> {
        let set_bytes: u64 = planned.iter().map(|plan| plan.bytes).sum();
        let (free, _) = context.memory()?;
        let affordable = (free as f64 * SHARE) as u64 / set_bytes.max(1);
        let count = u64::from(wanted).min(affordable).max(1);
        let mut sets: Vec<Vec<Memory>> = Vec::new();
        for _ in 0..count {
            let made: Vec<Memory> = planned
                .iter()
                .map(|plan| Memory::allocate(context, &plan.name, plan.bytes))
                .collect::<Result<_, _>>()?;
            for (at, plan) in planned.iter().enumerate() {
                match (&plan.role, sets.first()) {
                    (Role::Input(slab), None) => write_slab(&made[at], slab, inputs.data[slab.tensor].as_bytes())?,
                    (Role::Input(_), Some(first)) => made[at].copy_from(&first[at])?,
                    _ => {}
                }
            }
            sets.push(made);
        }
        context.synchronize("uploading the inputs")?;
        Ok(BufferSets { context: Rc::clone(context), planned, sets })
    }

    /// Number of sets.
    pub(super) fn count(&self) -> usize {
        self.sets.len()
    }

    /// Bytes of one set.
    pub(super) fn set_bytes(&self) -> u64 {
        self.planned.iter().map(|plan| plan.bytes).sum()
    }

    /// The buffers of one set.
    pub(super) fn set(&self, index: usize) -> &[Memory] {
        &self.sets[index]
    }

    /// Fills outputs and scratch of every set: what an earlier launch left there must not pass for this one's.
    pub(super) fn poison(&self, output: &TensorSpec) -> Result<(), DeviceError> {
        for set in &self.sets {
            for (plan, memory) in self.planned.iter().zip(set) {
                if !matches!(plan.role, Role::Input(_)) {
                    memory.fill(poison(output.elem))?;
                }
            }
        }
        self.context.synchronize("poisoning the outputs")
    }

    /// The output of one set, without padding.
    pub(super) fn output(&self, index: usize, output: &TensorSpec) -> Result<Data, DeviceError> {
        let mut whole = vec![0u8; output.bytes() as usize];
        for (plan, memory) in self.planned.iter().zip(&self.sets[index]) {
            if let Role::Output(slab) = &plan.role {
                let mut padded = vec![0u8; plan.bytes as usize];
                memory.read(0, &mut padded)?;
                unpack_rows(slab, &padded, &mut whole);
            }
        }
        Ok(Data::from_bytes(output.elem, &whole))
    }
}

/// Copies a slab's rows to the device, padded to its pitch, some whole rows at a time.
fn write_slab(memory: &Memory, slab: &Slab, bytes: &[u8]) -> Result<(), DeviceError> {
    let row = slab.cols * slab.elem.bytes();
    if row == slab.pitch {
        let first = (slab.first * row) as usize;
        return memory.write(0, &bytes[first..first + (slab.rows * row) as usize]);
    }
    let step = (CHUNK / slab.pitch).max(1);
    for at in (0..slab.rows).step_by(step as usize) {
        let part = Slab { first: slab.first + at, rows: step.min(slab.rows - at), ..*slab };
        memory.write(at * slab.pitch, &pack_rows(&part, bytes))?;
    }
    Ok(())
}
