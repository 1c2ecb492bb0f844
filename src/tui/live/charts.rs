//! The loss and accuracy charts: side by side, one above the other, or one of them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::widgets::Widget;

use super::panel::LivePanel;
use crate::tui::widgets::chart::{Chart, ChartStyles, Series, Weight, YScale};

const LOSS: &str = "loss";
const ACCURACY: &str = "accuracy";

/// From this width two charts stand side by side.
const SIDE_BY_SIDE: u16 = 100;
/// From this height they stand one above the other.
const STACKED: u16 = 16;

pub fn draw(panel: &LivePanel, area: Rect, buffer: &mut Buffer) {
    for (title, area) in areas(panel, area) {
        let [top, below] = titled(area);
        let width = usize::from(top.width);
        if !top.is_empty() {
            let line = format!("── {title} {}", "─".repeat(width));
            buffer.set_stringn(top.x, top.y, line, width, panel.styles.dim);
        }
        chart(panel, title).render(below, buffer);
    }
}

/// The iteration under a place of the screen.
pub fn iteration_at(panel: &LivePanel, area: Rect, place: Position) -> Option<f64> {
    areas(panel, area)
        .into_iter()
        .find_map(|(title, area)| chart(panel, title).x_at(titled(area)[1], place))
}

/// What is shown where.
fn areas(panel: &LivePanel, area: Rect) -> Vec<(&'static str, Rect)> {
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    if area.width >= SIDE_BY_SIDE {
        let [left, right] = Layout::horizontal(halves).spacing(2).areas(area);
        vec![(LOSS, left), (ACCURACY, right)]
    } else if area.height >= STACKED {
        let [upper, lower] = Layout::vertical(halves).areas(area);
        vec![(LOSS, upper), (ACCURACY, lower)]
    } else if panel.state.prefers_accuracy {
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

fn chart<'a>(panel: &LivePanel<'a>, title: &str) -> Chart<'a> {
    let state = panel.state;
    let (train, validation) = match title {
        LOSS => (&state.train_loss, &state.validation_loss),
        _ => (&state.train_accuracy, &state.validation_accuracy),
    };
    let styles = panel.styles;
    let series = vec![
        Series {
            name: "train",
            trace: train,
            style: styles.train,
            weight: Weight::Thin,
            band: true,
        },
        Series {
            name: "validation",
            trace: validation,
            style: styles.validation,
            weight: Weight::Bold,
            band: false,
        },
    ];
    Chart {
        series,
        x_range: Some(panel.state.whole()),
        zoom: panel.state.zoom,
        // An accuracy may well be 0, and its interesting end is 1: a log scale shows neither.
        y_scale: if title == LOSS { panel.state.y_scale } else { YScale::Linear },
        cursor: panel.state.cursor,
        marker: panel.marker,
        styles: ChartStyles {
            text: styles.text,
            dim: styles.dim,
            cursor: styles.accent,
            bad: styles.bad,
        },
    }
}
