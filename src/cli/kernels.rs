//! `retrain kernels`: how fast each layer of the network is on this machine.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use candle_core::{Device, Tensor};

use crate::config::Config;
use crate::features::speeds_file;
use crate::kernels::{
    Engine, Format, InstructionSet, Rounding, Speeds, StepKind, StepSummary, Trunk,
};
use crate::nets::efficientnet_lite2;
use crate::nets::inception_v3::{self, PlainInceptionV3};
use crate::nets::{self, NetworkSettings};
use crate::store;

/// Measurements of each layer, of which the fastest of each portion counts.
const ROUNDS: usize = 20;
const PLAIN_ROUNDS: usize = 3;

pub fn kernels(config: &Config, precision: Option<&str>) -> Result<ExitCode> {
    let engines = formats(precision)?.into_iter().flat_map(Engine::of);
    print_speeds(&config.cache);
    let engines: Vec<Engine> = engines.filter(is_shown).collect();
    let (network, root) = (NetworkSettings::default(), Path::new(""));
    let plain = PlainInceptionV3::load(&network, root, &Device::Cpu)?;
    let picture = nets::calibration_pictures(plain.preprocess()).remove(0);
    let plain = plain_times(&plain, &picture)?;
    let mut differ = Vec::new();
    outln!("{}", inception_v3::NAME);
    let mut others = Others::default();
    for engine in &engines {
        let trunk = inception_v3::on_engine(&network, root, *engine)?;
        let features = print(&trunk, &picture, &plain);
        differ.extend(others.compare(*engine, features));
    }
    outln!("{}", efficientnet_lite2::NAME);
    let preprocess = efficientnet_lite2::preprocess(&network);
    let picture = nets::calibration_pictures(&preprocess).remove(0);
    let mut others = Others::default();
    for engine in &engines {
        let trunk = efficientnet_lite2::on_engine(&network, root, *engine)?;
        let features = print(&trunk, &picture, &[]);
        differ.extend(others.compare(*engine, features));
    }
    if !differ.is_empty() {
        bail!(
            "instructions give other features than they may: {}; report this with the output of \
             'retrain doctor'",
            differ.join("; ")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What was measured of every engine, and which one is taken for its format.
fn print_speeds(cache: &Path) {
    outln!("{}", store::processor_name());
    for (engine, time) in Speeds::here().times() {
        let is_taken = *engine == Engine::best(engine.format());
        outln!(
            "{:22} {:10} {:8.3} ms {}",
            engine.format().full_name(),
            engine.set().name(),
            time.as_secs_f64() * 1e3,
            match (is_taken, engine.is_fast()) {
                (true, true) => "taken",
                (true, false) => "slower than f32: only where it is asked for",
                (false, _) => "",
            }
        );
    }
    for format in Format::of_this_processor() {
        if let Some(reason) = Engine::why_no_amx(format) {
            outln!("{} is not computed by AMX: {reason}", format.full_name());
        }
    }
    let file = speeds_file(cache);
    match file.is_file() {
        true => outln!("a small network, measured once and kept in {}\n", file.display()),
        false => outln!("a small network, measured now: {} cannot be written\n", file.display()),
    }
}

/// The features of a network by the engines that were measured so far.
#[derive(Default)]
struct Others(Vec<(Engine, Vec<f32>)>);

impl Others {
    /// How far another engine of a format may be from the first: 8-bit integers give the same bits, f32 and
    /// bf16 are added in other orders.
    fn allowed(format: Format) -> f64 {
        match format {
            Format::F32 => 1e-5,
            Format::Bf16 => 1e-2,
            Format::Int8(_) => 0.0,
        }
    }

    /// Prints how far the features of an engine are from those of the first one of its format, and gives
    /// what is wrong when it is too far.
    fn compare(&mut self, engine: Engine, features: Vec<f32>) -> Option<String> {
        let first = self.0.iter().find(|(other, _)| other.format() == engine.format());
        let found = first.map(|(other, expected)| {
            let distance = distance(&features, expected);
            let by = other.set().name();
            let found = match distance {
                0.0 => format!("the same as by {by}"),
                _ => format!("{distance:.1e} (relative L2) from those by {by}"),
            };
            (distance, found)
        });
        self.0.push((engine, features));
        let (distance, found) = found?;
        let (name, set) = (engine.format().full_name(), engine.set().name());
        outln!("features in {name} by {set}: {found}\n");
        // NaN is not fine either.
        let is_fine = distance <= Others::allowed(engine.format());
        (!is_fine).then(|| format!("those in {name} by {set} are {found}"))
    }
}

/// Relative L2.
fn distance(seen: &[f32], expected: &[f32]) -> f64 {
    let length = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let pairs = seen.iter().zip(expected);
    length(&mut pairs.map(|(a, b)| f64::from(*a) - f64::from(*b)))
        / length(&mut expected.iter().map(|value| f64::from(*value)))
}

/// The named one, or all that this processor has instructions for.
fn formats(precision: Option<&str>) -> Result<Vec<Format>> {
    let Some(name) = precision else {
        return Ok(Format::ALL.into_iter().filter(|f| Engine::best(*f).is_fast()).collect());
    };
    let named: Vec<Format> = Format::ALL.into_iter().filter(|f| f.name() == name).collect();
    if named.is_empty() {
        let known = Format::of_this_processor().map(Format::name).join(", ");
        bail!("--precision is '{name}', expected one of {known}");
    }
    Ok(named)
}

/// Not weights of the reduced range where they gain nothing: only AVX2 multiplies them faster.
fn is_shown(engine: &Engine) -> bool {
    engine.format() != Format::Int8(Rounding::Reduced) || engine.set() == InstructionSet::Avx2
}

/// Names of the convolutions with their best times in plain Candle.
fn plain_times(plain: &PlainInceptionV3, picture: &[f32]) -> Result<Vec<(String, Duration)>> {
    let side = plain.preprocess().side;
    let pixels = Tensor::from_slice(picture, (1, 3, side, side), &Device::Cpu)?;
    let mut best = plain.timed(&pixels)?;
    for _ in 1..PLAIN_ROUNDS {
        for (best, (_, time)) in best.iter_mut().zip(plain.timed(&pixels)?) {
            best.1 = best.1.min(time);
        }
    }
    Ok(best)
}

/// Gives the features of the picture.
fn print(trunk: &Trunk, picture: &[f32], plain: &[(String, Duration)]) -> Vec<f32> {
    let plan = trunk.plan();
    let engine = plan.engine();
    let peak = engine.peak();
    outln!(
        "{} by {}: peak {:.1} GFLOP/s a core; weights {:.1} MB, {:.1} MB for each picture at work",
        engine.format().full_name(),
        engine.set().name(),
        peak / 1e9,
        plan.weight_bytes() as f64 / 1e6,
        plan.arena_bytes() as f64 / 1e6
    );
    outln!(
        "{:27} {:>13} {:>13} {:>8} {:>6} {:>8} {:>8} {:>7} {:>7}",
        "layer",
        "input",
        "output",
        "kernel",
        "tile",
        "ms",
        "GFLOP/s",
        "of peak",
        "candle"
    );
    let mut features = vec![0.0; plan.feature_len()];
    let times = |(_, times): (_, Vec<Duration>)| times;
    let mut best: Vec<_> = trunk.timed(picture, &mut features).into_iter().map(times).collect();
    for _ in 1..ROUNDS {
        for (best, (_, times)) in best.iter_mut().zip(trunk.timed(picture, &mut features)) {
            best.iter_mut().zip(times).for_each(|(best, time)| *best = time.min(*best));
        }
    }
    let best: Vec<Duration> = best.iter().map(|portions| portions.iter().sum()).collect();
    for (step, time) in plan.steps().zip(&best) {
        line(step, *time, peak, plain);
    }
    let flops = 2.0 * plan.steps().map(|step| step.multiplications).sum::<usize>() as f64;
    let (ours, theirs): (Duration, Duration) =
        (best.iter().sum(), plain.iter().map(|(_, time)| time).sum());
    let compared = match plain.is_empty() {
        true => String::new(),
        false => {
            let times = theirs.as_secs_f64() / ours.as_secs_f64();
            format!("; {times:.1} times as fast as plain Candle")
        }
    };
    outln!(
        "all {:.2} ms, {:.1} GFLOP/s, {:.0}% of the peak{compared}\n",
        ours.as_secs_f64() * 1e3,
        flops / ours.as_secs_f64() / 1e9,
        100.0 * flops / ours.as_secs_f64() / peak,
    );
    features
}

fn line(step: &StepSummary, time: Duration, peak: f64, plain: &[(String, Duration)]) {
    let shape = |[c, h, w]: [usize; 3]| format!("{c}x{h}x{w}");
    let seconds = time.as_secs_f64();
    let mut line = format!("{:27} {:>13} {:>13}", step.name, shape(step.input), shape(step.output));
    if let StepKind::Conv { kernel: [height, width], stride, tile: [panels, pixels] } = step.kind {
        let flops = 2.0 * step.multiplications as f64 / seconds;
        line += &format!(
            " {:>8} {:>6} {:8.3} {:8.1} {:6.0}%",
            format!("{height}x{width}/{stride}"),
            format!("{panels}x{pixels}"),
            seconds * 1e3,
            flops / 1e9,
            100.0 * flops / peak
        );
        if let Some((_, theirs)) = plain.iter().find(|(name, _)| *name == step.name) {
            line += &format!(" {:6.1}x", theirs.as_secs_f64() / seconds);
        }
    } else if let StepKind::Depthwise { kernel, stride } = step.kind {
        let flops = 2.0 * step.multiplications as f64 / seconds;
        line += &format!(
            " {:>8} {:>6} {:8.3} {:8.1}",
            format!("{kernel}x{kernel}/{stride}"),
            "each",
            seconds * 1e3,
            flops / 1e9
        );
    } else {
        line += &format!(" {:15} {:8.3}", "", seconds * 1e3);
    }
    outln!("{line}");
}
