//! Smoke: puffs carried along a bent path, torn by noise and lit from one side.

use super::canvas::{Area, Canvas, Point, point};
use super::light::Light;
use super::noise::{Noise, Rgb, between, lerp, mix, scale, smooth, transmit};
use crate::random::Rng;

/// The colours of smoke where light falls on it and where it does not, and where light comes from.
#[derive(Clone, Copy)]
pub struct Tint {
    pub lit: Rgb,
    pub shade: Rgb,
    pub from: Point,
}

pub struct Plume {
    pub source: Point,
    /// Half its width at the source, and how much wider it gets over its length.
    pub half: f32,
    pub widen: f32,
    /// How far it goes: up, and aside (bent over by the wind).
    pub rise: f32,
    pub drift: f32,
    pub puffs: usize,
    /// Opacity of one puff at the source; it thins out to `fade` of that at the end.
    pub thick: f32,
    pub fade: f32,
}

impl Plume {
    fn path(&self, t: f32) -> Point {
        // Hot smoke climbs first, then cools and goes with the wind.
        let up = t * (1.6 - 0.6 * t);
        let aside = t * t.sqrt();
        point(self.source.x + self.drift * aside, self.source.y - self.rise * up)
    }
}

/// One ball of smoke.
#[derive(Clone, Copy)]
struct Puff {
    at: Point,
    radius: f32,
    opacity: f32,
}

pub fn plume(canvas: &mut Canvas, rng: &mut Rng, it: &Plume, tint: &Tint) {
    let noise = Noise::new(rng);
    let puffs = puffs(rng, it);
    // Turbulence pushes places about by a good part of the plume's width.
    let size = (it.half + 0.5 * it.widen).max(0.02);
    let (k, reach) = (1.0 / size, size * 0.75);
    let mut in_row: Vec<Puff> = Vec::new();
    let mut row = f32::NAN;
    canvas.shade_within(bounds(&puffs, reach), |x, y, below| {
        if y != row {
            row = y;
            let near = |puff: &&Puff| (puff.at.y - y).abs() < puff.radius + reach;
            in_row.clear();
            in_row.extend(puffs.iter().filter(near));
        }
        if !in_row.iter().any(|puff| (puff.at.x - x).abs() < puff.radius + reach) {
            return below;
        }
        let dx = noise.fbm(x * k * 0.8, y * k * 0.8 + 40.0, 3) - 0.5;
        let dy = noise.fbm(x * k * 0.8 + 70.0, y * k * 0.8, 3) - 0.5;
        let pushed = point(x + dx * size * 1.5, y + dy * size * 1.5);
        let lump = || noise.billow((x + dx * size) * k * 1.5, (y + dy * size) * k * 1.5, 5);
        blend(&in_row, pushed, lump, tint, below)
    });
}

/// The puffs from the far end to the source, so that the youngest lie in front.
fn puffs(rng: &mut Rng, it: &Plume) -> Vec<Puff> {
    let one = |i: usize| {
        let t = (i as f32 + rng.uniform() as f32) / it.puffs as f32;
        let half = it.half + it.widen * t;
        let radius = half * between(rng, 0.5, 0.95);
        let middle = it.path(t);
        let off = (between(rng, -0.75, 0.75), between(rng, -0.6, 0.6));
        let at = point(middle.x + off.0 * half, middle.y + off.1 * half * smooth(0.0, 0.15, t));
        let opacity = it.thick * lerp(1.0, it.fade, t) * between(rng, 0.6, 1.0);
        Puff { at, radius, opacity }
    };
    (0..it.puffs).rev().map(one).collect()
}

fn bounds(puffs: &[Puff], reach: f32) -> Area {
    let mut area = Area { left: f32::MAX, top: f32::MAX, right: f32::MIN, bottom: f32::MIN };
    for Puff { at, radius, .. } in puffs {
        area.left = area.left.min(at.x - radius - reach);
        area.right = area.right.max(at.x + radius + reach);
        area.top = area.top.min(at.y - radius - reach);
        area.bottom = area.bottom.max(at.y + radius + reach);
    }
    area
}

/// Lays puffs over each other: round where they are thick, eaten away by lumps at their edges.
fn blend(puffs: &[Puff], p: Point, lump: impl Fn() -> f32, tint: &Tint, below: Rgb) -> Rgb {
    let mut lump_here = None;
    let mut colour = below;
    for puff in puffs {
        let (u, v) = ((p.x - puff.at.x) / puff.radius, (p.y - puff.at.y) / puff.radius);
        let inside = 1.0 - (u * u + v * v);
        if inside <= 0.0 {
            continue;
        }
        let lump = *lump_here.get_or_insert_with(&lump);
        let cover = puff.opacity * smooth(0.0, 0.75, inside - lump * 0.55);
        let facing = 0.5 + 0.42 * (u * tint.from.x + v * tint.from.y) + 0.5 * (lump - 0.42);
        colour = mix(colour, mix(tint.shade, tint.lit, facing.clamp(0.0, 1.0)), cover);
    }
    colour
}

/// Smoke or fog that fills a place: thickness `amount` at each place is given by `where_thick`.
pub fn haze(
    canvas: &mut Canvas,
    rng: &mut Rng,
    (amount, grain): (f32, f32),
    tint: &Tint,
    where_thick: impl Fn(f32, f32) -> f32,
) {
    let noise = Noise::new(rng);
    canvas.shade(|x, y, below| {
        let n = noise.warped(x * grain, y * grain * 1.3, 5, 0.8);
        let side = noise.warped((x + 0.04) * grain, (y + 0.05) * grain * 1.3, 5, 0.8);
        let thick = amount * where_thick(x, y) * smooth(0.15, 0.85, n) * 2.2;
        let facing = (0.5 + (n - side) * 1.7).clamp(0.0, 1.0);
        mix(below, mix(tint.shade, tint.lit, facing), 1.0 - transmit(thick))
    });
}

/// A single thread of smoke, as from an ember in a still room.
pub fn wisp(
    canvas: &mut Canvas,
    rng: &mut Rng,
    source: Point,
    (height, width): (f32, f32),
    tint: &Tint,
) {
    let noise = Noise::new(rng);
    let strength = between(rng, 0.5, 0.9);
    let area = Area { left: 0.0, top: source.y - height, right: canvas.aspect(), bottom: source.y };
    canvas.shade_within(area, |x, y, below| {
        let up = ((source.y - y) / height).max(0.0);
        let swing = noise.fbm(0.3, y * 4.5, 3) - 0.5;
        let axis = source.x + swing * width * 5.0 * smooth(0.05, 0.8, up);
        let half = width * lerp(0.12, 1.6, up * up.sqrt());
        let fold =
            (noise.warped((x - axis) * 2.2 / width.max(0.02) * 0.3, y * 5.0, 3, 1.5) - 0.5) * 2.6;
        let u = (x - axis) / half + fold * smooth(0.1, 0.6, up);
        let sheet = transmit(u * u * 2.4) * lerp(1.0, 0.5, up) * smooth(1.0, 0.75, up);
        let edge = transmit((u.abs() - 0.7) * (u.abs() - 0.7) * 14.0) * smooth(0.15, 0.5, up);
        let cover = strength * (sheet * 0.6 + edge * 0.45);
        mix(below, mix(tint.shade, tint.lit, sheet), cover.clamp(0.0, 0.95))
    });
}

/// The colours of a kind of smoke in a given light.
pub fn tint(body: f32, warm: f32, light: &Light) -> Tint {
    let albedo = [body * (1.0 + 0.1 * warm), body, body * (1.0 - 0.12 * warm)];
    let lit = scale(light.on(albedo, 0.95), 1.2);
    let shade = scale(light.on(albedo, 0.12), 0.55);
    let from = point(0.7 * light.side, -0.7);
    Tint { lit, shade, from }
}
