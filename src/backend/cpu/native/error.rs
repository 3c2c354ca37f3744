//! What can be wrong with a call to the CPU kernels, in words.
//! It must not hold anything a kernel could have computed instead of refusing.

use super::isa::Isa;

/// Why a kernel or the pool refused. Nothing has been written when one of these is returned.
#[derive(Debug, thiserror::Error)]
pub enum CpuError {
    /// A slice does not hold what the shape says.
    #[error("{what} holds {got} elements, but {shape} needs {want}")]
    Length {
        /// The argument.
        what: &'static str,
        /// Its extents, in words.
        shape: String,
        /// Elements given.
        got: usize,
        /// Elements needed.
        want: usize,
    },
    /// An extent is zero.
    #[error("{what} is 0; every extent must be at least 1")]
    Zero {
        /// The extent.
        what: &'static str,
    },
    /// The product of some extents does not fit `usize`.
    #[error("{shape} is larger than this machine can address")]
    TooLarge {
        /// The extents, in words.
        shape: String,
    },
    /// Sums of K products of i8 would not fit i32.
    #[error("K = {k} is too long for i8 x i8 -> i32: the sum is exact only up to K = {max}")]
    LongK {
        /// Given.
        k: usize,
        /// The longest exact one.
        max: usize,
    },
    /// An instruction set was asked for that this CPU lacks.
    #[error("this CPU cannot run the {asked} kernels; it offers {detected}: use Isa::detect()")]
    Isa {
        /// Asked for.
        asked: Isa,
        /// The best this CPU has.
        detected: Isa,
    },
    /// Query heads cannot share the key/value heads evenly.
    #[error("{heads} query heads cannot share {kv_heads} key/value heads evenly")]
    Heads {
        /// Query heads.
        heads: usize,
        /// Key/value heads.
        kv_heads: usize,
    },
    /// Neither a causal prefill nor a decode.
    #[error("seq = {seq} with kv_len = {kv_len}: give seq = kv_len (causal prefill) or seq = 1 (decode)")]
    Phase {
        /// Query positions.
        seq: usize,
        /// Key/value positions.
        kv_len: usize,
    },
    /// The process's CPU set could not be read.
    #[error("cannot read which CPUs this process may use: {source}")]
    Affinity {
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A thread could not be started.
    #[error("cannot start thread {member} of the pool: {source}; ask for fewer threads")]
    Spawn {
        /// Which one.
        member: usize,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

/// The product of `extents`, each at least 1, checked against a slice's length.
pub(super) fn check_len(what: &'static str, extents: &[(&'static str, usize)], got: usize) -> Result<(), CpuError> {
    let shape = || {
        let terms: Vec<String> = extents.iter().map(|(name, n)| format!("{name} {n}")).collect();
        terms.join(" x ")
    };
    let mut want = 1usize;
    for &(name, n) in extents {
        if n == 0 {
            return Err(CpuError::Zero { what: name });
        }
        want = want.checked_mul(n).ok_or_else(|| CpuError::TooLarge { shape: shape() })?;
    }
    if got == want { Ok(()) } else { Err(CpuError::Length { what, shape: shape(), got, want }) }
}
