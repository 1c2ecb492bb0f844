//! Reads what the worker of the followed run costs this machine, as long as it lives here.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::metrics::{HostMetrics, HostReader, read_gpu};
use super::{HostNews, News};
use crate::store::RunFolder;
use crate::tui::input::Input;

/// Long enough for a steady processor use, short enough to see a worker swell.
const EVERY: Duration = Duration::from_secs(2);

/// Starts the thread; it reads for the run that was sent last.
pub fn start(send: Sender<Input>) -> io::Result<Sender<Option<RunFolder>>> {
    let (choose, chosen) = mpsc::channel();
    thread::Builder::new().name("host".into()).spawn(move || watch(&chosen, &send))?;
    Ok(choose)
}

fn watch(chosen: &Receiver<Option<RunFolder>>, send: &Sender<Input>) {
    let start = Instant::now();
    let mut following: Option<RunFolder> = None;
    let mut reader: Option<(u32, HostReader)> = None;
    let mut was_there = false;
    loop {
        let choice = match &following {
            Some(_) => chosen.recv_timeout(EVERY),
            None => chosen.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match choice {
            Ok(run) => (following, reader, was_there) = (run, None, false),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let Some(run) = following.clone() else { continue };
        if run.owner().is_none() {
            // Not taken yet: its worker is still to come.
            continue;
        }
        let metrics = match run.worker() {
            Some(owner) if owner.is_here() => {
                let (_, reader) = match reader.take_if(|(pid, _)| *pid == owner.pid) {
                    Some(known) => reader.insert(known),
                    None => reader.insert((owner.pid, HostReader::new(owner.pid))),
                };
                read(reader, start)
            }
            _ => None,
        };
        if metrics.is_none() && !was_there {
            continue;
        }
        was_there = metrics.is_some();
        if send.send(Input::News(News::Host(HostNews { run, metrics }))).is_err() {
            return;
        }
    }
}

fn read(reader: &mut HostReader, start: Instant) -> Option<HostMetrics> {
    let metrics = reader.read(start.elapsed().as_secs_f64())?;
    Some(HostMetrics { gpu: read_gpu(), ..metrics })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::SystemTime;

    use super::*;
    use crate::store::Lease;

    #[test]
    fn a_worker_is_measured_while_it_lives_and_a_run_without_one_is_not() {
        let runs = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            std::fs::create_dir(runs.path().join(name)).unwrap();
            RunFolder::at(runs.path().join(name))
        };
        let (without, with) = (folder("a"), folder("b"));
        // This test is the worker.
        let _lease = Lease::take(&with.lock()).unwrap();
        let (send, receive) = mpsc::channel();
        let choose = start(send).unwrap();
        choose.send(Some(without)).unwrap();
        choose.send(Some(with.clone())).unwrap();
        let news = receive.recv_timeout(Duration::from_secs(10)).unwrap();
        let Input::News(News::Host(news)) = news else { panic!("{news:?}") };
        assert_eq!(news.run, with);
        assert!(news.metrics.unwrap().memory_bytes > 1 << 20);
    }

    #[test]
    fn a_worker_that_comes_back_here_is_measured_again() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunFolder::at(runs.path());
        let (send, receive) = mpsc::channel();
        let is_measured = || match receive.recv_timeout(Duration::from_secs(10)).unwrap() {
            Input::News(News::Host(news)) => news.metrics.is_some(),
            other => panic!("{other:?}"),
        };
        // This test is the worker.
        let lease = Lease::take(&run.lock()).unwrap();
        let choose = start(send).unwrap();
        choose.send(Some(run.clone())).unwrap();
        assert!(is_measured());
        drop(lease);
        let elsewhere = r#"{"host":"elsewhere-and-gone","pid":1,"process_start":0}"#;
        fs::write(run.lock(), elsewhere).unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        File::open(run.lock()).unwrap().set_modified(long_ago).unwrap();
        while is_measured() {}
        let _lease = Lease::take(&run.lock()).unwrap();
        assert!(is_measured());
    }
}
