//! Runs for TensorBoard, under the names that retrain.py gave what it logged.
//!
//! Source: `tensorflow/examples/image_retraining/retrain.py` of 2017 (the one of "TensorFlow for
//! Poets"), as its event files have the names; TensorFlow added the `_1` as the plain names were taken.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use image::ImageFormat;

use super::curves::{HeadCurve, Point};
use super::event_file::{EventFile, Values};
use super::event_message::Histogram;
use super::file::{ExportFileError, write_file};
use super::matrix_picture::matrix_picture;
use crate::config::read_plain;
use crate::insight::{Evaluation, Scored};
use crate::spec::Set;
use crate::store::{End, Event, LogError, RunFolder, Timestamp, read_scores};
use crate::train::HeadFile;

const ACCURACY: &str = "accuracy_1";
const LOSS: &str = "cross_entropy_1";
const WEIGHTS: &str = "final_training_ops/weights/summaries/histogram";
const BIASES: &str = "final_training_ops/biases/summaries/histogram";
/// retrain.py had none.
const CONFUSION: &str = "confusion_matrix";

/// Why a run is not there for TensorBoard.
#[derive(Debug, thiserror::Error)]
pub enum TensorBoardError {
    /// Its log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file cannot be written, or is somebody else's.
    #[error(transparent)]
    File(#[from] ExportFileError),
}

/// What was written of a run.
#[derive(Debug, Default)]
pub struct Board {
    /// The event files.
    pub files: Vec<PathBuf>,
    /// What is left out, and why.
    pub lacking: Vec<String>,
}

/// What a run ended with, and when.
struct Kept {
    at: Timestamp,
    step: usize,
    accuracy: f64,
    loss: f64,
}

/// Writes `to/RUN/{train,validation,test}/events.out.tfevents.*` of what there is of a run, live ones
/// too. Replaces what an earlier export of the run has written, and nothing else.
pub fn write_board(run: &RunFolder, to: &Path) -> Result<Board, TensorBoardError> {
    let mut heads = HeadCurve::read(run)?;
    let curve = heads.pop().filter(|head| head.fold.is_none()).unwrap_or_default();
    let (begin, kept) = ends(run)?;
    let mut board = Board::default();
    let mut files = [Set::Training, Set::Validation, Set::Test].map(|_| EventFile::new(begin));
    let empty = files[0].len();
    let [train, validation, test] = &mut files;
    let mut heads = heads_of(run, kept.as_ref());
    for (&step, point) in &curve.points {
        let at = add_point(train, validation, step, point);
        if let (Some(path), Some(at)) = (heads.remove(&step), at) {
            board.lacking.extend(add_head(train, at, step, &path).err());
        }
    }
    // Of iterations that were not reported (`train.step_every`).
    for (step, path) in heads {
        let at = kept.as_ref().map_or(begin, |kept| kept.at);
        board.lacking.extend(add_head(train, at, step, &path).err());
    }
    if let Some(kept) = &kept {
        board.lacking.extend(add_test(test, run, kept).err());
    }
    for (file, name) in files.into_iter().zip(["train", "validation", "test"]) {
        if file.len() > empty {
            let folder = to.join(run.id()).join(name);
            // The same name each time, so that TensorBoard never has a run twice.
            let name = format!("events.out.tfevents.{:010}.retrain", begin.as_second());
            board.files.push(write_file(&folder, &name, &file.into_bytes(), EventFile::is_own)?);
        }
    }
    if board.files.is_empty() {
        board.lacking.push("it has not trained yet: there is nothing to show".to_owned());
    }
    Ok(board)
}

/// When the run was made, and its result, where it has one.
fn ends(run: &RunFolder) -> Result<(Timestamp, Option<Kept>), LogError> {
    let state = run.replay()?;
    let mut at = None;
    run.tail().each(|record| {
        if matches!(record.event, Event::Finished { .. }) {
            at = Some(record.at);
        }
    })?;
    let kept = match (&state.end, at) {
        (Some(End::Finished { kept_step, test, .. }), Some(at)) => {
            let (accuracy, loss) = (test.accuracy, test.log_loss);
            Some(Kept { at, step: *kept_step, accuracy, loss })
        }
        _ => None,
    };
    Ok((state.created.unwrap_or_default(), kept))
}

/// Adds what is known of an iteration, and gives the time of it.
fn add_point(
    train: &mut EventFile,
    validation: &mut EventFile,
    step: usize,
    point: &Point,
) -> Option<Timestamp> {
    let both = |loss, accuracy| Values::default().scalar(LOSS, loss).scalar(ACCURACY, accuracy);
    if let Some((at, batch)) = point.step {
        train.add(at, step, both(batch.loss, batch.accuracy));
    }
    if let Some((at, all)) = point.evaluation {
        validation.add(at, step, both(all.validation_loss, all.validation_accuracy));
    }
    point.step.map(|(at, _)| at).or(point.evaluation.map(|(at, _)| at))
}

/// The head files by iteration: those that were kept on the way, and that of the end as it was trained,
/// as a temperature that was saved later is not of an iteration.
fn heads_of(run: &RunFolder, kept: Option<&Kept>) -> BTreeMap<usize, PathBuf> {
    let on_the_way = run.kept_heads().into_iter().map(|step| (step, run.kept_head(step)));
    let trained = run.head_as_trained();
    let at_the_end = if trained.exists() { trained } else { run.head() };
    on_the_way.chain(kept.map(|kept| (kept.step, at_the_end))).collect()
}

/// Adds the weights and biases of a head.
fn add_head(train: &mut EventFile, at: Timestamp, step: usize, path: &Path) -> Result<(), String> {
    let fail = |err: &dyn std::error::Error| format!("no weights: {}: {err}", path.display());
    let bytes = read_plain(path).map_err(|err| fail(&err))?;
    let head = HeadFile::from_bytes(&bytes).map_err(|err| fail(&err))?.head;
    let mut values = Values::default();
    for (name, tensor) in [(WEIGHTS, &head.weights), (BIASES, &head.bias)] {
        let numbers = Tensor::flatten_all(tensor).and_then(|flat| flat.to_vec1::<f32>());
        if let Some(histogram) = Histogram::of(&numbers.map_err(|err| fail(&err))?) {
            values = values.histogram(name, histogram);
        }
    }
    train.add(at, step, values);
    Ok(())
}

fn add_test(test: &mut EventFile, run: &RunFolder, kept: &Kept) -> Result<(), String> {
    let values = Values::default().scalar(LOSS, kept.loss).scalar(ACCURACY, kept.accuracy);
    let picture = read_scores(&run.scores()).map_err(|err| format!("no confusion matrix: {err}"));
    let (values, lacking) = match picture {
        Err(why) => (values, Err(why)),
        Ok((categories, rows)) => {
            let tested = rows.iter().filter(|row| row.set == Set::Test);
            let scored = tested.map(|row| Scored { truth: row.category, scores: &row.scores });
            let evaluation = Evaluation::of(scored, categories.len());
            let picture = matrix_picture(&evaluation.confusion, &categories);
            let mut png = Cursor::new(Vec::new());
            picture.write_to(&mut png, ImageFormat::Png).expect("a picture fits into memory");
            (values.picture(CONFUSION, picture.dimensions(), png.into_inner()), Ok(()))
        }
    };
    test.add(kept.at, kept.step, values);
    lacking
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::export::event_file::records;
    use crate::export::testing::{evaluation, run_of, step};
    use crate::store::{Ending, TestResult};

    /// What was written of a run, by folder: the number of records behind the first, and their bytes.
    fn written(board: &Board) -> Vec<(String, usize, Vec<u8>)> {
        let of = |file: &PathBuf| {
            let folder = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
            let bytes = fs::read(file).unwrap();
            (folder.to_owned(), records(&bytes).len() - 1, bytes)
        };
        board.files.iter().map(of).collect()
    }

    fn holds(bytes: &[u8], text: &str) -> bool {
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    }

    #[test]
    fn what_there_is_of_a_run_is_written_and_what_is_not_there_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("board");
        let board = write_board(&run_of(folder.path(), []), &to).unwrap();
        assert!(board.files.is_empty() && board.lacking[0].contains("has not trained yet"));

        let begun = [step(1, 0.5), step(2, f64::NAN), evaluation(2, 0.5)];
        let board = write_board(&run_of(folder.path(), begun.clone()), &to).unwrap();
        let found = written(&board);
        assert_eq!(
            [(&*found[0].0, found[0].1), (&*found[1].0, found[1].1)],
            [("train", 2), ("validation", 1)]
        );
        assert!(board.files.len() == 2 && board.lacking.is_empty());
        assert!(holds(&found[0].2, LOSS) && holds(&found[1].2, ACCURACY));

        let (ending, test) = (Ending::Completed, TestResult::half());
        let end = Event::Finished { ending, step: 2, kept_step: 2, test };
        let board =
            write_board(&run_of(folder.path(), begun.into_iter().chain([end])), &to).unwrap();
        assert_eq!(written(&board)[2].1, 1);
        let lacking = board.lacking.join("; ");
        assert!(
            lacking.contains("no weights: ") && lacking.contains("no confusion matrix: "),
            "{lacking}"
        );
    }
}
