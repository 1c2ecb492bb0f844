//! What a person asks of a running worker: pause, stop and keep, or cancel.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::config::read_small;
use crate::store::{Lease, RunFolder};

/// Time between two looks at the stop request, and, in multiples of it, between heartbeats.
const LOOK: Duration = Duration::from_millis(200);
const LOOKS_PER_BEAT: u32 = 10;

/// Each outdoes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// End with a checkpoint, to go on later.
    Pause,
    /// End with a result.
    Stop,
    /// End without a result.
    Cancel,
}

const ALL: [Request; 3] = [Request::Pause, Request::Stop, Request::Cancel];

/// The request that holds; shared between the worker and its watching thread.
#[derive(Clone, Default)]
pub struct Requests(Arc<AtomicUsize>);

impl Requests {
    pub fn newest(&self) -> Option<Request> {
        let place = self.0.load(Ordering::Relaxed).checked_sub(1)?;
        Some(ALL[place])
    }

    fn ask(&self, request: Request) {
        self.0.fetch_max(1 + request as usize, Ordering::Relaxed);
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
                    seen.ask(Request::Stop);
                }
                if let Some(request) = read_request(&path) {
                    seen.ask(request);
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

fn read_request(path: &Path) -> Option<Request> {
    let word = read_small(path).ok()?;
    Some(match word.trim_ascii() {
        b"cancel" => Request::Cancel,
        b"pause" => Request::Pause,
        _ => Request::Stop,
    })
}
