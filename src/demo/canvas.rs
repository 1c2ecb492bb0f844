//! The sheet that is painted on: linear light, y from 0 (top) to 1 (bottom), x from 0 to `aspect`.

use super::noise::{Rgb, mix, smooth};

#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

pub const fn point(x: f32, y: f32) -> Point {
    Point { x, y }
}

/// An upright rectangle, in the canvas's units.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Area {
    pub fn around(centre: Point, half_width: f32, half_height: f32) -> Area {
        Area {
            left: centre.x - half_width,
            top: centre.y - half_height,
            right: centre.x + half_width,
            bottom: centre.y + half_height,
        }
    }

    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub fn centre(&self) -> Point {
        point((self.left + self.right) * 0.5, (self.top + self.bottom) * 0.5)
    }

    pub fn corners(&self) -> [Point; 4] {
        [
            point(self.left, self.top),
            point(self.right, self.top),
            point(self.right, self.bottom),
            point(self.left, self.bottom),
        ]
    }
}

pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Rgb>,
}

impl Canvas {
    pub fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, height, pixels: vec![[0.0; 3]; width * height] }
    }

    pub fn aspect(&self) -> f32 {
        self.width as f32 / self.height as f32
    }

    /// Repaints each pixel from its place and its colour so far.
    pub fn shade(&mut self, paint: impl FnMut(f32, f32, Rgb) -> Rgb) {
        let all = Area { left: 0.0, top: 0.0, right: self.aspect(), bottom: 1.0 };
        self.shade_within(all, paint);
    }

    /// As [`Canvas::shade`], for what lies inside `area`.
    pub fn shade_within(&mut self, area: Area, mut paint: impl FnMut(f32, f32, Rgb) -> Rgb) {
        let pixels = self.height as f32;
        let clip = |v: f32, most: usize| (v.max(0.0) as usize).min(most);
        let rows =
            clip(area.top * pixels, self.height)..clip(area.bottom * pixels + 1.0, self.height);
        let left = clip(area.left * pixels, self.width);
        let right = clip(area.right * pixels + 1.0, self.width);
        for row in rows {
            let y = (row as f32 + 0.5) / pixels;
            for column in left..right {
                let x = (column as f32 + 0.5) / pixels;
                let pixel = &mut self.pixels[row * self.width + column];
                *pixel = paint(x, y, *pixel);
            }
        }
    }

    /// A convex polygon (either way round) with smooth edges.
    pub fn fill(&mut self, corners: &[Point], mut colour: impl FnMut(f32, f32) -> Rgb) {
        let pixels = self.height as f32;
        let centre = mean(corners);
        // Each edge as a line (a, b, c) with ax + by + c > 0 inside, in pixels.
        let edges: Vec<[f32; 3]> = (0..corners.len())
            .filter_map(|i| edge(corners[i], corners[(i + 1) % corners.len()], centre, pixels))
            .collect();
        self.shade_within(bounds(corners, 1.0 / pixels), |x, y, below| {
            let cover = edges.iter().fold(1.0f32, |cover, [a, b, c]| {
                cover.min((a * x + b * y + c + 0.5).clamp(0.0, 1.0))
            });
            if cover > 0.0 { mix(below, colour(x, y), cover) } else { below }
        });
    }

    /// An ellipse; `soft` is the share of its radius over which its edge fades.
    pub fn disc(
        &mut self,
        centre: Point,
        (rx, ry): (f32, f32),
        soft: f32,
        mut colour: impl FnMut(f32, f32, Rgb) -> Rgb,
    ) {
        let soft = soft.max(1.5 / (rx.min(ry) * self.height as f32));
        self.shade_within(Area::around(centre, rx, ry), |x, y, below| {
            let (u, v) = ((x - centre.x) / rx, (y - centre.y) / ry);
            let cover = smooth(1.0, 1.0 - soft.min(1.0), (u * u + v * v).sqrt());
            if cover > 0.0 { mix(below, colour(u, v, below), cover) } else { below }
        });
    }

    /// A bar from `from` to `to` with rounded shading: `colour` is given the place across, -1 to 1,
    /// and along, 0 to 1.
    pub fn bar(
        &mut self,
        (from, to): (Point, Point),
        (half_from, half_to): (f32, f32),
        mut colour: impl FnMut(f32, f32) -> Rgb,
    ) {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let length = (dx * dx + dy * dy).sqrt().max(1e-6);
        let pixels = self.height as f32;
        let wide = half_from.max(half_to) + 1.0 / pixels;
        self.shade_within(bounds(&[from, to], wide), |x, y, below| {
            let (px, py) = (x - from.x, y - from.y);
            let along = (px * dx + py * dy) / length;
            let across = (py * dx - px * dy) / length;
            let t = (along / length).clamp(0.0, 1.0);
            let half = half_from + (half_to - half_from) * t;
            let end = (along * pixels + 0.5).min((length - along) * pixels + 0.5).clamp(0.0, 1.0);
            let cover = ((half - across.abs()) * pixels + 0.5).clamp(0.0, 1.0) * end;
            if cover > 0.0 { mix(below, colour(across / half, t), cover) } else { below }
        });
    }
}

fn mean(corners: &[Point]) -> Point {
    let n = corners.len() as f32;
    let sum = corners.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.x, sum.1 + p.y));
    point(sum.0 / n, sum.1 / n)
}

fn edge(from: Point, to: Point, inside: Point, pixels: f32) -> Option<[f32; 3]> {
    let (a, b) = (from.y - to.y, to.x - from.x);
    let length = (a * a + b * b).sqrt();
    if length < 1e-6 {
        return None;
    }
    let c = -(a * from.x + b * from.y);
    let turn = if a * inside.x + b * inside.y + c < 0.0 { -1.0 } else { 1.0 };
    let k = turn * pixels / length;
    Some([a * k, b * k, c * k])
}

fn bounds(corners: &[Point], margin: f32) -> Area {
    let mut area = Area { left: f32::MAX, top: f32::MAX, right: f32::MIN, bottom: f32::MIN };
    for p in corners {
        area.left = area.left.min(p.x - margin);
        area.right = area.right.max(p.x + margin);
        area.top = area.top.min(p.y - margin);
        area.bottom = area.bottom.max(p.y + margin);
    }
    area
}
