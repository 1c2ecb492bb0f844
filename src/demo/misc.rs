//! Neither fire nor smoke, but what is easily taken for them: cold fireplaces, red skies, lamps,
//! mist, clouds, stacks at rest, and the same places on a quiet day.

use super::Scene;
use super::backdrop::{ASPHALT, EARTH, MEADOW, ground, leafy, mist, open_soil, sky, water};
use super::camera::Camera;
use super::canvas::{Canvas, point};
use super::light::{Hour, Light};
use super::noise::{add, between, glow, mix, scale, side, smooth};
use super::places::{AUTUMN, by_day, clearing, hour, street, tank, valley, works, yard};
use super::room::{RoomLight, hearth, stack_logs};
use super::things::{Car, PAINTS, car, heap, log_pile, shine, stones};
use crate::random::Rng;

pub const SCENES: [Scene; 10] = [
    cold_hearth,
    quiet_works,
    sunset,
    morning_mist,
    night_street,
    cloudy_hills,
    parked_car,
    autumn,
    quiet_house,
    cold_fire_place,
];

fn cold_hearth(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let room = RoomLight { level: between(rng, 0.3, 0.95), warm: between(rng, 0.0, 1.0) };
    let it = hearth(canvas, rng, &room);
    let light = Light::at(Hour::Grey, rng);
    let dim =
        Light { fill: scale(light.fill, room.level), sun: scale(light.sun, room.level), ..light };
    if rng.chance(0.85) {
        let char = if rng.chance(0.6) { 0.0 } else { 0.8 };
        stack_logs(canvas, rng, &dim, &it, char);
    }
    if room.level < 0.4 { Camera::by_night(rng) } else { Camera::by_day(rng) }
}

fn quiet_works(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    works(canvas, rng, &light);
    if rng.chance(0.5) {
        let foot = point(canvas.aspect() * between(rng, 0.3, 0.7), between(rng, 0.86, 0.94));
        let half = between(rng, 0.11, 0.2);
        tank(canvas, rng, &light, foot, half);
    }
    Camera::by_day(rng)
}

/// The sun near the horizon, over hills or water.
fn sunset(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = Light::at(Hour::Dusk, rng);
    let sun = point(canvas.aspect() * between(rng, 0.2, 0.8), between(rng, 0.36, 0.52));
    let size = between(rng, 0.02, 0.05);
    let lake = rng.chance(0.55);
    let mut low = light;
    low.sky_low = mix(light.sky_low, [1.2, 0.42, 0.08], between(rng, 0.0, 0.7));
    low.side = if sun.x > canvas.aspect() * 0.5 { 1.0 } else { -1.0 };
    // The sun is painted between the sky and the hills by lighting what is bright already.
    valley(canvas, rng, &low, lake, |_, _, _| ());
    canvas.shade(|x, y, below| {
        let (u, v) = (x - sun.x, y - sun.y);
        let d = u * u + v * v;
        let open = smooth(0.12, 0.3, below[0] + 0.3 * below[1]);
        let disc = smooth(size * 1.15, size * 0.9, d.sqrt());
        let rays = 0.8 * glow(d / (size * size * 9.0)) + 0.25 * glow(d * 6.0);
        add(below, scale([1.5, 0.62, 0.16], open * (2.2 * disc + 0.6 * rays)))
    });
    Camera::by_day(rng)
}

/// Mist over fields, hills or water.
fn morning_mist(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Grey, Hour::Day, Hour::Dusk, Hour::Grey]);
    let light = Light::at(hour, rng);
    let soil = open_soil(rng);
    let horizon = if rng.chance(0.5) {
        clearing(canvas, rng, &light, soil).0
    } else {
        let lake = rng.chance(0.6);
        valley(canvas, rng, &light, lake, |_, _, _| ())
    };
    let tint = mix(light.haze, light.cloud_lit, 0.25);
    for _ in 0..2 + rng.below(3) {
        let middle = horizon + between(rng, -0.12, 0.22);
        let thick = between(rng, 0.06, 0.2);
        let amount = between(rng, 0.5, 1.0);
        mist(canvas, rng, (middle - thick, middle + thick), amount, tint);
    }
    Camera::by_day(rng)
}

/// Street lamps and lit windows, and red tail lights.
fn night_street(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = Light::at(Hour::Night, rng);
    let (foot, lamps) = street(canvas, rng, &light, true);
    let colour = [[1.0, 0.52, 0.16], [1.0, 0.75, 0.45], [1.0, 0.42, 0.1]][rng.below(3)];
    for lamp in &lamps {
        let (at, reach) = (*lamp, 0.2);
        canvas.shade(|x, y, below| {
            let (u, v) = ((x - at.x) / reach, (y - at.y - 0.25) / reach);
            let lit = 3.5 * glow(u * u + v * v);
            [0, 1, 2].map(|c| below[c] * (1.0 + lit * colour[c]))
        });
    }
    for lamp in &lamps {
        let size = between(rng, 0.008, 0.02);
        shine(canvas, *lamp, size, colour);
    }
    for _ in 0..rng.below(4) {
        let at = point(foot.x + between(rng, -0.2, 0.2), foot.y - between(rng, 0.05, 0.2));
        let gap = between(rng, 0.02, 0.06);
        for side in [-gap, gap] {
            shine(canvas, point(at.x + side, at.y), 0.007, [1.0, 0.05, 0.03]);
        }
    }
    Camera::by_night(rng)
}

fn cloudy_hills(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    if rng.chance(0.7) {
        let lake = rng.chance(0.3);
        valley(canvas, rng, &light, lake, |_, _, _| ());
    } else {
        // Open sea under towering clouds.
        let horizon = between(rng, 0.6, 0.75);
        sky(canvas, rng, &light, horizon, 0.9);
        water(canvas, rng, &light, horizon);
    }
    Camera::by_day(rng)
}

fn parked_car(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    let foot = if rng.chance(0.4) {
        street(canvas, rng, &light, false).0
    } else {
        clearing(canvas, rng, &light, ASPHALT).1
    };
    let length = between(rng, 0.5, 0.8) * canvas.aspect().min(1.1);
    let albedo = if rng.chance(0.4) { PAINTS[0] } else { PAINTS[rng.below(PAINTS.len())] };
    let facing = side(rng);
    car(canvas, rng, &light, &Car { foot, length, facing, albedo, burnt: false });
    Camera::by_day(rng)
}

fn autumn(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    let horizon = between(rng, 0.55, 0.68);
    let cover = between(rng, 0.0, 0.8);
    sky(canvas, rng, &light, horizon, cover);
    ground(canvas, rng, &light, horizon, MEADOW);
    for i in 0..6 + rng.below(8) {
        let near = i as f32 / 14.0;
        let foot = point(canvas.aspect() * between(rng, 0.0, 1.0), horizon + 0.02 + 0.25 * near);
        let albedo = AUTUMN[rng.below(AUTUMN.len())];
        let height = between(rng, 0.25, 0.4) + 0.35 * near;
        leafy(canvas, rng, &light, (foot, height), albedo);
    }
    Camera::by_day(rng)
}

fn quiet_house(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Day, Hour::Grey, Hour::Dusk, Hour::Night]);
    let light = Light::at(hour, rng);
    let evening = matches!(hour, Hour::Dusk | Hour::Night);
    yard(canvas, rng, &light, evening);
    if light.dark() { Camera::by_night(rng) } else { Camera::by_day(rng) }
}

/// A fire place in the open with no fire in it.
fn cold_fire_place(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    let soil = [EARTH, MEADOW][rng.below(2)];
    let (_, foot) = clearing(canvas, rng, &light, soil);
    let half = between(rng, 0.1, 0.2);
    stones(canvas, rng, &light, (foot, half * 1.35), false);
    if rng.chance(0.3) {
        heap(canvas, rng, &light, foot, half * 1.5, [0.2, 0.14, 0.08]);
    } else {
        let char = if rng.chance(0.5) { 0.0 } else { 0.8 };
        log_pile(canvas, rng, &light, (foot, half), char);
    }
    stones(canvas, rng, &light, (foot, half * 1.35), true);
    Camera::by_day(rng)
}
