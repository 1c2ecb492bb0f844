//! A confusion matrix as a picture, with the names of the categories and the counts.

use font8x8::{BASIC_FONTS, LATIN_FONTS, UnicodeFonts};
use image::{Rgb, RgbImage};

use crate::insight::ConfusionMatrix;

/// Pixels of a letter's side.
const LETTER: u32 = 16;
/// A letter of the font has so many dots a side.
const DOTS: u32 = 8;
/// Letters of a name; longer ones are cut.
const LONGEST_NAME: usize = 20;
/// Pixels of a cell's side: the largest, and the smallest that has room for a name beside it.
const LARGEST_CELL: u32 = 72;
const NAMED_CELL: u32 = LETTER + 2;
/// Pixels of all cells' side, about, where there are many.
const ALL_CELLS: u32 = 1440;
const GAP: u32 = 8;

const PAPER: Rgb<u8> = Rgb([255, 255, 255]);
const INK: Rgb<u8> = Rgb([20, 20, 20]);
/// Of a cell with all images of its true category.
const FULL: [u8; 3] = [8, 64, 129];

/// True categories from top to bottom, predicted ones from left to right. The colour is the share of the
/// images of the true category; the counts stand in the cells, where they fit. A name with characters
/// that the font lacks is the number of its category instead, from 1.
pub fn matrix_picture(matrix: &ConfusionMatrix, categories: &[String]) -> RgbImage {
    let n = matrix.categories() as u32;
    let cell = (ALL_CELLS / n.max(1)).clamp(2, LARGEST_CELL);
    let names: Vec<String> = match cell >= NAMED_CELL {
        true => categories.iter().enumerate().map(|(place, name)| drawable(name, place)).collect(),
        false => Vec::new(),
    };
    let longest = names.iter().map(String::len).max().unwrap_or(0) as u32;
    let margin = GAP + longest * LETTER + if longest > 0 { GAP } else { 0 };
    let side = margin + n * cell + GAP;
    let mut picture = RgbImage::from_pixel(side, side, PAPER);
    for (place, name) in names.iter().enumerate() {
        let across = margin + place as u32 * cell + (cell - LETTER) / 2;
        let along = margin - GAP - name.len() as u32 * LETTER;
        write(&mut picture, name, (along, across), INK, false);
        write(&mut picture, name, (across, margin - GAP), INK, true);
    }
    for truth in 0..n {
        let support = matrix.support(truth as usize).max(1);
        for predicted in 0..n {
            let count = matrix.count(truth as usize, predicted as usize);
            let share = count as f64 / support as f64;
            let corner = (margin + predicted * cell, margin + truth * cell);
            fill(&mut picture, corner, cell, shade(share));
            let text = count.to_string();
            let width = text.len() as u32 * LETTER;
            if width <= cell {
                let at = (corner.0 + (cell - width) / 2, corner.1 + (cell - LETTER) / 2);
                write(&mut picture, &text, at, if share > 0.5 { PAPER } else { INK }, false);
            }
        }
    }
    picture
}

/// In characters of one byte each: those of Latin-1 by their number, as the font has them.
fn drawable(name: &str, place: usize) -> String {
    let letters: Option<Vec<char>> =
        name.chars().take(LONGEST_NAME).map(|c| glyph(c).map(|_| c)).collect();
    letters.map_or_else(|| (place + 1).to_string(), |letters| letters.into_iter().collect())
}

fn glyph(c: char) -> Option<[u8; DOTS as usize]> {
    BASIC_FONTS.get(c).or_else(|| LATIN_FONTS.get(c)).filter(|_| !c.is_control())
}

fn shade(share: f64) -> Rgb<u8> {
    Rgb(FULL.map(|full| (255.0 - share * (255.0 - f64::from(full))).round() as u8))
}

/// A cell, with a line of paper on two of its sides.
fn fill(picture: &mut RgbImage, corner: (u32, u32), cell: u32, colour: Rgb<u8>) {
    for y in 1..cell {
        for x in 1..cell {
            picture.put_pixel(corner.0 + x, corner.1 + y, colour);
        }
    }
}

/// From `at` to the right, or upwards.
fn write(picture: &mut RgbImage, text: &str, at: (u32, u32), ink: Rgb<u8>, upwards: bool) {
    for (place, c) in text.chars().enumerate() {
        let rows = glyph(c).unwrap_or_default();
        for y in 0..LETTER {
            for x in 0..LETTER {
                let (dot, row) = (x * DOTS / LETTER, y * DOTS / LETTER);
                if rows[row as usize] >> dot & 1 == 0 {
                    continue;
                }
                let along = place as u32 * LETTER + x;
                let (x, y) =
                    if upwards { (at.0 + y, at.1 - 1 - along) } else { (at.0 + along, at.1 + y) };
                picture.put_pixel(x, y, ink);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(n: usize) -> (ConfusionMatrix, Vec<String>) {
        let mut matrix = ConfusionMatrix::new(n);
        (0..n).for_each(|place| matrix.add(place, place));
        matrix.add(0, n - 1);
        let names = ["fire", "müll", "火", "a name that is far too long for it"];
        (matrix, (0..n).map(|place| names[place % 4].to_owned()).collect())
    }

    #[test]
    fn cells_are_as_dark_as_their_share_and_every_name_is_drawn() {
        let (counts, names) = matrix(4);
        let picture = matrix_picture(&counts, &names);
        let margin = 2 * GAP + 20 * LETTER;
        assert_eq!(picture.width(), margin + 4 * LARGEST_CELL + GAP);
        let cell = |row: u32, column: u32| {
            *picture.get_pixel(margin + column * LARGEST_CELL + 2, margin + row * LARGEST_CELL + 2)
        };
        assert_eq!([cell(0, 0), cell(0, 3), cell(1, 1)], [shade(0.5), shade(0.5), Rgb(FULL)]);
        assert_eq!(cell(2, 0), PAPER);
        let is_ink = |x, y| *picture.get_pixel(x, y) == INK;
        for place in 0..4 {
            let row = margin + place * LARGEST_CELL..margin + (place + 1) * LARGEST_CELL;
            assert!(row.clone().any(|y| (0..margin).any(|x| is_ink(x, y))), "left {place}");
            assert!(row.clone().any(|x| (0..margin).any(|y| is_ink(x, y))), "above {place}");
        }
    }

    #[test]
    fn names_that_the_font_lacks_are_numbers_and_long_ones_are_cut() {
        assert_eq!(["müll", "火", "a\u{1b}b"].map(|name| drawable(name, 2)), ["müll", "3", "3"]);
        assert_eq!(drawable(&"x".repeat(99), 0).len(), LONGEST_NAME);
    }

    #[test]
    fn one_category_and_a_thousand_are_pictures_of_a_sensible_size() {
        for n in [1, 2, 100, 1000] {
            let (counts, names) = matrix(n);
            let side = matrix_picture(&counts, &names).width();
            assert!((LARGEST_CELL..=2100).contains(&side), "{n} categories: {side} pixels");
        }
    }
}
