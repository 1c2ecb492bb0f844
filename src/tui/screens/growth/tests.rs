use std::sync::Arc;

use crate::insight::mean_curve;
use crate::store::{RunFolder, State};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::growth::{Asked, Curve, Growth, GrowthNews, OfCategory};
use crate::tui::news::News;
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;
use crate::tui::widgets::chart::Trace;

const ID: &str = "20260102-030000-fire";

fn folder() -> RunFolder {
    RunFolder::at(std::path::Path::new("runs").join(ID))
}

fn curve(means: &[(f64, f64)]) -> Curve {
    let repeat =
        |by: f64| means.iter().map(|&(photos, mean)| (photos, mean + by)).collect::<Vec<_>>();
    let spread = mean_curve(&[repeat(-0.01), repeat(0.01)]);
    Curve { trace: Trace::from_points(means.iter().copied(), 0.0), spread }
}

fn growth() -> Growth {
    let of = |category: &str, more, in_words: &str| OfCategory {
        category: category.into(),
        more,
        in_words: in_words.into(),
        is_seen: in_words.starts_with("about"),
    };
    Growth {
        in_words: "twice as many photos of all categories: about +2.3 points (+0.9 to +3.7); 240 more of \
                   smoke alone: about +1.5 points (+0.5 to +2.5)"
            .into(),
        measured_in_words: "accuracy on 1,300 photos, each tested by a head that never saw it".into(),
        notes: "of 275 heads, 5 random parts of each size; the gain is what the error loses if it goes \
                on falling as it did up to now. Photos of a kind that is missing can bring more."
            .into(),
        measured: curve(&[
            (52.0, 0.62),
            (104.0, 0.71),
            (208.0, 0.78),
            (416.0, 0.835),
            (728.0, 0.865),
            (1040.0, 0.88),
        ]),
        continued: curve(&[
            (1040.0, 0.88),
            (1300.0, 0.889),
            (1560.0, 0.895),
            (1820.0, 0.9),
            (2080.0, 0.903),
        ]),
        of_categories: vec![
            of("smoke", 240, "about +1.5 points (+0.5 to +2.5)"),
            of("fire", 1060, "nothing to be seen (-0.4 to +1.0 points)"),
            of("misc", 12, "nothing to be seen (-0.4 to +0.2 points)"),
        ],
    }
}

fn answered(growth: Result<Growth, String>) -> Vec<News> {
    let growth = Asked::Answered(growth.map(Arc::new));
    vec![News::Growth(GrowthNews { run: folder(), growth })]
}

fn asks(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::FindGrowth(run) if run.id() == ID))
}

/// On the screen, and asked.
fn app() -> App {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(ID, summary(State::Done, &[]), "", "")]));
    assert!(asks(&press(&mut app, "gw")));
    let since = "2026-01-02T03:04:05Z".parse().unwrap();
    let growth = Asked::AtWork(since);
    app.on_news(vec![News::Growth(GrowthNews { run: folder(), growth })]);
    app
}

#[test]
fn the_answer_stands_over_its_curve_and_its_categories() {
    let mut app = app();
    app.on_news(answered(Ok(growth())));
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("growth_{columns}x{rows}"), testing::text(&mut app, size));
    }
    let effects = press(&mut app, "y");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.starts_with("twice as many photos of all categories: about +2.3"), "{text}");
}

#[test]
fn how_long_it_takes_is_counted_and_nothing_is_asked_twice() {
    let mut app = app();
    assert_eq!(app.wakes_in(), Some(std::time::Duration::from_secs(1)));
    testing::pass(&mut app, 12);
    assert!(testing::text(&mut app, (80, 24)).contains("12 s so far"));
    assert!(!asks(&press(&mut app, "R")), "it is at work");
    press(&mut app, "q");
    assert!(!asks(&press(&mut app, "gw")), "it is at work still");
    press(&mut app, "q");
    app.on_news(answered(Ok(growth())));
    assert!(!asks(&press(&mut app, "gw")), "it was answered meanwhile");
    assert!(testing::text(&mut app, (80, 24)).contains("about +2.3 points"));
    assert_eq!(app.wakes_in(), None);
    assert!(asks(&press(&mut app, "R")));
}

#[test]
fn why_there_is_no_answer_is_said_and_asked_again_when_one_comes_back() {
    let mut app = app();
    app.on_news(answered(Err("no features in the cache; run 'retrain features fire'".into())));
    assert!(testing::text(&mut app, (80, 24)).contains("no features in the cache"));
    press(&mut app, "q");
    assert!(asks(&press(&mut app, "gw")));
    // Trained on, it is another head.
    app.on_news(answered(Ok(growth())));
    app.on_news(vec![News::Starting(folder())]);
    press(&mut app, "q");
    assert!(asks(&press(&mut app, "gw")));
}

#[test]
fn values_are_read_at_the_cursor() {
    let mut app = app();
    app.on_news(answered(Ok(growth())));
    press(&mut app, "h");
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("at 1,040") && text.contains("measured 88.0% ± 1.4"), "{text}");
    press(&mut app, "l l l l l l");
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("at 2,080") && text.contains("foretold 90.3%"), "{text}");
    press(&mut app, "h h h h h h h h h h h h");
    assert!(testing::text(&mut app, (140, 40)).contains("measured 62.0% ± 1.4"));
    assert!(press(&mut app, "esc").is_empty(), "the cursor goes first");
    assert!(!testing::text(&mut app, (140, 40)).contains("at 52"));
}
