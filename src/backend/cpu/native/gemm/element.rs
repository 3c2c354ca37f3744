//! What a dtype is to a matmul: how it lies in 32-bit groups along K, and how two groups multiply.
//! It must not know tiles, blocks or threads.

use bytemuck::Pod;
use half::{bf16, f16};

use super::super::isa::Dots;
use super::super::simd::{Lane, Simd, Widen};

/// The most elements a vector of groups holds.
const MAX_ELEMENTS: usize = 64;

/// A dtype of A and B. K runs in groups of 32 bits, the lane of a vector: one f32 (or a wider element
/// converted to f32), two bf16 where there are bf16 dot products, four i8 where there are i8 ones, else two
/// i8 widened to i16. Every kernel is written over groups, so each scheme exists once.
///
/// # Safety
/// The methods: those of [`Simd`]; pointers are valid for the elements they name.
pub trait Element: Pod + Send + Sync + private::Sealed {
    /// The dtype of C: f32 for f32, f16 for f16, bf16 for bf16, i32 for i8.
    type Out: Pod + Send + Sync;
    /// The dtype's name, as case ids spell it.
    #[cfg(test)]
    const NAME: &'static str;
}

/// The vector side of [`Element`], out of the public eye.
pub(in super::super) mod private {
    use super::*;

    /// See [`Element`].
    #[allow(unreachable_pub, reason = "a sealed supertrait must be nameable by its subtrait")]
    pub trait Sealed: Pod {
        /// The dot products that this dtype uses.
        const DOTS: Dots = Dots::None;
        /// Elements in a group.
        fn group<S: Simd>() -> usize;
        /// Whether a row's bytes are its groups, so that B may be read where it lies.
        fn in_place<S: Simd>() -> bool;
        /// Whether A is packed with an offset of 128, to be undone by 128 times the sum of B's row.
        fn offset<S: Simd>() -> bool {
            false
        }
        /// Whether two groups make a row of a matrix instruction, [`Sealed::block`].
        fn matrix<S: Simd>() -> bool {
            false
        }
        /// [`Simd::matrix_i8`] or its like; only where [`Sealed::matrix`].
        unsafe fn block<S: Simd>(acc: S::V, a: S::V, b: S::V) -> S::V {
            let _ = (a, b);
            acc
        }
        /// `LANES` groups of a row of B.
        unsafe fn groups<S: Simd>(p: *const Self) -> S::V;
        /// `LANES` groups of a row of A.
        #[inline(always)]
        unsafe fn a_groups<S: Simd>(p: *const Self) -> S::V {
            // SAFETY: the caller's promise, passed on.
            unsafe { Self::groups::<S>(p) }
        }
        /// `acc` plus the products of two vectors of groups, lane by lane.
        unsafe fn step<S: Simd>(acc: S::V, a: S::V, b: S::V) -> S::V;
        /// The total of an accumulator, as 32 bits.
        unsafe fn total<S: Simd>(acc: S::V) -> u32;
        /// Writes the first `n` lanes of an accumulator to C.
        unsafe fn store<S: Simd>(c: *mut <Self as Element>::Out, v: S::V, n: usize)
        where
            Self: Element;

        /// Writes one total to C.
        unsafe fn put(c: *mut <Self as Element>::Out, total: u32)
        where
            Self: Element;

        /// [`Sealed::groups`] of the last `elements` of a row, zeros beyond.
        #[inline(always)]
        unsafe fn groups_n<S: Simd>(p: *const Self, elements: usize) -> S::V {
            let mut row = [Self::zeroed(); MAX_ELEMENTS];
            // SAFETY: the caller's promise; `row` holds the most any vector takes.
            unsafe {
                std::ptr::copy_nonoverlapping(p, row.as_mut_ptr(), elements);
                Self::groups::<S>(row.as_ptr())
            }
        }
        /// [`Sealed::a_groups`] of the last `elements` of a row.
        #[inline(always)]
        unsafe fn a_groups_n<S: Simd>(p: *const Self, elements: usize) -> S::V {
            let mut row = [Self::zeroed(); MAX_ELEMENTS];
            // SAFETY: the caller's promise; `row` holds the most any vector takes.
            unsafe {
                std::ptr::copy_nonoverlapping(p, row.as_mut_ptr(), elements);
                Self::a_groups::<S>(row.as_ptr())
            }
        }
    }
}

/// f32 and f16: a group is one element, as f32.
macro_rules! wide {
    ($t:ty, $name:literal, $in_place:literal, $narrow:expr) => {
        impl Element for $t {
            type Out = $t;
            #[cfg(test)]
            const NAME: &'static str = $name;
        }
        impl private::Sealed for $t {
            #[inline(always)]
            fn group<S: Simd>() -> usize {
                1
            }
            #[inline(always)]
            fn in_place<S: Simd>() -> bool {
                $in_place
            }
            #[inline(always)]
            unsafe fn groups<S: Simd>(p: *const Self) -> S::V {
                // SAFETY: the caller's promise, passed on.
                unsafe { Self::load::<S>(p) }
            }
            #[inline(always)]
            unsafe fn step<S: Simd>(acc: S::V, a: S::V, b: S::V) -> S::V {
                // SAFETY: the caller's promise, passed on.
                unsafe { S::fma(a, b, acc) }
            }
            #[inline(always)]
            unsafe fn total<S: Simd>(acc: S::V) -> u32 {
                // SAFETY: the caller's promise, passed on.
                unsafe { S::sum(acc) }.to_bits()
            }
            #[inline(always)]
            unsafe fn put(c: *mut $t, total: u32) {
                // SAFETY: the caller's promise.
                unsafe { c.write(($narrow)(f32::from_bits(total))) }
            }
            #[inline(always)]
            unsafe fn store<S: Simd>(c: *mut $t, v: S::V, n: usize) {
                // SAFETY: the caller's promise, passed on.
                unsafe { <$t as Lane>::store_n::<S>(c, v, n) }
            }
        }
    };
}
wide!(f32, "f32", true, std::convert::identity);
wide!(f16, "f16", false, f16::from_f32);

impl Element for bf16 {
    type Out = bf16;
    #[cfg(test)]
    const NAME: &'static str = "bf16";
}

impl private::Sealed for bf16 {
    const DOTS: Dots = Dots::Bf16;
    #[inline(always)]
    fn group<S: Simd>() -> usize {
        if S::BF16_DOT { 2 } else { 1 }
    }
    #[inline(always)]
    fn in_place<S: Simd>() -> bool {
        S::BF16_DOT
    }
    #[inline(always)]
    fn matrix<S: Simd>() -> bool {
        S::BF16_MATRIX
    }
    #[inline(always)]
    unsafe fn block<S: Simd>(acc: S::V, a: S::V, b: S::V) -> S::V {
        // SAFETY: the caller's promise, passed on.
        unsafe { S::matrix_bf16(acc, a, b) }
    }
    #[inline(always)]
    unsafe fn groups<S: Simd>(p: *const Self) -> S::V {
        // SAFETY: the caller's promise, passed on.
        unsafe { if S::BF16_DOT { S::load(p.cast()) } else { S::load_bf16(p) } }
    }
    #[inline(always)]
    unsafe fn step<S: Simd>(acc: S::V, a: S::V, b: S::V) -> S::V {
        // SAFETY: the caller's promise, passed on.
        unsafe { if S::BF16_DOT { S::dot_bf16(acc, a, b) } else { S::fma(a, b, acc) } }
    }
    #[inline(always)]
    unsafe fn total<S: Simd>(acc: S::V) -> u32 {
        // SAFETY: the caller's promise, passed on.
        unsafe { S::sum(acc) }.to_bits()
    }
    #[inline(always)]
    unsafe fn put(c: *mut bf16, total: u32) {
        // SAFETY: the caller's promise.
        unsafe { c.write(bf16::from_f32(f32::from_bits(total))) }
    }
    #[inline(always)]
    unsafe fn store<S: Simd>(c: *mut bf16, v: S::V, n: usize) {
        // SAFETY: the caller's promise, passed on.
        unsafe { <bf16 as Lane>::store_n::<S>(c, v, n) }
    }
}

impl Element for i8 {
    type Out = i32;
    #[cfg(test)]
    const NAME: &'static str = "i8";
}

impl private::Sealed for i8 {
    const DOTS: Dots = Dots::I8;
    #[inline(always)]
    fn group<S: Simd>() -> usize {
        if S::I8_DOT { 4 } else { 2 }
    }
    #[inline(always)]
    fn in_place<S: Simd>() -> bool {
        S::I8_DOT
    }
    #[inline(always)]
    fn offset<S: Simd>() -> bool {
        S::I8_DOT && !S::I8_SIGNED
    }
    #[inline(always)]
    fn matrix<S: Simd>() -> bool {
        S::I8_MATRIX
    }
    #[inline(always)]
    unsafe fn block<S: Simd>(acc: S::V, a: S::V, b: S::V) -> S::V {
        // SAFETY: the caller's promise, passed on.
        unsafe { S::matrix_i8(acc, a, b) }
    }
    #[inline(always)]
    unsafe fn groups<S: Simd>(p: *const Self) -> S::V {
        // SAFETY: the caller's promise, passed on.
        unsafe { if S::I8_DOT { S::load(p.cast()) } else { S::load_i8_pairs(p) } }
    }
    #[inline(always)]
    unsafe fn a_groups<S: Simd>(p: *const Self) -> S::V {
        // Where the dot product wants one unsigned side: x + 128 is x with its top bit flipped.
        // SAFETY: the caller's promise, passed on.
        unsafe { if Self::offset::<S>() { S::xor(S::load(p.cast()), 0x8080_8080) } else { Self::groups::<S>(p) } }
    }
    #[inline(always)]
    unsafe fn step<S: Simd>(acc: S::V, a: S::V, b: S::V) -> S::V {
        // SAFETY: the caller's promise, passed on.
        unsafe { if S::I8_DOT { S::dot_i8(acc, a, b) } else { S::dot_i16(acc, a, b) } }
    }
    #[inline(always)]
    unsafe fn total<S: Simd>(acc: S::V) -> u32 {
        // SAFETY: the caller's promise, passed on.
        unsafe { S::sum_i32(acc) as u32 }
    }
    #[inline(always)]
    unsafe fn put(c: *mut i32, total: u32) {
        // SAFETY: the caller's promise.
        unsafe { c.write(total as i32) }
    }
    #[inline(always)]
    unsafe fn store<S: Simd>(c: *mut i32, v: S::V, n: usize) {
        // SAFETY: the caller's promise, passed on; i32 and f32 lanes are 32 bits each.
        unsafe { S::store_n(c.cast(), v, n) }
    }
}
