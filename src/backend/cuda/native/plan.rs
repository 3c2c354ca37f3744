//! The native track's plan for a case: a tensor-core kernel, its launch geometry, buffers and arguments, as plain data.
//! Touches no device and no library; `device` executes a plan as it stands.

use super::{attention, matmul, source::Source};
use crate::kernel::{Buffer, Case, Dtype, Elem, Role, Slab};

/// What a planner must know of the GPU and of the compiler for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gpu {
    /// Compute capability that is compiled for: the card's own, or an older one if the compiler does not know it.
    pub(super) sm: (u32, u32),
    /// Compiled for `sm_90a`, under a driver that makes tensor maps: wgmma and TMA may be used.
    pub(super) sm90a: bool,
    /// Multiprocessors: how many blocks run at once decides how work is split.
    pub(super) multiprocessors: u32,
    /// Shared memory that a block may ask for, bytes.
    pub(super) shared_bytes: u32,
}

/// Everything an executor needs to run a case on the native track.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NativeProgram {
    /// Device buffers, in index order.
    pub(super) buffers: Vec<Buffer>,
    /// Launches, in stream order.
    pub(super) passes: Vec<NativePass>,
    /// File that holds the kernel, for records: `gemm_sm90`.
    pub(super) implementation: &'static str,
}

/// One launch of one kernel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NativePass {
    /// The text; `Source::cuda` is what NVRTC compiles.
    pub(super) source: Source,
    /// Symbol of the kernel in it.
    pub(super) kernel: &'static str,
    /// Its parameters, in order.
    pub(super) args: Vec<Arg>,
    /// Blocks per dimension.
    pub(super) grid: [u32; 3],
    /// Threads of a block, along x.
    pub(super) block: u32,
    /// Dynamic shared memory of a block, bytes; above 48 KiB the kernel must be granted it first.
    pub(super) shared_bytes: u32,
}

/// A kernel parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Arg {
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
pub(super) struct TensorMap {
    /// Index of the buffer.
    pub(super) buffer: usize,
    /// Element type: f16 or bf16.
    pub(super) elem: Elem,
    /// Extents, innermost first: elements of a row, rows of a plane, planes.
    pub(super) extents: [u64; 3],
    /// Bytes from a row to the next, and from a plane to the next.
    pub(super) strides: [u64; 2],
    /// Box of one copy, innermost first, in elements; the innermost is 128 bytes, the last is 1.
    pub(super) boxed: [u32; 3],
}

impl NativeProgram {
    /// The final text of every distinct pass, in order: what is shown and what is hashed.
    pub(super) fn source(&self) -> String {
        let mut texts: Vec<String> = Vec::new();
        for text in self.passes.iter().map(|pass| pass.source.cuda()) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join("\n")
    }
}

/// Why there is nothing at all for a GPU.
pub(super) fn refusal(gpu: &Gpu) -> Option<String> {
    let (major, minor) = gpu.sm;
    (gpu.sm < (8, 0)).then(|| {
        format!("the native kernels need compute capability 8.0; this GPU has {major}.{minor}: use the portable track")
    })
}

/// Plans a case.
///
/// # Errors
/// Why the native track has nothing for it on this GPU, and which track has.
pub(super) fn plan(case: &Case, gpu: &Gpu) -> Result<NativeProgram, String> {
    if let Some(why) = refusal(gpu) {
        return Err(why);
    }
    if case.dtype == Dtype::F32 {
        return Err("tensor cores round f32 inputs to TF32; f32 is left to the portable and library tracks".to_owned());
    }
    if case.dtype.int4().is_some() || matches!(case.dtype, Dtype::Tf32 | Dtype::Fp8 | Dtype::Kv8) {
        return Err(format!("no native kernel for {}: use the portable or the library track", case.dtype));
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
pub(super) fn whole(name: &str, role: fn(Slab) -> Role, tensor: usize, rows: u64, cols: u64, elem: Elem) -> Buffer {
    let pitch = crate::kernel::source::padded(cols, elem);
    let slab = Slab { tensor, first: 0, rows, cols, elem, pitch };
    Buffer { name: name.to_owned(), bytes: rows * pitch, role: role(slab) }
}

/// The value of `DTYPE` in the texts.
pub(super) fn dtype_number(dtype: Dtype) -> u32 {
    match dtype {
        Dtype::Bf16 => 1,
        Dtype::I8 => 2,
        _ => 0,
    }
}

/// A count that a kernel takes or a grid has in 32 bits.
pub(super) fn word(what: &str, count: u64) -> Result<u32, String> {
    u32::try_from(count)
        .ok()
        .filter(|&n| n <= i32::MAX as u32)
        .ok_or_else(|| format!("{count} {what} do not fit a launch"))
}
