//! What stands beside the list of runs about the one under the cursor: its curves and its matrix.
//!
//! Read on a thread of its own, once the cursor rests: whoever runs down a list of thousands reads
//! none of them.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::curves::Curves;
use crate::insight::{ConfusionMatrix, Scored};
use crate::spec::Set;
use crate::store::{Points, Run, RunFolder, ScoresFile};

/// The cursor rests when it has stayed this long.
const REST: Duration = Duration::from_millis(60);
/// Curves of longer logs are not read for a glance: that takes a second and more.
const LONGEST_LOG: u64 = 64 << 20;
/// As on Live at first; see `Smoother`.
const SMOOTHING: f64 = 0.6;

/// What there is to see of a run at one glance.
#[derive(Debug)]
pub struct Glance {
    pub run: Run,
    /// Empty where the log is too long.
    pub curves: Curves,
    /// Categories, and the confusions of the test set; `None` before it was tested.
    pub tested: Option<(Vec<String>, ConfusionMatrix)>,
}

/// What came of looking at a run.
#[derive(Clone, Debug)]
pub struct GlanceNews {
    /// The name of the run.
    pub run: String,
    /// The error is a sentence.
    pub glance: Result<Arc<Glance>, String>,
}

/// Starts the thread; it looks at the last run that was wanted. It ends when `tell` says that nobody
/// listens any more.
pub fn start(tell: impl Fn(GlanceNews) -> bool + Send + 'static) -> io::Result<Sender<RunFolder>> {
    let (want, wanted) = mpsc::channel::<RunFolder>();
    thread::Builder::new().name("glance".into()).spawn(move || {
        while let Ok(mut run) = wanted.recv() {
            loop {
                match wanted.recv_timeout(REST) {
                    Ok(newer) => run = newer,
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            let news = GlanceNews { run: run.id(), glance: look(&run).map(Arc::new) };
            if !tell(news) {
                return;
            }
        }
    })?;
    Ok(want)
}

fn look(folder: &RunFolder) -> Result<Glance, String> {
    let (mut run, mut points) = (Run::default(), Points::default());
    if folder.log_bytes() <= LONGEST_LOG {
        let read = folder.tail().each(|record| {
            run.apply(&record);
            points.add(&record);
        });
        read.map_err(|err| err.to_string())?;
    } else {
        run = folder.replay().map_err(|err| err.to_string())?;
    }
    let tested = match run.test() {
        Some(_) => Some(confusions(folder)?),
        None => None,
    };
    Ok(Glance { curves: Curves::of(&points, SMOOTHING), run, tested })
}

fn confusions(folder: &RunFolder) -> Result<(Vec<String>, ConfusionMatrix), String> {
    let file = ScoresFile::open(&folder.scores()).map_err(|err| err.to_string())?;
    let mut matrix = ConfusionMatrix::new(file.categories.len());
    for image in file.rows() {
        let image = image.map_err(|err| err.to_string())?;
        if image.set == Set::Test {
            let scored = Scored { truth: image.category, scores: &image.scores };
            matrix.add(scored.truth, scored.predicted());
        }
    }
    Ok((file.categories, matrix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Ending, Event, EventLog, ImageScore, StepPoint, TestResult, write_scores};

    #[test]
    fn only_the_run_on_which_the_cursor_rests_is_read() {
        let runs = tempfile::tempdir().unwrap();
        let folder = |name: &str| RunFolder::at(runs.path().join(name));
        std::fs::create_dir(folder("b").path()).unwrap();
        let mut log = EventLog::open(&folder("b").events()).unwrap();
        let step = StepPoint { step: 1, loss: 1.0, accuracy: 0.5, learning_rate: 0.01 };
        log.append(Event::Step(step)).unwrap();
        let test = TestResult::half();
        let ending = Ending::Completed;
        log.append(Event::Finished { ending, step: 1, kept_step: 1, test }).unwrap();
        let image = |name: &str, set, scores: [f32; 2]| ImageScore {
            file: name.into(),
            set,
            category: 0,
            scores: scores.into(),
        };
        let images = [
            image("1", Set::Test, [0.9, 0.1]),
            image("2", Set::Test, [0.1, 0.9]),
            image("3", Set::Training, [0.9, 0.1]),
        ];
        write_scores(&folder("b").scores(), &["fire".into(), "smoke".into()], &images).unwrap();
        let (send, news) = mpsc::channel();
        let want = start(move |news| send.send(news).is_ok()).unwrap();
        want.send(folder("a")).unwrap();
        want.send(folder("b")).unwrap();
        let said = news.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(said.run, "b");
        let glance = said.glance.unwrap();
        assert_eq!(glance.curves.train_loss.len(), 1);
        let (names, matrix) = glance.tested.as_ref().unwrap();
        assert_eq!((names.len(), matrix.images(), matrix.count(0, 1)), (2, 2, 1));
    }
}
