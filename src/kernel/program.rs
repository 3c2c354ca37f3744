//! A `Program`: the portable track's plan for one case — buffers and passes over final WGSL text.
//! A backend executes it as it stands; it plans nothing, and this file knows no backend.

use std::{collections::BTreeMap, sync::Arc};

use super::Elem;

/// Chosen tunables of a kernel by name, e.g. `TILE_M` to 8.
pub type Tuning = BTreeMap<String, u32>;

/// What a planner must know of the device a program is for. Taken from the device's own limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Largest storage-buffer binding, bytes.
    pub max_binding_bytes: u64,
    /// Largest buffer, bytes.
    pub max_buffer_bytes: u64,
    /// Storage buffers a stage may bind.
    pub max_storage_buffers: u32,
    /// Workgroup memory, bytes.
    pub max_workgroup_bytes: u32,
    /// Invocations in a workgroup.
    pub max_invocations: u32,
    /// Extent of a workgroup per dimension.
    pub max_workgroup_size: [u32; 3],
    /// Workgroups a dispatch may have per dimension.
    pub max_groups: u32,
    /// `enable f16` may be used.
    pub f16: bool,
    /// A CPU pretends to be a GPU: loads cost far more than arithmetic.
    pub software: bool,
}

impl Target {
    /// wgpu's `downlevel_defaults`: the least that an embedded GPU offers.
    pub fn downlevel() -> Target {
        Target {
            max_binding_bytes: 128 << 20,
            max_buffer_bytes: 256 << 20,
            max_storage_buffers: 4,
            max_workgroup_bytes: 16352,
            max_invocations: 256,
            max_workgroup_size: [256, 256, 64],
            max_groups: 65535,
            f16: false,
            software: false,
        }
    }

    /// A desktop GPU, a rasterizer with its limits, and the least: between them every text that a plan can make.
    #[cfg(test)]
    pub(crate) fn unlike() -> [Target; 3] {
        let desktop = Target {
            max_workgroup_bytes: 32 << 10,
            max_invocations: 1024,
            max_workgroup_size: [1024; 3],
            f16: true,
            ..Target::downlevel()
        };
        [desktop.clone(), Target { software: true, ..desktop }, Target::downlevel()]
    }
}

/// Everything a backend needs to run a case on the portable track.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// Device buffers, in index order.
    pub buffers: Vec<Buffer>,
    /// Dispatches of one launch, in order, with an implied barrier between any two.
    pub passes: Vec<Pass>,
    /// The tunables the text was generated with.
    pub tuning: Tuning,
}

/// A device buffer of a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Buffer {
    /// Name for debuggers.
    pub name: String,
    /// Size in bytes, a multiple of 16.
    pub bytes: u64,
    /// What it holds.
    pub role: Role,
}

/// What a buffer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Rows `first .. first + rows` of input tensor `tensor` (index into the family's list).
    Input(Slab),
    /// Rows of the output.
    Output(Slab),
    /// Device-only intermediate; contents undefined at the start of a launch.
    Scratch,
}

/// A range of a tensor's rows in a buffer. Rows are padded with zeros to `pitch` bytes, so that a kernel may load
/// whole 16-byte words along a row; padding of outputs is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slab {
    /// Index of the tensor in the family's input list; zero for the output.
    pub tensor: usize,
    /// First row held.
    pub first: u64,
    /// Number of rows held.
    pub rows: u64,
    /// Elements of a row.
    pub cols: u64,
    /// Stored element type.
    pub elem: Elem,
    /// Bytes from one row to the next, a multiple of 16.
    pub pitch: u64,
}

/// One dispatch. Bindings are all in group 0: the uniform `params` at 0, then `storage` from 1 in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// Final WGSL text: generated constants, dtype prelude, kernel.
    pub source: Arc<str>,
    /// Entry point.
    pub entry: &'static str,
    /// Words of the uniform `params` struct, padded by the backend to 16 bytes.
    pub params: Vec<u32>,
    /// Storage bindings.
    pub storage: Vec<Binding>,
    /// Workgroups per dimension.
    pub grid: [u32; 3],
}

/// A storage binding: the whole of one buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// Index into the program's buffers.
    pub buffer: usize,
    /// Declared `read_write` in the text.
    pub writable: bool,
}

impl Program {
    /// The final text of every distinct pass, in order: what `kernel show` prints and what is hashed.
    pub fn source(&self) -> String {
        let mut seen: Vec<&str> = Vec::new();
        for pass in &self.passes {
            if !seen.contains(&&*pass.source) {
                seen.push(&pass.source);
            }
        }
        seen.join("\n")
    }

    /// Bytes on the device for one buffer set.
    pub fn bytes(&self) -> u64 {
        self.buffers.iter().map(|b| b.bytes).sum()
    }
}

/// Lays a host tensor's rows out as a slab asks: padded to the pitch with zeros.
///
/// `bytes` is the whole tensor, unpadded, row-major.
pub fn pack_rows(slab: &Slab, bytes: &[u8]) -> Vec<u8> {
    let row = (slab.cols * slab.elem.bytes()) as usize;
    let pitch = slab.pitch as usize;
    let from = slab.first as usize * row;
    let wanted = &bytes[from..from + slab.rows as usize * row];
    if row == pitch {
        return wanted.to_vec();
    }
    let mut padded = vec![0u8; slab.rows as usize * pitch];
    for (to, from) in padded.chunks_exact_mut(pitch).zip(wanted.chunks_exact(row)) {
        to[..row].copy_from_slice(from);
    }
    padded
}

/// The reverse of [`pack_rows`]: copies a slab's rows, without padding, to their place in the whole tensor.
pub fn unpack_rows(slab: &Slab, padded: &[u8], whole: &mut [u8]) {
    let row = (slab.cols * slab.elem.bytes()) as usize;
    let from = slab.first as usize * row;
    let rows = whole[from..].chunks_exact_mut(row).take(slab.rows as usize);
    for (to, from) in rows.zip(padded.chunks_exact(slab.pitch as usize)) {
        to.copy_from_slice(&from[..row]);
    }
}
