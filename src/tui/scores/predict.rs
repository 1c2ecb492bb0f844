//! Scores of photos that the network never saw, by another process: this one has no network.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde::Deserialize;

use super::ScoreTable;
use crate::config::read_small;
use crate::store::{RunFolder, unshown};

/// One object of what `retrain predict --json` prints.
#[derive(Deserialize)]
struct Answer {
    file: String,
    #[serde(default)]
    scores: BTreeMap<String, f32>,
    error: Option<String>,
}

/// Runs `program predict --json -- RUN PATH` and waits for it; a sentence says what went wrong.
/// It finds the run by its name, as it starts in the same folder as this process.
pub fn predict(program: &Path, run: &RunFolder, path: &Path) -> Result<Arc<ScoreTable>, String> {
    let output = Command::new(program)
        .args(["predict", "--json", "--", &run.id()])
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .map_err(|err| format!("cannot start {}: {err}", program.display()))?;
    let answers = serde_json::from_slice::<Vec<Answer>>(&output.stdout);
    match answers {
        // Single files that fail make it end with an error too; what was scored is shown.
        Ok(answers) if output.status.success() || !answers.is_empty() => {
            Ok(Arc::new(table(run, answers)))
        }
        Err(err) if output.status.success() => Err(format!("predict answered no list: {err}")),
        _ => Err(complaint(&output.stderr)
            .unwrap_or_else(|| format!("predict ended with {}", output.status))),
    }
}

/// Its last words.
fn complaint(stderr: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let last = text.lines().rfind(|line| !line.trim().is_empty())?;
    Some(last.trim_start_matches("retrain: ").to_owned())
}

fn table(run: &RunFolder, answers: Vec<Answer>) -> ScoreTable {
    let mut table = ScoreTable::new(categories(run, &answers), PathBuf::new());
    for answer in answers {
        let file = unshown(&answer.file);
        match answer.error {
            Some(error) => table.add_problem(file, &error),
            None => {
                let score = |name: &String| answer.scores.get(name).copied().unwrap_or(f32::NAN);
                let scores: Vec<f32> = table.categories.iter().map(score).collect();
                table.add(file, None, None, &scores);
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

    /// A program that answers every call with the same.
    fn answering(folder: &Path, script: &str) -> PathBuf {
        let program = folder.join("program");
        // Written by another process: what this one writes is open in the children of other tests
        // for a moment, and cannot be started then.
        let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 755 "$0""#;
        let status = Command::new("sh").arg("-c").arg(write).arg(&program).arg(script).status();
        assert!(status.unwrap().success());
        program
    }

    #[test]
    fn files_that_were_scored_and_files_that_were_not_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        std::fs::write(run.labels(), "smoke\nfire\n").unwrap();
        let script = r#"test "$1 $2 $3 $5" = "predict --json -- /new" || exit 3
cat <<'end'
[{"file": "/new/a.jpg", "predicted": "fire", "scores": {"fire": 0.75, "smoke": 0.25}},
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
        assert_eq!(table.images()[1].problem.as_deref(), Some("truncated"));
    }

    #[test]
    fn what_the_process_complains_of_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        let said = |script: &str| {
            predict(&answering(folder.path(), script), &run, Path::new("x")).unwrap_err()
        };
        assert_eq!(said("echo 'retrain: no photo in x' >&2; exit 2"), "no photo in x");
        assert!(said("exit 7").contains("ended with exit status: 7"));
        assert!(said("echo hello").contains("answered no list"));
        let gone = predict(Path::new("/no/such/program"), &run, Path::new("x")).unwrap_err();
        assert!(gone.starts_with("cannot start /no/such/program"), "{gone}");
    }
}
