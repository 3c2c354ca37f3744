//! `wattmark`: identical inference kernels on every accelerator, with joules, an uncertainty on every number, and
//! verdicts.

pub mod backend;
pub mod kernel;
pub mod record;
