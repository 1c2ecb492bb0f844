//! Heads are trained beside each other, one a core.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Does `count` jobs on so many threads, and answers what they came to in their order; the first that
/// fails ends it. `progress` is told how many of how many are done.
pub fn on_all_cores<T: Clone + Send, E: Send>(
    threads: usize,
    count: usize,
    job: impl Fn(usize) -> Result<T, E> + Sync,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut done: Vec<Option<T>> = vec![None; count];
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, count.max(1)) {
            let (sender, next, job) = (sender.clone(), &next, &job);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    // The receiver is gone where another job has failed.
                    if number >= count || sender.send((number, job(number))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (so_far, (number, result)) in receiver.into_iter().enumerate() {
            done[number] = Some(result?);
            progress(so_far + 1, count);
        }
        Ok(())
    })?;
    Ok(done.into_iter().map(|result| result.expect("every job sends one")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_stand_in_the_order_of_the_jobs_and_the_first_failure_ends_it() {
        let mut told = Vec::new();
        let squares = on_all_cores(3, 20, |n| Ok::<_, ()>(n * n), &mut |done, all| {
            told.push((done, all));
        });
        assert_eq!(squares.unwrap(), (0..20).map(|n| n * n).collect::<Vec<_>>());
        assert_eq!(told.last(), Some(&(20, 20)));
        let job = |n| if n == 7 { Err("seven") } else { Ok(n) };
        assert_eq!(on_all_cores(2, 20, job, &mut |_, _| {}), Err("seven"));
        assert_eq!(on_all_cores(2, 0, job, &mut |_, _| {}), Ok(Vec::new()));
    }
}
