//! Whether scores mean what they say: a reliability diagram as trained, and at the fitted temperature.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::insight::{CALIBRATION_ERROR as ERROR, Calibrated, CalibrationBin, wilson};
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{put, wrap};
use crate::words::{grouped, pad_left};

/// `93 to 100%` and a gap.
const BIN: usize = 12;
/// `1,300` and a gap.
const COUNT: usize = 6;
/// Columns between the two diagrams.
const GAP: u16 = 2;
/// From this height there is room for more numbers.
const WITH_MEASURES: u16 = 30;

/// The rows of bins that are drawn, of how many.
pub struct Rows {
    pub shown: usize,
    pub all: usize,
}

/// Where what stands; all of the width.
struct Places {
    words: Vec<(String, Role)>,
    below: Vec<(String, Role)>,
    bins: Rect,
}

/// The signs of the diagram.
struct Signs {
    interval: char,
    right: char,
    score: char,
    both: char,
}

const LINES: Signs = Signs { interval: '─', right: '●', score: '│', both: '◆' };
const LETTERS: Signs = Signs { interval: '-', right: 'o', score: '|', both: '#' };

fn signs(theme: &Theme) -> &'static Signs {
    if theme.has_blocks() { &LINES } else { &LETTERS }
}

/// Of both diagrams, the highest scores first.
fn bins(found: &Calibrated) -> Vec<[&CalibrationBin; 2]> {
    let [before, after] = [&found.as_trained, &found.calibrated].map(|of| &of.calibration.bins);
    let pairs = before.iter().zip(after).map(|(before, after)| [before, after]).rev();
    pairs.filter(|pair| pair.iter().any(|bin| bin.images > 0)).collect()
}

fn places(found: &Calibrated, run: &str, area: Rect, theme: &Theme) -> Places {
    let inside = inside(area);
    let lines = |text: &str, role| -> Vec<(String, Role)> {
        wrap(text, inside.width.into()).into_iter().map(|line| (line, role)).collect()
    };
    let mut words = lines(&found.in_words(), Role::Accent);
    words.extend(lines(&effect(found), Role::Dim));
    if area.height >= WITH_MEASURES && found.as_trained.images > 0 {
        let measures = found.measures().filter(|(name, ..)| *name != ERROR);
        let measures: Vec<String> = measures.map(measure).collect();
        words.extend(lines(&measures.join(" · "), Role::Text));
    }
    let Signs { right, score, both, .. } = signs(theme);
    let mut below = lines(
        &format!(
            "{right} how many are right, with the 95% interval; {score} their mean highest score, where \
             {right} is if scores mean what they say ({both})"
        ),
        Role::Dim,
    );
    below.extend(lines(&found.advice(run), Role::Text));
    let taken = (words.len() + below.len()) as u16;
    let bins = Rect {
        y: inside.y + words.len() as u16,
        height: inside.height.saturating_sub(taken),
        ..inside
    };
    Places { words, below, bins }
}

fn inside(area: Rect) -> Rect {
    Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area }
}

/// How many bins there are, and how many are in sight.
pub fn rows(found: &Calibrated, run: &str, area: Rect, theme: &Theme) -> Rows {
    let room = usize::from(places(found, run, area, theme).bins.height.saturating_sub(1));
    let all = bins(found).len();
    Rows { shown: room.min(all), all }
}

/// From the bin of this place on.
pub fn draw(
    found: &Calibrated,
    run: &str,
    top: usize,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let Places { words, below, bins: room } = places(found, run, area, theme);
    let inside = inside(area);
    let mut y = inside.y;
    for (line, role) in words {
        put(buffer, inside, inside.x, y, &line, theme.style(role));
        y += 1;
    }
    y = room.bottom();
    for (line, role) in below {
        put(buffer, inside, inside.x, y, &line, theme.style(role));
        y += 1;
    }
    let panels = panels(room);
    let heading = pad_left("SCORE", BIN - 2);
    put(buffer, room, room.x, room.y, &heading, theme.style(Role::Dim));
    for (name, panel) in ["as trained", "calibrated"].into_iter().zip(panels) {
        let title = format!("{} {name}", pad_left("N", COUNT - 1));
        put(buffer, panel, panel.x, room.y, &title, theme.style(Role::Dim));
    }
    let all = bins(found);
    let top = top.min(all.len().saturating_sub(usize::from(room.height.saturating_sub(1))));
    for (y, pair) in (room.y + 1..room.bottom()).zip(&all[top..]) {
        let (low, high) = (pair[0].low * 100.0, pair[0].high * 100.0);
        let label = pad_left(&format!("{low:.0} to {high:.0}%"), BIN - 2);
        put(buffer, room, room.x, y, &label, theme.style(Role::Text));
        for (bin, panel) in pair.iter().zip(panels) {
            draw_bin(bin, Rect { y, height: 1, ..panel }, buffer, theme);
        }
    }
}

/// What the effect was measured on, and how large it is.
fn effect(found: &Calibrated) -> String {
    let error = found.measures().find(|(name, ..)| *name == ERROR);
    match error.filter(|_| found.as_trained.images > 0) {
        Some(error) => format!("{}: {}", found.effect_in_words(), measure(error)),
        None => found.effect_in_words(),
    }
}

/// `calibration error 5.7%, calibrated 1.7%`
fn measure((name, before, after): (&str, String, String)) -> String {
    match before == after {
        true => format!("{name} {before}"),
        false => format!("{name} {before}, calibrated {after}"),
    }
}

/// Side by side, behind the scores of the bins.
fn panels(room: Rect) -> [Rect; 2] {
    let width = room.width.saturating_sub(BIN as u16 + GAP) / 2;
    let left = Rect { x: room.x + BIN as u16, width, ..room };
    [left, Rect { x: left.x + width + GAP, ..left }]
}

/// How many images, and on an axis from none to all how many of them are right.
fn draw_bin(bin: &CalibrationBin, row: Rect, buffer: &mut Buffer, theme: &Theme) {
    let (Some(score), Some(right)) = (bin.confidence(), bin.accuracy()) else { return };
    let Some((low, high)) = wilson(bin.correct, bin.images) else { return };
    let count = pad_left(&grouped(bin.images), COUNT - 1);
    put(buffer, row, row.x, row.y, &count, theme.style(Role::Text));
    let columns = row.width.saturating_sub(COUNT as u16);
    if columns < 2 {
        return;
    }
    let signs = signs(theme);
    let column = |share: f64| {
        row.x + COUNT as u16 + (share.clamp(0.0, 1.0) * f64::from(columns - 1)).round() as u16
    };
    let role = if (low..=high).contains(&score) { Role::Good } else { Role::Bad };
    let mut sign = |x: u16, sign: char, role: Role| {
        put(buffer, row, x, row.y, &sign.to_string(), theme.style(role));
    };
    for x in row.x + COUNT as u16..row.right() {
        sign(x, '·', Role::Dim);
    }
    for x in column(low)..=column(high) {
        sign(x, signs.interval, role);
    }
    match column(score) == column(right) {
        true => sign(column(score), signs.both, role),
        false => {
            sign(column(score), signs.score, Role::Text);
            sign(column(right), signs.right, role);
        }
    }
}
