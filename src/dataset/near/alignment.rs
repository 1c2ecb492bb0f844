//! How well two thumbnails agree when one is moved and scaled a little to lie over the other.

use super::thumbnail::{PIXELS, SIDE, Thumbnail};

/// Steps until one lies over the other, as far as it can.
const STEPS: usize = 6;
/// A step after which copies agree at least by [`HOPEFUL`].
const LOOK_BACK: usize = 2;
const HOPEFUL: f64 = 0.6;
/// Largest scaling, and largest move in pixels: of a tenth of the photo cropped away.
const SCALES: [f64; 2] = [0.88, 1.13];
const MOVE: f64 = 3.0;
/// Copies agree at least by this before one is moved.
const UNMOVED: f64 = 0.35;
/// Pixels from the first to the middle of a side, and half of a side.
const MIDDLE: f64 = (SIDE - 1) as f64 / 2.0;
const HALF: f64 = SIDE as f64 / 2.0;

/// Grey values and how they change along both axes.
pub(super) struct Surface {
    grey: Vec<f64>,
    across: Vec<f64>,
    down: Vec<f64>,
}

impl Surface {
    pub fn of(thumbnail: &Thumbnail) -> Surface {
        let grey: Vec<f64> = thumbnail.0.iter().map(|&grey| f64::from(grey)).collect();
        let slope = |place: usize, at: usize, stride: usize| {
            let (before, after) = (usize::from(at > 0), usize::from(at + 1 < SIDE));
            (grey[place + after * stride] - grey[place - before * stride]) / (before + after) as f64
        };
        let across = (0..PIXELS).map(|place| slope(place, place % SIDE, 1)).collect();
        let down = (0..PIXELS).map(|place| slope(place, place / SIDE, SIDE)).collect();
        Surface { grey, across, down }
    }
}

/// How one thumbnail lies over the other: scaled about its middle, then moved, in pixels.
#[derive(Clone, Copy)]
struct Pose {
    scale: f64,
    right: f64,
    down: f64,
}

/// The correlation of the grey values of two thumbnails, -1 to 1, where the first is moved and scaled
/// so that they agree best; stops early, with less, where they do not come to agree.
///
/// Least squares by Gauss and Newton over scale, move, brightness and contrast (Lucas and Kanade 1981).
pub(super) fn agreement(first: &Surface, second: &Surface, enough: f64) -> f64 {
    let mut pose = Pose { scale: 1.0, right: 0.0, down: 0.0 };
    let mut best = -1.0;
    for step in 0..=STEPS {
        let (correlation, next) = look(first, second, pose);
        best = f64::max(best, correlation);
        let is_hopeless = match step {
            0 => best < UNMOVED,
            LOOK_BACK.. => best < HOPEFUL,
            _ => false,
        };
        match next {
            Some(next) if best < enough && !is_hopeless => pose = next,
            _ => break,
        }
    }
    best
}

/// The correlation in this pose, and a better pose.
fn look(first: &Surface, second: &Surface, pose: Pose) -> (f64, Option<Pose>) {
    let mut sums = Moments::default();
    // The normal equations of scale, right, down, contrast, brightness; the last column is their
    // right side.
    let mut equations = [[0.0; 6]; 5];
    for row in 0..SIDE {
        let v = (row as f64 - MIDDLE) / HALF;
        let y = MIDDLE + HALF * pose.scale * v + pose.down;
        for column in 0..SIDE {
            let u = (column as f64 - MIDDLE) / HALF;
            let x = MIDDLE + HALF * pose.scale * u + pose.right;
            let Some(at) = Place::of(x, y) else { continue };
            let (grey, other) = (at.read(&first.grey), second.grey[row * SIDE + column]);
            let (across, down) = (at.read(&first.across), at.read(&first.down));
            sums.add(grey, other);
            let terms = [HALF * (across * u + down * v), across, down, -other, -1.0, -grey];
            for (equation, &term) in equations.iter_mut().zip(&terms) {
                for (sum, &by) in equation.iter_mut().zip(&terms) {
                    *sum += term * by;
                }
            }
        }
    }
    let next = solve(equations).map(|[scale, right, down, ..]| Pose {
        scale: (pose.scale + scale).clamp(SCALES[0], SCALES[1]),
        right: (pose.right + right).clamp(-MOVE, MOVE),
        down: (pose.down + down).clamp(-MOVE, MOVE),
    });
    (sums.correlation(), next)
}

/// A place between four pixels.
struct Place {
    first: usize,
    right: f64,
    down: f64,
}

impl Place {
    /// `None` outside of the picture.
    fn of(x: f64, y: f64) -> Option<Place> {
        let last = (SIDE - 1) as f64;
        if !(0.0..=last).contains(&x) || !(0.0..=last).contains(&y) {
            return None;
        }
        let (column, row) = ((x as usize).min(SIDE - 2), (y as usize).min(SIDE - 2));
        Some(Place { first: row * SIDE + column, right: x - column as f64, down: y - row as f64 })
    }

    fn read(&self, values: &[f64]) -> f64 {
        let at = |offset: usize| values[self.first + offset];
        let above = at(0) + (at(1) - at(0)) * self.right;
        let below = at(SIDE) + (at(SIDE + 1) - at(SIDE)) * self.right;
        above + (below - above) * self.down
    }
}

/// What a correlation is made of.
#[derive(Default)]
struct Moments {
    count: f64,
    sums: [f64; 2],
    squares: [f64; 2],
    products: f64,
}

impl Moments {
    fn add(&mut self, a: f64, b: f64) {
        self.count += 1.0;
        self.sums = [self.sums[0] + a, self.sums[1] + b];
        self.squares = [self.squares[0] + a * a, self.squares[1] + b * b];
        self.products += a * b;
    }

    /// 0 where one of them is plain.
    fn correlation(&self) -> f64 {
        let [a, b] = self.sums;
        let spread = |at: usize| self.squares[at] - self.sums[at] * self.sums[at] / self.count;
        let spreads = spread(0) * spread(1);
        if spreads > 0.0 { (self.products - a * b / self.count) / spreads.sqrt() } else { 0.0 }
    }
}

/// Gauss' elimination; `None` where there is no one solution.
fn solve(mut rows: [[f64; 6]; 5]) -> Option<[f64; 5]> {
    for step in 0..5 {
        let pivot = (step..5).max_by(|&a, &b| rows[a][step].abs().total_cmp(&rows[b][step].abs()));
        rows.swap(step, pivot?);
        let leading = rows[step];
        if leading[step].abs() < 1e-9 {
            return None;
        }
        for (place, row) in rows.iter_mut().enumerate() {
            let factor = row[step] / leading[step];
            if place != step {
                row.iter_mut().zip(leading).for_each(|(value, by)| *value -= factor * by);
            }
        }
    }
    Some([0, 1, 2, 3, 4].map(|at| rows[at][5] / rows[at][at]))
}
