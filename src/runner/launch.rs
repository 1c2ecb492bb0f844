//! Processes: the keeper of a worker, and the worker itself.

use std::ffi::CString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::store::RunFolder;

/// Starts `program worker RUN` without a terminal: the keeper, which starts the worker. It outlives
/// this process.
pub(super) fn start_keeper(
    program: &Path,
    run: &RunFolder,
    iterations: Option<usize>,
    slot: usize,
) -> io::Result<Child> {
    // What a crash says goes where the worker's own words are.
    let words = run.hand_to_keeper()?;
    Command::new(program)
        .arg0(PROCESS_NAME)
        .arg("worker")
        .arg(run.path())
        .arg(format!("--slot={slot}"))
        .args(iterations.map(|iterations| format!("--iterations={iterations}")))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(words)
        .spawn()
}

/// Starts the worker as a child of this process, the keeper, whose words go to the same place.
pub(super) fn start_worker(
    run: &RunFolder,
    iterations: Option<usize>,
    gpu: Option<&str>,
) -> io::Result<Child> {
    let mut command = Command::new(this_program()?);
    with_thread_settings(&mut command)
        .arg0(PROCESS_NAME)
        .args(["worker", "--alone"])
        .arg(run.path())
        .args(iterations.map(|iterations| format!("--iterations={iterations}")))
        .envs(gpu.map(|gpu| (super::slots::VISIBLE_GPUS, gpu)))
        .spawn()
}

/// What `ps` calls a keeper and a worker, also one that was started by way of `/proc/self/exe`.
const PROCESS_NAME: &str = "retrain";

/// Gives this process, a keeper or a worker, its name.
pub fn name_process() {
    let name = CString::new(PROCESS_NAME).expect("it has no zero byte");
    // Only a name: without it everything works.
    let _ = rustix::thread::set_name(&name);
}

/// This program, also when its file was replaced since it was started.
pub(super) fn this_program() -> io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_owned()) } else { std::env::current_exe() }
}

/// The variables that size Candle's two thread pools, which it reads when it starts. Left alone it
/// counts the cores of the whole host, and small matrix products get slower with more threads:
/// photos are spread over threads instead, one each, and the head trains on one.
pub(super) const THREAD_SETTINGS: [(&str, &str); 2] =
    [("RAYON_NUM_THREADS", "1"), ("CANDLE_NUM_THREADS", "1")];

/// Prepares the environment of a process that runs the network.
pub fn with_thread_settings(command: &mut Command) -> &mut Command {
    command.envs(THREAD_SETTINGS)
}

/// Whether this process was started with [`with_thread_settings`].
pub fn has_thread_settings() -> bool {
    THREAD_SETTINGS.iter().all(|(name, value)| std::env::var(name).is_ok_and(|set| set == *value))
}

/// Waits for a process on a thread of its own, so that an ended one does not stay as a zombie.
pub(super) fn reap(mut process: Child) {
    let wait = move || drop(process.wait());
    // Without a thread it stays one until this process ends; whoever looks knows a zombie.
    let _ = std::thread::Builder::new().name("reap".into()).spawn(wait);
}
