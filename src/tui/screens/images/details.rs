//! The image under the cursor: where its picture stands, what is known of it, all its scores.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::columns::number;
use crate::insight::label_lines;
use crate::spec::Set;
use crate::tui::scores::ScoreTable;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{fit, fit_end, put, width, wrap};

/// From here on list and details stand side by side.
const WIDE: u16 = 100;
/// Marks of the true and of the predicted category, and a space.
const MARKS: u16 = 3;
/// ` (score = 0.86540)`
const SCORE_WIDTH: usize = 18;
const SMALLEST_BAR: usize = 6;
const MOST_BARS: u16 = 12;

/// Where everything stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub status: Rect,
    pub list: Rect,
    pub facts: Rect,
    pub picture: Rect,
    pub bars: Rect,
}

/// Side by side where there is room, else the list above the details.
pub fn layout(area: Rect, categories: usize, is_large: bool) -> Layout {
    let status = Rect { height: area.height.min(1), ..area };
    let body = Rect { y: area.y + status.height, height: area.height - status.height, ..area };
    let nothing = Rect { width: 0, height: 0, ..body };
    if is_large {
        let [facts, picture] = split_rows(body, 1);
        return Layout { status, list: nothing, facts, picture, bars: nothing };
    }
    if body.width >= WIDE {
        let [list, details] = split_columns(body, body.width * 11 / 20);
        let [facts, rest] = split_rows(details, 2);
        let bars = (categories as u16).min(MOST_BARS).min(rest.height / 2);
        let [picture, bars] = split_rows(rest, rest.height - bars);
        let picture = Rect { height: picture.height.saturating_sub(1), ..picture };
        return Layout { status, list, facts, picture, bars };
    }
    let [list, details] = split_rows(body, body.height * 2 / 5);
    let [facts, details] = split_rows(details, 2);
    // Half-blocks are square: a picture of that height needs twice as many columns.
    let [picture, bars] = split_columns(details, (details.height * 2).min(details.width * 2 / 5));
    Layout { status, list, facts, picture, bars }
}

fn split_rows(area: Rect, first: u16) -> [Rect; 2] {
    let first = first.min(area.height);
    let rest = Rect { y: area.y + first, height: area.height - first, ..area };
    [Rect { height: first, ..area }, rest]
}

/// With a column between them.
fn split_columns(area: Rect, first: u16) -> [Rect; 2] {
    let first = first.min(area.width);
    let x = (area.x + first + 1).min(area.right());
    [Rect { width: first, ..area }, Rect { x, width: area.right() - x, ..area }]
}

/// The file, and what became of it.
pub fn draw_facts(table: &ScoreTable, at: usize, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let image = &table.images()[at];
    let style = |role| theme.style(role);
    let name = table.name(at);
    let is_one_line = area.height < 2;
    let room = usize::from(area.width) / if is_one_line { 2 } else { 1 };
    let x = put(buffer, area, area.x, area.y, &fit_end(&name, room), style(Role::Accent));
    let (mut x, y) = if is_one_line { (x + 2, area.y) } else { (area.x, area.y + 1) };
    if let Some(problem) = table.problem(at) {
        put(buffer, area, x, y, &format!("✗ not scored: {problem}"), style(Role::Bad));
        return;
    }
    let (sign, role) = match image.is_wrong() {
        true => ("✗ ", Role::Bad),
        false if image.truth.is_some() => ("✓ ", Role::Good),
        false => ("", Role::Text),
    };
    x = put(buffer, area, x, y, sign, style(role));
    let mut facts = Vec::new();
    if image.truth.is_some() {
        facts.push(format!("● {}", table.category(image.truth)));
    }
    facts.push(format!("▸ {} {}", table.category(image.predicted), number(table.score(at))));
    facts.extend(image.is_none_of_these.then(|| "none of these?".to_owned()));
    if image.truth.is_some() {
        facts.push(format!("loss {}", number(image.loss)));
    }
    facts.push(format!("margin {}", number(image.margin)));
    facts.extend(image.set.map(|set| Set::name(set).to_owned()));
    put(buffer, area, x, y, &facts.join("  "), style(Role::Text));
}

/// What label_image would print, with the marks `●` for the true and `▸` for the predicted
/// category before each line, and a bar behind it.
pub fn draw_bars(table: &ScoreTable, at: usize, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let image = &table.images()[at];
    if let Some(problem) = table.problem(at) {
        for (y, line) in (area.y..area.bottom()).zip(wrap(problem, area.width.into())) {
            put(buffer, area, area.x, y, &line, theme.style(Role::Bad));
        }
        return;
    }
    let scores = table.scores(at);
    let room = usize::from(area.width.saturating_sub(MARKS));
    let room = room.saturating_sub(SCORE_WIDTH + 1 + SMALLEST_BAR).max(4);
    let labels: Vec<String> = table.categories.iter().map(|name| fit(name, room)).collect();
    let lines = label_lines(&labels, scores);
    let longest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
    let rows = shown(scores, image.truth, area.height.into());
    let left_out = lines.len() - rows.len();
    for (y, &(rank, category)) in (area.y..).zip(&rows) {
        let is = |other: Option<u32>| other == Some(category as u32);
        let truth = if is(image.truth) { "●" } else { " " };
        let predicted = if is(image.predicted) { "▸" } else { " " };
        let role = if is(image.truth) { Role::Good } else { Role::Text };
        let text = format!("{truth}{predicted} {}", lines[rank]);
        put(buffer, area, area.x, y, &text, theme.style(role));
        let x = area.x.saturating_add(MARKS + longest as u16 + 1);
        let more = match left_out {
            n if n > 0 && y + 1 == area.y + rows.len() as u16 => format!(" +{n} more"),
            _ => String::new(),
        };
        let cells = usize::from(area.right().saturating_sub(x)).saturating_sub(more.len());
        let role = if is(image.truth) { Role::Good } else { Role::Accent };
        let x = put(buffer, area, x, y, &bar(scores[category], cells), theme.style(role));
        put(buffer, area, x, y, &more, theme.style(Role::Dim));
    }
}

/// `(rank, category)` of the highest scores, in the order of [`label_lines`]; the true category is
/// always among them.
fn shown(scores: &[f32], truth: Option<u32>, rows: usize) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| (scores[a] + 0.0).total_cmp(&(scores[b] + 0.0)));
    order.reverse();
    let mut ranked: Vec<(usize, usize)> = order.into_iter().enumerate().collect();
    let own = ranked.iter().copied().find(|&(_, category)| truth == Some(category as u32));
    ranked.truncate(rows);
    if let (Some(own), Some(last)) = (own, ranked.last_mut())
        && own.0 > last.0
    {
        *last = own;
    }
    ranked
}

/// `score` of `cells` cells, to an eighth of a cell.
fn bar(score: f32, cells: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (score.clamp(0.0, 1.0) * cells as f32 * 8.0).round() as usize;
    let text = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
    let missing = cells.saturating_sub(width(&text));
    text + &" ".repeat(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overlaps_and_nothing_is_outside_at_any_size() {
        for width in 0..150 {
            for height in 0..45 {
                for (categories, is_large) in [(0, false), (3, false), (50, false), (3, true)] {
                    let area = Rect::new(0, 1, width, height);
                    let layout = layout(area, categories, is_large);
                    let Layout { status, list, facts, picture, bars } = layout;
                    let parts = [status, list, facts, picture, bars];
                    for (i, part) in parts.iter().enumerate() {
                        assert!(part.is_empty() || area.union(*part) == area, "{layout:?}");
                        assert!(!parts[i + 1..].iter().any(|other| part.intersects(*other)
                            && !part.is_empty()
                            && !other.is_empty()));
                    }
                }
            }
        }
    }

    #[test]
    fn the_lines_are_in_the_order_of_label_image_and_the_true_one_is_among_them() {
        let scores = [0.1, 0.3, 0.1, 0.5];
        let names = ["a", "b", "c", "d"];
        let lines = label_lines(&names, &scores);
        for (rank, category) in shown(&scores, None, 9) {
            assert!(lines[rank].starts_with(names[category]));
        }
        assert_eq!(shown(&scores, Some(0), 2), [(0, 3), (3, 0)]);
        assert_eq!(shown(&scores, Some(1), 2), [(0, 3), (1, 1)]);
        assert!(shown(&[], None, 2).is_empty());
    }

    #[test]
    fn a_bar_is_as_long_as_its_score() {
        assert_eq!(bar(1.0, 3), "███");
        assert_eq!(bar(0.5, 3), "█▌ ");
        assert_eq!(bar(f32::NAN, 2), "  ");
    }
}
