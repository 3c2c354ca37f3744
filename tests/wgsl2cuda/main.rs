//! Proves the translator without a GPU: a corpus of small shaders and our own kernels, translated, compiled by a C++
//! compiler and by NVRTC, executed on the CPU under many schedules, and compared with software Vulkan and with what
//! they should give. Tests no speed and needs no NVIDIA hardware.
//!
//! To add a shader: one file in `corpus/` with a head that says what to run (see `shader`), and, where the answer can
//! be written down independently, one line in `expected`.

#![allow(unreachable_pub, reason = "the rooms of one test program see each other, and nobody else sees them")]

mod compare;
mod compile;
mod corpus;
mod expected;
mod host;
mod job;
mod kernels;
mod programs;
mod require;
mod sass;
mod shader;
mod shim;
mod vulkan;
