//! How many kinds the photos of one category fall into, and which.

use super::Kind;
use crate::insight::{
    best_k_means, by_nearness, holm, more_wrong_by_chance, prediction_strength, tight_by_chance,
};
use crate::likeness::spread;
use crate::random::Rng;

/// Kinds that are sought at most.
pub const MOST_KINDS: usize = 6;
/// So well the kinds must be found again in random halves: the threshold of Tibshirani and Walther, who
/// found 0.8 to 0.9 good.
pub const LEAST_STRENGTH: f64 = 0.8;
/// Photos in which the kinds are sought, evenly taken; the others go to the nearest kind.
pub const MOST_SOUGHT_IN: usize = 1000;
/// Fewer photos are no kind of their own.
const SMALLEST: usize = 5;
/// Of one normal cloud kinds are found no oftener than with this probability.
const LEVEL: f64 = 0.05;
const CUTS: usize = 10;
const CLOUDS: usize = 39;
const STARTS: usize = 10;

/// The photos of a category by kinds.
#[derive(Clone, Debug)]
pub struct Divided {
    /// Places among the category's photos, the largest kind first, each with the one in its middle first.
    pub members: Vec<Vec<usize>>,
    /// How well they are found again; none of one kind.
    pub strength: Option<f64>,
}

/// Of the photos' rows in the directions in which they differ, the most first. `k` kinds are sought in the
/// first `k` directions; the largest `k` is taken whose kinds are found again in random halves
/// ([`LEAST_STRENGTH`]), are tighter than one normal cloud's, and have five photos each. Otherwise all are
/// one kind. The same rows give the same kinds.
pub fn divide(rows: &[Vec<f64>]) -> Divided {
    let all: Vec<usize> = (0..rows.len()).collect();
    let sought_in = spread(&vec![0; rows.len()], MOST_SOUGHT_IN);
    for k in (2..=MOST_KINDS).rev() {
        if sought_in.len() < 2 * k * SMALLEST || rows[0].len() < k {
            continue;
        }
        let first = |at: &usize| rows[*at][..k].to_vec();
        let points: Vec<Vec<f64>> = sought_in.iter().map(first).collect();
        let mut rng = Rng::for_purpose(0, &format!("kinds {k}"));
        let strength = prediction_strength(&points, k, CUTS, &mut rng);
        if strength < LEAST_STRENGTH || tight_by_chance(&points, k, CLOUDS, &mut rng) > LEVEL {
            continue;
        }
        let found = best_k_means(&points, k, STARTS, &mut rng);
        let mut members = vec![Vec::new(); k];
        all.iter().for_each(|at| members[found.nearest(&rows[*at][..k]).0].push(*at));
        if members.iter().any(|kind| kind.len() < SMALLEST) {
            continue;
        }
        members.sort_by_key(|kind| std::cmp::Reverse(kind.len()));
        let members = members.iter().map(|kind| by_nearness(rows, kind)).collect();
        return Divided { members, strength: Some(strength) };
    }
    let members = if all.is_empty() { Vec::new() } else { vec![by_nearness(rows, &all)] };
    Divided { members, strength: None }
}

/// Says of which kinds more photos are wrong than chance gives.
pub fn judge(kinds: &mut [Kind]) {
    let of_category = |kinds: &[Kind], category: usize| {
        let own = kinds.iter().filter(|kind| kind.category == category);
        own.fold((0, 0, 0), |(n, tested, wrong), kind| {
            (n + 1, tested + kind.tested, wrong + kind.wrong)
        })
    };
    let mut judged = Vec::new();
    for at in 0..kinds.len() {
        let (n, tested, wrong) = of_category(kinds, kinds[at].category);
        if n > 1 {
            kinds[at].by_chance =
                more_wrong_by_chance(kinds[at].wrong, kinds[at].tested, tested, wrong);
            judged.push(at);
        }
    }
    let probabilities: Vec<f64> = judged.iter().map(|&at| kinds[at].by_chance).collect();
    for (at, stands) in judged.into_iter().zip(holm(&probabilities, LEVEL)) {
        kinds[at].is_harder = stands;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A normal cloud around a centre.
    fn cloud(n: usize, centre: [f64; 3], rng: &mut Rng) -> Vec<Vec<f64>> {
        (0..n).map(|_| centre.iter().map(|x| x + rng.normal()).collect()).collect()
    }

    #[test]
    fn clouds_that_stand_apart_are_kinds_the_largest_first_and_one_cloud_is_one_kind() {
        let mut rng = Rng::new(3);
        let mut rows = cloud(30, [0.0, 0.0, 0.0], &mut rng);
        rows.extend(cloud(60, [9.0, 0.0, 0.0], &mut rng));
        rows.extend(cloud(45, [0.0, 9.0, 0.0], &mut rng));
        let found = divide(&rows);
        let sizes: Vec<usize> = found.members.iter().map(Vec::len).collect();
        assert_eq!(sizes, [60, 45, 30]);
        assert!(found.members[0].iter().all(|at| (30..90).contains(at)));
        assert!(found.strength.unwrap() > 0.99);
        for seed in 0..20 {
            let one = cloud(80, [0.0, 0.0, 0.0], &mut Rng::new(seed));
            let found = divide(&one);
            assert_eq!((found.members.len(), found.strength), (1, None), "{seed}");
        }
    }

    #[test]
    fn one_cloud_that_is_long_in_one_direction_is_one_kind() {
        // Its halves are found again, wherever it is cut; they are no tighter than chance.
        let stretch = |row: Vec<f64>| vec![row[0] * 6.0, row[1], row[2]];
        let mut several = 0;
        for seed in 0..40 {
            let rows: Vec<Vec<f64>> =
                cloud(80, [0.0; 3], &mut Rng::new(seed)).into_iter().map(stretch).collect();
            several += usize::from(divide(&rows).members.len() > 1);
        }
        assert!(several <= 4, "{several} of 40");
    }

    #[test]
    fn few_photos_are_one_kind_and_none_are_none() {
        assert!(divide(&[]).members.is_empty());
        let rows: Vec<Vec<f64>> = (0..12).map(|n| vec![f64::from(n / 6) * 50.0, 0.0]).collect();
        assert_eq!(divide(&rows).members.len(), 1, "12 photos");
        assert_eq!(divide(&vec![vec![1.0, 2.0]; 50]).members.len(), 1, "all the same");
    }

    #[test]
    fn a_kind_is_harder_where_chance_does_not_give_so_many_wrong() {
        let kind = |category, number, tested, wrong| Kind {
            category,
            number,
            photos: Vec::new(),
            sets: [0; 3],
            tested,
            wrong,
            strength: None,
            by_chance: 1.0,
            is_harder: false,
        };
        let mut kinds = [kind(0, 0, 60, 2), kind(0, 1, 20, 9), kind(1, 0, 30, 20)];
        judge(&mut kinds);
        assert_eq!(kinds.each_ref().map(|kind| kind.is_harder), [false, true, false]);
        assert!(kinds[1].by_chance < 0.001 && kinds[2].by_chance == 1.0);
    }
}
