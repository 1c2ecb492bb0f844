//! Four screens and four shells queue, remove, move and read the same runs for a minute: no run is
//! started twice, none is lost, and one works at a time.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::terminal::{ESC, Session};
use crate::common::{BINARY, Project, wait_until};
use retrain::config::Config;
use retrain::random::Rng;
use retrain::runner::{Local, Place, place};
use retrain::store::{Event, Queue, RunFolder, State, list};

const SEED: u64 = 20_261_124;
const TIME: Duration = Duration::from_secs(60);
const SHELLS: u64 = 4;
const SCREENS: u64 = 4;

fn any<'a, T>(random: &mut Rng, items: &'a [T]) -> Option<&'a T> {
    (!items.is_empty()).then(|| &items[random.below(items.len())])
}

/// What one person does in a shell. Much of it is refused, as another was faster.
fn shell(project: &Project, number: u64, until: Instant) -> usize {
    let mut random = Rng::new(SEED + number);
    let runs_folder = project.path().join("runs");
    let mut commands = 0;
    while Instant::now() < until {
        let runs = list(&runs_folder).unwrap_or_default();
        let run = any(&mut random, &runs).map_or("last".to_owned(), RunFolder::id);
        let place = (1 + random.below(4)).to_string();
        let command: &[&str] = match random.below(12) {
            0..3 => &["run", "experiments/photos.toml", "--detach"],
            3 => &["queue", "move", &run, &place],
            4 => &["queue", "remove", &run],
            5 => &["queue", "hold"],
            6 | 7 => &["queue", "release"],
            8 => &["resume", &run, "--detach"],
            9 => &["trash", &run],
            10 => &["list", "--json"],
            _ => &["show", &run],
        };
        let output = project.retrain(command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0..=2)), "{command:?}: {output:?}");
        assert!(!said.contains("panicked"), "{command:?}: {said}");
        commands += 1;
    }
    commands
}

/// What one person does on a screen.
fn screen(project: &Project, number: u64, until: Instant) -> usize {
    let mut random = Rng::new(SEED + 100 + number);
    let mut session = Session::open(project);
    session.wait_for("experiment");
    // Down again, so that the ends of lists are not all that is met.
    let keys = ["1", "r", "3", "j", "j", "k", "dy", "z", "r", "w", "J", "K", "d", "T", "2", ESC];
    let mut pressed = 0;
    while Instant::now() < until {
        session.press(any(&mut random, &keys).unwrap());
        pressed += 1;
        std::thread::sleep(Duration::from_millis(30 + random.below(100) as u64));
    }
    session.press("\x03");
    drop(session.ends_cleanly());
    pressed
}

/// When workers had the run, in milliseconds; each must be over before the next begins.
fn at_work(run: &RunFolder) -> Vec<(i64, i64)> {
    let mut times: Vec<(i64, i64)> = Vec::new();
    for record in run.tail().poll().unwrap() {
        let at = record.at.as_millisecond();
        match record.event {
            Event::Created { .. } => {}
            Event::Started { .. } => times.push((at, at)),
            _ => times.last_mut().unwrap_or_else(|| panic!("{run:?}")).1 = at,
        }
    }
    times
}

#[test]
fn screens_and_shells_that_race_for_a_queue_start_every_run_once() {
    let project = Project::new();
    let until = Instant::now() + TIME;
    let (commands, keys): (usize, usize) = std::thread::scope(|scope| {
        let (project, until) = (&project, until);
        let shells: Vec<_> =
            (0..SHELLS).map(|n| scope.spawn(move || shell(project, n, until))).collect();
        let screens: Vec<_> =
            (0..SCREENS).map(|n| scope.spawn(move || screen(project, n, until))).collect();
        let sum = |threads: Vec<std::thread::ScopedJoinHandle<usize>>| {
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        };
        (sum(shells), sum(screens))
    });
    project.ok(&["queue", "release"]);
    let runs_folder = project.path().join("runs");
    wait_until("the queue is empty", || Queue::read(&runs_folder).unwrap().waiting.is_empty());
    let runs = list(&runs_folder).unwrap();
    let local = Local::new(Path::new(BINARY), &Config::load(project.path()).unwrap());
    let is_idle = |run| place(&local, &runs_folder, run).unwrap() == Place::Nowhere;
    wait_until("nothing works any more", || runs.iter().all(is_idle));

    let trash = project.path().join("trash");
    let trashed = if trash.exists() { list(&trash).unwrap() } else { Vec::new() };
    let mut times = Vec::new();
    let mut done = 0;
    for run in runs.iter().chain(&trashed) {
        let log = run.replay().unwrap();
        let steps: Vec<usize> = run.points().unwrap().steps.iter().map(|step| step.step).collect();
        assert!(steps.iter().copied().eq(1..=steps.len()), "{run:?}: {steps:?}");
        assert_ne!(run.summary().unwrap().state, State::Lost, "{run:?}");
        assert_ne!(run.summary().unwrap().state, State::Failed, "{run:?}: {:?}", log.end);
        done += usize::from(log.test().is_some());
        times.extend(at_work(run));
    }
    times.sort_unstable();
    assert!(times.windows(2).all(|pair| pair[0].1 <= pair[1].0), "two at once: {times:?}");
    assert!(done > 0 && !fs::read_dir(&runs_folder).unwrap().flatten().any(is_left_over));
    println!(
        "seed {SEED}: {commands} commands and {keys} keys, {} runs, {} in the trash, {done} done, \
         {} times at work",
        runs.len(),
        trashed.len(),
        times.len()
    );
}

fn is_left_over(entry: fs::DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy().into_owned();
    name.ends_with(".tmp") || name.ends_with(".new")
}
