use std::path::{Path, PathBuf};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::style::Modifier;

use super::Editor;
use jiff::tz::TimeZone;

use crate::store::RunFolder;
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::experiments::{ExperimentEffect, ExperimentNews, Saved};
use crate::tui::known::Known;
use crate::tui::news::News;
use crate::tui::screens::{Page, Screen};
use crate::tui::testing::{self, SIZES, press, text};
use crate::tui::theme::ThemeName;

const FIRE: &str = "\
# does a misc category keep empty fireplaces out of fire?
images = \"data/fire\"                 # one folder a category
categories = [\"fire\", \"smoke\", \"misc\"]
iterations = 400
learning_rate = 0.01

[train]
batch_size = 50
optimizer = \"momentum\"
";

fn path() -> PathBuf {
    PathBuf::from("experiments/fire.toml")
}

fn news(app: &mut App, news: ExperimentNews) -> Vec<Effect> {
    app.on_news(vec![News::Experiment(news)])
}

fn read(app: &mut App, text: &str) -> Vec<Effect> {
    news(app, ExperimentNews::Text { path: path(), text: Ok(Some(text.into())) })
}

/// An app that knows that there is nothing.
fn empty() -> App {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(testing::all(Vec::new()));
    app
}

/// An app in whose editor this text was read from a file.
fn editing(text: &str) -> App {
    let mut app = empty();
    let editor = Editor::of(path());
    app.show(Screen::Editor(Box::new(editor)));
    read(&mut app, text);
    app
}

/// The moment after the last key.
fn pause(app: &mut App, effects: &[Effect]) {
    let number = effects.iter().rev().find_map(|effect| match effect {
        Effect::Experiment(ExperimentEffect::Pause(number)) => Some(*number),
        _ => None,
    });
    news(app, ExperimentNews::Paused(number.expect("a pause was asked for")));
}

/// The text that would be saved.
fn saving(app: &mut App) -> (String, Option<String>) {
    let mut effects = press(app, "ctrl-s");
    match effects.pop() {
        Some(Effect::Experiment(ExperimentEffect::Save { text, expected, .. })) => (text, expected),
        other => panic!("{other:?}"),
    }
}

fn saved(app: &mut App, saved: Saved) -> Vec<Effect> {
    news(app, ExperimentNews::Saved { path: path(), saved })
}

fn looks(name: &str, app: &mut App) {
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), text(app, size));
    }
}

#[test]
fn a_text_without_mistakes_looks_like_this() {
    looks("clean", &mut editing(FIRE));
}

#[test]
fn a_mistake_is_marked_and_said_with_what_is_expected_after_a_pause() {
    let mut app = editing(FIRE);
    press(&mut app, "down down down end");
    let effects = press(&mut app, "backspace backspace backspace 0");
    assert!(!text(&mut app, (80, 24)).contains("✗"), "not while typing");
    pause(&mut app, &effects);
    looks("mistake", &mut app);
    let cells = testing::cells(&mut app, (80, 24));
    let underlined: String = cells
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED))
        .map(|cell| cell.symbol())
        .collect();
    assert_eq!(underlined, "0", "exactly the mistake is underlined");
}

#[test]
fn choices_are_listed_with_their_meaning_and_one_is_written() {
    let mut app = editing(&FIRE.replace("\"momentum\"", ""));
    press(&mut app, "ctrl-g");
    press(&mut app, "end tab");
    looks("completion", &mut app);
    press(&mut app, "down down");
    let effects = press(&mut app, "enter");
    assert!(saving(&mut app).0.contains("optimizer = \"adam\"\n"));
    pause(&mut app, &effects);
    assert!(text(&mut app, (80, 24)).contains("no mistakes"));
}

#[test]
fn typing_narrows_the_list_and_esc_only_closes_it() {
    let mut app = editing("images = 'p'\n[train]\n");
    press(&mut app, "down down tab s");
    let shown = text(&mut app, (80, 24));
    assert!(shown.contains("seed") && !shown.contains("momentum "), "{shown}");
    press(&mut app, "esc");
    assert!(!text(&mut app, (80, 24)).contains("another seed draws"));
    assert!(saving(&mut app).0.ends_with("[train]\ns"));
}

#[test]
fn search_goes_from_place_to_place() {
    let mut app = editing(FIRE);
    press(&mut app, "ctrl-f fire");
    looks("search", &mut app);
    press(&mut app, "enter ctrl-n ctrl-n");
    let x = |app: &mut App| press(app, "X ctrl-s");
    let Some(Effect::Experiment(ExperimentEffect::Save { text, .. })) = x(&mut app).pop() else {
        panic!()
    };
    assert!(text.contains("data/Xfire"), "{text}");
    press(&mut app, "ctrl-f");
    for key in ["nowhere", "enter"] {
        press(&mut app, key);
    }
    assert!(self::text(&mut app, (80, 24)).contains("not found"));
}

#[test]
fn long_lines_scroll_sideways_and_wide_letters_stay_whole() {
    let long =
        format!("description = \"{}\"\nimages = '火事\t\u{1b}e\u{301}'\n", "文字 ".repeat(60));
    let mut app = editing(&long);
    press(&mut app, "end");
    looks("long", &mut app);
    let buffer = testing::cells(&mut app, (140, 40));
    assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(char::is_control)));
    let cursor = |cell: &&ratatui::buffer::Cell| cell.modifier.contains(Modifier::REVERSED);
    assert_eq!(buffer.content.iter().filter(cursor).count(), 1);
}

#[test]
fn saving_keeps_every_byte_that_was_not_typed() {
    for end in ["\n", "\r\n"] {
        let before = FIRE.replace('\n', end);
        let before = before.trim_end();
        let mut app = editing(before);
        press(&mut app, "down down down end 0");
        let (after, expected) = saving(&mut app);
        assert_eq!(after, before.replace("= 400", "= 4000"));
        assert_eq!(expected.as_deref(), Some(before));
        saved(&mut app, Saved::Done(after));
        assert!(text(&mut app, (80, 24)).contains("✓ saved fire.toml"));
        assert!(press(&mut app, "ctrl-z").len() == 1, "saving is no end of undoing");
        assert_eq!(saving(&mut app).0, before);
    }
}

#[test]
fn a_file_that_was_changed_meanwhile_is_asked_about() {
    let mut app = editing(FIRE);
    press(&mut app, "x");
    saving(&mut app);
    saved(&mut app, Saved::Changed(Some("images = 'theirs'\n".into())));
    looks("conflict", &mut app);
    press(&mut app, "esc");
    assert!(saving(&mut app).0.starts_with("x# does"), "nothing was lost");
    saved(&mut app, Saved::Changed(Some("images = 'theirs'\n".into())));
    let effects = press(&mut app, "o");
    let [Effect::Experiment(ExperimentEffect::Overwrite { text, .. })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(text.starts_with("x# does"));
    saved(&mut app, Saved::Changed(Some("images = 'theirs'\n".into())));
    press(&mut app, "r");
    let (text, expected) = saving(&mut app);
    assert_eq!(text, "images = 'theirs'\n");
    assert_eq!(expected.as_deref(), Some("images = 'theirs'\n"));
}

#[test]
fn unsaved_changes_are_asked_about_before_they_are_lost() {
    let mut app = editing(FIRE);
    press(&mut app, "x esc");
    looks("leaving", &mut app);
    press(&mut app, "esc");
    assert!(text(&mut app, (80, 24)).contains("# does a misc"), "still here");
    assert!(press(&mut app, "ctrl-c").is_empty(), "no quitting without a question");
    assert!(text(&mut app, (80, 24)).contains("quit and lose what is not saved in fire.toml*?"));
    assert!(matches!(&press(&mut app, "y")[..], [Effect::Quit]));
    press(&mut app, "esc s");
    saved(&mut app, Saved::Done(format!("x{FIRE}")));
    assert!(text(&mut app, (80, 24)).contains("no run yet"), "left");

    let mut app = editing(FIRE);
    press(&mut app, "x esc d");
    assert!(text(&mut app, (80, 24)).contains("no run yet"), "discarded");
    let mut app = editing(FIRE);
    press(&mut app, "esc");
    assert!(text(&mut app, (80, 24)).contains("no run yet"), "nothing to ask");
}

#[test]
fn the_palette_leaves_only_after_the_question_too() {
    let mut app = editing(FIRE);
    press(&mut app, "x ctrl-p leave enter");
    assert!(text(&mut app, (80, 24)).contains("has changes that are not saved"));
    let mut app = editing(FIRE);
    press(&mut app, "ctrl-p leave space the space editor enter");
    let shown = text(&mut app, (80, 24));
    assert!(shown.contains("no run yet"), "left once, not twice: {shown}");
}

#[test]
fn a_text_with_mistakes_is_not_run_and_a_good_one_is_saved_first() {
    let mut app = editing(&FIRE.replace("400", "0"));
    assert!(press(&mut app, "ctrl-r").is_empty());
    assert!(text(&mut app, (140, 40)).contains("not started: line 4: iterations is 0"));
    let mut app = editing(FIRE);
    assert!(
        matches!(&press(&mut app, "ctrl-r")[..], [Effect::Launch { experiment }] if *experiment == path())
    );
    press(&mut app, "#");
    let effects = press(&mut app, "ctrl-r");
    assert!(matches!(&effects[..], [Effect::Experiment(ExperimentEffect::Save { .. })]));
    let effects = saved(&mut app, Saved::Done(format!("#{FIRE}")));
    assert!(matches!(&effects[..], [Effect::Launch { .. }]), "{effects:?}");
    app.on_news(vec![News::Launched(RunFolder::at("runs/20260102-fire"))]);
    assert!(text(&mut app, (80, 24)).contains("20260102-fire"), "its live screen is shown");
}

#[test]
fn another_editor_gets_the_saved_text_and_its_result_is_read() {
    let mut app = editing(FIRE);
    let effects = press(&mut app, "ctrl-e");
    let [Effect::EditOutside(_), Effect::Experiment(ExperimentEffect::Read(_))] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    read(&mut app, "images = 'outside'\n");
    assert!(text(&mut app, (80, 24)).contains("images = 'outside'"));
    press(&mut app, "x");
    let effects = press(&mut app, "ctrl-e");
    assert!(matches!(&effects[..], [Effect::Experiment(ExperimentEffect::Save { .. })]));
    read(&mut app, "images = 'third'\n");
    let shown = text(&mut app, (80, 24));
    assert!(shown.contains("ximages = 'outside'"), "what is not saved stays: {shown}");
    assert!(shown.contains("saving asks which to keep"));
}

#[test]
fn a_file_that_cannot_be_read_says_why_and_one_that_is_new_is_empty() {
    let mut app = empty();
    app.show(Screen::Editor(Box::new(Editor::of(path()))));
    assert!(text(&mut app, (80, 24)).contains("reading"));
    let problem = "experiments/fire.toml:2: byte 11 is not UTF-8; save the file as UTF-8";
    news(&mut app, ExperimentNews::Text { path: path(), text: Err(problem.into()) });
    press(&mut app, "abc ctrl-s ctrl-x");
    assert!(text(&mut app, (80, 24)).contains("is not UTF-8"));
    press(&mut app, "esc");
    assert!(text(&mut app, (80, 24)).contains("no run yet"));

    let mut editor = Editor::draft(path(), "images = 'p'\n");
    assert!(editor.has_unsaved());
    editor.read(Ok(None));
    assert_eq!(editor.document.text(), "images = 'p'\n");
}

#[test]
fn pasted_lines_are_one_step_and_what_is_selected_is_copied() {
    let mut app = editing("a = 1\n");
    let effects = app.on_event(Event::Paste("b = 2\r\nc = 3\r".into()));
    assert_eq!(effects.len(), 1, "the check waits for a pause");
    assert_eq!(saving(&mut app).0, "b = 2\nc = 3\na = 1\n");
    press(&mut app, "ctrl-z");
    assert_eq!(saving(&mut app).0, "a = 1\n");
    press(&mut app, "shift-right shift-right shift-right");
    let alt_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::ALT);
    let effects = app.on_event(Event::Key(alt_c));
    assert!(matches!(&effects[..], [Effect::Copy(text)] if text == "a ="), "{effects:?}");
}

fn key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        6 => prop::char::any().prop_map(KeyCode::Char),
        6 => prop::sample::select(vec!['a', 'e', 'f', 'g', 'n', 'r', 's', 'v', 'x', 'y', 'z', ' ', '=', '[', '"', '\'', '#'])
            .prop_map(KeyCode::Char),
        4 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Backspace, KeyCode::Delete, KeyCode::Left, KeyCode::Right,
            KeyCode::Up, KeyCode::Down, KeyCode::Home, KeyCode::End, KeyCode::PageUp,
            KeyCode::PageDown, KeyCode::Tab, KeyCode::BackTab, KeyCode::Esc, KeyCode::F(3),
        ]),
    ];
    let modifiers = prop_oneof![
        5 => Just(KeyModifiers::NONE),
        2 => Just(KeyModifiers::CONTROL),
        1 => Just(KeyModifiers::ALT),
        1 => Just(KeyModifiers::SHIFT),
    ];
    (code, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_keys_crash_the_editor_or_break_the_terminal(
        keys in prop::collection::vec(key(), 1..80),
        size in (60u16..90, 20u16..30),
    ) {
        let mut app = editing("# é文\r\nimages = 'p'\r\n\r\n[train]\r\nseed = 1 # e\u{301}\u{7}\r\n");
        for key in keys {
            let effects = app.on_event(Event::Key(key));
            for effect in &effects {
                if let Effect::Experiment(ExperimentEffect::Pause(number)) = effect {
                    news(&mut app, ExperimentNews::Paused(*number));
                }
            }
        }
        let buffer = testing::cells(&mut app, size);
        prop_assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(char::is_control)));
    }
}

#[test]
fn the_editor_of_a_path_is_named_after_it() {
    let editor = Editor::of(Path::new("a/b.toml").into());
    assert_eq!(editor.way(&Known::default(), &TimeZone::UTC), ["b.toml"]);
}
