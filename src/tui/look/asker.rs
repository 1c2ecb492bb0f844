//! The thread that asks: only what is wanted last, and nothing twice.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::SystemTime;

use super::helper::Helper;
use super::protocol::{Answer, Question};
use crate::store::RunFolder;

/// Answers that are kept; one is some ten kilobytes.
const KEPT: usize = 64;

/// What came of a question.
#[derive(Debug)]
pub struct LookNews {
    /// Whose head was asked.
    pub run: RunFolder,
    /// What it was asked.
    pub question: Question,
    /// What it answered.
    pub answer: Answer,
}

/// Asks about one photo after the other; what is wanted in the meantime is passed over but for the last.
pub struct Asker {
    shared: Arc<(Mutex<Wish>, Condvar)>,
}

#[derive(Default)]
struct Wish {
    next: Option<(RunFolder, Question)>,
    closed: bool,
}

impl Asker {
    /// `program` is this program; `deliver` answers whether anybody still listens.
    pub fn start(
        program: PathBuf,
        deliver: impl Fn(Arc<LookNews>) -> bool + Send + 'static,
    ) -> io::Result<Asker> {
        let mut helper = Helper::new(program);
        Asker::with(move |run, question| helper.ask(run, question), deliver)
    }

    fn with(
        mut ask: impl FnMut(&RunFolder, &Question) -> Answer + Send + 'static,
        deliver: impl Fn(Arc<LookNews>) -> bool + Send + 'static,
    ) -> io::Result<Asker> {
        let asker = Asker { shared: Arc::default() };
        let shared = asker.shared.clone();
        thread::Builder::new().name("look".into()).spawn(move || {
            let mut kept = Kept::default();
            while let Some((run, question)) = next(&shared) {
                let made = std::fs::metadata(run.head()).and_then(|head| head.modified()).ok();
                let news = kept.get(&run, &question, made).unwrap_or_else(|| {
                    let answer = ask(&run, &question);
                    let news = Arc::new(LookNews { run, question, answer });
                    kept.add(news.clone(), made);
                    news
                });
                if !deliver(news) {
                    return;
                }
            }
        })?;
        Ok(asker)
    }

    /// From now on this is wanted, and nothing that was wanted before.
    pub fn want(&self, run: RunFolder, question: Question) {
        let (wish, changed) = &*self.shared;
        wish.lock().expect("no panic inside").next = Some((run, question));
        changed.notify_one();
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        let (wish, changed) = &*self.shared;
        wish.lock().expect("no panic inside").closed = true;
        changed.notify_one();
    }
}

/// Sleeps until something is wanted; `None`: the UI is closed.
fn next((wish, changed): &(Mutex<Wish>, Condvar)) -> Option<(RunFolder, Question)> {
    let wish = wish.lock().expect("no panic inside");
    let idle = |wish: &mut Wish| wish.next.is_none() && !wish.closed;
    let mut wish = changed.wait_while(wish, idle).expect("no panic inside");
    if wish.closed { None } else { wish.next.take() }
}

/// The answers of late, the latest last, each with the time of the head that gave it: a run that was
/// trained on answers otherwise.
#[derive(Default)]
struct Kept(VecDeque<(Arc<LookNews>, Option<SystemTime>)>);

impl Kept {
    fn get(
        &self,
        run: &RunFolder,
        question: &Question,
        made: Option<SystemTime>,
    ) -> Option<Arc<LookNews>> {
        let is_it = |(news, of): &&(Arc<LookNews>, Option<SystemTime>)| {
            news.run == *run && news.question == *question && *of == made
        };
        self.0.iter().find(is_it).map(|(news, _)| news.clone())
    }

    /// A problem is not kept: it may be gone the next time.
    fn add(&mut self, news: Arc<LookNews>, made: Option<SystemTime>) {
        if news.answer.is_ok() {
            self.0.push_back((news, made));
            self.0.drain(..self.0.len().saturating_sub(KEPT));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::super::protocol::Looked;
    use super::*;
    use crate::heatmap::Frame;

    fn question(photo: &str) -> Question {
        Question { photo: photo.into(), categories: Vec::new(), nearest: 0 }
    }

    #[test]
    fn only_what_is_wanted_last_is_asked_and_nothing_twice() {
        let (begun, begins) = mpsc::channel();
        let (go, gone) = mpsc::channel::<()>();
        let (send, receive) = mpsc::channel();
        let looked = Looked {
            frame: Frame::WHOLE,
            maps: Ok(Vec::new()),
            nearest: Ok(Vec::new()),
            verdict: None,
        };
        let ask = move |_: &RunFolder, question: &Question| {
            begun.send(question.photo.clone()).unwrap();
            gone.recv().unwrap();
            if question.photo == "bad" { Err("no".to_owned()) } else { Ok(looked.clone()) }
        };
        let asker = Asker::with(ask, move |news| send.send(news).is_ok()).unwrap();
        let run = RunFolder::at("runs/one");
        let wait = Duration::from_secs(5);
        asker.want(run.clone(), question("a"));
        assert_eq!(begins.recv_timeout(wait).unwrap(), "a");
        // The person moves on while `a` is looked at.
        for photo in ["b", "c", "bad"] {
            asker.want(run.clone(), question(photo));
        }
        (0..3).for_each(|_| go.send(()).unwrap());
        let heard = || receive.recv_timeout(wait).unwrap();
        assert_eq!((heard().question.photo.as_str(), heard().answer.is_err()), ("a", true));
        asker.want(run.clone(), question("a"));
        assert!(heard().answer.is_ok(), "as it was answered before");
        asker.want(run, question("bad"));
        assert!(heard().answer.is_err());
        assert_eq!(begins.try_iter().collect::<Vec<_>>(), ["bad", "bad"]);
    }
}
