//! A run that is killed again and again, its workers, and a reader who follows it all the while.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::Duration;

use retrain::store::{Event, Record, RunFolder, Stage, Tail};
use rustix::process::{Pid, Signal, getpgid, getpgrp, kill_process, kill_process_group};

use crate::common::wait_until;

/// Time between two looks at the log; the shortest stages take 2 ms.
const LOOK: Duration = Duration::from_micros(200);

/// Where a worker is; the first is that of the command that makes the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Creation,
    Start,
    Scan,
    Features,
    Training,
    Evaluation,
    /// Behind its last word.
    End,
}

impl Phase {
    /// After a worker has said `records`.
    pub fn after(records: &[Record]) -> Phase {
        records.iter().fold(Phase::Start, |phase, record| match record.event {
            Event::Stage { stage } => match stage {
                Stage::Scan => Phase::Scan,
                Stage::Features => Phase::Features,
                Stage::Training => Phase::Training,
                Stage::Evaluation => Phase::Evaluation,
            },
            // Only of a worker itself: of a killed one its keeper says that it failed.
            Event::Finished { .. } | Event::Cancelled | Event::Paused => Phase::End,
            _ => phase,
        })
    }
}

pub struct Victim {
    pub folder: RunFolder,
    tail: Tail,
    /// Every whole line that could be read, as soon as it could.
    pub seen: Vec<Record>,
}

impl Victim {
    pub fn new(folder: RunFolder) -> Victim {
        let (tail, seen) = (folder.tail(), Vec::new());
        let mut victim = Victim { folder, tail, seen };
        victim.look();
        victim
    }

    pub fn look(&mut self) {
        self.seen.extend(self.tail.poll().unwrap());
    }

    /// Waits until the worker has said something behind `seen[begun..]` of which `happened` is
    /// true; false when it has ended before.
    pub fn wait(
        &mut self,
        child: &mut Child,
        begun: usize,
        happened: impl Fn(&[Record]) -> bool,
    ) -> bool {
        loop {
            // Looked at before the log, so that the log's last word is not missed.
            let ended = child.try_wait().unwrap().is_some() && !self.folder.has_worker();
            self.look();
            if happened(&self.seen[begun..]) {
                return true;
            }
            if ended {
                return false;
            }
            thread::sleep(LOOK);
        }
    }

    /// Kills the worker, with all of its process group or alone, and waits until all is quiet.
    pub fn kill(&mut self, child: &mut Child, is_alone: bool) {
        let worker = self.folder.worker().map(|owner| owner.pid);
        match worker {
            Some(worker) if is_alone => kill_one(worker),
            Some(worker) => kill_group_of(worker),
            None => {
                kill_one(child.id());
                // It may have left our group just now, and begun something there.
                kill_group(Pid::from_raw(child.id() as i32).unwrap());
            }
        }
        child.wait().unwrap();
        self.wait_until_quiet();
    }

    /// Waits until no process works on the run any more.
    pub fn wait_until_quiet(&mut self) {
        // One that is dying has lost its command line before it is gone.
        wait_until("all its processes are gone", || {
            processes_of(self.folder.path()).is_empty() && !self.folder.has_worker()
        });
        self.look();
    }
}

pub fn kill_group_of(pid: u32) {
    match getpgid(Pid::from_raw(pid as i32)) {
        // It has not left ours yet.
        Ok(group) if group == getpgrp() => kill_one(pid),
        Ok(group) => kill_group(group),
        Err(_) => {}
    }
}

fn kill_group(group: Pid) {
    // There is none while the worker has not left ours; then it was killed by its number.
    let _ = kill_process_group(group, Signal::KILL);
}

fn kill_one(pid: u32) {
    // It may have ended just now.
    let _ = kill_process(Pid::from_raw(pid as i32).unwrap(), Signal::KILL);
}

/// The processes that have a path in that folder on their command line.
pub fn processes_of(folder: &Path) -> Vec<u32> {
    let wanted = folder.as_os_str().as_bytes();
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.windows(wanted.len()).any(|part| part == wanted)
    })
    .collect()
}
