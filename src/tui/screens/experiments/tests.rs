use std::path::{Path, PathBuf};

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::spec;
use crate::store::{RunFolder, State};
use crate::tui::app::App;
use crate::tui::effect::{Effect, PromptName};
use crate::tui::experiments::{
    Check, Completion, Counted, ExperimentEffect, ExperimentNews, KnownExperiment, PathKind,
    Scanned, count_key,
};
use crate::tui::news::{News, Trashed};
use crate::tui::testing::{self, SIZES, all, press, run, summary, text};
use crate::tui::theme::ThemeName;

fn news(app: &mut App, news: ExperimentNews) -> Vec<Effect> {
    app.on_news(vec![News::Experiment(news)])
}

fn file(name: &str, text: &str) -> KnownExperiment {
    let path = PathBuf::from("experiments").join(format!("{name}.toml"));
    let check = match spec::parse(text, &path) {
        Ok(checked) => Check::Good(Box::new(checked)),
        Err(mistakes) => Check::Broken(mistakes.0),
    };
    KnownExperiment { path, name: name.into(), check }
}

fn app_with(files: Vec<KnownExperiment>) -> App {
    let mut app = testing::app(ThemeName::NoColour);
    press(&mut app, "1");
    app.on_news(all(Vec::new()));
    let files = ExperimentNews::Files { changed: files, gone: Vec::new(), problem: None };
    news(&mut app, files);
    app
}

const FIRE: &str = "description = 'does a misc category keep empty fireplaces out of fire?'\n\
                    images = 'data/fire'\niterations = 400\n[train]\nmomentum = 0.5\n";

/// Experiments in every state, and the photos of the first counted.
fn mixed() -> App {
    let good = |name: &str| file(name, &format!("images = 'data/{name}'"));
    let mut app = app_with(vec![
        file("fire", FIRE),
        good("fog"),
        good("cats"),
        good("dogs"),
        file("broken", "images = 'p'\niterations = 0\ntrain.sed = 1\n"),
    ]);
    let mut failed = summary(State::Failed, &[]);
    failed.experiment = "fog".into();
    let mut running = summary(State::Running, &[]);
    running.experiment = "cats".into();
    app.on_news(all(vec![
        run("20260102-030000-fire", summary(State::Done, &[]), "", ""),
        run("20260102-030100-fog", failed, "", ""),
        run("20260102-030200-cats", running, "", ""),
    ]));
    let key = count_key(&spec::parse(FIRE, Path::new("x")).unwrap().experiment);
    let scanned = Scanned {
        categories: vec![("fire".into(), [1200, 150, 160]), ("smoke".into(), [8, 1, 1])],
        folds: Vec::new(),
        skipped: vec!["smoke/a.jpg: cut off in the middle".into()],
        warnings: vec!["category 'smoke' has only 10 photos; 20 or more work better".into()],
        problem: None,
        seconds: None,
    };
    news(&mut app, ExperimentNews::Counted { key, more: Counted::Scanned(Ok(scanned)) });
    app
}

fn looks(name: &str, app: &mut App) {
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), text(app, size));
    }
}

/// Moves to the experiment of that name.
fn go(app: &mut App, name: &str) {
    press(app, "gg");
    for _ in 0..10 {
        if matches!(press(app, "y").first(), Some(Effect::Copy(copied)) if copied == name) {
            return;
        }
        press(app, "j");
    }
    panic!("{name} is not there: {}", text(app, (80, 24)));
}

#[test]
fn a_new_project_says_what_to_do() {
    looks("empty", &mut app_with(Vec::new()));
}

#[test]
fn a_folder_that_cannot_be_read_is_said() {
    let mut app = app_with(Vec::new());
    let problem = "cannot read experiments: permission denied".to_owned();
    let (changed, gone) = (Vec::new(), Vec::new());
    news(&mut app, ExperimentNews::Files { changed, gone, problem: Some(problem) });
    assert!(text(&mut app, (80, 24)).contains("permission denied"));
}

#[test]
fn a_value_that_was_written_is_no_default_though_it_equals_one() {
    let mut app = app_with(vec![file("fire", "images = 'p'\niterations = 4000\n")]);
    let text = text(&mut app, (140, 40));
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("no '{words}' in {text}"));
    assert!(
        place("iterations   ") < place("by default")
            && place("by default") < place("learning_rate")
    );
}

#[test]
fn experiments_in_every_state_are_told_apart_without_colour() {
    let mut app = mixed();
    go(&mut app, "fire");
    looks("mixed", &mut app);
    press(&mut app, "J J J J J J J J J J J");
    assert!(text(&mut app, (80, 24)).contains("network.inception_v3.batch_norm_epsilon"));
}

#[test]
fn a_broken_file_among_good_ones_says_all_its_mistakes() {
    let mut app = mixed();
    go(&mut app, "broken");
    looks("broken", &mut app);
    assert!(press(&mut app, "r").is_empty());
    assert!(text(&mut app, (140, 40)).contains("not started: line 2: iterations is 0"));
}

#[test]
fn nasty_names_break_neither_the_layout_nor_the_terminal() {
    let text = "images = \"a\\nb\\u001b[2J\"\ndescription = \"\\u202e火事\\n\"\n";
    let mut app = app_with(vec![
        file("火事\u{1b}[2J\nfire\u{202e}e\u{301}", text),
        file(&"long".repeat(30), "images = 'p'"),
    ]);
    looks("nasty", &mut app);
    let buffer = testing::cells(&mut app, (140, 40));
    assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(char::is_control)));
}

#[test]
fn photos_are_counted_by_name_for_all_and_by_content_under_the_cursor() {
    let mut app = testing::app(ThemeName::NoColour);
    press(&mut app, "1");
    let (gone, problem) = (Vec::new(), None);
    let changed =
        vec![file("a", "images = 'a'"), file("b", "images = 'b'"), file("c", "images = 'b'")];
    let effects = news(&mut app, ExperimentNews::Files { changed, gone, problem });
    let counts = |effects: &[Effect]| -> Vec<(bool, PathBuf)> {
        let counted = |effect: &Effect| match effect {
            Effect::Experiment(ExperimentEffect::Count(e)) => Some((true, e.images.clone())),
            Effect::Experiment(ExperimentEffect::CountNames(e)) => Some((false, e.images.clone())),
            _ => None,
        };
        effects.iter().filter_map(counted).collect()
    };
    assert_eq!(counts(&effects), [(false, "b".into()), (true, "a".into())]);
    let effects = press(&mut app, "j");
    assert_eq!(counts(&effects), [(true, "b".into())]);
    let key = count_key(&spec::parse("images = 'b'", Path::new("x")).unwrap().experiment);
    let quick = Counted::Quick(vec![("oak".into(), 12_000), ("elm".into(), 3)]);
    news(&mut app, ExperimentNews::Counted { key: key.clone(), more: quick });
    let reading = Counted::Reading { read: 400, found: 12_003 };
    news(&mut app, ExperimentNews::Counted { key, more: reading });
    let shown = text(&mut app, (140, 40));
    assert!(shown.contains("oak 12,000, elm 3") || shown.contains("12,000"), "{shown}");
    assert!(shown.contains("reading 400/12,003"), "{shown}");
    assert!(press(&mut app, "j").is_empty(), "the same photos are not counted twice");
    let effects = press(&mut app, "R");
    assert!(matches!(effects[0], Effect::Refresh));
    assert!(!counts(&effects).is_empty(), "but when that is wished");
}

#[test]
fn a_run_is_started_unless_its_photos_are_known_to_be_refused() {
    let mut app = mixed();
    go(&mut app, "dogs");
    assert!(
        matches!(&press(&mut app, "r")[..], [Effect::Launch { experiment }] if experiment.ends_with("dogs.toml"))
    );
    let key = count_key(&spec::parse("images = 'data/dogs'", Path::new("x")).unwrap().experiment);
    let why = "data/dogs: there is no such folder".to_owned();
    news(&mut app, ExperimentNews::Counted { key, more: Counted::Scanned(Err(why)) });
    assert!(press(&mut app, "r").is_empty());
    assert!(text(&mut app, (140, 40)).contains("not started: data/dogs: there is no such folder"));
    app.on_news(vec![News::Launched(RunFolder::at("runs/20260103-dogs"))]);
    assert!(text(&mut app, (80, 24)).contains("20260103-dogs"), "its live screen is shown");
}

#[test]
fn enter_shows_only_the_runs_of_this_experiment() {
    let mut app = mixed();
    go(&mut app, "fog");
    press(&mut app, "enter");
    let shown = text(&mut app, (80, 24));
    assert!(shown.contains("1 of 3 runs") && shown.contains("/experiment=fog"), "{shown}");
    press(&mut app, "esc esc");
    assert!(text(&mut app, (80, 24)).contains("5 experiments"));
}

#[test]
fn a_folder_is_completed_and_becomes_a_draft_in_the_editor() {
    let mut app = mixed();
    let effects = press(&mut app, "n da tab");
    assert!(matches!(
        &effects[..],
        [Effect::Experiment(ExperimentEffect::CompletePath(typed, PathKind::Folder))] if typed == "da"
    ));
    let names = vec!["fire/".to_owned(), "firewood/".to_owned()];
    let completion = Completion { typed: "da".into(), text: "data/fire".into(), names };
    news(&mut app, ExperimentNews::Completed(completion.clone()));
    looks("folder", &mut app);
    press(&mut app, "x");
    news(&mut app, ExperimentNews::Completed(completion));
    let effects = press(&mut app, "backspace enter");
    assert!(
        matches!(&effects[..], [Effect::Remember(PromptName::Folder, text)] if text == "data/fire")
    );
    looks("network", &mut app);
    assert!(press(&mut app, "3 enter").is_empty(), "there is no such network");
    let effects = press(&mut app, "backspace 2 enter");
    assert!(matches!(
        &effects[..],
        [Effect::Experiment(ExperimentEffect::Draft { folder, network: "efficientnet_lite2" })]
            if folder == "data/fire"
    ));
    let path = PathBuf::from("experiments/fire-2.toml");
    let categories = ["fire", "smoke"].map(String::from);
    let text = spec::template(&spec::Draft {
        images: "data/fire",
        categories: &categories,
        counts: &[10, 20],
        ..spec::Draft::default()
    });
    news(&mut app, ExperimentNews::Drafted { path, text });
    looks("draft", &mut app);
}

#[test]
fn a_copy_gets_a_name_and_the_cursor() {
    let mut app = mixed();
    go(&mut app, "fire");
    press(&mut app, "D");
    let effects = press(&mut app, "enter");
    let [Effect::Experiment(ExperimentEffect::Duplicate { from, name })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((from.as_path(), name.as_str()), (Path::new("experiments/fire.toml"), "fire-2"));
    news(&mut app, ExperimentNews::Made("experiments/fire-2.toml".into()));
    let changed = vec![file("fire-2", FIRE)];
    news(&mut app, ExperimentNews::Files { changed, gone: Vec::new(), problem: None });
    assert!(matches!(&press(&mut app, "y")[..], [Effect::Copy(name)] if name == "fire-2"));
}

#[test]
fn an_experiment_goes_to_the_trash_only_after_a_yes_and_comes_back() {
    let mut app = mixed();
    go(&mut app, "fire");
    assert!(press(&mut app, "d").is_empty());
    assert!(text(&mut app, (80, 24)).contains("move fire to the trash?"));
    let effects = press(&mut app, "y");
    assert!(matches!(&effects[..], [Effect::Experiment(ExperimentEffect::Trash(_))]));
    let trashed =
        Trashed { from: "experiments/fire.toml".into(), to: "experiments/.trash/fire.toml".into() };
    news(&mut app, ExperimentNews::Trashed(trashed.clone()));
    let gone = vec![trashed.from.clone()];
    news(&mut app, ExperimentNews::Files { changed: Vec::new(), gone, problem: None });
    assert!(text(&mut app, (80, 24)).contains("4 experiments"));
    assert!(matches!(&press(&mut app, "z")[..], [Effect::Restore(back)] if *back == trashed));
    app.on_news(vec![News::Restored(trashed)]);
    assert!(press(&mut app, "z").is_empty());
}

#[test]
fn the_filter_and_the_columns_work_as_in_every_table() {
    let mut app = mixed();
    press(&mut app, "/state:running enter");
    assert!(text(&mut app, (80, 24)).contains("1 of 5 experiments"));
    press(&mut app, "esc /state=\"never space run\" space has:images enter");
    assert!(text(&mut app, (80, 24)).contains("1 of 5 experiments"));
    press(&mut app, "esc /iterations=400 enter");
    assert!(matches!(&press(&mut app, "y")[..], [Effect::Copy(name)] if name == "fire"));
    press(&mut app, "esc l l S gg");
    assert!(matches!(&press(&mut app, "y")[..], [Effect::Copy(name)] if name == "fire"));
    let kind = MouseEventKind::Down(MouseButton::Left);
    let (column, row, modifiers) = (5, 3, KeyModifiers::NONE);
    app.on_event(Event::Mouse(MouseEvent { kind, column, row, modifiers }));
    assert!(!matches!(&press(&mut app, "y")[..], [Effect::Copy(name)] if name == "fire"));
}

#[test]
fn the_editor_is_opened_here_or_outside() {
    let mut app = mixed();
    go(&mut app, "fire");
    assert!(matches!(&press(&mut app, "E")[..], [Effect::EditOutside(_), Effect::Refresh]));
    let effects = press(&mut app, "e");
    assert!(matches!(&effects[..], [Effect::Experiment(ExperimentEffect::Read(_))]));
    assert!(text(&mut app, (80, 24)).contains("fire.toml"));
}

#[test]
fn the_key_of_the_tab_in_front_leads_back_to_its_first_screen() {
    let mut app = mixed();
    press(&mut app, "@");
    assert!(text(&mut app, SIZES[1]).contains("q back"));
    press(&mut app, "1");
    let screen = text(&mut app, SIZES[1]);
    assert!(screen.contains("5 experiments") && screen.contains("r run"), "{screen}");
}

#[test]
fn while_text_is_typed_the_footer_offers_no_key_that_would_be_typed() {
    let mut app = mixed();
    press(&mut app, "n");
    let screen = text(&mut app, SIZES[1]);
    assert!(screen.contains("enter accept  esc cancel"), "{screen}");
    assert!(!screen.contains("D duplicate"), "{screen}");
}

#[test]
fn any_size_is_drawn_without_a_crash() {
    let mut app = mixed();
    for size in [(60, 20), (99, 20), (100, 20), (500, 21), (61, 200)] {
        text(&mut app, size);
        press(&mut app, "j J");
    }
}

#[test]
fn settings_to_vary_become_a_sweep_in_a_file_of_its_own() {
    let mut app = mixed();
    go(&mut app, "fire");
    press(&mut app, "M learning_r tab 0.001..0.1 space x5 space log; space batch_si tab 32,");
    looks("vary", &mut app);
    press(&mut app, "0");
    let shown = text(&mut app, (140, 40));
    assert!(shown.contains("train.batch_size is 0, expected 1 to"), "{shown}");
    assert!(press(&mut app, "enter").is_empty(), "a mistake writes nothing");
    let effects = press(&mut app, "backspace 100 enter");
    let Some(Effect::Experiment(ExperimentEffect::Vary { from, table })) = effects.get(1) else {
        panic!("{effects:?}")
    };
    assert!(matches!(&effects[0], Effect::Remember(PromptName::Sweep, _)), "{effects:?}");
    assert_eq!(from, Path::new("experiments/fire.toml"));
    assert!(table.ends_with("\"train.batch_size\" = [32, 100]\n"), "{table}");
    // The editor opens on what was written.
    let effects = news(&mut app, ExperimentNews::Varied("experiments/fire-sweep.toml".into()));
    let reads = |effect: &Effect| matches!(effect, Effect::Experiment(ExperimentEffect::Read(_)));
    assert!(effects.iter().any(reads), "{effects:?}");
}

#[test]
fn the_newest_sweep_of_an_experiment_is_a_key_away() {
    let mut app = mixed();
    go(&mut app, "fire");
    press(&mut app, "gs");
    assert!(text(&mut app, (80, 24)).contains("no run of a sweep"));
    let of_sweep = |group: &str| {
        let mut known = summary(State::Done, &[]);
        known.group = Some(group.into());
        run(&format!("{group}-1"), known, "", "")
    };
    app.on_news(all(vec![of_sweep("20260102-a"), of_sweep("20260103-b")]));
    press(&mut app, "gs");
    assert!(text(&mut app, (80, 24)).contains("sweep 20260103-b"));
}
