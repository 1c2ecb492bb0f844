//! `retrain report`: runs as one file to send, print or paste.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::{in_shell, typed};
use crate::report::{self, Form, Report};
use crate::store::{RunFolder, host_name, shown};
use crate::words::short_size;

pub fn report(runs: &[RunFolder], output: Option<PathBuf>, markdown: bool) -> Result<ExitCode> {
    let output = output.unwrap_or_else(|| report::file_name(runs));
    let form = if markdown { Form::Markdown } else { form(&output)? };
    let text = form.text(&Report::of(runs)?);
    if markdown {
        out!("{text}");
        return Ok(ExitCode::SUCCESS);
    }
    report::write(&output, &text)?;
    outln!("{}", typed(&output));
    newsln!("{}{}", short_size(text.len() as u64), how_to_fetch(&output));
    Ok(ExitCode::SUCCESS)
}

fn form(output: &Path) -> Result<Form> {
    Form::of(output).with_context(|| {
        let name = typed(output);
        format!("{name}: expected a name that ends in .html or .md; --markdown prints it")
    })
}

/// What to type on the machine that a person sits at, where that is another one.
fn how_to_fetch(output: &Path) -> String {
    if std::env::var_os("SSH_CONNECTION").is_none() {
        return String::new();
    }
    let whole = std::path::absolute(output).unwrap_or_else(|_| output.to_owned());
    let source = in_shell(&format!("{}:{}", host_name(), shown(&whole)));
    format!("; to have it on your own machine, type there: scp {source} .")
}
