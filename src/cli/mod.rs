//! The command line: one file per subcommand.
//! Reads arguments and calls the library; computes nothing itself.

pub mod bench;
mod catalog;
mod claims;
mod compare;
mod cost;
mod cost_args;
mod devices;
mod explain;
mod export;
mod interrupt;
mod kernel;
mod merge;
mod options;
mod output;
mod plots;
mod progress;
mod records;
mod report;
mod run;
mod select;
mod shell;
mod tune;
mod validate;
mod verify;
mod wgsl2cuda;
mod worker;
mod workload;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Identical inference kernels on every accelerator, with joules, an uncertainty on every number, and verdicts.
///
/// Exit codes: 0 done; 1 error; 2 usage; 3 no usable device; 4 verification failed; 5 a gate asked for did not hold;
/// 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "wattmark", version, max_term_width = 110, args_override_self = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Sub,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Find devices, verify and measure a suite on each, print a table, write records
    Run(run::RunArgs),
    /// Show every backend, device and power sensor: what is there, what is missing, how to get it
    Devices(devices::DevicesArgs),
    /// Check correctness only, odd shapes included
    Verify(verify::VerifyArgs),
    /// Search for the tiles that suit each device, and remember them for later runs
    Tune(tune::TuneArgs),
    /// Pair two record files (or two backends within one) and give a verdict per case
    Compare(compare::CompareArgs),
    /// Print tables from record files, or keep the tables inside Markdown pages true
    Report(report::ReportArgs),
    /// Merge record files into one set: every record once, conflicts kept and named, damage left out and named
    Merge(merge::MergeArgs),
    /// Write results for other tools: Bencher, github-action-benchmark, critcmp, spreadsheets
    Export(export::ExportArgs),
    /// Explain a metric, status, verdict, warning or case in a sentence or two
    Explain(explain::ExplainArgs),
    /// Say what is wrong in a record file, and where
    Validate(validate::ValidateArgs),
    /// Price a million tokens: owned, rented, at the edge, hybrid; break-even and what it rests on
    Cost(Box<cost::CostArgs>),
    /// Put claims to the test: verdict, probability, condition, what it rests on
    Claims(claims::ClaimsArgs),
    /// Compose a model on a device from its kernels: tokens/s, J/token, time to first token, memory
    Workload(workload::WorkloadArgs),
    /// Check, list and show what is known: devices, models, scenarios, claims
    #[command(subcommand)]
    Catalog(catalog::CatalogCommand),
    /// Show what a case runs
    #[command(subcommand)]
    Kernel(kernel::KernelCommand),
    /// Translate a WGSL compute shader to CUDA C++
    Wgsl2cuda(wgsl2cuda::Wgsl2cudaArgs),
    /// Print the JSON Schema of a record
    Schema,
    /// Print a completion script for a shell
    Completions(shell::CompletionsArgs),
    /// Print the manual page
    Man,
    /// Serve one device over standard input and output (started by `run`)
    #[command(hide = true)]
    Worker(worker::WorkerArgs),
}

/// How a subcommand ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was done.
    Done,
    /// Some of it went wrong; what, has been said.
    Error,
    /// No device to run on.
    NoDevice,
    /// An output was wrong.
    VerificationFailed,
    /// A gate that the user asked for did not hold.
    GateFailed,
    /// The user stopped it.
    Interrupted,
}

impl Outcome {
    /// The process's exit code.
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Outcome::Done => 0,
            Outcome::Error => 1,
            Outcome::NoDevice => 3,
            Outcome::VerificationFailed => 4,
            Outcome::GateFailed => 5,
            Outcome::Interrupted => 130,
        })
    }

    /// The outcome that an error stands for: usage errors exit as clap's own.
    pub fn of_error(error: &anyhow::Error) -> Outcome {
        if error.is::<NoDevice>() {
            return Outcome::NoDevice;
        }
        if error.is::<Usage>() || error.is::<crate::kernel::SuiteError>() || error.is::<crate::kernel::CaseError>() {
            // clap exits by itself for its own; ours look the same from outside.
            std::process::exit(2);
        }
        Outcome::Error
    }
}

/// A request that cannot be understood or obeyed as asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Nothing to run on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoDevice(pub(crate) String);

impl Cli {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// What went wrong, where, and what to do.
    pub fn run(self) -> anyhow::Result<Outcome> {
        match self.command {
            Sub::Run(args) => run::run(args),
            Sub::Devices(args) => devices::devices(&args),
            Sub::Verify(args) => verify::verify(args),
            Sub::Tune(args) => tune::tune(args),
            Sub::Compare(args) => compare::compare(&args),
            Sub::Report(args) => report::report(&args),
            Sub::Merge(args) => merge::merge(&args),
            Sub::Export(args) => export::export(&args),
            Sub::Explain(args) => explain::explain(&args),
            Sub::Validate(args) => validate::validate(&args),
            Sub::Cost(args) => cost::cost(&args),
            Sub::Claims(args) => claims::claims(&args),
            Sub::Workload(args) => workload::workload(&args),
            Sub::Catalog(command) => catalog::catalog(&command),
            Sub::Kernel(command) => kernel::kernel(&command),
            Sub::Wgsl2cuda(args) => wgsl2cuda::wgsl2cuda(&args),
            Sub::Schema => shell::schema(),
            Sub::Completions(args) => shell::completions(&args),
            Sub::Man => shell::man(),
            Sub::Worker(args) => worker::worker(&args),
        }
    }
}
