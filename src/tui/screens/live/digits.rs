//! Numbers in large digits.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

pub const HEIGHT: u16 = 3;

/// Three rows of a glyph, of half blocks.
fn glyph(character: char) -> [&'static str; 3] {
    match character {
        '0' => ["█▀▀█", "█  █", "█▄▄█"],
        '1' => [" ▀█ ", "  █ ", " ▄█▄"],
        '2' => ["▀▀▀█", "█▀▀▀", "█▄▄▄"],
        '3' => ["▀▀▀█", " ▀▀█", "▄▄▄█"],
        '4' => ["█  █", "▀▀▀█", "   █"],
        '5' => ["█▀▀▀", "▀▀▀█", "▄▄▄█"],
        '6' => ["█▀▀▀", "█▀▀█", "█▄▄█"],
        '7' => ["▀▀▀█", "  █ ", "  █ "],
        '8' => ["█▀▀█", "█▀▀█", "█▄▄█"],
        '9' => ["█▀▀█", "▀▀▀█", "▄▄▄█"],
        '%' => ["█ ▄▀", " ▄▀ ", "▄▀ █"],
        '.' => [" ", " ", "▄"],
        _ => ["  ", "  ", "  "],
    }
}

/// Draws digits, `.`, `%` and spaces, and returns the width taken; 0 when there is no room.
pub fn draw(text: &str, area: Rect, style: Style, buffer: &mut Buffer) -> u16 {
    let rows: Vec<String> =
        (0..3).map(|row| text.chars().map(|c| glyph(c)[row].to_owned() + " ").collect()).collect();
    let width = rows[0].chars().count() as u16;
    if width > area.width || HEIGHT > area.height {
        return 0;
    }
    for (row, y) in rows.iter().zip(area.y..) {
        buffer.set_string(area.x, y, row, style);
    }
    width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_a_digit_is_equally_wide() {
        for character in "0123456789.% ".chars() {
            let widths = glyph(character).map(|row| row.chars().count());
            assert_eq!(widths, [widths[0]; 3], "{character}");
        }
    }
}
