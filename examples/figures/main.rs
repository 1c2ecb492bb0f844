//! Measures what a person feels of the screens, and prints each figure beside its target.
//!
//! ```text
//! cargo run --release --example figures
//! cargo run --example figures -- path/to/retrain
//! ```
//!
//! It makes 10,000 runs and a run of 50,000 scored images in a temporary folder and drives the
//! program itself through a pseudo-terminal of 120 columns and 40 rows: the one that is named,
//! else the release build of this folder, else the debug build. It takes some two minutes and
//! wants the machine for itself; what others do on it is in the figures, so the load is printed.

mod project;
#[path = "../common/session.rs"]
mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use retrain::words::grouped;

use project::{LiveRun, evaluation, step};
use session::Session;

const ROWS: u16 = 40;
const COLUMNS: u16 = 120;
const RUNS: usize = 10_000;
/// Runs that differ in their seeds alone.
const REPEATS: usize = 200;
const IMAGES: usize = 50_000;
/// Starts of the program, of which each takes a second or so.
const OPENINGS: usize = 7;
const KEYS: usize = 60;
const POINTS: usize = 30;
const SORTS: usize = 10;
/// Long enough for all that the program does from time to time.
const IDLE: Duration = Duration::from_secs(20);
const LIVE: Duration = Duration::from_secs(10);
/// Evaluations come ten times a second, each after as many steps.
const BETWEEN_EVALUATIONS: Duration = Duration::from_millis(100);
const STEPS_PER_EVALUATION: usize = 10;

/// Asks this program to be the load that training is.
const BUSY: &str = "--busy";

fn main() -> Result<()> {
    let argument = std::env::args_os().nth(1);
    if argument.as_ref().is_some_and(|argument| argument == BUSY) {
        be_busy();
    }
    let program = match argument {
        Some(path) => PathBuf::from(path),
        None => built_program()?,
    };
    let program = program.canonicalize().context(format!("no program {}", program.display()))?;
    println!("program: {}, on {} cores, {}", program.display(), cores(), load());
    let folder = tempfile::tempdir()?;
    let (many, scored) = (folder.path().join("many"), folder.path().join("scored"));
    let repeats = folder.path().join("repeats");
    project::write_runs(&many, RUNS)?;
    project::write_repeats(&repeats, RUNS, REPEATS)?;
    project::write_scored_run(&scored, IMAGES)?;

    openings(&program, &many)?;
    idle_and_keys(&program, &many)?;
    groups(&program, &repeats)?;
    live(&program, &many)?;
    images(&program, &scored)?;
    println!("at the end: {}", load());
    Ok(())
}

fn open(program: &Path, project: &Path) -> Result<Session> {
    Session::open(session::command(program, project), ROWS, COLUMNS)
}

fn built_program() -> Result<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let builds = [target.join("release/retrain"), target.join("debug/retrain")];
    let found = builds.into_iter().find(|build| build.exists());
    found.context("there is no program in target yet; build it with 'cargo build --release'")
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn load() -> String {
    let averages = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let last_minute = averages.split(' ').next().unwrap_or("unknown");
    format!("load average of the last minute {last_minute}")
}

/// From the start of the program to its first screen, and to the whole table of runs.
fn openings(program: &Path, project: &Path) -> Result<()> {
    let (mut first, mut complete) = (Vec::new(), Vec::new());
    for _ in 0..OPENINGS {
        let mut session = open(program, project)?;
        let drawn = session.wait_until("the first screen", has("1 Experiments"))?;
        first.push(drawn - session.start);
        complete.push(open_table(&mut session)? - session.start);
    }
    report(&format!("first frame with {RUNS} runs"), "under 100 ms", first);
    report(&format!("table of {RUNS} runs complete"), "under 500 ms", complete);
    Ok(())
}

/// When the table of runs is there and every run has been read.
fn open_table(session: &mut Session) -> Result<Instant> {
    session.press("3")?;
    session.wait_until("the whole table of runs", |lines| {
        let status = lines[1].replace(',', "");
        status.contains(&format!("{RUNS} runs")) && !status.contains("reading")
    })
}

fn idle_and_keys(program: &Path, project: &Path) -> Result<()> {
    let mut session = open(program, project)?;
    open_table(&mut session)?;
    session.settle()?;
    let before = session.processor_time()?;
    let bytes = session.bytes_within(IDLE)?;
    let used = session.processor_time()? - before;
    let percent = 100.0 * used.as_secs_f64() / IDLE.as_secs_f64();
    let seconds = IDLE.as_secs();
    println!("bytes in {seconds} s of an idle table of {RUNS} runs: {bytes} (target: 0)");
    println!("processor use of it: {percent:.2} % of a core (target: under 1 %)");

    report("key to frame", "under 10 ms", keys(&mut session)?);
    let load = Load::start()?;
    let times = keys(&mut session)?;
    drop(load);
    report("key to frame, all cores busy as with training", "under 50 ms", times);
    let megabytes = session.resident_megabytes()?;
    println!("memory with {RUNS} runs: {megabytes:.0} MB (no target)");
    Ok(())
}

/// Runs in rows of many: the cursor, a row that opens and closes, all rows at once.
fn groups(program: &Path, project: &Path) -> Result<()> {
    let mut session = open(program, project)?;
    open_table(&mut session)?;
    session.settle()?;
    let status = |lines: &[String]| lines[1].clone();
    let times = |session: &mut Session, key: &str, count: usize| -> Result<Vec<Duration>> {
        let mut times = Vec::new();
        for _ in 0..count {
            let before = status(&session.lines());
            let pressed = session.press(key)?;
            times
                .push(session.wait_until("other rows", |lines| status(lines) != before)? - pressed);
            session.settle()?;
        }
        Ok(times)
    };
    let groups = RUNS / REPEATS;
    let opened = times(&mut session, "\r", SORTS)?;
    report(&format!("one of {groups} rows of {REPEATS} opened or closed"), "under 50 ms", opened);
    let folded = times(&mut session, "F", SORTS)?;
    report(&format!("{RUNS} runs folded or unfolded"), "under 50 ms", folded);
    let mut times = Vec::new();
    for _ in 0..groups - 1 {
        let before = session.lines();
        let pressed = session.press("j")?;
        times.push(session.wait_until("the next row", |lines| lines != before)? - pressed);
        thread::sleep(Duration::from_millis(50));
    }
    report(&format!("key to frame, rows of {REPEATS} runs"), "under 10 ms", times);
    Ok(())
}

/// From a key that moves the cursor to the name of the run under it.
fn keys(session: &mut Session) -> Result<Vec<Duration>> {
    // In the detail beside the table, below the name of the experiment.
    let name = |lines: &[String]| lines[3].clone();
    let mut times = Vec::new();
    for _ in 0..KEYS {
        let before = name(&session.lines());
        let pressed = session.press("j")?;
        let drawn = session.wait_until("the next run", |lines| name(lines) != before)?;
        times.push(drawn - pressed);
        thread::sleep(Duration::from_millis(50));
    }
    Ok(times)
}

fn live(program: &Path, project: &Path) -> Result<()> {
    let mut run = LiveRun::start(project)?;
    let mut session = open(program, project)?;
    session.wait_until("the first screen", has("1 Experiments"))?;
    session.press("2")?;
    session.wait_until("the live run", has("iteration 1,000/"))?;
    session.settle()?;
    let mut times = Vec::new();
    let mut last = 1_000;
    for number in 0..POINTS {
        // So that the points come at all times between two looks of the program.
        thread::sleep(Duration::from_millis(300 + 7 * number as u64));
        last += 1;
        run.log.append(step(last))?;
        let written = Instant::now();
        let shown =
            session.wait_until("the new point", has(&format!("iteration {}/", grouped(last))))?;
        times.push(shown - written);
    }
    report("new point written to shown", "under 100 ms", times);

    session.settle()?;
    let writer = thread::spawn(move || write_points(&mut run, last));
    let bytes = session.bytes_within(LIVE)? as f64 / LIVE.as_secs_f64() / 1000.0;
    println!("live at 120x40, ten evaluations a second: {bytes:.1} kB/s (target: under 20 kB/s)");
    writer.join().expect("the writer does not panic")
}

/// Goes on training a little longer than is measured.
fn write_points(run: &mut LiveRun, last: usize) -> Result<()> {
    let start = Instant::now();
    for number in last + 1.. {
        run.log.append(step(number))?;
        if number % STEPS_PER_EVALUATION == 0 {
            run.log.append(evaluation(number))?;
            thread::sleep(BETWEEN_EVALUATIONS);
            if start.elapsed() > LIVE {
                break;
            }
        }
    }
    Ok(())
}

fn images(program: &Path, project: &Path) -> Result<()> {
    let (mut opened, mut sorted, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..OPENINGS {
        let mut session = open(program, project)?;
        session.wait_until("the first screen", has("1 Experiments"))?;
        session.settle()?;
        let pressed = session.press("4")?;
        let drawn = session.wait_until("the images", has(&format!("{IMAGES} images")))?;
        opened.push(drawn - pressed);
        session.settle()?;
        sorted.extend(sorts(&mut session)?);
        memory.push(session.resident_megabytes()?);
    }
    report(&format!("{IMAGES} scored images opened"), "under 200 ms", opened);
    report(&format!("{IMAGES} scored images sorted"), "under 50 ms", sorted);
    let most = memory.into_iter().fold(0.0, f64::max);
    println!("memory with {IMAGES} scored images: {most:.0} MB (target: under 150 MB)");
    Ok(())
}

/// Sorts by file name, the column chosen at first, and by loss, up and down in turn.
fn sorts(session: &mut Session) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for (column, keys_to_it) in [("file", "h"), ("loss", "llll")] {
        session.press(keys_to_it)?;
        session.settle()?;
        for number in 0..SORTS {
            let (key, mark) = if number % 2 == 0 { ("s", "▲") } else { ("S", "▼") };
            let pressed = session.press(key)?;
            let title = format!("{column}{mark}");
            times.push(session.wait_until(&title, has(&title))? - pressed);
            session.settle()?;
        }
    }
    Ok(times)
}

/// Whether any line has these words; numbers may be written with commas.
fn has(words: &str) -> impl Fn(&[String]) -> bool {
    let words = words.replace(',', "");
    move |lines| lines.iter().any(|line| line.replace(',', "").contains(&words))
}

fn report(what: &str, target: &str, mut times: Vec<Duration>) {
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let median = milliseconds(times[times.len() / 2]);
    let worst = milliseconds(times[times.len() - 1]);
    let count = times.len();
    println!("{what}: median {median:.1} ms, worst of {count} {worst:.1} ms (target: {target})");
}

/// A process that keeps every core busy, until it is dropped.
struct Load(Child);

impl Load {
    fn start() -> Result<Load> {
        let load = Command::new(std::env::current_exe()?).arg(BUSY).spawn()?;
        // All its threads run by then.
        thread::sleep(Duration::from_millis(500));
        Ok(Load(load))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Calculates on every core, as far behind interactive programs as a worker places itself.
fn be_busy() -> ! {
    const NICENESS: i32 = 10;
    let _ = rustix::process::setsid();
    let _ = rustix::process::nice(NICENESS);
    let _ = fs::write("/proc/self/autogroup", NICENESS.to_string());
    for _ in 1..cores() {
        thread::spawn(calculate);
    }
    calculate()
}

fn calculate() -> ! {
    let mut value = 1.0_f64;
    loop {
        value = std::hint::black_box(value * 1.000_001);
    }
}
