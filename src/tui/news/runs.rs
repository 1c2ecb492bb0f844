//! Watches the folder of runs: first the names, then the summaries, newest first, then changes.
//!
//! It polls sizes and times, not notifications, so it also works on network file systems. What it
//! costs when nothing happens: one `stat` of the runs folder, a few hundred of run folders in
//! turn, and a look at the log of each live run.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, SystemTime};

use super::queue::QueueWatch;
use super::{News, RunsNews, Toast};
use crate::store::{self, Run, RunFolder, State, Tail};
use crate::tui::Context;
use crate::tui::input::Input;
use crate::tui::known::{KnownRun, Reading};
use crate::tui::note::Note;

const POLL: Duration = Duration::from_millis(500);
/// Summaries sent at first: a screenful. Each time twice as many, since the screen sorts all of
/// them again each time.
const CHUNK: usize = 100;
/// Folders of ended runs looked at in one poll: 10,000 come round in half a minute.
const LOOKED_AT: usize = 200;
/// A list is made at least this often: the folder's time may be too coarse to show a change.
const RELIST: u32 = 20;

/// Ask for a fresh look at once.
#[derive(Clone)]
pub struct RunsWatcher {
    wake: Sender<()>,
}

impl RunsWatcher {
    pub fn start(context: Context, send: Sender<Input>) -> io::Result<RunsWatcher> {
        let (wake, woken) = mpsc::channel();
        let watch = Watch::new(context, send);
        thread::Builder::new().name("runs".into()).spawn(move || watch.run(&woken))?;
        Ok(RunsWatcher { wake })
    }

    pub fn refresh(&self) {
        // The thread ends only when the UI does.
        let _ = self.wake.send(());
    }
}

struct Watch {
    context: Context,
    runs: PathBuf,
    queue: QueueWatch,
    send: Sender<Input>,
    seen: BTreeMap<String, Seen>,
    live: HashMap<String, Live>,
    listed_at: Option<SystemTime>,
    polls: u32,
    /// Where the round of looking at ended runs is.
    round: String,
    error: Option<String>,
}

struct Seen {
    folder: RunFolder,
    /// The folder's time when it was read; every file replaced in it changes that.
    modified: Option<SystemTime>,
}

/// A run that may still write, folded as far as it has.
struct Live {
    tail: Tail,
    run: Run,
    state: State,
}

/// The main thread is gone.
struct Closed;

impl Watch {
    fn new(context: Context, send: Sender<Input>) -> Watch {
        Watch {
            runs: context.config.runs.clone(),
            context,
            queue: QueueWatch::default(),
            send,
            seen: BTreeMap::new(),
            live: HashMap::new(),
            listed_at: None,
            polls: 0,
            round: String::new(),
            error: None,
        }
    }

    fn run(mut self, woken: &Receiver<()>) {
        let mut refresh = false;
        loop {
            if self.look(refresh).is_err() {
                return;
            }
            refresh = match woken.recv_timeout(POLL) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
        }
    }

    fn look(&mut self, refresh: bool) -> Result<(), Closed> {
        self.polls += 1;
        self.look_at_queue()?;
        let modified = fs::metadata(&self.runs).and_then(|data| data.modified()).ok();
        let is_due = self.polls % RELIST == 1;
        if refresh || is_due || modified != self.listed_at {
            self.listed_at = modified;
            self.list()?;
        }
        if refresh {
            self.seen.values_mut().for_each(|seen| seen.modified = None);
            self.read_changed(usize::MAX)?;
        } else {
            self.read_changed(LOOKED_AT)?;
        }
        self.read_live()
    }

    /// Before the runs: it says which of them wait.
    fn look_at_queue(&mut self) -> Result<(), Closed> {
        match self.queue.look(&self.runs) {
            Ok(None) => {}
            Ok(Some(changed)) => {
                self.tell(News::Queue(self.queue.queue.clone()))?;
                // Their state is another, though no file of theirs has changed.
                let changed = changed.iter().filter_map(|id| self.read(id)).collect();
                self.tell_changed(changed, true)?;
            }
            Err(problem) => self.tell(News::Said(Toast::error(problem)))?,
        }
        match self.queue.advance(&self.context) {
            Ok(()) => Ok(()),
            Err(problem) => self.tell(News::Said(Toast::error(problem))),
        }
    }

    /// Finds new and vanished folders. New ones are sent by name before any is read.
    fn list(&mut self) -> Result<(), Closed> {
        let folders = match store::list(&self.runs) {
            Ok(folders) => folders,
            Err(err) => return self.complain(err.to_string()),
        };
        self.error = None;
        let mut before = std::mem::take(&mut self.seen);
        let mut news = RunsNews::default();
        let mut fresh = Vec::new();
        for folder in folders {
            let id = folder.id();
            let seen = before.remove(&id).unwrap_or_else(|| {
                news.changed.push(KnownRun::unread(folder.clone()));
                fresh.push(id.clone());
                Seen { folder, modified: None }
            });
            self.seen.insert(id, seen);
        }
        news.gone = before.into_keys().collect();
        for id in &news.gone {
            self.live.remove(id);
        }
        let first = self.polls == 1;
        if first || !news.changed.is_empty() || !news.gone.is_empty() {
            self.tell(News::Runs(news))?;
        }
        let mut changed = Vec::new();
        let mut chunk = CHUNK;
        for id in fresh.iter().rev() {
            changed.extend(self.read(id));
            if changed.len() >= chunk {
                self.tell_changed(std::mem::take(&mut changed), false)?;
                chunk *= 2;
            }
        }
        if first || !changed.is_empty() { self.tell_changed(changed, true) } else { Ok(()) }
    }

    /// Reads again what changed among the next `count` folders of the round.
    fn read_changed(&mut self, count: usize) -> Result<(), Closed> {
        let from = std::mem::take(&mut self.round);
        let ids: Vec<String> =
            self.seen.range(from..).take(count).map(|(id, _)| id.clone()).collect();
        if ids.len() == count {
            self.round = ids.last().cloned().unwrap_or_default();
        }
        let mut changed = Vec::new();
        for id in ids {
            let seen = &self.seen[&id];
            if seen.modified.is_none() || seen.modified != modified(&seen.folder) {
                changed.extend(self.read(&id));
            }
        }
        if changed.is_empty() { Ok(()) } else { self.tell_changed(changed, true) }
    }

    /// What the folder says now; follows it further when it may still change.
    fn read(&mut self, id: &str) -> Option<KnownRun> {
        let seen = self.seen.get_mut(id)?;
        seen.modified = modified(&seen.folder);
        let known = KnownRun::read(&seen.folder, &self.queue.queue);
        match known.summary() {
            Some(summary) if summary.state.is_live() => {
                let live =
                    Live { tail: seen.folder.tail(), run: Run::default(), state: summary.state };
                self.live.entry(id.to_owned()).or_insert(live);
            }
            _ => drop(self.live.remove(id)),
        }
        Some(known)
    }

    fn read_live(&mut self) -> Result<(), Closed> {
        let mut changed = Vec::new();
        for (id, live) in &mut self.live {
            let folder = &self.seen[id].folder;
            // Asked before the log is read: what a worker says last is not missed.
            let has_worker = folder.has_worker();
            let reading = match live.tail.poll() {
                Ok(records) => {
                    records.iter().for_each(|record| live.run.apply(record));
                    let mut summary = live.run.summary();
                    if summary.state == State::Running && !has_worker {
                        summary.state = State::Lost;
                    }
                    self.queue.queue.mark(folder, &mut summary);
                    if records.is_empty() && summary.state == live.state {
                        continue;
                    }
                    live.state = summary.state;
                    Reading::Read(summary.into())
                }
                Err(err) => Reading::Unreadable(err.to_string()),
            };
            let note = Note::read(folder).unwrap_or_default();
            changed.push(KnownRun::new(folder.clone(), reading, note));
        }
        self.live.retain(|id, live| {
            live.state.is_live()
                && !changed.iter().any(|run| run.id() == id && run.problem().is_some())
        });
        if changed.is_empty() { Ok(()) } else { self.tell_changed(changed, true) }
    }

    /// Says once that the folder cannot be read, and goes on trying.
    fn complain(&mut self, error: String) -> Result<(), Closed> {
        if self.error.as_ref() == Some(&error) {
            return Ok(());
        }
        self.error = Some(error.clone());
        self.tell(News::Said(Toast::error(error)))
    }

    fn tell_changed(&self, changed: Vec<KnownRun>, complete: bool) -> Result<(), Closed> {
        self.tell(News::Runs(RunsNews { changed, gone: Vec::new(), complete }))
    }

    fn tell(&self, news: News) -> Result<(), Closed> {
        self.send.send(Input::News(news)).map_err(|_| Closed)
    }
}

fn modified(folder: &RunFolder) -> Option<SystemTime> {
    fs::metadata(folder.path()).and_then(|data| data.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::store::{Event, EventLog, Queue, QueueError, Waiting};
    use crate::tui::known::Known;

    fn context(runs: &std::path::Path) -> Context {
        let config = Config { runs: runs.to_owned(), ..Config::at(runs) };
        Context { config, program: "/bin/true".into() }
    }

    fn created(experiment: &str) -> Event {
        Event::Created {
            experiment: experiment.into(),
            source: "x.toml".into(),
            root: "/".into(),
            program: "0".into(),
            iterations: 4,
            settings: BTreeMap::new(),
        }
    }

    /// Looks once, and returns what all news so far say: name and state of each run.
    fn states(watch: &mut Watch, news: &Receiver<Input>, known: &mut Known) -> Vec<String> {
        assert!(watch.look(false).is_ok());
        for input in news.try_iter() {
            let Input::News(news) = input else { panic!("{input:?}") };
            known.learn(&news);
        }
        let state = |run: &KnownRun| run.state().map_or("unread", State::name);
        known.runs.values().map(|run| format!("{} {}", &run.id()[16..], state(run))).collect()
    }

    #[test]
    fn runs_that_come_change_and_go_are_noticed_at_the_next_look() {
        let runs = tempfile::tempdir().unwrap();
        let (send, news) = mpsc::channel();
        let mut watch = Watch::new(context(runs.path()), send);
        let mut known = Known::default();
        let mut look = || states(&mut watch, &news, &mut known);
        assert!(look().is_empty());
        let run = RunFolder::create(runs.path(), &[], "", created("a")).unwrap();
        assert_eq!(look(), ["a created"]);
        let mut log = EventLog::open(&run.events()).unwrap();
        log.append(Event::Failed { message: "x".into(), fault: false }).unwrap();
        assert_eq!(look(), ["a failed"], "the log has the last word");
        RunFolder::create(runs.path(), &[], "", created("b")).unwrap();
        assert_eq!(look(), ["a failed", "b created"]);
        fs::rename(run.path(), runs.path().join(".trash")).unwrap();
        assert_eq!(look(), ["b created"]);
    }

    #[test]
    fn runs_that_wait_are_seen_as_such_until_they_are_started() {
        let runs = tempfile::tempdir().unwrap();
        let (send, news) = mpsc::channel();
        let mut watch = Watch::new(context(runs.path()), send);
        let mut known = Known::default();
        let mut look = || states(&mut watch, &news, &mut known);
        let run = RunFolder::create(runs.path(), &[], "", created("a")).unwrap();
        let queue = |held| {
            Queue::change(runs.path(), |queue| {
                queue.held = held;
                queue.waiting = vec![Waiting::new(&run, None)];
                Ok::<_, QueueError>(())
            })
        };
        assert_eq!(look(), ["a created"]);
        queue(true).unwrap();
        assert_eq!(look(), ["a queued"]);
        // Nobody but this watch is there to start it.
        queue(false).unwrap();
        look();
        assert_eq!(look(), ["a created"]);
        assert!(Queue::read(runs.path()).unwrap().waiting.is_empty());
    }

    #[test]
    fn nothing_is_said_when_nothing_happens() {
        let runs = tempfile::tempdir().unwrap();
        RunFolder::create(runs.path(), &[], "", created("a")).unwrap();
        let (send, news) = mpsc::channel();
        let mut watch = Watch::new(context(runs.path()), send);
        let mut known = Known::default();
        // The first look at a live run reads all of its log, the second finds no more.
        states(&mut watch, &news, &mut known);
        for _ in 0..RELIST + 1 {
            assert!(watch.look(false).is_ok());
            assert!(news.try_recv().is_err());
        }
        assert!(watch.look(true).is_ok());
        assert!(news.try_recv().is_ok(), "a wish for fresh news is always answered");
    }
}
