//! What a photo costs before the network, step by step, and what the network itself costs.
//!
//! `cargo run --release --example stage -- PHOTO...` prints for each photo the CPU time of one thread in
//! ms: read and hashed; decoded as the network needs it (turned, in sRGB); resized to the network's
//! planes; the network in int8 and in f32. Then decoding of the whole picture, and what one thread, and
//! eight at once, that read the photo for the network add to the memory of a process of their own at most.
//! `photos.py` in `benches` makes photos of all sizes.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use retrain::dataset::{DecodeRule, Detail, PhotoFile, PhotoReader, decode};
use retrain::features::{Extractor, Recipe};
use retrain::nets::Place;
use retrain::spec::{self, Distort};

const MAX_MEGAPIXELS: usize = 1000;
/// Threads that read at once when memory is measured, and how often each does.
const THREADS: usize = 8;
const TIMES: usize = 3;
/// First argument of the process that measures memory.
const MEMORY: &str = "--memory";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, photo, least, threads] = &arguments[..]
        && first == MEMORY
    {
        return print_peak_mb(photo, Detail::Least(least.parse()?), threads.parse()?);
    }
    let (int8, float) = (extractor("int8")?, extractor("f32")?);
    let names = ["read", "decode", "resize", "int8", "f32", "whole", "MB, 1", "MB, 8"];
    names.iter().for_each(|name| print!("{name:>8} "));
    println!(" photo");
    for path in arguments {
        let bytes = fs::read(&path).with_context(|| path.clone())?;
        let detail = int8.detail(&Distort::OFF);
        let read = |detail| decode(&bytes, MAX_MEGAPIXELS, detail);
        let photo = read(detail)?;
        let picture = int8.picture(&photo);
        let peaks = [peak_mb(&path, detail, 1)?, peak_mb(&path, detail, THREADS)?];
        let times = [
            cpu_ms(|| PhotoFile::hash((&path).into()))?,
            cpu_ms(|| read(detail))?,
            cpu_ms(|| int8.picture(&photo))?,
            cpu_ms(|| int8.features(&[&picture], 1))?,
            cpu_ms(|| float.features(&[&picture], 1))?,
            cpu_ms(|| read(Detail::Full))?,
        ];
        times.iter().for_each(|time| print!("{time:8.2} "));
        peaks.iter().for_each(|peak| print!("{peak:8.0} "));
        println!(" {path}");
    }
    Ok(())
}

fn extractor(precision: &str) -> Result<Extractor> {
    let text = format!("images = \"photos\"\nnetwork.precision = \"{precision}\"");
    let network = spec::parse(&text, Path::new("stage.toml"))?.experiment.network;
    Ok(Recipe::prepare(&network, MAX_MEGAPIXELS, Path::new("."), &Place::cpu())?.1)
}

/// CPU time of the process for one `work`, the least of three means: the clock on the wall would
/// count what other programs do.
fn cpu_ms<T>(work: impl Fn() -> T) -> Result<f64> {
    let mut least = f64::MAX;
    for _ in 0..3 {
        let (start, mut times) = (used_ms()?, 0);
        // The kernel counts in ticks of up to 10 ms.
        while times == 0 || used_ms()? - start < 300.0 {
            black_box(work());
            times += 1;
        }
        least = least.min((used_ms()? - start) / f64::from(times));
    }
    Ok(least)
}

/// User and system time in `/proc/self/stat`, of all threads, in hundredths of a second.
fn used_ms() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().context("no process name")?;
    let mut ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    let mut next = || ticks.next().context("too few fields")?.context("no number");
    Ok((next()? + next()?) * 10.0)
}

/// What `threads` threads that read the photo add to the memory of a process at most. In a process of
/// its own: what an allocator once had it keeps.
fn peak_mb(path: &str, detail: Detail, threads: usize) -> Result<f64> {
    let Detail::Least(least) = detail else { bail!("the network takes whole photos") };
    let (least, threads) = (least.to_string(), threads.to_string());
    let program = std::env::current_exe()?;
    let output = Command::new(program).args([MEMORY, path, &least, &threads]).output()?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

fn print_peak_mb(path: &str, detail: Detail, threads: usize) -> Result<()> {
    let photo = PhotoFile::hash(path.into())?;
    let reader = PhotoReader::new(DecodeRule::CURRENT, MAX_MEGAPIXELS);
    let before = memory_mb("VmRSS:")?;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..TIMES).for_each(|_| drop(black_box(reader.read(&photo, detail)))));
        }
    });
    println!("{}", memory_mb("VmHWM:")? - before);
    Ok(())
}

/// A line of `/proc/self/status`.
fn memory_mb(name: &str) -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no memory")?;
    Ok(kilobytes.trim().parse::<f64>()? / 1e3)
}
