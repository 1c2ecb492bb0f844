//! `retrain export`: a run in the form of another program.

mod check;
mod onnx;

use std::process::ExitCode;

use anyhow::Result;

use super::args::Export;
use crate::config::Config;
use crate::store::RunFolder;

pub fn export(config: &Config, run: &RunFolder, asked: &Export) -> Result<ExitCode> {
    if let Some(file) = &asked.onnx {
        return onnx::onnx(config, run, file, asked.check);
    }
    Ok(ExitCode::SUCCESS)
}
