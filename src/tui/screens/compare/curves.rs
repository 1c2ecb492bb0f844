//! The curves of several runs, one colour and symbol a run.

use crossterm::event::{MouseButton, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::widgets::Widget;

use super::means::{Mean, Means};
use crate::insight::MeanPoint;
use crate::tui::news::Curves;
use crate::tui::screens::World;
use crate::tui::widgets::chart::{Chart, Series, Trace, Unit, Weight, YScale};

/// From this width the charts of loss and accuracy stand side by side.
const SIDE_BY_SIDE: u16 = 100;
/// From this height they stand one above the other.
const STACKED: u16 = 24;

/// Stands for what was not read yet.
static NOTHING: Trace = Trace::EMPTY;

/// A curve: of one run, or the mean of several with how much they differ.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub trace: &'a Trace,
    pub spread: &'a [MeanPoint],
}

impl Line<'_> {
    pub const NOTHING: Line<'static> = Line { trace: &NOTHING, spread: &[] };
}

/// Loss and accuracy of a column's runs.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a> {
    pub loss: Line<'a>,
    pub accuracy: Line<'a>,
}

impl<'a> Lines<'a> {
    /// Of one run; `None`: nothing was read yet.
    pub fn of_run(curves: Option<&'a Curves>, of_training: bool) -> Lines<'a> {
        let line = |trace: fn(&Curves) -> &Trace| match curves {
            Some(curves) => Line { trace: trace(curves), spread: &[] },
            None => Line::NOTHING,
        };
        match of_training {
            true => Lines {
                loss: line(|curves| &curves.train_loss),
                accuracy: line(|curves| &curves.train_accuracy),
            },
            false => Lines {
                loss: line(|curves| &curves.validation_loss),
                accuracy: line(|curves| &curves.validation_accuracy),
            },
        }
    }

    /// Of repeats.
    pub fn of_repeats(means: &'a Means) -> Lines<'a> {
        let line = |mean: &'a Mean| Line { trace: &mean.trace, spread: &mean.spread };
        Lines { loss: line(&means.loss), accuracy: line(&means.accuracy) }
    }
}

/// How the curves are looked at.
#[derive(Debug, Default)]
pub struct View {
    pub shows_training: bool,
    pub prefers_accuracy: bool,
    pub is_log: bool,
    pub cursor: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    Loss,
    Accuracy,
}

impl View {
    pub fn draw(
        &self,
        names: &[String],
        lines: &[Lines],
        area: Rect,
        buffer: &mut Buffer,
        world: &World,
    ) {
        for (quantity, area) in self.areas(area) {
            let [title, below] = titled(area);
            let words = match (quantity, self.shows_training) {
                (Quantity::Loss, false) => "validation loss",
                (Quantity::Loss, true) => "training loss",
                (Quantity::Accuracy, false) => "validation accuracy",
                (Quantity::Accuracy, true) => "training accuracy",
            };
            let line = format!("── {words} {}", "─".repeat(title.width.into()));
            let style = world.theme.chart_styles().dim;
            buffer.set_stringn(title.x, title.y, line, title.width.into(), style);
            self.chart(quantity, names, lines, world).render(below, buffer);
        }
    }

    /// The iteration under a place of the screen.
    pub fn iteration_at(
        &self,
        names: &[String],
        lines: &[Lines],
        area: Rect,
        place: Position,
        world: &World,
    ) -> Option<f64> {
        self.areas(area).into_iter().find_map(|(quantity, area)| {
            self.chart(quantity, names, lines, world).x_at(titled(area)[1], place)
        })
    }

    pub fn on_mouse(&mut self, kind: MouseEventKind, x: Option<f64>) {
        let is_left = matches!(
            kind,
            MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left)
        );
        if is_left && let Some(x) = x {
            self.cursor = Some(x.round());
        }
    }

    fn areas(&self, area: Rect) -> Vec<(Quantity, Rect)> {
        let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let halves = [Constraint::Fill(1), Constraint::Fill(1)];
        if area.width >= SIDE_BY_SIDE {
            let [left, right] = Layout::horizontal(halves).spacing(2).areas(area);
            vec![(Quantity::Loss, left), (Quantity::Accuracy, right)]
        } else if area.height >= STACKED {
            let [upper, lower] = Layout::vertical(halves).areas(area);
            vec![(Quantity::Loss, upper), (Quantity::Accuracy, lower)]
        } else if self.prefers_accuracy {
            vec![(Quantity::Accuracy, area)]
        } else {
            vec![(Quantity::Loss, area)]
        }
    }

    fn chart<'a>(
        &self,
        quantity: Quantity,
        names: &'a [String],
        lines: &[Lines<'a>],
        world: &World,
    ) -> Chart<'a> {
        let weight = if self.shows_training { Weight::Thin } else { Weight::Bold };
        let all = names.iter().zip(lines).enumerate();
        let series = all
            .map(|(index, (name, lines))| {
                let line = match quantity {
                    Quantity::Loss => lines.loss,
                    Quantity::Accuracy => lines.accuracy,
                };
                Series {
                    name,
                    trace: line.trace,
                    style: world.theme.series(index),
                    // Before a spread a thin line is lost.
                    weight: if line.spread.is_empty() { weight } else { Weight::Bold },
                    band: false,
                    spread: line.spread,
                }
            })
            .collect();
        let is_log = self.is_log && quantity == Quantity::Loss;
        Chart {
            series,
            x_range: None,
            zoom: None,
            y_scale: if is_log { YScale::Log } else { YScale::Linear },
            unit: match quantity {
                Quantity::Loss => Unit::Number,
                Quantity::Accuracy => Unit::Share,
            },
            cursor: self.cursor,
            marker: world.theme.marker(),
            styles: world.theme.chart_styles(),
        }
    }
}

fn titled(area: Rect) -> [Rect; 2] {
    Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area)
}
