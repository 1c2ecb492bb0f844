//! A queue of a hundred short runs, and a screen open all the time: neither the screen nor the
//! workers grow, and none keeps a file open that it needs no more.
//!
//! `RETRAIN_SOAK_SECONDS` makes it longer than the two minutes of every day.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use crate::common::Project;
use crate::common::terminal::{ESC, Session};
use retrain::store::{RunFolder, State, list};

const RUNS: usize = 100;
const SECONDS: u64 = 120;
/// Runs that are measured before anything is expected to stay the same.
const WARM_UP: usize = 20;
/// What the allocator and a hundred more rows may take, in KiB.
const SLACK: usize = 12 * 1024;

/// Memory in KiB, and open files.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    resident: usize,
    peak: usize,
    files: usize,
}

fn use_of(pid: u32) -> Option<Use> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
    Some(Use { resident: kib("VmRSS:")?, peak: kib("VmHWM:")?, files })
}

fn runs(project: &Project) -> Vec<RunFolder> {
    list(&project.path().join("runs")).unwrap()
}

/// Slow steps, so that the logs of an hour stay small.
fn experiment(project: &Project, iterations: usize) {
    let text = format!(
        "images = \"photos\"\niterations = {iterations}\n[split]\nby = \"seed\"\n\
         validation_percent = 25\ntest_percent = 25\n[train]\nbatch_size = 4096\n\
         eval_interval = 10\n"
    );
    project.write("experiments/photos.toml", &text);
}

/// Iterations of one second, by a first run.
fn rate(project: &Project) -> f64 {
    experiment(project, 100);
    project.ok(&["run", "experiments/photos.toml"]);
    let run = runs(project).pop().unwrap();
    let evaluations = run.points().unwrap().evaluations;
    let (first, last) = (evaluations.first().unwrap(), evaluations.last().unwrap());
    (last.step - first.step) as f64 / run.replay().unwrap().seconds().max(0.1)
}

#[test]
fn a_screen_and_a_queue_of_a_hundred_runs_take_no_more_at_the_end_than_at_the_beginning() {
    let seconds =
        std::env::var("RETRAIN_SOAK_SECONDS").map_or(SECONDS, |text| text.parse().unwrap());
    let project = Project::new();
    let rate = rate(&project);
    let each = seconds as f64 / RUNS as f64;
    experiment(&project, ((each - 0.3).max(0.1) * rate) as usize + 1);
    let mut session = Session::open(&project);
    session.wait_for("✓ done");
    let pid = session.pid();
    for _ in 0..RUNS {
        project.ok(&["run", "experiments/photos.toml", "--detach"]);
    }

    let start = Instant::now();
    let keys = ["3", "w", ESC, "2", "1", "3", "j", "k", "4", "3"];
    let mut workers: BTreeMap<u32, Use> = BTreeMap::new();
    let mut screen = Vec::new();
    let mut looks = 0;
    // To the end of the last one: a worker that is seen only as it begins looks small.
    let is_done = |run: &RunFolder| {
        let state = run.summary().unwrap().state;
        assert_ne!(state, State::Failed, "{run:?}: {}", run.last_words());
        state == State::Done
    };
    while !runs(&project).iter().all(is_done) {
        if looks % 10 == 0 {
            session.press(keys[looks / 10 % keys.len()]);
            screen.extend(use_of(pid).map(|now| (workers.len(), now)));
        }
        looks += 1;
        let owner = runs(&project).iter().rev().find_map(|run| run.worker());
        if let Some((pid, now)) = owner.and_then(|owner| Some((owner.pid, use_of(owner.pid)?))) {
            let seen = workers.entry(pid).or_default();
            *seen = Use { files: seen.files.max(now.files), ..now };
        }
        std::thread::sleep(Duration::from_millis(100));
        assert!(start.elapsed() < Duration::from_secs(10 * seconds), "it takes for ever");
    }
    screen.extend(use_of(pid).map(|now| (workers.len(), now)));
    session.press("qq");
    drop(session.ends_cleanly());

    let warm = screen.iter().find(|(runs, _)| *runs >= WARM_UP).unwrap().1;
    let end = screen.last().unwrap().1;
    let peaks: Vec<usize> = workers.values().map(|worker| worker.peak).collect();
    let files: Vec<usize> = workers.values().map(|worker| worker.files).collect();
    let least_and_most =
        |numbers: &[usize]| (*numbers.iter().min().unwrap(), *numbers.iter().max().unwrap());
    println!(
        "{} runs in {:.0} s; screen after {WARM_UP} runs and at the end: {} and {} KiB, {} and {} \
         files; {} workers seen, peaks {:?} KiB, files {:?}",
        runs(&project).len() - 1,
        start.elapsed().as_secs_f64(),
        warm.resident,
        end.resident,
        warm.files,
        end.files,
        workers.len(),
        least_and_most(&peaks),
        least_and_most(&files),
    );
    assert!(end.resident <= warm.resident + SLACK, "the screen grows: {screen:?}");
    assert!(end.files <= warm.files + 2, "the screen keeps files open: {screen:?}");
    let (least, most) = least_and_most(&peaks);
    assert!(most <= least + SLACK, "workers differ: {workers:?}");
    let third = files.len() / 3;
    // The least of each third: some are seen just as they read photos, and what one leaves open for
    // the next all later ones have.
    let (early, late) = (files[..third].iter().min(), files[2 * third..].iter().min());
    assert!(late <= early.map(|files| files + 2).as_ref(), "workers keep files open: {workers:?}");
}
