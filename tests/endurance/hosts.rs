//! Machines that share a project folder are switched off, started anew and frozen while they work
//! on a run, on file systems with locks and without. Another goes on each time, and the run ends
//! with the numbers of one that nothing happened to, each iteration reported once.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::Duration;

use crate::common::compare::assert_same_result;
use crate::common::machine::{Machine, can_pretend, end, freeze, make_silent, no_locks, thaw};
use crate::common::{Project, wait_until};
use crate::crash::own_cache;
use retrain::random::Rng;
use retrain::store::{Event, RunFolder, State, list};

const SEED: u64 = 20_261_129;
/// Runs on each kind of file system.
const RUNS: usize = 10;
/// What happens to the machines of one run, at most.
const BLOWS_PER_RUN: usize = 4;
const RUN: &str = "retrain run experiments/photos.toml --detach --set iterations=3000 \
                   --set train.batch_size=4 --set train.eval_interval=7";

/// What happens to a machine.
#[derive(Clone, Copy, Debug)]
enum Blow {
    SwitchedOff,
    Restarted,
    /// Until another has taken its run.
    Frozen,
}

#[derive(Default)]
struct Tally {
    switched_off: usize,
    restarted: usize,
    frozen: usize,
    /// Workers that went on after they had been frozen, found that and ended.
    ended_by_themselves: usize,
    /// How often two machines wanted the run at once.
    contested: usize,
    survived: usize,
}

impl Tally {
    fn blows(&self) -> usize {
        self.switched_off + self.restarted + self.frozen
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} survived: {} switched off, {} restarted, {} frozen ({} ended when they went \
             on); {} times two wanted the run",
            self.survived,
            self.blows(),
            self.switched_off,
            self.restarted,
            self.frozen,
            self.ended_by_themselves,
            self.contested
        )
    }
}

/// A machine, and what keeps it on.
struct Running<'a> {
    machine: &'a Machine,
    shell: Child,
}

/// Machines on one project, of which one works on its run.
struct Farm<'a> {
    project: &'a Project,
    run: RunFolder,
    machines: &'a [Machine],
    running: Vec<Running<'a>>,
    /// Said before each script.
    prelude: String,
}

impl<'a> Farm<'a> {
    fn start(&mut self, machine: &'a Machine, script: &str) {
        let script = format!("{}{script} || true\nsleep 1000", self.prelude);
        let shell = machine.shell(self.project, &script).spawn().unwrap();
        self.running.push(Running { machine, shell });
    }

    fn is_done(&self) -> bool {
        let state = self.run.summary().unwrap().state;
        assert_ne!(state, State::Failed, "{}", self.run.last_words());
        state == State::Done
    }

    /// The machine that works on the run.
    fn active(&self) -> Option<usize> {
        let owner = self.run.worker()?;
        self.running.iter().position(|running| running.machine.name == owner.host)
    }

    /// The restarted machine, or one or two others, go on with the run.
    fn go_on(&mut self, struck: &'a Machine, blow: Blow, random: &mut Rng, tally: &mut Tally) {
        let is_restart = matches!(blow, Blow::Restarted);
        let mut able: Vec<&Machine> = self.machines.iter().collect();
        able.retain(|machine| (machine.name == struck.name) == is_restart);
        random.shuffle(&mut able);
        let how_many = if able.len() > 1 && random.chance(0.4) { 2 } else { 1 };
        tally.contested += how_many - 1;
        let resume = format!("retrain resume {} --detach", self.run.id());
        for machine in able.into_iter().take(how_many) {
            self.start(machine, &resume);
        }
        wait_until("another goes on", || self.active().is_some() || self.is_done());
    }

    fn strike(&mut self, blow: Blow, random: &mut Rng, tally: &mut Tally) {
        let Some(struck) = self.active() else { return };
        let Running { machine, shell } = self.running.swap_remove(struck);
        // Those that wanted the run and did not get it.
        self.running.drain(..).for_each(|running| end(running.shell));
        match blow {
            Blow::SwitchedOff | Blow::Restarted => {
                end(shell);
                make_silent(&self.run).unwrap();
                if self.is_done() {
                    return;
                }
                let is_restart = matches!(blow, Blow::Restarted);
                *(if is_restart { &mut tally.restarted } else { &mut tally.switched_off }) += 1;
                if is_restart {
                    machine.restart();
                }
                self.go_on(machine, blow, random, tally);
            }
            Blow::Frozen => {
                freeze(&shell);
                make_silent(&self.run).unwrap();
                if self.is_done() {
                    return end(shell);
                }
                tally.frozen += 1;
                let before = endings(&self.run);
                self.go_on(machine, blow, random, tally);
                thread::sleep(Duration::from_millis(random.below(600) as u64));
                let owner = self.run.owner();
                thaw(&shell);
                let is_over = || endings(&self.run) > before;
                // One that was frozen between two jobs, or at its end, has nothing to find.
                let mut waited = 0;
                while !is_over() && waited < 100 && !self.is_done() {
                    thread::sleep(Duration::from_millis(50));
                    waited += 1;
                }
                tally.ended_by_themselves += usize::from(is_over());
                assert!(self.run.owner() == owner || self.is_done(), "it took the run back");
                end(shell);
            }
        }
    }
}

/// How many workers have found that another has their run.
fn endings(run: &RunFolder) -> usize {
    let said = fs::read_to_string(run.worker_log()).unwrap_or_default();
    said.matches("has taken this run over").count()
}

/// What readers are told of the training.
fn told(run: &RunFolder) -> Vec<String> {
    let records = run.tail().poll().unwrap().into_iter();
    let is_training =
        |event: &Event| matches!(event, Event::Step { .. } | Event::Evaluation { .. });
    records
        .filter(|record| is_training(&record.event))
        .map(|record| format!("{:?}", record.event))
        .collect()
}

fn campaign(library: Option<&Path>, expected: &RunFolder) -> Tally {
    let mut tally = Tally::default();
    let mut random = Rng::for_purpose(SEED, if library.is_some() { "no locks" } else { "locks" });
    for _ in 0..RUNS {
        let project = own_cache(1);
        let machines = ["first", "second", "third"].map(Machine::new);
        let prelude =
            library.map_or(String::new(), |path| format!("export LD_PRELOAD={}\n", path.display()));
        let first = machines[0].shell(&project, &format!("{prelude}{RUN}\nsleep 1000"));
        let first = Running { machine: &machines[0], shell: { first }.spawn().unwrap() };
        let runs = project.path().join("runs");
        wait_until("there is a run", || list(&runs).is_ok_and(|runs| !runs.is_empty()));
        let run = project.find("last");
        let (machines, running) = (&machines, vec![first]);
        let mut farm = Farm { project: &project, run, machines, running, prelude };
        wait_until("it is worked on", || farm.active().is_some());
        let before = tally.blows();
        for _ in 0..BLOWS_PER_RUN {
            thread::sleep(Duration::from_millis(random.below(900) as u64));
            if farm.is_done() {
                break;
            }
            let blow = match random.below(4) {
                0 => Blow::SwitchedOff,
                1 => Blow::Restarted,
                // Where locks work, that of a frozen process keeps others away.
                _ if library.is_none() => Blow::SwitchedOff,
                _ => Blow::Frozen,
            };
            farm.strike(blow, &mut random, &mut tally);
        }
        wait_until("it is done", || farm.is_done());
        assert!(told(&farm.run) == told(expected), "the numbers differ");
        assert_same_result(&farm.run, expected);
        tally.survived += tally.blows() - before;
        farm.running.into_iter().for_each(|running| end(running.shell));
    }
    tally
}

#[test]
fn whatever_happens_to_machines_that_share_a_folder_another_goes_on_with_their_run() {
    if !can_pretend() {
        return;
    }
    let reference = own_cache(1);
    let run: Vec<&str> =
        RUN.split_whitespace().skip(1).filter(|word| *word != "--detach").collect();
    reference.ok(&run);
    let expected = reference.find("last");
    let library = tempfile::tempdir().unwrap();
    let library = &no_locks(library.path());
    thread::scope(|scope| {
        let expected = &expected;
        let kinds = [("with locks", None), ("without locks", Some(library.as_path()))];
        let campaigns =
            kinds.map(|(name, library)| (name, scope.spawn(move || campaign(library, expected))));
        for (name, tally) in campaigns {
            let tally = tally.join().unwrap();
            println!("machines on one folder {name}, seed {SEED}: {tally}");
            assert_eq!(tally.survived, tally.blows());
            assert!(tally.blows() > RUNS, "most runs were over before anything happened");
            assert_eq!(tally.ended_by_themselves > 0, tally.frozen > 0, "{tally}");
        }
    });
}
