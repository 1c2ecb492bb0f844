//! Pictures to find the range of values in a network by, for 8-bit integers.

use super::preprocess::Preprocess;
use super::settings::Resize;
use crate::demo;

/// Pictures of each category of the demo. A person's own photos found no better steps
/// (benches/README.md).
const PER_CATEGORY: usize = 6;

/// Drawn pictures `[3, side, side]`, pixel values 0 to 255, for a network that takes photos in this
/// way. They are the same on every machine and for every experiment, whatever its resize rule, so
/// that features made today fit those of last year.
pub fn calibration_pictures(preprocess: &Preprocess) -> Vec<Vec<f32>> {
    let preprocess = Preprocess { resize: Resize::Antialias, ..*preprocess };
    let numbers = (0..demo::CATEGORIES.len()).flat_map(|c| (0..PER_CATEGORY).map(move |i| (c, i)));
    numbers.map(|(category, index)| preprocess.picture(&demo::draw(category, index))).collect()
}
