//! Smoke: puffs carried along a bent path, torn by noise and lit from one side.

use super::canvas::{Area, Canvas, Point, point};
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

/// Fields that are looked up for each pixel once, however many puffs lie over it.
struct Torn {
    push: Vec<(f32, f32)>,
    lumps: Vec<f32>,
    cover: Vec<f32>,
    colour: Vec<Rgb>,
}

pub fn plume(canvas: &mut Canvas, rng: &mut Rng, it: &Plume, tint: &Tint) {
    let noise = Noise::new(rng);
    let (width, height) = (canvas.width, canvas.height);
    let mut torn = tear(&noise, (width, height), it);
    for i in (0..it.puffs).rev() {
        let t = (i as f32 + rng.uniform() as f32) / it.puffs as f32;
        let half = it.half + it.widen * t;
        let r = half * between(rng, 0.5, 0.95);
        let middle = it.path(t);
        let off = (between(rng, -0.75, 0.75), between(rng, -0.6, 0.6));
        let at = point(middle.x + off.0 * half, middle.y + off.1 * half * smooth(0.0, 0.15, t));
        let opacity = it.thick * lerp(1.0, it.fade, t) * between(rng, 0.6, 1.0);
        puff(&mut torn, (width, height), (at, r, opacity), tint);
    }
    for (i, below) in canvas.pixels.iter_mut().enumerate() {
        if torn.cover[i] > 0.0 {
            *below = mix(*below, torn.colour[i], torn.cover[i]);
        }
    }
}

fn tear(noise: &Noise, (width, height): (usize, usize), it: &Plume) -> Torn {
    let size = it.half + 0.5 * it.widen;
    let k = 1.0 / size.max(0.02);
    let n = width * height;
    let mut torn = Torn {
        push: Vec::with_capacity(n),
        lumps: Vec::with_capacity(n),
        cover: vec![0.0; n],
        colour: vec![[0.0; 3]; n],
    };
    for i in 0..n {
        let (x, y) = ((i % width) as f32 / height as f32, (i / width) as f32 / height as f32);
        let dx = noise.fbm(x * k * 0.8, y * k * 0.8 + 40.0, 3) - 0.5;
        let dy = noise.fbm(x * k * 0.8 + 70.0, y * k * 0.8, 3) - 0.5;
        torn.push.push((dx * size * 1.5, dy * size * 1.5));
        torn.lumps.push(noise.billow((x + dx * size) * k * 1.5, (y + dy * size) * k * 1.5, 5));
    }
    torn
}

/// One ball of smoke: round where it is thick, eaten away by the lumps at its edge.
fn puff(
    torn: &mut Torn,
    (width, height): (usize, usize),
    (at, r, opacity): (Point, f32, f32),
    tint: &Tint,
) {
    let reach = Area::around(at, r * 2.0, r * 2.0);
    let pixels = height as f32;
    let clip = |v: f32, most: usize| ((v * pixels).max(0.0) as usize).min(most);
    for row in clip(reach.top, height)..clip(reach.bottom, height) {
        for column in clip(reach.left, width)..clip(reach.right, width) {
            let i = row * width + column;
            let (dx, dy) = torn.push[i];
            let u = (column as f32 / pixels + dx - at.x) / r;
            let v = (row as f32 / pixels + dy - at.y) / r;
            let inside = 1.0 - (u * u + v * v);
            if inside <= 0.0 {
                continue;
            }
            let lump = torn.lumps[i];
            let dense = smooth(0.0, 0.75, inside - lump * 0.55);
            let cover = opacity * dense;
            if cover <= 0.0 {
                continue;
            }
            let facing = 0.5 + 0.42 * (u * tint.from.x + v * tint.from.y) + 0.55 * (lump - 0.42);
            let colour = mix(tint.shade, tint.lit, facing.clamp(0.0, 1.0));
            let total = cover + torn.cover[i] * (1.0 - cover);
            torn.colour[i] = mix(torn.colour[i], colour, cover / total);
            torn.cover[i] = total;
        }
    }
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
        let n = noise.warped(x * grain, y * grain * 1.3, 5, 1.8);
        let side = noise.warped((x + 0.05) * grain, (y + 0.06) * grain * 1.3, 4, 1.8);
        let thick = amount * where_thick(x, y) * smooth(0.22, 0.78, n) * 2.2;
        let facing = (0.5 + (n - side) * 2.2).clamp(0.0, 1.0);
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
        let up = (source.y - y) / height;
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
pub fn tint(body: f32, warm: f32, light: &super::light::Light) -> Tint {
    let albedo = [body * (1.0 + 0.1 * warm), body, body * (1.0 - 0.12 * warm)];
    let lit = light.on(albedo, 0.95);
    let shade = scale(light.on(albedo, 0.12), 0.8);
    let from = point(0.7 * light.side, -0.7);
    Tint { lit, shade, from }
}
