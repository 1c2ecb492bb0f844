//! The thread that makes pictures: the one asked for last comes first, and none is made twice.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use super::encode::{Picture, Wanted};

/// Memory for pictures made before.
const CACHE_BYTES: usize = 64 << 20;

/// Asks the thread for pictures; it sleeps while none is asked for.
pub struct Previewer {
    shared: Arc<(Mutex<Wishes>, Condvar)>,
}

#[derive(Default)]
struct Wishes {
    /// The next one first.
    wanted: VecDeque<Wanted>,
    closed: bool,
}

impl Previewer {
    /// `deliver` answers whether anybody still listens.
    pub fn start(deliver: impl Fn(Arc<Picture>) -> bool + Send + 'static) -> io::Result<Previewer> {
        Previewer::with(Picture::make, deliver)
    }

    fn with(
        make: impl Fn(Wanted) -> Picture + Send + 'static,
        deliver: impl Fn(Arc<Picture>) -> bool + Send + 'static,
    ) -> io::Result<Previewer> {
        let previewer = Previewer { shared: Arc::default() };
        let shared = previewer.shared.clone();
        thread::Builder::new().name("pictures".into()).spawn(move || {
            let mut cache = Cache::default();
            while let Some(wanted) = next(&shared) {
                let picture = cache.get(&wanted).unwrap_or_else(|| {
                    let picture = Arc::new(make(wanted));
                    cache.add(picture.clone());
                    picture
                });
                if !deliver(picture) {
                    return;
                }
            }
        })?;
        Ok(previewer)
    }

    /// From now on these are wanted, in this order; what was wanted before and is not made yet is
    /// dropped.
    pub fn want(&self, wanted: Vec<Wanted>) {
        self.wishes().wanted = wanted.into();
        self.shared.1.notify_one();
    }

    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.shared.0.lock().expect("no panic inside")
    }
}

impl Drop for Previewer {
    fn drop(&mut self) {
        self.wishes().closed = true;
        self.shared.1.notify_one();
    }
}

/// Sleeps until a picture is asked for; `None`: the UI is closed.
fn next((wishes, changed): &(Mutex<Wishes>, Condvar)) -> Option<Wanted> {
    let wishes = wishes.lock().expect("no panic inside");
    let idle = |wishes: &mut Wishes| wishes.wanted.is_empty() && !wishes.closed;
    let mut wishes = changed.wait_while(wishes, idle).expect("no panic inside");
    if wishes.closed { None } else { wishes.wanted.pop_front() }
}

/// Pictures by when they were used, the latest last, bounded by their size.
#[derive(Default)]
struct Cache {
    pictures: VecDeque<Arc<Picture>>,
    bytes: usize,
}

impl Cache {
    fn get(&mut self, wanted: &Wanted) -> Option<Arc<Picture>> {
        let at = self.pictures.iter().position(|one| one.wanted == *wanted)?;
        let picture = self.pictures.remove(at)?;
        self.pictures.push_back(picture.clone());
        Some(picture)
    }

    /// A reason is not kept: the file may be there the next time.
    fn add(&mut self, picture: Arc<Picture>) {
        if picture.content.is_err() {
            return;
        }
        self.bytes += picture.bytes();
        self.pictures.push_back(picture);
        while self.bytes > CACHE_BYTES && self.pictures.len() > 1 {
            if let Some(oldest) = self.pictures.pop_front() {
                self.bytes -= oldest.bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};
    use std::time::Duration;

    use super::*;
    use crate::tui::preview::cells::Cells;
    use crate::tui::preview::encode::Content;
    use crate::tui::preview::graphics::Graphics;

    fn wanted(name: &str) -> Wanted {
        let graphics = Graphics::default();
        Wanted { path: name.into(), room: (4, 4), graphics, overlay: None }
    }

    fn black(wanted: Wanted, side: u32) -> Picture {
        let cells = Cells::shades(&image::RgbImage::new(side, side));
        Picture { wanted, content: Ok(Content::Cells(cells)) }
    }

    /// A previewer whose decoder says what it begins, then waits for a go.
    fn slow() -> (Previewer, Receiver<String>, Sender<()>, Receiver<Arc<Picture>>) {
        let (begun, begins) = mpsc::channel();
        let (go, gone) = mpsc::channel::<()>();
        let (send, receive) = mpsc::channel();
        let make = move |wanted: Wanted| {
            begun.send(wanted.path.display().to_string()).unwrap();
            gone.recv().unwrap();
            black(wanted, 2)
        };
        let deliver = move |picture| send.send(picture).is_ok();
        (Previewer::with(make, deliver).unwrap(), begins, go, receive)
    }

    fn next<T>(receive: &Receiver<T>) -> T {
        receive.recv_timeout(Duration::from_secs(5)).unwrap()
    }

    #[test]
    fn what_was_wanted_last_is_made_first_and_what_was_passed_by_is_dropped() {
        let (previewer, begins, go, pictures) = slow();
        previewer.want(vec![wanted("a"), wanted("b")]);
        assert_eq!(next(&begins), "a");
        // The person moves on while `a` is being decoded.
        previewer.want(vec![wanted("c"), wanted("d")]);
        previewer.want(vec![wanted("e"), wanted("f")]);
        for _ in 0..3 {
            go.send(()).unwrap();
        }
        assert_eq!((next(&begins), next(&begins)), ("e".into(), "f".into()));
        let made: Vec<_> = (0..3).map(|_| next(&pictures).wanted.path.clone()).collect();
        assert_eq!(made, ["a", "e", "f"].map(std::path::PathBuf::from));
    }

    #[test]
    fn a_picture_is_made_once_until_it_is_drawn_otherwise() {
        let (previewer, begins, go, pictures) = slow();
        (0..2).for_each(|_| go.send(()).unwrap());
        previewer.want(vec![wanted("a")]);
        let first = next(&pictures);
        previewer.want(vec![wanted("a")]);
        assert!(Arc::ptr_eq(&first, &next(&pictures)));
        let graphics = Graphics::default().next();
        previewer.want(vec![Wanted { graphics, ..wanted("a") }]);
        assert_eq!(next(&pictures).wanted.graphics, graphics);
        assert_eq!(begins.try_iter().count(), 2);
    }

    #[test]
    fn the_cache_is_bounded_by_bytes_and_forgets_the_longest_unused() {
        let mut cache = Cache::default();
        for n in 0..12 {
            cache.add(Arc::new(black(wanted(&n.to_string()), 800)));
            cache.get(&wanted("0"));
        }
        assert!(cache.bytes <= CACHE_BYTES, "{}", cache.bytes);
        assert!(cache.pictures.len() > 1);
        assert!(cache.get(&wanted("0")).is_some() && cache.get(&wanted("11")).is_some());
        assert!(cache.get(&wanted("1")).is_none());
    }
}
