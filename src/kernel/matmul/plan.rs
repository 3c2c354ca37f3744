//! The portable track's plan of a matrix product: slabs of A, B and C, and one dispatch for every pair of slabs.
//! Weights larger than a binding are split along N, activations and results along M.

use super::super::{
    Binding, Buffer, Case, Elem, Pass, Program, Role, Slab, Target, Tuning, Unplannable,
    source::{self, Kernel, check_workgroup, fold, kernel, load_prelude, padded, rows_per_slab, store_prelude},
};

const DIRECT: Kernel = kernel!("matmul/direct.wgsl");
const STAGED: Kernel = kernel!("matmul/staged.wgsl");

/// Most rows of A for which hardware runs the direct kernel unasked.
pub(super) const FEW_ROWS: u64 = 16;

/// A tuning's choice between the two kernels: 1 stages blocks in workgroup memory, 0 reads storage directly.
pub(super) const CHOICE: &str = "STAGED";

/// What a kernel is planned with.
pub(super) struct Chosen {
    pub(super) kernel: &'static Kernel,
    pub(super) tuning: Tuning,
    /// Rows and columns of C that a workgroup makes, as tiles along M x N and the number of tiles in a workgroup.
    pub(super) tile: [u64; 2],
    pub(super) tiles_per_group: u64,
}

pub(super) fn program(case: &Case, target: &Target, tuning: &Tuning) -> Result<Program, Unplannable> {
    let chosen = choose(case, target, tuning)?;
    let (m, n, k) = (case.axis("m"), case.axis("n"), case.axis("k"));
    let (input, output) = (Elem::input(case.dtype), Elem::output(case.dtype));
    let (pitch, c_pitch) = (padded(k, input), padded(n, output));
    let m_slab = rows_per_slab("a", m, 1, pitch, target)?.min(rows_per_slab("c", m, 1, c_pitch, target)?);
    // A quad of columns is stored as one word, so slabs of B hold whole quads.
    let n_slab = rows_per_slab("b", n, 4, pitch, target)?;

    let mut constants = chosen.tuning.clone();
    constants.remove(CHOICE);
    let text = chosen.kernel.assemble(&constants, &[load_prelude(case.dtype), store_prelude(output)]);
    let mut buffers = Vec::new();
    let mut add = |name: &str, slab: Slab, output: bool| {
        let role = if output { Role::Output(slab) } else { Role::Input(slab) };
        buffers.push(Buffer { name: format!("{name}[{}..]", slab.first), bytes: slab.rows * slab.pitch, role });
        buffers.len() - 1
    };
    let b: Vec<_> = slabs(n, n_slab)
        .map(|(first, rows)| {
            (first, rows, add("b", Slab { tensor: 1, first, rows, cols: k, elem: input, pitch }, false))
        })
        .collect();
    let mut passes = Vec::new();
    for (first, rows) in slabs(m, m_slab) {
        let a = add("a", Slab { tensor: 0, first, rows, cols: k, elem: input, pitch }, false);
        let c = add("c", Slab { tensor: 0, first, rows, cols: n, elem: output, pitch: c_pitch }, true);
        for &(b_first, b_rows, b) in &b {
            let tiles_n = b_rows.div_ceil(chosen.tile[1]);
            let tiles = rows.div_ceil(chosen.tile[0]) * tiles_n;
            let grid = fold(tiles.div_ceil(chosen.tiles_per_group), target)?;
            let quad = 4 * output.bytes();
            let params = [rows, b_rows, pitch / 16, tiles_n, c_pitch / quad, b_first / 4];
            let params = params.iter().map(|&p| p as u32).chain([grid[0], grid[1]]).collect();
            let storage = [(a, false), (b, false), (c, true)];
            passes.push(Pass {
                source: text.clone(),
                entry: "main",
                params,
                storage: storage.map(|(buffer, writable)| Binding { buffer, writable }).to_vec(),
                grid,
            });
        }
    }
    Ok(Program { buffers, passes, tuning: chosen.tuning })
}

/// `rows` rows in slabs of `size`: the first row of each, and how many it has.
pub(super) fn slabs(rows: u64, size: u64) -> impl Iterator<Item = (u64, u64)> {
    (0..rows).step_by(size as usize).map(move |at| (at, size.min(rows - at)))
}

/// Whether to stage, and what else was asked for.
pub(super) fn take_choice(m: u64, target: &Target, asked: &Tuning) -> Result<(bool, Tuning), Unplannable> {
    let mut asked = asked.clone();
    let staged = match asked.remove(CHOICE) {
        None => m > FEW_ROWS && !target.software,
        Some(choice @ (0 | 1)) => choice == 1,
        Some(other) => return Err(Unplannable(format!("{CHOICE}={other} is neither 0 nor 1"))),
    };
    Ok((staged, asked))
}

/// Resolves the tunables and checks the workgroup they make.
fn choose(case: &Case, target: &Target, asked: &Tuning) -> Result<Chosen, Unplannable> {
    let m = case.axis("m");
    let (staged, asked) = take_choice(m, target, asked)?;
    let chosen = if staged {
        let tuning = STAGED.resolve(&asked, &Tuning::new(), target)?;
        let (rows, cols) = (tuning["THREADS_M"], tuning["THREADS_N"]);
        let tile = [rows * tuning["TILE_M"], cols * tuning["TILE_N"]];
        let shared = tuning["STEP"] * (tile[0] + tile[1] + 2) * 16;
        check_workgroup([cols, rows, 1], shared, target)?;
        Chosen { kernel: &STAGED, tuning, tile: tile.map(u64::from), tiles_per_group: 1 }
    } else {
        let tuning = DIRECT.resolve(&asked, &preferred(m, target), target)?;
        let (lanes, tiles) = (tuning["LANES"], tuning["TILES"]);
        let tile = [tuning["TILE_M"], tuning["TILE_N"]];
        check_workgroup([lanes, tiles, 1], direct_bytes(tiles, lanes, tile[0], tile[1]), target)?;
        Chosen { kernel: &DIRECT, tuning, tile: tile.map(u64::from), tiles_per_group: u64::from(tiles) }
    };
    let mut tuning = chosen.tuning;
    tuning.insert(CHOICE.to_owned(), u32::from(staged));
    Ok(Chosen { tuning, ..chosen })
}

/// Tiles no taller than A, and on a software rasterizer no wider than its workgroup memory allows.
fn preferred(m: u64, target: &Target) -> Tuning {
    let tallest = if target.software { 16 } else { 8 };
    let rows = m.next_power_of_two().min(tallest) as u32;
    let mut tuning = source::tuning(&[("TILE_M", rows)]);
    if target.software && direct_bytes(1, 8, rows, 32) > target.max_workgroup_bytes {
        tuning.insert("TILE_N".to_owned(), 16);
    }
    tuning
}

/// Workgroup memory of the direct kernel: every lane's tile of 4-byte sums, where lanes add up.
pub(super) fn direct_bytes(tiles: u32, lanes: u32, tile_m: u32, tile_n: u32) -> u32 {
    if lanes > 1 { 4 * tiles * lanes * tile_m * tile_n } else { 16 }
}

pub(super) fn tunings(case: &Case, target: &Target) -> Vec<Tuning> {
    let m = case.axis("m");
    let rows = m.next_power_of_two() as u32;
    let direct = |tile_m: u32, tile_n, lanes, tiles, unroll| {
        source::tuning(&[
            (CHOICE, 0),
            ("TILE_M", tile_m.min(rows)),
            ("TILE_N", tile_n),
            ("LANES", lanes),
            ("TILES", tiles),
            ("UNROLL", unroll),
        ])
    };
    let staged = |tile_m, tile_n, threads_m, threads_n, step| {
        source::tuning(&[
            (CHOICE, 1),
            ("TILE_M", tile_m),
            ("TILE_N", tile_n),
            ("THREADS_M", threads_m),
            ("THREADS_N", threads_n),
            ("STEP", step),
        ])
    };
    let mut candidates = vec![Tuning::new()];
    if target.software {
        let shapes = [
            (32, 32, 16, 1),
            (24, 24, 16, 1),
            (16, 32, 16, 2),
            (16, 16, 8, 2),
            (16, 16, 8, 1),
            (8, 16, 8, 2),
            (8, 8, 8, 4),
        ];
        candidates.extend(shapes.map(|(rows, cols, unroll, tiles)| direct(rows, cols, 8, tiles, unroll)));
    } else if m <= FEW_ROWS {
        let shapes = [(8, 4, 16, 4), (8, 4, 64, 2), (8, 8, 32, 2), (4, 4, 32, 8), (4, 8, 16, 4), (8, 4, 8, 8)];
        candidates.extend(shapes.map(|(a, b, c, d)| direct(a, b, c, d, 1)));
        candidates.push(direct(8, 4, 32, 4, 2));
    } else {
        let shapes = [
            (4, 4, 16, 16, 4),
            (8, 4, 16, 16, 2),
            (4, 8, 16, 16, 2),
            (8, 8, 8, 8, 4),
            (4, 4, 8, 8, 4),
            (8, 8, 8, 16, 2),
        ];
        candidates.extend(shapes.map(|(a, b, c, d, e)| staged(a, b, c, d, e)));
        candidates.push(direct(8, 8, 1, 64, 1));
    }
    source::runnable(candidates, |tuning| program(case, target, tuning))
}
