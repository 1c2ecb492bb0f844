//! Computes features on request and says how long it took: this program's side of `benches/peers`,
//! which asks other programs the same.
//!
//! Each line on stdin is a command in JSON, each line on stdout its answer:
//!
//! ```text
//! {"do":"load","precision":"f32","taps":[],"weights":"built-in"}
//! {"do":"files","precision":"f32","files":["a.jpg"],"threads":2,"output":"features.f32"}
//! {"do":"trunk","precision":"f32","pixels":"pixels.f32","batch":8,"threads":2,"output":"features.f32"}
//! ```
//!
//! `files` goes the way of a run, from file to feature. `trunk` runs the network alone, on pictures
//! that are ready: f32 `[n, 3, side, side]`, 0 to 255. Features are written as f32 `[n, feature_len]`
//! after the clock has stopped.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use candle_core::{Device, Tensor};
use serde::Deserialize;
use serde_json::{Value, json};

use retrain::dataset::PhotoFile;
use retrain::features::{self, Cache, Extractor, Job, Jobs, Recipe};
use retrain::nets::Place;
use retrain::spec::{self, Distort, Experiment};

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Command {
    Load { precision: String, taps: Vec<String>, weights: String },
    Files { precision: String, files: Vec<PathBuf>, threads: usize, output: PathBuf },
    Trunk { precision: String, pixels: PathBuf, batch: usize, threads: usize, output: PathBuf },
}

/// A network that was loaded, once for each precision.
type Networks = HashMap<String, Extractor>;

fn main() -> Result<()> {
    let mut networks = Networks::new();
    for line in io::stdin().lock().lines() {
        let answer = answer(&line?, &mut networks)
            .unwrap_or_else(|err| json!({ "error": format!("{err:#}") }));
        println!("{answer}");
        io::stdout().flush()?;
    }
    Ok(())
}

fn answer(line: &str, networks: &mut Networks) -> Result<Value> {
    match serde_json::from_str(line)? {
        Command::Load { precision, taps, weights } => load(networks, precision, &taps, &weights),
        Command::Files { precision, files, threads, output } => {
            from_files(network(networks, &precision)?, &files, threads, &output)
        }
        Command::Trunk { precision, pixels, batch, threads, output } => {
            trunk(network(networks, &precision)?, &pixels, batch, threads, &output)
        }
    }
}

fn network<'a>(networks: &'a Networks, precision: &str) -> Result<&'a Extractor> {
    networks.get(precision).with_context(|| format!("{precision} is not loaded"))
}

fn load(
    networks: &mut Networks,
    precision: String,
    taps: &[String],
    weights: &str,
) -> Result<Value> {
    let start = Instant::now();
    let experiment = experiment(&precision, taps, weights)?;
    let root = std::env::current_dir()?;
    let megapixels = experiment.data.max_megapixels;
    let prepared = Recipe::prepare(&experiment.network, megapixels, &root, &Place::cpu());
    let (recipe, extractor) = match prepared {
        Ok(prepared) => prepared,
        Err(err) => return Ok(json!({ "not_offered": err.to_string() })),
    };
    if let Some(slow) = extractor.backbone.warning() {
        return Ok(json!({ "not_offered": slow }));
    }
    let answer = json!({
        "seconds": start.elapsed().as_secs_f64(),
        "feature_len": extractor.backbone.feature_len(),
        "network": recipe.network.lines(),
        "arithmetic": extractor.backbone.arithmetic(),
    });
    networks.insert(precision, extractor);
    Ok(answer)
}

/// Every default but these.
fn experiment(precision: &str, taps: &[String], weights: &str) -> Result<Experiment> {
    let text = format!(
        "images = 'photos'\n[network]\nprecision = {precision:?}\ntaps = {taps:?}\nweights = \
         {weights:?}\n"
    );
    Ok(spec::parse(&text, Path::new("features_server"))?.experiment)
}

/// Hashes the photos and fills an empty cache with their features, as a run does.
fn from_files(
    extractor: &Extractor,
    files: &[PathBuf],
    threads: usize,
    output: &Path,
) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let start = Instant::now();
    let job = |file: &PathBuf| Ok(Job { photo: PhotoFile::hash(file.clone())?, variants: 0 });
    let jobs: Vec<Job> = files.iter().map(job).collect::<Result<_>>()?;
    let key = extractor.feature_key();
    let mut cache = Cache::open(folder.path(), &key, extractor.backbone.feature_len())?;
    let filled = features::fill(
        &jobs,
        extractor,
        &Distort::OFF,
        &mut cache,
        threads,
        &|| false,
        &mut |_| Ok::<(), std::convert::Infallible>(()),
    )?;
    let wall = start.elapsed();
    if let Some((number, reason)) = filled.unreadable.first() {
        bail!("{}: {reason}", files[*number].display());
    }
    let rows: Vec<_> =
        (0..jobs.len()).flat_map(|number| jobs.rows(number, &Distort::OFF)).collect();
    write(output, &cache.read(&rows)?)?;
    Ok(measured(wall, files.len()))
}

/// Batch after batch, all threads on each.
fn trunk(
    extractor: &Extractor,
    pixels: &Path,
    batch: usize,
    threads: usize,
    output: &Path,
) -> Result<Value> {
    let backbone = &extractor.backbone;
    let side = backbone.identity().preprocess.side;
    let batches = pictures(pixels, batch * 3 * side * side)?
        .into_iter()
        .map(|batch_pixels| Tensor::from_vec(batch_pixels, (batch, 3, side, side), &Device::Cpu))
        .collect::<candle_core::Result<Vec<Tensor>>>()?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let start = Instant::now();
    let features = pool.install(|| {
        batches
            .iter()
            .map(|batch| backbone.features(batch))
            .collect::<candle_core::Result<Vec<_>>>()
    })?;
    let wall = start.elapsed();
    let features = Tensor::cat(&features, 0)?.flatten_all()?.to_vec1()?;
    write(output, &features)?;
    Ok(measured(wall, batches.len() * batch))
}

/// The file's numbers in batches of `batch_len`.
fn pictures(path: &Path, batch_len: usize) -> Result<Vec<Vec<f32>>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    ensure!(
        !numbers.is_empty()
            && bytes.len() == numbers.len() * 4
            && numbers.len().is_multiple_of(batch_len),
        "{}: {} bytes are no whole batches of pictures",
        path.display(),
        bytes.len()
    );
    Ok(numbers.chunks(batch_len).map(<[f32]>::to_vec).collect())
}

fn write(output: &Path, features: &[f32]) -> Result<()> {
    let bytes: Vec<u8> = features.iter().flat_map(|value| value.to_le_bytes()).collect();
    fs::write(output, bytes).map_err(|err| anyhow!("{}: {err}", output.display()))
}

fn measured(wall: Duration, images: usize) -> Value {
    json!({ "wall_seconds": wall.as_secs_f64(), "images": images })
}
