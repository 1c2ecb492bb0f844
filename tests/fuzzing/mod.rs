//! Hostile bytes by the thousand: valid files, changed at random, each given to a reader that must
//! neither panic, nor hang, nor take memory that the input does not account for.
//!
//! The same seed gives the same inputs on every machine. `RETRAIN_FUZZ_CASES` asks for more of them
//! than the quick choice, `RETRAIN_FUZZ_SEED` for others.

pub mod allocator;
mod mutation;
mod watchdog;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

pub use mutation::{Seeds, mutated};
use watchdog::Watchdog;

/// Memory is counted for the whole process: one target at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What one input may cost: so many bytes, whatever its size, and so many for each of its own.
#[derive(Clone, Copy)]
pub struct Budget {
    pub bytes: usize,
    pub per_byte: usize,
}

/// Whether the reader took an input or refused it. Both are right; a target that only ever refuses
/// tests little.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Taken,
    Refused,
}

impl<T, E> From<&Result<T, E>> for Verdict {
    fn from(result: &Result<T, E>) -> Verdict {
        if result.is_ok() { Verdict::Taken } else { Verdict::Refused }
    }
}

/// Held by each test from its beginning: the memory that is counted is that of the whole process.
pub fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives `quick` inputs, or as many as the environment says, to `read`, and prints the numbers.
pub fn fuzz<S: Strategy<Value: AsRef<[u8]>>>(
    target: &str,
    quick: u32,
    budget: Budget,
    inputs: &S,
    read: impl Fn(&S::Value) -> Verdict,
) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u32>().unwrap());
    let cases = number("RETRAIN_FUZZ_CASES").unwrap_or(quick);
    let seed = number("RETRAIN_FUZZ_SEED").unwrap_or(1);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng =
        TestRng::from_seed(RngAlgorithm::ChaCha, blake3::hash(&seed.to_le_bytes()).as_bytes());
    let mut runner = TestRunner::new_with_rng(config, rng);
    let target = Target::new(target, budget);
    let outcome = runner.run(inputs, |input| {
        target.give(input.as_ref(), || read(&input)).map_err(TestCaseError::fail)
    });
    target.tell(&format!("{cases} inputs of seed {seed}"));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, input)) => {
            panic!("{}: {why}, of b\"{}\"", target.name, input.as_ref().escape_ascii())
        }
        Err(TestError::Abort(why)) => panic!("{}: {why}", target.name),
    }
}

/// Gives each of these inputs to `read`.
pub fn each(target: &str, budget: Budget, inputs: &[String], read: impl Fn(&str) -> Verdict) {
    let target = Target::new(target, budget);
    for input in inputs {
        target.give(input.as_bytes(), || read(input)).unwrap();
    }
    target.tell(&format!("{} inputs", inputs.len()));
}

/// One reader, and what it has cost so far.
struct Target<'a> {
    name: &'a str,
    budget: Budget,
    watch: Watchdog,
    start: Instant,
    taken: AtomicUsize,
    largest: AtomicUsize,
}

impl Target<'_> {
    fn new(name: &str, budget: Budget) -> Target<'_> {
        let (watch, start) = (Watchdog::start(name), Instant::now());
        Target { name, budget, watch, start, taken: 0.into(), largest: 0.into() }
    }

    /// Errors when `read` took more memory than the input may cost.
    fn give(&self, input: &[u8], read: impl FnOnce() -> Verdict) -> Result<(), String> {
        self.watch.begin(input);
        let before = allocator::begin();
        let verdict = read();
        let peak = allocator::peak() - before;
        self.watch.end();
        self.taken.fetch_add((verdict == Verdict::Taken).into(), Ordering::Relaxed);
        self.largest.fetch_max(peak, Ordering::Relaxed);
        let (length, most) = (input.len(), self.budget.bytes + self.budget.per_byte * input.len());
        if peak <= most {
            return Ok(());
        }
        Err(format!("{length} bytes of input took {peak} bytes of memory, {most} at most expected"))
    }

    fn tell(&self, inputs: &str) {
        eprintln!(
            "{}: {inputs}, {} taken, at most {} kB each, {:.1} s",
            self.name,
            self.taken.load(Ordering::Relaxed),
            self.largest.load(Ordering::Relaxed) / 1000,
            self.start.elapsed().as_secs_f64()
        );
    }
}

/// The folder of photos and bad files for tests, where it is there.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(folder);
    let named = std::env::var_os("RETRAIN_SHARED").map(|shared| Path::new(&shared).join(folder));
    [Some(beside), named].into_iter().flatten().find(|path| path.is_dir())
}

/// Every file in a folder, in the order of their names.
pub fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).collect()
}
