//! The run folder and the files in it.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::atomic::{
    UNFINISHED, remove_left_over, remove_unfinished, sync_folder, write_atomically,
};
use super::event::{Event, Timestamp};
use super::lease::Lease;
use super::log::{EventLog, LogError, Tail};
use super::names::shown;
use super::owner::{CLOCK, Owner, last_heartbeat, touch};
use super::points::Points;
use super::run::Run;
use super::summary::{State, Summary};
use crate::config::{append_plain, open_plain, read_small};
use crate::spec::labels_path;

/// `runs/<UTC time>-<name>/`: everything about one run. Cheap to copy; reads nothing until asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunFolder {
    path: PathBuf,
}

/// A crash writes no more than that; where backtraces are on it is more than without.
const LAST_LINES: u64 = 64 << 10;

/// Begins the name of a fold's scores, before its number.
const FOLD_SCORES: &str = "fold-";

/// How the name of a kept head ends, behind its iteration.
const HEAD_ENDING: &str = ".safetensors";

/// The files that a worker replaces, or how the names of some begin.
const WORKERS_FILES: [&str; 10] = [
    "experiment.toml",
    "fold.json",
    "summary.json",
    "photos.csv",
    "skipped.csv",
    "checkpoint.safetensors",
    "head.safetensors",
    "labels.txt",
    "scores.csv",
    FOLD_SCORES,
];

/// Why a run cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The folder of runs, or a new folder inside it, cannot be made.
    #[error("cannot make a run folder in {}: {source}", runs.display())]
    Folder {
        /// The folder that holds all runs of the project.
        runs: PathBuf,
        /// Why the system refused the folder.
        source: io::Error,
    },
    /// A file of the new run cannot be written, or its folder cannot be given its name.
    #[error(transparent)]
    Write(#[from] io::Error),
    /// The event log cannot be begun with its first event.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl RunFolder {
    /// The run whose folder is, or will be, `path`.
    pub fn at(path: impl Into<PathBuf>) -> RunFolder {
        RunFolder { path: path.into() }
    }

    /// Makes a new run: its folder, `experiment.toml` and the log with its first event.
    ///
    /// The folder appears under its own name only when all of that is in it. Who is killed before
    /// leaves a hidden one of a few kilobytes, `.TIME-PID-N.new`, which nothing reads. No name is
    /// given twice, neither that of a run in `trash`: who still works for that one, or wants it
    /// back, means no other.
    pub fn create(
        runs: &Path,
        trash: &[PathBuf],
        toml: &str,
        created: Event,
    ) -> Result<RunFolder, CreateError> {
        RunFolder::create_labelled(runs, trash, toml, None, created)
    }

    /// The same with what was decided about single photos, as the file beside the experiment has it.
    pub fn create_labelled(
        runs: &Path,
        trash: &[PathBuf],
        toml: &str,
        labels: Option<&[u8]>,
        created: Event,
    ) -> Result<RunFolder, CreateError> {
        let fail = |source| CreateError::Folder { runs: runs.to_owned(), source };
        fs::create_dir_all(runs).map_err(fail)?;
        let time = Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
        let beside = make_beside(runs, &time).map_err(fail)?;
        let made = match labels {
            Some(labels) => write_atomically(&labels_path(&beside.experiment()), labels),
            None => Ok(()),
        };
        let made = made
            .map_err(CreateError::from)
            .and_then(|()| beside.begin(runs, trash, &time, toml, created));
        if made.is_err() {
            // The disk may be full: what was begun is in the way.
            let _ = fs::remove_dir_all(&beside.path);
        }
        made
    }

    /// Fills this new folder and gives it its name.
    fn begin(
        &self,
        runs: &Path,
        trash: &[PathBuf],
        time: &str,
        toml: &str,
        created: Event,
    ) -> Result<RunFolder, CreateError> {
        let Event::Created { experiment, .. } = &created else {
            unreachable!("a run begins with the event Created");
        };
        write_atomically(&self.experiment(), toml.as_bytes())?;
        let mut log = EventLog::open(&self.events())?;
        let record = log.append(created.clone())?;
        log.sync()?;
        self.write_summary(&Run::replay([&record]))?;
        // Renaming onto a folder that is not empty fails, so that two starts in one second get two
        // names, whoever is first.
        for suffix in 1.. {
            let id = if suffix == 1 {
                format!("{time}-{experiment}")
            } else {
                format!("{time}-{experiment}-{suffix}")
            };
            if trash.iter().any(|bin| fs::symlink_metadata(bin.join(&id)).is_ok()) {
                continue;
            }
            let path = runs.join(id);
            match fs::rename(&self.path, &path) {
                Ok(()) => {
                    sync_folder(runs);
                    return Ok(RunFolder { path });
                }
                Err(_) if path.exists() => continue,
                Err(source) => {
                    return Err(CreateError::Folder { runs: runs.to_owned(), source });
                }
            }
        }
        unreachable!("there are more numbers than runs in a second");
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run's name: its folder's.
    pub fn id(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What to do once more when the cause of a fault is gone.
    pub fn again(&self) -> String {
        format!("'retrain resume {}'", self.id())
    }

    /// The experiment as written, plus every value that was left out.
    pub fn experiment(&self) -> PathBuf {
        self.path.join("experiment.toml")
    }

    /// The event log: everything that the worker reported.
    pub fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// Length of the event log; 0 while there is none.
    pub fn log_bytes(&self) -> u64 {
        fs::metadata(self.events()).map_or(0, |data| data.len())
    }

    /// What was folded of a long log; see `fold.rs`.
    pub(super) fn fold(&self) -> PathBuf {
        self.path.join("fold.json")
    }

    /// The run in short; see [`Summary`].
    pub fn summary_path(&self) -> PathBuf {
        self.path.join("summary.json")
    }

    /// The trained layer and what feeds it; see `train::HeadFile`.
    pub fn head(&self) -> PathBuf {
        self.path.join("head.safetensors")
    }

    /// The head before a temperature was saved in it.
    pub fn head_as_trained(&self) -> PathBuf {
        self.path.join("head-as-trained.safetensors")
    }

    /// The heads that were kept on the way, by `train.keep_every`.
    fn kept_heads_folder(&self) -> PathBuf {
        self.path.join("heads")
    }

    /// The head of this iteration, where it was kept; see `train::HeadFile`.
    pub fn kept_head(&self, iteration: usize) -> PathBuf {
        self.kept_heads_folder().join(format!("{iteration}{HEAD_ENDING}"))
    }

    /// Iterations whose heads were kept on the way, in order.
    pub fn kept_heads(&self) -> Vec<usize> {
        let entries = fs::read_dir(self.kept_heads_folder()).into_iter().flatten().flatten();
        let iteration = |name: &str| name.strip_suffix(HEAD_ENDING)?.parse().ok();
        let mut kept: Vec<usize> =
            entries.filter_map(|entry| iteration(entry.file_name().to_str()?)).collect();
        kept.sort_unstable();
        kept
    }

    /// Keeps the file of a head of this iteration.
    pub fn keep_head(&self, iteration: usize, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(self.kept_heads_folder())?;
        write_atomically(&self.kept_head(iteration), bytes)
    }

    /// What training goes on from; see `train::Checkpoint`.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    /// The categories, one a line.
    pub fn labels(&self) -> PathBuf {
        self.path.join("labels.txt")
    }

    /// Every image with its scores; see [`read_scores`](super::read_scores).
    pub fn scores(&self) -> PathBuf {
        self.path.join("scores.csv")
    }

    /// The photos of a fold, from 1, with their scores, from when it was tested on; see
    /// [`read_scores`](super::read_scores).
    pub fn fold_scores(&self, fold: usize) -> PathBuf {
        self.path.join(format!("{FOLD_SCORES}{fold}.csv"))
    }

    /// The photos that the run trains on.
    pub fn photos(&self) -> PathBuf {
        self.path.join("photos.csv")
    }

    /// The files that were left out, and why.
    pub fn skipped(&self) -> PathBuf {
        self.path.join("skipped.csv")
    }

    /// What the worker and its keeper said.
    pub fn worker_log(&self) -> PathBuf {
        self.path.join("worker.log")
    }

    /// Who is at work on the run; see [`Lease`].
    pub fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// The last line that the worker or its keeper said; empty when there is none.
    pub fn last_words(&self) -> String {
        let lines = self.last_lines().unwrap_or_default();
        lines.last().map_or(String::new(), |line| shown(line.as_ref()))
    }

    /// What the worker and its keeper said last, oldest line first: those that are whole in the
    /// last [`LAST_LINES`] bytes.
    pub fn last_lines(&self) -> io::Result<Vec<String>> {
        let mut file = open_plain(&self.worker_log())?;
        let start = file.metadata()?.len().saturating_sub(LAST_LINES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(LAST_LINES).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        // Of a long log the first line read is as a rule the end of one.
        Ok(text.lines().skip(usize::from(start > 0)).map(str::to_owned).collect())
    }

    /// Every iteration and evaluation so far.
    pub fn points(&self) -> Result<Points, LogError> {
        let mut points = Points::default();
        self.tail().each(|record| points.add(&record))?;
        Ok(points)
    }

    /// As [`RunFolder::replay`] and [`RunFolder::points`], but a damaged line and a missing
    /// beginning are errors: what is written behind them would never be read, or not understood.
    /// Gives also the reader, which goes on behind them.
    pub fn replay_whole(&self) -> Result<(Run, Points, Tail), LogError> {
        let mut tail = self.tail();
        let (mut run, mut points) = (Run::default(), Points::default());
        let mut end = None;
        // At the last look there is nothing more, or a damaged line, which is an error then.
        while end.replace(tail.offset) != Some(tail.offset) {
            tail.each(|record| {
                run.apply(&record);
                points.add(&record);
            })?;
        }
        match run.created {
            Some(_) => Ok((run, points, tail)),
            None => Err(LogError::Line {
                path: self.events(),
                line: 1,
                message: "expected the event 'created', with which a run begins".to_owned(),
            }),
        }
    }

    /// A reader of the event log, from its first line.
    pub fn tail(&self) -> Tail {
        Tail::new(&self.events())
    }

    /// Writes `summary.json` of the run as it is now.
    pub fn write_summary(&self, run: &Run) -> io::Result<()> {
        let mut json = serde_json::to_vec_pretty(&run.summary()).expect("a summary is plain data");
        json.push(b'\n');
        write_atomically(&self.summary_path(), &json)
    }

    /// Removes what killed workers had begun to write. Only for the worker that has the run: what
    /// others write here, a request or a note, is left alone.
    pub fn sweep(&self) {
        remove_unfinished(&self.path, &WORKERS_FILES);
        remove_left_over(&self.path, CLOCK);
        remove_left_over(&self.kept_heads_folder(), UNFINISHED);
    }

    /// The run in short, with its true state: one that a worker took, that has not ended and has no
    /// worker any more, is lost.
    /// Rebuilt from the log where `summary.json` is missing or damaged.
    pub fn summary(&self) -> Result<Summary, LogError> {
        let stored = read_small(&self.summary_path())
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Summary>(&bytes).ok());
        let mut summary = match stored {
            Some(summary) => summary,
            None => self.replay()?.summary(),
        };
        if summary.state.is_live() && !self.has_worker() {
            // The worker may have ended just now: its last word is in the log.
            summary = self.replay()?.summary();
            let taken = summary.state == State::Running || self.owner().is_some();
            if summary.state.is_live() && taken {
                summary.state = State::Lost;
            }
        }
        Ok(summary)
    }

    /// Whether a worker holds this run and lives.
    pub fn has_worker(&self) -> bool {
        self.worker().is_some()
    }

    /// The worker that holds this run and lives.
    pub fn worker(&self) -> Option<Owner> {
        Lease::holder(&self.lock())
    }

    /// Whether `keeper`, a process that was started for this run, lives. Its heartbeat is that of
    /// its worker; before there is one, the time at which the keeper was started stands on
    /// `worker.log`.
    pub fn is_kept_by(&self, keeper: &Owner) -> bool {
        keeper.is_alive(&[&self.lock(), &self.worker_log()])
    }

    /// When a process of this run last gave a sign of life, by the clock of the run's file system.
    pub fn last_heartbeat(&self) -> Option<SystemTime> {
        last_heartbeat(&[&self.lock(), &self.worker_log()]).map(|(_, time)| time)
    }

    /// Has the present time count as a sign of life of the keeper that is started for this run.
    pub fn hand_to_keeper(&self) -> io::Result<File> {
        let words = append_plain(&self.worker_log())?;
        touch(&words)?;
        Ok(words)
    }

    /// Who took the run last; `None` when nobody has.
    pub fn owner(&self) -> Option<Owner> {
        Lease::read(&self.lock())
    }
}

/// A new hidden folder. Two containers may have the same second and the same process number.
fn make_beside(runs: &Path, time: &str) -> io::Result<RunFolder> {
    for number in 0.. {
        let path = runs.join(format!(".{time}-{}-{number}.new", std::process::id()));
        match fs::create_dir(&path) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| RunFolder { path }),
        }
    }
    unreachable!("numbers go on")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    pub(crate) fn created(name: &str) -> Event {
        Event::Created {
            experiment: name.into(),
            source: "experiments/x.toml".into(),
            root: "/project".into(),
            program: "0.0.0".into(),
            iterations: 400,
            settings: BTreeMap::new(),
            group: None,
        }
    }

    #[test]
    fn two_runs_begun_in_one_second_have_two_folders() {
        let runs = tempfile::tempdir().unwrap();
        let first = RunFolder::create(runs.path(), &[], "x = 1\n", created("fire")).unwrap();
        let second = RunFolder::create(runs.path(), &[], "x = 1\n", created("fire")).unwrap();
        assert_ne!(first, second);
        for run in [&first, &second] {
            assert_eq!(fs::read_to_string(run.experiment()).unwrap(), "x = 1\n");
            assert_eq!(run.summary().unwrap().state, State::Created);
        }
        assert_eq!(fs::read_dir(runs.path()).unwrap().count(), 2, "nothing else is left there");
    }

    #[test]
    fn a_run_that_another_container_begins_in_the_same_second_is_in_nobodys_way() {
        let runs = tempfile::tempdir().unwrap();
        let now = Timestamp::now().as_second();
        for second in now..now + 5 {
            let time = Timestamp::from_second(second).unwrap().strftime("%Y%m%d-%H%M%S");
            let name = format!(".{time}-{}-0.new", std::process::id());
            fs::create_dir(runs.path().join(name)).unwrap();
        }
        RunFolder::create(runs.path(), &[], "", created("fire")).unwrap();
    }

    #[test]
    fn the_name_of_a_run_in_the_trash_is_not_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let (runs, trash) = (folder.path().join("runs"), [folder.path().join("trash")]);
        fs::create_dir(&trash[0]).unwrap();
        let mut ids = std::collections::HashSet::new();
        for _ in 0..3 {
            let run = RunFolder::create(&runs, &trash, "", created("fire")).unwrap();
            fs::rename(run.path(), trash[0].join(run.id())).unwrap();
            assert!(ids.insert(run.id()), "{ids:?}");
        }
    }

    #[test]
    fn a_missing_or_damaged_summary_is_rebuilt_from_the_log() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunFolder::create(runs.path(), &[], "", created("fire")).unwrap();
        let summary = run.summary().unwrap();
        fs::write(run.summary_path(), "{\"v\":").unwrap();
        assert_eq!(run.summary().unwrap(), summary);
        fs::remove_file(run.summary_path()).unwrap();
        assert_eq!(run.summary().unwrap(), summary);
    }

    #[test]
    fn a_run_that_was_started_and_has_no_worker_is_lost() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunFolder::create(runs.path(), &[], "", created("fire")).unwrap();
        let mut log = EventLog::open(&run.events()).unwrap();
        log.append(Event::Started { pid: 1, host: "elsewhere".into(), threads: 1 }).unwrap();
        run.write_summary(&run.replay().unwrap()).unwrap();
        assert_eq!(run.summary().unwrap().state, State::Lost);
        let never_began = RunFolder::create(runs.path(), &[], "", created("fire")).unwrap();
        let owner = r#"{"host":"elsewhere-and-gone","pid":1,"process_start":0}"#;
        fs::write(never_began.lock(), owner).unwrap();
        let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
        fs::File::open(never_began.lock()).unwrap().set_modified(long_ago).unwrap();
        assert_eq!(never_began.summary().unwrap().state, State::Lost);
        log.append(Event::Failed { message: "x".into(), fault: false }).unwrap();
        assert_eq!(run.summary().unwrap().state, State::Failed, "the log has the last word");
    }
}
