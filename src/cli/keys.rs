//! `retrain keys`: the keys of every screen.

use std::process::ExitCode;

use anyhow::Result;

use crate::tui;

pub fn keys() -> Result<ExitCode> {
    out!("{}", tui::keys_markdown());
    Ok(ExitCode::SUCCESS)
}
