//! What chance alone gives: of a part that has many wrong, and of photos that are alike.

use crate::random::Rng;

/// Of `all` photos, `wrong` are wrong; in a part of `part` of them `wrong_in_part` are. The probability
/// that a part of this size, drawn at random, has so many or more: Fisher's exact test, one-sided.
///
/// ```
/// let p = retrain::insight::more_wrong_by_chance(3, 3, 6, 3);
/// assert!((p - 1.0 / 20.0).abs() < 1e-12);
/// ```
pub fn more_wrong_by_chance(wrong_in_part: usize, part: usize, all: usize, wrong: usize) -> f64 {
    let mut ln_factorials = vec![0.0; all + 1];
    (1..=all).for_each(|n| ln_factorials[n] = ln_factorials[n - 1] + (n as f64).ln());
    let ln_choose = |n: usize, k: usize| ln_factorials[n] - ln_factorials[k] - ln_factorials[n - k];
    let fewest = (wrong + part).saturating_sub(all);
    let from = wrong_in_part.max(fewest);
    let of = |x: usize| {
        (ln_choose(wrong, x) + ln_choose(all - wrong, part - x) - ln_choose(all, part)).exp()
    };
    (from..=wrong.min(part)).map(of).sum::<f64>().min(1.0)
}

/// How alike members of a group are: the mean cosine of the angle between two of them. `directions` are
/// rows of length 1 of all; a group of fewer than two is 0.
pub fn mean_cosine(directions: &[Vec<f64>], members: &[usize]) -> f64 {
    let n = members.len() as f64;
    if members.len() < 2 {
        return 0.0;
    }
    let mut sum = vec![0.0; directions[members[0]].len()];
    for &at in members {
        sum.iter_mut().zip(&directions[at]).for_each(|(sum, x)| *sum += x);
    }
    let squared: f64 = sum.iter().map(|x| x * x).sum();
    (squared - n) / (n * (n - 1.0))
}

/// The probability that as many photos, drawn at random from `pool`, are as alike as `members`, which are
/// among them: a permutation test with `draws` draws, in which the group itself counts as one (Phipson and
/// Smyth 2010).
pub fn alike_by_chance(
    directions: &[Vec<f64>],
    members: &[usize],
    pool: &[usize],
    draws: usize,
    rng: &mut Rng,
) -> f64 {
    /// Sums that differ by less are the same, added in another order.
    const SLACK: f64 = 1e-12;
    let seen = mean_cosine(directions, members);
    let mut pool = pool.to_vec();
    let mut as_alike = 0;
    for _ in 0..draws {
        for place in 0..members.len() {
            let other = place + rng.below(pool.len() - place);
            pool.swap(place, other);
        }
        let drawn = mean_cosine(directions, &pool[..members.len()]);
        as_alike += usize::from(drawn >= seen - SLACK);
    }
    (as_alike + 1) as f64 / (draws + 1) as f64
}

/// Which of these probabilities stand, when all of them together shall be wrong with a probability of at
/// most `level` (Holm 1979).
///
/// ```
/// let stand = retrain::insight::holm(&[0.02, 0.5, 0.01], 0.05);
/// assert_eq!(stand, [true, false, true]);
/// ```
pub fn holm(probabilities: &[f64], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let mut stand = vec![false; probabilities.len()];
    for (place, &at) in order.iter().enumerate() {
        if probabilities[at] > level / (probabilities.len() - place) as f64 {
            break;
        }
        stand[at] = true;
    }
    stand
}

#[cfg(test)]
mod tests {
    use super::super::kinds_golden::golden;
    use super::*;

    #[test]
    fn the_chance_of_so_many_wrong_is_fishers() {
        for case in golden("wrong") {
            let of: [usize; 4] = serde_json::from_value(case["of"].clone()).unwrap();
            let p = more_wrong_by_chance(of[0], of[1], of[2], of[3]);
            assert!((p - case["p"].as_f64().unwrap()).abs() < 1e-10, "{case}: {p}");
        }
    }

    #[test]
    fn the_chance_to_be_alike_is_that_over_all_subsets() {
        for case in golden("alike") {
            let rows: Vec<Vec<f64>> = serde_json::from_value(case["rows"].clone()).unwrap();
            let members: Vec<usize> = (0..case["size"].as_u64().unwrap() as usize).collect();
            let seen = mean_cosine(&rows, &members);
            assert!((seen - case["mean_cosine"].as_f64().unwrap()).abs() < 1e-9);
            let pool: Vec<usize> = (0..rows.len()).collect();
            let p = alike_by_chance(&rows, &members, &pool, 40_000, &mut Rng::new(1));
            // Four deviations of 40,000 draws, and what the exact order of draws adds.
            let expected = case["p"].as_f64().unwrap();
            let reach = 4.0 * (expected * (1.0 - expected) / 40_000.0).sqrt() + 1e-4;
            assert!((p - expected).abs() < reach, "{p}, expected {expected}");
        }
    }

    #[test]
    fn what_stands_of_many_is_what_chance_alone_would_not_give() {
        assert_eq!(holm(&[], 0.05), [] as [bool; 0]);
        assert_eq!(holm(&[0.03, 0.04, 0.02], 0.05), [false; 3], "0.02 is not below 0.05 / 3");
        assert_eq!(holm(&[0.03, 0.001, 0.024], 0.05), [true; 3]);
        assert_eq!(holm(&[0.06, 0.001, 0.024], 0.05), [false, true, true]);
    }
}
