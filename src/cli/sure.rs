//! `retrain predict --sure` and `--priors`: scores for the folders' shares of the categories, and which
//! of the answers one can be sure of.

use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use super::args::PriorsName;
use super::photos::show_count;
use super::scored_photo::Scored;
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
    pub fn rescaled(&self, scores: &[f32]) -> Vec<f32> {
        match &self.shares {
            Some(shares) => with_shares(scores, shares),
            None => scores.to_vec(),
        }
    }

    /// Whether one wants to be sure.
    pub fn is_sure(&self) -> bool {
        self.promise.is_some()
    }

    /// The category that a photo is answered with, where one can be sure of it. A photo that is none of
    /// the categories is handed over, whatever its score: the promise is for photos like the run's.
    pub fn answer(&self, scored: &Scored) -> Option<usize> {
        let answer = self.promise.as_ref()?.answer(&scored.scores)?;
        (!scored.is_none_of_these()).then_some(answer)
    }

    /// The answer to a photo; `None` where nothing was asked to be sure.
    pub fn line(&self, labels: &[String], scored: &Scored) -> Option<String> {
        self.is_sure().then(|| match self.answer(scored) {
            Some(category) => format!("sure: {}", labels[category]),
            None => NOT_SURE.to_owned(),
        })
    }

    /// Adds what is answered to a photo's row.
    pub fn complete(&self, row: &mut Value, labels: &[String], scored: &Scored) {
        let Some(promise) = &self.promise else { return };
        row["answer"] = json!(self.answer(scored).map(|category| &labels[category]));
        row["promise"] = json!(promise.share);
        row["threshold"] = json!(promise.threshold.score);
    }

    /// How many photos are answered, and with what promise.
    pub fn summary(&self, answered: &Answered) -> Option<String> {
        let Promise { share, threshold, photos } = self.promise.as_ref()?;
        let handed_over = match answered.none_of_these {
            0 => String::new(),
            1 => " (1 more has such a score, but may be none of these)".to_owned(),
            more => {
                format!(" ({} more have such a score, but may be none of these)", grouped(more))
            }
        };
        Some(format!(
            "answered {} of {}{handed_over}: of such answers to photos like the run's at least {} are \
             right\n\
             threshold {:.5}: of the run's {}, each scored by a head that was not trained on \
             it, {} ({}) have such a score; {} of these are right, which shows {}",
            grouped(answered.answered),
            counted(answered.photos, "photo"),
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

/// How many photos were answered so far.
#[derive(Default)]
pub struct Answered {
    /// Those that were scored.
    pub photos: usize,
    answered: usize,
    /// Those with a high enough score that are handed over as none of the categories.
    none_of_these: usize,
}

impl Answered {
    pub fn add(&mut self, answering: &Answering, scored: &Scored) {
        self.photos += 1;
        let Some(promise) = &answering.promise else { return };
        let has_answer = promise.answer(&scored.scores).is_some();
        match scored.is_none_of_these() {
            true => self.none_of_these += usize::from(has_answer),
            false => self.answered += usize::from(has_answer),
        }
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
impl Answering {
    /// Scores as they are, of which nobody asked to be sure.
    pub fn plain() -> Answering {
        Answering { shares: None, promise: None }
    }

    /// Sure from this score on.
    pub fn promising(score: f64) -> Answering {
        let threshold = Threshold { score, answered: 300, right: 296, at_least: 0.966 };
        Answering { shares: None, promise: Some(Promise { share: 0.95, threshold, photos: 400 }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::likeness::Judgement;

    fn scored(answering: &Answering, scores: [f32; 2], is_none_of_these: bool) -> Scored {
        let judgement = Judgement { less_like_than: 0.99, is_none_of_these, far_off: 0.0 };
        Scored {
            scores: answering.rescaled(&scores),
            judgement: Some(judgement),
            nearest: Value::Null,
        }
    }

    #[test]
    fn what_is_answered_is_told_and_the_rest_handed_over() {
        let answering = Answering { shares: Some(vec![3.0, 1.0]), ..Answering::promising(0.75) };
        let labels = ["fire", "smoke"].map(str::to_owned);
        let photos = [
            scored(&answering, [0.5, 0.5], false),
            scored(&answering, [0.4, 0.6], false),
            // It is unlike the training photos, whatever its score.
            scored(&answering, [0.5, 0.5], true),
        ];
        assert_eq!(photos[0].scores, [0.75, 0.25]);
        let lines = photos.each_ref().map(|photo| answering.line(&labels, photo).unwrap());
        assert_eq!(lines, ["sure: fire", NOT_SURE, NOT_SURE]);
        let rows = [&photos[0], &photos[2]].map(|photo| {
            let mut row = json!({});
            answering.complete(&mut row, &labels, photo);
            row
        });
        assert_eq!(rows[0], json!({"answer": "fire", "promise": 0.95, "threshold": 0.75}));
        assert_eq!(rows[1]["answer"], Value::Null);

        let mut answered = Answered::default();
        for photo in &photos[..2] {
            answered.add(&answering, photo);
        }
        let said = answering.summary(&answered).unwrap();
        assert!(said.starts_with("answered 1 of 2 photos: of such answers"), "{said}");
        assert!(said.contains("at least 95.0% are right"), "{said}");
        assert!(said.contains("run's 400 photos") && said.contains("300 (75.0%)"), "{said}");
        assert!(said.contains("98.7% of these are right"), "{said}");
        answered.add(&answering, &photos[2]);
        let said = answering.summary(&answered).unwrap();
        let expected =
            "answered 1 of 3 photos (1 more has such a score, but may be none of these): of";
        assert!(said.starts_with(expected), "{said}");
    }
}
