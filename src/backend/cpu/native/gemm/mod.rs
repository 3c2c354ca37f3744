//! Matmul: C[M, N] = A[M, K] * B[N, K]^T, row-major, weights as models ship them.
//! It must not allocate in a timed call: what it packs goes into the caller's [`Workspace`].
//!
//! Two roads. Few rows of A: B streams once through a dot-product tile ([`super::gemv`]). Many: A is packed once into
//! panels of lanes ([`pack`]), B's rows are broadcast from where they lie ([`tile`]), blocks and threads are in [`tiled`].

mod element;
mod matrix;
mod pack;
mod tile;
pub(super) mod tiled;

pub use element::Element;
pub(super) use element::private::Sealed;
pub(super) use tile::{Acc, Next, STRIDE, multiply};
pub(super) use tiled::Weights;

use super::error::{CpuError, check_len};
use super::gemv;
use super::isa::Isa;
use super::pool::Pool;
use super::workspace::Workspace;

/// The longest K for which a sum of i8 products surely fits i32.
const MAX_K_I8: usize = (1 << 17) - 1;

/// The extents of C[M, N] = A[M, K] * B[N, K]^T.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatmulShape {
    /// Rows of A and C.
    pub m: usize,
    /// Rows of B, columns of C.
    pub n: usize,
    /// Columns of A and B.
    pub k: usize,
}

/// Which kernel multiplies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(test), expect(dead_code, reason = "tests run both kernels on every shape"))]
pub enum MatmulPath {
    /// The one expected to be faster for the shape.
    #[default]
    Auto,
    /// Dot products, B streamed once: few rows of A.
    Skinny,
    /// Packed panels of A: many rows.
    Tiled,
}

/// C = A * B^T on every member of `pool`, by the kernel expected to be fastest.
///
/// `a` is M x K, `b` N x K, `c` M x N, all row-major. f16 and bf16 are accumulated in f32 and rounded once;
/// i8 is exact in i32. `c` is overwritten, never read.
///
/// # Errors
/// When a slice does not fit `shape`, an extent is 0, K could overflow i32 sums (i8, K >= 2^17), or the CPU lacks `isa`.
pub fn matmul<E: Element>(
    pool: &Pool,
    isa: Isa,
    workspace: &mut Workspace,
    shape: MatmulShape,
    a: &[E],
    b: &[E],
    c: &mut [E::Out],
) -> Result<(), CpuError> {
    matmul_by(MatmulPath::Auto, pool, isa, workspace, shape, a, b, c)
}

/// [`matmul`] by a kernel of the caller's choice.
///
/// # Errors
/// Those of [`matmul`].
#[allow(clippy::too_many_arguments, reason = "matmul's own, and the path")]
pub fn matmul_by<E: Element>(
    path: MatmulPath,
    pool: &Pool,
    isa: Isa,
    workspace: &mut Workspace,
    shape: MatmulShape,
    a: &[E],
    b: &[E],
    c: &mut [E::Out],
) -> Result<(), CpuError> {
    let MatmulShape { m, n, k } = shape;
    check_len("A", &[("M", m), ("K", k)], a.len())?;
    check_len("B", &[("N", n), ("K", k)], b.len())?;
    check_len("C", &[("M", m), ("N", n)], c.len())?;
    if size_of::<E>() == 1 && k > MAX_K_I8 {
        return Err(CpuError::LongK { k, max: MAX_K_I8 });
    }
    isa.require()?;
    let skinny = match path {
        MatmulPath::Auto => gemv::suits(m),
        MatmulPath::Skinny => true,
        MatmulPath::Tiled => false,
    };
    if skinny {
        gemv::run(pool, isa, workspace, shape, a, b, c);
    } else {
        tiled::run(pool, isa, workspace, shape, a, tiled::Plain { b, k }, c);
    }
    Ok(())
}
