//! Clusters of points by k-means, and whether they are found again.

use crate::random::Rng;

/// Rounds of Lloyd's algorithm at most: it has settled long before.
const ROUNDS: usize = 300;

/// Points in clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// The mean of each cluster's points.
    pub centres: Vec<Vec<f64>>,
    /// The cluster of each point.
    pub of_points: Vec<usize>,
    /// Sum of the squared distances of points from their centres.
    pub squares: f64,
}

impl Clusters {
    /// The cluster whose centre is nearest to `point`, and of equally near ones the first; with the
    /// squared distance.
    pub fn nearest(&self, point: &[f64]) -> (usize, f64) {
        nearest(&self.centres, point)
    }
}

/// Lloyd's algorithm from these centres on, until no point changes its cluster. A cluster that loses all
/// its points keeps its centre.
///
/// ```
/// use retrain::insight::k_means;
///
/// let points = [vec![0.0], vec![1.0], vec![9.0], vec![11.0]];
/// let found = k_means(&points, vec![vec![0.0], vec![1.0]]);
/// assert_eq!(found.centres, [[0.5], [10.0]]);
/// assert_eq!((found.of_points, found.squares), (vec![0, 0, 1, 1], 2.5));
/// ```
pub fn k_means(points: &[Vec<f64>], mut centres: Vec<Vec<f64>>) -> Clusters {
    let mut of_points = vec![usize::MAX; points.len()];
    for _ in 0..ROUNDS {
        let now: Vec<usize> = points.iter().map(|point| nearest(&centres, point).0).collect();
        let has_settled = now == of_points;
        of_points = now;
        if has_settled {
            break;
        }
        move_to_means(&mut centres, points, &of_points);
    }
    let to_own = |(point, &own): (&Vec<f64>, &usize)| squared_distance(point, &centres[own]);
    let squares = points.iter().zip(&of_points).map(to_own).sum();
    Clusters { centres, of_points, squares }
}

/// The best of `starts` runs of [`k_means`], each from points that are drawn the likelier the farther
/// they are from those drawn before (k-means++, Arthur and Vassilvitskii 2007). The same seed gives the
/// same clusters; with fewer different points than `k` some are empty.
pub fn best_k_means(points: &[Vec<f64>], k: usize, starts: usize, rng: &mut Rng) -> Clusters {
    let runs = (0..starts.max(1)).map(|_| k_means(points, first_centres(points, k, rng)));
    runs.reduce(|best, run| if run.squares < best.squares { run } else { best })
        .expect("there is a start")
}

/// How well clusters are found again, 0 to 1: prediction strength (Tibshirani and Walther 2005,
/// doi:10.1198/106186005X59243). The points are cut into random halves; of each pair of points that one
/// half's own clusters put together, it is asked whether the centres of the other half do so, too. The
/// least share of any cluster counts; the mean over `cuts` cuts and both halves is answered.
pub fn prediction_strength(points: &[Vec<f64>], k: usize, cuts: usize, rng: &mut Rng) -> f64 {
    let mut order: Vec<usize> = (0..points.len()).collect();
    let mut sum = 0.0;
    for _ in 0..cuts {
        rng.shuffle(&mut order);
        let (first, second) = order.split_at(order.len() / 2);
        let halves = [first, second]
            .map(|half| half.iter().map(|&at| points[at].clone()).collect::<Vec<Vec<f64>>>());
        let found = halves.each_ref().map(|half| best_k_means(half, k, STARTS, rng));
        for (own, other) in [(0, 1), (1, 0)] {
            let by_other: Vec<usize> =
                halves[own].iter().map(|point| found[other].nearest(point).0).collect();
            sum += least_kept_together(&found[own].of_points, &by_other, k);
        }
    }
    sum / (2 * cuts) as f64
}

/// The probability that points of one normal cloud, as wide in each direction as these, fall into `k`
/// clusters as tight as these do: the share of the squares that is left within clusters, among `draws`
/// such clouds, in which these count as one (after SigClust, Liu et al. 2008,
/// doi:10.1198/016214508000000454).
pub fn tight_by_chance(points: &[Vec<f64>], k: usize, draws: usize, rng: &mut Rng) -> f64 {
    let left = |points: &[Vec<f64>], rng: &mut Rng| {
        let all = best_k_means(points, 1, 1, rng).squares;
        super::ratio(best_k_means(points, k, STARTS, rng).squares, all)
    };
    let n = points.len() as f64;
    let mean = &best_k_means(points, 1, 1, rng).centres[0];
    let deviations: Vec<f64> = (0..mean.len())
        .map(|at| points.iter().map(|point| (point[at] - mean[at]).powi(2)).sum::<f64>() / n)
        .map(f64::sqrt)
        .collect();
    let seen = left(points, rng);
    let as_tight = (0..draws).filter(|_| {
        let normal = |deviation: &f64, rng: &mut Rng| deviation * rng.normal();
        let cloud: Vec<Vec<f64>> = points
            .iter()
            .map(|_| deviations.iter().map(|deviation| normal(deviation, rng)).collect())
            .collect();
        left(&cloud, rng) <= seen
    });
    (as_tight.count() + 1) as f64 / (draws + 1) as f64
}

/// Starts of k-means in each half and each cloud.
const STARTS: usize = 3;

/// Of the pairs of points that are together in a cluster of the first `k`, the share that is together in
/// the second clusters; that of the cluster where it is least. A cluster without a pair counts as 0.
///
/// ```
/// use retrain::insight::least_kept_together;
///
/// // All of cluster 0 stay together; of the three pairs of cluster 1 one does.
/// assert_eq!(least_kept_together(&[0, 0, 1, 1, 1], &[1, 1, 0, 0, 1], 2), 1.0 / 3.0);
/// ```
pub fn least_kept_together(first: &[usize], second: &[usize], k: usize) -> f64 {
    let mut counts = vec![vec![0u64; k]; k];
    first.iter().zip(second).for_each(|(&a, &b)| counts[a][b] += 1);
    let pairs = |n: u64| (n * n.saturating_sub(1) / 2) as f64;
    let kept = counts.iter().map(|row| {
        let together: f64 = row.iter().map(|&n| pairs(n)).sum();
        super::ratio(together, pairs(row.iter().sum()))
    });
    kept.fold(1.0, f64::min)
}

/// The `members` in the order of their distance from their mean, and of equally near ones the first. The one
/// in the middle, which has the least sum of squared distances from the others, stands first.
pub fn by_nearness(points: &[Vec<f64>], members: &[usize]) -> Vec<usize> {
    let Some(&first) = members.first() else { return Vec::new() };
    let mut mean = vec![0.0; points[first].len()];
    for &at in members {
        mean.iter_mut().zip(&points[at]).for_each(|(sum, x)| *sum += x / members.len() as f64);
    }
    let mut order: Vec<(f64, usize)> =
        members.iter().map(|&at| (squared_distance(&points[at], &mean), at)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    order.into_iter().map(|(_, at)| at).collect()
}

fn first_centres(points: &[Vec<f64>], k: usize, rng: &mut Rng) -> Vec<Vec<f64>> {
    let mut centres = vec![points[rng.below(points.len())].clone()];
    let mut squares: Vec<f64> = vec![f64::INFINITY; points.len()];
    while centres.len() < k {
        let newest = &centres[centres.len() - 1];
        for (square, point) in squares.iter_mut().zip(points) {
            *square = square.min(squared_distance(point, newest));
        }
        let mut left = rng.uniform() * squares.iter().sum::<f64>();
        let drawn = squares.iter().position(|square| {
            left -= square;
            left < 0.0
        });
        centres.push(points[drawn.unwrap_or(points.len() - 1)].clone());
    }
    centres
}

fn move_to_means(centres: &mut [Vec<f64>], points: &[Vec<f64>], of_points: &[usize]) {
    let mut sums = vec![vec![0.0; points.first().map_or(0, Vec::len)]; centres.len()];
    let mut counts = vec![0usize; centres.len()];
    for (point, &own) in points.iter().zip(of_points) {
        sums[own].iter_mut().zip(point).for_each(|(sum, x)| *sum += x);
        counts[own] += 1;
    }
    for ((centre, sum), &count) in centres.iter_mut().zip(sums).zip(&counts) {
        if count > 0 {
            *centre = sum.into_iter().map(|sum| sum / count as f64).collect();
        }
    }
}

fn nearest(centres: &[Vec<f64>], point: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (at, centre) in centres.iter().enumerate() {
        let square = squared_distance(centre, point);
        if square < best.1 {
            best = (at, square);
        }
    }
    best
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::kinds_golden::golden;
    use super::*;

    fn rows(value: &Value) -> Vec<Vec<f64>> {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn places(value: &Value) -> Vec<usize> {
        serde_json::from_value(value.clone()).unwrap()
    }

    #[test]
    fn clusters_are_those_of_scikit_learn_from_the_same_centres() {
        for case in golden("k_means") {
            let found = k_means(&rows(&case["points"]), rows(&case["centres"]));
            assert_eq!(found.of_points, places(&case["labels"]));
            assert!((found.squares - case["squares"].as_f64().unwrap()).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_kept_together_is_counted_pair_by_pair() {
        for case in golden("strength") {
            let k = case["k"].as_u64().unwrap() as usize;
            let least = least_kept_together(&places(&case["first"]), &places(&case["second"]), k);
            assert!((least - case["least"].as_f64().unwrap()).abs() < 1e-12, "{case}");
        }
    }

    #[test]
    fn more_starts_are_never_worse_and_the_same_seed_gives_the_same_clusters() {
        let mut rng = Rng::new(5);
        let points: Vec<Vec<f64>> =
            (0..80).map(|_| (0..3).map(|_| rng.normal()).collect()).collect();
        for k in 1..6 {
            let of = |starts| best_k_means(&points, k, starts, &mut Rng::new(9));
            assert!(of(10).squares <= of(1).squares, "{k}");
            assert_eq!(of(10), of(10));
            let to_nearest =
                |(point, own): (&Vec<f64>, &usize)| assert_eq!(of(3).nearest(point).0, *own);
            points.iter().zip(&of(3).of_points).for_each(to_nearest);
        }
        let same = vec![vec![1.0]; 4];
        assert_eq!(best_k_means(&same, 3, 2, &mut Rng::new(1)).squares, 0.0);
    }

    #[test]
    fn the_middle_is_nearest_to_all_the_others() {
        let mut rng = Rng::new(2);
        let points: Vec<Vec<f64>> =
            (0..30).map(|_| (0..4).map(|_| rng.normal()).collect()).collect();
        let members: Vec<usize> = (0..30).step_by(2).collect();
        let sum = |from: usize| -> f64 {
            members.iter().map(|&to| squared_distance(&points[from], &points[to])).sum()
        };
        let mut order = by_nearness(&points, &members);
        let found = order[0];
        assert!(members.iter().all(|&other| sum(found) <= sum(other)));
        order.sort_unstable();
        assert_eq!(order, members);
        assert!(by_nearness(&points, &[]).is_empty());
    }
}
