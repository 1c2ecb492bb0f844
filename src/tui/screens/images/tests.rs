mod adding;
mod sheet;

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::spec::Set;
use crate::store::{RunFolder, State};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::news::News;
use crate::tui::preview::{Graphics, Picture, Wanted};
use crate::tui::scores::{ScoreTable, ScoresNews, Source};
use crate::tui::screens::Screen;
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

const RUN: &str = "20260102-030000-fire";

pub fn source() -> Source {
    Source::Run(RunFolder::at(std::path::Path::new("runs").join(RUN)))
}

fn scores(source: Source, table: Result<ScoreTable, &str>) -> News {
    let table = table.map(Arc::new).map_err(str::to_owned);
    News::Scores(ScoresNews { source, table })
}

fn categories(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Nine images of three categories, three of them wrong.
pub fn fire() -> ScoreTable {
    let folder = std::env::temp_dir().join("no such photos");
    let mut table = ScoreTable::new(categories(&["fire", "smoke", "misc"]), folder);
    let rows: [(&str, Set, usize, [f32; 3]); 9] = [
        ("fire/burning barn.jpg", Set::Test, 0, [0.9, 0.05, 0.05]),
        ("fire/campfire.jpg", Set::Training, 0, [0.99, 0.005, 0.005]),
        ("fire/fireplace.jpg", Set::Test, 0, [0.2, 0.1, 0.7]),
        ("misc/cat.jpg", Set::Test, 2, [0.01, 0.02, 0.97]),
        ("misc/empty fireplace.jpg", Set::Validation, 2, [0.55, 0.05, 0.4]),
        ("misc/tree.jpg", Set::Training, 2, [0.1, 0.1, 0.8]),
        ("smoke/chimney.jpg", Set::Test, 1, [0.15, 0.8, 0.05]),
        ("smoke/fog.jpg", Set::Test, 1, [0.02, 0.38, 0.6]),
        ("smoke/volcano.jpg", Set::Validation, 1, [0.3, 0.65, 0.05]),
    ];
    for (file, set, truth, scores) in rows {
        table.add(file, Some(set), Some(truth), &scores);
    }
    table
}

/// On the images screen, with all images of one run that is done.
pub fn app_with(table: Result<ScoreTable, &str>) -> App {
    let is_read = table.is_ok();
    let mut app = opened(table);
    press(&mut app, if is_read { "t t t gg" } else { "R" });
    app
}

/// As a person finds it.
fn opened(table: Result<ScoreTable, &str>) -> App {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(RUN, summary(State::Done, &[]), "", "")]));
    let effects = press(&mut app, "4");
    assert!(matches!(&effects[0], Effect::ReadScores(run) if run.id() == RUN), "{effects:?}");
    app.on_news(vec![scores(source(), table)]);
    app
}

pub fn looks(name: &str, app: &mut App) {
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), testing::text(app, size));
    }
}

pub fn seen(app: &mut App) -> String {
    testing::text(app, (140, 40))
}

/// The files in the list, from the first on, by what a yank copies.
fn files(app: &mut App) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    press(app, "gg");
    for _ in 0..20 {
        let copied = press(app, "y").into_iter().find_map(|effect| match effect {
            Effect::Copy(path) => Some(PathBuf::from(path)),
            _ => None,
        });
        let Some(path) = copied else { break };
        files.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        press(app, "j");
    }
    files.dedup();
    files
}

/// The paths of the pictures that are asked for, in their order.
pub fn wanted(effects: &[Effect]) -> Vec<Wanted> {
    let mut lists = effects.iter().filter_map(|effect| match effect {
        Effect::Preview(wanted) => Some(wanted.clone()),
        _ => None,
    });
    lists.next_back().unwrap_or_default()
}

#[test]
fn the_worst_image_comes_first_with_its_scores() {
    let mut app = app_with(Ok(fire()));
    assert_eq!(files(&mut app)[..3], ["fireplace", "fog", "empty fireplace"]);
    press(&mut app, "gg");
    looks("images", &mut app);
}

#[test]
fn only_the_wrong_ones_are_one_key_away() {
    let mut app = app_with(Ok(fire()));
    press(&mut app, "W");
    looks("images_wrong", &mut app);
    assert_eq!(files(&mut app).len(), 3);
    press(&mut app, "W");
    assert_eq!(files(&mut app).len(), 9);
}

#[test]
fn of_many_images_those_are_drawn_that_fit_and_all_are_counted() {
    const MANY: usize = 60_000;
    let part = |places: std::ops::Range<usize>| {
        let mut table = ScoreTable::new(categories(&["fire", "smoke"]), "photos".into());
        for place in places {
            // Every third is wrong, and each is a little less sure than the one before.
            let right = 0.9 - place as f32 * 1e-6;
            let right = if place % 3 == 0 { 1.0 - right } else { right };
            let file = format!("fire/{place:05}.jpg");
            table.add(file, Some(Set::Test), Some(0), &[right, 1.0 - right]);
        }
        table
    };
    let parts = vec![part(0..MANY / 2), part(MANY / 2..MANY)];
    let table = ScoreTable::joined(categories(&["fire", "smoke"]), "photos".into(), parts);
    // Of which 14 are the name and 8 the scores: a million images are to leave the screens room.
    assert!(table.bytes() <= 60 * MANY, "{} bytes an image", table.bytes() / MANY);
    let mut app = opened(Ok(table));
    let first = seen(&mut app);
    assert!(first.contains("60,000 images · 20,000 wrong"), "{first}");
    assert!(first.contains("fire/00000.jpg") && !first.contains("fire/30000.jpg"), "{first}");
    press(&mut app, "G");
    let last = seen(&mut app);
    assert!(last.contains("fire/00001.jpg") && !last.contains("fire/00000.jpg"), "{last}");
    press(&mut app, "W");
    assert!(seen(&mut app).contains("20,000 of 60,000 images · 20,000 wrong"));
}

#[test]
fn without_a_result_a_sentence_says_so() {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(Vec::new()));
    press(&mut app, "4");
    looks("images_none", &mut app);
    let mut app = app_with(Err("the run has no scores yet: they are written at its end"));
    assert!(seen(&mut app).contains("no scores yet"));
    let effects = press(&mut app, "3 4");
    assert!(effects.iter().any(|one| matches!(one, Effect::ReadScores(_))), "it looks again");
}

#[test]
fn a_newer_result_is_shown_when_the_person_comes_to_the_tab_and_not_before() {
    let mut app = app_with(Ok(fire()));
    let newer = "20260102-040000-fire";
    app.on_news(all(vec![run(newer, summary(State::Done, &[]), "", "")]));
    press(&mut app, "m esc");
    assert!(seen(&mut app).contains("Images › fire 01-02 03:00"), "the way tells which it is");
    let effects = press(&mut app, "3 4");
    let reads = |one: &Effect| matches!(one, Effect::ReadScores(run) if run.id() == newer);
    assert!(effects.iter().any(reads), "{effects:?}");
}

#[test]
fn fifty_thousand_images_are_a_list_like_any_other() {
    let mut table = ScoreTable::new(categories(&["a", "b", "c", "d", "e"]), "photos".into());
    let mut random = crate::random::Rng::new(1);
    for n in 0..50_000 {
        let raw: Vec<f32> = (0..5).map(|_| (random.next_u64() >> 40) as f32 + 1.0).collect();
        let sum: f32 = raw.iter().sum();
        let scores: Vec<f32> = raw.iter().map(|score| score / sum).collect();
        table.add(format!("a/{n:05}.jpg"), Some(Set::ALL[n % 3]), Some(n % 5), &scores);
    }
    let mut app = app_with(Ok(table));
    press(&mut app, "G");
    looks("images_many", &mut app);
}

#[test]
fn nasty_names_break_neither_the_layout_nor_the_terminal() {
    let names = ["火事".repeat(20), "a\u{1b}[2J\nb".to_owned(), "e\u{301}\u{202e}".repeat(9)];
    let mut table = ScoreTable::new(names.to_vec(), "photos".into());
    for (n, name) in names.iter().enumerate() {
        let file = PathBuf::from(format!("{name}/{}.jpg", "long ".repeat(n * 20)));
        table.add(file, Some(Set::Test), Some(n), &[0.2, 0.7, 0.1]);
    }
    table.add_problem("\u{7}\u{9b}31m.jpg", "corrupt: \u{1b}[31m\n");
    let mut app = app_with(Ok(table));
    looks("images_nasty", &mut app);
    for keys in ["", "j", "j", "j", "enter", "k", "m"] {
        press(&mut app, keys);
        for size in SIZES {
            let buffer = testing::cells(&mut app, size);
            assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(char::is_control)));
        }
    }
}

#[test]
fn an_unreadable_picture_says_why_in_its_place() {
    let mut app = app_with(Ok(fire()));
    testing::text(&mut app, (80, 24));
    let asked = wanted(&press(&mut app, "k"));
    let picture = Picture::make(asked[0].clone());
    app.on_news(vec![News::Picture(Arc::new(picture))]);
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("no picture: no such"), "{text}");
    insta::assert_snapshot!("images_unreadable_80x24", text);
}

#[test]
fn a_picture_is_shown_in_half_blocks_beside_its_scores() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = ScoreTable::new(categories(&["red", "blue"]), folder.path().to_owned());
    table.add("red.png", Some(Set::Test), Some(0), &[0.75, 0.25]);
    let red = image::RgbImage::from_fn(30, 30, |x, _| match x < 15 {
        true => image::Rgb([255, 0, 0]),
        false => image::Rgb([0, 0, 255]),
    });
    red.save(folder.path().join("red.png")).unwrap();
    let mut app = app_with(Ok(table));
    testing::text(&mut app, (80, 24));
    for one in wanted(&press(&mut app, "k")) {
        app.on_news(vec![News::Picture(Arc::new(Picture::make(one)))]);
    }
    insta::assert_snapshot!("images_picture_80x24", testing::text(&mut app, (80, 24)));
    let buffer = testing::cells(&mut app, (80, 24));
    let blocks: Vec<_> = buffer.content.iter().filter(|cell| cell.symbol() == "▀").collect();
    let indexed = ratatui::style::Color::Indexed;
    let of = |colour| blocks.iter().filter(|cell| cell.fg == indexed(colour)).count();
    // The pure red and the pure blue of the 256 colours.
    assert_eq!((of(196), of(21)), (blocks.len() / 2, blocks.len() / 2));
    assert!(blocks.len() > 100);
}

#[test]
fn the_next_pictures_in_the_direction_of_the_cursor_are_made_ahead() {
    let mut app = app_with(Ok(fire()));
    let order = files(&mut app);
    let names = |effects: &[Effect]| -> Vec<String> {
        let stem = |one: &Wanted| one.path.file_stem().unwrap().to_string_lossy().into_owned();
        wanted(effects).iter().map(stem).collect()
    };
    press(&mut app, "gg j j");
    let down = names(&press(&mut app, "j"));
    assert_eq!(down, [3, 4, 2, 5, 6, 1].map(|at: usize| order[at].clone()));
    let up = names(&press(&mut app, "k"));
    assert_eq!(up, [2, 1, 3, 0, 4].map(|at: usize| order[at].clone()));
}

#[test]
fn pictures_are_asked_for_again_when_they_are_drawn_otherwise_or_the_size_changes() {
    let mut app = app_with(Ok(fire()));
    let effects = press(&mut app, "V");
    let [Effect::Draw(next), ..] = &effects[..] else { panic!("{effects:?}") };
    assert_ne!(*next, Graphics::default());
    let effects = app.on_news(vec![News::Graphics(*next)]);
    assert!(wanted(&effects).iter().all(|one| one.graphics == *next));
    let before = wanted(&effects)[0].room;
    let effects = app.on_event(crossterm::event::Event::Resize(140, 40));
    assert_ne!(wanted(&effects)[0].room, before);
    let effects = app.on_news(vec![News::PicturesForgotten]);
    assert_ne!(wanted(&effects)[0].graphics, *next);
}

#[test]
fn any_column_sorts_both_ways_and_the_cursor_stays_on_its_image() {
    let mut app = app_with(Ok(fire()));
    press(&mut app, "gg");
    press(&mut app, "s");
    assert!(seen(&mut app).contains("> fire/fireplace.jpg"));
    assert_eq!(files(&mut app)[..2], ["burning barn", "campfire"]);
    press(&mut app, "S");
    assert_eq!(files(&mut app)[..2], ["volcano", "fog"]);
    press(&mut app, "l l l s");
    assert_eq!(files(&mut app)[0], "empty fireplace", "the least sure");
    press(&mut app, "l l S");
    assert_eq!(files(&mut app)[0], "campfire", "the largest margin");
}

#[test]
fn filters_narrow_and_esc_takes_them_back() {
    let mut app = opened(Ok(fire()));
    assert_eq!(files(&mut app).len(), 5, "first those of the test set");
    press(&mut app, "gt");
    assert_eq!(files(&mut app), ["fireplace", "burning barn"]);
    assert!(seen(&mut app).contains("2 of 9 images · 1 wrong · test · true fire"));
    press(&mut app, "gp gp gp");
    assert_eq!(files(&mut app), ["fireplace"]);
    press(&mut app, "esc");
    assert_eq!(files(&mut app).len(), 5);
    press(&mut app, "t t");
    assert_eq!(files(&mut app), ["tree", "campfire"], "the training set when it is asked for");
    press(&mut app, "t");
    assert_eq!(files(&mut app).len(), 9);
    press(&mut app, "/fire space NOT space true=misc space loss>0.1 enter");
    assert_eq!(files(&mut app), ["fireplace", "burning barn"]);
    press(&mut app, "/ esc");
    assert_eq!(files(&mut app).len(), 9);
    press(&mut app, "/nothing enter");
    assert!(seen(&mut app).contains("no image passes the filter; esc clears it"));
}

#[test]
fn paths_and_scores_are_copied() {
    let mut app = app_with(Ok(fire()));
    let copied = |effects: Vec<Effect>| match effects.into_iter().next() {
        Some(Effect::Copy(text)) => text,
        other => panic!("{other:?}"),
    };
    press(&mut app, "gg");
    assert!(copied(press(&mut app, "y")).ends_with("no such photos/fire/fireplace.jpg"));
    let scores = "misc (score = 0.70000)\nfire (score = 0.20000)\nsmoke (score = 0.10000)";
    assert_eq!(copied(press(&mut app, "Y")), scores);
    assert!(
        matches!(&press(&mut app, "o")[0], Effect::OpenOutside(path) if path.ends_with("fire/fireplace.jpg"))
    );
}

#[test]
fn the_picture_fills_the_screen_and_is_still_walked_through() {
    let mut app = app_with(Ok(fire()));
    press(&mut app, "gg");
    let small = wanted(&press(&mut app, "j"))[0].room;
    let large = wanted(&press(&mut app, "enter"))[0].room;
    assert!(large.0 > 2 * small.0, "{large:?} {small:?}");
    press(&mut app, "j");
    assert!(seen(&mut app).contains("empty fireplace.jpg"));
    insta::assert_snapshot!("images_large_80x24", testing::text(&mut app, (80, 24)));
    press(&mut app, "esc");
    let shown = seen(&mut app);
    let chosen = shown.lines().find(|line| line.contains("> ")).unwrap_or_default();
    assert!(chosen.contains("empty fireplace.jpg"), "{shown}");
}

#[test]
fn photos_that_the_network_never_saw_are_listed_the_same_way() {
    let mut app = app_with(Ok(fire()));
    let effects = press(&mut app, "U/new space photos enter");
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Predict(run, path) => Some(Source::Unseen(run.clone(), path.clone())),
        _ => None,
    });
    let asked = asked.unwrap_or_else(|| panic!("{effects:?}"));
    assert_eq!(asked.run().id(), RUN);
    assert!(seen(&mut app).contains("scoring /new photos with"));
    let mut table = ScoreTable::new(categories(&["fire", "smoke"]), PathBuf::new());
    table.add("/new photos/sure.jpg", None, None, &[0.99, 0.01]);
    table.add_problem("/new photos/broken.jpg", "truncated");
    table.add("/new photos/unsure.jpg", None, None, &[0.49, 0.51]);
    app.on_news(vec![scores(asked, Ok(table))]);
    assert_eq!(files(&mut app), ["unsure", "sure", "broken"]);
    looks("images_unseen", &mut app);
    press(&mut app, "m");
    assert!(seen(&mut app).contains("no true categories are known"));
    press(&mut app, "esc");
    assert_eq!(files(&mut app).len(), 9, "back at the run");
}

#[test]
fn a_scoring_that_fails_is_said_and_stays_in_the_log() {
    let mut app = app_with(Ok(fire()));
    press(&mut app, "U/gone enter");
    let run = source().run().clone();
    let failed = scores(Source::Unseen(run, "/gone".into()), Err("no such file: /gone"));
    app.on_news(vec![failed]);
    assert!(seen(&mut app).contains("✗ no such file: /gone"));
    press(&mut app, "@");
    assert!(seen(&mut app).contains("no such file: /gone"));
}

#[test]
fn images_opened_while_their_run_works_come_at_its_end() {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(RUN, summary(State::Running, &[]), "", "")]));
    assert!(matches!(press(&mut app, "i")[..], [Effect::ReadScores(_)]));
    app.on_news(vec![scores(source(), Err("no scores yet"))]);
    assert!(seen(&mut app).contains("no scores yet"));
    let goes_on = all(vec![run(RUN, summary(State::Running, &[]), "", "")]);
    assert!(app.on_news(goes_on).is_empty(), "nothing is read before the end");
    let done = all(vec![run(RUN, summary(State::Done, &[]), "", "")]);
    let effects = app.on_news(done.clone());
    assert!(matches!(effects[..], [Effect::ReadScores(_), Effect::Notify(_)]), "{effects:?}");
    assert!(app.on_news(done).is_empty(), "and not twice");
    app.on_news(vec![scores(source(), Ok(fire()))]);
    assert_eq!(files(&mut app).len(), 5);
}

#[test]
fn a_dropped_name_loses_its_quotes_and_what_was_not_scored_has_no_tick() {
    let mut app = app_with(Ok(fire()));
    let effects = press(&mut app, "U'/a space b.jpg' enter");
    let wanted = PathBuf::from("/a b.jpg");
    assert!(
        effects.iter().any(|one| matches!(one, Effect::Predict(_, path) if *path == wanted)),
        "{effects:?}"
    );
    let source = Source::Unseen(source().run().clone(), wanted);
    let mut table = ScoreTable::new(categories(&["fire", "smoke"]), PathBuf::new());
    table.add_problem("/a b.jpg", "no such file");
    app.on_news(vec![scores(source.clone(), Ok(table))]);
    assert!(seen(&mut app).contains("✗ /a b.jpg was not scored: no such file"));
    let mut table = ScoreTable::new(categories(&["fire", "smoke"]), PathBuf::new());
    table.add("/a b.jpg/1.jpg", None, None, &[0.99, 0.01]);
    table.add_problem("/a b.jpg/2.jpg", "truncated");
    app.on_news(vec![scores(source.clone(), Ok(table))]);
    assert!(seen(&mut app).contains("✗ 1 of 2 files in /a b.jpg not scored: truncated"));
    let mut table = ScoreTable::new(categories(&["fire", "smoke"]), PathBuf::new());
    table.add("/a b.jpg", None, None, &[0.99, 0.01]);
    app.on_news(vec![scores(source, Ok(table))]);
    assert!(seen(&mut app).contains("✓ /a b.jpg was scored"));
}

#[test]
fn the_images_of_any_run_are_opened_from_the_table_of_runs() {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(RUN, summary(State::Done, &[]), "", "")]));
    let effects = press(&mut app, "i");
    assert!(matches!(&effects[..], [Effect::ReadScores(run)] if run.id() == RUN), "{effects:?}");
}

#[test]
fn the_mouse_chooses_opens_and_scrolls() {
    let mut app = app_with(Ok(fire()));
    testing::text(&mut app, (80, 24));
    let mut mouse = |kind, column, row| {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        app.on_event(crossterm::event::Event::Mouse(event));
        testing::text(&mut app, (80, 24))
    };
    let click = MouseEventKind::Down(MouseButton::Left);
    assert!(mouse(click, 5, 5).contains("> misc/empty"));
    assert!(!mouse(click, 5, 5).contains("> misc/empty"), "a second click makes it large");
    assert!(mouse(MouseEventKind::ScrollDown, 5, 5).contains("smoke/volcano.jpg"));
}
