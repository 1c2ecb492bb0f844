//! `retrain man`: a manual page for each command, for `man`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::Args;
use crate::store::write_atomically;
use crate::words::counted;

/// Writes the pages into `folder`, which is made where it is missing; pages of an earlier version are
/// replaced.
pub fn man(folder: &Path) -> Result<ExitCode> {
    let cannot = || format!("cannot write manual pages into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    let pages = pages()?;
    for (name, text) in &pages {
        write_atomically(&folder.join(name), text).with_context(cannot)?;
    }
    newsln!("{} written into {}", counted(pages.len(), "manual page"), folder.display());
    Ok(ExitCode::SUCCESS)
}

/// Names of files and their contents: the program's own page and those of its commands.
fn pages() -> Result<Vec<(String, Vec<u8>)>> {
    let mut program = Args::command().disable_help_subcommand(true);
    // Gives commands their full names, such as retrain-queue-move.
    program.build();
    let mut pages = Vec::new();
    let mut left = vec![program];
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        pages.push(page(command)?);
    }
    Ok(pages)
}

fn page(command: Command) -> Result<(String, Vec<u8>)> {
    let version = env!("CARGO_PKG_VERSION");
    let page = Man::new(command).source(format!("retrain {version}")).manual("retrain");
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok((page.get_filename(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_that_is_shown_has_a_page_that_names_its_options() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("share/man1");
        man(&below).unwrap();
        man(&below).unwrap();
        let read = |name: &str| std::fs::read_to_string(below.join(name)).unwrap();
        for command in Args::command().get_subcommands() {
            let page = below.join(format!("retrain-{}.1", command.get_name()));
            assert_eq!(page.is_file(), !command.is_hide_set(), "{}", page.display());
        }
        assert!(read("retrain.1").contains("retrain\\-predict(1)"));
        assert!(read("retrain-predict.1").contains("\\-\\-sure"));
        assert!(read("retrain-queue-move.1").starts_with(".ie"));
    }
}
