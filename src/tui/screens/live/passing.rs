//! The photos that go by while features are computed: the newest that the worker has said, in a strip.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::store::{Run, Stage, Timestamp, unshown};
use crate::tui::effect::Effect;
use crate::tui::news::News;
use crate::tui::preview::{Graphics, Thumbnails};
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{fit, fit_end, put};

/// Columns of a photo, the last two of them free.
const TILE: u16 = 20;
/// Rows of a photo, at most: one of 3 to 2 fills them.
const MOST_ROWS: u16 = 6;
const LEAST_ROWS: u16 = 4;
/// A heading above the photos; below them their names, and the folders that they are in.
const WORDS: u16 = 3;
/// A photo is read this seldom, so that the worker has the cores: its own photos go by much faster.
const PACE: SignedDuration = SignedDuration::from_millis(1000);
/// The same over SSH, where a photo is some two kilobytes.
const REMOTE_PACE: SignedDuration = SignedDuration::from_millis(2000);

/// Photos in places from left to right. A new one takes the place of the oldest, so that no other has
/// to be drawn again.
#[derive(Debug, Default)]
pub struct Passing {
    /// As the worker names them.
    photos: Vec<String>,
    /// The place of the next.
    next: usize,
    /// When the newest came.
    since: Option<Timestamp>,
    thumbnails: Thumbnails,
}

/// The part of `area` for the strip; `None`: there is no room for it below `taken` rows.
pub fn strip(area: Rect, taken: u16) -> Option<Rect> {
    let free = area.height.saturating_sub(taken + 1);
    let height = free.min(MOST_ROWS + WORDS);
    let fits = height >= LEAST_ROWS + WORDS && area.width >= TILE;
    fits.then(|| Rect { y: area.bottom() - height, height, ..area })
}

/// Cells of a picture in a strip: width, height.
fn room(strip: Rect) -> (u16, u16) {
    (TILE - 2, strip.height - WORDS)
}

impl Passing {
    /// Takes in the photo that the run named last, if it is time for another.
    pub fn note(&mut self, run: &Run, strip: Rect, now: Timestamp, is_remote: bool) {
        let latest = run.features.as_ref().and_then(|found| found.latest.as_ref());
        let Some(latest) = latest.filter(|_| is_going_on(run)) else { return };
        let pace = if is_remote { REMOTE_PACE } else { PACE };
        let is_early = self.since.is_some_and(|since| now.duration_since(since) < pace);
        if is_early || self.photos.contains(latest) {
            return;
        }
        let places = usize::from(strip.width / TILE).max(1);
        self.photos.truncate(places);
        self.since = Some(now);
        let at = if self.photos.len() < places { self.photos.len() } else { self.next % places };
        self.next = at + 1;
        match self.photos.get_mut(at) {
            Some(photo) => photo.clone_from(latest),
            None => self.photos.push(latest.clone()),
        }
    }

    /// Asks for the pictures that are not there; `images` is the folder of the run's photos.
    pub fn look(&mut self, images: &Path, strip: Rect, graphics: Graphics) -> Option<Effect> {
        let paths: Vec<PathBuf> = self.paths(images).collect();
        if paths.is_empty() {
            return None;
        }
        self.thumbnails.show(paths, room(strip), graphics)
    }

    pub fn learn(&mut self, news: &[News]) {
        self.thumbnails.learn(news);
    }

    /// The screen was left meanwhile.
    pub fn interrupt(&mut self) {
        self.thumbnails.interrupt();
    }

    fn paths(&self, images: &Path) -> impl Iterator<Item = PathBuf> {
        self.photos.iter().map(move |photo| images.join(unshown(photo)))
    }

    pub fn draw(&self, run: &Run, images: &Path, strip: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.photos.is_empty() || !is_going_on(run) {
            return;
        }
        put(buffer, strip, strip.x, strip.y, "read just now", theme.style(Role::Dim));
        let (width, height) = room(strip);
        let places = (strip.x..=strip.right() - TILE).step_by(TILE.into());
        for ((at, path), x) in self.paths(images).enumerate().zip(places) {
            let picture = Rect { x, y: strip.y + 1, width, height };
            self.thumbnails.draw(&path, picture, buffer, theme);
            let words = Rect { y: picture.bottom(), height: 2, ..picture };
            let is_newest = at + 1 == self.next;
            let role = if is_newest { Role::Accent } else { Role::Text };
            let (folder, name) = self.photos[at].rsplit_once('/').unwrap_or(("", &self.photos[at]));
            let name = match is_newest {
                true => format!("▸ {}", fit_end(name, usize::from(width) - 2)),
                false => fit_end(name, width.into()),
            };
            put(buffer, words, x, words.y, &name, theme.style(role));
            let folder = fit(folder, width.into());
            put(buffer, words, x, words.y + 1, &folder, theme.style(Role::Dim));
        }
    }
}

fn is_going_on(run: &Run) -> bool {
    run.stage == Some(Stage::Features) && run.end.is_none()
}
