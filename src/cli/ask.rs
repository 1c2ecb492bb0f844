//! What every command that deletes shares: the question before it, which only a whole 'yes' answers,
//! and the report after it.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anyhow::bail;

use super::typed;
use crate::store::Removed;

/// Whether to delete: asks for a 'yes', unless it was `given` on the command line. Errors where
/// there is no terminal to ask on.
pub fn is_yes(given: bool) -> anyhow::Result<bool> {
    if given {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        bail!("nothing was deleted: there is no terminal to ask on; add --yes to mean it");
    }
    news!("type 'yes' to delete for good: ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    let is_yes = answer.trim() == "yes";
    if !is_yes {
        newsln!("nothing was deleted");
    }
    Ok(is_yes)
}

/// Prints what could not be deleted; gives the bytes that were freed, and whether all is gone.
pub fn told<E: Display>(removed: Result<Removed, E>) -> (u64, bool) {
    match removed {
        Ok(Removed { bytes, failed }) => {
            for (path, err) in &failed {
                newsln!("retrain: cannot delete {}: {err}", typed(path));
            }
            (bytes, failed.is_empty())
        }
        Err(err) => {
            newsln!("retrain: {err}");
            (0, false)
        }
    }
}
