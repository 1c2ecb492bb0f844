//! `retrain export`: results for other programs.

mod check;
mod csv;
mod onnx;
mod tensorboard;

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::args::Export;
use super::find;
use super::named_head::NamedHead;
use crate::config::Config;
use crate::store::{self, RunFolder};

pub fn export(config: &Config, asked: &Export) -> Result<ExitCode> {
    match (&asked.onnx, &asked.tensorboard, &asked.csv) {
        (Some(file), ..) => {
            let [run] = &asked.runs[..] else {
                bail!("an ONNX file is of one run; expected: export RUN --onnx FILE");
            };
            onnx::onnx(config, &NamedHead::find(config, run)?, file, asked.check)
        }
        (_, Some(folder), _) => tensorboard::export(&runs(config, &asked.runs)?, folder),
        (.., Some(folder)) => csv::export(config, &runs(config, &asked.runs)?, folder),
        _ => unreachable!("one of them is required"),
    }
}

/// Those that were named, or all.
fn runs(config: &Config, names: &[String]) -> Result<Vec<RunFolder>> {
    match names.is_empty() {
        true => Ok(store::list(&config.runs)?),
        false => names.iter().map(|name| find(config, name)).collect(),
    }
}
