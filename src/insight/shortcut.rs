//! How well something that is not the picture tells the categories apart: a small head of its own, by
//! cross-validation.

use super::clopper_pearson;
use crate::matrix::Square;

/// Parts that are tested in turn, each by what is learned from the others.
const PARTS: usize = 10;
/// Numbers are cut into so many ranges of as many photos each, and so many of the most frequent kinds
/// are told apart.
const RANGES: usize = 8;
/// The penalty of the squared weights, as against one for each photo's error.
const PENALTY: f64 = 1.0;
/// Smallest chance, for each category, of a bound that fails.
const TAIL: f64 = 0.005;
/// How far beyond chance a category must be told for sure.
const SURE: f64 = 0.25;

/// One thing that is known of all photos.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// A measure, like the width.
    Numbers(Vec<f64>),
    /// A name, like that of a camera.
    Kinds(Vec<String>),
}

/// How well the categories were told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// For each category its photos, and those that were told right.
    pub right: Vec<(usize, usize)>,
    /// For each category the photos of all others, and those that were taken for it.
    pub taken: Vec<(usize, usize)>,
}

impl Told {
    /// The share that was told right, as a mean of the categories, which count alike.
    pub fn accuracy(&self) -> f64 {
        let shares = self.right.iter().map(|&(photos, right)| share(photos, right));
        shares.sum::<f64>() / self.right.len() as f64
    }

    /// What guessing comes to.
    pub fn by_chance(&self) -> f64 {
        1.0 / self.right.len() as f64
    }

    /// How far from chance, 0, to all right, 1.
    pub fn beyond_chance(&self) -> f64 {
        (self.accuracy() - self.by_chance()) / (1.0 - self.by_chance())
    }

    /// Of a category: the share that is found less the share of the others that is taken for it
    /// (Youden 1950): 0 by chance.
    pub fn youden(&self, category: usize) -> f64 {
        let [right, taken] = [self.right[category], self.taken[category]];
        share(right.0, right.1) - share(taken.0, taken.1)
    }

    /// The category that is told best.
    pub fn best(&self) -> usize {
        let all = 0..self.right.len();
        all.max_by(|&a, &b| self.youden(a).total_cmp(&self.youden(b))).unwrap_or(0)
    }

    /// Whether all categories together are told as far as `all`, or one of them as far as `one`, and
    /// whether that is more than luck.
    pub fn gives_away(&self, all: f64, one: f64) -> bool {
        let best = self.best();
        let [(of, right), (others, taken)] = [self.right[best], self.taken[best]];
        let least =
            clopper_pearson(right, of, TAIL) + clopper_pearson(others - taken, others, TAIL);
        self.beyond_chance() >= all && self.is_beyond_luck()
            || self.youden(best) >= one && least - 1.0 >= SURE
    }

    /// Whether three standard errors of the accuracy lie above chance.
    fn is_beyond_luck(&self) -> bool {
        let variance: f64 = self
            .right
            .iter()
            .map(|&(photos, right)| {
                let share = share(photos, right);
                share * (1.0 - share) / photos.max(1) as f64
            })
            .sum();
        let error = variance.sqrt() / self.right.len() as f64;
        self.accuracy() - 3.0 * error > self.by_chance()
    }
}

fn share(photos: usize, right: usize) -> f64 {
    right as f64 / photos.max(1) as f64
}

/// Tells the category of each photo by these columns alone. Labels are places among `categories`;
/// each has ten photos or more.
///
/// Ranges and kinds become indicators, ridge regression on these predicts an indicator of each
/// category, and the largest one wins; categories weigh alike. Nothing is tested by what it was learned from:
/// of each category every tenth photo in turn is left out.
pub fn told_by(columns: &[Column], labels: &[usize], categories: usize) -> Told {
    let (indicators, width) = indicators(columns, labels.len());
    let mut sizes = vec![0; categories];
    let parts: Vec<usize> = labels
        .iter()
        .map(|&label| {
            sizes[label] += 1;
            (sizes[label] - 1) % PARTS
        })
        .collect();
    let weight = |label: usize| labels.len() as f64 / (categories * sizes[label]) as f64;
    let mut of_parts: Vec<Sums> = (0..PARTS).map(|_| Sums::zeros(width, categories)).collect();
    for ((on, &label), &part) in indicators.iter().zip(labels).zip(&parts) {
        of_parts[part].add(on, label, weight(label));
    }
    let mut told = Told {
        right: sizes.iter().map(|&size| (size, 0)).collect(),
        taken: sizes.iter().map(|&size| (labels.len() - size, 0)).collect(),
    };
    for part in 0..PARTS {
        let mut others = Sums::zeros(width, categories);
        of_parts
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != part)
            .for_each(|(_, sums)| others.join(sums));
        let weights = others.solve();
        for ((on, &label), _) in
            indicators.iter().zip(labels).zip(&parts).filter(|(_, of)| **of == part)
        {
            let predicted = weights.predict(on);
            if predicted == label {
                told.right[label].1 += 1;
            } else {
                told.taken[predicted].1 += 1;
            }
        }
    }
    told
}

/// For each photo the places of the indicators that are on, the last one in all; and how many there
/// are.
fn indicators(columns: &[Column], photos: usize) -> (Vec<Vec<usize>>, usize) {
    let mut on = vec![Vec::with_capacity(columns.len() + 1); photos];
    let mut width = 0;
    for column in columns {
        let places = match column {
            Column::Numbers(numbers) => ranges(numbers),
            Column::Kinds(kinds) => most_frequent(kinds),
        };
        for (on, place) in on.iter_mut().zip(&places) {
            on.extend(place.map(|place| width + place));
        }
        width += places.iter().flatten().max().map_or(0, |last| last + 1);
    }
    on.iter_mut().for_each(|on| on.push(width));
    (on, width + 1)
}

/// The range in which each number lies; those that are equal lie in one.
fn ranges(numbers: &[f64]) -> Vec<Option<usize>> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut edges: Vec<f64> =
        (1..RANGES).map(|range| sorted[range * sorted.len() / RANGES]).collect();
    edges.dedup();
    numbers.iter().map(|number| Some(edges.partition_point(|edge| edge <= number))).collect()
}

/// The place of each kind among the most frequent ones; none for others.
fn most_frequent(kinds: &[String]) -> Vec<Option<usize>> {
    let mut counts = std::collections::BTreeMap::new();
    kinds.iter().for_each(|kind| *counts.entry(kind).or_insert(0) += 1);
    let mut by_count: Vec<(&String, usize)> = counts.into_iter().collect();
    by_count.sort_by_key(|&(_, count)| std::cmp::Reverse(count)); // then by name, as they were
    by_count.truncate(RANGES);
    kinds.iter().map(|kind| by_count.iter().position(|(known, _)| *known == kind)).collect()
}

/// What ridge regression knows of photos: the sums over pairs of indicators, and with categories.
struct Sums {
    pairs: Square,
    /// `[indicators][categories]`
    with_categories: Vec<Vec<f64>>,
}

impl Sums {
    fn zeros(width: usize, categories: usize) -> Sums {
        Sums { pairs: Square::zeros(width), with_categories: vec![vec![0.0; categories]; width] }
    }

    fn add(&mut self, on: &[usize], label: usize, weight: f64) {
        for &a in on {
            for &b in on {
                self.pairs.set(a, b, self.pairs.at(a, b) + weight);
            }
            self.with_categories[a][label] += weight;
        }
    }

    fn join(&mut self, other: &Sums) {
        self.pairs
            .numbers
            .iter_mut()
            .zip(&other.pairs.numbers)
            .for_each(|(sum, more)| *sum += more);
        let rows = self.with_categories.iter_mut().flatten();
        rows.zip(other.with_categories.iter().flatten()).for_each(|(sum, more)| *sum += more);
    }

    /// The weights of the least error; all but the last indicator, which is on in all, are penalised.
    fn solve(mut self) -> Weights {
        let width = self.pairs.n;
        for place in 0..width - 1 {
            self.pairs.set(place, place, self.pairs.at(place, place) + PENALTY);
        }
        let inverse = self.pairs.inverse_of_cholesky();
        let categories = self.with_categories[0].len();
        let mut weights = vec![vec![0.0; categories]; width];
        for category in 0..categories {
            let halfway: Vec<f64> = (0..width)
                .map(|i| {
                    (0..=i).map(|j| inverse.at(i, j) * self.with_categories[j][category]).sum()
                })
                .collect();
            for (j, weights) in weights.iter_mut().enumerate() {
                weights[category] = (j..width).map(|i| inverse.at(i, j) * halfway[i]).sum();
            }
        }
        Weights(weights)
    }
}

/// `[indicators][categories]`
struct Weights(Vec<Vec<f64>>);

impl Weights {
    fn predict(&self, on: &[usize]) -> usize {
        let score =
            |category: usize| -> f64 { on.iter().map(|&place| self.0[place][category]).sum() };
        let categories = 0..self.0[0].len();
        categories.max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    #[test]
    fn what_is_bound_to_one_category_is_found_and_what_is_bound_to_none_is_not() {
        let labels: Vec<usize> = (0..120).map(|photo| photo % 3).collect();
        let bound = |label: usize| if label == 1 { "scanner" } else { "camera" }.to_owned();
        let kinds = Column::Kinds(labels.iter().map(|&label| bound(label)).collect());
        let mut rng = Rng::new(7);
        let noise = Column::Numbers(labels.iter().map(|_| rng.normal()).collect());
        let told = told_by(&[noise.clone(), kinds], &labels, 3);
        assert_eq!((told.best(), told.right[1], told.taken[1].1), (1, (40, 40), 0));
        assert!(told.gives_away(0.9, 0.9));
        assert!(!told_by(&[noise], &labels, 3).gives_away(0.2, 0.5));
        let constant = Column::Numbers(vec![1.0; 120]);
        let told = told_by(&[constant], &labels, 3);
        assert_eq!(told.beyond_chance(), 0.0);
        assert!(!told.gives_away(0.0, 0.0), "chance is not more than luck");
    }

    #[test]
    fn few_photos_prove_nothing() {
        let labels: Vec<usize> = (0..20).map(|photo| photo % 2).collect();
        let half_bound = |(photo, &label): (usize, &usize)| {
            if photo < 12 { label.to_string() } else { "none".to_owned() }
        };
        let kinds = Column::Kinds(labels.iter().enumerate().map(half_bound).collect());
        let told = told_by(&[kinds], &labels, 2);
        assert!(told.youden(told.best()) >= 0.5 && !told.gives_away(0.99, 0.5), "{told:?}");
    }
}
