//! The portable track's plan of a product with 4-bit weights: slabs as in `plan`, scales in a binding of their own, and
//! where activations are quantised a pass before that does it.
//! Says nothing of what the weights mean; `int4` does.

use super::{
    super::{
        Binding, Buffer, Case, Elem, Int4, Pass, Program, Role, Slab, Target, Tuning, Unplannable,
        source::{self, Kernel, check_workgroup, fold, kernel, load_prelude, padded, rows_per_slab, store_prelude},
    },
    int4::{BLOCK, BLOCK_BYTES, blocks_and_groups},
    plan::{CHOICE, Chosen, FEW_ROWS, direct_bytes, slabs, take_choice},
};
use crate::kernel::Dtype;

const DIRECT: Kernel = kernel!("matmul/int4.wgsl");
const STAGED: Kernel = kernel!("matmul/int4_staged.wgsl");
const QUANTIZE: Kernel = kernel!("matmul/quantize.wgsl");

/// Invocations of a workgroup of `quantize`, as in its text.
const QUANTIZE_THREADS: u64 = 64;
/// Bytes of a quantised block: 32 integers, and a word with their scale.
const QUANTIZED_BYTES: u64 = 48;

pub(super) fn program(case: &Case, int4: Int4, target: &Target, asked: &Tuning) -> Result<Program, Unplannable> {
    let (m, n, k) = (case.axis("m"), case.axis("n"), case.axis("k"));
    let Chosen { kernel, tuning, tile, tiles_per_group } = choose(m, int4, target, asked)?;
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
    constants.remove(CHOICE);
    constants.extend(source::tuning(&[group_blocks]));
    let text = kernel.assemble(&constants, &[load_prelude(case.dtype), store_prelude(Elem::F16)]);
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
            let tiles_n = b_rows.div_ceil(tile[1]);
            let tiles = rows.div_ceil(tile[0]) * tiles_n;
            let grid = fold(tiles.div_ceil(tiles_per_group), target)?;
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

/// Resolves the tunables and checks the workgroup they make.
fn choose(m: u64, int4: Int4, target: &Target, asked: &Tuning) -> Result<Chosen, Unplannable> {
    let (staged, asked) = take_choice(m, target, asked)?;
    let (kernel, mut tuning, tile, tiles_per_group) = if staged {
        let tuning = STAGED.resolve(&asked, &Tuning::new(), target)?;
        let (rows, cols) = (tuning["THREADS_M"], tuning["THREADS_N"]);
        let tile = [rows * tuning["TILE_M"], cols * tuning["TILE_N"]];
        // Words of A in a block, the same of B, and four bytes of scale.
        let a_bytes = if int4.a8 { QUANTIZED_BYTES as u32 } else { 2 * BLOCK as u32 };
        let shared = tuning["STEP"] * ((tile[0] + 1) * a_bytes + (tile[1] + 1) * (BLOCK_BYTES as u32 + 4));
        check_workgroup([cols, rows, 1], shared.next_multiple_of(16), target)?;
        (&STAGED, tuning, tile, 1)
    } else {
        // Tiles no taller than A.
        let rows = source::tuning(&[("TILE_M", m.next_power_of_two().min(8) as u32)]);
        let tuning = DIRECT.resolve(&asked, &rows, target)?;
        let (lanes, tiles) = (tuning["LANES"], tuning["TILES"]);
        let tile = [tuning["TILE_M"], tuning["TILE_N"]];
        check_workgroup([lanes, tiles, 1], direct_bytes(tiles, lanes, tile[0], tile[1]), target)?;
        (&DIRECT, tuning, tile, u64::from(tiles))
    };
    tuning.insert(CHOICE.to_owned(), u32::from(staged));
    Ok(Chosen { kernel, tuning, tile: tile.map(u64::from), tiles_per_group })
}

pub(super) fn tunings(case: &Case, int4: Int4, target: &Target) -> Vec<Tuning> {
    let m = case.axis("m");
    let rows = m.next_power_of_two() as u32;
    let few: &[[u32; 4]] = if target.software {
        &[[16, 16, 8, 1], [8, 32, 8, 1], [8, 8, 8, 1], [4, 16, 8, 1], [4, 8, 8, 2], [16, 8, 8, 1]]
    } else {
        &[[8, 4, 16, 4], [8, 4, 64, 2], [4, 4, 32, 4], [4, 8, 32, 2], [8, 4, 8, 8], [2, 4, 32, 4]]
    };
    let many = [[4, 4, 16, 16, 1], [8, 4, 16, 16, 1], [4, 8, 16, 16, 1], [8, 8, 8, 8, 2], [8, 8, 8, 16, 1]];
    let mut candidates = vec![Tuning::new()];
    if m > FEW_ROWS && !target.software {
        candidates.extend(many.map(|[tile_m, tile_n, threads_m, threads_n, step]| {
            source::tuning(&[
                (CHOICE, 1),
                ("TILE_M", tile_m),
                ("TILE_N", tile_n),
                ("THREADS_M", threads_m),
                ("THREADS_N", threads_n),
                ("STEP", step),
            ])
        }));
    } else {
        candidates.extend(few.iter().map(|&[tile_m, tile_n, lanes, tiles]| {
            let tile_m = tile_m.min(rows);
            source::tuning(&[(CHOICE, 0), ("TILE_M", tile_m), ("TILE_N", tile_n), ("LANES", lanes), ("TILES", tiles)])
        }));
    }
    source::runnable(candidates, |tuning| program(case, int4, target, tuning))
}
