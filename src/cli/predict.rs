//! `retrain predict`: scores photos that a run never saw, and says which are none of its categories.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use candle_core::{Device, Tensor};
use serde_json::Value;

use super::EXIT_FAILED;
use super::answers::{Form, Printer};
use super::args::Predict;
use super::named_head::NamedHead;
use super::names::{Named, Names};
use super::nearest::Nearest;
use super::out;
use super::photos::{FeatureStage, hide_count, show_count, show_count_so_far};
use super::scored_photo::Scored;
use super::sure::{Answered, Answering};
use crate::config::Config;
use crate::dataset::PhotoFile;
use crate::features::Recipe;
use crate::spec::DeviceChoice;
use crate::store::RunFolder;
use crate::train::{HeadFile, evaluate};
use crate::words::{counted, grouped};

/// Of fewer photos the CPU has the scores before a GPU is awake.
const FEW_PHOTOS: usize = 64;
/// Photos that are scored together: so many for each thread, or for each picture that the network takes
/// at a time. While the last of them are computed some threads have nothing to do.
const ROUNDS: usize = 16;
/// At least so many: what a shard of the cache holds.
const FEWEST_TOGETHER: usize = 64;

/// Why a head cannot tell photos that are none of its categories, and what to do.
const NO_LIKENESS: &str = "its head is of an older version, or was trained on fewer than 20 photos; train again with more";

pub fn predict(config: &Config, named: &NamedHead, asked: &Predict) -> Result<ExitCode> {
    let names = Names::new(&asked.photos, asked.null)?;
    let (head, run) = (named.read()?, &named.run);
    if asked.sure.is_some() && named.is_of_the_way() {
        bail!("--sure is about the head of the run's result; leave out what follows the @");
    }
    let recipe = read_recipe(run, &head)?;
    if head.temperature() != 1.0 {
        newsln!("calibrated at temperature {:.3}", head.temperature());
    }
    let answering = Answering::new(config, run, &head, asked.sure, asked.priors)?;
    let (count, form) = (names.count(), Form::new(asked.format, asked.json));
    let top = asked.top.map(|top| top as usize);
    let mut stream = Stream {
        head: &head,
        answering: &answering,
        printer: Printer::new(&head.labels, &answering, form, top, count != Some(1)),
        nearest: form.has_nearest().then(|| Nearest::new(config, run, count)),
        count,
        done: 0,
        answered: Answered::default(),
    };
    let device = match count.is_some_and(|count| count < FEW_PHOTOS) {
        true => DeviceChoice::Cpu,
        false => DeviceChoice::Auto,
    };
    let mut scorer = None;
    let photos = names.start();
    stream.printer.begin()?;
    while !out::is_lost() {
        let together = scorer.as_ref().map_or(FEWEST_TOGETHER, Scorer::photos_together);
        let named = photos.next(together)?;
        if named.is_empty() {
            break;
        }
        // The network is opened for the first photo that can be read.
        if scorer.is_none() && named.iter().any(|named| named.photo.is_ok()) {
            scorer = Some(Scorer::open(config, run, &head, &recipe, device)?);
        }
        stream.answer(named, scorer.as_mut())?;
    }
    Ok(stream.end(run, scorer.as_ref()))
}

/// Answers on their way from the photos to who reads them.
struct Stream<'a> {
    head: &'a HeadFile,
    answering: &'a Answering,
    printer: Printer<'a>,
    nearest: Option<Nearest<'a>>,
    /// Files that there are, where that is known.
    count: Option<usize>,
    /// Files that are done, those that cannot be read among them.
    done: usize,
    answered: Answered,
}

impl Stream<'_> {
    /// Scores photos and prints their answers. There is a `scorer` where any of them can be read.
    fn answer(&mut self, named: Vec<Named>, scorer: Option<&mut Scorer>) -> Result<()> {
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
            if let Ok(scored) = &answer {
                self.answered.add(self.answering, scored);
            }
            self.printer.print(&file, &answer)?;
            self.done += 1;
        }
        Ok(())
    }

    /// What is to be said of all of them.
    fn end(self, run: &RunFolder, scorer: Option<&Scorer>) -> ExitCode {
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
        if scored == 0 {
            newsln!("retrain: no photo could be scored");
            return ExitCode::from(EXIT_FAILED);
        }
        if self.head.likeness.is_none() {
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

/// What makes the features that the head takes.
pub(super) fn read_recipe(run: &RunFolder, head: &HeadFile) -> Result<Recipe> {
    let mut recipe: Recipe = serde_json::from_value(head.context["recipe"].clone())
        .with_context(|| format!("{} says nothing of its network", run.head().display()))?;
    if let Some(file) = &mut recipe.weights_file {
        *file = run.place(&run.replay()?, file);
    }
    Ok(recipe)
}

/// One score for each category, or why there is none.
type Scores = Result<Vec<f32>, String>;

/// Scores photos by the head of a run.
pub(super) struct Scorer<'a> {
    head: &'a HeadFile,
    stage: FeatureStage,
    threads: usize,
}

impl<'a> Scorer<'a> {
    /// Opens the network. Errors also when its features are not what the head takes.
    pub fn open(
        config: &Config,
        run: &RunFolder,
        head: &'a HeadFile,
        recipe: &Recipe,
        device: DeviceChoice,
    ) -> Result<Scorer<'a>> {
        let extractor = recipe.open(device)?;
        let (taken, made) = (head.head.weights.dims()[1], extractor.backbone.feature_len());
        if taken != made {
            bail!(
                "cannot use {}: its head takes features of {taken} numbers, its network makes {made}; \
                 train again",
                run.head().display()
            );
        }
        let stage = FeatureStage::open(config, extractor)?;
        Ok(Scorer { head, stage, threads: config.threads })
    }

    /// So many photos take no noticeably longer than the same ones among many.
    fn photos_together(&self) -> usize {
        let at_a_time = self.threads.max(self.stage.extractor.backbone.batch());
        (ROUNDS * at_a_time).max(FEWEST_TOGETHER)
    }

    /// The scores of each photo, or why it has none, and the features of those that have scores, row by
    /// row. `progress` hears how many photos are done.
    pub fn score(
        &mut self,
        photos: Vec<PhotoFile>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<(Vec<Scores>, Vec<f32>)> {
        let count = photos.len();
        let made = self.stage.make(photos, progress)?;
        let mut features = made.features.chunks_exact(self.stage.extractor.backbone.feature_len());
        let mut scores = Vec::new();
        for number in 0..count {
            if let Some((_, reason)) = made.unreadable.iter().find(|(bad, _)| *bad == number) {
                scores.push(Err(reason.to_string()));
                continue;
            }
            let feature = features.next().expect("each photo that was read has a feature");
            // One by one: of many at a time the last bits depend on how many there are.
            let feature = Tensor::from_slice(feature, (1, feature.len()), &Device::Cpu)?;
            scores.extend(evaluate(&self.head.head, &feature)?.into_iter().map(Ok));
        }
        Ok((scores, made.features))
    }
}
