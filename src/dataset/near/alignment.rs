//! How well two thumbnails agree when one is moved and scaled a little to lie over the other.

use super::thumbnail::{PIXELS, SIDE, Thumbnail};

/// What copies agree by at least at first and after each step; the last is the end. Of 360 copies planted
/// among flowers the least were 0.48, 0.66, 0.82 and 0.95; three of four other candidates end within a
/// step.
const HOPEFUL: [f64; 5] = [0.42, 0.6, 0.75, 0.85, 0.9];
/// Largest scaling, and largest move in pixels: of a tenth of the photo cropped away.
const SCALES: [f64; 2] = [0.88, 1.13];
const MOVE: f64 = 3.0;
/// Pixels from the first to the middle of a side.
const MIDDLE: f64 = (SIDE - 1) as f64 / 2.0;

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
/// so that they agree best; stops early where that is `enough`, and with less where they do not come
/// to agree.
///
/// Least squares by Gauss and Newton over scale, move, brightness and contrast (Lucas and Kanade 1981).
pub(super) fn agreement(first: &Surface, second: &Thumbnail, enough: f64) -> f64 {
    let mut best = correlation_in_place(first, second);
    let mut pose = Pose { scale: 1.0, right: 0.0, down: 0.0 };
    for hopeful in HOPEFUL {
        if best >= enough || best < hopeful {
            break;
        }
        let Some(next) = improved(first, second, pose) else { break };
        pose = next;
        best = f64::max(best, correlation(first, second, pose));
    }
    best
}

fn correlation_in_place(first: &Surface, second: &Thumbnail) -> f64 {
    let mut sums = Moments::default();
    for (&grey, &other) in first.grey.iter().zip(&second.0) {
        sums.add(grey, f64::from(other));
    }
    sums.correlation()
}

fn correlation(first: &Surface, second: &Thumbnail, pose: Pose) -> f64 {
    let mut sums = Moments::default();
    for (place, other) in second.0.iter().enumerate() {
        if let Some(at) = pose.of(place / SIDE, place % SIDE) {
            sums.add(at.read(&first.grey), f64::from(*other));
        }
    }
    sums.correlation()
}

/// A pose in which they agree better than in this one.
fn improved(first: &Surface, second: &Thumbnail, pose: Pose) -> Option<Pose> {
    // The normal equations of scale, right, down, contrast, brightness; the last column is their
    // right side.
    let mut equations = [[0.0; 6]; 5];
    for row in 0..SIDE {
        // Half of the pixels, as on a chessboard, say as much.
        for column in (row % 2..SIDE).step_by(2) {
            let Some(at) = pose.of(row, column) else { continue };
            let (u, v) = (from_middle(column), from_middle(row));
            let (across, down) = (at.read(&first.across), at.read(&first.down));
            let other = f64::from(second.0[row * SIDE + column]);
            let grey = at.read(&first.grey);
            let terms = [across * u + down * v, across, down, -other, -1.0, -grey];
            for (equation, &term) in equations.iter_mut().zip(&terms) {
                for (sum, &by) in equation.iter_mut().zip(&terms) {
                    *sum += term * by;
                }
            }
        }
    }
    solve(equations).map(|[scale, right, down, ..]| Pose {
        scale: (pose.scale + scale).clamp(SCALES[0], SCALES[1]),
        right: (pose.right + right).clamp(-MOVE, MOVE),
        down: (pose.down + down).clamp(-MOVE, MOVE),
    })
}

/// Pixels from the middle of the thumbnail.
fn from_middle(at: usize) -> f64 {
    at as f64 - MIDDLE
}

impl Pose {
    /// The place in the first thumbnail that lies over this pixel of the second.
    fn of(self, row: usize, column: usize) -> Option<Place> {
        let x = MIDDLE + self.scale * from_middle(column) + self.right;
        let y = MIDDLE + self.scale * from_middle(row) + self.down;
        Place::of(x, y)
    }
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
