//! A project with photos and drawn features.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use retrain::features::{Cache, Recipe, RowKey, plain_row};
use retrain::nets::Place;
use retrain::random::Rng;
use retrain::spec;
use retrain::words::grouped;

const CATEGORIES: [&str; 5] = ["bark", "fern", "moss", "rock", "sand"];
/// Photos in one folder.
const FOLDER: usize = 5_000;
/// Features in one shard, as the feature stage of a run writes them.
const SHARD: usize = 64;
/// Normal numbers that are drawn once; each feature is a part of them from a place of its own.
const NORMALS: usize = 1 << 20;

/// Makes the project; a feature is the mean of its category and noise, and never below 0.
pub fn make(project: &Path, photos: usize, layer: &str) -> Result<()> {
    fs::create_dir_all(project.join("experiments"))?;
    ensure!(fs::read_dir(project)?.count() == 1, "{} is not empty", project.display());
    fs::write(project.join("config.toml"), "")?;
    let text = format!("images = \"photos\"\n[network]\ntaps = [\"{layer}\"]\n");
    let path = project.join("experiments/woods.toml");
    fs::write(&path, &text)?;
    let experiment = spec::load(&path)?.experiment;
    let place = Place::open(&experiment.network)?;
    let max_megapixels = experiment.data.max_megapixels;
    let (_, extractor) = Recipe::prepare(&experiment.network, max_megapixels, project, &place)?;
    let d = extractor.backbone.feature_len();
    let mut cache = Cache::open(&project.join("cache"), &extractor.feature_key(), d)?;

    let start = Instant::now();
    let mut rng = Rng::new(7);
    let normals: Vec<f32> = (0..NORMALS + d).map(|_| rng.normal() as f32).collect();
    let means: Vec<f32> = (0..CATEGORIES.len() * d).map(|_| 0.05 * rng.normal() as f32).collect();
    let (mut keys, mut features): (Vec<RowKey>, Vec<f32>) = Default::default();
    for number in 0..photos {
        let category = number * CATEGORIES.len() / photos;
        let folder =
            project.join(format!("photos/{}/{:03}", CATEGORIES[category], number / FOLDER));
        if number % FOLDER == 0 || keys.is_empty() {
            fs::create_dir_all(&folder)?;
        }
        let bytes = picture(number as u32);
        fs::write(folder.join(format!("{number:07}.bmp")), &bytes)?;
        keys.push(plain_row(&blake3::hash(&bytes)));
        let noise = &normals[rng.below(NORMALS)..][..d];
        let mean = &means[category * d..][..d];
        features.extend(mean.iter().zip(noise).map(|(mean, noise)| (mean + noise).max(0.0)));
        if keys.len() == SHARD || number + 1 == photos {
            cache.insert(&keys, &features)?;
            keys.clear();
            features.clear();
        }
    }
    println!(
        "{} photos and features of {d} numbers: {:.0} s",
        grouped(photos),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// A BMP of 2 by 2 pixels, of which the first and the third hold the number.
fn picture(number: u32) -> Vec<u8> {
    const HEAD: u32 = 54;
    const PIXELS: u32 = 16;
    let [a, b, c, d] = number.to_le_bytes();
    let mut bytes = b"BM".to_vec();
    for field in [HEAD + PIXELS, 0, HEAD, 40, 2, 2, 1 | 24 << 16, 0, PIXELS, 2835, 2835, 0, 0] {
        bytes.extend(field.to_le_bytes());
    }
    // Two rows of two pixels, each filled up to four bytes.
    bytes.extend([a, b, c, 99, 99, 99, 0, 0, d, 99, 99, 99, 99, 99, 0, 0]);
    bytes
}
