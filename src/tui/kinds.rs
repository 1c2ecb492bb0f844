//! Which kinds of photos a run has, which wrong ones are alike, and where all stand on the map, as the
//! screens have it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::other_process::ask;
use crate::store::{RunFolder, unshown};

/// What came of looking for kinds.
#[derive(Clone, Debug)]
pub struct KindsNews {
    pub run: RunFolder,
    /// The error is a sentence.
    pub kinds: Result<Arc<Kinds>, String>,
}

/// The photos of a run, by kinds and on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Kinds {
    /// The folder that the photos are in.
    pub images: PathBuf,
    /// In the order of the head.
    pub categories: Vec<String>,
    /// Photos that were tested by a head that was not trained on them.
    pub tested: usize,
    pub photos: Vec<Placed>,
    /// The kinds by category, then the groups of wrong photos, the largest first.
    pub groups: Vec<Group>,
    /// The share of the photos' variance that each direction of the map has.
    pub explained: [f64; 2],
}

/// A photo and where it stands on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Relative to the folder of images.
    pub file: PathBuf,
    /// Place among the categories.
    pub category: usize,
    /// What it was taken for, where it was tested.
    pub predicted: Option<usize>,
    pub x: f64,
    pub y: f64,
}

impl Placed {
    pub fn is_wrong(&self) -> bool {
        self.predicted.is_some_and(|predicted| predicted != self.category)
    }
}

/// Photos that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Place of the photos' category.
    pub category: usize,
    pub what: What,
    /// Places of the photos, that in the middle first.
    pub photos: Vec<usize>,
}

/// Why photos belong together.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// They are one kind of their category.
    Kind {
        /// From 1; none where the category is one kind.
        number: Option<usize>,
        /// Training, validation and test photos.
        sets: [usize; 3],
        tested: usize,
        wrong: usize,
        /// More are wrong than chance gives.
        is_harder: bool,
    },
    /// They are wrong, and were taken for the same category.
    Wrong { predicted: usize, of_wrong: usize, are_alike: bool },
}

impl Kinds {
    /// Of a row, such as `smoke 2` and `smoke as fire`.
    pub fn name(&self, group: &Group) -> String {
        let category = &self.categories[group.category];
        match group.what {
            What::Kind { number: None, .. } => category.clone(),
            What::Kind { number: Some(number), .. } => format!("{category} {number}"),
            What::Wrong { predicted, .. } => {
                format!("{category} as {}", self.categories[predicted])
            }
        }
    }
}

/// What `retrain kinds --json` prints, as far as it is shown.
#[derive(Deserialize)]
struct Answer {
    images: String,
    categories: Vec<String>,
    tested: usize,
    kinds: Vec<KindRow>,
    wrong: Vec<WrongRow>,
    explained: [f64; 2],
    map: Vec<MapRow>,
}

#[derive(Deserialize)]
struct KindRow {
    category: String,
    kind: usize,
    sets: Sets,
    tested: usize,
    wrong: usize,
    strength: Option<f64>,
    is_harder: bool,
    files: Vec<String>,
}

#[derive(Deserialize)]
struct Sets {
    training: usize,
    validation: usize,
    test: usize,
}

#[derive(Deserialize)]
struct WrongRow {
    category: String,
    predicted: String,
    of_wrong: usize,
    are_alike: bool,
    files: Vec<String>,
}

#[derive(Deserialize)]
struct MapRow {
    file: String,
    category: String,
    predicted: Option<String>,
    x: f64,
    y: f64,
}

/// Runs `program kinds --json RUN` and waits for it.
pub fn find_kinds(program: &Path, run: RunFolder) -> KindsNews {
    let id = run.id();
    let args = ["kinds", "--json", "--", &id].map(OsStr::new);
    let kinds = ask(program, &args, |_| false).and_then(read).map(Arc::new);
    KindsNews { run, kinds }
}

fn read(answer: Answer) -> Result<Kinds, String> {
    let Answer { images, categories, tested, kinds, wrong, explained, map } = answer;
    let missing = |what: &str| format!("what kinds answered names '{what}', which is not there");
    let place = |name: &str| {
        categories.iter().position(|category| category == name).ok_or_else(|| missing(name))
    };
    let at: HashMap<&str, usize> = map.iter().map(|row| &*row.file).zip(0..).collect();
    let places = |files: &[String]| -> Result<Vec<usize>, String> {
        files.iter().map(|file| at.get(&**file).copied().ok_or_else(|| missing(file))).collect()
    };
    let kinds = kinds.iter().map(|row| {
        let Sets { training, validation, test } = row.sets;
        let what = What::Kind {
            number: row.strength.map(|_| row.kind),
            sets: [training, validation, test],
            tested: row.tested,
            wrong: row.wrong,
            is_harder: row.is_harder,
        };
        Ok(Group { category: place(&row.category)?, what, photos: places(&row.files)? })
    });
    let wrong = wrong.iter().map(|row| {
        let what = What::Wrong {
            predicted: place(&row.predicted)?,
            of_wrong: row.of_wrong,
            are_alike: row.are_alike,
        };
        Ok(Group { category: place(&row.category)?, what, photos: places(&row.files)? })
    });
    let groups = kinds.chain(wrong).collect::<Result<Vec<Group>, String>>()?;
    let photos = map
        .iter()
        .map(|row| {
            Ok(Placed {
                file: unshown(&row.file),
                category: place(&row.category)?,
                predicted: row.predicted.as_deref().map(place).transpose()?,
                x: row.x,
                y: row.y,
            })
        })
        .collect::<Result<Vec<Placed>, String>>()?;
    Ok(Kinds { images: unshown(&images), categories, tested, photos, groups, explained })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::other_process::testing::answering;

    #[test]
    fn what_the_command_prints_is_what_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"test "$1 $2" = "kinds --json" || exit 3
cat <<'end'
{"images": "photos", "categories": ["smoke", "fire"], "tested": 1, "folds": 0,
 "kinds": [{"category": "fire", "kind": 2, "photos": 2, "sets": {"training": 1, "validation": 0,
   "test": 1}, "tested": 1, "wrong": 1, "strength": 0.9, "by_chance": 1.0, "is_harder": false,
   "files": ["fire/b.jpg", "fire/a.jpg"]}],
 "wrong": [{"category": "fire", "predicted": "smoke", "photos": 1, "of_wrong": 1,
   "by_chance": null, "are_alike": false, "files": ["fire/a.jpg"]}],
 "explained": [0.2, 0.1], "mapped_by": 2,
 "map": [{"file": "fire/a.jpg", "set": "test", "category": "fire", "kind": 2,
   "predicted": "smoke", "x": 0.5, "y": -1}, {"file": "fire/b.jpg", "set": "training",
   "category": "fire", "kind": 2, "predicted": null, "x": 0, "y": 1}]}
end"#;
        let program = answering(folder.path(), script);
        let found = find_kinds(&program, RunFolder::at("runs/a")).kinds.unwrap();
        let names: Vec<String> = found.groups.iter().map(|group| found.name(group)).collect();
        assert_eq!(names, ["fire 2", "fire as smoke"]);
        assert_eq!(
            (&found.groups[0].photos[..], &found.groups[1].photos[..]),
            (&[1, 0][..], &[0][..])
        );
        assert!(found.photos[0].is_wrong() && !found.photos[1].is_wrong());
    }
}
