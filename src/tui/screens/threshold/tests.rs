use std::sync::Arc;

use crate::spec::Set;
use crate::store::{RunFolder, State};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::news::News;
use crate::tui::scores::{ScoreTable, ScoresNews, Source, calibrate};
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

const RUN: &str = "20260102-030000-fire";

/// On the threshold of fire: 20 test images whose scores for it lie 0.05 apart; of fire are those from
/// 0.6 on, and every fifth. What is not of fire is smoke, and one image was trained on.
fn app() -> App {
    let names = ["fire", "smoke", "misc"].map(str::to_owned).to_vec();
    let mut table = ScoreTable::new(names, "photos".into());
    for number in 0..20u16 {
        let score = 0.025 + f32::from(number) * 0.05;
        let scores = [score, (1.0 - score) * 0.75, (1.0 - score) * 0.25];
        let truth = usize::from(number < 12 && number % 5 != 0);
        table.add(format!("{number}.jpg"), Some(Set::Test), Some(truth), &scores);
    }
    table.add("train.jpg", Some(Set::Training), Some(0), &[0.1, 0.8, 0.1]);
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(RUN, summary(State::Done, &[]), "", "")]));
    press(&mut app, "4");
    let source = Source::Run(RunFolder::at(std::path::Path::new("runs").join(RUN)));
    app.on_news(vec![News::Scores(ScoresNews { source, table: Ok(Arc::new(table)) })]);
    press(&mut app, "m gg h h gh");
    app
}

fn seen(app: &mut App) -> String {
    testing::text(app, (80, 24))
}

#[test]
fn it_fits_every_size() {
    for size in SIZES {
        let mut app = app();
        press(&mut app, "l l l l l l l l l l l l l l l");
        insta::assert_snapshot!(
            format!("threshold_{}x{}", size.0, size.1),
            testing::text(&mut app, size)
        );
    }
}

#[test]
fn counts_and_flips_follow_the_threshold() {
    let mut app = app();
    let text = seen(&mut app);
    assert!(text.contains("fire · test · 20 images, 11 of it"), "{text}");
    // 10 images have 0.525 and more: 8 of fire from 0.625 on, and that of 0.525.
    assert!(text.contains("score >= 0.50        10      9      90.0%   81.8%   85.7%"), "{text}");
    // The highest is that of fire from 0.475 on.
    assert!(text.contains("highest score        11      9      81.8%   81.8%   81.8%"), "{text}");
    assert!(text.contains("1 image changes sides"), "{text}");
    assert!(text.contains("out ✓  0.475  smoke"), "{text}");

    press(&mut app, "h h h h h");
    let text = seen(&mut app);
    assert!(text.contains("score >= 0.45") && text.contains("no image changes sides"), "{text}");

    press(&mut app, "l l l l l l l l l l l l l l l l l l l l");
    let text = seen(&mut app);
    assert!(text.contains("score >= 0.65         7      7     100.0%   63.6%   77.8%"), "{text}");
    assert!(
        text.contains("4 images change sides") && text.contains("out ✗  0.625  fire"),
        "{text}"
    );
    let effects = press(&mut app, "y");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert!(text.starts_with("fire where its score is at least 0.65: 7 taken, 7 right"), "{text}");
}

#[test]
fn category_and_set_change_in_place_and_the_ends_hold() {
    let mut app = app();
    press(&mut app, "gt");
    assert!(seen(&mut app).contains("smoke · test · 20 images, 9 of it"));
    press(&mut app, "t t");
    assert!(seen(&mut app).contains("smoke · training · 1 image, 0 of it"));
    let presses = vec!["h"; 60].join(" ");
    press(&mut app, &presses);
    assert!(seen(&mut app).contains("score >= 0.00"));
    press(&mut app, &presses.replace('h', "l l"));
    assert!(seen(&mut app).contains("score >= 1.00"));
    for size in [(60, 20), (61, 200), (500, 20)] {
        testing::text(&mut app, size);
        press(&mut app, "G j k gg pgdn ctrl-d pgup t gt l");
    }
}

#[test]
fn the_images_that_change_sides_are_listed_in_images() {
    let mut app = app();
    let listed = |effects: Vec<Effect>| {
        assert!(effects.iter().all(|effect| !matches!(effect, Effect::Open(_))), "{effects:?}");
    };
    listed(press(&mut app, "h h h h h enter"));
    assert!(seen(&mut app).contains("Threshold"), "no image changes sides");
    press(&mut app, "l l l l l l l l l l l l l l l l l l l l enter");
    let text = seen(&mut app);
    assert!(text.contains("only what changes sides at fire >= 0.65"), "{text}");
    for file in ["12.jpg", "11.jpg", "10.jpg", "9.jpg"] {
        assert!(text.contains(file), "{file}: {text}");
    }
    assert!(!text.contains("13.jpg"), "{text}");
}

/// On the screen with so many validation images beside the tested ones, and what it asks for answered.
fn reliability(validation: usize) -> App {
    let mut table = ScoreTable::new(["fire", "smoke"].map(str::to_owned).to_vec(), "photos".into());
    for (set, images) in [(Set::Validation, validation), (Set::Test, 120)] {
        for number in 0..images {
            // Three of four are right, in rows of scores of 0.55 to 0.98.
            let truth = usize::from(number % 4 == 3);
            let score = 0.55 + (number % 30) as f32 / 68.0;
            let file = format!("{}-{number}.jpg", set.name());
            table.add(file, Some(set), Some(truth), &[score, 1.0 - score]);
        }
    }
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(RUN, summary(State::Done, &[]), "", "")]));
    press(&mut app, "4");
    let source = Source::Run(RunFolder::at(std::path::Path::new("runs").join(RUN)));
    app.on_news(vec![News::Scores(ScoresNews { source, table: Ok(Arc::new(table)) })]);
    press(&mut app, "m gh");
    let effects = press(&mut app, "a");
    let [Effect::Calibrate { run, table, has_folds: false }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(seen(&mut app).contains("a temperature is fitted"));
    app.on_news(vec![News::Calibrated(calibrate(run, table.clone(), false))]);
    app
}

#[test]
fn whether_scores_mean_what_they_say_is_drawn_before_and_after() {
    for size in SIZES {
        let mut app = reliability(60);
        insta::assert_snapshot!(
            format!("reliability_{}x{}", size.0, size.1),
            testing::text(&mut app, size)
        );
    }
    let mut app = reliability(60);
    assert!(
        matches!(&press(&mut app, "y")[..], [Effect::Copy(text)] if text.contains("60 validation photos"))
    );
    for keys in ["a", "esc"] {
        press(&mut app, keys);
        assert!(seen(&mut app).contains("PRECISION"), "{keys} goes back to the threshold");
        assert!(press(&mut app, "a").is_empty(), "it is fitted once");
    }
    for size in [(60, 9), (61, 200), (500, 12)] {
        testing::text(&mut app, size);
        press(&mut app, "j j j j j j G k gg pgdn pgup");
    }
}

#[test]
fn without_validation_photos_it_is_said_what_would_give_some() {
    let text = seen(&mut reliability(0));
    assert!(text.contains("no validation photos") && text.contains("split.folds"), "{text}");
}
