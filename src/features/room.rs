//! Memory that all threads share: each takes what it needs for a photo, or waits for it.

use std::sync::{Condvar, Mutex, MutexGuard};

/// So many bytes may be taken at once. Who needs more than all of them gets in alone.
pub(crate) struct Room {
    bytes: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    taken: u64,
    /// Tickets given out, and the one whose turn it is: nobody is overtaken, so a large photo does
    /// not wait until the last small one is done.
    tickets: u64,
    turn: u64,
}

/// A share of the room, given back when it is dropped.
pub(crate) struct Share<'a> {
    room: &'a Room,
    bytes: u64,
}

impl Room {
    pub fn new(bytes: u64) -> Room {
        Room { bytes, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits for its turn and until there is room for so many bytes.
    pub fn take(&self, bytes: u64) -> Share<'_> {
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
        Share { room: self, bytes }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic inside")
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.room.state().taken -= self.bytes;
        self.room.changed.notify_all();
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
        let (room, inside, most, alone) =
            (Room::new(100), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for thread in 0..8u64 {
                let (room, inside, most, alone) = (&room, &inside, &most, &alone);
                scope.spawn(move || {
                    for n in 0..200u64 {
                        let bytes = if n % 50 == thread { 250 } else { (thread * 7 + n) % 60 };
                        let _share = room.take(bytes);
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
        let room = Room::new(100);
        let (send, order) = mpsc::channel();
        thread::scope(|scope| {
            let first = room.take(60);
            for (place, bytes) in [(0, 90), (1, 20)] {
                let (room, send) = (&room, send.clone());
                scope.spawn(move || {
                    let _share = room.take(bytes);
                    send.send(place).unwrap();
                });
                while room.state().tickets < place + 2 {
                    thread::yield_now();
                }
            }
            assert!(order.recv_timeout(Duration::from_millis(20)).is_err());
            drop(first);
            assert_eq!((order.recv(), order.recv()), (Ok(0), Ok(1)));
        });
    }
}
