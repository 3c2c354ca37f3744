//! `wattmark`: identical inference kernels on every accelerator, with joules, an uncertainty on every number, and
//! verdicts.

pub mod backend;
pub mod catalog;
pub mod claim;
pub mod cli;
pub mod compare;
pub mod cost;
mod digest;
mod file;
pub mod formula;
mod in_order;
pub mod kernel;
pub mod measure;
pub mod merge;
pub mod plot;
pub mod power;
pub mod record;
pub mod report;
pub mod run;
pub mod site;
pub mod wgsl2cuda;
pub mod worker;
pub mod workload;
