//! From an experiment file to a run folder that a worker can take.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::spec::{self, Experiment, Resolved, SpecError, SplitRule};
use crate::store::{
    Corrections, CorrectionsError, CreateError, Event, LogError, RunFolder, Timestamp,
    recorded_root, trash,
};

/// Why no run is made of an experiment.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An experiment file cannot be read or has a mistake, or an override has one.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// What a run to be made again was cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// What was decided about single photos cannot be used.
    #[error(transparent)]
    Corrections(#[from] CorrectionsError),
    /// The experiment is fine, but its run folder cannot be made.
    #[error(transparent)]
    Create(#[from] CreateError),
}

/// Checks `experiment`, with `overrides` such as `train.seed=3` over it, and makes the folder of one
/// run, without its sweep.
pub fn create(
    config: &Config,
    experiment: &Path,
    overrides: &[String],
) -> Result<RunFolder, StartError> {
    let resolved = spec::resolve(&spec::read(experiment)?, overrides, experiment)?;
    let name = spec::name(experiment)?;
    let labels = labels(&[experiment])?;
    let (toml, event) = begun(config, name, experiment.to_owned(), resolved, None);
    make(config, &toml, labels, event)
}

/// What was decided about single photos, of the first of these experiment files that has any. It is
/// checked here, as a run that fails of it has waited for nothing.
fn labels(experiments: &[&Path]) -> Result<Option<Vec<u8>>, CorrectionsError> {
    for experiment in experiments {
        let corrections = Corrections::read(&spec::labels_path(experiment))?;
        if corrections.decisions().next().is_some() {
            return Ok(Some(corrections.to_csv()));
        }
    }
    Ok(None)
}

fn make(
    config: &Config,
    toml: &str,
    labels: Option<Vec<u8>>,
    event: Event,
) -> Result<RunFolder, StartError> {
    let trash = trash::folders(config);
    Ok(RunFolder::create_labelled(&config.runs, &trash, toml, labels.as_deref(), event)?)
}

/// Makes the run folders of several experiments, of each those of its sweep: with a mistake in one of
/// them no folder is made.
///
/// With `repeats` each run is made so many times: the first has the seeds of the experiment, each
/// further one the next. Where the split is not drawn by a seed only that of the training varies. The
/// same repeat of two experiments has the same split.
pub fn create_all(
    config: &Config,
    experiments: &[impl AsRef<Path>],
    overrides: &[String],
    repeats: usize,
) -> Result<Vec<RunFolder>, StartError> {
    let mut wanted = Vec::new();
    for experiment in experiments {
        let labels = labels(&[experiment.as_ref()])?;
        let runs = prepared(config, experiment.as_ref(), overrides, repeats)?;
        wanted.extend(runs.into_iter().map(|(toml, event)| (toml, labels.clone(), event)));
    }
    wanted.into_iter().map(|(toml, labels, event)| make(config, &toml, labels, event)).collect()
}

/// Makes a run with the settings of another, with `overrides` over them: of its own copy of the
/// experiment, which says all of them, so that the file may have changed or gone. What was decided
/// about single photos is what stands beside the file now, as photos too are those that are there now;
/// where nothing does, what that run has.
pub fn create_again(
    config: &Config,
    run: &RunFolder,
    overrides: &[String],
) -> Result<RunFolder, StartError> {
    let before = run.replay()?;
    let text = spec::read(&run.experiment())?;
    let resolved = spec::resolve(&text, overrides, &run.experiment())?;
    let labels = labels(&[&run.place(&before, &before.source), &run.experiment()])?;
    let (toml, event) = begun(config, before.experiment, before.source, resolved, None);
    make(config, &toml, labels, event)
}

/// The experiment file and the first event of each run of an experiment.
fn prepared(
    config: &Config,
    experiment: &Path,
    overrides: &[String],
    repeats: usize,
) -> Result<Vec<(String, Event)>, SpecError> {
    let name = spec::name(experiment)?;
    let text = spec::read(experiment)?;
    // What is asked for at the command line is asked for in every run.
    let asked: Vec<&str> = overrides.iter().filter_map(|set| set.split('=').next()).collect();
    let sweep = spec::parse(&text, experiment)?.sweep;
    let sweep = sweep.and_then(|sweep| sweep.without(&asked));
    let group = sweep.as_ref().map(|_| group_name(&config.runs, &name));
    let members = sweep.map_or_else(|| vec![Vec::new()], |sweep| sweep.members());
    let mut runs = Vec::new();
    for member in members {
        let values = member.iter().map(|(key, value)| format!("{key}={}", value.to_toml()));
        let values: Vec<String> = values.chain(overrides.iter().cloned()).collect();
        let first = spec::resolve(&text, &values, experiment)?;
        for repeat in 0..repeats as u64 {
            let resolved = match repeat {
                0 => first.clone(),
                repeat => {
                    let seeds = seeds(&first.experiment, repeat);
                    spec::resolve(&text, &[&values[..], &seeds].concat(), experiment)?
                }
            };
            let source = experiment.to_owned();
            runs.push(begun(config, name.clone(), source, resolved, group.clone()));
        }
    }
    Ok(runs)
}

/// The seeds of a repeat, as settings.
fn seeds(first: &Experiment, repeat: u64) -> Vec<String> {
    let mut seeds = vec![format!("train.seed={}", first.train.seed.wrapping_add(repeat))];
    if first.split.by == SplitRule::Seed {
        seeds.push(format!("split.seed={}", first.split.seed.wrapping_add(repeat)));
    }
    seeds
}

/// The name that the runs of a sweep carry: that of a run folder that is not there yet, as the first of
/// another sweep that begins in this second has it.
fn group_name(runs: &Path, experiment: &str) -> String {
    let name = format!("{}-{experiment}", Timestamp::now().strftime("%Y%m%d-%H%M%S"));
    let further = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.clone()).chain(further);
    names.find(|name| !runs.join(name).exists()).expect("numbers do not end")
}

/// The same of an experiment that was resolved; `source` is the file that a person wrote.
fn begun(
    config: &Config,
    experiment: String,
    source: PathBuf,
    resolved: Resolved,
    group: Option<String>,
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
        group,
    };
    (resolved.text, created)
}
