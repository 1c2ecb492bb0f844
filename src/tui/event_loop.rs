//! The loop: one channel in, effects out, a frame when something changed.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::app::App;
use super::effect::Effect;
use super::experiments::ExperimentPerformer;
use super::input::{self, Input, Keyboard, Signal};
use super::news::{News, RunsWatcher, Toast};
use super::performer::{After, Performer};
use super::preview::{Choice, Graphics, Question};
use super::terminal::Terminal;
use super::theme::{Environment, Theme};
use super::{Context, TuiError, launch};
use crate::store::{RunFolder, Timestamp};

/// News is drawn at most this often; keys are drawn at once.
const FRAME: Duration = Duration::from_millis(33);

/// Opens the UI, on the live screen of `run` if there is one, and returns when the person leaves
/// it. Runs go on.
pub fn open(context: Context, run: Option<RunFolder>) -> Result<(), TuiError> {
    let environment = Environment::of_this_process();
    let theme = Theme::choose(context.config.theme, &environment);
    let (send, receive) = mpsc::channel();
    let mut terminal = Terminal::enter()?;
    let keyboard = Keyboard::default();
    input::listen_to_signals(&send)?;
    let runs = RunsWatcher::start(&context.config.runs, send.clone())?;
    let _jobs = launch::watch_cluster(&context, &send)?;
    let experiments = ExperimentPerformer::start(&context, &send)?;
    let performer =
        Performer::new(context.clone(), send.clone(), keyboard.clone(), runs, experiments)?;
    let (choice, graphics) = first_graphics(&send, &theme, &environment);
    let mut app = App::new(context, theme, jiff::tz::TimeZone::system(), Timestamp::now);
    if let Some(run) = run {
        app.watch(run);
    }
    let shown = draw(&mut app, &mut terminal)
        .and_then(|()| listen(&keyboard, send, Question::new(choice, graphics), &mut terminal))
        .and_then(|()| show(&mut app, &performer, &mut terminal, &receive));
    match shown {
        // The terminal was closed: nobody is there to be told.
        Err(err) if err.raw_os_error() == Some(Errno::IO.raw_os_error()) => Ok(()),
        shown => Ok(shown?),
    }
}

/// How pictures are drawn until the terminal has said what it can.
fn first_graphics(
    send: &Sender<Input>,
    theme: &Theme,
    environment: &Environment,
) -> (Choice, Graphics) {
    // The receiver is alive: these are its first news.
    let tell = |news| drop(send.send(Input::News(news)));
    let choice = Choice::of_this_process().unwrap_or_else(|problem| {
        tell(News::Said(Toast::error(problem)));
        Choice::Auto
    });
    let graphics = Graphics::first(choice, theme.has_colours() && theme.has_blocks(), environment);
    tell(News::Graphics(graphics));
    (choice, graphics)
}

/// Puts the question to the terminal, then reads its answer and after that the keys.
fn listen(
    keyboard: &Keyboard,
    send: Sender<Input>,
    question: Option<Question>,
    terminal: &mut Terminal,
) -> io::Result<()> {
    if let Some(question) = &question {
        terminal.write(question.text())?;
    }
    keyboard.listen(send, question)
}

fn draw(app: &mut App, terminal: &mut Terminal) -> io::Result<()> {
    terminal.draw(|area, buffer| {
        app.resize(area);
        app.draw(buffer);
    })
}

fn show(
    app: &mut App,
    performer: &Performer,
    terminal: &mut Terminal,
    receive: &Receiver<Input>,
) -> io::Result<()> {
    let mut drawn = Instant::now();
    loop {
        let first = match app.wakes_in() {
            None => receive.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(wait) => receive.recv_timeout(wait),
        };
        let mut batch = match first {
            Ok(first) => vec![first],
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        app.pass_time();
        gather(&mut batch, receive, drawn + FRAME);
        for effect in answer(app, batch) {
            if performer.perform(effect, terminal)? == After::Quit {
                return Ok(());
            }
        }
        draw(app, terminal)?;
        drawn = Instant::now();
    }
}

/// Adds the input that has arrived by now. As long as it is only news, waits until `until` for
/// more, so that a burst of news is drawn once.
fn gather(batch: &mut Vec<Input>, receive: &Receiver<Input>, until: Instant) {
    loop {
        let patient = batch.iter().all(|input| matches!(input, Input::News(_)));
        let wait =
            if patient { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
        match receive.recv_timeout(wait) {
            Ok(input) => batch.push(input),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Gives the batch to the app, all news that stand together at once.
fn answer(app: &mut App, batch: Vec<Input>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut news = Vec::new();
    for input in batch {
        match input {
            Input::News(one) => {
                news.push(one);
                continue;
            }
            Input::Terminal(event) => {
                effects.extend(app.on_news(std::mem::take(&mut news)));
                effects.extend(app.on_event(event));
            }
            Input::Signal(Signal::Quit) => effects.push(Effect::Quit),
            Input::Signal(Signal::Suspend) => effects.push(Effect::Suspend),
            // Whoever ran meanwhile may have left the terminal in another mode.
            Input::Signal(Signal::Continued) => effects.push(Effect::Retake),
        }
    }
    effects.extend(app.on_news(news));
    effects
}
