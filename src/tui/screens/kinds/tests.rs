use std::sync::Arc;

use crate::store::{RunFolder, State};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::kinds::{Group, Kinds, KindsNews, Placed, What};
use crate::tui::news::News;
use crate::tui::scores::{Chosen, Filters, ScoreTable, ScoresNews, Source};
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

const ID: &str = "20260102-030000-fire";

pub fn folder() -> RunFolder {
    RunFolder::at(std::path::Path::new("runs").join(ID))
}

/// 30 photos of fire in two kinds, 10 of smoke; three fires are wrong.
pub fn kinds() -> Kinds {
    let photo = |n: usize| {
        let category = usize::from(n >= 30);
        let corner = [(-2.0, 1.0), (2.0, 1.5), (0.0, -2.0)][n / 20 + usize::from(n >= 30)];
        Placed {
            file: format!("{}/{n:02}.jpg", ["fire", "smoke"][category]).into(),
            category,
            predicted: match n {
                0..3 => Some(1),
                3..8 | 30..34 => Some(category),
                _ => None,
            },
            x: corner.0 + (n % 5) as f64 / 4.0,
            y: corner.1 + (n % 7) as f64 / 6.0,
        }
    };
    let kind = |category, number, photos: std::ops::Range<usize>, tested, wrong| Group {
        category,
        what: What::Kind {
            number,
            sets: [photos.len() - tested, 0, tested],
            tested,
            wrong,
            is_harder: wrong > 2,
        },
        photos: photos.collect(),
    };
    Kinds {
        images: "photos".into(),
        categories: ["fire", "smoke"].map(str::to_owned).to_vec(),
        tested: 12,
        photos: (0..40).map(photo).collect(),
        groups: vec![
            kind(0, Some(1), 0..20, 8, 3),
            kind(0, Some(2), 20..30, 0, 0),
            kind(1, None, 30..40, 4, 0),
            Group {
                category: 0,
                what: What::Wrong { predicted: 1, of_wrong: 3, are_alike: true },
                photos: vec![1, 0, 2],
            },
        ],
        explained: [0.2, 0.125],
    }
}

fn app() -> App {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(ID, summary(State::Done, &[]), "", "")]));
    let effects = press(&mut app, "gk");
    let asks = |effect: &Effect| matches!(effect, Effect::FindKinds(run) if run.id() == ID);
    assert!(effects.iter().any(asks), "{effects:?}");
    app.on_news(vec![News::Kinds(KindsNews { run: folder(), kinds: Ok(Arc::new(kinds())) })]);
    app
}

#[test]
fn kinds_stand_by_category_with_the_wrong_groups_below() {
    let mut app = app();
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("kinds_{columns}x{rows}"), testing::text(&mut app, size));
    }
    press(&mut app, "W");
    let shown = testing::text(&mut app, (80, 24));
    assert!(shown.contains("fire as smoke") && !shown.contains("one kind"), "{shown}");
    press(&mut app, "esc gt gt");
    let shown = testing::text(&mut app, (80, 24));
    assert!(shown.contains("only smoke") && !shown.contains("fire 1"), "{shown}");
}

#[test]
fn a_row_opens_exactly_its_images_and_they_can_be_let_go() {
    let mut app = app();
    press(&mut app, "G enter");
    let mut table = ScoreTable::new(vec!["fire".into(), "smoke".into()], "photos".into());
    for photo in &kinds().photos {
        table.add(&photo.file, None, Some(photo.category), &[0.5, 0.5]);
    }
    let source = Source::Run(folder());
    app.on_news(vec![News::Scores(ScoresNews { source, table: Ok(Arc::new(table)) })]);
    let shown = testing::text(&mut app, (80, 24));
    assert!(shown.contains("3 of 40 images") && shown.contains("only fire as smoke"), "{shown}");
    assert!(!shown.contains("fire/04.jpg"), "{shown}");
    press(&mut app, "ga");
    let shown = testing::text(&mut app, (80, 24));
    assert!(shown.contains("40 images") && !shown.contains("only fire"), "{shown}");
}

#[test]
fn other_pictures_of_a_row_are_shown_in_their_turn() {
    let mut app = app();
    testing::text(&mut app, (80, 24));
    let path = |effects: Vec<Effect>| {
        effects.into_iter().rev().find_map(|effect| match effect {
            Effect::Preview(wanted) => Some(wanted[0].path.clone()),
            _ => None,
        })
    };
    assert_eq!(path(press(&mut app, "gg G")).unwrap(), std::path::Path::new("photos/fire/01.jpg"));
    let further = path(press(&mut app, "gg J")).unwrap();
    assert_ne!(further, std::path::Path::new("photos/fire/00.jpg"));
    let copied = press(&mut app, "K y");
    let is_first =
        |effect: &Effect| matches!(effect, Effect::Copy(path) if path == "photos/fire/00.jpg");
    assert!(copied.iter().any(is_first), "{copied:?}");
}

#[test]
fn a_problem_is_said_and_the_map_takes_what_was_found() {
    let mut app = app();
    let effects = press(&mut app, "gm");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::FindKinds(_))), "{effects:?}");
    assert!(testing::text(&mut app, (80, 24)).contains("40 photos"));
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(ID, summary(State::Done, &[]), "", "")]));
    press(&mut app, "gk");
    let kinds = Err("the features of 3 photos are gone".to_owned());
    app.on_news(vec![News::Kinds(KindsNews { run: folder(), kinds })]);
    assert!(testing::text(&mut app, (80, 24)).contains("the features of 3 photos are gone"));
}

#[test]
fn chosen_images_pass_by_their_file_alone() {
    let files = Arc::new(["a.jpg".into()].into());
    let filters =
        Filters { chosen: Some(Chosen { name: "these".into(), files }), ..Filters::default() };
    let mut table = ScoreTable::new(vec!["a".into()], "photos".into());
    table.add("a.jpg", None, None, &[1.0]);
    table.add("b.jpg", None, None, &[1.0]);
    let passes = (0..table.len()).map(|at| filters.lets_through(&table, at));
    assert_eq!(passes.collect::<Vec<bool>>(), [true, false]);
}
