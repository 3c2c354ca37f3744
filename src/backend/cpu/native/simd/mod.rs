//! One vector of 32-bit lanes and what the kernels do with it, for each instruction set.
//! It must not know shapes, blocks or dtypes of a kernel: only registers and how they are loaded and stored.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(super) mod neon;
pub(super) mod portable;

use half::{bf16, f16};

/// Coefficients of 2^r on [-1/2, 1/2], least relative error (7.5e-8) of degree 5, constant first.
pub(super) const EXP2: [f32; 6] =
    [1.000_000_1, 0.693_146_97, 0.240_221_2, 0.055_507_133, 0.009_675_541, 0.001_327_647_2];

/// A stand-in for minus infinity whose differences stay finite: 2^LOWEST is 0.
pub(super) const LOWEST: f32 = -1e30;

/// The most lanes a vector has.
pub(super) const MAX_LANES: usize = 16;

/// Vectors of [`Simd::LANES`] 32-bit lanes, held as f32; integer methods read the same bits.
///
/// # Safety
/// Every method: the CPU has the instruction set, and pointers are valid for the lanes they name, at any alignment.
/// `..._n` methods touch `n <= LANES` elements only; lanes beyond read as zero.
#[allow(unreachable_pub, reason = "named by the sealed side of a public trait")]
pub trait Simd: Copy + Send + Sync + 'static {
    /// The register.
    type V: Copy;
    /// Lanes of the register.
    const LANES: usize;
    /// Rows of broadcasts in a register tile two vectors wide: what the register file holds.
    const ROWS: usize;
    /// Accumulators a tile of plain vectors (a dot-product tile) may hold.
    const ACCS: usize;
    /// Whether [`Simd::dot_i8`] exists.
    const I8_DOT: bool = false;
    /// Whether both sides of [`Simd::dot_i8`] are signed, so that no side needs an offset.
    const I8_SIGNED: bool = false;
    /// Whether [`Simd::matrix_i8`] exists, and with it [`Simd::zip`], [`Simd::unzip`] and [`Simd::two_at`].
    const I8_MATRIX: bool = false;
    /// Whether [`Simd::dot_bf16`] exists.
    const BF16_DOT: bool = false;
    /// Whether [`Simd::matrix_bf16`] exists, and with it what [`Simd::I8_MATRIX`] names.
    const BF16_MATRIX: bool = false;

    unsafe fn splat(x: f32) -> Self::V;
    /// The 32 bits at `p` in every lane.
    unsafe fn splat_at(p: *const u32) -> Self::V;
    unsafe fn load(p: *const f32) -> Self::V;
    unsafe fn load_n(p: *const f32, n: usize) -> Self::V;
    unsafe fn store(p: *mut f32, v: Self::V);
    unsafe fn store_n(p: *mut f32, v: Self::V, n: usize);
    /// Stores past the caches where there is a way; `p` is aligned to the vector. [`Simd::fence`] ends a run of these.
    unsafe fn stream(p: *mut f32, v: Self::V);
    /// Orders earlier [`Simd::stream`]s before whatever follows.
    unsafe fn fence();
    unsafe fn load_f16(p: *const f16) -> Self::V;
    unsafe fn load_f16_n(p: *const f16, n: usize) -> Self::V;
    unsafe fn store_f16_n(p: *mut f16, v: Self::V, n: usize);
    unsafe fn load_bf16(p: *const bf16) -> Self::V;
    unsafe fn load_bf16_n(p: *const bf16, n: usize) -> Self::V;
    unsafe fn store_bf16_n(p: *mut bf16, v: Self::V, n: usize);
    unsafe fn load_i8(p: *const i8) -> Self::V;
    #[inline(always)]
    unsafe fn load_i8_n(p: *const i8, n: usize) -> Self::V {
        let mut lanes = [0; MAX_LANES];
        // SAFETY: the caller's promise; `lanes` holds the most any vector has.
        unsafe {
            std::ptr::copy_nonoverlapping(p, lanes.as_mut_ptr(), n);
            Self::load_i8(lanes.as_ptr())
        }
    }
    /// `2 * LANES` i8 widened to i16 pairs, one pair a lane.
    unsafe fn load_i8_pairs(p: *const i8) -> Self::V;

    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`.
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// 2^x for x <= 1 or so; 0 from about -127 down, [`LOWEST`] included.
    unsafe fn exp2(x: Self::V) -> Self::V;
    /// `v` where `limit >= at`, [`LOWEST`] elsewhere.
    unsafe fn keep_ge(v: Self::V, limit: Self::V, at: Self::V) -> Self::V;
    unsafe fn sum(v: Self::V) -> f32;
    unsafe fn largest(v: Self::V) -> f32;

    unsafe fn add_i32(a: Self::V, b: Self::V) -> Self::V;
    /// i32 lanes times 256.
    unsafe fn shl_8(v: Self::V) -> Self::V;
    unsafe fn xor(a: Self::V, bits: u32) -> Self::V;
    unsafe fn sum_i32(v: Self::V) -> i32;
    /// `acc + a0 * b0 + a1 * b1` on i16 pairs, exact unless all four are -32768.
    unsafe fn dot_i16(acc: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// `acc` plus four u8 x s8 products a lane, s8 x s8 where [`Simd::I8_SIGNED`]; only where [`Simd::I8_DOT`].
    unsafe fn dot_i8(acc: Self::V, a: Self::V, b: Self::V) -> Self::V {
        let _ = (a, b);
        acc
    }
    /// `acc` plus two bf16 products a lane; only where [`Simd::BF16_DOT`].
    unsafe fn dot_bf16(acc: Self::V, a: Self::V, b: Self::V) -> Self::V {
        let _ = (a, b);
        acc
    }
    /// Every four lanes are two rows of two words: `acc[i][j]` plus eight products of row i of `a` with row j of `b`;
    /// only where [`Simd::I8_MATRIX`].
    unsafe fn matrix_i8(acc: Self::V, a: Self::V, b: Self::V) -> Self::V {
        let _ = (a, b);
        acc
    }
    /// [`Simd::matrix_i8`] with four products of bf16; only where [`Simd::BF16_MATRIX`].
    unsafe fn matrix_bf16(acc: Self::V, a: Self::V, b: Self::V) -> Self::V {
        let _ = (a, b);
        acc
    }
    /// Lanes of both in turn: `a0 b0 a1 b1 ...`, as two vectors.
    unsafe fn zip(a: Self::V, b: Self::V) -> (Self::V, Self::V) {
        (a, b)
    }
    /// Undoes [`Simd::zip`].
    unsafe fn unzip(a: Self::V, b: Self::V) -> (Self::V, Self::V) {
        (a, b)
    }
    /// The 64 bits at `p`, then those at `q`, in every four lanes.
    unsafe fn two_at(p: *const u8, q: *const u8) -> Self::V {
        let _ = q;
        // SAFETY: the caller's promise.
        unsafe { Self::splat_at(p.cast()) }
    }

    /// One f16 in every lane.
    unsafe fn splat_f16(p: *const f16) -> Self::V;
    /// `LANES / 4` f32, each in four lanes running.
    unsafe fn spread(p: *const f32) -> Self::V;
    /// The low nibbles of `LANES` bytes less 8 as f32, and the high ones.
    unsafe fn load_nibbles(p: *const u8) -> (Self::V, Self::V);
    /// The low nibble of every byte, and the high one.
    unsafe fn split_nibbles(words: Self::V) -> (Self::V, Self::V);
    /// `acc` plus four products a lane of bytes in 0..16 with signed bytes, in i32.
    unsafe fn dot_nibbles(acc: Self::V, nibbles: Self::V, bytes: Self::V) -> Self::V;
    /// i32 lanes as f32.
    unsafe fn to_f32(v: Self::V) -> Self::V;

    /// Transposes the first `LANES` vectors of `rows`, a LANES x LANES block.
    unsafe fn transpose(rows: &mut [Self::V; MAX_LANES]);
    /// The sum of each of the first `LANES` vectors of `rows`, as one vector.
    #[inline(always)]
    unsafe fn sum_each(rows: &[Self::V; MAX_LANES]) -> Self::V {
        let mut rows = *rows;
        // SAFETY: the caller's promise.
        unsafe {
            Self::transpose(&mut rows);
            let mut left = Self::LANES;
            while left > 1 {
                left /= 2;
                for i in 0..left {
                    rows[i] = Self::add(rows[i], rows[i + left]);
                }
            }
        }
        rows[0]
    }
    /// Asks for the cache line at `p`, into every level; any address is allowed.
    unsafe fn prefetch(p: *const u8);
    /// Asks for the cache line at `p`, into the second level.
    unsafe fn prefetch_l2(p: *const u8);
    /// Asks for the cache line at `p` to write it, so that no other core holds it when the store comes.
    unsafe fn prefetch_write(p: *const u8);
}

/// An element as the vectors load it: converted to f32 on the way.
///
/// # Safety
/// As for [`Simd`].
#[allow(unreachable_pub, reason = "as for Simd")]
pub trait Widen: bytemuck::Pod + Send + Sync {
    unsafe fn load<S: Simd>(p: *const Self) -> S::V;
    unsafe fn load_n<S: Simd>(p: *const Self, n: usize) -> S::V;
}

/// A floating-point element as the vectors store it, too.
///
/// # Safety
/// As for [`Simd`].
#[allow(unreachable_pub, reason = "as for Simd")]
pub trait Lane: Widen {
    unsafe fn store_n<S: Simd>(p: *mut Self, v: S::V, n: usize);
}

macro_rules! widen {
    ($t:ty, $load:ident, $load_n:ident) => {
        impl Widen for $t {
            #[inline(always)]
            unsafe fn load<S: Simd>(p: *const Self) -> S::V {
                // SAFETY: the caller's promise, passed on.
                unsafe { S::$load(p) }
            }
            #[inline(always)]
            unsafe fn load_n<S: Simd>(p: *const Self, n: usize) -> S::V {
                // SAFETY: the caller's promise, passed on.
                unsafe { S::$load_n(p, n) }
            }
        }
    };
}
widen!(f32, load, load_n);
widen!(f16, load_f16, load_f16_n);
widen!(bf16, load_bf16, load_bf16_n);
widen!(i8, load_i8, load_i8_n);

macro_rules! lane {
    ($t:ty, $store_n:ident) => {
        impl Lane for $t {
            #[inline(always)]
            unsafe fn store_n<S: Simd>(p: *mut Self, v: S::V, n: usize) {
                // SAFETY: the caller's promise, passed on.
                unsafe { S::$store_n(p, v, n) }
            }
        }
    };
}
lane!(f32, store_n);
lane!(f16, store_f16_n);
lane!(bf16, store_bf16_n);
