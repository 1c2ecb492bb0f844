//! Wrong photos, grouped by what they are and what they were taken for.

use std::collections::BTreeMap;

use super::Placed;
use crate::insight::{alike_by_chance, by_nearness, holm};
use crate::likeness::spread;
use crate::random::Rng;

/// A smaller group says nothing.
const SMALLEST: usize = 3;
/// Photos of a group that are compared, evenly taken: more tell no more.
const MOST: usize = 200;
const DRAWS: usize = 9_999;
/// All groups together are called alike by mistake no oftener than with this probability.
const LEVEL: f64 = 0.05;

/// Photos of one category that were taken for another.
#[derive(Clone, Debug, PartialEq)]
pub struct WrongGroup {
    /// What they are.
    pub truth: usize,
    /// What they were taken for.
    pub predicted: usize,
    /// Places of the photos, that in the middle first.
    pub photos: Vec<usize>,
    /// Wrong photos of the category.
    pub of_wrong: usize,
    /// The probability that as many tested photos of the category, drawn at random, are as alike; none
    /// of fewer than three.
    pub by_chance: Option<f64>,
    /// They are more alike than chance gives, with all groups looked at.
    pub are_alike: bool,
}

/// `places` of the photos in their space.
pub fn groups(photos: &[Placed], places: &[Vec<f64>]) -> Vec<WrongGroup> {
    let directions: Vec<Vec<f64>> = places.iter().map(|place| direction(place)).collect();
    let mut members: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (at, photo) in photos.iter().enumerate() {
        if let (true, Some(predicted)) = (photo.is_wrong(), photo.predicted) {
            members.entry((photo.category, predicted)).or_default().push(at);
        }
    }
    let tested = |category: usize| -> Vec<usize> {
        let is = |photo: &Placed| photo.category == category && photo.predicted.is_some();
        (0..photos.len()).filter(|&at| is(&photos[at])).collect()
    };
    let mut groups: Vec<WrongGroup> = members
        .iter()
        .map(|(&(truth, predicted), own)| WrongGroup {
            truth,
            predicted,
            photos: by_nearness(&directions, own),
            of_wrong: photos.iter().filter(|it| it.category == truth && it.is_wrong()).count(),
            by_chance: (own.len() >= SMALLEST).then(|| {
                let compared: Vec<usize> =
                    spread(&vec![0; own.len()], MOST).into_iter().map(|at| own[at]).collect();
                let mut rng = Rng::for_purpose(0, &format!("wrong {truth} {predicted}"));
                alike_by_chance(&directions, &compared, &tested(truth), DRAWS, &mut rng)
            }),
            are_alike: false,
        })
        .collect();
    let judged: Vec<usize> =
        (0..groups.len()).filter(|&at| groups[at].by_chance.is_some()).collect();
    let probabilities: Vec<f64> = judged.iter().filter_map(|&at| groups[at].by_chance).collect();
    for (at, stands) in judged.into_iter().zip(holm(&probabilities, LEVEL)) {
        groups[at].are_alike = stands;
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.photos.len()));
    groups
}

/// Of length 1; of a photo in the middle of all zeros.
fn direction(place: &[f64]) -> Vec<f64> {
    let length = place.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    place.iter().map(|x| x / length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Set;

    fn photo(n: usize, predicted: Option<usize>) -> Placed {
        Placed {
            file: format!("{n}.jpg").into(),
            set: Set::Test,
            category: 0,
            kind: 0,
            predicted,
            place: [0.0; 2],
        }
    }

    #[test]
    fn wrong_photos_of_one_corner_are_alike_and_scattered_ones_are_not() {
        let mut rng = Rng::new(7);
        let mut photos = Vec::new();
        let mut places: Vec<Vec<f64>> = Vec::new();
        for n in 0..120 {
            // The first 6 were taken for 1 and lie together; 6 anywhere were taken for 2.
            let predicted = [1, 2, 0][(n / 6).min(2)];
            let predicted = (n < 100).then_some(predicted);
            let lift = if n < 6 { 3.0 } else { 0.0 };
            photos.push(photo(n, predicted));
            places.push((0..8).map(|at| rng.normal() + if at == 0 { lift } else { 0.0 }).collect());
        }
        photos[12].predicted = Some(3);
        let found = groups(&photos, &places);
        let told: Vec<(usize, usize, bool)> =
            found.iter().map(|it| (it.predicted, it.photos.len(), it.are_alike)).collect();
        assert_eq!(told, [(1, 6, true), (2, 6, false), (3, 1, false)]);
        assert!(found.iter().all(|group| group.of_wrong == 13 && group.truth == 0));
        assert_eq!(found[2].by_chance, None);
        assert_eq!(found, groups(&photos, &places), "the same photos give the same groups");
    }
}
