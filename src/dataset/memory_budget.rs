//! Memory that all threads share: each reserves what it needs for a photo, or waits for it.

use std::sync::{Condvar, Mutex, MutexGuard};

/// Bytes that may be reserved at a time, by all threads together. Who needs more than there are gets
/// them when nobody else holds any.
pub struct MemoryBudget {
    bytes: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    taken: u64,
    /// Tickets given out, and the one whose turn it is: nobody is overtaken, so that a large photo
    /// does not wait until the last small one is done.
    tickets: u64,
    turn: u64,
}

/// Reserved bytes, given back when it is dropped.
pub struct Reservation<'a> {
    budget: &'a MemoryBudget,
    bytes: u64,
}

impl MemoryBudget {
    /// A budget of which nothing is reserved.
    pub fn new(bytes: u64) -> MemoryBudget {
        MemoryBudget { bytes, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits for its turn and until `bytes` are free.
    pub fn reserve(&self, bytes: u64) -> Reservation<'_> {
        let mut state = self.state();
        let ticket = state.tickets;
        state.tickets += 1;
        let must_wait = |state: &mut State| {
            state.turn != ticket
                || state.taken > 0 && state.taken.saturating_add(bytes) > self.bytes
        };
        state = self.changed.wait_while(state, must_wait).expect("no panic inside");
        state.turn += 1;
        state.taken = state.taken.saturating_add(bytes);
        drop(state);
        self.changed.notify_all();
        Reservation { budget: self, bytes }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic inside")
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.budget.state().taken -= self.bytes;
        self.budget.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn together_they_never_take_more_than_there_is_but_for_one_alone() {
        let (budget, inside, most, alone) =
            (MemoryBudget::new(100), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for thread in 0..8u64 {
                let (budget, inside, most, alone) = (&budget, &inside, &most, &alone);
                scope.spawn(move || {
                    for n in 0..200u64 {
                        let bytes = if n % 50 == thread { 250 } else { (thread * 7 + n) % 60 };
                        let _reserved = budget.reserve(bytes);
                        let now = inside.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        if bytes > 100 {
                            alone.fetch_add(u64::from(now == bytes), Ordering::SeqCst);
                        } else {
                            most.fetch_max(now, Ordering::SeqCst);
                        }
                        thread::yield_now();
                        inside.fetch_sub(bytes, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(alone.into_inner(), 8 * 4, "a photo above the limit was not alone");
        assert!((60..=100).contains(&most.into_inner()));
    }

    #[test]
    fn a_large_photo_is_not_overtaken_by_later_small_ones() {
        let budget = MemoryBudget::new(100);
        let (send, order) = mpsc::channel();
        thread::scope(|scope| {
            let first = budget.reserve(60);
            for (place, bytes) in [(0, 90), (1, 20)] {
                let (budget, send) = (&budget, send.clone());
                scope.spawn(move || {
                    let _reserved = budget.reserve(bytes);
                    send.send(place).unwrap();
                });
                while budget.state().tickets < place + 2 {
                    thread::yield_now();
                }
            }
            assert!(order.recv_timeout(Duration::from_millis(20)).is_err());
            drop(first);
            assert_eq!((order.recv(), order.recv()), (Ok(0), Ok(1)));
        });
    }
}
