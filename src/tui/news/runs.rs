//! Watches the folder of runs: first the names, then the summaries, newest first, then changes.
//!
//! It polls sizes and times, not notifications, so it also works on network file systems. What it
//! costs when nothing happens: one `stat` of the runs folder, a few hundred of run folders in
//! turn, and a look at the log of each live run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::live::{Reader, Readers};
use super::queue::QueueWatch;
use super::{News, RunsNews, Toast, host};
use crate::store::{self, RunFolder};
use crate::tui::input::Input;
use crate::tui::known_run::KnownRun;

const POLL: Duration = Duration::from_millis(500);
/// The logs of runs at work that are on the screen are looked at this often: with a frame, a point
/// is seen within a tenth of a second.
const POLL_CLOSELY: Duration = Duration::from_millis(50);
/// Summaries sent at first: a screenful. Each time twice as many, since the screen sorts all of
/// them again each time.
const CHUNK: usize = 100;
/// Folders of ended runs looked at in one poll: 10,000 come round in half a minute.
const LOOKED_AT: usize = 200;
/// A list is made at least this often: the folder's time may be too coarse to show a change.
const RELIST: u32 = 20;

/// The thread that watches the runs, to be asked for more than it tells by itself.
#[derive(Clone)]
pub struct RunsWatcher {
    wake: Sender<Wake>,
    host: Sender<Option<RunFolder>>,
}

/// What the thread is asked for.
enum Wake {
    Refresh,
    Follow {
        runs: Vec<RunFolder>,
        smoothing: f64,
    },
    /// A log that is followed was read from its beginning; `None`: it could not be read.
    TakeOver(RunFolder, Option<Box<Reader>>),
}

impl RunsWatcher {
    pub fn start(runs: &Path, send: Sender<Input>) -> io::Result<RunsWatcher> {
        let (wake, woken) = mpsc::channel();
        let host = host::start(send.clone())?;
        let watch = Watch::new(runs, send, wake.clone());
        thread::Builder::new().name("runs".into()).spawn(move || watch.run(&woken))?;
        Ok(RunsWatcher { wake, host })
    }

    /// Asks for a fresh look at once.
    pub fn refresh(&self) {
        // The thread ends only when the UI does.
        let _ = self.wake.send(Wake::Refresh);
    }

    /// Tells every point of these runs from now on, and no longer those of others, the training
    /// curves smoothed. Of a single run also what its worker costs and writes to its log.
    pub fn follow(&self, runs: Vec<RunFolder>, smoothing: f64) {
        // The threads end only when the UI does.
        let _ = self.host.send(if let [run] = &runs[..] { Some(run.clone()) } else { None });
        let _ = self.wake.send(Wake::Follow { runs, smoothing });
    }
}

struct Watch {
    runs: PathBuf,
    queue: QueueWatch,
    send: Sender<Input>,
    wake: Sender<Wake>,
    seen: BTreeMap<String, Seen>,
    live: Readers,
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

/// The main thread is gone.
struct Closed;

impl Watch {
    fn new(runs: &Path, send: Sender<Input>, wake: Sender<Wake>) -> Watch {
        Watch {
            runs: runs.to_owned(),
            queue: QueueWatch::default(),
            send,
            wake,
            seen: BTreeMap::new(),
            live: Readers::default(),
            listed_at: None,
            polls: 0,
            round: String::new(),
            error: None,
        }
    }

    fn run(mut self, woken: &Receiver<Wake>) {
        let mut due = Instant::now();
        let mut refresh = false;
        loop {
            let looked = if Instant::now() < due {
                self.look_at_logs(true)
            } else {
                due = Instant::now() + POLL;
                self.look(std::mem::take(&mut refresh))
            };
            if looked.is_err() {
                return;
            }
            let wait = due.saturating_duration_since(Instant::now());
            let closely = self.live.follow_closely();
            match woken.recv_timeout(if closely { wait.min(POLL_CLOSELY) } else { wait }) {
                Ok(Wake::Refresh) => (due, refresh) = (Instant::now(), true),
                Ok(Wake::Follow { runs, smoothing }) => self.follow(runs, smoothing),
                Ok(Wake::TakeOver(folder, reader)) => {
                    self.live.take_over(&folder, reader.map(|reader| *reader));
                }
                // It holds a sender itself, so that only the time can be over.
                Err(_) => {}
            }
        }
    }

    fn follow(&mut self, runs: Vec<RunFolder>, smoothing: f64) {
        let wake = self.wake.clone();
        let hand_over = move |folder, reader: Option<Reader>| {
            let _ = wake.send(Wake::TakeOver(folder, reader.map(Box::new)));
        };
        if let Err(err) = self.live.follow(runs, smoothing, &self.send, hand_over) {
            let _ = self.tell(News::Said(Toast::error(err.to_string())));
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
        self.look_at_logs(false)
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
        if self.queue.is_due() { self.tell(News::QueueWaits) } else { Ok(()) }
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
            self.live.forget(id);
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
                self.live.keep(&seen.folder, summary.state);
            }
            _ => self.live.release(id),
        }
        Some(known)
    }

    /// Reads on in the logs of all runs at work, or only of those that are followed.
    fn look_at_logs(&mut self, only_followed: bool) -> Result<(), Closed> {
        let found = self.live.look(only_followed, &self.queue.queue);
        found.followed.into_iter().try_for_each(|news| self.tell(news))?;
        if found.changed.is_empty() { Ok(()) } else { self.tell_changed(found.changed, true) }
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
    use crate::store::{Event, EventLog, Queue, QueueError, State, Target, Waiting};
    use crate::tui::known::Known;

    fn watch(runs: &Path) -> (Watch, Receiver<Input>) {
        let (send, news) = mpsc::channel();
        (Watch::new(runs, send, mpsc::channel().0), news)
    }

    fn created(experiment: &str) -> Event {
        Event::Created {
            experiment: experiment.into(),
            source: "x.toml".into(),
            root: "/".into(),
            program: "0".into(),
            iterations: 4,
            settings: BTreeMap::new(),
            group: None,
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
        let (mut watch, news) = watch(runs.path());
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
        let (mut watch, news) = watch(runs.path());
        let mut known = Known::default();
        let mut look = || states(&mut watch, &news, &mut known);
        let run = RunFolder::create(runs.path(), &[], "", created("a")).unwrap();
        let queue = |held| {
            Queue::change(runs.path(), |queue| {
                queue.held = held;
                queue.waiting = vec![Waiting::new(&run, Target::this_machine(), None)];
                Ok::<_, QueueError>(())
            })
        };
        assert_eq!(look(), ["a created"]);
        queue(true).unwrap();
        assert_eq!(look(), ["a queued"]);
        let empty = |queue: &mut Queue| Ok::<_, QueueError>(std::mem::take(&mut queue.waiting));
        Queue::change(runs.path(), empty).unwrap();
        assert_eq!(look(), ["a created"]);
    }

    #[test]
    fn that_runs_wait_is_said_now_and_then_unless_the_queue_is_held() {
        let runs = tempfile::tempdir().unwrap();
        let (mut watch, news) = watch(runs.path());
        let run = RunFolder::create(runs.path(), &[], "", created("a")).unwrap();
        let mut said = |held| {
            Queue::change(runs.path(), |queue| {
                queue.held = held;
                queue.waiting = vec![Waiting::new(&run, Target::this_machine(), None)];
                Ok::<_, QueueError>(())
            })
            .unwrap();
            (0..2).for_each(|_| assert!(watch.look(false).is_ok()));
            news.try_iter().filter(|one| matches!(one, Input::News(News::QueueWaits))).count()
        };
        assert_eq!(said(true), 0);
        assert_eq!(said(false), 1, "not at every look");
    }

    #[test]
    fn nothing_is_said_when_nothing_happens() {
        let runs = tempfile::tempdir().unwrap();
        RunFolder::create(runs.path(), &[], "", created("a")).unwrap();
        let (mut watch, news) = watch(runs.path());
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
