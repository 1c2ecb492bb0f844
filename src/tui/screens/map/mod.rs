//! All photos of a run as points, alike ones near each other; a cursor goes from photo to photo, and a
//! rectangle leads to exactly its images.

mod scatter;
#[cfg(test)]
mod tests;
mod view;

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::found_kinds::FoundKinds;
use super::{Message, Page, World, names};
use crate::store::{RunFolder, shown};
use crate::tui::effect::{Destination, Effect};
use crate::tui::keys::{Action, Context};
use crate::tui::kinds::{Kinds, Placed};
use crate::tui::known::Known;
use crate::tui::news::Toast;
use crate::tui::preview::Preview;
use crate::tui::scores::Chosen;
use crate::words::counted;
use scatter::{Direction, Scatter};

pub const CONTEXTS: &[Context] = &[Context::Map];

#[derive(Debug)]
pub struct Map {
    found: FoundKinds,
    /// Places of the photos shown.
    shown: Vec<usize>,
    /// The photo under the cursor, by its place.
    cursor: Option<usize>,
    /// The photo at the other corner of the rectangle.
    corner: Option<usize>,
    is_large: bool,
    preview: Preview,
}

impl Map {
    /// `found`: as it was found before.
    pub fn of(run: RunFolder, found: Option<Arc<Kinds>>) -> Map {
        let mut map = Map {
            found: FoundKinds::of(run, found),
            shown: Vec::new(),
            cursor: None,
            corner: None,
            is_large: false,
            preview: Preview::default(),
        };
        map.arrange();
        map
    }

    fn known(&self) -> Option<&Arc<Kinds>> {
        self.found.known()
    }

    /// The cursor stays on its photo, else it goes to the first wrong one.
    fn arrange(&mut self) {
        let photos = self.known().map_or(&[][..], |known| &known.photos);
        let is_shown = |at: &usize| {
            let photo = &photos[*at];
            self.found.shows(photo.category) && (!self.found.wrong_only || photo.is_wrong())
        };
        let shown: Vec<usize> = (0..photos.len()).filter(is_shown).collect();
        let stays = |at: &usize| shown.binary_search(at).is_ok();
        let wrong = shown.iter().find(|&&at| photos[at].is_wrong()).or(shown.first()).copied();
        let (cursor, corner) = (self.cursor.filter(stays).or(wrong), self.corner.filter(stays));
        (self.shown, self.cursor, self.corner) = (shown, cursor, corner);
    }

    fn photo(&self) -> Option<&Placed> {
        self.known()?.photos.get(self.cursor?)
    }

    fn path(&self) -> Option<PathBuf> {
        Some(self.known()?.images.join(&self.photo()?.file))
    }

    /// The points on their room, as large as the map is here.
    fn scatter(&self, area: Rect) -> Option<Scatter<'_>> {
        Some(Scatter::new(&self.known()?.photos, view::map_area(area)))
    }

    fn step(&mut self, direction: Direction, area: Rect) {
        let (Some(scatter), Some(cursor)) = (self.scatter(area), self.cursor) else { return };
        if let Some(next) = scatter.next(cursor, direction, &self.shown) {
            self.cursor = Some(next);
        }
    }

    fn act(&mut self, action: Action, area: Rect) -> Vec<Effect> {
        match action {
            Action::CursorLeft => self.step(Direction::Left, area),
            Action::CursorRight => self.step(Direction::Right, area),
            Action::Down => self.step(Direction::Down, area),
            Action::Up => self.step(Direction::Up, area),
            Action::MarkRange => {
                self.corner = if self.corner.is_some() { None } else { self.cursor };
            }
            Action::Enter if self.corner.is_some() => return vec![self.open()],
            Action::Enter => self.is_large ^= true,
            Action::WrongOnly => {
                self.found.wrong_only ^= true;
                self.arrange();
            }
            Action::NextTruth => {
                self.found.show_next_category();
                self.arrange();
            }
            Action::ShowKinds => {
                let found = self.known().cloned();
                return vec![Effect::Open(Destination::Kinds(self.found.run.clone(), found))];
            }
            Action::OpenOutside => {
                return self.path().map(Effect::OpenOutside).into_iter().collect();
            }
            Action::Yank => {
                return self.path().map(|path| Effect::Copy(shown(&path))).into_iter().collect();
            }
            Action::Back => return self.clear(),
            _ => {}
        }
        Vec::new()
    }

    /// The picture becomes small again, then the rectangle goes, then the filters, then the screen is left.
    fn clear(&mut self) -> Vec<Effect> {
        if self.is_large {
            self.is_large = false;
        } else if self.corner.take().is_some() {
        } else if self.found.show_all() {
            self.arrange();
        } else {
            return Vec::new();
        }
        vec![Effect::Cleared]
    }

    /// Places of the photos in the rectangle.
    fn inside(&self) -> Vec<usize> {
        let (Some(known), Some(corner), Some(cursor)) = (self.known(), self.corner, self.cursor)
        else {
            return Vec::new();
        };
        scatter::inside(&known.photos, corner, cursor, &self.shown)
    }

    /// Exactly the images in the rectangle.
    fn open(&self) -> Effect {
        let (inside, Some(known)) = (self.inside(), self.known()) else {
            return Effect::Toast(Toast::error("there is no photo on the map"));
        };
        let name = format!("{} of the map", counted(inside.len(), "image"));
        let files = inside.into_iter().map(|at| known.photos[at].file.clone()).collect();
        let chosen = Chosen { name, files: Arc::new(files) };
        Effect::Open(Destination::ChosenImages(self.found.run.clone(), chosen))
    }

    fn on_mouse(&mut self, mouse: &MouseEvent, area: Rect) {
        if let (MouseEventKind::Down(MouseButton::Left), false) = (mouse.kind, self.is_large)
            && let Some(scatter) = self.scatter(area)
            && let Some(nearest) = scatter.nearest(mouse.column, mouse.row, &self.shown)
        {
            self.cursor = Some(nearest);
        }
    }

    fn look(&mut self, world: &World) -> Option<Effect> {
        let room = view::layout(world.area, self.is_large).picture;
        let path = self.path().filter(|_| !room.is_empty())?;
        self.preview.show([path], (room.width, room.height), world.known.graphics)
    }
}

impl Page for Map {
    fn way(&self, known: &Known, zone: &TimeZone) -> Vec<String> {
        vec![names::in_way(&self.found.run, known, zone), "Map".into()]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        let mut effects = match message {
            Message::Action(action) => self.act(*action, world.area),
            Message::Mouse(mouse) => {
                self.on_mouse(mouse, world.area);
                Vec::new()
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
            Action::Enter | Action::MarkRange | Action::OpenOutside | Action::Yank => {
                self.cursor.is_some()
            }
            Action::WrongOnly => self.found.has_tested(),
            _ => true,
        }
    }
}
