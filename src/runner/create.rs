//! From an experiment file to a run folder that a worker can take.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::spec::{self, Resolved, SpecError, SplitRule};
use crate::store::{CreateError, Event, LogError, RunFolder, recorded_root, trash};

/// Why no run is made of an experiment.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An experiment file cannot be read or has a mistake, or an override has one.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// What a run to be made again was cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The experiment is fine, but its run folder cannot be made.
    #[error(transparent)]
    Create(#[from] CreateError),
}

/// Checks `experiment`, with `overrides` such as `train.seed=3` over it, and makes its run folder.
pub fn create(
    config: &Config,
    experiment: &Path,
    overrides: &[String],
) -> Result<RunFolder, StartError> {
    let mut runs = create_all(config, &[experiment], overrides)?;
    Ok(runs.pop().expect("one experiment is one run"))
}

/// The same for several: with a mistake in one of them no folder is made.
pub fn create_all(
    config: &Config,
    experiments: &[impl AsRef<Path>],
    overrides: &[String],
) -> Result<Vec<RunFolder>, StartError> {
    let runs: Result<Vec<_>, SpecError> =
        experiments.iter().map(|path| prepared(config, path.as_ref(), overrides)).collect();
    create_prepared(config, runs?)
}

fn create_prepared(
    config: &Config,
    runs: Vec<(String, Event)>,
) -> Result<Vec<RunFolder>, StartError> {
    let trash = trash::folders(config);
    let create =
        |(toml, event): (String, Event)| RunFolder::create(&config.runs, &trash, &toml, event);
    Ok(runs.into_iter().map(create).collect::<Result<_, _>>()?)
}

/// The same with other seeds each time, `repeats` runs of each experiment: the first has its own, each
/// further one the next seeds. Where the split is not drawn by a seed only that of the training
/// varies. Runs with the same seeds of two experiments come on the same split.
pub fn create_repeats(
    config: &Config,
    experiments: &[impl AsRef<Path>],
    overrides: &[String],
    repeats: usize,
) -> Result<Vec<RunFolder>, StartError> {
    let mut wanted = Vec::new();
    for path in experiments {
        let path = path.as_ref();
        let first = spec::resolve(&spec::read(path)?, overrides, path)?.experiment;
        for repeat in 0..repeats as u64 {
            let mut seeds = vec![format!("train.seed={}", first.train.seed + repeat)];
            if first.split.by == SplitRule::Seed {
                seeds.push(format!("split.seed={}", first.split.seed + repeat));
            }
            let all: Vec<String> = overrides.iter().cloned().chain(seeds).collect();
            wanted.push(prepared(config, path, &all)?);
        }
    }
    create_prepared(config, wanted)
}

/// Makes a run with the settings of another, with `overrides` over them: of its own copy of the
/// experiment, which says all of them, so that the file may have changed or gone.
pub fn create_again(
    config: &Config,
    run: &RunFolder,
    overrides: &[String],
) -> Result<RunFolder, StartError> {
    let before = run.replay()?;
    let text = spec::read(&run.experiment())?;
    let resolved = spec::resolve(&text, overrides, &run.experiment())?;
    let (toml, event) = begun(config, before.experiment, before.source, resolved);
    Ok(RunFolder::create(&config.runs, &trash::folders(config), &toml, event)?)
}

/// The run's experiment file and its first event.
fn prepared(
    config: &Config,
    experiment: &Path,
    overrides: &[String],
) -> Result<(String, Event), SpecError> {
    let name = spec::name(experiment)?;
    let text = spec::read(experiment)?;
    let resolved = spec::resolve(&text, overrides, experiment)?;
    Ok(begun(config, name, experiment.to_owned(), resolved))
}

/// The same of an experiment that was resolved; `source` is the file that a person wrote.
fn begun(
    config: &Config,
    experiment: String,
    source: PathBuf,
    resolved: Resolved,
) -> (String, Event) {
    let created = Event::Created {
        experiment,
        source,
        root: recorded_root(&config.root, &config.runs),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        iterations: resolved.experiment.iterations,
        settings: spec::settings(&resolved.experiment)
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    };
    (resolved.text, created)
}
