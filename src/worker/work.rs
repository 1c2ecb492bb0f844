//! A run from its first line to its last, as a table of contents.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};

use super::reporter::Reporter;
use super::requests::{RequestWatcher, Requests};
use super::unchanged::{
    ARITHMETIC, bf16_without_amx, check_network, check_settings, decode_rule, new_run, rounding,
};
use crate::config::Config;
use crate::dataset::{self, Dataset, Skipped};
use crate::features::{self, Cache, Extractor, FillError, Recipe, RunJobs};
use crate::nets::{NetworkSettings, Place};
use crate::spec::{self, Experiment, SpecError};
use crate::store::{
    Counts, EndSignals, Event, Lease, LeaseError, NetworkFacts, RunFolder, Stage, Stop, explain,
    say_aside, shown, skipped_csv, write_atomically,
};

/// Does the run in `folder`, or goes on with it, to its result or its failure; either is its log's
/// last word. With `iterations` a person wants that many instead of the run's. In a job of a cluster that
/// ends before its time there is no last word.
pub fn work(
    folder: &RunFolder,
    iterations: Option<usize>,
    cluster: Option<&EndSignals>,
) -> ExitCode {
    // What goes wrong before the log is open can only be said in worker.log, where stderr leads.
    let begun = begin(folder, cluster);
    let (mut reporter, watcher) = match begun {
        Ok(begun) => begun,
        Err(err) => {
            say_aside(&explain(err.as_ref(), &folder.again()));
            return match err.downcast_ref() {
                Some(LeaseError::Gone { .. }) => ExitCode::from(LeaseError::EXIT_GONE),
                _ => ExitCode::FAILURE,
            };
        }
    };
    let done =
        Work::prepare(folder, &mut reporter, &watcher.requests, iterations).and_then(Work::perform);
    let Err(err) = done else { return ExitCode::SUCCESS };
    if let Err(err) = reporter.fail(&err) {
        say_aside(&explain(err.as_ref(), &folder.again()));
    }
    // Whatever it failed of: of a run that is another worker's by now the keeper says nothing.
    match reporter.check_lease() {
        Err(_) => ExitCode::from(LeaseError::EXIT_GONE),
        Ok(()) => ExitCode::FAILURE,
    }
}

fn begin(folder: &RunFolder, cluster: Option<&EndSignals>) -> Result<(Reporter, RequestWatcher)> {
    let lease = Arc::new(Lease::take(&folder.lock())?);
    folder.sweep();
    // A request to an earlier worker of this run is not meant for this one.
    folder.withdraw_stop().context("cannot remove an old stop request")?;
    let watcher = RequestWatcher::start(folder, lease.clone(), cluster)?;
    Ok((Reporter::open(folder, lease)?, watcher))
}

/// Everything that the stages of a run share.
pub(super) struct Work<'a> {
    pub folder: &'a RunFolder,
    pub reporter: &'a mut Reporter,
    pub requests: &'a Requests,
    pub config: Config,
    pub experiment: Experiment,
    /// The project folder.
    pub root: PathBuf,
}

/// What the feature stage leaves: all photos that could be read, and where their features are.
pub(super) struct Prepared {
    pub dataset: Dataset,
    pub recipe: Recipe,
    /// Names all that a feature depends on but its photo.
    pub feature_key: String,
    /// Numbers of one feature.
    pub feature_len: usize,
    pub cache: Cache,
}

impl<'a> Work<'a> {
    fn prepare(
        folder: &'a RunFolder,
        reporter: &'a mut Reporter,
        requests: &'a Requests,
        iterations: Option<usize>,
    ) -> Result<Work<'a>> {
        let root = folder.project(reporter.run());
        let config = Config::load(&root)?;
        features::keep_speeds(&config.cache);
        let checked = spec::load(&folder.experiment()).map_err(|err| match err {
            SpecError::Missing { path, .. } => anyhow!(
                "{}: the run's own copy of its experiment is gone; put it back, or {}",
                path.display(),
                new_run(reporter.run())
            ),
            other => other.into(),
        })?;
        reporter.turn(Event::Started {
            pid: std::process::id(),
            host: crate::store::host_name(),
            threads: config.threads,
        })?;
        for warning in checked.warnings {
            reporter.warn(warning.to_string())?;
        }
        let mut experiment = checked.experiment;
        check_settings(reporter.run(), &experiment)?;
        // The log has the last word on them; see `Event::Iterations`.
        experiment.iterations = iterations.unwrap_or(reporter.run().iterations);
        Ok(Work { folder, reporter, requests, config, experiment, root })
    }

    fn perform(mut self) -> Result<()> {
        let place = self.open_device()?;
        let dataset = self.scan()?;
        let (recipe, extractor) = self.network(place)?;
        let prepared = match self.features(dataset, recipe, extractor)? {
            ControlFlow::Continue(prepared) => prepared,
            ControlFlow::Break(stop) => return self.leave(stop),
        };
        match self.train(&prepared)? {
            ControlFlow::Continue(trained) => self.evaluate(&prepared, trained),
            ControlFlow::Break(stop) => self.leave(stop),
        }
    }

    /// First of all, as a GPU that is not there needs no photos to be said.
    fn open_device(&mut self) -> Result<Place> {
        let place = Place::open(&self.experiment.network)?;
        if let Some(note) = &place.note {
            self.reporter.warn(note.clone())?;
        }
        Ok(place)
    }

    /// Ends without a result, as a person asked; before training began there is none to keep.
    fn leave(self, stop: Stop) -> Result<()> {
        if stop == Stop::Pause && self.requests.is_ended_by_cluster() {
            self.reporter.say("the cluster ends the job");
            return self.reporter.sync();
        }
        self.reporter.turn(match stop {
            Stop::Pause => Event::Paused,
            Stop::Keep | Stop::Cancel => Event::Cancelled,
        })
    }

    /// Finds, hashes and splits the photos; refuses an empty set before any work.
    fn scan(&mut self) -> Result<Dataset> {
        self.reporter.turn(Event::Stage { stage: Stage::Scan })?;
        let dataset =
            dataset::scan(&self.root, &self.experiment, &self.config.cache, &mut |_, _| {})?;
        dataset.check_unreadable(self.experiment.data.max_unreadable_percent)?;
        dataset.check_sets()?;
        for warning in &dataset.warnings {
            self.reporter.warn(warning.clone())?;
        }
        self.report_dataset(&dataset)?;
        Ok(dataset)
    }

    fn report_dataset(&mut self, dataset: &Dataset) -> Result<()> {
        let skipped = dataset.skipped.iter().map(|s| (s.path.as_path(), s.reason.to_string()));
        self.reporter.check_lease()?;
        write_atomically(&self.folder.skipped(), &skipped_csv(skipped))?;
        let mut folds = dataset.fold_counts().into_iter().map(|(in_folds, _)| in_folds);
        let counts = dataset.categories.iter().zip(dataset.counts()).map(
            |(category, [training, validation, test])| Counts {
                category: category.clone(),
                training,
                validation,
                test,
                folds: folds.next().unwrap_or_default(),
            },
        );
        self.reporter.turn(Event::Dataset {
            // Relative where it can be: the project may be moved.
            images: dataset.images.strip_prefix(&self.root).unwrap_or(&dataset.images).to_owned(),
            counts: counts.collect(),
            skipped: dataset.skipped.len(),
            duplicates: dataset.duplicates.len(),
        })
    }

    fn network(&mut self, place: Place) -> Result<(Recipe, Extractor)> {
        let network = NetworkSettings {
            rounding: rounding(self.reporter.run()),
            bf16_without_amx: bf16_without_amx(self.reporter.run()),
            ..self.experiment.network.clone()
        };
        let max_megapixels = self.experiment.data.max_megapixels;
        let (mut recipe, mut extractor) =
            Recipe::prepare(&network, max_megapixels, &self.root, &place)?;
        let rule = decode_rule(self.reporter.run(), &extractor);
        (recipe.decode_rule, extractor.decode_rule) = (rule, rule);
        let feature_key = extractor.feature_key();
        check_network(self.reporter.run(), &feature_key)?;
        if let Some(warning) = extractor.backbone.warning() {
            self.reporter.warn(warning)?;
        }
        let mut properties = recipe.network.lines();
        properties.push(("resize".to_owned(), recipe.network.preprocess.resize.name().to_owned()));
        properties.push(("device".to_owned(), place.name));
        properties.push((ARITHMETIC.to_owned(), extractor.backbone.arithmetic().to_owned()));
        self.reporter.turn(Event::Network(NetworkFacts {
            backbone: recipe.network.backbone.clone(),
            weights: recipe.network.weights.clone(),
            feature_len: extractor.backbone.feature_len(),
            feature_key,
            properties,
        }))?;
        Ok((recipe, extractor))
    }

    /// Makes the features that are not in the cache; the network is not needed any more then. Breaks where it was asked to end before
    /// training could begin; what was computed is kept.
    fn features(
        &mut self,
        mut dataset: Dataset,
        recipe: Recipe,
        extractor: Extractor,
    ) -> Result<ControlFlow<Stop, Prepared>> {
        self.reporter.turn(Event::Stage { stage: Stage::Features })?;
        let feature_key = extractor.feature_key();
        let feature_len = extractor.backbone.feature_len();
        let mut cache = Cache::open(&self.config.cache, &feature_key, feature_len)?;
        let jobs = RunJobs::of(&dataset, &self.experiment.distort);
        let (reporter, requests) = (&mut *self.reporter, self.requests);
        let mut batch = extractor.backbone.batch();
        let filled = features::fill(
            &jobs,
            &extractor,
            &self.experiment.distort,
            &mut cache,
            self.config.threads,
            &|| requests.strongest().is_some(),
            &mut |progress| {
                if progress.batch < batch {
                    reporter.warn(format!(
                        "the GPU's memory is too small for {batch} photos at a time; it is given \
                         {} from now on",
                        progress.batch
                    ))?;
                    batch = progress.batch;
                }
                reporter.report(Event::Features {
                    done: progress.done,
                    total: progress.total,
                    from_cache: progress.from_cache,
                    skipped: progress.skipped,
                    images_per_second: progress.images_per_second,
                    latest: progress.latest.map(|job| shown(&dataset.photos[jobs.photo(job)].path)),
                })
            },
        )
        .map_err(|err| match err {
            // It keeps its causes only as it is.
            FillError::Report(err) => err,
            other => other.into(),
        })?;
        let unreadable: Vec<Skipped> = filled
            .unreadable
            .into_iter()
            .map(|(job, reason)| Skipped {
                path: dataset.photos[jobs.photo(job)].path.clone(),
                reason,
            })
            .collect();
        for damaged in cache.damaged() {
            self.reporter.warn(damaged.clone())?;
        }
        for unusual in dataset.add_remarks(&filled.remarks) {
            self.reporter.warn(unusual)?;
        }
        if let Some(stop) = requests.strongest().filter(|_| filled.stopped) {
            return Ok(ControlFlow::Break(stop));
        }
        if !unreadable.is_empty() {
            dataset.remove_unreadable(unreadable);
            dataset.check_unreadable(self.experiment.data.max_unreadable_percent)?;
            dataset.check_sets()?;
            self.report_dataset(&dataset)?;
        }
        Ok(ControlFlow::Continue(Prepared { dataset, recipe, feature_key, feature_len, cache }))
    }
}
