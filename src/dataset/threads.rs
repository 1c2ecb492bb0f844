//! The same work on many things, on several threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Does `work` for each number below `count` on at most this many threads. `take` gets each number
/// with its result on the calling thread, in the order in which they are done.
///
/// Panics when `work` does.
pub(super) fn for_each<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(usize, T),
) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads.min(count) {
            let (next, work, sender) = (&next, &work, sender.clone());
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count || sender.send((number, work(number))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (number, done) in receiver {
            take(number, done);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_worked_on_once_whatever_the_number_of_threads() {
        for (count, threads) in [(0, 3), (2, 8), (100, 3), (100, 1)] {
            let mut squares = vec![None; count];
            let square = |n: usize| n * n;
            for_each(count, threads, square, |n, square| {
                assert_eq!(squares[n].replace(square), None);
            });
            let expected: Vec<Option<usize>> = (0..count).map(|n| Some(n * n)).collect();
            assert_eq!(squares, expected);
        }
    }
}
