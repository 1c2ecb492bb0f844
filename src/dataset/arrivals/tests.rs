use std::cell::RefCell;
use std::fs;
use std::time::{Duration, SystemTime};

use super::*;
use crate::dataset::Unreadable;

/// A folder of names with sizes and times.
#[derive(Default)]
struct Pretended(RefCell<HashMap<PathBuf, Seen>>);

impl Pretended {
    /// A file of so many bytes, changed at this second.
    fn put(&self, name: &str, bytes: u64, second: u64) {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        self.0.borrow_mut().insert(PathBuf::from(name), Seen { bytes, modified });
    }

    fn see(&self, path: &Path) -> Option<Seen> {
        self.0.borrow().get(path).copied()
    }

    fn names(&self) -> Vec<PathBuf> {
        self.0.borrow().keys().cloned().collect()
    }

    fn look(&self, arrivals: &mut Arrivals) -> Vec<(String, bool)> {
        let arrived = arrivals.look(self.names(), true, |path| self.see(path));
        let name = |arrival: Arrival| (arrival.path.display().to_string(), arrival.is_settled);
        arrived.into_iter().map(name).collect()
    }
}

fn arrival(name: &str, is_settled: bool) -> (String, bool) {
    (name.to_owned(), is_settled)
}

#[test]
fn what_is_there_already_is_known_and_what_comes_is_tried_at_once_the_oldest_first() {
    let (folder, mut arrivals) = (Pretended::default(), Arrivals::default());
    folder.put("old.jpg", 1, 1);
    arrivals.know(folder.names(), |path| folder.see(path));
    assert!(folder.look(&mut arrivals).is_empty());
    folder.put("a.jpg", 9, 30);
    folder.put("b.jpg", 9, 20);
    folder.put("c.jpg.part", 9, 20);
    assert_eq!(folder.look(&mut arrivals), [arrival("b.jpg", false), arrival("a.jpg", false)]);
    for name in ["a.jpg", "b.jpg"] {
        arrivals.answered(Path::new(name), Some(blake3::hash(b"1")));
    }
    assert!((0..5).all(|_| folder.look(&mut arrivals).is_empty()));
}

#[test]
fn a_file_half_written_is_waited_for_until_it_stays_the_same() {
    let (folder, mut arrivals) = (Pretended::default(), Arrivals::default());
    folder.put("a.jpg", 100, 1);
    assert_eq!(folder.look(&mut arrivals), [arrival("a.jpg", false)]);
    // It does not decode, and grows.
    for second in 2..9 {
        folder.put("a.jpg", 100 * second, second);
        assert!(folder.look(&mut arrivals).is_empty());
    }
    assert_eq!(folder.look(&mut arrivals), [arrival("a.jpg", false)]);
    assert_eq!(folder.look(&mut arrivals), [arrival("a.jpg", true)]);
    // Its error is said once, and it is looked at again when it changes.
    arrivals.answered(Path::new("a.jpg"), None);
    assert!((0..5).all(|_| folder.look(&mut arrivals).is_empty()));
    folder.put("a.jpg", 2000, 20);
    assert!(folder.look(&mut arrivals).is_empty());
    assert_eq!(folder.look(&mut arrivals), [arrival("a.jpg", false)]);
    // It changed while it was read.
    arrivals.changed(Path::new("a.jpg"));
    assert_eq!(folder.look(&mut arrivals), [arrival("a.jpg", false)]);
    assert_eq!(folder.look(&mut arrivals), [arrival("a.jpg", true)]);
}

#[test]
fn a_file_that_was_touched_is_not_new_and_another_of_its_name_is() {
    let (folder, mut arrivals) = (Pretended::default(), Arrivals::default());
    let (path, hash) = (Path::new("a.jpg"), blake3::hash(b"1"));
    folder.put("a.jpg", 9, 1);
    folder.look(&mut arrivals);
    assert!(arrivals.is_new(path, &hash));
    arrivals.answered(path, Some(hash));
    folder.put("a.jpg", 9, 2);
    folder.look(&mut arrivals);
    assert_eq!(folder.look(&mut arrivals), [arrival("a.jpg", false)]);
    assert!(!arrivals.is_new(path, &hash) && arrivals.is_new(path, &blake3::hash(b"2")));
    assert!(folder.look(&mut arrivals).is_empty());
    // Deleted, and put there anew.
    folder.0.borrow_mut().clear();
    folder.look(&mut arrivals);
    folder.put("a.jpg", 9, 3);
    assert_eq!(folder.look(&mut arrivals), [arrival("a.jpg", false)]);
    assert!(arrivals.is_new(path, &hash));
    // It vanished before it was read, and comes back.
    arrivals.gone(path);
    assert_eq!(folder.look(&mut arrivals), [arrival("a.jpg", false)]);
}

#[test]
fn names_that_are_gone_are_forgotten_and_come_back_known_where_the_folder_was_away() {
    let (folder, mut arrivals) = (Pretended::default(), Arrivals::default());
    folder.put("a.jpg", 9, 1);
    arrivals.know(folder.names(), |path| folder.see(path));
    let none = |arrivals: &mut Arrivals, is_whole, looks: u32| {
        (0..looks).for_each(|_| drop(arrivals.look(vec![], is_whole, |_| None)));
    };
    none(&mut arrivals, true, FORGOTTEN - 1);
    assert!(folder.look(&mut arrivals).is_empty());
    none(&mut arrivals, false, FORGOTTEN + 1);
    assert_eq!(arrivals.count(), 1);
    none(&mut arrivals, true, FORGOTTEN);
    assert_eq!(arrivals.count(), 0);
}

#[test]
fn of_many_known_files_some_are_looked_at_each_time_and_all_in_turn() {
    let (folder, mut arrivals) = (Pretended::default(), Arrivals::default());
    let name = |number: usize| PathBuf::from(format!("{number}.jpg"));
    (0..3 * KNOWN_A_LOOK).for_each(|number| folder.put(name(number).to_str().unwrap(), 1, 1));
    arrivals.know(folder.names(), |path| folder.see(path));
    let (looked_at, listed) = (RefCell::new(Vec::new()), folder.names());
    for look in 1..=3 {
        arrivals.look(listed.clone(), true, |path| {
            looked_at.borrow_mut().push(path.to_owned());
            folder.see(path)
        });
        assert_eq!(looked_at.borrow().len(), look * KNOWN_A_LOOK);
    }
    let mut looked_at = looked_at.into_inner();
    looked_at.sort();
    looked_at.dedup();
    assert_eq!(looked_at.len(), 3 * KNOWN_A_LOOK);
}

#[test]
fn a_folder_that_is_gone_is_said_once_and_what_is_in_it_is_known_when_it_is_back() {
    let above = tempfile::tempdir().unwrap();
    let (inbox, away) = (above.path().join("inbox"), above.path().join("away"));
    let write = |name: &str| fs::write(inbox.join(name), "no picture").unwrap();
    fs::create_dir_all(inbox.join("sub")).unwrap();
    ["a.jpg", "sub/b.jpg", ".c.jpg", "note"].into_iter().for_each(write);
    let mut watched = WatchedFolder::new(inbox.clone(), true).unwrap();
    assert_eq!((watched.arrivals.count(), watched.look()), (3, (vec![], None)));
    fs::rename(&inbox, &away).unwrap();
    assert_eq!(watched.look(), (vec![], Some(WatchNews::Gone(Some(Unreadable::NoSuchFile)))));
    assert_eq!(watched.look(), (vec![], None));
    // As where a drive was mounted.
    fs::create_dir(&inbox).unwrap();
    assert_eq!(watched.look(), (vec![], None));
    fs::remove_dir(&inbox).unwrap();
    fs::rename(&away, &inbox).unwrap();
    assert_eq!(watched.look(), (vec![], Some(WatchNews::Back)));
    ["sub/new.jpg", "text"].into_iter().for_each(write);
    let (arrived, news) = watched.look();
    let new = Arrival { path: inbox.join("sub/new.jpg"), is_settled: false };
    assert_eq!((arrived, news), (vec![new], None));
    // Without what is there already.
    let (arrived, _) = WatchedFolder::new(inbox.clone(), false).unwrap().look();
    assert_eq!(arrived.len(), 3);
    assert!(WatchedFolder::new(above.path().join("none"), true).is_err());
}
