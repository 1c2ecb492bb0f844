//! What a run tested: the photos of its test set with their content and scores.

use std::collections::HashMap;

use super::folder::RunFolder;
use super::names::shown;
use super::scores::{ImageScore, read_scores};
use crate::config::read_plain;
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
}

/// Reads `scores.csv` and `photos.csv`. The error is a sentence that says why a run has nothing to
/// compare.
pub fn tested_photos(run: &RunFolder) -> Result<TestedPhotos, String> {
    let id = run.id();
    if !run.scores().exists() {
        return Err(format!("{id} has no scores: they are written at its end"));
    }
    let (categories, rows) = read_scores(&run.scores()).map_err(|err| err.to_string())?;
    let hashes = hashes(run)?;
    let mut tested = TestedPhotos { categories, ..TestedPhotos::default() };
    for photo in rows.into_iter().filter(|row| row.set == Set::Test) {
        let name = shown(&photo.file);
        let hash = hashes.get(&name).ok_or_else(|| {
            format!("{id}: {name} is in its scores.csv and not in its photos.csv")
        })?;
        tested.hashes.push(hash.clone());
        tested.photos.push(photo);
    }
    match tested.photos.is_empty() {
        true => Err(format!("{id} tested no photos: its test set is empty")),
        false => Ok(tested),
    }
}

/// By file, as `photos.csv` names it.
fn hashes(run: &RunFolder) -> Result<HashMap<String, String>, String> {
    let path = run.photos();
    let text = read_plain(&path).map_err(|err| format!("cannot read {}: {err}", path.display()))?;
    let mut csv = csv::Reader::from_reader(&text[..]);
    let mut hashes = HashMap::new();
    for record in csv.records() {
        let record = record.map_err(|err| format!("cannot read {}: {err}", path.display()))?;
        if let (Some(file), Some(hash)) = (record.get(0), record.get(3)) {
            hashes.insert(file.to_owned(), hash.to_owned());
        }
    }
    Ok(hashes)
}
