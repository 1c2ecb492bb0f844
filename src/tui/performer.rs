//! The one place where effects are done.
//!
//! Those that only change what is shown are applied by the [`App`](super::app::App); here are
//! those that touch the world. What may be slow goes to a queue on a thread of its own, what waits
//! for another process to a thread that it has alone; both come back as news, so no effect blocks a
//! key.

mod outside;
mod written;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use signal_hook::consts::SIGSTOP;

use outside::{edit, open_outside};
use written::{edit_note, keep_theme, write_report};

use super::Context;
use super::additions;
use super::compared::{compare, compare_repeats};
use super::effect::Effect;
use super::experiments::ExperimentPerformer;
use super::explained::explain as explain_change;
use super::growth::{Asked, GrowthNews, find_growth};
use super::input::{Input, Keyboard};
use super::kinds::find_kinds;
use super::labels::{doubts, keep};
use super::launch::{
    advance, ask_worker, begin_lesson, edit_queue, end_all, launch, rerun, resume, resume_all,
};
use super::look::Asker;
use super::news::{News, RunsWatcher, Toast, start_glances};
use super::notification;
use super::preview::Previewer;
use super::scores::{self, ScoresNews, Source};
use super::terminal::Terminal;
use super::trash::{restore, trash};
use crate::config::CONFIG_FILE;
use crate::store::{RunFolder, Timestamp, read_baseline, read_history, remember, write_baseline};

/// What the loop does after an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It waits for the next input.
    GoOn,
    /// It ends.
    Quit,
}

/// Answers nothing where nothing has changed.
type Job = Box<dyn FnOnce() -> Option<News> + Send>;

/// Reads runs and changes nothing, so that no run is read again after it: what was compared would be
/// forgotten then, and compared again without end.
type Comparing = Box<dyn FnOnce() -> News + Send>;

/// Does effects, with the threads that watch, read and draw for the UI.
pub struct Performer {
    send: Sender<Input>,
    queue: Sender<Job>,
    comparisons: Sender<Comparing>,
    explanations: Sender<(RunFolder, RunFolder)>,
    glances: Sender<RunFolder>,
    keyboard: Keyboard,
    runs: RunsWatcher,
    previewer: Previewer,
    asker: Asker,
    experiments: ExperimentPerformer,
    in_tmux: bool,
    notification: notification::Form,
    context: Context,
    /// That nothing typed can be kept is said once.
    cannot_remember: Arc<AtomicBool>,
    /// Why the queue could not be advanced the last time: it is said once.
    queue_problem: Arc<Mutex<Option<String>>>,
}

impl Performer {
    pub fn new(
        context: Context,
        send: Sender<Input>,
        keyboard: Keyboard,
        runs: RunsWatcher,
        experiments: ExperimentPerformer,
    ) -> io::Result<Performer> {
        let (queue, jobs) = mpsc::channel::<Job>();
        let answer = send.clone();
        let refresh = runs.clone();
        thread::Builder::new().name("effects".into()).spawn(move || {
            for job in jobs {
                let Some(news) = job() else { continue };
                if answer.send(Input::News(news)).is_err() {
                    return;
                }
                refresh.refresh();
            }
        })?;
        let comparisons = compare_runs(send.clone())?;
        let explanations = explain_changes(context.program.clone(), send.clone())?;
        let glanced = send.clone();
        let tell = move |news| glanced.send(Input::News(News::Glanced(news))).is_ok();
        let glances = start_glances(tell)?;
        let _ = send.send(Input::News(News::Baseline(read_baseline(&context.config.runs))));
        // One that cannot be read is said when it is written.
        let history = read_history(&context.config.runs).unwrap_or_default();
        let _ = send.send(Input::News(News::History(history)));
        let in_tmux = std::env::var_os("TMUX").is_some();
        let pictures = send.clone();
        let deliver = move |picture| pictures.send(Input::News(News::Picture(picture))).is_ok();
        let previewer = Previewer::start(deliver)?;
        let looks = send.clone();
        let deliver = move |look| looks.send(Input::News(News::Looked(look))).is_ok();
        let asker = Asker::start(context.program.clone(), deliver)?;
        Ok(Performer {
            send,
            queue,
            comparisons,
            explanations,
            glances,
            keyboard,
            runs,
            previewer,
            asker,
            experiments,
            in_tmux,
            notification: notification::Form::of_this_process(),
            context,
            cannot_remember: Arc::default(),
            queue_problem: Arc::default(),
        })
    }

    /// Does one effect. An error is one of the terminal's: the UI cannot go on.
    pub fn perform(&self, effect: Effect, terminal: &mut Terminal) -> io::Result<After> {
        match effect {
            Effect::Open(_)
            | Effect::Confirm(_)
            | Effect::Toast(_)
            | Effect::Cleared
            | Effect::Act(_) => {
                unreachable!("the app applies what only changes the screen")
            }
            Effect::Launch { experiment } => {
                let context = self.context.clone();
                self.later(move || launch(&context, &experiment));
            }
            Effect::Rerun(run, again) => {
                let context = self.context.clone();
                self.later(move || rerun(&context, &run, again));
            }
            Effect::Resume(run, iterations) => {
                self.tell(News::Starting(run.clone()));
                let context = self.context.clone();
                self.aside("resume", move || resume(&context, &run, iterations))?;
            }
            Effect::EditQueue(edit) => {
                let context = self.context.clone();
                self.later(move || edit_queue(&context, edit));
            }
            Effect::Stop(run, stop) => {
                let context = self.context.clone();
                self.later(move || ask_worker(&context, &run, stop));
            }
            Effect::EndAll(runs, stop) => {
                let context = self.context.clone();
                self.later(move || end_all(&context, &runs, stop));
            }
            Effect::ResumeAll(runs) => {
                let context = self.context.clone();
                self.aside("resume", move || resume_all(&context, &runs))?;
            }
            Effect::Trash(runs) => {
                for run in runs {
                    let bin = self.context.config.trash.clone();
                    self.later(move || trash(&run, &bin));
                }
            }
            Effect::Restore(trashed) => self.later(move || restore(trashed)),
            Effect::EditNote(run, edit) => self.later(move || edit_note(&run, edit)),
            Effect::AdvanceQueue => {
                let (context, problem) = (self.context.clone(), self.queue_problem.clone());
                let _ = self.queue.send(Box::new(move || advance_queue(&context, &problem)));
            }
            Effect::Follow { runs, smoothing } => self.runs.follow(runs, smoothing),
            Effect::Preview(wanted) => self.previewer.want(wanted),
            Effect::Draw(graphics) => {
                self.tell(News::Graphics(graphics));
                self.say(Toast::good(format!("pictures: {}", graphics.renderer.name())));
            }
            Effect::ReadScores(run) => self.later(move || {
                let table = scores::read(&run);
                News::Scores(ScoresNews { source: Source::Run(run), table })
            }),
            Effect::Calibrate { run, table, has_folds } => {
                let job = move || News::Calibrated(scores::calibrate(&run, table, has_folds));
                let _ = self.comparisons.send(Box::new(job));
            }
            Effect::CompareRuns(first, second) => {
                // The thread ends only when the UI does.
                let job = move || News::Compared(compare(&first, &second));
                let _ = self.comparisons.send(Box::new(job));
            }
            Effect::ExplainChange(first, second) => {
                // The thread ends only when the UI does.
                let _ = self.explanations.send((first, second));
            }
            Effect::CompareRepeats(first, second) => {
                let job = move || News::ComparedRepeats(compare_repeats(&first, &second));
                let _ = self.comparisons.send(Box::new(job));
            }
            Effect::Doubt(run) => {
                let program = self.context.program.clone();
                self.aside("doubt", move || News::Doubts(doubts(&program, run)))?;
            }
            Effect::FindKinds(run) => {
                let program = self.context.program.clone();
                self.aside("kinds", move || News::Kinds(find_kinds(&program, run)))?;
            }
            Effect::FindGrowth(run) => {
                let growth = Asked::AtWork(Timestamp::now());
                self.tell(News::Growth(GrowthNews { run: run.clone(), growth }));
                let program = self.context.program.clone();
                self.aside("growth", move || News::Growth(find_growth(&program, run)))?;
            }
            Effect::Decide(file, decided) => self.later(move || News::Kept(keep(file, decided))),
            Effect::Addition(effect) => {
                // All photos of the experiment may have to be read.
                let config = self.context.config.clone();
                self.aside("add", move || News::Addition(additions::perform(&config, effect)))?;
            }
            Effect::Lesson(run) => {
                // Behind the decisions, which are to be in their file before.
                let (context, send) = (self.context.clone(), self.send.clone());
                let _ = self.queue.send(Box::new(move || {
                    begin_lesson(&context, run, move |over| {
                        let _ = send.send(Input::News(over));
                    })
                }));
            }
            Effect::Glance(run) => {
                // The thread ends only when the UI does.
                let _ = self.glances.send(run);
            }
            Effect::Report(runs) => self.aside("report", move || write_report(&runs))?,
            Effect::Pin(run) => {
                let runs = self.context.config.runs.clone();
                self.later(move || match write_baseline(&runs, run.as_deref()) {
                    Ok(()) => News::Baseline(run),
                    Err(error) => {
                        News::Said(Toast::error(format!("the baseline cannot be kept: {error}")))
                    }
                });
            }
            Effect::Remember(prompt, text) => {
                let runs = self.context.config.runs.clone();
                let has_said = self.cannot_remember.clone();
                let _ = self.queue.send(Box::new(move || {
                    match remember(&runs, prompt.name(), &text) {
                        Ok(history) => Some(News::History(history)),
                        Err(_) if has_said.swap(true, Ordering::Relaxed) => None,
                        Err(err) => Some(News::Said(Toast::error(format!(
                            "what is typed cannot be kept: {err}"
                        )))),
                    }
                }));
            }
            Effect::Predict(run, path) => {
                let program = self.context.program.clone();
                self.aside("predict", move || {
                    let table = scores::predict(&program, &run, &path);
                    News::Scores(ScoresNews { source: Source::Unseen(run, path), table })
                })?;
            }
            Effect::Look(run, question) => self.asker.want(run, question),
            Effect::OpenOutside(path) => self.aside("open", move || open_outside(&path))?,
            Effect::KeepTheme(theme) => {
                let path = self.context.config.root.join(CONFIG_FILE);
                self.later(move || {
                    News::Said(match keep_theme(&path, theme) {
                        Ok(()) => {
                            let (name, file) = (theme.name(), path.display());
                            Toast::good(format!("theme = \"{name}\" is written to {file}"))
                        }
                        Err(problem) => Toast::error(format!("the theme is not kept: {problem}")),
                    })
                });
            }
            Effect::Refresh => {
                self.runs.refresh();
                self.experiments.refresh();
            }
            Effect::Experiment(effect) => {
                if let Some(job) = self.experiments.perform(effect) {
                    self.later(job);
                }
            }
            Effect::Notify(text) => {
                terminal.write(&self.notification.sequence(&text, self.in_tmux))?;
            }
            Effect::Copy(text) => {
                terminal.copy(&text, self.in_tmux)?;
                self.say(Toast::good(format!("copied {text}")));
            }
            Effect::EditOutside(path) => {
                let opened = terminal.suspended(|| self.keyboard.paused(|| edit(&path)))?;
                self.tell(News::PicturesForgotten);
                if let Err(error) = opened {
                    self.say(Toast::error(error));
                }
            }
            Effect::Suspend => {
                let stop = || signal_hook::low_level::raise(SIGSTOP);
                terminal.suspended(|| self.keyboard.paused(stop))??;
                self.tell(News::PicturesForgotten);
            }
            Effect::Repaint => {
                terminal.repaint()?;
                self.tell(News::PicturesForgotten);
            }
            Effect::Retake => {
                terminal.retake()?;
                self.tell(News::PicturesForgotten);
            }
            Effect::Quit => return Ok(After::Quit),
        }
        Ok(After::GoOn)
    }

    fn later(&self, job: impl FnOnce() -> News + Send + 'static) {
        // The thread ends only when the UI does.
        let _ = self.queue.send(Box::new(move || Some(job())));
    }

    /// On a thread of its own, for what waits for another process: it may take minutes, and other
    /// effects shall not wait for it.
    fn aside(&self, name: &str, job: impl FnOnce() -> News + Send + 'static) -> io::Result<()> {
        let (send, runs) = (self.send.clone(), self.runs.clone());
        thread::Builder::new().name(name.into()).spawn(move || {
            // Nobody may be there any more to see it.
            if send.send(Input::News(job())).is_ok() {
                runs.refresh();
            }
        })?;
        Ok(())
    }

    fn say(&self, toast: Toast) {
        self.tell(News::Said(toast));
    }

    fn tell(&self, news: News) {
        let _ = self.send.send(Input::News(news));
    }
}

/// A thread that compares runs, one pair after another: a table may ask for hundreds.
fn compare_runs(send: Sender<Input>) -> io::Result<Sender<Comparing>> {
    let (wish, wishes) = mpsc::channel::<Comparing>();
    thread::Builder::new().name("compare".into()).spawn(move || {
        for compare in wishes {
            if send.send(Input::News(compare())).is_err() {
                return;
            }
        }
    })?;
    Ok(wish)
}

/// A thread that takes changes apart, one after another: each keeps all cores busy.
fn explain_changes(
    program: PathBuf,
    send: Sender<Input>,
) -> io::Result<Sender<(RunFolder, RunFolder)>> {
    let (wish, wishes) = mpsc::channel::<(RunFolder, RunFolder)>();
    thread::Builder::new().name("explain".into()).spawn(move || {
        while let Ok((first, second)) = wishes.recv() {
            let news = News::Explained(explain_change(&program, &first, &second));
            if send.send(Input::News(news)).is_err() {
                return;
            }
        }
    })?;
    Ok(wish)
}

/// Says why it cannot be done, unless that was said the last time.
fn advance_queue(context: &Context, said: &Mutex<Option<String>>) -> Option<News> {
    let problem = advance(context).err();
    let before = std::mem::replace(&mut *said.lock().expect("no panic inside"), problem.clone());
    let problem = problem.filter(|problem| before.as_ref() != Some(problem))?;
    Some(News::Said(Toast::error(problem)))
}
