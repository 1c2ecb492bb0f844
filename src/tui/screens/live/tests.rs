mod events;
mod passing;

use std::path::Path;
use std::sync::Arc;

use crossterm::event::{
    Event as TerminalEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use self::events::{created, done, extracting, falling, in_folds, training};
use crate::store::{
    Event, Owner, Points, Queue, Record, Run, RunFolder, SCHEMA_VERSION, Stage, Started, State,
    Stop, Task, TestResult, Timestamp,
};
use crate::tui::app::App;
use crate::tui::effect::{Again, Effect};
use crate::tui::news::{
    Curves, FollowedNews, HostMetrics, HostNews, News, RunsNews, Said, WorkerLogNews,
};
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

const ID: &str = "20260102-030000-fire";

fn folder(id: &str) -> RunFolder {
    RunFolder::at(Path::new("runs").join(id))
}

/// What the run says, each event half a second after the one before.
fn told(id: &str, events: Vec<Event>) -> News {
    told_from(id, events, 0)
}

/// The same, but of the points only those behind the first `known` events.
fn told_from(id: &str, events: Vec<Event>, known: usize) -> News {
    let record = |(at, event): (usize, Event)| {
        let at = Timestamp::from_millisecond(1_767_322_800_000 + 500 * at as i64).unwrap();
        Record { v: SCHEMA_VERSION, at, lease: 0, event }
    };
    let records: Vec<Record> = events.into_iter().enumerate().map(record).collect();
    let (run, points) = (Run::replay(&records), Points::of(&records[known..]));
    let curves = Arc::new(Curves::of(&points, 0.0));
    let said = Ok(Said { run: Arc::new(run), curves, from_start: known == 0 });
    News::Followed(FollowedNews { run: folder(id), said })
}

fn follows(effects: &[Effect], id: &str) -> bool {
    matches!(effects, [Effect::Follow { runs, .. }] if *runs == [folder(id)])
}

#[test]
fn with_folds_it_says_which_is_trained_what_was_right_and_of_which_heads_the_accuracy_is() {
    looks("folds", &mut app_with(State::Running, in_folds()));
    let mut events = in_folds();
    events.push(Event::Head { fold: None, folds: 5 });
    let steps = training(falling).into_iter().filter(|event| matches!(event, Event::Step(_)));
    events.extend(steps);
    let Some(Event::Finished { ending, step, kept_step, test }) = done().pop() else { panic!() };
    let test = TestResult { folds: 5, correct: 151, n: 160, ..test };
    events.push(Event::Finished { ending, step, kept_step, test });
    looks("folds_done", &mut app_with(State::Done, events));
}

#[test]
fn the_result_says_how_much_of_an_unknown_kind_would_be_noticed() {
    let mut events = done();
    if let Some(Event::Finished { test, .. }) = events.last_mut() {
        test.would_notice = Some(0.412);
    }
    let mut app = app_with(State::Done, events);
    for size in SIZES {
        let screen = testing::text(&mut app, size);
        assert!(screen.contains("would notice 41.2% of an unknown kind"), "{screen}");
    }
}

/// An app that shows the one run there is, in a state, having said `events`.
fn app_with(state: State, events: Vec<Event>) -> App {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(ID, summary(state, &[]), "", "")]));
    press(&mut app, "2");
    app.on_news(vec![told(ID, events)]);
    app
}

fn looks(name: &str, app: &mut App) {
    for size in SIZES {
        let (columns, rows) = size;
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), testing::text(app, size));
    }
}

#[test]
fn without_a_run_it_says_how_to_start_one() {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(Vec::new()));
    press(&mut app, "2");
    looks("empty", &mut app);
}

#[test]
fn every_stage_of_a_run_is_shown() {
    looks("created", &mut app_with(State::Created, created()));
    looks("features", &mut app_with(State::Running, extracting()));
    looks("done", &mut app_with(State::Done, done()));
    let mut failed = extracting();
    let message = "cannot write shard 3: no space left on device".into();
    failed.push(Event::Failed { message, fault: true });
    looks("failed", &mut app_with(State::Failed, failed));
}

#[test]
fn a_run_taken_off_the_queue_does_not_wait_for_a_worker() {
    let mut app = app_with(State::Created, created());
    let mut text = |queue: Queue| {
        app.on_news(vec![News::Queue(queue)]);
        testing::text(&mut app, (80, 24))
    };
    let task = Task::Process { keeper: Owner::this_process(), slot: 0 };
    let mut queue = Queue::default();
    queue.started.push(Started { run: ID.into(), task });
    assert!(text(queue).contains("waiting for its worker"));
    let shown = text(Queue::default());
    assert!(shown.contains("not in the queue and without a worker; r queues it"), "{shown}");
}

#[test]
fn every_state_is_drawn_at_any_size() {
    let mut scanning = created();
    scanning.push(Event::Started { pid: 7, host: "here".into(), threads: 2 });
    scanning.push(Event::Stage { stage: Stage::Scan });
    let broken = training(|step| if step < 25 { falling(step) } else { f64::NAN });
    for events in [created(), scanning, extracting(), training(falling), broken, done()] {
        let mut app = app_with(State::Running, events);
        for width in [60, 99, 101, 300] {
            for height in [20, 21, 25, 37, 90] {
                testing::text(&mut app, (width, height));
            }
        }
    }
}

#[test]
fn scanning_says_what_it_does() {
    let mut events = created();
    events.push(Event::Started { pid: 7, host: "here".into(), threads: 2 });
    events.push(Event::Stage { stage: Stage::Scan });
    let text = testing::text(&mut app_with(State::Running, events), (80, 24));
    assert!(text.contains("running · scan"), "{text}");
    assert!(text.contains("finding, hashing and splitting the photos"), "{text}");
}

#[test]
fn a_failed_run_shows_its_whole_message() {
    let message = "features/5f1c: cannot write shard 3: no space left on device (0 of 8,388,608 \
                   bytes written); free some space or set folders.features in config.toml to \
                   another disk, then resume with 'retrain resume 20260102-030405-fire'";
    let mut events = extracting();
    events.push(Event::Failed { message: message.into(), fault: true });
    for size in SIZES {
        let text = testing::text(&mut app_with(State::Failed, events.clone()), size);
        let said: Vec<&str> =
            text.split(['"', '\n', ' ']).filter(|word| !word.is_empty()).collect();
        assert!(said.join(" ").contains(message), "{text}");
    }
}

#[test]
fn points_that_come_later_are_added_and_give_the_pace() {
    let events = training(falling);
    let half =
        events.iter().position(|event| matches!(event, Event::Step(point) if point.step == 20));
    let half = half.unwrap();
    let mut app = app_with(State::Running, events[..half].to_vec());
    assert!(!testing::text(&mut app, (80, 24)).contains("iterations/s"));
    app.on_news(vec![told_from(ID, events, half)]);
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("iteration 40/40 · 1.8 iterations/s"), "{text}");
    press(&mut app, "h");
    assert!(testing::text(&mut app, (80, 24)).contains("at 39"));
    press(&mut app, "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh");
    assert!(testing::text(&mut app, (80, 24)).contains("at 1 "), "the first points are there");
}

#[test]
fn a_run_that_is_asked_to_go_on_is_starting_until_its_worker_says_something() {
    let mut events = training(falling);
    events.push(Event::Paused);
    let mut app = app_with(State::Paused, events);
    let paused = || vec![run(ID, summary(State::Paused, &[]), "", "")];
    let text = |app: &mut App| testing::text(app, (80, 24));
    app.on_news(vec![News::Starting(folder(ID))]);
    assert!(text(&mut app).contains("▷ starting"), "{}", text(&mut app));
    assert!(press(&mut app, "r").is_empty(), "it is not started twice");
    app.on_news(all(paused()));
    assert!(text(&mut app).contains("▷ starting"), "the folder says nothing new");
    press(&mut app, "3");
    assert!(text(&mut app).contains("▷ starting"), "{}", text(&mut app));
    let mut failed = summary(State::Failed, &[]);
    failed.updated = Some(Timestamp::UNIX_EPOCH);
    app.on_news(all(vec![run(ID, failed, "", "")]));
    assert!(text(&mut app).contains("✗ failed"), "{}", text(&mut app));
    app.on_news(all(paused()));
    app.on_news(vec![News::Starting(folder(ID))]);
    let problem = "there is no checkpoint".to_owned();
    app.on_news(vec![News::NotStarted { run: folder(ID), problem }]);
    let shown = text(&mut app);
    assert!(shown.contains("‖ paused") && shown.contains("no checkpoint"), "{shown}");
}

#[test]
fn training_shows_curves_the_host_and_the_workers_last_words() {
    let mut app = app_with(State::Running, training(falling));
    let metrics = HostMetrics {
        cpu_percent: 187.0,
        memory_bytes: 700 << 20,
        memory_total_bytes: 8 << 30,
        gpu: None,
    };
    app.on_news(vec![
        News::Host(HostNews { run: folder(ID), metrics: Some(metrics) }),
        News::WorkerLog(WorkerLogNews { run: folder(ID), lines: vec!["a last word".into()] }),
    ]);
    looks("training", &mut app);
}

#[test]
fn a_loss_that_is_no_number_is_marked_and_said_with_its_likely_cause() {
    let loss = |step| if step < 25 { falling(step) } else { f64::NAN };
    let mut app = app_with(State::Running, training(loss));
    looks("diverged", &mut app);
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("learning rate is too high") && text.contains('×'), "{text}");
}

#[test]
fn every_key_of_the_screen_does_what_the_table_says() {
    let mut app = app_with(State::Running, training(falling));
    let text = |app: &mut App| testing::text(app, (80, 24));
    assert!(text(&mut app).contains("smoothing 0.6"));
    press(&mut app, ")");
    assert!(text(&mut app).contains("smoothing 0.8"));
    press(&mut app, "((");
    assert!(text(&mut app).contains("smoothing 0.3"));
    press(&mut app, "0");
    assert!(!text(&mut app).contains("smoothing"));
    press(&mut app, "L");
    assert!(text(&mut app).contains("  log"), "{}", text(&mut app));
    press(&mut app, "hh");
    assert!(text(&mut app).contains("at 38"), "{}", text(&mut app));
    press(&mut app, "ctrl-u");
    assert!(text(&mut app).contains("at 28"));
    press(&mut app, "ctrl-d l");
    assert!(text(&mut app).contains("at 39"));
    press(&mut app, "esc");
    assert!(!text(&mut app).contains("at 39"), "esc puts the cursor away");
    let whole = text(&mut app);
    press(&mut app, "+");
    assert_ne!(text(&mut app), whole);
    press(&mut app, "-");
    assert_eq!(text(&mut app), whole);
    press(&mut app, "a");
    assert!(text(&mut app).contains("accuracy ──"));
    assert!(matches!(&press(&mut app, "y")[..], [Effect::Copy(id)] if id == ID));
    assert!(matches!(&press(&mut app, "o")[..], [Effect::EditOutside(_)]));
    assert!(
        matches!(&press(&mut app, "A")[..], [Effect::Rerun(run, Again::AsItIs)] if *run == folder(ID))
    );
    let other = press(&mut app, "B");
    assert!(matches!(&other[..], [Effect::Rerun(_, Again::WithOtherNetwork)]), "{other:?}");
}

#[test]
fn a_run_is_paused_at_once_and_gone_on_with_where_it_was_left() {
    let mut app = app_with(State::Running, training(falling));
    assert!(
        matches!(&press(&mut app, "P")[..], [Effect::Stop(run, Stop::Pause)] if *run == folder(ID))
    );
    press(&mut app, "r");
    assert!(testing::text(&mut app, (80, 24)).contains("is running"));
    let mut events = training(falling);
    events.push(Event::Paused);
    let mut app = app_with(State::Paused, events);
    looks("paused", &mut app);
    assert!(matches!(&press(&mut app, "r")[..], [Effect::Resume(run, None)] if *run == folder(ID)));
    assert!(follows(&app.on_news(vec![News::Resumed(folder(ID))]), ID));
    assert!(!testing::text(&mut app, (80, 24)).contains("back"), "no second screen is opened");
    press(&mut app, "P");
    assert!(testing::text(&mut app, (80, 24)).contains("is not running"));
}

#[test]
fn going_on_with_a_stopped_run_asks_since_its_result_is_replaced() {
    let mut events = done();
    let Some(Event::Finished { ending, .. }) = events.last_mut() else { panic!() };
    *ending = crate::store::Ending::Stopped;
    let mut app = app_with(State::Stopped, events);
    assert!(press(&mut app, "r").is_empty());
    assert!(testing::text(&mut app, (60, 20)).contains("is replaced"));
    assert!(matches!(&press(&mut app, "y")[..], [Effect::Resume(run, None)] if *run == folder(ID)));
    let mut app = app_with(State::Done, done());
    press(&mut app, "r");
    assert!(testing::text(&mut app, (80, 24)).contains("is done; A runs the same again"));
}

#[test]
fn why_a_run_could_not_go_on_is_shown_beside_what_it_has() {
    let mut events = done();
    let message = "the photos are not those it began with".into();
    events.push(Event::Refused { message, fault: false });
    let mut app = app_with(State::Done, events);
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("✓ done") && text.contains("could not be resumed: the photos"), "{text}");
}

#[test]
fn stop_and_cancel_say_what_will_happen_and_ask_first() {
    let mut app = app_with(State::Running, training(falling));
    assert!(press(&mut app, "x").is_empty());
    assert!(testing::text(&mut app, (60, 20)).contains("keeps the result"));
    assert!(
        matches!(&press(&mut app, "y")[..], [Effect::Stop(run, Stop::Keep)] if *run == folder(ID))
    );
    assert!(press(&mut app, "X").is_empty());
    assert!(testing::text(&mut app, (60, 20)).contains("without a result"));
    assert!(press(&mut app, "A").is_empty());
    let mut ended = app_with(State::Done, done());
    press(&mut ended, "x");
    assert!(testing::text(&mut ended, (80, 24)).contains("is not running"));
}

#[test]
fn a_click_on_a_chart_reads_the_values_there_and_the_wheel_zooms() {
    let mut app = app_with(State::Running, training(falling));
    let mouse = |app: &mut App, kind, column, row| {
        let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        app.on_event(TerminalEvent::Mouse(mouse));
        testing::text(app, (80, 24))
    };
    let click = MouseEventKind::Down(MouseButton::Left);
    assert!(!mouse(&mut app, click, 40, 3).contains("at 2"), "the numbers are no chart");
    let text = mouse(&mut app, click, 43, 10);
    assert!(text.contains("at 20") || text.contains("at 21"), "{text}");
    let dragged = mouse(&mut app, MouseEventKind::Drag(MouseButton::Left), 70, 10);
    assert!(dragged.contains("at 36") || dragged.contains("at 37"), "{dragged}");
    assert_ne!(mouse(&mut app, MouseEventKind::ScrollUp, 43, 10), dragged);
}

#[test]
fn the_newest_running_run_is_shown_and_stays_when_it_ends_until_another_starts() {
    let mut app = testing::app(ThemeName::NoColour);
    let at = |minute: usize, state| {
        run(&format!("20260102-03{minute:02}00-fire"), summary(state, &[]), "", "")
    };
    press(&mut app, "2");
    let follows = |effects: &[Effect]| match effects {
        [Effect::Follow { runs, .. }] => runs[0].id()[11..13].to_owned(),
        _ => format!("{effects:?}"),
    };
    let news = all(vec![at(0, State::Running), at(1, State::Running), at(2, State::Done)]);
    assert_eq!(follows(&app.on_news(news)), "01");
    let changed = |app: &mut App, run| {
        app.on_news(vec![News::Runs(RunsNews { changed: vec![run], ..Default::default() })])
    };
    assert!(changed(&mut app, at(1, State::Done)).is_empty(), "an older one runs on");
    assert_eq!(follows(&changed(&mut app, at(4, State::Running))), "04");
    assert_eq!(follows(&press(&mut app, "[")), "02");
    assert!(changed(&mut app, at(5, State::Running)).is_empty(), "a person chose this one");
    assert_eq!(follows(&press(&mut app, "]")), "04");
}

#[test]
fn a_run_whose_folder_goes_while_it_is_shown_is_said_to_be_gone() {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(vec![run(ID, summary(State::Done, &[]), "", "")]));
    press(&mut app, "3 enter");
    app.on_news(vec![told(ID, done())]);
    app.on_news(vec![News::Runs(RunsNews { gone: vec![ID.into()], ..Default::default() })]);
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("the folder of this run is gone"), "{text}");
}

#[test]
fn a_launched_run_is_shown_at_once_and_esc_comes_back() {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(Vec::new()));
    let effects = app.on_news(vec![News::Launched(folder(ID))]);
    assert!(follows(&effects, ID));
    app.on_news(vec![told(ID, extracting())]);
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("37/160 images") && text.contains("started 2026"), "{text}");
    press(&mut app, "esc");
    assert!(testing::text(&mut app, (80, 24)).contains("no run yet in runs"));
}

#[test]
fn opened_on_a_run_the_screens_begin_with_it_and_go_on_to_the_next_one() {
    let mut app = testing::app(ThemeName::NoColour);
    app.watch(folder(ID));
    let effects = app.on_news(all(vec![run(ID, summary(State::Done, &[]), "", "")]));
    assert!(follows(&effects, ID));
    let newer = "20260102-040000-fire";
    let changed = vec![run(newer, summary(State::Running, &[]), "", "")];
    let effects = app.on_news(vec![News::Runs(RunsNews { changed, ..Default::default() })]);
    assert!(follows(&effects, newer));
}

#[test]
fn a_run_that_waits_says_so_and_is_not_asked_to_stop() {
    let mut app = app_with(State::Queued, created());
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("waits in the queue for its turn"), "{text}");
    assert!(!text.contains("x stop"), "{text}");
    for key in ["x", "P", "X"] {
        assert!(press(&mut app, key).is_empty(), "{key}");
        assert!(testing::text(&mut app, (80, 24)).contains("w shows it"), "{key}");
    }
}
