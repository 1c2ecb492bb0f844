//! Flames: tongues of heat, torn by noise, coloured as hot soot is.

use super::canvas::{Area, Canvas, Point, point};
use super::noise::{Noise, Rgb, add, between, glow, lerp, mix, scale, smooth};
use crate::random::Rng;

pub struct Tongue {
    pub foot: Point,
    pub half: f32,
    pub height: f32,
    /// How far its tip is blown aside, in heights.
    pub lean: f32,
}

impl Tongue {
    /// How deep inside this tongue a place is: 1 on its axis near the foot, 0 outside.
    fn depth(&self, x: f32, y: f32, sway: f32) -> f32 {
        let v = (self.foot.y - y) / self.height;
        if !(-0.12..1.25).contains(&v) {
            return 0.0;
        }
        let up = v.max(0.0);
        let axis = self.foot.x + self.lean * self.height * up * up + sway * self.half * up;
        // Bellied a little above the foot, then drawn out to a tip.
        let half = self.half * ((1.25 - up).max(0.0) * (0.62 + 1.1 * up * (1.0 - up).max(0.0)));
        let u = (x - axis) / half.max(1e-4);
        (1.0 - u * u).max(0.0) * smooth(-0.12, 0.06, v) * smooth(1.25, 0.55, v)
    }
}

pub struct Fire {
    pub tongues: Vec<Tongue>,
    /// Width of the licks that tear it, in canvas heights.
    pub lick: f32,
    /// Gain of its light: 1 by day, more in the dark.
    pub power: f32,
    /// How much the flames hide what is behind them.
    pub body: f32,
}

/// Tongues side by side along a line, higher in the middle.
pub fn row(
    rng: &mut Rng,
    (from, to): (Point, Point),
    height: f32,
    lean: f32,
    count: usize,
) -> Vec<Tongue> {
    let span = (to.x - from.x).abs().max((to.y - from.y).abs() * 0.5).max(height * 0.2);
    (0..count)
        .map(|i| {
            let t = (i as f32 + between(rng, 0.15, 0.85)) / count as f32;
            let middle = 1.0 - (2.0 * t - 1.0) * (2.0 * t - 1.0);
            let high = height * lerp(0.45, 1.0, middle) * between(rng, 0.55, 1.1);
            Tongue {
                foot: point(lerp(from.x, to.x, t), lerp(from.y, to.y, t)),
                half: (span / count as f32 * between(rng, 0.9, 1.7)).max(high * 0.12),
                height: high,
                lean: lean + between(rng, -0.12, 0.12),
            }
        })
        .collect()
}

/// Black-body-like: deep red edges, orange, yellow, near white where it is thickest.
fn ember(heat: f32) -> Rgb {
    let h = heat.clamp(0.0, 1.6);
    let bright = h * (0.55 + 1.9 * h);
    let green = lerp(0.11, 0.5, smooth(0.05, 1.35, h));
    let blue = lerp(0.006, 0.2, smooth(0.6, 1.6, h));
    [bright, bright * green, bright * blue]
}

pub fn burn(canvas: &mut Canvas, rng: &mut Rng, fire: &Fire) {
    let noise = Noise::new(rng);
    let area = reach(&fire.tongues);
    let k = 1.0 / fire.lick;
    canvas.shade_within(area, |x, y, below| {
        // Licks are stretched upwards and sway together.
        let sway = (noise.fbm(x * k * 0.3 + 50.0, y * k * 0.45, 2) - 0.5) * 3.2;
        let deep: f32 = fire.tongues.iter().map(|tongue| tongue.depth(x, y, sway)).sum();
        if deep <= 0.0 {
            return below;
        }
        let high = smooth(area.bottom, area.top, y);
        let tear = noise.warped(x * k, y * k * 0.5, 5, 1.8);
        let wave = noise.fbm(x * k * 2.6 + 30.0, y * k * 1.1, 3) - 0.5;
        let fold = (noise.fbm(x * k * 0.8 + 9.0, y * k * 0.33 + 70.0, 3) - 0.5).abs() * 3.0;
        let heat = deep.min(1.4) * (0.55 + 0.75 * fold)
            - (tear - 0.2) * (0.95 + 1.0 * high)
            - wave * (0.55 + 0.5 * high);
        if heat <= 0.0 {
            return below;
        }
        let hidden = (fire.body * smooth(0.0, 0.4, heat)).min(0.95);
        add(scale(below, 1.0 - hidden), scale(ember(heat), fire.power))
    });
}

fn reach(tongues: &[Tongue]) -> Area {
    let mut area = Area { left: f32::MAX, top: f32::MAX, right: f32::MIN, bottom: f32::MIN };
    for tongue in tongues {
        let side = tongue.half * 2.5 + tongue.height * tongue.lean.abs() * 1.6;
        area.left = area.left.min(tongue.foot.x - side);
        area.right = area.right.max(tongue.foot.x + side);
        area.top = area.top.min(tongue.foot.y - tongue.height * 1.25);
        area.bottom = area.bottom.max(tongue.foot.y + tongue.height * 0.12);
    }
    area
}

/// Throws the fire's light on all that is painted already, as far as `radius`.
pub fn light_up(canvas: &mut Canvas, at: Point, radius: f32, gain: f32) {
    let warm: Rgb = [1.0, 0.42, 0.13];
    canvas.shade(|x, y, below| {
        let (u, v) = ((x - at.x) / radius, (y - at.y) / (radius * 0.8));
        let near = glow(u * u + v * v);
        let lit = |c: usize| below[c] * (1.0 + gain * near * warm[c]);
        [lit(0), lit(1), lit(2)]
    });
}

/// Light scattered by the air and the smoke about the fire.
pub fn aura(canvas: &mut Canvas, at: Point, radius: f32, strength: f32) {
    canvas.shade(|x, y, below| {
        let (u, v) = ((x - at.x) / radius, (y - at.y) / radius);
        add(below, scale([1.0, 0.34, 0.08], strength * glow((u * u + v * v) * 2.0)))
    });
}

/// Sparks carried up from the fire, each a short streak.
pub fn sparks(
    canvas: &mut Canvas,
    rng: &mut Rng,
    from: Point,
    (spread, height): (f32, f32),
    count: usize,
) {
    for _ in 0..count {
        let t = rng.uniform() as f32;
        let up = t * t.sqrt();
        let at = point(
            from.x + between(rng, -1.0, 1.0) * spread * (0.35 + 0.65 * up),
            from.y - height * up,
        );
        let tail = point(at.x + between(rng, -0.006, 0.006), at.y + between(rng, 0.002, 0.014));
        let bright = between(rng, 0.6, 3.0) * (1.1 - up);
        let half = between(rng, 0.0008, 0.002);
        canvas.bar((at, tail), (half, half * 0.6), |_, _| {
            mix([bright, bright * 0.35, 0.02], [bright, bright * 0.6, bright * 0.2], 0.4)
        });
    }
}

/// A bed of glowing coals.
pub fn coals(canvas: &mut Canvas, rng: &mut Rng, at: Point, (rx, ry): (f32, f32), power: f32) {
    let noise = Noise::new(rng);
    canvas.disc(at, (rx, ry), 0.6, |u, v, below| {
        let n = noise.fbm(u * 7.0, v * 5.0, 3);
        let hot = smooth(0.48, 0.7, n) * power;
        add(scale(below, 0.5), [1.6 * hot, 0.36 * hot, 0.05 * hot])
    });
}
