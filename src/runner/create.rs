//! From an experiment file to a run folder that a worker can take.

use std::path::Path;

use crate::config::Config;
use crate::spec::{self, SpecError};
use crate::store::{CreateError, Event, RunFolder};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Spec(#[from] SpecError),
    #[error(transparent)]
    Create(#[from] CreateError),
}

/// Checks `experiment`, with `overrides` such as `train.seed=3` over it, and makes its run folder.
pub fn create(
    config: &Config,
    experiment: &Path,
    overrides: &[String],
) -> Result<RunFolder, StartError> {
    let name = spec::name(experiment)?;
    let text = spec::read(experiment)?;
    let resolved = spec::resolve(&text, overrides, experiment)?;
    let created = Event::Created {
        experiment: name,
        source: experiment.to_owned(),
        root: config.root.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        iterations: resolved.experiment.iterations,
        settings: spec::settings(&resolved.experiment)
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    };
    Ok(RunFolder::create(&config.runs, &resolved.text, created)?)
}
