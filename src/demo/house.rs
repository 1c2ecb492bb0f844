//! A house seen from a corner: front with windows and door, gable, roof, chimney.

use super::canvas::{Area, Canvas, Point, point};
use super::light::Light;
use super::noise::{Noise, Rgb, between, lerp, mix, scale, side};
use crate::random::Rng;

/// Where things are on the painted house.
pub struct House {
    pub windows: Vec<Area>,
    pub ridge: (Point, Point),
    pub chimney: Point,
    pub size: f32,
}

/// Where a house stands: the middle of its front's foot, and the width of its front.
pub struct Plot {
    pub foot: Point,
    pub width: f32,
    /// Lit windows in the evening.
    pub somebody_home: bool,
}

struct Frame {
    front: Area,
    /// The far corner's x, and the height of the ridge.
    far: f32,
    top: f32,
    /// 1 when the gable is on the right, -1 when on the left.
    turn: f32,
}

impl Frame {
    fn near(&self) -> f32 {
        if self.turn > 0.0 { self.front.right } else { self.front.left }
    }

    /// The same height a share of the way back along the gable wall: lines run to the eye level.
    fn back(&self, y: f32, t: f32) -> f32 {
        let eye = lerp(self.front.top, self.front.bottom, 0.6);
        lerp(y, eye, 0.14 * t)
    }

    fn peak(&self) -> Point {
        point(lerp(self.near(), self.far, 0.46), self.top)
    }

    fn ridge(&self) -> (Point, Point) {
        let peak = self.peak();
        (point(peak.x - self.turn * self.front.width() * 1.02, peak.y), peak)
    }
}

pub fn house(canvas: &mut Canvas, rng: &mut Rng, light: &Light, plot: &Plot) -> House {
    let width = plot.width;
    let storeys = if rng.chance(0.5) { 2.0 } else { 1.0 };
    let height = width * if storeys > 1.5 { 0.72 } else { 0.42 };
    let turn = side(rng);
    let front = Area {
        left: plot.foot.x - width * 0.5,
        top: plot.foot.y - height,
        right: plot.foot.x + width * 0.5,
        bottom: plot.foot.y,
    };
    let near = if turn > 0.0 { front.right } else { front.left };
    let far = near + turn * width * between(rng, 0.35, 0.55);
    let frame = Frame { top: front.top - width * between(rng, 0.26, 0.4), front, far, turn };
    shadow(canvas, &frame, light);
    walls(canvas, rng, light, &frame);
    let chimney = chimney(canvas, rng, light, &frame);
    roof(canvas, rng, light, &frame);
    let windows = openings(canvas, rng, light, &frame, (storeys as usize, plot.somebody_home));
    House { windows, ridge: frame.ridge(), chimney, size: width }
}

fn shadow(canvas: &mut Canvas, frame: &Frame, light: &Light) {
    let middle = (frame.front.left + frame.far) * 0.5 - light.side * 0.1;
    let centre = point(middle, frame.front.bottom);
    canvas.disc(
        centre,
        (frame.front.width() * 0.95, frame.front.height() * 0.1),
        0.7,
        |_, _, c| scale(c, 0.45),
    );
}

const WALLS: [Rgb; 7] = [
    [0.72, 0.69, 0.62],
    [0.6, 0.52, 0.36],
    [0.36, 0.1, 0.07],
    [0.4, 0.43, 0.46],
    [0.62, 0.6, 0.56],
    [0.3, 0.19, 0.11],
    [0.55, 0.36, 0.2],
];

fn walls(canvas: &mut Canvas, rng: &mut Rng, light: &Light, frame: &Frame) {
    let noise = Noise::new(rng);
    let paint = WALLS[rng.below(WALLS.len())];
    let boards = if rng.chance(0.6) { 0.2 } else { 0.0 };
    let pitch = frame.front.height() / between(rng, 14.0, 24.0);
    let (top, bottom) = (frame.front.top, frame.front.bottom);
    let surface = |x: f32, y: f32, facing: f32| {
        let row = (y - top) / pitch;
        let board = 1.0 - boards * (row - row.floor());
        let stain = 0.8 + 0.4 * noise.fbm(x * 9.0, y * 5.0, 4);
        let foot = lerp(1.0, 0.75, ((y - bottom) / pitch * 0.5 + 1.0).clamp(0.0, 1.0));
        light.on(scale(paint, board * stain * foot), facing)
    };
    let sunny = |towards: f32| 0.5 + 0.4 * towards * light.side;
    canvas.fill(&frame.front.corners(), |x, y| surface(x, y, sunny(-frame.turn)));
    let near = frame.near();
    let gable = [
        point(near, bottom),
        point(near, top),
        frame.peak(),
        point(frame.far, frame.back(top, 1.0)),
        point(frame.far, frame.back(bottom, 1.0)),
    ];
    canvas.fill(&gable, |x, y| scale(surface(x, y, sunny(frame.turn)), 0.8));
}

fn roof(canvas: &mut Canvas, rng: &mut Rng, light: &Light, frame: &Frame) {
    let noise = Noise::new(rng);
    let colours = [[0.2, 0.08, 0.055], [0.1, 0.1, 0.11], [0.16, 0.12, 0.1], [0.27, 0.12, 0.08]];
    let tiles: Rgb = colours[rng.below(colours.len())];
    let lip = frame.front.width() * 0.03;
    let (eave, (start, peak)) = (frame.front.top + lip, frame.ridge());
    let far_end = if frame.turn > 0.0 { frame.front.left } else { frame.front.right };
    let pitch = (eave - frame.top) / 16.0;
    let slope = [
        point(far_end - frame.turn * lip, eave),
        point(frame.near() + frame.turn * lip * 0.4, eave),
        point(peak.x + frame.turn * lip * 0.4, peak.y - lip * 0.3),
        point(start.x - frame.turn * lip, start.y - lip * 0.3),
    ];
    canvas.fill(&slope, |x, y| {
        let row = (y - frame.top) / pitch;
        let tile = 0.85 + 0.3 * noise.cell(x / pitch * 0.8 + row.floor() * 0.5, row);
        let lap = 0.75 + 0.35 * (row - row.floor());
        let moss = 0.75 + 0.5 * noise.fbm(x * 7.0, y * 7.0, 3);
        light.on(scale(tiles, tile * lap * moss), 0.75 - 0.15 * frame.turn * light.side)
    });
    // The barge board along the gable, seen edge on.
    let back = point(frame.far + frame.turn * lip, frame.back(frame.front.top, 1.0) + lip);
    canvas.bar((point(peak.x, peak.y), back), (lip * 0.5, lip * 0.4), |_, _| {
        light.on([0.3, 0.28, 0.25], 0.4)
    });
}

fn chimney(canvas: &mut Canvas, rng: &mut Rng, light: &Light, frame: &Frame) -> Point {
    let noise = Noise::new(rng);
    let (start, end) = frame.ridge();
    let x = lerp(start.x, end.x, between(rng, 0.2, 0.8));
    let half = frame.front.width() * 0.045;
    let top = frame.top - frame.front.width() * between(rng, 0.13, 0.2);
    let stack = Area { left: x - half, top, right: x + half, bottom: frame.top + half };
    canvas.fill(&stack.corners(), |x, y| {
        let brick = 0.7 + 0.6 * noise.cell(x / half * 2.2, y / half * 4.0);
        light.on(
            scale([0.27, 0.12, 0.08], brick),
            0.5 + 0.5 * light.side * (x - stack.left - half) / half,
        )
    });
    let cap =
        Area { left: x - half * 1.25, top: top - half * 0.3, right: x + half * 1.25, bottom: top };
    canvas.fill(&cap.corners(), |_, _| light.on([0.25, 0.24, 0.23], 0.8));
    point(x, top - half * 0.3)
}

/// Windows and a door on the front, one column of windows on the gable.
fn openings(
    canvas: &mut Canvas,
    rng: &mut Rng,
    light: &Light,
    frame: &Frame,
    (storeys, home): (usize, bool),
) -> Vec<Area> {
    let front = frame.front;
    let columns = 3 + rng.below(2);
    let door = rng.below(columns);
    let storey = front.height() / storeys as f32;
    let half = front.width() / columns as f32 * between(rng, 0.2, 0.28);
    let mut windows = Vec::new();
    for row in 0..storeys {
        for column in 0..columns {
            let x = front.left + front.width() * (column as f32 + 0.5) / columns as f32;
            let middle = front.top + storey * (row as f32 + 0.5);
            if row + 1 == storeys && column == door {
                let top = front.bottom - storey * 0.72;
                let area =
                    Area { left: x - half * 0.8, top, right: x + half * 0.8, bottom: front.bottom };
                canvas.fill(&area.corners(), |_, y| {
                    light.on(mix([0.12, 0.06, 0.04], [0.2, 0.1, 0.06], (y - top) * 4.0), 0.4)
                });
                continue;
            }
            let area = Area::around(point(x, middle), half, storey * 0.27);
            let lit = home && rng.chance(0.6);
            window(canvas, rng, light, &area, lit);
            windows.push(area);
        }
    }
    windows
}

pub fn window(canvas: &mut Canvas, rng: &mut Rng, light: &Light, area: &Area, lit: bool) {
    let noise = Noise::new(rng);
    let rim = area.width() * 0.1;
    let outer = Area::around(area.centre(), area.width() * 0.5 + rim, area.height() * 0.5 + rim);
    canvas.fill(&outer.corners(), |_, _| light.on([0.7, 0.69, 0.66], 0.6));
    let lamp = scale([0.95, 0.56, 0.2], between(rng, 0.5, 1.2));
    canvas.fill(&area.corners(), |x, y| {
        let n = noise.fbm(x * 12.0, y * 12.0, 2);
        if lit {
            let curtain = 0.55 + 0.45 * noise.at(x * 60.0, 0.5);
            return scale(lamp, curtain * lerp(1.1, 0.6, (y - area.top) / area.height()));
        }
        let mirror = mix(light.sky_low, light.sky_top, 0.5);
        mix([0.01, 0.012, 0.015], mirror, 0.1 + 0.5 * n * n)
    });
    let c = area.centre();
    let thin = (rim * 0.22, rim * 0.22);
    let frame = |_: f32, _: f32| light.on([0.6, 0.59, 0.56], 0.5);
    canvas.bar((point(c.x, area.top), point(c.x, area.bottom)), thin, frame);
    canvas.bar((point(area.left, c.y), point(area.right, c.y)), thin, frame);
}
