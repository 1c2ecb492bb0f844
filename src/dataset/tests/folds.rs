//! Folds of real folders.

use super::*;

fn folds_of(dataset: &Dataset) -> Vec<(usize, bool)> {
    let fold = |photo: &Photo| photo.fold.map(|fold| (fold.number, fold.watches)).unwrap();
    dataset.photos.iter().map(fold).collect()
}

#[test]
fn with_folds_every_photo_is_tested_and_copies_are_where_their_originals_are() {
    let project = Project::with(&[("fire", 40), ("smoke", 40)]);
    // By name each could be in another fold.
    for n in [3, 7, 11, 15, 19] {
        project.write(&format!("fire/copy{n}.png"), &png(n));
        project.write(&format!("smoke/copy{n}.png"), &png(n));
    }
    for by in [SplitRule::Seed, SplitRule::Base27, SplitRule::Path27, SplitRule::Path16] {
        let mut asked = experiment(by);
        asked.split.folds = 4;
        let dataset = project.scan(&asked).unwrap();
        dataset.check_sets().unwrap();
        assert_eq!(dataset.totals(), [0, 0, 90], "{by:?}");
        let folds: Vec<_> = folds_of(&dataset);
        for (place, photo) in dataset.photos.iter().enumerate() {
            let original = dataset.photos.iter().position(|other| other.hash == photo.hash);
            assert_eq!(folds[place], folds[original.unwrap()], "{by:?}: {:?}", photo.path);
        }
        for tested in 0..4 {
            let train =
                dataset.photos.iter().filter(|p| dataset.set(p, Some(tested)) == Set::Training);
            let trained_on: Vec<_> = train.map(|photo| photo.hash).collect();
            let of_fold = dataset.photos.iter().filter(|p| p.fold.unwrap().number == tested);
            for photo in of_fold {
                assert!(!trained_on.contains(&photo.hash), "{by:?}: {:?}", photo.path);
            }
        }
        assert!(dataset.photos.iter().all(|photo| dataset.is_trained_on(photo)));
        asked.train.early_stop = 3;
        let watched = project.scan(&asked).unwrap();
        let trained_on = watched.photos.iter().filter(|photo| watched.is_trained_on(photo)).count();
        assert_eq!(trained_on, folds.iter().filter(|(_, watches)| !watches).count());
        let told = dataset.warnings.iter().any(|text| text.contains("in the fold of the first"));
        assert_eq!(told, by != SplitRule::Seed, "a seed deals copies together: {by:?}");
    }
}

#[test]
fn a_fold_by_name_stays_when_photos_come_or_go() {
    let project = Project::with(&[("fire", 30), ("smoke", 30)]);
    let mut asked = experiment(SplitRule::Base27);
    asked.split.folds = 3;
    let before = project.scan(&asked).unwrap();
    project.write("fire/another.png", &png(900));
    fs::remove_file(project.0.path().join("photos/smoke/004.png")).unwrap();
    let now = project.scan(&asked).unwrap();
    for photo in &now.photos {
        if let Some(same) = before.photos.iter().find(|other| other.path == photo.path) {
            assert_eq!(photo.fold, same.fold, "{:?}", photo.path);
        }
    }
}

#[test]
fn a_fold_without_a_photo_of_a_category_is_refused_with_the_cure() {
    let project = Project::with(&[("fire", 30), ("smoke", 4)]);
    let mut asked = experiment(SplitRule::Seed);
    asked.split.folds = 5;
    let message = project.scan(&asked).unwrap().check_sets().unwrap_err().to_string();
    assert_eq!(
        message,
        "category 'smoke' has no test photo where fold 5 of 5 is tested: 2 training, 2 validation \
         and 0 test there; lower split.folds, set split.by = \"seed\", or add photos"
    );
}
