//! Runs as jobs of a real Slurm: a controller and three nodes on this machine, with pretended GPUs.
//!
//! All of it is one test, as the cluster is: its parts follow each other, and those that only wait
//! overlap.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use common::skip::skipped;
use common::terminal::Session;
use common::{BINARY, Project, wait_until};
use retrain::store::{End, Queue, QueueError, RunFolder, State, Task};

/// Those of Slurm's own programs that the tests need.
const NEEDED: [&str; 5] = ["munged", "slurmctld", "slurmd", "sbatch", "squeue"];
/// The controller's; those of the nodes follow.
const PORT: u16 = 26817;

/// A cluster that ends with the value.
struct Cluster {
    folder: tempfile::TempDir,
}

impl Cluster {
    fn start() -> Option<Cluster> {
        let is_there = |program: &&str| {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
            std::env::split_paths(&path).chain(system).any(|folder| folder.join(program).exists())
        };
        if let Some(missing) = NEEDED.iter().find(|program| !is_there(program)) {
            skipped(&format!(
                "there is no '{missing}'; apt-get install slurmctld slurmd slurm-client munge"
            ));
            return None;
        }
        if !rustix::process::geteuid().is_root() {
            skipped("only root can start a Slurm of its own");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster { folder };
        let output = cluster.script("up.sh", &[&PORT.to_string()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(cluster)
    }

    fn conf(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }

    fn script(&self, name: &str, more: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm").join(name);
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command.arg(script).arg(self.folder.path()).args(more);
        command.env("PATH", format!("{path}:/usr/sbin:/sbin")).output().unwrap()
    }

    /// What one of Slurm's programs prints.
    fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        let output = command.args(arguments).env("SLURM_CONF", self.conf()).output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A project whose runs are given to the cluster.
    fn project(&self) -> Project {
        let project = Project::new();
        let config = fs::read_to_string(project.path().join("config.toml")).unwrap();
        project.write("config.toml", &format!("{config}[launch]\nwhere = \"slurm\"\n"));
        project
    }

    fn retrain(&self, project: &Project, arguments: &[&str]) -> Output {
        project.command(arguments).env("SLURM_CONF", self.conf()).output().unwrap()
    }

    fn ok(&self, project: &Project, arguments: &[&str]) -> String {
        let output = self.retrain(project, arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A run that nobody follows.
    fn submit(&self, project: &Project, more: &[&str]) -> RunFolder {
        let arguments = [&["run", "experiments/photos.toml", "--detach"], more].concat();
        project.find(self.ok(project, &arguments).trim())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // What Slurm thinks is what explains a failure, and is gone with it.
            for (program, arguments) in [
                ("squeue", &["-t", "all", "-o", "%i %T %r %S %k %N %j"][..]),
                ("sinfo", &["-N", "-l"]),
            ] {
                let mut command = Command::new(program);
                let output = command.args(arguments).env("SLURM_CONF", self.conf()).output();
                eprintln!("{}", String::from_utf8_lossy(&output.unwrap().stdout));
            }
            let logs = fs::read_dir(self.folder.path().join("log")).unwrap().flatten();
            for log in logs.map(|log| log.path()) {
                let lines = fs::read_to_string(&log).unwrap_or_default();
                let last: Vec<_> = lines.lines().rev().take(60).collect();
                eprintln!("{}", log.display());
                last.iter().rev().for_each(|line| eprintln!("  {line}"));
            }
        }
        self.script("down.sh", &[]);
    }
}

fn jobs(project: &Project) -> usize {
    Queue::read(&project.path().join("runs")).unwrap().jobs().count()
}

fn job(project: &Project, run: &RunFolder) -> String {
    let queue = Queue::read(&project.path().join("runs")).unwrap();
    queue.job(&run.id()).map(|job| job.name()).unwrap_or_default()
}

fn state(run: &RunFolder) -> State {
    run.summary().unwrap().state
}

fn trains(run: &RunFolder) {
    wait_until("it trains", || run.replay().unwrap().step() > 10);
}

/// Until it is ended.
const ENDLESS: [&str; 2] = ["--set", "iterations=10000000"];

/// Long enough for Slurm to end it before.
const LONG: [&str; 2] = ["--set", "iterations=15000"];

/// The scores of all photos, and all that was told of the training.
fn numbers(run: &RunFolder) -> (Vec<u8>, String) {
    (fs::read(run.scores()).unwrap(), format!("{:?}", run.points().unwrap()))
}

#[test]
fn runs_are_jobs_of_a_real_slurm() {
    let Some(cluster) = Cluster::start() else { return };
    let project = cluster.project();
    let clock = Instant::now();
    let part = |name: &str| eprintln!("{:5.1} s  {name}", clock.elapsed().as_secs_f64());

    part("a run is followed to the numbers of a local one");
    is_followed_to_the_numbers_of_a_local_run(&cluster, &project);
    // Before anything is at work that does not end by itself.
    let here = ["run", "experiments/photos.toml", "--set", "launch.where=here"];
    project.ok(&[&here[..], &LONG[..]].concat());
    let (here, _) = project.last();
    part("shares that fail are seen at the end");
    let shares = FailingShares::submit(&cluster);
    part("what a time limit comes to is seen at the end");
    let limited = cluster.submit(&project, &[&ENDLESS[..], &["--set", "launch.time=1"]].concat());
    part("features are made in shares before a run");
    features_come_first(&cluster, &project);
    part("a job has the GPU that Slurm gave it");
    has_the_gpu_that_it_was_given(&cluster, &project);
    part("a run is stopped with its result, paused, resumed and cancelled");
    is_ended_as_a_local_run(&cluster, &project);
    part("the runs of a sweep are an array of jobs with a share each");
    sweep_is_an_array(&cluster, &project);
    part("what Slurm does not take or somebody cancels there says so");
    refused_and_cancelled(&cluster, &project);
    part("a requeued, a preempted run and one whose node fails go on to the same numbers");
    goes_on_to_the_bit(&cluster, &project, &here);
    part("a number that was never written is found");
    lost_number(&cluster, &project);
    part("the screens show the cluster's queue");
    screens(&cluster, &project);
    part("a controller that is away");
    controller_is_away(&cluster, &project);
    part("shares that fail are done again, alone and once");
    shares.were_done_again();
    part("another user");
    another_user(&cluster, &project);
    part("the doctor");
    doctor(&cluster, &project);
    part("the time limit");
    time_is_over(&cluster, &project, &limited);
    part("end");
}

#[test]
fn where_slurm_is_missing_a_run_for_it_says_so_and_waits() {
    let project = Project::new();
    project.write("config.toml", "[launch]\nwhere = \"slurm\"\n");
    let nothing = tempfile::tempdir().unwrap();
    let without = |arguments: &[&str]| {
        let output = project.command(arguments).env("PATH", nothing.path()).output().unwrap();
        let [out, err] =
            [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
        (output.status.code(), out, err)
    };
    let (code, _, said) = without(&["run", "experiments/photos.toml", "--detach"]);
    let missing = |program: &str| {
        format!(
            "'{program}' cannot be started: No such file or directory (os error 2); is Slurm installed"
        )
    };
    assert!(said.contains(&format!("stays in the queue: {}", missing("sbatch"))), "{said}");
    assert_eq!(code, Some(2), "{said}");
    let (run, _) = project.last();
    let (code, shown, said) = without(&["queue"]);
    assert!(code == Some(0) && shown.contains(&run.id()), "{shown}{said}");
    let (code, page, _) = without(&["doctor"]);
    assert!(code == Some(0) && page.contains(&missing("sbatch")), "{page}");
    // What waits is only waiting: it is taken off, and nobody asks for Slurm.
    let (code, _, said) = without(&["queue", "remove", &run.id()]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(state(&run), State::Created);
}

fn is_followed_to_the_numbers_of_a_local_run(cluster: &Cluster, project: &Project) {
    let output = cluster.retrain(project, &["run", "experiments/photos.toml"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("Final test accuracy"), "{said}");
    assert!(said.contains("is job 1 of slurm"), "{said}");
    let (in_job, _) = project.last();
    assert!(in_job.path().join("slurm-1.out").exists());
    wait_until("it is off the queue", || jobs(project) == 0);
    project.ok(&["run", "experiments/photos.toml", "--set", "launch.where=here"]);
    let (here, _) = project.last();
    assert_ne!(in_job, here);
    assert!(numbers(&in_job) == numbers(&here), "to the bit");
}

fn has_the_gpu_that_it_was_given(cluster: &Cluster, project: &Project) {
    // Its program at the end is told in the environment of the job.
    let config = fs::read_to_string(project.path().join("config.toml")).unwrap();
    let on_end = "on_end = [\"sh\", \"-c\", \"echo $CUDA_VISIBLE_DEVICES $TOKEN > gpu\"]\n";
    project.write("config.toml", &format!("{on_end}{config}"));
    let submit = ["run", "experiments/photos.toml", "--set", "launch.gpus=1"];
    let mut submit = project.command(&submit);
    submit.env("SLURM_CONF", cluster.conf()).env("TOKEN", "secret");
    assert!(submit.output().unwrap().status.success());
    let seen = project.path().join("gpu");
    wait_until("the program at the end was started", || seen.exists());
    wait_until("it has said it", || fs::read_to_string(&seen).unwrap() == "0\n");
    project.write("config.toml", &config);
}

fn is_ended_as_a_local_run(cluster: &Cluster, project: &Project) {
    let run = cluster.submit(project, &ENDLESS);
    trains(&run);
    let shown = cluster.ok(project, &["queue"]);
    assert!(shown.contains(&format!("at work  {}", run.id())), "{shown}");
    assert!(shown.contains("RUNNING on n"), "{shown}");
    cluster.ok(project, &["pause", &run.id()]);
    assert_eq!(state(&run), State::Paused);
    cluster.ok(project, &["resume", &run.id(), "--detach"]);
    let before = run.replay().unwrap().step();
    wait_until("it goes on", || run.replay().unwrap().step() > before);
    let again = cluster.retrain(project, &["resume", &run.id()]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("is running"), "{again:?}");
    cluster.ok(project, &["stop", &run.id()]);
    assert_eq!(state(&run), State::Stopped);
    assert!(run.replay().unwrap().test().is_some());

    // One that Slurm has not begun.
    let later = "launch.flags=[\"--begin=now+600\"]";
    let run = cluster.submit(project, &["--set", later]);
    let number = job(project, &run);
    let shown = cluster.ok(project, &["queue"]);
    assert!(shown.contains(&format!("job {number}  PENDING")), "{shown}");
    assert!(cluster.ok(project, &["list"]).contains("queued"));
    let again = cluster.retrain(project, &["resume", &run.id()]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("waits already"), "{again:?}");
    cluster.ok(project, &["cancel", &run.id()]);
    assert_eq!(state(&run), State::Created);
    assert!(!cluster.ask("squeue", &["--noheader", "--format=%i"]).contains(&number));
}

fn sweep_is_an_array(cluster: &Cluster, project: &Project) {
    let text = "images = \"photos\"\niterations = 20\n[split]\nby = \"seed\"\n\
                validation_percent = 25\ntest_percent = 25\n[launch]\njobs = 2\njobs_at_once = 1\n\
                [sweep]\nlearning_rate = [0.001, 0.01, 0.1]\n";
    project.write("experiments/rates.toml", text);
    let output = cluster.retrain(project, &["run", "experiments/rates.toml"]);
    assert!(output.status.success(), "{output:?}");
    let runs = retrain::store::list(&project.path().join("runs")).unwrap();
    let runs: Vec<_> = runs.into_iter().filter(|run| run.id().contains("rates")).collect();
    assert_eq!((runs.len(), runs.iter().filter(|run| state(run) == State::Done).count()), (3, 3));
    // Two jobs of one array, one after the other, of which the first did two runs.
    let outputs = fs::read_dir(runs[0].path()).unwrap().flatten();
    let outputs = outputs.map(|entry| entry.file_name().into_string().unwrap());
    assert_eq!(outputs.filter(|name| name.starts_with("slurm-")).count(), 2);
    let times: Vec<_> = runs.iter().map(|run| run.summary().unwrap().started.unwrap()).collect();
    assert!(times[0] < times[2] && times[2] < times[1], "{times:?}");
    wait_until("they are off the queue", || jobs(project) <= 1);
}

fn refused_and_cancelled(cluster: &Cluster, project: &Project) {
    let nowhere = ["run", "experiments/photos.toml", "--set", "launch.partition=nowhere"];
    let output = cluster.retrain(project, &nowhere);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("Invalid partition name"), "{said}");
    let (run, failed) = project.last();
    assert!(matches!(failed.end, Some(End::Failed(why)) if why.contains("Invalid partition")));
    assert_eq!(job(project, &run), "");

    let run = cluster.submit(project, &ENDLESS);
    trains(&run);
    cluster.ask("scancel", &[&job(project, &run)]);
    wait_until("it has failed", || state(&run) == State::Failed);
    let error = run.summary().unwrap().error.unwrap();
    assert!(error.contains("scancel") && error.contains("retrain resume"), "{error}");
}

fn goes_on_to_the_bit(cluster: &Cluster, project: &Project, here: &RunFolder) {
    let on = |node: &str, partition: &str| {
        let flags = format!("launch.flags=[\"--nodelist={node}\"]");
        let partition = format!("launch.partition={partition}");
        let more = [&LONG[..], &["--set", &flags, "--set", &partition, "--set", "launch.cpus=4"]];
        cluster.submit(project, &more.concat())
    };
    let begin_now = |run: &RunFolder| {
        let number = job(project, run);
        wait_until("it waits to begin again", || {
            cluster.ask("squeue", &["--noheader", "--jobs", &number, "--format=%T"])
                != "COMPLETING\n"
        });
        // Slurm counts in seconds: what begins again in the second in which it was ended has no valid
        // credential, and Slurm kills it.
        std::thread::sleep(Duration::from_millis(1100));
        let job = format!("jobid={number}");
        wait_until("it may begin again", || {
            let mut update = Command::new("scontrol");
            update.args(["update", &job, "starttime=now"]).env("SLURM_CONF", cluster.conf());
            let _ = update.output();
            // Each has the controller look anew, which is what it is waited for.
            std::thread::sleep(Duration::from_millis(700));
            assert_ne!(state(run), State::Done, "{job} was quicker than Slurm");
            assert_eq!(run.replay().unwrap().end, None, "{job}");
            run.replay().unwrap().lease > 1
        });
    };
    let [requeued, preempted] = [on("n2", "main"), on("n3", "low")];
    [&requeued, &preempted].into_iter().for_each(trains);
    // That the end is near does not end it.
    cluster.ask("scancel", &["--batch", "--signal=USR1", &job(project, &preempted)]);
    cluster.ask("scontrol", &["requeue", &job(project, &requeued)]);
    let first = {
        let on_n3 = ["--set", "launch.flags=[\"--nodelist=n3\"]", "--set", "launch.cpus=4"];
        cluster.submit(project, &on_n3)
    };
    wait_until("it is done instead", || state(&first) == State::Done);
    [&requeued, &preempted].into_iter().for_each(begin_now);
    for run in [&requeued, &preempted] {
        wait_until("it is done", || state(run) == State::Done);
        assert!(numbers(run) == numbers(here), "{} to the bit", run.id());
    }
    let took_two = |run: &RunFolder| run.replay().unwrap().lease >= 2;
    assert!(took_two(&requeued) && took_two(&preempted));

    let fails = cluster
        .submit(project, &[&ENDLESS[..], &["--set", "launch.flags=[\"--nodelist=n2\"]"]].concat());
    trains(&fails);
    cluster.ask("scontrol", &["update", "nodename=n2", "state=down", "reason=test"]);
    wait_until("it waits again", || !fails.has_worker() && fails.replay().unwrap().end.is_none());
    let shown = cluster.ok(project, &["queue"]);
    assert!(shown.contains("PENDING"), "{shown}");
    let node = || cluster.ask("sinfo", &["--noheader", "--nodes=n2", "--format=%T"]);
    wait_until("the node is back", || {
        let mut back = Command::new("scontrol");
        back.args(["update", "nodename=n2", "state=resume"]).env("SLURM_CONF", cluster.conf());
        // It may be back by itself.
        let _ = back.output();
        node().starts_with("idle") || node().starts_with("mixed")
    });
    cluster.ok(project, &["cancel", &fails.id()]);
    assert_eq!(job(project, &fails), "");
}

fn lost_number(cluster: &Cluster, project: &Project) {
    let later = "launch.flags=[\"--begin=now+600\"]";
    let runs = project.path().join("runs");
    let [known, unknown] = [(); 2].map(|()| cluster.submit(project, &["--set", later]));
    let numbers = [&known, &unknown].map(|run| job(project, run));
    // As if who submitted them had been killed before it could write the numbers; one job was not even
    // submitted.
    cluster.ask("scancel", &[&numbers[1]]);
    Queue::change(&runs, |queue| {
        for started in &mut queue.started {
            if let Task::Job(job) = &mut started.task
                && numbers.contains(&job.job)
            {
                if started.run == unknown.id() {
                    // The cluster has never heard of it.
                    job.submission = "0123456789abcdef".into();
                }
                (job.job, job.submitter) = (String::new(), None);
                job.since = "2026-01-02T03:04:05Z".parse().unwrap();
            }
        }
        Ok::<_, QueueError>(())
    })
    .unwrap();
    cluster.ok(project, &["queue"]);
    assert_eq!(job(project, &known), numbers[0]);
    let again = job(project, &unknown);
    assert!(!again.is_empty() && !numbers.contains(&again), "{again}");
    cluster.ok(project, &["queue", "remove", &known.id(), &unknown.id()]);
    assert_eq!([&known, &unknown].map(|run| job(project, run)), [String::new(), String::new()]);
}

fn screens(cluster: &Cluster, project: &Project) {
    let later = "launch.flags=[\"--begin=now+600\"]";
    let run = cluster.submit(project, &["--set", later]);
    let number = job(project, &run);
    let conf = cluster.conf();
    let mut session = Session::open_with(project, &[("SLURM_CONF", conf.to_str().unwrap())]);
    session.wait_for("Experiments");
    session.press("w");
    session.wait_for(&format!("job {number}: "));
    session.wait_for("BeginTime");
    session.wait_for("in slurm as of");
    session.press("q");
    drop(session);
    cluster.ok(project, &["cancel", &run.id()]);
}

fn controller_is_away(cluster: &Cluster, project: &Project) {
    let run = cluster.submit(project, &ENDLESS);
    trains(&run);
    let pid = fs::read_to_string(cluster.folder.path().join("slurmctld.pid")).unwrap();
    let away = || Command::new("kill").arg(pid.trim()).status().unwrap();
    assert!(away().success());
    wait_until("it is away", || !away().success());
    let output = cluster.retrain(project, &["run", "experiments/photos.toml", "--detach"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("stays in the queue: Slurm does not answer"), "{said}");
    let (waits, _) = project.last();
    assert_eq!(job(project, &waits), "");
    let before = run.replay().unwrap().step();
    assert!(cluster.script("up.sh", &[&PORT.to_string()]).status.success());
    cluster.ok(project, &["queue"]);
    wait_until("it is done", || state(&waits) == State::Done);
    assert!(run.replay().unwrap().step() > before, "what works goes on");
    cluster.ok(project, &["cancel", &run.id()]);
}

fn time_is_over(cluster: &Cluster, project: &Project, run: &RunFolder) {
    wait_until("its time is over", || state(run) == State::Paused);
    let warnings = run.replay().unwrap().warnings;
    let said = warnings.iter().find(|said| said.contains("is over at iteration")).unwrap();
    assert!(said.contains(&format!("'retrain resume {}'", run.id())), "{said}");
    let step = run.replay().unwrap().step();
    cluster.ok(project, &["resume", &run.id(), "--detach"]);
    wait_until("it goes on", || run.replay().unwrap().step() > step);
    cluster.ok(project, &["cancel", &run.id()]);
}

fn another_user(cluster: &Cluster, project: &Project) {
    let Ok(user) = Command::new("id").args(["-u", "games"]).output() else { return };
    if !user.status.success() {
        return skipped("there is no user 'games' to be the second one");
    }
    let own = cluster.submit(project, &ENDLESS);
    trains(&own);
    let theirs = cluster.project();
    // A cache of their own, as the tests' is ours.
    theirs.write("config.toml", "[launch]\nwhere = \"slurm\"\n");
    let shell = format!(
        "chown -R games {0} && chmod 755 {0} && exec setpriv --reuid=games --clear-groups --regid=games \
         {BINARY} run experiments/photos.toml",
        theirs.path().display()
    );
    let mut as_other = Command::new("sh");
    as_other.args(["-c", &shell]).current_dir(theirs.path()).env("SLURM_CONF", cluster.conf());
    let output = as_other.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let (run, _) = theirs.last();
    assert_eq!(state(&run), State::Done);
    assert!(own.has_worker());
    cluster.ok(project, &["cancel", &own.id()]);
}

fn doctor(cluster: &Cluster, project: &Project) {
    let config = fs::read_to_string(project.path().join("config.toml")).unwrap();
    project.write("config.toml", &format!("{config}gpus = 1\n"));
    let page = cluster.ok(project, &["doctor"]);
    assert!(page.contains("takes a job as config.toml wants it"), "{page}");
    assert!(
        page.contains("sees the project folder, retrain ") && page.contains("GPUs: 0"),
        "{page}"
    );
    project.write("config.toml", &format!("{config}partition = \"nowhere\"\n"));
    let page = cluster.ok(project, &["doctor"]);
    assert!(
        page.contains("Slurm refuses it: ") && page.contains("next: change [launch]"),
        "{page}"
    );
    project.write("config.toml", &config);
}

/// Three shares of features, of which the first fails once and the second always, and a job that depends on
/// them. Each writes what it is to a file.
struct FailingShares(Project);

impl FailingShares {
    fn submit(cluster: &Cluster) -> FailingShares {
        let project = cluster.project();
        let launch = "[launch]\nwhere = \"slurm\"\nfeature_jobs = 3\nflags = [\"--hold\"]\n";
        project.write("config.toml", launch);
        let submit = ["features", "experiments/photos.toml", "--submit"];
        let said = String::from_utf8(cluster.retrain(&project, &submit).stderr).unwrap();
        let job = said.strip_prefix("array ").unwrap().split(' ').next().unwrap();
        let programs = fs::read_dir(project.path().join("runs/.programs")).unwrap().flatten();
        let program = programs.map(|entry| entry.path()).next().unwrap();
        // The file is that of the program itself, under another name.
        fs::remove_file(&program).unwrap();
        let fails = "#!/bin/sh\necho $4 >> done\ncase $4 in\n1/3) ! mkdir once 2> /dev/null ;;\n\
                     2/3) false ;;\nesac\n";
        fs::write(&program, fails).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let after = format!("--dependency=afterany:{job}");
        let folder = format!("--chdir={}", project.path().display());
        let run = ["--parsable", &after, &folder, "--output=/dev/null", "--wrap=echo run >> done"];
        cluster.ask("sbatch", &run);
        cluster.ask("scontrol", &["release", job]);
        FailingShares(project)
    }

    fn were_done_again(&self) {
        let file = self.0.path().join("done");
        let done = || fs::read_to_string(&file).unwrap_or_default();
        wait_until("what depends on them is done", || done().contains("run"));
        let done = done();
        let mut shares: Vec<&str> = done.lines().collect();
        assert_eq!(shares.pop(), Some("run"), "it waits for all: {done}");
        shares.sort_unstable();
        assert_eq!(shares, ["1/3", "1/3", "2/3", "2/3", "3/3"]);
    }
}

fn features_come_first(cluster: &Cluster, project: &Project) {
    let config = fs::read_to_string(project.path().join("config.toml")).unwrap();
    // A cache of its own, in which there are none.
    let (_, launch) = config.split_once('\n').unwrap();
    project.write("config.toml", &format!("{launch}feature_jobs = 2\n"));
    let output = cluster.retrain(project, &["run", "experiments/photos.toml"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("24 from the cache"), "{said}");
    let (run, _) = project.last();
    let outputs = fs::read_dir(run.path()).unwrap().flatten();
    let outputs = outputs.map(|entry| entry.file_name().into_string().unwrap());
    assert_eq!(outputs.filter(|name| name.starts_with("features-")).count(), 2);
    let output = cluster.retrain(project, &["features", "experiments/photos.toml", "--submit"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("of 2 jobs"), "{output:?}");
    project.write("config.toml", &config);
}
