//! The last lines of a worker's log.

use super::WorkerLogNews;
use crate::store::RunFolder;

/// At most this many lines are told.
const LINES: usize = 20;

/// The log of one run, told again when it has grown.
#[derive(Default)]
pub struct WorkerLog {
    /// Bytes when it was read last.
    size: u64,
}

impl WorkerLog {
    /// The last lines when there are new ones.
    pub fn look(&mut self, run: &RunFolder) -> Option<WorkerLogNews> {
        let size = run.worker_log().metadata().ok()?.len();
        if size == self.size {
            return None;
        }
        self.size = size;
        let mut lines = run.last_lines().ok()?;
        lines.drain(..lines.len().saturating_sub(LINES));
        Some(WorkerLogNews { run: run.clone(), lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_workers_log_the_last_lines_are_told_when_there_are_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        let mut log = WorkerLog::default();
        assert!(log.look(&run).is_none(), "there is no log yet");
        let text: String = (0..5000).map(|number| format!("line {number}\n")).collect();
        std::fs::write(run.worker_log(), &text).unwrap();
        let news = log.look(&run).unwrap();
        assert_eq!(news.lines.len(), LINES);
        assert_eq!((&*news.lines[0], &*news.lines[LINES - 1]), ("line 4980", "line 4999"));
        assert!(log.look(&run).is_none(), "nothing is new");
    }
}
