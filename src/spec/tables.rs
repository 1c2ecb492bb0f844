//! The table of fields for people and programs: `retrain fields`, README, JSON.

use serde_json::{Value, json};

use super::FIELDS;
use crate::setting::{Field, Kind, Words};

/// The width that `fields_table` keeps to.
const COLUMNS: usize = 100;

/// All fields as plain text of at most 100 columns: key, default, meaning, range.
pub fn fields_table() -> String {
    let key_width = width(FIELDS.iter().map(|field| field.key));
    let default_width = width(FIELDS.iter().map(|field| default(field)));
    let indent = key_width + default_width + 4;
    let mut out = String::new();
    let mut row = |key: &str, default: &str, text: &str| {
        for (n, line) in wrap(text, COLUMNS - indent).iter().enumerate() {
            let (key, default) = if n == 0 { (key, default) } else { ("", "") };
            let row = format!("{key:key_width$}  {default:default_width$}  {line}");
            out.push_str(row.trim_end());
            out.push('\n');
        }
    };
    row("KEY", "DEFAULT", "MEANING AND RANGE");
    let mut section = "";
    for field in FIELDS.iter() {
        if field.section() != section {
            section = field.section();
            row("", "", "");
        }
        row(field.key, default(field), &described(field));
        for (word, meaning) in choices(field) {
            row("", "", &format!("  \"{word}\": {meaning}"));
        }
    }
    out
}

/// All fields as a Markdown table, for the README.
pub fn fields_markdown() -> String {
    let mut out = String::from("| key | default | meaning | range |\n|---|---|---|---|\n");
    for field in FIELDS.iter() {
        let words: Vec<String> =
            choices(field).map(|(word, meaning)| format!("`\"{word}\"` {meaning}")).collect();
        let range = if words.is_empty() { range(field) } else { words.join("<br>") };
        let default = field.default.map_or("required".into(), |default| format!("`{default}`"));
        let cells = [format!("`{}`", field.key), default, field.meaning.into(), range];
        out.push_str(&format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | ")));
    }
    out
}

/// All fields as a JSON array, for programs.
pub fn fields_json() -> String {
    let fields: Vec<Value> = FIELDS
        .iter()
        .map(|field| {
            let choices: Vec<Value> = choices(field)
                .map(|(word, meaning)| json!({"value": word, "meaning": meaning}))
                .collect();
            json!({
                "key": field.key,
                "default": field.default,
                "range": field.kind.expected(),
                "meaning": field.meaning,
                "usual": field.usual,
                "choices": choices,
            })
        })
        .collect();
    format!("{:#}", Value::Array(fields))
}

/// Meaning and range in a few words: `training steps, one batch each; 1 to 10,000,000; ...`.
fn described(field: &Field) -> String {
    match choices(field).next() {
        Some(_) => field.meaning.to_owned(),
        None => format!("{}; {}", field.meaning, range(field)),
    }
}

fn range(field: &Field) -> String {
    let expected = field.kind.expected();
    match field.usual {
        Some(usual) => format!("{expected}; {usual} is usual"),
        None => expected,
    }
}

/// Words worth an explanation each.
fn choices(field: &Field) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let words: Words = match field.kind {
        Kind::Choice(words) | Kind::ClassWeights(words) => words,
        _ => &[],
    };
    words.iter()
}

fn default(field: &Field) -> &'static str {
    field.default.unwrap_or("(required)")
}

fn width<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

/// Lines of at most `columns` characters, broken at spaces; further lines are indented like the
/// first. At least one line.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let indent: String = text.chars().take_while(|c| *c == ' ').collect();
    let mut lines = vec![indent.clone()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        let is_start = line.trim().is_empty();
        if is_start || line.chars().count() + 1 + word.chars().count() <= columns {
            if !is_start {
                line.push(' ');
            }
            line.push_str(word);
        } else {
            lines.push(format!("{indent}{word}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_table_names_every_field_and_fits_100_columns() {
        let table = fields_table();
        for line in table.lines() {
            assert!(line.chars().count() <= COLUMNS && line.trim_end() == line, "{line:?}");
        }
        for field in FIELDS.iter() {
            assert!(table.lines().any(|line| line.split(' ').next() == Some(field.key)));
        }
        let words: Vec<&str> = table.split_whitespace().collect();
        assert!(words.join(" ").contains("batch each; 1 to 10,000,000; "));
    }

    #[test]
    fn the_markdown_table_has_four_cells_in_every_row() {
        let markdown = fields_markdown();
        assert_eq!(markdown.lines().count(), FIELDS.len() + 2);
        for line in markdown.lines() {
            assert_eq!(line.replace("\\|", "").matches('|').count(), 5, "{line}");
        }
    }

    #[test]
    fn the_json_table_can_be_read_and_names_every_field() {
        let read: Vec<Value> = serde_json::from_str(&fields_json()).unwrap();
        let keys: Vec<&str> = read.iter().map(|field| field["key"].as_str().unwrap()).collect();
        assert_eq!(keys, FIELDS.iter().map(|field| field.key).collect::<Vec<_>>());
        assert_eq!(read[1]["default"], Value::Null);
    }
}
