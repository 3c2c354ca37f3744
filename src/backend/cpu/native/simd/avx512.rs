//! AVX-512: sixteen lanes, thirty-two registers, masks; dot products of i8 and bf16 where the CPU has them.
//! It must not be called without the features of its level in [`super::super::isa`].

use std::arch::x86_64::*;
use std::mem::transmute;

use half::{bf16, f16};

use super::{EXP2, LOWEST, MAX_LANES, Simd};

/// One level of AVX-512.
#[derive(Clone, Copy)]
pub(in super::super) struct Avx512<const VNNI: bool, const BF16: bool>;

#[inline(always)]
fn mask(n: usize) -> __mmask16 {
    ((1u32 << n) - 1) as __mmask16
}

// SAFETY (all blocks of this file): the trait's contract: the CPU has the instructions, the pointers are valid.
#[allow(clippy::undocumented_unsafe_blocks, reason = "one reason for all, above")]
impl<const VNNI: bool, const BF16: bool> Simd for Avx512<VNNI, BF16> {
    type V = __m512;
    const LANES: usize = 16;
    const ROWS: usize = 12;
    const ACCS: usize = 24;
    const I8_DOT: bool = VNNI;
    const BF16_DOT: bool = BF16;

    #[inline(always)]
    unsafe fn splat(x: f32) -> __m512 {
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn splat_at(p: *const u32) -> __m512 {
        unsafe { _mm512_castsi512_ps(_mm512_set1_epi32(p.read_unaligned() as i32)) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn load_n(p: *const f32, n: usize) -> __m512 {
        unsafe { _mm512_maskz_loadu_ps(mask(n), p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: __m512) {
        unsafe { _mm512_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn store_n(p: *mut f32, v: __m512, n: usize) {
        unsafe { _mm512_mask_storeu_ps(p, mask(n), v) }
    }
    #[inline(always)]
    unsafe fn stream(p: *mut f32, v: __m512) {
        unsafe { _mm512_stream_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn fence() {
        unsafe { _mm_sfence() }
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const f16) -> __m512 {
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(p.cast())) }
    }
    #[inline(always)]
    unsafe fn load_f16_n(p: *const f16, n: usize) -> __m512 {
        unsafe { _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask(n), p.cast())) }
    }
    #[inline(always)]
    unsafe fn store_f16_n(p: *mut f16, v: __m512, n: usize) {
        unsafe { _mm256_mask_storeu_epi16(p.cast(), mask(n), _mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(v)) }
    }
    #[inline(always)]
    unsafe fn load_bf16(p: *const bf16) -> __m512 {
        unsafe { widen_bf16(_mm256_loadu_si256(p.cast())) }
    }
    #[inline(always)]
    unsafe fn load_bf16_n(p: *const bf16, n: usize) -> __m512 {
        unsafe { widen_bf16(_mm256_maskz_loadu_epi16(mask(n), p.cast())) }
    }
    #[inline(always)]
    unsafe fn store_bf16_n(p: *mut bf16, v: __m512, n: usize) {
        unsafe {
            let bits = _mm512_castps_si512(v);
            let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
            let rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
            // Rounding could carry a NaN into infinity: keep it, made quiet.
            let nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(v, v);
            let quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x0040_0000));
            let top = _mm512_srli_epi32::<16>(_mm512_mask_mov_epi32(rounded, nan, quiet));
            // One instruction, not a narrowing and a masked store: LLVM 22 merges those wrongly for a constant mask.
            _mm512_mask_cvtepi32_storeu_epi16(p.cast(), mask(n), top)
        }
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const i8) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(p.cast()))) }
    }
    #[inline(always)]
    unsafe fn load_i8_pairs(p: *const i8) -> __m512 {
        unsafe { _mm512_castsi512_ps(_mm512_cvtepi8_epi16(_mm256_loadu_si256(p.cast()))) }
    }

    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn exp2(x: __m512) -> __m512 {
        unsafe {
            let whole = _mm512_roundscale_ps::<_MM_FROUND_TO_NEAREST_INT>(x);
            let r = _mm512_sub_ps(x, whole);
            let mut p = _mm512_set1_ps(EXP2[5]);
            for &c in EXP2[..5].iter().rev() {
                p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(c));
            }
            _mm512_scalef_ps(p, whole)
        }
    }
    #[inline(always)]
    unsafe fn keep_ge(v: __m512, limit: __m512, at: __m512) -> __m512 {
        unsafe { _mm512_mask_mov_ps(_mm512_set1_ps(LOWEST), _mm512_cmp_ps_mask::<_CMP_GE_OQ>(limit, at), v) }
    }
    #[inline(always)]
    unsafe fn sum(v: __m512) -> f32 {
        unsafe { _mm512_reduce_add_ps(v) }
    }
    #[inline(always)]
    unsafe fn largest(v: __m512) -> f32 {
        unsafe { _mm512_reduce_max_ps(v) }
    }

    #[inline(always)]
    unsafe fn add_i32(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b))) }
    }
    #[inline(always)]
    unsafe fn shl_8(v: __m512) -> __m512 {
        unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<8>(_mm512_castps_si512(v))) }
    }
    #[inline(always)]
    unsafe fn xor(a: __m512, bits: u32) -> __m512 {
        unsafe { _mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(a), _mm512_set1_epi32(bits as i32))) }
    }
    #[inline(always)]
    unsafe fn sum_i32(v: __m512) -> i32 {
        unsafe { _mm512_reduce_add_epi32(_mm512_castps_si512(v)) }
    }
    #[inline(always)]
    unsafe fn dot_i16(acc: __m512, a: __m512, b: __m512) -> __m512 {
        unsafe {
            let products = _mm512_madd_epi16(_mm512_castps_si512(a), _mm512_castps_si512(b));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(acc), products))
        }
    }
    #[inline(always)]
    unsafe fn dot_i8(acc: __m512, a: __m512, b: __m512) -> __m512 {
        unsafe {
            let sum = _mm512_dpbusd_epi32(_mm512_castps_si512(acc), _mm512_castps_si512(a), _mm512_castps_si512(b));
            _mm512_castsi512_ps(sum)
        }
    }
    #[inline(always)]
    unsafe fn dot_bf16(acc: __m512, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_dpbf16_ps(acc, transmute::<__m512, __m512bh>(a), transmute::<__m512, __m512bh>(b)) }
    }

    #[inline(always)]
    unsafe fn splat_f16(p: *const f16) -> __m512 {
        unsafe { _mm512_broadcastss_ps(_mm_cvtph_ps(_mm_cvtsi32_si128(i32::from(p.read().to_bits())))) }
    }
    #[inline(always)]
    unsafe fn spread(p: *const f32) -> __m512 {
        unsafe {
            let each = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
            _mm512_permutexvar_ps(each, _mm512_castps128_ps512(_mm_loadu_ps(p)))
        }
    }
    #[inline(always)]
    unsafe fn load_nibbles(p: *const u8) -> (__m512, __m512) {
        unsafe {
            let bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128(p.cast()));
            (_mm512_permutexvar_ps(bytes, steps()), _mm512_permutexvar_ps(_mm512_srli_epi32::<4>(bytes), steps()))
        }
    }
    #[inline(always)]
    unsafe fn split_nibbles(words: __m512) -> (__m512, __m512) {
        unsafe {
            let (words, low) = (_mm512_castps_si512(words), _mm512_set1_epi32(0x0f0f_0f0f));
            let high = _mm512_and_si512(_mm512_srli_epi32::<4>(words), low);
            (_mm512_castsi512_ps(_mm512_and_si512(words, low)), _mm512_castsi512_ps(high))
        }
    }
    #[inline(always)]
    unsafe fn dot_nibbles(acc: __m512, nibbles: __m512, bytes: __m512) -> __m512 {
        unsafe {
            if VNNI {
                return Self::dot_i8(acc, nibbles, bytes);
            }
            // Two products of at most 15 * 128 fit i16.
            let pairs = _mm512_maddubs_epi16(_mm512_castps_si512(nibbles), _mm512_castps_si512(bytes));
            Self::add_i32(acc, _mm512_castsi512_ps(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1))))
        }
    }
    #[inline(always)]
    unsafe fn to_f32(v: __m512) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(_mm512_castps_si512(v)) }
    }

    #[inline(always)]
    unsafe fn transpose(rows: &mut [__m512; MAX_LANES]) {
        unsafe {
            // Pairs, then fours inside each 128-bit quarter, then the quarters themselves, in two rounds.
            let mut t = *rows;
            for i in 0..8 {
                t[2 * i] = _mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
                t[2 * i + 1] = _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
            }
            let mut u = t;
            for i in 0..4 {
                for h in 0..2 {
                    let lo = _mm512_castps_pd(t[4 * i + h]);
                    let hi = _mm512_castps_pd(t[4 * i + 2 + h]);
                    u[4 * i + 2 * h] = _mm512_castpd_ps(_mm512_unpacklo_pd(lo, hi));
                    u[4 * i + 2 * h + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(lo, hi));
                }
            }
            for c in 0..4 {
                let even = _mm512_shuffle_f32x4::<0x88>(u[c], u[4 + c]);
                let odd = _mm512_shuffle_f32x4::<0xdd>(u[c], u[4 + c]);
                let even_hi = _mm512_shuffle_f32x4::<0x88>(u[8 + c], u[12 + c]);
                let odd_hi = _mm512_shuffle_f32x4::<0xdd>(u[8 + c], u[12 + c]);
                rows[c] = _mm512_shuffle_f32x4::<0x88>(even, even_hi);
                rows[4 + c] = _mm512_shuffle_f32x4::<0x88>(odd, odd_hi);
                rows[8 + c] = _mm512_shuffle_f32x4::<0xdd>(even, even_hi);
                rows[12 + c] = _mm512_shuffle_f32x4::<0xdd>(odd, odd_hi);
            }
        }
    }
    #[inline(always)]
    unsafe fn sum_each(rows: &[__m512; MAX_LANES]) -> __m512 {
        unsafe {
            // Each round adds halves of two vectors side by side: thirty shuffles instead of a transpose's sixty-four.
            let mut two = [_mm512_setzero_ps(); 8];
            for (i, two) in two.iter_mut().enumerate() {
                let (a, b) = (rows[2 * i], rows[2 * i + 1]);
                *two = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
            }
            let mut four = [_mm512_setzero_ps(); 4];
            for (i, four) in four.iter_mut().enumerate() {
                let (a, b) = (_mm512_castps_pd(two[2 * i]), _mm512_castps_pd(two[2 * i + 1]));
                let (lo, hi) = (_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
                *four = _mm512_add_ps(_mm512_castpd_ps(lo), _mm512_castpd_ps(hi));
            }
            let mut eight = [_mm512_setzero_ps(); 2];
            for (i, eight) in eight.iter_mut().enumerate() {
                let (a, b) = (four[2 * i], four[2 * i + 1]);
                *eight = _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b));
            }
            let [a, b] = eight;
            _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b))
        }
    }
    #[inline(always)]
    unsafe fn prefetch(p: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn prefetch_l2(p: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_T1>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn prefetch_write(p: *const u8) {
        // The intrinsic's hint is dropped unless the compiler is told of a feature that every such CPU has or ignores.
        unsafe { std::arch::asm!("prefetchw [{}]", in(reg) p, options(nostack, preserves_flags, readonly)) }
    }
}

/// # Safety
/// The CPU has AVX-512 F.
#[inline(always)]
unsafe fn widen_bf16(x: __m256i) -> __m512 {
    // SAFETY: the caller's promise.
    unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(x))) }
}

/// What a nibble stands for before it is scaled.
///
/// # Safety
/// The CPU has AVX-512 F.
#[inline(always)]
unsafe fn steps() -> __m512 {
    // SAFETY: the caller's promise.
    unsafe { _mm512_setr_ps(-8., -7., -6., -5., -4., -3., -2., -1., 0., 1., 2., 3., 4., 5., 6., 7.) }
}
