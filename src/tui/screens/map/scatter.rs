//! Points on cells: which cell a photo is in, which photo is next in a direction, which are inside a
//! rectangle.

use ratatui::layout::Rect;

use crate::tui::kinds::Placed;

/// A cell is about twice as high as wide.
const CELL_HEIGHT: f64 = 2.0;
/// What the way across counts beside the way along: a photo straight ahead comes before a nearer one
/// to the side.
const ACROSS: f64 = 2.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Left,
    Right,
    Up,
    Down,
}

/// All photos on a room; the room shows all of them, whichever are drawn.
#[derive(Debug)]
pub struct Scatter<'a> {
    photos: &'a [Placed],
    room: Rect,
    x: (f64, f64),
    y: (f64, f64),
}

impl Scatter<'_> {
    pub fn new(photos: &[Placed], room: Rect) -> Scatter<'_> {
        let range = |numbers: &dyn Fn(&Placed) -> f64| {
            let (low, high) =
                photos.iter().map(numbers).fold((f64::INFINITY, f64::NEG_INFINITY), |range, x| {
                    (range.0.min(x), range.1.max(x))
                });
            if high > low { (low, high) } else { (low - 1.0, low + 1.0) }
        };
        Scatter { photos, room, x: range(&|photo| photo.x), y: range(&|photo| photo.y) }
    }

    /// Where a photo is, in columns and half rows from the upper left corner of the room.
    fn place(&self, photo: usize) -> (f64, f64) {
        let Placed { x, y, .. } = self.photos[photo];
        let share = |at: f64, (low, high): (f64, f64)| (at - low) / (high - low);
        let (width, height) = (f64::from(self.room.width), f64::from(self.room.height));
        (share(x, self.x) * width, (1.0 - share(y, self.y)) * height * CELL_HEIGHT)
    }

    /// Its cell.
    pub fn cell(&self, photo: usize) -> (u16, u16) {
        let (x, y) = self.place(photo);
        let last = |cells: u16| f64::from(cells.saturating_sub(1));
        let column = x.floor().clamp(0.0, last(self.room.width)) as u16;
        let row = (y / CELL_HEIGHT).floor().clamp(0.0, last(self.room.height)) as u16;
        (self.room.x + column, self.room.y + row)
    }

    /// The next of `among` in a direction, `None` where there is none.
    pub fn next(&self, from: usize, direction: Direction, among: &[usize]) -> Option<usize> {
        let (x, y) = self.place(from);
        let way = |&at: &usize| {
            let place = self.place(at);
            let (dx, dy) = (place.0 - x, place.1 - y);
            let (along, across) = match direction {
                Direction::Left => (-dx, dy),
                Direction::Right => (dx, dy),
                Direction::Up => (-dy, dx),
                Direction::Down => (dy, dx),
            };
            // Photos at the very same place follow each other to the right and down, by their places.
            let is_ahead = match (dx == 0.0 && dy == 0.0, direction) {
                (true, Direction::Right | Direction::Down) => at > from,
                (true, _) => at < from,
                (false, _) => along > 0.0 && across.abs() <= 2.0 * along,
            };
            is_ahead.then_some((along + ACROSS * across.abs(), at))
        };
        let nearest = among.iter().filter_map(way).min_by(|a, b| {
            let by_place = match direction {
                Direction::Right | Direction::Down => a.1.cmp(&b.1),
                Direction::Left | Direction::Up => b.1.cmp(&a.1),
            };
            a.0.total_cmp(&b.0).then(by_place)
        });
        nearest.map(|(_, at)| at)
    }

    /// That of `among` which is nearest to the middle of a cell; `None` outside the room.
    pub fn nearest(&self, column: u16, row: u16, among: &[usize]) -> Option<usize> {
        if !self.room.contains((column, row).into()) {
            return None;
        }
        let x = f64::from(column - self.room.x) + 0.5;
        let y = (f64::from(row - self.room.y) + 0.5) * CELL_HEIGHT;
        let distance = |&at: &usize| {
            let place = self.place(at);
            (place.0 - x).hypot(place.1 - y)
        };
        among.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

/// Those of `among` that are inside the rectangle with these two photos at its corners, or on its edge.
pub fn inside(photos: &[Placed], corner: usize, other: usize, among: &[usize]) -> Vec<usize> {
    let [a, b] = [corner, other].map(|at| &photos[at]);
    let is_between = |x: f64, a: f64, b: f64| a.min(b) <= x && x <= a.max(b);
    let is_inside =
        |at: &usize| is_between(photos[*at].x, a.x, b.x) && is_between(photos[*at].y, a.y, b.y);
    among.iter().copied().filter(is_inside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    fn photos(places: &[(f64, f64)]) -> Vec<Placed> {
        let of = |&(x, y): &(f64, f64)| Placed {
            file: "a.jpg".into(),
            category: 0,
            predicted: None,
            x,
            y,
        };
        places.iter().map(of).collect()
    }

    #[test]
    fn the_cursor_goes_to_the_next_photo_in_a_direction_and_stops_at_the_edge() {
        // A cross, and one far to the right that is higher up.
        let photos =
            photos(&[(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (3.0, 0.4)]);
        let scatter = Scatter::new(&photos, Rect::new(0, 0, 40, 20));
        let all: Vec<usize> = (0..photos.len()).collect();
        let next = |from, direction| scatter.next(from, direction, &all);
        use Direction::{Down, Left, Right, Up};
        assert_eq!([Right, Left, Up, Down].map(|way| next(0, way)), [1, 2, 3, 4].map(Some));
        assert_eq!((next(1, Right), next(5, Right), next(3, Up)), (Some(5), None, None));
    }

    #[test]
    fn photos_at_the_same_place_are_all_reached() {
        let photos = photos(&[(0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (1.0, 1.0)]);
        let scatter = Scatter::new(&photos, Rect::new(0, 0, 40, 20));
        let all = [0, 1, 2, 3];
        let step = |at| scatter.next(at, Direction::Right, &all);
        assert_eq!((step(0), step(1)), (Some(1), Some(2)));
        assert_eq!(scatter.next(2, Direction::Left, &all), Some(1));
    }

    #[test]
    fn every_photo_is_in_a_cell_of_the_room_and_a_click_there_finds_one_of_that_cell() {
        let mut rng = Rng::new(4);
        let places: Vec<(f64, f64)> = (0..300).map(|_| (rng.normal(), rng.normal())).collect();
        let photos = photos(&places);
        let all: Vec<usize> = (0..photos.len()).collect();
        for (width, height) in [(1, 1), (7, 3), (60, 20)] {
            let room = Rect::new(3, 2, width, height);
            let scatter = Scatter::new(&photos, room);
            for &photo in &all {
                let (column, row) = scatter.cell(photo);
                assert!(room.contains((column, row).into()));
                assert!(scatter.nearest(column, row, &all).is_some());
            }
        }
        let scatter = Scatter::new(&photos, Rect::new(0, 0, 60, 20));
        assert_eq!(scatter.nearest(60, 3, &all), None);
    }

    #[test]
    fn a_rectangle_holds_its_corners_and_what_is_between_them() {
        let photos = photos(&[(0.0, 0.0), (2.0, 2.0), (1.0, 1.0), (3.0, 1.0), (1.0, 0.0)]);
        let all = [0, 1, 2, 3, 4];
        assert_eq!(inside(&photos, 0, 1, &all), [0, 1, 2, 4]);
        assert_eq!(inside(&photos, 1, 0, &[1, 2]), [1, 2], "only those shown");
    }
}
