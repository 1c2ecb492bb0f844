//! What a person asks of a running worker: stop and keep, or cancel.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::store::{Lease, RunFolder};

/// Time between two looks at the stop request, and, in multiples of it, between heartbeats.
const LOOK: Duration = Duration::from_millis(200);
const LOOKS_PER_BEAT: u32 = 10;

const STOP: usize = 1;
const CANCEL: usize = 2;

/// The newest request; shared between the worker and its watching thread.
#[derive(Clone, Default)]
pub struct Requests(Arc<AtomicUsize>);

impl Requests {
    /// Asked to end in any way.
    pub fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// Asked to end without a result.
    pub fn cancel(&self) -> bool {
        self.0.load(Ordering::Relaxed) == CANCEL
    }
}

/// Watches for requests, through the `stop` file and through SIGTERM and SIGINT, and keeps the
/// lease's heartbeat, until dropped.
pub struct Watch {
    pub requests: Requests,
    ended: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    pub fn start(run: &RunFolder, lease: Lease) -> io::Result<Watch> {
        let requests = Requests::default();
        let signalled = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register(signal, signalled.clone())?;
        }
        let ended = Arc::new(AtomicBool::new(false));
        let (path, seen, end) = (run.stop_request(), requests.clone(), ended.clone());
        let thread = std::thread::Builder::new().name("watch".into()).spawn(move || {
            let mut looks = 0;
            while !end.load(Ordering::Relaxed) {
                if signalled.load(Ordering::Relaxed) {
                    seen.0.fetch_max(STOP, Ordering::Relaxed);
                }
                if let Some(request) = read_request(&path) {
                    seen.0.fetch_max(request, Ordering::Relaxed);
                }
                if looks % LOOKS_PER_BEAT == 0 {
                    // A full or unreachable disk shows itself where results are written.
                    let _ = lease.beat();
                }
                looks += 1;
                std::thread::park_timeout(LOOK);
            }
        })?;
        Ok(Watch { requests, ended, thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn read_request(path: &Path) -> Option<usize> {
    let text = fs::read_to_string(path).ok()?;
    Some(if text.trim() == "cancel" { CANCEL } else { STOP })
}
