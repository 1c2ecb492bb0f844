use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match retrain::cli::Args::try_parse() {
        Ok(args) => retrain::cli::run(args),
        Err(err) => retrain::cli::refuse(&err),
    }
}
