//! `retrain fields`: the table of fields.

use std::process::ExitCode;

use anyhow::Result;

use crate::spec;

pub fn fields(markdown: bool, json: bool) -> Result<ExitCode> {
    if json {
        outln!("{}", spec::fields_json());
    } else if markdown {
        out!("{}", spec::fields_markdown());
    } else {
        out!("{}", spec::fields_table());
    }
    Ok(ExitCode::SUCCESS)
}
