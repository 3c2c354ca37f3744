//! NEON: eight lanes in two of thirty-two registers; i8 products by widening, by dot product or by matrix multiply.
//! It must not be called without the features of its level in [`super::super::isa`].
//!
//! Two registers make a vector because a tile is then what the register file holds (6 x 2 vectors), and because rows of
//! lanes outnumber the columns of a tile. The instructions of later extensions are written as assembly: their intrinsics
//! are not stable in this crate's oldest compiler.

use std::arch::aarch64::*;
use std::arch::asm;

use half::{bf16, f16};

use super::{EXP2, LOWEST, MAX_LANES, Simd};

/// The least of [`Neon`]'s levels for i8: ARMv8.0's widening multiplications.
pub(in super::super) const WIDEN: u8 = 0;
/// FEAT_DotProd: four products a lane.
pub(in super::super) const DOT: u8 = 1;
/// FEAT_I8MM on top: 2 x 8 by 8 x 2 blocks.
pub(in super::super) const MATRIX: u8 = 2;

/// One level of NEON.
#[derive(Clone, Copy)]
pub(in super::super) struct Neon<const I8: u8, const BF16: bool>;

/// Lanes 0 to 3, and 4 to 7.
#[derive(Clone, Copy)]
#[allow(unreachable_pub, reason = "the register of a public trait's implementation")]
pub struct V(float32x4_t, float32x4_t);

/// `acc += a * b` by an instruction of three vector registers, on both halves. The extension is named to the assembler,
/// which sees every level's code where nothing is optimised away.
macro_rules! by_instruction {
    ($extension:literal, $instruction:literal, $acc:expr, $a:expr, $b:expr) => {{
        let (mut low, mut high) = ($acc.0, $acc.1);
        asm!(
            concat!(".arch_extension ", $extension), $instruction,
            inout(vreg) low, in(vreg) $a.0, in(vreg) $b.0, options(pure, nomem, nostack, preserves_flags)
        );
        asm!(
            concat!(".arch_extension ", $extension), $instruction,
            inout(vreg) high, in(vreg) $a.1, in(vreg) $b.1, options(pure, nomem, nostack, preserves_flags)
        );
        V(low, high)
    }};
}

/// `f` on both halves of one or two vectors of integers of one type.
macro_rules! on_bits {
    ($from:ident, $to:ident, $a:expr, $b:expr, $f:expr) => {
        V($to($f($from($a.0), $from($b.0))), $to($f($from($a.1), $from($b.1))))
    };
}

// SAFETY (all blocks of this file): the trait's contract: the CPU has the instructions, the pointers are valid.
#[allow(clippy::undocumented_unsafe_blocks, reason = "one reason for all, above")]
impl<const I8: u8, const BF16: bool> Simd for Neon<I8, BF16> {
    type V = V;
    const LANES: usize = 8;
    const ROWS: usize = 6;
    const ACCS: usize = 8;
    const I8_DOT: bool = true;
    const I8_SIGNED: bool = true;
    const I8_MATRIX: bool = I8 == MATRIX;
    const BF16_DOT: bool = BF16;
    const BF16_MATRIX: bool = BF16;

    #[inline(always)]
    unsafe fn splat(x: f32) -> V {
        unsafe { V(vdupq_n_f32(x), vdupq_n_f32(x)) }
    }
    #[inline(always)]
    unsafe fn splat_at(p: *const u32) -> V {
        unsafe {
            let x = vreinterpretq_f32_u32(vdupq_n_u32(p.read_unaligned()));
            V(x, x)
        }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> V {
        unsafe { V(vld1q_f32(p), vld1q_f32(p.add(4))) }
    }
    #[inline(always)]
    unsafe fn load_n(p: *const f32, n: usize) -> V {
        unsafe {
            let mut lanes = [0.0f32; 8];
            std::ptr::copy_nonoverlapping(p, lanes.as_mut_ptr(), n);
            Self::load(lanes.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: V) {
        unsafe {
            vst1q_f32(p, v.0);
            vst1q_f32(p.add(4), v.1);
        }
    }
    #[inline(always)]
    unsafe fn store_n(p: *mut f32, v: V, n: usize) {
        unsafe {
            if n == 8 {
                return Self::store(p, v);
            }
            let (mut p, mut rest) = (p, v.0);
            if n & 4 != 0 {
                vst1q_f32(p, rest);
                (p, rest) = (p.add(4), v.1);
            }
            if n & 2 != 0 {
                vst1_f32(p, vget_low_f32(rest));
                (p, rest) = (p.add(2), vextq_f32::<2>(rest, rest));
            }
            if n & 1 != 0 {
                vst1q_lane_f32::<0>(p, rest);
            }
        }
    }
    #[inline(always)]
    unsafe fn stream(p: *mut f32, v: V) {
        unsafe {
            asm!("stnp {0:q}, {1:q}, [{2}]", in(vreg) v.0, in(vreg) v.1, in(reg) p, options(nostack, preserves_flags))
        }
    }
    #[inline(always)]
    unsafe fn fence() {
        // The hint changes no order: what releases other stores releases these.
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const f16) -> V {
        unsafe {
            let halves = vld1q_u16(p.cast());
            let wide = |x| vcvt_f32_f16(vreinterpret_f16_u16(x));
            V(wide(vget_low_u16(halves)), wide(vget_high_u16(halves)))
        }
    }
    #[inline(always)]
    unsafe fn load_f16_n(p: *const f16, n: usize) -> V {
        unsafe {
            let mut lanes = [f16::ZERO; 8];
            std::ptr::copy_nonoverlapping(p, lanes.as_mut_ptr(), n);
            Self::load_f16(lanes.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn store_f16_n(p: *mut f16, v: V, n: usize) {
        unsafe {
            let narrow = |x| vreinterpret_u16_f16(vcvt_f16_f32(x));
            let mut lanes = [f16::ZERO; 8];
            vst1q_u16(lanes.as_mut_ptr().cast(), vcombine_u16(narrow(v.0), narrow(v.1)));
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), p, n);
        }
    }
    #[inline(always)]
    unsafe fn load_bf16(p: *const bf16) -> V {
        unsafe {
            let tops = vld1q_u16(p.cast());
            let low = vshll_n_u16::<16>(vget_low_u16(tops));
            let high = vshll_n_u16::<16>(vget_high_u16(tops));
            V(vreinterpretq_f32_u32(low), vreinterpretq_f32_u32(high))
        }
    }
    #[inline(always)]
    unsafe fn load_bf16_n(p: *const bf16, n: usize) -> V {
        unsafe {
            let mut lanes = [bf16::ZERO; 8];
            std::ptr::copy_nonoverlapping(p, lanes.as_mut_ptr(), n);
            Self::load_bf16(lanes.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn store_bf16_n(p: *mut bf16, v: V, n: usize) {
        unsafe {
            let mut lanes = [bf16::ZERO; 8];
            vst1q_u16(lanes.as_mut_ptr().cast(), vcombine_u16(narrow_bf16(v.0), narrow_bf16(v.1)));
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), p, n);
        }
    }
    #[inline(always)]
    unsafe fn load_i8_pairs(p: *const i8) -> V {
        unsafe {
            let bytes = vld1q_s8(p);
            let low = vmovl_s8(vget_low_s8(bytes));
            let high = vmovl_s8(vget_high_s8(bytes));
            V(vreinterpretq_f32_s16(low), vreinterpretq_f32_s16(high))
        }
    }

    #[inline(always)]
    unsafe fn add(a: V, b: V) -> V {
        unsafe { V(vaddq_f32(a.0, b.0), vaddq_f32(a.1, b.1)) }
    }
    #[inline(always)]
    unsafe fn sub(a: V, b: V) -> V {
        unsafe { V(vsubq_f32(a.0, b.0), vsubq_f32(a.1, b.1)) }
    }
    #[inline(always)]
    unsafe fn mul(a: V, b: V) -> V {
        unsafe { V(vmulq_f32(a.0, b.0), vmulq_f32(a.1, b.1)) }
    }
    #[inline(always)]
    unsafe fn max(a: V, b: V) -> V {
        unsafe { V(vmaxq_f32(a.0, b.0), vmaxq_f32(a.1, b.1)) }
    }
    #[inline(always)]
    unsafe fn fma(a: V, b: V, c: V) -> V {
        unsafe { V(vfmaq_f32(c.0, a.0, b.0), vfmaq_f32(c.1, a.1, b.1)) }
    }
    #[inline(always)]
    unsafe fn exp2(x: V) -> V {
        V(exp2(x.0), exp2(x.1))
    }
    #[inline(always)]
    unsafe fn keep_ge(v: V, limit: V, at: V) -> V {
        unsafe {
            let least = vdupq_n_f32(LOWEST);
            V(vbslq_f32(vcgeq_f32(limit.0, at.0), v.0, least), vbslq_f32(vcgeq_f32(limit.1, at.1), v.1, least))
        }
    }
    #[inline(always)]
    unsafe fn sum(v: V) -> f32 {
        unsafe { vaddvq_f32(vaddq_f32(v.0, v.1)) }
    }
    #[inline(always)]
    unsafe fn largest(v: V) -> f32 {
        unsafe { vmaxvq_f32(vmaxq_f32(v.0, v.1)) }
    }

    #[inline(always)]
    unsafe fn add_i32(a: V, b: V) -> V {
        unsafe { on_bits!(vreinterpretq_s32_f32, vreinterpretq_f32_s32, a, b, |a, b| vaddq_s32(a, b)) }
    }
    #[inline(always)]
    unsafe fn shl_8(v: V) -> V {
        let up = |v| unsafe { vreinterpretq_f32_s32(vshlq_n_s32::<8>(vreinterpretq_s32_f32(v))) };
        V(up(v.0), up(v.1))
    }
    #[inline(always)]
    unsafe fn xor(a: V, bits: u32) -> V {
        unsafe {
            let bits = Self::splat(f32::from_bits(bits));
            on_bits!(vreinterpretq_u32_f32, vreinterpretq_f32_u32, a, bits, |a, b| veorq_u32(a, b))
        }
    }
    #[inline(always)]
    unsafe fn sum_i32(v: V) -> i32 {
        unsafe { vaddvq_s32(vaddq_s32(vreinterpretq_s32_f32(v.0), vreinterpretq_s32_f32(v.1))) }
    }
    #[inline(always)]
    unsafe fn dot_i16(acc: V, a: V, b: V) -> V {
        unsafe {
            let pairs = |a, b| {
                let low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
                vreinterpretq_s16_s32(vpaddq_s32(low, vmull_high_s16(a, b)))
            };
            Self::add_i32(acc, on_bits!(vreinterpretq_s16_f32, vreinterpretq_f32_s16, a, b, pairs))
        }
    }
    #[inline(always)]
    unsafe fn dot_i8(acc: V, a: V, b: V) -> V {
        unsafe {
            if I8 >= DOT {
                return by_instruction!("dotprod", "sdot {0:v}.4s, {1:v}.16b, {2:v}.16b", acc, a, b);
            }
            let fours = |a, b| {
                let low = vpaddlq_s16(vmull_s8(vget_low_s8(a), vget_low_s8(b)));
                vreinterpretq_s8_s32(vpaddq_s32(low, vpaddlq_s16(vmull_high_s8(a, b))))
            };
            Self::add_i32(acc, on_bits!(vreinterpretq_s8_f32, vreinterpretq_f32_s8, a, b, fours))
        }
    }
    #[inline(always)]
    unsafe fn dot_bf16(acc: V, a: V, b: V) -> V {
        unsafe { by_instruction!("bf16", "bfdot {0:v}.4s, {1:v}.8h, {2:v}.8h", acc, a, b) }
    }
    #[inline(always)]
    unsafe fn matrix_i8(acc: V, a: V, b: V) -> V {
        unsafe { by_instruction!("i8mm", "smmla {0:v}.4s, {1:v}.16b, {2:v}.16b", acc, a, b) }
    }
    #[inline(always)]
    unsafe fn matrix_bf16(acc: V, a: V, b: V) -> V {
        unsafe { by_instruction!("bf16", "bfmmla {0:v}.4s, {1:v}.8h, {2:v}.8h", acc, a, b) }
    }
    #[inline(always)]
    unsafe fn zip(a: V, b: V) -> (V, V) {
        unsafe { (V(vzip1q_f32(a.0, b.0), vzip2q_f32(a.0, b.0)), V(vzip1q_f32(a.1, b.1), vzip2q_f32(a.1, b.1))) }
    }
    #[inline(always)]
    unsafe fn unzip(a: V, b: V) -> (V, V) {
        unsafe { (V(vuzp1q_f32(a.0, a.1), vuzp1q_f32(b.0, b.1)), V(vuzp2q_f32(a.0, a.1), vuzp2q_f32(b.0, b.1))) }
    }
    #[inline(always)]
    unsafe fn two_at(p: *const u8, q: *const u8) -> V {
        unsafe {
            let x = vreinterpretq_f32_u8(vcombine_u8(vld1_u8(p), vld1_u8(q)));
            V(x, x)
        }
    }

    #[inline(always)]
    unsafe fn splat_f16(p: *const f16) -> V {
        unsafe {
            let x = widen_f16(vdup_n_u16(p.read().to_bits()));
            V(x, x)
        }
    }
    #[inline(always)]
    unsafe fn spread(p: *const f32) -> V {
        unsafe { V(vld1q_dup_f32(p), vld1q_dup_f32(p.add(1))) }
    }
    #[inline(always)]
    unsafe fn load_nibbles(p: *const u8) -> (V, V) {
        unsafe {
            let bytes = vld1_u8(p);
            let less_8 = |x| widen_i8(vsub_s8(vreinterpret_s8_u8(x), vdup_n_s8(8)));
            (less_8(vand_u8(bytes, vdup_n_u8(15))), less_8(vshr_n_u8::<4>(bytes)))
        }
    }
    #[inline(always)]
    unsafe fn split_nibbles(words: V) -> (V, V) {
        unsafe {
            let low = |v| vreinterpretq_f32_u8(vandq_u8(vreinterpretq_u8_f32(v), vdupq_n_u8(15)));
            let high = |v| vreinterpretq_f32_u8(vshrq_n_u8::<4>(vreinterpretq_u8_f32(v)));
            (V(low(words.0), low(words.1)), V(high(words.0), high(words.1)))
        }
    }
    #[inline(always)]
    unsafe fn dot_nibbles(acc: V, nibbles: V, bytes: V) -> V {
        unsafe { Self::dot_i8(acc, nibbles, bytes) }
    }
    #[inline(always)]
    unsafe fn to_f32(v: V) -> V {
        unsafe { V(vcvtq_f32_s32(vreinterpretq_s32_f32(v.0)), vcvtq_f32_s32(vreinterpretq_s32_f32(v.1))) }
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const i8) -> V {
        unsafe { widen_i8(vld1_s8(p)) }
    }
    #[inline(always)]
    unsafe fn transpose(rows: &mut [V; MAX_LANES]) {
        // Four blocks of 4 x 4, each transposed, the off-diagonal ones changing places.
        let [a, b, c, d, e, f, g, h, ..] = *rows;
        let (top_left, top_right) = (transpose_4([a.0, b.0, c.0, d.0]), transpose_4([a.1, b.1, c.1, d.1]));
        let (low_left, low_right) = (transpose_4([e.0, f.0, g.0, h.0]), transpose_4([e.1, f.1, g.1, h.1]));
        for i in 0..4 {
            rows[i] = V(top_left[i], low_left[i]);
            rows[4 + i] = V(top_right[i], low_right[i]);
        }
    }
    #[inline(always)]
    unsafe fn sum_each(rows: &[V; MAX_LANES]) -> V {
        unsafe {
            let four = |at: usize| {
                let half = |v: V| vaddq_f32(v.0, v.1);
                let low = vpaddq_f32(half(rows[at]), half(rows[at + 1]));
                vpaddq_f32(low, vpaddq_f32(half(rows[at + 2]), half(rows[at + 3])))
            };
            V(four(0), four(4))
        }
    }
    #[inline(always)]
    unsafe fn prefetch(p: *const u8) {
        unsafe { asm!("prfm pldl1keep, [{0}]", in(reg) p, options(nostack, preserves_flags, readonly)) }
    }
    #[inline(always)]
    unsafe fn prefetch_l2(p: *const u8) {
        unsafe { asm!("prfm pldl2keep, [{0}]", in(reg) p, options(nostack, preserves_flags, readonly)) }
    }
    #[inline(always)]
    unsafe fn prefetch_write(p: *const u8) {
        unsafe { asm!("prfm pstl1keep, [{0}]", in(reg) p, options(nostack, preserves_flags, readonly)) }
    }
}

/// 2^x in four lanes; see [`Simd::exp2`].
#[inline(always)]
fn exp2(x: float32x4_t) -> float32x4_t {
    // SAFETY: NEON is in aarch64's baseline.
    unsafe {
        // At -127 the exponent field below becomes 0, and the result with it.
        let x = vmaxq_f32(x, vdupq_n_f32(-127.0));
        let whole = vrndnq_f32(x);
        let r = vsubq_f32(x, whole);
        let mut p = vdupq_n_f32(EXP2[5]);
        for &c in EXP2[..5].iter().rev() {
            p = vfmaq_f32(vdupq_n_f32(c), p, r);
        }
        let exponent = vaddq_s32(vcvtq_s32_f32(whole), vdupq_n_s32(127));
        vmulq_f32(p, vreinterpretq_f32_s32(vshlq_n_s32::<23>(exponent)))
    }
}

/// The upper halves, rounded to nearest even; NaN stays one.
#[inline(always)]
fn narrow_bf16(x: float32x4_t) -> uint16x4_t {
    // SAFETY: NEON is in aarch64's baseline.
    unsafe {
        let bits = vreinterpretq_u32_f32(x);
        let odd = vandq_u32(vshrq_n_u32::<16>(bits), vdupq_n_u32(1));
        let rounded = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
        // Rounding could carry a NaN into infinity: keep it, made quiet.
        let quiet = vorrq_u32(bits, vdupq_n_u32(0x0040_0000));
        vshrn_n_u32::<16>(vbslq_u32(vceqq_f32(x, x), rounded, quiet))
    }
}

/// The columns of four rows.
#[inline(always)]
fn transpose_4([a, b, c, d]: [float32x4_t; 4]) -> [float32x4_t; 4] {
    // SAFETY: NEON is in aarch64's baseline.
    unsafe {
        // Every second lane of two rows side by side, then pairs of those.
        let (ab, ab_odd) = (vreinterpretq_f64_f32(vtrn1q_f32(a, b)), vreinterpretq_f64_f32(vtrn2q_f32(a, b)));
        let (cd, cd_odd) = (vreinterpretq_f64_f32(vtrn1q_f32(c, d)), vreinterpretq_f64_f32(vtrn2q_f32(c, d)));
        [
            vreinterpretq_f32_f64(vtrn1q_f64(ab, cd)),
            vreinterpretq_f32_f64(vtrn1q_f64(ab_odd, cd_odd)),
            vreinterpretq_f32_f64(vtrn2q_f64(ab, cd)),
            vreinterpretq_f32_f64(vtrn2q_f64(ab_odd, cd_odd)),
        ]
    }
}

/// Four f16 as f32.
#[inline(always)]
fn widen_f16(x: uint16x4_t) -> float32x4_t {
    // SAFETY: NEON is in aarch64's baseline.
    unsafe { vcvt_f32_f16(vreinterpret_f16_u16(x)) }
}

/// Eight i8 as f32.
#[inline(always)]
fn widen_i8(x: int8x8_t) -> V {
    // SAFETY: NEON is in aarch64's baseline.
    unsafe {
        let x = vmovl_s8(x);
        V(vcvtq_f32_s32(vmovl_s16(vget_low_s16(x))), vcvtq_f32_s32(vmovl_high_s16(x)))
    }
}
