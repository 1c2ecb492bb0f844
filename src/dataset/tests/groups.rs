//! Groups in real folders: whatever deals the photos, those of a group are dealt together.

use std::collections::HashMap;

use super::*;
use crate::spec::Grouping;

/// Photos of 12 cameras, each with a folder in both categories, of 3 bursts each, of 2 photos; in every
/// category a near copy of one drawn picture more, under another name.
fn project(sets: &[&str]) -> Project {
    let project = Project::new();
    let near = ["original", "cropped", "mirrored", "shrunk", "brighter", "encoded-anew"];
    let mut n = 0;
    for set in sets {
        for category in ["fire", "smoke"] {
            for (camera, burst, frame) in (0..36).flat_map(|i| [(i / 3, i, 0), (i / 3, i, 1)]) {
                let path = format!("{set}{category}/cam{camera:02}/b{burst:02}_{frame}.png");
                project.write(&path, &png(n));
                n += 1;
            }
        }
    }
    let folders = sets.iter().flat_map(|set| ["fire", "smoke"].map(|name| format!("{set}{name}")));
    for (folder, copy) in folders.zip(near) {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/near");
        let bytes = fs::read(golden.join(format!("{copy}.jpg"))).unwrap();
        project.write(&format!("{folder}/{copy}.jpg"), &bytes);
    }
    project
}

fn name_of(photo: &Photo, groups: &Grouping) -> Option<String> {
    let path = photo.path.to_str().unwrap();
    let (folder, file) = path.rsplit_once('/').unwrap();
    match groups {
        Grouping::Near => path.ends_with(".jpg").then(|| "copies".to_owned()),
        Grouping::Folder => folder.contains("cam").then(|| folder.to_owned()),
        _ => path.ends_with(".png").then(|| file.split('_').next().unwrap().to_owned()),
    }
}

/// Errors where photos of one group are in two sets or folds; gives how many photos are in groups.
fn check_together(dataset: &Dataset, groups: &Grouping, what: &str) -> usize {
    let mut places = HashMap::new();
    let grouped = dataset.photos.iter().filter_map(|p| Some((name_of(p, groups)?, p)));
    let mut count = 0;
    for (name, photo) in grouped {
        let place = (photo.set, photo.fold);
        let first = *places.entry(name.clone()).or_insert(place);
        assert_eq!(place, first, "{what}: {name}, {:?}", photo.path);
        count += 1;
    }
    count
}

#[test]
fn no_group_is_in_two_sets_or_two_folds() {
    let name = Grouping::Name { is_last: true, mark: "_".to_owned() };
    let rules = [SplitRule::Base27, SplitRule::Path27, SplitRule::Path16, SplitRule::Seed];
    let (flat, given) = (project(&[""]), project(&["train/", "valid/", "test/"]));
    for (groups, members) in [(name, 144), (Grouping::Folder, 144), (Grouping::Near, 2)] {
        for (by, folds) in rules.into_iter().flat_map(|by| [(by, 0), (by, 4)]) {
            let mut asked = experiment(by);
            (asked.split.groups, asked.split.folds) = (groups.clone(), folds);
            let dataset = flat.scan(&asked).unwrap();
            let what = format!("{by:?}, {groups:?}, {folds} folds");
            assert_eq!(check_together(&dataset, &groups, &what), members, "{what}");
            if by == SplitRule::Seed {
                dataset.check_sets().unwrap();
            }
        }
        let mut asked = experiment(SplitRule::Folders);
        asked.split.groups = groups.clone();
        let dataset = given.scan(&asked).unwrap();
        check_together(&dataset, &groups, "folders");
        let moved = dataset.warnings.iter().any(|text| text.contains("with the first of their"));
        assert_eq!(moved, groups != Grouping::Folder, "{:?}", dataset.warnings);
    }
}

#[test]
fn a_group_by_name_stays_in_its_set_when_photos_come_or_go() {
    let project = project(&[""]);
    let mut asked = experiment(SplitRule::Base27);
    asked.split.groups = Grouping::Name { is_last: true, mark: "_".to_owned() };
    let before = project.scan(&asked).unwrap();
    project.write("fire/cam00/b00_.png", &png(9000));
    fs::remove_file(project.0.path().join("photos/fire/cam03/b09_0.png")).unwrap();
    let now = project.scan(&asked).unwrap();
    let set = |dataset: &Dataset, name: &str| {
        let of = dataset.photos.iter().filter(|photo| photo.path.to_str().unwrap().contains(name));
        of.map(|photo| photo.set).collect::<Vec<_>>()
    };
    for burst in 0..36 {
        let name = format!("/b{burst:02}_");
        assert_eq!(set(&before, &name)[0], set(&now, &name)[0], "{name}");
    }
}

#[test]
fn thumbnails_are_made_once() {
    let project = project(&[""]);
    let mut asked = experiment(SplitRule::Seed);
    asked.split.groups = Grouping::Near;
    let mut decoded = 0;
    let mut scan = || {
        let cache = project.0.path().join("cache");
        decoded = 0;
        let mut count = |_, _| decoded += 1;
        super::scan(project.0.path(), &asked, &cache, &mut count).unwrap();
        decoded
    };
    let (first, second) = (scan(), scan());
    assert_eq!(first - second, 146, "every photo is decoded the first time");
}
