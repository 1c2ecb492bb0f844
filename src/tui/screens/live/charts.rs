//! The loss and accuracy charts: side by side, one above the other, or one of them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::widgets::Widget;

use super::shown::Shown;
use crate::tui::theme::Role;
use crate::tui::widgets::chart::{Chart, Series, Unit, Weight, YScale};

const LOSS: &str = "loss";
const ACCURACY: &str = "accuracy";

/// From this width two charts stand side by side.
const SIDE_BY_SIDE: u16 = 100;
/// From this height they stand one above the other.
const STACKED: u16 = 16;

pub fn draw(shown: &Shown, area: Rect, buffer: &mut Buffer) {
    for (title, area) in areas(shown, area) {
        let [top, below] = titled(area);
        let width = usize::from(top.width);
        if !top.is_empty() {
            let line = format!("── {title} {}", "─".repeat(width));
            buffer.set_stringn(top.x, top.y, line, width, shown.theme.style(Role::Dim));
        }
        chart(shown, title).render(below, buffer);
    }
}

/// The iteration under a place of the screen.
pub fn iteration_at(shown: &Shown, area: Rect, place: Position) -> Option<f64> {
    areas(shown, area)
        .into_iter()
        .find_map(|(title, area)| chart(shown, title).x_at(titled(area)[1], place))
}

/// What is shown where.
fn areas(shown: &Shown, area: Rect) -> Vec<(&'static str, Rect)> {
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    if area.width >= SIDE_BY_SIDE {
        let [left, right] = Layout::horizontal(halves).spacing(2).areas(area);
        vec![(LOSS, left), (ACCURACY, right)]
    } else if area.height >= STACKED {
        let [upper, lower] = Layout::vertical(halves).areas(area);
        vec![(LOSS, upper), (ACCURACY, lower)]
    } else if shown.view.prefers_accuracy {
        vec![(ACCURACY, area)]
    } else {
        vec![(LOSS, area)]
    }
}

/// A row for the title, where there is one to spare, and the chart below it.
fn titled(area: Rect) -> [Rect; 2] {
    let title = u16::from(area.height >= 6);
    Layout::vertical([Constraint::Length(title), Constraint::Fill(1)]).areas(area)
}

fn chart<'a>(shown: &Shown<'a>, title: &str) -> Chart<'a> {
    let (curves, view) = (&shown.followed.curves, shown.view);
    let (train, validation) = match title {
        LOSS => (&curves.train_loss, &curves.validation_loss),
        _ => (&curves.train_accuracy, &curves.validation_accuracy),
    };
    let series =
        |name, trace, style, weight, band| Series { name, trace, style, weight, band, spread: &[] };
    let colour = |index| shown.theme.series(index);
    Chart {
        series: vec![
            series("train", train, colour(0), Weight::Thin, true),
            series("validation", validation, colour(1), Weight::Bold, false),
        ],
        x_range: Some(shown.followed.iterations()),
        zoom: view.zoom,
        // An accuracy may well be 0, and its interesting end is 1: a log scale shows neither.
        y_scale: if title == LOSS { view.y_scale } else { YScale::Linear },
        unit: if title == LOSS { Unit::Number } else { Unit::Share },
        cursor: view.cursor,
        marker: shown.theme.marker(),
        styles: shown.theme.chart_styles(),
    }
}
