//! Tiles and launches of the tensor-core attention kernels. See `kernels/attention/native.md` for what the numbers mean.
//! Head widths up to 256.

use super::{
    plan::{Arg, Gpu, NativePass, NativeProgram, TensorMap, dtype_number, whole, word},
    source::{Source, text},
};
use crate::kernel::{Buffer, Case, Elem, Role, attention::Extents, source::padded};

const SOFTMAX: &str = text!("native/softmax.cuh");
const HEAD_ROWS: &str = text!("native/head_rows.cuh");
const FLASH_SM80: &[&str] = &[SOFTMAX, HEAD_ROWS, text!("attention/flash_sm80.cu")];
const FLASH_SM90: &[&str] = &[SOFTMAX, text!("attention/flash_sm90.cu")];
const DECODE_SM80: &[&str] = &[SOFTMAX, HEAD_ROWS, text!("attention/decode_sm80.cu")];

/// Widest head whose results fit a warp's registers.
const WIDEST: u32 = 256;

/// A row of a head in shared memory.
#[derive(Clone, Copy)]
struct Row {
    /// Its 16-byte words in global memory.
    words: u32,
    /// Elements multiplied: whole steps of 16.
    width: u32,
    /// Bytes from one row to the next in shared memory, as `PITCH_WORDS` in the text.
    pitch: u32,
}

impl Row {
    fn of(case: &Case) -> Result<Row, String> {
        let elem = Elem::input(case.dtype);
        let words = padded(case.axis("d"), elem) / 16;
        let width = words.div_ceil(2) * 16;
        if width > u64::from(WIDEST) {
            return Err(format!("heads of d={} are wider than {WIDEST}: use the portable track", case.axis("d")));
        }
        let (words, width) = (words as u32, width as u32);
        let pitch_words = if (width / 8).is_multiple_of(8) { width / 8 } else { (width / 8) | 1 };
        Ok(Row { words, width, pitch: pitch_words * 16 })
    }
}

pub(super) fn plan(case: &Case, gpu: &Gpu) -> Result<NativeProgram, String> {
    let (e, row) = (Extents::of(case), Row::of(case)?);
    let elem = Elem::input(case.dtype);
    let q_rows = (e.batch * e.heads * e.seq) as u64;
    let kv_rows = (e.batch * e.kv_heads * e.kv) as u64;
    let d = e.d as u64;
    let buffers = vec![
        whole("q", Role::Input, 0, q_rows, d, elem),
        whole("k", Role::Input, 1, kv_rows, d, elem),
        whole("v", Role::Input, 2, kv_rows, d, elem),
        whole("out", Role::Output, 0, q_rows, d, elem),
    ];
    let scale = (std::f64::consts::LOG2_E / (d as f64).sqrt()) as f32;
    let defines = vec![("DTYPE", dtype_number(case.dtype)), ("D_WORDS", row.words)];
    let case = Shape { e, row, scale, defines };
    match case.e.causal {
        true if gpu.sm90a && matches!(row.width, 64 | 128) => case.prefill_sm90(buffers, elem),
        true => case.prefill(buffers),
        false => case.decode(buffers, gpu),
    }
}

/// What both plans start from.
struct Shape {
    e: Extents,
    row: Row,
    /// Scores to units of log2.
    scale: f32,
    defines: Vec<(&'static str, u32)>,
}

impl Shape {
    fn source(&self, more: &[(&'static str, u32)], files: &'static [&'static str]) -> Source {
        Source { defines: [&self.defines, more].concat(), sm90: false, files }
    }

    fn prefill(&self, buffers: Vec<Buffer>) -> Result<NativeProgram, String> {
        const WARPS: u32 = 4;
        const BLOCK_K: u32 = 64;
        // Two fragments of rows a warp halve the reads of K and V; beyond a width of 128 the registers hold one.
        let (frags, min_blocks) = if self.row.width <= 128 { (2, 2) } else { (1, 1) };
        let block_q = WARPS * 16 * frags;
        let heads = (self.e.batch * self.e.heads) as u64;
        let blocks = heads * (self.e.seq as u64).div_ceil(u64::from(block_q));
        let defines = [("WARPS", WARPS), ("FRAGS", frags), ("BLOCK_K", BLOCK_K), ("MIN_BLOCKS", min_blocks)];
        let pass = NativePass {
            source: self.source(&defines, FLASH_SM80),
            kernel: "flash",
            args: vec![
                Arg::Buffer(0),
                Arg::Buffer(1),
                Arg::Buffer(2),
                Arg::Buffer(3),
                Arg::U32(word("heads", heads)?),
                Arg::U32((self.e.heads / self.e.kv_heads) as u32),
                Arg::U32(word("tokens", self.e.seq as u64)?),
                Arg::F32(self.scale),
            ],
            grid: [word("blocks", blocks)?, 1, 1],
            block: 32 * WARPS,
            shared_bytes: (block_q + 2 * BLOCK_K) * self.row.pitch,
        };
        Ok(NativeProgram { buffers, passes: vec![pass], implementation: "flash_sm80" })
    }

    fn prefill_sm90(&self, buffers: Vec<Buffer>, elem: Elem) -> Result<NativeProgram, String> {
        const BLOCK: u32 = 128;
        const STAGES: u32 = 2;
        let (e, d) = (&self.e, u64::from(self.row.width));
        let (heads, kv_heads, seq) = ((e.batch * e.heads) as u64, (e.batch * e.kv_heads) as u64, e.seq as u64);
        let map = |buffer, heads| {
            Arg::TensorMap(TensorMap {
                buffer,
                elem,
                extents: [d, seq, heads],
                strides: [2 * d, 2 * d * seq],
                boxed: [64, BLOCK, 1],
            })
        };
        let pass = NativePass {
            source: Source { defines: self.defines.clone(), sm90: true, files: FLASH_SM90 },
            kernel: "flash",
            args: vec![
                map(0, heads),
                map(1, kv_heads),
                map(2, kv_heads),
                Arg::Buffer(3),
                Arg::U32(word("heads", heads)?),
                Arg::U32((e.heads / e.kv_heads) as u32),
                Arg::U32(word("tokens", seq)?),
                Arg::F32(self.scale),
            ],
            grid: [word("blocks", heads * seq.div_ceil(u64::from(BLOCK)))?, 1, 1],
            block: 384,
            // Queries, a ring of keys and one of values; two barriers a slot.
            shared_bytes: (1 + 2 * STAGES) * (BLOCK * 2 * self.row.width + 16),
        };
        Ok(NativeProgram { buffers, passes: vec![pass], implementation: "flash_sm90" })
    }

    fn decode(&self, mut buffers: Vec<Buffer>, gpu: &Gpu) -> Result<NativeProgram, String> {
        const SLAB: u32 = 16;
        /// Shared memory of a block: two fit a multiprocessor of an A100 or later, one that of smaller cards.
        const BUDGET: u32 = 96 << 10;
        let (e, row) = (&self.e, self.row);
        let warps = if row.width <= 128 { 4 } else { 2 };
        let stage = 2 * warps * SLAB * row.pitch;
        let stages = (BUDGET / stage).clamp(2, 6);
        let group = (e.heads / e.kv_heads) as u64;
        let units = (e.batch * e.kv_heads) as u64 * group.div_ceil(16);
        if units > 65535 {
            return Err(format!("{units} groups of query heads are more than a grid holds: use the portable track"));
        }
        // Two blocks on every multiprocessor, each with whole turns of its warps.
        let turn = u64::from(warps * SLAB);
        let splits = (2 * u64::from(gpu.multiprocessors) / units).max(1);
        let split_keys = (e.kv as u64).div_ceil(splits).next_multiple_of(turn);
        let splits = word("splits", (e.kv as u64).div_ceil(split_keys))?;
        let rows = (e.batch * e.heads) as u64;
        let part = row.width + 4;
        let parts_bytes = rows * u64::from(splits) * u64::from(part) * 4;
        buffers.push(Buffer { name: "parts".to_owned(), bytes: parts_bytes, role: Role::Scratch });
        let source = self.source(&[("WARPS", warps), ("STAGES", stages)], DECODE_SM80);
        let decode = NativePass {
            source: source.clone(),
            kernel: "decode",
            args: vec![
                Arg::Buffer(0),
                Arg::Buffer(1),
                Arg::Buffer(2),
                Arg::Buffer(4),
                Arg::U32(word("query heads", group)?),
                Arg::U32(word("keys", e.kv as u64)?),
                Arg::U32(splits),
                Arg::U32(word("keys of a split", split_keys)?),
                Arg::F32(self.scale),
            ],
            grid: [splits, units as u32, 1],
            block: 32 * warps,
            shared_bytes: (stages * stage).max(warps * 16 * part * 4),
        };
        let combine = NativePass {
            source,
            kernel: "combine",
            args: vec![Arg::Buffer(4), Arg::Buffer(3), Arg::U32(splits), Arg::F32(self.scale)],
            grid: [word("rows", rows)?, 1, 1],
            block: row.width / 2,
            shared_bytes: 0,
        };
        Ok(NativeProgram { buffers, passes: vec![decode, combine], implementation: "decode_sm80" })
    }
}
