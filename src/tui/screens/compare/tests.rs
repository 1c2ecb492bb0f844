use std::path::Path;
use std::sync::Arc;

use crate::insight::Resampled;
use crate::store::{EvaluationPoint, Points, Run, RunFolder, State, StepPoint};
use crate::tui::app::App;
use crate::tui::compared::{ComparedMeans, ComparedNews, ComparedRepeats};
use crate::tui::effect::Effect;
use crate::tui::news::{Curves, FollowedNews, News, Said};
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

const IDS: [&str; 3] = ["20260102-030000-fire", "20260102-030100-fire", "20260102-030200-fog"];

/// Curves that fall at a speed of their own.
fn curves(speed: f64) -> Curves {
    let loss = |step: usize| 1.0 / (1.0 + step as f64 * speed) + 0.1;
    let point = |step| StepPoint {
        step,
        loss: loss(step),
        accuracy: 1.0 - loss(step) / 2.0,
        learning_rate: 0.01,
    };
    let evaluation = |step| EvaluationPoint {
        step,
        train_loss: loss(step),
        train_accuracy: 0.9,
        validation_loss: loss(step) + 0.1,
        validation_accuracy: 0.95 - loss(step) / 2.0,
    };
    let steps = (1..=400).map(point).collect();
    let evaluations = (10..=400).step_by(10).map(evaluation).collect();
    Curves::of(&Points { steps, evaluations, ..Points::default() }, 0.8)
}

fn read(id: &str, speed: f64) -> News {
    let run = RunFolder::at(Path::new("runs").join(id));
    let curves = Arc::new(curves(speed));
    let said = Ok(Said { run: Arc::new(Run::default()), curves, from_start: true });
    News::Followed(FollowedNews { run, said })
}

/// Three runs marked, and `c` pressed; with what that asks for.
fn compared() -> (App, Vec<Effect>) {
    let rates = ["0.01", "0.02", "0.05"];
    let runs = IDS.iter().zip(rates).enumerate().map(|(at, (id, rate))| {
        let settings = [("learning_rate", rate), ("iterations", "400")];
        let mut summary = summary(State::Done, &settings);
        summary.test.as_mut().unwrap().accuracy += 0.01 * at as f64;
        run(id, summary, "", "")
    });
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(runs.collect()));
    let effects = press(&mut app, "space space space c");
    (app, effects)
}

#[test]
fn curves_of_marked_runs_are_overlaid_above_what_differs() {
    let (mut app, effects) = compared();
    let [Effect::Follow { runs, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(runs.len(), 3);
    assert!(testing::text(&mut app, (80, 24)).contains("reading the curves"));
    let effects =
        app.on_news(IDS.iter().zip([0.02, 0.05, 0.1]).map(|(id, s)| read(id, s)).collect());
    assert!(effects.is_empty(), "nothing is read twice: {effects:?}");
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("compare_{columns}x{rows}"), testing::text(&mut app, size));
    }
}

#[test]
fn the_baseline_is_pinned_on_a_column_and_the_others_are_measured_against_it() {
    let (mut app, _) = compared();
    let effects = press(&mut app, "lp");
    let [Effect::Pin(Some(pinned)), others @ ..] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((pinned.as_str(), others.len()), (IDS[0], 2));
    let effects = press(&mut app, "O");
    let [Effect::Report(runs)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(runs.iter().map(RunFolder::id).collect::<Vec<_>>(), IDS);
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("rate 0.01 = baseline") && text.contains('…'), "{text}");
    app.on_news(vec![testing::compared(IDS[0], IDS[1])]);
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("+0.0 (-60.4 to +60.4)"), "{text}");
    assert!(text.contains("1, 1 of 4") && text.contains("p = 1.00"), "{text}");
    // The column of another run opens its photos.
    let effects = press(&mut app, "l enter");
    let asks = |effect: &Effect| match effect {
        Effect::CompareRuns(first, second) => first.id() == IDS[0] && second.id() == IDS[1],
        _ => false,
    };
    assert!(effects.iter().any(asks), "{effects:?}");
    // So does that of the baseline: the first of the others.
    let effects = press(&mut app, "esc h enter");
    assert!(effects.iter().any(asks), "{effects:?}");
    press(&mut app, "esc p");
    assert!(!testing::text(&mut app, (140, 40)).contains("= baseline"));
}

#[test]
fn two_runs_are_seen_photo_by_photo() {
    let mut app = testing::app(ThemeName::NoColour);
    let runs = IDS[..2].iter().map(|id| run(id, summary(State::Done, &[]), "", "")).collect();
    app.on_news(all(runs));
    press(&mut app, "space space c enter");
    assert!(testing::text(&mut app, (80, 24)).contains("reading what both tested"));
    app.on_news(vec![testing::compared(IDS[0], IDS[1])]);
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("pairs_{columns}x{rows}"), testing::text(&mut app, size));
    }
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("fire/b.jpg") && !text.contains("fire/c.jpg"), "the fixed one: {text}");
    press(&mut app, "t");
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("[broken 1]") && text.contains("fire/c.jpg"), "{text}");
    press(&mut app, "t t t");
    assert!(testing::text(&mut app, (80, 24)).contains("[fixed 1]"));
    let refused = News::Compared(ComparedNews {
        first: IDS[0].into(),
        second: IDS[1].into(),
        compared: Err("they tested no photo in common".into()),
    });
    app.on_news(vec![refused]);
    assert!(testing::text(&mut app, (80, 24)).contains("they tested no photo in common"));
}

#[test]
fn training_accuracy_and_a_log_scale_are_a_key_away() {
    let (mut app, _) = compared();
    app.on_news(IDS.iter().map(|id| read(id, 0.05)).collect());
    let mut after = |keys: &str| {
        press(&mut app, keys);
        testing::text(&mut app, (80, 24))
    };
    assert!(after("t").contains("training loss"));
    assert!(after("t").contains("validation loss"));
    assert!(after("a").contains("validation accuracy"));
    assert!(after("aL").contains("  log"));
    assert!(after("u").contains("all settings"));
}

#[test]
fn a_run_that_cannot_be_read_says_why_beside_the_others() {
    let (mut app, _) = compared();
    let run = RunFolder::at(Path::new("runs").join(IDS[0]));
    let said = Err("events.jsonl:3: the log is damaged".into());
    app.on_news(vec![read(IDS[1], 0.1), News::Followed(FollowedNews { run, said })]);
    press(&mut app, "u");
    assert!(testing::text(&mut app, (80, 24)).contains("the log is damaged"));
}

/// Five repeats of one rate, four of another, and `c` pressed on both rows.
fn compared_repeats() -> (App, Vec<Effect>) {
    let mut runs = Vec::new();
    for (rate, count, hour) in [("0.01", 5, 3), ("0.1", 4, 4)] {
        for seed in 0..count {
            let text = seed.to_string();
            let settings = [
                ("split.by", "\"seed\""),
                ("split.seed", text.as_str()),
                ("train.seed", text.as_str()),
                ("learning_rate", rate),
            ];
            let mut summary = summary(State::Done, &settings);
            summary.test.as_mut().unwrap().accuracy = 0.8 + 0.01 * f64::from(seed);
            runs.push(run(&format!("20260102-0{hour}000{seed}-fire"), summary, "", ""));
        }
    }
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(runs));
    let effects = press(&mut app, "space space c");
    (app, effects)
}

fn ids(hour: usize, count: usize) -> Vec<String> {
    (0..count).map(|seed| format!("20260102-0{hour}000{seed}-fire")).collect()
}

/// What the performer answers.
fn means(compared: Result<&[f64], &str>) -> News {
    News::ComparedRepeats(ComparedRepeats {
        first: ids(3, 5),
        second: ids(4, 4),
        compared: match compared {
            Ok(differences) => Ok(ComparedMeans {
                difference: Resampled::of(differences, 0.125).unwrap(),
                caveat: None,
            }),
            Err(why) => Err(why.to_owned()),
        },
    })
}

#[test]
fn repeats_are_one_column_with_mean_curve_band_and_sentence() {
    let (mut app, effects) = compared_repeats();
    let asks = effects.iter().any(|effect| match effect {
        Effect::CompareRepeats(first, second) => (first.len(), second.len()) == (5, 4),
        _ => false,
    });
    assert!(asks, "{effects:?}");
    let followed = effects.iter().find_map(|effect| match effect {
        Effect::Follow { runs, .. } => Some(runs.len()),
        _ => None,
    });
    assert_eq!(followed, Some(9), "{effects:?}");
    let speeds = [(3, 5, 0.02), (4, 4, 0.1)];
    let read = speeds.iter().flat_map(|&(hour, count, speed)| {
        let read_one = move |(at, id): (usize, String)| read(&id, speed * (1.0 + 0.2 * at as f64));
        ids(hour, count).into_iter().enumerate().map(read_one)
    });
    app.on_news(read.collect());
    app.on_news(vec![means(Ok(&[0.02, 0.05, -0.01, 0.04]))]);
    for size in SIZES {
        let (columns, rows) = size;
        let name = format!("compare_repeats_{columns}x{rows}");
        insta::assert_snapshot!(name, testing::text(&mut app, size));
    }
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("5 × rate 0.01") && text.contains("82.0% ± 1.6, n=5"), "{text}");
    // The words of the command.
    let sentence = Resampled::of(&[0.02, 0.05, -0.01, 0.04], 0.125).unwrap().difference_in_words();
    assert!(text.contains(&sentence), "{text}");
    // Training curves, smoothed, have one too.
    press(&mut app, "t");
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("training loss") && text.contains(", n=5") && text.contains("smoothing"));
}

#[test]
fn where_means_cannot_be_compared_that_is_said() {
    let (mut app, _) = compared_repeats();
    assert!(testing::text(&mut app, (140, 40)).contains('…'));
    app.on_news(vec![means(Err("repeats are compared where both have the same seeds"))]);
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("repeats are compared where both have the same seeds"), "{text}");
    assert!(testing::text(&mut app, (140, 40)).contains("not comparable"));
    for (keys, said) in [
        ("l p", "a baseline is one run, this column is 5 runs"),
        ("O", "a report is of single runs"),
        ("enter", "this is made of two runs"),
        ("ge", "this is made of two runs"),
    ] {
        assert!(press(&mut app, keys).is_empty(), "{keys}");
        assert!(testing::text(&mut app, (140, 40)).contains(said), "{keys}");
    }
    // Another result: it is asked again.
    let changed = run("20260102-040003-fire", summary(State::Done, &[]), "", "");
    let effects = app.on_news(all(vec![changed]));
    let again = |effect: &Effect| matches!(effect, Effect::CompareRepeats(..));
    assert!(effects.iter().any(again), "{effects:?}");
}

#[test]
fn one_row_of_repeats_has_a_curve_of_its_own_and_unlike_columns_are_not_compared() {
    let (mut app, _) = compared_repeats();
    press(&mut app, "esc esc gg c");
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("4 runs side by side") && text.contains("4 × fire"), "{text}");
    // With one member of an open row and the other row.
    press(&mut app, "esc gg enter j space G space c");
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("6 runs side by side") && text.contains("not comparable"), "{text}");
}

#[test]
fn two_hundred_repeats_are_one_band() {
    let make = |seed: usize| {
        let text = seed.to_string();
        run(
            &format!("20260102-03{seed:04}-fire"),
            summary(State::Done, &[("train.seed", &text)]),
            "",
            "",
        )
    };
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all((0..200).map(make).collect()));
    press(&mut app, "c");
    for seed in 0..200 {
        app.on_news(vec![read(&format!("20260102-03{seed:04}-fire"), 0.02 + seed as f64 / 4000.0)]);
    }
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("n=200"), "{text}");
}
