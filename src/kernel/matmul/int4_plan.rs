//! The portable track's plan of a product with 4-bit weights: slabs as in `plan`, scales in a binding of their own, and
//! where activations are quantised a pass before that does it.
//! Says nothing of what the weights mean; `int4` does.

use super::{
    super::{
        Binding, Buffer, Case, Elem, Int4, Pass, Program, Role, Slab, Target, Tuning, Unplannable,
        source::{self, Kernel, check_workgroup, fold, kernel, load_prelude, padded, rows_per_slab, store_prelude},
    },
    int4::{BLOCK, BLOCK_BYTES, blocks_and_groups},
    plan::{direct_bytes, slabs},
};
use crate::kernel::Dtype;

const PRODUCT: Kernel = kernel!("matmul/int4.wgsl");
const QUANTIZE: Kernel = kernel!("matmul/quantize.wgsl");

/// Invocations of a workgroup of `quantize`, as in its text.
const QUANTIZE_THREADS: u64 = 64;
/// Bytes of a quantised block: 32 integers, and a word with their scale.
const QUANTIZED_BYTES: u64 = 48;

pub(super) fn program(case: &Case, int4: Int4, target: &Target, asked: &Tuning) -> Result<Program, Unplannable> {
    let (m, n, k) = (case.axis("m"), case.axis("n"), case.axis("k"));
    let tuning = PRODUCT.resolve(asked, &preferred(m, target), target)?;
    let (lanes, tiles) = (tuning["LANES"], tuning["TILES"]);
    let tile = [tuning["TILE_M"], tuning["TILE_N"]];
    check_workgroup([lanes, tiles, 1], direct_bytes(tiles, lanes, tile[0], tile[1]), target)?;
    let (blocks, groups) = blocks_and_groups(k as usize, int4.group);
    let (blocks, groups) = (blocks as u64, groups as u64);
    let (a_pitch, b_pitch) = (blocks * 2 * BLOCK as u64, blocks * BLOCK_BYTES as u64);
    let (s_pitch, c_pitch) = (padded(groups, Elem::F16), padded(n, Elem::F16));
    let a_most = a_pitch.max(blocks * QUANTIZED_BYTES);
    let m_slab = rows_per_slab("a", m, 1, a_most, target)?.min(rows_per_slab("c", m, 1, c_pitch, target)?);
    // A quad of columns is stored as one word, so slabs of B hold whole quads.
    let n_slab = rows_per_slab("b", n, 4, b_pitch, target)?.min(rows_per_slab("s", n, 4, s_pitch, target)?);

    let group_blocks = ("GROUP_BLOCKS", (int4.group / BLOCK) as u32);
    let mut constants = tuning.clone();
    constants.extend(source::tuning(&[group_blocks]));
    let text = PRODUCT.assemble(&constants, &[load_prelude(case.dtype), store_prelude(Elem::F16)]);
    let quantize = QUANTIZE.assemble(&source::tuning(&[group_blocks]), &[load_prelude(Dtype::F16)]);

    let mut buffers = Vec::new();
    let mut add = |name: &str, first: u64, bytes: u64, role: Role| {
        buffers.push(Buffer { name: format!("{name}[{first}..]"), bytes, role });
        buffers.len() - 1
    };
    let slab = |tensor, first, rows, cols, elem, pitch| Slab { tensor, first, rows, cols, elem, pitch };
    let b: Vec<_> = slabs(n, n_slab)
        .map(|(first, rows)| {
            let weights = slab(1, first, rows, b_pitch, Elem::I8, b_pitch);
            let scales = slab(2, first, rows, groups, Elem::F16, s_pitch);
            let b = add("b", first, rows * b_pitch, Role::Input(weights));
            (first, rows, b, add("s", first, rows * s_pitch, Role::Input(scales)))
        })
        .collect();
    let mut passes = Vec::new();
    for (first, rows) in slabs(m, m_slab) {
        let mut a = add("a", first, rows * a_pitch, Role::Input(slab(0, first, rows, k, Elem::F16, a_pitch)));
        let c = add("c", first, rows * c_pitch, Role::Output(slab(0, first, rows, n, Elem::F16, c_pitch)));
        if int4.a8 {
            let quantized = add("q", first, rows * blocks * QUANTIZED_BYTES, Role::Scratch);
            let grid = fold((rows * groups).div_ceil(QUANTIZE_THREADS), target)?;
            let params = [rows * groups, groups, blocks].map(|p| p as u32).into_iter().chain([grid[0], grid[1]]);
            passes.push(pass(&quantize, params.collect(), &[(a, false), (quantized, true)], grid));
            a = quantized;
        }
        for &(b_first, b_rows, b, s) in &b {
            let tiles_n = b_rows.div_ceil(u64::from(tile[1]));
            let all = rows.div_ceil(u64::from(tile[0])) * tiles_n;
            let grid = fold(all.div_ceil(u64::from(tiles)), target)?;
            let params = [rows, b_rows, blocks, s_pitch / 4, tiles_n, c_pitch / 8, b_first / 4].map(|p| p as u32);
            let params = params.into_iter().chain([grid[0], grid[1]]).collect();
            passes.push(pass(&text, params, &[(a, false), (b, false), (s, false), (c, true)], grid));
        }
    }
    Ok(Program { buffers, passes, tuning })
}

fn pass(text: &std::sync::Arc<str>, params: Vec<u32>, storage: &[(usize, bool)], grid: [u32; 3]) -> Pass {
    let storage = storage.iter().map(|&(buffer, writable)| Binding { buffer, writable }).collect();
    Pass { source: text.clone(), entry: "main", params, storage, grid }
}

/// Tiles no taller than A; on a software rasterizer wide ones for few rows, whose weights then decide.
fn preferred(m: u64, target: &Target) -> Tuning {
    let rows = m.next_power_of_two().min(8) as u32;
    let mut tuning = source::tuning(&[("TILE_M", rows)]);
    if !target.software && m > 16 {
        tuning.extend(source::tuning(&[("TILE_N", 8), ("LANES", 1), ("TILES", 64)]));
    }
    tuning
}

pub(super) fn tunings(case: &Case, int4: Int4, target: &Target) -> Vec<Tuning> {
    let m = case.axis("m");
    let rows = m.next_power_of_two() as u32;
    let shapes: &[[u32; 4]] = match (target.software, m > 16) {
        (true, _) => &[[16, 16, 8, 1], [8, 32, 8, 1], [8, 8, 8, 1], [4, 16, 8, 1], [4, 8, 8, 2], [16, 8, 8, 1]],
        (false, true) => &[[8, 4, 1, 64], [8, 8, 1, 128], [4, 8, 1, 64], [8, 4, 4, 16], [4, 4, 4, 32], [16, 4, 1, 64]],
        (false, false) => &[[8, 4, 16, 4], [8, 4, 64, 2], [4, 4, 32, 4], [4, 8, 32, 2], [8, 4, 8, 8], [2, 4, 32, 4]],
    };
    let made = shapes.iter().map(|&[tile_m, tile_n, lanes, tiles]| {
        let tile_m = tile_m.min(rows);
        source::tuning(&[("TILE_M", tile_m), ("TILE_N", tile_n), ("LANES", lanes), ("TILES", tiles)])
    });
    source::runnable([Tuning::new()].into_iter().chain(made), |tuning| program(case, int4, target, tuning))
}
