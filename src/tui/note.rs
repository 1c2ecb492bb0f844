//! What a person wrote about a run: `note.toml` in its folder.

use std::io;

use serde::{Deserialize, Serialize};

use crate::config::read_small;
use crate::store::{RunFolder, write_atomically};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    pub tags: Vec<String>,
    pub note: String,
}

/// A change of one part, applied to what stands in the file by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteEdit {
    Tags(Vec<String>),
    Note(String),
}

impl Note {
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
