//! Draws the built-in demo photos: three categories that are told apart by fire, smoke or neither.
//!
//! Every picture is computed, none is stored: the same category and index give the same bytes on
//! every machine. Here nothing is known of experiments or of training.

mod backdrop;
mod camera;
mod canvas;
mod fire;
mod flame;
mod house;
mod light;
mod misc;
mod noise;
mod places;
mod plume;
mod room;
mod smoke;
mod things;
mod write;

use image::RgbImage;

use crate::random::Rng;
use camera::Camera;
use canvas::Canvas;

pub use write::{Written, write};

pub const CATEGORIES: [&str; 3] = ["fire", "smoke", "misc"];
pub const PER_CATEGORY: usize = 80;

/// Paints one kind of scene and says which camera it is taken with.
type Scene = fn(&mut Canvas, &mut Rng) -> Camera;

/// The picture with this number in its category. Panics when there is no such category.
pub fn draw(category: usize, index: usize) -> RgbImage {
    let scenes: &[Scene] = [&fire::SCENES[..], &smoke::SCENES[..], &misc::SCENES[..]][category];
    let mut rng = Rng::for_purpose(index as u64, &format!("demo {}", CATEGORIES[category]));
    let (width, height) = size(&mut rng);
    let mut canvas = Canvas::new(width, height);
    let camera = scenes[index % scenes.len()](&mut canvas, &mut rng);
    camera.develop(canvas, &mut rng)
}

/// Width and height in pixels, mostly landscape, in the proportions that cameras have.
fn size(rng: &mut Rng) -> (usize, usize) {
    let long = 300 + rng.below(121);
    let (a, b) = [(4, 3), (4, 3), (3, 2), (5, 4), (16, 11)][rng.below(5)];
    let short = (long * b / a).max(240);
    if rng.chance(0.28) { (short, long) } else { (long, short) }
}

pub fn file_name(category: usize, index: usize) -> String {
    format!("{}-{index:03}.jpg", CATEGORIES[category])
}
