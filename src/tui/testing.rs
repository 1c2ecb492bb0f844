//! For tests of screens: an app without threads, keys by name, frames as text.

use super::compared::{Compared, ComparedNews};
use super::scores::ScoreTable;
use crate::insight::{Tested, pair};
use crate::spec::Set;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::App;
use super::effect::Effect;
use super::known_run::{KnownRun, Reading};
use super::news::{News, RunsNews};
use super::theme::{Environment, Theme, ThemeName};
use crate::config::Config;
use crate::runner::Jobs;
use crate::store::{KeptValidation, Note, RunFolder, State, Summary, TestResult, Timestamp};

/// The sizes at which every screen is looked at.
pub const SIZES: [(u16, u16); 3] = [(60, 20), (80, 24), (140, 40)];

thread_local! {
    /// Seconds since the app was made.
    static PASSED: Cell<i64> = const { Cell::new(0) };
}

/// Lets so many seconds pass.
pub fn pass(app: &mut App, seconds: i64) {
    PASSED.set(PASSED.get() + seconds);
    app.pass_time();
}

/// An app on no folders at all, in UTC, at a time that stands still unless it is made to pass,
/// 80x24 large, on the screen of runs.
pub fn app(theme: ThemeName) -> App {
    let context = super::Context {
        config: Config { theme, ..Config::at(Path::new(".")) },
        program: "retrain".into(),
        slots: 1,
        jobs: Jobs::default(),
    };
    let environment = Environment { term: "xterm-256color".into(), ..Default::default() };
    PASSED.set(0);
    let now = || {
        let start = "2026-01-02T03:04:05Z".parse::<Timestamp>().expect("it is a time");
        start + SignedDuration::from_secs(PASSED.get())
    };
    let mut app = App::new(context, Theme::choose(theme, &environment), TimeZone::UTC, now);
    app.resize(Rect::new(0, 0, 80, 24));
    press(&mut app, "3");
    app
}

/// Presses keys: names of keys, or text that is typed, with spaces between. Returns what is left
/// to be performed.
pub fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for word in keys.split(' ') {
        let (code, modifiers) = match word {
            "enter" => (KeyCode::Enter, KeyModifiers::NONE),
            "esc" => (KeyCode::Esc, KeyModifiers::NONE),
            "space" => (KeyCode::Char(' '), KeyModifiers::NONE),
            "down" => (KeyCode::Down, KeyModifiers::NONE),
            "up" => (KeyCode::Up, KeyModifiers::NONE),
            "right" => (KeyCode::Right, KeyModifiers::NONE),
            "shift-right" => (KeyCode::Right, KeyModifiers::SHIFT),
            "end" => (KeyCode::End, KeyModifiers::NONE),
            "tab" => (KeyCode::Tab, KeyModifiers::NONE),
            "backspace" => (KeyCode::Backspace, KeyModifiers::NONE),
            "f1" => (KeyCode::F(1), KeyModifiers::NONE),
            word if word.len() == 6 && word.starts_with("ctrl-") => {
                (KeyCode::Char(char::from(word.as_bytes()[5])), KeyModifiers::CONTROL)
            }
            text => {
                for c in text.chars() {
                    let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
                    effects.extend(app.on_event(Event::Key(key)));
                }
                continue;
            }
        };
        effects.extend(app.on_event(Event::Key(KeyEvent::new(code, modifiers))));
    }
    effects
}

/// One frame of that size.
pub fn frame(app: &mut App, (columns, rows): (u16, u16)) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("it cannot fail");
    let paint = |frame: &mut ratatui::Frame| {
        app.resize(frame.area());
        app.draw(frame.buffer_mut());
    };
    terminal.draw(paint).expect("it cannot fail");
    terminal
}

/// The frame as text.
pub fn text(app: &mut App, size: (u16, u16)) -> String {
    frame(app, size).backend().to_string()
}

/// The frame as cells.
pub fn cells(app: &mut App, size: (u16, u16)) -> Buffer {
    frame(app, size).backend().buffer().clone()
}

/// A summary of the experiment `fire` in some state.
pub fn summary(state: State, settings: &[(&str, &str)]) -> Summary {
    let at = |text: &str| Some(text.parse::<Timestamp>().expect("it is a time"));
    let has_result = matches!(state, State::Done | State::Stopped);
    Summary {
        v: 1,
        experiment: "fire".into(),
        group: None,
        state,
        stage: None,
        created: at("2026-01-02T03:00:00Z"),
        started: at("2026-01-02T03:00:01Z"),
        updated: at("2026-01-02T03:01:05Z"),
        seconds: 64.0,
        categories: vec!["fire".into(), "smoke".into()],
        images: 1200,
        iterations: 400,
        step: if has_result { 400 } else { 120 },
        validation_accuracy: Some(0.931),
        best_step: Some(110),
        kept: Some(KeptValidation {
            step: if has_result { 400 } else { 120 },
            accuracy: 0.922,
            loss: 0.2345,
        }),
        test: has_result.then_some(TestResult {
            correct: 118,
            n: 125,
            accuracy: 0.944,
            low: 0.889,
            high: 0.973,
            log_loss: 0.1723,
            folds: 0,
            would_notice: None,
        }),
        error: (state == State::Failed)
            .then(|| "no photo in data/fire; put one folder a category there".into()),
        warnings: 0,
        settings: settings.iter().map(|&(k, v)| (k.into(), v.into())).collect::<BTreeMap<_, _>>(),
    }
}

pub fn run(id: &str, summary: Summary, tags: &str, note: &str) -> KnownRun {
    let tags = tags.split_whitespace().map(str::to_owned).collect();
    let folder = RunFolder::at(std::path::Path::new("runs").join(id));
    KnownRun::new(folder, Reading::Read(summary.into()), Note { tags, note: note.into() })
}

/// The news that two runs were compared: of four photos the second fixed one and broke another.
pub fn compared(first: &str, second: &str) -> News {
    let table = |scores: [f32; 4]| {
        let mut table = ScoreTable::new(vec!["fire".into(), "smoke".into()], "photos".into());
        for (name, score) in ["a", "b", "c", "d"].into_iter().zip(scores) {
            let file = format!("fire/{name}.jpg");
            table.add(file, Some(Set::Test), Some(0), &[score, 1.0 - score]);
        }
        table
    };
    let (before, after) = ([0.9f32, 0.2, 0.8, 0.1], [0.95, 0.7, 0.3, 0.4]);
    let views = |scores: [f32; 4]| {
        let view = |(content, score): (&'static str, f32)| Tested {
            content,
            truth: "fire",
            is_right: score > 0.5,
            true_score: score.into(),
        };
        ["a", "b", "c", "d"].into_iter().zip(scores).map(view).collect::<Vec<_>>()
    };
    let pairs = pair(&views(before), &views(after));
    let comparison = pairs.comparison();
    let ground = "on the same 4 test photos".to_owned();
    let changes = "12 added (12 to training), 2 in another category, 286 unchanged".to_owned();
    let tables = [table(before), table(after)];
    let compared = Compared { pairs, comparison, ground, changes, tables };
    News::Compared(ComparedNews {
        first: first.into(),
        second: second.into(),
        compared: Ok(std::sync::Arc::new(compared)),
    })
}

/// The news that these are all runs there are.
pub fn all(runs: Vec<KnownRun>) -> Vec<News> {
    vec![News::Runs(RunsNews { changed: runs, gone: Vec::new(), complete: true })]
}
