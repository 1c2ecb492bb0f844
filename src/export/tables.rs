//! Runs and their curves as two CSV files, for pandas, DuckDB and spreadsheets.
//!
//! RFC 4180, with line feeds as line ends: moments are ISO 8601 in UTC, numbers read back as the same
//! numbers, what is not there is an empty cell.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::curves::HeadCurve;
use super::file::{ExportFileError, write_file};
use crate::query::{Found, setting};
use crate::store::{LogError, Note, Queue, RunFolder, Summary, Timestamp};

/// Columns of `runs.csv` before the settings; those that filters know have the names of their keys.
const RUN_COLUMNS: [&str; 25] = [
    "run",
    "experiment",
    "sweep",
    "state",
    "created",
    "started",
    "updated",
    "seconds",
    "photos",
    "iterations",
    "iterations_wanted",
    "kept_iteration",
    "validation",
    "validation_loss",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "correct",
    "tested",
    "loss",
    "folds",
    "would_notice",
    "tags",
    "note",
    "error",
];
/// Columns of `curves.csv`.
const CURVE_COLUMNS: [&str; 11] = [
    "run",
    "fold",
    "iteration",
    "time",
    "learning_rate",
    "train_loss",
    "train_accuracy",
    "train_loss_after",
    "train_accuracy_after",
    "validation_loss",
    "validation_accuracy",
];

/// Why the tables are not there.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// A file cannot be written, or is somebody else's.
    #[error(transparent)]
    File(#[from] ExportFileError),
    /// The writer of CSV refused, which it does not for what is written here.
    #[error(transparent)]
    Csv(#[from] csv::Error),
}

/// The runs that go into the tables.
#[derive(Default)]
pub struct Tables {
    runs: Vec<(String, Summary, Note)>,
    curves: Vec<(String, Vec<HeadCurve>)>,
}

impl Tables {
    /// Takes a run in. An error where its log or its note cannot be read; nothing of it is taken in then.
    pub fn add(&mut self, run: &RunFolder, queue: &Queue) -> Result<(), LogError> {
        let mut summary = run.summary()?;
        queue.mark(run, &mut summary);
        let fail = |source| LogError::Read { path: run.path().join("note.toml"), source };
        let note = Note::read(run).map_err(fail)?;
        let curves = HeadCurve::read(run)?;
        self.runs.push((run.id(), summary, note));
        self.curves.push((run.id(), curves));
        Ok(())
    }

    /// Writes `runs.csv` and `curves.csv` into a folder, over those of an earlier export only; gives
    /// their paths.
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 2], TablesError> {
        let put = |name: &str, bytes: &[u8], columns: &[&str]| {
            let begin = columns.join(",");
            write_file(folder, name, bytes, |head| head.starts_with(begin.as_bytes()))
        };
        Ok([
            put("runs.csv", &self.runs_csv()?, &RUN_COLUMNS)?,
            put("curves.csv", &self.curves_csv()?, &CURVE_COLUMNS)?,
        ])
    }

    /// One run a line, with a column for each setting that any of them has.
    fn runs_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let keys = self.runs.iter().flat_map(|(_, summary, _)| summary.settings.keys());
        let is_further = |key: &&String| !RUN_COLUMNS.contains(&key.as_str());
        let settings: BTreeSet<&String> = keys.filter(is_further).collect();
        let mut csv = csv::Writer::from_writer(Vec::new());
        let names = settings.iter().map(|key| key.as_str());
        csv.write_record(RUN_COLUMNS.into_iter().chain(names))?;
        for (id, summary, note) in &self.runs {
            let values = settings.iter().map(|key| chosen(summary, key));
            csv.write_record(facts(id, summary, note).into_iter().chain(values))?;
        }
        csv.into_inner().map_err(|err| err.into_error().into())
    }

    /// One iteration a line.
    fn curves_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(CURVE_COLUMNS)?;
        for (id, heads) in &self.curves {
            for head in heads {
                for (iteration, point) in &head.points {
                    let step = point.step.map(|(_, step)| step);
                    let all = point.evaluation.map(|(_, evaluation)| evaluation);
                    let at = point.step.map(|(at, _)| at).or(point.evaluation.map(|(at, _)| at));
                    csv.write_record([
                        id.clone(),
                        cell(head.fold),
                        iteration.to_string(),
                        cell(at),
                        cell(step.map(|step| step.learning_rate)),
                        cell(step.map(|step| step.loss)),
                        cell(step.map(|step| step.accuracy)),
                        cell(all.map(|all| all.train_loss)),
                        cell(all.map(|all| all.train_accuracy)),
                        cell(all.map(|all| all.validation_loss)),
                        cell(all.map(|all| all.validation_accuracy)),
                    ])?;
                }
            }
        }
        csv.into_inner().map_err(|err| err.into_error().into())
    }
}

/// The columns of a run before its settings.
fn facts(id: &str, summary: &Summary, note: &Note) -> [String; RUN_COLUMNS.len()] {
    let test = summary.test.as_ref();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    [
        id.to_owned(),
        summary.experiment.clone(),
        text(summary.group.as_deref()),
        summary.state.name().to_owned(),
        cell::<Timestamp>(summary.created),
        cell(summary.started),
        cell(summary.updated),
        cell(summary.started.map(|_| summary.seconds)),
        cell((summary.images > 0).then_some(summary.images)),
        summary.step.to_string(),
        summary.iterations.to_string(),
        cell(summary.kept.map(|kept| kept.step)),
        cell(summary.validation()),
        cell(summary.kept.map(|kept| kept.loss)),
        cell(test.map(|test| test.accuracy)),
        cell(test.map(|test| test.low)),
        cell(test.map(|test| test.high)),
        cell(test.map(|test| test.correct)),
        cell(test.map(|test| test.n)),
        cell(test.map(|test| test.log_loss)),
        cell(test.map(|test| test.folds)),
        cell(test.and_then(|test| test.would_notice)),
        note.tags.join(" "),
        note.note.clone(),
        text(summary.error.as_deref()),
    ]
}

/// A setting without the quotes that TOML has around a text.
fn chosen(summary: &Summary, key: &str) -> String {
    let written = summary.settings.get(key).map_or(Found::Nothing, |written| setting(written));
    match written {
        Found::Text(text) => text.into_owned(),
        _ => String::new(),
    }
}

/// Numbers as Rust has them: the shortest that read back as the same, without an exponent.
fn cell<T: Display>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::export::testing::{evaluation, run_of, step};
    use crate::spec::FIELDS;
    use crate::store::{Ending, Event, NoteEdit, TestResult};

    /// The lines of a table, each as its columns with what is in them.
    fn rows(path: &Path) -> Vec<std::collections::HashMap<String, String>> {
        csv::Reader::from_path(path).unwrap().deserialize().map(|row| row.unwrap()).collect()
    }

    #[test]
    fn a_run_is_a_line_with_its_result_and_settings_and_its_iterations_are_lines() {
        let folder = tempfile::tempdir().unwrap();
        let test = TestResult::half();
        let finished = Event::Finished { ending: Ending::Completed, step: 2, kept_step: 2, test };
        let started = Event::Started { pid: 1, host: "box".into(), threads: 1 };
        let loss = 0.1 + 0.2;
        let events = [started, step(1, f64::NAN), step(2, loss), evaluation(2, 0.5), finished];
        let done = run_of(folder.path(), events);
        let note = Note::default().edited(NoteEdit::Note("a \"new\" one,\nof two lines".into()));
        note.write(&done).unwrap();
        let fresh = run_of(folder.path(), []);
        let mut tables = Tables::default();
        for run in [&done, &fresh] {
            tables.add(run, &Queue::default()).unwrap();
        }
        let out = folder.path().join("new/out");
        let [runs, curves] = tables.write(&out).unwrap();

        let found = rows(&runs);
        let of = |row: usize, column: &str| found[row][column].as_str();
        assert_eq!((of(0, "run"), of(0, "state")), (done.id().as_str(), "done"));
        assert_eq!([of(0, "accuracy"), of(0, "tested"), of(0, "iterations")], ["0.5", "2", "2"]);
        assert_eq!(of(0, "note"), "a \"new\" one,\nof two lines");
        assert_eq!([of(0, "distort.flip"), of(0, "learning_rate")], ["true", "0.01"]);
        assert_eq!([of(0, "description"), of(0, "iterations_wanted")], ["is it, \"new\"?", "40"]);
        assert_eq!([of(1, "state"), of(1, "accuracy"), of(1, "seconds")], ["created", "", ""]);
        assert_eq!(of(1, "created").parse().ok(), fresh.summary().unwrap().created);

        let found = rows(&curves);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0]["train_loss"], "NaN");
        assert_eq!(found[1]["train_loss"].parse(), Ok(loss));
        assert_eq!((&*found[0]["validation_loss"], &*found[1]["validation_loss"]), ("", "0.5"));
        assert_eq!((&*found[1]["iteration"], &*found[1]["fold"]), ("2", ""));
    }

    #[test]
    fn only_tables_of_an_earlier_export_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let tables = Tables::default();
        let [runs, curves] = tables.write(folder.path()).unwrap();
        tables.write(folder.path()).unwrap();
        fs::write(&curves, "run,mine\n").unwrap();
        let said = tables.write(folder.path()).unwrap_err().to_string();
        assert!(said.contains("curves.csv is there and is no export"), "{said}");
        assert_eq!(fs::read_to_string(&curves).unwrap(), "run,mine\n");
        let said = tables.write(&runs).unwrap_err().to_string();
        assert!(said.starts_with("cannot make") && said.contains("runs.csv"), "{said}");
    }

    #[test]
    fn no_setting_but_the_iterations_has_the_name_of_another_column() {
        let taken: Vec<_> =
            FIELDS.iter().map(|field| field.key).filter(|key| RUN_COLUMNS.contains(key)).collect();
        assert_eq!(taken, ["iterations"]);
    }
}
