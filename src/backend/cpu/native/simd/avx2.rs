//! AVX2 and FMA: eight lanes, sixteen registers; f16 by F16C or, without it, one element at a time.
//! It must not be called without the features of its level in [`super::super::isa`].

use std::arch::x86_64::*;

use half::{bf16, f16};

use super::{EXP2, LOWEST, MAX_LANES, Simd};

/// AVX2, with or without F16C.
#[derive(Clone, Copy)]
pub(in super::super) struct Avx2<const F16C: bool>;

// SAFETY (all blocks of this file): the trait's contract: the CPU has the instructions, the pointers are valid.
#[allow(clippy::undocumented_unsafe_blocks, reason = "one reason for all, above")]
impl<const F16C: bool> Simd for Avx2<F16C> {
    type V = __m256;
    const LANES: usize = 8;
    const ROWS: usize = 6;
    const ACCS: usize = 12;

    #[inline(always)]
    unsafe fn splat(x: f32) -> __m256 {
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn splat_at(p: *const u32) -> __m256 {
        unsafe { _mm256_castsi256_ps(_mm256_set1_epi32(p.read_unaligned() as i32)) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m256 {
        unsafe { _mm256_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn load_n(p: *const f32, n: usize) -> __m256 {
        unsafe { _mm256_maskload_ps(p, mask(n)) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: __m256) {
        unsafe { _mm256_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn store_n(p: *mut f32, v: __m256, n: usize) {
        unsafe { _mm256_maskstore_ps(p, mask(n), v) }
    }
    #[inline(always)]
    unsafe fn stream(p: *mut f32, v: __m256) {
        unsafe { _mm256_stream_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn fence() {
        unsafe { _mm_sfence() }
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const f16) -> __m256 {
        unsafe {
            if F16C {
                return _mm256_cvtph_ps(_mm_loadu_si128(p.cast()));
            }
            Self::load_f16_n(p, 8)
        }
    }
    #[inline(always)]
    unsafe fn load_f16_n(p: *const f16, n: usize) -> __m256 {
        unsafe {
            if F16C {
                let mut lanes = [f16::ZERO; 8];
                std::ptr::copy_nonoverlapping(p, lanes.as_mut_ptr(), n);
                return _mm256_cvtph_ps(_mm_loadu_si128(lanes.as_ptr().cast()));
            }
            let mut lanes = [0.0f32; 8];
            for (i, lane) in lanes.iter_mut().enumerate().take(n) {
                *lane = f32::from(p.add(i).read());
            }
            _mm256_loadu_ps(lanes.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn store_f16_n(p: *mut f16, v: __m256, n: usize) {
        unsafe {
            let mut lanes = [f16::ZERO; 8];
            if F16C {
                _mm_storeu_si128(lanes.as_mut_ptr().cast(), _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(v));
            } else {
                let mut wide = [0.0f32; 8];
                _mm256_storeu_ps(wide.as_mut_ptr(), v);
                lanes = wide.map(f16::from_f32);
            }
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), p, n);
        }
    }
    #[inline(always)]
    unsafe fn load_bf16(p: *const bf16) -> __m256 {
        unsafe {
            let wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(p.cast()));
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(wide))
        }
    }
    #[inline(always)]
    unsafe fn load_bf16_n(p: *const bf16, n: usize) -> __m256 {
        unsafe {
            let mut lanes = [bf16::ZERO; 8];
            std::ptr::copy_nonoverlapping(p, lanes.as_mut_ptr(), n);
            Self::load_bf16(lanes.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn store_bf16_n(p: *mut bf16, v: __m256, n: usize) {
        unsafe {
            let mut wide = [0.0f32; 8];
            _mm256_storeu_ps(wide.as_mut_ptr(), v);
            std::ptr::copy_nonoverlapping(wide.map(bf16::from_f32).as_ptr(), p, n);
        }
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const i8) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(p.cast()))) }
    }
    #[inline(always)]
    unsafe fn load_i8_pairs(p: *const i8) -> __m256 {
        unsafe { _mm256_castsi256_ps(_mm256_cvtepi8_epi16(_mm_loadu_si128(p.cast()))) }
    }

    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn exp2(x: __m256) -> __m256 {
        unsafe {
            // At -127 the exponent field below becomes 0, and the result with it.
            let x = _mm256_max_ps(x, _mm256_set1_ps(-127.0));
            let whole = _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x);
            let r = _mm256_sub_ps(x, whole);
            let mut p = _mm256_set1_ps(EXP2[5]);
            for &c in EXP2[..5].iter().rev() {
                p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(c));
            }
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(whole), _mm256_set1_epi32(127));
            _mm256_mul_ps(p, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
        }
    }
    #[inline(always)]
    unsafe fn keep_ge(v: __m256, limit: __m256, at: __m256) -> __m256 {
        unsafe { _mm256_blendv_ps(_mm256_set1_ps(LOWEST), v, _mm256_cmp_ps::<_CMP_GE_OQ>(limit, at)) }
    }
    #[inline(always)]
    unsafe fn sum(v: __m256) -> f32 {
        unsafe {
            let half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
            _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair)))
        }
    }
    #[inline(always)]
    unsafe fn largest(v: __m256) -> f32 {
        unsafe {
            let half = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let pair = _mm_max_ps(half, _mm_movehl_ps(half, half));
            _mm_cvtss_f32(_mm_max_ss(pair, _mm_movehdup_ps(pair)))
        }
    }

    #[inline(always)]
    unsafe fn add_i32(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b))) }
    }
    #[inline(always)]
    unsafe fn shl_8(v: __m256) -> __m256 {
        unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<8>(_mm256_castps_si256(v))) }
    }
    #[inline(always)]
    unsafe fn xor(a: __m256, bits: u32) -> __m256 {
        unsafe { _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(bits as i32))) }
    }
    #[inline(always)]
    unsafe fn sum_i32(v: __m256) -> i32 {
        unsafe {
            let mut lanes = [0i32; 8];
            _mm256_storeu_si256(lanes.as_mut_ptr().cast(), _mm256_castps_si256(v));
            lanes.iter().fold(0, |a, &b| a.wrapping_add(b))
        }
    }
    #[inline(always)]
    unsafe fn dot_i16(acc: __m256, a: __m256, b: __m256) -> __m256 {
        unsafe {
            let products = _mm256_madd_epi16(_mm256_castps_si256(a), _mm256_castps_si256(b));
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(acc), products))
        }
    }

    #[inline(always)]
    unsafe fn splat_f16(p: *const f16) -> __m256 {
        unsafe {
            if F16C {
                return _mm256_broadcastss_ps(_mm_cvtph_ps(_mm_cvtsi32_si128(i32::from(p.read().to_bits()))));
            }
            _mm256_set1_ps(f32::from(p.read()))
        }
    }
    #[inline(always)]
    unsafe fn spread(p: *const f32) -> __m256 {
        unsafe { _mm256_set_m128(_mm_broadcast_ss(&*p.add(1)), _mm_broadcast_ss(&*p)) }
    }
    #[inline(always)]
    unsafe fn load_nibbles(p: *const u8) -> (__m256, __m256) {
        unsafe {
            let bytes = _mm256_cvtepu8_epi32(_mm_loadl_epi64(p.cast()));
            let eight = _mm256_set1_epi32(8);
            let low = _mm256_sub_epi32(_mm256_and_si256(bytes, _mm256_set1_epi32(15)), eight);
            let high = _mm256_sub_epi32(_mm256_srli_epi32::<4>(bytes), eight);
            (_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(high))
        }
    }
    #[inline(always)]
    unsafe fn split_nibbles(words: __m256) -> (__m256, __m256) {
        unsafe {
            let (words, low) = (_mm256_castps_si256(words), _mm256_set1_epi32(0x0f0f_0f0f));
            let high = _mm256_and_si256(_mm256_srli_epi32::<4>(words), low);
            (_mm256_castsi256_ps(_mm256_and_si256(words, low)), _mm256_castsi256_ps(high))
        }
    }
    #[inline(always)]
    unsafe fn dot_nibbles(acc: __m256, nibbles: __m256, bytes: __m256) -> __m256 {
        unsafe {
            // Two products of at most 15 * 128 fit i16.
            let pairs = _mm256_maddubs_epi16(_mm256_castps_si256(nibbles), _mm256_castps_si256(bytes));
            let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(acc), fours))
        }
    }
    #[inline(always)]
    unsafe fn to_f32(v: __m256) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(_mm256_castps_si256(v)) }
    }

    #[inline(always)]
    unsafe fn transpose(rows: &mut [__m256; MAX_LANES]) {
        unsafe {
            let mut t = *rows;
            for i in 0..4 {
                t[2 * i] = _mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
                t[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
            }
            let mut u = t;
            for i in 0..2 {
                for h in 0..2 {
                    let lo = _mm256_castps_pd(t[4 * i + h]);
                    let hi = _mm256_castps_pd(t[4 * i + 2 + h]);
                    u[4 * i + 2 * h] = _mm256_castpd_ps(_mm256_unpacklo_pd(lo, hi));
                    u[4 * i + 2 * h + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(lo, hi));
                }
            }
            for c in 0..4 {
                rows[c] = _mm256_permute2f128_ps::<0x20>(u[c], u[4 + c]);
                rows[4 + c] = _mm256_permute2f128_ps::<0x31>(u[c], u[4 + c]);
            }
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

/// All ones in the first `n` lanes.
///
/// # Safety
/// The CPU has AVX2.
#[inline(always)]
unsafe fn mask(n: usize) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)) }
}
