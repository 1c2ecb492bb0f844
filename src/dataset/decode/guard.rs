//! Decoders that panic.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::dataset::Unreadable;

thread_local! {
    static IS_DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a decoder: a panic there is caught and told as a bad photo, so a
/// panic hook has nothing to do.
pub fn is_decoding() -> bool {
    IS_DECODING.get()
}

/// Strange bytes have made every decoder panic at some time; that is one bad file, no more.
pub(super) fn without_panic<T>(
    work: impl FnOnce() -> Result<T, Unreadable>,
) -> Result<T, Unreadable> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !is_decoding() {
                report(info);
            }
        }));
    });
    let was_decoding = IS_DECODING.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_DECODING.set(was_decoding);
    done.unwrap_or(Err(Unreadable::DecoderPanicked))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_decoder_that_panics_is_a_bad_photo_and_no_business_of_a_panic_hook() {
        static REPORTED: AtomicUsize = AtomicUsize::new(0);
        let report = panic::take_hook();
        // As the screens' hook, which gives the terminal back.
        panic::set_hook(Box::new(move |info| {
            if !is_decoding() && thread_is_this_test() {
                REPORTED.fetch_add(1, Ordering::SeqCst);
            } else {
                report(info);
            }
        }));
        fn thread_is_this_test() -> bool {
            std::thread::current().name().is_some_and(|name| name.contains("a_decoder_that_panics"))
        }
        let done = without_panic(|| -> Result<(), Unreadable> { panic!("a strange byte") });
        assert_eq!(done, Err(Unreadable::DecoderPanicked));
        assert!(!is_decoding());
        assert_eq!(REPORTED.load(Ordering::SeqCst), 0);
        let other = catch_unwind(|| panic!("a mistake elsewhere"));
        assert!(other.is_err());
        assert_eq!(REPORTED.load(Ordering::SeqCst), 1);
    }
}
