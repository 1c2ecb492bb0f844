//! Files that a key writes: the theme, a run's note, a report.

use std::io;
use std::path::Path;

use super::outside::from_the_root;
use crate::config::with_theme;
use crate::report::{self, Report};
use crate::store::{Note, NoteEdit, RunFolder, explain, shown, write_atomically};
use crate::tui::news::{News, Toast};
use crate::tui::theme::ThemeName;

/// Only that one line of the person's file changes.
pub fn keep_theme(path: &Path, theme: ThemeName) -> Result<(), String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(err) if err.kind() == io::ErrorKind::NotFound => String::new(),
        Err(err) => return Err(format!("{} cannot be read: {err}", path.display())),
    };
    let changed = with_theme(&text, theme).map_err(|mistakes| mistakes.to_string())?;
    write_atomically(path, changed.as_bytes()).map_err(|err| explain(&err, "choose it again"))
}

pub fn edit_note(run: &RunFolder, edit: NoteEdit) -> News {
    // One that cannot be read is not replaced: it may be worth repairing.
    News::Said(match Note::read(run).and_then(|note| note.edited(edit).write(run)) {
        Ok(()) => Toast::good(format!("noted in {}", run.id())),
        Err(err) => Toast::error(err.to_string()),
    })
}

pub fn write_report(runs: &[RunFolder]) -> News {
    let path = from_the_root(&report::file_name(runs));
    let written =
        Report::of(runs).map_err(|err| explain(&err, "write it again")).and_then(|report| {
            report::write(&path, &report::html(&report))
                .map_err(|err| explain(&err, "write it again"))
        });
    News::Said(match written {
        Ok(()) => Toast::good(format!("wrote {}", shown(&path))),
        Err(said) => Toast::error(said),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::CONFIG_FILE;

    #[test]
    fn a_theme_is_kept_in_a_file_that_is_right_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CONFIG_FILE);
        keep_theme(&path, ThemeName::Light).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "theme = \"light\"\n");
        fs::write(&path, "theme = ").unwrap();
        assert!(keep_theme(&path, ThemeName::Dark).unwrap_err().contains("config.toml:1"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "theme = ");
    }

    #[test]
    fn two_edits_in_a_row_are_both_kept_and_a_damaged_note_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        edit_note(&run, NoteEdit::Tags(vec!["good".into()]));
        edit_note(&run, NoteEdit::Note("words".into()));
        let note = Note { tags: vec!["good".into()], note: "words".into() };
        assert_eq!(Note::read(&run).unwrap(), note);
        fs::write(folder.path().join("note.toml"), "note = ").unwrap();
        let News::Said(toast) = edit_note(&run, NoteEdit::Tags(Vec::new())) else { panic!() };
        assert!(toast.is_error);
        assert_eq!(fs::read_to_string(folder.path().join("note.toml")).unwrap(), "note = ");
    }
}
