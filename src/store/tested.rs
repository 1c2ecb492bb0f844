//! What a run tested: the photos of its test set with their content and scores.

use std::collections::HashMap;
use std::path::Path;

use super::folder::RunFolder;
use super::names::shown;
use super::photos::{ListedPhoto, read_photos};
use super::scores::ImageScore;
use super::scores_file::read_scores;
use crate::spec::Set;

/// The photos of a run's test set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestedPhotos {
    /// The categories of its head.
    pub categories: Vec<String>,
    /// Each with its scores, in the order of `scores.csv`.
    pub photos: Vec<ImageScore>,
    /// BLAKE3 of each photo, in hexadecimal.
    pub hashes: Vec<String>,
    /// The photos of all its sets.
    pub listed: Vec<ListedPhoto>,
}

/// Reads `scores.csv` and `photos.csv`. The error is a sentence that says why a run has nothing to
/// compare.
pub fn tested_photos(run: &RunFolder) -> Result<TestedPhotos, String> {
    let id = run.id();
    if !run.scores().exists() {
        return Err(format!("{id} has no scores: they are written at its end"));
    }
    let (categories, rows) = read_scores(&run.scores()).map_err(|err| err.to_string())?;
    let listed = read_photos(run)?;
    let hashes: HashMap<&Path, &String> =
        listed.iter().map(|photo| (photo.file.as_path(), &photo.hash)).collect();
    let mut tested = TestedPhotos { categories, ..TestedPhotos::default() };
    for photo in rows.into_iter().filter(|row| row.set == Set::Test) {
        let hash = hashes.get(photo.file.as_path()).ok_or_else(|| {
            let name = shown(&photo.file);
            format!("{id}: {name} is in its scores.csv and not in its photos.csv")
        })?;
        tested.hashes.push((*hash).clone());
        tested.photos.push(photo);
    }
    tested.listed = listed;
    match tested.photos.is_empty() {
        true => Err(format!("{id} tested no photos: its test set is empty")),
        false => Ok(tested),
    }
}
