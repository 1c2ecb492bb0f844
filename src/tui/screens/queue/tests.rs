use super::*;
use crate::runner::KnownJobs;
use crate::runner::slurm::Seen;
use crate::store::{Machine, Queue as Stored, Started, Target, Task, Waiting};
use crate::tui::app::App;
use crate::tui::news::News;
use crate::tui::testing::{self, SIZES, all, press, run, summary};
use crate::tui::theme::ThemeName;

const NAMES: [&str; 3] = ["20260102-030400-a", "20260102-030500-b", "20260102-030600-c"];

fn app(held: bool, stage: Stage) -> App {
    let mut app = testing::app(ThemeName::NoColour);
    let settings = vec![("learning_rate", "0.01")];
    let mut at_work = summary(State::Running, &settings);
    at_work.stage = Some(stage);
    let mut runs = vec![run(NAMES[0], at_work, "", "")];
    for name in &NAMES[1..] {
        let mut waiting = summary(State::Queued, &settings);
        waiting.step = 0;
        runs.push(run(name, waiting, "", ""));
    }
    app.on_news(all(runs));
    let mut queue = Stored::default();
    queue.held = held;
    let waiting = |name: &&str| {
        let folder = RunFolder::at(format!("./runs/{name}"));
        Waiting::new(&folder, Target::this_machine(), None)
    };
    queue.waiting = NAMES[1..].iter().map(waiting).collect();
    for waiting in &mut queue.waiting {
        waiting.since = "2026-01-02T03:04:00Z".parse().unwrap();
    }
    queue.waiting[1].target = Target::Machine(Machine::named("gpu-box"));
    queue.waiting[1].iterations = Some(8000);
    app.on_news(vec![News::Queue(queue)]);
    press(&mut app, "w");
    app
}

fn edits(app: &mut App, keys: &str) -> Vec<QueueEdit> {
    let edit = |effect| match effect {
        Effect::EditQueue(edit) => Some(edit),
        _ => None,
    };
    press(app, keys).into_iter().filter_map(edit).collect()
}

#[test]
fn what_works_and_what_waits_is_seen_in_its_order() {
    for (name, held) in [("queue", false), ("queue_held", true)] {
        for size in SIZES {
            let (columns, rows) = size;
            let text = testing::text(&mut app(held, Stage::Training), size);
            insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), text);
        }
    }
}

#[test]
fn a_run_that_does_not_train_yet_is_told_by_its_stage() {
    let text = testing::text(&mut app(false, Stage::Features), (80, 24));
    assert!(text.contains("features") && !text.contains("120/400"), "{text}");
}

#[test]
fn an_empty_queue_says_how_to_fill_it() {
    let mut app = testing::app(ThemeName::NoColour);
    app.on_news(all(Vec::new()));
    press(&mut app, "w");
    insta::assert_snapshot!("queue_empty_80x24", testing::text(&mut app, (80, 24)));
}

#[test]
fn the_order_is_changed_by_keys_and_emptying_asks() {
    let mut app = app(false, Stage::Training);
    let (b, c) = (NAMES[1].to_owned(), NAMES[2].to_owned());
    assert!(edits(&mut app, "d").is_empty(), "the first is at work");
    let moved = |run: &String, before| QueueEdit::Move { runs: vec![run.clone()], before };
    assert_eq!(edits(&mut app, "j J"), [moved(&b, None)]);
    assert!(edits(&mut app, "K").is_empty(), "it is the first");
    assert_eq!(edits(&mut app, "j K"), [moved(&c, Some(b))]);
    assert_eq!(edits(&mut app, "T"), [QueueEdit::First(vec![c.clone()])]);
    assert_eq!(edits(&mut app, "d"), [QueueEdit::Remove(vec![c])]);
    assert_eq!(edits(&mut app, "H"), [QueueEdit::Hold(true)]);
    assert!(edits(&mut app, "Q").is_empty());
    assert_eq!(edits(&mut app, "y"), [QueueEdit::Empty]);
}

/// One run at work, then a run, 163 of a sweep, and another run that wait.
fn app_with_a_sweep() -> App {
    let mut app = testing::app(ThemeName::NoColour);
    let mut runs = vec![run("20260102-030400-a", summary(State::Running, &[]), "", "")];
    let mut add = |name: &str, group: Option<&str>, rate: String| {
        let mut waiting = summary(State::Queued, &[("learning_rate", &rate)]);
        (waiting.step, waiting.group) = (0, group.map(str::to_owned));
        runs.push(run(name, waiting, "", ""));
        Waiting::new(&RunFolder::at(format!("./runs/{name}")), Target::this_machine(), None)
    };
    let mut waiting = vec![add("20260102-030401-b", None, "0.1".into())];
    waiting.extend((0..163).map(|number| {
        let name = format!("20260102-030402-rates-{number:03}");
        add(&name, Some("20260102-030402-rates"), format!("{:.4}", 0.001 * number as f64))
    }));
    waiting.push(add("20260102-030403-c", None, "0.2".into()));
    for waiting in &mut waiting {
        waiting.since = "2026-01-02T03:04:00Z".parse().unwrap();
    }
    app.on_news(all(runs));
    let mut queue = Stored::default();
    queue.waiting = waiting;
    app.on_news(vec![News::Queue(queue)]);
    press(&mut app, "w");
    app
}

#[test]
fn the_runs_of_a_sweep_that_wait_are_one_row_that_is_opened() {
    for size in SIZES {
        let (columns, rows) = size;
        let text = testing::text(&mut app_with_a_sweep(), size);
        insta::assert_snapshot!(format!("queue_sweep_{columns}x{rows}"), text);
    }
    let mut app = app_with_a_sweep();
    press(&mut app, "j j enter");
    insta::assert_snapshot!("queue_sweep_opened_80x24", testing::text(&mut app, (80, 24)));
    press(&mut app, "enter");
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("163 waiting") && !text.contains("rate 0.002"), "{text}");
}

#[test]
fn a_sweep_moves_and_leaves_as_one_and_others_go_past_it() {
    let mut app = app_with_a_sweep();
    let [b, c] = ["20260102-030401-b", "20260102-030403-c"].map(str::to_owned);
    let member = |number: usize| format!("20260102-030402-rates-{number:03}");
    let all: Vec<String> = (0..163).map(member).collect();
    let moved = |runs: &[String], before| QueueEdit::Move { runs: runs.to_vec(), before };
    let one = |run: &String| vec![run.clone()];
    assert_eq!(edits(&mut app, "j J"), [moved(&one(&b), Some(c.clone()))]);
    assert_eq!(edits(&mut app, "j J"), [moved(&all, None)]);
    assert_eq!(edits(&mut app, "K"), [moved(&all, Some(b.clone()))]);
    assert_eq!(edits(&mut app, "T"), [QueueEdit::First(all.clone())]);
    assert_eq!(edits(&mut app, "j K"), [moved(&one(&c), Some(member(0)))]);
    assert!(edits(&mut app, "k d").is_empty(), "it asks");
    assert_eq!(edits(&mut app, "y"), [QueueEdit::Remove(all.clone())]);
    // Opened, each of its runs moves by itself, and past the others the sweep as one.
    press(&mut app, "enter");
    assert_eq!(edits(&mut app, "K"), [moved(&all, Some(b.clone()))]);
    assert_eq!(edits(&mut app, "j J"), [moved(&one(&member(0)), Some(member(2)))]);
    assert_eq!(edits(&mut app, "j d"), [QueueEdit::Remove(one(&member(1)))]);
    press(&mut app, "gs");
    assert!(testing::text(&mut app, (80, 24)).contains("0 of 163 done, 163 waiting"));
}

#[test]
fn runs_in_a_cluster_are_shown_with_the_reason_and_the_time_of_what_is_known() {
    let mut app = app(false, Stage::Training);
    let mut queue = Stored::default();
    let job = |name: &str, number: &str, task| {
        let folder = RunFolder::at(format!("./runs/{name}"));
        let target = Target::Cluster { cluster: "slurm".into() };
        let job = Waiting::new(&folder, target, None).submitted("slurm", "abc", task);
        let since = "2026-01-02T03:04:00Z".parse().unwrap();
        let job = Job { job: number.into(), submitter: None, since, ..job };
        Started { run: name.into(), task: Task::Job(job) }
    };
    queue.started = vec![job(NAMES[0], "16", 0), job(NAMES[1], "17", 1), job(NAMES[2], "17", 2)];
    app.on_news(vec![News::Queue(queue)]);
    let printed = "16|N/A|RUNNING|None|0|0|n1|retrain:x|\n\
                   17|1|PENDING|Resources|0|0||retrain:abc|\n\
                   17|2|PENDING|JobArrayTaskLimit|0|0||retrain:abc|\n";
    let at = "2026-01-02T03:04:05Z".parse().unwrap();
    let mut known = KnownJobs { seen: Some(Seen::read(at, printed)), problem: None };
    app.on_news(vec![News::Jobs(known.clone())]);
    insta::assert_snapshot!("queue_cluster_80x24", testing::text(&mut app, (80, 24)));
    insta::assert_snapshot!("queue_cluster_140x40", testing::text(&mut app, (140, 40)));
    assert!(edits(&mut app, "j J").is_empty(), "the cluster decides the order");
    assert_eq!(edits(&mut app, "d"), [QueueEdit::Remove(vec![NAMES[1].to_owned()])]);
    known.problem = Some("Slurm does not answer".into());
    app.on_news(vec![News::Jobs(known)]);
    let text = testing::text(&mut app, (80, 24));
    assert!(text.contains("as of 03:04:05, silent now"), "{text}");
}
