//! Calls Slurm's own programs: with an environment that is written down, and never for long.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A controller that is down lets its programs wait for 9 s before they say so.
pub const LIMIT: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(10);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlurmError {
    /// The program is not there, or cannot be started.
    #[error("'{program}' cannot be started: {why}; is Slurm installed on this machine?")]
    Missing {
        /// Its name.
        program: &'static str,
        /// What the system says.
        why: String,
    },
    /// The controller does not answer: whether it has done what it was asked is unknown.
    #[error("Slurm does not answer: {0}")]
    Silent(String),
    /// It says no.
    #[error("Slurm refuses it: {0}")]
    Refused(String),
}

/// What a job inherits: not the whole shell, in which there may be passwords, and nothing of a job from
/// within which another one is submitted.
const KEPT: [&str; 15] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "CUDA_HOME",
    "CUDA_PATH",
    "MODULEPATH",
    "SLURM_CONF",
];
/// How the variables begin by which a person has `sbatch` do something always.
const FOR_SBATCH: &str = "SBATCH_";

/// One of Slurm's programs with these arguments.
pub fn program(name: &str, arguments: &[String]) -> Command {
    let mut command = Command::new(name);
    let is_in_job = std::env::var_os("SLURM_JOB_ID").is_some();
    let kept = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        KEPT.contains(&&*name) || (!is_in_job && name.starts_with(FOR_SBATCH))
    });
    command.env_clear().envs(kept).args(arguments);
    command
}

/// Has a program do its work within `limit`, with `input` on stdin, and gives what it prints.
pub fn call(
    name: &'static str,
    arguments: &[String],
    input: &str,
    limit: Duration,
) -> Result<String, SlurmError> {
    let mut command = program(name, arguments);
    if name != "sbatch" {
        // A job would inherit them: seconds instead of local times, and messages as they are known here.
        command.env("SLURM_TIME_FORMAT", "%s").env("LC_ALL", "C");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let missing = |err: io::Error| SlurmError::Missing { program: name, why: err.to_string() };
    let mut child = command.spawn().map_err(missing)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that has ended says why by itself.
        let _ = stdin.write_all(input.as_bytes());
    }
    let printed = read_aside(child.stdout.take());
    let complained = read_aside(child.stderr.take());
    let Some(is_done) = end_of(&mut child, limit).map_err(missing)? else {
        let limit = limit.as_secs();
        return Err(SlurmError::Silent(format!("'{name}' was ended after {limit} s")));
    };
    let text = |reader: Option<thread::JoinHandle<String>>| {
        reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
    };
    let (printed, complained) = (text(printed), text(complained));
    if is_done {
        return Ok(printed);
    }
    Err(judge(name, &complained))
}

/// Whether it succeeded; `None` where it had to be killed.
fn end_of(child: &mut Child, limit: Duration) -> io::Result<Option<bool>> {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        thread::sleep(LOOK);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// On a thread of its own, as a pipe that is full holds its writer.
fn read_aside(from: Option<impl Read + Send + 'static>) -> Option<thread::JoinHandle<String>> {
    let mut from = from?;
    let read = move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    thread::Builder::new().name("slurm-says".into()).spawn(read).ok()
}

/// What a controller that is not there, or too busy, is complained of with.
const SILENCE: [&str; 4] =
    ["Unable to contact slurm controller", "timed out", "Connection refused", "connect failure"];

fn judge(name: &str, complained: &str) -> SlurmError {
    let start = format!("{name}: error: ");
    let lines = complained.lines().map(|line| line.strip_prefix(&start).unwrap_or(line).trim());
    let said = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    let said = if said.is_empty() { format!("'{name}' failed without a word") } else { said };
    match SILENCE.iter().any(|silence| said.contains(silence)) {
        true => SlurmError::Silent(said),
        false => SlurmError::Refused(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_complains_of_is_said_without_its_name_and_silence_is_told_from_a_no() {
        let refused = judge(
            "sbatch",
            "sbatch: error: invalid partition specified: x\nsbatch: error: Batch job submission \
             failed: Invalid partition name specified\n",
        );
        let said = "Slurm refuses it: invalid partition specified: x; Batch job submission failed: \
                    Invalid partition name specified";
        assert_eq!(refused.to_string(), said);
        let silent = "squeue: error: Unable to contact slurm controller (connect failure)";
        assert!(matches!(judge("squeue", silent), SlurmError::Silent(_)));
        assert!(matches!(judge("squeue", ""), SlurmError::Refused(_)));
    }

    #[test]
    fn a_program_that_is_not_there_or_takes_too_long_is_said() {
        let err = call("squeue-that-is-not-there", &[], "", LIMIT).unwrap_err();
        assert!(err.to_string().contains("is Slurm installed"), "{err}");
        let err = call("sleep", &["30".into()], "", Duration::from_millis(50)).unwrap_err();
        assert!(matches!(err, SlurmError::Silent(_)), "{err}");
        assert_eq!(call("cat", &[], "a script", LIMIT).as_deref(), Ok("a script"));
    }
}
