//! `retrain fields`: the table of fields.

use std::process::ExitCode;

use anyhow::Result;

use crate::spec;

pub fn fields(markdown: bool, json: bool) -> Result<ExitCode> {
    if json {
        println!("{}", spec::fields_json());
    } else if markdown {
        print!("{}", spec::fields_markdown());
    } else {
        print!("{}", spec::fields_table());
    }
    Ok(ExitCode::SUCCESS)
}
