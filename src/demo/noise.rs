//! Noise fields and the few curves that everything is painted with. Only `+ - * /`, `floor` and
//! `sqrt` are used, whose results are the same on every machine.

use crate::random::Rng;

/// A colour in linear light; 1 is white paper in the sun, flames are brighter.
pub type Rgb = [f32; 3];

pub fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

pub fn scale(a: Rgb, t: f32) -> Rgb {
    [a[0] * t, a[1] * t, a[2] * t]
}

pub fn add(a: Rgb, b: Rgb) -> Rgb {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub fn multiply(a: Rgb, b: Rgb) -> Rgb {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

pub fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// 0 below `low`, 1 above `high`, smooth between.
pub fn smooth(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A soft hump: 1 at 0, about a half at 0.64, with a long tail, as of a light in haze.
pub fn glow(distance_squared: f32) -> f32 {
    let t = 1.0 / (1.0 + distance_squared);
    t * t
}

/// What is left of light behind smoke of this thickness: near `exp(-x)`.
pub fn transmit(x: f32) -> f32 {
    let t = 1.0 / (1.0 + x * 0.25);
    t * t * t * t
}

/// As `f32::floor`, which is a call on processors that are not told to be recent.
fn floor(x: f32) -> i32 {
    let whole = x as i32;
    whole - i32::from(whole as f32 > x)
}

/// A number drawn between two, in the precision that pixels have.
pub fn between(rng: &mut Rng, low: f32, high: f32) -> f32 {
    rng.between(f64::from(low), f64::from(high)) as f32
}

/// Left (-1) or right (1).
pub fn side(rng: &mut Rng) -> f32 {
    if rng.chance(0.5) { 1.0 } else { -1.0 }
}

/// Gradient noise on a lattice (Perlin 1985), eight directions.
#[derive(Clone, Copy)]
pub struct Noise {
    seed: u32,
}

const DIRECTIONS: [(f32, f32); 8] = [
    (1.0, 0.0),
    (0.707, 0.707),
    (0.0, 1.0),
    (-0.707, 0.707),
    (-1.0, 0.0),
    (-0.707, -0.707),
    (0.0, -1.0),
    (0.707, -0.707),
];

impl Noise {
    pub fn new(rng: &mut Rng) -> Noise {
        Noise { seed: rng.next_u64() as u32 }
    }

    fn hash(self, x: i32, y: i32) -> u32 {
        let mut h = (x as u32).wrapping_mul(0x8da6_b343)
            ^ (y as u32).wrapping_mul(0xd816_3841)
            ^ self.seed.wrapping_mul(0xcb1a_b31f);
        h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
        h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
        h ^ (h >> 15)
    }

    /// Uniform in `[0, 1)`, one number for each cell of the lattice.
    pub fn cell(self, x: f32, y: f32) -> f32 {
        (self.hash(x.floor() as i32, y.floor() as i32) >> 8) as f32 / (1u32 << 24) as f32
    }

    /// Smooth, mean 0.5, nearly always within `[0, 1]`.
    pub fn at(self, x: f32, y: f32) -> f32 {
        let (ix, iy) = (floor(x), floor(y));
        let (fx, fy) = (x - ix as f32, y - iy as f32);
        let corner = |dx: i32, dy: i32| {
            let (gx, gy) = DIRECTIONS[(self.hash(ix + dx, iy + dy) & 7) as usize];
            gx * (fx - dx as f32) + gy * (fy - dy as f32)
        };
        let ease = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        let (ux, uy) = (ease(fx), ease(fy));
        let top = lerp(corner(0, 0), corner(1, 0), ux);
        let bottom = lerp(corner(0, 1), corner(1, 1), ux);
        0.5 + 0.75 * lerp(top, bottom, uy)
    }

    /// Octaves of noise, each twice as fine and half as strong, turned so that no lattice shows.
    pub fn fbm(self, x: f32, y: f32, octaves: u32) -> f32 {
        let (mut x, mut y) = (x, y);
        let (mut sum, mut weight, mut total) = (0.0, 1.0, 0.0);
        for _ in 0..octaves {
            sum += weight * self.at(x, y);
            total += weight;
            weight *= 0.5;
            (x, y) = (1.6 * x + 1.2 * y + 17.3, -1.2 * x + 1.6 * y - 9.1);
        }
        sum / total
    }

    /// Octaves of folded noise: round lumps with creases between, as of smoke and clouds. `[0, 1]`.
    pub fn billow(self, x: f32, y: f32, octaves: u32) -> f32 {
        let (mut x, mut y) = (x, y);
        let (mut sum, mut weight, mut total) = (0.0, 1.0, 0.0);
        for _ in 0..octaves {
            let n = self.at(x, y) * 4.0 - 2.0;
            sum += weight * ((n * n + 0.03).sqrt() - 0.08).min(1.2);
            total += weight;
            weight *= 0.5;
            (x, y) = (1.6 * x + 1.2 * y + 17.3, -1.2 * x + 1.6 * y - 9.1);
        }
        sum / total
    }

    /// Octaves looked up at places that another field has pushed about: curls and folds.
    pub fn warped(self, x: f32, y: f32, octaves: u32, push: f32) -> f32 {
        let dx = self.fbm(x + 31.7, y + 11.9, 2) - 0.5;
        let dy = self.fbm(x - 5.3, y + 57.1, 2) - 0.5;
        self.fbm(x + push * dx, y + push * dy, octaves)
    }
}
