use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match retrain::cli::run(retrain::cli::Args::parse()) {
        Ok(code) => code,
        Err(err) => {
            eprintln!("retrain: {err:#}");
            ExitCode::from(retrain::cli::EXIT_MISTAKE)
        }
    }
}
