//! What was typed before at each prompt: `history.json` beside the run folders.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::atomic::write_atomically;
use crate::config::read_small;

/// Version of the file's form.
const VERSION: u32 = 1;
/// Texts that are kept of each prompt.
const MOST: usize = 100;
/// Longer texts, in bytes, were pasted and are not kept.
const LONGEST: usize = 1000;

/// Texts by prompt, the newest last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    v: u32,
    typed: BTreeMap<String, Vec<String>>,
}

impl Default for History {
    fn default() -> History {
        History { v: VERSION, typed: BTreeMap::new() }
    }
}

impl History {
    /// What was typed at a prompt, the newest last.
    pub fn of(&self, prompt: &str) -> &[String] {
        self.typed.get(prompt).map_or(&[], Vec::as_slice)
    }

    /// Adds a text as the newest; one that is there already moves.
    pub fn add(&mut self, prompt: &str, text: &str) {
        if text.trim().is_empty() || text.len() > LONGEST {
            return;
        }
        let texts = self.typed.entry(prompt.to_owned()).or_default();
        texts.retain(|known| known != text);
        texts.push(text.to_owned());
        texts.drain(..texts.len().saturating_sub(MOST));
    }
}

/// What was typed so far. Errors where the file cannot be read, or a newer version wrote it.
pub fn read_history(runs: &Path) -> io::Result<History> {
    let path = runs.join("history.json");
    let text = match read_small(&path) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(History::default()),
        text => text?,
    };
    let fail = |why: String| io::Error::other(format!("{}: {why}", path.display()));
    let history: History = serde_json::from_slice(&text).map_err(|err| fail(err.to_string()))?;
    match history.v {
        VERSION => Ok(history),
        v => Err(fail(format!("its form is version {v}, this program knows {VERSION}"))),
    }
}

/// Adds a text to the file, and answers all that is in it then; a file that cannot be read stays as
/// it is.
pub fn remember(runs: &Path, prompt: &str, text: &str) -> io::Result<History> {
    let mut history = read_history(runs)?;
    history.add(prompt, text);
    write_atomically(&runs.join("history.json"), serde_json::to_string(&history)?.as_bytes())?;
    Ok(history)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_newest_last_and_bounded() {
        let runs = tempfile::tempdir().unwrap();
        for text in ["a", "b", "a", " ", &"x".repeat(2000)] {
            remember(runs.path(), "filter", text).unwrap();
        }
        let mut history = read_history(runs.path()).unwrap();
        assert_eq!(history.of("filter"), ["b", "a"]);
        assert!(history.of("note").is_empty());
        (0..150).for_each(|number| history.add("filter", &number.to_string()));
        assert_eq!(history.of("filter").len(), MOST);
        assert_eq!(history.of("filter")[MOST - 1], "149");
    }

    #[test]
    fn a_damaged_or_newer_file_is_not_replaced() {
        let runs = tempfile::tempdir().unwrap();
        let path = runs.path().join("history.json");
        for text in ["{", "{\"v\":2,\"typed\":{}}", "{\"v\":1,\"typed\":3}"] {
            std::fs::write(&path, text).unwrap();
            let said = remember(runs.path(), "filter", "a").unwrap_err().to_string();
            assert!(said.contains("history.json"), "{said}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
