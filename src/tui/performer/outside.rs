//! What is shown by other programs: the desktop, the person's editor.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tui::keys::names::YANK;
use crate::tui::news::{News, Toast};

/// The path from the root on, so that no program takes its beginning for an option or an address.
pub fn from_the_root(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Gives a file to the desktop. Over SSH that would be the desktop of the wrong machine.
pub fn open_outside(path: &Path) -> News {
    let is_set = |name| std::env::var_os(name).is_some();
    let has_display = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    if is_set("SSH_CONNECTION") && !has_display {
        let text = format!("there is no desktop to open it on over SSH; {YANK} copies its path");
        return News::Said(Toast::error(text));
    }
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let (nothing, quiet) = (Stdio::null(), Stdio::null());
    let status = Command::new(program)
        .arg(from_the_root(path))
        .stdin(nothing)
        .stdout(quiet)
        .stderr(Stdio::null())
        .status();
    News::Said(match status {
        Ok(status) if status.success() => Toast::good(format!("opened {}", path.display())),
        Ok(status) => {
            Toast::error(format!("{program} ended with {status}; {YANK} copies the path"))
        }
        Err(err) => Toast::error(format!("cannot start {program}: {err}; {YANK} copies the path")),
    })
}

/// Runs `$VISUAL`, `$EDITOR` or `vi` on a file and waits for it.
pub fn edit(path: &Path) -> Result<(), String> {
    if !path.exists() {
        return Err(format!("there is no {}", path.display()));
    }
    let set = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into());
    // The variable may hold arguments: `code --wait`.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program).args(words).arg(from_the_root(path)).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}")),
        Err(err) => Err(format!("cannot start {program}: {err}; set EDITOR to another")),
    }
}
