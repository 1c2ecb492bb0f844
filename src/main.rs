use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match retrain::cli::run(retrain::cli::Args::parse()) {
        Ok(code) => code,
        Err(err) => retrain::cli::complain(&err),
    }
}
