//! Native CPU kernels: matmul, attention and the peaks they are judged by.
//! It must not measure: callers time it.

#![allow(unreachable_pub, reason = "a library within the crate: `pub` says what its caller may use")]

pub(super) mod attention;
mod cluster;
mod error;
pub(super) mod gemm;
mod gemv;
pub(super) mod huge;
pub(super) mod int4;
pub(super) mod isa;
pub(super) mod peak;
pub(super) mod pool;
mod share;
mod simd;
pub(super) mod workspace;

#[cfg(test)]
mod attention_tests;
#[cfg(test)]
mod int4_tests;
#[cfg(test)]
mod matmul_tests;

pub(super) use error::CpuError;
