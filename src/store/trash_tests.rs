use super::*;

/// A project with a run `a`, which can be made again.
struct Place {
    folder: tempfile::TempDir,
    config: Config,
    run: RunFolder,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::at(folder.path());
        let run = RunFolder::at(config.runs.join("a"));
        let place = Place { folder, config, run };
        place.make("first");
        place
    }

    fn make(&self, text: &str) {
        fs::create_dir_all(self.run.path()).unwrap();
        fs::write(self.run.events(), text).unwrap();
    }

    fn trash(&self) -> Result<Trashed, TrashError> {
        move_run(&self.run, &self.config.trash)
    }

    fn list(&self) -> Vec<InTrash> {
        list(&self.config).unwrap()
    }

    fn delete(&self, name: &str) -> Result<Removed, TrashError> {
        find(&self.list(), name).unwrap().delete()
    }

    fn names(&self) -> Vec<(String, &'static str)> {
        self.list().iter().map(|thing| (thing.name(), thing.kind.name())).collect()
    }
}

#[test]
fn a_trashed_run_comes_back_whole_and_never_over_another() {
    let place = Place::new();
    let first = place.trash().unwrap();
    place.make("second");
    let second = place.trash().unwrap();
    assert_ne!(first.to, second.to);
    assert!(crate::store::list(&place.config.runs).unwrap().is_empty());
    restore(&first).unwrap();
    assert_eq!(fs::read_to_string(place.run.events()).unwrap(), "first");
    let err = restore(&second).unwrap_err();
    assert!(matches!(err, TrashError::Exists { .. }) && second.to.exists(), "{err}");
    // An empty folder is something, too.
    fs::rename(place.run.path(), place.folder.path().join("aside")).unwrap();
    fs::create_dir(place.run.path()).unwrap();
    assert!(matches!(restore(&second), Err(TrashError::Exists { .. })));
    fs::remove_dir(place.run.path()).unwrap();
    let numbered = place.list().pop().unwrap();
    assert_eq!(numbered.name(), "a.~2~");
    assert_eq!(numbered.restore().unwrap(), place.run.path());
    assert_eq!(fs::read_to_string(place.run.events()).unwrap(), "second");
}

#[test]
fn a_run_with_a_worker_is_neither_trashed_nor_deleted() {
    let place = Place::new();
    let lease = Lease::take(&place.run.lock()).unwrap();
    let err = place.trash().unwrap_err();
    assert!(err.to_string().contains("stop it first"), "{err}");
    assert!(place.run.path().exists());
    fs::create_dir_all(&place.config.trash).unwrap();
    fs::rename(place.run.path(), place.config.trash.join("a")).unwrap();
    let err = place.delete("a").unwrap_err();
    assert!(err.to_string().contains("still works on it"), "{err}");
    assert!(place.config.trash.join("a/events.jsonl").exists());
    drop(lease);
    // The worker's name would count as well.
    fs::write(place.config.trash.join("a/lock"), "").unwrap();
    assert_eq!(place.delete("a").unwrap().bytes, "first".len() as u64);
    assert_eq!(place.list().len(), 0);
}

#[test]
fn a_worker_elsewhere_that_no_lock_tells_of_keeps_its_run() {
    let place = Place::new();
    let owner = r#"{"host":"elsewhere","pid":1,"process_start":0}"#;
    fs::write(place.run.lock(), owner).unwrap();
    let err = place.trash().unwrap_err();
    assert!(matches!(err, TrashError::Running { .. }), "{err}");
    assert!(place.run.events().exists() && place.list().is_empty());
}

#[test]
fn of_workers_that_start_while_a_run_is_trashed_none_is_in_the_trash() {
    let (mut at_work, mut trashed) = (0, 0);
    // Towards the moment at which both are equally fast, from both sides.
    let mut head_start = std::time::Duration::from_micros(50);
    for _ in 0..100 {
        let place = Place::new();
        let path = place.run.lock();
        let worker = std::thread::spawn(move || Lease::take(&path));
        std::thread::sleep(head_start);
        let moved = place.trash();
        match (worker.join().unwrap(), moved) {
            (Ok(lease), Err(TrashError::Running { .. })) => {
                assert!(lease.is_at(&place.run.lock()));
                at_work += 1;
                head_start /= 2;
            }
            (Err(_), Ok(to)) => {
                assert_eq!(RunFolder::at(to.to).owner(), None);
                trashed += 1;
                head_start = head_start.mul_f64(2.5);
            }
            (taken, moved) => panic!("{:?} {moved:?}", taken.err()),
        }
    }
    assert!(at_work > 0 && trashed > 0, "{at_work} at work, {trashed} trashed");
}

#[test]
fn the_list_says_what_is_there_and_where_it_goes_back_to() {
    let place = Place::new();
    place.trash().unwrap();
    let experiment = place.config.experiments.join("fire.toml");
    fs::create_dir_all(&place.config.experiments).unwrap();
    fs::write(&experiment, "1234567").unwrap();
    move_file(&experiment, &place.config.trash).unwrap();
    fs::write(place.config.trash.join("notes.txt"), "mine").unwrap();
    let beside = place.config.runs.join(".trash/b");
    fs::create_dir_all(&beside).unwrap();
    fs::write(beside.join("experiment.toml"), "").unwrap();
    let mut names = place.names();
    names.sort();
    let expected =
        [("a", "run"), ("b", "run"), ("fire.toml", "experiment"), ("notes.txt", "something else")];
    assert_eq!(names, expected.map(|(name, kind)| (name.to_owned(), kind)));
    let all = place.list();
    let origin = |name| find(&all, name).unwrap().origin.clone();
    assert_eq!(origin("a"), Some(place.run.path().to_owned()));
    assert_eq!(origin("b"), Some(place.config.runs.join("b")));
    assert_eq!(origin("fire"), Some(experiment));
    assert_eq!(origin("notes"), None);
    assert_eq!(find(&all, "fire").unwrap().bytes, 7);
    let age = Timestamp::now().duration_since(find(&all, "a").unwrap().moved);
    assert!(age.as_secs() < 60, "{age:?}");
}

#[test]
fn deleting_takes_what_was_asked_about_and_nothing_else() {
    let place = Place::new();
    place.trash().unwrap();
    let photos = place.folder.path().join("photos");
    fs::create_dir(&photos).unwrap();
    fs::write(photos.join("0.png"), "photo").unwrap();
    symlink(&photos, place.config.trash.join("a/photos")).unwrap();
    symlink(&photos, place.config.trash.join("link")).unwrap();
    let asked = place.list();
    let entry = find(&asked, "a").unwrap();
    // It came back, and another run of its name went there.
    entry.restore().unwrap();
    fs::create_dir(place.config.trash.join("a")).unwrap();
    fs::write(place.config.trash.join("a/events.jsonl"), "other").unwrap();
    assert!(matches!(entry.delete(), Err(TrashError::Changed { .. })));
    assert!(matches!(place.delete("link"), Err(TrashError::Changed { .. })));
    assert_eq!(place.delete("a").unwrap().bytes, "other".len() as u64);
    place.trash().unwrap();
    assert_eq!(place.delete("a").unwrap().bytes, "first".len() as u64);
    assert!(photos.join("0.png").exists());
}

#[test]
fn what_an_interrupted_deletion_left_is_deleted_by_the_next() {
    let place = Place::new();
    fs::create_dir_all(place.config.trash.join(".a.12.deleting/x")).unwrap();
    assert_eq!(place.names(), [(".a.12.deleting".to_owned(), "half deleted")]);
    let all = place.list();
    assert!(matches!(all[0].restore(), Err(TrashError::NoOrigin { .. })));
    assert!(place.delete(".a").unwrap().failed.is_empty());
    assert!(place.list().is_empty());
}

#[test]
fn a_trash_that_holds_what_the_project_needs_is_not_emptied() {
    let mut place = Place::new();
    check_apart(&place.config).unwrap();
    place.config.trash = place.folder.path().to_owned();
    let err = check_apart(&place.config).unwrap_err();
    assert!(matches!(err, TrashError::Holds { .. }), "{err}");
    // Also by another name.
    let other = tempfile::tempdir().unwrap();
    place.config.trash = other.path().join("bin");
    symlink(place.folder.path(), &place.config.trash).unwrap();
    assert!(check_apart(&place.config).is_err());
}

#[test]
fn only_numbers_given_in_the_trash_are_taken_off_a_name() {
    for (name, before) in
        [("a.~2~", "a"), ("a.toml.~13~", "a.toml"), ("a.~~", "a.~~"), ("~2~", "~2~")]
    {
        assert_eq!(name_before(name.as_bytes()), before.as_bytes(), "{name}");
    }
}

#[test]
fn a_run_whose_name_ends_in_a_number_of_the_trash_comes_back_under_its_own_name() {
    let place = Place::new();
    let run = RunFolder::at(place.config.runs.join("20260102-030405-x.~2~"));
    fs::rename(place.run.path(), run.path()).unwrap();
    for _ in 0..2 {
        move_run(&run, &place.config.trash).unwrap();
        let thing = place.list().pop().unwrap();
        assert_ne!(thing.name(), run.id());
        assert_eq!(thing.restore().unwrap(), run.path());
    }
}

#[test]
fn what_cannot_be_renamed_is_copied_whole_and_then_removed() {
    let place = Place::new();
    fs::create_dir(place.run.path().join("more")).unwrap();
    fs::write(place.run.path().join("more/file"), "text").unwrap();
    symlink("events.jsonl", place.run.path().join("link")).unwrap();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    File::open(place.run.events()).unwrap().set_modified(long_ago).unwrap();
    let beside = place.config.runs.join(BESIDE);
    let to = copy_into(place.run.path(), OsStr::new("a"), &beside).unwrap();
    assert_eq!(to, beside.join("a"));
    assert!(!place.run.path().exists());
    assert_eq!(fs::read_to_string(to.join("more/file")).unwrap(), "text");
    assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("events.jsonl"));
    assert_eq!(fs::metadata(to.join("events.jsonl")).unwrap().modified().unwrap(), long_ago);
    assert_eq!(place.list().pop().unwrap().restore().unwrap(), place.run.path());
    // What cannot be copied stays as it was.
    let pipe = place.run.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    assert!(copy_into(place.run.path(), OsStr::new("a"), &beside).is_err());
    assert!(place.run.events().exists() && place.list().is_empty());
}
