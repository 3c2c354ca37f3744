//! Which instruction set runs: detection, names, and the one door from safe code into vector code.
//! It must not hold kernels; they are written once over [`Simd`] and enter through [`Isa::run`].

use std::fmt;

use super::error::CpuError;
#[cfg(target_arch = "aarch64")]
use super::simd::neon::{self, Neon};
use super::simd::portable::Portable;
#[cfg(target_arch = "x86_64")]
use super::simd::{avx2::Avx2, avx512::Avx512};

pub(super) use super::simd::Simd;

/// An instruction set that the kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(dead_code, reason = "a build detects its own architecture's levels only")]
pub enum Isa {
    /// AVX-512 F, BW, DQ, VL; with the dot products it also has.
    Avx512 {
        /// u8 x s8 dot products into i32 (AVX512-VNNI).
        vnni: bool,
        /// bf16 dot products into f32 (AVX512-BF16).
        bf16: bool,
    },
    /// AVX2 and FMA.
    Avx2Fma {
        /// f16 conversions in hardware (F16C).
        f16c: bool,
    },
    /// NEON; with the products of later extensions that it also has.
    Neon {
        /// s8 x s8 dot products into i32 (FEAT_DotProd).
        dotprod: bool,
        /// s8 x s8 matrix products into i32 (FEAT_I8MM); only with `dotprod`.
        i8mm: bool,
        /// bf16 dot and matrix products into f32 (FEAT_BF16).
        bf16: bool,
    },
    /// Plain Rust, as the compiler vectorises it for the target's baseline.
    Portable,
}

/// Which dot-product instructions a job can use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dots {
    /// Neither.
    None,
    /// u8 x s8 into i32.
    I8,
    /// bf16 into f32.
    Bf16,
}

/// Work that runs under one instruction set. `run` must be `#[inline(always)]`, and so must all it calls
/// down to the intrinsics, or they are compiled without the instruction set and called one by one. That goes for the standard
/// library, too: `Iterator::zip` and `as_flattened` are calls wherever a crate's parts are not optimised against each other
/// (`lto = "off"`), and inner loops count instead.
pub(super) trait Job {
    /// What it answers.
    type Out;
    /// The dot products it uses, so that it is compiled for no more levels than differ.
    #[cfg_attr(
        not(any(target_arch = "x86_64", target_arch = "aarch64")),
        allow(dead_code, reason = "other levels have no dot products")
    )]
    const DOTS: Dots = Dots::None;
    /// # Safety
    /// The CPU has what `S` stands for; further conditions are the implementor's.
    unsafe fn run<S: Simd>(self) -> Self::Out;
}

impl Isa {
    /// The best of this CPU.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let avx2 = has!("avx2") && has!("fma");
            let f16c = has!("f16c");
            if avx2 && f16c && has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") {
                let vnni = has!("avx512vnni");
                return Self::Avx512 { vnni, bf16: has!("avx512bf16") };
            }
            if avx2 {
                return Self::Avx2Fma { f16c };
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            use std::arch::is_aarch64_feature_detected as has;
            let dotprod = has!("dotprod");
            Self::Neon { dotprod, i8mm: dotprod && has!("i8mm"), bf16: has!("bf16") }
        }
        #[cfg(not(target_arch = "aarch64"))]
        {
            Self::Portable
        }
    }

    /// Everything this CPU can run, best first.
    #[cfg(test)]
    pub fn available() -> Vec<Self> {
        let all = [
            Self::Avx512 { vnni: true, bf16: true },
            Self::Avx512 { vnni: true, bf16: false },
            Self::Avx512 { vnni: false, bf16: true },
            Self::Avx512 { vnni: false, bf16: false },
            Self::Avx2Fma { f16c: true },
            Self::Avx2Fma { f16c: false },
            Self::Neon { dotprod: true, i8mm: true, bf16: true },
            Self::Neon { dotprod: true, i8mm: true, bf16: false },
            Self::Neon { dotprod: true, i8mm: false, bf16: false },
            Self::Neon { dotprod: false, i8mm: false, bf16: false },
            Self::Portable,
        ];
        all.into_iter().filter(|isa| isa.is_available()).collect()
    }

    /// Whether this CPU can run it.
    pub fn is_available(self) -> bool {
        match (self, Self::detect()) {
            (Self::Portable, _) => true,
            (Self::Avx512 { vnni, bf16 }, Self::Avx512 { vnni: has_vnni, bf16: has_bf16 }) => {
                (!vnni || has_vnni) && (!bf16 || has_bf16)
            }
            (Self::Avx2Fma { f16c }, Self::Avx2Fma { f16c: has_f16c }) => !f16c || has_f16c,
            (Self::Avx2Fma { .. }, Self::Avx512 { .. }) => true,
            (Self::Neon { dotprod, i8mm, bf16 }, Self::Neon { dotprod: has_dot, i8mm: has_mm, bf16: has_bf16 }) => {
                (!dotprod || has_dot) && (!i8mm || has_mm && dotprod) && (!bf16 || has_bf16)
            }
            _ => false,
        }
    }

    /// # Errors
    /// When this CPU cannot run it.
    pub(super) fn require(self) -> Result<(), CpuError> {
        if self.is_available() { Ok(()) } else { Err(CpuError::Isa { asked: self, detected: Self::detect() }) }
    }

    /// Runs `job` compiled for this instruction set.
    ///
    /// # Safety
    /// [`Isa::require`] has passed, and what the job itself asks for holds.
    pub(super) unsafe fn run<J: Job>(self, job: J) -> J::Out {
        // SAFETY: the caller's promise: the CPU has the features of the function called.
        unsafe {
            match self {
                #[cfg(target_arch = "x86_64")]
                Self::Avx512 { vnni, bf16 } => {
                    // The first operands are constants: what a job does not use is not compiled for it.
                    if const { matches!(J::DOTS, Dots::Bf16) } && bf16 {
                        avx512_bf16(job)
                    } else if const { matches!(J::DOTS, Dots::I8) } && vnni {
                        avx512_vnni(job)
                    } else {
                        avx512(job)
                    }
                }
                #[cfg(target_arch = "x86_64")]
                Self::Avx2Fma { f16c: true } => avx2_f16c(job),
                #[cfg(target_arch = "x86_64")]
                Self::Avx2Fma { f16c: false } => avx2(job),
                #[cfg(target_arch = "aarch64")]
                Self::Neon { dotprod, i8mm, bf16 } => {
                    if const { matches!(J::DOTS, Dots::Bf16) } && bf16 {
                        neon_bf16(job)
                    } else if const { matches!(J::DOTS, Dots::I8) } && i8mm {
                        neon_i8mm(job)
                    } else if const { matches!(J::DOTS, Dots::I8) } && dotprod {
                        neon_dotprod(job)
                    } else {
                        job.run::<Neon<{ neon::WIDEN }, false>>()
                    }
                }
                _ => job.run::<Portable>(),
            }
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::Avx512 { vnni: true, bf16: true } => "avx512+vnni+bf16",
            Self::Avx512 { vnni: true, bf16: false } => "avx512+vnni",
            Self::Avx512 { vnni: false, bf16: true } => "avx512+bf16",
            Self::Avx512 { vnni: false, bf16: false } => "avx512",
            Self::Avx2Fma { f16c: true } => "avx2+fma+f16c",
            Self::Avx2Fma { f16c: false } => "avx2+fma",
            Self::Neon { dotprod, i8mm, bf16 } => {
                let names = [("+dotprod", dotprod), ("+i8mm", i8mm), ("+bf16", bf16)];
                f.write_str("neon")?;
                return names.iter().filter(|(_, has)| *has).try_for_each(|(name, _)| f.write_str(name));
            }
            Self::Portable => "portable",
        })
    }
}

/// A function compiled with the features of one level.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! level {
    ($name:ident, $simd:ty, $features:literal) => {
        #[target_feature(enable = $features)]
        unsafe fn $name<J: Job>(job: J) -> J::Out {
            // SAFETY: this function is only called on a CPU with its features.
            unsafe { job.run::<$simd>() }
        }
    };
}

#[cfg(target_arch = "x86_64")]
level!(avx512_bf16, Avx512<false, true>, "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c");
#[cfg(target_arch = "x86_64")]
level!(avx512_vnni, Avx512<true, false>, "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c");
#[cfg(target_arch = "x86_64")]
level!(avx512, Avx512<false, false>, "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c");
#[cfg(target_arch = "x86_64")]
level!(avx2_f16c, Avx2<true>, "avx2,fma,f16c");
#[cfg(target_arch = "x86_64")]
level!(avx2, Avx2<false>, "avx2,fma");
#[cfg(target_arch = "aarch64")]
level!(neon_bf16, Neon<{ neon::WIDEN }, true>, "neon,bf16");
#[cfg(target_arch = "aarch64")]
level!(neon_i8mm, Neon<{ neon::MATRIX }, false>, "neon,dotprod,i8mm");
#[cfg(target_arch = "aarch64")]
level!(neon_dotprod, Neon<{ neon::DOT }, false>, "neon,dotprod");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detected_level_is_available_and_named() {
        assert_eq!(Isa::available()[0], Isa::detect());
        assert!(Isa::available().contains(&Isa::Portable));
        assert_eq!(Isa::Avx512 { vnni: true, bf16: true }.to_string(), "avx512+vnni+bf16");
        assert_eq!(NEON.to_string(), "neon+dotprod+bf16");
    }

    /// What a test log must show to say which paths ran; `ci/aarch64.sh` asks for a CPU with and one without each.
    #[test]
    fn the_levels_that_tests_run_are_said() {
        let names: Vec<String> = Isa::available().iter().map(Isa::to_string).collect();
        eprintln!("instruction sets under test: {}", names.join(", "));
        let expected = std::env::var("WATTMARK_EXPECT_ISA").ok();
        assert!(expected.is_none_or(|isa| names[0] == isa), "this CPU is `{}`", names[0]);
    }

    const NEON: Isa = Isa::Neon { dotprod: true, i8mm: false, bf16: true };

    #[test]
    fn a_foreign_level_is_refused() {
        let foreign = if cfg!(target_arch = "aarch64") { Isa::Avx2Fma { f16c: true } } else { NEON };
        assert!(foreign.require().unwrap_err().to_string().contains("cannot run"));
    }
}
