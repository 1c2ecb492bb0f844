//! Which photos make the next batch.

use crate::random::Rng;

/// Draws batches as retrain.py did: for each place in the batch a category at random, then one of
/// its photos at random, with replacement. So every category has the same share of a batch, whatever
/// its size.
#[derive(Clone, Debug)]
pub struct Batches {
    /// Rows of each category; none is empty.
    rows: Vec<Vec<u32>>,
    batch_size: usize,
}

impl Batches {
    /// Draws from rows with these labels.
    ///
    /// # Panics
    /// When a label is not below `categories`; and [`draw`](Self::draw) panics at a category without
    /// rows. [`Problem::check`](super::Problem::check) excludes both.
    pub fn new(labels: &[u32], categories: usize, batch_size: usize) -> Batches {
        let mut rows = vec![Vec::new(); categories];
        for (row, &label) in (0u32..).zip(labels) {
            rows[label as usize].push(row);
        }
        Batches { rows, batch_size }
    }

    /// The generator that draws the batches of a seed.
    pub fn rng(seed: u64) -> Rng {
        Rng::for_purpose(seed, "batches")
    }

    /// The row numbers of the next batch.
    pub fn draw(&self, rng: &mut Rng) -> Vec<u32> {
        let Batches { rows, batch_size } = self;
        (0..*batch_size)
            .map(|_| {
                let category = &rows[rng.below(rows.len())];
                category[rng.below(category.len())]
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_drawn_evenly_whatever_their_sizes_and_photos_evenly_inside() {
        // One photo of category 1 among ten of category 0.
        let labels = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
        let batches = Batches::new(&labels, 2, 20_000);
        let mut counts = [0; 11];
        for row in batches.draw(&mut Batches::rng(3)) {
            counts[row as usize] += 1;
        }
        // Binomial: deviations of 71 and 31; five either way.
        assert!((9_645..=10_355).contains(&counts[5]), "{counts:?}");
        for (row, &count) in counts.iter().enumerate().filter(|&(row, _)| row != 5) {
            assert!((845..=1_155).contains(&count), "row {row}: {counts:?}");
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_batches() {
        let draw = |seed| {
            let (batches, mut rng) = (Batches::new(&[0, 1, 1, 0], 2, 8), Batches::rng(seed));
            [batches.draw(&mut rng), batches.draw(&mut rng)]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1)[0], draw(1)[1]);
    }
}
