//! Answers of `retrain predict` on their way from the photos to who reads them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;

use super::EXIT_FAILED;
use super::answers::{Form, Printer};
use super::args::Predict;
use super::names::Named;
use super::nearest::Nearest;
use super::out;
use super::photos::{hide_count, show_count, show_count_so_far};
use super::scored_photo::Scored;
use super::scorer::Scorer;
use super::sure::{Answered, Answering};
use crate::config::Config;
use crate::dataset::Unreadable;
use crate::insight::{Drift, drift_in_words};
use crate::store::RunFolder;
use crate::train::HeadFile;
use crate::words::{counted, grouped};

/// Why a head cannot tell photos that are none of its categories, and what to do.
const NO_LIKENESS: &str = "its head is of an older version, or was trained on fewer than 20 photos; train again with more";

/// How scores of the head become answers.
pub fn answering(
    config: &Config,
    run: &RunFolder,
    asked: &Predict,
    head: &HeadFile,
) -> Result<Answering> {
    if head.temperature() != 1.0 {
        newsln!("calibrated at temperature {:.3}", head.temperature());
    }
    Answering::new(config, run, head, asked.sure, asked.priors)
}

/// What scores photos and prints their answers.
pub struct Stream<'a> {
    head: &'a HeadFile,
    answering: &'a Answering,
    printer: Printer<'a>,
    nearest: Option<Nearest<'a>>,
    /// Files that there are, where that is known.
    count: Option<usize>,
    /// Files that are done, those that cannot be read among them.
    done: usize,
    answered: Answered,
    /// Photos come until it is ended, and none may come.
    is_watching: bool,
    /// Of photos whose order is that of time.
    drift: Option<Drift>,
}

impl<'a> Stream<'a> {
    /// `count`: how many files there are, where that is known.
    pub fn new(
        config: &'a Config,
        run: &'a RunFolder,
        asked: &Predict,
        head: &'a HeadFile,
        answering: &'a Answering,
        count: Option<usize>,
    ) -> Stream<'a> {
        let form = Form::new(asked.format, asked.json);
        let top = asked.top.map(|top| top as usize);
        let printer = Printer::new(&head.labels, answering, form, top, count != Some(1));
        let nearest = form.has_nearest().then(|| Nearest::new(config, run, count));
        let (done, answered) = Default::default();
        let (is_watching, drift) = (asked.watch, None);
        Stream { head, answering, printer, nearest, count, done, answered, is_watching, drift }
    }

    /// Says from now on when photos become unlike the training photos as a whole, or why it cannot.
    pub fn notice_drift(&mut self, run: &RunFolder) {
        match &self.head.likeness {
            Some(likeness) => self.drift = Some(Drift::new(likeness.usual())),
            None => newsln!("retrain: {} notices no drift: {NO_LIKENESS}", run.id()),
        }
    }

    /// Prints what stands before the first answer.
    pub fn begin(&self) -> Result<()> {
        self.printer.begin()
    }

    /// Scores photos. There is a `scorer` where any of them can be read.
    pub fn score(
        &mut self,
        named: Vec<Named>,
        scorer: Option<&mut Scorer>,
    ) -> Result<Vec<(PathBuf, Result<Scored, Unreadable>)>> {
        let (mut files, mut readable) = (Vec::new(), Vec::new());
        for Named { file, photo } in named {
            files.push((file, photo.map(|photo| readable.push(photo))));
        }
        let (before, count) = (self.done, self.count);
        let (scores, features) = match scorer {
            Some(scorer) => scorer.score(readable, &mut |done| match count {
                Some(count) => show_count("features", before + done, count),
                None => show_count_so_far("features", before + done),
            })?,
            None => Default::default(),
        };
        hide_count();
        let scored = scores.iter().filter(|scores| scores.is_ok()).count();
        let mut judgements = match &self.head.likeness {
            Some(likeness) if scored > 0 => likeness.judge(&features)?.into_iter(),
            _ => Vec::new().into_iter(),
        };
        let mut features = features.chunks_exact((features.len() / scored.max(1)).max(1));
        let mut scores = scores.into_iter();
        let mut answers = Vec::new();
        for (file, read) in files {
            let scores = read.and_then(|()| scores.next().expect("each that was read has scores"));
            let answer = scores.map(|scores| Scored {
                scores: self.answering.rescaled(&scores),
                judgement: judgements.next(),
                nearest: match (&mut self.nearest, features.next()) {
                    (Some(nearest), Some(feature)) => nearest.of(feature),
                    _ => Value::Null,
                },
            });
            answers.push((file, answer));
        }
        Ok(answers)
    }

    /// Prints the answer to a file.
    pub fn print(&mut self, file: &Path, answer: Result<Scored, Unreadable>) -> Result<()> {
        self.done += 1;
        let answer = answer.map_err(|reason| reason.to_string());
        self.printer.print(file, &answer)?;
        let Ok(scored) = &answer else { return Ok(()) };
        self.answered.add(self.answering, scored);
        if let (Some(drift), Some(judgement)) = (&mut self.drift, scored.judgement)
            && let Some(news) = drift.add(judgement.far_off)
        {
            newsln!("{}", drift_in_words(&news));
        }
        Ok(())
    }

    /// What is to be said of all of them.
    pub fn end(self, run: &RunFolder, scorer: Option<&Scorer>) -> ExitCode {
        if out::is_lost() {
            return ExitCode::SUCCESS;
        }
        self.printer.end();
        if let Some(scorer) = scorer {
            scorer.stage.warn();
        }
        if let Some(summary) = self.answering.summary(&self.answered) {
            newsln!("{summary}");
        }
        let scored = self.answered.photos;
        if self.is_watching {
            newsln!("scored {}", counted(scored, "photo"));
        } else if scored == 0 {
            newsln!("retrain: no photo could be scored");
            return ExitCode::from(EXIT_FAILED);
        } else if self.head.likeness.is_none() {
            newsln!(
                "retrain: {} cannot tell photos that are none of these: {NO_LIKENESS}",
                run.id()
            );
        }
        if scored < self.done {
            newsln!(
                "retrain: {} of {} could not be scored",
                grouped(self.done - scored),
                counted(self.done, "file")
            );
        }
        ExitCode::SUCCESS
    }
}
