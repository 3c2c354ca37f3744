//! Plain Rust on arrays, in loops that compilers vectorise for whatever the target has: NEON, SSE2, RVV.
//! It must not use an intrinsic: it is the kernels' proof that they run anywhere.

use half::{bf16, f16};

use super::{EXP2, LOWEST, MAX_LANES, Simd};

/// Eight lanes, as an array.
#[derive(Clone, Copy)]
pub(in super::super) struct Portable;

const N: usize = 8;
type V = [f32; N];

#[inline(always)]
fn each(f: impl Fn(usize) -> f32) -> V {
    let mut v = [0.0; N];
    for (i, lane) in v.iter_mut().enumerate() {
        *lane = f(i);
    }
    v
}

/// `a * b + c`: fused only where that is an instruction, not a call into the maths library.
#[inline(always)]
fn fused(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_arch = "aarch64", target_feature = "fma")) { a.mul_add(b, c) } else { a * b + c }
}

/// The two i16 of a lane.
#[inline(always)]
fn pair(x: f32) -> (i32, i32) {
    let bits = x.to_bits();
    (i32::from(bits as u16 as i16), i32::from((bits >> 16) as u16 as i16))
}

// SAFETY (all blocks of this file): the trait's contract: the pointers are valid for the lanes named.
#[allow(clippy::undocumented_unsafe_blocks, reason = "one reason for all, above")]
impl Simd for Portable {
    type V = V;
    const LANES: usize = N;
    // Sixteen 128-bit registers on x86-64's baseline; aarch64 has thirty-two.
    const ROWS: usize = if cfg!(target_arch = "aarch64") { 6 } else { 2 };
    const ACCS: usize = if cfg!(target_arch = "aarch64") { 8 } else { 4 };

    #[inline(always)]
    unsafe fn splat(x: f32) -> V {
        [x; N]
    }
    #[inline(always)]
    unsafe fn splat_at(p: *const u32) -> V {
        [f32::from_bits(unsafe { p.read_unaligned() }); N]
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> V {
        unsafe { p.cast::<V>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn load_n(p: *const f32, n: usize) -> V {
        let mut v = [0.0; N];
        unsafe { std::ptr::copy_nonoverlapping(p, v.as_mut_ptr(), n) };
        v
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: V) {
        unsafe { p.cast::<V>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn store_n(p: *mut f32, v: V, n: usize) {
        unsafe { std::ptr::copy_nonoverlapping(v.as_ptr(), p, n) }
    }
    #[inline(always)]
    unsafe fn stream(p: *mut f32, v: V) {
        unsafe { Self::store(p, v) }
    }
    #[inline(always)]
    unsafe fn fence() {}
    #[inline(always)]
    unsafe fn load_f16(p: *const f16) -> V {
        unsafe { Self::load_f16_n(p, N) }
    }
    #[inline(always)]
    unsafe fn load_f16_n(p: *const f16, n: usize) -> V {
        each(|i| if i < n { widen_f16(unsafe { p.add(i).read() }) } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store_f16_n(p: *mut f16, v: V, n: usize) {
        unsafe { std::ptr::copy_nonoverlapping(v.map(f16::from_f32).as_ptr(), p, n) }
    }
    #[inline(always)]
    unsafe fn load_bf16(p: *const bf16) -> V {
        unsafe { Self::load_bf16_n(p, N) }
    }
    #[inline(always)]
    unsafe fn load_bf16_n(p: *const bf16, n: usize) -> V {
        each(|i| if i < n { f32::from_bits(u32::from(unsafe { p.add(i).read() }.to_bits()) << 16) } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store_bf16_n(p: *mut bf16, v: V, n: usize) {
        unsafe { std::ptr::copy_nonoverlapping(v.map(bf16::from_f32).as_ptr(), p, n) }
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const i8) -> V {
        let bytes = unsafe { p.cast::<[i8; N]>().read() };
        each(|i| f32::from(bytes[i]))
    }
    #[inline(always)]
    unsafe fn load_i8_pairs(p: *const i8) -> V {
        each(|i| {
            let (lo, hi) = unsafe { (p.add(2 * i).read(), p.add(2 * i + 1).read()) };
            f32::from_bits(u32::from(i16::from(lo) as u16) | u32::from(i16::from(hi) as u16) << 16)
        })
    }

    #[inline(always)]
    unsafe fn add(a: V, b: V) -> V {
        each(|i| a[i] + b[i])
    }
    #[inline(always)]
    unsafe fn sub(a: V, b: V) -> V {
        each(|i| a[i] - b[i])
    }
    #[inline(always)]
    unsafe fn mul(a: V, b: V) -> V {
        each(|i| a[i] * b[i])
    }
    #[inline(always)]
    unsafe fn max(a: V, b: V) -> V {
        each(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    unsafe fn fma(a: V, b: V, c: V) -> V {
        each(|i| fused(a[i], b[i], c[i]))
    }
    #[inline(always)]
    unsafe fn exp2(x: V) -> V {
        each(|i| {
            // At -127 the exponent field below becomes 0, and the result with it.
            let x = if x[i] > -127.0 { x[i] } else { -127.0 };
            // Adding 1.5 * 2^23 rounds to the nearest integer without a call.
            let whole = (x + 12_582_912.0) - 12_582_912.0;
            let r = x - whole;
            let p = EXP2[..5].iter().rev().fold(EXP2[5], |p, &c| fused(p, r, c));
            p * f32::from_bits(((whole as i32 + 127) as u32) << 23)
        })
    }
    #[inline(always)]
    unsafe fn keep_ge(v: V, limit: V, at: V) -> V {
        each(|i| if limit[i] >= at[i] { v[i] } else { LOWEST })
    }
    #[inline(always)]
    unsafe fn sum(v: V) -> f32 {
        v.iter().sum()
    }
    #[inline(always)]
    unsafe fn largest(v: V) -> f32 {
        v.iter().fold(v[0], |a, &b| if a > b { a } else { b })
    }

    #[inline(always)]
    unsafe fn add_i32(a: V, b: V) -> V {
        each(|i| f32::from_bits(a[i].to_bits().wrapping_add(b[i].to_bits())))
    }
    #[inline(always)]
    unsafe fn shl_8(v: V) -> V {
        each(|i| f32::from_bits(v[i].to_bits() << 8))
    }
    #[inline(always)]
    unsafe fn xor(a: V, bits: u32) -> V {
        each(|i| f32::from_bits(a[i].to_bits() ^ bits))
    }
    #[inline(always)]
    unsafe fn sum_i32(v: V) -> i32 {
        v.iter().fold(0, |a: i32, b| a.wrapping_add(b.to_bits() as i32))
    }
    #[inline(always)]
    unsafe fn dot_i16(acc: V, a: V, b: V) -> V {
        each(|i| {
            let ((a0, a1), (b0, b1)) = (pair(a[i]), pair(b[i]));
            let sum = (acc[i].to_bits() as i32).wrapping_add(a0 * b0).wrapping_add(a1 * b1);
            f32::from_bits(sum as u32)
        })
    }

    #[inline(always)]
    unsafe fn splat_f16(p: *const f16) -> V {
        [widen_f16(unsafe { p.read() }); N]
    }
    #[inline(always)]
    unsafe fn spread(p: *const f32) -> V {
        let few = unsafe { p.cast::<[f32; N / 4]>().read() };
        each(|i| few[i / 4])
    }
    #[inline(always)]
    unsafe fn load_nibbles(p: *const u8) -> (V, V) {
        let bytes = unsafe { p.cast::<[u8; N]>().read() };
        (each(|i| f32::from(bytes[i] & 15) - 8.0), each(|i| f32::from(bytes[i] >> 4) - 8.0))
    }
    #[inline(always)]
    unsafe fn split_nibbles(words: V) -> (V, V) {
        let low = |bits: u32| f32::from_bits(bits & 0x0f0f_0f0f);
        (each(|i| low(words[i].to_bits())), each(|i| low(words[i].to_bits() >> 4)))
    }
    #[inline(always)]
    unsafe fn dot_nibbles(acc: V, nibbles: V, bytes: V) -> V {
        each(|i| {
            let (n, b) = (nibbles[i].to_bits().to_le_bytes(), bytes[i].to_bits().to_le_bytes());
            let dot: i32 = (0..4).map(|j| i32::from(n[j]) * i32::from(b[j] as i8)).sum();
            f32::from_bits((acc[i].to_bits() as i32 + dot) as u32)
        })
    }
    #[inline(always)]
    unsafe fn to_f32(v: V) -> V {
        each(|i| v[i].to_bits() as i32 as f32)
    }

    #[inline(always)]
    unsafe fn transpose(rows: &mut [V; MAX_LANES]) {
        let old = *rows;
        for (i, row) in rows.iter_mut().enumerate().take(N) {
            *row = each(|j| old[j][i]);
        }
    }
    #[inline(always)]
    unsafe fn prefetch(_p: *const u8) {}
    #[inline(always)]
    unsafe fn prefetch_l2(_p: *const u8) {}
    #[inline(always)]
    unsafe fn prefetch_write(_p: *const u8) {}
}

/// f16 to f32 without branches, so that it vectorises: the exponent is rebased by a multiplication.
#[inline(always)]
fn widen_f16(x: f16) -> f32 {
    let bits = u32::from(x.to_bits());
    let magnitude = f32::from_bits((bits & 0x7fff) << 13) * f32::from_bits(0x7780_0000);
    // What was infinite or NaN in f16 has landed at 65536 or above.
    let special = if magnitude >= 65536.0 { 0x7f80_0000 } else { 0 };
    f32::from_bits(magnitude.to_bits() | special | (bits & 0x8000) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_f16_widens_as_the_library_says() {
        for bits in 0..=u16::MAX {
            let x = f16::from_bits(bits);
            let (ours, theirs) = (widen_f16(x), f32::from(x));
            assert!(ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan()), "{bits:#x}");
        }
    }

    #[test]
    fn exp2_is_close_and_ends_in_zero() {
        for i in 0..=4000 {
            let x = -100.0 + i as f32 * 0.025;
            // SAFETY: the portable vector needs no feature.
            let y = unsafe { Portable::exp2([x; N]) }[0];
            let want = f64::from(x).exp2();
            assert!((f64::from(y) / want - 1.0).abs() < 3e-7, "2^{x} = {y}");
        }
        // SAFETY: as above.
        assert_eq!(unsafe { Portable::exp2([LOWEST; N]) }, [0.0; N]);
    }
}
