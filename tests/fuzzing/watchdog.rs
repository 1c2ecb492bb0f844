//! Ends the process when one input takes for ever: a loop cannot be ended from within.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any input takes on a machine that is busy with other work.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_secs(1);

type Begun = Option<(Instant, Vec<u8>)>;

pub struct Watchdog {
    begun: Arc<Mutex<Begun>>,
}

impl Watchdog {
    pub fn start(target: &str) -> Watchdog {
        let begun = Arc::new(Mutex::new(Begun::None));
        let (watched, target) = (Arc::downgrade(&begun), target.to_owned());
        thread::spawn(move || {
            while let Some(begun) = watched.upgrade() {
                if let Some((start, input)) = &*begun.lock().unwrap()
                    && start.elapsed() > PATIENCE
                {
                    eprintln!("{target}: an input of {} bytes hangs", input.len());
                    let kept = std::env::temp_dir().join(format!("{target}.hangs"));
                    if std::fs::write(&kept, input).is_ok() {
                        eprintln!("it is kept in {}", kept.display());
                    }
                    std::process::exit(101);
                }
                drop(begun);
                thread::sleep(LOOK);
            }
        });
        Watchdog { begun }
    }

    pub fn begin(&self, input: &[u8]) {
        *self.begun.lock().unwrap() = Some((Instant::now(), input.to_vec()));
    }

    pub fn end(&self) {
        *self.begun.lock().unwrap() = None;
    }
}
