use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;
use crate::features::Cache;

const KEY: &str = "net-0123456789abcdef";

fn fill(cache: &Path) -> Cache {
    let mut open = Cache::open(cache, KEY, 3).unwrap();
    open.insert(&[[1; 32], [2; 32]], &[0.5; 6]).unwrap();
    open.insert(&[[2; 32], [3; 32]], &[0.25; 6]).unwrap();
    open
}

fn only(cache: &Path) -> FeatureKey {
    let mut keys = survey(cache).unwrap();
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys.remove(0)
}

#[test]
fn a_survey_counts_features_once_and_says_who_uses_them() {
    let cache = tempfile::tempdir().unwrap();
    assert!(survey(&cache.path().join("missing")).unwrap().is_empty());
    let open = fill(cache.path());
    let key = only(cache.path());
    assert_eq!((key.features, key.shards.len(), key.users.len()), (3, 2, 1));
    assert_eq!(key.users[0].pid, std::process::id());
    drop(open);
    let key = only(cache.path());
    assert!(key.users.is_empty() && key.leftovers.is_empty());
    let on_disk: u64 = key.shards.iter().map(|kept| fs::metadata(&kept.path).unwrap().len()).sum();
    assert_eq!(key.bytes(), on_disk);
    assert_eq!(key.prune(Portion::All).unwrap().bytes, on_disk);
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
}

#[test]
fn nothing_is_pruned_under_one_who_uses_it() {
    let cache = tempfile::tempdir().unwrap();
    let open = fill(cache.path());
    let key = only(cache.path());
    for portion in [Portion::All, Portion::Waste] {
        let err = key.prune(portion).unwrap_err();
        assert!(err.to_string().contains("in use by process"), "{err}");
    }
    drop(open);
    // One on another host, that no lock tells of.
    let claim = cache.path().join(KEY).join(".in-use.1.1");
    fs::write(&claim, r#"{"host":"elsewhere","pid":1,"process_start":0}"#).unwrap();
    assert!(matches!(key.prune(Portion::All), Err(PruneError::InUse { .. })));
    assert_eq!(only(cache.path()).shards.len(), 2);
    File::open(&claim).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(only(cache.path()).leftovers.len(), 1, "it was not heard of for long");
    key.prune(Portion::All).unwrap();
    assert!(!cache.path().join(KEY).exists());
}

#[test]
fn waste_goes_and_whole_shards_and_the_time_of_use_stay() {
    let cache = tempfile::tempdir().unwrap();
    drop(fill(cache.path()));
    let folder = cache.path().join(KEY);
    let torn = folder.join(format!("{}.safetensors", "ab".repeat(12)));
    fs::write(&torn, "torn").unwrap();
    let unfinished = folder.join(format!(".{}.safetensors.12-3.tmp", "cd".repeat(12)));
    fs::write(&unfinished, "unfinished").unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    File::open(&folder).unwrap().set_modified(long_ago).unwrap();
    let key = only(cache.path());
    assert_eq!((&key.damaged[0].path, &key.leftovers[0].path), (&torn, &unfinished));
    assert_eq!(key.prune(Portion::Waste).unwrap().bytes, "torn".len() as u64 + 10);
    let key = only(cache.path());
    assert_eq!((key.shards.len(), key.waste(), key.last_used), (2, 0, long_ago));
    key.prune(Portion::All).unwrap();
    let left: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["notes.txt"], "what is not ours stays");
}

#[test]
fn folders_that_are_no_feature_keys_are_not_looked_at() {
    let cache = tempfile::tempdir().unwrap();
    drop(fill(cache.path()));
    for name in ["models", "net-0123", "net-0123456789abcdefg"] {
        fs::create_dir(cache.path().join(name)).unwrap();
    }
    std::os::unix::fs::symlink(cache.path().join(KEY), cache.path().join("link-0123456789abcdef"))
        .unwrap();
    assert_eq!(only(cache.path()).name, KEY);
}

#[test]
fn who_opens_the_cache_while_it_is_pruned_finds_and_keeps_all_that_it_writes() {
    let cache = tempfile::tempdir().unwrap();
    let ended = AtomicBool::new(false);
    let pruned = thread::scope(|scope| {
        let pruner = scope.spawn(|| {
            let mut pruned = 0;
            while !ended.load(Ordering::Relaxed) {
                for key in survey(cache.path()).unwrap() {
                    pruned += usize::from(key.prune(Portion::All).is_ok());
                }
            }
            pruned
        });
        let users: Vec<_> = (0..2u8)
            .map(|user| {
                let cache = cache.path();
                scope.spawn(move || {
                    for round in 0..40u8 {
                        let mut open = Cache::open(cache, KEY, 1).unwrap();
                        let row = [[user; 32], [round; 32]];
                        open.insert(&row, &[f32::from(user), f32::from(round)]).unwrap();
                        let again = Cache::open(cache, KEY, 1).unwrap();
                        assert!(again.contains(&row[0]) && again.contains(&row[1]));
                        assert!(again.damaged().is_empty());
                        open.read(&row).unwrap();
                        drop((open, again));
                        thread::sleep(std::time::Duration::from_millis(5));
                    }
                })
            })
            .collect();
        let results: Vec<_> = users.into_iter().map(|user| user.join()).collect();
        ended.store(true, Ordering::Relaxed);
        assert!(results.iter().all(Result::is_ok));
        pruner.join().unwrap()
    });
    assert!(pruned > 0);
}
