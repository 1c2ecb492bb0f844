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

/// The categories, each with a folder of its name.
pub const CATEGORIES: [&str; 3] = ["fire", "smoke", "misc"];
/// Photos in each category.
pub const PER_CATEGORY: usize = 80;

/// Paints one kind of scene and says which camera it is taken with.
type Scene = fn(&mut Canvas, &mut Rng) -> Camera;

/// Draws picture number `index` of a category, 240 to 420 pixels wide and high. Panics when there is
/// no such category; every index has its picture.
pub fn draw(category: usize, index: usize) -> RgbImage {
    let (canvas, camera, mut rng) = paint(category, index, 1);
    camera.develop(canvas, &mut rng)
}

/// The scene before the camera sees it, `shrink` times smaller than the picture.
fn paint(category: usize, index: usize, shrink: usize) -> (Canvas, Camera, Rng) {
    let scenes: [Scene; 10] = [fire::SCENES, smoke::SCENES, misc::SCENES][category];
    let mut rng = Rng::for_purpose(index as u64, &format!("demo {}", CATEGORIES[category]));
    let (width, height) = size(&mut rng);
    let mut canvas = Canvas::new(width / shrink, height / shrink);
    let camera = scenes[index % scenes.len()](&mut canvas, &mut rng);
    (canvas, camera, rng)
}

/// Width and height in pixels, mostly landscape, in the proportions that cameras have.
fn size(rng: &mut Rng) -> (usize, usize) {
    let long = 300 + rng.below(121);
    let (a, b) = [(4, 3), (4, 3), (3, 2), (5, 4), (16, 11)][rng.below(5)];
    let short = (long * b / a).max(240);
    if rng.chance(0.28) { (short, long) } else { (long, short) }
}

/// The file's name of a picture: `smoke-007.jpg`.
pub fn file_name(category: usize, index: usize) -> String {
    format!("{}-{index:03}.jpg", CATEGORIES[category])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Drawn small enough that all of them take a moment.
    fn small(category: usize, index: usize) -> RgbImage {
        let (canvas, camera, mut rng) = paint(category, index, 6);
        camera.develop(canvas, &mut rng)
    }

    fn all() -> impl Iterator<Item = (usize, usize)> {
        (0..CATEGORIES.len()).flat_map(|c| (0..PER_CATEGORY).map(move |i| (c, i)))
    }

    fn mean(photo: &RgbImage) -> [f64; 3] {
        let n = photo.pixels().len() as f64;
        [0, 1, 2].map(|c| photo.pixels().map(|pixel| f64::from(pixel[c])).sum::<f64>() / n)
    }

    #[test]
    fn the_same_number_gives_the_same_picture() {
        assert_eq!(draw(1, 3), draw(1, 3));
        assert_ne!(draw(1, 3).as_raw(), draw(1, 13).as_raw());
    }

    #[test]
    fn pictures_have_the_colours_they_had_when_they_were_looked_at() {
        let seen = [
            (0, 0, [90.7, 58.0, 39.9]),
            (0, 1, [172.4, 155.7, 140.9]),
            (1, 2, [133.7, 103.4, 103.0]),
            (1, 9, [93.9, 86.9, 79.7]),
            (2, 4, [58.1, 32.4, 22.3]),
            (2, 7, [132.6, 110.5, 67.2]),
        ];
        for (category, index, expected) in seen {
            let found = mean(&small(category, index));
            for c in 0..3 {
                let gap: f64 = found[c] - expected[c];
                assert!(gap.abs() < 0.5, "{} {index}: {found:.1?}", CATEGORIES[category]);
            }
        }
    }

    #[test]
    fn every_picture_shows_something_and_no_pixel_is_lost() {
        for (category, index) in all() {
            let name = file_name(category, index);
            let (canvas, camera, mut rng) = paint(category, index, 6);
            assert!(canvas.pixels.iter().flatten().all(|v| v.is_finite()), "{name}");
            let photo = camera.develop(canvas, &mut rng);
            let green: Vec<f64> = photo.pixels().map(|pixel| f64::from(pixel[1])).collect();
            let mean = green.iter().sum::<f64>() / green.len() as f64;
            let spread =
                green.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / green.len() as f64;
            assert!(spread.sqrt() > 4.0, "{name} is flat: {spread}");
        }
    }

    #[test]
    fn sizes_and_orientations_vary_and_suit_a_preview() {
        let mut sizes = HashSet::new();
        for (_, index) in all() {
            let (width, height) = size(&mut Rng::new(index as u64));
            assert!((240..=420).contains(&width) && (240..=420).contains(&height));
            sizes.insert((width, height));
        }
        assert!(sizes.len() > 40);
        assert!(sizes.iter().any(|(w, h)| w > h) && sizes.iter().any(|(w, h)| w < h));
    }

    #[test]
    fn no_two_pictures_share_a_name() {
        let names: HashSet<String> = all().map(|(c, i)| file_name(c, i)).collect();
        assert_eq!(names.len(), CATEGORIES.len() * PER_CATEGORY);
    }
}
