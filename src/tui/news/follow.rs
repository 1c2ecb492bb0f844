//! Follows the log of one chosen run closely.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::{FollowedNews, News, Toast};
use crate::store::{RunFolder, Tail};
use crate::tui::input::Input;

/// Two of these, and a frame, stay below the quarter second in which a point shall be seen.
const POLL: Duration = Duration::from_millis(100);

/// Chooses which run is followed.
pub struct Follower {
    choose: Sender<Option<RunFolder>>,
}

impl Follower {
    pub fn start(send: Sender<Input>) -> io::Result<Follower> {
        let (choose, chosen) = mpsc::channel();
        thread::Builder::new().name("follow".into()).spawn(move || follow(&chosen, &send))?;
        Ok(Follower { choose })
    }

    /// Follows that run from its first event on; `None`: no run.
    pub fn follow(&self, run: Option<RunFolder>) {
        // The thread ends only when the UI does.
        let _ = self.choose.send(run);
    }
}

fn follow(chosen: &Receiver<Option<RunFolder>>, send: &Sender<Input>) {
    let mut following: Option<(RunFolder, Tail)> = None;
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
                following = run.map(|run| (run.clone(), run.tail()));
                is_first = true;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let Some((run, tail)) = &mut following else { continue };
        let news = match tail.poll() {
            Ok(records) if records.is_empty() && !is_first => continue,
            Ok(records) => News::Followed(FollowedNews {
                run: run.clone(),
                from_start: is_first,
                records: Arc::new(records),
            }),
            // Said once: the same damage would be found at each poll.
            Err(err) => {
                following = None;
                News::Said(Toast::error(err.to_string()))
            }
        };
        is_first = false;
        if send.send(Input::News(news)).is_err() {
            return;
        }
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
}
