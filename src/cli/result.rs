//! The result of a finished run in words: its accuracy, confusion matrix and worst images, and what to
//! type next.

use std::fs;

use anyhow::Result;
use serde_json::{Value, json};

use crate::insight::{self, Evaluation, Scored};
use crate::report::early_end;
use crate::spec::{Set, with_other_network};
use crate::store::{
    self, End, Ending, ImageScore, Run, RunFolder, ScoresFile, shown, write_atomically,
};

/// Images in the list of the worst.
const WORST: usize = 5;
/// Bytes to try the disk with: longer than the usual line of the log.
const PROBE_BYTES: usize = 16 << 10;

/// The report of a run that has a result; empty for others.
pub fn result(folder: &RunFolder, run: &Run) -> Result<String> {
    let Some(End::Finished { ending, step, kept_step, test }) = &run.end else {
        return Ok(String::new());
    };
    let file = ScoresFile::open(&folder.scores())?;
    let (labels, tested) = (&file.categories, file.of_set(Set::Test)?);
    let evaluation = Evaluation::of(tested.iter().map(scored), labels.len());
    let mut text = String::new();
    if let Some(early) = early_end(*ending, *step, *kept_step) {
        text += &format!("{early}\n");
    }
    text += &insight::overfitting(run).map_or(String::new(), |said| said + "\n");
    text += &format!("{}\n", insight::final_test_accuracy(test.correct, test.n));
    text += &insight::of_folds(test.folds).map_or(String::new(), |of| format!("{of}\n"));
    let notices = insight::would_notice(test.would_notice);
    text += &notices.map_or(String::new(), |notices| format!("{notices}\n"));
    text += &format!("{}\n\n", insight::beyond_accuracy(&evaluation).join(", "));
    text += &insight::confusion_table(labels, &evaluation.confusion);
    text += "\n";
    text += &insight::category_table(labels, &evaluation);
    text += "\n";
    text += &worst(labels, &tested);
    text += &next(folder, run, &tested);
    Ok(text)
}

/// The result of a run as [`result`] tells it, for other programs; `null` for runs without one.
pub fn result_json(folder: &RunFolder, run: &Run) -> Result<Value> {
    if run.test().is_none() {
        return Ok(Value::Null);
    }
    let file = ScoresFile::open(&folder.scores())?;
    let (labels, tested) = (&file.categories, file.of_set(Set::Test)?);
    let evaluation = Evaluation::of(tested.iter().map(scored), labels.len());
    let categories = labels.iter().zip(&evaluation.categories).map(|(name, of)| {
        json!({"category": name, "images": of.support, "precision": of.precision,
            "recall": of.recall, "f1": of.f1})
    });
    // Only what is not 0: of 1,500 categories the matrix has 2 million cells.
    let confusions = evaluation.confusion.confusions().into_iter().map(|found| {
        json!({"true": labels[found.truth], "predicted": labels[found.predicted],
            "images": found.images})
    });
    let bins = evaluation.calibration.bins.iter().map(|bin| {
        json!({"low": bin.low, "high": bin.high, "images": bin.images,
            "mean_score": bin.confidence(), "accuracy": bin.accuracy()})
    });
    Ok(json!({
        "folds": run.test().map_or(0, |test| test.folds),
        "would_notice": run.test().and_then(|test| test.would_notice),
        "accuracy": evaluation.accuracy(),
        "balanced_accuracy": evaluation.confusion.balanced_accuracy(),
        "top_2_accuracy": evaluation.top_k_accuracy(2),
        "top_5_accuracy": evaluation.top_k_accuracy(5),
        "cross_entropy": evaluation.log_loss,
        "mean_highest_score": evaluation.calibration.mean_confidence(),
        "calibration_error": evaluation.calibration.ece(),
        "calibration": bins.collect::<Vec<_>>(),
        "categories": categories.collect::<Vec<_>>(),
        "confusions": confusions.collect::<Vec<_>>(),
    }))
}

/// The row of `scores.csv` as the statistics take it.
pub fn scored(row: &ImageScore) -> Scored<'_> {
    Scored { truth: row.category, scores: &row.scores }
}

fn worst(labels: &[String], tested: &[ImageScore]) -> String {
    let mut worst: Vec<&ImageScore> = tested.iter().collect();
    worst.sort_by(|a, b| scored(b).loss().total_cmp(&scored(a).loss()));
    worst.truncate(WORST);
    let mut text = format!("The worst {} test images\n", worst.len());
    for row in worst {
        let image = scored(row);
        let (truth, guess) = (&labels[row.category], &labels[image.predicted()]);
        let verdict = if image.is_correct() {
            format!("{truth}, right")
        } else {
            format!("{truth}, taken for {guess}")
        };
        text += &format!(
            "  {} (score = {:.5})  {}  {verdict}\n",
            truth,
            row.scores[row.category],
            shown(&row.file)
        );
    }
    text
}

fn next(folder: &RunFolder, run: &Run, tested: &[ImageScore]) -> String {
    let (id, program) = (super::in_shell(&folder.id()), super::program());
    let images = folder.place(run, &run.images);
    let photo =
        tested.first().map_or("photo.jpg".to_owned(), |row| super::typed(&images.join(&row.file)));
    let photo = super::in_shell(&photo);
    let again = match run.end {
        Some(End::Finished { ending: Ending::Stopped, .. }) => vec![format!("resume {id}")],
        _ => {
            let source = super::in_shell(&super::typed(&run.source));
            let another_seed = vec!["train.seed=1".to_owned()];
            let settings = [Some(another_seed), with_other_network(&run.settings)];
            let command = |settings: Vec<String>| {
                let set = |setting: &String| format!(" --set {}", super::in_shell(setting));
                format!("run {source}{}", settings.iter().map(set).collect::<String>())
            };
            settings.into_iter().flatten().map(command).collect()
        }
    };
    let again: String = again.iter().map(|command| format!("  {program} {command}\n")).collect();
    format!("\nNext\n  {program} scores {id} --wrong\n  {program} predict {id} {photo}\n{again}")
}

/// Why a worker ended without saying so in the event log: what keeps this process from writing there
/// too, such as a full disk, or else the last line of `worker.log`.
pub fn last_words(folder: &RunFolder) -> String {
    let probe = folder.path().join(".probe");
    if let Err(err) = write_atomically(&probe, &[0; PROBE_BYTES]) {
        return store::explain(&err, &folder.again());
    }
    // It does no harm where it cannot be removed.
    let _ = fs::remove_file(probe);
    match folder.last_words() {
        words if words.is_empty() => "(none)".to_owned(),
        words => words,
    }
}
