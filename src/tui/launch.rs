//! Starts runs from the screens, resumes them, and asks their workers to end.

use std::io;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use super::Context;
use super::effect::{Again, QueueEdit};
use super::input::Input;
use super::news::{LessonNews, News, Toast};
use super::screens::waits_in_queue;
use crate::runner::{self, Ended, JobsWatcher, Launchers, Place, StartError};
use crate::spec::with_other_network;
use crate::store::{Queue, QueueError, RunFolder, State, Stop, Summary, Timestamp};
use crate::words::counted;

/// A worker that has the run says so within this; a slow one is seen later.
const TO_BE_SEEN: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(20);

/// Makes the runs of the experiment file, one or those of its sweep, and starts what may start; their
/// workers outlive the UI.
pub fn launch(context: &Context, experiment: &Path) -> News {
    let made = runner::create_all(&context.config, &[experiment], &[], 1);
    match made {
        Ok(runs) => queued(context, runs),
        Err(err) => News::Said(Toast::error(err.to_string())),
    }
}

/// Queues a run that was made, and starts what may start.
fn queued_alone(context: &Context, made: Result<RunFolder, StartError>) -> News {
    match made {
        Ok(run) => queued(context, vec![run]),
        Err(err) => News::Said(Toast::error(err.to_string())),
    }
}

/// Queues runs that belong together, and starts what may start. Tells of the first.
fn queued(context: &Context, runs: Vec<RunFolder>) -> News {
    let enqueued = runner::enqueue_all(&launchers(context), &context.config.runs, &runs, None);
    let Some(run) = runs.into_iter().next() else {
        return News::Said(Toast::error("the sweep has no run".to_owned()));
    };
    match enqueued {
        Ok(()) => match place(context, &run) {
            Ok(Place::Waiting(before)) => News::Queued { run, before },
            Ok(_) => News::Launched(run),
            Err(err) => News::Said(Toast::error(err.to_string())),
        },
        Err(err) => News::Said(Toast::error(err.to_string())),
    }
}

/// Runs what a run was again: its own settings, whatever its experiment file says by now.
pub fn rerun(context: &Context, run: &RunFolder, again: Again) -> News {
    let settings = match again {
        Again::AsItIs => Vec::new(),
        Again::WithOtherNetwork => match run.summary().map(|run| with_other_network(&run.settings))
        {
            Ok(Some(settings)) => settings,
            Ok(None) => {
                return News::Said(Toast::error(format!(
                    "{} has weights from a file, which the other network cannot take; choose one in \
                     the experiment",
                    run.id()
                )));
            }
            Err(err) => return News::Said(Toast::error(err.to_string())),
        },
    };
    queued_alone(context, runner::create_again(&context.config, run, &settings))
}

/// Makes a run of what a run was with the labels as they are decided now, and tells when it is over.
/// What cannot be begun is answered.
pub fn begin_lesson(
    context: &Context,
    before: RunFolder,
    tell: impl FnOnce(News) + Send + 'static,
) -> Option<News> {
    let over = |after: RunFolder, problem| {
        News::LessonOver(LessonNews { before: before.clone(), after, problem })
    };
    let after = match rerun(context, &before, Again::AsItIs) {
        News::Launched(run) | News::Queued { run, .. } => run,
        News::Said(said) => return Some(over(before.clone(), Some(said.text))),
        other => return Some(other),
    };
    let over = {
        let before = before.clone();
        move |after, problem| News::LessonOver(LessonNews { before, after, problem })
    };
    let context = context.clone();
    let wait = move || {
        let problem = end_of(&context, &after);
        tell(over(after, problem));
    };
    let started = thread::Builder::new().name("lesson".into()).spawn(wait);
    started.err().map(|err| News::Said(Toast::error(err.to_string())))
}

/// Waits until a run is over; why it has no result.
fn end_of(context: &Context, run: &RunFolder) -> Option<String> {
    loop {
        match run.summary() {
            Err(err) => return Some(err.to_string()),
            Ok(Summary { state: State::Done | State::Stopped, .. }) => return None,
            Ok(Summary { state: State::Created, .. })
                if matches!(place(context, run), Ok(Place::Nowhere)) =>
            {
                return Some("it was taken off the queue".to_owned());
            }
            Ok(Summary { state, error, .. }) if !state.is_live() => {
                return Some(error.unwrap_or_else(|| format!("it is {}", state.name())));
            }
            Ok(_) => thread::sleep(LOOK),
        }
    }
}

/// Queues a run that has no worker, up to `iterations` where they are given. Where it may start at
/// once, waits until it is seen at work, so that no screen shows the old state again.
pub fn resume(context: &Context, run: &RunFolder, iterations: Option<usize>) -> News {
    let updated = run.summary().ok().and_then(|summary| summary.updated);
    if let Err(err) = runner::resume(&launchers(context), &context.config.runs, run, iterations) {
        return News::NotStarted { run: run.clone(), problem: err.to_string() };
    }
    let start = Instant::now();
    let is_starting = || matches!(place(context, run), Ok(Place::AtWork));
    while start.elapsed() < TO_BE_SEEN
        && is_starting()
        && !run.summary().is_ok_and(|summary| summary.state == State::Running)
    {
        thread::sleep(LOOK);
    }
    match place(context, run) {
        Ok(Place::Waiting(before)) => News::Queued { run: run.clone(), before },
        Ok(Place::Nowhere) => without_its_worker(run, updated),
        Ok(Place::Pending | Place::AtWork) => News::Resumed(run.clone()),
        Err(err) => News::NotStarted { run: run.clone(), problem: err.to_string() },
    }
}

/// Whether a run was resumed whose new worker is gone already: its last word says so. `updated` is
/// when the newest event was written before.
fn without_its_worker(run: &RunFolder, updated: Option<Timestamp>) -> News {
    let problem = match run.summary() {
        Err(err) => err.to_string(),
        Ok(now) if now.updated == updated || matches!(now.state, State::Lost | State::Created) => {
            format!(
                "{} was not resumed: its worker ended without a word; its worker.log may say why",
                run.id()
            )
        }
        Ok(Summary { error: Some(problem), .. }) => problem,
        Ok(_) => return News::Resumed(run.clone()),
    };
    News::NotStarted { run: run.clone(), problem }
}

/// What starts the workers of this project, and leaves the cluster to [`watch_cluster`].
fn launchers(context: &Context) -> Launchers {
    Launchers::new(&context.program, &context.config, context.jobs.clone()).impatient()
}

/// Has a thread give the cluster its runs and ask it about them, as long as the value is there.
pub fn watch_cluster(context: &Context, send: &Sender<Input>) -> io::Result<JobsWatcher> {
    let launchers = Launchers::new(&context.program, &context.config, context.jobs.clone());
    let (tell, complain) = (send.clone(), send.clone());
    // The thread ends with the screens.
    let tell = move |known| drop(tell.send(Input::News(News::Jobs(known))));
    let complain =
        move |problem| drop(complain.send(Input::News(News::Said(Toast::error(problem)))));
    JobsWatcher::start(&launchers, &context.config.runs, tell, complain)
}

fn place(context: &Context, run: &RunFolder) -> Result<Place, QueueError> {
    runner::place(&launchers(context), &context.config.runs, run)
}

/// Changes the queue, and starts what may start then.
pub fn edit_queue(context: &Context, edit: QueueEdit) -> News {
    let runs = &context.config.runs;
    if let QueueEdit::Remove(removed) = &edit {
        // Those that wait in a cluster's queue.
        let folders: Vec<_> = removed.iter().map(|run| RunFolder::at(runs.join(run))).collect();
        if let Err(err) = runner::take_off(&launchers(context), runs, &folders) {
            return News::Said(Toast::error(err.to_string()));
        }
    }
    let edited = Queue::change(runs, |queue| {
        Ok::<_, QueueError>(match edit {
            QueueEdit::Move { runs, before } => queue.move_before(&runs, before.as_deref()),
            QueueEdit::First(runs) => {
                let first = queue.waiting.iter().find(|waiting| !runs.contains(&waiting.run));
                let first = first.map(|waiting| waiting.run.clone());
                queue.move_before(&runs, first.as_deref())
            }
            QueueEdit::Remove(runs) => runs.iter().filter(|run| queue.remove(run)).count() > 0,
            QueueEdit::Empty => !std::mem::take(&mut queue.waiting).is_empty(),
            QueueEdit::Hold(held) => std::mem::replace(&mut queue.held, held) != held,
        })
    });
    let known = edited.map_err(|err| err.to_string()).and_then(|_| advance(context));
    match known.and_then(|()| Queue::read(runs).map_err(|err| err.to_string())) {
        Ok(queue) => News::Queue(queue),
        Err(problem) => News::Said(Toast::error(problem)),
    }
}

/// Starts the runs that may start now, also where the processes that should have done so are gone.
pub fn advance(context: &Context) -> Result<(), String> {
    runner::advance(&launchers(context), &context.config.runs).map_err(|err| err.to_string())
}

fn wish(stop: Stop) -> &'static str {
    match stop {
        Stop::Pause => "pause",
        Stop::Keep => "stop",
        Stop::Cancel => "cancel",
    }
}

/// Asks the worker of `run` to end.
pub fn ask_worker(context: &Context, run: &RunFolder, stop: Stop) -> News {
    let wish = wish(stop);
    if let Ok(Place::Waiting(_)) = place(context, run) {
        return News::Said(Toast::error(waits_in_queue(&run.id())));
    }
    if let Ok(Place::Pending) = place(context, run) {
        let taken =
            runner::take_off(&launchers(context), &context.config.runs, std::slice::from_ref(run));
        return News::Said(match taken {
            Ok(_) => Toast::good(format!("{} is off the queue of its cluster", run.id())),
            Err(err) => Toast::error(err.to_string()),
        });
    }
    if !run.has_worker() {
        let text = format!("{} has no worker any more: nothing to {wish}", run.id());
        return News::Said(Toast::error(text));
    }
    News::Said(match run.request_stop(stop) {
        Ok(()) => Toast::good(format!("asked the worker of {} to {wish}", run.id())),
        Err(err) => Toast::error(err.to_string()),
    })
}

/// Takes these runs off the queue, and asks the workers of those at work to end.
pub fn end_all(context: &Context, runs: &[RunFolder], stop: Stop) -> News {
    News::Said(match runner::end_all(&launchers(context), &context.config.runs, runs, stop) {
        Ok(Ended { waited, worked }) => Toast::good(format!(
            "{} off the queue, {} at work asked to {}",
            counted(waited, "run"),
            counted(worked, "run"),
            wish(stop)
        )),
        Err(err) => Toast::error(err.to_string()),
    })
}

/// Queues those of these runs that are not done.
pub fn resume_all(context: &Context, runs: &[RunFolder]) -> News {
    News::Said(match runner::resume_all(&launchers(context), &context.config.runs, runs) {
        Ok(queued) => Toast::good(format!("{} queued", counted(queued, "run"))),
        Err(err) => Toast::error(err.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::Config;
    use crate::runner::Jobs;
    use crate::store::{Event, EventLog, Lease};

    fn project(folder: &Path) -> Context {
        fs::create_dir_all(folder.join("experiments")).unwrap();
        fs::write(folder.join("experiments/a.toml"), "images = \"photos\"\n").unwrap();
        Context {
            config: Config::at(folder),
            program: "/bin/true".into(),
            slots: 1,
            jobs: Jobs::default(),
        }
    }

    #[test]
    fn a_run_is_run_again_with_its_own_settings_whatever_its_experiment_file_says_by_now() {
        let folder = tempfile::tempdir().unwrap();
        let context = project(folder.path());
        let experiment = folder.path().join("experiments/a.toml");
        let set = ["train.seed=3".to_owned(), "iterations=2500".to_owned()];
        let first = runner::create(&context.config, &experiment, &set).unwrap();
        fs::write(&experiment, "images = \"photos\"\niterations = 400\n").unwrap();
        let News::Launched(second) = rerun(&context, &first, Again::AsItIs) else { panic!() };
        assert_ne!(first, second);
        let settings = |run: &RunFolder| run.summary().unwrap().settings;
        assert_eq!(settings(&first), settings(&second));
        assert_eq!(settings(&second)["iterations"], "2500");
        assert_eq!(second.summary().unwrap().experiment, "a");
        let News::Launched(other) = rerun(&context, &first, Again::WithOtherNetwork) else {
            panic!()
        };
        let networks = [&first, &other].map(|run| {
            let settings = run.summary().unwrap().settings;
            settings.get("network.backbone").cloned().unwrap()
        });
        assert_eq!(networks, ["\"inception_v3\"", "\"efficientnet_lite2\""]);
        fs::remove_file(&experiment).unwrap();
        assert!(matches!(rerun(&context, &second, Again::AsItIs), News::Launched(_)));
        fs::remove_file(first.experiment()).unwrap();
        let News::Said(toast) = rerun(&context, &first, Again::AsItIs) else { panic!() };
        assert!(toast.is_error && toast.text.contains("experiment.toml"), "{toast:?}");
    }

    #[test]
    fn a_run_whose_worker_ends_without_a_word_is_not_resumed_and_neither_is_one_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let context = project(folder.path());
        let experiment = folder.path().join("experiments/a.toml");
        let News::Launched(run) = launch(&context, &experiment) else { panic!() };
        let News::NotStarted { problem, .. } = resume(&context, &run, None) else { panic!() };
        assert!(problem.contains("ended without a word"), "{problem}");
        let _lease = Lease::take(&run.lock()).unwrap();
        let News::NotStarted { problem, .. } = resume(&context, &run, None) else { panic!() };
        assert!(problem.contains("is running"), "{problem}");
    }

    #[test]
    fn of_a_run_whose_new_worker_is_gone_the_last_word_says_whether_it_was_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let context = project(folder.path());
        let experiment = folder.path().join("experiments/a.toml");
        let run = runner::create(&context.config, &experiment, &[]).unwrap();
        let mut log = EventLog::open(&run.events()).unwrap();
        let updated = || run.summary().unwrap().updated;
        let said = |before| match without_its_worker(&run, before) {
            News::NotStarted { problem, .. } => problem,
            News::Resumed(_) => "resumed".to_owned(),
            other => panic!("{other:?}"),
        };
        let without_a_word = |before| said(before).contains("ended without a word");
        assert!(without_a_word(updated()), "it never had one that said something");
        let before = updated();
        let message = "the photos are not those it began with".to_owned();
        log.append(Event::Refused { message: message.clone(), fault: false }).unwrap();
        assert_eq!(said(before), message);
        assert!(without_a_word(updated()), "what an earlier one complained of is not repeated");
        let before = updated();
        log.append(Event::Started { pid: 1, host: "x".into(), threads: 1 }).unwrap();
        assert!(without_a_word(before), "it is lost");
        log.append(Event::Paused).unwrap();
        assert_eq!(said(before), "resumed");
    }

    #[test]
    fn an_experiment_with_a_mistake_is_answered_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let context = project(folder.path());
        let experiment = folder.path().join("experiments/a.toml");
        fs::write(&experiment, "images = \"photos\"\niterations = 0\n").unwrap();
        let News::Said(toast) = launch(&context, &experiment) else { panic!() };
        assert!(toast.is_error && toast.text.contains("a.toml:2: iterations"), "{toast:?}");
        assert!(!context.config.runs.exists());
    }

    #[test]
    fn a_worker_is_asked_as_it_understands() {
        let runs = tempfile::tempdir().unwrap();
        let context = project(runs.path());
        let run = RunFolder::at(runs.path());
        let News::Said(toast) = ask_worker(&context, &run, Stop::Keep) else { panic!() };
        assert!(toast.is_error && !run.stop_file().exists(), "{toast:?}");
        let _lease = Lease::take(&run.lock()).unwrap();
        let News::Said(toast) = ask_worker(&context, &run, Stop::Cancel) else { panic!() };
        assert!(!toast.is_error);
        assert_eq!(run.stop_request().unwrap(), Some(Stop::Cancel));
    }
}
