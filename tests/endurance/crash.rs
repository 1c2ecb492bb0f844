//! Runs survive SIGKILL at any moment: a campaign of kills over all stages, with the real binary.
//! Whatever a reader could see is still there, nothing is there twice, and every number is that of
//! a run that was never killed.

#[path = "crash/question.rs"]
mod question;
#[path = "crash/victim.rs"]
mod victim;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::common::compare::{assert_same_result, features, is_hidden, shards, training};
use crate::common::{PER_CATEGORY, Project, start_worker, wait_until};
use question::Question;
use retrain::demo;
use retrain::random::Rng;
use retrain::store::{self, Event, RunFolder, State, Stop};
use victim::{Phase, Victim, kill_group_of, processes_of};

const SEED: u64 = 20_261_124;
/// Kills that are wanted in each phase, 210 together.
const WANTED: [(Phase, usize); 6] = [
    (Phase::Creation, 20),
    (Phase::Start, 25),
    (Phase::Scan, 35),
    (Phase::Features, 35),
    (Phase::Training, 60),
    (Phase::Evaluation, 35),
];
/// Kills of one run before it may end.
const KILLS_PER_RUN: usize = 10;
/// As many as there are cores in continuous integration.
const THREADS: usize = 2;
/// One run in so many is long enough for checkpoints by the clock, for pausing and for stopping.
const LONG_EVERY: usize = 6;
const LONG_AT: usize = 2;
/// Photos of a run: so few that their features take a second.
const PHOTOS: usize = 12;
/// Two or three times as many as a busy machine needs for everything that is wanted.
const MOST_RUNS: usize = 250;

#[derive(Default)]
struct Tally {
    fell: BTreeMap<Phase, usize>,
    tried: usize,
    survived: usize,
    too_late: usize,
    runs: usize,
}

impl Tally {
    fn wanted(&self) -> Vec<Phase> {
        let is_wanted =
            |(phase, kills): &(Phase, usize)| self.fell.get(phase).copied().unwrap_or(0) < *kills;
        WANTED.into_iter().filter(is_wanted).map(|(phase, _)| phase).collect()
    }
}

/// One thread's part of the campaign.
struct Hunter<'a> {
    project: Project,
    rng: Rng,
    tally: &'a Mutex<Tally>,
    question: &'a Question,
    /// In which share of a phase's usual time it is killed: less where kills come too late, as on
    /// a machine that was busier when the usual time was taken.
    reach: BTreeMap<Phase, f64>,
}

impl Hunter<'_> {
    fn cache(&self) -> PathBuf {
        self.project.path().join("own")
    }

    /// A run is killed many times, goes on each time, and ends as if nothing had been.
    fn hunt(&mut self) {
        self.forget_features();
        let mut victim = self.create();
        let mut unpunished = 0;
        for _ in 0..KILLS_PER_RUN {
            // The worker that was made together with the run may be at its end.
            self.calm(&mut victim);
            let wanted = self.tally.lock().unwrap().wanted();
            let wanted: Vec<_> = wanted.into_iter().filter(|&aim| aim > Phase::Creation).collect();
            if wanted.is_empty() || victim.folder.summary().unwrap().state == State::Done {
                break;
            }
            let aim = wanted[self.rng.below(wanted.len())];
            unpunished += usize::from(self.kill(&mut victim, aim));
        }
        self.finish(&mut victim);
        self.check(&mut victim);
        let mut tally = self.tally.lock().unwrap();
        tally.survived += unpunished;
        tally.runs += 1;
    }

    /// Features are computed anew, so that the worker is met among them.
    fn forget_features(&self) {
        if self.cache().exists() {
            fs::remove_dir_all(self.cache()).unwrap();
        }
    }

    /// Makes a run; the command that does is killed as often as that is wanted.
    fn create(&mut self) -> Victim {
        let mut arguments = vec!["run", "experiments/photos.toml", "--detach"];
        arguments.extend(self.question.settings.iter().flat_map(|setting| ["--set", setting]));
        for _ in 0..2 {
            if !self.tally.lock().unwrap().wanted().contains(&Phase::Creation) {
                break;
            }
            let before = self.runs();
            let mut command = self.project.command(&arguments);
            command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
            let mut child = command.spawn().unwrap();
            thread::sleep(Duration::from_micros(self.rng.below(20_000) as u64));
            let is_over = child.try_wait().unwrap().is_some();
            kill_group_of(child.id());
            child.wait().unwrap();
            // The worker may have left the group.
            let runs = self.project.path().join("runs");
            processes_of(&runs).into_iter().for_each(kill_group_of);
            wait_until("all its processes are gone", || processes_of(&runs).is_empty());
            let made: Vec<_> =
                self.runs().into_iter().filter(|run| !before.contains(run)).collect();
            assert!(made.len() <= 1, "one command makes one run");
            let Some(made) = made.into_iter().next() else {
                self.count(Phase::Creation, !is_over);
                self.tally.lock().unwrap().survived += usize::from(!is_over);
                continue;
            };
            // What can be seen is whole.
            let victim = Victim::new(made);
            assert!(matches!(victim.seen[0].event, Event::Created { .. }));
            assert!(victim.folder.experiment().exists());
            let phase = match Phase::after(&victim.seen) {
                _ if victim.seen.len() == 1 => Phase::Creation,
                phase => phase,
            };
            self.count(phase, true);
            // Whether it survived shows at its end.
            self.tally.lock().unwrap().survived += 1;
            return victim;
        }
        Victim::new(self.project.find(self.project.ok(&arguments).trim()))
    }

    fn runs(&self) -> Vec<RunFolder> {
        store::list(&self.project.path().join("runs")).unwrap()
    }

    fn count(&self, phase: Phase, hit: bool) {
        let mut tally = self.tally.lock().unwrap();
        if hit {
            tally.tried += 1;
            *tally.fell.entry(phase).or_default() += 1;
        } else {
            tally.too_late += 1;
        }
    }

    /// Lets a worker go on with the run and kills it at a random moment of that phase; whether it
    /// came in time.
    fn kill(&mut self, victim: &mut Victim, aim: Phase) -> bool {
        if aim == Phase::Features {
            self.forget_features();
        }
        let begun = victim.seen.len();
        let by_command = aim > Phase::Start && self.rng.chance(0.2);
        let mut child = self.go_on(victim, by_command);
        if aim == Phase::Training && self.rng.chance(0.4) {
            // Among the iterations that are news.
            let lines = 1 + self.rng.below(3000);
            let has_said = |said: &[store::Record]| {
                Phase::after(said) > aim || (Phase::after(said) == aim && said.len() > lines)
            };
            victim.wait(&mut child, begun, has_said);
        } else {
            victim.wait(&mut child, begun, |said| Phase::after(said) >= aim);
            if self.question.is_interrupted && aim >= Phase::Training && self.rng.chance(0.8) {
                self.interrupt(victim, &mut child, begun, aim);
            } else {
                let usual =
                    self.question.usual[&aim].mul_f64(*self.reach.entry(aim).or_insert(1.0));
                thread::sleep(usual.mul_f64(self.rng.uniform()));
            }
        }
        let is_alone = self.rng.chance(0.25);
        victim.kill(&mut child, is_alone);
        let phase = Phase::after(&victim.seen[begun..]);
        self.count(phase, phase < Phase::End);
        if let Some(reach) = self.reach.get_mut(&aim) {
            *reach = if phase > aim { *reach * 0.7 } else { (*reach * 1.2).min(1.0) };
        }
        let state = victim.folder.summary().unwrap().state;
        assert_ne!(state, State::Running, "nobody works on it");
        assert!(phase != Phase::End || state != State::Lost, "its last word counts");
        phase < Phase::End
    }

    /// A person pauses or stops it; then it writes.
    fn interrupt(&mut self, victim: &mut Victim, child: &mut Child, begun: usize, aim: Phase) {
        thread::sleep(Duration::from_millis(self.rng.below(1500) as u64));
        let stop = if aim == Phase::Training { Stop::Pause } else { Stop::Keep };
        victim.folder.request_stop(stop).unwrap();
        if aim == Phase::Training {
            thread::sleep(Duration::from_millis(self.rng.below(300) as u64));
        } else {
            victim.wait(child, begun, |said| Phase::after(said) >= Phase::Evaluation);
            thread::sleep(Duration::from_micros(self.rng.below(2000) as u64));
        }
    }

    /// Ends the worker that was made together with its run.
    fn calm(&self, victim: &mut Victim) {
        for pid in processes_of(victim.folder.path()) {
            kill_group_of(pid);
        }
        victim.wait_until_quiet();
    }

    fn go_on(&mut self, victim: &Victim, by_command: bool) -> Child {
        let run = victim.folder.replay().unwrap();
        let more = self.question.more.filter(|&more| run.iterations != more);
        let more = more.filter(|_| run.end.is_some() || self.rng.chance(0.5));
        if !by_command {
            return start_worker(&victim.folder, more);
        }
        let id = victim.folder.id();
        let more = more.map(|more| more.to_string());
        let mut arguments = vec!["resume", &id];
        arguments.extend(more.iter().flat_map(|more| ["--iterations", more]));
        let mut command = self.project.command(&arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn finish(&mut self, victim: &mut Victim) {
        self.calm(victim);
        let expected = victim.folder.clone();
        let is_done = || expected.summary().unwrap().state == State::Done;
        let wanted = self.question.more;
        let mut tries = 0;
        while !is_done() || wanted.is_some_and(|more| expected.replay().unwrap().step() != more) {
            self.go_on(victim, false).wait().unwrap();
            tries += 1;
            assert!(tries < 5, "it does not end: {:?}", expected.summary().unwrap());
        }
        victim.wait_until_quiet();
    }

    /// The run is as the undisturbed one, and all that was seen of it is still there.
    fn check(&self, victim: &mut Victim) {
        let (run, expected) = (&victim.folder, &self.question.expected);
        let records = run.tail().poll().unwrap();
        assert!(records == victim.seen, "what could be read is not what stands there");
        let last = expected.replay().unwrap().step();
        let is_due = |line: &String| {
            let Some(rest) = line.strip_prefix(r#":"evaluation","step":"#) else { return true };
            let step: usize = rest.split(',').next().unwrap().parse().unwrap();
            step.is_multiple_of(self.question.eval_interval) || step == last
        };
        // Where a person stopped it there is one evaluation more.
        let said: Vec<String> = training(run).into_iter().filter(is_due).collect();
        let undisturbed = training(expected);
        if let Some((now, then)) = said.iter().zip(&undisturbed).find(|(now, then)| now != then) {
            panic!(
                "{}: the numbers differ, {now} instead of {then}; {:?}",
                run.path().display(),
                [run, expected].map(|run| run.replay().unwrap().network)
            );
        }
        assert_eq!(said.len(), undisturbed.len(), "{}", run.path().display());
        assert_same_result(run, expected);
        for file in ["photos.csv", "skipped.csv", "labels.txt", "checkpoint.safetensors"] {
            let read = |run: &RunFolder| fs::read(run.path().join(file)).unwrap();
            assert!(read(run) == read(expected), "{file} differs: {}", run.path().display());
        }
        let experiment = |run: &RunFolder| fs::read_to_string(run.experiment()).unwrap();
        assert_eq!(experiment(run), experiment(expected));
        let (now, then) = (run.replay().unwrap(), expected.replay().unwrap());
        assert_eq!((now.end, now.warnings), (then.end, then.warnings));
        let (now, then) = (run.summary().unwrap(), expected.summary().unwrap());
        assert_eq!((now.state, now.step, now.settings), (then.state, then.step, then.settings));
        assert_eq!((now.test, now.images, now.error), (then.test, then.images, then.error));
        let (_, rows) = store::read_scores(&run.scores()).unwrap();
        assert_eq!(rows.len(), PHOTOS);
        assert!(features(&self.cache()) == self.question.features, "the features differ");
        let files = fs::read_dir(run.path()).unwrap().map(|file| file.unwrap().path());
        let left: Vec<_> = files.filter(|path| is_hidden(path)).collect();
        // One killed behind its last word, in the summary of a run that is done, has no successor.
        let is_summary = |path: &PathBuf| path.to_string_lossy().contains("/.summary.json.");
        assert!(left.len() <= 1 && left.iter().all(is_summary), "{left:?}");
    }
}

#[test]
fn a_run_killed_at_any_moment_of_any_stage_goes_on_with_nothing_lost_and_nothing_twice() {
    let reference = own_cache(1);
    let short = ["train.batch_size=4", "train.eval_interval=7", "train.optimizer=\"momentum\""];
    let best = [
        "iterations=1500",
        "train.batch_size=4",
        "train.eval_interval=7",
        "train.optimizer=\"adam\"",
        "train.schedule=\"cosine\"",
        "learning_rate=0.0001",
        "train.early_stop=1000000",
    ];
    let questions = [
        Question::new(&reference, &[&["iterations=1000"][..], &short].concat(), Some(2000)),
        Question::new(&reference, &best, None),
        Question::new(&reference, &[&["iterations=2000"][..], &short].concat(), None),
    ];
    let long = Question::new(&reference, &[&["iterations=50000"][..], &short].concat(), None);
    let tally = Mutex::new(Tally::default());
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (questions, long, tally) = (&questions, &long, &tally);
            scope.spawn(move || {
                let project = own_cache(1);
                let rng = Rng::for_purpose(SEED, &format!("thread {number}"));
                let question = &questions[0];
                let mut hunter = Hunter { project, rng, tally, question, reach: BTreeMap::new() };
                for run in 0.. {
                    let (wanted, runs) = {
                        let tally = tally.lock().unwrap();
                        (tally.wanted(), tally.runs)
                    };
                    if wanted.is_empty() || runs > MOST_RUNS {
                        break;
                    }
                    hunter.question = match run % LONG_EVERY {
                        LONG_AT => long,
                        _ => &questions[(run + number) % questions.len()],
                    };
                    hunter.hunt();
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    println!("seed {SEED}: {} of {} kills survived", tally.survived, tally.tried);
    println!("{:?}; {} too late; {} runs", tally.fell, tally.too_late, tally.runs);
    assert_eq!(tally.survived, tally.tried);
    assert_eq!(tally.wanted(), [], "{:?}", tally.fell);
}

/// As in `features::collect`, which on a slow machine writes smaller ones.
const SHARD_ROWS: usize = 64;

#[test]
fn a_run_killed_among_its_features_computes_at_most_the_shard_in_progress_again() {
    let project = own_cache(1);
    let mut rng = Rng::new(SEED);
    let photos = SHARD_ROWS + 26;
    for index in PHOTOS..photos {
        let noise = image::RgbImage::from_fn(24, 24, |_, _| {
            image::Rgb(std::array::from_fn(|_| rng.next_u64() as u8))
        });
        let category = demo::CATEGORIES[index % demo::CATEGORIES.len()];
        noise.save(project.path().join(format!("photos/{category}/noise-{index}.png"))).unwrap();
    }
    let id = project.ok(&["run", "experiments/photos.toml", "--detach"]);
    let mut victim = Victim::new(project.find(id.trim()));
    let cache = project.path().join("own");
    wait_until("a shard is there", || !shards(&cache).is_empty());
    thread::sleep(Duration::from_millis(rng.below(500) as u64));
    kill_group_of(victim.folder.owner().unwrap().pid);
    victim.wait_until_quiet();
    let kept = features(&cache).len();
    let reported = victim.folder.replay().unwrap().features.unwrap().done;
    assert!(kept > 0 && reported <= kept + SHARD_ROWS, "{reported} were computed, {kept} kept");
    let mut worker = start_worker(&victim.folder, None);
    assert!(worker.wait().unwrap().success());
    let done = victim.folder.replay().unwrap().features.unwrap();
    assert_eq!((done.from_cache, done.done), (kept, photos));
    assert_eq!(features(&cache).len(), photos, "none is there twice");
}

pub fn own_cache(threads: usize) -> Project {
    let project = Project::new();
    project.write("config.toml", &format!("cache = \"own\"\nthreads = {threads}\n"));
    for category in demo::CATEGORIES {
        for index in PHOTOS / demo::CATEGORIES.len()..PER_CATEGORY {
            let photo = format!("photos/{category}/{index}.png");
            fs::remove_file(project.path().join(photo)).unwrap();
        }
    }
    project
}
