//! Follows the logs of one chosen run closely: its events, and its worker's words.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::{FollowedNews, News, Toast, WorkerLogNews, host};
use crate::store::{RunFolder, Tail};
use crate::tui::input::Input;

/// Two of these, and a frame, stay below the quarter second in which a point shall be seen.
const POLL: Duration = Duration::from_millis(100);

/// Of the worker's log so many lines are told.
const LINES: usize = 20;

/// Chooses which run is followed.
pub struct Follower {
    choose: Sender<Option<RunFolder>>,
    choose_host: Sender<Option<RunFolder>>,
}

impl Follower {
    pub fn start(send: Sender<Input>) -> io::Result<Follower> {
        let (choose, chosen) = mpsc::channel();
        let choose_host = host::start(send.clone())?;
        thread::Builder::new().name("follow".into()).spawn(move || follow(&chosen, &send))?;
        Ok(Follower { choose, choose_host })
    }

    /// Follows that run from its first event on; `None`: no run.
    pub fn follow(&self, run: Option<RunFolder>) {
        // The threads end only when the UI does.
        let _ = self.choose_host.send(run.clone());
        let _ = self.choose.send(run);
    }
}

fn follow(chosen: &Receiver<Option<RunFolder>>, send: &Sender<Input>) {
    let mut following: Option<(RunFolder, Tail, Words)> = None;
    let mut is_first = true;
    loop {
        // Without a run it sleeps until there is one.
        let choice = match &following {
            Some(_) if is_first => Err(RecvTimeoutError::Timeout),
            Some(_) => chosen.recv_timeout(POLL),
            None => chosen.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match choice {
            Ok(run) => {
                following = run.map(|run| (run.clone(), run.tail(), Words::default()));
                is_first = true;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let Some((run, tail, words)) = &mut following else { continue };
        let worker_log = words.look(run);
        let news = match tail.poll() {
            Ok(records) if records.is_empty() && !is_first => None,
            Ok(records) => Some(News::Followed(FollowedNews {
                run: run.clone(),
                from_start: is_first,
                records: Arc::new(records),
            })),
            // Said once: the same damage would be found at each poll.
            Err(err) => {
                following = None;
                Some(News::Said(Toast::error(err.to_string())))
            }
        };
        is_first = false;
        for news in news.into_iter().chain(worker_log) {
            if send.send(Input::News(news)).is_err() {
                return;
            }
        }
    }
}

/// The size of the worker's log when it was read last.
#[derive(Default)]
struct Words {
    size: u64,
}

impl Words {
    /// The last lines when there are new ones.
    fn look(&mut self, run: &RunFolder) -> Option<News> {
        let size = run.worker_log().metadata().ok()?.len();
        if size == self.size {
            return None;
        }
        self.size = size;
        let mut lines = run.last_lines().ok()?;
        lines.drain(..lines.len().saturating_sub(LINES));
        Some(News::WorkerLog(WorkerLogNews { run: run.clone(), lines }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Event, EventLog};

    #[test]
    fn a_new_point_arrives_once() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        let mut log = EventLog::open(&run.events()).unwrap();
        let warning = |text: &str| Event::Warning { message: text.into() };
        log.append(warning("a")).unwrap();
        let (send, receive) = mpsc::channel();
        let follower = Follower::start(send).unwrap();
        follower.follow(Some(run));
        let next = || match receive.recv_timeout(Duration::from_secs(5)).unwrap() {
            Input::News(News::Followed(news)) => news.records.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!(next(), 1);
        log.append(warning("b")).unwrap();
        log.append(warning("c")).unwrap();
        let mut more = next();
        if more == 1 {
            more += next();
        }
        assert_eq!(more, 2);
    }

    #[test]
    fn of_the_workers_log_the_last_lines_are_told_when_there_are_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        let mut words = Words::default();
        assert!(words.look(&run).is_none(), "there is no log yet");
        let text: String = (0..5000).map(|number| format!("line {number}\n")).collect();
        std::fs::write(run.worker_log(), &text).unwrap();
        let Some(News::WorkerLog(news)) = words.look(&run) else { panic!() };
        assert_eq!(news.lines.len(), LINES);
        assert_eq!((&*news.lines[0], &*news.lines[LINES - 1]), ("line 4980", "line 4999"));
        assert!(words.look(&run).is_none(), "nothing is new");
    }
}
