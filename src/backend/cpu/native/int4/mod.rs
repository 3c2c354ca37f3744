//! Matmul with 4-bit weights: C[M, N] = A[M, K] * B[N, K]^T, f16 in and out; `kernel::matmul::int4` says how weights lie.
//! It must not quantise activations unless the case says so.
//!
//! Few rows of activations: weights stream once and are multiplied as integers in registers ([`stream`]), the activations
//! made integers by one of two [`scheme`]s. Many rows: quantised activations have a tiled product of integers
//! ([`quantized`]); floats take the tiled matmul, whose strips of B are filled with widened weights ([`Widened`]).

mod quantized;
mod scheme;
mod stream;

use half::f16;

use super::error::{CpuError, check_len};
use super::gemm::{MatmulPath, MatmulShape, Next, STRIDE, Weights, tiled};
use super::isa::Isa;
use super::pool::Pool;
use super::simd::Simd;
use super::workspace::Workspace;
use crate::kernel::Int4;
use crate::kernel::matmul::int4::{BLOCK, BLOCK_BYTES, blocks_and_groups};
use scheme::{A8, A16};

/// The most rows of activations for which weights stream.
const MOST_ROWS: usize = 12;

/// A matmul's tensors, row-major.
#[derive(Debug)]
pub struct Int4Tensors<'t> {
    /// M x K.
    pub a: &'t [f16],
    /// N rows of blocks, sixteen bytes each.
    pub b: &'t [u8],
    /// N x groups.
    pub s: &'t [f16],
    /// M x N; overwritten, never read.
    pub c: &'t mut [f16],
}

/// C = A * B^T on every member of `pool`. Sums are f32, or i32 inside a group of quantised activations, and rounded once.
///
/// # Errors
/// When a slice does not fit `shape`, an extent is 0, or the CPU lacks `isa`.
pub fn matmul_int4(
    path: MatmulPath,
    pool: &Pool,
    isa: Isa,
    workspace: &mut Workspace,
    shape: MatmulShape,
    int4: Int4,
    tensors: Int4Tensors<'_>,
) -> Result<(), CpuError> {
    let MatmulShape { m, n, k } = shape;
    let Int4Tensors { a, b, s, c } = tensors;
    let (blocks, groups) = blocks_and_groups(k, int4.group);
    check_len("A", &[("M", m), ("K", k)], a.len())?;
    check_len("B", &[("N", n), ("blocks", blocks), ("bytes", BLOCK_BYTES)], b.len())?;
    check_len("scales", &[("N", n), ("groups", groups)], s.len())?;
    check_len("C", &[("M", m), ("N", n)], c.len())?;
    isa.require()?;
    let tiled = match path {
        MatmulPath::Auto => m > MOST_ROWS,
        MatmulPath::Skinny => false,
        MatmulPath::Tiled => true,
    };
    let product = stream::Product { shape, group: int4.group, a, b, s };
    match (tiled, int4.a8) {
        (false, true) => stream::run::<A8>(pool, isa, workspace, product, c),
        (false, false) => stream::run::<A16>(pool, isa, workspace, product, c),
        (true, true) => quantized::run(pool, isa, workspace, product, c),
        (true, false) => {
            tiled::run(pool, isa, workspace, shape, a, Widened { b, s, blocks, groups, group: int4.group }, c);
        }
    }
    Ok(())
}

/// 4-bit weights as the tiled product takes them: widened to f32 and scaled.
#[derive(Clone, Copy)]
struct Widened<'b> {
    b: &'b [u8],
    s: &'b [f16],
    blocks: usize,
    groups: usize,
    group: usize,
}

impl Weights<f16> for Widened<'_> {
    #[inline(always)]
    unsafe fn fill<S: Simd>(&self, row: usize, rows: usize, at: usize, elements: usize, strip: *mut f32) {
        let first = at / BLOCK;
        // SAFETY: the caller's promise: the rows exist, `at` is a block's first element; a strip's row has room for the
        // last block to be whole.
        unsafe {
            for r in 0..rows {
                let blocks = self.b.as_ptr().add((row + r) * self.blocks * BLOCK_BYTES);
                let scales = self.s.as_ptr().add((row + r) * self.groups);
                for block in first..first + elements.div_ceil(BLOCK) {
                    let scale = S::splat_f16(scales.add(block * BLOCK / self.group));
                    let to = strip.add(r * STRIDE + (block - first) * BLOCK);
                    for i in (0..BLOCK_BYTES).step_by(S::LANES) {
                        let (low, high) = S::load_nibbles(blocks.add(block * BLOCK_BYTES + i));
                        S::store(to.add(i), S::mul(low, scale));
                        S::store(to.add(BLOCK_BYTES + i), S::mul(high, scale));
                    }
                }
            }
        }
    }

    /// Strips are an eighth of what floats take: the prefetchers keep up alone.
    #[inline(always)]
    fn next<S: Simd>(&self, row: usize, _at: usize) -> Next {
        let at = self.b.as_ptr().wrapping_add(row * self.blocks * BLOCK_BYTES);
        Next { at, row: self.blocks * BLOCK_BYTES, group: 0 }
    }
}
