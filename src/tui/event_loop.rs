//! The loop: one channel in, effects out, a frame when something changed.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::app::App;
use super::effects::{After, Effect, Performer};
use super::input::{self, Input, Keyboard, Signal};
use super::news::{Follower, RunsWatcher};
use super::terminal::Terminal;
use super::theme::{Environment, Theme};
use super::{Context, TuiError};
use crate::store::{RunFolder, Timestamp};

/// News is drawn at most this often; keys are drawn at once.
const FRAME: Duration = Duration::from_millis(33);

/// Opens the UI, on the live screen of `run` if there is one, and returns when the person leaves
/// it. Runs go on.
pub fn open(context: Context, run: Option<RunFolder>) -> Result<(), TuiError> {
    let theme = Theme::choose(context.config.theme, &Environment::of_this_process());
    let (send, receive) = mpsc::channel();
    let mut terminal = Terminal::enter()?;
    let keyboard = Keyboard::default();
    keyboard.listen(send.clone())?;
    input::listen_to_signals(&send)?;
    let runs = RunsWatcher::start(context.config.runs.clone(), send.clone())?;
    let follower = Follower::start(send.clone())?;
    let performer = Performer::new(context.clone(), send, keyboard, runs, follower)?;
    let mut app = App::new(context, theme, jiff::tz::TimeZone::system(), Timestamp::now);
    if let Some(run) = run {
        app.watch(run);
    }
    match show(&mut app, &performer, &mut terminal, &receive) {
        // The terminal was closed: nobody is there to be told.
        Err(err) if err.raw_os_error() == Some(Errno::IO.raw_os_error()) => Ok(()),
        shown => Ok(shown?),
    }
}

fn show(
    app: &mut App,
    performer: &Performer,
    terminal: &mut Terminal,
    receive: &Receiver<Input>,
) -> io::Result<()> {
    let mut drawn = Instant::now();
    terminal.draw(|area, buffer| {
        app.resize(area);
        app.draw(buffer);
    })?;
    loop {
        let Ok(first) = receive.recv() else { return Ok(()) };
        let mut batch = vec![first];
        gather(&mut batch, receive, drawn + FRAME);
        for effect in answer(app, batch) {
            if performer.perform(effect, terminal)? == After::Quit {
                return Ok(());
            }
        }
        terminal.draw(|area, buffer| {
            app.resize(area);
            app.draw(buffer);
        })?;
        drawn = Instant::now();
    }
}

/// Adds what is there already; while it is only news, also what comes until `until`.
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
