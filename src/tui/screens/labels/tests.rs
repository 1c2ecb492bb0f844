use std::sync::Arc;

use crate::spec::Set;
use crate::store::{RunFolder, State, Verdict};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::labels::{Decided, DoubtedPhoto, Doubts, DoubtsNews, KeptNews};
use crate::tui::news::{LessonNews, News};
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

const ID: &str = "20260102-030000-fire";
const CATEGORIES: [&str; 3] = ["fire", "smoke", "misc"];

fn photo(name: &str, label: usize, suggestion: usize, quality: f64) -> DoubtedPhoto {
    let mut scores = vec![0.1f32; 3];
    scores[suggestion] = 0.8;
    DoubtedPhoto {
        file: format!("{}/{name}.jpg", CATEGORIES[label]).into(),
        hash: blake3::hash(name.as_bytes()),
        set: Some(Set::Test),
        label,
        suggestion,
        quality,
        is_wrong: label != suggestion,
        scores,
        decided: None,
    }
}

fn folder() -> RunFolder {
    RunFolder::at(std::path::Path::new("runs").join(ID))
}

/// Four photos, two of them doubted, on the screen.
fn app() -> App {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(ID, summary(State::Done, &[]), "", "")]));
    let effects = press(&mut app, "gl");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Doubt(run) if run.id() == ID)));
    let doubts = Doubts {
        images: "photos".into(),
        file: "experiments/fire.labels.csv".into(),
        categories: CATEGORIES.map(str::to_owned).to_vec(),
        photos: vec![
            photo("tank", 1, 2, 0.011),
            photo("hearth", 0, 1, 0.2),
            photo("barn", 0, 0, 0.9),
            DoubtedPhoto { decided: Some(Verdict::LeaveOut), ..photo("cat", 2, 2, 0.95) },
        ],
    };
    app.on_news(vec![News::Doubts(DoubtsNews { run: folder(), doubts: Ok(Arc::new(doubts)) })]);
    app
}

fn decided(effects: &[Effect]) -> Vec<(String, Option<Verdict>)> {
    let of = |effect: &Effect| match effect {
        Effect::Decide(file, decided) => {
            assert!(file.ends_with("fire.labels.csv"));
            Some(decided.clone())
        }
        _ => None,
    };
    let name = |Decided { file, verdict, .. }: Decided| {
        (file.file_stem().unwrap().to_string_lossy().into_owned(), verdict)
    };
    effects.iter().filter_map(of).flatten().map(name).collect()
}

#[test]
fn doubted_labels_stand_first_with_what_the_photo_is_more_like() {
    let mut app = app();
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("labels_{columns}x{rows}"), testing::text(&mut app, size));
    }
    press(&mut app, "W");
    let shown = testing::text(&mut app, (80, 24));
    assert!(shown.contains("hearth.jpg") && !shown.contains("barn.jpg"), "{shown}");
}

#[test]
fn a_number_decides_about_the_photo_under_the_cursor_or_the_marked_and_can_be_undone() {
    let mut app = app();
    let category = |name: &str| Some(Verdict::Category(name.to_owned()));
    assert_eq!(decided(&press(&mut app, "3")), [("tank".to_owned(), category("misc"))]);
    assert!(testing::text(&mut app, (80, 24)).contains("2 decided"), "the cursor went on, too");
    assert_eq!(decided(&press(&mut app, "0")), [("hearth".into(), Some(Verdict::NoneOfThese))]);
    assert_eq!(decided(&press(&mut app, "d")), [("barn".into(), Some(Verdict::LeaveOut))]);
    assert!(decided(&press(&mut app, "9")).is_empty());
    assert!(testing::text(&mut app, (80, 24)).contains("there are only 3 categories"));
    assert_eq!(decided(&press(&mut app, "z")), [("barn".into(), None)]);
    let both = decided(&press(&mut app, "gg space space 2"));
    assert_eq!(both, [("tank".into(), category("smoke")), ("hearth".into(), category("smoke"))]);
    let back = decided(&press(&mut app, "z"));
    assert_eq!(
        back,
        [("tank".into(), category("misc")), ("hearth".into(), Some(Verdict::NoneOfThese))]
    );
    assert_eq!(
        decided(&press(&mut app, "gg = smo tab enter")),
        [("tank".into(), category("smoke"))]
    );
    assert!(decided(&press(&mut app, "gg = smok enter")).is_empty());
    assert!(testing::text(&mut app, (80, 24)).contains("there is no category 'smok'"));
}

#[test]
fn what_could_not_be_kept_is_not_shown_as_decided() {
    let mut app = app();
    press(&mut app, "3");
    let kept = Err("the disk is full".to_owned());
    let file = "experiments/fire.labels.csv".into();
    app.on_news(vec![News::Kept(KeptNews { file, kept })]);
    let shown = testing::text(&mut app, (80, 24));
    assert!(
        shown.contains("not decided: the disk is full") && shown.contains("1 decided"),
        "{shown}"
    );
}

#[test]
fn a_run_with_the_new_labels_shows_what_it_fixed_and_broke() {
    let mut app = app();
    press(&mut app, "3");
    let effects = press(&mut app, "A");
    assert!(matches!(&effects[0], Effect::Lesson(run) if run.id() == ID), "{effects:?}");
    assert!(testing::text(&mut app, (80, 24)).contains("training with these labels"));
    let again = press(&mut app, "A");
    assert!(!again.iter().any(|effect| matches!(effect, Effect::Lesson(_))), "one at a time");
    let after = RunFolder::at("runs/20260102-030500-fire");
    let over = LessonNews { before: folder(), after, problem: None };
    let effects = app.on_news(vec![News::LessonOver(over)]);
    let compares = |effect: &Effect| match effect {
        Effect::CompareRuns(first, second) => first.id() == ID && second.id().contains("030500"),
        _ => false,
    };
    assert!(effects.iter().any(compares), "{effects:?}");
}
