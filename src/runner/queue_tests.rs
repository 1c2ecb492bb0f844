use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::config::{Config, Launch};
use crate::runner::Local;
use crate::store::{End, EventLog, Lease, Machine, Owner};

/// A project whose keepers end at once and do nothing.
fn project(folder: &Path) -> Config {
    Config { slots: 1, ..Config::at(folder) }
}

fn run(config: &Config, name: &str) -> RunFolder {
    let created = Event::Created {
        experiment: name.into(),
        source: "x.toml".into(),
        root: config.root.clone(),
        program: "0".into(),
        iterations: 4,
        settings: BTreeMap::new(),
        group: None,
    };
    RunFolder::create(&config.runs, &[], "", created).unwrap()
}

fn waiting(config: &Config) -> usize {
    Queue::read(&config.runs).unwrap().waiting.len()
}

const NOTHING: &str = "/bin/true";
const MISSING: &str = "/bin/cat-that-is-not-there";

fn local(program: &str, config: &Config) -> Local {
    Local::new(Path::new(program), config)
}

#[test]
fn one_run_is_started_and_the_others_wait_for_its_slot() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let (a, b) = (run(&config, "a"), run(&config, "b"));
    let lease = Lease::take(&a.lock()).unwrap();
    Queue::change(&config.runs, |queue| {
        let task = Task::Process { keeper: Owner::this_process(), slot: 0 };
        queue.started.push(Started { run: a.id(), task });
        Ok::<_, QueueError>(())
    })
    .unwrap();
    let local = local(NOTHING, &config);
    let place = |run| place(&local, &config.runs, run).unwrap();
    enqueue(&local, &config.runs, &b, None).unwrap();
    assert_eq!((place(&a), place(&b)), (Place::AtWork, Place::Waiting(0)));
    enqueue(&local, &config.runs, &b, Some(90)).unwrap();
    let queue = Queue::read(&config.runs).unwrap();
    assert_eq!((queue.waiting.len(), queue.waiting[0].iterations), (1, Some(90)));
    drop(lease);
    let ended = Ended { run: &a.id(), is_ours: true };
    advance_behind(&local, &config.runs, Some(ended), Wanted::ByTheQueue).unwrap();
    assert_eq!(waiting(&config), 0);
}

#[test]
fn a_held_queue_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let hold = |held| {
        Queue::change(&config.runs, |queue| {
            queue.held = held;
            Ok::<_, QueueError>(())
        })
    };
    hold(true).unwrap();
    let local = local(NOTHING, &config);
    enqueue(&local, &config.runs, &run(&config, "a"), None).unwrap();
    assert_eq!(waiting(&config), 1);
    hold(false).unwrap();
    advance(&local, &config.runs).unwrap();
    assert_eq!(waiting(&config), 0);
}

#[test]
fn what_cannot_be_started_stays_and_what_moved_on_or_was_removed_goes() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let [a, b, c] = ["a", "b", "c"].map(|name| run(&config, name));
    let local = local(MISSING, &config);
    for run in [&a, &b, &c] {
        let err = enqueue(&local, &config.runs, run, None).unwrap_err();
        assert!(matches!(err, EnqueueError::Launch { .. }), "{err}");
    }
    assert_eq!(waiting(&config), 3);
    // Somebody had `a` meanwhile, and `b` was removed.
    EventLog::open(&a.events()).unwrap().append(Event::Paused).unwrap();
    std::fs::remove_dir_all(b.path()).unwrap();
    assert!(advance(&local, &config.runs).unwrap_err().to_string().contains(&c.id()));
    assert_eq!(waiting(&config), 1);
    assert_eq!(place(&local, &config.runs, &a).unwrap(), Place::Nowhere);
}

#[test]
fn a_run_queued_on_another_machine_is_left_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let run = run(&config, "a");
    Queue::change(&config.runs, |queue| {
        queue.waiting.push(Waiting::new(&run, Target::Machine(Machine::named("elsewhere")), None));
        Ok::<_, QueueError>(())
    })
    .unwrap();
    advance(&local(NOTHING, &config), &config.runs).unwrap();
    assert_eq!(waiting(&config), 1);
}

/// A cluster that does with jobs what a test says.
#[derive(Default)]
struct Cluster {
    jobs: RefCell<Vec<Status>>,
    /// What it says to the next submission instead of taking it.
    answer: RefCell<Option<NotSubmitted>>,
    known: RefCell<Option<Found>>,
}

impl Launcher for Cluster {
    fn target(&self, _run: &RunFolder) -> Target {
        Target::Cluster { cluster: "hpc".into() }
    }

    fn serves(&self, target: &Target) -> bool {
        matches!(target, Target::Cluster { .. })
    }

    fn has_place(&self, _target: &Target, _started: &[Started]) -> bool {
        true
    }

    fn start(
        &self,
        _run: &RunFolder,
        _iterations: Option<usize>,
        _started: &[Started],
    ) -> io::Result<Task> {
        panic!("a cluster is given jobs")
    }

    fn submissions(&self, _runs: &Path, waiting: &[Waiting]) -> Vec<Submission> {
        let alone = |waiting: &Waiting| Submission {
            name: format!("of {}", waiting.run),
            members: vec![(waiting.clone(), 0)],
            launch: Launch::default(),
            is_new: true,
        };
        waiting.iter().map(alone).collect()
    }

    fn submit(&self, _runs: &Path, _submission: &Submission) -> Result<String, NotSubmitted> {
        if let Some(answer) = self.answer.take() {
            return Err(answer);
        }
        let mut jobs = self.jobs.borrow_mut();
        jobs.push(Status::Pending);
        Ok((jobs.len() - 1).to_string())
    }

    fn find(&self, _job: &Job) -> Found {
        self.known.borrow().clone().unwrap_or(Found::Unknown)
    }

    fn check_room(&self, _run: &RunFolder) -> io::Result<()> {
        Ok(())
    }

    fn status(&self, _run: &RunFolder, task: &Task) -> Option<Status> {
        let Task::Job(job) = task else { return None };
        let Ok(number) = job.job.parse::<usize>() else { return Some(Status::Pending) };
        Some(self.jobs.borrow()[number])
    }
}

#[test]
fn a_run_that_a_cluster_does_not_take_says_why_and_one_that_it_did_not_hear_waits() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let cluster = Cluster::default();
    let [a, b] = ["a", "b"].map(|name| run(&config, name));
    *cluster.answer.borrow_mut() = Some(NotSubmitted::Refused("no such partition".into()));
    let err = enqueue(&cluster, &config.runs, &a, None).unwrap_err().to_string();
    assert!(err.contains("is not queued") && err.contains("no such partition"), "{err}");
    let failed = a.replay().unwrap().end;
    assert!(matches!(failed, Some(End::Failed(why)) if why.contains("no such partition")));
    assert_eq!(place(&cluster, &config.runs, &a).unwrap(), Place::Nowhere);

    *cluster.answer.borrow_mut() = Some(NotSubmitted::Later("nobody answers".into()));
    let err = enqueue(&cluster, &config.runs, &b, None).unwrap_err().to_string();
    assert!(err.contains("stays in the queue") && err.contains("nobody answers"), "{err}");
    assert_eq!(place(&cluster, &config.runs, &b).unwrap(), Place::Waiting(0));
    advance(&cluster, &config.runs).unwrap();
    assert_eq!(place(&cluster, &config.runs, &b).unwrap(), Place::Pending);
}

#[test]
fn a_job_whose_number_was_never_written_is_found_or_submitted_again() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let cluster = Cluster::default();
    let a = run(&config, "a");
    let job = || Queue::read(&config.runs).unwrap().job(&a.id()).cloned();
    *cluster.answer.borrow_mut() = Some(NotSubmitted::Unclear("it took too long".into()));
    enqueue(&cluster, &config.runs, &a, None).unwrap_err();
    assert_eq!(job().unwrap().job, "", "it may be there");
    advance(&cluster, &config.runs).unwrap();
    assert_eq!(job().unwrap().job, "", "nobody has asked the cluster");
    *cluster.known.borrow_mut() = Some(Found::Nowhere);
    advance(&cluster, &config.runs).unwrap();
    assert_eq!(job().unwrap().job, "0", "it was submitted again");

    Queue::change(&config.runs, |queue| {
        let Task::Job(job) = &mut queue.started[0].task else { panic!() };
        job.job = String::new();
        Ok::<_, QueueError>(())
    })
    .unwrap();
    *cluster.jobs.borrow_mut() = vec![Status::Pending; 8];
    *cluster.known.borrow_mut() = Some(Found::Number("7".into()));
    advance(&cluster, &config.runs).unwrap();
    assert_eq!(job().unwrap().job, "7");
    assert_eq!(take_off(&cluster, &config.runs, std::slice::from_ref(&a)).unwrap(), 1);
    assert_eq!((job(), waiting(&config)), (None, 0));
}

#[test]
fn a_job_is_pending_in_its_cluster_then_at_work_then_over_and_takes_no_slot_here() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let (cluster, local) = (Cluster::default(), local(NOTHING, &config));
    let [a, b, c] = ["a", "b", "c"].map(|name| run(&config, name));
    enqueue(&cluster, &config.runs, &a, None).unwrap();
    enqueue(&cluster, &config.runs, &b, None).unwrap();
    let place = |run| place(&cluster, &config.runs, run).unwrap();
    assert_eq!([&a, &b].map(place), [Place::Pending; 2], "the cluster has them all at once");
    enqueue(&local, &config.runs, &c, None).unwrap();
    let started = || Queue::read(&config.runs).unwrap().started;
    assert_eq!((waiting(&config), started().len()), (0, 3), "the slot of this machine was free");

    *cluster.jobs.borrow_mut() = vec![Status::AtWork, Status::Ended];
    assert_eq!([&a, &b].map(place), [Place::AtWork, Place::Nowhere]);
    // Only their own launcher knows what has become of jobs.
    advance(&local, &config.runs).unwrap();
    let jobs = |started: &Started| started.job().is_some();
    assert_eq!(started().into_iter().filter(jobs).count(), 2);
    enqueue(&cluster, &config.runs, &b, None).unwrap();
    assert_eq!([&a, &b].map(place), [Place::AtWork, Place::Pending], "it was submitted again");
}
