//! Single things that stand about: cars, stacks, tanks, logs, barrels, lamps, stones.

use super::canvas::{Area, Canvas, Point, point};
use super::light::Light;
use super::noise::{Noise, Rgb, add, between, glow, lerp, mix, scale, smooth};
use crate::random::Rng;

/// Darkens the ground under a thing.
pub fn contact_shadow(canvas: &mut Canvas, foot: Point, half: f32, flat: f32) {
    canvas.disc(foot, (half, half * flat), 0.8, |_, _, c| scale(c, 0.3));
}

/// A round thing standing upright (stack, tank, silo, barrel): shaded from one side, rust and
/// streaks running down. `foot` is the middle of its base.
pub struct Cylinder {
    pub foot: Point,
    pub height: f32,
    pub half_foot: f32,
    pub half_top: f32,
    pub albedo: Rgb,
    /// Colour and count of painted bands near the top.
    pub bands: Option<(Rgb, f32)>,
    /// Horizontal seams or ribs.
    pub seams: f32,
    pub rust: f32,
}

pub fn cylinder(canvas: &mut Canvas, rng: &mut Rng, light: &Light, it: &Cylinder) {
    let noise = Noise::new(rng);
    let top = point(it.foot.x, it.foot.y - it.height);
    let bend = it.half_foot * 0.16;
    canvas.disc(it.foot, (it.half_foot, bend), 0.0, |u, _, _| side(it, light, &noise, u, 0.0));
    canvas.bar((it.foot, top), (it.half_foot, it.half_top), |across, t| {
        side(it, light, &noise, -across, t)
    });
    canvas.disc(top, (it.half_top, it.half_top * 0.16), 0.0, |_, v, _| {
        light.on(scale(it.albedo, 0.5), 0.5 + 0.3 * v)
    });
}

fn side(it: &Cylinder, light: &Light, noise: &Noise, across: f32, t: f32) -> Rgb {
    let mut albedo = it.albedo;
    if let Some((band, count)) = it.bands {
        let stripe = (1.0 - t) * 14.0;
        if stripe < count * 2.0 && stripe - 2.0 * (stripe * 0.5).floor() < 1.0 {
            albedo = band;
        }
    }
    let ring = t * it.seams;
    let seam = if it.seams > 0.0 { smooth(0.0, 0.12, ring - ring.floor()) } else { 1.0 };
    let streak = noise.fbm(across * 5.0, t * 1.5, 4);
    let spot = noise.fbm(across * 6.0 + 40.0, t * 6.0, 4);
    let albedo = mix(albedo, [0.2, 0.08, 0.035], it.rust * smooth(0.4, 0.7, spot));
    let albedo = scale(albedo, (0.7 + 0.6 * streak) * lerp(0.65, 1.0, seam));
    let round = (1.0 - across * across).max(0.0).sqrt();
    light.on(scale(albedo, 0.45 + 0.55 * round), 0.25 + 0.4 * round + 0.5 * across * light.side)
}

/// A car from the side; `foot` is the middle of its shadow, `length` its length.
pub struct Car {
    pub foot: Point,
    pub length: f32,
    /// 1 when it points to the right, -1 to the left.
    pub facing: f32,
    pub albedo: Rgb,
    /// Burnt out: dull, no glass.
    pub burnt: bool,
}

pub const PAINTS: [Rgb; 6] = [
    [0.5, 0.03, 0.02],
    [0.55, 0.56, 0.58],
    [0.05, 0.1, 0.3],
    [0.04, 0.04, 0.045],
    [0.7, 0.7, 0.68],
    [0.45, 0.2, 0.03],
];

/// Returns the middle of the bonnet and the middle of the cabin.
pub fn car(canvas: &mut Canvas, rng: &mut Rng, light: &Light, it: &Car) -> (Point, Point) {
    let noise = Noise::new(rng);
    let l = it.length;
    let at = |x: f32, y: f32| point(it.foot.x + it.facing * x * l, it.foot.y - y * l);
    contact_shadow(canvas, at(0.0, 0.02), l * 0.56, 0.13);
    let gloss = if it.burnt { 0.0 } else { 0.5 };
    let paint = |x: f32, y: f32| {
        let high = (it.foot.y - y) / l;
        let mirror = mix(light.haze, light.sky_top, smooth(0.2, 0.38, high));
        let dirt = 0.8 + 0.4 * noise.fbm(x * 14.0, y * 14.0, 4);
        let waist = lerp(0.45, 1.0, smooth(0.06, 0.24, high));
        let body = light.on(scale(it.albedo, dirt * waist), 0.3 + 0.6 * smooth(0.1, 0.3, high));
        mix(body, mirror, gloss * smooth(0.17, 0.25, high) * 0.55)
    };
    // Cabin, then its glass, then the body over it.
    let cabin = [at(-0.33, 0.22), at(-0.22, 0.355), at(0.06, 0.36), at(0.21, 0.22)];
    canvas.fill(&cabin, paint);
    let glass = |x: f32, y: f32| {
        let n = noise.fbm(x * 9.0, y * 9.0, 2);
        let sky = if it.burnt { [0.0; 3] } else { light.sky_low };
        mix(light.on([0.02; 3], 0.5), sky, 0.12 + 0.4 * n * n)
    };
    canvas.fill(&[at(-0.28, 0.225), at(-0.2, 0.335), at(-0.08, 0.338), at(-0.08, 0.225)], glass);
    canvas.fill(&[at(-0.06, 0.225), at(-0.06, 0.338), at(0.05, 0.338), at(0.155, 0.225)], glass);
    let body = [
        at(-0.5, 0.08),
        at(-0.49, 0.2),
        at(-0.34, 0.24),
        at(0.2, 0.235),
        at(0.44, 0.19),
        at(0.5, 0.13),
        at(0.49, 0.07),
    ];
    canvas.fill(&body, paint);
    car_details(canvas, light, it);
    (at(0.34, 0.2), at(-0.06, 0.3))
}

fn car_details(canvas: &mut Canvas, light: &Light, it: &Car) {
    let l = it.length;
    let at = |x: f32, y: f32| point(it.foot.x + it.facing * x * l, it.foot.y - y * l);
    // Doors, their handles, and the dark sill under them.
    let gap = |_: f32, _: f32| light.on(scale(it.albedo, 0.15), 0.3);
    for x in [-0.27, -0.07, 0.15] {
        canvas.bar((at(x, 0.1), at(x, 0.225)), (l * 0.0028, l * 0.0028), gap);
    }
    for x in [-0.12, 0.1] {
        canvas.bar((at(x, 0.19), at(x + 0.035, 0.19)), (l * 0.004, l * 0.004), gap);
    }
    canvas.bar((at(-0.49, 0.085), at(0.49, 0.085)), (l * 0.02, l * 0.02), |across, _| {
        light.on([0.03; 3], 0.4 + 0.3 * across)
    });
    for x in [-0.31, 0.31] {
        wheel(canvas, light, at(x, 0.085), l * 0.085);
    }
    if !it.burnt {
        let lamp = at(0.475, 0.155);
        canvas.disc(lamp, (l * 0.022, l * 0.015), 0.3, |_, _, _| light.on([0.8, 0.8, 0.75], 0.9));
        let rear = at(-0.485, 0.17);
        canvas.disc(rear, (l * 0.014, l * 0.022), 0.3, |_, _, _| light.on([0.5, 0.03, 0.02], 0.9));
    }
}

fn wheel(canvas: &mut Canvas, light: &Light, hub: Point, radius: f32) {
    canvas.disc(hub, (radius * 1.18, radius * 1.18), 0.05, |_, _, c| scale(c, 0.2));
    canvas.disc(hub, (radius, radius), 0.05, |_, v, _| light.on([0.03; 3], 0.5 - 0.4 * v));
    canvas.disc(hub, (radius * 0.58, radius * 0.58), 0.1, |u, v, _| {
        let spokes = ((u * u - v * v).abs() * 3.0).min(1.0);
        light.on([0.25 + 0.2 * spokes; 3], 0.5 - 0.4 * v)
    });
}

/// A log with bark, and a pale cut end when it points at the viewer.
pub fn log(
    canvas: &mut Canvas,
    rng: &mut Rng,
    light: &Light,
    (from, to): (Point, Point),
    (half, char): (f32, f32),
) {
    let noise = Noise::new(rng);
    let bark = mix([0.23, 0.15, 0.1], [0.34, 0.3, 0.25], rng.uniform() as f32);
    let bark = mix(bark, [0.015, 0.014, 0.013], char);
    canvas.bar((from, to), (half, half * 0.92), |across, t| {
        let ridges = noise.fbm(across * 3.5, t * 14.0, 4);
        let crack = smooth(0.3, 0.5, noise.fbm(across * 6.0 + 9.0, t * 5.0, 3));
        let round = (1.0 - across * across).max(0.0).sqrt();
        let up = if to.x > from.x { across } else { -across };
        let tone = (0.5 + ridges) * (0.4 + 0.6 * crack) * (0.35 + 0.65 * round);
        light.on(scale(bark, tone), 0.5 + 0.5 * up)
    });
    let rings = [half * 0.62, half * 0.96];
    canvas.disc(from, (rings[0], rings[1]), 0.15, |u, v, _| {
        let r = (u * u + v * v).sqrt();
        let year = r * 5.0 + noise.at(u * 3.0, v * 3.0);
        let wood = mix([0.5, 0.36, 0.2], [0.3, 0.19, 0.1], year - year.floor());
        light.on(scale(mix(wood, [0.02; 3], char), if r > 0.85 { 0.35 } else { 1.0 }), 0.55)
    });
}

/// A crossed pile of logs, `half` its half width. `char`: how burnt they are.
pub fn log_pile(
    canvas: &mut Canvas,
    rng: &mut Rng,
    light: &Light,
    (foot, half): (Point, f32),
    char: f32,
) {
    contact_shadow(canvas, foot, half * 1.25, 0.24);
    let count = 5 + rng.below(4);
    for i in 0..count {
        let side = if i % 2 == 0 { -1.0 } else { 1.0 };
        let from = point(
            foot.x + side * half * between(rng, 0.5, 1.0),
            foot.y + half * between(rng, -0.02, 0.14),
        );
        let high = half * between(rng, 0.15, 0.62);
        let to = point(foot.x - side * half * between(rng, 0.05, 0.6), foot.y - high);
        let thick = half * between(rng, 0.08, 0.14);
        log(canvas, rng, light, (from, to), (thick, char));
    }
}

/// A ring of stones, the near half drawn by `near`, the far half otherwise.
pub fn stones(
    canvas: &mut Canvas,
    rng: &mut Rng,
    light: &Light,
    (centre, radius): (Point, f32),
    near: bool,
) {
    for i in 0..9 {
        let t = (i as f32 + between(rng, 0.2, 0.8)) / 9.0 * 2.0 - 1.0;
        let bow = (1.0 - t * t).sqrt() * if near { 0.3 } else { -0.3 };
        let at = point(centre.x + t * radius, centre.y + bow * radius);
        let r = radius * between(rng, 0.13, 0.2);
        stone(canvas, rng, light, at, r);
    }
}

fn stone(canvas: &mut Canvas, rng: &mut Rng, light: &Light, at: Point, r: f32) {
    let noise = Noise::new(rng);
    let tone = between(rng, 0.14, 0.34);
    let flat = between(rng, 0.62, 0.85);
    contact_shadow(canvas, point(at.x, at.y + r * flat * 0.7), r * 1.2, 0.35);
    canvas.disc(at, (r, r * flat), 0.08, |u, v, _| {
        let n = noise.fbm(u * 2.0, v * 2.0, 4);
        let facing = 0.45 - 0.5 * v + 0.3 * u * light.side + (n - 0.5);
        light.on(
            [tone * (0.7 + 0.6 * n), tone * (0.68 + 0.58 * n), tone * (0.64 + 0.55 * n)],
            facing,
        )
    });
}

/// A street lamp with its light; the light is added after the scene is painted.
pub fn street_lamp(
    canvas: &mut Canvas,
    light: &Light,
    foot: Point,
    height: f32,
    arm: f32,
) -> Point {
    let half = height * 0.011;
    let top = point(foot.x, foot.y - height);
    let metal = |across: f32, _: f32| light.on([0.16; 3], 0.5 - 0.4 * across);
    canvas.bar((foot, top), (half * 1.3, half * 0.8), metal);
    let head = point(top.x + arm * height * 0.2, top.y - height * 0.03);
    canvas.bar((top, head), (half * 0.7, half * 0.6), metal);
    canvas.disc(head, (height * 0.045, height * 0.018), 0.2, |_, _, _| light.on([0.12; 3], 0.4));
    point(head.x, head.y + height * 0.012)
}

/// A lit bulb and the haze of light about it.
pub fn shine(canvas: &mut Canvas, at: Point, radius: f32, colour: Rgb) {
    canvas.shade(|x, y, below| {
        let (u, v) = ((x - at.x) / radius, (y - at.y) / radius);
        let d = u * u + v * v;
        let bulb = smooth(1.2, 0.7, d.sqrt()) * 3.0;
        add(below, scale(colour, bulb + 0.16 * glow(d * 0.06)))
    });
}

/// A heap of wood, brush or rubble with a rough outline.
pub fn heap(
    canvas: &mut Canvas,
    rng: &mut Rng,
    light: &Light,
    foot: Point,
    half: f32,
    albedo: Rgb,
) {
    let noise = Noise::new(rng);
    contact_shadow(canvas, foot, half * 1.2, 0.16);
    let area =
        Area { left: foot.x - half, top: foot.y - half, right: foot.x + half, bottom: foot.y };
    let pixels = canvas.height as f32;
    canvas.shade_within(area, |x, y, below| {
        let u = (x - foot.x) / half;
        let n = noise.fbm(x * 8.0 / half, 0.5, 4);
        let crest = half * ((1.0 - u * u) * 0.6 + (n - 0.5) * 0.35 * (1.0 - u * u));
        let cover = ((crest - (foot.y - y)) * pixels).clamp(0.0, 1.0);
        let sticks =
            noise.fbm(x * 9.0 / half + y * 5.0 / half, y * 15.0 / half - x * 6.0 / half, 4);
        mix(below, light.on(scale(albedo, 0.3 + 1.4 * sticks), (sticks - 0.5) * 3.0 + 0.4), cover)
    });
}
