//! The keeper: a small process that starts a worker and outlives it, whatever ends it.
//!
//! Memory that runs out, a signal or a crash leave a worker no time for a last word; its keeper
//! says it, starts the next run of the queue, and tells whoever wants to hear of a run's end.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, ExitStatus};
use std::thread;

use rustix::process::{Pid, Signal, getppid, kill_process};
use signal_hook::consts::{SIGABRT, SIGBUS, SIGHUP, SIGINT, SIGKILL, SIGTERM};

use super::launch::{start_worker, this_program};
use super::local::Local;
use super::on_end::OnEnd;
use super::process;
use super::queue::{Ended, EnqueueError, Wanted, advance_behind};
use super::slots::gpu_of;
use crate::config::Config;
use crate::store::{
    Event, EventLog, Fault, Lease, LeaseError, QueueError, Run, RunFolder, explain, say_aside,
};

/// Has the run in `folder` done by a worker of its own, says how that ended where the worker could
/// not, and starts the next run of the queue.
pub fn keep(folder: &RunFolder, iterations: Option<usize>, slot: usize) -> ExitCode {
    process::settle();
    let found = Found::look(folder, slot);
    let ended = run_worker(folder, iterations, found.gpu.as_deref());
    let words = match &ended {
        Ok(status) if status.success() => None,
        Ok(status) if is_gone(*status) => None,
        Ok(status) => {
            let was_out_of_memory = has_killed(found.oom_kills, oom_kills());
            Some(last_word(folder, *status, was_out_of_memory))
        }
        Err(err) => Some(format!("the worker cannot be started: {err}")),
    };
    if let Some(words) = words {
        say(folder, words, &found);
    }
    // A run that another took over may wait in the queue again.
    let is_ours = !ended.as_ref().is_ok_and(|status| is_gone(*status));
    after_the_end(folder, found.root.as_deref(), is_ours);
    let is_done = ended.is_ok_and(|status| status.success());
    if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether a worker ended as the run was not, or not any more, its own.
fn is_gone(status: ExitStatus) -> bool {
    status.code() == Some(LeaseError::EXIT_GONE.into())
}

/// What there was before the worker. Not the run itself: this process outlives the worker, and a
/// long run has millions of points.
struct Found {
    /// The project folder, where the log could be read.
    root: Option<PathBuf>,
    gpu: Option<String>,
    log_bytes: u64,
    /// Device and inode of the run folder.
    id: Option<(u64, u64)>,
    oom_kills: Option<u64>,
}

impl Found {
    fn look(folder: &RunFolder, slot: usize) -> Found {
        let id = id(folder);
        let run = folder.replay().unwrap_or_default();
        Found {
            gpu: gpu_of(slot, &run),
            root: root_of(folder, &run),
            log_bytes: folder.log_bytes(),
            id,
            oom_kills: oom_kills(),
        }
    }

    /// The run as it is now, when it is the same and lacks the last word of its worker.
    fn unsaid(&self, folder: &RunFolder) -> Option<Run> {
        let run = folder.replay().ok()?;
        let is_missing = run.end.is_none() || folder.log_bytes() == self.log_bytes;
        (is_missing && id(folder) == self.id).then_some(run)
    }
}

/// Starts the worker and waits for its end.
fn run_worker(
    folder: &RunFolder,
    iterations: Option<usize>,
    gpu: Option<&str>,
) -> io::Result<ExitStatus> {
    let mut worker = start_worker(folder, iterations, gpu)?;
    if let Err(err) = pass_on_signals(&worker) {
        // The worker is there all the same.
        say_aside(&format!("signals to process {} are not passed on: {err}", std::process::id()));
    }
    worker.wait()
}

/// Whoever asks this process to end means the worker, which ends with a result.
fn pass_on_signals(worker: &Child) -> io::Result<()> {
    let (mut arrived, arrives) = UnixStream::pair()?;
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::low_level::pipe::register(signal, arrives.try_clone()?)?;
    }
    let worker = Pid::from_child(worker);
    thread::Builder::new().name("signals".into()).spawn(move || {
        while arrived.read_exact(&mut [0]).is_ok() {
            // It may have ended just now.
            let _ = kill_process(worker, Signal::TERM);
        }
    })?;
    Ok(())
}

/// Why a worker is not there any more, and what to do.
fn last_word(folder: &RunFolder, status: ExitStatus, was_out_of_memory: bool) -> String {
    let said = folder.last_words();
    let resume = format!("'retrain resume {}' goes on where it was", folder.id());
    let memory = "give it fewer threads in config.toml, or more memory; then";
    match (status.signal(), status.code()) {
        (Some(SIGKILL), _) if was_out_of_memory => {
            format!("memory ran out, and the system killed the worker: {memory} {resume}")
        }
        (Some(SIGKILL), _) => format!(
            "the worker was killed (signal 9), by a person or because memory ran out ('dmesg' \
             would say so): {resume}"
        ),
        (Some(SIGABRT), _) if let Some(said) = failed_allocation(folder) => {
            format!("memory ran out ({said}): {memory} {resume}")
        }
        (Some(SIGBUS), _) => format!(
            "a file was cut while the worker had it open, or its disk can no longer be read (signal 7, \
             SIGBUS); {resume}, and computes features anew that are gone"
        ),
        (Some(signal), _) if said.is_empty() => {
            format!("the worker was ended by signal {signal}; {resume}")
        }
        (Some(signal), _) => {
            format!("the worker was ended by signal {signal}; its last words: {said}; {resume}")
        }
        // It has said why, where it could not be written in the log.
        (_, Some(1)) if !said.is_empty() => said,
        (_, Some(_)) if said.is_empty() => format!("the worker ended without a word: {resume}"),
        (_, code) => format!(
            "the worker ended before its time (exit code {}); its last words: {said}; {resume}",
            code.unwrap_or_default()
        ),
    }
}

/// What a program says that gets no memory, in the last of the worker's lines.
fn failed_allocation(folder: &RunFolder) -> Option<String> {
    let mut last = folder.last_lines().ok()?.into_iter().rev();
    last.find(|line| line.starts_with("memory allocation of"))
}

/// How often the system has killed a process since it was booted because memory had run out, in
/// containers too; `None` where it does not count that.
fn oom_kills() -> Option<u64> {
    oom_kills_in(&fs::read_to_string("/proc/vmstat").ok()?)
}

fn oom_kills_in(vmstat: &str) -> Option<u64> {
    vmstat.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

/// Whether a process was killed between two counts of [`oom_kills`].
fn has_killed(before: Option<u64>, now: Option<u64>) -> bool {
    before.zip(now).is_some_and(|(before, now)| now > before)
}

/// Writes the last word of a run whose worker wrote none.
fn say(folder: &RunFolder, message: String, found: &Found) {
    if found.unsaid(folder).is_none() {
        return;
    }
    let lease = match Lease::take(&folder.lock()) {
        Ok(lease) => Some(lease),
        // Where the file cannot even be made, as on a full disk, nobody else has it.
        Err(err) if Fault::of(&err).is_some() => None,
        // Another worker has the run: its word counts.
        Err(_) => return,
    };
    let Some(run) = found.unsaid(folder) else { return };
    let has_begun = folder.log_bytes() != found.log_bytes;
    let event = match is_as_it_was(&run, has_begun) {
        // Nobody's mistake in an experiment.
        true => Event::Refused { message, fault: true },
        false => Event::Failed { message, fault: true },
    };
    if let Some(Err(err)) = lease.as_ref().map(|lease| lease.number_above(run.lease)) {
        return say_aside(&explain(&err, &folder.again()));
    }
    let written = EventLog::open(&folder.events()).and_then(|log| {
        let mut log = log.under(lease.as_ref().map_or(0, Lease::number));
        let record = log.append_last(event)?;
        log.sync()?;
        Ok(record)
    });
    match written {
        Ok(_) => {
            // Derived from the log, and made anew from it where it is missing.
            let _ = folder.replay().map(|run| folder.write_summary(&run));
        }
        Err(err) => say_aside(&explain(&err, &folder.again())),
    }
}

/// Whether the worker has added nothing to a run that had ended before.
fn is_as_it_was(run: &Run, has_begun: bool) -> bool {
    if has_begun { run.earlier_end.is_some() } else { run.started.is_some() }
}

fn id(folder: &RunFolder) -> Option<(u64, u64)> {
    fs::metadata(folder.path()).ok().map(|data| (data.dev(), data.ino()))
}

/// Does the run in `folder` in this process. With its keeper gone by the end, it does itself what is
/// to be done then.
pub fn kept(folder: &RunFolder, work: impl FnOnce() -> ExitCode) -> ExitCode {
    let keeper = getppid();
    let code = work();
    if getppid() != keeper {
        let root = folder.replay().ok().and_then(|run| root_of(folder, &run));
        let is_ours = code != ExitCode::from(LeaseError::EXIT_GONE);
        after_the_end(folder, root.as_deref(), is_ours);
    }
    code
}

/// The project folder of a run whose log was read.
pub(super) fn root_of(folder: &RunFolder, run: &Run) -> Option<PathBuf> {
    run.created.map(|_| folder.project(run))
}

/// Starts what is to be started when a run has ended, the project folder being `root`. The next run of the
/// queue never waits for the person's own program.
fn after_the_end(folder: &RunFolder, root: Option<&Path>, is_ours: bool) {
    let config = root.map(|root| {
        Config::load(root).unwrap_or_else(|err| {
            say_aside(&format!("{err}; the queue goes on as if it were empty"));
            Config::at(root)
        })
    });
    let wanted = config.as_ref().filter(|_| is_ours);
    let on_end = wanted.and_then(|config| OnEnd::start(config, folder));
    start_next(folder, config.as_ref(), is_ours);
    if let Some(on_end) = on_end {
        on_end.wait();
    }
}

/// Waits as long as another process holds the queue: nobody else may be there to start the next.
fn start_next(folder: &RunFolder, config: Option<&Config>, is_ours: bool) {
    let mut is_said = false;
    while let Err(err) = advance_after(folder, config, is_ours) {
        let is_busy =
            matches!(err.downcast_ref(), Some(EnqueueError::Queue(QueueError::Busy { .. })));
        if !is_said {
            say_aside(&format!("the next run of the queue is not started: {err}"));
        }
        if !is_busy {
            return;
        }
        is_said = true;
    }
}

/// The queue is that of the folder which this run lies in, or lay in.
fn advance_after(
    folder: &RunFolder,
    config: Option<&Config>,
    is_ours: bool,
) -> Result<(), Box<dyn std::error::Error>> {
    let runs = folder.path().parent().ok_or("the run lies in no folder")?;
    let config = config.ok_or("the log of this one, which names the project, cannot be read")?;
    let launcher = Local::new(&this_program()?, config);
    let id = folder.id();
    let ended = Ended { run: &id, is_ours };
    Ok(advance_behind(&launcher, runs, Some(ended), Wanted::ByTheQueue)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_a_worker_is_said_with_the_next_step() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        let word = |raw, out_of_memory| last_word(&run, ExitStatus::from_raw(raw), out_of_memory);
        let killed = word(9, false);
        assert!(killed.contains("signal 9") && killed.contains("retrain resume"), "{killed}");
        let killed = word(9, true);
        assert!(killed.starts_with("memory ran out, and the system killed"), "{killed}");
        assert!(word(101 << 8, false).contains("without a word"));
        assert!(word(11, false).starts_with("the worker was ended by signal 11; 'retrain resume"));
        assert!(word(7, false).starts_with("a file was cut while the worker had it open"));
        fs::write(run.worker_log(), "memory allocation of 9 bytes failed\nstack\n").unwrap();
        assert!(word(6, false).starts_with("memory ran out (memory allocation of 9 bytes"));
        assert!(word(11, false).contains("signal 11; its last words: stack"));
        assert!(word(101 << 8, false).contains("exit code 101"));
    }

    #[test]
    fn a_kill_for_lack_of_memory_is_known_by_the_systems_own_count() {
        let vmstat = |kills| format!("nr_free_pages 12\noom_kill {kills}\ndrop_pagecache 0\n");
        let counts = [3, 4].map(|kills| oom_kills_in(&vmstat(kills)));
        assert_eq!(counts, [Some(3), Some(4)]);
        assert_eq!(oom_kills_in("nr_free_pages 12\n"), None);
        assert!(has_killed(counts[0], counts[1]));
        assert!(!has_killed(counts[0], counts[0]) && !has_killed(None, counts[1]));
    }
}
