//! Which photos make the next batch.

use crate::random::Rng;
use crate::spec::BatchDraw;

/// Draws batches, with replacement. [`BatchDraw::Balanced`], as retrain.py did: for each place in the batch
/// a category at random, then one of its photos at random, so that every category has the same share of
/// a batch, whatever its size. [`BatchDraw::Natural`]: for each place one of all photos at random.
#[derive(Clone, Debug)]
pub struct Batches {
    /// Groups with the same share of a batch; none is empty.
    groups: Vec<Vec<u32>>,
    batch_size: usize,
}

impl Batches {
    /// Draws from rows with these labels.
    ///
    /// # Panics
    /// When a label is not below `categories`; and [`draw`](Self::draw) panics at a category without
    /// rows. [`Problem::check`](super::Problem::check) excludes both.
    pub fn new(labels: &[u32], categories: usize, draw: BatchDraw, batch_size: usize) -> Batches {
        let groups = match draw {
            BatchDraw::Balanced => {
                let mut rows = vec![Vec::new(); categories];
                for (row, &label) in (0u32..).zip(labels) {
                    rows[label as usize].push(row);
                }
                rows
            }
            BatchDraw::Natural => vec![(0u32..).take(labels.len()).collect()],
        };
        Batches { groups, batch_size }
    }

    /// The generator that draws the batches of a seed.
    pub fn rng(seed: u64) -> Rng {
        Rng::for_purpose(seed, "batches")
    }

    /// The row numbers of the next batch.
    pub fn draw(&self, rng: &mut Rng) -> Vec<u32> {
        let Batches { groups, batch_size } = self;
        (0..*batch_size)
            .map(|_| {
                let group = &groups[rng.below(groups.len())];
                group[rng.below(group.len())]
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
        let batches = Batches::new(&labels, 2, BatchDraw::Balanced, 20_000);
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
    fn a_natural_draw_takes_every_photo_as_often_as_the_others() {
        let labels = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        let batches = Batches::new(&labels, 2, BatchDraw::Natural, 20_000);
        let mut counts = [0; 10];
        for row in batches.draw(&mut Batches::rng(3)) {
            counts[row as usize] += 1;
        }
        // Binomial: a deviation of 42; five either way.
        assert!(counts.iter().all(|count| (1_790..=2_210).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_same_seed_draws_the_same_batches() {
        let draw = |seed| {
            let (batches, mut rng) =
                (Batches::new(&[0, 1, 1, 0], 2, BatchDraw::Balanced, 8), Batches::rng(seed));
            [batches.draw(&mut rng), batches.draw(&mut rng)]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_ne!(draw(1)[0], draw(1)[1]);
    }
}
