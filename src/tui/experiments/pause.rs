//! Says when nothing was typed for a moment. Its thread sleeps until it is asked to wait.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::ExperimentNews;
use crate::tui::input::Input;
use crate::tui::news::News;

/// Long enough not to interrupt a word, short enough to feel like an answer.
const MOMENT: Duration = Duration::from_millis(300);

pub struct Pause {
    ask: Sender<u64>,
}

impl Pause {
    pub fn start(send: Sender<Input>) -> io::Result<Pause> {
        let (ask, asked) = mpsc::channel();
        thread::Builder::new().name("pause".into()).spawn(move || wait(&asked, &send))?;
        Ok(Pause { ask })
    }

    /// Answers `number` after a moment, unless it is asked again before.
    pub fn ask(&self, number: u64) {
        // The thread ends only when the UI does.
        let _ = self.ask.send(number);
    }
}

fn wait(asked: &Receiver<u64>, send: &Sender<Input>) {
    while let Ok(mut number) = asked.recv() {
        loop {
            match asked.recv_timeout(MOMENT) {
                Ok(newer) => number = newer,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        let news = News::Experiment(ExperimentNews::Paused(number));
        if send.send(Input::News(news)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_of_quick_questions_is_answered() {
        let (send, receive) = mpsc::channel();
        let pause = Pause::start(send).unwrap();
        (1..=5).for_each(|number| pause.ask(number));
        let answer = receive.recv_timeout(Duration::from_secs(5)).unwrap();
        assert!(matches!(answer, Input::News(News::Experiment(ExperimentNews::Paused(5)))));
        drop(pause);
        assert!(receive.recv_timeout(Duration::from_secs(5)).is_err(), "and nothing more");
    }
}
