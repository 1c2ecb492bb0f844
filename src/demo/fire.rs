//! Fire: flames are seen, small or large, by day and by night, often with some smoke.

use super::Scene;
use super::backdrop::{ASPHALT, EARTH, MEADOW, STRAW, open_soil};
use super::camera::Camera;
use super::canvas::{Area, Canvas, Point, point};
use super::flame::{Fire, Tongue, aura, burn, coals, light_up, row, sparks};
use super::house::House;
use super::light::{Hour, Light};
use super::noise::{Noise, between, mix, scale, side, smooth};
use super::places::{clearing, hour, street, tank, valley, works, yard};
use super::plume::{Plume, Tint, plume, tint};
use super::room::{RoomLight, hearth, stack_logs};
use super::things::{Car, Cylinder, PAINTS, car, contact_shadow, cylinder, heap, log_pile, stones};
use crate::random::Rng;

pub const SCENES: [Scene; 10] = [
    camp_fire,
    burning_house,
    forest_fire,
    fireplace,
    barrel_fire,
    car_fire,
    bonfire,
    grass_fire,
    works_fire,
    close_up,
];

fn camera(rng: &mut Rng, light: &Light) -> Camera {
    if light.dark() { Camera::by_night(rng) } else { Camera::by_day(rng) }
}

/// Flames in place, with their light on the surroundings; `size` is their height.
fn set_fire(canvas: &mut Canvas, rng: &mut Rng, light: &Light, tongues: Vec<Tongue>, size: f32) {
    let n = tongues.len().max(1) as f32;
    let sum = tongues.iter().fold((0.0, 0.0), |s, t| (s.0 + t.foot.x, s.1 + t.foot.y));
    let heart = point(sum.0 / n, sum.1 / n - size * 0.3);
    let dark = match light.hour {
        Hour::Night => 1.0,
        Hour::Dusk => 0.35,
        _ => 0.08,
    };
    light_up(canvas, heart, size * between(rng, 0.8, 1.3), 28.0 * dark * dark + 0.6);
    aura(canvas, heart, size * 1.1, 0.16 * dark);
    let lick = (size * between(rng, 0.15, 0.28)).max(0.012);
    let power = between(rng, 0.75, 1.35);
    let body = between(rng, 0.55, 0.95);
    burn(canvas, rng, &Fire { tongues, lick, power, body });
    if rng.chance(f64::from(0.2 + 0.6 * dark)) {
        let count = 10 + rng.below(60);
        let height = size * between(rng, 1.2, 2.2);
        sparks(canvas, rng, heart, (size * 0.6, height), count);
    }
}

/// The smoke above a fire: lit from below by the flames when it is dark.
fn fire_smoke(light: &Light, body: f32) -> Tint {
    let day = tint(body, 0.3, light);
    match light.hour {
        Hour::Night => {
            Tint { lit: [0.16, 0.06, 0.022], shade: [0.012, 0.01, 0.01], from: point(0.0, 1.0) }
        }
        Hour::Dusk => {
            Tint { lit: [0.3, 0.15, 0.08], shade: scale(day.shade, 0.9), from: point(0.2, 0.8) }
        }
        _ => day,
    }
}

fn smoke_over(
    canvas: &mut Canvas,
    rng: &mut Rng,
    light: &Light,
    (source, half): (Point, f32),
    (body, thick): (f32, f32),
) {
    let drift = between(rng, -0.5, 0.5);
    let it = Plume {
        source,
        half,
        widen: half + between(rng, 0.08, 0.2),
        rise: source.y + 0.15,
        drift,
        puffs: 60,
        thick,
        fade: 0.4,
    };
    plume(canvas, rng, &it, &fire_smoke(light, body));
}

fn camp_fire(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Night, Hour::Night, Hour::Dusk, Hour::Day]);
    let light = Light::at(hour, rng);
    let soil = [EARTH, MEADOW, EARTH][rng.below(3)];
    let (_, foot) = clearing(canvas, rng, &light, soil);
    let half = between(rng, 0.09, 0.19);
    stones(canvas, rng, &light, (foot, half * 1.35), false);
    let char = between(rng, 0.2, 0.8);
    log_pile(canvas, rng, &light, (foot, half), char);
    coals(canvas, rng, foot, (half * 0.9, half * 0.3), 1.2);
    let high = half * between(rng, 1.7, 3.2);
    let (from, to) =
        (point(foot.x - half * 0.6, foot.y), point(foot.x + half * 0.6, foot.y - half * 0.05));
    let lean = between(rng, -0.2, 0.2);
    let count = 5 + rng.below(4);
    let tongues = row(rng, (from, to), high, lean, count);
    set_fire(canvas, rng, &light, tongues, high);
    stones(canvas, rng, &light, (foot, half * 1.35), true);
    camera(rng, &light)
}

/// Soot above a window, and flames that lick out of it.
fn burn_window(canvas: &mut Canvas, rng: &mut Rng, window: &Area, lean: f32) -> Vec<Tongue> {
    let c = window.centre();
    let (w, h) = (window.width(), window.height());
    canvas
        .disc(point(c.x, window.top - h * 0.3), (w * 0.9, h * 1.1), 0.9, |_, _, c| scale(c, 0.25));
    canvas.fill(&window.corners(), |_, y| {
        let t = (y - window.top) / h;
        [2.4 - 0.6 * t, 0.95 - 0.35 * t, 0.2]
    });
    let (from, to) = (
        point(window.left, window.bottom - h * 0.15),
        point(window.right, window.bottom - h * 0.15),
    );
    let high = h * between(rng, 1.3, 2.6);
    row(rng, (from, to), high, lean, 3)
}

fn burning_house(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Night, Hour::Dusk, Hour::Day, Hour::Grey]);
    let light = Light::at(hour, rng);
    let built = yard(canvas, rng, &light, false);
    let lean = between(rng, -0.35, 0.35);
    let House { windows, ridge: (a, b), size, .. } = built;
    let roof = rng.chance(0.7);
    let body = between(rng, 0.04, 0.4);
    let middle = point((a.x + b.x) * 0.5, a.y + size * 0.08);
    smoke_over(canvas, rng, &light, (middle, size * 0.2), (body, 0.75));
    let mut tongues = Vec::new();
    for window in &windows {
        if rng.chance(if roof { 0.45 } else { 0.85 }) {
            tongues.extend(burn_window(canvas, rng, window, lean));
        }
    }
    if roof || tongues.is_empty() {
        let count = 7 + rng.below(6);
        let high = size * between(rng, 0.4, 0.75);
        let (a, b) = (point(a.x, a.y + size * 0.12), point(b.x, b.y + size * 0.12));
        tongues.extend(row(rng, (a, b), high, lean, count));
    }
    set_fire(canvas, rng, &light, tongues, size * 0.55);
    camera(rng, &light)
}

fn forest_fire(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Night, Hour::Dusk, Hour::Dusk, Hour::Grey]);
    let light = Light::at(hour, rng);
    let lake = rng.chance(0.2);
    valley(canvas, rng, &light, lake, |canvas, rng, crests| {
        burning_crest(canvas, rng, &light, crests);
    });
    camera(rng, &light)
}

/// A line of burning trees, some flaring up, some only smoking.
fn burning_crest(canvas: &mut Canvas, rng: &mut Rng, light: &Light, crests: &[Point]) {
    let first = rng.below(3);
    let last = (first + 3 + rng.below(4)).min(crests.len() - 1);
    let lean = between(rng, -0.3, 0.3);
    let body = between(rng, 0.1, 0.55);
    let mut tongues = Vec::new();
    for pair in crests[first..=last].windows(2) {
        let down = between(rng, 0.0, 0.05);
        let (a, b) = (point(pair[0].x, pair[0].y + down), point(pair[1].x, pair[1].y + down));
        if rng.chance(0.7) {
            smoke_over(canvas, rng, light, (a, 0.05), (body, 0.5));
        }
        let high = between(rng, 0.06, 0.26);
        let count = 4 + rng.below(5);
        tongues.extend(row(rng, (a, b), high, lean, count));
    }
    set_fire(canvas, rng, light, tongues, 0.24);
}

/// What has burnt already lies black behind the line.
fn scorch(canvas: &mut Canvas, rng: &mut Rng, light: &Light, (from, to): (Point, Point), top: f32) {
    let ash = Noise::new(rng);
    canvas.shade(|x, y, below| {
        let t = (x - from.x) / (to.x - from.x);
        let line = from.y + (to.y - from.y) * t + 0.03 * (ash.fbm(x * 7.0, 2.0, 3) - 0.5);
        let back = smooth(top, top + 0.08, y + 0.06 * (ash.fbm(x * 5.0, y * 16.0, 4) - 0.5));
        let ends = smooth(-0.1, 0.15, t) * smooth(1.1, 0.85, t);
        let cover = smooth(line + 0.01, line - 0.01, y) * back * ends;
        let n = ash.fbm(x * 20.0, y * 60.0, 4);
        mix(below, light.on(scale([0.07, 0.065, 0.06], n), 0.3 + n), cover * 0.92)
    });
}

fn grass_fire(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Day, Hour::Grey, Hour::Dusk, Hour::Night]);
    let light = Light::at(hour, rng);
    let (horizon, _) = clearing(canvas, rng, &light, STRAW);
    let aspect = canvas.aspect();
    let near = between(rng, horizon + 0.12, 0.85);
    let slant = between(rng, -0.12, 0.12);
    let (from, to) = (
        point(aspect * between(rng, -0.05, 0.25), near),
        point(aspect * between(rng, 0.7, 1.05), near + slant),
    );
    scorch(canvas, rng, &light, (from, to), horizon);
    let body = between(rng, 0.3, 0.75);
    for _ in 0..2 {
        let t = rng.uniform() as f32;
        let source = point(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t - 0.03);
        smoke_over(canvas, rng, &light, (source, 0.07), (body, 0.35));
    }
    let high = between(rng, 0.14, 0.3);
    let lean = between(rng, -0.35, 0.35);
    let count = 10 + rng.below(8);
    let tongues = row(rng, (from, to), high, lean, count);
    set_fire(canvas, rng, &light, tongues, high);
    camera(rng, &light)
}

fn fireplace(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let room = RoomLight { level: between(rng, 0.08, 0.6), warm: between(rng, 0.1, 1.0) };
    let it = hearth(canvas, rng, &room);
    let light = Light::at(Hour::Night, rng);
    let char = between(rng, 0.3, 0.9);
    stack_logs(canvas, rng, &light, &it, char);
    let half = it.opening.width() * 0.5;
    coals(
        canvas,
        rng,
        point(it.grate.x, it.grate.y - half * 0.08),
        (half * 0.75, half * 0.12),
        1.3,
    );
    let high = it.opening.height() * between(rng, 0.5, 0.85);
    let wide = half * between(rng, 0.45, 0.75);
    let y = it.grate.y - half * 0.12;
    let count = 6 + rng.below(5);
    let tongues =
        row(rng, (point(it.grate.x - wide, y), point(it.grate.x + wide, y)), high, 0.0, count);
    let heart = point(it.grate.x, y - high * 0.3);
    light_up(canvas, heart, half * 1.1, 3.5);
    aura(canvas, heart, half * 1.1, 0.1);
    let lick = half * between(rng, 0.16, 0.26);
    let power = between(rng, 0.8, 1.2);
    burn(canvas, rng, &Fire { tongues, lick, power, body: 0.8 });
    Camera::by_night(rng)
}

fn barrel_fire(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Night, Hour::Dusk, Hour::Grey]);
    let light = Light::at(hour, rng);
    let home = light.dark();
    let foot = if rng.chance(0.5) {
        street(canvas, rng, &light, home).0
    } else {
        let soil = open_soil(rng);
        clearing(canvas, rng, &light, soil).1
    };
    let half = between(rng, 0.075, 0.13);
    let height = half * 2.7;
    let foot = point(foot.x, foot.y + 0.08);
    let rim = point(foot.x, foot.y - height);
    contact_shadow(canvas, foot, half * 1.5, 0.25);
    let barrel = Cylinder {
        foot,
        height,
        half_foot: half,
        half_top: half,
        albedo: [[0.25, 0.12, 0.07], [0.1, 0.16, 0.25], [0.28, 0.26, 0.24]][rng.below(3)],
        bands: None,
        seams: 3.0,
        rust: between(rng, 0.5, 1.0),
    };
    let high = half * between(rng, 1.8, 3.2);
    let lean = between(rng, -0.25, 0.25);
    cylinder(canvas, rng, &light, &barrel);
    let (from, to) = (point(rim.x - half * 0.75, rim.y), point(rim.x + half * 0.75, rim.y));
    let tongues = row(rng, (from, to), high, lean, 6);
    set_fire(canvas, rng, &light, tongues, high);
    camera(rng, &light)
}

fn car_fire(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Night, Hour::Day, Hour::Grey, Hour::Dusk]);
    let light = Light::at(hour, rng);
    let foot = if rng.chance(0.5) {
        street(canvas, rng, &light, light.dark()).0
    } else {
        clearing(canvas, rng, &light, ASPHALT).1
    };
    let length = between(rng, 0.5, 0.75) * canvas.aspect().min(1.1);
    let albedo = PAINTS[rng.below(PAINTS.len())];
    let it =
        Car { foot, length, facing: side(rng), albedo: scale(albedo, 0.6), burnt: rng.chance(0.5) };
    let (bonnet, cabin) = car(canvas, rng, &light, &it);
    smoke_over(canvas, rng, &light, (point(bonnet.x, bonnet.y - 0.08), 0.09), (0.06, 0.7));
    let lean = between(rng, -0.3, 0.3);
    let wide = length * between(rng, 0.1, 0.18);
    let high = length * between(rng, 0.4, 0.7);
    let mut tongues = row(
        rng,
        (point(bonnet.x - wide, bonnet.y + 0.03), point(bonnet.x + wide, bonnet.y + 0.03)),
        high,
        lean,
        7,
    );
    if rng.chance(0.6) {
        let wide = length * 0.18;
        let y = cabin.y + length * 0.08;
        tongues.extend(row(
            rng,
            (point(cabin.x - wide, y), point(cabin.x + wide, y)),
            high * 0.7,
            lean,
            5,
        ));
    }
    set_fire(canvas, rng, &light, tongues, high);
    camera(rng, &light)
}

fn bonfire(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Day, Hour::Dusk, Hour::Night, Hour::Grey]);
    let light = Light::at(hour, rng);
    let soil = open_soil(rng);
    let (_, foot) = clearing(canvas, rng, &light, soil);
    let half = between(rng, 0.18, 0.32);
    heap(canvas, rng, &light, foot, half, [0.16, 0.11, 0.07]);
    let lean = between(rng, -0.3, 0.3);
    let body = between(rng, 0.3, 0.7);
    if rng.chance(0.6) {
        smoke_over(canvas, rng, &light, (point(foot.x, foot.y - half), half * 0.4), (body, 0.35));
    }
    let y = foot.y - half * 0.25;
    let high = half * between(rng, 1.1, 1.9);
    let wide = half * between(rng, 0.4, 0.75);
    let count = 7 + rng.below(5);
    let tongues = row(rng, (point(foot.x - wide, y), point(foot.x + wide, y)), high, lean, count);
    set_fire(canvas, rng, &light, tongues, high);
    camera(rng, &light)
}

fn works_fire(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Night, Hour::Dusk, Hour::Day, Hour::Grey]);
    let light = Light::at(hour, rng);
    let _ = works(canvas, rng, &light);
    let half = between(rng, 0.11, 0.2);
    let foot = point(canvas.aspect() * between(rng, 0.3, 0.7), between(rng, 0.84, 0.92));
    let top = tank(canvas, rng, &light, foot, half);
    let high = half * between(rng, 1.3, 2.4);
    smoke_over(canvas, rng, &light, (point(top.x, top.y - high * 0.5), half * 0.9), (0.05, 0.8));
    let lean = between(rng, -0.35, 0.35);
    let tongues = row(
        rng,
        (point(top.x - half * 0.9, top.y), point(top.x + half * 0.9, top.y)),
        high,
        lean,
        9,
    );
    set_fire(canvas, rng, &light, tongues, high);
    camera(rng, &light)
}

/// Flames that fill the picture, before darkness.
fn close_up(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = Light::at(Hour::Night, rng);
    let (_, foot) = clearing(canvas, rng, &light, EARTH);
    let middle = canvas.aspect() * 0.5;
    let half = between(rng, 0.3, 0.45) * canvas.aspect().min(1.2);
    let y = between(rng, 0.88, 1.02);
    log_pile(canvas, rng, &light, (point(middle, y), half), 0.8);
    let high = between(rng, 0.6, 0.95);
    let lean = (foot.x - middle) * 0.6;
    let count = 5 + rng.below(5);
    let tongues =
        row(rng, (point(middle - half * 0.8, y), point(middle + half * 0.8, y)), high, lean, count);
    set_fire(canvas, rng, &light, tongues, high * 0.7);
    Camera::by_night(rng)
}
