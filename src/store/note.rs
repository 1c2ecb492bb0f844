//! What a person wrote about a run: `note.toml` in its folder.

use std::io;

use serde::{Deserialize, Serialize};

use super::RunFolder;
use super::atomic::write_atomically;
use crate::config::read_small;

/// Tags and a note; all of it may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// Single words.
    pub tags: Vec<String>,
    /// One line.
    pub note: String,
}

/// A change of one part; the other part stays as it is in the file when the change is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteEdit {
    /// These tags instead of all others.
    Tags(Vec<String>),
    /// This note instead of the other.
    Note(String),
}

impl Note {
    /// The note with that change.
    pub fn edited(self, edit: NoteEdit) -> Note {
        match edit {
            NoteEdit::Tags(tags) => Note { tags, ..self },
            NoteEdit::Note(note) => Note { note, ..self },
        }
    }

    /// The run's note; empty when there is none. An unreadable one is an error, so that it is not
    /// silently replaced.
    pub fn read(run: &RunFolder) -> io::Result<Note> {
        let path = run.path().join("note.toml");
        let text = match read_small(&path) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Note::default()),
            text => text.map_err(|err| io::Error::other(format!("{}: {err}", path.display())))?,
        };
        toml::from_slice(&text)
            .map_err(|err| io::Error::other(format!("{}: {}", path.display(), err.message())))
    }

    /// Replaces the file.
    pub fn write(&self, run: &RunFolder) -> io::Result<()> {
        let toml = toml::to_string(self).expect("a note is plain data");
        write_atomically(&run.path().join("note.toml"), toml.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        assert_eq!(Note::read(&run).unwrap(), Note::default());
        let note = Note { tags: vec!["a".into(), "文".into()], note: "\"x\"\n\u{1b}".into() };
        note.write(&run).unwrap();
        assert_eq!(Note::read(&run).unwrap(), note);
        for damaged in [&b"tags = 3"[..], b"note = \"", b"\xff", b"\0"] {
            std::fs::write(folder.path().join("note.toml"), damaged).unwrap();
            assert!(Note::read(&run).unwrap_err().to_string().contains("note.toml"));
        }
    }
}
