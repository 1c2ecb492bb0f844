//! `retrain tag` and `retrain note`: what a person has to say of a run, as the screens write it.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::store::{Note, NoteEdit, RunFolder};

/// Adds and takes off tags, and prints those that the run has then; without changes just these.
pub fn tag(run: &RunFolder, changes: &[String]) -> Result<ExitCode> {
    // All are checked before the first is made.
    let changes = changes.iter().map(|typed| change(typed)).collect::<Result<Vec<_>>>()?;
    let mut note = Note::read(run)?;
    if !changes.is_empty() {
        let mut tags = note.tags.clone();
        for (is_added, tag) in changes {
            let is_there = tags.iter().any(|one| one == tag);
            match is_added {
                true if !is_there => tags.push(tag.to_owned()),
                true => newsln!("{tag} is a tag of {} already", run.id()),
                false if is_there => tags.retain(|one| one != tag),
                false => newsln!("{tag} is no tag of {}", run.id()),
            }
        }
        note = note.edited(NoteEdit::Tags(tags));
        note.write(run)?;
    }
    if note.tags.is_empty() {
        newsln!("{} has no tag", run.id());
    } else {
        outln!("{}", note.tags.join(" "));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a tag is to be added, and which.
fn change(typed: &str) -> Result<(bool, &str)> {
    let (is_added, tag) = match (typed.strip_prefix('+'), typed.strip_prefix('-')) {
        (Some(tag), _) => (true, tag),
        (_, Some(tag)) => (false, tag),
        _ => bail!("'{typed}' is neither +TAG nor -TAG; +{typed} adds it, -{typed} takes it off"),
    };
    if tag.is_empty() || tag.contains(char::is_whitespace) {
        bail!("'{typed}': a tag is one word, as in +best or -old");
    }
    Ok((is_added, tag))
}

/// Writes the note, or prints it where there is no text; an empty text takes it off.
pub fn note(run: &RunFolder, text: Option<&str>) -> Result<ExitCode> {
    let note = Note::read(run)?;
    match text {
        Some(text) => {
            // One line, as in the table of runs.
            let line = text.trim().replace(['\n', '\r', '\t'], " ");
            note.edited(NoteEdit::Note(line)).write(run)?;
            newsln!("noted in {}", run.id());
        }
        None if note.note.is_empty() => newsln!("{} has no note", run.id()),
        None => outln!("{}", note.note),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(run: &RunFolder, changes: &[&str]) -> Result<ExitCode> {
        tag(run, &changes.iter().map(|&change| change.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn tags_come_and_go_and_the_note_stays() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        note(&run, Some(" a first\ntry ")).unwrap();
        typed(&run, &["+best", "+old", "+best"]).unwrap();
        typed(&run, &["-old", "-never", "+new"]).unwrap();
        let both = Note { tags: vec!["best".into(), "new".into()], note: "a first try".into() };
        assert_eq!(Note::read(&run).unwrap(), both);
        note(&run, Some("")).unwrap();
        assert_eq!(Note::read(&run).unwrap(), Note { note: String::new(), ..both });
    }

    #[test]
    fn one_wrong_change_keeps_all_from_being_made() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        for wrong in ["best", "+", "-", "+two words"] {
            let said = typed(&run, &["+good", wrong]).unwrap_err().to_string();
            assert!(said.contains(wrong), "{said}");
        }
        assert_eq!(Note::read(&run).unwrap(), Note::default());
        std::fs::write(folder.path().join("note.toml"), "tags = 3").unwrap();
        assert!(typed(&run, &["+good"]).is_err() && note(&run, Some("x")).is_err());
        assert_eq!(std::fs::read_to_string(folder.path().join("note.toml")).unwrap(), "tags = 3");
    }
}
