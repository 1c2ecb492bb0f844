//! A project with photos and drawn features.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, ensure};
use retrain::features::{Cache, Recipe, RowKey, plain_row};
use retrain::nets::Place;
use retrain::random::Rng;
use retrain::spec::{self, Experiment};
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
    let experiment = begin(project, layer)?;
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
        let category = category(number, photos);
        let bytes = picture(number as u32);
        fs::write(file(project, number, photos)?.with_extension("bmp"), &bytes)?;
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

/// Makes a project with small JPEGs: a gradient, a disc and noise, in the colours of the category.
pub fn photos(project: &Path, photos: usize, layer: &str) -> Result<()> {
    begin(project, layer)?;
    let (start, mut rng) = (Instant::now(), Rng::new(11));
    for number in 0..photos {
        let hue = 40 * category(number, photos) as u32;
        let [x0, y0, size] = [64, 48, 20].map(|below| rng.below(below) as u32);
        let [across, down, noise] = [4, 4, 40].map(|below| 1 + rng.below(below) as u32);
        let mut picture = image::RgbImage::new(64, 48);
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let is_inside = x.abs_diff(x0).pow(2) + y.abs_diff(y0).pow(2) < size * size;
            let light = across * x + down * y / 2 + rng.below(noise as usize) as u32;
            let light = if is_inside { 255 - light.min(255) } else { light.min(255) };
            *pixel = image::Rgb([light, (light + hue) % 256, 255 - light].map(|v| v as u8));
        }
        picture.save(file(project, number, photos)?.with_extension("jpg"))?;
    }
    println!("{} JPEGs: {:.0} s", grouped(photos), start.elapsed().as_secs_f64());
    Ok(())
}

/// The experiment of a new project, whose features are of this layer.
fn begin(project: &Path, layer: &str) -> Result<Experiment> {
    fs::create_dir_all(project.join("experiments"))?;
    ensure!(fs::read_dir(project)?.count() == 1, "{} is not empty", project.display());
    fs::write(project.join("config.toml"), "")?;
    let path = project.join("experiments/woods.toml");
    fs::write(&path, format!("images = \"photos\"\n[network]\ntaps = [\"{layer}\"]\n"))?;
    Ok(spec::load(&path)?.experiment)
}

fn category(number: usize, photos: usize) -> usize {
    number * CATEGORIES.len() / photos
}

/// The file of a photo, without an ending, in a folder that is there.
fn file(project: &Path, number: usize, photos: usize) -> Result<PathBuf> {
    let category = CATEGORIES[category(number, photos)];
    let folder = project.join(format!("photos/{category}/{:03}", number / FOLDER));
    fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("{number:07}")))
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
