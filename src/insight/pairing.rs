//! Two runs photo by photo: which photos both tested, and what became of each.

use std::collections::HashMap;

use super::comparison::Comparison;

/// A photo that a run tested.
#[derive(Clone, Copy, Debug)]
pub struct Tested<'a> {
    /// Equal for equal photos, whatever they are called.
    pub content: &'a str,
    /// The name of its true category.
    pub truth: &'a str,
    /// Whether the run predicted that.
    pub is_right: bool,
    /// The score of the true category.
    pub true_score: f64,
}

/// What the second of two runs made of a photo that the first had tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The first was wrong, the second is right.
    Fixed,
    /// The first was right, the second is wrong.
    Broken,
    /// Neither is right.
    BothWrong,
    /// Both are right.
    BothRight,
}

impl Outcome {
    /// In the order in which they are of interest.
    pub const ALL: [Outcome; 4] =
        [Outcome::Fixed, Outcome::Broken, Outcome::BothWrong, Outcome::BothRight];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Fixed => "fixed",
            Outcome::Broken => "broken",
            Outcome::BothWrong => "both wrong",
            Outcome::BothRight => "both right",
        }
    }
}

/// A photo that both runs tested.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Its place among the photos of the first run.
    pub first: usize,
    /// And among those of the second.
    pub second: usize,
    /// What became of it.
    pub outcome: Outcome,
    /// The score of its true category in the second run less that in the first.
    pub change: f64,
}

/// The photos that both runs tested.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairs {
    /// In the order of the second run; photos with equal content once.
    pub pairs: Vec<Pair>,
    /// Photos that only the first tested.
    pub only_first: usize,
    /// Photos that only the second tested.
    pub only_second: usize,
    /// Photos that both tested, but not as the same category: no comparison of the two is in them.
    pub relabelled: usize,
}

impl Pairs {
    /// How often each happened.
    pub fn comparison(&self) -> Comparison {
        Comparison::of(self.pairs.iter().map(|pair| match pair.outcome {
            Outcome::Fixed => (false, true),
            Outcome::Broken => (true, false),
            Outcome::BothWrong => (false, false),
            Outcome::BothRight => (true, true),
        }))
    }

    /// Photos of this outcome, those whose true score changed most first.
    pub fn of(&self, outcome: Outcome) -> Vec<Pair> {
        let mut found: Vec<Pair> =
            self.pairs.iter().filter(|pair| pair.outcome == outcome).copied().collect();
        found.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
        found
    }
}

/// Finds the photos that both runs tested. Of photos with equal content in one run the first counts.
pub fn pair(first: &[Tested], second: &[Tested]) -> Pairs {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(first.len());
    for (place, photo) in first.iter().enumerate() {
        places.entry(photo.content).or_insert(place);
    }
    let mut found = Pairs { only_first: places.len(), ..Pairs::default() };
    let mut seen: HashMap<&str, ()> = HashMap::with_capacity(second.len());
    for (place, photo) in second.iter().enumerate() {
        if seen.insert(photo.content, ()).is_some() {
            continue;
        }
        let Some(&before) = places.get(photo.content) else {
            found.only_second += 1;
            continue;
        };
        found.only_first -= 1;
        let earlier = &first[before];
        if earlier.truth != photo.truth {
            found.relabelled += 1;
            continue;
        }
        found.pairs.push(Pair {
            first: before,
            second: place,
            outcome: match (earlier.is_right, photo.is_right) {
                (false, true) => Outcome::Fixed,
                (true, false) => Outcome::Broken,
                (false, false) => Outcome::BothWrong,
                (true, true) => Outcome::BothRight,
            },
            change: photo.true_score - earlier.true_score,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tested<'a>(content: &'a str, truth: &'a str, true_score: f64) -> Tested<'a> {
        Tested { content, truth, is_right: true_score > 0.5, true_score }
    }

    #[test]
    fn photos_are_paired_by_content_once_each() {
        let first = [
            tested("a", "fire", 0.9),
            tested("b", "fire", 0.2),
            tested("b", "fire", 0.8),
            tested("c", "misc", 0.1),
            tested("d", "misc", 0.7),
            tested("e", "misc", 0.7),
        ];
        let second = [
            tested("c", "misc", 0.3),
            tested("b", "fire", 0.6),
            tested("a", "fire", 0.4),
            tested("f", "fire", 0.4),
            tested("e", "smoke", 0.4),
            tested("a", "fire", 0.99),
        ];
        let found = pair(&first, &second);
        assert_eq!((found.only_first, found.only_second, found.relabelled), (1, 1, 1));
        let outcomes: Vec<(usize, usize, Outcome)> =
            found.pairs.iter().map(|pair| (pair.first, pair.second, pair.outcome)).collect();
        assert_eq!(
            outcomes,
            [(3, 0, Outcome::BothWrong), (1, 1, Outcome::Fixed), (0, 2, Outcome::Broken)]
        );
        let counts = found.comparison();
        assert_eq!((counts.only_second_right, counts.only_first_right), (1, 1));
        assert_eq!((counts.both_wrong, counts.both_right), (1, 0));
        assert!((found.of(Outcome::Broken)[0].change + 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_largest_change_comes_first() {
        let contents = ["a", "b", "c"];
        let first: Vec<Tested> = contents.iter().map(|name| tested(name, "x", 0.4)).collect();
        let second: Vec<Tested> = contents
            .iter()
            .zip([0.6, 0.9, 0.7])
            .map(|(name, score)| tested(name, "x", score))
            .collect();
        let order: Vec<usize> =
            pair(&first, &second).of(Outcome::Fixed).iter().map(|pair| pair.second).collect();
        assert_eq!(order, [1, 2, 0]);
    }
}
