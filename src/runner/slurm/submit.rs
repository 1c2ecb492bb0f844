//! From runs to a job of the cluster: how runs are put together, the script, and what `sbatch` is told.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::call::{SlurmError, call};
use super::seen::COMMENT;
use crate::config::launch::MOST_TASKS;
use crate::config::{Config, Launch};
use crate::runner::EXIT_INTERRUPTED;
use crate::runner::launch::THREAD_SETTINGS;
use crate::runner::launcher::{NotSubmitted, Submission};
use crate::store::{Timestamp, Waiting};

/// A busy controller may take its time.
const LIMIT: Duration = Duration::from_secs(60);
/// So long before its end a job is told of it, as `sbatch` takes it: it writes a checkpoint then.
const AHEAD_SECONDS: u32 = 60;

/// A run that waits, and what decides with which others it shares an array.
pub(super) struct Member {
    pub waiting: Waiting,
    pub experiment: String,
    pub group: Option<String>,
    pub launch: Launch,
    /// It never had a worker.
    pub is_new: bool,
}

impl Member {
    fn goes_with(&self, other: &Member) -> bool {
        self.launch == other.launch
            && self.group == other.group
            && self.experiment == other.experiment
            && self.waiting.iterations == other.waiting.iterations
    }
}

/// Runs behind each other that are of one sweep, or repeats of one experiment, become an array.
pub(super) fn put_together(runs: &Path, members: &[Member]) -> Vec<Submission> {
    let groups = members.chunk_by(Member::goes_with).flat_map(|group| group.chunks(most(group)));
    groups.map(|group| submission(runs, group)).collect()
}

/// The most runs of one array.
fn most(group: &[Member]) -> usize {
    match group[0].launch.jobs {
        0 => MOST_TASKS,
        _ => usize::MAX,
    }
}

fn submission(runs: &Path, group: &[Member]) -> Submission {
    let launch = group[0].launch.clone();
    let tasks = match launch.jobs {
        0 => group.len(),
        jobs => jobs.min(group.len()),
    };
    let task = |place: usize| if group.len() == 1 { 0 } else { 1 + place % tasks };
    let members = group.iter().map(|member| member.waiting.clone());
    let members = members.enumerate().map(|(place, waiting)| (waiting, task(place))).collect();
    let is_new = group.iter().any(|member| member.is_new);
    Submission { name: name(runs, &group[0].waiting), members, launch, is_new }
}

/// A name that no other submission has.
fn name(runs: &Path, first: &Waiting) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(runs.as_os_str().as_encoded_bytes()).update(first.run.as_bytes());
    hasher.update(Timestamp::now().to_string().as_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Has the cluster take it. Gives its number.
pub(super) fn submit(
    program: &Path,
    root: &Path,
    runs: &Path,
    submission: &Submission,
) -> Result<String, NotSubmitted> {
    let later = |err: io::Error| NotSubmitted::Later(err.to_string());
    let program = kept_program(program, runs).map_err(later)?;
    let mut arguments = arguments(root, runs, submission);
    if submission.launch.feature_jobs > 0 && submission.is_new {
        let features = submit_features(&program, root, runs, submission)?;
        // However they end: what is missing then the run makes itself. Before the person's own flags,
        // which hold.
        arguments.insert(1, format!("--dependency=afterany:{features}"));
    }
    numbered(call("sbatch", &arguments, &script(&program, runs, &submission.name), LIMIT))
}

/// The jobs that make the features of the first run's experiment, each a share of them.
fn submit_features(
    program: &Path,
    root: &Path,
    runs: &Path,
    submission: &Submission,
) -> Result<String, NotSubmitted> {
    let run = runs.join(&submission.members[0].0.run);
    let features = Features {
        experiment: &run.join("experiment.toml"),
        name: &features_name(&submission.name),
        output: &run,
        launch: &submission.launch,
    };
    features.submit(program, root)
}

/// Jobs that make features, each a share of them.
struct Features<'a> {
    experiment: &'a Path,
    /// What they are called.
    name: &'a str,
    /// The folder for what they print.
    output: &'a Path,
    launch: &'a Launch,
}

impl Features<'_> {
    fn submit(&self, program: &Path, root: &Path) -> Result<String, NotSubmitted> {
        let shares = self.launch.feature_jobs;
        let mut arguments = vec![
            "--parsable".to_owned(),
            format!("--job-name={}", self.name),
            format!("--chdir={}", root.display()),
            format!("--output={}/features-%A_%a.out", in_pattern(self.output)),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
            "--nodes=1".to_owned(),
            "--ntasks=1".to_owned(),
            format!("--array=1-{shares}"),
        ];
        arguments.extend(resources(self.launch));
        let script = share_script(program, self.experiment, shares);
        numbered(call("sbatch", &arguments, &script, LIMIT))
    }
}

/// A share that fails is done again by its own job, which has the same number then, so that what depends on
/// it goes on waiting: nobody but Slurm need be there for it.
fn share_script(program: &Path, experiment: &Path, shares: usize) -> String {
    format!(
        "#!/bin/sh\n\
         # Makes a share of features for retrain. If that fails it is done once more, this share alone.\n\
         # Whoever ends the job, by scancel or at its time limit, ends this shell, too.\n\
         {} features {} --share \"$SLURM_ARRAY_TASK_ID/{shares}\" && exit\n\
         code=$?\n\
         if [ $code -ne {EXIT_INTERRUPTED} ] && [ \"${{SLURM_RESTART_COUNT:-0}}\" -eq 0 ]; then\n\
         \x20   echo \"share $SLURM_ARRAY_TASK_ID of {shares} failed (exit code $code), and is done again\"\n\
         \x20   scontrol requeue \"$SLURM_JOB_ID\"\n\
         fi\n\
         exit $code\n",
        in_shell(program),
        in_shell(experiment)
    )
}

/// Has jobs make the features of an experiment, as its `launch.feature_jobs` says. Gives their number, or
/// why there are none.
pub fn features(
    program: &Path,
    config: &Config,
    experiment: &Path,
    launch: &Launch,
) -> Result<String, String> {
    let said = |err: NotSubmitted| match err {
        NotSubmitted::Refused(said) => format!("Slurm does not take the jobs: {said}"),
        NotSubmitted::Later(said) | NotSubmitted::Unclear(said) => said,
    };
    let experiment = std::path::absolute(experiment).map_err(|err| err.to_string())?;
    let program = kept_program(program, &config.runs).map_err(|err| err.to_string())?;
    let (name, output) = ("retrain-features", config.root.as_path());
    let features = Features { experiment: &experiment, name, output, launch };
    features.submit(&program, &config.root).map_err(said)
}

/// What the jobs that make the features for a submission are called.
pub(super) fn features_name(submission: &str) -> String {
    format!("retrain-features-{submission}")
}

/// The number of a job that was submitted, from what `sbatch` says.
fn numbered(output: Result<String, SlurmError>) -> Result<String, NotSubmitted> {
    match output {
        // With several clusters the name of the one stands behind it.
        Ok(printed) => match printed.trim().split(';').next() {
            Some(number) if number.parse::<u64>().is_ok() => Ok(number.to_owned()),
            _ => Err(NotSubmitted::Unclear(format!("sbatch printed {:?}", printed.trim()))),
        },
        Err(SlurmError::Refused(said)) => Err(NotSubmitted::Refused(said)),
        Err(err @ SlurmError::Missing { .. }) => Err(NotSubmitted::Later(err.to_string())),
        Err(SlurmError::Silent(said)) if said.contains("Unable to contact") => {
            Err(NotSubmitted::Later(format!("Slurm does not answer: {said}")))
        }
        Err(err @ SlurmError::Silent(_)) => Err(NotSubmitted::Unclear(err.to_string())),
    }
}

/// The job does the runs that the queue has for the submission: what was taken off is not done.
fn script(program: &Path, runs: &Path, name: &str) -> String {
    let settings: String =
        THREAD_SETTINGS.iter().map(|(name, value)| format!("export {name}={value}\n")).collect();
    format!(
        "#!/bin/sh\n# Does runs of retrain: those that its queue has for this job.\n{settings}\
         exec {} worker {} --submission={name}\n",
        in_shell(program),
        in_shell(runs)
    )
}

fn in_shell(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

/// What `sbatch` is told. Nothing of it is of one site: what a cluster wants to know besides is said by
/// the experiment and `config.toml`, whose arguments are the last ones and hold.
fn arguments(root: &Path, runs: &Path, submission: &Submission) -> Vec<String> {
    let (launch, first) = (&submission.launch, &submission.members[0].0.run);
    let (tasks, numbers) = match submission.tasks() {
        0 => (None, "%j"),
        tasks => (Some(tasks), "%A_%a"),
    };
    let folder = in_pattern(&runs.join(first));
    let mut arguments = vec![
        "--parsable".to_owned(),
        format!("--job-name={}", job_name(first)),
        format!("--comment={COMMENT}{}", submission.name),
        format!("--chdir={}", root.display()),
        format!("--output={folder}/slurm-{numbers}.out"),
        "--open-mode=append".to_owned(),
        "--requeue".to_owned(),
        format!("--signal=B:USR1@{AHEAD_SECONDS}"),
        "--nodes=1".to_owned(),
        "--ntasks=1".to_owned(),
    ];
    if let Some(tasks) = tasks {
        let at_once = match launch.jobs_at_once {
            0 => String::new(),
            at_once => format!("%{at_once}"),
        };
        arguments.push(format!("--array=1-{tasks}{at_once}"));
    }
    arguments.extend(resources(launch));
    arguments
}

/// A folder in the pattern of a file's name, where a percent sign begins a number.
fn in_pattern(folder: &Path) -> String {
    folder.to_string_lossy().replace('%', "%%")
}

/// What is asked of the cluster, as arguments of `sbatch` and `srun`.
pub fn resources(launch: &Launch) -> Vec<String> {
    let cpus = if launch.cpus == 0 { String::new() } else { launch.cpus.to_string() };
    let named = [
        ("--partition=", &launch.partition),
        ("--account=", &launch.account),
        ("--time=", &launch.time),
        ("--gres=gpu:", &launch.gpus),
        ("--cpus-per-task=", &cpus),
        ("--mem=", &launch.memory),
    ];
    let written = named.into_iter().filter(|(_, value)| !value.is_empty());
    let written = written.map(|(flag, value)| format!("{flag}{value}"));
    written.chain(launch.flags.iter().cloned()).collect()
}

/// Readable in lists of jobs, and of letters that no program there trips over.
fn job_name(run: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    format!("retrain-{}", run.chars().map(plain).collect::<String>())
}

/// A job may begin days later: its program is the one that submitted it, whatever its file is by then.
fn kept_program(program: &Path, runs: &Path) -> io::Result<PathBuf> {
    let data = fs::metadata(program)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    for number in [data.len(), data.ino(), data.mtime() as u64, data.mtime_nsec() as u64] {
        hasher.update(&number.to_le_bytes());
    }
    let folder = runs.join(".programs");
    let kept = folder.join(format!("retrain-{}", &hasher.finalize().to_hex()[..16]));
    if kept.exists() {
        return Ok(kept);
    }
    fs::create_dir_all(&folder)?;
    // Who installs a program makes a new file; where the disk is another one it has to be copied.
    if fs::hard_link(program, &kept).is_err() {
        let beside = folder.join(format!(".{}.tmp", std::process::id()));
        fs::copy(program, &beside)?;
        fs::rename(&beside, &kept)?;
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::store::Target;

    fn member(run: &str, experiment: &str, launch: &Launch) -> Member {
        let target = Target::Cluster { cluster: "slurm".into() };
        let folder = crate::store::RunFolder::at(Path::new("/p/runs").join(run));
        Member {
            waiting: Waiting::new(&folder, target, None),
            experiment: experiment.into(),
            group: None,
            launch: launch.clone(),
            is_new: true,
        }
    }

    #[test]
    fn runs_of_one_experiment_are_an_array_with_a_share_for_each_job() {
        let launch = Launch { jobs: 2, jobs_at_once: 1, ..Launch::default() };
        let members: Vec<Member> = ["a-1", "a-2", "a-3"]
            .map(|run| member(run, "a", &launch))
            .into_iter()
            .chain([member("B 1", "b", &Launch::default())])
            .collect();
        let made = put_together(Path::new("/p/runs"), &members);
        let tasks: Vec<Vec<usize>> =
            made.iter().map(|one| one.members.iter().map(|(_, task)| *task).collect()).collect();
        assert_eq!(tasks, [vec![1, 2, 1], vec![0]]);
        assert_ne!(made[0].name, made[1].name);
        let said = |one| arguments(Path::new("/p"), Path::new("/p/ru%ns"), one);
        let array = said(&made[0]);
        assert!(array.contains(&"--array=1-2%1".to_owned()), "{array:?}");
        assert!(array.contains(&"--output=/p/ru%%ns/a-1/slurm-%A_%a.out".to_owned()), "{array:?}");
        let alone = said(&made[1]);
        assert!(alone.contains(&"--job-name=retrain-b-1".to_owned()), "{alone:?}");
        assert!(!alone.iter().any(|flag| flag.starts_with("--array")), "{alone:?}");
    }

    #[test]
    fn what_is_wanted_is_said_as_it_is_and_nothing_else() {
        assert!(resources(&Launch::default()).is_empty(), "nothing of any one site");
        let launch = Launch {
            partition: "gpu".into(),
            time: "2:00:00".into(),
            gpus: "a100:1".into(),
            cpus: 4,
            flags: vec!["--qos=a b".into()],
            ..Launch::default()
        };
        let wanted = [
            "--partition=gpu",
            "--time=2:00:00",
            "--gres=gpu:a100:1",
            "--cpus-per-task=4",
            "--qos=a b",
        ];
        assert_eq!(resources(&launch), wanted);
    }

    #[test]
    fn a_share_that_fails_is_done_once_more_and_one_that_was_ended_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let program = write("retr'ain", "#!/bin/sh\necho $* >&2\nexit $CODE\n");
        write("scontrol", "#!/bin/sh\necho scontrol $* >&2\n");
        let script = write("script", &share_script(&program, Path::new("/my runs/a.toml"), 3));
        let run = |code: &str, restarts: Option<&str>| {
            let mut command = std::process::Command::new("sh");
            let path = std::env::var("PATH").unwrap();
            command.arg(&script).env("PATH", format!("{}:{path}", folder.path().display()));
            command.env_remove("SLURM_RESTART_COUNT");
            let of_slurm = [("CODE", code), ("SLURM_ARRAY_TASK_ID", "2"), ("SLURM_JOB_ID", "17")];
            command.envs(of_slurm).envs(restarts.map(|count| ("SLURM_RESTART_COUNT", count)));
            let output = command.output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let said = "features /my runs/a.toml --share 2/3\n";
        assert_eq!(run("0", None), (Some(0), said.to_owned()));
        assert_eq!(run("1", None), (Some(1), format!("{said}scontrol requeue 17\n")));
        for (code, restarts) in [("1", Some("1")), ("130", None)] {
            assert_eq!(run(code, restarts), (code.parse().ok(), said.to_owned()));
        }
    }

    #[test]
    fn the_script_is_the_worker_itself_whatever_stands_in_paths() {
        let script = script(Path::new("/o'pt/retrain"), Path::new("/my runs"), "abc");
        let last = script.lines().last().unwrap();
        assert_eq!(last, r"exec '/o'\''pt/retrain' worker '/my runs' --submission=abc");
        assert!(script.contains("export RAYON_NUM_THREADS=1\n"));
    }
}
