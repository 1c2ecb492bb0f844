//! Answers that need a network or a head to be trained: another process of this program gives them,
//! since this one has neither.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;

/// Runs `program` with these arguments, waits for it, and reads the JSON that it prints. It finds runs
/// by their names, as it starts in the same folder as this process.
///
/// What it printed counts also where it ended with an error, if `counts` says so. The error is a
/// sentence: its last words, as a rule.
pub fn ask<T: DeserializeOwned>(
    program: &Path,
    args: &[&OsStr],
    counts: impl Fn(&T) -> bool,
) -> Result<T, String> {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|err| format!("cannot start {}: {err}", program.display()))?;
    let command = args.first().map(|arg| arg.to_string_lossy()).unwrap_or_default();
    match serde_json::from_slice::<T>(&output.stdout) {
        Ok(answer) if output.status.success() || counts(&answer) => Ok(answer),
        Err(err) if output.status.success() => {
            Err(format!("what {command} answered cannot be read: {err}"))
        }
        _ => Err(last_words(&output.stderr)
            .unwrap_or_else(|| format!("{command} ended with {}", output.status))),
    }
}

/// The last line that a process complained in.
pub fn last_words(stderr: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let last = text.lines().rfind(|line| !line.trim().is_empty())?;
    Some(last.trim_start_matches("retrain: ").to_owned())
}

#[cfg(test)]
pub mod testing {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    /// A program that answers every call with the same.
    pub fn answering(folder: &Path, script: &str) -> PathBuf {
        let program = folder.join("program");
        // Written by another process: what this one writes is open in the children of other tests
        // for a moment, and cannot be started then.
        let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 755 "$0""#;
        let status = Command::new("sh").arg("-c").arg(write).arg(&program).arg(script).status();
        assert!(status.unwrap().success());
        program
    }
}

#[cfg(test)]
mod tests {
    use super::testing::answering;
    use super::*;

    #[test]
    fn what_the_process_complains_of_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let said = |script: &str| {
            let program = answering(folder.path(), script);
            ask::<Vec<u32>>(&program, &["predict".as_ref()], |list| !list.is_empty())
        };
        assert_eq!(said("echo '[1]'; exit 1").unwrap(), [1], "what it printed counts");
        assert_eq!(said("echo 'retrain: no photo in x' >&2; exit 2").unwrap_err(), "no photo in x");
        assert_eq!(said("echo '[]'; exit 7").unwrap_err(), "predict ended with exit status: 7");
        assert!(said("echo hello").unwrap_err().contains("what predict answered cannot be read"));
        let gone = ask::<u32>(Path::new("/no/such/program"), &[], |_| true).unwrap_err();
        assert!(gone.starts_with("cannot start /no/such/program"), "{gone}");
    }
}
