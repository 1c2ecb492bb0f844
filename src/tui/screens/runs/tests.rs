use std::sync::Arc;

use crate::insight::ConfusionMatrix;
use crate::store::{
    EvaluationPoint, Note, NoteEdit, Points, Run, RunFolder, State, StepPoint, Stop,
};
use crate::tui::app::App;
use crate::tui::effect::{Effect, PromptName};
use crate::tui::experiments::{ExperimentEffect, ExperimentNews};
use crate::tui::known_run::KnownRun;
use crate::tui::news::{Curves, Glance, GlanceNews, News};
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

fn app_with(runs: Vec<KnownRun>) -> App {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(runs));
    app
}

fn mixed() -> Vec<KnownRun> {
    let settings = |rate, seed| vec![("learning_rate", rate), ("train.seed", seed), ("x", "1")];
    let mut better = summary(State::Done, &settings("0.05", "1"));
    better.experiment = "fog".into();
    if let Some(test) = &mut better.test {
        (test.accuracy, test.low, test.high) = (0.968, 0.92, 0.988);
    }
    let mut created = summary(State::Created, &settings("0.01", "2"));
    (created.started, created.step, created.validation_accuracy) = (None, 0, None);
    let mut all = vec![
        run("20260102-030000-fire", summary(State::Done, &settings("0.01", "1")), "ok", "first"),
        run("20260102-030100-fog", better, "", ""),
        run("20260102-030200-fire", summary(State::Failed, &settings("0.01", "1")), "", ""),
        run("20260102-030300-fire", summary(State::Running, &settings("0.01", "2")), "", ""),
        run("20260102-030400-fire", created, "", ""),
        run("20260102-030500-fire", summary(State::Lost, &settings("0.01", "2")), "", ""),
    ];
    // With other photos each, so that none is another's repeat.
    for (photos, run) in all.iter_mut().enumerate() {
        let mut summary = run.summary().unwrap().clone();
        summary.images += photos;
        let Note { tags, note } = &run.note;
        *run = testing::run(run.id(), summary, &tags.join(" "), note);
    }
    all
}

/// The order of the runs on the screen, by the seconds in their names.
fn order(app: &mut App) -> Vec<String> {
    let mut found = Vec::new();
    press(app, "gg");
    for _ in 0..6 {
        let Some(Effect::Copy(id)) = press(app, "y").pop() else { break };
        found.push(id[11..13].to_owned());
        press(app, "j");
    }
    found.dedup();
    found
}

fn looks(name: &str, app: &mut App) {
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), testing::text(app, size));
    }
}

#[test]
fn a_project_without_runs_says_what_to_do() {
    looks("runs_empty", &mut app_with(Vec::new()));
}

#[test]
fn runs_in_every_state_are_told_apart_without_colour() {
    looks("runs_mixed", &mut app_with(mixed()));
}

#[test]
fn ten_thousand_runs_are_a_table_like_any_other() {
    let name = |n: usize| format!("2026{:02}{:02}-{n:06}-fire", n / 2800 + 1, n / 100 % 28 + 1);
    let rates = ["0.001", "0.01", "0.1"];
    let make = |n| run(&name(n), summary(State::Done, &[("learning_rate", rates[n % 3])]), "", "");
    let mut app = app_with((0..10_000).map(make).collect());
    press(&mut app, "G");
    looks("runs_many", &mut app);
}

#[test]
fn nasty_names_break_neither_the_layout_nor_the_terminal() {
    let mut nasty = summary(State::Done, &[("images", "\"a\nb\"")]);
    nasty.experiment = "火事\u{1b}[2J\nfire\u{202e}e\u{301}".repeat(4);
    let long = summary(State::Failed, &[("images", &"x".repeat(300))]);
    let runs = vec![
        run("20260102-030000-a\n\u{1b}[31m", nasty, "ta\u{7}g", "nöte\u{9b}2J 👩‍👩‍👧"),
        run(&format!("20260102-030100-{}", "long".repeat(50)), long, "", &"words ".repeat(99)),
    ];
    let mut app = app_with(runs);
    looks("runs_nasty", &mut app);
    let buffer = testing::cells(&mut app, (140, 40));
    assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(char::is_control)));
}

#[test]
fn the_pages_of_help_palette_and_question_look_like_this() {
    let mut app = app_with(mixed());
    press(&mut app, "?");
    looks("help", &mut app);
    press(&mut app, "esc :basel");
    looks("palette", &mut app);
    press(&mut app, "esc d");
    looks("confirm_trash", &mut app);
}

#[test]
fn nothing_is_lost_by_one_key() {
    let table = crate::tui::keys::TABLE;
    for keys in table.iter().flat_map(|(_, rows)| rows.iter()).flat_map(|row| row.keys) {
        for row in 0..6 {
            let mut app = app_with(mixed());
            press(&mut app, &"j ".repeat(row));
            let effects = press(&mut app, keys);
            let loses = |effect: &Effect| {
                matches!(effect, Effect::Stop(_, Stop::Keep | Stop::Cancel) | Effect::Trash(_))
            };
            assert!(!effects.iter().any(loses), "{keys}: {effects:?}");
        }
    }
}

#[test]
fn a_yes_does_what_the_question_said_and_a_running_run_is_not_trashed() {
    let mut app = app_with(mixed());
    press(&mut app, "gg j j");
    assert!(testing::text(&mut app, (80, 24)).contains("> fire            2  0.01 ▶ running"));
    assert!(press(&mut app, "d").is_empty());
    assert!(testing::text(&mut app, (80, 24)).contains("is running: stop it first"));
    let effects = press(&mut app, "x y");
    assert!(
        matches!(&effects[..], [Effect::Stop(run, Stop::Keep)] if run.id() == "20260102-030300-fire")
    );
    press(&mut app, "gg");
    let effects = press(&mut app, "d y");
    assert!(matches!(&effects[..], [Effect::Trash(runs)] if runs.len() == 1), "{effects:?}");
}

#[test]
fn any_column_sorts_both_ways_and_what_is_missing_comes_last() {
    let mut app = app_with(mixed());
    assert_eq!(order(&mut app), ["05", "04", "03", "02", "01", "00"], "newest first");
    press(&mut app, "l l l l s");
    assert_eq!(order(&mut app)[..2], ["00", "01"]);
    press(&mut app, "S");
    assert_eq!(order(&mut app)[..2], ["01", "00"]);
}

#[test]
fn the_filter_narrows_as_it_is_typed_and_esc_takes_it_back() {
    let mut app = app_with(mixed());
    press(&mut app, "/state=done space lr>0.01 enter");
    assert_eq!(order(&mut app), ["01"]);
    press(&mut app, "esc");
    assert_eq!(order(&mut app).len(), 6);
    press(&mut app, "/NOT space tag:ok enter");
    assert_eq!(order(&mut app).len(), 5);
}

#[test]
fn a_mistake_in_the_filter_is_said_at_once_and_the_rows_stay() {
    let mut app = app_with(mixed());
    let seen = |app: &mut App| testing::text(app, (80, 24));
    let rows = |app: &mut App| {
        let names = [Some("fire"), Some("fog ")];
        seen(app).lines().filter(|line| names.contains(&line.get(3..7))).count()
    };
    press(&mut app, "/fog");
    assert_eq!(rows(&mut app), 1);
    press(&mut app, "space acuracy>70%");
    assert!(seen(&mut app).contains("no key 'acuracy': did you mean accuracy?"));
    assert_eq!(rows(&mut app), 1, "those of the last text that could be read");
    looks("filter_mistake", &mut app);
    seen(&mut app);
    assert!(press(&mut app, "enter").is_empty(), "a mistake is not accepted");
    assert!(seen(&mut app).contains("did you mean accuracy?"));
    press(&mut app, "ctrl-u");
    assert_eq!(rows(&mut app), 6);
    press(&mut app, "accu");
    assert!(seen(&mut app).contains("accuracy is a key: go on with = or >"));
    assert_eq!(rows(&mut app), 6, "what may become a key leaves out nothing");
    press(&mut app, "racy>");
    assert!(seen(&mut app).contains("accuracy > …: a share such as 70% or 0.7"));
    assert_eq!(rows(&mut app), 6, "nor does what has become one");
    press(&mut app, "0.95");
    assert_eq!(rows(&mut app), 1);
    press(&mut app, "ctrl-u seed=1");
    assert!(seen(&mut app).contains("seed is train.seed; split.seed is written in full"));
    let effects = press(&mut app, "enter");
    assert!(
        matches!(&effects[..], [Effect::Remember(PromptName::RunFilter, text)] if text == "seed=1")
    );
    press(&mut app, "esc /fire space or space fog enter");
    let said = "no run passes the filter; 'or' is a word here: write OR";
    assert!(seen(&mut app).contains(said) && seen(&mut app).contains("esc clears it"));
}

#[test]
fn tab_completes_the_filter_and_arrows_bring_back_earlier_ones() {
    let mut app = app_with(mixed());
    press(&mut app, "/sta tab");
    looks("filter_completion", &mut app);
    // The key, its usual operator, a value.
    press(&mut app, "enter tab tab tab la backspace tab enter");
    assert!(testing::text(&mut app, (80, 24)).contains("/state=lost"));
    assert_eq!(press(&mut app, "enter").len(), 1);
    assert_eq!(order(&mut app), ["05"]);
    press(&mut app, "esc /experiment=f tab down enter enter");
    assert_eq!(order(&mut app), ["01"], "values that occur are offered");
    let mut history = crate::store::History::default();
    ["state=done", "lr<1"].iter().for_each(|text| history.add("filter of runs", text));
    app.on_news(vec![News::History(history)]);
    press(&mut app, "esc / up up");
    assert!(testing::text(&mut app, (80, 24)).contains("/state=done"));
    assert_eq!(order_while_typing(&mut app), 2);
}

/// How many runs are shown beside a prompt.
fn order_while_typing(app: &mut App) -> usize {
    testing::text(app, (80, 24)).matches("✓ done").count()
}

#[test]
fn all_rows_or_a_range_of_them_are_marked() {
    let mut app = app_with(mixed());
    let marked = |app: &mut App| {
        let text = testing::text(app, (80, 24));
        text.lines().filter(|line| line.get(2..3) == Some("*")).count()
    };
    press(&mut app, "/state=done enter *");
    assert_eq!(marked(&mut app), 2);
    press(&mut app, "esc");
    assert!(testing::text(&mut app, (80, 24)).contains("2 marked"));
    press(&mut app, "* ");
    assert_eq!(marked(&mut app), 6);
    press(&mut app, "*");
    assert_eq!(marked(&mut app), 0);
    press(&mut app, "gg j v j j");
    assert_eq!(marked(&mut app), 3);
    assert!(testing::text(&mut app, (80, 24)).contains("3 marked, v ends the range"));
    press(&mut app, "k");
    assert_eq!(marked(&mut app), 2, "it shrinks, too");
    press(&mut app, "esc");
    assert_eq!(marked(&mut app), 0, "given up");
    press(&mut app, "v G");
    assert!(press(&mut app, "enter").is_empty(), "it ends the range and opens nothing");
    press(&mut app, "gg");
    assert_eq!(marked(&mut app), 4);
}

#[test]
fn the_cursor_stays_on_its_run_when_others_arrive() {
    let mut app = app_with(mixed());
    press(&mut app, "gg j");
    app.on_news(all(vec![run("20260103-000000-new", summary(State::Done, &[]), "", "")]));
    let effects = press(&mut app, "y");
    assert!(matches!(&effects[..], [Effect::Copy(id)] if id == "20260102-030400-fire"));
}

#[test]
fn marked_runs_are_compared_side_by_side_with_only_what_differs() {
    let mut app = app_with(mixed());
    press(&mut app, "gg j j j j space space c");
    looks("compare", &mut app);
    assert!(!testing::text(&mut app, (140, 40)).contains("  x "));
    press(&mut app, "u");
    assert!(testing::text(&mut app, (140, 40)).contains("  x "));
    press(&mut app, "esc");
    assert!(testing::text(&mut app, (80, 24)).contains("2 marked"));
}

#[test]
fn a_baseline_turns_accuracies_into_differences() {
    let mut app = app_with(mixed());
    let effects = press(&mut app, "G p");
    let [Effect::Pin(Some(pinned))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(pinned, "20260102-030000-fire");
    // What the performer answers, now and after a restart.
    let effects = app.on_news(vec![News::Baseline(Some(pinned.clone()))]);
    let asked: Vec<String> = effects
        .iter()
        .map(|effect| match effect {
            Effect::CompareRuns(first, second) if first.id() == *pinned => second.id(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(!asked.is_empty() && !asked.contains(pinned), "{asked:?}");
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("baseline 20260102-030000-fire"), "{text}");
    assert!(!text.contains("+2.4"), "nothing where nothing was compared: {text}");
    let effects = app.on_news(vec![testing::compared(pinned, &asked[0])]);
    assert!(effects.iter().all(|one| matches!(one, Effect::Glance(_))), "asked once: {effects:?}");
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("+0.0 (-60.4 to +60.4, N=4)"), "{text}");
    // A report of marked runs is against the baseline; without marks it is of the run at hand.
    let ids = |effects: Vec<Effect>| -> Vec<String> {
        let Some(Effect::Report(runs)) = effects.last() else { panic!("{effects:?}") };
        runs.iter().map(RunFolder::id).collect()
    };
    assert_eq!(ids(press(&mut app, "O")), [pinned.as_str()]);
    let marked = ids(press(&mut app, "gg space G O"));
    assert_eq!((marked.len(), &marked[0]), (2, pinned));
    press(&mut app, "gg space G");
    // Pinned again it is none.
    let effects = press(&mut app, "p");
    assert!(matches!(&effects[..], [Effect::Pin(None)]), "{effects:?}");
}

#[test]
fn tags_and_notes_begin_as_they_are_and_are_edited_one_by_one() {
    let mut app = app_with(mixed());
    press(&mut app, "G");
    assert!(press(&mut app, "# space x esc").is_empty());
    let effects = press(&mut app, "# space good enter");
    let [Effect::EditNote(run, edit), Effect::Remember(PromptName::Tags, text)] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!(run.id(), "20260102-030000-fire");
    assert_eq!(*edit, NoteEdit::Tags(vec!["ok".into(), "good".into()]));
    assert_eq!(text, "ok good");
    let effects = press(&mut app, "N ! enter");
    let [Effect::EditNote(_, edit), Effect::Remember(..)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*edit, NoteEdit::Note("first!".into()));
}

#[test]
fn no_colour_means_no_colour_anywhere() {
    let mut app = app_with(mixed());
    for keys in ["space", "?", "esc :", "esc d"] {
        press(&mut app, keys);
        for cell in &testing::cells(&mut app, (140, 40)).content {
            let reset = ratatui::style::Color::Reset;
            assert_eq!((cell.fg, cell.bg), (reset, reset));
        }
    }
}

#[test]
fn any_size_is_drawn_without_a_crash() {
    let mut app = app_with(mixed());
    for keys in ["", "?", "esc :", "esc d", "esc @", "esc 2"] {
        press(&mut app, keys);
        for size in [(0, 0), (1, 1), (59, 20), (60, 19), (60, 20), (500, 3), (61, 200)] {
            if size != (0, 0) {
                testing::text(&mut app, size);
            }
            app.resize(ratatui::layout::Rect::new(0, 0, size.0, size.1));
            press(&mut app, "j");
        }
    }
    assert!(testing::text(&mut app, (59, 20)).contains("retrain needs 60x20, here are 59x20"));
}

#[test]
fn a_run_is_trained_on_to_the_number_of_iterations_that_is_typed() {
    let mut app = app_with(mixed());
    let typed = press(&mut app, "gg I backspace backspace backspace 8,000 enter");
    assert!(matches!(&typed[..], [Effect::Resume(_, Some(8000))]), "{typed:?}");
    // What is no number is said, and nothing is done.
    let typed = press(&mut app, "I x enter");
    assert!(typed.is_empty(), "{typed:?}");
    assert!(testing::text(&mut app, SIZES[2]).contains("expected a number such as 8000"));
}

/// The runs that are to be looked at.
fn glances(effects: &[Effect]) -> Vec<String> {
    let glance = |effect: &Effect| match effect {
        Effect::Glance(run) => Some(run.id()),
        _ => None,
    };
    effects.iter().filter_map(glance).collect()
}

#[test]
fn on_a_wide_screen_the_run_under_the_cursor_is_looked_at_once() {
    let mut app = app_with(mixed());
    assert!(glances(&press(&mut app, "gg j")).is_empty(), "nothing is shown of it");
    let wide = crossterm::event::Event::Resize(140, 40);
    assert_eq!(glances(&app.on_event(wide)), ["20260102-030400-fire"]);
    assert_eq!(glances(&press(&mut app, "G")), ["20260102-030000-fire"]);
    let glance = Glance { run: trained(), curves: curves(), tested: Some(tested()) };
    let run = "20260102-030000-fire".to_owned();
    let news = GlanceNews { run, glance: Ok(Arc::new(glance)) };
    assert!(app.on_news(vec![News::Glanced(news)]).is_empty());
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("! overfitting: validation loss lowest at 10,"), "{text}");
    insta::assert_snapshot!("runs_detail_140x40", text);
    // Of another run it says nothing.
    press(&mut app, "k");
    assert!(!testing::text(&mut app, (140, 40)).contains("overfitting"));
}

fn evaluated(step: usize) -> EvaluationPoint {
    EvaluationPoint {
        step,
        train_loss: 0.1,
        train_accuracy: 1.0,
        validation_loss: 0.4 + step as f64 / 800.0,
        validation_accuracy: 0.9,
    }
}

fn trained() -> Run {
    let latest = StepPoint { step: 400, loss: 0.1, accuracy: 1.0, learning_rate: 0.01 };
    Run {
        latest: Some(latest),
        evaluated: Some(evaluated(400)),
        lowest_loss: Some(evaluated(10)),
        since_lowest_loss: 39,
        ..Run::default()
    }
}

fn curves() -> Curves {
    let loss = |step: usize| 1.0 / (1.0 + step as f64 / 20.0);
    let point = |step| StepPoint { step, loss: loss(step), accuracy: 0.9, learning_rate: 0.01 };
    let steps = (1..=400).map(point).collect();
    let evaluations = (10..=400).step_by(10).map(evaluated).collect();
    Curves::of(&Points { steps, evaluations, ..Points::default() }, 0.6)
}

fn tested() -> (Vec<String>, ConfusionMatrix) {
    let mut matrix = ConfusionMatrix::new(2);
    for (truth, predicted, images) in [(0, 0, 60), (0, 1, 4), (1, 0, 3), (1, 1, 58)] {
        (0..images).for_each(|_| matrix.add(truth, predicted));
    }
    (vec!["fire".into(), "smoke".into()], matrix)
}

#[test]
fn the_settings_of_a_run_become_a_draft_in_the_editor() {
    let mut app = testing::app(ThemeName::NoColour);
    let id = "20260102-030000-fire";
    app.on_news(all(vec![run(id, summary(State::Done, &[]), "", "")]));
    let effects = press(&mut app, "D");
    assert!(
        matches!(&effects[..], [Effect::Experiment(ExperimentEffect::DraftOfRun(run))] if run.id() == id),
        "{effects:?}"
    );
    let (path, text) = ("experiments/fire-2.toml".into(), "iterations = 400\n".to_owned());
    app.on_news(vec![News::Experiment(ExperimentNews::Drafted { path, text })]);
    assert!(testing::text(&mut app, (80, 24)).contains("iterations = 400"));
}
