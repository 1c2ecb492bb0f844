//! A number for each cell of a grid.

use serde::{Deserialize, Serialize};

/// A number for each cell of a grid over a square.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// From top to bottom.
    pub rows: usize,
    /// From left to right.
    pub columns: usize,
    /// `[rows, columns]`, row by row.
    pub values: Vec<f64>,
}

/// One cell of a grid; both numbers count from 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// From the top.
    pub row: usize,
    /// From the left.
    pub column: usize,
    /// Its number.
    pub value: f64,
}

impl Grid {
    /// A grid of nothing but 0.
    pub fn zeros(rows: usize, columns: usize) -> Grid {
        Grid { rows, columns, values: vec![0.0; rows * columns] }
    }

    /// Of all cells.
    pub fn sum(&self) -> f64 {
        self.values.iter().sum()
    }

    /// The largest number without its sign.
    pub fn largest_size(&self) -> f64 {
        self.values.iter().fold(0.0, |most, value| most.max(value.abs()))
    }

    /// Adds a grid over the same square, of any number of cells: the number of each cell is spread
    /// over the cells here that it covers, in proportion to the area that they have in common, so that the
    /// sum grows by the sum of the other.
    pub fn add_spread(&mut self, other: &Grid) {
        let down = overlaps(other.rows, self.rows);
        let across = overlaps(other.columns, self.columns);
        for (from_row, rows) in down.iter().enumerate() {
            for (from_column, columns) in across.iter().enumerate() {
                let value = other.values[from_row * other.columns + from_column];
                for &(row, height) in rows {
                    for &(column, width) in columns {
                        self.values[row * self.columns + column] += value * height * width;
                    }
                }
            }
        }
    }

    /// The `count` cells of the largest numbers, the largest first.
    pub fn largest(&self, count: usize) -> Vec<Cell> {
        let cell = |(at, &value): (usize, &f64)| Cell {
            row: at / self.columns,
            column: at % self.columns,
            value,
        };
        let mut cells: Vec<Cell> = self.values.iter().enumerate().map(cell).collect();
        cells.sort_by(|a, b| b.value.total_cmp(&a.value));
        cells.truncate(count);
        cells
    }
}

/// For each of `from` equal parts of a length, which of `to` equal parts it covers, and which share of
/// it lies there; the shares of a part add up to 1.
fn overlaps(from: usize, to: usize) -> Vec<Vec<(usize, f64)>> {
    // In units of which both kinds of parts are whole multiples: a part of `from` is `to` of them.
    let of_part = |part: usize| {
        let (start, end) = (part * to, (part + 1) * to);
        let share = |other: usize| {
            let common = end.min((other + 1) * from) - start.max(other * from);
            (other, common as f64 / to as f64)
        };
        (start / from..end.div_ceil(from)).map(share).collect()
    };
    (0..from).map(of_part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarser_grid_is_spread_by_area_and_its_sum_stays() {
        let mut fine = Grid::zeros(3, 3);
        fine.add_spread(&Grid { rows: 2, columns: 1, values: vec![9.0, 0.0] });
        // The upper half is the first row and half of the second.
        let expected = [2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
        for (seen, expected) in fine.values.iter().zip(expected) {
            assert!((seen - expected).abs() < 1e-12, "{fine:?}");
        }
        for (rows, columns) in [(17, 17), (1, 4), (8, 3), (20, 37)] {
            let values: Vec<f64> = (0..64).map(|n| f64::from(n) - 20.5).collect();
            let coarse = Grid { rows: 8, columns: 8, values };
            let mut grid = Grid::zeros(rows, columns);
            grid.add_spread(&coarse);
            assert!((grid.sum() - coarse.sum()).abs() < 1e-9, "{rows} x {columns}");
        }
    }

    #[test]
    fn an_equal_grid_is_added_cell_by_cell() {
        let grid = Grid { rows: 2, columns: 2, values: vec![1.0, -2.0, 3.0, 0.5] };
        let mut sum = grid.clone();
        sum.add_spread(&grid);
        assert_eq!(sum.values, [2.0, -4.0, 6.0, 1.0]);
    }

    #[test]
    fn the_largest_cells_come_first_and_minus_is_less_than_nothing() {
        let grid = Grid { rows: 2, columns: 3, values: vec![0.0, -9.0, 4.0, 1.0, 5.0, 2.0] };
        let largest = grid.largest(2);
        assert_eq!(largest[0], Cell { row: 1, column: 1, value: 5.0 });
        assert_eq!(largest[1], Cell { row: 0, column: 2, value: 4.0 });
        assert_eq!(grid.largest_size(), 9.0);
    }
}
