//! All heads of an explanation, trained on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::SEEDS;
use super::causes::Causes;
use super::mixture::{Bench, Right};

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
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut measured: Vec<Option<Right>> = vec![None; count];
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, count) {
            let (sender, next, job) = (sender.clone(), &next, &job);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    // The receiver is gone where another mixture has failed.
                    if number >= count || sender.send((number, job(number))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (done, (number, right)) in receiver.into_iter().enumerate() {
            measured[number] = Some(right.map_err(Unsolvable)?);
            progress(done + 1, count);
        }
        Ok(())
    })?;
    let mut measured = measured.into_iter().map(|right| right.expect("every job sends one"));
    let right = (0..SEEDS).map(|_| measured.by_ref().take(mixtures).collect()).collect();
    Ok(Trials { right, second: measured.next().expect("one more than the mixtures") })
}
