//! The whole table as Markdown, for the README and `retrain keys`.

use super::table::{Binding, Context, TABLE};

/// One table a place, in the order of the key table; every line ends in `\n`.
pub fn markdown() -> String {
    TABLE
        .iter()
        .map(|(context, rows)| section(title(*context), rows))
        .collect::<Vec<_>>()
        .join("\n")
}

fn section(title: &str, rows: &[Binding]) -> String {
    let mut text = format!("**{title}**\n\n| key | what it does |\n|---|---|\n");
    for row in rows {
        let keys: Vec<String> = row.keys.iter().map(|key| format!("`{key}`")).collect();
        // A bar would end the cell.
        text += &format!("| {} | {} |\n", keys.join(" "), row.help.replace('|', "\\|"));
    }
    text
}

fn title(context: Context) -> &'static str {
    match context {
        Context::Everywhere => "Everywhere",
        Context::List => "Lists",
        Context::Columns => "Columns of a table",
        Context::Sort => "Sorting a table",
        Context::Marks => "Marking rows of a table",
        Context::Runs => "Runs",
        Context::Compare => "Comparison of runs",
        Context::Live => "Live",
        Context::Images => "Images",
        Context::Sheet => "Images as a sheet of thumbnails",
        Context::Unseen => "Images that no run saw",
        Context::Pairs => "Two runs photo by photo",
        Context::Labels => "Labels",
        Context::Kinds => "Kinds of photos",
        Context::Map => "Map of photos",
        Context::Growth => "What more photos would bring",
        Context::Categories => "Putting photos under categories",
        Context::Change => "What a change comes from",
        Context::Confusion => "Confusion matrix",
        Context::Threshold => "Threshold",
        Context::Queue => "Queue",
        Context::Sweep => "Sweep",
        Context::Experiments => "Experiments",
        Context::Editor => "Editor",
    }
}
