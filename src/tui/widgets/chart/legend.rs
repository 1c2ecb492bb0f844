//! The words above the curves: names, values, and what was done to the data.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::series::{Chart, Series};
use super::trace::Reading;
use super::view::{View, YScale};
use crate::ticks::{Unit, format_iteration};
use crate::tui::widgets::safe;
use crate::words::grouped;

/// Words of one style, never broken across rows.
struct Item {
    text: String,
    style: Style,
}

/// Draws the legend at the top of `area` and returns how many rows it took.
pub fn draw(chart: &Chart, view: &View, area: Rect, buffer: &mut Buffer) -> u16 {
    let rows = (area.height / 5).clamp(1, 4);
    let (mut x, mut row) = (area.x, 0);
    for item in items(chart, view) {
        let width = safe(&item.text).width() as u16;
        if x > area.x && x + width > area.right() {
            if row + 1 == rows {
                buffer.set_stringn(area.right() - 1, area.y + row, "…", 1, chart.styles.text);
                break;
            }
            (x, row) = (area.x, row + 1);
        }
        let room = usize::from(area.right().saturating_sub(x));
        (x, _) = buffer.set_stringn(x, area.y + row, safe(&item.text), room, item.style);
        x += 2;
    }
    row + 1
}

fn items(chart: &Chart, view: &View) -> Vec<Item> {
    let mut items = Vec::new();
    let mut say = |text: String, style| items.push(Item { text, style });
    if let Some(cursor) = chart.cursor {
        say(format!("at {}", format_iteration(cursor.round())), chart.styles.cursor);
    }
    for (index, series) in chart.series.iter().enumerate() {
        let symbol = chart.marker.symbol(index);
        let style = series.style.add_modifier(Modifier::BOLD);
        say(format!("{symbol} {}", described(chart, series)), style);
    }
    let broken: usize = chart.series.iter().map(|series| series.trace.broken().len()).sum();
    if broken > 0 {
        say(format!("× {} not finite", grouped(broken)), chart.styles.bad);
    }
    if chart.log_is_impossible(view) {
        say("values at or below 0: no log scale".into(), chart.styles.bad);
    } else if view.scale == YScale::Log {
        say("log".into(), chart.styles.dim);
    }
    let smoothing = chart.series.iter().map(|series| series.trace.smoothing());
    let smoothing = smoothing.fold(0.0, f64::max);
    if smoothing > 0.0 {
        say(format!("smoothing {smoothing}"), chart.styles.dim);
    }
    items
}

/// Name, smoothed value and raw value, at the cursor or at the end.
fn described(chart: &Chart, series: &Series) -> String {
    let reading = match chart.cursor {
        Some(x) => series.trace.nearest(x),
        None => series.trace.latest(),
    };
    let Some(Reading { x, raw, smoothed }) = reading else {
        return format!("{} –", series.name);
    };
    if let Some(point) = series.spread.iter().rev().find(|point| point.x <= x) {
        let mean = chart.unit.format(smoothed);
        let deviation = match chart.unit {
            Unit::Share => chart.unit.format(point.deviation).trim_end_matches('%').to_owned(),
            Unit::Number => format!("{:.4}", point.deviation),
        };
        return format!("{} {mean} ± {deviation}, n={}", series.name, point.n);
    }
    let (smoothed, raw) = (chart.unit.format(smoothed), chart.unit.format(raw));
    let mut text = format!("{} {smoothed}", series.name);
    if raw != smoothed {
        text = format!("{text} (raw {raw})");
    }
    if chart.cursor.is_some_and(|cursor| (cursor - x).abs() >= 1.0) {
        text = format!("{text} at {}", format_iteration(x));
    }
    text
}
