//! Which kinds of photos a run's categories have, and which wrong photos are alike; each row leads to
//! exactly its images.

#[cfg(test)]
mod tests;
mod view;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::found_kinds::FoundKinds;
use super::{Message, Page, World, names};
use crate::store::{RunFolder, shown};
use crate::tui::effect::{Destination, Effect};
use crate::tui::keys::{Action, Context};
use crate::tui::kinds::{Group, Kinds, What};
use crate::tui::known::Known;
use crate::tui::preview::Preview;
use crate::tui::scores::Chosen;
use crate::tui::widgets::{Order, Reaction, Table};

pub const CONTEXTS: &[Context] = &[Context::Kinds, Context::List];

#[derive(Debug)]
pub struct KindsScreen {
    found: FoundKinds,
    /// Places of the groups shown.
    shown: Vec<usize>,
    list: Table,
    /// Photos of the group that come before those whose pictures are shown.
    first: usize,
    preview: Preview,
}

impl KindsScreen {
    /// `found`: as it was found before.
    pub fn of(run: RunFolder, found: Option<Arc<Kinds>>) -> KindsScreen {
        let mut screen = KindsScreen {
            found: FoundKinds::of(run, found),
            shown: Vec::new(),
            list: Table::new(Order { key: String::new(), descending: false }),
            first: 0,
            preview: Preview::default(),
        };
        screen.list.set_columns(view::columns());
        screen.arrange();
        screen
    }

    fn known(&self) -> Option<&Arc<Kinds>> {
        self.found.known()
    }

    /// The cursor stays on its group.
    fn arrange(&mut self) {
        let selected = self.selected();
        let groups = self.known().map_or(&[][..], |known| &known.groups);
        let is_shown = |at: &usize| {
            let group = &groups[*at];
            self.found.shows(group.category)
                && (!self.found.wrong_only || matches!(group.what, What::Wrong { .. }))
        };
        self.shown = (0..groups.len()).filter(is_shown).collect();
        let row = selected.and_then(|at| self.shown.iter().position(|place| *place == at));
        self.list.set_rows(self.shown.len(), row.unwrap_or(0));
        if row.is_none() {
            self.first = 0;
        }
    }

    fn selected(&self) -> Option<usize> {
        self.shown.get(self.list.selected()?).copied()
    }

    fn group(&self) -> Option<&Group> {
        self.known()?.groups.get(self.selected()?)
    }

    /// Where the photo of this place in its group is.
    fn path(&self, place: usize) -> Option<PathBuf> {
        let known = self.known()?;
        let photo = *self.group()?.photos.get(place)?;
        Some(known.images.join(&known.photos[photo].file))
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let step = view::pictures(world.area).len().max(1);
        match action {
            Action::Enter => return self.open().into_iter().collect(),
            Action::ShowMap => {
                let found = self.known().cloned();
                return vec![Effect::Open(Destination::Map(self.found.run.clone(), found))];
            }
            Action::WrongOnly => {
                self.found.wrong_only ^= true;
                self.arrange();
            }
            Action::NextTruth => {
                self.found.show_next_category();
                self.arrange();
            }
            Action::DetailDown => {
                let photos = self.group().map_or(0, |group| group.photos.len());
                if self.first + step < photos {
                    self.first += step;
                }
            }
            Action::DetailUp => self.first = self.first.saturating_sub(step),
            Action::OpenOutside => {
                return self.path(self.first).map(Effect::OpenOutside).into_iter().collect();
            }
            Action::Yank => {
                let path = self.path(self.first);
                return path.map(|path| Effect::Copy(shown(&path))).into_iter().collect();
            }
            Action::Back if self.found.show_all() => {
                self.arrange();
                return vec![Effect::Cleared];
            }
            action => {
                if self.list.on(action, view::list_area(world.area)) == Reaction::Moved {
                    self.first = 0;
                }
            }
        }
        Vec::new()
    }

    /// Exactly the images of the group under the cursor.
    fn open(&self) -> Option<Effect> {
        let (known, group) = (self.known()?, self.group()?);
        let files = group.photos.iter().map(|&at| known.photos[at].file.clone());
        let chosen = Chosen { name: known.name(group), files: Arc::new(files.collect()) };
        Some(Effect::Open(Destination::ChosenImages(self.found.run.clone(), chosen)))
    }

    /// Asks for the pictures of the group under the cursor.
    fn look(&mut self, world: &World) -> Option<Effect> {
        let rooms = view::pictures(world.area);
        let room = rooms.first()?;
        let paths: Vec<PathBuf> =
            (self.first..self.first + rooms.len()).filter_map(|at| self.path(at)).collect();
        self.preview.show(paths, (room.width, room.height), world.known.graphics)
    }
}

impl Page for KindsScreen {
    fn way(&self, known: &Known, zone: &TimeZone) -> Vec<String> {
        vec![names::in_way(&self.found.run, known, zone), "Kinds".into()]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        let mut effects = match message {
            Message::Action(action) => self.act(*action, world),
            Message::Mouse(mouse) => {
                let reaction = self.list.on_mouse(mouse, view::list_area(world.area));
                match reaction {
                    Reaction::Opened => self.open().into_iter().collect(),
                    Reaction::None => Vec::new(),
                    _ => {
                        self.first = 0;
                        Vec::new()
                    }
                }
            }
            Message::News(news) => {
                self.preview.learn(news);
                if self.found.hear(news) {
                    self.arrange();
                }
                Vec::new()
            }
            message => self.found.wish(message).into_iter().collect(),
        };
        effects.extend(self.look(world));
        effects
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_all(area, buffer, world);
    }

    fn offers(&self, action: Action, _: &Known) -> bool {
        match action {
            Action::Enter | Action::OpenOutside | Action::Yank | Action::DetailDown => {
                self.selected().is_some()
            }
            Action::WrongOnly => self.found.has_tested(),
            _ => true,
        }
    }
}
