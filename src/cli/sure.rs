//! `retrain predict --sure` and `--priors`: scores for the folders' shares of the categories, and which
//! of the answers one can be sure of.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use super::args::PriorsName;
use super::photos::show_count;
use crate::config::Config;
use crate::insight::{self, Threshold, at_temperature, predict, with_shares};
use crate::past::{OutOfFold, PastRun, out_of_fold};
use crate::spec::Priors;
use crate::store::RunFolder;
use crate::train::HeadFile;
use crate::words::{counted, grouped, percent};

/// What is said of a photo that is not answered.
const NOT_SURE: &str = "not sure: look at it yourself";

/// How scores of a head become answers.
pub struct Answering {
    /// How many photos of each category, where scores are for these shares.
    shares: Option<Vec<f64>>,
    promise: Option<Promise>,
}

/// So many of the answers are right.
struct Promise {
    share: f64,
    threshold: Threshold,
    photos: usize,
}

impl Answering {
    /// Errors when it cannot be promised, with the reason.
    pub fn new(
        config: &Config,
        run: &RunFolder,
        head: &HeadFile,
        sure: Option<f64>,
        priors: PriorsName,
    ) -> Result<Answering> {
        let mut answering = Answering { shares: None, promise: None };
        if sure.is_none() && priors == PriorsName::Equal {
            return Ok(answering);
        }
        let past = PastRun::read(run).map_err(|reason| anyhow!(reason))?;
        if priors == PriorsName::Folders {
            answering.shares = shares(&past)?;
        }
        if let Some(share) = sure {
            answering.promise = Some(answering.promise(config, run, head, &past, share)?);
        }
        Ok(answering)
    }

    fn promise(
        &self,
        config: &Config,
        run: &RunFolder,
        head: &HeadFile,
        past: &PastRun,
        share: f64,
    ) -> Result<Promise> {
        let progress = &mut |done, all| show_count("heads", done, all);
        let OutOfFold { scores, .. } =
            out_of_fold(config, run, past, progress).map_err(|reason| anyhow!(reason))?;
        let labels = past.labels().map_err(|reason| anyhow!(reason))?;
        // As this head would have scored them.
        let temperature = head.temperature();
        let scored = scores.iter().zip(labels).map(|(scores, label)| {
            let scores = self.rescaled(&at_temperature(scores, temperature));
            let predicted = predict(&scores);
            (f64::from(scores[predicted]), predicted == label)
        });
        let scored: Vec<(f64, bool)> = scored.collect();
        match insight::threshold(&scored, share) {
            Ok(threshold) => Ok(Promise { share, threshold, photos: scored.len() }),
            Err(no) => bail!(
                "{}: {no} (photos of the run, each scored by a head that was not trained on it); a \
                 lower promise or more photos may do",
                run.id()
            ),
        }
    }

    /// Scores of the head, for the shares that were asked for.
    fn rescaled(&self, scores: &[f32]) -> Vec<f32> {
        match &self.shares {
            Some(shares) => with_shares(scores, shares),
            None => scores.to_vec(),
        }
    }

    pub fn rescale(&self, answers: &mut [(PathBuf, Result<Vec<f32>, String>)]) {
        for scores in answers.iter_mut().filter_map(|(_, answer)| answer.as_mut().ok()) {
            *scores = self.rescaled(scores);
        }
    }

    /// The answer to a photo with these scores; `None` where nothing was asked to be sure.
    pub fn line(&self, labels: &[String], scores: &[f32]) -> Option<String> {
        let promise = self.promise.as_ref()?;
        Some(match promise.answer(scores) {
            Some(category) => format!("sure: {}", labels[category]),
            None => NOT_SURE.to_owned(),
        })
    }

    /// Adds what is answered to a photo's row.
    pub fn complete(&self, row: &mut Value, labels: &[String], scores: &[f32]) {
        let Some(promise) = &self.promise else { return };
        row["answer"] = json!(promise.answer(scores).map(|category| &labels[category]));
        row["promise"] = json!(promise.share);
        row["threshold"] = json!(promise.threshold.score);
    }

    /// How many photos are answered, and with what promise.
    pub fn summary(&self, answers: &[(PathBuf, Result<Vec<f32>, String>)]) -> Option<String> {
        let Promise { share, threshold, photos } = self.promise.as_ref()?;
        let scored = answers.iter().filter_map(|(_, answer)| answer.as_ref().ok());
        let promise = self.promise.as_ref()?;
        let (all, answered) = scored.fold((0, 0), |(all, answered), scores| {
            (all + 1, answered + usize::from(promise.answer(scores).is_some()))
        });
        Some(format!(
            "answered {} of {}: of such answers to photos like the run's at least {} are right\n\
             threshold {:.5}: of the run's {}, each scored by a head that was not trained on \
             it, {} ({}) have such a score; {} of these are right, which shows {}",
            grouped(answered),
            counted(all, "photo"),
            percent(*share),
            threshold.score,
            counted(*photos, "photo"),
            grouped(threshold.answered),
            percent(threshold.answered as f64 / *photos as f64),
            percent(threshold.right as f64 / threshold.answered as f64),
            percent(threshold.at_least),
        ))
    }
}

impl Promise {
    fn answer(&self, scores: &[f32]) -> Option<usize> {
        let predicted = predict(scores);
        (f64::from(scores[predicted]) >= self.threshold.score).then_some(predicted)
    }
}

/// What scores are to be multiplied by; `None` where they have the folders' shares already.
fn shares(past: &PastRun) -> Result<Option<Vec<f64>>> {
    match past.experiment.train.priors() {
        Priors::Equal => Ok(Some(past.training_counts().into_iter().map(|n| n as f64).collect())),
        Priors::Folders => {
            newsln!(
                "{} was trained with train.draw = \"natural\": its scores have the folders' shares \
                 already",
                past.id
            );
            Ok(None)
        }
        Priors::Given => bail!(
            "{} was trained with a list of train.class_weights: its scores have shares that are \
             neither equal nor the folders'; leave out --priors",
            past.id
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_is_told_and_the_rest_handed_over() {
        let threshold = Threshold { score: 0.75, answered: 300, right: 296, at_least: 0.966 };
        let promise = Promise { share: 0.95, threshold, photos: 400 };
        let answering = Answering { shares: Some(vec![3.0, 1.0]), promise: Some(promise) };
        let labels = ["fire", "smoke"].map(str::to_owned);
        let mut answers = vec![
            (PathBuf::from("a"), Ok(vec![0.5, 0.5])),
            (PathBuf::from("b"), Ok(vec![0.4, 0.6])),
            (PathBuf::from("c"), Err("no photo".to_owned())),
        ];
        answering.rescale(&mut answers);
        assert_eq!(answers[0].1, Ok(vec![0.75, 0.25]));
        let line = |at: usize| answering.line(&labels, answers[at].1.as_ref().unwrap()).unwrap();
        assert_eq!((&*line(0), &*line(1)), ("sure: fire", NOT_SURE));
        let mut row = json!({});
        answering.complete(&mut row, &labels, &[0.9, 0.1]);
        assert_eq!(row, json!({"answer": "fire", "promise": 0.95, "threshold": 0.75}));
        let said = answering.summary(&answers).unwrap();
        assert!(said.starts_with("answered 1 of 2 photos: of such answers"), "{said}");
        assert!(said.contains("at least 95.0% are right"), "{said}");
        assert!(said.contains("run's 400 photos") && said.contains("300 (75.0%)"), "{said}");
        assert!(said.contains("98.7% of these are right"), "{said}");
    }
}
