//! `retrain keys`: the keys of every screen.

use std::process::ExitCode;

use anyhow::Result;

use crate::tui;

pub fn keys() -> Result<ExitCode> {
    print!("{}", tui::keys_markdown());
    Ok(ExitCode::SUCCESS)
}
