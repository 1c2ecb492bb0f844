//! One category: its precision and recall as the threshold of its score moves, and the images that
//! change sides by it; or whether the scores mean what they say.

mod reliability;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Message, Page, World, names};
use crate::insight::{Calibrated, OneCategory, Taken};
use crate::spec::Set;
use crate::tui::effect::{Destination, Effect};
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::news::News;
use crate::tui::scores::{Chosen, Image, ScoreTable, Source, next_set};
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{fit, fit_end, put, wrap};
use crate::words::{counted, grouped, pad_left, pad_right, percent};

pub const CONTEXTS: &[Context] = &[Context::Threshold, Context::List];

/// Steps of the threshold from 0 to 1.
const STEPS: u16 = 100;
/// The threshold that it begins with: half.
const BEGIN: u16 = STEPS / 2;
/// Columns of the names at the left.
const NAMES: usize = 18;
/// Lines above the list of images.
const ABOVE: u16 = 9;
/// What a curve is drawn with, from 0 to 100%.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const DIGITS: [char; 8] = ['0', '1', '3', '4', '5', '7', '8', '9'];

#[derive(Debug)]
pub struct Threshold {
    source: Source,
    table: Arc<ScoreTable>,
    /// `None`: all images.
    set: Option<Set>,
    category: usize,
    /// In steps.
    threshold: u16,
    /// Of the images of that set, for that category.
    images: OneCategory,
    by_highest: Taken,
    /// Those that the threshold takes another way than the highest score does; places in the table.
    flips: Vec<usize>,
    /// A place among them.
    cursor: usize,
    /// Whether scores mean what they say is shown instead.
    shows_reliability: bool,
    /// The error is a sentence.
    calibrated: Option<Result<Arc<Calibrated>, String>>,
    /// The first bin in sight.
    top: usize,
}

impl Threshold {
    pub fn new(
        source: Source,
        table: Arc<ScoreTable>,
        set: Option<Set>,
        category: usize,
    ) -> Threshold {
        let (images, by_highest) = Default::default();
        let threshold = BEGIN;
        let (flips, cursor) = (Vec::new(), 0);
        let mut screen = Threshold {
            source,
            table,
            set,
            category,
            threshold,
            images,
            by_highest,
            flips,
            cursor,
            shows_reliability: false,
            calibrated: None,
            top: 0,
        };
        screen.count();
        screen
    }

    /// Of the set, with a truth and scores: their places in the table.
    fn counted(&self) -> impl Iterator<Item = (usize, &Image)> {
        let of = |image: &Image| {
            let is_known = image.truth.is_some() && image.predicted.is_some();
            is_known && (self.set.is_none() || image.set == self.set)
        };
        self.table.images().iter().enumerate().filter(move |(_, image)| of(image))
    }

    fn score(&self, image: usize) -> f32 {
        self.table.scores(image).get(self.category).copied().unwrap_or(f32::NAN)
    }

    fn is_of(&self, category: Option<u32>) -> bool {
        category == Some(self.category as u32)
    }

    /// Another set or another category.
    fn count(&mut self) {
        self.images = OneCategory::new(
            self.counted().map(|(place, image)| (self.score(place), self.is_of(image.truth))),
        );
        let taken = || self.counted().filter(|(_, image)| self.is_of(image.predicted));
        let right = taken().filter(|(_, image)| self.is_of(image.truth)).count();
        self.by_highest = Taken::of(taken().count(), right, self.images.support());
        self.find_flips();
    }

    /// Another threshold.
    fn find_flips(&mut self) {
        let is_taken = |place: usize| self.score(place) >= at(self.threshold);
        let flips = self
            .counted()
            .filter(|(place, image)| is_taken(*place) != self.is_of(image.predicted))
            .map(|(place, _)| place);
        let mut flips: Vec<usize> = flips.collect();
        flips.sort_by(|a, b| self.score(*b).total_cmp(&self.score(*a)));
        self.cursor = self.cursor.min(flips.len().saturating_sub(1));
        self.flips = flips;
    }

    /// Exactly the images that change sides.
    fn open(&self) -> Option<Effect> {
        let Source::Run(run) = &self.source else { return None };
        let files = self.flips.iter().map(|&place| self.table.file(place).to_owned());
        let name = format!("what changes sides at {} >= {:.2}", self.name(), at(self.threshold));
        let chosen = Chosen { name, files: Arc::new(files.collect()) };
        (!self.flips.is_empty())
            .then(|| Effect::Open(Destination::ChosenImages(run.clone(), chosen)))
    }

    fn on_mouse(&mut self, mouse: &MouseEvent, area: Rect) -> Option<Effect> {
        let by = match mouse.kind {
            MouseEventKind::ScrollDown => 1,
            MouseEventKind::ScrollUp => -1,
            MouseEventKind::Down(MouseButton::Left) => {
                let list = flips_area(area);
                let is_inside = list.contains(Position { x: mouse.column, y: mouse.row });
                let row = usize::from(mouse.row.saturating_sub(list.y)) + self.first_flip(list);
                if !is_inside || row >= self.flips.len() || row == self.cursor {
                    return (is_inside && row == self.cursor).then(|| self.open()).flatten();
                }
                self.cursor = row;
                return None;
            }
            _ => return None,
        };
        let last = self.flips.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        None
    }

    /// The place among the flips of the first row in sight.
    fn first_flip(&self, list: Rect) -> usize {
        (self.cursor + 1).saturating_sub(list.height.into())
    }

    /// Shows whether scores mean what they say, or the threshold again.
    fn turn(&mut self, known: &Known) -> Vec<Effect> {
        self.shows_reliability ^= true;
        if !self.shows_reliability || self.calibrated.is_some() {
            return Vec::new();
        }
        let run = self.source.run().clone();
        let tested = known.runs.get(&run.id()).and_then(|run| run.summary()?.test.as_ref());
        let has_folds = tested.is_some_and(|test| test.folds > 0);
        vec![Effect::Calibrate { run, table: self.table.clone(), has_folds }]
    }

    fn act_on_reliability(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let Some(Ok(found)) = &self.calibrated else {
            return self.leave_reliability(action);
        };
        let rows = reliability::rows(found, &self.source.run().id(), world.area, world.theme);
        let last = rows.all - rows.shown;
        match action {
            Action::Yank => return vec![Effect::Copy(found.in_words())],
            Action::Down => self.top = (self.top + 1).min(last),
            Action::Up => self.top = self.top.saturating_sub(1),
            Action::HalfDown | Action::PageDown | Action::Last => self.top = last,
            Action::HalfUp | Action::PageUp | Action::First => self.top = 0,
            action => return self.leave_reliability(action),
        }
        Vec::new()
    }

    fn leave_reliability(&mut self, action: Action) -> Vec<Effect> {
        if action != Action::Back {
            return Vec::new();
        }
        self.shows_reliability = false;
        vec![Effect::Cleared]
    }

    fn act(&mut self, action: Action, area: Rect) -> Vec<Effect> {
        let page = usize::from(area.height.saturating_sub(ABOVE)).max(1);
        let last = self.flips.len().saturating_sub(1);
        match action {
            Action::CursorLeft => self.threshold = self.threshold.saturating_sub(1),
            Action::CursorRight => self.threshold = (self.threshold + 1).min(STEPS),
            Action::NextSet => self.set = next_set(self.set),
            Action::NextTruth => {
                self.category = (self.category + 1) % self.table.categories.len().max(1);
            }
            Action::Yank => return vec![Effect::Copy(self.in_words())],
            Action::Enter => return self.open().into_iter().collect(),
            Action::Down => self.cursor = (self.cursor + 1).min(last),
            Action::Up => self.cursor = self.cursor.saturating_sub(1),
            Action::HalfDown => self.cursor = (self.cursor + page.div_ceil(2)).min(last),
            Action::HalfUp => self.cursor = self.cursor.saturating_sub(page.div_ceil(2)),
            Action::PageDown => self.cursor = (self.cursor + page).min(last),
            Action::PageUp => self.cursor = self.cursor.saturating_sub(page),
            Action::First => self.cursor = 0,
            Action::Last => self.cursor = last,
            _ => {}
        }
        match action {
            Action::CursorLeft | Action::CursorRight => self.find_flips(),
            Action::NextSet | Action::NextTruth => self.count(),
            _ => {}
        }
        Vec::new()
    }

    fn name(&self) -> &str {
        self.table.categories.get(self.category).map_or("", String::as_str)
    }

    fn in_words(&self) -> String {
        let Taken { images, right, metrics } = self.images.at(at(self.threshold));
        format!(
            "{} where its score is at least {:.2}: {} taken, {} right; precision {}, recall {}, F1 {}",
            self.name(),
            at(self.threshold),
            grouped(images),
            grouped(right),
            percent(metrics.precision),
            percent(metrics.recall),
            percent(metrics.f1)
        )
    }

    fn draw_counts(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let set = self.set.map_or("all sets", Set::name);
        let text = format!(
            "{} · {set} · {}, {} of it",
            self.name(),
            counted(self.counted().count(), "image"),
            grouped(self.images.support())
        );
        put(buffer, area, area.x + 2, area.y, &text, theme.style(Role::Accent));
        let heading = format!("{}TAKEN  RIGHT  PRECISION  RECALL      F1", " ".repeat(NAMES));
        put(buffer, area, area.x + 2, area.y + 1, &heading, theme.style(Role::Dim));
        let at_least = format!("score >= {:.2}", at(self.threshold));
        let rows = [
            (at_least.as_str(), self.images.at(at(self.threshold)), Role::Text),
            ("highest score", self.by_highest, Role::Dim),
        ];
        for (y, (name, taken, role)) in (area.y + 2..).zip(rows) {
            let Taken { images, right, metrics } = taken;
            let text = format!(
                "{}{}  {}  {}  {}  {}",
                pad_right(name, NAMES),
                pad_left(&grouped(images), 5),
                pad_left(&grouped(right), 5),
                pad_left(&percent(metrics.precision), 9),
                pad_left(&percent(metrics.recall), 6),
                pad_left(&percent(metrics.f1), 6)
            );
            put(buffer, area, area.x + 2, y, &text, theme.style(role));
        }
    }

    /// Precision and recall from the threshold 0 at the left to 1 at the right, and where it is.
    fn draw_curves(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let left = 12;
        let columns = area.width.saturating_sub(left + 2).min(STEPS + 1);
        if columns < 2 {
            return;
        }
        let signs = if theme.has_blocks() { BLOCKS } else { DIGITS };
        let step = |column: u16| (column * STEPS + (columns - 1) / 2) / (columns - 1);
        type Share = fn(&Taken) -> Option<f64>;
        let curves: [(&str, Share); 2] = [
            ("precision", |taken| (taken.images > 0).then_some(taken.metrics.precision)),
            ("recall", |taken| Some(taken.metrics.recall)),
        ];
        for (series, (name, share)) in curves.into_iter().enumerate() {
            let y = area.y + 5 + series as u16;
            put(buffer, area, area.x + 2, y, name, theme.style(Role::Dim));
            let curve: String = (0..columns)
                .map(|column| share(&self.images.at(at(step(column)))))
                .map(|share| share.map_or(' ', |share| signs[(share * 7.0).round() as usize]))
                .collect();
            put(buffer, area, area.x + left, y, &curve, theme.series(series));
        }
        let here = (0..columns).min_by_key(|column| step(*column).abs_diff(self.threshold));
        let x = area.x + left + here.unwrap_or(0);
        put(buffer, area, x, area.y + 7, "^", theme.style(Role::Accent));
    }

    fn draw_reliability(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let (text, role) = match &self.calibrated {
            Some(Ok(found)) => {
                let run = self.source.run().id();
                return reliability::draw(found, &run, self.top, area, buffer, theme);
            }
            Some(Err(problem)) => (problem.as_str(), Role::Bad),
            None => ("a temperature is fitted to the scores", Role::Dim),
        };
        let room = usize::from(area.width.saturating_sub(4));
        for (y, line) in (area.y + 1..area.bottom()).zip(wrap(text, room)) {
            put(buffer, area, area.x + 2, y, &line, theme.style(role));
        }
    }

    fn draw_flips(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let text = match self.flips.len() {
            0 => "no image changes sides against the highest score".to_owned(),
            n => format!(
                "{} against the highest score",
                match n {
                    1 => "1 image changes sides".to_owned(),
                    n => format!("{} images change sides", grouped(n)),
                }
            ),
        };
        put(buffer, area, area.x + 2, area.y + ABOVE - 1, &text, theme.style(Role::Dim));
        let list = flips_area(area);
        let name_cells = usize::from(area.width).saturating_sub(46).clamp(10, 60);
        for (y, at) in (list.y..list.bottom()).zip(self.first_flip(list)..self.flips.len()) {
            let place = self.flips[at];
            let image = &self.table.images()[place];
            let is_taken = !self.is_of(image.predicted);
            let is_good = is_taken == self.is_of(image.truth);
            let text = format!(
                "{} {}  {:.3}  {}  {}",
                if is_taken { "in " } else { "out" },
                if is_good { "✓" } else { "✗" },
                self.score(place),
                pad_right(&fit(self.table.category(image.truth), 14), 14),
                pad_right(&fit_end(&self.table.name(place), name_cells), name_cells)
            );
            let role = match (at == self.cursor, is_good) {
                (true, _) => Role::Selection,
                (_, true) => Role::Good,
                (_, false) => Role::Bad,
            };
            put(buffer, area, area.x + 2, y, &text, theme.style(role));
        }
    }
}

fn flips_area(area: Rect) -> Rect {
    let above = ABOVE.min(area.height);
    Rect { y: area.y + above, height: area.height - above, ..area }
}

fn at(step: u16) -> f32 {
    f32::from(step) / f32::from(STEPS)
}

impl Page for Threshold {
    fn way(&self, known: &Known, zone: &TimeZone) -> Vec<String> {
        let what = if self.shows_reliability { "Reliability" } else { "Threshold" };
        vec![names::in_way(self.source.run(), known, zone), what.into()]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        match message {
            Message::Action(Action::OtherChart) => self.turn(world.known),
            Message::Action(action) if self.shows_reliability => {
                self.act_on_reliability(*action, world)
            }
            Message::Action(action) => self.act(*action, world.area),
            Message::Mouse(mouse) if !self.shows_reliability => {
                self.on_mouse(mouse, world.area).into_iter().collect()
            }
            Message::News(news) => {
                for one in news {
                    if let News::Calibrated(news) = one
                        && Arc::ptr_eq(&news.table, &self.table)
                    {
                        self.calibrated = Some(news.calibrated.clone());
                    }
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        if self.shows_reliability {
            return self.draw_reliability(area, buffer, world.theme);
        }
        self.draw_counts(area, buffer, world.theme);
        self.draw_curves(area, buffer, world.theme);
        self.draw_flips(area, buffer, world.theme);
    }

    fn offers(&self, action: Action, _: &Known) -> bool {
        match action {
            Action::Enter => !self.shows_reliability && !self.flips.is_empty(),
            Action::CursorLeft | Action::CursorRight | Action::NextSet | Action::NextTruth => {
                !self.shows_reliability
            }
            _ => true,
        }
    }
}
