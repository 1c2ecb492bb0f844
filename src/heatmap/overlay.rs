//! A grid drawn over a picture.

use image::{Rgb, RgbImage};
use serde::{Deserialize, Serialize};

use super::grid::Grid;

/// Colour of what speaks for something: orange. It differs from blue with every common colour blindness.
const FOR: [f32; 3] = [255.0, 140.0, 0.0];
/// Colour of what speaks against it: blue.
const AGAINST: [f32; 3] = [20.0, 110.0, 255.0];
/// How much of the picture is left below the strongest colour.
const LEFT_BELOW: f32 = 0.2;
/// How light the picture is below the colours, and where nothing was seen of it.
const LIGHT: f32 = 0.75;
const LIGHT_UNSEEN: f32 = 0.2;

/// The part of a photo that a grid lies over, in shares of the photo's width and height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Of the width.
    pub left: f64,
    /// Of the height.
    pub top: f64,
    /// Of the width.
    pub right: f64,
    /// Of the height.
    pub bottom: f64,
}

impl Frame {
    /// The whole photo.
    pub const WHOLE: Frame = Frame { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };

    /// The part of the photo below one cell of a grid over this frame.
    pub fn of_cell(&self, grid: &Grid, row: usize, column: usize) -> Frame {
        let along = |from: f64, to: f64, cell: usize, cells: usize| {
            from + (to - from) * cell as f64 / cells as f64
        };
        Frame {
            left: along(self.left, self.right, column, grid.columns),
            top: along(self.top, self.bottom, row, grid.rows),
            right: along(self.left, self.right, column + 1, grid.columns),
            bottom: along(self.top, self.bottom, row + 1, grid.rows),
        }
    }
}

/// A grid as it is drawn over a photo: what is above 0 in orange, what is below in blue, the stronger
/// the less the photo shines through, which loses its own colours.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    /// -1 to 1.
    strengths: Grid,
    frame: Frame,
}

/// None of its numbers is NaN: `new` makes 0 of it.
impl Eq for Overlay {}

impl Overlay {
    /// `largest`: the number that is drawn the strongest, with either sign; larger ones as strong.
    pub fn new(grid: &Grid, largest: f64, frame: Frame) -> Overlay {
        let strength = |value: &f64| match value / largest {
            strength if strength.is_finite() => strength.clamp(-1.0, 1.0),
            _ => 0.0,
        };
        let values = grid.values.iter().map(strength).collect();
        Overlay { strengths: Grid { values, ..*grid }, frame }
    }

    /// Draws it over a whole photo, of any size.
    pub fn colour(&self, photo: &mut RgbImage) {
        self.change(photo, |light, strength| {
            let Some(strength) = strength else { return [light * LIGHT_UNSEEN; 3] };
            let colour = if strength > 0.0 { FOR } else { AGAINST };
            let share = strength.abs() * (1.0 - LEFT_BELOW);
            colour.map(|part| light * LIGHT * (1.0 - share) + part * share)
        });
    }

    /// The same for a terminal without colours: the more speaks for it, the lighter; what speaks against
    /// it is dark.
    pub fn lighten(&self, photo: &mut RgbImage) {
        self.change(photo, |light, strength| {
            let strength = strength.unwrap_or(0.0).max(0.0);
            [light * LIGHT_UNSEEN * (1.0 - strength) + (0.5 * light + 127.0) * strength; 3]
        });
    }

    /// Each pixel by its lightness and the strength there; `None`: outside of the frame.
    fn change(&self, photo: &mut RgbImage, colour: impl Fn(f32, Option<f32>) -> [f32; 3]) {
        let (width, height) = photo.dimensions();
        let share = |pixel: u32, of: u32| (f64::from(pixel) + 0.5) / f64::from(of);
        for (x, y, pixel) in photo.enumerate_pixels_mut() {
            let [r, g, b] = pixel.0.map(f32::from);
            // The weights of ITU-R BT.601.
            let light = 0.299 * r + 0.587 * g + 0.114 * b;
            let strength = self.at(share(x, width), share(y, height));
            let [r, g, b] = colour(light, strength.map(|strength| strength as f32));
            *pixel = Rgb([r, g, b].map(|part| part.round().clamp(0.0, 255.0) as u8));
        }
    }

    /// The strength at a place of the photo, in shares of its width and height: that of a cell in its
    /// middle, in between by both its neighbours.
    fn at(&self, x: f64, y: f64) -> Option<f64> {
        let Frame { left, top, right, bottom } = self.frame;
        if !(left..right).contains(&x) || !(top..bottom).contains(&y) {
            return None;
        }
        let Grid { rows, columns, values } = &self.strengths;
        let between = |share: f64, cells: usize| {
            let place = (share * cells as f64 - 0.5).clamp(0.0, (cells - 1) as f64);
            let first = place.floor() as usize;
            (first, (first + 1).min(cells - 1), place - place.floor())
        };
        let (row, next_row, down) = between((y - top) / (bottom - top), *rows);
        let (column, next_column, across) = between((x - left) / (right - left), *columns);
        let along = |row: usize| {
            let value = |column: usize| values[row * columns + column];
            value(column) * (1.0 - across) + value(next_column) * across
        };
        Some(along(row) * (1.0 - down) + along(next_row) * down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        Grid { rows: 1, columns: 3, values: vec![4.0, 0.0, -2.0] }
    }

    /// A grey photo of 8 by 2 pixels of which the middle half was seen.
    fn drawn(draw: impl Fn(&Overlay, &mut RgbImage)) -> RgbImage {
        let frame = Frame { left: 0.25, right: 0.75, ..Frame::WHOLE };
        let mut photo = RgbImage::from_pixel(12, 2, Rgb([100; 3]));
        draw(&Overlay::new(&grid(), 4.0, frame), &mut photo);
        photo
    }

    #[test]
    fn what_speaks_for_it_is_orange_what_speaks_against_it_blue_and_what_was_cut_away_dark() {
        let photo = drawn(Overlay::colour);
        let at = |x: u32| photo.get_pixel(x, 0).0;
        assert_eq!((at(0), at(2), at(9)), ([20; 3], [20; 3], [20; 3]));
        let [r, g, b] = at(3);
        assert!(r > 200 && g > 100 && b < 50, "{:?}", at(3));
        let [r, _, b] = at(8);
        assert!(b > r && b > 130, "{:?}", at(8));
        // Half as strong at most, so less blue than the other end is orange.
        assert!(b - r < at(3)[0] - at(3)[2]);
    }

    #[test]
    fn without_colours_only_what_speaks_for_it_is_light() {
        let photo = drawn(Overlay::lighten);
        let at = |x: u32| photo.get_pixel(x, 0).0[0];
        assert!(at(3) > 150 && at(6) < 60 && at(8) <= 20, "{} {} {}", at(3), at(6), at(8));
    }

    #[test]
    fn a_grid_of_zeros_or_of_no_numbers_draws_no_colour() {
        for value in [0.0, f64::NAN] {
            let grid = Grid { rows: 1, columns: 1, values: vec![value] };
            let mut photo = RgbImage::from_pixel(1, 1, Rgb([100; 3]));
            Overlay::new(&grid, 0.0, Frame::WHOLE).colour(&mut photo);
            assert_eq!(photo.get_pixel(0, 0).0, [75; 3]);
        }
    }

    #[test]
    fn a_cell_stands_over_its_part_of_the_photo() {
        let frame = Frame { left: 0.25, right: 0.75, ..Frame::WHOLE };
        let cell = frame.of_cell(&grid(), 0, 2);
        let Frame { left, top, right, bottom } = cell;
        assert!((left - 7.0 / 12.0).abs() < 1e-12 && (right - 0.75).abs() < 1e-12);
        assert_eq!((top, bottom), (0.0, 1.0));
    }
}
