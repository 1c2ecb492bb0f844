//! The whole UI as one value: where the person is, what is known, what was said.

mod draw;
mod ended;
#[cfg(test)]
mod tests;
mod words;

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, MouseEvent, MouseEventKind};
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use self::ended::Ended;
use super::Context;
use super::effect::{Confirm, Destination, Effect};
use super::keys::{self, Action, Chord, Meaning, names};
use super::known::Known;
use super::news::{News, Toast};
use super::overlay::{Answer, Overlay};
use super::screens::{Live, Message, Said, Screen, TABS, World};
use super::theme::Theme;
use crate::store::{RunFolder, Timestamp};

/// A message leaves the footer to the keys after this, or at the next key.
const SHOWN: Duration = Duration::from_secs(10);

/// The UI without threads and without a terminal: events and news go in, effects come out.
pub struct App {
    context: Context,
    theme: Theme,
    zone: TimeZone,
    now: fn() -> Timestamp,
    area: Rect,
    known: Known,
    /// Every result and error so far.
    log: Vec<Said>,
    /// The message in the footer.
    toast: Option<Said>,
    /// Of each tab the screens that are open, the topmost last; none before it was visited.
    stacks: Vec<Vec<Screen>>,
    tab: usize,
    overlay: Option<Overlay>,
    /// Keys of a sequence that has begun.
    typed: Vec<Chord>,
    /// The runs whose every point is told.
    followed: Vec<RunFolder>,
    ended: Ended,
}

impl App {
    /// Begins with the experiments, before anything is known.
    pub fn new(context: Context, theme: Theme, zone: TimeZone, now: fn() -> Timestamp) -> App {
        let tab = tab_of(Action::GoExperiments);
        let mut stacks: Vec<Vec<Screen>> = TABS.iter().map(|_| Vec::new()).collect();
        stacks[tab].push((TABS[tab].open)());
        App {
            context,
            theme,
            zone,
            now,
            area: Rect::ZERO,
            known: Known::default(),
            log: Vec::new(),
            toast: None,
            stacks,
            tab,
            overlay: None,
            typed: Vec::new(),
            followed: Vec::new(),
            ended: Ended::default(),
        }
    }

    /// Begins on the live screen, with `run`.
    pub fn watch(&mut self, run: RunFolder) {
        self.tab = tab_of(Action::GoLive);
        self.stacks[self.tab] = vec![Screen::Live(Box::new(Live::beginning_with(run)))];
    }

    /// Draws on this area from now on.
    pub fn resize(&mut self, area: Rect) {
        self.area = area;
    }

    /// Takes in all news, then tells the screen in front of them, once. What is left to be done
    /// outside is answered.
    pub fn on_news(&mut self, news: Vec<News>) -> Vec<Effect> {
        if news.is_empty() {
            return Vec::new();
        }
        let mut ended = Vec::new();
        for one in &news {
            self.learn(one, &mut ended);
            if let Some(toast) = words::words(one, &self.context.config.trash) {
                self.say(toast);
            }
        }
        let notified = self.tell_ended(ended);
        let shown = self.top().page().follows(&self.known);
        let launched = news.iter().rev().find_map(|one| match one {
            News::Launched(run) => Some(run.clone()),
            News::Resumed(run) if shown[..] != [run.clone()] => Some(run.clone()),
            _ => None,
        });
        let queue_waits = news.iter().any(|one| matches!(one, News::QueueWaits));
        if news.iter().any(|one| matches!(one, News::Resumed(_))) {
            // The new worker is followed anew, also where the old one was given up.
            self.followed.clear();
        }
        let mut effects = self.tell(&Message::News(news));
        effects.extend(notified);
        effects.extend(queue_waits.then_some(Effect::AdvanceQueue));
        effects.extend(launched.map(|run| Effect::Open(Destination::Live(run))));
        self.settle(effects)
    }

    /// A key, the mouse, pasted text or another size.
    pub fn on_event(&mut self, event: Event) -> Vec<Effect> {
        self.ended.learn(&event, (self.now)());
        let effects = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.on_key(&key),
            Event::Mouse(mouse) => self.on_mouse(mouse),
            Event::Paste(text) => self.on_paste(text),
            Event::Resize(width, height) => {
                self.resize(Rect::new(0, 0, width, height));
                self.tell(&Message::Shown)
            }
            _ => Vec::new(),
        };
        self.settle(effects)
    }

    fn on_key(&mut self, key: &KeyEvent) -> Vec<Effect> {
        self.toast = None;
        let chord = Chord::from(key);
        if keys::meaning(&[], &[chord]) == Meaning::Action(Action::Quit) {
            return vec![self.quit()];
        }
        if let Some(overlay) = self.overlay.take() {
            let (overlay, answer) = overlay.on(key);
            self.overlay = overlay;
            return match answer {
                Answer::Open | Answer::Closed => Vec::new(),
                Answer::Act(action) => self.act(action),
                Answer::Perform(effect) => vec![effect],
                Answer::Show(name) => {
                    self.theme = self.theme.turned(name);
                    Vec::new()
                }
                Answer::Keep(name) => {
                    self.context.config.theme = name;
                    vec![Effect::KeepTheme(name)]
                }
            };
        }
        if self.top().page().is_typing() {
            return self.tell(&Message::Key(*key));
        }
        self.typed.push(chord);
        match keys::meaning(self.top().page().contexts(), &self.typed) {
            Meaning::Begun => Vec::new(),
            Meaning::Nothing => {
                self.typed.clear();
                self.toast = foreign_letter(key).map(|toast| Said { at: (self.now)(), toast });
                Vec::new()
            }
            Meaning::Action(action) => {
                self.typed.clear();
                self.act(action)
            }
        }
    }

    fn on_paste(&mut self, text: String) -> Vec<Effect> {
        if let Some(overlay) = &mut self.overlay {
            overlay.paste(&text);
        } else if self.top().page().is_typing() {
            return self.tell(&Message::Paste(text));
        }
        Vec::new()
    }

    fn on_mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        let is_click = matches!(mouse.kind, MouseEventKind::Down(_));
        if self.overlay.is_some() || self.is_too_small() {
            return Vec::new();
        }
        if is_click && mouse.row == self.area.y {
            return match self.tab_at(mouse.column) {
                Some(tab) => self.go(tab),
                None => Vec::new(),
            };
        }
        if mouse.kind == MouseEventKind::Moved {
            return Vec::new();
        }
        self.tell(&Message::Mouse(mouse))
    }

    /// Does what belongs to no screen, and gives the rest to the one in front.
    fn act(&mut self, action: Action) -> Vec<Effect> {
        let contexts = self.top().page().contexts();
        match action {
            Action::Help => self.overlay = Some(Overlay::help(contexts)),
            Action::Palette => {
                let offers = |action| self.top().page().offers(action, &self.known);
                self.overlay = Some(Overlay::palette(contexts, offers));
            }
            Action::ChooseTheme => {
                self.overlay = Some(Overlay::themes(self.context.config.theme));
            }
            Action::ShowLog => {
                return vec![Effect::Open(Destination::Log)];
            }
            Action::ShowQueue => {
                return vec![Effect::Open(Destination::Queue)];
            }
            Action::Quit => return vec![self.quit()],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Repaint => return vec![Effect::Repaint],
            // The screen asks what is to become of it, as at 'esc'.
            Action::Leave if self.top().page().has_unsaved() => {
                return self.tell(&Message::Action(Action::Back));
            }
            Action::Leave if self.stacks[self.tab].len() == 1 => return vec![Effect::Quit],
            Action::Leave => return self.close(),
            Action::Back => return self.back(),
            Action::GoExperiments | Action::GoLive | Action::GoRuns | Action::GoImages => {
                return self.go(tab_of(action));
            }
            action => return self.tell(&Message::Action(action)),
        }
        Vec::new()
    }

    /// Asks first when something would be lost.
    fn quit(&mut self) -> Effect {
        let mut pages = self.stacks.iter().flatten().map(Screen::page);
        let Some(unsaved) = pages.find(|page| page.has_unsaved()) else { return Effect::Quit };
        Effect::Confirm(Confirm {
            question: format!(
                "quit and lose what is not saved in {}?",
                unsaved.way(&self.known, &self.zone).join(" ")
            ),
            consequences: vec![format!("any other key goes back; {} saves there", names::SAVE)],
            effect: Box::new(Effect::Quit),
        })
    }

    /// Goes to a tab. From another tab, its screens are as the person left them; on the tab itself,
    /// the screens above the first are closed, down to one with unsaved changes.
    fn go(&mut self, tab: usize) -> Vec<Effect> {
        if self.tab == tab {
            let stack = &mut self.stacks[self.tab];
            let unsaved = stack.iter().rposition(|screen| screen.page().has_unsaved());
            stack.truncate(unsaved.unwrap_or(0) + 1);
        }
        self.tab = tab;
        if self.stacks[self.tab].is_empty() {
            self.stacks[self.tab].push((TABS[self.tab].open)());
        }
        if let Some(screen) = self.stacks[self.tab].last_mut() {
            screen.page_mut().visit();
        }
        self.tell(&Message::Shown)
    }

    /// Lets the screen clear something first, such as a filter; if there was nothing to clear, closes
    /// it, unless it is the last of its tab.
    fn back(&mut self) -> Vec<Effect> {
        let effects = self.tell(&Message::Action(Action::Back));
        let has_cleared = effects.iter().any(|effect| matches!(effect, Effect::Cleared));
        if has_cleared || self.stacks[self.tab].len() == 1 { effects } else { self.close() }
    }

    fn close(&mut self) -> Vec<Effect> {
        self.stacks[self.tab].pop();
        self.tell(&Message::Shown)
    }

    fn open(&mut self, screen: Screen) {
        self.stacks[self.tab].push(screen);
    }

    /// Opens a screen that no key opens by itself.
    #[cfg(test)]
    pub fn show(&mut self, screen: Screen) {
        self.open(screen);
        let effects = self.tell(&Message::Shown);
        self.settle(effects);
    }

    /// The screen in front.
    #[cfg(test)]
    pub fn shown(&self) -> &Screen {
        self.top()
    }

    fn say(&mut self, toast: Toast) {
        let said = Said { at: (self.now)(), toast };
        self.log.push(said.clone());
        self.toast = Some(said);
    }

    /// When [`App::pass_time`] has something to do or the screen is to be drawn anew; `None`: never, as
    /// long as nothing happens.
    pub fn wakes_in(&self) -> Option<Duration> {
        let is_counting = self.top().page().counts_seconds(&self.known);
        let second = is_counting.then_some(Duration::from_secs(1));
        self.toast_goes_in().into_iter().chain(second).min()
    }

    fn toast_goes_in(&self) -> Option<Duration> {
        let said = self.toast.as_ref()?;
        let shown = (self.now)().duration_since(said.at);
        // A clock that was set back: it is shown from now on.
        Some(SHOWN.saturating_sub(Duration::try_from(shown).unwrap_or_default()))
    }

    /// Takes the message away when its time is over.
    pub fn pass_time(&mut self) {
        if self.toast_goes_in().is_some_and(|left| left.is_zero()) {
            self.toast = None;
        }
    }

    /// Gives a message to the screen in front.
    fn tell(&mut self, message: &Message) -> Vec<Effect> {
        let area = self.body();
        let now = (self.now)();
        let App { stacks, tab, known, log, theme, zone, context, overlay, .. } = self;
        let is_covered = overlay.is_some();
        let world = World { known, log, theme, zone, now, area, context, is_covered };
        let screen = stacks[*tab].last_mut().expect("a tab in front has a screen");
        screen.page_mut().on(message, &world)
    }

    /// Applies the effects that only change the screen; the others are left to be performed.
    fn settle(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut outside = Vec::new();
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            match effect {
                Effect::Open(destination) => {
                    self.open(Screen::at(destination));
                    queue.extend(self.tell(&Message::Shown));
                }
                Effect::Confirm(confirm) => self.overlay = Some(Overlay::Confirm(confirm)),
                Effect::Toast(toast) => self.say(toast),
                Effect::Act(action) => queue.extend(self.act(action)),
                Effect::Cleared => {}
                effect => outside.push(effect),
            }
        }
        let page = self.stacks[self.tab].last().expect("a tab in front has a screen").page();
        let (wanted, smoothing) = (page.follows(&self.known), page.smoothing());
        self.known.smooth(smoothing);
        if !wanted.is_empty() && wanted != self.followed {
            self.known.keep_followed(&wanted);
            self.followed.clone_from(&wanted);
            outside.push(Effect::Follow { runs: wanted, smoothing });
        }
        outside
    }

    fn top(&self) -> &Screen {
        self.stacks[self.tab].last().expect("a tab in front has a screen")
    }
}

/// What is said of a letter that no key of the table can be: another alphabet is switched on.
fn foreign_letter(key: &KeyEvent) -> Option<Toast> {
    let KeyCode::Char(c) = key.code else { return None };
    (c.is_alphabetic() && !c.is_ascii()).then(|| {
        Toast::error(format!("{c} is no key here: keys are a to z, on a Latin keyboard layout"))
    })
}

/// The tab to which the action goes.
fn tab_of(action: Action) -> usize {
    TABS.iter().position(|tab| tab.action == action).expect("every action that goes has its tab")
}
