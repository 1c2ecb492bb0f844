//! An experiment's text: edited, checked as it is typed, saved, run.

mod check;
mod complete;
mod document;
mod keys;
mod lexer;
mod panel;
mod place;
mod saving;
mod sweep;
#[cfg(test)]
mod tests;
mod view;

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World};
use crate::tui::effect::Effect;
use crate::tui::experiments::{ExperimentEffect, ExperimentNews};
use crate::tui::keys::names::BACK;
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::news::News;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{Field, Popup, put, wrap};
use check::Check;
use document::Document;
use place::Choices;
use saving::{AfterSave, Question};
use view::Scroll;

pub const CONTEXTS: &[Context] = &[Context::Editor];

#[derive(Debug)]
pub struct Editor {
    path: PathBuf,
    stage: Stage,
    document: Document,
    /// The file's text as it was read or written last; `None`: there is no file.
    on_disk: Option<String>,
    check: Check,
    scroll: Scroll,
    popup: Option<Popup<Choices>>,
    /// What is searched, while it is typed.
    search: Option<Field>,
    question: Option<Question>,
    /// What follows once the text is saved.
    after_save: Option<AfterSave>,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    Reading,
    Ready,
    Unreadable(String),
    /// Left; the changes were discarded.
    GivenUp,
}

impl Editor {
    /// Reads the file when it is shown.
    pub fn of(path: PathBuf) -> Editor {
        Editor::new(path, Stage::Reading, "")
    }

    /// A text that is no file yet.
    pub fn draft(path: PathBuf, text: &str) -> Editor {
        Editor::new(path, Stage::Ready, text)
    }

    fn new(path: PathBuf, stage: Stage, text: &str) -> Editor {
        Editor {
            check: Check::of(text, &path),
            path,
            stage,
            document: Document::new(text),
            on_disk: None,
            scroll: Scroll::default(),
            popup: None,
            search: None,
            question: None,
            after_save: None,
        }
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn is_modified(&self) -> bool {
        self.on_disk.as_deref() != Some(self.document.text())
    }

    /// The text was changed: marks and the list of choices follow, and at the next pause in typing
    /// it is checked.
    fn edited(&mut self) -> Vec<Effect> {
        self.check.follow(self.document.text());
        if let Some(popup) = self.popup.take() {
            self.popup = self.choices().map(Popup::new);
            if let Some(again) = &mut self.popup {
                again.selected = popup.selected.min(again.choices.candidates.len() - 1);
            }
        }
        vec![Effect::Experiment(ExperimentEffect::Pause(self.document.version()))]
    }

    fn recheck(&mut self) {
        self.check = Check::of(self.document.text(), &self.path);
    }

    fn choices(&self) -> Option<place::Choices> {
        complete::choices(&self.document)
    }

    fn learn(&mut self, news: &ExperimentNews) -> Vec<Effect> {
        match news {
            ExperimentNews::Paused(version) if *version == self.document.version() => {
                self.recheck();
                Vec::new()
            }
            ExperimentNews::Text { path, text } if *path == self.path => self.read(text.clone()),
            ExperimentNews::Saved { path, saved } if *path == self.path => self.saved(saved),
            _ => Vec::new(),
        }
    }

    fn draw_panel(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if let Some(question) = &self.question {
            let (text, answers) = question.words(&self.name());
            return panel::ask(&text, answers, area, buffer, theme);
        }
        let topic = match &self.popup {
            Some(popup) => popup.choices.candidates.get(popup.selected).map(|found| found.topic),
            None => complete::topic(&self.document),
        };
        let state = match &self.on_disk {
            _ if self.after_save.is_some() => "saving",
            None => "new, not saved yet",
            Some(_) if self.is_modified() => "changed, not saved",
            Some(_) => "saved",
        };
        let line = self.document.cursor().0 + 1;
        panel::draw(&self.check, line, topic, state, area, buffer, theme);
    }

    fn draw_text(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let marks = view::Marks { mistakes: &self.check.mistakes, warnings: &self.check.warnings };
        let scroll = self.scroll.following(&self.document, area);
        view::draw(&self.document, scroll, &marks, area, buffer, theme);
        if let Some(popup) = &self.popup {
            let cursor = view::cursor_position(&self.document, scroll, area);
            popup.draw(cursor, area, buffer, theme);
        }
    }
}

/// The text, the line in which a search is typed, and the panel.
fn layout(area: Rect, is_searching: bool) -> (Rect, Rect, Rect) {
    let panel = panel::ROWS.min(area.height / 2);
    let search = u16::from(is_searching).min(area.height - panel);
    let text = Rect { height: area.height - panel - search, ..area };
    let search = Rect { y: text.bottom(), height: search, ..area };
    (text, search, Rect { y: search.bottom(), height: panel, ..area })
}

fn draw_problem(problem: &str, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let lines = wrap(problem, usize::from(area.width.saturating_sub(4)).max(1));
    let hint = format!("{BACK} goes back");
    for (y, line) in (area.y + 1..area.bottom()).zip(lines.iter().chain([&hint])) {
        let role = if *line == hint { Role::Dim } else { Role::Bad };
        put(buffer, area, area.x + 2, y, line, theme.style(role));
    }
}

/// The name of a file without its folder, for what is said.
fn shown(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl Page for Editor {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        let sign = if self.has_unsaved() { "*" } else { "" };
        vec![format!("{}{sign}", self.name())]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        let (text, ..) = layout(world.area, self.search.is_some());
        let effects = match message {
            Message::Shown => {
                vec![Effect::Experiment(ExperimentEffect::Read(self.path.clone()))]
            }
            Message::News(news) => news
                .iter()
                .filter_map(|news| match news {
                    News::Experiment(news) => Some(self.learn(news)),
                    _ => None,
                })
                .flatten()
                .collect(),
            Message::Key(key) => self.on_key(key, text),
            Message::Action(action) => self.act(*action),
            Message::Paste(pasted) => self.on_paste(pasted),
            Message::Mouse(mouse) => self.on_mouse(mouse, text),
        };
        self.scroll = self.scroll.following(&self.document, text);
        effects
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let theme = world.theme;
        match &self.stage {
            Stage::Reading => {
                put(buffer, area, area.x + 2, area.y + 1, "reading", theme.style(Role::Dim));
                return;
            }
            Stage::Unreadable(problem) => return draw_problem(problem, area, buffer, theme),
            Stage::Ready | Stage::GivenUp => {}
        }
        let (text, search, panel) = layout(area, self.search.is_some());
        self.draw_text(text, buffer, theme);
        if let Some(field) = &self.search {
            field.draw(search, buffer, " find: ", theme);
        }
        self.draw_panel(panel, buffer, theme);
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn has_unsaved(&self) -> bool {
        self.stage == Stage::Ready && self.is_modified()
    }

    fn offers(&self, action: Action, _known: &Known) -> bool {
        match action {
            Action::NextMistake => !self.check.mistakes.is_empty(),
            _ => true,
        }
    }
}
