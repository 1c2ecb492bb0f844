//! Projects to look at: run folders as workers leave them, but written in a moment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use retrain::random::Rng;
use retrain::spec::{self, Set};
use retrain::store::{
    Counts, Ending, EvaluationPoint, Event, EventLog, ImageScore, Lease, Record, Run, RunFolder,
    SCHEMA_VERSION, Stage, StepPoint, TestResult, Timestamp, write_scores,
};

/// Every so many runs one has as many evaluations as a long training leaves.
const LONG: usize = 100;
const LONG_EVALUATIONS: usize = 300;
const SHORT_EVALUATIONS: usize = 5;
/// The first run was made then; each next one a minute later.
const FIRST: &str = "2026-01-01T00:00:00Z";

pub const ITERATIONS: usize = 100_000;

const CATEGORIES: [&str; 5] = ["bark", "fern", "moss", "rock", "sand"];
const LEARNING_RATES: [&str; 3] = ["0.1", "0.01", "0.001"];

fn settings() -> Result<BTreeMap<String, String>> {
    let resolved = spec::resolve("images = \"photos\"\n", &[], Path::new("woods.toml"))?;
    let settings = spec::settings(&resolved.experiment);
    Ok(settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn created(settings: BTreeMap<String, String>) -> Event {
    Event::Created {
        experiment: "woods".into(),
        source: "experiments/woods.toml".into(),
        root: "/project".into(),
        program: env!("CARGO_PKG_VERSION").into(),
        iterations: ITERATIONS,
        settings,
        group: None,
    }
}

fn dataset() -> Event {
    let counts = |category: &str| Counts {
        category: category.into(),
        training: 8_000,
        validation: 1_000,
        test: 1_000,
        folds: Vec::new(),
    };
    Event::Dataset {
        images: "photos".into(),
        counts: CATEGORIES.iter().map(|category| counts(category)).collect(),
        skipped: 0,
        duplicates: 0,
    }
}

/// A step of a training that gets better and better, noisily.
pub fn step(step: usize) -> Event {
    let noise = (step as f64 * 12.9898).sin() * 0.1;
    let loss = 1.6 / (1.0 + step as f64 / 200.0) + noise.abs();
    Event::Step(StepPoint { step, loss, accuracy: 0.9 - loss / 3.0, learning_rate: 0.01 })
}

pub fn evaluation(step: usize) -> Event {
    let loss = 1.6 / (1.0 + step as f64 / 200.0) + 0.05;
    Event::Evaluation(EvaluationPoint {
        step,
        train_loss: loss,
        train_accuracy: 0.92 - loss / 4.0,
        validation_loss: loss + 0.1,
        validation_accuracy: 0.88 - loss / 4.0,
    })
}

/// `count` runs that have ended, none the repeat of another, in `project`; none is synced to the disk
/// one by one, as a worker would.
pub fn write_runs(project: &Path, count: usize) -> Result<()> {
    write_all(project, count, |number, settings| {
        let rate = LEARNING_RATES[number % LEARNING_RATES.len()];
        settings.insert("learning_rate".into(), rate.into());
    })
}

/// `count` runs that have ended, each one of `repeats` that differ in their seeds alone.
pub fn write_repeats(project: &Path, count: usize, repeats: usize) -> Result<()> {
    write_all(project, count, |number, settings| {
        settings.insert("learning_rate".into(), format!("0.{:04}", number / repeats + 1));
        settings.insert("train.seed".into(), (number % repeats).to_string());
    })
}

fn write_all(
    project: &Path,
    count: usize,
    change: impl Fn(usize, &mut BTreeMap<String, String>),
) -> Result<()> {
    let first: Timestamp = FIRST.parse()?;
    let settings = settings()?;
    for number in 0..count {
        let made = Timestamp::from_second(first.as_second() + 60 * number as i64)?;
        let mut settings = settings.clone();
        change(number, &mut settings);
        let is_long = number % LONG == LONG - 1;
        let evaluations = if is_long { LONG_EVALUATIONS } else { SHORT_EVALUATIONS };
        let id = format!("{}-woods", made.strftime("%Y%m%d-%H%M%S"));
        let run = RunFolder::at(project.join("runs").join(id));
        write_run(&run, made, ended(settings, evaluations))?;
    }
    Ok(())
}

fn ended(settings: BTreeMap<String, String>, evaluations: usize) -> Vec<Event> {
    let mut events = vec![
        created(settings),
        Event::Started { pid: 1, host: "elsewhere".into(), threads: 2 },
        dataset(),
        Event::Stage { stage: Stage::Training },
    ];
    for number in 1..=evaluations {
        events.extend([step(number * 10), evaluation(number * 10)]);
    }
    let test = TestResult {
        correct: 4_500,
        n: 5_000,
        accuracy: 0.9,
        low: 0.891,
        high: 0.908,
        log_loss: 0.31,
        folds: 0,
        would_notice: None,
    };
    let last = evaluations * 10;
    events.push(Event::Finished { ending: Ending::Completed, step: last, kept_step: last, test });
    events
}

fn write_run(run: &RunFolder, at: Timestamp, events: Vec<Event>) -> Result<()> {
    fs::create_dir_all(run.path())?;
    let record = |event| Record { v: SCHEMA_VERSION, at, lease: 0, event };
    let records: Vec<Record> = events.into_iter().map(record).collect();
    let mut lines = Vec::new();
    for record in &records {
        serde_json::to_writer(&mut lines, record)?;
        lines.push(b'\n');
    }
    fs::write(run.events(), lines)?;
    fs::write(run.experiment(), "images = \"photos\"\n")?;
    fs::write(run.summary_path(), serde_json::to_vec_pretty(&Run::replay(&records).summary())?)?;
    Ok(())
}

/// A run that this process works on.
pub struct LiveRun {
    pub log: EventLog,
    folder: PathBuf,
    _lease: Lease,
}

impl LiveRun {
    pub fn start(project: &Path) -> Result<LiveRun> {
        let made = created(settings()?);
        let run = RunFolder::create(&project.join("runs"), &[], "images = \"photos\"\n", made)?;
        let lease = Lease::take(&run.lock())?;
        let mut log = EventLog::open(&run.events())?;
        let (pid, host) = (std::process::id(), retrain::store::host_name());
        log.append(Event::Started { pid, host, threads: 2 })?;
        log.append(dataset())?;
        log.append(Event::Stage { stage: Stage::Training })?;
        for number in 1..=1_000 {
            log.append(step(number))?;
            if number % 10 == 0 {
                log.append(evaluation(number))?;
            }
        }
        run.write_summary(&run.replay()?)?;
        Ok(LiveRun { log, folder: run.path().to_owned(), _lease: lease })
    }
}

impl Drop for LiveRun {
    fn drop(&mut self) {
        // What is left of it goes with the temporary folder.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// One run that has ended, with so many scored images.
pub fn write_scored_run(project: &Path, images: usize) -> Result<()> {
    let run = RunFolder::at(project.join("runs/20260101-000000-woods"));
    write_run(&run, FIRST.parse()?, ended(settings()?, SHORT_EVALUATIONS))?;
    let mut random = Rng::new(7);
    let rows: Vec<ImageScore> = (0..images).map(|number| image(number, &mut random)).collect();
    let categories = CATEGORIES.map(str::to_owned);
    write_scores(&run.scores(), &categories, &rows)?;
    Ok(())
}

/// Nine images of ten are recognised.
fn image(number: usize, random: &mut Rng) -> ImageScore {
    let category = number % CATEGORIES.len();
    let favourite = if number % 10 == 9 { (category + 1) % CATEGORIES.len() } else { category };
    let mut weight = |index| random.uniform() + if index == favourite { 2.0 } else { 0.0 };
    let weights: Vec<f64> = (0..CATEGORIES.len()).map(&mut weight).collect();
    let sum: f64 = weights.iter().sum();
    ImageScore {
        file: format!("{}/IMG_{number:05}.jpg", CATEGORIES[category]).into(),
        set: Set::ALL[usize::from(random.chance(0.2)) + usize::from(random.chance(0.1))],
        category,
        scores: weights.iter().map(|weight| (weight / sum) as f32).collect(),
    }
}
