//! Places that all three categories share, so that only fire, smoke or neither tells them apart.

use super::backdrop::{
    ASPHALT, Growth, MEADOW, Ridge, Soil, ground, leafy, open_soil, ridge, sky, spruce, water,
};
use super::canvas::{Area, Canvas, Point, point};
use super::house::{House, Plot, house, window};
use super::light::{Hour, Light};
use super::noise::{Noise, Rgb, between, lerp, mix, scale, side, smooth};
use super::things::{Cylinder, cylinder, street_lamp};
use crate::random::Rng;

pub const GREENS: [Rgb; 3] = [[0.06, 0.11, 0.03], [0.1, 0.15, 0.04], [0.05, 0.085, 0.045]];
pub const AUTUMN: [Rgb; 4] =
    [[0.5, 0.12, 0.02], [0.6, 0.26, 0.03], [0.62, 0.4, 0.05], [0.4, 0.06, 0.03]];

pub fn hour(rng: &mut Rng, choice: &[Hour]) -> Hour {
    choice[rng.below(choice.len())]
}

/// Ranges of hills under a sky. `beyond` paints what stands behind the nearest range: it is given
/// points on the crest before that, from left to right. Returns the horizon.
pub fn valley(
    canvas: &mut Canvas,
    rng: &mut Rng,
    light: &Light,
    lake: bool,
    beyond: impl FnOnce(&mut Canvas, &mut Rng, &[Point]),
) -> f32 {
    let horizon = between(rng, 0.45, 0.66);
    let cover = between(rng, 0.0, 0.8);
    sky(canvas, rng, light, horizon, cover);
    let ranges = 2 + rng.below(2);
    let growth = if rng.chance(0.55) { Growth::Conifers } else { Growth::Leaves };
    let green = GREENS[rng.below(GREENS.len())];
    let mut crests: Vec<Point> = Vec::new();
    let mut beyond = Some(beyond);
    for i in 0..ranges {
        let near = (i + 1) as f32 / ranges as f32;
        let it = Ridge {
            y: horizon + (near - 0.7) * 0.26,
            swing: between(rng, 0.04, 0.11),
            far: lerp(0.8, 0.06, near),
            growth,
            albedo: mix([0.1, 0.12, 0.09], green, near),
        };
        if i + 1 == ranges
            && let Some(paint) = beyond.take()
        {
            paint(canvas, rng, &crests);
        }
        crests = ridge(canvas, rng, light, &it);
    }
    let edge = horizon + between(rng, 0.14, 0.22);
    if lake {
        water(canvas, rng, light, edge);
    } else if rng.chance(0.5) {
        let soil = open_soil(rng);
        ground(canvas, rng, light, edge, soil);
    }
    horizon
}

/// Open ground before a wood. Returns the horizon and where a subject may stand.
pub fn clearing(canvas: &mut Canvas, rng: &mut Rng, light: &Light, soil: Soil) -> (f32, Point) {
    let horizon = between(rng, 0.42, 0.62);
    let cover = between(rng, 0.1, 0.8);
    sky(canvas, rng, light, horizon, cover);
    let growth = if rng.chance(0.5) { Growth::Conifers } else { Growth::Leaves };
    let albedo = GREENS[rng.below(GREENS.len())];
    for (y, far) in [(horizon - 0.06, 0.5), (horizon - 0.01, 0.12)] {
        let it = Ridge { y, swing: between(rng, 0.02, 0.06), far, growth, albedo };
        ridge(canvas, rng, light, &it);
    }
    ground(canvas, rng, light, horizon, soil);
    for _ in 0..rng.below(6) {
        let side = if rng.chance(0.5) { between(rng, -0.05, 0.3) } else { between(rng, 0.7, 1.05) };
        let foot = point(canvas.aspect() * side, horizon + between(rng, 0.02, 0.12));
        let height = between(rng, 0.3, 0.7);
        if growth == Growth::Conifers {
            spruce(canvas, rng, light, foot, height);
        } else {
            leafy(canvas, rng, light, (foot, height * 0.8), albedo);
        }
    }
    for _ in 0..rng.below(7) {
        let x = canvas.aspect() * between(rng, -0.05, 1.05);
        let foot = point(x, horizon + between(rng, 0.01, 0.06));
        let height = between(rng, 0.05, 0.12);
        leafy(canvas, rng, light, (foot, height), albedo);
    }
    let x = canvas.aspect() * between(rng, 0.36, 0.64);
    (horizon, point(x, between(rng, 0.76, 0.88)))
}

/// A house in its garden.
pub fn yard(canvas: &mut Canvas, rng: &mut Rng, light: &Light, somebody_home: bool) -> House {
    let horizon = between(rng, 0.6, 0.7);
    let cover = between(rng, 0.0, 0.9);
    sky(canvas, rng, light, horizon, cover);
    let albedo = GREENS[rng.below(GREENS.len())];
    let it = Ridge {
        y: horizon - 0.03,
        swing: 0.05,
        far: between(rng, 0.1, 0.6),
        growth: Growth::Leaves,
        albedo,
    };
    ridge(canvas, rng, light, &it);
    let soil = if rng.chance(0.6) { MEADOW } else { open_soil(rng) };
    ground(canvas, rng, light, horizon, soil);
    let width = between(rng, 0.34, 0.5) * canvas.aspect().min(1.15);
    for _ in 0..rng.below(3) {
        let foot = point(canvas.aspect() * between(rng, 0.0, 1.0), horizon + 0.06);
        let height = between(rng, 0.3, 0.5);
        leafy(canvas, rng, light, (foot, height), albedo);
    }
    let foot = point(canvas.aspect() * between(rng, 0.4, 0.6), horizon + between(rng, 0.14, 0.2));
    let built = house(canvas, rng, light, &Plot { foot, width, somebody_home });
    for _ in 0..rng.below(3) {
        let side =
            if rng.chance(0.5) { between(rng, -0.02, 0.12) } else { between(rng, 0.88, 1.02) };
        let foot = point(canvas.aspect() * side, between(rng, 0.85, 0.95));
        let height = between(rng, 0.35, 0.6);
        leafy(canvas, rng, light, (foot, height), albedo);
    }
    built
}

/// Mouths of stacks: where smoke would leave, and half their width.
pub type Mouths = Vec<(Point, f32)>;

/// A works: halls, tanks and stacks.
pub fn works(canvas: &mut Canvas, rng: &mut Rng, light: &Light) -> Mouths {
    let horizon = between(rng, 0.68, 0.8);
    let cover = between(rng, 0.0, 0.9);
    sky(canvas, rng, light, horizon, cover);
    let albedo = GREENS[rng.below(GREENS.len())];
    let far = between(rng, 0.3, 0.7);
    ridge(
        canvas,
        rng,
        light,
        &Ridge { y: horizon - 0.02, swing: 0.04, far, growth: Growth::Leaves, albedo },
    );
    let soil = open_soil(rng);
    ground(canvas, rng, light, horizon, soil);
    let foot = horizon + 0.06;
    let count = 1 + rng.below(3);
    let mut mouths = Vec::new();
    for i in 0..count {
        let x = canvas.aspect() * ((i as f32 + between(rng, 0.3, 0.7)) / count as f32);
        let half = between(rng, 0.018, 0.034);
        let it = Cylinder {
            foot: point(x, foot),
            height: between(rng, 0.38, 0.58),
            half_foot: half * 1.35,
            half_top: half,
            albedo: [[0.5, 0.48, 0.45], [0.33, 0.15, 0.1], [0.62, 0.6, 0.57]][rng.below(3)],
            bands: rng.chance(0.5).then_some(([0.5, 0.05, 0.03], 2.0)),
            seams: between(rng, 10.0, 24.0),
            rust: 0.15,
        };
        cylinder(canvas, rng, light, &it);
        mouths.push((point(x, foot - it.height), half));
    }
    halls(canvas, rng, light, foot + 0.02);
    for _ in 0..rng.below(3) {
        let at = point(canvas.aspect() * between(rng, 0.05, 0.95), foot + 0.06);
        let half = between(rng, 0.06, 0.1);
        tank(canvas, rng, light, at, half);
    }
    mouths
}

/// A round tank or silo. Returns the middle of its top.
pub fn tank(canvas: &mut Canvas, rng: &mut Rng, light: &Light, foot: Point, half: f32) -> Point {
    let it = Cylinder {
        foot,
        height: half * between(rng, 1.0, 2.6),
        half_foot: half,
        half_top: half,
        albedo: [[0.65, 0.65, 0.63], [0.5, 0.42, 0.33], [0.42, 0.47, 0.5]][rng.below(3)],
        bands: None,
        seams: between(rng, 3.0, 8.0),
        rust: between(rng, 0.0, 0.9),
    };
    cylinder(canvas, rng, light, &it);
    point(foot.x, foot.y - it.height)
}

fn halls(canvas: &mut Canvas, rng: &mut Rng, light: &Light, foot: f32) {
    let noise = Noise::new(rng);
    for _ in 0..2 + rng.below(3) {
        let half = between(rng, 0.1, 0.26);
        let x = canvas.aspect() * between(rng, 0.0, 1.0);
        let high = between(rng, 0.06, 0.16);
        let hall = Area { left: x - half, top: foot - high, right: x + half, bottom: foot };
        let tone: Rgb = [[0.4, 0.4, 0.38], [0.3, 0.16, 0.11], [0.3, 0.36, 0.42]][rng.below(3)];
        canvas.fill(&hall.corners(), |x, y| {
            let rib = x * 70.0;
            let sheet = 0.8 + 0.2 * smooth(0.1, 0.3, rib - rib.floor());
            let stain = 0.6 + 0.8 * noise.fbm(x * 12.0, y * 5.0, 4);
            let pane = (y - hall.top) / high;
            let glass = (0.3..0.5).contains(&pane) && noise.cell(x * 50.0, 1.0) > 0.25;
            let albedo = if glass { [0.05, 0.06, 0.07] } else { scale(tone, sheet * stain) };
            light.on(albedo, 0.5)
        });
        let roof = Area { top: hall.top - 0.008, bottom: hall.top + 0.004, ..hall };
        canvas.fill(&roof.corners(), |_, _| light.on([0.2, 0.2, 0.2], 0.8));
    }
}

/// A street between two rows of houses. Returns where a subject may stand and the lamps' heads.
pub fn street(
    canvas: &mut Canvas,
    rng: &mut Rng,
    light: &Light,
    home: bool,
) -> (Point, Vec<Point>) {
    let aspect = canvas.aspect();
    let gone = point(aspect * between(rng, 0.4, 0.6), between(rng, 0.5, 0.58));
    let cover = between(rng, 0.0, 0.9);
    sky(canvas, rng, light, gone.y + 0.02, cover);
    ground(canvas, rng, light, gone.y, ASPHALT);
    for side in [-1.0, 1.0] {
        facades(canvas, rng, light, gone, (side, home));
    }
    let mut lamps = Vec::new();
    let side = side(rng);
    for depth in [0.3, 0.5, 1.0] {
        let foot = point(gone.x + side * 0.36 * depth, gone.y + 0.4 * depth);
        lamps.push(street_lamp(canvas, light, foot, 0.6 * depth, -side));
    }
    (point(gone.x + between(rng, -0.15, 0.15), between(rng, 0.78, 0.88)), lamps)
}

/// The houses of one side, from the far end to the near one.
fn facades(
    canvas: &mut Canvas,
    rng: &mut Rng,
    light: &Light,
    gone: Point,
    (side, home): (f32, bool),
) {
    let noise = Noise::new(rng);
    let mut depth = 0.16;
    while depth < 2.2 {
        let next = depth * between(rng, 1.35, 1.7);
        let high = between(rng, 0.5, 0.85);
        let tone = scale([0.55, 0.45, 0.36], between(rng, 0.5, 1.1));
        let tone = mix(tone, [0.4, 0.18, 0.12], between(rng, 0.0, 0.7));
        let at = |d: f32, y: f32| point(gone.x + side * 0.5 * d, gone.y + y * d);
        let wall = [at(depth, -high), at(next, -high), at(next, 0.36), at(depth, 0.36)];
        let facing = 0.4 - 0.4 * side * light.side;
        let far = 0.5 * smooth(0.6, 0.1, depth);
        canvas.fill(&wall, |x, y| {
            let d = ((x - gone.x) * side / 0.5).max(0.05);
            let n = 0.75 + 0.5 * noise.fbm(3.0 / d, (y - gone.y) / d * 6.0, 4);
            mix(light.on(scale(tone, n), facing), light.haze, far)
        });
        let cornice =
            [at(depth, -high), at(next, -high), at(next, -high + 0.03), at(depth, -high + 0.03)];
        canvas.fill(&cornice, |_, _| mix(light.on([0.5, 0.47, 0.42], 0.6), light.haze, far));
        let columns = 2 + rng.below(2);
        let pitch = between(rng, 0.19, 0.24);
        for place in 0..columns * 5 {
            let (column, storey) = (place % columns, place / columns);
            let top = -high + 0.08 + storey as f32 * pitch;
            let d = lerp(depth, next, (column as f32 + 0.5) / columns as f32);
            let half = (next - depth) * 0.24 / columns as f32;
            let (a, b) = (at(d - half, top), at(d + half, top + pitch * 0.58));
            let area = Area { left: a.x.min(b.x), top: a.y, right: a.x.max(b.x), bottom: b.y };
            if top + 0.12 < 0.3 && area.width() > 0.006 {
                let lit = home && rng.chance(0.3);
                window(canvas, rng, light, &area, lit);
            }
        }
        depth = next;
    }
}

/// Any hour but the night.
pub fn by_day(rng: &mut Rng) -> Light {
    let hour = hour(rng, &[Hour::Day, Hour::Day, Hour::Grey, Hour::Dusk]);
    Light::at(hour, rng)
}
