//! The confusion matrix as a menu: each cell leads to exactly its images.

pub mod grid;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World, names};
use crate::insight::{ConfusionMatrix, Evaluation, Scored, beyond_accuracy, confusion_table};
use crate::spec::Set;
use crate::tui::effect::{Destination, Effect};
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::scores::{Filters, ScoreTable, Source, next_set};
use crate::tui::theme::Role;
use crate::tui::widgets::{put, width};
use crate::words;
use grid::{Cursor, Grid};

pub const CONTEXTS: &[Context] = &[Context::Confusion, Context::List];

#[derive(Debug)]
pub struct Confusion {
    source: Source,
    table: Arc<ScoreTable>,
    /// `None`: all images.
    set: Option<Set>,
    /// Of the images of that set.
    evaluation: Evaluation,
    cursor: Cursor,
}

impl Confusion {
    /// Of the images of `set`, or of all; the cursor is on the largest confusion.
    pub fn new(source: Source, table: Arc<ScoreTable>, set: Option<Set>) -> Confusion {
        let evaluation = evaluate(&table, set);
        let cursor = largest_confusion(&evaluation.confusion);
        Confusion { source, table, set, evaluation, cursor }
    }

    fn matrix(&self) -> &ConfusionMatrix {
        &self.evaluation.confusion
    }

    fn grid(&self, area: Rect) -> Grid {
        // Two lines above and two below it.
        let inside = Rect { y: area.y + 2, height: area.height.saturating_sub(4), ..area };
        Grid::new(&self.table.categories, self.matrix(), Some(self.cursor), inside)
    }

    fn act(&mut self, action: Action, area: Rect) -> Vec<Effect> {
        let page = self.grid(area).rows().max(1);
        let Cursor { truth, predicted } = self.cursor;
        let last = self.matrix().categories().saturating_sub(1);
        let down = |rows: usize| Cursor { truth: (truth + rows).min(last), predicted };
        let up = |rows: usize| Cursor { truth: truth.saturating_sub(rows), predicted };
        self.cursor = match action {
            Action::Down => down(1),
            Action::Up => up(1),
            Action::HalfDown => down((page / 2).max(1)),
            Action::HalfUp => up((page / 2).max(1)),
            Action::PageDown => down(page),
            Action::PageUp => up(page),
            Action::First => up(last),
            Action::Last => down(last),
            Action::ColumnLeft => Cursor { predicted: predicted.saturating_sub(1), truth },
            Action::ColumnRight => Cursor { predicted: (predicted + 1).min(last), truth },
            Action::NextSet => {
                self.set = next_set(self.set);
                self.evaluation = evaluate(&self.table, self.set);
                self.cursor
            }
            Action::Threshold if !self.table.categories.is_empty() => {
                return vec![Effect::Open(Destination::Threshold {
                    source: self.source.clone(),
                    table: self.table.clone(),
                    set: self.set,
                    category: truth,
                })];
            }
            Action::Enter => return vec![self.open()],
            Action::Yank => {
                let table = confusion_table(&self.table.categories, self.matrix());
                return vec![Effect::Copy(table)];
            }
            _ => self.cursor,
        };
        Vec::new()
    }

    fn on_mouse(&mut self, mouse: &MouseEvent, area: Rect) -> Vec<Effect> {
        match mouse.kind {
            MouseEventKind::ScrollDown => return self.act(Action::Down, area),
            MouseEventKind::ScrollUp => return self.act(Action::Up, area),
            MouseEventKind::Down(MouseButton::Left) => {}
            _ => return Vec::new(),
        }
        match self.grid(area).cell_at(mouse.column, mouse.row) {
            Some(cell) if cell == self.cursor => vec![self.open()],
            Some(cell) => {
                self.cursor = cell;
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Exactly the images of the cell under the cursor.
    fn open(&self) -> Effect {
        let filters = Filters {
            wrong_only: false,
            set: self.set,
            truth: Some(self.cursor.truth as u32),
            predicted: Some(self.cursor.predicted as u32),
            chosen: None,
        };
        let (source, table) = (self.source.clone(), self.table.clone());
        Effect::Open(Destination::SomeImages { source, table, filters })
    }

    /// What is counted, and what the scores of all these images say.
    fn draw_status(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let images = self.evaluation.images;
        let accuracy = match images {
            0 => "no image in this set".to_owned(),
            _ => format!("{} correct", words::percent(self.evaluation.accuracy())),
        };
        let set = self.set.map_or("all sets", Set::name);
        let images = words::counted(images, "image");
        let text = format!("rows true, columns predicted · {set} · {images} · {accuracy}");
        put(buffer, area, area.x + 2, area.y, &text, world.theme.style(Role::Dim));
        // As many phrases as fit.
        let mut quality = String::new();
        for phrase in beyond_accuracy(&self.evaluation) {
            let longer = if quality.is_empty() { phrase } else { format!("{quality} · {phrase}") };
            if width(&longer) + 2 > area.width.into() {
                break;
            }
            quality = longer;
        }
        put(buffer, area, area.x + 2, area.y + 1, &quality, world.theme.style(Role::Dim));
    }

    /// The cell under the cursor and its category in words.
    fn draw_cell(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let Cursor { truth, predicted } = self.cursor;
        let names = &self.table.categories;
        let (Some(true_name), Some(predicted_name)) = (names.get(truth), names.get(predicted))
        else {
            return;
        };
        let count = self.matrix().count(truth, predicted);
        let support = self.matrix().support(truth);
        let verdict = if truth == predicted { "✓" } else { "✗" };
        let share = if support == 0 { 0.0 } else { count as f64 / support as f64 };
        let of = format!("{count} of {support} ({}) {verdict}", words::percent(share));
        let text = format!("true {true_name}, predicted {predicted_name}: {of}");
        let role = match (truth == predicted, count) {
            (_, 0) => Role::Dim,
            (true, _) => Role::Good,
            (false, _) => Role::Bad,
        };
        put(buffer, area, area.x + 2, area.y, &text, world.theme.style(role));
        let [recall, precision, f1] =
            [self.matrix().recall(truth), self.matrix().precision(truth), self.matrix().f1(truth)]
                .map(words::percent);
        let text = format!("{true_name}: recall {recall}, precision {precision}, F1 {f1}");
        put(buffer, area, area.x + 2, area.y + 1, &text, world.theme.style(Role::Dim));
    }
}

fn evaluate(table: &ScoreTable, set: Option<Set>) -> Evaluation {
    let scored = table.images().iter().enumerate().filter_map(|(row, image)| {
        let truth = image.truth.filter(|_| image.predicted.is_some())? as usize;
        (set.is_none() || image.set == set).then(|| Scored { truth, scores: table.scores(row) })
    });
    Evaluation::of(scored, table.categories.len())
}

fn largest_confusion(matrix: &ConfusionMatrix) -> Cursor {
    let largest = matrix.confusions().first().copied();
    largest.map_or_else(Cursor::default, |found| Cursor {
        truth: found.truth,
        predicted: found.predicted,
    })
}

impl Page for Confusion {
    fn way(&self, known: &Known, zone: &TimeZone) -> Vec<String> {
        vec![names::in_way(self.source.run(), known, zone), "Matrix".into()]
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        match message {
            Message::Action(action) => self.act(*action, world.area),
            Message::Mouse(mouse) => self.on_mouse(mouse, world.area),
            _ => Vec::new(),
        }
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_status(area, buffer, world);
        self.grid(area).draw(
            &self.table.categories,
            self.matrix(),
            Some(self.cursor),
            buffer,
            world.theme,
        );
        let y = area.bottom().saturating_sub(2).max(area.y);
        self.draw_cell(Rect { y, height: area.bottom() - y, ..area }, buffer, world);
    }
}
