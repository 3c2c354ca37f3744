//! NVIDIA GPUs through CUDA: executes the portable track's programs, translated by `wgsl2cuda`, compiled by NVRTC.
//! Plans no kernel, and touches no library before it has been found: cudarc panics where one is absent.

pub(crate) mod native;
pub mod nvrtc;
mod search;
