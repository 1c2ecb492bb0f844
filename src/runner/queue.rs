//! Runs take turns: who may start now is started, the others wait in the queue.

use std::io;
use std::path::Path;

use super::last_word::write_last_word;
use super::launcher::{Found, Launcher, NotSubmitted, Status, Submission};
use super::local::free_slot;
use crate::store::{
    Event, Job, Queue, QueueError, RunFolder, Started, Target, Task, Timestamp, Waiting,
};
use crate::words::grouped;

/// Why a run is not queued or not started.
#[derive(Debug, thiserror::Error)]
pub enum EnqueueError {
    /// The queue cannot be read or changed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// It was the turn of a run, but nothing could be started for it.
    #[error("{run} stays in the queue, as its worker cannot be started: {source}")]
    Launch {
        /// Name of the folder of the run that could not be started.
        run: String,
        /// Why not, which may be too little room on its disks.
        source: io::Error,
    },
    /// The cluster does not answer.
    #[error("{run} stays in the queue: {message}")]
    Later {
        /// Name of the run's folder.
        run: String,
        /// What was said instead of an answer.
        message: String,
    },
    /// The cluster does not take a run, and would not later.
    #[error("{run} is not queued: {message}")]
    Refused {
        /// Name of the run's folder.
        run: String,
        /// What the cluster said.
        message: String,
    },
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the queue of this project, behind this many others.
    Waiting(usize),
    /// In the queue of a cluster, which has not begun it.
    Pending,
    /// It has a worker, or a process that starts one.
    AtWork,
    /// It does not wait, and no worker is known for it: it is new or has ended, for example.
    Nowhere,
}

/// Puts a run that has no worker at the end of the queue, unless it has a place there, and starts
/// whatever may start.
pub fn enqueue(
    launcher: &dyn Launcher,
    runs: &Path,
    folder: &RunFolder,
    iterations: Option<usize>,
) -> Result<(), EnqueueError> {
    enqueue_all(launcher, runs, std::slice::from_ref(folder), iterations)
}

/// The same for several runs, those that belong together behind each other.
pub fn enqueue_all(
    launcher: &dyn Launcher,
    runs: &Path,
    folders: &[RunFolder],
    iterations: Option<usize>,
) -> Result<(), EnqueueError> {
    // Read before the queue is locked.
    let targets: Vec<Target> = folders.iter().map(|folder| launcher.target(folder)).collect();
    Queue::change(runs, |queue| {
        forget_what_moved_on(runs, queue);
        for (folder, target) in folders.iter().zip(targets) {
            match queue.place(&folder.id()) {
                Some(place) => {
                    let waiting = &mut queue.waiting[place];
                    waiting.iterations = iterations.or(waiting.iterations);
                    // Whoever asks again does so where it is to run.
                    waiting.target = target;
                }
                None => queue.waiting.push(Waiting::new(folder, target, iterations)),
            }
        }
        Ok::<_, QueueError>(())
    })?;
    advance_behind(launcher, runs, None, Wanted::ByAPerson)
}

/// Starts the first that wait for the launcher, as long as it takes more. Anybody may call it at
/// any time.
pub fn advance(launcher: &dyn Launcher, runs: &Path) -> Result<(), EnqueueError> {
    advance_behind(launcher, runs, None, Wanted::ByTheQueue)
}

/// The run whose keeper or worker the present process is, which ends.
pub(super) struct Ended<'a> {
    pub run: &'a str,
    /// It was not taken over by another, who may have it wait in the queue again.
    pub is_ours: bool,
}

/// Who wants runs to be started now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Who is told when it fails.
    ByAPerson,
    /// Without anybody: where the disk is full, one would fail after the other.
    ByTheQueue,
}

/// As [`advance`], where the present process is the worker or the keeper of `ended`: it needs the slot
/// no more, unless the other of the two still lives.
pub(super) fn advance_behind(
    launcher: &dyn Launcher,
    runs: &Path,
    ended: Option<Ended>,
    wanted: Wanted,
) -> Result<(), EnqueueError> {
    let queue = Queue::read(runs)?;
    let ended_run = ended.as_ref().map(|ended| ended.run);
    let is_of_ended = |started: &Started| Some(&*started.run) == ended_run;
    let is_news = |started: &Started| is_of_ended(started) || is_news(launcher, runs, started);
    if queue.waiting.is_empty() && !queue.started.iter().any(is_news) {
        return Ok(());
    }
    let mut has_started = false;
    let mut submissions = Vec::new();
    let advanced = Queue::change(runs, |queue| {
        find_submitted(launcher, queue);
        queue.started.retain(|started| {
            let folder = RunFolder::at(runs.join(&started.run));
            let has_ended = launcher.status(&folder, &started.task) == Some(Status::Ended);
            if has_ended {
                launcher.say_end(&folder, &started.task);
            }
            match Some(&*started.run) == ended_run {
                true => !has_ended && !started.task.is_this_process(),
                false => !has_ended || folder.has_worker(),
            }
        });
        forget_what_moved_on(runs, queue);
        if let Some(ended) = ended.filter(|ended| ended.is_ours) {
            // It may never have got out of the queue: whoever started it could not write that.
            queue.remove(ended.run);
        }
        submissions = hand_over(launcher, runs, queue, wanted);
        while !queue.held
            && let Some(next) = next_here(launcher, queue)
        {
            let Waiting { run, iterations, .. } = queue.waiting[next].clone();
            let folder = RunFolder::at(runs.join(&run));
            // Killed here, the run has its worker and is still in the queue: the next look finds
            // that it moved on. The other way round it would be in no place.
            let room = match wanted {
                Wanted::ByAPerson => Ok(()),
                Wanted::ByTheQueue => launcher.check_room(&folder),
            };
            match room.and_then(|()| launcher.start(&folder, iterations, &queue.started)) {
                Ok(task) => {
                    has_started = true;
                    queue.waiting.remove(next);
                    queue.started.push(Started { run, task });
                }
                Err(source) => return Err(EnqueueError::Launch { run, source }),
            }
        }
        Ok(())
    });
    submit_all(launcher, runs, &submissions)?;
    match advanced {
        // It works, and the next look finds that.
        Err(EnqueueError::Queue(QueueError::Write(_))) if has_started => Ok(()),
        advanced => advanced,
    }
}

/// Whether something is to be done about a run that was started.
fn is_news(launcher: &dyn Launcher, runs: &Path, started: &Started) -> bool {
    let Some(job) = started.job() else { return false };
    let folder = RunFolder::at(runs.join(&started.run));
    job.job.is_empty() || launcher.status(&folder, &started.task) == Some(Status::Ended)
}

/// The first that may be started on this machine now.
fn next_here(launcher: &dyn Launcher, queue: &Queue) -> Option<usize> {
    queue.waiting.iter().position(|waiting| {
        matches!(waiting.target, Target::Machine(_))
            && launcher.serves(&waiting.target)
            && launcher.has_place(&waiting.target, &queue.started)
    })
}

/// So long after it was begun a submission is unfinished because who made it is gone, although it cannot
/// be seen whether it is.
const UNFINISHED_SECONDS: i64 = 120;

/// Writes down the numbers of jobs whose submission was not finished; runs whose submission came to nothing
/// wait again.
fn find_submitted(launcher: &dyn Launcher, queue: &mut Queue) {
    let is_left = |job: &Job| match &job.submitter {
        None => true,
        Some(by) if by.is_here() => !by.is_alive_here(),
        Some(_) => Timestamp::now().duration_since(job.since).as_secs() >= UNFINISHED_SECONDS,
    };
    let mut again = Vec::new();
    queue.started.retain_mut(|started| {
        let Task::Job(job) = &mut started.task else { return true };
        if !job.job.is_empty() || !is_left(job) {
            return true;
        }
        match launcher.find(job) {
            Found::Number(number) => (job.job, job.submitter) = (number, None),
            Found::Nowhere => {
                again.push(Waiting::again(&started.run, job));
                return false;
            }
            Found::Unknown => {}
        }
        true
    });
    queue.waiting.splice(0..0, again);
}

/// Takes those that wait for a cluster, which are submitted together, and notes that before it happens.
fn hand_over(
    launcher: &dyn Launcher,
    runs: &Path,
    queue: &mut Queue,
    wanted: Wanted,
) -> Vec<Submission> {
    let is_due = |waiting: &Waiting| {
        matches!(waiting.target, Target::Cluster { .. })
            && launcher.serves(&waiting.target)
            // Whoever is told when it fails may try at any time.
            && (wanted == Wanted::ByAPerson || launcher.has_place(&waiting.target, &queue.started))
    };
    if queue.held || !launcher.submits() {
        return Vec::new();
    }
    let (due, rest): (Vec<_>, Vec<_>) = queue.waiting.iter().cloned().partition(is_due);
    if due.is_empty() {
        return Vec::new();
    }
    let submissions = launcher.submissions(runs, &due);
    queue.waiting = rest;
    for submission in &submissions {
        for (waiting, task) in &submission.members {
            let job = waiting.submitted(waiting.target.name(), &submission.name, *task);
            queue.started.push(Started { run: waiting.run.clone(), task: Task::Job(job) });
        }
    }
    submissions
}

/// Submits what was noted, which may take a while: nobody has to wait for the queue meanwhile.
fn submit_all(
    launcher: &dyn Launcher,
    runs: &Path,
    submissions: &[Submission],
) -> Result<(), EnqueueError> {
    let mut problem = None;
    for submission in submissions {
        let submitted = launcher.submit(runs, submission);
        let run = submission.members[0].0.run.clone();
        Queue::change(runs, |queue| {
            settle(queue, submission, &submitted);
            Ok::<_, QueueError>(())
        })?;
        match submitted {
            Ok(_) => {}
            Err(NotSubmitted::Refused(said)) => {
                let message = format!("Slurm does not take the job: {said}");
                for (waiting, _) in &submission.members {
                    let folder = RunFolder::at(runs.join(&waiting.run));
                    let message = message.clone();
                    write_last_word(&folder, vec![Event::Refused { message, fault: true }]);
                }
                problem = Some(EnqueueError::Refused { run, message });
            }
            Err(NotSubmitted::Later(said) | NotSubmitted::Unclear(said)) => {
                problem.get_or_insert(EnqueueError::Later { run, message: said });
            }
        }
    }
    problem.map_or(Ok(()), Err)
}

/// Notes what a submission came to. What may have been submitted stays, until somebody finds out.
fn settle(queue: &mut Queue, submission: &Submission, submitted: &Result<String, NotSubmitted>) {
    let is_of = |job: &Job| job.submission == submission.name;
    match submitted {
        Ok(_) | Err(NotSubmitted::Unclear(_)) => {
            for started in &mut queue.started {
                if let Task::Job(job) = &mut started.task
                    && is_of(job)
                {
                    // The job may have written it itself.
                    if let Ok(number) = submitted {
                        job.job.clone_from(number);
                    }
                    job.submitter = None;
                }
            }
        }
        Err(NotSubmitted::Later(_) | NotSubmitted::Refused(_)) => {
            let is_later = matches!(submitted, Err(NotSubmitted::Later(_)));
            let (left, kept) = std::mem::take(&mut queue.started)
                .into_iter()
                .partition(|started: &Started| started.job().is_some_and(is_of));
            queue.started = kept;
            if is_later {
                let again = left.iter().filter_map(|started: &Started| {
                    Some(Waiting::again(&started.run, started.job()?))
                });
                queue.waiting.splice(0..0, again.collect::<Vec<_>>());
            }
        }
    }
}

/// Takes those of these runs off that wait, here or in the queue of a cluster; those that are at work stay.
/// A job of which no run is left is cancelled.
pub fn take_off(
    launcher: &dyn Launcher,
    runs: &Path,
    folders: &[RunFolder],
) -> Result<usize, QueueError> {
    let mut left = Vec::new();
    let waited = Queue::change(runs, |queue| {
        let mut waited = 0;
        for folder in folders {
            let id = folder.id();
            waited += usize::from(queue.remove(&id));
            let Some(job) = queue.job(&id).filter(|_| !folder.has_worker()).cloned() else {
                continue;
            };
            let task = Task::Job(job.clone());
            let is_pending = match launcher.status(folder, &task) {
                Some(Status::Pending) => true,
                // It comes to it after others.
                Some(Status::AtWork) => first_of(queue, &job) != Some(&id),
                Some(Status::Ended) | None => false,
            };
            if is_pending {
                queue.started.retain(|started| started.run != id);
                waited += 1;
                if first_of(queue, &job).is_none() {
                    left.push(job);
                }
            }
        }
        Ok::<_, QueueError>(waited)
    })?;
    for job in left {
        // Where it cannot be cancelled it finds no run that waits for it.
        let _ = launcher.cancel(&job);
    }
    Ok(waited)
}

/// The first of the runs that a job is to do.
fn first_of<'a>(queue: &'a Queue, job: &Job) -> Option<&'a str> {
    queue.jobs().find(|(_, other)| other.is_that_of(job)).map(|(run, _)| run)
}

/// Where `folder`'s run is now.
pub fn place(
    launcher: &dyn Launcher,
    runs: &Path,
    folder: &RunFolder,
) -> Result<Place, QueueError> {
    let queue = Queue::read(runs)?;
    let id = folder.id();
    if let Some(place) = queue.place(&id)
        && queue.waiting[place].is_due(folder)
    {
        return Ok(Place::Waiting(place));
    }
    let started = queue.started.iter().find(|started| started.run == id);
    Ok(match started.and_then(|started| launcher.status(folder, &started.task)) {
        // Its job does others first.
        Some(Status::AtWork)
            if !folder.has_worker()
                && queue.job(&id).is_some_and(|job| first_of(&queue, job) != Some(&id)) =>
        {
            Place::Pending
        }
        Some(Status::AtWork) => Place::AtWork,
        // Its job may have begun just now.
        _ if folder.has_worker() => Place::AtWork,
        Some(Status::Pending) => Place::Pending,
        Some(Status::Ended) | None => Place::Nowhere,
    })
}

/// The run that keeps others waiting for this machine although its process cannot be seen from here:
/// it is of another boot or container of this machine. If that is gone, the run has its slot until
/// it has been silent for long enough to count as gone.
pub fn unseen_at_work(
    launcher: &dyn Launcher,
    runs: &Path,
) -> Result<Option<RunFolder>, QueueError> {
    let queue = Queue::read(runs)?;
    let is_here = |waiting: &&Waiting| {
        matches!(waiting.target, Target::Machine(_)) && launcher.serves(&waiting.target)
    };
    let Some(waits) = queue.waiting.iter().find(is_here) else { return Ok(None) };
    if queue.held || launcher.has_place(&waits.target, &queue.started) {
        return Ok(None);
    }
    let is_unseen = |started: &&Started| match &started.task {
        Task::Process { keeper, .. } => keeper.is_of_this_machine() && !keeper.is_here(),
        Task::Job(_) => false,
    };
    let unseen = queue.started.iter().find(is_unseen);
    Ok(unseen.map(|started| RunFolder::at(runs.join(&started.run))))
}

/// A run with so many before it, in words that go behind `is queued`.
pub fn behind(before: usize) -> String {
    match before {
        0 => ", the next to start".into(),
        1 => " behind one other".into(),
        before => format!(" behind {} others", grouped(before)),
    }
}

/// Takes runs that a worker has or has had meanwhile, and those that were removed, from among those
/// that wait.
fn forget_what_moved_on(runs: &Path, queue: &mut Queue) {
    let Queue { waiting, started, .. } = queue;
    waiting.retain(|waiting| {
        let folder = RunFolder::at(runs.join(&waiting.run));
        let Some(keeper) = folder.worker().filter(|owner| !owner.is_this_process()) else {
            return waiting.is_due(&folder);
        };
        if started.iter().all(|started| started.run != waiting.run) {
            let task = Task::Process { keeper, slot: free_slot(started) };
            started.push(Started { run: waiting.run.clone(), task });
        }
        false
    });
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
