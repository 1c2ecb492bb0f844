//! What a finished run is told as: the accuracy, the confusion matrix, the worst images, and what
//! to type next.

use std::fs;

use anyhow::Result;

use crate::insight::{self, Evaluation, Scored};
use crate::spec::Set;
use crate::store::{self, End, Ending, ImageScore, Run, RunFolder, shown, write_atomically};

/// Images in the list of the worst.
const WORST: usize = 5;
/// Longer than any line of the log.
const PROBE_BYTES: usize = 16 << 10;

/// The report of a run that has a result; empty for others.
pub fn result(folder: &RunFolder, run: &Run) -> Result<String> {
    let Some(End::Finished { ending, step, kept_step, test }) = &run.end else {
        return Ok(String::new());
    };
    let (labels, rows) = store::read_scores(&folder.scores())?;
    let tested: Vec<&ImageScore> = rows.iter().filter(|row| row.set == Set::Test).collect();
    let scored: Vec<Scored> = tested.iter().map(|row| scored(row)).collect();
    let evaluation = Evaluation::of(&scored, labels.len());
    let mut text = String::new();
    text += &ending_line(*ending, *step, *kept_step);
    text += &format!("{}\n\n", insight::final_test_accuracy(test.correct, test.n));
    text += &insight::confusion_table(&labels, &evaluation.confusion);
    text += "\n";
    text += &insight::category_table(&labels, &evaluation);
    text += "\n";
    text += &worst(&labels, &tested);
    text += &next(folder, run, &tested);
    Ok(text)
}

pub fn scored(row: &ImageScore) -> Scored<'_> {
    Scored { truth: row.category, scores: &row.scores }
}

fn ending_line(ending: Ending, step: usize, kept_step: usize) -> String {
    match ending {
        Ending::Completed => String::new(),
        Ending::Stopped => format!("stopped at iteration {step}\n"),
        Ending::EarlyStop => format!(
            "stopped at iteration {step}: validation no longer improved; \
             the weights are those of iteration {kept_step}\n"
        ),
    }
}

fn worst(labels: &[String], tested: &[&ImageScore]) -> String {
    let mut worst: Vec<&&ImageScore> = tested.iter().collect();
    worst.sort_by(|a, b| scored(b).loss().total_cmp(&scored(a).loss()));
    worst.truncate(WORST);
    let mut text = format!("The worst {} test images\n", worst.len());
    for row in worst {
        let image = scored(row);
        let (truth, guess) = (&labels[row.category], &labels[image.predicted()]);
        let verdict = if image.is_correct() {
            format!("{truth}, by a little")
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

fn next(folder: &RunFolder, run: &Run, tested: &[&ImageScore]) -> String {
    let (id, program) = (folder.id(), super::program());
    let photo = tested
        .first()
        .map_or("photo.jpg".to_owned(), |row| super::typed(&run.images.join(&row.file)));
    let again = match run.end {
        Some(End::Finished { ending: Ending::Stopped, .. }) => format!("resume {id}"),
        _ => format!("run {} --set train.seed=1", super::typed(&run.source)),
    };
    format!(
        "\nNext\n  {program} scores {id} --wrong\n  {program} predict {id} {photo}\n  \
         {program} {again}\n"
    )
}

/// Why a worker ended without a word in the log: what keeps everybody from writing there, or else
/// the last line that it wrote for people.
pub fn last_words(folder: &RunFolder) -> String {
    let probe = folder.path().join(".probe");
    if let Err(err) = write_atomically(&probe, &[0; PROBE_BYTES]) {
        return store::explain(&err, &folder.again());
    }
    // A file of no meaning, whether it stays or not.
    let _ = fs::remove_file(probe);
    match folder.last_words() {
        words if words.is_empty() => "(none)".to_owned(),
        words => words,
    }
}
