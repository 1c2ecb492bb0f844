//! The logs that may still grow: each is read by one reader and folded once, for the table of
//! runs, the live screen and the charts alike.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;

use super::worker_log::WorkerLog;
use super::{Curves, FollowedNews, News, Said};
use crate::store::{Event, LogError, Note, Points, Queue, Run, RunFolder, State, Tail};
use crate::tui::input::Input;
use crate::tui::known_run::{KnownRun, Reading};

/// The readers of all runs at work, and of those that a screen follows.
#[derive(Default)]
pub struct Readers {
    /// By the run's name.
    readers: HashMap<String, Reader>,
    /// The runs whose every point is told.
    followed: Vec<RunFolder>,
    /// Those of them whose log is being read from its beginning.
    pending: Vec<RunFolder>,
}

/// One log and the fold of what was read of it.
pub struct Reader {
    folder: RunFolder,
    tail: Tail,
    run: Run,
    /// As the table was told last.
    state: State,
    /// The log has said more since.
    is_untold: bool,
    /// Its points are told.
    is_followed: bool,
    worker_log: WorkerLog,
}

/// What a look at the logs has brought.
#[derive(Default)]
pub struct Found {
    /// For the table.
    pub changed: Vec<KnownRun>,
    /// For the screen that follows runs.
    pub followed: Vec<News>,
}

impl Reader {
    pub fn new(folder: RunFolder, state: State) -> Reader {
        let (tail, worker_log) = (folder.tail(), WorkerLog::default());
        Reader {
            folder,
            tail,
            run: Run::default(),
            state,
            is_untold: false,
            is_followed: false,
            worker_log,
        }
    }

    /// Whether a point that is followed may come at any moment.
    fn is_followed_closely(&self) -> bool {
        self.is_followed && self.state == State::Running
    }

    /// What is new in the log; the points of it as curves, and whether they begin with the first of
    /// another head.
    fn read(&mut self, smoothing: f64) -> Result<Option<(Curves, bool)>, LogError> {
        let (mut points, mut is_any, mut is_other) = (Points::default(), false, false);
        self.tail.each(|record| {
            self.run.apply(&record);
            points.add(&record);
            is_any = true;
            is_other |= matches!(record.event, Event::Head { .. });
        })?;
        Ok(is_any.then(|| (Curves::of(&points, smoothing), is_other)))
    }

    fn said(&self, curves: Curves, from_start: bool) -> News {
        let said = Said { run: Arc::new(self.run.clone()), curves: Arc::new(curves), from_start };
        News::Followed(FollowedNews { run: self.folder.clone(), said: Ok(said) })
    }

    /// Reads on, and says what that means for who follows the run and, when all logs are looked at
    /// or the state is another, for the table, which is arranged anew each time.
    fn look(
        &mut self,
        only_followed: bool,
        queue: &Queue,
        found: &mut Found,
    ) -> Result<(), LogError> {
        // Asked before the log is read: what a worker says last is not missed.
        let has_worker = self.folder.has_worker();
        let new = self.read(0.0)?;
        let mut summary = self.run.summary();
        if summary.state == State::Running && !has_worker {
            summary.state = State::Lost;
        }
        queue.mark(&self.folder, &mut summary);
        let has_changed = summary.state != self.state;
        self.is_untold |= new.is_some() || has_changed;
        if has_changed || (self.is_untold && !only_followed) {
            (self.state, self.is_untold) = (summary.state, false);
            let note = Note::read(&self.folder).unwrap_or_default();
            let reading = Reading::Read(summary.into());
            found.changed.push(KnownRun::new(self.folder.clone(), reading, note));
        }
        if let (true, Some((curves, is_other_head))) = (self.is_followed, new) {
            found.followed.push(self.said(curves, is_other_head));
        }
        Ok(())
    }
}

impl Readers {
    /// Whether some run is followed that may grow at any moment.
    pub fn follow_closely(&self) -> bool {
        self.readers.values().any(Reader::is_followed_closely)
    }

    /// Reads on in the log of a run that may still write; knows already what stands in it.
    pub fn keep(&mut self, folder: &RunFolder, state: State) {
        let reader = || Reader::new(folder.clone(), state);
        self.readers.entry(folder.id()).or_insert_with(reader);
    }

    /// The run has ended, or its folder has gone; one that is followed is looked at further.
    pub fn release(&mut self, id: &str) {
        if self.readers.get(id).is_some_and(|reader| !reader.is_followed) {
            self.readers.remove(id);
        }
    }

    pub fn forget(&mut self, id: &str) {
        self.readers.remove(id);
    }

    /// Looks at all logs, or only at those that are followed.
    pub fn look(&mut self, only_followed: bool, queue: &Queue) -> Found {
        let mut found = Found::default();
        let mut broken = Vec::new();
        let has_one = self.followed.len() == 1;
        for (id, reader) in &mut self.readers {
            if only_followed && !reader.is_followed_closely() {
                continue;
            }
            if let Err(err) = reader.look(only_followed, queue, &mut found) {
                let (folder, problem) = (reader.folder.clone(), err.to_string());
                let note = Note::read(&folder).unwrap_or_default();
                let reading = Reading::Unreadable(problem.clone());
                found.changed.push(KnownRun::new(folder.clone(), reading, note));
                if reader.is_followed {
                    let news = FollowedNews { run: folder, said: Err(problem) };
                    found.followed.push(News::Followed(news));
                }
                broken.push(id.clone());
            }
            if has_one && reader.is_followed {
                let news = reader.worker_log.look(&reader.folder);
                found.followed.extend(news.map(News::WorkerLog));
            }
        }
        // The same damage would be found at each look.
        broken.iter().for_each(|id| self.forget(id));
        self.readers.retain(|_, reader| reader.is_followed || reader.state.is_live());
        found
    }

    /// Tells the points of these runs from now on, and not those of others. A log that was not
    /// told from its beginning is read on a thread of its own: a long one takes seconds.
    pub fn follow(
        &mut self,
        runs: Vec<RunFolder>,
        smoothing: f64,
        send: &Sender<Input>,
        hand_over: impl FnOnce(RunFolder, Option<Reader>) + Clone + Send + 'static,
    ) -> io::Result<()> {
        for reader in self.readers.values_mut() {
            reader.is_followed &= runs.contains(&reader.folder);
        }
        self.followed = runs;
        for folder in &self.followed {
            let is_told = self.readers.get(&folder.id()).is_some_and(|reader| reader.is_followed);
            if is_told || self.pending.contains(folder) {
                continue;
            }
            let (folder, send, hand_over) = (folder.clone(), send.clone(), hand_over.clone());
            self.pending.push(folder.clone());
            let read = move || {
                let reader = read_from_start(&folder, smoothing, &send);
                hand_over(folder, reader);
            };
            thread::Builder::new().name("read".into()).spawn(read)?;
        }
        Ok(())
    }

    /// Goes on where a thread has read a log from its beginning; `None`: it could not be read.
    pub fn take_over(&mut self, folder: &RunFolder, reader: Option<Reader>) {
        self.pending.retain(|pending| pending != folder);
        if let (Some(reader), true) = (reader, self.followed.contains(folder)) {
            let before = self.readers.get(&folder.id());
            let state = before.map_or(reader.state, |before| before.state);
            // It may have read more than the table was told.
            let is_untold = before.is_some();
            self.readers.insert(folder.id(), Reader { state, is_untold, ..reader });
        }
    }
}

/// Tells all points of a run, before anybody reads on in its log.
fn read_from_start(folder: &RunFolder, smoothing: f64, send: &Sender<Input>) -> Option<Reader> {
    let mut reader = Reader::new(folder.clone(), State::Created);
    reader.is_followed = true;
    let read = reader.read(smoothing);
    reader.state = reader.run.state();
    let (news, reader) = match read {
        Ok(read) => {
            let curves = read.map_or_else(Curves::default, |(curves, _)| curves);
            (reader.said(curves, true), Some(reader))
        }
        Err(err) => {
            let said = Err(err.to_string());
            (News::Followed(FollowedNews { run: folder.clone(), said }), None)
        }
    };
    // Without a main thread nobody asks any more.
    let _ = send.send(Input::News(news));
    reader
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver};
    use std::time::Duration;

    use super::*;
    use crate::store::{EventLog, Lease, StepPoint};
    use crate::tui::news::RunsWatcher;

    fn step(step: usize) -> Event {
        Event::Step(StepPoint { step, loss: 1.0, accuracy: 0.5, learning_rate: 0.01 })
    }

    fn run(runs: &std::path::Path) -> (RunFolder, EventLog) {
        let created = Event::Created {
            experiment: "a".into(),
            source: "x.toml".into(),
            root: "/".into(),
            program: "0".into(),
            iterations: 4,
            settings: Default::default(),
            group: None,
        };
        let run = RunFolder::create(runs, &[], "", created).unwrap();
        let log = EventLog::open(&run.events()).unwrap();
        (run, log)
    }

    /// The next points of the followed run: how many, and whether they are the first.
    fn next(news: &Receiver<Input>) -> Result<(usize, bool), String> {
        loop {
            let input = news.recv_timeout(Duration::from_secs(10)).expect("it says something");
            if let Input::News(News::Followed(FollowedNews { said, .. })) = input {
                return said.map(|said| (said.curves.train_loss.len(), said.from_start));
            }
        }
    }

    #[test]
    fn a_new_point_is_told_once_and_so_is_what_was_there_before() {
        let runs = tempfile::tempdir().unwrap();
        let (run, mut log) = run(runs.path());
        (1..=2).for_each(|at| drop(log.append(step(at)).unwrap()));
        let (send, news) = mpsc::channel();
        let watcher = RunsWatcher::start(runs.path(), send).unwrap();
        watcher.follow(vec![run.clone()], 0.6);
        assert_eq!(next(&news), Ok((2, true)));
        // Asked again, it tells nothing again.
        watcher.follow(vec![run], 0.6);
        (3..=5).for_each(|at| drop(log.append(step(at)).unwrap()));
        let mut told = 0;
        while told < 3 {
            let (more, from_start) = next(&news).unwrap();
            assert!(!from_start);
            told += more;
        }
        assert_eq!(told, 3);
    }

    #[test]
    fn the_curves_of_another_head_replace_those_of_the_head_before() {
        let runs = tempfile::tempdir().unwrap();
        let (run, mut log) = run(runs.path());
        log.append(Event::Head { fold: Some(1), folds: 2 }).unwrap();
        (1..=3).for_each(|at| drop(log.append(step(at)).unwrap()));
        let mut reader = Reader { is_followed: true, ..Reader::new(run, State::Created) };
        let mut look = |log: &mut EventLog, event| {
            log.append(event).unwrap();
            let mut found = Found::default();
            reader.look(false, &Queue::default(), &mut found).unwrap();
            let Some(News::Followed(news)) = found.followed.pop() else { panic!() };
            let said = news.said.unwrap();
            (said.curves.train_loss.len(), said.from_start)
        };
        assert_eq!(look(&mut log, step(4)), (4, true));
        assert_eq!(look(&mut log, step(5)), (1, false));
        log.append(Event::Head { fold: Some(2), folds: 2 }).unwrap();
        assert_eq!(look(&mut log, step(1)), (1, true));
        assert_eq!(look(&mut log, step(2)), (1, false));
    }

    #[test]
    fn one_reader_of_a_run_at_work_serves_the_table_and_who_follows_it() {
        let runs = tempfile::tempdir().unwrap();
        let (run, mut log) = run(runs.path());
        let (send, news) = mpsc::channel();
        let mut readers = Readers::default();
        readers.keep(&run, State::Created);
        let (over, handed) = mpsc::channel();
        let hand_over = move |folder, reader: Option<Reader>| over.send((folder, reader)).unwrap();
        readers.follow(vec![run], 0.0, &send, hand_over).unwrap();
        let (folder, reader) = handed.recv().unwrap();
        readers.take_over(&folder, reader);
        assert_eq!(next(&news), Ok((0, true)));
        log.append(Event::Started { pid: 1, host: "x".into(), threads: 1 }).unwrap();
        log.append(step(1)).unwrap();
        let found = readers.look(false, &Queue::default());
        assert_eq!((found.changed.len(), found.followed.len()), (1, 1), "{:?}", found.followed);
        assert_eq!(found.changed[0].summary().unwrap().step, 1);
        // Of one that is not followed only the table hears.
        readers.follow(Vec::new(), 0.0, &send, |_, _| {}).unwrap();
        log.append(step(2)).unwrap();
        let found = readers.look(false, &Queue::default());
        assert_eq!((found.changed.len(), found.followed.len()), (1, 0));
    }

    #[test]
    fn a_close_look_tells_points_at_once_and_the_table_only_of_another_state() {
        let runs = tempfile::tempdir().unwrap();
        let (run, mut log) = run(runs.path());
        // This test is the worker.
        let _lease = Lease::take(&run.lock()).unwrap();
        let (send, _news) = mpsc::channel();
        let mut readers = Readers::default();
        readers.keep(&run, State::Created);
        let (over, handed) = mpsc::channel();
        let hand_over = move |folder, reader: Option<Reader>| over.send((folder, reader)).unwrap();
        readers.follow(vec![run], 0.0, &send, hand_over).unwrap();
        let (folder, reader) = handed.recv().unwrap();
        readers.take_over(&folder, reader);
        log.append(Event::Started { pid: 1, host: "x".into(), threads: 1 }).unwrap();
        assert!(!readers.follow_closely(), "it has not begun as far as is known");
        // For the table, and for who follows the run.
        let mut look = |only_followed| {
            let found = readers.look(only_followed, &Queue::default());
            (found.changed.len(), found.followed.len())
        };
        assert_eq!(look(false), (1, 1));
        log.append(step(1)).unwrap();
        assert_eq!(look(true), (0, 1));
        assert_eq!(look(false), (1, 0), "what the close look has read");
        assert_eq!(look(false), (0, 0));
        log.append(Event::Paused).unwrap();
        assert_eq!(look(true), (1, 1));
        assert!(!readers.follow_closely(), "it has ended");
    }

    #[test]
    fn a_damaged_log_is_told_up_to_the_damage_which_is_said_once() {
        let runs = tempfile::tempdir().unwrap();
        let (run, mut log) = run(runs.path());
        log.append(step(1)).unwrap();
        drop(log);
        let mut bytes = std::fs::read(run.events()).unwrap();
        bytes.extend(b"\0\0\n");
        std::fs::write(run.events(), bytes).unwrap();
        let (send, news) = mpsc::channel();
        let watcher = RunsWatcher::start(runs.path(), send).unwrap();
        watcher.follow(vec![run], 0.0);
        assert_eq!(next(&news), Ok((1, true)));
        assert!(next(&news).unwrap_err().contains("events.jsonl:3: "));
    }
}
