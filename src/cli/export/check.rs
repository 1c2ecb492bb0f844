//! An ONNX file beside this program, on photos of the run.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};
use candle_core::{Device, Tensor};
use image::RgbImage;

use crate::cli::{EXIT_FAILED, typed};
use crate::config::Config;
use crate::dataset::{Detail, PhotoFile, PhotoReader};
use crate::export::OnnxRuntime;
use crate::features::{Extractor, Recipe};
use crate::insight;
use crate::nets::Precision;
use crate::spec::{DeviceChoice, Distort, Set};
use crate::store::{RunFolder, read_photos};
use crate::train::{HeadFile, evaluate};
use crate::words::{counted, duration};

/// Photos that are compared, evenly taken of the test photos.
const MOST: usize = 100;
/// What the rounding of f32 may change a score by.
const TOLERANCE: f32 = 1e-4;

pub(super) fn check(
    config: &Config,
    run: &RunFolder,
    head: &HeadFile,
    recipe: &Recipe,
    file: &Path,
) -> Result<ExitCode> {
    let mut runtime = OnnxRuntime::start(file)?;
    let photos = test_photos(run)?;
    rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?.install(|| {
        let in_f32 = Recipe { precision: Precision::F32, ..recipe.clone() };
        let exact = in_f32.open(DeviceChoice::Cpu)?;
        let own = recipe.open(DeviceChoice::Cpu)?;
        let reader = PhotoReader::new(recipe.decode_rule, recipe.max_megapixels);
        let (mut to_exact, mut to_predict) = (Difference::default(), Difference::default());
        for photo in &photos {
            // One that is gone or damaged by now is left out.
            let Ok(whole) = reader.read(photo, Detail::Full) else { continue };
            let seen = runtime.run(&whole.pixels)?.scores;
            to_exact.add(&seen, head, &exact, &whole.pixels)?;
            // Its memory first: the next may be as large as all that may be held.
            drop(whole);
            let Ok(small) = reader.read(photo, own.detail(&Distort::OFF)) else { continue };
            to_predict.add(&seen, head, &own, &small.pixels)?;
        }
        if to_exact.count == 0 {
            bail!("none of the test photos of {} can be read any more", run.id());
        }
        let photos = counted(to_exact.count, "test photo");
        let each = duration(runtime.seconds() / to_exact.count as f64);
        newsln!("onnxruntime {}: {photos}, {each} each", runtime.version());
        newsln!("this program in f32, on the same pixels: {}", to_exact.in_words());
        let precision = recipe.precision.name();
        newsln!("'predict' of this run (in {precision}): {}", to_predict.in_words());
        if to_exact.largest > TOLERANCE {
            newsln!("retrain: {} does not compute what this program computes", typed(file));
            return Ok(ExitCode::from(EXIT_FAILED));
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Test photos of the run; with folds all are.
fn test_photos(run: &RunFolder) -> Result<Vec<PhotoFile>> {
    let replayed = run.replay()?;
    let images = run.place(&replayed, &replayed.images);
    let mut photos = read_photos(run).map_err(|reason| anyhow!(reason))?;
    photos.retain(|photo| photo.set == Set::Test || photo.fold.is_some());
    let kept = photos.len().min(MOST);
    let chosen = (0..kept).map(|place| &photos[place * photos.len() / kept].file);
    Ok(chosen.filter_map(|file| PhotoFile::hash(images.join(file)).ok()).collect())
}

fn scores(head: &HeadFile, extractor: &Extractor, photo: &RgbImage) -> Result<Vec<f32>> {
    let features = extractor.features(&[&extractor.picture(photo)], 1)?.concat();
    let d = features.len();
    let features = Tensor::from_vec(features, (1, d), &Device::Cpu)?;
    Ok(evaluate(&head.head, &features)?.concat())
}

/// How far scores of the same photos are apart.
#[derive(Default)]
struct Difference {
    count: usize,
    /// Photos whose highest score is that of the same category.
    alike: usize,
    largest: f32,
    /// That this program took.
    seconds: f64,
}

impl Difference {
    /// `seen` beside what this program gives for the photo.
    fn add(
        &mut self,
        seen: &[f32],
        head: &HeadFile,
        extractor: &Extractor,
        photo: &RgbImage,
    ) -> Result<()> {
        let start = Instant::now();
        let own = scores(head, extractor, photo)?;
        self.seconds += start.elapsed().as_secs_f64();
        self.count += 1;
        self.alike += usize::from(insight::predict(seen) == insight::predict(&own));
        let apart = seen.iter().zip(&own).map(|(a, b)| (a - b).abs());
        self.largest = apart.fold(self.largest, f32::max);
        Ok(())
    }

    fn in_words(&self) -> String {
        format!(
            "largest difference of a score {:.7}, same top category on {} of {}, {} each",
            self.largest,
            self.alike,
            self.count,
            duration(self.seconds / self.count.max(1) as f64)
        )
    }
}
