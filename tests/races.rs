//! Many at once: workers on one cache, a writer and readers on one log.

mod common;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use common::compare::{assert_same_result, features, shards, training};
use common::{PER_CATEGORY, Project, start_worker};
use retrain::config::Config;
use retrain::runner;
use retrain::store::{Event, EventLog, Record, State, StepPoint, Tail};

const WORKERS: usize = 8;

#[test]
fn eight_workers_on_an_empty_cache_end_with_the_same_numbers_and_whole_shards() {
    let project = Project::new();
    project.write("config.toml", "cache = \"own\"\nthreads = 1\n");
    let config = Config::load(project.path()).unwrap();
    let experiment = project.path().join("experiments/photos.toml");
    let runs: Vec<_> =
        (0..WORKERS).map(|_| runner::create(&config, &experiment, &[]).unwrap()).collect();
    let names: HashSet<_> = runs.iter().map(|run| run.id()).collect();
    assert_eq!(names.len(), WORKERS, "each has a folder of its own");
    let launch = |run| start_worker(run, None);
    let workers: Vec<_> = runs.iter().map(launch).collect();
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }
    let expected = training(&runs[0]);
    assert!(!expected.is_empty());
    for run in &runs {
        let (summary, events) = (run.summary().unwrap(), run.replay().unwrap());
        assert_eq!((summary.state, events.warnings.len()), (State::Done, 3), "{events:?}");
        assert_eq!(training(run), expected);
        assert_same_result(run, &runs[0]);
    }
    let cache = project.path().join("own");
    let distinct = distinct_features(&cache);
    assert_eq!(distinct, 3 * PER_CATEGORY);
    // Whoever comes later computes nothing.
    let late = runner::create(&config, &experiment, &[]).unwrap();
    assert!(launch(&late).wait().unwrap().success());
    assert_eq!(late.replay().unwrap().features.unwrap().from_cache, 3 * PER_CATEGORY);
    let folders = runs.iter().map(|run| run.path().to_owned()).chain([project.path().join("runs")]);
    let networks = fs::read_dir(&cache).unwrap().map(|network| network.unwrap().path());
    for folder in folders.chain(networks) {
        let hidden = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes()[0] == b'.';
        let left: Vec<_> = fs::read_dir(&folder).unwrap().flatten().filter(hidden).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// Workers that began together write the same features, in shards of the same name or of others;
/// what one key has must be the same everywhere.
fn distinct_features(cache: &Path) -> usize {
    let mut all = std::collections::BTreeMap::new();
    for shard in shards(cache) {
        let alone = tempfile::tempdir().unwrap();
        fs::create_dir(alone.path().join("net")).unwrap();
        fs::copy(&shard, alone.path().join("net").join(shard.file_name().unwrap())).unwrap();
        for (key, row) in features(alone.path()) {
            assert!(all.insert(key, row.clone()).is_none_or(|before| before == row));
        }
    }
    all.len()
}

const EVENTS: usize = 250_000;

#[test]
fn every_reader_of_a_log_at_full_speed_sees_each_event_once_and_only_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let ended = AtomicBool::new(false);
    // One that looks all the time, one that is as slow as the screens, one slower still.
    let pauses = [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(700)];
    thread::scope(|scope| {
        let readers = pauses.map(|pause| {
            scope.spawn({
                let (path, ended) = (&path, &ended);
                move || follow(path, ended, pause)
            })
        });
        let mut log = EventLog::open(&path).unwrap();
        for number in 1..=EVENTS {
            log.append(event(number)).unwrap();
            // A second worker goes on with the log; readers stay.
            if number == EVENTS / 2 {
                log = EventLog::open(&path).unwrap();
            }
        }
        ended.store(true, Ordering::Release);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), EVENTS);
        }
    });
}

/// Lines of all lengths, up to some kilobytes.
fn event(number: usize) -> Event {
    match number % 100 {
        0 => Event::Warning { message: format!("{number} {}", "ü\n".repeat(number / 100 % 1500)) },
        _ => Event::Step(StepPoint { step: number, loss: 1.0, accuracy: 0.5, learning_rate: 0.1 }),
    }
}

/// Reads to the end; gives how many events there were, each the next one.
fn follow(path: &Path, ended: &AtomicBool, pause: Duration) -> usize {
    let mut tail = Tail::new(path);
    let mut seen = 0;
    loop {
        let is_last = ended.load(Ordering::Acquire);
        for Record { event: found, .. } in tail.poll().unwrap() {
            seen += 1;
            assert!(found == event(seen), "event {seen} is {found:?}");
        }
        if is_last {
            return seen;
        }
        thread::sleep(pause);
    }
}
