//! Counts the photos of an experiment: by names at once, by content when the cursor rests on it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::{Counted, ExperimentNews, Scanned, count_key, photos};
use crate::config::expand_home;
use crate::dataset;
use crate::spec::{self, Experiment, SplitRule};
use crate::store::shown;
use crate::tui::input::Input;
use crate::tui::news::News;

/// While a person moves through the list, not every folder of photos that is passed is read.
const REST: Duration = Duration::from_millis(500);
/// Progress is told this often.
const TELL: Duration = Duration::from_millis(200);

pub struct Counter {
    wish: Sender<Wish>,
}

enum Wish {
    Names(Experiment),
    /// By names first, then by content.
    All(Experiment),
}

/// What a thread needs to answer.
#[derive(Clone)]
struct Answer {
    root: PathBuf,
    cache: PathBuf,
    /// Of a run.
    threads: usize,
    send: Sender<Input>,
}

impl Counter {
    pub fn start(
        root: PathBuf,
        cache: PathBuf,
        threads: usize,
        send: Sender<Input>,
    ) -> io::Result<Counter> {
        let (wish, wishes) = mpsc::channel();
        let (pass_on, rested) = mpsc::channel();
        let quick = Answer { root, cache, threads, send };
        let slow = quick.clone();
        thread::Builder::new().name("count".into()).spawn(move || {
            for wish in wishes {
                match wish {
                    Wish::Names(experiment) => quick.by_names(&experiment),
                    Wish::All(experiment) => {
                        quick.by_names(&experiment);
                        // The other thread ends only when this one does.
                        let _ = pass_on.send(experiment);
                    }
                }
            }
        })?;
        thread::Builder::new().name("scan".into()).spawn(move || slow.serve(&rested))?;
        Ok(Counter { wish })
    }

    /// Counts the photos of this experiment rather than of the one asked for before.
    pub fn count(&self, experiment: Experiment) {
        // The thread ends only when the UI does.
        let _ = self.wish.send(Wish::All(experiment));
    }

    pub fn count_names(&self, experiment: Experiment) {
        let _ = self.wish.send(Wish::Names(experiment));
    }
}

impl Answer {
    fn tell(&self, key: &str, more: Counted) {
        let news = ExperimentNews::Counted { key: key.to_owned(), more };
        // When nobody listens any more, the program is ending.
        let _ = self.send.send(Input::News(News::Experiment(news)));
    }

    fn by_names(&self, experiment: &Experiment) {
        // With folders for sets the categories lie one level deeper; the scan finds them.
        if experiment.split.by != SplitRule::Folders {
            let images = self.root.join(expand_home(&experiment.images));
            let quick = Counted::Quick(photos::count(&images, &experiment.categories));
            self.tell(&count_key(experiment), quick);
        }
    }

    fn serve(&self, wishes: &Receiver<Experiment>) {
        while let Ok(mut experiment) = wishes.recv() {
            loop {
                match wishes.recv_timeout(REST) {
                    Ok(newer) => experiment = newer,
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            self.by_content(&experiment);
        }
    }

    fn by_content(&self, experiment: &Experiment) {
        let key = count_key(experiment);
        let mut told = Instant::now();
        let mut progress = |read, found| {
            if told.elapsed() >= TELL {
                told = Instant::now();
                self.tell(&key, Counted::Reading { read, found });
            }
        };
        let scanned = scan(&self.root, experiment, &self.cache, self.threads, &mut progress);
        self.tell(&key, Counted::Scanned(scanned));
    }
}

fn scan(
    root: &Path,
    experiment: &Experiment,
    cache: &Path,
    threads: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Scanned, String> {
    let dataset =
        dataset::scan(root, experiment, cache, progress).map_err(|err| err.to_string())?;
    let max_percent = experiment.data.max_unreadable_percent;
    let refusal = dataset.check_unreadable(max_percent).and_then(|()| dataset.check_sets()).err();
    let Experiment { network, distort, .. } = experiment;
    let (photos, trained_on) = (dataset.photos.len(), dataset.trained_on());
    let expected = spec::expected_seconds(network, root, distort, photos, trained_on, threads);
    let (seconds, refused) = match expected {
        Ok(seconds) => (seconds, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let skipped = dataset
        .skipped
        .iter()
        .map(|skipped| format!("{}: {}", shown(&skipped.path), skipped.reason));
    Ok(Scanned {
        categories: dataset.categories.iter().cloned().zip(dataset.counts()).collect(),
        folds: dataset.fold_counts(),
        skipped: skipped.collect(),
        problem: refusal.map(|err| err.to_string()).or(refused),
        seconds,
        warnings: dataset.warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::parse;

    #[test]
    fn names_are_counted_first_and_then_the_content() {
        let root = tempfile::tempdir().unwrap();
        for category in ["a", "b"] {
            let folder = root.path().join("photos").join(category);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("broken.jpg"), "no picture").unwrap();
        }
        let text = "images = 'photos'";
        let experiment = parse(text, Path::new("x.toml")).unwrap().experiment;
        let (send, receive) = mpsc::channel();
        let counter =
            Counter::start(root.path().to_owned(), root.path().join("cache"), 2, send).unwrap();
        counter.count(experiment);
        let next = || match receive.recv_timeout(Duration::from_secs(10)).unwrap() {
            Input::News(News::Experiment(ExperimentNews::Counted { more, .. })) => more,
            other => panic!("{other:?}"),
        };
        let Counted::Quick(quick) = next() else { panic!() };
        assert_eq!(quick, [("a".to_owned(), 1), ("b".to_owned(), 1)]);
        let Counted::Scanned(Ok(scanned)) = next() else { panic!() };
        assert_eq!(scanned.skipped.len(), 2);
        assert!(scanned.problem.is_some(), "a run would refuse that");
    }
}
