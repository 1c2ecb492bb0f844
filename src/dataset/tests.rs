//! What a scan of folders of photos promises.

mod folds;
mod groups;
mod scans;

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

use super::*;
use crate::setting::Value;
use crate::spec::{self, Experiment, Set, SplitRule};

fn experiment(by: SplitRule) -> Experiment {
    let text = "images = 'photos'\ndata.max_unreadable_percent = 5\n\
                split = {validation_percent = 20, test_percent = 20, seed = 1}";
    let mut experiment = spec::parse(text, Path::new("photos.toml")).unwrap().experiment;
    experiment.split.by = by;
    experiment
}

/// A picture of its own for each `n`.
fn png(n: usize) -> Vec<u8> {
    let picture = RgbImage::from_pixel(3, 2, Rgb([n as u8, (n >> 8) as u8, 7]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

struct Project(TempDir);

impl Project {
    fn new() -> Project {
        let project = Project(tempfile::tempdir().unwrap());
        fs::create_dir(project.0.path().join("photos")).unwrap();
        project
    }

    /// A project whose categories have so many different photos.
    fn with(counts: &[(&str, usize)]) -> Project {
        let project = Project::new();
        let mut n = 0;
        for (category, count) in counts {
            for i in 0..*count {
                project.write(&format!("{category}/{i:03}.png"), &png(n));
                n += 1;
            }
        }
        project
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.path().join("photos").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn scan(&self, experiment: &Experiment) -> Result<Dataset, DatasetError> {
        scan(self.0.path(), experiment, &self.0.path().join("cache"), &mut |_, _| {})
    }
}

fn paths(dataset: &Dataset) -> Vec<&str> {
    dataset.photos.iter().map(|photo| photo.path.to_str().unwrap()).collect()
}

#[test]
fn every_folder_is_a_category_and_photos_come_in_the_order_of_their_names() {
    let project = Project::with(&[("smoke", 2), ("fire", 1)]);
    project.write("fire/deep/er/b.png", &png(90));
    project.write("fire/Z", &png(91));
    project.write("fire/.hidden.png", &png(92));
    project.write(".cache/x.png", &png(93));
    project.write("loose.png", &png(94));
    project.write("fire/README.md", b"about");
    project.write("fire/notes", b"a text");
    project.write("fire/photo.dat", &png(95));
    project.write("fire/text.JPG", b"a text");
    let dataset = project.scan(&experiment(SplitRule::Seed)).unwrap();
    assert_eq!(dataset.categories, ["fire", "smoke"]);
    assert_eq!(
        paths(&dataset),
        [
            "fire/000.png",
            "fire/Z",
            "fire/deep/er/b.png",
            "fire/photo.dat",
            "smoke/000.png",
            "smoke/001.png"
        ]
    );
    let text = Skipped { path: "fire/text.JPG".into(), reason: Unreadable::NotAnImage };
    assert_eq!(dataset.skipped, [text]);
    let photo = &dataset.photos[0];
    let bytes = fs::read(dataset.full_path(photo)).unwrap();
    assert_eq!(photo.hash, blake3::hash(&bytes));
}

#[test]
fn listed_categories_keep_their_order_and_a_missing_one_is_told_with_the_nearest() {
    let project = Project::with(&[("fire", 1), ("misc", 1), ("smoke", 1)]);
    let mut asked = experiment(SplitRule::Seed);
    asked.categories = vec!["smoke".into(), "fire".into()];
    let dataset = project.scan(&asked).unwrap();
    assert_eq!(dataset.categories, ["smoke", "fire"]);
    assert_eq!(paths(&dataset), ["smoke/000.png", "fire/000.png"]);

    asked.categories = vec!["Smok".into(), "fire".into()];
    let said = project.scan(&asked).unwrap_err().to_string();
    assert!(said.contains("no folder 'Smok', the nearest is 'smoke'"), "{said}");
    asked.categories = vec!["..".into(), "fire".into()];
    assert!(matches!(project.scan(&asked), Err(DatasetError::NoSuchCategory { .. })));
}

#[test]
fn no_folder_and_less_than_two_categories_are_refused_with_the_cure() {
    let project = Project::with(&[("fire", 1)]);
    let said = project.scan(&experiment(SplitRule::Seed)).unwrap_err().to_string();
    assert!(said.contains("found only 'fire'") && said.contains("at least two"), "{said}");
    let mut elsewhere = experiment(SplitRule::Seed);
    elsewhere.images = "fotos".into();
    let said = project.scan(&elsewhere).unwrap_err().to_string();
    assert!(said.contains("fotos: no such file") && said.contains("'images'"), "{said}");
}

#[test]
fn a_seed_gives_every_category_its_exact_share() {
    let project = Project::with(&[("fire", 80), ("smoke", 80)]);
    let asked = experiment(SplitRule::Seed);
    let mut calls = Vec::new();
    let cache = project.0.path().join("cache");
    let mut told = |read, found| calls.push((read, found));
    let dataset = scan(project.0.path(), &asked, &cache, &mut told).unwrap();
    assert_eq!(dataset.counts(), [[48, 16, 16], [48, 16, 16]]);
    assert_eq!(calls.last(), Some(&(160, 160)));
    assert_eq!(dataset.photos, project.scan(&asked).unwrap().photos);
    dataset.check_sets().unwrap();
    dataset.check_unreadable(0.0).unwrap();
    assert_eq!(dataset.warnings, Vec::<String>::new());
}

/// Every photo's fold where each is tested, from 0, with whether it watches the others.
#[test]
fn path_rules_hash_the_folder_as_it_was_typed_and_the_base_rule_the_name_alone() {
    let project = Project::with(&[("fire", 40), ("smoke", 1)]);
    let asked = experiment(SplitRule::Path27);
    let mut dotted = asked.clone();
    dotted.images = "./photos/".into();
    let typed = project.scan(&asked).unwrap();
    for photo in &typed.photos {
        let path = format!("photos/{}", photo.path.display());
        let expected = split::by_hash(path.as_bytes(), split::BUCKETS_27, &asked.split);
        assert_eq!(photo.set, expected);
    }
    let sets = |dataset: &Dataset| dataset.photos.iter().map(|p| p.set).collect::<Vec<_>>();
    assert_ne!(sets(&typed), sets(&project.scan(&dotted).unwrap()));
    (dotted.split.by, dotted.images) = (SplitRule::Base27, "./photos".into());
    let by_name = project.scan(&experiment(SplitRule::Base27)).unwrap();
    assert_eq!(sets(&by_name), sets(&project.scan(&dotted).unwrap()));
}

#[test]
fn folders_give_the_sets_and_a_copy_follows_the_first_with_a_warning() {
    let project = Project::new();
    for (n, set) in ["train", "val", "testing"].into_iter().enumerate() {
        project.write(&format!("{set}/fire/a.png"), &png(10 + n));
        project.write(&format!("{set}/smoke/a.png"), &png(20 + n));
    }
    project.write("val/fire/copy.png", &png(10));
    let dataset = project.scan(&experiment(SplitRule::Folders)).unwrap();
    assert_eq!(dataset.categories, ["fire", "smoke"]);
    assert_eq!(dataset.counts(), [[2, 1, 1], [1, 1, 1]]);
    let copy = Duplicate {
        path: "val/fire/copy.png".into(),
        of: "train/fire/a.png".into(),
        same_category: true,
    };
    assert_eq!(dataset.duplicates, [copy]);
    assert!(dataset.warnings[0].starts_with("train/fire/a.png and val/fire/copy.png"));

    fs::remove_dir_all(project.0.path().join("photos/train")).unwrap();
    let said = project.scan(&experiment(SplitRule::Folders)).unwrap_err().to_string();
    assert!(said.contains("no folder 'training' or 'train'"), "{said}");
}

/// A project in folders of sets, with different photos of two categories in each.
fn project_of_sets(sets: &[(&str, usize)]) -> Project {
    let counts: Vec<(String, usize)> = sets
        .iter()
        .flat_map(|(set, n)| ["fire", "smoke"].map(|name| (format!("{set}/{name}"), *n)))
        .collect();
    let counts: Vec<(&str, usize)> = counts.iter().map(|(name, n)| (&name[..], *n)).collect();
    Project::with(&counts)
}

#[test]
fn the_folders_of_the_usual_exports_are_sets_whatever_their_spelling() {
    for sets in [["train", "valid", "test"], ["Training", "val", "Testing"]] {
        let project = project_of_sets(&[(sets[0], 5), (sets[1], 2), (sets[2], 1)]);
        let dataset = project.scan(&experiment(SplitRule::Folders)).unwrap();
        assert_eq!(dataset.counts(), [[5, 2, 1], [5, 2, 1]], "{sets:?}");
        let listing = list_categories(&project.0.path().join("photos")).unwrap();
        assert!(listing.has_set_folders, "{sets:?}");
        assert_eq!(listing.categories, [("fire".into(), 8), ("smoke".into(), 8)]);
    }
}

#[test]
fn a_set_without_a_folder_is_taken_from_the_training_photos_and_that_is_said() {
    // 20 percent each; the test folder holds photos without categories, as Kaggle's do.
    let project = project_of_sets(&[("train", 20)]);
    project.write("test/1.png", &png(999));
    let dataset = project.scan(&experiment(SplitRule::Folders)).unwrap();
    assert_eq!(dataset.counts(), [[12, 4, 4], [12, 4, 4]]);
    for set in ["validation", "test"] {
        let said = format!("20% of the training photos are taken for {set}");
        assert!(dataset.warnings.iter().any(|warning| warning.contains(&said)), "{set}");
    }
    let loose = "1 photo beside the folders of the categories";
    assert!(dataset.warnings.iter().any(|warning| warning.contains(loose)), "{dataset:?}");

    let project = project_of_sets(&[("training", 10), ("testing", 3)]);
    let dataset = project.scan(&experiment(SplitRule::Folders)).unwrap();
    assert_eq!(dataset.counts(), [[8, 2, 3], [8, 2, 3]]);
}

#[test]
fn sets_never_become_categories_without_a_word() {
    let project = project_of_sets(&[("train", 20), ("valid", 20), ("test", 20)]);
    let mut asked = experiment(SplitRule::Seed);
    let said = project.scan(&asked).unwrap_err().to_string();
    assert!(said.contains("'test', 'train' and 'valid' look like sets"), "{said}");
    assert!(said.contains("split.by = \"folders\""), "{said}");
    // Whoever lists them may mean it.
    asked.categories = ["train", "valid"].map(String::from).to_vec();
    let dataset = project.scan(&asked).unwrap();
    assert_eq!(dataset.categories, ["train", "valid"]);
    assert!(dataset.warnings[0].contains("look like sets"), "{:?}", dataset.warnings);
    // A folder of trains is none.
    let project = Project::with(&[("train", 20), ("test", 20)]);
    assert!(project.scan(&experiment(SplitRule::Seed)).is_ok());
}

#[test]
fn folders_that_programs_leave_are_neither_categories_nor_photos() {
    let project = Project::with(&[("fire", 1), ("smoke", 1)]);
    for left in ["__MACOSX", "$RECYCLE.BIN", "lost+found", "@eaDir", ".ipynb_checkpoints"] {
        project.write(&format!("{left}/a.png"), &png(50));
        project.write(&format!("fire/{left}/a.png"), &png(51));
    }
    let dataset = project.scan(&experiment(SplitRule::Seed)).unwrap();
    assert_eq!(dataset.categories, ["fire", "smoke"]);
    assert_eq!(paths(&dataset), ["fire/000.png", "smoke/000.png"]);
    let listing = list_categories(&project.0.path().join("photos")).unwrap();
    assert_eq!(listing.categories, [("fire".into(), 1), ("smoke".into(), 1)]);
}

#[test]
fn a_level_too_high_or_too_low_is_said() {
    let project = Project::with(&[("all/fire", 1), ("all/smoke", 1)]);
    let said = project.scan(&experiment(SplitRule::Seed)).unwrap_err().to_string();
    assert!(said.contains("'all' holds 2 folders") && said.contains("photos/all"), "{said}");

    let project = Project::new();
    project.write("1.png", &png(1));
    project.write("2.png", &png(2));
    let said = project.scan(&experiment(SplitRule::Seed)).unwrap_err().to_string();
    assert!(said.contains("no folder but 2 photos"), "{said}");
    assert!(said.contains("set 'images' to "), "{said}");

    let project =
        Project::with(&[("2019/fire", 1), ("2019/smoke", 1), ("2020/fire", 1), ("2020/smoke", 1)]);
    let dataset = project.scan(&experiment(SplitRule::Seed)).unwrap();
    let said = &dataset.warnings[0];
    assert!(said.contains("each category holds the folders 'fire' and 'smoke'"), "{said}");
}

#[test]
fn one_name_in_two_unicode_spellings_is_one_category() {
    let project = Project::with(&[("cafe\u{301}", 20), ("caf\u{e9}", 20), ("tea", 20)]);
    let mut asked = experiment(SplitRule::Seed);
    let dataset = project.scan(&asked).unwrap();
    assert_eq!(dataset.categories, ["caf\u{e9}", "tea"]);
    assert_eq!(
        dataset.counts().iter().map(|sets| sets.iter().sum()).collect::<Vec<usize>>(),
        [40, 20]
    );
    assert!(dataset.warnings[0].contains("2 folders are called 'caf\u{e9}'"), "{dataset:?}");
    // As it is typed need not be as it is on the disk.
    let project = Project::with(&[("cafe\u{301}", 20), ("tea", 20)]);
    asked.categories = ["caf\u{e9}", "tea"].map(String::from).to_vec();
    assert_eq!(project.scan(&asked).unwrap().photos.len(), 40);
    // In folders of sets, which archives of two systems made.
    let project = Project::with(&[
        ("train/cafe\u{301}", 3),
        ("train/tea", 3),
        ("valid/caf\u{e9}", 2),
        ("valid/tea", 2),
        ("test/caf\u{e9}", 1),
        ("test/tea", 1),
    ]);
    let dataset = project.scan(&experiment(SplitRule::Folders)).unwrap();
    assert_eq!(dataset.counts(), [[3, 2, 1], [3, 2, 1]]);
}

#[test]
fn warnings_of_many_categories_are_counted() {
    let counts: Vec<(String, usize)> = (0..100).map(|i| (format!("kind {i}"), 1)).collect();
    let counts: Vec<(&str, usize)> = counts.iter().map(|(name, n)| (&name[..], *n)).collect();
    let warnings = Project::with(&counts).scan(&experiment(SplitRule::Seed)).unwrap().warnings;
    assert_eq!(warnings.len(), 21, "{warnings:?}");
    assert_eq!(warnings[0], "category 'kind 0' has only 1 photo; 20 or more work better");
    assert_eq!(warnings[20], "and 80 more categories with fewer than 20 photos");
}

#[test]
fn an_empty_set_is_refused_naming_category_set_counts_and_cure() {
    let project = Project::with(&[("fire", 30), ("smoke", 30)]);
    let mut asked = experiment(SplitRule::Seed);
    asked.split.test_percent = 0.0;
    let said = project.scan(&asked).unwrap().check_sets().unwrap_err().to_string();
    assert!(said.contains("category 'fire' has no test photo"), "{said}");
    assert!(said.contains("30 photos are 24 training, 6 validation and 0 test"), "{said}");
    assert!(said.contains("split.test_percent") && said.contains("\"seed\""), "{said}");
}

#[test]
fn photos_found_unreadable_later_count_as_skipped() {
    let project = Project::with(&[("fire", 3), ("smoke", 17)]);
    let mut dataset = project.scan(&experiment(SplitRule::Seed)).unwrap();
    dataset.check_sets().unwrap();
    let bad = |path: PathBuf| Skipped { path, reason: Unreadable::Truncated };
    dataset.remove_unreadable(vec![bad("fire/001.png".into())]);
    assert_eq!((dataset.photos.len(), dataset.skipped.len()), (19, 1));
    dataset.check_unreadable(5.0).unwrap();
    let said = dataset.check_unreadable(4.9).unwrap_err().to_string();
    assert!(said.starts_with("1 of 20 files (5.0%)"), "{said}");
    assert!(said.contains("fire/001.png: truncated"), "{said}");
    assert!(matches!(dataset.check_sets(), Err(DatasetError::EmptySet { .. })));

    dataset.remove_unreadable(vec![bad("fire/000.png".into()), bad("fire/002.png".into())]);
    let said = dataset.check_unreadable(50.0).unwrap_err().to_string();
    assert!(said.starts_with("category 'fire' has no images (3 files"), "{said}");
}

#[test]
fn what_a_person_decided_about_a_photo_goes_over_its_folder() {
    let project = Project::with(&[("fire", 10), ("smoke", 10)]);
    let labels = project.0.path().join("x.labels.csv");
    let mut asked = experiment(SplitRule::Seed);
    let before = project.scan(&asked).unwrap();
    asked.labels = Some(labels.clone());
    assert_eq!(project.scan(&asked).unwrap().photos, before.photos, "there is none");

    let hash = |at: usize| before.photos[at].hash.to_hex();
    let rows = format!(
        "file_name,label,verdict,blake3\nelsewhere.png,smoke,,{}\nfire/001.png,smoke,label,\n\
         x,,leave out,{}\nfire/003.png,fire,,\ngone.png,fire,,{}\n",
        hash(0),
        hash(2),
        blake3::hash(b"gone")
    );
    fs::write(&labels, rows).unwrap();
    let after = project.scan(&asked).unwrap();
    assert_eq!((after.photos.len(), after.relabelled), (19, 2));
    assert_eq!(after.left_out.len(), 1);
    assert_eq!(after.left_out[0].path, Path::new("fire/002.png"));
    let category = |path: &str| {
        let found = after.photos.iter().find(|photo| photo.path == Path::new(path));
        after.categories[found.unwrap().category].clone()
    };
    assert_eq!(category("fire/000.png"), "smoke", "by its content");
    assert_eq!(category("fire/001.png"), "smoke", "by its name");
    for photo in &after.photos {
        let was = before.photos.iter().find(|before| before.path == photo.path).unwrap();
        assert_eq!(was.set, photo.set, "a decision moves no photo to another set");
    }
    let strangers = after.warnings.iter().find(|said| said.contains("x.labels.csv")).unwrap();
    assert!(strangers.ends_with("1 row of photos that are not there (any more)"), "{strangers}");

    fs::write(&labels, "file_name,label\nfire/000.png,smok\n").unwrap();
    let said = project.scan(&asked).unwrap_err().to_string();
    assert!(said.contains("x.labels.csv:2: label is 'smok' (did you mean 'smoke'?)"), "{said}");
}

#[test]
fn few_photos_imbalance_and_names_that_collided_are_warned_of() {
    let project = Project::with(&[("Big fire", 3), ("big-fire", 30)]);
    let dataset = project.scan(&experiment(SplitRule::Seed)).unwrap();
    for expected in [
        "category 'Big fire' has only 3 photos",
        "category 'big-fire' has 30 photos, 'Big fire' only 3: both count the same in training",
        "categories 'Big fire' and 'big-fire' were one to retrain.py: both 'big fire'",
    ] {
        assert!(dataset.warnings.iter().any(|said| said.starts_with(expected)), "{expected}");
    }
    let advice = |settings: &[(&str, Value)]| {
        let asked = experiment(SplitRule::Seed).with(settings).unwrap();
        let warnings = project.scan(&asked).unwrap().warnings;
        let of_both = warnings.into_iter().find(|said| said.contains("only 3:")).unwrap();
        of_both.rsplit_once("consider ").map(|(_, advice)| advice.to_owned())
    };
    let natural = ("train.draw", Value::Text("natural".into()));
    let balanced = ("train.class_weights", Value::Text("balanced".into()));
    let early = ("train.early_stop", Value::Int(5));
    assert_eq!(advice(std::slice::from_ref(&natural)).unwrap(), "\"balanced\"");
    assert_eq!(advice(std::slice::from_ref(&early)).unwrap(), "train.class_weights = \"balanced\"");
    assert_eq!(advice(&[natural, balanced.clone()]), None);
    assert_eq!(advice(&[early, balanced]), None);
}

#[test]
fn names_and_messages_of_strange_folders_stay_on_one_line() {
    let project = Project::new();
    let strange = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xffire");
    fs::create_dir(project.0.path().join("photos").join(strange)).unwrap();
    let inside = Path::new(strange).join("a.png");
    fs::write(project.0.path().join("photos").join(&inside), png(1)).unwrap();
    project.write("smoke/a.png", &png(2));
    let mut asked = experiment(SplitRule::Seed);
    let dataset = project.scan(&asked).unwrap();
    assert_eq!(dataset.categories, ["smoke", r"\xffire"]);
    assert_eq!(dataset.photos[1].path, inside);
    asked.categories = vec![r"\xffire".into(), "smoke".into()];
    assert_eq!(project.scan(&asked).unwrap().photos[0].path, inside);
}
