//! The tasks of steps that follow each other, on all threads of the current rayon pool.
//!
//! A network has a hundred steps of some tenths of a millisecond. To hand each of them to the pool, and to
//! wake its threads for it, took as long as a tenth of the work; here they are asked once for all steps, and
//! find the next one by themselves.

use std::hint::spin_loop;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

/// Portions of a step's tasks for each thread: several, so that the others do not wait long for a
/// thread that is held up.
const PORTIONS: usize = 4;
/// Looks for something to do before a thread lets others have its processor in between.
const LOOKS: u32 = 2_000;
/// Stands for a step behind the last one.
const OVER: u64 = u64::MAX;

/// Calls `run` with the number of a step and some of its tasks, until all tasks of all steps were run once;
/// `tasks` are how many each step has. No task of a step is begun before all of the step before are done.
///
/// The thread that calls does not wait for others to come, only for what they have begun: where all are busy
/// with something else, it does everything itself.
pub(super) fn in_steps(tasks: &[usize], run: &(dyn Fn(usize, Range<usize>) + Sync)) {
    let threads = rayon::current_num_threads();
    let (next, done) = (AtomicU64::new(0), AtomicUsize::new(0));
    let steps = &Steps { tasks, threads, run, next, done };
    rayon::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| steps.help());
        }
        steps.lead();
    });
}

struct Steps<'a> {
    tasks: &'a [usize],
    threads: usize,
    run: &'a (dyn Fn(usize, Range<usize>) + Sync),
    /// The step at work, and the first portion of it that nobody has taken: in one word, so that nobody
    /// takes a portion of a step that is over.
    next: AtomicU64,
    /// Portions of all steps that are done.
    done: AtomicUsize,
}

impl Steps<'_> {
    /// Goes from step to step.
    fn lead(&self) {
        let _over = AtTheEnd(|| self.next.store(OVER, Ordering::Release));
        let mut all = 0;
        for step in 0..self.tasks.len() {
            // What was done before is seen by those who take a portion of this step.
            self.next.store((step as u64) << 32, Ordering::Release);
            while self.work() {}
            all += self.portions(step);
            wait(|| self.done.load(Ordering::Acquire) == all);
        }
    }

    /// Does portions of the step at work, whichever it is, until there is no other.
    fn help(&self) {
        let is_over = || self.next.load(Ordering::Relaxed) == OVER;
        while !is_over() {
            wait(|| self.work() || is_over());
        }
    }

    /// Takes a portion and does it, if one is left.
    fn work(&self) -> bool {
        let mut next = self.next.load(Ordering::Acquire);
        loop {
            let (step, portion) = ((next >> 32) as usize, next as u32 as usize);
            if next == OVER || portion >= self.portions(step) {
                return false;
            }
            let taken =
                self.next.compare_exchange(next, next + 1, Ordering::Acquire, Ordering::Acquire);
            match taken {
                Ok(_) => {
                    // Also when it panics: nobody is to wait for it for ever.
                    let _done = AtTheEnd(|| _ = self.done.fetch_add(1, Ordering::Release));
                    let (len, all) = (self.len(step), self.tasks[step]);
                    (self.run)(step, portion * len..((portion + 1) * len).min(all));
                    return true;
                }
                Err(other) => next = other,
            }
        }
    }

    /// Tasks of a portion.
    fn len(&self, step: usize) -> usize {
        (self.tasks[step] / (self.threads * PORTIONS)).max(1)
    }

    fn portions(&self, step: usize) -> usize {
        self.tasks[step].div_ceil(self.len(step))
    }
}

/// Until it is so: that takes microseconds, where no other program wants the processor.
fn wait(mut is_so: impl FnMut() -> bool) {
    let mut looks = 0;
    while !is_so() {
        looks += 1;
        if looks < LOOKS {
            spin_loop();
        } else {
            thread::yield_now();
        }
    }
}

/// Does something when it is dropped.
struct AtTheEnd<F: Fn()>(F);

impl<F: Fn()> Drop for AtTheEnd<F> {
    fn drop(&mut self) {
        self.0();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn with_threads(threads: usize, work: impl FnOnce() + Send) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(work);
    }

    #[test]
    fn all_tasks_of_a_step_are_run_once_before_any_of_the_next() {
        let tasks = [1, 40, 0, 7, 1000, 3];
        for threads in [1, 2, 3, 8] {
            let seen = Mutex::new(Vec::new());
            with_threads(threads, || {
                in_steps(&tasks, &|step, range| {
                    range.for_each(|task| seen.lock().unwrap().push((step, task)));
                });
            });
            let mut seen = seen.into_inner().unwrap();
            assert!(seen.is_sorted_by_key(|(step, _)| *step), "{threads} threads");
            seen.sort_unstable();
            let all = tasks.iter().enumerate();
            let all = all.flat_map(|(step, tasks)| (0..*tasks).map(move |task| (step, task)));
            assert!(seen.into_iter().eq(all), "{threads} threads");
        }
    }

    #[test]
    fn several_at_once_in_one_pool_do_not_wait_for_each_other() {
        let done = AtomicUsize::new(0);
        with_threads(2, || {
            rayon::scope(|scope| {
                for _ in 0..20 {
                    scope.spawn(|_| {
                        in_steps(&[5; 50], &|_, range| {
                            done.fetch_add(range.len(), Ordering::Relaxed);
                        });
                    });
                }
            });
        });
        assert_eq!(done.into_inner(), 20 * 5 * 50);
    }

    #[test]
    fn a_panic_ends_it_whichever_thread_it_happens_on() {
        for task in [0, 63] {
            with_threads(2, || {
                let failed = std::panic::catch_unwind(|| {
                    in_steps(&[64, 64], &|_, range| assert!(!range.contains(&task), "task {task}"));
                });
                assert!(failed.is_err());
            });
        }
    }
}
