//! `wattmark`: identical inference kernels on every accelerator, with joules, an uncertainty on every number, and
//! verdicts.

pub mod backend;
pub mod compare;
pub mod kernel;
pub mod measure;
pub mod record;
pub mod report;
