//! The curves as dots, finer than cells, before the dots become characters.

/// What a terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marker {
    /// Two by four dots a cell.
    #[default]
    Braille,
    /// One a cell, as the series' letter.
    Ascii,
}

impl Marker {
    /// Dots across and down in one cell.
    pub fn dots(self) -> (usize, usize) {
        match self {
            Marker::Braille => (2, 4),
            Marker::Ascii => (1, 1),
        }
    }

    /// What stands for series `index` in the legend and on its line: shape, not only colour.
    pub fn symbol(self, index: usize) -> char {
        const SHAPES: [char; 8] = ['●', '▲', '■', '◆', '○', '△', '□', '◇'];
        const LETTERS: [char; 8] = ['o', '*', '#', '+', '%', '@', '&', '='];
        match self {
            Marker::Ascii => LETTERS[index % LETTERS.len()],
            Marker::Braille => SHAPES[index % SHAPES.len()],
        }
    }
}

/// Every other dot of a braille cell: rows 0 and 2 on the left, 1 and 3 on the right.
const CHECKERED: u8 = 0x01 | 0x04 | 0x10 | 0x80;

/// Patterns of dots that tell spreads apart where colours do not: checkered, every other row, every
/// other column.
const PATTERNS: [u8; 3] = [CHECKERED, 0x01 | 0x08 | 0x04 | 0x20, 0x01 | 0x02 | 0x04 | 0x40];
/// What stands for them where there is one dot a cell.
const SHADES: [char; 3] = ['.', ':', '\''];

/// Dots of one cell: lines in front, bands behind.
#[derive(Clone, Copy, Default)]
pub struct Cell {
    line: u8,
    band: u8,
    series: usize,
    pub symbol: Option<char>,
}

/// What a cell shows: the character, the series that it belongs to, and whether it is only band.
pub struct Ink {
    pub character: char,
    pub series: usize,
    pub is_band: bool,
}

pub struct Grid {
    marker: Marker,
    cells_across: usize,
    cells_down: usize,
    cells: Vec<Cell>,
}

impl Grid {
    pub fn new(marker: Marker, cells_across: usize, cells_down: usize) -> Grid {
        let cells = vec![Cell::default(); cells_across * cells_down];
        Grid { marker, cells_across, cells_down, cells }
    }

    /// Dots across and down.
    pub fn size(&self) -> (usize, usize) {
        let (across, down) = self.marker.dots();
        (self.cells_across * across, self.cells_down * down)
    }

    /// Fills the rows `from..=to` (fractions of a row are rounded) of one column of dots.
    pub fn line(&mut self, column: usize, from: f64, to: f64, series: usize) {
        self.each_cell(column, from, to, |cell, dots| {
            // Two lines in one cell: the later one owns it, and only its dots are shown.
            if cell.line == 0 || cell.series != series {
                (cell.line, cell.series) = (0, series);
            }
            cell.line |= dots;
        });
    }

    /// As [`Grid::line`], behind all lines, with every other dot left out where it is high.
    pub fn band(&mut self, column: usize, from: f64, to: f64, series: usize) {
        let solid = self.marker != Marker::Braille || (from - to).abs() < 2.0;
        self.behind(column, from, to, series, if solid { u8::MAX } else { CHECKERED });
    }

    /// As [`Grid::band`], in a pattern of the series' own.
    pub fn spread(&mut self, column: usize, from: f64, to: f64, series: usize) {
        let is_fine = self.marker == Marker::Braille;
        let shown = if is_fine { PATTERNS[series % PATTERNS.len()] } else { u8::MAX };
        self.behind(column, from, to, series, shown);
    }

    fn behind(&mut self, column: usize, from: f64, to: f64, series: usize, shown: u8) {
        self.each_cell(column, from, to, |cell, dots| {
            cell.band |= dots & shown;
            if cell.line == 0 {
                cell.series = series;
            }
        });
    }

    pub fn symbol(&mut self, column: usize, row: f64, series: usize) {
        let symbol = self.marker.symbol(series);
        self.each_cell(column, row, row, |cell, dots| {
            *cell = Cell { line: cell.line | dots, series, symbol: Some(symbol), ..*cell };
        });
    }

    /// Calls `draw` with each cell that the rows `from..=to` of dots touch, and with those dots.
    fn each_cell(&mut self, column: usize, from: f64, to: f64, draw: impl Fn(&mut Cell, u8)) {
        let (low, high) = (from.min(to).round(), from.max(to).round());
        let (across, down) = self.marker.dots();
        let last = (self.cells_down * down) as f64 - 1.0;
        if !(low <= last && high >= 0.0) {
            return;
        }
        let (low, high) = (low.max(0.0) as usize, high.min(last) as usize);
        let bits = self.bits(column % across);
        for cell_row in low / down..=high / down {
            let first = low.saturating_sub(cell_row * down);
            let last = (high - cell_row * down).min(down - 1);
            let dots = bits[first..=last].iter().fold(0, |dots, bit| dots | bit);
            draw(&mut self.cells[cell_row * self.cells_across + column / across], dots);
        }
    }

    /// The dots of one column of a cell, from the top; braille numbers the lowest row last.
    fn bits(&self, column: usize) -> [u8; 4] {
        match (self.marker, column) {
            (Marker::Braille, 0) => [0x01, 0x02, 0x04, 0x40],
            (Marker::Braille, _) => [0x08, 0x10, 0x20, 0x80],
            _ => [0x01, 0x02, 0x00, 0x00],
        }
    }

    pub fn ink(&self, x: usize, y: usize) -> Option<Ink> {
        let cell = self.cells[y * self.cells_across + x];
        let (mask, is_band) = if cell.line > 0 { (cell.line, false) } else { (cell.band, true) };
        if mask == 0 {
            return None;
        }
        let character = match (self.marker, is_band, cell.symbol) {
            (_, _, Some(symbol)) => symbol,
            (Marker::Braille, ..) => char::from_u32(0x2800 + u32::from(mask)).unwrap_or(' '),
            (Marker::Ascii, true, _) => SHADES[cell.series % SHADES.len()],
            (Marker::Ascii, false, _) => self.marker.symbol(cell.series),
        };
        Some(Ink { character, series: cell.series, is_band })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn character(marker: Marker, draw: impl Fn(&mut Grid)) -> char {
        let mut grid = Grid::new(marker, 1, 1);
        draw(&mut grid);
        grid.ink(0, 0).map_or(' ', |ink| ink.character)
    }

    #[test]
    fn dots_become_the_braille_pattern_of_the_same_shape() {
        assert_eq!(character(Marker::Braille, |grid| grid.line(0, 0.0, 3.0, 0)), '⡇');
        assert_eq!(character(Marker::Braille, |grid| grid.line(1, 3.0, 3.0, 0)), '⢀');
    }

    #[test]
    fn without_braille_the_same_dots_are_letters() {
        assert_eq!(character(Marker::Ascii, |grid| grid.line(0, 0.0, 0.0, 1)), '*');
    }

    #[test]
    fn a_line_hides_the_band_behind_it() {
        let both = character(Marker::Braille, |grid| {
            grid.band(0, 0.0, 3.0, 0);
            grid.line(0, 1.0, 1.0, 0);
        });
        assert_eq!(both, '⠂');
    }

    #[test]
    fn what_lies_outside_is_not_drawn() {
        assert_eq!(character(Marker::Braille, |grid| grid.line(0, 9.0, 12.0, 0)), ' ');
        assert_eq!(character(Marker::Braille, |grid| grid.line(0, f64::NAN, f64::NAN, 0)), ' ');
    }
}
