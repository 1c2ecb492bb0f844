//! Below the text: what is wrong, expected and to be done; the meaning of what the cursor is on.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::check::Check;
use super::place::Topic;
use crate::config::Mistake;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::{put, safe, width, wrap};
use crate::words::counted;

/// Rows of the panel: its rule, three for a mistake, two for a meaning.
pub const ROWS: u16 = 6;

/// One row, in parts of different importance.
type Row = Vec<(String, Role)>;

pub fn draw(
    check: &Check,
    line: usize,
    topic: Option<Topic>,
    state: &str,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    if area.is_empty() {
        return;
    }
    rule(&verdict(check), state, area, buffer, theme);
    let inside = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let cells = usize::from(inside.width);
    let mut rows = check
        .nearest(line)
        .map_or_else(Vec::new, |mistake| mistake_rows(mistake, !check.mistakes.is_empty(), cells));
    rows.truncate(usize::from(ROWS - 3));
    rows.extend(topic.map_or_else(Vec::new, topic_rows));
    for (y, row) in (area.y + 1..area.bottom()).zip(rows) {
        let mut x = inside.x;
        for (text, role) in row {
            x = put(buffer, inside, x, y, &text, theme.style(role));
        }
    }
}

/// A line over the whole width with a few words in it.
pub fn rule(left: &(String, Role), right: &str, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let dashes = "─".repeat(area.width.into());
    let line = Rect { height: 1, ..area };
    put(buffer, line, area.x, area.y, &dashes, theme.style(Role::Dim));
    put(buffer, line, area.x + 1, area.y, &format!(" {} ", left.0), theme.style(left.1));
    if right.is_empty() {
        return;
    }
    let right = format!(" {right} ");
    let x = area.right().saturating_sub(width(&right) as u16 + 1);
    if usize::from(x) > usize::from(area.x) + width(&left.0) + 4 {
        put(buffer, line, x, area.y, &right, Style::new());
    }
}

fn verdict(check: &Check) -> (String, Role) {
    match (check.mistakes.len(), check.warnings.len()) {
        _ if check.is_old => ("…".into(), Role::Dim),
        (0, 0) => ("✓ no mistakes".into(), Role::Good),
        (0, warnings) => (format!("! {}", counted(warnings, "warning")), Role::Warning),
        (mistakes, _) => (format!("✗ {}", counted(mistakes, "mistake")), Role::Bad),
    }
}

/// Found, expected and cure, each on a row of its own where they fit, else as one text.
fn mistake_rows(mistake: &Mistake, is_bad: bool, cells: usize) -> Vec<Row> {
    let role = if is_bad { Role::Bad } else { Role::Warning };
    let sign = if is_bad { "✗" } else { "!" };
    let head = format!("{sign} line {}: ", mistake.line);
    let message = safe(&mistake.message).into_owned();
    let parts = parts(&message);
    let fits = parts.iter().all(|part| width(part) + 2 <= cells)
        && width(&head) + width(&parts[0]) <= cells;
    let (texts, role_below) = match fits {
        true => (parts, Role::Text),
        false => (wrap(&message, cells.saturating_sub(width(&head)).max(8)), role),
    };
    let mut rows = vec![vec![(head, Role::Dim), (texts[0].clone(), role)]];
    rows.extend(texts[1..].iter().map(|text| vec![(format!("  {text}"), role_below)]));
    rows
}

/// `X is Y`, `expected Z`, `cure`, as far as the message has them.
fn parts(message: &str) -> Vec<String> {
    let (rest, cure) = match message.split_once("; ") {
        Some((rest, cure)) => (rest, Some(cure.to_owned())),
        None => (message, None),
    };
    let (found, expected) = match rest.split_once(", expected ") {
        Some((found, expected)) => (found, Some(format!("expected {expected}"))),
        None => (rest, None),
    };
    [Some(found.to_owned()), expected, cure].into_iter().flatten().collect()
}

fn topic_rows(topic: Topic) -> Vec<Row> {
    let field = match topic {
        Topic::Table(name, about) => {
            return vec![vec![
                (format!("[{name}] "), Role::Accent),
                (about.to_owned(), Role::Text),
            ]];
        }
        Topic::Word(name, meaning) => {
            return vec![vec![
                (format!("{name} "), Role::Accent),
                (meaning.to_owned(), Role::Text),
            ]];
        }
        Topic::Field(field) => field,
    };
    let mut facts = match field.default {
        Some(default) => format!("default {default}"),
        None => "has to be written".into(),
    };
    if let Some(usual) = field.usual {
        facts = format!("{facts}, {usual} is usual");
    }
    vec![
        vec![(format!("{} ", field.key), Role::Accent), (field.meaning.to_owned(), Role::Text)],
        vec![(format!("{facts}; {}", field.kind.expected()), Role::Dim)],
    ]
}

/// A question in place of the panel, with the keys that answer it.
pub fn ask(
    question: &str,
    answers: &[(&str, &str)],
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    rule(&("please answer".into(), Role::Warning), "", area, buffer, theme);
    let inside = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    put(buffer, inside, inside.x, area.y + 1, question, theme.style(Role::Warning));
    for (y, (key, what)) in (area.y + 2..area.bottom()).zip(answers) {
        let x = put(buffer, inside, inside.x, y, key, theme.style(Role::Accent));
        put(buffer, inside, x + 1, y, what, theme.style(Role::Text));
    }
}
