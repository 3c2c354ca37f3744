//! The portable track's plan of an attention: one pass over units that share KV heads, and for a decode a second one
//! that puts the splits of the keys together. Heads beyond a binding's size go to further buffers and passes.

use super::{
    super::{
        Binding, Buffer, Case, Dtype, Elem, Pass, Program, Role, Slab, Target, Tuning, Unplannable,
        source::{self, Kernel, check_workgroup, fold, kernel, load_prelude, padded, rows_per_slab, store_prelude},
    },
    Extents,
};

const FLASH: Kernel = kernel!("attention/flash.wgsl");
const COMBINE: Kernel = kernel!("attention/combine.wgsl");
const FLOAT_CACHE: &str = include_str!("../../../kernels/attention/cache_float.wgsl");
const I8_CACHE: &str = include_str!("../../../kernels/attention/cache_i8.wgsl");

/// Invocations of a workgroup of `combine`, as in its text.
const COMBINE_THREADS: u64 = 64;

/// How a case maps to the kernel's units: groups of query rows that share one KV head.
struct Units {
    /// Query rows of a unit.
    q_rows: u64,
    /// Units that share a KV head.
    per_kv: u64,
    /// KV heads over all sequences.
    kv_heads: u64,
    /// Keys of a KV head.
    kv: u64,
    /// Parts the keys are split into, and the keys of each.
    splits: u64,
    split_keys: u64,
    causal: bool,
}

impl Units {
    fn of(case: &Case, tuning: &Tuning) -> Units {
        let e = Extents::of(case);
        let group = (e.heads / e.kv_heads) as u64;
        let (kv, kv_heads) = (e.kv as u64, (e.batch * e.kv_heads) as u64);
        if e.causal {
            return Units {
                q_rows: e.seq as u64,
                per_kv: group,
                kv_heads,
                kv,
                splits: 1,
                split_keys: kv,
                causal: true,
            };
        }
        let split_keys = u64::from(tuning["SPLIT_KEYS"]);
        Units { q_rows: group, per_kv: 1, kv_heads, kv, splits: kv.div_ceil(split_keys), split_keys, causal: false }
    }
}

pub(super) fn program(case: &Case, target: &Target, asked: &Tuning) -> Result<Program, Unplannable> {
    let asked = if asked.is_empty() { default_tuning(case, target) } else { asked.clone() };
    let tuning = FLASH.resolve(&asked, &default_tuning(case, target), target)?;
    check(&tuning, target)?;
    let units = Units::of(case, &tuning);
    let elem = Elem::input(case.dtype);
    let layout = Layout::of(case, elem);
    let heads_at_once = kv_heads_per_slab(&units, &layout, target)?;
    let mut plan = Plan {
        target,
        text: flash_text(case, &tuning, &units, &layout),
        combine: COMBINE.assemble(&Tuning::new(), &[store_prelude(elem)]),
        block_q: u64::from(tuning["ROWS"] * tuning["TILE_Q"]),
        scale: (std::f64::consts::LOG2_E / (case.axis("d") as f64).sqrt()) as f32,
        cols: case.axis("d"),
        elem,
        layout,
        buffers: Vec::new(),
        passes: Vec::new(),
    };
    for first in (0..units.kv_heads).step_by(heads_at_once as usize) {
        plan.add(&units, first, heads_at_once.min(units.kv_heads - first))?;
    }
    Ok(Program { buffers: plan.buffers, passes: plan.passes, tuning })
}

/// Bytes of rows. A word of the cache holds as many elements as `words` divides a row into; of a float query it takes one
/// word, where the cache has 8 bits two.
struct Layout {
    words: u64,
    /// Of a query and of an output.
    q_pitch: u64,
    /// Of a key and of a value.
    kv_pitch: u64,
    /// Of a head's scales, where the cache has any.
    s_pitch: Option<u64>,
}

impl Layout {
    fn of(case: &Case, elem: Elem) -> Layout {
        let quantized = case.dtype == Dtype::Kv8;
        let kv_pitch = padded(case.axis("d"), if quantized { Elem::I8 } else { elem });
        let s_pitch = quantized.then(|| padded(case.axis("kv"), elem));
        let q_pitch = if quantized { 2 * kv_pitch } else { kv_pitch };
        Layout { words: kv_pitch / 16, q_pitch, kv_pitch, s_pitch }
    }
}

/// A program under construction.
struct Plan<'t> {
    target: &'t Target,
    text: std::sync::Arc<str>,
    combine: std::sync::Arc<str>,
    block_q: u64,
    scale: f32,
    cols: u64,
    elem: Elem,
    layout: Layout,
    buffers: Vec<Buffer>,
    passes: Vec<Pass>,
}

impl Plan<'_> {
    /// Adds the buffers and passes of `heads` KV heads from `first` on.
    fn add(&mut self, units: &Units, first: u64, heads: u64) -> Result<(), Unplannable> {
        let rows_per_head = units.per_kv * units.q_rows;
        let (q_first, q_rows) = (first * rows_per_head, heads * rows_per_head);
        let (elem, pitch) = (self.elem, self.layout.q_pitch);
        let slab = |tensor, first, rows| Slab { tensor, first, rows, cols: self.cols, elem, pitch };
        let (q_slab, out_slab) = (slab(0, q_first, q_rows), slab(0, q_first, q_rows));
        let q = self.buffer("q", q_rows * pitch, Role::Input(q_slab));
        let cache = self.cache(units, first, heads);
        let out = self.buffer("out", q_rows * pitch, Role::Output(out_slab));
        let parts = if units.causal {
            out
        } else {
            self.buffer("parts", q_rows * units.splits * part_bytes(pitch, elem), Role::Scratch)
        };
        let n = heads * units.per_kv;
        let q_blocks = units.q_rows.div_ceil(self.block_q);
        let grid = fold(n * q_blocks * units.splits, self.target)?;
        let params = [units.q_rows, units.kv, units.per_kv, q_blocks, units.splits, units.split_keys, n];
        let params = params.iter().map(|&p| p as u32).chain([self.scale.to_bits(), grid[0], grid[1]]).collect();
        let storage = bindings(&[(q, false), (cache[0], false), (cache[1], false), (parts, true)]);
        self.passes.push(Pass { source: self.text.clone(), entry: "main", params, storage, grid });
        if !units.causal {
            let quads = pitch / (4 * elem.bytes());
            let grid = fold((q_rows * quads).div_ceil(COMBINE_THREADS), self.target)?;
            let params = vec![quads as u32, units.splits as u32, (q_rows * quads) as u32, grid[0], grid[1]];
            let storage = bindings(&[(parts, false), (out, true)]);
            self.passes.push(Pass { source: self.combine.clone(), entry: "main", params, storage, grid });
        }
        Ok(())
    }

    /// Keys and values of `heads` KV heads from `first` on; or both in one and their scales.
    fn cache(&mut self, units: &Units, first: u64, heads: u64) -> [usize; 2] {
        let (first_row, rows, pitch) = (first * units.kv, heads * units.kv, self.layout.kv_pitch);
        let whole = |tensor, twice: u64, elem| {
            let (first, rows) = (twice * first_row, twice * rows);
            Slab { tensor, first, rows, cols: self.cols, elem, pitch }
        };
        let (k, v) = match self.layout.s_pitch {
            None => (whole(1, 1, self.elem), whole(2, 1, self.elem)),
            Some(pitch) => {
                let scales =
                    Slab { tensor: 2, first: 2 * first, rows: 2 * heads, cols: units.kv, elem: self.elem, pitch };
                (whole(1, 2, Elem::I8), scales)
            }
        };
        [("k", k), ("v", v)].map(|(name, slab)| self.buffer(name, slab.rows * slab.pitch, Role::Input(slab)))
    }

    fn buffer(&mut self, name: &str, bytes: u64, role: Role) -> usize {
        self.buffers.push(Buffer { name: name.to_owned(), bytes, role });
        self.buffers.len() - 1
    }
}

fn bindings(list: &[(usize, bool)]) -> Vec<Binding> {
    list.iter().map(|&(buffer, writable)| Binding { buffer, writable }).collect()
}

/// Bytes of a split's row: the sums in f32, its maximum and its sum of weights in one word more.
fn part_bytes(pitch: u64, elem: Elem) -> u64 {
    pitch / elem.bytes() * 4 + 16
}

fn flash_text(case: &Case, tuning: &Tuning, units: &Units, layout: &Layout) -> std::sync::Arc<str> {
    let mut constants = tuning.clone();
    constants.remove("SPLIT_KEYS");
    constants.insert("WORDS".to_owned(), layout.words as u32);
    constants.insert("CAUSAL".to_owned(), u32::from(units.causal));
    constants.insert("SPLIT".to_owned(), u32::from(!units.causal));
    // A decode's first pass leaves f32 for the second one to add up.
    let stored = if units.causal { Elem::output(case.dtype) } else { Elem::F32 };
    let cache = match case.dtype {
        Dtype::Kv8 => &[I8_CACHE][..],
        dtype => &[load_prelude(dtype), FLOAT_CACHE],
    };
    FLASH.assemble(&constants, &[cache, &[store_prelude(stored)]].concat())
}

/// KV heads whose keys, queries and parts fit one binding each.
fn kv_heads_per_slab(units: &Units, layout: &Layout, target: &Target) -> Result<u64, Unplannable> {
    let pitch = layout.q_pitch;
    let key_bytes = units.kv * layout.kv_pitch;
    let cache_bytes = layout.s_pitch.map_or(key_bytes, |s_pitch| 2 * key_bytes.max(s_pitch));
    let mut heads = rows_per_slab("k of one KV head", units.kv_heads, 1, cache_bytes, target)?;
    let q_rows = units.per_kv * units.q_rows;
    heads = heads.min(rows_per_slab("q of one KV head", units.kv_heads, 1, q_rows * pitch, target)?);
    if !units.causal {
        let parts = q_rows * units.splits * part_bytes(pitch, Elem::I8);
        heads = heads.min(rows_per_slab("splits of one KV head", units.kv_heads, 1, parts, target)?);
    }
    Ok(heads)
}

/// Workgroup size and memory of a tuning, checked.
fn check(tuning: &Tuning, target: &Target) -> Result<(), Unplannable> {
    let (rows, cols) = (tuning["ROWS"], tuning["COLS"]);
    let block_q = rows * tuning["TILE_Q"];
    let shared = block_q * cols * tuning["TILE_K"] * 4 + block_q * cols * 4;
    check_workgroup([cols, rows, 1], shared, target)
}

/// Tile sizes worth trying, best first: query rows and keys of an invocation, invocations along rows and columns, turns
/// of the loops unrolled. Rows beyond those that a unit has are wasted, so tiles shrink to it.
fn shapes(case: &Case, target: &Target) -> Vec<Tuning> {
    let e = Extents::of(case);
    let rows = if e.causal { e.seq } else { e.heads / e.kv_heads }.next_power_of_two() as u32;
    let shapes: &[[u32; 5]] = match (target.software, e.causal) {
        // 32 x 16 is faster still, but takes a software driver several times as long to compile.
        (true, true) => &[[16, 16, 1, 8, 8], [32, 16, 1, 8, 8], [16, 8, 1, 8, 8], [8, 16, 1, 8, 8], [8, 8, 2, 8, 8]],
        (true, false) => &[[16, 32, 1, 8, 1], [16, 32, 1, 8, 8], [8, 32, 1, 8, 1], [8, 16, 1, 8, 1], [8, 8, 1, 8, 1]],
        (false, true) => &[
            [4, 4, 8, 16, 1],
            [4, 4, 16, 8, 1],
            [8, 4, 4, 16, 1],
            [4, 4, 4, 32, 1],
            [2, 4, 8, 16, 1],
            [4, 8, 8, 8, 1],
            [4, 4, 8, 16, 2],
        ],
        (false, false) => &[[4, 4, 1, 32, 1], [8, 4, 1, 32, 1], [4, 4, 1, 64, 1], [2, 4, 1, 64, 1], [8, 4, 1, 16, 1]],
    };
    let made = shapes.iter().map(|&[q, k, r, c, unroll]| {
        let q = q.min(rows);
        let r = r.min((rows / q).max(1));
        source::tuning(&[("TILE_Q", q), ("TILE_K", k), ("ROWS", r), ("COLS", c), ("UNROLL", unroll)])
    });
    let fits = |t: &Tuning| FLASH.resolve(t, &Tuning::new(), target).is_ok_and(|t| check(&t, target).is_ok());
    made.filter(fits).collect()
}

/// The first shape that the target's limits allow; nothing to prefer where none does.
fn default_tuning(case: &Case, target: &Target) -> Tuning {
    shapes(case, target).into_iter().next().unwrap_or_default()
}

pub(super) fn tunings(case: &Case, target: &Target) -> Vec<Tuning> {
    let mut candidates = vec![Tuning::new()];
    candidates.extend(shapes(case, target));
    if !Extents::of(case).causal {
        for keys in [512, 2048] {
            let mut other = default_tuning(case, target);
            other.insert("SPLIT_KEYS".to_owned(), keys);
            candidates.push(other);
        }
    }
    source::runnable(candidates, |tuning| program(case, target, tuning))
}
