//! Says that a folder of the cache is in use, so that nobody deletes what is in it.
//!
//! Whoever uses a folder keeps a file of its own there, a lease; whoever deletes takes the folder's
//! gate, also a lease. Each writes its file first and then looks for the other's: of two at once at
//! least one sees the other, with locks or without. Nobody who only computes features ever waits
//! for another, so the cache stays as safe on network file systems as it was: a lease that locks
//! cannot guard is told by its owner's host, process and heartbeat. Where not even the file can be
//! written, as in a cache that may only be read, the user goes on without: its shards are open
//! files, which outlive their names on all but network file systems.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::store::{Lease, LeaseError};

/// Held by whoever deletes.
pub(super) const GATE: &str = ".gate";
/// Begins the name of the file of a user.
pub(super) const CLAIM: &str = ".in-use.";

/// Several of these make the silence after which a process on another host counts as gone.
const BEAT: Duration = Duration::from_secs(10);
/// Time between two looks at a closed gate.
const LOOK: Duration = Duration::from_millis(20);

/// Held for as long as the folder is read or written; a killed process's is free at once.
pub struct Claim {
    path: PathBuf,
    ended: Arc<AtomicBool>,
    heart: Option<JoinHandle<()>>,
}

impl Claim {
    /// Makes `folder` and says that it is in use, after whoever deletes in it now.
    ///
    /// `None` where no file can be written. Errors when there is no such folder and none can be
    /// made.
    pub fn take(folder: &Path) -> io::Result<Option<Claim>> {
        loop {
            fs::create_dir_all(folder)?;
            let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let name = format!("{CLAIM}{}.{:x}", std::process::id(), nanoseconds.as_nanos());
            let path = folder.join(name);
            let lease = match Lease::take(&path) {
                Ok(lease) => lease,
                // The folder was deleted, or the file before it said whose it is.
                Err(LeaseError::Gone { .. }) => continue,
                Err(_) => return Ok(None),
            };
            wait_at(&folder.join(GATE));
            if lease.is_at(&path) {
                return Claim::keep(lease, path).map(Some);
            }
        }
    }

    fn keep(lease: Lease, path: PathBuf) -> io::Result<Claim> {
        let ended = Arc::new(AtomicBool::new(false));
        let end = ended.clone();
        let heart = thread::Builder::new().name("cache".into()).spawn(move || {
            while !end.load(Ordering::Relaxed) {
                // A full or unreachable disk shows itself where features are written.
                let _ = lease.beat();
                thread::park_timeout(BEAT);
            }
        })?;
        Ok(Claim { path, ended, heart: Some(heart) })
    }
}

fn wait_at(gate: &Path) {
    while gate.exists() && matches!(Lease::hold(gate), Err(LeaseError::Taken(_))) {
        thread::sleep(LOOK);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Before the lock goes, so that nobody finds it without an owner.
        let _ = fs::remove_file(&self.path);
        if let Some(heart) = self.heart.take() {
            heart.thread().unpark();
            let _ = heart.join();
        }
    }
}
