use crate::store::{State, Stop, Summary};
use crate::tui::app::App;
use crate::tui::effect::Effect;
use crate::tui::known_run::KnownRun;
use crate::tui::news::{News, RunsNews};
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

fn app_with(runs: Vec<KnownRun>) -> App {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(runs));
    app
}

/// One of several that differ in their seeds alone.
fn repeat(state: State, rate: &str, seed: usize, accuracy: f64) -> Summary {
    let seed = seed.to_string();
    let settings = [
        ("split.by", "\"seed\""),
        ("split.seed", &seed),
        ("train.seed", &seed),
        ("learning_rate", rate),
    ];
    let mut summary = summary(state, &settings);
    if let Some(test) = &mut summary.test {
        test.accuracy = accuracy;
    }
    summary
}

/// Five repeats that are done, four of another rate of which three are, a sweep of three runs and a
/// run of its own.
fn project() -> Vec<KnownRun> {
    let mut runs = Vec::new();
    for (seed, accuracy) in [0.82, 0.85, 0.84, 0.87, 0.83].into_iter().enumerate() {
        let id = format!("20260102-03000{seed}-fire");
        runs.push(run(&id, repeat(State::Done, "0.01", seed, accuracy), "", ""));
    }
    let others = [State::Done, State::Done, State::Done, State::Running];
    for (seed, state) in others.into_iter().enumerate() {
        let id = format!("20260102-03010{seed}-fire");
        runs.push(run(&id, repeat(state, "0.1", seed, 0.8 + seed as f64 / 100.0), "", ""));
    }
    for (at, rate) in ["0.2", "0.3", "0.4"].into_iter().enumerate() {
        let mut of_sweep =
            summary(State::Done, &[("split.by", "\"seed\""), ("learning_rate", rate)]);
        of_sweep.group = Some("20260102-0302-lr".into());
        of_sweep.experiment = "lr".into();
        let kept = of_sweep.kept.as_mut().unwrap();
        kept.accuracy = 0.9 + at as f64 / 100.0;
        runs.push(run(&format!("20260102-03020{at}-lr"), of_sweep, "", ""));
    }
    let mut alone = summary(State::Done, &[("split.by", "\"seed\""), ("learning_rate", "0.5")]);
    alone.experiment = "fog".into();
    runs.push(run("20260102-030300-fog", alone, "ok", ""));
    runs
}

fn looks(name: &str, app: &mut App) {
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), testing::text(app, size));
    }
}

fn text(app: &mut App) -> String {
    testing::text(app, (140, 40))
}

/// The rows of the table, without what stands beside it.
fn rows(app: &mut App) -> Vec<String> {
    let text = testing::text(app, (100, 40));
    let rows = text.lines().skip(3).map(|line| line.trim_matches('"').trim_end().to_owned());
    rows.take_while(|line| !line.is_empty()).collect()
}

fn press_on(app: &mut App, row: &str, keys: &str) -> Vec<Effect> {
    press(app, "gg");
    while !rows(app).iter().any(|line| line.starts_with('>') && line.contains(row)) {
        let before = rows(app);
        press(app, "j");
        assert_ne!(before, rows(app), "no row {row}: {before:#?}");
    }
    press(app, keys)
}

#[test]
fn repeats_and_sweeps_stand_in_one_row_each_that_opens() {
    let mut app = app_with(project());
    looks("groups", &mut app);
    let shown = rows(&mut app);
    assert_eq!(shown.len(), 4, "{shown:#?}");
    // By hand: the mean of the five is 0.842, their deviation is the root of 0.00148 / 4.
    assert!(
        shown
            .iter()
            .any(|row| row.contains("5 × fire rate 0.01") && row.contains("84.2% ± 1.9, n=5"))
    );
    assert!(
        shown
            .iter()
            .any(|row| row.contains("3 done, 1 running") && row.contains("81.0% ± 1.0, n=3"))
    );
    // The best of three test accuracies would flatter: it stands nowhere.
    let sweep = shown.iter().find(|row| row.contains("3 of 20260102-0302-lr")).unwrap();
    assert!(!sweep.contains("94.4"), "{sweep}");
    press_on(&mut app, "3 of", "");
    assert!(text(&mut app).contains("best 92.0%"));
    // `enter` lists them and hides them again; on one of them it opens the run.
    press_on(&mut app, "rate 0.01", "enter");
    assert_eq!(rows(&mut app).len(), 9);
    looks("groups_open", &mut app);
    let opened = press(&mut app, "j y");
    assert!(
        matches!(&opened[..], [.., Effect::Copy(id)] if id == "20260102-030004-fire"),
        "{opened:?}"
    );
    press(&mut app, "k enter");
    assert_eq!(rows(&mut app).len(), 4);
    // From within `esc` hides them, and the cursor is on their row.
    press(&mut app, "enter j j esc");
    assert_eq!(rows(&mut app).len(), 4);
    assert!(rows(&mut app).iter().any(|row| row.starts_with("> ▸ 5 × fire")));
}

#[test]
fn one_key_shows_every_run_by_itself_and_folds_again() {
    let mut app = app_with(project());
    press_on(&mut app, "rate 0.01", "F");
    let shown = rows(&mut app);
    assert_eq!(shown.len(), 13);
    assert!(shown.iter().any(|row| row.starts_with("> fire")), "{shown:#?}");
    press(&mut app, "F");
    assert_eq!(rows(&mut app).len(), 4);
    assert!(rows(&mut app).iter().any(|row| row.starts_with("> ▸ 5 × fire")), "on its group");
}

#[test]
fn groups_are_sorted_among_runs_and_keep_their_members_together() {
    let mut app = app_with(project());
    press_on(&mut app, "rate 0.1", "enter");
    // By test accuracy: what has none comes last, in both directions.
    let of = |app: &mut App| -> Vec<String> {
        rows(app).iter().map(|row| row.chars().skip(2).take(9).collect()).collect()
    };
    let columns = ["rate", "state", "test"];
    for keys in ["S", "s"] {
        press(&mut app, "h h h h h h h h h h h h");
        while !text(&mut app).lines().nth(2).unwrap().contains("test accuracy▼")
            && !text(&mut app).lines().nth(2).unwrap().contains("test accuracy▲")
        {
            press(&mut app, "l");
            press(&mut app, keys);
        }
        let found = of(&mut app);
        assert_eq!(found.last().unwrap(), "▸ 3 of 20", "{columns:?} {found:#?}");
        let heading = found.iter().position(|row| row.starts_with("▾ 4")).unwrap();
        assert!(found[heading + 1..=heading + 4].iter().all(|row| row.starts_with("  seed")));
    }
}

#[test]
fn a_filter_leaves_the_members_that_pass_and_one_alone_stands_as_a_run() {
    let mut app = app_with(project());
    press(&mut app, "/seed<2 space experiment=fire enter");
    let shown = rows(&mut app);
    assert_eq!(shown.len(), 2, "{shown:#?}");
    assert!(shown.iter().all(|row| row.contains("▸ 2 × fire")), "{shown:#?}");
    press(&mut app, "esc /seed=1 space experiment=fire enter");
    let shown = rows(&mut app);
    assert!(shown.len() == 2 && shown.iter().all(|row| !row.contains('×')), "{shown:#?}");
    press(&mut app, "esc /run:0302 enter");
    assert!(rows(&mut app)[0].contains("3 of"), "sweeps, too");
}

#[test]
fn runs_that_do_not_even_differ_in_their_seeds_are_no_repeats() {
    let again = |n: usize| {
        run(&format!("20260102-03000{n}-fire"), repeat(State::Done, "0.01", 1, 0.8), "", "")
    };
    let mut app = app_with((0..3).map(again).collect());
    assert_eq!(rows(&mut app).len(), 3);
}

#[test]
fn marks_and_the_trash_take_all_runs_of_a_row() {
    let mut app = app_with(project());
    press_on(&mut app, "rate 0.01", "space");
    assert!(text(&mut app).contains("5 marked"));
    assert!(rows(&mut app).iter().any(|row| row.contains("*▸ 5 ×")), "{:#?}", rows(&mut app));
    let effects = press(&mut app, "d y");
    assert!(matches!(&effects[..], [Effect::Trash(runs)] if runs.len() == 5), "{effects:?}");
    press(&mut app, "esc");
    // Without marks those under the cursor, with their number.
    press_on(&mut app, "3 of", "d");
    assert!(text(&mut app).contains("move 3 runs to the trash?"));
    press(&mut app, "esc");
    // One that runs is in the way, as it is alone.
    press_on(&mut app, "rate 0.1 ", "d");
    assert!(text(&mut app).contains("is running: stop it first"));
    // A range over rows marks what they stand for.
    press(&mut app, "gg v G v");
    assert!(text(&mut app).contains("13 marked"));
    press(&mut app, "* *");
    assert!(text(&mut app).contains("13 marked"), "{}", text(&mut app));
}

#[test]
fn those_of_a_row_that_run_are_stopped_and_those_that_ended_early_are_resumed() {
    let mut runs = project();
    let id = "20260102-030005-fire";
    runs.push(run(id, repeat(State::Paused, "0.01", 5, 0.0), "", ""));
    runs.push(run("20260102-030006-fire", repeat(State::Failed, "0.01", 6, 0.0), "", ""));
    let mut app = app_with(runs);
    press_on(&mut app, "3 done, 1 running", "x");
    assert!(text(&mut app).contains("stop 1 run of fire rate 0.1?"), "{}", text(&mut app));
    let effects = press(&mut app, "y");
    assert!(matches!(&effects[..], [Effect::EndAll(runs, Stop::Keep)] if runs.len() == 4));
    press_on(&mut app, "rate 0.01", "P");
    assert!(text(&mut app).contains("none of these 7 runs waits or is at work"));
    press(&mut app, "r");
    assert!(text(&mut app).contains("resume 2 runs of fire rate 0.01?"));
    let effects = press(&mut app, "y");
    assert!(matches!(&effects[..], [Effect::ResumeAll(runs)] if runs.len() == 2), "{effects:?}");
    press_on(&mut app, "3 of", "r");
    assert!(text(&mut app).contains("none of these 3 runs ended before its time"));
}

#[test]
fn what_makes_no_sense_for_several_runs_is_refused_in_words() {
    let mut app = app_with(project());
    for keys in ["p", "I", "#", "N", "A", "B", "i", "o", "Y"] {
        let effects = press_on(&mut app, "rate 0.01", keys);
        assert!(effects.is_empty(), "{keys}: {effects:?}");
        let text = testing::text(&mut app, (140, 40));
        assert!(text.contains("this row is 5 runs: enter shows them"), "{keys}: {text}");
    }
    let effects = press_on(&mut app, "rate 0.01", "y");
    assert!(matches!(&effects[..], [Effect::Copy(names)] if names.split(' ').count() == 5));
}

#[test]
fn a_member_that_changes_changes_its_row_and_the_cursor_stays() {
    let mut app = app_with(project());
    press_on(&mut app, "rate 0.1 ", "");
    let done = run("20260102-030103-fire", repeat(State::Done, "0.1", 3, 0.85), "", "");
    let news = RunsNews { changed: vec![done], gone: Vec::new(), complete: true };
    app.on_news(vec![News::Runs(news)]);
    let shown = rows(&mut app);
    let row = shown.iter().find(|row| row.starts_with("> ▸ 4 × fire")).unwrap();
    assert!(row.contains("✓ 4 done") && row.contains("82.0% ± 2.2, n=4"), "{row}");
}

#[test]
fn ten_thousand_runs_in_groups_of_two_hundred_are_fifty_rows() {
    let rates: Vec<String> = (1..=50).map(|n| format!("0.{n:03}")).collect();
    let make = |n: usize| {
        let accuracy = 0.8 + (n / 50) as f64 / 2000.0;
        let id = format!("2026{:02}{:02}-{n:06}-fire", n / 2800 + 1, n / 100 % 28 + 1);
        run(&id, repeat(State::Done, &rates[n % 50], n / 50, accuracy), "", "")
    };
    let mut app = app_with((0..10_000).map(make).collect());
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("10,000 runs in 50 rows"), "{text}");
    // By hand: 200 numbers a step of 1/2000 apart have the mean 0.8 + 99.5/2000 and the deviation
    // root of (200 * 201 / 12) / 2000.
    assert!(text.contains("85.0% ± 2.9, n=200"), "{text}");
    looks("groups_many", &mut app);
    press(&mut app, "gg enter G");
    assert!(testing::text(&mut app, (80, 24)).contains("in 250 rows"));
}

#[test]
fn rows_of_repeats_are_measured_against_each_other_and_not_against_a_single_baseline() {
    let mut app = app_with(project());
    app.on_news(vec![News::Baseline(Some("20260102-030300-fog".into()))]);
    press_on(&mut app, "rate 0.01", "space");
    let effects = press_on(&mut app, "rate 0.1 ", "space c");
    let sizes = effects.iter().find_map(|effect| match effect {
        Effect::CompareRepeats(first, second) => Some((first.len(), second.len())),
        _ => None,
    });
    assert_eq!(sizes, Some((5, 4)), "{effects:?}");
    assert!(text(&mut app).contains("9 runs side by side"));
    // With a run of its own among them it is there.
    press(&mut app, "esc");
    press_on(&mut app, "3 of", "enter j space c");
    assert!(
        text(&mut app).contains("11 runs side by side") && text(&mut app).contains("= baseline")
    );
}
