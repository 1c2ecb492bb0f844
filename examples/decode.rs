//! What a photo costs before the network, and what the network itself costs.
//!
//! `cargo run --release --example decode -- PHOTO...` prints for each photo the CPU time of one
//! thread in ms: hash, decoding in full and reduced, each with its resize, and the trunk.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use anyhow::{Context, Result};
use image::RgbImage;
use retrain::dataset::{Detail, decode};
use retrain::features::Recipe;
use retrain::nets::Place;
use retrain::spec;

const MAX_MEGAPIXELS: usize = 1000;

fn main() -> Result<()> {
    let network = spec::parse("images = \"photos\"", Path::new("decode.toml"))?.experiment.network;
    let (recipe, extractor) =
        Recipe::prepare(&network, MAX_MEGAPIXELS, Path::new("."), &Place::cpu())?;
    let preprocess = recipe.network.preprocess;
    let least = Detail::Least(2 * preprocess.shorter_side(preprocess.side));
    println!(
        "{:>8} {:>8} {:>8} {:>8} {:>8} {:>8}  photo",
        "hash", "full", "resize", "reduced", "resize", "trunk"
    );
    for path in std::env::args().skip(1) {
        let bytes = fs::read(&path).with_context(|| path.clone())?;
        let read = |detail| decode(&bytes, MAX_MEGAPIXELS, detail);
        let ready = |photo: &RgbImage| preprocess.picture(photo);
        let (full, reduced) = (read(Detail::Full)?, read(least)?);
        let picture = extractor.picture(&reduced);
        let times = [
            cpu_ms(|| blake3::hash(&bytes))?,
            cpu_ms(|| read(Detail::Full))?,
            cpu_ms(|| ready(&full))?,
            cpu_ms(|| read(least))?,
            cpu_ms(|| ready(&reduced))?,
            cpu_ms(|| extractor.features(&[&picture], 1))?,
        ];
        times.iter().for_each(|time| print!("{time:8.1} "));
        println!(" {path}");
    }
    Ok(())
}

/// CPU time of the process for one `work`, the least of three means: the clock on the wall would
/// count what other programs do.
fn cpu_ms<T>(work: impl Fn() -> T) -> Result<f64> {
    let mut least = f64::MAX;
    for _ in 0..3 {
        let (start, mut times) = (used_ms()?, 0);
        // The kernel counts in ticks of up to 10 ms.
        while times == 0 || used_ms()? - start < 200.0 {
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
