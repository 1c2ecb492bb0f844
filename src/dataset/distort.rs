//! Random changes to training photos, in the order and with the arithmetic of retrain.py.

use image::RgbImage;

use crate::nets::Preprocess;
use crate::random::Rng;
use crate::spec::Distort;

/// A distorted variant of the photo, `[side, side, 3]`; values are `0..=255` times the brightness,
/// which is not clipped.
///
/// Brought to a square of side x (1 + crop) x u, u uniform in `[1, 1 + scale]`; of it a window of
/// `side` at a random place; mirrored or not; all values times one number uniform in
/// `[1 - brightness, 1 + brightness]`. When `distort` is off this is the square that [`Preprocess::picture`] makes.
pub fn distort(
    image: &RgbImage,
    distort: &Distort,
    preprocess: &Preprocess,
    rng: &mut Rng,
) -> Vec<f32> {
    let side = preprocess.side;
    let drawn = Drawn::draw(distort, side, rng);
    let square = preprocess.square(image, drawn.square);
    let mut out = Vec::with_capacity(side * side * 3);
    for row in square.chunks_exact(drawn.square * 3).skip(drawn.top).take(side) {
        let window = &row[drawn.left * 3..][..side * 3];
        if drawn.mirrored {
            out.extend(window.chunks_exact(3).rev().flatten());
        } else {
            out.extend(window);
        }
    }
    for value in &mut out {
        *value *= drawn.brightness;
    }
    out
}

/// The largest square that [`distort`] may resize to before it cuts its window, in pixels.
pub fn largest_square(distort: &Distort, side: usize) -> usize {
    let factor = |percent: f64| 1.0 + percent / 100.0;
    (side as f64 * factor(distort.crop_percent) * factor(distort.scale_percent)).ceil() as usize
}

/// What chance decides for one variant.
#[derive(Debug, PartialEq)]
struct Drawn {
    /// Side of the square of which the window is cut.
    square: usize,
    top: usize,
    left: usize,
    mirrored: bool,
    brightness: f32,
}

impl Drawn {
    /// Takes the same draws whatever is switched on, so that one setting does not change the others'
    /// numbers.
    fn draw(distort: &Distort, side: usize, rng: &mut Rng) -> Drawn {
        let scale = rng.between(1.0, 1.0 + distort.scale_percent / 100.0);
        let square = side as f64 * (1.0 + distort.crop_percent / 100.0) * scale;
        // Never below the window, whatever the rounding.
        let square = (square as usize).max(side);
        let places = square - side + 1;
        let (top, left) = (place(rng, places), place(rng, places));
        let mirrored = rng.chance(0.5) && distort.flip;
        let range = distort.brightness_percent / 100.0;
        let brightness = rng.between(1.0 - range, 1.0 + range) as f32;
        Drawn { square, top, left, mirrored, brightness }
    }
}

/// Uniform in `0..places` by one draw always; `below` may take several.
fn place(rng: &mut Rng, places: usize) -> usize {
    ((rng.uniform() * places as f64) as usize).min(places - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::{Crop, Resize};

    const OFF: Distort = Distort {
        flip: false,
        crop_percent: 0.0,
        scale_percent: 0.0,
        brightness_percent: 0.0,
        copies: 1,
    };

    fn squashed(resize: Resize, side: usize) -> Preprocess {
        Preprocess { side, resize, crop: Crop::Squash, mean: [0.0; 3], std: [1.0; 3] }
    }

    fn picture() -> RgbImage {
        RgbImage::from_fn(50, 40, |x, y| image::Rgb([(x * 5) as u8, (y * 6) as u8, (x + y) as u8]))
    }

    fn variant(settings: &Distort, seed: u64) -> Vec<f32> {
        distort(&picture(), settings, &squashed(Resize::Legacy, 16), &mut Rng::new(seed))
    }

    #[test]
    fn nothing_is_changed_when_all_is_off() {
        for rule in [Resize::Legacy, Resize::HalfPixel, Resize::Antialias] {
            for crop in [Crop::Squash, Crop::Centre { shorter_side: 20 }] {
                let preprocess = Preprocess { crop, ..squashed(rule, 16) };
                let same = distort(&picture(), &OFF, &preprocess, &mut Rng::new(4));
                assert_eq!(same, preprocess.square(&picture(), 16));
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_variant_and_another_another() {
        let settings = Distort { flip: true, crop_percent: 20.0, scale_percent: 30.0, ..OFF };
        assert_eq!(variant(&settings, 1), variant(&settings, 1));
        assert_ne!(variant(&settings, 1), variant(&settings, 2));
    }

    #[test]
    fn half_of_the_variants_are_mirrored_and_the_others_are_not() {
        let plain = squashed(Resize::Legacy, 16).square(&picture(), 16);
        let mirrored: Vec<f32> = plain
            .chunks_exact(16 * 3)
            .flat_map(|row| row.chunks_exact(3).rev().flatten().copied())
            .collect();
        let settings = Distort { flip: true, ..OFF };
        let flipped = (0..400)
            .filter(|&seed| {
                let variant = variant(&settings, seed);
                assert!(variant == plain || variant == mirrored);
                variant == mirrored
            })
            .count();
        // Binomial: 200 with a deviation of 10; five deviations either way.
        assert!((150..=250).contains(&flipped), "{flipped}");
    }

    #[test]
    fn the_window_lies_inside_the_square_and_reaches_its_edges() {
        let settings = Distort { crop_percent: 10.0, scale_percent: 50.0, ..OFF };
        let mut rng = Rng::new(11);
        let drawn: Vec<Drawn> = (0..5_000).map(|_| Drawn::draw(&settings, 100, &mut rng)).collect();
        // 100 x 1.1 x [1, 1.5), rounded down; 1.1 is a little more than 11 / 10.
        assert!(drawn.iter().all(|d| (110..=165).contains(&d.square)));
        assert!(drawn.iter().all(|d| d.top + 100 <= d.square && d.left + 100 <= d.square));
        assert!(drawn.iter().any(|d| d.square == 110) && drawn.iter().any(|d| d.square == 164));
        assert!(drawn.iter().any(|d| d.top == 0) && drawn.iter().any(|d| d.left == 0));
        assert!(drawn.iter().any(|d| d.left + 100 == d.square));
        assert!(drawn.iter().all(|d| !d.mirrored && d.brightness == 1.0));
    }

    #[test]
    fn brightness_stays_in_its_range_and_is_not_clipped() {
        let settings = Distort { brightness_percent: 40.0, ..OFF };
        let white = RgbImage::from_pixel(4, 4, image::Rgb([255; 3]));
        let mut rng = Rng::new(2);
        let values: Vec<f32> = (0..500)
            .map(|_| distort(&white, &settings, &squashed(Resize::Legacy, 2), &mut rng)[0] / 255.0)
            .collect();
        assert!(values.iter().all(|value| (0.6..=1.4).contains(value)));
        assert!(values.iter().any(|value| *value < 0.65) && values.iter().any(|v| *v > 1.35));
    }
}
