//! What a scan reads again, and scans of shares.

use super::*;

/// A while after the photos were written, when their times tell them from changed ones.
fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(60)
}

fn by_clock<'a>(
    project: &'a Project,
    experiment: &'a Experiment,
    cache: &'a Path,
) -> scan::Scan<'a> {
    scan::Scan { root: project.0.path(), experiment, cache, clock: later }
}

/// A scan of all photos, a while after they were written.
fn scan_later(project: &Project, asked: &Experiment, cache: &Path) -> Dataset {
    by_clock(project, asked, cache).all(&mut |_, _| {}).unwrap()
}

/// Names of the photos that the scan has read.
fn read_by(dataset: &Dataset) -> Vec<&str> {
    let read = dataset.photos.iter().filter(|photo| photo.was_read);
    read.map(|photo| photo.path.to_str().unwrap()).collect()
}

#[test]
fn a_second_scan_reads_only_the_photos_that_were_changed() {
    let project = Project::with(&[("fire", 3), ("smoke", 2)]);
    project.write("fire/broken.png", b"no picture");
    let asked = experiment(SplitRule::Seed);
    let cache = project.0.path().join("cache");
    let scan_later = |asked: &Experiment| scan_later(&project, asked, &cache);
    let first = scan_later(&asked);
    assert_eq!(read_by(&first).len(), 5);
    let second = scan_later(&asked);
    assert_eq!(read_by(&second), Vec::<&str>::new());
    assert_eq!(second.skipped, first.skipped);
    let facts = |dataset: &Dataset| -> Vec<_> {
        dataset.photos.iter().map(|p| (p.path.clone(), p.hash, p.set, p.category)).collect()
    };
    assert_eq!(facts(&second), facts(&first));

    // Of the same length, in the same file, with the time of the old content.
    let path = project.0.path().join("photos/fire/001.png");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    project.write("fire/001.png", &png(200));
    fs::File::open(&path).unwrap().set_modified(modified).unwrap();
    project.write("smoke/new.png", &png(201));
    let third = scan_later(&asked);
    assert_eq!(read_by(&third), ["fire/001.png", "smoke/new.png"]);
    assert_eq!(third.photos[1].hash, blake3::hash(&png(200)));

    // A limit that is lowered meets known photos, too.
    let mut small = asked.clone();
    small.data.max_megapixels = 0;
    assert_eq!(scan_later(&small).skipped.len(), 7);
}

#[test]
fn scans_of_all_shares_read_every_photo_once_and_the_next_scan_of_all_reads_none() {
    let project = Project::with(&[("fire", 30), ("smoke", 30)]);
    project.write("fire/broken.png", b"no picture");
    let asked = experiment(SplitRule::Seed);
    let cache = project.0.path().join("cache");
    let mut seen = Vec::new();
    for number in 1..=3 {
        let share = Share::new(number, 3).unwrap();
        let (dataset, files) =
            by_clock(&project, &asked, &cache).share(share, &mut |_, _| {}).unwrap();
        assert_eq!((files, read_by(&dataset).len()), (61, dataset.photos.len()));
        assert!(dataset.photos.len() < 40, "{} in one share", dataset.photos.len());
        seen.extend(dataset.photos.into_iter().map(|photo| (photo.path, photo.hash)));
    }
    seen.sort_by(|(a, _), (b, _)| a.cmp(b));
    let all = scan_later(&project, &asked, &cache);
    assert_eq!(read_by(&all), Vec::<&str>::new());
    let found = all.photos.iter().map(|photo| (photo.path.clone(), photo.hash));
    assert!(seen.into_iter().eq(found));
}

#[test]
fn what_a_person_decided_not_to_use_is_in_no_share() {
    let project = Project::with(&[("fire", 30), ("smoke", 30)]);
    let labels = project.0.path().join("labels.csv");
    fs::write(
        &labels,
        "file_name,label,verdict\nfire/003.png,,leave out\nsmoke/004.png,,leave out\n",
    )
    .unwrap();
    let asked = Experiment { labels: Some(labels), ..experiment(SplitRule::Seed) };
    let cache = project.0.path().join("cache");
    let left_out = (1..=3).map(|number| {
        let share = Share::new(number, 3).unwrap();
        let (dataset, _) = by_clock(&project, &asked, &cache).share(share, &mut |_, _| {}).unwrap();
        assert_eq!(dataset.warnings, Vec::<String>::new());
        dataset.left_out.len()
    });
    assert_eq!(left_out.sum::<usize>(), 2);
}

#[test]
fn a_photo_changed_a_moment_before_it_was_read_is_read_again() {
    let project = Project::with(&[("fire", 2), ("smoke", 2)]);
    let asked = experiment(SplitRule::Seed);
    for _ in 0..2 {
        let dataset = project.scan(&asked).unwrap();
        assert_eq!(read_by(&dataset).len(), 4);
        assert!(dataset.photos.iter().all(|photo| photo.stamp.is_none()));
    }
    assert!(!project.0.path().join("cache").exists());
}

#[test]
fn a_cache_that_cannot_be_written_costs_a_warning_and_no_scan() {
    let project = Project::with(&[("fire", 20), ("smoke", 20)]);
    let cache = project.0.path().join("cache");
    fs::write(&cache, "a file").unwrap();
    let asked = experiment(SplitRule::Seed);
    let dataset = scan_later(&project, &asked, &cache);
    assert_eq!(dataset.photos.len(), 40);
    assert!(dataset.warnings[0].contains("read again the next time"), "{:?}", dataset.warnings);
}

/// In the environment of the process that is killed: the folder of its project.
const KILLED_IN: &str = "RETRAIN_TEST_KILLED_IN";

#[test]
fn what_a_scan_had_saved_that_was_killed_is_not_read_again() {
    const SAVED: usize = 11;
    let asked = experiment(SplitRule::Seed);
    if let Some(root) = std::env::var_os(KILLED_IN) {
        let root = Path::new(&root);
        let scan =
            scan::Scan { root, experiment: &asked, cache: &root.join("cache"), clock: later };
        let mut progress = |done, _| match done {
            // Long enough that what comes next is saved with all before.
            10 => std::thread::sleep(Duration::from_millis(2_100)),
            SAVED => {
                fs::write(root.join("saved"), "").unwrap();
                std::thread::sleep(Duration::from_secs(60));
            }
            _ => {}
        };
        drop(scan.all(&mut progress));
        return;
    }
    let project = Project::with(&[("fire", 20), ("smoke", 20)]);
    let root = project.0.path();
    let mut killed = std::process::Command::new(std::env::current_exe().unwrap());
    let name = "dataset::tests::scans::what_a_scan_had_saved_that_was_killed_is_not_read_again";
    let mut killed = killed.args(["--exact", name]).env(KILLED_IN, root).spawn().unwrap();
    let begun = std::time::Instant::now();
    while !root.join("saved").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it saves nothing");
        std::thread::sleep(Duration::from_millis(10));
    }
    // By SIGKILL.
    killed.kill().unwrap();
    killed.wait().unwrap();
    let dataset = scan_later(&project, &asked, &root.join("cache"));
    assert_eq!(dataset.photos.len(), 40);
    assert_eq!(read_by(&dataset).len(), 40 - SAVED);
}

#[test]
fn a_photo_takes_so_little_memory_that_a_million_leave_room() {
    // And 30 bytes for its path.
    assert!(size_of::<Photo>() <= 104, "{} bytes", size_of::<Photo>());
}
