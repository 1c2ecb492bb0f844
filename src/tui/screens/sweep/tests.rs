use crate::store::{KeptValidation, Queue, State, Stop, Target, Waiting};
use crate::tui::app::App;
use crate::tui::effect::{Destination, Effect};
use crate::tui::known_run::KnownRun;
use crate::tui::news::News;
use crate::tui::screens::Screen;
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

const RATES: [&str; 5] = ["0.001", "0.003162", "0.01", "0.03162", "0.1"];
const SIZES_OF_BATCH: [&str; 4] = ["16", "32", "64", "100"];

fn member(number: usize, state: State, settings: &[(&str, &str)], accuracy: f64) -> KnownRun {
    let mut known = summary(state, settings);
    known.group = Some("20260102-030400-rates".into());
    known.kept = known.kept.map(|kept| KeptValidation { accuracy, loss: 1.0 - accuracy, ..kept });
    if known.test.is_none() {
        known.kept = None;
    }
    run(&format!("20260102-030400-rates-{number:03}"), known, "", "")
}

/// A grid of five rates and four sizes of batches.
fn grid(done: usize) -> Vec<KnownRun> {
    let place = |number: usize| (number / SIZES_OF_BATCH.len(), number % SIZES_OF_BATCH.len());
    let made = |number: usize| {
        let (rate, size) = place(number);
        let settings = [("learning_rate", RATES[rate]), ("train.batch_size", SIZES_OF_BATCH[size])];
        let state = match number {
            number if number < done => State::Done,
            number if number == done => State::Running,
            _ => State::Queued,
        };
        let accuracy = 0.95 - 0.06 * (rate as f64 - 2.2).abs() - 0.01 * size as f64;
        member(number, state, &settings, accuracy)
    };
    (0..RATES.len() * SIZES_OF_BATCH.len()).map(made).collect()
}

fn app_of(theme: ThemeName, runs: Vec<KnownRun>) -> App {
    let mut app = testing::app(theme);
    let mut queue = Queue::default();
    let waits = runs.iter().filter(|run| run.state() == Some(State::Queued));
    queue.waiting =
        waits.map(|run| Waiting::new(run.folder(), Target::this_machine(), None)).collect();
    app.on_news(all(runs));
    app.on_news(vec![News::Queue(queue)]);
    press(&mut app, "gg gs");
    app
}

#[test]
fn the_best_stand_first_and_it_goes_on_while_the_sweep_works() {
    for size in SIZES {
        let (columns, rows) = size;
        let mut app = app_of(ThemeName::NoColour, grid(14));
        insta::assert_snapshot!(format!("sweep_{columns}x{rows}"), testing::text(&mut app, size));
    }
    let mut app = app_of(ThemeName::NoColour, grid(14));
    press(&mut app, "a");
    insta::assert_snapshot!("sweep_plots_80x24", testing::text(&mut app, (80, 24)));
    // One more is done: it is seen without a key.
    app.on_news(all(grid(15)));
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("15 of 20 done, 1 at work, 4 waiting"), "{text}");
}

#[test]
fn the_test_accuracy_of_the_chosen_combination_alone_is_shown() {
    let mut app = app_of(ThemeName::NoColour, grid(20));
    let text = testing::text(&mut app, (140, 40));
    assert_eq!(text.matches("94.4% (88.9-97.3)").count(), 1, "{text}");
    assert!(text.contains("chosen by validation: rate 0.01, batch_size 16"), "{text}");
    assert!(text.contains("of the others it is not shown: the best of 20 flatters"), "{text}");
}

#[test]
fn a_sweep_of_200_drawn_runs_is_seen_whole() {
    let runs = (0..200).map(|number: usize| {
        let share = (number * 37 % 200) as f64 / 199.0;
        let rate = format!("{:.3e}", 0.001 * 100f64.powf(share)).parse::<f64>().unwrap();
        let optimizer = ["\"sgd\"", "\"adam\"", "\"momentum\""][number % 3];
        let settings = [
            ("learning_rate", rate.to_string()),
            ("train.batch_size", SIZES_OF_BATCH[number % 4].to_owned()),
            ("train.optimizer", optimizer.to_owned()),
        ];
        let settings: Vec<(&str, &str)> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let state = if number % 50 == 49 { State::Failed } else { State::Done };
        let accuracy = 0.95 - 0.3 * (share - 0.6).powi(2) - 0.01 * (number % 3) as f64;
        member(number, state, &settings, accuracy)
    });
    let mut app = app_of(ThemeName::NoColour, runs.collect());
    insta::assert_snapshot!("sweep_200_140x40", testing::text(&mut app, (140, 40)));
    press(&mut app, "G");
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("196 of 200 done, 4 failed") && text.contains("✗ failed"), "{text}");
}

#[test]
fn repeats_of_one_combination_are_one_row() {
    let runs: Vec<KnownRun> = (0..6)
        .map(|number| {
            let settings =
                [("learning_rate", RATES[number % 2]), ("train.seed", SIZES_OF_BATCH[number / 2])];
            member(number, State::Done, &settings, 0.9)
        })
        .collect();
    let text = testing::text(&mut app_of(ThemeName::NoColour, runs), (80, 24));
    assert_eq!(text.matches("3 repeats").count(), 3, "{text}");
    assert!(text.contains("the mean of 3 repeats"), "{text}");
}

#[test]
fn a_map_of_two_settings_is_read_in_every_theme() {
    let mut app = app_of(ThemeName::SixteenColours, grid(20));
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("[93.8%]") && text.contains("█92.8%"), "{text}");
    let mut app = app_of(ThemeName::Dark, grid(20));
    let text = testing::text(&mut app, (140, 40));
    assert!(text.contains("[93.8%]") && !text.contains("█92.8%"), "shades do it: {text}");
    let cells = testing::cells(&mut app, (140, 40));
    let backgrounds: std::collections::HashSet<_> =
        cells.content.iter().map(|cell| cell.bg).collect();
    assert!(backgrounds.len() > 3, "{backgrounds:?}");
}

fn performed(app: &mut App, keys: &str) -> Vec<Effect> {
    let acts = |effect: &Effect| matches!(effect, Effect::EndAll(..) | Effect::ResumeAll(_));
    press(app, keys).into_iter().filter(acts).collect()
}

#[test]
fn keys_act_on_the_sweep_as_one_and_ask_where_something_is_lost() {
    let mut app = app_of(ThemeName::NoColour, grid(14));
    assert!(performed(&mut app, "x").is_empty());
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("stop the sweep") && text.contains("5 runs off the queue"), "{text}");
    let ended = performed(&mut app, "y");
    assert!(matches!(&ended[..], [Effect::EndAll(runs, Stop::Keep)] if runs.len() == 20));
    assert!(performed(&mut app, "X").is_empty());
    assert!(matches!(performed(&mut app, "y")[..], [Effect::EndAll(_, Stop::Cancel)]));
    assert!(matches!(performed(&mut app, "P")[..], [Effect::EndAll(_, Stop::Pause)]));
    assert!(performed(&mut app, "r").is_empty(), "all are done, wait or work");
    // Nothing goes on any more, two are paused.
    let mut runs = grid(20);
    runs[3].set_state(State::Paused);
    runs[7].set_state(State::Paused);
    let mut app = app_of(ThemeName::NoColour, runs.clone());
    assert!(performed(&mut app, "x y P").is_empty());
    assert!(matches!(performed(&mut app, "r")[..], [Effect::ResumeAll(_)]));
    // A result would be replaced.
    runs[7].set_state(State::Stopped);
    let mut app = app_of(ThemeName::NoColour, runs);
    assert!(performed(&mut app, "r").is_empty());
    assert!(matches!(performed(&mut app, "y")[..], [Effect::ResumeAll(_)]));
}

#[test]
fn a_combination_opens_its_run_and_is_compared_with_the_chosen_one() {
    let mut app = app_of(ThemeName::NoColour, grid(14));
    let text = |app: &mut App| testing::text(app, (80, 24));
    press(&mut app, "c");
    assert!(text(&mut app).contains("this is the chosen run"));
    press(&mut app, "j c");
    assert!(text(&mut app).contains("= baseline"), "{}", text(&mut app));
    press(&mut app, "q enter");
    assert!(text(&mut app).contains("Live") || text(&mut app).contains("rates-009"));
    press(&mut app, "q q");
    assert!(press(&mut app, "y").iter().all(|effect| !matches!(effect, Effect::EndAll(..))));
}

#[test]
fn a_sweep_whose_runs_are_gone_says_so_and_a_run_of_none_opens_nothing() {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run("a", summary(State::Done, &[]), "", "")]));
    press(&mut app, "gs");
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("no run of a sweep"), "{text}");
    app.show(Screen::at(Destination::Sweep("20260102-030400-rates".into())));
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("no run of this sweep is left"), "{text}");
}
