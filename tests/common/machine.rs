//! Other machines, pretended by namespaces.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use retrain::store::RunFolder;
use rustix::process::{Pid, Signal, kill_process};

use super::skip::skipped;
use super::{BINARY, Project, wait_until};

/// Another machine on this one's files: with a host name, a boot and process numbers of its own.
pub struct Machine {
    pub name: &'static str,
    /// What the system says there of its boot and its installation.
    ids: tempfile::TempDir,
}

impl Machine {
    pub fn new(name: &'static str) -> Machine {
        let ids = tempfile::tempdir().unwrap();
        fs::write(ids.path().join("boot"), format!("boot-of-{name}\n")).unwrap();
        fs::write(ids.path().join("machine"), format!("machine-of-{name}\n")).unwrap();
        Machine { name, ids }
    }

    /// From now on what is started there is of another boot.
    pub fn restart(&self) {
        let boot = self.ids.path().join("boot");
        let before = fs::read_to_string(&boot).unwrap();
        fs::write(boot, format!("next-{before}")).unwrap();
    }

    /// Has a shell do `script` there, in the project. Its end is the end of all processes there.
    pub fn shell(&self, project: &Project, script: &str) -> Command {
        let (boot, id) = (self.ids.path().join("boot"), self.ids.path().join("machine"));
        let script = format!(
            "hostname {}\nmount --bind {} /proc/sys/kernel/random/boot_id\n\
             if [ -e /etc/machine-id ]; then mount --bind {} /etc/machine-id; fi\n\
             retrain() {{ {BINARY} \"$@\"; }}\n{script}",
            self.name,
            boot.display(),
            id.display()
        );
        let mut command = unshare(&["--mount", "--uts", "--pid", "--fork", "--kill-child"]);
        command.args(["--mount-proc", "sh", "-ec", &script]).current_dir(project.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

pub fn unshare(namespaces: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user"]).args(namespaces);
    command
}

/// Whether this machine can pretend to be others.
pub fn can_pretend() -> bool {
    let project = Project::new();
    let shell = Machine::new("first").shell(&project, "test \"$(hostname)\" = first").status();
    let can = shell.is_ok_and(|status| status.success());
    if !can {
        skipped("'unshare' pretends no other machine here");
    }
    can
}

/// As if nothing had been heard of the run's processes for an hour.
pub fn make_silent(run: &RunFolder) -> io::Result<()> {
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    // Where there are no locks, what stands for them may have been left too.
    let entries = [run.path(), run.path().parent().unwrap()].map(fs::read_dir);
    let entries = entries.into_iter().flatten().flatten().flatten();
    let left = entries.filter(|entry| entry.file_name().to_string_lossy().contains(".held"));
    for file in [run.lock(), run.worker_log()].into_iter().chain(left.map(|entry| entry.path())) {
        match File::open(file) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            file => file?.set_modified(long_ago)?,
        }
    }
    Ok(())
}

/// Stops all processes of a machine as its shell is, so that none goes on until [`thaw`].
pub fn freeze(machine: &Child) {
    wait_until("all are frozen", || {
        let processes = processes_on(machine);
        processes.iter().for_each(|&pid| signal(pid, Signal::STOP));
        processes.into_iter().all(|pid| {
            let stat = format!("/proc/{}/stat", pid.as_raw_nonzero());
            let stat = fs::read_to_string(stat).unwrap_or_default();
            stat.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with(['T', 'Z', 'X']))
        })
    });
}

pub fn thaw(machine: &Child) {
    processes_on(machine).into_iter().for_each(|pid| signal(pid, Signal::CONT));
}

fn signal(process: Pid, signal: Signal) {
    // It may have ended just now.
    let _ = kill_process(process, signal);
}

/// All processes on a machine, by the namespace that those have which its shell's parent starts.
fn processes_on(machine: &Child) -> Vec<Pid> {
    let there = fs::read_link(format!("/proc/{}/ns/pid_for_children", machine.id())).unwrap();
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_there = |pid: &i32| {
        fs::read_link(format!("/proc/{pid}/ns/pid")).is_ok_and(|namespace| namespace == there)
    };
    pids.filter(is_there).filter_map(Pid::from_raw).collect()
}

pub fn end(mut machine: Child) {
    machine.kill().unwrap();
    machine.wait().unwrap();
}

/// `tests/hosts/no_locks.rs`, compiled.
pub fn no_locks(folder: &Path) -> PathBuf {
    let output = folder.join("no_locks.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hosts/no_locks.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut compile = Command::new(rustc);
    compile.args(["--edition=2024", "--crate-type=cdylib", "--crate-name=no_locks", "-o"]);
    assert!(compile.args([&output, &source]).status().unwrap().success());
    output
}
