//! Which number puts a photo under which category.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::keys::{Action, names};
use crate::tui::news::Toast;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::put;

/// The category of a number key; `None`: the key is none of these. The error says how many there are.
pub fn category_of(action: Action, categories: &[String]) -> Option<Result<String, Toast>> {
    let number = Action::CATEGORIES.iter().position(|category| *category == action)?;
    Some(
        categories
            .get(number)
            .cloned()
            .ok_or_else(|| Toast::error(format!("there are only {} categories", categories.len()))),
    )
}

/// The category that was typed. The error names those that there are.
pub fn category_typed(text: &str, categories: &[String]) -> Result<String, Toast> {
    let typed = text.trim();
    categories.iter().find(|name| *name == typed).cloned().ok_or_else(|| {
        Toast::error(format!(
            "there is no category '{typed}', expected one of {}",
            categories.join(", ")
        ))
    })
}

/// Draws the numbers with their categories in one line, up to nine of them.
pub fn draw(categories: &[String], line: Rect, buffer: &mut Buffer, theme: &Theme) {
    let numbered = categories.iter().zip(1..=9);
    let mut keys: Vec<(String, &str)> =
        numbered.map(|(name, number)| (number.to_string(), name.as_str())).collect();
    if categories.len() > 9 {
        keys.push((names::NAME_CATEGORY.to_owned(), "another"));
    }
    let mut x = line.x + 2;
    for (key, name) in keys {
        x = put(buffer, line, x, line.y, &key, theme.style(Role::Accent)) + 1;
        x = put(buffer, line, x, line.y, name, theme.style(Role::Text)) + 2;
    }
}
