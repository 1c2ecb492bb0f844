//! What a camera makes of a scene: bloom, lens blur, exposure, vignette, film curve and grain.

use image::{Rgb as Pixel, RgbImage};

use super::canvas::Canvas;
use super::noise::{Rgb, add, between, lerp, mix, scale, transmit};
use crate::random::Rng;

pub struct Camera {
    /// Linear gain before the film curve.
    pub exposure: f32,
    /// Share of the light that the lens spreads about.
    pub bloom: f32,
    /// Radius of the lens's blur in pixels.
    pub blur: usize,
    pub vignette: f32,
    /// Above 0 warm, below 0 cold.
    pub warmth: f32,
    /// Deviation of the sensor's noise, in steps of an 8-bit picture.
    pub grain: f32,
    /// How far from level it is held (the slope of the horizon), and how far off its centre it is
    /// zoomed in.
    pub tilt: f32,
    pub zoom: f32,
    /// How grey the blacks are: cheap lenses and haze.
    pub veil: f32,
}

impl Camera {
    pub fn by_day(rng: &mut Rng) -> Camera {
        Camera {
            exposure: between(rng, 0.75, 1.3),
            bloom: between(rng, 0.03, 0.1),
            blur: usize::from(rng.chance(0.25)),
            vignette: between(rng, 0.05, 0.45),
            warmth: between(rng, -0.08, 0.1),
            grain: between(rng, 1.0, 4.0),
            tilt: between(rng, -0.05, 0.05),
            zoom: between(rng, 1.06, 1.16),
            veil: between(rng, 0.0, 0.02),
        }
    }

    pub fn by_night(rng: &mut Rng) -> Camera {
        Camera {
            exposure: between(rng, 0.85, 1.5),
            bloom: between(rng, 0.08, 0.2),
            blur: usize::from(rng.chance(0.35)),
            vignette: between(rng, 0.2, 0.6),
            grain: between(rng, 2.0, 6.0),
            veil: between(rng, 0.0, 0.006),
            ..Camera::by_day(rng)
        }
    }

    /// The picture as the camera's file has it.
    pub fn develop(&self, mut canvas: Canvas, rng: &mut Rng) -> RgbImage {
        let size = (canvas.width, canvas.height);
        canvas.pixels = self.frame(&canvas);
        if self.blur > 0 {
            blur(&mut canvas.pixels, size, self.blur);
        }
        // A tight halo and a wide one: what a lens does to flames and lamps.
        let mut tight = canvas.pixels.clone();
        (0..2).for_each(|_| blur(&mut tight, size, 3));
        let mut wide = tight.clone();
        (0..3).for_each(|_| blur(&mut wide, size, size.0 / 14));
        let aspect = canvas.aspect();
        let balance = [1.0 + self.warmth, 1.0, 1.0 - self.warmth];
        let mut film = RgbImage::new(size.0 as u32, size.1 as u32);
        for (i, pixel) in film.pixels_mut().enumerate() {
            let x = (i % size.0) as f32 / size.1 as f32;
            let y = (i / size.0) as f32 / size.1 as f32;
            let halo = mix(tight[i], wide[i], 0.6);
            let light = mix(canvas.pixels[i], halo, self.bloom);
            let (u, v) = ((x - aspect * 0.5) / aspect.max(1.0), y - 0.5);
            let edge = transmit((u * u + v * v) * 2.2 * self.vignette);
            let light = add(scale(light, self.exposure * edge), [self.veil; 3]);
            *pixel = self.expose(light, balance, rng);
        }
        film
    }

    /// The scene as it falls on the sensor: turned and zoomed, corners never empty.
    fn frame(&self, canvas: &Canvas) -> Vec<Rgb> {
        let (width, height) = (canvas.width, canvas.height);
        let (cx, cy) = (width as f32 * 0.5, height as f32 * 0.5);
        let at = |column: usize, row: usize| canvas.pixels[row * width + column];
        let mut seen = Vec::with_capacity(width * height);
        for i in 0..width * height {
            let x = ((i % width) as f32 + 0.5 - cx) / self.zoom;
            let y = ((i / width) as f32 + 0.5 - cy) / self.zoom;
            let u = (cx + x - y * self.tilt - 0.5).clamp(0.0, width as f32 - 1.001);
            let v = (cy + y + x * self.tilt - 0.5).clamp(0.0, height as f32 - 1.001);
            let (column, row) = (u as usize, v as usize);
            let (fu, fv) = (u - column as f32, v - row as f32);
            let top = mix(at(column, row), at(column + 1, row), fu);
            let bottom = mix(at(column, row + 1), at(column + 1, row + 1), fu);
            seen.push(mix(top, bottom, fv));
        }
        seen
    }

    fn expose(&self, light: Rgb, balance: Rgb, rng: &mut Rng) -> Pixel<u8> {
        let shared = uneven(rng);
        Pixel([0, 1, 2].map(|c| {
            let value = encode(film_curve(light[c] * balance[c])) * 255.0;
            // Shadows are noisier, and part of the noise is coloured.
            let strength = self.grain * lerp(1.2, 0.5, value / 255.0);
            let noise = (shared * 0.8 + uneven(rng) * 0.55) * strength;
            (value + noise + 0.5).clamp(0.0, 255.0) as u8
        }))
    }
}

/// Near normal, deviation 1: the sum of three even numbers.
fn uneven(rng: &mut Rng) -> f32 {
    let bits = rng.next_u64();
    let part = |shift: u32| ((bits >> shift) & 0xffff) as f32 / 65_536.0;
    (part(0) + part(16) + part(32) - 1.5) * 2.0
}

/// Narkowicz's fit (2015) of the ACES film curve: soft shoulder, slightly crushed blacks.
fn film_curve(x: f32) -> f32 {
    let x = x.max(0.0) * 0.8;
    (x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)).clamp(0.0, 1.0)
}

/// Linear light to the sRGB curve by square roots, within a step of 8 bits.
fn encode(x: f32) -> f32 {
    let half = x.sqrt();
    let quarter = half.sqrt();
    let eighth = quarter.sqrt();
    (0.585_122_4 * half + 0.783_140_36 * quarter - 0.368_262_74 * eighth).clamp(0.0, 1.0)
}

/// A box blur, across and then down, in time that does not depend on the radius.
fn blur(pixels: &mut [Rgb], (width, height): (usize, usize), radius: usize) {
    let radius = radius.max(1);
    let mut line = Vec::new();
    for row in 0..height {
        blur_line(pixels, row * width, 1, width, radius, &mut line);
    }
    for column in 0..width {
        blur_line(pixels, column, width, height, radius, &mut line);
    }
}

fn blur_line(
    pixels: &mut [Rgb],
    start: usize,
    stride: usize,
    length: usize,
    radius: usize,
    line: &mut Vec<Rgb>,
) {
    line.clear();
    line.extend((0..length).map(|i| pixels[start + i * stride]));
    let at = |i: isize| line[i.clamp(0, length as isize - 1) as usize];
    let reach = radius as isize;
    let mut sum = (-reach..=reach).fold([0.0; 3], |sum, i| add(sum, at(i)));
    let share = 1.0 / (2 * radius + 1) as f32;
    for i in 0..length as isize {
        pixels[start + i as usize * stride] = scale(sum, share);
        sum = add(sum, add(at(i + reach + 1), scale(at(i - reach), -1.0)));
    }
}
