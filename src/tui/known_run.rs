//! A run as the table knows it.

use std::sync::Arc;

use crate::compare::RepeatKey;
use crate::query::RunRow;
use crate::store::{Note, Queue, RunFolder, State, Summary};

#[derive(Clone, Debug)]
pub struct KnownRun {
    folder: RunFolder,
    id: String,
    reading: Reading,
    /// Made once: hashing the settings of ten thousand runs takes longer than drawing a frame may.
    repeat_key: Option<RepeatKey>,
    pub note: Note,
}

#[derive(Clone, Debug)]
pub enum Reading {
    /// Only the name is known yet.
    Pending,
    Read(Arc<Summary>),
    Unreadable(String),
}

impl KnownRun {
    pub fn new(folder: RunFolder, reading: Reading, note: Note) -> KnownRun {
        let repeat_key = match &reading {
            Reading::Read(summary) => Some(RepeatKey::of(summary)),
            _ => None,
        };
        KnownRun { id: folder.id(), folder, reading, repeat_key, note }
    }

    pub fn unread(folder: RunFolder) -> KnownRun {
        KnownRun::new(folder, Reading::Pending, Note::default())
    }

    /// Reads summary and note from the disk; whether it waits is for `queue` to say.
    pub fn read(folder: &RunFolder, queue: &Queue) -> KnownRun {
        let (reading, note) = match (folder.summary(), Note::read(folder)) {
            (Ok(mut summary), Ok(note)) => {
                queue.mark(folder, &mut summary);
                (Reading::Read(Arc::new(summary)), note)
            }
            (Err(err), note) => (Reading::Unreadable(err.to_string()), note.unwrap_or_default()),
            (_, Err(err)) => (Reading::Unreadable(err.to_string()), Note::default()),
        };
        KnownRun::new(folder.clone(), reading, note)
    }

    /// Puts `state` in the place of the state that was read.
    pub fn set_state(&mut self, state: State) {
        if let Reading::Read(summary) = &mut self.reading {
            Arc::make_mut(summary).state = state;
        }
    }

    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn summary(&self) -> Option<&Summary> {
        match &self.reading {
            Reading::Read(summary) => Some(summary),
            _ => None,
        }
    }

    /// What it has in common with its repeats, once it is read.
    pub fn repeat_key(&self) -> Option<RepeatKey> {
        self.repeat_key
    }

    /// As a filter sees it.
    pub fn row(&self, baseline: Option<&str>) -> RunRow<'_> {
        let is_baseline = baseline == Some(self.id());
        RunRow { id: &self.id, summary: self.summary(), note: &self.note, is_baseline }
    }

    /// Why it could not be read.
    pub fn problem(&self) -> Option<&str> {
        match &self.reading {
            Reading::Unreadable(problem) => Some(problem),
            _ => None,
        }
    }

    pub fn state(&self) -> Option<State> {
        self.summary().map(|summary| summary.state)
    }

    pub fn is_running(&self) -> bool {
        self.state() == Some(State::Running)
    }
}
