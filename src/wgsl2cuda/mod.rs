//! WGSL to CUDA C++: the portable kernels' text, through naga's IR, as source that NVRTC compiles without headers.
//! Knows no device, compiles nothing and launches nothing; `backend::cuda` does.
//!
//! [`translate`] takes a whole WGSL module and gives a [`Translation`] of one compute entry point: the CUDA text and
//! the [`Abi`] to launch it by. [`host_program`] makes a C++ program for the host out of the same text, so that what
//! was emitted can be executed, and its races provoked, on a machine without a GPU.
//!
//! # How the WGSL becomes CUDA
//!
//! | WGSL | CUDA C++ |
//! |---|---|
//! | `var<uniform>` | a `const __grid_constant__ T` parameter, by value: it stays in the constant bank |
//! | `var<storage>` | a `T* __restrict__` parameter, `const` where the entry point only reads it |
//! | `var<workgroup>` | `__shared__` at namespace scope; one dynamic block once they exceed 48 KiB |
//! | `var<private>`, `var<function>` | locals of the kernel, handed to functions by reference |
//! | `vecN<T>`, `matCxR<T>` | `wg::Vec`, `wg::Mat`: aggregates with WGSL's size and alignment, so 16-byte loads stay whole |
//! | `struct` | a struct whose size and offsets are asserted |
//! | `fn` | a `__forceinline__` function; globals it uses are appended to its parameters |
//! | a `let`, a load, a value used twice | a `const` local; pointers never are, they stay places |
//! | `loop`, `for` | `for (;;)`, with `#pragma unroll` where it keeps an array in registers, or only computes |
//! | `continue` before a `continuing` block | a jump out of the braces around the body |
//! | cooperative matrices of 16x16 f16 | `mma.sync`; other shapes and types by shuffles |
//!
//! Integers wrap, divide and shift as WGSL says. A float becomes an integer by clamping to what both types hold.
//! [`Policy`] chooses the rest: bounds checks, zeroed workgroup memory, fast division and exponentials.
//!
//! Textures, samplers, ray queries, immediates, binding arrays and other stages have no counterpart in a CUDA kernel:
//! they are an [`Error::Unsupported`] that names the construct and its line, never something near to it.
//!
//! # Rooms
//!
//! `front` parses, validates and sets overrides · `names` · `types` (names, layout, assertions) · `abi` (parameters,
//! shared memory) · `module` (the whole text, and the program for the host) · `function` (signatures, built-ins, locals) ·
//! `statement` · `repeat` (loops) · `expression` · `place` (what pointers stand for) · `math` · `subgroup` · `coop` ·
//! `visit` (walks over naga's trees) · `prelude/` (device text: `device*.cuh` has the intrinsics, the rest is shared C++) ·
//! `host_shim.h`, `host_lanes.h` (the host's stand-ins for them) · `host_main.h` (schedules invocations) · `golden/` (a
//! WGSL file for each construct, whose emitted text snapshots hold).
//!
//! A new variant in naga's IR does not compile here until every `match` names it: none has an arm that emits something
//! for what it does not know.

mod abi;
mod coop;
mod error;
mod expression;
mod front;
mod function;
mod math;
mod module;
mod names;
mod place;
mod repeat;
mod statement;
mod subgroup;
mod types;
mod visit;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use error::Error;

/// What to translate, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// The compute entry point; without one, the only one there is.
    pub entry: Option<String>,
    /// Values of pipeline overrides, by name or by `@id` in decimal.
    pub overrides: BTreeMap<String, f64>,
    /// Choices that WGSL leaves open, or that timed runs give up.
    pub policy: Policy,
}

/// What the text does beyond computing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What an index out of bounds does.
    pub bounds: Bounds,
    /// Workgroup memory starts as zeros, as WGSL says.
    pub zero_workgroup: bool,
    /// Division, exponentials and logarithms by the fast instructions, within WGSL's accuracy rules.
    pub fast_math: bool,
}

impl Default for Policy {
    /// WGSL's semantics, at full accuracy.
    fn default() -> Policy {
        Policy { bounds: Bounds::Restrict, zero_workgroup: true, fast_math: false }
    }
}

impl Policy {
    /// For timed runs of kernels whose bounds hold by construction.
    pub const fn timed() -> Policy {
        Policy { bounds: Bounds::Unchecked, zero_workgroup: false, fast_math: true }
    }

    /// Options of NVRTC that belong to the policy. The strict ones contract no multiplication with an addition, so that
    /// a device rounds as the host program does; a `fma` that the WGSL asks for is one either way.
    pub const fn nvrtc_options(self) -> &'static [&'static str] {
        if self.fast_math {
            &["--ftz=true", "--prec-div=false", "--prec-sqrt=false", "--fmad=true"]
        } else {
            &["--ftz=false", "--prec-div=true", "--prec-sqrt=true", "--fmad=false"]
        }
    }
}

/// What an index out of bounds does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// Anything: the kernel is known to stay in bounds.
    Unchecked,
    /// It becomes the last one in bounds.
    Restrict,
}

/// A kernel's CUDA text and how to launch it.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// Whole CUDA C++ text, prelude included; compiles with NVRTC without include paths.
    pub source: String,
    /// How to launch it.
    pub abi: Abi,
    /// Where the shader's own text starts, behind the prelude.
    body_at: usize,
    /// Names of the workgroup variables.
    workgroup: Vec<String>,
}

impl Translation {
    /// The shader's own text, without the prelude that every kernel has alike.
    pub fn body(&self) -> &str {
        self.source.get(self.body_at..).unwrap_or_default()
    }
}

/// How a kernel is launched: the grid is WGSL's dispatch, the block its workgroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abi {
    /// The `extern "C"` symbol.
    pub kernel: String,
    /// Threads of a block per dimension.
    pub workgroup_size: [u32; 3],
    /// Static shared memory, bytes.
    pub shared_bytes: u32,
    /// Dynamic shared memory to ask for at launch, bytes.
    pub dynamic_shared_bytes: u32,
    /// Kernel parameters, in order.
    pub params: Vec<Param>,
    /// What the kernel uses beyond plain arithmetic.
    pub features: Vec<Feature>,
    /// The oldest compute capability that has all of it, 75 for sm_75.
    pub min_sm: u32,
}

/// A kernel parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name in the CUDA text.
    pub name: String,
    /// What to pass.
    pub kind: ParamKind,
}

/// What a kernel parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// The uniform's bytes, by value.
    Uniform {
        /// `@group`.
        group: u32,
        /// `@binding`.
        binding: u32,
        /// Size of the value, bytes.
        bytes: u32,
    },
    /// The buffer's device address.
    Storage {
        /// `@group`.
        group: u32,
        /// `@binding`.
        binding: u32,
        /// The entry point writes it.
        writable: bool,
    },
    /// Bytes of the bound buffer, as `u32`.
    Length {
        /// `@group`.
        group: u32,
        /// `@binding`.
        binding: u32,
    },
}

/// What a kernel uses beyond plain arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// 16-bit floats as values.
    F16,
    /// Packed 8-bit dot products.
    Dp4a,
    /// Subgroup operations or subgroup built-ins.
    Subgroups,
    /// Cooperative matrices.
    CoopMatrix,
    /// Atomics on 64-bit integers.
    Atomics64,
    /// Atomics on floats.
    AtomicsFloat,
}

/// Translates the entry point of a WGSL module that `options` names.
///
/// # Errors
/// Text that does not parse or validate, an entry point or override that is not there, a construct that CUDA does not
/// have; each with its place in the text.
pub fn translate(wgsl: &str, options: &Options) -> Result<Translation, Error> {
    module::translate(wgsl, options)
}

/// A complete C++20 program that runs the translated kernel on the host, one invocation at a time, on any schedule.
///
/// It reads a job from standard input, little-endian: the grid (3 x u32), a seed (u64; 0 runs invocations in order), the
/// subgroup's size (u32, 1 to 32), the number of parameters (u32), then for each its length (u64) and bytes; a `Length`
/// is 4 bytes. It writes the length (u64) and bytes of every `Storage` parameter. Exit code 3 and a line on standard
/// error mean that invocations did not agree on a barrier.
pub fn host_program(translation: &Translation) -> String {
    module::host_program(translation)
}
