//! Going on with a run: it must still be the same question, and training goes on where it was.

use std::fs;
use std::io::{self, Write};

use anyhow::{Context, Result, bail};

use super::unchanged::new_run;
use super::work::{Prepared, Work};
use crate::config::read_plain;
use crate::spec::{self, BatchDraw, ClassWeights, Grouping, Schedule};
use crate::store::{
    AtomicFile, Event, PhotoRow, WholeFile, changed_photos, write_atomically, write_photos,
};
use crate::train::{Checkpoint, CheckpointError, Problem, learning_rate};
use crate::words::grouped;

impl Work<'_> {
    /// Writes `photos.csv` before the first iteration, and later errors when they are others.
    pub(super) fn settle_photos(&self, prepared: &Prepared) -> Result<()> {
        let (run, path) = (self.reporter.run(), self.folder.photos());
        if !run.has_trained() {
            let file = write_photos(AtomicFile::begin(&path)?, photo_rows(prepared))?;
            self.reporter.check_lease()?;
            return Ok(file.finish()?);
        }
        let before = WholeFile::open(&path).with_context(|| {
            format!("cannot read {}, the photos it began with; {}", path.display(), new_run(run))
        })?;
        let is_same = write_photos(Expected::new(&before), photo_rows(prepared))?.is_met();
        if !is_same {
            let now = write_photos(Vec::new(), photo_rows(prepared))?;
            bail!(
                "the photos are not those of {}, with which this run began: {}; a run goes on \
                 only with the same photos: put them back, or {}",
                path.display(),
                changed_photos(&before, &now),
                new_run(run)
            );
        }
        Ok(())
    }

    /// Names all that the numbers of the training of a head depend on; the number of iterations only
    /// with folds, whose heads begin anew for another one. `tested` is as for [`Dataset::set`].
    ///
    /// [`Dataset::set`]: crate::dataset::Dataset::set
    pub(super) fn training_name(
        &self,
        prepared: &Prepared,
        tested: Option<usize>,
    ) -> Result<blake3::Hash> {
        let mut hasher = blake3::Hasher::new();
        let train = &self.experiment.train;
        for (key, value) in spec::settings(&self.experiment) {
            let matters = ["train.", "split.", "distort."].iter().any(|part| key.starts_with(part));
            // A run of before folds or groups came, or the draw or the first evaluation could be
            // chosen, has none. Balanced weights were others then.
            let matters = match key {
                "split.folds" => prepared.dataset.folds.is_some(),
                "split.groups" => self.experiment.split.groups != Grouping::None,
                "train.draw" => {
                    train.draw != BatchDraw::Balanced
                        || train.class_weights == ClassWeights::Balanced
                }
                "train.eval_first" => train.eval_first,
                // What is kept on the way changes no number.
                "train.keep_every" => false,
                _ => matters,
            };
            if matters || ["learning_rate", "categories"].contains(&key) {
                hasher.update(format!("{key} = {value}\n").as_bytes());
            }
        }
        if prepared.dataset.folds.is_some() {
            let iterations = self.experiment.iterations;
            hasher.update(format!("iterations = {iterations}\ntested = {tested:?}\n").as_bytes());
        }
        hasher.update(format!("features = {}\n", prepared.feature_key).as_bytes());
        Ok(write_photos(hasher, photo_rows(prepared))?.finalize())
    }

    /// What training starts from; `None`: from the beginning, and then it makes the iterations that
    /// are reported already again, with the same numbers.
    pub(super) fn start(
        &mut self,
        problem: &Problem,
        name: &blake3::Hash,
    ) -> Result<Option<Checkpoint>> {
        let reported = self.reporter.run().step();
        if reported == 0 {
            return Ok(None);
        }
        let again = format!("the {} iterations reported so far are made again", grouped(reported));
        match self.read_checkpoint(problem, name) {
            Ok(Some(checkpoint)) if checkpoint.step <= reported => {
                let step = grouped(checkpoint.step);
                self.reporter
                    .say(&format!("continues after iteration {step}, from its checkpoint"));
                return Ok(Some(checkpoint));
            }
            Ok(Some(checkpoint)) => self.reporter.warn(format!(
                "the checkpoint is of iteration {}, which the log does not know; {again}",
                grouped(checkpoint.step)
            ))?,
            Ok(None) => self.reporter.say(&format!("there is no checkpoint yet; {again}")),
            Err(CheckpointError::Stranger) => bail!(
                "{}: {}; {}",
                self.folder.checkpoint().display(),
                CheckpointError::Stranger,
                new_run(self.reporter.run())
            ),
            Err(err) => self
                .reporter
                .warn(format!("{}: {err}; {again}", self.folder.checkpoint().display()))?,
        }
        Ok(None)
    }

    fn read_checkpoint(
        &self,
        problem: &Problem,
        name: &blake3::Hash,
    ) -> Result<Option<Checkpoint>, CheckpointError> {
        let path = self.folder.checkpoint();
        let limit = Checkpoint::max_bytes(problem);
        let read = fs::metadata(&path).and_then(|data| match data.len() {
            length if length > limit => Err(io::Error::other(format!(
                "it has {length} bytes, a checkpoint of this run has up to {limit}"
            ))),
            _ => read_plain(&path),
        });
        match read {
            Ok(bytes) => Checkpoint::from_bytes(&bytes, name, problem).map(Some),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(err) => Err(CheckpointError::Contradiction(err.to_string())),
        }
    }

    /// Takes the number of iterations that was asked for into the run and its experiment.
    pub(super) fn settle_iterations(&mut self) -> Result<()> {
        let (run, iterations) = (self.reporter.run(), self.experiment.iterations);
        let (before, done) = (run.iterations, run.step());
        if iterations < done && self.experiment.split.folds == 0 {
            bail!("{done} iterations are done already, expected that many or more");
        }
        let path = self.folder.experiment();
        // A worker that was killed behind this has left the file ahead of the log.
        if spec::load(&path)?.experiment.iterations != iterations {
            let wanted = [format!("iterations={iterations}")];
            let resolved = spec::resolve(&spec::read(&path)?, &wanted, &path)?;
            self.reporter.check_lease()?;
            write_atomically(&path, resolved.text.as_bytes())?;
        }
        if iterations == before {
            return Ok(());
        }
        self.reporter.turn(Event::Iterations { iterations })?;
        let (train, base) = (&self.experiment.train, self.experiment.learning_rate);
        let goes_on = self.experiment.split.folds == 0 && done > 0 && done < iterations;
        if train.schedule == Schedule::Cosine && goes_on {
            let rate = |all| learning_rate(train, base, done + 1, all);
            self.reporter.warn(format!(
                "the learning rate falls to the last iteration: from {} on it is that of a run of \
                 {iterations} ({:.3e} there; {:.3e} had it been one of {before})",
                done + 1,
                rate(iterations),
                rate(before.max(done + 1)),
            ))?;
        }
        Ok(())
    }
}

/// The rows of `photos.csv`.
fn photo_rows(prepared: &Prepared) -> impl Iterator<Item = PhotoRow<'_>> {
    let dataset = &prepared.dataset;
    dataset.photos.iter().map(|photo| PhotoRow {
        file: &photo.path,
        set: photo.set.name(),
        category: &dataset.categories[photo.category],
        hash: photo.hash.to_hex().to_string(),
        fold: photo.fold.map(|fold| fold.number + 1),
    })
}

/// Takes what is written, and knows whether it was what was expected.
struct Expected<'a> {
    left: &'a [u8],
    is_met: bool,
}

impl<'a> Expected<'a> {
    fn new(text: &'a [u8]) -> Expected<'a> {
        Expected { left: text, is_met: true }
    }

    /// Whether all of it was written, and nothing else.
    fn is_met(&self) -> bool {
        self.is_met && self.left.is_empty()
    }
}

impl Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.left.strip_prefix(bytes) {
            Some(left) => self.left = left,
            None => self.is_met = false,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
