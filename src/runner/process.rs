//! What a process does about itself before it keeps a worker, which inherits all of it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::stdio::dup2_stderr;
use signal_hook::consts::SIGXFSZ;

use crate::config::append_plain;
use crate::store::RunFolder;

/// Courtesy to the people on the machine: they are served first.
const NICENESS: i32 = 10;

/// Leaves the terminal's session, so that hanging up does not reach this process, and steps back
/// behind interactive ones. Takes as many open files as it may.
pub fn settle() {
    // Fails where the process leads a session already: then there is nothing to leave.
    let _ = rustix::process::setsid();
    let _ = rustix::process::nice(NICENESS);
    // With autogroups niceness counts only inside a session; this one's own must be told too.
    let _ = fs::write("/proc/self/autogroup", NICENESS.to_string());
    take_what_it_may();
}

/// The same for a process that a cluster has started: its session is the job's, and nobody else is served
/// there.
pub fn settle_in_job() {
    take_what_it_may();
}

/// What this process complains of from now on, and what a crash says, goes where the words of the run's
/// workers are.
pub fn speak_in(run: &RunFolder) {
    // What cannot be written there stands where the cluster keeps it.
    let _ = append_plain(&run.worker_log()).and_then(|words| Ok(dup2_stderr(words)?));
}

fn take_what_it_may() {
    // A file that gets too large is an error as others are, not the process's end.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    // Every shard of features is an open file.
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
