//! The program that a person wants to be started at a run's end: `on_end` in `config.toml`.
//!
//! It tells somebody who is away, so that it may fail or hang by what is wrong elsewhere: neither has to
//! do with the run. What is to be said of it goes into the run's `worker.log`.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process_group};

use crate::config::{CONFIG_FILE, Config, expand_home};
use crate::store::{RunFolder, State, say_aside};

/// A message is sent in seconds, also where a name server has to be waited for.
const LIMIT: Duration = Duration::from_secs(60);
/// How often its end is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// The program at work.
pub(super) struct OnEnd {
    program: String,
    child: Child,
}

impl OnEnd {
    /// Starts the program, where one is wanted, with the run's folder and state as its last arguments.
    pub fn start(config: &Config, run: &RunFolder) -> Option<OnEnd> {
        let (program, arguments) = config.on_end.split_first()?;
        if let Err(why) = check_owner(&config.root.join(CONFIG_FILE)) {
            say_aside(&format!("on_end: {program} is not started: {why}"));
            return None;
        }
        // What cannot be read has no other word.
        let state = run.summary().map_or(State::Lost, |summary| summary.state);
        match start(config, program, arguments, run, state) {
            Ok(child) => Some(OnEnd { program: program.clone(), child }),
            Err(err) => {
                say_aside(&format!(
                    "on_end: {program} cannot be started: {err}; see {CONFIG_FILE}"
                ));
                None
            }
        }
    }

    /// Waits for its end, or makes one when its time is over.
    pub fn wait(mut self) {
        if let Err(problem) = self.end_within(LIMIT) {
            say_aside(&format!("on_end: {} {problem}", self.program));
        }
    }

    fn end_within(&mut self, limit: Duration) -> Result<(), String> {
        let end = Instant::now() + limit;
        let fail = |err: io::Error| format!("is lost: {err}");
        while Instant::now() < end {
            match self.child.try_wait().map_err(fail)? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("failed: {status}")),
                None => thread::sleep(LOOK),
            }
        }
        // With what it has started itself; it may have ended just now.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
        Err(format!("was ended, as it had not done so itself within {} s", limit.as_secs()))
    }
}

/// A project that is another's, as on a disk that is shared, shall not start programs as this user.
fn check_owner(config: &Path) -> Result<(), String> {
    let owner = fs::metadata(config).map_err(|err| format!("{}: {err}", config.display()))?.uid();
    match owner == geteuid().as_raw() || owner == 0 {
        true => Ok(()),
        false => Err(format!("{} is another user's", config.display())),
    }
}

fn start(
    config: &Config,
    program: &str,
    arguments: &[String],
    run: &RunFolder,
    state: State,
) -> io::Result<Child> {
    Command::new(found(&config.root, program))
        .args(arguments)
        .arg(std::path::absolute(run.path())?)
        .arg(state.name())
        .current_dir(&config.root)
        .stdin(Stdio::null())
        // What it prints is for nobody; what it complains of goes where this process's own words go.
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
}

/// A bare name is searched in PATH; all other ones are paths from the project folder.
fn found(root: &Path, program: &str) -> PathBuf {
    match program.contains('/') || program.starts_with('~') {
        true => root.join(expand_home(Path::new(program))),
        false => program.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(words: &[&str]) -> OnEnd {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (program, arguments) = words.split_first().unwrap();
        let config = Config::at(Path::new("/"));
        let run = RunFolder::at("runs/a");
        let child = start(&config, program, arguments, &run, State::Done).unwrap();
        OnEnd { program: program.clone(), child }
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_its_children_and_one_that_fails_is_said() {
        let script = "sleep 99 & echo $! > \"$0\"; wait";
        let folder = tempfile::tempdir().unwrap();
        let number = folder.path().join("pid");
        let mut hangs = started(&["sh", "-c", script, number.to_str().unwrap()]);
        let said = hangs.end_within(Duration::from_millis(400)).unwrap_err();
        assert!(said.starts_with("was ended, as it had not"), "{said}");
        let child = Path::new("/proc").join(fs::read_to_string(&number).unwrap().trim());
        let is_gone = || {
            let state = fs::read_to_string(child.join("stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        };
        let end = Instant::now() + Duration::from_secs(10);
        while !is_gone() {
            assert!(Instant::now() < end, "{} lives", child.display());
            thread::sleep(LOOK);
        }
        let said = started(&["sh", "-c", "exit 3"]).end_within(LIMIT).unwrap_err();
        assert_eq!(said, "failed: exit status: 3");
        assert_eq!(started(&["true"]).end_within(LIMIT), Ok(()));
    }

    #[test]
    fn a_bare_name_is_searched_and_a_path_begins_in_the_project() {
        let of = |program: &str| found(Path::new("/p"), program);
        assert_eq!(of("notify-send"), Path::new("notify-send"));
        assert_eq!(of("./tell.sh"), Path::new("/p/./tell.sh"));
        assert_eq!(of("/bin/true"), Path::new("/bin/true"));
        assert!(check_owner(Path::new("/etc/hosts")).is_ok());
        assert!(check_owner(Path::new("/nothing")).unwrap_err().contains("/nothing: "));
    }
}
