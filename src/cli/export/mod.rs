//! `retrain export`: a run in the form of another program.

mod check;
mod onnx;

use std::process::ExitCode;

use anyhow::Result;

use super::args::Export;
use super::named_head::NamedHead;
use crate::config::Config;

pub fn export(config: &Config, asked: &Export) -> Result<ExitCode> {
    if let Some(file) = &asked.onnx {
        return onnx::onnx(config, &NamedHead::find(config, &asked.run)?, file, asked.check);
    }
    Ok(ExitCode::SUCCESS)
}
