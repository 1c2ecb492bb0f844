//! A room with a fireplace: wall, floor, brick or stone surround, mantelpiece, black opening.

use super::canvas::{Area, Canvas, Point, point};
use super::light::Light;
use super::noise::{Noise, Rgb, between, glow, lerp, mix, scale, smooth};
use super::things::log;
use crate::random::Rng;

pub struct Hearth {
    pub opening: Area,
    /// The middle of the grate, where logs and flames stand.
    pub grate: Point,
}

/// The light in a room: a lamp or a window on one side.
pub struct RoomLight {
    pub level: f32,
    pub warm: f32,
}

pub fn hearth(canvas: &mut Canvas, rng: &mut Rng, room: &RoomLight) -> Hearth {
    let aspect = canvas.aspect();
    let half = between(rng, 0.24, 0.38) * aspect.min(1.1);
    let centre = aspect * between(rng, 0.42, 0.58);
    let bottom = between(rng, 0.78, 0.9);
    let opening = Area {
        left: centre - half,
        top: bottom - half * between(rng, 1.1, 1.5),
        right: centre + half,
        bottom,
    };
    let lamp = lamp(rng, room, aspect);
    wall(canvas, rng, &lamp, bottom);
    floor(canvas, rng, &lamp, bottom);
    surround(canvas, rng, &lamp, &opening);
    cavity(canvas, rng, &lamp, &opening);
    Hearth { opening, grate: point(centre, bottom - half * 0.06) }
}

struct Lamp {
    at: Point,
    colour: Rgb,
}

impl Lamp {
    fn on(&self, albedo: Rgb, x: f32, y: f32) -> Rgb {
        let (u, v) = (x - self.at.x, y - self.at.y);
        let near = 0.35 + 0.9 * glow((u * u + v * v) * 0.9);
        [0, 1, 2].map(|c| albedo[c] * self.colour[c] * near)
    }
}

fn lamp(rng: &mut Rng, room: &RoomLight, aspect: f32) -> Lamp {
    let x = if rng.chance(0.5) { -0.1 } else { aspect + 0.1 };
    let tone = mix([0.85, 0.95, 1.05], [1.15, 0.85, 0.5], room.warm);
    Lamp { at: point(x, between(rng, 0.0, 0.5)), colour: scale(tone, room.level) }
}

fn wall(canvas: &mut Canvas, rng: &mut Rng, lamp: &Lamp, bottom: f32) {
    let noise = Noise::new(rng);
    let paints = [[0.62, 0.57, 0.48], [0.4, 0.44, 0.42], [0.5, 0.3, 0.22], [0.66, 0.64, 0.6]];
    let paint: Rgb = paints[rng.below(paints.len())];
    canvas.shade(|x, y, _| {
        let n = 0.85 + 0.3 * noise.fbm(x * 4.0, y * 4.0, 4);
        let skirting = if y > bottom - 0.05 { 0.55 } else { 1.0 };
        lamp.on(scale(paint, n * skirting), x, y)
    });
    // Something hangs above the mantelpiece: a picture in a frame.
    if rng.chance(0.6) {
        let middle = point(canvas.aspect() * between(rng, 0.4, 0.6), between(rng, 0.02, 0.1));
        let frame = Area::around(middle, between(rng, 0.1, 0.2), between(rng, 0.1, 0.16));
        canvas.fill(&frame.corners(), |x, y| lamp.on([0.2, 0.13, 0.07], x, y));
        let inner = Area::around(middle, frame.width() * 0.42, frame.height() * 0.4);
        canvas.fill(&inner.corners(), |x, y| {
            let n = noise.fbm(x * 7.0, y * 7.0, 3);
            lamp.on(mix([0.15, 0.22, 0.2], [0.5, 0.45, 0.3], n), x, y)
        });
    }
}

fn floor(canvas: &mut Canvas, rng: &mut Rng, lamp: &Lamp, top: f32) {
    let noise = Noise::new(rng);
    let middle = canvas.aspect() * 0.5;
    let wood = mix([0.3, 0.17, 0.09], [0.42, 0.3, 0.18], rng.uniform() as f32);
    let area = Area { left: 0.0, top, right: canvas.aspect(), bottom: 1.0 };
    canvas.shade_within(area, |x, y, _| {
        let near = (y - top) / (1.0 - top) + 0.35;
        let board = (x - middle) / near * 5.0;
        let tone = 0.7 + 0.5 * noise.cell(board, 1.0);
        let gap = smooth(0.0, 0.06, board - board.floor());
        let vein = 0.8 + 0.4 * noise.fbm(board * 3.0, 3.0 / near, 3);
        lamp.on(scale(wood, tone * vein * lerp(0.4, 1.0, gap)), x, y)
    });
}

/// Bricks, or rough stones, about the opening, and a beam above it.
fn surround(canvas: &mut Canvas, rng: &mut Rng, lamp: &Lamp, opening: &Area) {
    let noise = Noise::new(rng);
    let side = opening.width() * between(rng, 0.2, 0.32);
    let area = Area {
        left: opening.left - side,
        top: opening.top - side * 1.1,
        right: opening.right + side,
        bottom: opening.bottom,
    };
    let stone = rng.chance(0.4);
    let brick: Rgb = if stone { [0.4, 0.37, 0.33] } else { [0.36, 0.15, 0.09] };
    let (long, high) = if stone { (0.085, 0.055) } else { (0.07, 0.024) };
    canvas.fill(&area.corners(), |x, y| {
        let bend = if stone { (noise.fbm(x * 9.0, y * 9.0, 2) - 0.5) * 1.1 } else { 0.0 };
        let row = y / high + bend;
        let place = x / long + 0.5 * (row.floor() - 2.0 * (row * 0.5).floor()) + bend;
        let (u, v) = (place - place.floor(), row - row.floor());
        let joint = smooth(0.0, 0.1, u.min(1.0 - u)) * smooth(0.0, 0.22, v.min(1.0 - v));
        let tone =
            0.6 + 0.7 * noise.cell(place, row) + 0.5 * (noise.fbm(x * 40.0, y * 40.0, 3) - 0.5);
        let soot = smooth(0.12, 0.0, opening.top - y)
            * smooth(side * 0.5, 0.0, (opening.left - x).max(x - opening.right));
        let colour = mix([0.42, 0.39, 0.35], scale(brick, tone), joint);
        lamp.on(scale(colour, 1.0 - 0.5 * soot), x, y)
    });
    let beam = Area {
        left: area.left - side * 0.25,
        top: area.top - side * 0.32,
        right: area.right + side * 0.25,
        bottom: area.top,
    };
    canvas.fill(&beam.corners(), |x, y| {
        let vein = 0.6 + 0.8 * noise.fbm(x * 5.0, y * 60.0, 4);
        let lip = lerp(1.3, 0.6, (y - beam.top) / beam.height());
        lamp.on(scale([0.27, 0.17, 0.1], vein * lip), x, y)
    });
    ornaments(canvas, rng, lamp, &beam);
}

/// Vases and candlesticks on the beam.
fn ornaments(canvas: &mut Canvas, rng: &mut Rng, lamp: &Lamp, beam: &Area) {
    for _ in 0..rng.below(4) {
        let x = between(rng, beam.left + 0.03, beam.right - 0.03);
        let (rx, ry) = (between(rng, 0.014, 0.03), between(rng, 0.025, 0.055));
        let glaze: Rgb = [0.2, 0.3, 0.5].map(|_: f32| between(rng, 0.05, 0.6));
        canvas.disc(point(x, beam.top - ry), (rx, ry), 0.1, |u, v, _| {
            lamp.on(scale(glaze, 0.8 - 0.5 * u * u - 0.2 * v), x, beam.top)
        });
    }
}

/// The sooty inside of the fireplace.
fn cavity(canvas: &mut Canvas, rng: &mut Rng, lamp: &Lamp, opening: &Area) {
    let noise = Noise::new(rng);
    let (w, h) = (opening.width(), opening.height());
    canvas.fill(&opening.corners(), |x, y| {
        let (u, v) = ((x - opening.left) / w, (y - opening.top) / h);
        let (row, place) = (v * 14.0, u * 10.0);
        let (a, b) = (row - row.floor(), place - place.floor());
        let joint = smooth(0.0, 0.2, a) * smooth(0.0, 0.12, b);
        let soot = noise.fbm(u * 5.0, v * 5.0, 4);
        let back = smooth(0.0, 0.16, u) * smooth(1.0, 0.84, u);
        let tone = 0.06 * (0.3 + soot) * lerp(0.45, 1.0, joint) * lerp(0.5, 1.0, back);
        let ash = smooth(0.86, 0.95, v + 0.05 * soot) * 0.2;
        lamp.on([tone + ash, tone * 0.92 + ash, tone * 0.85 + ash], x, y)
    });
}

/// Logs on the grate; `char` says how burnt they are.
pub fn stack_logs(canvas: &mut Canvas, rng: &mut Rng, light: &Light, it: &Hearth, char: f32) {
    let half = it.opening.width() * 0.5;
    let count = 3 + rng.below(3);
    for i in 0..count {
        let high = half * (0.1 + 0.17 * (i / 2) as f32);
        let reach = half * between(rng, 0.45, 0.72);
        let shift = half * between(rng, -0.15, 0.15);
        let tilt = half * between(rng, -0.08, 0.08);
        let from = point(it.grate.x + shift - reach, it.grate.y - high + tilt);
        let to = point(it.grate.x + shift + reach, it.grate.y - high - tilt);
        let ends = if rng.chance(0.5) { (from, to) } else { (to, from) };
        let thick = half * between(rng, 0.08, 0.12);
        log(canvas, rng, light, ends, (thick, char));
    }
}
