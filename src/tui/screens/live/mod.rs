//! One run as it happens: the newest running one by itself, or one that was chosen.

mod charts;
mod counts;
mod digits;
mod pace;
mod panel;
mod passing;
mod result;
mod shown;
mod stage;
#[cfg(test)]
mod tests;
mod trouble;
mod view;

use std::path::PathBuf;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use self::pace::Pace;
use self::passing::Passing;
use self::shown::Shown;
use self::view::View;
use super::control;
use super::names::in_way;
use super::{Message, Page, World};
use crate::spec;
use crate::store::{Run, RunFolder, State, Stop};
use crate::tui::effect::{Again, Destination, Effect};
use crate::tui::followed::Followed;
use crate::tui::keys::{Action, Context, names};
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::Toast;
use crate::tui::scores::Source;
use crate::tui::theme::Role;
use crate::tui::widgets::put;

pub const CONTEXTS: &[Context] = &[Context::Live];

/// Steps of the cursor that moves far.
const FAR: f64 = 10.0;

#[derive(Debug)]
pub struct Live {
    /// The run shown; `None` before any is known.
    run: Option<RunFolder>,
    /// A person chose it: it stays whatever else starts.
    is_chosen: bool,
    /// It was seen at work, so it stays when it ends.
    was_live: bool,
    /// Its folder was there, and is not any more.
    is_gone: bool,
    was_there: bool,
    view: View,
    pace: Pace,
    /// What goes wrong in the training, in words.
    trouble: Option<String>,
    passing: Passing,
}

impl Live {
    pub fn newest() -> Live {
        Live {
            run: None,
            is_chosen: false,
            was_live: false,
            is_gone: false,
            was_there: false,
            view: View::default(),
            pace: Pace::default(),
            trouble: None,
            passing: Passing::default(),
        }
    }

    pub fn of(run: RunFolder) -> Live {
        Live { run: Some(run), is_chosen: true, ..Live::newest() }
    }

    /// Shows `run`, and stays with it until a newer one starts.
    pub fn beginning_with(run: RunFolder) -> Live {
        Live { run: Some(run), was_live: true, ..Live::newest() }
    }

    /// Shows another run, with nothing zoomed and no cursor.
    fn show(&mut self, run: RunFolder, is_chosen: bool) {
        *self = Live { run: Some(run), is_chosen, ..Live::newest() };
    }

    /// Chooses the run, unless a person has chosen one, and takes in what it has reported since.
    fn learn(&mut self, known: &Known) {
        if !self.is_chosen
            && let Some(newest) = known.newest()
            && self.gives_way_to(newest.folder(), newest.state())
        {
            self.show(newest.folder().clone(), false);
        }
        let Some(folder) = &self.run else { return };
        let entry = known.runs.get(&folder.id());
        self.was_live |= entry.and_then(|entry| entry.state()) == Some(State::Running);
        self.was_there |= entry.is_some();
        self.is_gone = self.was_there && entry.is_none();
        if let Some(shown) = self.shown(known) {
            self.pace.note(&shown.run);
            self.view.keep_up(shown);
            self.trouble = trouble::trouble(&shown.run, &shown.curves);
        }
    }

    fn gives_way_to(&self, newest: &RunFolder, state: Option<State>) -> bool {
        match &self.run {
            None => true,
            Some(run) if run == newest => false,
            // What a person has watched to its end stays until a newer one starts.
            Some(run) => {
                !self.was_live || self.is_gone || (state == Some(State::Running) && newest > run)
            }
        }
    }

    /// Everything that the run has reported; `None` before it was read.
    fn shown<'a>(&self, known: &'a Known) -> Option<&'a Followed> {
        known.followed(&self.run.as_ref()?.id())?.as_ref().ok()
    }

    /// The run's state. Its log alone cannot tell that it waits, that it starts, or that its worker
    /// is gone: the table of runs knows.
    fn run_state(&self, run: &Run, known: &Known) -> State {
        let entry = self.run.as_ref().and_then(|folder| known.runs.get(&folder.id()));
        match entry.and_then(|entry| entry.state()) {
            Some(State::Lost) if run.end.is_none() => State::Lost,
            Some(state @ (State::Queued | State::Starting)) => state,
            _ => run.state(),
        }
    }

    fn state_now(&self, known: &Known) -> Option<State> {
        self.shown(known).map(|shown| self.run_state(&shown.run, known))
    }

    fn is_running(&self, known: &Known) -> bool {
        self.state_now(known) == Some(State::Running)
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let known = world.known;
        let Some(run) = self.run.clone() else { return Vec::new() };
        match action {
            Action::Stop | Action::Pause | Action::Cancel if !self.is_running(known) => {
                return vec![control::refuse_to_stop(&run.id(), self.state_now(known))];
            }
            Action::Stop => {
                let shown = self.shown(known).map(|shown| &shown.run);
                let has_folds = shown.is_some_and(|run| spec::folds(&run.settings) > 0);
                let stage = shown.and_then(|run| run.stage);
                return vec![control::confirm_stop(run, stage, has_folds)];
            }
            Action::Pause => return vec![Effect::Stop(run, Stop::Pause)],
            Action::Run => return vec![control::resume(run, self.state_now(known))],
            Action::Cancel => return vec![control::confirm_cancel(run)],
            Action::Yank => return vec![Effect::Copy(run.id())],
            Action::OpenImages => {
                return vec![Effect::Open(Destination::Images(Source::Run(run)))];
            }
            Action::ShowLabels | Action::ShowKinds | Action::ShowMap | Action::ShowGrowth => {
                return vec![control::open_about(action, run)];
            }
            Action::OpenOutside => return vec![Effect::EditOutside(run.worker_log())],
            Action::Report => return vec![Effect::Report(vec![run])],
            Action::Rerun => return vec![Effect::Rerun(run, Again::AsItIs)],
            Action::OtherNetwork => return vec![Effect::Rerun(run, Again::WithOtherNetwork)],
            Action::PreviousRun | Action::NextRun => return self.step(&run, action, known),
            Action::Back if self.view.cursor.is_none() => {}
            action => return self.look(action, known),
        }
        Vec::new()
    }

    /// What a key does to the view on the curves.
    fn look(&mut self, action: Action, known: &Known) -> Vec<Effect> {
        let Some(shown) = self.shown(known) else { return Vec::new() };
        let view = &mut self.view;
        match action {
            Action::Smoother => view.smoother(),
            Action::Rougher => view.rougher(),
            Action::Unsmoothed => view.unsmoothed(),
            Action::LogScale => view.toggle_log(),
            Action::OtherChart => view.toggle_accuracy(),
            Action::CursorLeft => view.move_cursor(shown, -1.0),
            Action::CursorRight => view.move_cursor(shown, 1.0),
            Action::CursorFarLeft => view.move_cursor(shown, -FAR),
            Action::CursorFarRight => view.move_cursor(shown, FAR),
            Action::ZoomIn => view.zoom_in(shown),
            Action::ZoomOut => view.zoom_out(shown),
            Action::ToNewest => view.follow(shown),
            Action::Back => {
                view.follow(shown);
                return vec![Effect::Cleared];
            }
            _ => {}
        }
        Vec::new()
    }

    /// To the run before or after this one, by name, that is by the time it was made.
    fn step(&mut self, run: &RunFolder, action: Action, known: &Known) -> Vec<Effect> {
        let mut folders = known.runs.values().map(|known| known.folder());
        let (next, end) = match action {
            Action::PreviousRun => (folders.rfind(|folder| *folder < run), "the oldest"),
            _ => (folders.find(|folder| *folder > run), "the newest"),
        };
        match next {
            Some(next) => {
                let is_newest = known.runs.values().next_back().map(KnownRun::folder) == Some(next);
                self.show(next.clone(), !is_newest);
                self.learn(known);
                Vec::new()
            }
            None => vec![Effect::Toast(Toast::error(format!("this is {end} run")))],
        }
    }

    /// A click or a drag puts the cursor there, the wheel zooms around it.
    fn on_mouse(&mut self, mouse: &MouseEvent, world: &World) {
        let Some(followed) = self.shown(world.known) else { return };
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left) => {
                let place = Position::new(mouse.column, mouse.row);
                let panel = self.panel(world);
                let x = panel.and_then(|(shown, area)| panel::iteration_at(&shown, area, place));
                if let Some(x) = x {
                    self.view.set_cursor(followed, x);
                }
            }
            MouseEventKind::ScrollUp => self.view.zoom_in(followed),
            MouseEventKind::ScrollDown => self.view.zoom_out(followed),
            _ => {}
        }
    }

    /// Asks for the picture of the photo that the worker has read, where there is room for it.
    fn look_at_photos(&mut self, world: &World) -> Option<Effect> {
        let (shown, area) = self.panel(world)?;
        let strip = panel::strip(&shown, area)?;
        let run = shown.followed.run.clone();
        let graphics = world.known.graphics;
        self.passing.note(&run, strip, world.now, graphics.is_remote);
        self.passing.look(&images(&run, world), strip, graphics)
    }

    /// What is drawn, and where; `None` before the run was read.
    fn panel<'a>(&'a self, world: &World<'a>) -> Option<(Shown<'a>, Rect)> {
        let known = world.known;
        let followed = self.shown(known)?;
        let folder = self.run.as_ref();
        let host = known.host.as_ref().filter(|news| Some(&news.run) == folder);
        let log = known.worker_log.as_ref().filter(|news| Some(&news.run) == folder);
        let panel = Shown {
            id: folder?.path().file_name()?.to_str().unwrap_or_default(),
            followed,
            state: self.run_state(&followed.run, known),
            is_queued: folder.is_some_and(|folder| known.queue.has(&folder.id())),
            view: &self.view,
            iterations_per_second: self.pace.iterations_per_second(),
            host: host.and_then(|news| news.metrics.as_ref()),
            log: log.map_or(&[], |news| news.lines.as_slice()),
            trouble: self.trouble.as_deref(),
            theme: world.theme,
        };
        let area = world.area;
        let sides = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        // The folder's end takes the first line.
        let top = u16::from(self.is_gone).min(sides.height);
        Some((panel, Rect { y: sides.y + top, height: sides.height - top, ..sides }))
    }
}

/// The folder of a run's photos: it is recorded relative to the project where it lies in that.
fn images(run: &Run, world: &World) -> PathBuf {
    world.context.config.root.join(&run.images)
}

impl Page for Live {
    fn way(&self, known: &Known, zone: &TimeZone) -> Vec<String> {
        self.run.iter().map(|run| in_way(run, known, zone)).collect()
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        match message {
            Message::Action(action) => return self.act(*action, world),
            Message::Mouse(mouse) => self.on_mouse(mouse, world),
            Message::News(news) => {
                self.passing.learn(news);
                self.learn(world.known);
            }
            Message::Shown => {
                self.passing.interrupt();
                self.learn(world.known);
            }
            Message::Key(_) | Message::Paste(_) => {}
        }
        self.look_at_photos(world).into_iter().collect()
    }

    fn offers(&self, action: Action, known: &Known) -> bool {
        match action {
            Action::Stop | Action::Pause | Action::Cancel => self.is_running(known),
            Action::Run => self.state_now(known).is_some_and(State::is_unfinished),
            Action::ToNewest => self.view.cursor.is_some() || self.view.zoom.is_some(),
            Action::Yank | Action::OpenOutside | Action::Report => self.run.is_some(),
            Action::CursorLeft
            | Action::Smoother
            | Action::ZoomIn
            | Action::LogScale
            | Action::OtherChart => {
                self.shown(known).is_some_and(|shown| shown.run.latest.is_some())
            }
            _ => true,
        }
    }

    fn follows(&self, _known: &Known) -> Vec<RunFolder> {
        self.run.iter().cloned().collect()
    }

    fn smoothing(&self) -> f64 {
        self.view.smoothing()
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let mut say = |y: u16, text: &str, role: Role| {
            put(buffer, area, area.x + 2, area.y + y, text, world.theme.style(role));
        };
        if self.is_gone {
            let text = format!("the folder of this run is gone; {} shows all runs", names::RUNS);
            say(0, &text, Role::Warning);
        }
        match (self.panel(world), &self.run) {
            (Some((shown, area)), _) => {
                panel::draw(&shown, area, buffer);
                if let Some(strip) = panel::strip(&shown, area) {
                    let run = &shown.followed.run;
                    self.passing.draw(run, &images(run, world), strip, buffer, world.theme);
                }
            }
            (None, Some(_)) => say(1, "reading the run", Role::Dim),
            (None, None) if !world.known.is_complete => say(1, "reading the runs", Role::Dim),
            (None, None) => {
                say(1, "no run yet: there is nothing to watch", Role::Text);
                say(2, &control::how_to_start(), Role::Dim);
            }
        }
    }
}
