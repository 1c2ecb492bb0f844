//! The place on a screen where a picture is shown.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use ratatui_image::Image;

use super::encode::{Content, Picture, Wanted, off};
use super::graphics::{Graphics, Renderer};
use crate::tui::effect::Effect;
use crate::tui::news::News;
use crate::tui::screens::World;
use crate::tui::theme::Role;
use crate::tui::widgets::{put, wrap};

/// Shows one picture, and holds those that may be shown next.
#[derive(Debug, Default)]
pub struct Preview {
    /// The one that is shown first.
    wanted: Vec<Wanted>,
    pictures: Vec<Arc<Picture>>,
}

impl Preview {
    /// Shows the first of `paths` from now on; the others may be next, the likeliest first.
    pub fn show(
        &mut self,
        paths: impl IntoIterator<Item = PathBuf>,
        room: (u16, u16),
        graphics: Graphics,
    ) -> Option<Effect> {
        let wanted = paths.into_iter().map(|path| Wanted { path, room, graphics, overlay: None });
        self.show_all(wanted.collect())
    }

    /// Shows any of these from now on, the first the soonest.
    pub fn show_all(&mut self, mut wanted: Vec<Wanted>) -> Option<Effect> {
        wanted.retain(|one| one.graphics.renderer != Renderer::Off);
        self.wanted = wanted;
        let is_here = |wanted: &Wanted| self.pictures.iter().any(|one| one.wanted == *wanted);
        let missing: Vec<Wanted> =
            self.wanted.iter().filter(|wanted| !is_here(wanted)).cloned().collect();
        self.pictures.retain(|picture| self.wanted.contains(&picture.wanted));
        (!missing.is_empty()).then_some(Effect::Preview(missing))
    }

    /// Keeps the pictures that are wanted.
    pub fn learn(&mut self, news: &[News]) {
        for one in news {
            let News::Picture(picture) = one else { continue };
            if self.wanted.contains(&picture.wanted) {
                self.pictures.retain(|other| other.wanted != picture.wanted);
                self.pictures.push(picture.clone());
            }
        }
    }

    pub fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_one(0, area, buffer, world);
    }

    /// Draws one of those that were asked for, by its place among them.
    pub fn draw_one(&self, place: usize, area: Rect, buffer: &mut Buffer, world: &World) {
        if area.is_empty() {
            return;
        }
        let Some(wanted) = self.wanted.get(place) else {
            let is_off = world.known.graphics.renderer == Renderer::Off;
            let text = if is_off { off() } else { String::new() };
            return say(&text, Role::Dim, area, buffer, world);
        };
        self.draw_wanted(wanted, area, buffer, world);
    }

    /// Draws one of those that are wanted.
    pub fn draw_wanted(&self, wanted: &Wanted, area: Rect, buffer: &mut Buffer, world: &World) {
        if wanted.graphics.renderer == Renderer::Off {
            return say(&off(), Role::Dim, area, buffer, world);
        }
        let Some(picture) = self.pictures.iter().find(|picture| picture.wanted == *wanted) else {
            return say("reading the picture", Role::Dim, area, buffer, world);
        };
        match &picture.content {
            Err(reason) => say(reason, Role::Bad, area, buffer, world),
            Ok(Content::Cells(cells)) => cells.draw(centred(area, cells.size()), buffer),
            // What lies over it would tear a hole that stays when it is gone.
            Ok(Content::Encoded(_))
                if wanted.graphics.renderer.covers_cells() && world.is_covered => {}
            Ok(Content::Encoded(protocol)) => {
                let size = protocol.size();
                Image::new(protocol).render(centred(area, (size.width, size.height)), buffer);
            }
        }
    }
}

/// The part of `area` where something of this size stands in the middle of the width.
fn centred(area: Rect, (width, height): (u16, u16)) -> Rect {
    let x = area.x + area.width.saturating_sub(width) / 2;
    Rect { x, width: width.min(area.width), height: height.min(area.height), ..area }
}

fn say(text: &str, role: Role, area: Rect, buffer: &mut Buffer, world: &World) {
    for (y, line) in (area.y..area.bottom()).zip(wrap(text, area.width.into())) {
        put(buffer, area, area.x, y, &line, world.theme.style(role));
    }
}
