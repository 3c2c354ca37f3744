//! The `wattmark` binary: reads the command line, runs the subcommand, turns its outcome into an exit code.

use std::process::ExitCode;

use clap::Parser;
use wattmark::cli::{Cli, Outcome};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.run() {
        Ok(outcome) => outcome.exit_code(),
        Err(error) => {
            eprintln!("error: {error:#}");
            Outcome::of_error(&error).exit_code()
        }
    }
}
