//! Between the text and its file: reading, saving, and what is asked when both have changed.

use super::{Editor, Stage, shown};
use crate::tui::effect::Effect;
use crate::tui::experiments::{ExperimentEffect, Saved};
use crate::tui::keys::Action;
use crate::tui::news::Toast;
use crate::words::counted;

/// What is to be done when the text is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterSave {
    Nothing,
    Run,
    EditOutside,
    Leave,
}

/// What a person is asked, in place of the panel.
#[derive(Debug)]
pub enum Question {
    /// There are changes that are not saved.
    Leave,
    /// The file is not what was read: this is its text now; `None`: it is gone.
    Conflict { theirs: Option<String>, after: AfterSave },
}

impl Question {
    /// The question, and `(key, what it does)` of each answer.
    pub fn words(&self, name: &str) -> (String, &'static [(&'static str, &'static str)]) {
        match self {
            Question::Leave => (
                format!("{name} has changes that are not saved"),
                &[("s", "save and leave"), ("d", "discard them and leave"), ("esc", "go on here")],
            ),
            Question::Conflict { theirs: Some(_), .. } => (
                format!("{name} was changed by somebody else since it was read"),
                &[
                    ("o", "overwrite it with the text here"),
                    ("r", "reload it; undoing brings the text here back"),
                    ("esc", "save nothing and go on here"),
                ],
            ),
            Question::Conflict { theirs: None, .. } => (
                format!("{name} was removed by somebody else since it was read"),
                &[
                    ("o", "make it again with the text here"),
                    ("esc", "save nothing and go on here"),
                ],
            ),
        }
    }
}

impl Editor {
    pub(super) fn answer(&mut self, question: Question, key: char) -> Vec<Effect> {
        match (question, key) {
            (Question::Leave, 's') => self.save(AfterSave::Leave),
            (Question::Leave, 'd') => {
                self.stage = Stage::GivenUp;
                leave()
            }
            (Question::Conflict { after, .. }, 'o') => {
                self.after_save = Some(after);
                let (path, text) = (self.path.clone(), self.document.text().to_owned());
                vec![Effect::Experiment(ExperimentEffect::Overwrite { path, text })]
            }
            (Question::Conflict { theirs: Some(theirs), .. }, 'r') => {
                self.take_over(theirs);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Writes the text to its file, then does the other thing.
    pub(super) fn save(&mut self, after: AfterSave) -> Vec<Effect> {
        self.after_save = Some(after);
        vec![Effect::Experiment(ExperimentEffect::Save {
            path: self.path.clone(),
            text: self.document.text().to_owned(),
            expected: self.on_disk.clone(),
        })]
    }

    pub(super) fn saved(&mut self, saved: &Saved) -> Vec<Effect> {
        let after = self.after_save.take().unwrap_or(AfterSave::Nothing);
        match saved {
            Saved::Done(text) => {
                self.on_disk = Some(text.clone());
                self.recheck();
                let mut effects = vec![Effect::Toast(self.saved_words())];
                effects.extend(self.go_on(after));
                effects
            }
            Saved::Changed(theirs) => {
                self.question = Some(Question::Conflict { theirs: theirs.clone(), after });
                Vec::new()
            }
            Saved::Failed(why) => vec![Effect::Toast(Toast::error(why.clone()))],
        }
    }

    fn saved_words(&self) -> Toast {
        let name = shown(&self.path);
        match self.check.mistakes.len() {
            0 => Toast::good(format!("saved {name}")),
            1 => Toast::good(format!("saved {name}; it has 1 mistake")),
            n => Toast::good(format!("saved {name}; it has {}", counted(n, "mistake"))),
        }
    }

    /// What follows when text and file are the same.
    pub(super) fn go_on(&mut self, after: AfterSave) -> Vec<Effect> {
        let path = self.path.clone();
        match after {
            AfterSave::Nothing => Vec::new(),
            AfterSave::Run => vec![Effect::Launch { experiment: path }],
            AfterSave::EditOutside => vec![
                Effect::EditOutside(path.clone()),
                Effect::Experiment(ExperimentEffect::Read(path)),
            ],
            AfterSave::Leave => leave(),
        }
    }

    /// The file was read: for the first time, or again because it may have changed.
    pub(super) fn read(&mut self, text: Result<Option<String>, String>) -> Vec<Effect> {
        let name = shown(&self.path);
        let say = |text: String| vec![Effect::Toast(Toast::error(text))];
        let is_first = self.stage == Stage::Reading;
        match text {
            Err(problem) if is_first => self.stage = Stage::Unreadable(problem),
            Err(problem) => return say(problem),
            Ok(None) if is_first => self.stage = Stage::Ready,
            Ok(None) if self.on_disk.is_some() => {
                self.on_disk = None;
                return say(format!("{name} was removed; saving makes it again"));
            }
            Ok(None) => {}
            Ok(Some(text)) if is_first => {
                self.document = super::Document::new(&text);
                self.on_disk = Some(text);
                self.stage = Stage::Ready;
                self.recheck();
            }
            Ok(Some(theirs)) if theirs == self.document.text() => self.on_disk = Some(theirs),
            Ok(Some(theirs)) if Some(&theirs) == self.on_disk.as_ref() => {}
            Ok(Some(theirs)) if self.on_disk.is_some() && !self.is_modified() => {
                self.take_over(theirs);
                return vec![Effect::Toast(Toast::good(format!("read {name} again")))];
            }
            Ok(Some(_)) => return say(format!("{name} was changed; saving asks which to keep")),
        }
        Vec::new()
    }

    fn take_over(&mut self, theirs: String) {
        self.document.replace_all(&theirs);
        self.on_disk = Some(theirs);
        self.recheck();
    }

    /// Goes back, or asks about what is not saved.
    pub(super) fn back(&mut self) -> Vec<Effect> {
        if self.document.is_searching() {
            self.document.search("");
        } else if self.document.cancel_selection() {
        } else if self.stage == Stage::Ready && self.is_modified() {
            self.question = Some(Question::Leave);
        } else {
            return leave();
        }
        vec![Effect::Cleared]
    }
}

/// The screen leaves by itself: whoever told it to go back is not to do it again.
fn leave() -> Vec<Effect> {
    vec![Effect::Cleared, Effect::Act(Action::Leave)]
}
