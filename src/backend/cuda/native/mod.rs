//! The native track's plan for a case on an NVIDIA GPU: tensor-core kernels, their launch geometry, buffers and arguments.
//! Touches no device and no library: what is planned here, an executor compiles and launches as it stands.
//!
//! The texts lie in `kernels/{matmul,attention}/*.cu`; how their tiles move, in `native.md` beside them.

mod attention;
mod matmul;
mod source;
#[cfg(test)]
mod tests;

use crate::kernel::{Buffer, Case, Dtype, Elem, Role, Slab};

pub(crate) use source::Source;

/// What a planner must know of the GPU and of the compiler for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gpu {
    /// Compute capability that is compiled for: the card's own, or an older one if the compiler does not know it.
    pub(crate) sm: (u32, u32),
    /// Multiprocessors: how many blocks run at once decides how work is split.
    pub(crate) multiprocessors: u32,
    /// Shared memory that a block may ask for, bytes.
    pub(crate) shared_bytes: u32,
}

/// Everything an executor needs to run a case on the native track.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NativeProgram {
    /// Device buffers, in index order.
    pub(crate) buffers: Vec<Buffer>,
    /// Launches, in stream order.
    pub(crate) passes: Vec<NativePass>,
    /// File that holds the kernel, for records: `gemm_sm90`.
    pub(crate) implementation: &'static str,
}

/// One launch of one kernel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NativePass {
    /// The text; `Source::cuda` is what NVRTC compiles, for `Source::arch`.
    pub(crate) source: Source,
    /// Symbol of the kernel in it.
    pub(crate) kernel: &'static str,
    /// Its parameters, in order.
    pub(crate) args: Vec<Arg>,
    /// Blocks per dimension.
    pub(crate) grid: [u32; 3],
    /// Threads of a block, along x.
    pub(crate) block: u32,
    /// Dynamic shared memory of a block, bytes; above 48 KiB the kernel must be granted it first.
    pub(crate) shared_bytes: u32,
}

/// A kernel parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Arg {
    /// Address of a buffer, by index.
    Buffer(usize),
    /// By value.
    U32(u32),
    /// By value.
    F32(f32),
    /// A `CUtensorMap` by value, 128 bytes at an alignment of 64.
    TensorMap(TensorMap),
}

/// Describes a buffer to the copy engine: what `cuTensorMapEncodeTiled` is given. Rank 3; no interleave, 128-byte
/// swizzle, element strides of one, elements outside read as zero, L2 promotion as the executor likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TensorMap {
    /// Index of the buffer.
    pub(crate) buffer: usize,
    /// Element type: f16 or bf16.
    pub(crate) elem: Elem,
    /// Extents, innermost first: elements of a row, rows of a plane, planes.
    pub(crate) extents: [u64; 3],
    /// Bytes from a row to the next, and from a plane to the next.
    pub(crate) strides: [u64; 2],
    /// Box of one copy, innermost first, in elements; the innermost is 128 bytes, the last is 1.
    pub(crate) boxed: [u32; 3],
}

impl NativeProgram {
    /// The final text of every distinct pass, in order: what is shown and what is hashed.
    pub(crate) fn source(&self) -> String {
        let mut texts: Vec<String> = Vec::new();
        for text in self.passes.iter().map(|pass| pass.source.cuda()) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join("\n")
    }
}

/// Plans a case.
///
/// # Errors
/// Why the native track has nothing for it on this GPU, and which track has.
pub(crate) fn plan(case: &Case, gpu: &Gpu) -> Result<NativeProgram, String> {
    if gpu.sm < (8, 0) {
        return Err(format!(
            "the native kernels need compute capability 8.0; this GPU has {}.{}: use the portable track",
            gpu.sm.0, gpu.sm.1
        ));
    }
    if case.dtype == Dtype::F32 {
        return Err("tensor cores round f32 inputs to TF32; f32 is left to the portable and library tracks".to_owned());
    }
    let program = match case.family.name() {
        "matmul" => matmul::plan(case, gpu),
        "attention" => attention::plan(case, gpu),
        other => Err(format!("no native kernel for {other}: use the portable track")),
    }?;
    match program.passes.iter().find(|pass| pass.shared_bytes > gpu.shared_bytes) {
        Some(pass) => Err(format!(
            "{} takes {} bytes of shared memory a block; this GPU has {}",
            pass.kernel, pass.shared_bytes, gpu.shared_bytes
        )),
        None => Ok(program),
    }
}

/// A buffer that holds a whole tensor, rows padded to `pitch` bytes.
fn whole(name: &str, role: fn(Slab) -> Role, tensor: usize, rows: u64, cols: u64, elem: Elem) -> Buffer {
    let pitch = crate::kernel::source::padded(cols, elem);
    let slab = Slab { tensor, first: 0, rows, cols, elem, pitch };
    Buffer { name: name.to_owned(), bytes: rows * pitch, role: role(slab) }
}

/// The value of `DTYPE` in the texts.
fn dtype_number(dtype: Dtype) -> u32 {
    match dtype {
        Dtype::Bf16 => 1,
        Dtype::I8 => 2,
        _ => 0,
    }
}

/// A count that a kernel takes or a grid has in 32 bits.
fn word(what: &str, count: u64) -> Result<u32, String> {
    u32::try_from(count).ok().filter(|&n| n <= i32::MAX as u32).ok_or_else(|| format!("{count} {what} do not fit a launch"))
}
