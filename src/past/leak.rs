//! What a run's test accuracy is without photos whose near copy a head had learned from.

use std::collections::{HashMap, HashSet};

use crate::insight::Scored;
use crate::spec::Set;
use crate::store::{ListedPhoto, RunFolder, TestedPhotos, tested_photos};

/// A test accuracy with and without photos that have a near copy among the training photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leak {
    /// All test photos.
    pub all: Share,
    /// Those without a near copy that their head was trained on.
    pub without: Share,
}

/// So many of so many photos, right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Photos whose highest score is the true category's.
    pub right: usize,
    /// All of them.
    pub photos: usize,
}

impl Share {
    /// 0 to 1; 0 without photos.
    pub fn accuracy(self) -> f64 {
        self.right as f64 / self.photos.max(1) as f64
    }

    fn add(&mut self, is_right: bool) {
        self.photos += 1;
        self.right += usize::from(is_right);
    }
}

impl Leak {
    /// Reads what the run tested; `copies` are pairs of near copies, each photo by its content.
    ///
    /// The error is a sentence that says why the run has no test accuracy.
    pub fn of(run: &RunFolder, copies: &[[blake3::Hash; 2]]) -> Result<Leak, String> {
        Ok(Leak::among(&tested_photos(run)?, copies))
    }

    fn among(tested: &TestedPhotos, copies: &[[blake3::Hash; 2]]) -> Leak {
        let listed: HashMap<&str, &ListedPhoto> =
            tested.listed.iter().map(|photo| (&*photo.hash, photo)).collect();
        let mut leaked: HashSet<&str> = HashSet::new();
        for pair in copies {
            let [a, b] = pair.map(|photo| listed.get(photo.to_hex().as_str()).copied());
            let (Some(a), Some(b)) = (a, b) else { continue };
            for (tested, other) in [(a, b), (b, a)] {
                if was_learned_from(other, tested) {
                    leaked.insert(&tested.hash);
                }
            }
        }
        let mut leak = Leak { all: Share::default(), without: Share::default() };
        for (photo, hash) in tested.photos.iter().zip(&tested.hashes) {
            let scored = Scored { truth: photo.category, scores: &photo.scores };
            let is_right = scored.is_correct();
            leak.all.add(is_right);
            if !leaked.contains(hash.as_str()) {
                leak.without.add(is_right);
            }
        }
        leak
    }
}

/// Whether the head that was tested on one photo had learned from the other. With folds that is any
/// photo of another fold: which of them only watched is not listed.
fn was_learned_from(other: &ListedPhoto, tested: &ListedPhoto) -> bool {
    match (tested.fold, other.fold) {
        (Some(fold), Some(of_other)) => fold != of_other,
        _ => tested.set == Set::Test && other.set == Set::Training,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ImageScore;

    fn hash(n: u8) -> blake3::Hash {
        blake3::hash(&[n])
    }

    /// Photos 0, 1, ... in these sets and folds; the test photos with an even number are right.
    fn tested(photos: &[(Set, Option<usize>)]) -> TestedPhotos {
        let mut tested = TestedPhotos::default();
        for (n, &(set, fold)) in photos.iter().enumerate() {
            let (file, hash) = (format!("{n}.jpg").into(), hash(n as u8).to_hex().to_string());
            if set == Set::Test {
                let scores = if n % 2 == 0 { vec![0.9, 0.1] } else { vec![0.1, 0.9] };
                tested.photos.push(ImageScore {
                    file: format!("{n}.jpg").into(),
                    set,
                    category: 0,
                    scores,
                });
                tested.hashes.push(hash.clone());
            }
            tested.listed.push(ListedPhoto { file, set, category: "a".into(), hash, fold });
        }
        tested
    }

    fn leak(tested: &TestedPhotos, copies: &[[u8; 2]]) -> (Share, Share) {
        let copies: Vec<_> = copies.iter().map(|pair| pair.map(hash)).collect();
        let Leak { all, without } = Leak::among(tested, &copies);
        (all, without)
    }

    #[test]
    fn test_photos_with_a_near_copy_among_the_training_photos_are_left_out() {
        let sets = [Set::Test, Set::Test, Set::Test, Set::Training, Set::Validation];
        let tested = tested(&sets.map(|set| (set, None)));
        let all = Share { right: 2, photos: 3 };
        let cases: [(&[[u8; 2]], Share); 4] = [
            (&[[0, 3]], Share { right: 1, photos: 2 }),
            (&[[3, 1], [3, 1], [0, 99]], Share { right: 2, photos: 2 }),
            (&[[0, 4], [0, 1], [3, 4]], all),
            (&[], all),
        ];
        for (copies, without) in cases {
            assert_eq!(leak(&tested, copies), (all, without), "{copies:?}");
        }
    }

    #[test]
    fn with_folds_a_near_copy_in_another_fold_was_learned_from() {
        let tested = tested(&[1, 1, 2, 2].map(|fold| (Set::Test, Some(fold))));
        let all = Share { right: 2, photos: 4 };
        assert_eq!(leak(&tested, &[[0, 1], [2, 3]]), (all, all));
        assert_eq!(leak(&tested, &[[1, 2]]), (all, Share { right: 1, photos: 2 }));
    }
}
