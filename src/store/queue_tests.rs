use super::*;

fn waiting(run: &str) -> Waiting {
    Waiting::new(&RunFolder::at(format!("/nowhere/{run}")), Target::this_machine(), None)
}

fn change(runs: &Path, change: impl FnOnce(&mut Queue)) {
    let change = |queue: &mut Queue| {
        change(queue);
        Ok::<_, QueueError>(())
    };
    Queue::change(runs, change).unwrap();
}

fn names(queue: &Queue) -> Vec<&str> {
    queue.waiting.iter().map(|waiting| &*waiting.run).collect()
}

#[test]
fn a_queue_is_read_as_it_was_left() {
    let runs = tempfile::tempdir().unwrap();
    assert_eq!(Queue::read(runs.path()).unwrap(), Queue::default());
    change(runs.path(), |queue| {
        queue.waiting = vec![waiting("a"), waiting("b")];
        queue.held = true;
    });
    let queue = Queue::read(runs.path()).unwrap();
    assert_eq!((names(&queue), queue.held), (vec!["a", "b"], true));
}

#[test]
fn a_queue_of_version_1_is_read_and_written_as_one_of_today() {
    let runs = tempfile::tempdir().unwrap();
    let text = r#"{"v":1,"held":false,
        "waiting":[{"run":"b","host":"box","since":"2026-01-02T03:04:05Z","log_bytes":7}],
        "started":[{"run":"a","slot":1,
            "keeper":{"host":"box","place":"boot pid:[1]","pid":7,"process_start":9}}]}"#;
    fs::write(Queue::path(runs.path()), text).unwrap();
    let queue = Queue::read(runs.path()).unwrap();
    assert_eq!(queue.waiting[0].target, Target::Machine(Machine::named("box")));
    assert!(matches!(&queue.started[0].task, Task::Process { keeper, slot: 1 } if keeper.pid == 7));
    change(runs.path(), |queue| {
        let job = queue.waiting[0].submitted("hpc", "abc", 2);
        let task = Task::Job(Job { job: "123".into(), submitter: None, ..job });
        queue.started.push(Started { run: "c".into(), task });
        queue.waiting[0].target = Target::Cluster { cluster: "hpc".into() };
    });
    let written = fs::read_to_string(Queue::path(runs.path())).unwrap();
    assert!(written.contains("\"v\": 2") && written.contains("\"keeper\""), "{written}");
    let queue = Queue::read(runs.path()).unwrap();
    assert_eq!(queue.waiting[0].target, Target::Cluster { cluster: "hpc".into() });
    assert!(matches!(&queue.started[1].task, Task::Job(job) if job.name() == "123_2"));
}

#[test]
fn waiting_runs_are_moved_and_taken_out() {
    let waiting = ["a", "b", "c"].map(waiting).into();
    let mut queue = Queue { waiting, ..Queue::default() };
    assert!(queue.shift("c", 0) && queue.shift("a", 9) && !queue.shift("x", 0));
    assert_eq!(names(&queue), ["c", "b", "a"]);
    let runs = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert!(queue.move_before(&runs(&["a", "c"]), None));
    assert_eq!(names(&queue), ["b", "c", "a"], "in the order in which they wait");
    assert!(queue.move_before(&runs(&["a"]), Some("b")) && !queue.move_before(&[], None));
    assert_eq!(names(&queue), ["a", "b", "c"]);
    assert!(queue.move_before(&runs(&["c"]), Some("started meanwhile")));
    assert_eq!(names(&queue), ["c", "a", "b"]);
    assert!(queue.remove("b") && !queue.remove("b"));
    assert_eq!(names(&queue), ["c", "a"]);
}

#[test]
fn changes_of_many_at_once_are_all_made() {
    let runs = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for name in ["a", "b", "c", "d", "e", "f"] {
            let runs = runs.path();
            scope.spawn(move || {
                for round in 0..10 {
                    change(runs, |queue| queue.waiting.push(waiting(&format!("{name}{round}"))));
                }
            });
        }
    });
    assert_eq!(Queue::read(runs.path()).unwrap().waiting.len(), 60);
}

#[test]
fn a_run_that_is_no_name_of_a_folder_is_refused() {
    let runs = tempfile::tempdir().unwrap();
    for run in ["../../elsewhere", "/etc", "a/b", "..", ".", "", "a/"] {
        let text = format!(
            r#"{{"v":2,"waiting":[{{"run":{run:?},"host":"box","since":"2026-01-02T03:04:05Z",
               "log_bytes":7}}]}}"#
        );
        fs::write(Queue::path(runs.path()), text).unwrap();
        let err = Queue::read(runs.path()).unwrap_err().to_string();
        assert!(err.contains("queue.json: run is ") && err.contains("name of a run"), "{err}");
    }
}

#[test]
fn what_a_killed_process_had_begun_to_write_is_swept() {
    let runs = tempfile::tempdir().unwrap();
    fs::write(runs.path().join(".queue.json.99-3.tmp"), "{").unwrap();
    change(runs.path(), |queue| queue.held = true);
    let mut left: Vec<_> =
        fs::read_dir(runs.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["queue.json", "queue.lock"]);
}

#[test]
fn a_damaged_queue_is_named_and_never_replaced() {
    let runs = tempfile::tempdir().unwrap();
    let path = Queue::path(runs.path());
    for (text, words) in [("{\"v\":1,", "line 1"), ("{\"v\":9}", "version 9"), ("[]", "queue.json")]
    {
        fs::write(&path, text).unwrap();
        let err = Queue::read(runs.path()).unwrap_err().to_string();
        assert!(err.contains(words) && err.contains("queue.json"), "{err}");
        let added = Queue::change(runs.path(), |queue| {
            queue.waiting.push(waiting("a"));
            Ok::<_, QueueError>(())
        });
        assert!(added.is_err() && fs::read_to_string(&path).unwrap() == text);
    }
}
