//! How a person ends a running worker: by the stop file of the run, or by a signal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::store::{EndSignals, Lease, RunFolder, Stop, say_aside};

/// Time between two looks at the stop file.
const LOOK: Duration = Duration::from_millis(200);
/// Looks from one heartbeat of the lease to the next.
const LOOKS_PER_BEAT: u32 = 10;

/// The request that holds; shared between the worker and the thread that watches for requests.
#[derive(Clone, Default)]
pub struct Requests {
    strongest: Arc<AtomicUsize>,
    /// In a job of a cluster: what that says.
    cluster: Option<EndSignals>,
}

impl Requests {
    /// The strongest that was made so far: none is taken back, as the worker may have begun to
    /// follow it.
    pub fn strongest(&self) -> Option<Stop> {
        let place = self.strongest.load(Ordering::Relaxed).checked_sub(1)?;
        Some(Stop::ALL[place])
    }

    /// Whether it is a cluster that ends this process, which may begin again at once: there is no last
    /// word to say.
    pub fn is_ended_by_cluster(&self) -> bool {
        self.cluster.as_ref().is_some_and(EndSignals::has_to_end)
    }

    /// Whether a checkpoint is wanted now, as the end comes near. Once true, it is made.
    pub fn take_checkpoint(&self) -> bool {
        self.cluster.as_ref().is_some_and(EndSignals::take_near)
    }

    fn make(&self, stop: Stop) {
        self.strongest.fetch_max(1 + stop as usize, Ordering::Relaxed);
    }
}

/// Watches for requests, through the stop file and through SIGTERM and SIGINT, and keeps the
/// lease's heartbeat, until dropped.
pub struct RequestWatcher {
    /// What was asked so far.
    pub requests: Requests,
    ended: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl RequestWatcher {
    /// Begins to watch on a thread of its own. In a job of a cluster its signals are heard already, and
    /// ask for a pause: what comes behind them may not be waited for.
    pub fn start(
        run: &RunFolder,
        lease: Arc<Lease>,
        cluster: Option<&EndSignals>,
    ) -> io::Result<RequestWatcher> {
        let requests = Requests { cluster: cluster.cloned(), ..Requests::default() };
        let signalled = Arc::new(AtomicBool::new(false));
        if cluster.is_none() {
            for signal in [SIGTERM, SIGINT] {
                signal_hook::flag::register(signal, signalled.clone())?;
            }
        }
        let ended = Arc::new(AtomicBool::new(false));
        let (run, seen, end) = (run.clone(), requests.clone(), ended.clone());
        let thread = std::thread::Builder::new().name("watch".into()).spawn(move || {
            let mut looks = 0;
            let mut problem = None;
            while !end.load(Ordering::Relaxed) {
                if signalled.load(Ordering::Relaxed) {
                    seen.make(Stop::Keep);
                }
                if seen.is_ended_by_cluster() {
                    seen.make(Stop::Pause);
                }
                match run.stop_request() {
                    Ok(stop) => stop.into_iter().for_each(|stop| seen.make(stop)),
                    Err(err) => complain(&mut problem, err.to_string()),
                }
                if looks % LOOKS_PER_BEAT == 0 {
                    // A full or unreachable disk shows itself where results are written, and a
                    // run that is another's by now there as well.
                    let _ = lease.beat();
                }
                looks += 1;
                std::thread::park_timeout(LOOK);
            }
        })?;
        Ok(RequestWatcher { requests, ended, thread: Some(thread) })
    }
}

/// Says a problem once, in `worker.log`.
fn complain(said: &mut Option<String>, problem: String) {
    if said.as_ref() != Some(&problem) {
        say_aside(&problem);
        *said = Some(problem);
    }
}

impl Drop for RequestWatcher {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_request_holds_and_none_is_taken_back() {
        let requests = Requests::default();
        assert_eq!(requests.strongest(), None);
        for (stop, strongest) in [
            (Stop::Pause, Stop::Pause),
            (Stop::Keep, Stop::Keep),
            (Stop::Pause, Stop::Keep),
            (Stop::Cancel, Stop::Cancel),
            (Stop::Keep, Stop::Cancel),
        ] {
            requests.make(stop);
            assert_eq!(requests.strongest(), Some(strongest));
        }
    }
}
