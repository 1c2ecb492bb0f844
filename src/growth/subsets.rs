//! Random parts of the training photos, the smaller inside the larger.

use super::Wish;
use crate::past::Folded;
use crate::random::Rng;

/// An order of the photos of each category.
pub struct Subsets {
    /// Places of photos by category, in their order.
    orders: Vec<Vec<usize>>,
}

impl Subsets {
    /// `labels` of all photos, below the number of categories.
    pub fn draw(labels: &[u32], seed: u64) -> Subsets {
        let categories = labels.iter().max().map_or(0, |&most| most as usize + 1);
        let mut orders = vec![Vec::new(); categories];
        for (place, &label) in labels.iter().enumerate() {
            orders[label as usize].push(place);
        }
        for (category, order) in orders.iter_mut().enumerate() {
            Rng::for_purpose(seed, &format!("growth {category}")).shuffle(order);
        }
        Subsets { orders }
    }

    /// Which photos a head is trained on that is tested on this fold: of each category a share of those
    /// in the other folds, one at least.
    pub fn used(&self, folded: &Folded, fold: usize, wish: Wish, shares: &[f64]) -> Vec<bool> {
        let in_folds: Vec<usize> = folded.folds().iter().map(|fold| fold.number).collect();
        used(&self.orders, &in_folds, fold, wish, shares)
    }
}

fn used(
    orders: &[Vec<usize>],
    in_folds: &[usize],
    fold: usize,
    wish: Wish,
    shares: &[f64],
) -> Vec<bool> {
    let mut used = vec![false; in_folds.len()];
    for (category, order) in orders.iter().enumerate() {
        let others: Vec<usize> =
            order.iter().copied().filter(|&place| in_folds[place] != fold).collect();
        let share = match wish {
            Wish::Share(place) => shares[place],
            Wish::Half(halved) if halved == category => 0.5,
            Wish::Half(_) => 1.0,
        };
        let count = (others.len() as f64 * share).round().max(1.0) as usize;
        others.iter().take(count).for_each(|&place| used[place] = true);
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaller_parts_lie_inside_larger_ones_and_the_tested_fold_outside() {
        let labels: Vec<u32> = (0..60).map(|n| n % 3).collect();
        let in_folds: Vec<usize> = (0..60).map(|n| n / 3 % 5).collect();
        let subsets = Subsets::draw(&labels, 1);
        let shares = [0.01, 0.25, 1.0];
        let of = |wish| used(&subsets.orders, &in_folds, 2, wish, &shares);
        let count = |used: &[bool]| used.iter().filter(|used| **used).count();
        let [least, quarter, all] = [0, 1, 2].map(|place| of(Wish::Share(place)));
        assert_eq!([&least, &quarter, &all].map(|used| count(used)), [3, 12, 48]);
        assert!((0..60).all(|at| least[at] <= quarter[at] && quarter[at] <= all[at]));
        assert!((0..60).all(|at| !all[at] || in_folds[at] != 2));
        let half = of(Wish::Half(1));
        let of_category =
            |category: u32| (0..60).filter(|&at| labels[at] == category && half[at]).count();
        assert_eq!([0, 1, 2].map(of_category), [16, 8, 16]);
        assert_ne!(Subsets::draw(&labels, 2).orders, subsets.orders);
    }
}
