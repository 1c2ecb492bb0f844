//! Pictures to find the range of values in a network by.

use crate::dataset;
use crate::demo;
use crate::spec::Resize;

/// Pictures of each category of the demo. A person's own photos found no better steps
/// (benches/README.md).
const PER_CATEGORY: usize = 6;

/// Drawn pictures `[3, side, side]`, pixel values 0 to 255: the same on every machine and for every
/// experiment, so that features made today fit those of last year.
pub fn pictures(side: usize) -> Vec<Vec<f32>> {
    let numbers = (0..demo::CATEGORIES.len()).flat_map(|c| (0..PER_CATEGORY).map(move |i| (c, i)));
    let picture = |(category, index)| {
        let drawn = demo::draw(category, index);
        dataset::to_planes(&dataset::resize(&drawn, Resize::Antialias, side), side)
    };
    numbers.map(picture).collect()
}
