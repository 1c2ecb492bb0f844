//! All heads of an explanation, trained on all cores.

use super::SEEDS;
use super::causes::Causes;
use super::mixture::{Bench, Right};
use crate::past::on_all_cores;

/// A mixture that cannot be trained, and why.
#[derive(Debug)]
pub struct Unsolvable(pub String);

/// What was measured.
pub struct Trials {
    /// By seed, then by mixture: bit `i` of its number says whether cause `i` is new.
    pub right: Vec<Vec<Right>>,
    /// The second run once more, with its own seed.
    pub second: Right,
}

/// Trains every mixture with every seed, and the second run as it was.
pub fn measure(
    bench: &Bench,
    causes: &Causes,
    threads: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Trials, Unsolvable> {
    let mixtures = 1usize << causes.0.len();
    let [first_seed, second_seed] = bench.seeds();
    let job = |number: usize| {
        let (seed, mask) = match number {
            number if number == SEEDS * mixtures => (second_seed, mixtures - 1),
            number => (first_seed.wrapping_add((number / mixtures) as u64), number % mixtures),
        };
        bench.measure(causes, mask, seed)
    };
    let count = SEEDS * mixtures + 1;
    let measured = on_all_cores(threads, count, job, progress).map_err(Unsolvable)?;
    let mut measured = measured.into_iter();
    let right = (0..SEEDS).map(|_| measured.by_ref().take(mixtures).collect()).collect();
    Ok(Trials { right, second: measured.next().expect("one more than the mixtures") })
}
