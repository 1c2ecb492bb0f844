//! Does what the screens want done with experiments. What may be slow is a job for the queue.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::thread;

use super::counter::Counter;
use super::files::{self, Saved};
use super::pause::Pause;
use super::watcher::Watcher;
use super::{Completion, ExperimentNews};
use crate::config::Config;
use crate::runner;
use crate::spec::Experiment;
use crate::tui::Context;
use crate::tui::input::Input;
use crate::tui::news::{News, Toast};

#[derive(Debug)]
pub enum ExperimentEffect {
    Read(PathBuf),
    /// Saves unless the file is not `expected` any more; `None`: that there is no file.
    Save {
        path: PathBuf,
        text: String,
        expected: Option<String>,
    },
    /// Saves whatever the file is by now.
    Overwrite {
        path: PathBuf,
        text: String,
    },
    /// Makes a first text for a folder of photos, as it was typed.
    Draft(String),
    /// Writes a copy under another name.
    Duplicate {
        from: PathBuf,
        name: String,
    },
    Trash(PathBuf),
    CompletePath(String),
    /// Counts the photos of this experiment rather than of another.
    Count(Box<Experiment>),
    /// Counts its photos by the names of the files only.
    CountNames(Box<Experiment>),
    /// Answers this number when nothing is typed for a moment.
    Pause(u64),
}

type Job = Box<dyn FnOnce() -> News + Send>;

pub struct Hands {
    context: Context,
    watcher: Watcher,
    counter: Counter,
    pause: Pause,
}

impl Hands {
    pub fn start(context: &Context, send: &Sender<Input>) -> io::Result<Hands> {
        Ok(Hands {
            context: context.clone(),
            watcher: Watcher::start(context.experiments.clone(), send.clone())?,
            counter: Counter::start(context.root.clone(), send.clone())?,
            pause: Pause::start(send.clone())?,
        })
    }

    pub fn refresh(&self) {
        self.watcher.refresh();
    }

    /// The job that starts a run of this experiment.
    pub fn launch(&self, experiment: PathBuf) -> Job {
        let context = self.context.clone();
        Box::new(move || said(launch(&context, &experiment)))
    }

    /// Does it at once, or returns the job that does it.
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
            ExperimentEffect::Draft(typed) => {
                let Context { root, experiments, .. } = self.context.clone();
                Box::new(move || said(files::draft(&root, &experiments, &typed)))
            }
            ExperimentEffect::Duplicate { from, name } => {
                Box::new(move || then_look(said(files::duplicate(&from, &name))))
            }
            ExperimentEffect::Trash(path) => Box::new(move || then_look(said(files::trash(&path)))),
            ExperimentEffect::CompletePath(typed) => {
                let root = self.context.root.clone();
                Box::new(move || complete(&root, &typed))
            }
        })
    }
}

fn launch(context: &Context, experiment: &Path) -> Result<ExperimentNews, String> {
    let config = Config {
        runs: context.runs.clone(),
        experiments: context.experiments.clone(),
        ..Config::at(&context.root)
    };
    let run = runner::create(&config, experiment, &[]).map_err(|err| err.to_string())?;
    let mut worker = runner::launch(&context.program, &run)
        .map_err(|err| format!("cannot start {}: {err}", context.program.display()))?;
    // A worker that has ended stays in the table of processes until somebody waits for it.
    thread::spawn(move || worker.wait());
    Ok(ExperimentNews::Launched(run))
}

fn overwrite(path: PathBuf, text: String) -> News {
    let saved = match files::overwrite(&path, &text) {
        Ok(()) => Saved::Done(text),
        Err(err) => Saved::Failed(err.to_string()),
    };
    News::Experiment(ExperimentNews::Saved { path, saved })
}

fn complete(root: &Path, typed: &str) -> News {
    let completion: Completion = files::complete(root, typed);
    News::Experiment(ExperimentNews::Completed(completion))
}

fn said(done: Result<ExperimentNews, String>) -> News {
    match done {
        Ok(news) => News::Experiment(news),
        Err(error) => News::Said(Toast::error(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::ThemeName;

    #[test]
    fn a_run_is_made_and_its_worker_started_and_a_mistake_starts_nothing() {
        let root = tempfile::tempdir().unwrap();
        let experiments = root.path().join("experiments");
        std::fs::create_dir(&experiments).unwrap();
        let context = Context {
            runs: root.path().join("runs"),
            experiments: experiments.clone(),
            root: root.path().to_owned(),
            theme: ThemeName::Auto,
            program: "true".into(),
        };
        let path = experiments.join("fire.toml");
        std::fs::write(&path, "images = 'p'\niterations = 0\n").unwrap();
        let refused = launch(&context, &path).unwrap_err();
        assert!(refused.contains("fire.toml:2: iterations is 0"), "{refused}");
        assert!(!context.runs.exists());
        std::fs::write(&path, "images = 'p'\n").unwrap();
        let Ok(ExperimentNews::Launched(run)) = launch(&context, &path) else { panic!() };
        assert!(run.id().ends_with("-fire") && run.experiment().exists());
        let missing = Context { program: "/no/such/program".into(), ..context };
        assert!(launch(&missing, &path).unwrap_err().contains("cannot start /no/such/program"));
    }
}
