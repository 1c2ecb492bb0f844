//! What lies behind the subject and is shared by all categories: skies, hills, woods, ground,
//! water.

use super::canvas::{Area, Canvas, Point, point};
use super::light::{Hour, Light};
use super::noise::{Noise, Rgb, add, between, glow, lerp, mix, scale, smooth};
use crate::random::Rng;

/// A sky with clouds (`cover` 0 to 1) down to the horizon, and stars at night.
pub fn sky(canvas: &mut Canvas, rng: &mut Rng, light: &Light, horizon: f32, cover: f32) {
    let (clouds, stars) = (Noise::new(rng), Noise::new(rng));
    let (stretch, drift) = (between(rng, 0.8, 2.2), between(rng, 0.5, 1.6));
    let sun_x = canvas.aspect() * (0.5 + 0.45 * light.side);
    let pixels = canvas.height as f32;
    canvas.shade(|x, y, _| {
        // Hills may dip a little below the horizon, no deeper.
        if y > horizon + 0.15 {
            return light.sky_low;
        }
        let up = ((horizon - y) / horizon).max(0.0);
        let mut colour = mix(light.sky_low, light.sky_top, up.sqrt() * lerp(0.6, 1.0, up));
        if light.hour != Hour::Night {
            let (dx, dy) = (x - sun_x, (y - horizon) * 1.6);
            colour = add(colour, scale(light.sun, 0.5 * glow((dx * dx + dy * dy) * 9.0)));
        } else if stars.cell(x * pixels, y * pixels) > 0.9985 {
            colour = add(colour, [0.12 * stars.cell(x * pixels + 7.0, y * pixels); 3]);
        }
        // Clouds lie on a plane overhead: flatter and closer together towards the horizon.
        let depth = 1.0 / (up + 0.22);
        let (u, v) = (x * depth * stretch, depth * drift * 1.5);
        let n = clouds.warped(u, v, 5, 0.7);
        let thick = smooth(0.72 - 0.5 * cover, 0.95 - 0.5 * cover, n);
        if thick > 0.0 {
            let under = clouds.fbm(u - 0.12 * light.side, v + 0.1, 3) - n;
            let lit = (0.55 - 1.2 * thick * 0.45 - under * 2.5).clamp(0.0, 1.0);
            let cloud = mix(light.cloud_shade, light.cloud_lit, lit);
            let cloud = mix(cloud, light.sky_low, 0.5 * (1.0 - up) * (1.0 - up));
            colour = mix(colour, cloud, thick * 0.92);
        }
        colour
    });
}

/// What grows on a ridge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    Conifers,
    Leaves,
}

pub struct Ridge {
    /// The height of its crest, and how far it rises and falls.
    pub y: f32,
    pub swing: f32,
    /// How much of it is lost in haze, 0 to 1.
    pub far: f32,
    pub growth: Growth,
    pub albedo: Rgb,
}

/// A hill side from its crest down to the bottom of the picture. Returns points on its crest,
/// from left to right.
pub fn ridge(canvas: &mut Canvas, rng: &mut Rng, light: &Light, ridge: &Ridge) -> Vec<Point> {
    let (shape, leaves) = (Noise::new(rng), Noise::new(rng));
    let (base, swing, near) = (ridge.y, ridge.swing, 1.0 - ridge.far);
    let crest = move |x: f32| base - swing * (shape.fbm(x * 1.3, 0.5, 4) - 0.5) * 2.0;
    let (tall, fine) = match ridge.growth {
        Growth::Conifers => (0.01 + 0.06 * near, 70.0 - 45.0 * near),
        Growth::Leaves => (0.008 + 0.022 * near, 58.0 - 32.0 * near),
    };
    let pixels = canvas.height as f32;
    let haze = ridge.far * lerp(0.85, 1.0, ridge.far);
    // What depends on x alone: the tops of the trees, and how steep the hill is there.
    let columns: Vec<(f32, f32)> = (0..canvas.width)
        .map(|column| (column as f32 + 0.5) / pixels)
        .map(|x| {
            let ahead = shape.fbm((x + 0.05 * light.side) * 1.3, 0.5, 3);
            let slope = ahead - shape.fbm(x * 1.3, 0.5, 3);
            (crest(x) - tall * treetop(ridge.growth, &leaves, x * fine), slope)
        })
        .collect();
    canvas.shade(|x, y, below| {
        let (top, slope) = columns[(x * pixels) as usize];
        let cover = ((y - top) * pixels + 0.5).clamp(0.0, 1.0);
        if cover == 0.0 {
            return below;
        }
        let deep = y - top;
        let stretch = if ridge.growth == Growth::Conifers { 0.5 } else { 1.2 };
        let n = leaves.fbm(x * fine * 1.2, y * fine * stretch, 4);
        // Round crowns, lit on top, with dark gaps between.
        let crown = match ridge.growth {
            Growth::Leaves => 1.1 * (0.42 - leaves.billow(x * fine * 0.55, y * fine * 0.75, 3)),
            _ => 0.0,
        };
        let facing = (0.35 + (n - 0.5) * 3.0 + crown - slope * 6.0).clamp(0.02, 1.0);
        let patch = 0.7 + 0.6 * leaves.fbm(x * 4.0, y * 9.0, 2);
        let tint = scale(ridge.albedo, patch * lerp(1.0, 0.75, smooth(0.0, 0.3, deep)));
        let colour = mix(light.on(tint, facing), light.haze, haze);
        mix(below, colour, cover)
    });
    let places = (0..9).map(|k| canvas.aspect() * (k as f32 + 0.5) / 9.0);
    places.map(|x| point(x, crest(x))).collect()
}

/// How high the trees stand at `x`, counted in trees: 0 to 1.
fn treetop(growth: Growth, noise: &Noise, x: f32) -> f32 {
    match growth {
        Growth::Conifers => {
            let spike = |x: f32| {
                let high = 0.4 + 0.6 * noise.cell(x, 3.0);
                high * (1.0 - ((x - x.floor()) * 2.0 - 1.0).abs())
            };
            spike(x).max(spike(x * 0.73 + 0.4)) + 0.2 * noise.at(x * 5.0, 1.0)
        }
        Growth::Leaves => noise.billow(x * 0.35, 7.0, 4),
    }
}

/// What the ground is made of.
#[derive(Clone, Copy)]
pub struct Soil {
    pub light: Rgb,
    pub dark: Rgb,
    /// How rough: 0 asphalt, 1 a meadow.
    pub rough: f32,
}

pub const MEADOW: Soil = Soil { light: [0.2, 0.26, 0.07], dark: [0.06, 0.1, 0.03], rough: 1.0 };
pub const STRAW: Soil = Soil { light: [0.42, 0.33, 0.16], dark: [0.2, 0.15, 0.07], rough: 1.0 };
pub const EARTH: Soil = Soil { light: [0.26, 0.19, 0.13], dark: [0.11, 0.08, 0.055], rough: 0.7 };
pub const ASPHALT: Soil = Soil { light: [0.19, 0.19, 0.2], dark: [0.12, 0.12, 0.125], rough: 0.15 };
pub const SNOW: Soil = Soil { light: [0.85, 0.87, 0.9], dark: [0.55, 0.6, 0.68], rough: 0.3 };

/// Any of the open soils.
pub fn open_soil(rng: &mut Rng) -> Soil {
    [MEADOW, MEADOW, STRAW, EARTH, SNOW][rng.below(5)]
}

/// Flat ground from the horizon to the viewer's feet.
pub fn ground(canvas: &mut Canvas, rng: &mut Rng, light: &Light, horizon: f32, soil: Soil) {
    let noise = Noise::new(rng);
    let area = Area { left: 0.0, top: horizon, right: canvas.aspect(), bottom: 1.0 };
    let middle = canvas.aspect() * 0.5;
    canvas.shade_within(area, |x, y, _| {
        let near = ((y - horizon) / (1.0 - horizon)).max(0.0);
        let depth = 1.0 / (near + 0.06);
        let (u, v) = ((x - middle) * depth, depth * 1.1);
        let broad = noise.fbm(u * 0.9, v * 1.3, 3);
        let fine = noise.fbm(u * 13.0, v * 8.0, 4);
        let grain = noise.at(x * (90.0 + 120.0 * (1.0 - near)), y * (50.0 + 130.0 * (1.0 - near)));
        let detail = lerp(0.5, fine, 0.35 + 0.65 * near);
        let n = 0.5 + (broad - 0.5) * 1.2 + (detail - 0.5) * 1.5 * soil.rough;
        let n = n + (grain - 0.5) * 0.75 * soil.rough.max(0.25);
        let albedo = mix(soil.dark, soil.light, n.clamp(0.0, 1.2));
        let lit = light.on(albedo, 0.75 + (fine - 0.5) * soil.rough);
        mix(lit, light.haze, 0.22 * smooth(0.3, 0.0, near))
    });
}

/// Water that mirrors what stands above its edge, with ripples.
pub fn water(canvas: &mut Canvas, rng: &mut Rng, light: &Light, edge: f32) {
    let noise = Noise::new(rng);
    let calm = between(rng, 0.2, 1.0);
    let above: Vec<Rgb> = canvas.pixels.clone();
    let (width, height) = (canvas.width, canvas.height);
    let area = Area { left: 0.0, top: edge, right: canvas.aspect(), bottom: 1.0 };
    canvas.shade_within(area, |x, y, _| {
        let near = (y - edge) / (1.0 - edge);
        let depth = 1.0 / (near + 0.05);
        let wave = noise.fbm(x * 3.0 * depth.sqrt() * 3.0, depth * 9.0, 3) - 0.5;
        let mirror = edge - (y - edge) * 0.9 + wave * 0.12 * calm * (0.3 + near);
        let row = (mirror.clamp(0.0, edge - 0.01) * height as f32) as usize;
        let shift = x + wave * 0.03;
        let column = ((shift.max(0.0) * height as f32) as usize).min(width - 1);
        let deep = light.on([0.02, 0.05, 0.06], 0.3);
        mix(above[row * width + column], deep, 0.25 + 0.3 * near + 0.5 * wave.abs())
    });
}

/// A standing spruce: tiers of drooping branches.
pub fn spruce(canvas: &mut Canvas, rng: &mut Rng, light: &Light, foot: Point, height: f32) {
    let noise = Noise::new(rng);
    let spread = between(rng, 0.17, 0.24) * height;
    let tint = mix([0.03, 0.07, 0.03], [0.07, 0.12, 0.06], rng.uniform() as f32);
    trunk(canvas, light, foot, height * 0.3, height * 0.018);
    let top = foot.y - height;
    let area = Area { left: foot.x - spread, top, right: foot.x + spread, bottom: foot.y };
    canvas.shade_within(area, |x, y, below| {
        let t = (y - top) / (height * 0.93);
        let tier = t * 9.0 + noise.at(x * 20.0 / height, 0.0);
        let ragged = 0.6 + 0.5 * (tier - tier.floor());
        let n = noise.fbm(x * 34.0 / height, y * 26.0 / height, 3);
        let half = spread * t * (ragged + (n - 0.5) * 1.1);
        let across = (x - foot.x) / spread;
        let cover = smooth(0.0, spread * 0.07, half - (x - foot.x).abs());
        if t > 1.0 || cover == 0.0 {
            return below;
        }
        let facing = 0.35 + across * light.side * 0.8 + (n - 0.5) * 2.2;
        mix(below, light.on(tint, facing), cover)
    });
}

/// A tree with a round crown of leaves of the given colour.
pub fn leafy(
    canvas: &mut Canvas,
    rng: &mut Rng,
    light: &Light,
    (foot, height): (Point, f32),
    albedo: Rgb,
) {
    let noise = Noise::new(rng);
    trunk(canvas, light, foot, height * 0.6, height * 0.03);
    let (rx, ry) = (height * between(rng, 0.3, 0.42), height * between(rng, 0.33, 0.4));
    let centre = point(foot.x, foot.y - height + ry);
    canvas.shade_within(Area::around(centre, rx * 1.3, ry * 1.3), |x, y, below| {
        let (u, v) = ((x - centre.x) / rx, (y - centre.y) / ry);
        let clumps = noise.billow(x * 3.6 / height, y * 3.6 / height, 4);
        let leaf = noise.fbm(x * 30.0 / height, y * 30.0 / height, 4);
        let inside = 1.15 - (u * u + v * v).sqrt() - (clumps - 0.4) * 0.7 - (leaf - 0.5) * 1.1;
        let cover = smooth(0.05, 0.16, inside);
        if cover == 0.0 {
            return below;
        }
        let facing = 0.4 + 0.35 * u * light.side - 0.4 * v + (leaf - 0.5) * 3.6;
        let shade = lerp(1.1, 0.5, smooth(0.2, 0.7, clumps));
        mix(below, light.on(scale(albedo, shade), facing), cover)
    });
}

fn trunk(canvas: &mut Canvas, light: &Light, foot: Point, height: f32, half: f32) {
    let top = point(foot.x, foot.y - height);
    canvas.bar((foot, top), (half, half * 0.7), |across, _| {
        light.on([0.13, 0.095, 0.07], 0.5 - 0.5 * across * light.side)
    });
}

/// Thin mist lying between two heights, thickest in the middle.
pub fn mist(canvas: &mut Canvas, rng: &mut Rng, (top, bottom): (f32, f32), amount: f32, tint: Rgb) {
    let noise = Noise::new(rng);
    let area = Area { left: 0.0, top, right: canvas.aspect(), bottom };
    canvas.shade_within(area, |x, y, below| {
        let t = (y - top) / (bottom - top);
        let band = smooth(0.0, 0.45, t) * smooth(1.0, 0.6, t);
        let n = noise.fbm(x * 2.2, y * 9.0, 4);
        mix(below, tint, (amount * band * (0.45 + 1.1 * n)).clamp(0.0, 0.97))
    });
}
