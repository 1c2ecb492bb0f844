//! Follows a run's event log and prints its news on stderr: one line that changes on a terminal,
//! plain lines otherwise.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::tz::TimeZone;
use signal_hook::consts::SIGINT;

use super::args::LogName;
use super::launchers;
use super::out::{has_replaceable_line, replace_line};
use crate::config::Config;
use crate::insight::step_lines;
use crate::runner::{self, EnqueueError, JobsWatcher, Launchers, Place, TO_GO};
use crate::spec;
use crate::store::{
    EvaluationPoint, Event, FoldResult, LogError, Queue, QueueError, Record, Run, RunFolder, Stage,
    Stop, Tail, Task, explain,
};
use crate::words::{counted, duration, grouped, percent, progress, rate};

/// Time between two looks at the log.
const LOOK: Duration = Duration::from_millis(100);
/// Time between two tries to start what waits: as a rule the keeper of the run that ended has
/// started the next one long before.
const ADVANCE: Duration = Duration::from_secs(2);
/// Without a terminal, a line of progress this often.
const PLAIN_NEWS: Duration = Duration::from_secs(5);
/// Lines of training that stay on the screen, spread over its iterations.
const TRAINING_LINES: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    ToTheEnd,
    /// Ctrl-c was pressed twice; the run may go on.
    Left,
    /// Ctrl-c was pressed while it waited.
    TakenOff,
    /// It does not wait any more: somebody else took it off the queue.
    NotStarted,
    /// Its worker ended before it could report anything.
    NotBegun,
}

/// A log as far as it was written before the worker was started: that is not told.
pub struct Begun {
    tail: Tail,
    run: Run,
    /// Length of `worker.log` by then.
    words: u64,
}

impl Begun {
    pub fn of(folder: &RunFolder) -> Result<Begun, LogError> {
        let (run, tail) = folder.replay_on()?;
        Ok(Begun { tail, run, words: words_of(folder) })
    }

    pub fn run(&self) -> &Run {
        &self.run
    }
}

/// Bytes of what workers have said so far.
fn words_of(folder: &RunFolder) -> u64 {
    fs::metadata(folder.worker_log()).map_or(0, |data| data.len())
}

/// Follows a run from the queue to its end. Ctrl-c takes it off the queue, or stops it.
pub fn follow(
    config: &Config,
    folder: &RunFolder,
    begun: Begun,
    log: Option<LogName>,
) -> Result<(Run, Followed)> {
    let interrupted = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGINT, interrupted.clone())?;
    let mut interrupts = 0;

    let launcher = launchers(config)?;
    // Without a thread for it the run goes on all the same, and is followed by its own files.
    let _watcher = JobsWatcher::start(&launcher, &config.runs, |_| {}, |_| {}).ok();
    let mut news = News::new(folder, log);
    let Begun { mut tail, mut run, words } = begun;
    // Until then its end is that of an earlier worker.
    let mut has_started = false;
    let mut advanced = Instant::now();
    // Since when its worker seems to have ended without a trace but what it said.
    let mut failing: Option<Instant> = None;
    let followed = loop {
        // Looked at before the log, so that the log's last word is not missed.
        let place = runner::place(&launcher, &config.runs, folder)?;
        for record in tail.poll()? {
            run.apply(&record);
            // Also the word of a keeper that could start no worker.
            has_started = true;
            news.tell(&record, &run);
        }
        if has_started && run.end.is_some() {
            break Followed::ToTheEnd;
        }
        match place {
            // A worker that ended where neither log nor queue can be written.
            Place::Waiting(_)
                if !has_started && words_of(folder) != words && !folder.has_worker() =>
            {
                if failing.get_or_insert_with(Instant::now).elapsed() >= TO_GO {
                    // What cannot be written stays as it is.
                    let _ = has_left_the_queue(config, folder);
                    break Followed::NotBegun;
                }
            }
            Place::Waiting(before) if !has_started => {
                news.waits(before);
                if advanced.elapsed() >= ADVANCE {
                    advanced = Instant::now();
                    // Whoever would have started it may have been killed, on this machine or another.
                    news.complain(runner::advance(&launcher, &config.runs).err());
                }
            }
            Place::Nowhere if has_started => break Followed::ToTheEnd,
            Place::Nowhere if words_of(folder) != words => break Followed::NotBegun,
            Place::Nowhere => break Followed::NotStarted,
            Place::Pending => news.is_pending(&in_cluster(&launcher, config, folder)),
            Place::Waiting(_) | Place::AtWork => {}
        }
        if interrupted.swap(false, Ordering::Relaxed) {
            interrupts += 1;
            if interrupts > 1 {
                break Followed::Left;
            }
            if has_left_the_queue(config, folder)?
                || runner::take_off(&launcher, &config.runs, std::slice::from_ref(folder))? > 0
            {
                break Followed::TakenOff;
            }
            folder.request_stop(Stop::Keep)?;
            news.say(match spec::folds(&run.settings) {
                0 => "stopping: evaluates and keeps the result; ctrl-c again leaves at once",
                _ => {
                    "pausing: with folds there is a result only when all are tested; ctrl-c again \
                     leaves at once"
                }
            });
        }
        std::thread::sleep(LOOK);
    };
    news.end_line();
    if followed == Followed::ToTheEnd {
        wait_for_its_end(folder);
    }
    Ok((run, followed))
}

/// A worker that has said its last word is there for a moment longer; the next command shall not
/// find it at work.
fn wait_for_its_end(folder: &RunFolder) {
    let start = Instant::now();
    while folder.has_worker() && start.elapsed() < TO_GO {
        std::thread::sleep(LOOK / 10);
    }
}

/// Takes a run that waits off the queue; `false` when it does not wait.
fn has_left_the_queue(config: &Config, folder: &RunFolder) -> Result<bool, QueueError> {
    Queue::change(&config.runs, |queue| Ok(queue.remove(&folder.id())))
}

/// How the queue of a cluster has the run.
fn in_cluster(launchers: &Launchers, config: &Config, folder: &RunFolder) -> String {
    let id = folder.id();
    let queue = Queue::read(&config.runs).unwrap_or_default();
    let Some(job) = queue.job(&id) else { return String::new() };
    let known = launchers.jobs.as_seen();
    let what = Task::Job(job.clone());
    match (known.job(job), &known.problem) {
        (_, Some(problem)) => format!("{id} is {what}; {problem}"),
        (Some(seen), None) => format!("{id} is {what}: {}", seen.in_words()),
        (None, None) => format!("{id} is {what}"),
    }
}

/// What is printed, and what the changing line holds.
struct News {
    terminal: bool,
    id: String,
    line_open: bool,
    told: Option<Instant>,
    /// It was said that all features are there, which is reported more than once.
    has_features: bool,
    /// Runs before this one in the queue, as told last.
    before: Option<usize>,
    /// How its job is, as told last.
    pending: String,
    /// Why it cannot be started, as told last.
    problem: Option<String>,
    /// Evaluations go to stdout in this form.
    log: Option<LogName>,
}

impl News {
    fn new(folder: &RunFolder, log: Option<LogName>) -> News {
        let terminal = has_replaceable_line();
        News {
            terminal,
            id: folder.id(),
            line_open: false,
            told: None,
            has_features: false,
            before: None,
            pending: String::new(),
            problem: None,
            log,
        }
    }

    fn tell(&mut self, record: &Record, run: &Run) {
        match &record.event {
            Event::Started { .. } => self.say(&format!("run {}", self.id)),
            Event::Stage { stage } => self.stage(*stage),
            Event::Dataset { skipped, duplicates, .. } => {
                self.say(&dataset_line(run, *skipped, *duplicates));
            }
            Event::Network(facts) => self.say(&format!(
                "network {} with weights {}, {} numbers a feature",
                facts.backbone, facts.weights, facts.feature_len
            )),
            Event::Features { done, total, .. } if done < total => {
                self.progress(&features_line(run));
            }
            Event::Features { .. } if self.has_features => {}
            Event::Features { .. } => {
                self.has_features = true;
                self.say(&features_line(run));
            }
            Event::Head { .. } => {
                if let Some(folds) = &run.folds {
                    self.say(&folds.name());
                }
            }
            Event::FoldTested(FoldResult { fold, correct, n, .. }) => self.say(&format!(
                "fold {fold}: {} of {} right",
                grouped(correct),
                counted(*n, "photo")
            )),
            Event::Evaluation(_) if run.folds.is_some() => self.progress(&training_line(run)),
            Event::Evaluation(point) if self.log == Some(LogName::RetrainPy) => {
                let zone = TimeZone::system();
                let time =
                    record.at.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M:%S%.6f").to_string();
                let validation = run.counts.iter().map(|counts| counts.validation).sum();
                self.end_progress();
                for line in step_lines(point, &time, validation) {
                    outln!("{line}");
                }
            }
            Event::Evaluation(EvaluationPoint { step, .. }) => {
                let line = training_line(run);
                let every = (run.iterations / TRAINING_LINES).max(1);
                let shown = *step == 1 || *step == run.iterations || step % every == 0;
                if shown { self.say(&line) } else { self.progress(&line) }
            }
            Event::Iterations { iterations } => {
                self.say(&format!("goes on to iteration {}", grouped(iterations)));
            }
            Event::Warning { message } => self.say(&format!("warning: {message}")),
            _ => {}
        }
    }

    fn waits(&mut self, before: usize) {
        if self.before.replace(before) != Some(before) {
            self.say(&format!("{} is queued{}", self.id, runner::behind(before)));
        }
    }

    /// Says once how the cluster's queue has it.
    fn is_pending(&mut self, how: &str) {
        if self.pending != how {
            self.pending = how.to_owned();
            self.say(how);
        }
    }

    /// Says once why nothing can be started.
    fn complain(&mut self, problem: Option<EnqueueError>) {
        let problem = problem.map(|err| explain(&err, "it is tried again"));
        if self.problem == problem {
            return;
        }
        if let Some(problem) = &problem {
            self.say(&format!("retrain: {problem}"));
        }
        self.problem = problem;
    }

    fn stage(&mut self, stage: Stage) {
        match stage {
            Stage::Scan => self.progress("scan: finding and hashing the photos"),
            Stage::Evaluation => self.say("evaluation: every image once"),
            Stage::Features => self.has_features = false,
            Stage::Training => {}
        }
    }

    /// A line that stays.
    fn say(&mut self, line: &str) {
        self.end_progress();
        newsln!("{line}");
    }

    /// Takes away the line that changes.
    fn end_progress(&mut self) {
        if self.line_open {
            replace_line("");
            self.line_open = false;
        }
    }

    /// A line that the next one replaces; without a terminal one in five seconds is printed.
    fn progress(&mut self, line: &str) {
        if self.terminal {
            let width = crossterm::terminal::size().map_or(80, |(columns, _)| columns as usize);
            let short: String = line.chars().take(width.saturating_sub(1)).collect();
            replace_line(&short);
            self.line_open = true;
        } else if self.told.is_none_or(|told| told.elapsed() >= PLAIN_NEWS) {
            self.told = Some(Instant::now());
            newsln!("{line}");
        }
    }

    fn end_line(&mut self) {
        if self.line_open {
            news!("\n");
            self.line_open = false;
        }
    }
}

fn dataset_line(run: &Run, skipped: usize, duplicates: usize) -> String {
    let sum =
        |count: fn(&crate::store::Counts) -> usize| run.counts.iter().map(count).sum::<usize>();
    let folds = spec::folds(&run.settings);
    let photos = counted(sum(crate::store::Counts::total), "photo");
    let categories = grouped(run.counts.len());
    let mut line = match folds {
        0 => format!(
            "{photos} in {categories} categories: {} training, {} validation, {} test",
            grouped(sum(|counts| counts.training)),
            grouped(sum(|counts| counts.validation)),
            grouped(sum(|counts| counts.test)),
        ),
        _ => format!("{photos} in {categories} categories, each tested in one of {folds} folds"),
    };
    if skipped > 0 {
        line += &format!("; {} skipped (skipped.csv says why)", grouped(skipped));
    }
    if duplicates > 0 {
        let part = if folds > 0 { "fold" } else { "set" };
        line += &format!("; {}, each in the {part} of the first", counted(duplicates, "duplicate"));
    }
    line
}

fn features_line(run: &Run) -> String {
    let features = run.features.clone().unwrap_or_default();
    let mut line = format!("features {}", progress(features.done, features.total));
    if features.images_per_second > 0.0 {
        line += &format!(", {} images/s", rate(features.images_per_second));
    }
    if let Some(left) = features.seconds_left().filter(|_| features.done < features.total) {
        line += &format!(", {} left", duration(left));
    }
    if features.from_cache > 0 {
        line += &format!(", {} from the cache", grouped(features.from_cache));
    }
    if features.skipped > 0 {
        line += &format!(", {} unreadable", grouped(features.skipped));
    }
    line
}

fn training_line(run: &Run) -> String {
    let Some(point) = run.evaluated else { return String::new() };
    format!(
        "iteration {}  loss {:.4}  train accuracy {}  validation accuracy {}",
        progress(point.step, run.iterations),
        point.train_loss,
        percent(point.train_accuracy),
        percent(point.validation_accuracy)
    )
}
