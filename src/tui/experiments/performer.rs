//! Performs what the screens ask to be done with experiments; what may be slow is a job for the
//! queue.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

use super::counter::Counter;
use super::files::{self, PathKind, Saved};
use super::pause::Pause;
use super::watcher::Watcher;
use super::{Completion, ExperimentNews};
use crate::config::Config;
use crate::spec::Experiment;
use crate::store::{RunFolder, trash};
use crate::tui::Context;
use crate::tui::input::Input;
use crate::tui::news::{News, Toast};

#[derive(Debug)]
pub enum ExperimentEffect {
    Read(PathBuf),
    /// Saves where the file still holds the `expected` text; `None`: where there is no file.
    Save {
        path: PathBuf,
        text: String,
        expected: Option<String>,
    },
    /// Saves, whatever the file holds by now.
    Overwrite {
        path: PathBuf,
        text: String,
    },
    /// Makes a first text for a folder of photos, as it was typed, and the network of this name.
    Draft {
        folder: String,
        network: &'static str,
    },
    /// Writes a copy under another name.
    /// A text for a new experiment with the settings of a run; comes back as
    /// `ExperimentNews::Drafted`.
    DraftOfRun(RunFolder),
    Duplicate {
        from: PathBuf,
        name: String,
    },
    /// Writes a copy that has this table `[sweep]`, under a name that is free.
    Vary {
        from: PathBuf,
        table: String,
    },
    Trash(PathBuf),
    /// Completes a path as it was typed; comes back as `ExperimentNews::Completed`.
    CompletePath(String, PathKind),
    /// Counts the photos of this experiment rather than of another.
    Count(Box<Experiment>),
    /// Counts its photos by the names of the files only.
    CountNames(Box<Experiment>),
    /// Comes back with this number once nothing was typed for a moment.
    Pause(u64),
}

type Job = Box<dyn FnOnce() -> News + Send>;

pub struct ExperimentPerformer {
    context: Context,
    watcher: Watcher,
    counter: Counter,
    pause: Pause,
}

impl ExperimentPerformer {
    pub fn start(context: &Context, send: &Sender<Input>) -> io::Result<ExperimentPerformer> {
        let Config { root, cache, threads, .. } = context.config.clone();
        Ok(ExperimentPerformer {
            context: context.clone(),
            watcher: Watcher::start(context.config.experiments.clone(), send.clone())?,
            counter: Counter::start(root, cache, threads, send.clone())?,
            pause: Pause::start(send.clone())?,
        })
    }

    pub fn refresh(&self) {
        self.watcher.refresh();
    }

    /// Performs what is quick, and returns a job for the rest.
    pub fn perform(&self, effect: ExperimentEffect) -> Option<Job> {
        let watcher = self.watcher.clone();
        let then_look = move |news: News| {
            watcher.refresh();
            news
        };
        Some(match effect {
            ExperimentEffect::Count(experiment) => {
                self.counter.count(*experiment);
                return None;
            }
            ExperimentEffect::CountNames(experiment) => {
                self.counter.count_names(*experiment);
                return None;
            }
            ExperimentEffect::Pause(number) => {
                self.pause.ask(number);
                return None;
            }
            ExperimentEffect::Read(path) => Box::new(move || {
                let text = files::read(&path);
                News::Experiment(ExperimentNews::Text { path, text })
            }),
            ExperimentEffect::Save { path, text, expected } => Box::new(move || {
                let saved = files::save(&path, &text, expected.as_deref());
                then_look(News::Experiment(ExperimentNews::Saved { path, saved }))
            }),
            ExperimentEffect::Overwrite { path, text } => {
                Box::new(move || then_look(overwrite(path, text)))
            }
            ExperimentEffect::Draft { folder, network } => {
                let config = self.context.config.clone();
                Box::new(move || said(files::draft(&config, &folder, Some(network))))
            }
            ExperimentEffect::DraftOfRun(run) => {
                let experiments = self.context.config.experiments.clone();
                Box::new(move || said(files::draft_of_run(&experiments, &run)))
            }
            ExperimentEffect::Duplicate { from, name } => {
                Box::new(move || then_look(said(files::duplicate(&from, &name))))
            }
            ExperimentEffect::Vary { from, table } => {
                Box::new(move || then_look(said(files::vary(&from, &table))))
            }
            ExperimentEffect::Trash(path) => {
                let bin = self.context.config.trash.clone();
                Box::new(move || {
                    let trashed = trash::move_file(&path, &bin).map_err(|err| err.to_string());
                    then_look(said(trashed.map(ExperimentNews::Trashed)))
                })
            }
            ExperimentEffect::CompletePath(typed, kind) => {
                // What is scored is meant from where the program was started.
                let root = match kind {
                    PathKind::Folder => self.context.config.root.clone(),
                    PathKind::Photos => PathBuf::from("."),
                };
                Box::new(move || complete(&root, &typed, kind))
            }
        })
    }
}

fn overwrite(path: PathBuf, text: String) -> News {
    let saved = match files::overwrite(&path, &text) {
        Ok(()) => Saved::Done(text),
        Err(err) => Saved::Failed(err.to_string()),
    };
    News::Experiment(ExperimentNews::Saved { path, saved })
}

fn complete(root: &Path, typed: &str, kind: PathKind) -> News {
    let completion: Completion = files::complete(root, typed, kind);
    News::Experiment(ExperimentNews::Completed(completion))
}

fn said(done: Result<ExperimentNews, String>) -> News {
    match done {
        Ok(news) => News::Experiment(news),
        Err(error) => News::Said(Toast::error(error)),
    }
}
