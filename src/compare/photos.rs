//! How the photos of two runs differ, by their content.

use std::collections::HashMap;

use crate::spec::Set;
use crate::store::ListedPhoto;
use crate::words::grouped;

/// Photos that are not the same in two runs, each as the run that has it lists it; of the changed
/// ones as the second does. Of photos with equal content the first counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PhotoChanges {
    /// Only the second run has them.
    pub added: Vec<ListedPhoto>,
    /// Only the first has them.
    pub removed: Vec<ListedPhoto>,
    /// In another set, which was this.
    pub moved: Vec<(ListedPhoto, Set)>,
    /// In another category, which was this; some are in another set, too.
    pub relabelled: Vec<(ListedPhoto, String)>,
    /// Photos that both have.
    pub common: usize,
}

impl PhotoChanges {
    /// What differs from the photos of the first run to those of the second.
    pub fn of(first: &[ListedPhoto], second: &[ListedPhoto]) -> PhotoChanges {
        let (before, now) = (by_content(first), by_content(second));
        let mut changes = PhotoChanges::default();
        for photo in in_order(second, &now) {
            let Some(old) = before.get(photo.hash.as_str()) else {
                changes.added.push(photo.clone());
                continue;
            };
            changes.common += 1;
            if old.category != photo.category {
                changes.relabelled.push((photo.clone(), old.category.clone()));
            } else if old.set != photo.set {
                changes.moved.push((photo.clone(), old.set));
            }
        }
        let is_gone = |photo: &&ListedPhoto| !now.contains_key(photo.hash.as_str());
        changes.removed = in_order(first, &before).filter(is_gone).cloned().collect();
        changes
    }

    /// Whether both runs have the same photos in the same sets and categories.
    pub fn is_empty(&self) -> bool {
        let PhotoChanges { added, removed, moved, relabelled, common: _ } = self;
        added.is_empty() && removed.is_empty() && moved.is_empty() && relabelled.is_empty()
    }

    /// In a line: `12 added (10 to training, 2 to test), 3 in another category, 240 unchanged`.
    pub fn in_words(&self) -> String {
        let PhotoChanges { added, removed, moved, relabelled, common } = self;
        let mut parts = Vec::new();
        for (photos, what, way) in [(added, "added", "to"), (removed, "removed", "from")] {
            if !photos.is_empty() {
                parts.push(format!("{} {what} ({})", grouped(photos.len()), sets(photos, way)));
            }
        }
        if !moved.is_empty() {
            parts.push(format!("{} in another set", grouped(moved.len())));
        }
        if !relabelled.is_empty() {
            parts.push(format!("{} in another category", grouped(relabelled.len())));
        }
        parts.push(format!("{} unchanged", grouped(common - moved.len() - relabelled.len())));
        parts.join(", ")
    }
}

/// `10 to training, 2 to test`.
fn sets(photos: &[ListedPhoto], way: &str) -> String {
    let counts = Set::ALL.map(|set| (set, photos.iter().filter(|photo| photo.set == set).count()));
    let parts: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(set, count)| format!("{} {way} {}", grouped(count), set.name()))
        .collect();
    parts.join(", ")
}

fn by_content(photos: &[ListedPhoto]) -> HashMap<&str, &ListedPhoto> {
    let mut found = HashMap::with_capacity(photos.len());
    for photo in photos {
        found.entry(photo.hash.as_str()).or_insert(photo);
    }
    found
}

/// The photos that [`by_content`] kept, in the order of the list.
fn in_order<'a>(
    photos: &'a [ListedPhoto],
    kept: &'a HashMap<&str, &ListedPhoto>,
) -> impl Iterator<Item = &'a ListedPhoto> {
    photos.iter().filter(|photo| std::ptr::eq(kept[photo.hash.as_str()], *photo))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(hash: &str, set: Set, category: &str) -> ListedPhoto {
        let file = format!("{category}/{hash}.jpg").into();
        ListedPhoto { file, set, category: category.into(), hash: hash.into(), fold: None }
    }

    #[test]
    fn photos_differ_by_their_content_whatever_they_are_called() {
        use Set::{Test, Training, Validation};
        let first = [
            photo("a", Training, "fire"),
            photo("b", Training, "fire"),
            photo("c", Test, "fire"),
            photo("c", Test, "fire"),
            photo("d", Test, "smoke"),
            photo("e", Validation, "smoke"),
        ];
        let mut second = [
            photo("a", Training, "fire"),
            photo("c", Training, "fire"),
            photo("d", Training, "fire"),
            photo("f", Test, "fire"),
            photo("f", Test, "fire"),
            photo("g", Training, "smoke"),
            photo("e", Validation, "smoke"),
        ];
        second[0].file = "fire/another name.jpg".into();
        let found = PhotoChanges::of(&first, &second);
        let names = |photos: &[ListedPhoto]| -> Vec<String> {
            photos.iter().map(|photo| photo.hash.clone()).collect()
        };
        assert_eq!(names(&found.added), ["f", "g"]);
        assert_eq!(names(&found.removed), ["b"]);
        assert_eq!((found.moved[0].0.hash.as_str(), found.moved[0].1), ("c", Test));
        assert_eq!((found.relabelled[0].0.hash.as_str(), &*found.relabelled[0].1), ("d", "smoke"));
        assert_eq!(
            found.in_words(),
            "2 added (1 to training, 1 to test), 1 removed (1 from training), 1 in another set, \
             1 in another category, 2 unchanged"
        );
        assert!(PhotoChanges::of(&first, &first).is_empty());
        assert_eq!(PhotoChanges::of(&first, &first).in_words(), "5 unchanged");
    }
}
