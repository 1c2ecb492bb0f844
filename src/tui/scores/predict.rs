//! Scores of photos that the network never saw, by another process: this one has no network.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::ScoreTable;
use crate::config::read_small;
use crate::store::{RunFolder, unshown};
use crate::tui::other_process::ask;

/// One object of what `retrain predict --json` prints.
#[derive(Deserialize)]
struct Answer {
    file: String,
    #[serde(default)]
    scores: BTreeMap<String, f32>,
    /// The share of one's own photos that are no more like the training photos.
    likeness: Option<f32>,
    /// `none of these` where it is unlike the training photos.
    verdict: Option<String>,
    error: Option<String>,
}

/// Runs `program predict --json -- RUN PATH` and waits for it; a sentence says what went wrong.
pub fn predict(program: &Path, run: &RunFolder, path: &Path) -> Result<Arc<ScoreTable>, String> {
    let id = run.id();
    let args = ["predict", "--json", "--", &id].map(OsStr::new);
    let args: Vec<&OsStr> = args.into_iter().chain([path.as_os_str()]).collect();
    // Single files that fail make it end with an error too; what was scored is shown.
    let answers: Vec<Answer> = ask(program, &args, |answers: &Vec<Answer>| !answers.is_empty())?;
    Ok(Arc::new(table(run, answers)))
}

fn table(run: &RunFolder, answers: Vec<Answer>) -> ScoreTable {
    let mut table = ScoreTable::new(categories(run, &answers), PathBuf::new());
    for answer in answers {
        let file = unshown(&answer.file);
        match answer.error {
            Some(error) => table.add_problem(&file, &error),
            None => {
                let score = |name: &String| answer.scores.get(name).copied().unwrap_or(f32::NAN);
                let scores: Vec<f32> = table.categories.iter().map(score).collect();
                table.add(&file, None, None, &scores);
                let is_none_of_these = answer.verdict.as_deref() == Some("none of these");
                table.judge(answer.likeness.map(|likeness| 1.0 - likeness), is_none_of_these);
            }
        }
    }
    table
}

/// In the order of the run's labels, as far as they were scored.
fn categories(run: &RunFolder, answers: &[Answer]) -> Vec<String> {
    let labels = read_small(&run.labels()).unwrap_or_default();
    let labels = String::from_utf8_lossy(&labels);
    let scored: BTreeSet<&str> =
        answers.iter().flat_map(|answer| answer.scores.keys().map(String::as_str)).collect();
    let mut categories: Vec<String> =
        labels.lines().filter(|label| scored.contains(label)).map(str::to_owned).collect();
    let unlisted = scored.iter().filter(|name| !labels.lines().any(|label| label == **name));
    categories.extend(unlisted.map(|name| (*name).to_owned()));
    categories
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::other_process::testing::answering;

    #[test]
    fn files_that_were_scored_and_files_that_were_not_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        std::fs::write(run.labels(), "smoke\nfire\n").unwrap();
        let script = r#"test "$1 $2 $3 $5" = "predict --json -- /new" || exit 3
cat <<'end'
[{"file": "/new/a.jpg", "predicted": "fire", "scores": {"fire": 0.75, "smoke": 0.25},
  "likeness": 0.004, "verdict": "none of these", "nearest": null},
 {"file": "/new/b.jpg", "error": "truncated"}]
end
echo 'retrain: 1 of 2 files not scored' >&2
exit 1"#;
        let program = answering(folder.path(), script);
        let table = predict(&program, &run, Path::new("/new")).unwrap();
        assert_eq!(table.categories, ["smoke", "fire"]);
        assert_eq!(
            (table.scores(0), table.category(table.images()[0].predicted)),
            (&[0.25, 0.75][..], "fire")
        );
        assert!(table.less_like_than(0).is_some_and(|share| (share - 0.996).abs() < 1e-6));
        assert!(table.images()[0].is_none_of_these && !table.images()[1].is_none_of_these);
        assert_eq!(table.problem(1), Some("truncated"));
    }
}
