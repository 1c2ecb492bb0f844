//! The hour of the day: what the sky looks like and how things are lit.

use super::noise::{Rgb, add, between, mix, multiply, scale, side};
use crate::random::Rng;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hour {
    Day,
    Grey,
    Dusk,
    Night,
}

#[derive(Clone, Copy)]
pub struct Light {
    pub hour: Hour,
    pub sky_top: Rgb,
    pub sky_low: Rgb,
    /// Clouds where the sun is on them, and where it is not.
    pub cloud_lit: Rgb,
    pub cloud_shade: Rgb,
    /// Light that comes from everywhere.
    pub fill: Rgb,
    /// Light that comes from the sun, on what faces it.
    pub sun: Rgb,
    /// The side the sun is on: -1 left, 1 right.
    pub side: f32,
    /// What far things fade to.
    pub haze: Rgb,
}

impl Light {
    pub fn at(hour: Hour, rng: &mut Rng) -> Light {
        let side = side(rng);
        let vary = between(rng, 0.8, 1.2);
        match hour {
            Hour::Day => day(side, vary, rng),
            Hour::Grey => grey(side, vary, rng),
            Hour::Dusk => dusk(side, vary, rng),
            Hour::Night => night(side, vary, rng),
        }
    }

    /// A thing's colour in this light; `facing` 1 is turned to the sun, 0 away from it.
    pub fn on(&self, albedo: Rgb, facing: f32) -> Rgb {
        multiply(albedo, add(self.fill, scale(self.sun, facing.clamp(0.0, 1.0))))
    }

    pub fn dark(&self) -> bool {
        self.hour == Hour::Night
    }
}

fn day(side: f32, vary: f32, rng: &mut Rng) -> Light {
    let milky = between(rng, 0.0, 0.6);
    let low = mix([0.42, 0.6, 0.82], [0.75, 0.79, 0.82], milky);
    Light {
        hour: Hour::Day,
        sky_top: mix([0.08, 0.22, 0.55], [0.3, 0.45, 0.66], milky),
        sky_low: low,
        cloud_lit: [1.0, 0.98, 0.95],
        cloud_shade: [0.5, 0.54, 0.6],
        fill: [0.34, 0.4, 0.48],
        sun: scale([0.95, 0.87, 0.72], vary),
        side,
        haze: scale(low, 0.85),
    }
}

fn grey(side: f32, vary: f32, rng: &mut Rng) -> Light {
    let cast = between(rng, -0.04, 0.06);
    let low = scale([0.62 - cast, 0.64, 0.67 + cast], vary);
    Light {
        hour: Hour::Grey,
        sky_top: scale([0.4 - cast, 0.43, 0.48 + cast], vary),
        sky_low: low,
        cloud_lit: scale([0.72, 0.73, 0.75], vary),
        cloud_shade: scale([0.36, 0.38, 0.42], vary),
        fill: scale([0.5, 0.52, 0.55], vary),
        sun: [0.14, 0.14, 0.13],
        side,
        haze: scale(low, 0.85),
    }
}

fn dusk(side: f32, vary: f32, rng: &mut Rng) -> Light {
    let red = between(rng, 0.0, 1.0);
    let pale = between(rng, 0.0, 0.7);
    let low = mix([0.95, 0.5, 0.2], [0.75, 0.25, 0.14], red);
    let low = scale(mix(low, [0.62, 0.5, 0.42], pale), vary);
    Light {
        hour: Hour::Dusk,
        sky_top: mix(
            mix([0.07, 0.12, 0.25], [0.1, 0.08, 0.17], red),
            [0.16, 0.22, 0.32],
            0.6 * pale,
        ),
        sky_low: low,
        cloud_lit: mix([1.0, 0.55, 0.3], [0.85, 0.22, 0.15], red),
        cloud_shade: [0.16, 0.12, 0.19],
        fill: mix([0.11, 0.11, 0.15], [0.16, 0.18, 0.22], pale),
        sun: scale(mix([0.42, 0.22, 0.11], [0.32, 0.24, 0.17], pale), vary),
        side,
        haze: mix(low, [0.2, 0.14, 0.17], 0.7),
    }
}

fn night(side: f32, vary: f32, rng: &mut Rng) -> Light {
    let town = between(rng, 0.0, 1.0);
    let low = mix([0.012, 0.018, 0.04], [0.05, 0.035, 0.025], town);
    Light {
        hour: Hour::Night,
        sky_top: scale([0.003, 0.005, 0.014], vary),
        sky_low: low,
        cloud_lit: scale(low, 1.2),
        cloud_shade: scale(low, 0.4),
        fill: scale([0.02, 0.024, 0.038], vary),
        sun: [0.03, 0.035, 0.055],
        side,
        haze: low,
    }
}
