//! How fast this processor is by each engine, measured: that it has an instruction does not say that the
//! instruction is fast.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::engine::Engine;
use super::format::{Format, InstructionSet};
use super::graph::{Activation, Conv, Graph};
use super::plan::Plan;
use super::quantize::Scales;
use super::trunk::Trunk;

/// Passes of each engine, in turns with the others, so that whatever else the machine does in between
/// meets all of them. The fastest counts: other programs make a pass slower and never faster, and on a busy
/// machine most passes are slowed, by any factor.
const ROUNDS: usize = 7;
const SIDE: usize = 35;
const CHANNELS: usize = 64;

/// What a pass of a small network takes by each engine of this processor, on one thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Speeds {
    times: Vec<(Engine, Duration)>,
}

type Keeper = Box<dyn Fn() -> Speeds + Send + Sync>;

static HERE: OnceLock<Speeds> = OnceLock::new();
static KEEPER: OnceLock<Keeper> = OnceLock::new();

impl Speeds {
    /// Those of this processor: as the keeper has them, or measured at the first call.
    pub fn here() -> &'static Speeds {
        HERE.get_or_init(|| KEEPER.get().map_or_else(Speeds::measure, |kept| kept()))
    }

    /// Has [`Speeds::here`] ask `keeper`, which may know from before what would be measured. The first one
    /// that is given stays.
    pub fn kept_by(keeper: impl Fn() -> Speeds + Send + Sync + 'static) {
        // A second one would change nothing: what is kept is of the same processor.
        let _ = KEEPER.set(Box::new(keeper));
    }

    /// Measures every engine but plain Rust where there is another: some 30 milliseconds.
    pub fn measure() -> Speeds {
        let (graph, picture) = small_network();
        let scales = Scales::from_largest(&graph, vec![8.0; graph.map_count()]);
        let trunk = |engine| Trunk::new(Plan::new(&graph, engine, Some(&scales)));
        let trunks: Vec<Trunk> = worth_measuring().map(trunk).collect();
        let mut features = vec![0.0; graph.feature_len()];
        let mut pass = |trunk: &Trunk| {
            let start = Instant::now();
            trunk.features(&picture, &mut features);
            start.elapsed()
        };
        // The first pass finds memory and caches cold.
        trunks.iter().for_each(|trunk| _ = pass(trunk));
        let mut fastest = vec![Duration::MAX; trunks.len()];
        for _ in 0..ROUNDS {
            for (trunk, time) in trunks.iter().zip(&mut fastest) {
                *time = pass(trunk).min(*time);
            }
        }
        let engines = trunks.iter().map(|trunk| trunk.plan().engine());
        Speeds { times: engines.zip(fastest).collect() }
    }

    /// What was measured before, if it says something of each engine that would be measured now.
    pub fn of(measured: &[(Format, InstructionSet, Duration)]) -> Option<Speeds> {
        let time = |engine: Engine| {
            let named = |(format, set, _): &&(Format, InstructionSet, Duration)| {
                (*format, *set) == (engine.format(), engine.set())
            };
            measured.iter().find(named).map(|(.., time)| (engine, *time))
        };
        let times = worth_measuring().map(time).collect::<Option<_>>()?;
        Some(Speeds { times })
    }

    /// The engines with their times.
    pub fn times(&self) -> &[(Engine, Duration)] {
        &self.times
    }

    /// `None` for an engine that was not worth it.
    pub fn time(&self, engine: Engine) -> Option<Duration> {
        self.times.iter().find(|(measured, _)| *measured == engine).map(|(_, time)| *time)
    }
}

/// Plain Rust only where there is nothing else.
fn worth_measuring() -> impl Iterator<Item = Engine> {
    Format::ALL.into_iter().flat_map(Engine::of)
}

/// Three by three, one by seven and one by one, as most of a network's time goes into: 23 million
/// multiplications, of inputs that are neither all the same nor 0.
fn small_network() -> (Graph, Vec<f32>) {
    let (mut graph, input) = Graph::new([SIDE, SIDE], [(1.0 / 127.5, -1.0); 3]);
    let conv = |inputs: usize, kernel: [usize; 2], stride: usize, padding: [usize; 2]| {
        let fan = inputs * kernel[0] * kernel[1];
        let weight = |at: usize| ((at * 37 % 101) as f32 / 50.0 - 1.0) / (fan as f32).sqrt();
        Conv {
            name: format!("{}x{}", kernel[0], kernel[1]),
            kernel,
            stride,
            padding,
            weight: (0..fan * CHANNELS).map(weight).collect(),
            bias: vec![0.1; CHANNELS],
            activation: Activation::Relu,
        }
    };
    let first = graph.conv(input, conv(3, [3, 3], 2, [0, 0]), None);
    let square = graph.conv(first, conv(CHANNELS, [3, 3], 1, [1, 1]), None);
    let long = graph.conv(square, conv(CHANNELS, [1, 7], 1, [0, 3]), None);
    let one = graph.conv(long, conv(CHANNELS, [1, 1], 1, [0, 0]), None);
    graph.mean(one);
    let picture = (0..3 * SIDE * SIDE).map(|at| (at * 29 % 256) as f32).collect();
    (graph, picture)
}
