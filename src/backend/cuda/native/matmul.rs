//! Tiles and launches of the tensor-core GEMMs. See `kernels/matmul/native.md` for what the numbers mean.
//! Knows no instruction; a vector is a product of one row.

use super::{
    plan::{Arg, Gpu, NativePass, NativeProgram, TensorMap, dtype_number, whole, word},
    source::{Source, text},
};
use crate::kernel::{Buffer, Case, Dtype, Elem, Role, matmul::mnk, source::padded};

const GEMM_SM80: &[&str] = &[text!("matmul/gemm_sm80.cu")];
const GEMM_SM90: &[&str] = &[text!("matmul/gemm_sm90.cu")];

/// Bytes of a row of A or B in one stage of the sm_80 kernel.
const STEP_BYTES: u32 = 64;

/// Shape of a block of the sm_80 kernel.
#[derive(Debug, Clone, Copy)]
struct Tile {
    m: u32,
    n: u32,
    warps_m: u32,
    warps_n: u32,
    stages: u32,
    min_blocks: u32,
}

impl Tile {
    const fn new(m: u32, n: u32, warps: [u32; 2], stages: u32, min_blocks: u32) -> Tile {
        Tile { m, n, warps_m: warps[0], warps_n: warps[1], stages, min_blocks }
    }

    fn threads(self) -> u32 {
        32 * self.warps_m * self.warps_n
    }

    fn shared_bytes(self) -> u32 {
        self.stages * (self.m + self.n) * STEP_BYTES
    }
}

/// The case's operands.
struct Operands {
    m: u64,
    n: u64,
    /// Bytes of a row of A and B, and of C.
    pitch: u64,
    c_pitch: u64,
    elem: Elem,
}

pub(super) fn plan(case: &Case, gpu: &Gpu) -> Result<NativeProgram, String> {
    let (m, n, k) = mnk(case);
    let (m, n, k) = (m as u64, n as u64, k as u64);
    let (elem, stored) = (Elem::input(case.dtype), Elem::output(case.dtype));
    let operands = Operands { m, n, pitch: padded(k, elem), c_pitch: padded(n, stored), elem };
    let buffers = vec![
        whole("a", Role::Input, 0, m, k, elem),
        whole("b", Role::Input, 1, n, k, elem),
        whole("c", Role::Output, 0, m, n, stored),
    ];
    let many = |tile_n: u64| m.div_ceil(128) * n.div_ceil(tile_n) >= u64::from(gpu.multiprocessors);
    if gpu.sm90a && case.dtype != Dtype::I8 && m > 64 && many(128) {
        let pass = sm90(case.dtype, &operands, gpu, if many(256) { 256 } else { 128 })?;
        return Ok(NativeProgram { buffers, passes: vec![pass], implementation: "gemm_sm90" });
    }
    sm80(case.dtype, &operands, tile(case.dtype, m, many(128), gpu), gpu, buffers)
}

/// Few rows: no more than they fill, a deep pipeline, and four blocks a multiprocessor to have enough bytes on their way.
/// Few blocks: smaller ones, so that more multiprocessors work.
fn tile(dtype: Dtype, m: u64, many: bool, gpu: &Gpu) -> Tile {
    // Two blocks of four stages fit a multiprocessor whose block may have 160 KiB, of three stages one with less.
    let stages = if gpu.shared_bytes >= 160 << 10 { 4 } else { 3 };
    match m {
        0..=16 => Tile::new(16, 64, [1, 2], 6, 4),
        17..=32 => Tile::new(32, 64, [1, 2], 6, 4),
        _ if m <= 64 || !many => Tile::new(64, 64, [2, 2], 5, 2),
        // Sums of i8 leave fewer registers to the copies: half as many a thread.
        _ if dtype == Dtype::I8 => Tile::new(128, 128, [2, 4], stages, 1),
        _ => Tile::new(128, 128, [2, 2], stages, 2),
    }
}

/// Parts of K, and the bytes of a row in each: enough to fill the GPU, no shorter than a pipeline's worth of stages.
fn splits(o: &Operands, tile: Tile, blocks: u64, gpu: &Gpu) -> (u64, u64) {
    const LEAST_STEPS: u64 = 8;
    if tile.m >= 128 {
        return (1, o.pitch);
    }
    let steps = o.pitch.div_ceil(u64::from(STEP_BYTES));
    let wanted = u64::from(gpu.multiprocessors * tile.min_blocks).div_ceil(blocks);
    let each = steps.div_ceil(wanted.min(steps / LEAST_STEPS).max(1));
    (steps.div_ceil(each), each * u64::from(STEP_BYTES))
}

fn sm80(dtype: Dtype, o: &Operands, tile: Tile, gpu: &Gpu, mut buffers: Vec<Buffer>) -> Result<NativeProgram, String> {
    const ADD_THREADS: u32 = 128;
    let blocks = o.m.div_ceil(u64::from(tile.m)) * o.n.div_ceil(u64::from(tile.n));
    let (splits, split_bytes) = splits(o, tile, blocks, gpu);
    let split = splits > 1;
    let defines = vec![
        ("DTYPE", dtype_number(dtype)),
        ("TILE_M", tile.m),
        ("TILE_N", tile.n),
        ("WARPS_M", tile.warps_m),
        ("WARPS_N", tile.warps_n),
        ("STAGES", tile.stages),
        ("MIN_BLOCKS", tile.min_blocks),
        ("SPLIT", u32::from(split)),
    ];
    let source = Source { defines, sm90: false, files: GEMM_SM80 };
    let mut passes = vec![NativePass {
        source: source.clone(),
        kernel: "gemm",
        args: vec![
            Arg::Buffer(0),
            Arg::Buffer(1),
            Arg::Buffer(if split { 3 } else { 2 }),
            Arg::U32(word("rows", o.m)?),
            Arg::U32(word("columns", o.n)?),
            Arg::U32(word("words of a row", o.pitch / 16)?),
            Arg::U32(word("bytes of a row of C", o.c_pitch)?),
            Arg::U32(word("words of a split", split_bytes / 16)?),
        ],
        grid: [word("blocks", blocks)?, splits as u32, 1],
        block: tile.threads(),
        shared_bytes: tile.shared_bytes(),
    }];
    if split {
        let c_words = o.m * o.c_pitch / 16;
        let part_bytes = o.m * o.c_pitch / dtype.output_bytes() * 4;
        buffers.push(Buffer { name: "parts".to_owned(), bytes: splits * part_bytes, role: Role::Scratch });
        passes.push(NativePass {
            source,
            kernel: "add_parts",
            args: vec![Arg::Buffer(3), Arg::Buffer(2), Arg::U32(word("words of C", c_words)?), Arg::U32(splits as u32)],
            grid: [word("blocks", c_words.div_ceil(u64::from(ADD_THREADS)))?, 1, 1],
            block: ADD_THREADS,
            shared_bytes: 0,
        });
    }
    Ok(NativeProgram { buffers, passes, implementation: "gemm_sm80" })
}

const SM90_TILE_M: u32 = 128;
const SM90_TILE_K: u32 = 64;
const SM90_THREADS: u32 = 384;
/// A full and an empty barrier of eight bytes for every stage.
const SM90_BARRIERS: u32 = 16;

fn sm90(dtype: Dtype, o: &Operands, gpu: &Gpu, tile_n: u32) -> Result<NativePass, String> {
    let stages = if tile_n == 256 { 4 } else { 6 };
    let stage_bytes = (SM90_TILE_M + tile_n) * SM90_TILE_K * 2;
    let k = o.pitch / o.elem.bytes();
    let map = |buffer, rows, box_rows| {
        Arg::TensorMap(TensorMap {
            buffer,
            elem: o.elem,
            extents: [k, rows, 1],
            strides: [o.pitch, o.pitch * rows],
            boxed: [SM90_TILE_K, box_rows, 1],
        })
    };
    let tiles = word("tiles", o.m.div_ceil(u64::from(SM90_TILE_M)) * o.n.div_ceil(u64::from(tile_n)))?;
    Ok(NativePass {
        source: Source {
            defines: vec![("DTYPE", dtype_number(dtype)), ("TILE_N", tile_n), ("STAGES", stages)],
            sm90: true,
            files: GEMM_SM90,
        },
        kernel: "gemm",
        args: vec![
            map(0, o.m, SM90_TILE_M),
            map(1, o.n, tile_n),
            Arg::Buffer(2),
            Arg::U32(word("rows", o.m)?),
            Arg::U32(word("columns", o.n)?),
            Arg::U32(word("elements of a row", k)?),
            Arg::U32(word("bytes of a row of C", o.c_pitch)?),
        ],
        grid: [tiles.min(gpu.multiprocessors), 1, 1],
        block: SM90_THREADS,
        shared_bytes: stages * (stage_bytes + SM90_BARRIERS),
    })
}
