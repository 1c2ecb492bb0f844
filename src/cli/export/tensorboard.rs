//! `retrain export --tensorboard`: event files for TensorBoard.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::super::{EXIT_FAILED, in_shell, typed};
use crate::export::write_board;
use crate::store::{RunFolder, shown};
use crate::words::counted;

/// A run that cannot be exported does not keep the others from it.
pub fn export(runs: &[RunFolder], folder: &Path) -> Result<ExitCode> {
    let (mut files, mut failed) = (0, false);
    for run in runs {
        match write_board(run, folder) {
            Ok(board) => {
                files += board.files.len();
                for file in &board.files {
                    outln!("{}", typed(file));
                }
                for lacking in &board.lacking {
                    newsln!("{}: {lacking}", run.id());
                }
            }
            Err(err) => {
                failed = true;
                newsln!("{}: {err}", run.id());
            }
        }
    }
    if files == 0 {
        bail!("nothing was exported");
    }
    let folder = in_shell(&shown(folder));
    newsln!("{}; 'tensorboard --logdir {folder}' shows them", counted(files, "file"));
    Ok(if failed { ExitCode::from(EXIT_FAILED) } else { ExitCode::SUCCESS })
}
