//! What a person decided about single photos, over what the folders say.

use std::collections::{HashMap, HashSet};

use super::{Dataset, DatasetError, LeftOut};
use crate::store::{Corrections, Verdict, shown};
use crate::words::counted;

impl Dataset {
    /// Puts photos under the categories that a person decided on, and takes out those that are not to
    /// be used. Sets stay as they are, so check them again.
    ///
    /// Errors where a decision names a category that there is not.
    pub(super) fn correct(&mut self, corrections: &Corrections) -> Result<(), DatasetError> {
        // Of two decisions about one photo the later one counts.
        let (mut by_hash, mut by_file) = (HashMap::new(), HashMap::new());
        for decision in corrections.decisions() {
            match &decision.hash {
                Some(hash) => by_hash.insert(*hash, decision),
                None => by_file.insert(decision.file.clone(), decision),
            };
        }
        if by_hash.is_empty() && by_file.is_empty() {
            return Ok(());
        }
        let mut used: HashSet<u64> = HashSet::new();
        let mut kept = Vec::with_capacity(self.photos.len());
        for mut photo in std::mem::take(&mut self.photos) {
            let found = by_hash.get(&photo.hash).or_else(|| by_file.get(&photo.path));
            let Some(&decision) = found else {
                kept.push(photo);
                continue;
            };
            used.insert(decision.line);
            match &decision.verdict {
                Verdict::Category(label) => {
                    let category = corrections.place_of(decision, label, &self.categories)?;
                    self.relabelled += usize::from(category != photo.category);
                    photo.category = category;
                    kept.push(photo);
                }
                verdict => {
                    let (path, verdict) = (photo.path, verdict.clone());
                    self.left_out.push(LeftOut { path, verdict });
                }
            }
        }
        self.photos = kept;
        let all = by_hash.values().chain(by_file.values());
        let strangers = all.filter(|decision| !used.contains(&decision.line));
        match strangers.count() {
            0 => {}
            strangers => self.warnings.push(format!(
                "{}: {} of photos that are not there (any more)",
                shown(corrections.path()),
                counted(strangers, "row")
            )),
        }
        Ok(())
    }
}
