//! The keys that messages name, each looked up in the table: a message about a key that does not
//! exist is not compiled.

use super::action::Action;
use super::table::key_of;

/// One step back.
pub const BACK: &str = key_of(Action::Back);
/// What is under the cursor, or what was typed.
pub const ENTER: &str = key_of(Action::Enter);
/// The table of runs.
pub const RUNS: &str = key_of(Action::GoRuns);
/// The experiments.
pub const EXPERIMENTS: &str = key_of(Action::GoExperiments);
/// Every message so far.
pub const LOG: &str = key_of(Action::ShowLog);
/// What works and what waits.
pub const QUEUE: &str = key_of(Action::ShowQueue);
/// The next column.
pub const COLUMN_RIGHT: &str = key_of(Action::ColumnRight);
/// Marks a row.
pub const MARK: &str = key_of(Action::Mark);
/// Marked runs side by side.
pub const COMPARE: &str = key_of(Action::Compare);
/// Makes a run the one that others are measured against.
pub const PIN: &str = key_of(Action::Pin);
/// Brings back what went to the trash last.
pub const UNDO: &str = key_of(Action::Undo);
/// Copies the name or the path of what is under the cursor.
pub const YANK: &str = key_of(Action::Yank);
/// Reads everything again.
pub const REFRESH: &str = key_of(Action::Refresh);
/// Runs an experiment.
pub const RUN: &str = key_of(Action::Run);
/// A new run of a run's experiment.
pub const RERUN: &str = key_of(Action::Rerun);
/// Goes on with a run.
pub const RESUME: &str = key_of(Action::Run);
/// Trains a run on to more iterations.
pub const MORE_ITERATIONS: &str = key_of(Action::MoreIterations);
/// What a sweep has found.
pub const SWEEP: &str = key_of(Action::ShowSweep);
/// The kinds of photos of a run.
pub const KINDS: &str = key_of(Action::ShowKinds);
/// The map of a run's photos.
pub const MAP: &str = key_of(Action::ShowMap);
/// All images, not only those chosen.
pub const ALL_IMAGES: &str = key_of(Action::AllImages);
/// Stops a run and keeps its result.
pub const STOP: &str = key_of(Action::Stop);
/// Takes a waiting run off the queue.
pub const UNQUEUE: &str = key_of(Action::Remove);
/// Holds the queue, and releases it.
pub const HOLD: &str = key_of(Action::Hold);
/// A new experiment.
pub const NEW: &str = key_of(Action::New);
/// An experiment in the editor.
pub const EDIT: &str = key_of(Action::Edit);
/// The text beside the list: further down.
pub const DETAIL_DOWN: &str = key_of(Action::DetailDown);
/// The text beside the list: further up.
pub const DETAIL_UP: &str = key_of(Action::DetailUp);
/// A sheet of thumbnails, or a list.
pub const SHEET: &str = key_of(Action::Sheet);
/// A category by its name.
pub const NAME_CATEGORY: &str = key_of(Action::NameCategory);
/// How pictures are drawn.
pub const RENDERER: &str = key_of(Action::NextRenderer);
/// Completes what is typed.
pub const COMPLETE: &str = key_of(Action::Complete);
/// Marks a range of rows, and a corner of a rectangle on the map.
pub const MARK_RANGE: &str = key_of(Action::MarkRange);
/// Saves an experiment in the editor.
pub const SAVE: &str = key_of(Action::Save);
/// Saves it and runs it.
pub const SAVE_AND_RUN: &str = key_of(Action::SaveAndRun);

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crate::tui::keys::TABLE;

    /// Single letters that are words: the article, and the `h` of `retrain -h`.
    const WORDS: [&str; 2] = ["a", "h"];

    /// The strings of a source file before its tests. A `9` stands for each `{}`: what follows may
    /// be its unit.
    fn strings(text: &str) -> Vec<String> {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n").replace("'\"'", "");
        let mut strings: Vec<String> = Vec::new();
        let (mut is_inside, mut depth) = (false, 0);
        let mut characters = code.chars();
        while let Some(c) = characters.next() {
            match (is_inside, c) {
                (false, '"') => {
                    (is_inside, depth) = (true, 0);
                    strings.push(String::new());
                }
                (true, '"') => is_inside = false,
                (true, '\\') => drop(characters.next()),
                (true, '{') => depth += 1,
                (true, '}') => {
                    depth -= 1;
                    strings.last_mut().unwrap().push('9');
                }
                (true, c) if depth == 0 => strings.last_mut().unwrap().push(c),
                _ => {}
            }
        }
        strings
    }

    /// The keys in a text that is said: single letters, `esc` and those with `ctrl`. A letter
    /// behind a number is its unit, and a text of one word is no sentence.
    fn keys_in(text: &str) -> Vec<&str> {
        let is_part = |c: char| c.is_alphanumeric() || "-_'./=<>%:?".contains(c);
        let words: Vec<&str> =
            text.split(|c| !is_part(c)).filter(|word| !word.is_empty()).collect();
        let is_key = |word: &&str| {
            let is_letter = word.len() == 1 && word.chars().all(char::is_alphabetic);
            let is_named = *word == "esc" || word.starts_with("ctrl-");
            (is_letter || is_named)
                && TABLE.iter().any(|(_, rows)| rows.iter().any(|row| row.keys.contains(word)))
        };
        let is_unit = |at: usize| at > 0 && words[at - 1].ends_with(|c: char| c.is_ascii_digit());
        let keys = (0..words.len()).filter(|&at| words.len() > 1 && !is_unit(at));
        keys.map(|at| words[at]).filter(is_key).filter(|word| !WORDS.contains(word)).collect()
    }

    fn check(folder: &Path, wrong: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // The table itself; what runs in tests only.
            if ["keys", "tests", "tests.rs", "snapshots.rs", "testing.rs"].contains(&name.as_str())
            {
                continue;
            }
            if path.is_dir() {
                check(&path, wrong);
            } else if name.ends_with(".rs") {
                let said = strings(&fs::read_to_string(&path).unwrap());
                let found = said.iter().filter(|text| !keys_in(text).is_empty());
                wrong.extend(found.map(|text| format!("{}: {text}", path.display())));
            }
        }
    }

    #[test]
    fn a_message_takes_the_name_of_a_key_from_the_table() {
        assert_eq!(keys_in("mark it, r runs it and esc or ctrl-s leave"), ["r", "esc", "ctrl-s"]);
        assert!(keys_in("a file of 3 s, 9 m and the run's name; q leaves") == ["q"]);
        let mut wrong = Vec::new();
        check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui"), &mut wrong);
        assert!(wrong.is_empty(), "write the key as keys::names has it: {wrong:#?}");
    }
}
