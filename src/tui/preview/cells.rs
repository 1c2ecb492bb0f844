//! Pictures made of characters: half-blocks with two pixels a cell, or shades.

use image::RgbImage;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::graphics::Depth;

/// A picture as cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    width: u16,
    /// Row by row.
    cells: Vec<(char, Style)>,
}

/// From dark to light, on a dark background.
const SHADES: &[u8] = b" .:-=+*#%@";

impl Cells {
    /// Two pixels a cell, one above the other. An odd last row stands alone.
    pub fn half_blocks(pixels: &RgbImage, depth: Depth) -> Cells {
        let colour = |x, y| match depth {
            Depth::True => {
                let [r, g, b] = pixels.get_pixel(x, y).0;
                Color::Rgb(r, g, b)
            }
            Depth::Indexed => Color::Indexed(nearest_of_256(pixels.get_pixel(x, y).0)),
        };
        let mut cells = Vec::new();
        for y in (0..pixels.height()).step_by(2) {
            for x in 0..pixels.width() {
                let style = Style::new().fg(colour(x, y));
                cells.push(match y + 1 < pixels.height() {
                    true => ('▀', style.bg(colour(x, y + 1))),
                    false => ('▀', style),
                });
            }
        }
        Cells { width: pixels.width() as u16, cells }
    }

    /// One pixel a cell, by its lightness.
    pub fn shades(pixels: &RgbImage) -> Cells {
        let shade = |pixel: &image::Rgb<u8>| {
            let [r, g, b] = pixel.0.map(u32::from);
            // The weights of ITU-R BT.601, in thousandths.
            let light = (299 * r + 587 * g + 114 * b) / 1000;
            let at = light as usize * SHADES.len() / 256;
            (char::from(SHADES[at]), Style::new())
        };
        Cells { width: pixels.width() as u16, cells: pixels.pixels().map(shade).collect() }
    }

    pub fn bytes(&self) -> usize {
        self.cells.len() * size_of::<(char, Style)>()
    }

    /// In cells: width, height.
    pub fn size(&self) -> (u16, u16) {
        let height = self.cells.len() / usize::from(self.width.max(1));
        (self.width, height as u16)
    }

    /// Draws it into the upper left of `area`; what does not fit is cut.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) {
        let rows = self.cells.chunks(usize::from(self.width.max(1)));
        for (y, row) in (area.y..area.bottom()).zip(rows) {
            for (x, &(symbol, style)) in (area.x..area.right()).zip(row) {
                if let Some(cell) = buffer.cell_mut((x, y)) {
                    cell.set_char(symbol).set_style(style);
                }
            }
        }
    }
}

/// The nearest of the 6x6x6 cube and the 24 greys of the 256 colours; the first 16 are the
/// person's own and not used.
fn nearest_of_256([r, g, b]: [u8; 3]) -> u8 {
    const LEVELS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let rgb = [r, g, b].map(i32::from);
    let distance =
        |other: [i32; 3]| -> i32 { rgb.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum() };
    let level = |value: i32| -> usize {
        (0..LEVELS.len()).min_by_key(|&i| (LEVELS[i] - value).abs()).expect("there are six")
    };
    let [i, j, k] = rgb.map(level);
    let cube = distance([LEVELS[i], LEVELS[j], LEVELS[k]]);
    let step = ((rgb.iter().sum::<i32>() / 3 - 3) / 10).clamp(0, 23);
    let grey = distance([8 + 10 * step; 3]);
    if grey < cube { 232 + step as u8 } else { (16 + 36 * i + 6 * j + k) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red over blue, then green over white.
    fn four_pixels() -> RgbImage {
        let pixels = vec![255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
        RgbImage::from_raw(2, 2, pixels).unwrap()
    }

    #[test]
    fn a_half_block_holds_the_upper_pixel_in_front_and_the_lower_behind() {
        let area = Rect::new(0, 0, 3, 2);
        let mut buffer = Buffer::empty(area);
        let cells = Cells::half_blocks(&four_pixels(), Depth::True);
        assert_eq!(cells.size(), (2, 1));
        cells.draw(area, &mut buffer);
        let cell = |x| (buffer[(x, 0)].symbol(), buffer[(x, 0)].fg, buffer[(x, 0)].bg);
        assert_eq!(cell(0), ("▀", Color::Rgb(255, 0, 0), Color::Rgb(0, 0, 255)));
        assert_eq!(cell(1), ("▀", Color::Rgb(0, 255, 0), Color::Rgb(255, 255, 255)));
        assert_eq!(cell(2), (" ", Color::Reset, Color::Reset));
    }

    #[test]
    fn a_terminal_of_256_colours_gets_the_nearest() {
        let known = [
            ([255, 0, 0], 196),
            ([0, 255, 0], 46),
            ([255, 255, 255], 231),
            ([0, 0, 0], 16),
            ([128, 128, 128], 244),
            ([8, 8, 8], 232),
            ([90, 140, 170], 67),
        ];
        for (rgb, index) in known {
            assert_eq!(nearest_of_256(rgb), index, "{rgb:?}");
        }
    }

    #[test]
    fn without_colours_light_pixels_are_dense_characters() {
        let grey = |light| RgbImage::from_pixel(1, 1, image::Rgb([light; 3]));
        let shade = |light| Cells::shades(&grey(light)).cells[0].0;
        assert_eq!((shade(0), shade(128), shade(255)), (' ', '+', '@'));
    }
}
