//! The loss and accuracy charts: side by side, one above the other, or one of them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::Widget;

use super::panel::LivePanel;
use crate::tui::widgets::chart::{Chart, ChartStyles, Series, Trace, Weight, YScale};

/// From this width two charts stand side by side.
const SIDE_BY_SIDE: u16 = 100;
/// From this height they stand one above the other.
const STACKED: u16 = 16;

pub fn draw(panel: &LivePanel, area: Rect, buffer: &mut Buffer) {
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    let (loss, accuracy) = if area.width >= SIDE_BY_SIDE {
        let [left, right] = Layout::horizontal(halves).spacing(2).areas(area);
        (Some(left), Some(right))
    } else if area.height >= STACKED {
        let [upper, lower] = Layout::vertical(halves).areas(area);
        (Some(upper), Some(lower))
    } else if panel.state.prefers_accuracy {
        (None, Some(area))
    } else {
        (Some(area), None)
    };
    let state = panel.state;
    if let Some(area) = loss {
        draw_titled(panel, "loss", (&state.train_loss, &state.validation_loss), area, buffer);
    }
    if let Some(area) = accuracy {
        let traces = (&state.train_accuracy, &state.validation_accuracy);
        draw_titled(panel, "accuracy", traces, area, buffer);
    }
}

fn draw_titled(
    panel: &LivePanel,
    title: &str,
    (train, validation): (&Trace, &Trace),
    area: Rect,
    buffer: &mut Buffer,
) {
    let title_height = u16::from(area.height >= 6);
    let [top, below] =
        Layout::vertical([Constraint::Length(title_height), Constraint::Fill(1)]).areas(area);
    let width = usize::from(top.width);
    if title_height > 0 {
        let line = format!("── {title} {}", "─".repeat(width));
        buffer.set_stringn(top.x, top.y, line, width, panel.styles.dim);
    }
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
    let chart = Chart {
        series,
        x_range: Some(panel.state.whole()),
        zoom: panel.state.zoom,
        // An accuracy may well be 0, and its interesting end is 1: a log scale shows neither.
        y_scale: if title == "loss" { panel.state.y_scale } else { YScale::Linear },
        cursor: panel.state.cursor,
        marker: panel.marker,
        styles: ChartStyles {
            text: styles.text,
            dim: styles.dim,
            cursor: styles.accent,
            bad: styles.bad,
        },
    };
    chart.render(below, buffer);
}
