//! Which head is meant: `RUN`, that of the run's result, or `RUN@200`, one that it kept on the way.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::config::{Config, read_plain};
use crate::store::RunFolder;
use crate::train::HeadFile;
use crate::words::grouped;

/// Of more kept heads not every one is named.
const MOST_NAMED: usize = 12;

/// A run and one of its heads.
pub struct NamedHead {
    pub run: RunFolder,
    /// `None`: that of its result.
    iteration: Option<usize>,
}

impl NamedHead {
    /// Finds what was typed. The `@` may also belong to the run's name.
    pub fn find(config: &Config, name: &str) -> Result<NamedHead> {
        let parts = name.rsplit_once('@');
        let kept = parts.and_then(|(run, number)| Some((run, number.parse().ok()?)));
        match kept {
            Some((run, iteration)) if super::find(config, name).is_err() => {
                let has_it = |run: &RunFolder| run.kept_head(iteration).exists();
                let run = super::find_able(config, run, has_it)?;
                Ok(NamedHead { run, iteration: Some(iteration) })
            }
            _ => {
                let run = super::find_able(config, name, super::has_head)?;
                Ok(NamedHead { run, iteration: None })
            }
        }
    }

    /// Its file, which need not be there.
    pub fn path(&self) -> PathBuf {
        match self.iteration {
            None => self.run.head(),
            Some(iteration) => self.run.kept_head(iteration),
        }
    }

    /// As it can be typed.
    pub fn name(&self) -> String {
        match self.iteration {
            None => self.run.id(),
            Some(iteration) => format!("{}@{iteration}", self.run.id()),
        }
    }

    /// Whether it was kept on the way, and is not that of the result.
    pub fn is_of_the_way(&self) -> bool {
        self.iteration.is_some()
    }

    pub fn read(&self) -> Result<HeadFile> {
        let Some(iteration) = self.iteration else { return read_head(&self.run) };
        if self.path().exists() {
            return read(&self.path());
        }
        let next = match self.run.kept_heads().as_slice() {
            [] => "it kept none; 'train.keep_every = 100' in an experiment keeps one every 100 \
                   iterations"
                .to_owned(),
            kept => format!("it kept those of {}", kept_in_words(kept)),
        };
        bail!("run {} has no head of iteration {}: {next}", self.run.id(), grouped(iteration))
    }
}

/// Which heads were kept on the way: all of a few, of many the first and the last.
pub fn kept_in_words(kept: &[usize]) -> String {
    let named: Vec<String> = kept.iter().map(|&iteration| grouped(iteration)).collect();
    match named.as_slice() {
        [first, second, .., last] if named.len() > MOST_NAMED => {
            format!("{} iterations: {first}, {second}, ... {last}", named.len())
        }
        named => format!("iteration {}", named.join(", ")),
    }
}

/// The head of a run's result.
pub fn read_head(run: &RunFolder) -> Result<HeadFile> {
    if !run.head().exists() {
        bail!(
            "run {} has no trained head (state: {}); 'retrain list' shows those that are done",
            run.id(),
            run.summary()?.state.name()
        );
    }
    read(&run.head())
}

fn read(path: &Path) -> Result<HeadFile> {
    let bytes = read_plain(path).with_context(|| format!("cannot read {}", path.display()))?;
    HeadFile::from_bytes(&bytes).with_context(|| format!("cannot use {}", path.display()))
}
