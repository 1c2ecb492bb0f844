//! Small pictures of many photos side by side.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::encode::{Content, Picture, Wanted, off};
use super::graphics::{Graphics, Renderer};
use crate::tui::effect::Effect;
use crate::tui::news::News;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{put, wrap};

/// More are held of no sheet: it is some hundred kilobytes.
const MOST: usize = 400;

/// Holds the pictures that are in sight or may be next, all of one size. They are made of cells: a
/// terminal's own graphics would be sent anew, each as a whole, whenever the sheet is turned.
#[derive(Debug, Default)]
pub struct Thumbnails {
    /// In the order in which they were asked for.
    wanted: Vec<PathBuf>,
    /// For each of them: width and height in cells, and how it is drawn.
    kind: Option<((u16, u16), Graphics)>,
    pictures: HashMap<PathBuf, Arc<Picture>>,
}

impl Thumbnails {
    /// Shows `paths` from now on, the first first, and forgets all others. Answers nothing where they
    /// are the same as before.
    pub fn show(
        &mut self,
        paths: impl IntoIterator<Item = PathBuf>,
        room: (u16, u16),
        graphics: Graphics,
    ) -> Option<Effect> {
        let graphics = graphics.in_cells();
        let kind = (room, graphics);
        let wanted: Vec<PathBuf> = match graphics.renderer {
            Renderer::Off => Vec::new(),
            _ => paths.into_iter().take(MOST).collect(),
        };
        if self.kind == Some(kind) && self.wanted == wanted {
            return None;
        }
        let mut before = std::mem::take(&mut self.pictures);
        if self.kind == Some(kind) {
            let kept = wanted.iter().filter_map(|path| before.remove_entry(path));
            self.pictures = kept.collect();
        }
        (self.wanted, self.kind) = (wanted, Some(kind));
        let missing = self.wanted.iter().filter(|path| !self.pictures.contains_key(*path));
        let missing = missing
            .map(|path| Wanted { path: path.clone(), room, graphics, overlay: None })
            .collect();
        Some(Effect::Preview(missing))
    }

    /// Something else was asked for meanwhile, so that what is missing has to be asked for again.
    pub fn interrupt(&mut self) {
        self.wanted.clear();
    }

    /// Keeps the pictures that are wanted.
    pub fn learn(&mut self, news: &[News]) {
        for one in news {
            let News::Picture(picture) = one else { continue };
            let Wanted { path, room, graphics, overlay: None } = &picture.wanted else { continue };
            if self.kind == Some((*room, *graphics)) && self.wanted.contains(path) {
                self.pictures.insert(path.clone(), picture.clone());
            }
        }
    }

    /// Draws that of `path` at the bottom of `area`, above what is written below it; a word in its
    /// place until it is there, or why there is none.
    pub fn draw(&self, path: &Path, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.kind.is_some_and(|(_, graphics)| graphics.renderer == Renderer::Off) {
            return say(&off(), Role::Dim, area, buffer, theme);
        }
        match self.pictures.get(path).map(|picture| &picture.content) {
            None => say("reading", Role::Dim, area, buffer, theme),
            Some(Err(reason)) => say(reason, Role::Bad, area, buffer, theme),
            Some(Ok(Content::Cells(cells))) => {
                let (width, height) = cells.size();
                let place = Rect {
                    x: area.x + area.width.saturating_sub(width) / 2,
                    y: area.y + area.height.saturating_sub(height),
                    width: width.min(area.width),
                    height: height.min(area.height),
                };
                cells.draw(place, buffer);
            }
            Some(Ok(Content::Encoded(_))) => {}
        }
    }

    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.pictures.values().map(|picture| picture.bytes()).sum()
    }
}

fn say(text: &str, role: Role, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    for (y, line) in (area.y..area.bottom()).zip(wrap(text, area.width.into())) {
        put(buffer, area, area.x, y, &line, theme.style(role));
    }
}
