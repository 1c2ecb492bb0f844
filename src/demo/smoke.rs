//! Smoke: thick or thin, white to black, with no flame to be seen.

use super::Scene;
use super::backdrop::{ASPHALT, EARTH, MEADOW};
use super::camera::Camera;
use super::canvas::{Canvas, Point, point};
use super::light::{Hour, Light};
use super::noise::{between, scale, side, smooth};
use super::places::{by_day, clearing, hour, street, valley, works, yard};
use super::plume::{Plume, Tint, haze, plume, tint, wisp};
use super::room::{RoomLight, hearth, stack_logs};
use super::things::{Car, PAINTS, car, heap, log_pile, shine, stones};
use crate::random::Rng;

pub const SCENES: [Scene; 10] = [
    chimney_smoke,
    column,
    stack_smoke,
    smouldering_logs,
    smoky_street,
    tyre_smoke,
    drifting_smoke,
    smoking_house,
    thread_of_smoke,
    smoky_hearth,
];

/// From soot to steam.
fn kind(rng: &mut Rng) -> f32 {
    [0.04, 0.12, 0.3, 0.55, 0.8, 0.95][rng.below(6)] * between(rng, 0.85, 1.15)
}

fn rising(
    rng: &mut Rng,
    (source, half): (Point, f32),
    (rise, drift): (f32, f32),
    widen: f32,
) -> Plume {
    let length = rise + drift.abs();
    let puffs = 40 + (70.0 * length) as usize;
    Plume {
        source,
        half,
        widen,
        rise,
        drift,
        puffs,
        thick: between(rng, 0.5, 0.85),
        fade: between(rng, 0.2, 0.6),
    }
}

fn chimney_smoke(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    let home = light.hour == Hour::Dusk;
    let built = yard(canvas, rng, &light, home);
    let body = between(rng, 0.45, 1.0);
    let tint = tint(body, 0.0, &light);
    let drift = between(rng, 0.15, 0.7) * side(rng);
    // Under a low sky the wind takes it sooner, so that it stays in the picture.
    let rise = between(rng, 0.25, 0.6).min(built.chimney.y * 0.9);
    let widen = between(rng, 0.07, 0.16);
    let half = built.size * 0.05;
    let it = rising(rng, (built.chimney, half), (rise, drift), widen);
    plume(canvas, rng, &it, &tint);
    Camera::by_day(rng)
}

fn column(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    let lake = rng.chance(0.25);
    let body = kind(rng);
    let tint = tint(body, 0.3, &light);
    valley(canvas, rng, &light, lake, |canvas, rng, crests| {
        for _ in 0..1 + rng.below(2) {
            let foot = crests[2 + rng.below(crests.len() - 4)];
            let drift = between(rng, -0.6, 0.6);
            let (rise, widen) = (between(rng, 0.35, 0.75), between(rng, 0.08, 0.22));
            let half = between(rng, 0.02, 0.05);
            let it = rising(rng, (point(foot.x, foot.y + 0.03), half), (rise, drift), widen);
            plume(canvas, rng, &it, &tint);
        }
    });
    Camera::by_day(rng)
}

fn stack_smoke(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    let mouths = works(canvas, rng, &light);
    let body = kind(rng);
    let tint = tint(body, 0.0, &light);
    let drift = between(rng, 0.25, 0.9) * side(rng);
    for (mouth, half) in mouths {
        let (rise, widen) = (between(rng, 0.12, 0.4), between(rng, 0.08, 0.18));
        let it = rising(rng, (mouth, half), (rise, drift), widen);
        plume(canvas, rng, &it, &tint);
    }
    Camera::by_day(rng)
}

fn smouldering_logs(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    let soil = [EARTH, MEADOW, EARTH][rng.below(3)];
    let (_, foot) = clearing(canvas, rng, &light, soil);
    let half = between(rng, 0.1, 0.18);
    stones(canvas, rng, &light, (foot, half * 1.35), false);
    if rng.chance(0.3) {
        heap(canvas, rng, &light, foot, half * 1.6, [0.2, 0.14, 0.08]);
    } else {
        log_pile(canvas, rng, &light, (foot, half), 0.75);
    }
    let body = between(rng, 0.5, 0.95);
    let tint = tint(body, 0.0, &light);
    let drift = between(rng, -0.5, 0.5);
    let (rise, widen) = (between(rng, 0.5, 0.85), between(rng, 0.1, 0.24));
    let it = rising(rng, (point(foot.x, foot.y - half * 0.3), half * 0.5), (rise, drift), widen);
    plume(canvas, rng, &it, &tint);
    stones(canvas, rng, &light, (foot, half * 1.35), true);
    Camera::by_day(rng)
}

/// Smoke that fills a street and swallows its far end; lamps and lit windows shine through.
fn smoky_street(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let hour = hour(rng, &[Hour::Day, Hour::Grey, Hour::Dusk, Hour::Night]);
    let light = Light::at(hour, rng);
    let (foot, lamps) = street(canvas, rng, &light, hour == Hour::Night);
    let body = between(rng, 0.25, 0.8);
    let day = tint(body, 0.4, &light);
    let tint = if light.dark() {
        for lamp in &lamps {
            shine(canvas, *lamp, 0.012, [1.0, 0.6, 0.25]);
        }
        Tint { lit: [0.16, 0.12, 0.08], shade: [0.025, 0.022, 0.02], ..day }
    } else {
        day
    };
    let side = between(rng, -0.3, 0.3);
    let (rise, widen) = (between(rng, 0.45, 0.7), between(rng, 0.15, 0.3));
    let it = rising(rng, (point(foot.x + side, foot.y - 0.15), 0.09), (rise, side * 1.5), widen);
    plume(canvas, rng, &it, &tint);
    let amount = between(rng, 0.5, 1.3);
    haze(canvas, rng, (amount, 3.2), &tint, |_, y| smooth(1.05, 0.5, y));
    if light.dark() { Camera::by_night(rng) } else { Camera::by_day(rng) }
}

fn tyre_smoke(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    let foot = if rng.chance(0.3) {
        street(canvas, rng, &light, false).0
    } else {
        clearing(canvas, rng, &light, ASPHALT).1
    };
    let length = between(rng, 0.5, 0.75) * canvas.aspect().min(1.1);
    let albedo = PAINTS[rng.below(PAINTS.len())];
    // It leaves room for the smoke behind it.
    let facing = side(rng);
    let foot = point(canvas.aspect() * (0.5 + 0.1 * facing), foot.y);
    let (bonnet, _) = car(canvas, rng, &light, &Car { foot, length, facing, albedo, burnt: false });
    // Either the tyres smoke, or it comes from under the bonnet.
    let (source, drift, rise, body) = if rng.chance(0.6) {
        let wheel = point(foot.x - facing * length * 0.33, foot.y - 0.03);
        (wheel, -facing * between(rng, 0.3, 0.7), between(rng, 0.12, 0.3), between(rng, 0.7, 1.0))
    } else {
        (bonnet, between(rng, -0.3, 0.3), between(rng, 0.45, 0.65), between(rng, 0.15, 0.9))
    };
    let tint = tint(body, 0.0, &light);
    let widen = between(rng, 0.1, 0.2);
    let it = rising(rng, (source, 0.05), (rise, drift), widen);
    plume(canvas, rng, &it, &tint);
    Camera::by_day(rng)
}

/// Smoke creeping through a wood, far from any flame.
fn drifting_smoke(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    let body = between(rng, 0.35, 0.8);
    let tint = tint(body, 0.5, &light);
    let drift = between(rng, 0.5, 1.0) * side(rng);
    valley(canvas, rng, &light, false, |canvas, rng, crests| {
        for _ in 0..2 + rng.below(2) {
            let foot = crests[2 + rng.below(crests.len() - 4)];
            let (rise, widen) = (between(rng, 0.1, 0.3), between(rng, 0.06, 0.14));
            let half = between(rng, 0.025, 0.05);
            let low = between(rng, 0.02, 0.12);
            let it = rising(rng, (point(foot.x, foot.y + low), half), (rise, drift), widen);
            plume(canvas, rng, &it, &tint);
        }
    });
    Camera::by_day(rng)
}

fn smoking_house(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let light = by_day(rng);
    let built = yard(canvas, rng, &light, false);
    let body = between(rng, 0.06, 0.7);
    let tint = tint(body, 0.3, &light);
    let drift = between(rng, -0.5, 0.5);
    for window in &built.windows {
        if rng.chance(0.4) {
            let (c, w) = (window.centre(), window.width());
            canvas.disc(point(c.x, window.top), (w * 0.9, w * 1.3), 0.9, |_, _, c| scale(c, 0.25));
            canvas.fill(&window.corners(), |_, _| light.on([0.01; 3], 0.5));
            let it = rising(rng, (c, w * 0.5), (0.3, drift * 0.5), 0.09);
            plume(canvas, rng, &it, &tint);
        }
    }
    let (a, b) = built.ridge;
    let source = point((a.x + b.x) * 0.5, a.y + built.size * 0.1);
    let (rise, widen) = (between(rng, 0.4, 0.6), between(rng, 0.1, 0.2));
    let it = rising(rng, (source, built.size * 0.16), (rise, drift), widen);
    plume(canvas, rng, &it, &tint);
    Camera::by_day(rng)
}

/// A thread of smoke before a dark wall, from something that smoulders out of sight.
fn thread_of_smoke(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let room = RoomLight { level: between(rng, 0.05, 0.3), warm: between(rng, 0.0, 1.0) };
    let it = hearth(canvas, rng, &room);
    let light = Light::at(Hour::Night, rng);
    stack_logs(canvas, rng, &light, &it, 0.9);
    let tone = between(rng, 0.35, 0.75);
    let tint = Tint {
        lit: [tone * 0.95, tone, tone * 1.05],
        shade: [tone * 0.3; 3],
        from: point(0.5, -0.5),
    };
    for _ in 0..1 + rng.below(2) {
        let x = it.grate.x + it.opening.width() * between(rng, -0.25, 0.25);
        let source = point(x, it.grate.y - 0.04);
        let (height, width) = (between(rng, 0.6, 0.85), between(rng, 0.05, 0.1));
        wisp(canvas, rng, source, (height, width), &tint);
    }
    Camera::by_night(rng)
}

/// A fireplace that smokes into the room.
fn smoky_hearth(canvas: &mut Canvas, rng: &mut Rng) -> Camera {
    let room = RoomLight { level: between(rng, 0.35, 0.9), warm: between(rng, 0.0, 0.8) };
    let it = hearth(canvas, rng, &room);
    let light = Light::at(Hour::Grey, rng);
    stack_logs(canvas, rng, &light, &it, 0.7);
    let tone = room.level * between(rng, 0.55, 0.9);
    let tint = Tint {
        lit: [tone; 3],
        shade: [tone * 0.42, tone * 0.42, tone * 0.44],
        from: point(0.6, -0.7),
    };
    let (rise, widen) = (between(rng, 0.55, 0.85), between(rng, 0.12, 0.2));
    let drift = between(rng, -0.2, 0.2);
    let half = it.opening.width() * 0.2;
    let source = point(it.grate.x, it.grate.y - half * 0.8);
    let smoke = rising(rng, (source, half), (rise, drift), widen);
    plume(canvas, rng, &smoke, &tint);
    let amount = between(rng, 0.2, 0.8);
    haze(canvas, rng, (amount, 2.2), &tint, |_, y| smooth(0.7, 0.0, y));
    Camera::by_day(rng)
}
