//! Watches the experiments folder: polls sizes and times, so it also works on network file systems.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, SystemTime};

use super::{ExperimentNews, KnownExperiment};
use crate::spec::labels_path;
use crate::tui::input::Input;
use crate::tui::news::News;

const POLL: Duration = Duration::from_secs(1);

/// Ask for a fresh look at once.
#[derive(Clone)]
pub struct Watcher {
    wake: Sender<()>,
}

impl Watcher {
    pub fn start(folder: PathBuf, send: Sender<Input>) -> io::Result<Watcher> {
        let (wake, woken) = mpsc::channel();
        let watch = Watch { folder, seen: BTreeMap::new(), problem: None, is_first: true };
        thread::Builder::new()
            .name("experiments".into())
            .spawn(move || watch.run(&woken, &send))?;
        Ok(Watcher { wake })
    }

    pub fn refresh(&self) {
        // The thread ends only when the UI does.
        let _ = self.wake.send(());
    }
}

struct Watch {
    folder: PathBuf,
    seen: BTreeMap<PathBuf, Stamp>,
    problem: Option<String>,
    is_first: bool,
}

/// An experiment with the same stamps has the same text, and the same labels beside it.
type Stamp = [(Option<SystemTime>, u64); 2];

impl Watch {
    fn run(mut self, woken: &Receiver<()>, send: &Sender<Input>) {
        loop {
            let news = self.look().map(|news| Input::News(News::Experiment(news)));
            if news.is_some_and(|news| send.send(news).is_err()) {
                return;
            }
            match woken.recv_timeout(POLL) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// What is different from the last look.
    fn look(&mut self) -> Option<ExperimentNews> {
        let (files, problem) = match list(&self.folder) {
            Ok(files) => (files, None),
            Err(err) => {
                let folder = self.folder.display();
                (BTreeMap::new(), Some(format!("cannot read {folder}: {err}")))
            }
        };
        let gone: Vec<PathBuf> =
            self.seen.keys().filter(|path| !files.contains_key(*path)).cloned().collect();
        let changed: Vec<KnownExperiment> = files
            .iter()
            .filter(|(path, stamp)| self.seen.get(*path) != Some(*stamp))
            .map(|(path, _)| KnownExperiment::read(path))
            .collect();
        let is_news =
            self.is_first || !gone.is_empty() || !changed.is_empty() || problem != self.problem;
        (self.seen, self.is_first) = (files, false);
        self.problem.clone_from(&problem);
        is_news.then_some(ExperimentNews::Files { changed, gone, problem })
    }
}

/// The TOML files of a folder; none when it is not there.
fn list(folder: &Path) -> io::Result<BTreeMap<PathBuf, Stamp>> {
    let entries = match fs::read_dir(folder) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries?,
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        if is_hidden || path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        // A link that leads nowhere is listed too: reading it says what is wrong.
        let stamps = [&path, &labels_path(&path)].map(|path| {
            fs::metadata(path).map_or((None, 0), |data| (data.modified().ok(), data.len()))
        });
        files.insert(path, stamps);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_once_until_they_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("experiments");
        let mut watch =
            Watch { folder: path.clone(), seen: BTreeMap::new(), problem: None, is_first: true };
        let mut names = || match watch.look() {
            None => "nothing".to_owned(),
            Some(ExperimentNews::Files { changed, gone, problem: None }) => {
                let changed = changed.iter().map(|file| file.name.clone());
                let gone = gone.iter().map(|path| format!("-{}", path.display()));
                changed.chain(gone.map(|path| path.rsplit('/').next().unwrap().into())).collect()
            }
            Some(other) => panic!("{other:?}"),
        };
        assert_eq!(names(), "", "no folder is no problem");
        fs::create_dir(&path).unwrap();
        assert_eq!(names(), "nothing");
        fs::write(path.join("fire.toml"), "images = 'p'\n").unwrap();
        fs::write(path.join(".fire.toml.swp"), "").unwrap();
        fs::write(path.join("notes.txt"), "").unwrap();
        assert_eq!(names(), "fire");
        assert_eq!(names(), "nothing");
        fs::write(path.join("fire.toml"), "images = 'other'\n").unwrap();
        assert_eq!(names(), "fire");
        fs::write(path.join("fire.labels.csv"), "file_name,label\n").unwrap();
        assert_eq!(names(), "fire", "its photos are other ones now");
        fs::remove_file(path.join("fire.toml")).unwrap();
        assert_eq!(names(), "fire.toml");
    }
}
