//! Runs that end while the screens are open, and whether anybody has seen it.

use std::collections::HashSet;
use std::time::Duration;

use crossterm::event::Event;

use super::App;
use crate::store::{State, Timestamp};
use crate::tui::effect::Effect;
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::{News, Toast};
use crate::tui::screens::{Page, Screen};
use crate::words::{counted, percent};

/// Who has touched a key or the mouse within this time is taken to look at the screen, as long as the
/// terminal does not say that another window is in front.
const LOOKS: Duration = Duration::from_secs(60);

/// What is known of the person, and of the ends that were told.
#[derive(Default)]
pub struct Ended {
    /// Runs with the start of the worker whose end was told.
    told: HashSet<(String, Option<Timestamp>)>,
    touched: Option<Timestamp>,
    /// Another window is in front. Terminals that do not say so are in front.
    is_behind: bool,
}

impl Ended {
    /// Takes in what the terminal says of the person.
    pub fn learn(&mut self, event: &Event, now: Timestamp) {
        match event {
            Event::FocusLost => self.is_behind = true,
            Event::FocusGained => self.is_behind = false,
            Event::Key(_) | Event::Mouse(_) | Event::Paste(_) => self.touched = Some(now),
            Event::Resize(..) => {}
        }
    }

    fn is_anybody_there(&self, now: Timestamp) -> bool {
        let since = self.touched.and_then(|at| Duration::try_from(now.duration_since(at)).ok());
        !self.is_behind && since.is_some_and(|since| since < LOOKS)
    }

    /// Whether a run has ended by itself, which was not told yet.
    fn is_new(&mut self, run: &KnownRun) -> bool {
        let Some(summary) = run.summary() else { return false };
        // What a person has asked for needs not be told.
        matches!(summary.state, State::Done | State::Failed | State::Lost)
            && self.told.insert((run.id().to_owned(), summary.started))
    }
}

/// Those of the runs that the news is about which may still end.
fn live(news: &News, known: &Known) -> Vec<String> {
    let News::Runs(news) = news else { return Vec::new() };
    let was_live =
        |id: &&str| known.runs.get(*id).and_then(KnownRun::state).is_some_and(State::is_live);
    news.changed.iter().map(KnownRun::id).filter(was_live).map(str::to_owned).collect()
}

impl App {
    /// Takes news in, and adds the runs that have ended by it.
    pub(super) fn learn(&mut self, news: &News, ended: &mut Vec<String>) {
        let live = live(news, &self.known);
        self.known.learn(news);
        for id in live {
            if self.known.runs.get(&id).is_some_and(|run| self.ended.is_new(run)) {
                ended.push(id);
            }
        }
    }

    /// Says which runs have ended: in the footer, and to the terminal for who does not look at it. A run
    /// that is looked at says so itself.
    pub(super) fn tell_ended(&mut self, mut ended: Vec<String>) -> Option<Effect> {
        if self.ended.is_anybody_there((self.now)())
            && let Screen::Live(live) = self.top()
        {
            let shown = live.follows(&self.known);
            ended.retain(|id| shown.iter().all(|run| run.id() != *id));
        }
        let toast = words(&ended, &self.known)?;
        let text = toast.text.clone();
        self.say(toast);
        self.context.config.notify.then_some(Effect::Notify(text))
    }
}

fn words(ended: &[String], known: &Known) -> Option<Toast> {
    let summaries = || ended.iter().filter_map(|id| Some((id, known.runs.get(id)?.summary()?)));
    let lacking = summaries().filter(|(_, summary)| summary.state != State::Done).count();
    match (summaries().count(), summaries().next()) {
        (1, Some((id, summary))) => Some(match (summary.state, &summary.test) {
            (State::Done, Some(test)) => {
                Toast::good(format!("{id} is done: {}", percent(test.accuracy)))
            }
            (State::Done, None) => Toast::good(format!("{id} is done")),
            (State::Lost, _) => Toast::error(format!("{id} is lost: its worker is gone")),
            _ => Toast::error(format!("{id} has failed")),
        }),
        (0, _) => None,
        (all, _) if lacking == 0 => Some(Toast::good(format!("{} are done", counted(all, "run")))),
        (all, _) => {
            let text = format!("{} have ended, {lacking} without a result", counted(all, "run"));
            Some(Toast::error(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Summary;
    use crate::tui::testing::{self, all, press, run, summary};
    use crate::tui::theme::ThemeName;

    /// On the screen of runs, with a run at work that a worker began at this second.
    fn app_with(id: &str, second: i64) -> App {
        let mut app = testing::app(ThemeName::NoColour);
        app.on_news(all(vec![run(id, started(State::Running, second), "", "")]));
        app
    }

    fn started(state: State, second: i64) -> Summary {
        let at = Timestamp::from_second(second).unwrap();
        Summary { started: Some(at), ..summary(state, &[]) }
    }

    /// What the terminal is to tell when the run becomes this.
    fn becomes(app: &mut App, id: &str, state: State, second: i64) -> Option<String> {
        let effects = app.on_news(all(vec![run(id, started(state, second), "", "")]));
        effects.into_iter().find_map(|effect| match effect {
            Effect::Notify(text) => Some(text),
            _ => None,
        })
    }

    #[test]
    fn a_run_that_ends_while_the_screens_are_open_is_told_once() {
        let mut app = app_with("a", 1);
        assert_eq!(becomes(&mut app, "a", State::Running, 1), None);
        assert_eq!(becomes(&mut app, "a", State::Done, 1).as_deref(), Some("a is done: 94.4%"));
        assert!(testing::text(&mut app, (80, 24)).contains("✓ a is done: 94.4%"));
        assert_eq!(becomes(&mut app, "a", State::Done, 1), None);
        // A worker that was silent for long, and one more that goes on with the run.
        assert_eq!(becomes(&mut app, "a", State::Running, 1), None);
        assert_eq!(becomes(&mut app, "a", State::Lost, 1), None);
        assert_eq!(becomes(&mut app, "a", State::Running, 2), None);
        assert_eq!(becomes(&mut app, "a", State::Failed, 2).as_deref(), Some("a has failed"));
        assert_eq!(becomes(&mut app, "old", State::Done, 1), None, "it had ended before");
    }

    #[test]
    fn what_a_person_has_asked_for_is_not_told() {
        for state in [State::Stopped, State::Paused, State::Cancelled] {
            let mut app = app_with("a", 1);
            assert_eq!(becomes(&mut app, "a", state, 1), None);
            assert!(!testing::text(&mut app, (80, 24)).contains("✓ a"));
        }
    }

    #[test]
    fn the_run_on_live_is_told_only_where_nobody_looks() {
        let on_live = || {
            let mut app = app_with("a", 1);
            press(&mut app, "2");
            app
        };
        let mut app = on_live();
        assert_eq!(becomes(&mut app, "a", State::Done, 1), None);
        let mut app = on_live();
        testing::pass(&mut app, 61);
        assert!(becomes(&mut app, "a", State::Done, 1).is_some(), "no key for a minute");
        let mut app = on_live();
        app.on_event(Event::FocusLost);
        assert!(becomes(&mut app, "a", State::Done, 1).is_some(), "another window is in front");
        let mut app = on_live();
        app.on_event(Event::FocusLost);
        app.on_event(Event::FocusGained);
        assert_eq!(becomes(&mut app, "a", State::Done, 1), None);
        press(&mut app, "3");
        app.on_news(all(vec![run("b", started(State::Running, 1), "", "")]));
        assert!(becomes(&mut app, "b", State::Done, 1).is_some(), "another screen is in front");
    }

    #[test]
    fn several_at_once_are_one_message_and_the_bell_can_be_switched_off() {
        let mut app = app_with("a", 1);
        app.on_news(all(vec![run("b", started(State::Running, 1), "", "")]));
        app.context.config.notify = false;
        let ended = [("a", State::Done), ("b", State::Lost)];
        let ended = ended.map(|(id, state)| run(id, started(state, 1), "", ""));
        let effects = app.on_news(all(ended.into()));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Notify(_))), "{effects:?}");
        let shown = testing::text(&mut app, (80, 24));
        assert!(shown.contains("✗ 2 runs have ended, 1 without a result"), "{shown}");
    }
}
