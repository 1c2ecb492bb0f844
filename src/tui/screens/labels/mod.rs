//! Photos of a run whose labels are probably wrong, and keys that say what they show.

#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::KeyEvent;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::category_keys::{category_of, category_typed};
use super::{Message, Page, World};
use crate::store::{RunFolder, Verdict, shown};
use crate::tui::effect::{Destination, Effect, PromptName};
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::labels::{Decided, DoubtedPhoto, Doubts};
use crate::tui::marks::Marks;
use crate::tui::news::{News, Toast};
use crate::tui::preview::Preview;
use crate::tui::prompt::{Prompt, Prompted, word_choices};
use crate::tui::widgets::{Order, Reaction, Table};

pub const CONTEXTS: &[Context] = &[Context::Labels, Context::Categories, Context::List];

/// What stood about photos before a decision, by their places.
type Before = Vec<(usize, Option<Verdict>)>;

#[derive(Debug)]
pub struct Labels {
    run: RunFolder,
    doubts: Option<Result<Arc<Doubts>, String>>,
    /// What is decided about photos, by their places; over what it was when they were read.
    verdicts: BTreeMap<usize, Verdict>,
    /// The newest decision last.
    done: Vec<Before>,
    /// Places of the photos shown, the least trusted first.
    shown: Vec<usize>,
    /// Only those whose label is probably wrong.
    wrong_only: bool,
    list: Table,
    marks: Marks<usize>,
    /// The name of a category.
    typing: Option<Prompt>,
    is_large: bool,
    preview: Preview,
    /// A run with the new labels is at work.
    is_learning: bool,
}

impl Labels {
    pub fn of(run: RunFolder) -> Labels {
        Labels {
            run,
            doubts: None,
            verdicts: BTreeMap::new(),
            done: Vec::new(),
            shown: Vec::new(),
            wrong_only: false,
            list: Table::new(Order { key: String::new(), descending: false }),
            marks: Marks::default(),
            typing: None,
            is_large: false,
            preview: Preview::default(),
            is_learning: false,
        }
    }

    fn known(&self) -> Option<&Doubts> {
        self.doubts.as_ref()?.as_ref().ok().map(|doubts| &**doubts)
    }

    fn adopt(&mut self, doubts: Result<Arc<Doubts>, String>) {
        if let Ok(doubts) = &doubts {
            let decided = doubts.photos.iter().enumerate();
            self.verdicts =
                decided.filter_map(|(at, photo)| Some((at, photo.decided.clone()?))).collect();
            self.list.set_columns(view::columns(doubts));
        }
        self.doubts = Some(doubts);
        self.arrange();
    }

    /// The cursor stays on its photo.
    fn arrange(&mut self) {
        let selected = self.selected();
        let photos = self.known().map_or(&[][..], |known| &known.photos);
        let is_shown = |at: &usize| !self.wrong_only || photos[*at].is_wrong;
        self.shown = (0..photos.len()).filter(is_shown).collect();
        let row = selected.and_then(|at| self.shown.iter().position(|place| *place == at));
        self.list.set_rows(self.shown.len(), row.unwrap_or(0));
    }

    /// The place of the photo under the cursor.
    fn selected(&self) -> Option<usize> {
        self.shown.get(self.list.selected()?).copied()
    }

    fn photo(&self) -> Option<&DoubtedPhoto> {
        self.known()?.photos.get(self.selected()?)
    }

    fn path(&self) -> Option<PathBuf> {
        Some(self.known()?.images.join(&self.photo()?.file))
    }

    /// Decides about the marked photos, else about the one under the cursor, and goes on to the next.
    fn decide(&mut self, verdict: Verdict, world: &World) -> Vec<Effect> {
        let marked: Vec<usize> = self.marks.iter().copied().collect();
        let places = if marked.is_empty() { self.selected().into_iter().collect() } else { marked };
        if self.marks.is_empty() {
            self.list.on(Action::Down, view::list_area(world.area));
        }
        self.marks.clear();
        let verdicts = places.into_iter().map(|at| (at, Some(verdict.clone()))).collect();
        let before = self.set(&verdicts);
        self.done.push(before);
        self.keep(&verdicts)
    }

    /// The last decision is taken back.
    fn undo(&mut self) -> Vec<Effect> {
        let Some(before) = self.done.pop() else {
            return vec![Effect::Toast(Toast::error("nothing was decided here yet"))];
        };
        self.set(&before);
        self.keep(&before)
    }

    /// What it was before.
    fn set(&mut self, verdicts: &Before) -> Before {
        let set = |(at, verdict): &(usize, Option<Verdict>)| match verdict {
            Some(verdict) => (*at, self.verdicts.insert(*at, verdict.clone())),
            None => (*at, self.verdicts.remove(at)),
        };
        verdicts.iter().map(set).collect()
    }

    fn keep(&self, verdicts: &Before) -> Vec<Effect> {
        let Some(known) = self.known() else { return Vec::new() };
        let decided = verdicts.iter().map(|(at, verdict)| {
            let DoubtedPhoto { hash, file, .. } = &known.photos[*at];
            Decided { hash: *hash, file: file.clone(), verdict: verdict.clone() }
        });
        match verdicts.is_empty() {
            true => Vec::new(),
            false => vec![Effect::Decide(known.file.clone(), decided.collect())],
        }
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let categories = self.known().map_or(&[][..], |known| &known.categories);
        match category_of(action, categories) {
            Some(Ok(name)) => return self.decide(Verdict::Category(name), world),
            Some(Err(toast)) => return vec![Effect::Toast(toast)],
            None => {}
        }
        match action {
            Action::NoneOfThese => return self.decide(Verdict::NoneOfThese, world),
            Action::Remove => return self.decide(Verdict::LeaveOut, world),
            Action::NameCategory => self.typing = Some(Prompt::new(PromptName::Category, "")),
            Action::Undo => return self.undo(),
            Action::Mark => {
                if let Some(at) = self.selected() {
                    self.marks.toggle(at);
                    self.list.on(Action::Down, view::list_area(world.area));
                }
            }
            Action::WrongOnly => {
                self.wrong_only ^= true;
                self.arrange();
            }
            Action::Rerun if self.is_learning => {
                let text = "a run with these labels is at work: what it fixed is shown at its end";
                return vec![Effect::Toast(Toast::error(text))];
            }
            Action::Rerun => {
                self.is_learning = true;
                return vec![Effect::Lesson(self.run.clone())];
            }
            Action::Enter => self.is_large ^= true,
            Action::Back if self.is_large => {
                self.is_large = false;
                return vec![Effect::Cleared];
            }
            Action::Back if !self.marks.is_empty() => {
                self.marks.clear();
                return vec![Effect::Cleared];
            }
            Action::OpenOutside => {
                return self.path().map(Effect::OpenOutside).into_iter().collect();
            }
            Action::Yank => {
                return self.path().map(|path| Effect::Copy(shown(&path))).into_iter().collect();
            }
            action => drop(self.list.on(action, view::list_area(world.area))),
        }
        Vec::new()
    }

    fn type_key(&mut self, key: &KeyEvent, world: &World) -> Vec<Effect> {
        let Some(mut prompt) = self.typing.take() else { return Vec::new() };
        let categories = self.known().map_or_else(Vec::new, |known| known.categories.clone());
        let complete = |text: &str| word_choices(text, categories.iter().cloned());
        match prompt.on(key, &world.known.history, complete) {
            Prompted::Accepted => match category_typed(prompt.text(), &categories) {
                Ok(name) => self.decide(Verdict::Category(name), world),
                Err(toast) => vec![Effect::Toast(toast)],
            },
            Prompted::Left => Vec::new(),
            Prompted::Nothing | Prompted::Changed => {
                self.typing = Some(prompt);
                Vec::new()
            }
        }
    }

    fn hear(&mut self, news: &[News]) -> Vec<Effect> {
        self.preview.learn(news);
        let mut effects = Vec::new();
        for one in news {
            match one {
                News::Doubts(found) if found.run == self.run => self.adopt(found.doubts.clone()),
                // What was not kept is not shown as if it were.
                News::Kept(kept)
                    if kept.kept.is_err()
                        && self.known().is_some_and(|known| known.file == kept.file) =>
                {
                    if let Some(before) = self.done.pop() {
                        self.set(&before);
                    }
                }
                News::LessonOver(over) if over.before == self.run => {
                    self.is_learning = false;
                    if over.problem.is_none() {
                        let (first, second) = (over.before.clone(), over.after.clone());
                        effects.push(Effect::Open(Destination::Pairs { first, second }));
                    }
                }
                _ => {}
            }
        }
        effects
    }

    /// Asks for the picture under the cursor and those behind it.
    fn look(&mut self, world: &World) -> Option<Effect> {
        const AHEAD: [isize; 4] = [0, 1, 2, -1];
        let room = view::layout(self.known()?, world.area, self.is_large).picture;
        let row = self.list.selected()?;
        let known = self.known()?;
        let paths = AHEAD.iter().filter_map(|step| {
            let at = *self.shown.get(row.checked_add_signed(*step)?)?;
            Some(known.images.join(&known.photos[at].file))
        });
        let paths: Vec<PathBuf> = paths.collect();
        if room.is_empty() {
            return None;
        }
        self.preview.show(paths, (room.width, room.height), world.known.graphics)
    }
}

impl Page for Labels {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        vec!["labels".to_owned()]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        let mut effects = match message {
            Message::Action(action) => self.act(*action, world),
            Message::Key(key) => self.type_key(key, world),
            Message::Paste(text) => {
                if let Some(prompt) = &mut self.typing {
                    prompt.paste(text);
                }
                Vec::new()
            }
            Message::Mouse(mouse) => {
                let list = view::list_area(world.area);
                if self.list.on_mouse(mouse, list) == Reaction::Opened {
                    self.is_large = true;
                }
                Vec::new()
            }
            Message::News(news) => self.hear(news),
            Message::Shown if self.doubts.is_none() => vec![Effect::Doubt(self.run.clone())],
            Message::Shown => Vec::new(),
        };
        effects.extend(self.look(world));
        effects
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_all(area, buffer, world);
    }

    fn is_typing(&self) -> bool {
        self.typing.is_some()
    }

    fn has_completion(&self) -> bool {
        self.typing.is_some()
    }

    fn offers(&self, action: Action, _: &Known) -> bool {
        let number = Action::CATEGORIES.iter().position(|category| *category == action);
        match (number, action) {
            (Some(number), _) => self.known().is_some_and(|known| number < known.categories.len()),
            (_, Action::Undo) => !self.done.is_empty(),
            (_, Action::Rerun) => !self.is_learning,
            (_, Action::Enter | Action::Mark | Action::Remove | Action::OpenOutside) => {
                self.selected().is_some()
            }
            _ => true,
        }
    }
}
