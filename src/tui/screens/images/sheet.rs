//! Images as a sheet of thumbnails: where each stands, and how the cursor goes.
//!
//! The cursor is that of the list, so that both show the same image. The sheet turns by whole pages:
//! as long as the cursor stays on one, nearly nothing is sent to the terminal.

use std::ops::Range;

use ratatui::layout::{Position, Rect};

use crate::tui::keys::Action;
use crate::tui::preview::Thumbnails;

/// Below, too few photos stand side by side.
pub const LEAST_COLUMNS: u16 = 80;
/// Cells of a tile, at least: a picture of 3 to 2 fills it, and its names are still told apart.
const TILE: (u16, u16) = (20, 8);
/// Rows of a tile below its picture: the name, and what it is taken for.
const WORDS: u16 = 2;
/// Columns of a tile left of its picture: for the cursor and the mark.
const GUTTER: u16 = 2;

#[derive(Debug, Default)]
pub struct Sheet {
    /// Instead of the list.
    pub is_on: bool,
    pub thumbnails: Thumbnails,
}

/// How tiles stand in an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    area: Rect,
    columns: usize,
    rows: usize,
    /// Width and height of a tile.
    tile: (u16, u16),
}

/// The parts of a tile.
pub struct Tile {
    pub whole: Rect,
    pub picture: Rect,
}

impl Grid {
    /// As many tiles as fit, which share all there is; `None`: the terminal is too narrow, or has no
    /// room for one.
    pub fn of(area: Rect) -> Option<Grid> {
        if area.width < LEAST_COLUMNS || area.height < TILE.1 {
            return None;
        }
        let (columns, rows) = (area.width / TILE.0, area.height / TILE.1);
        let tile = (area.width / columns, area.height / rows);
        Some(Grid { area, columns: columns.into(), rows: rows.into(), tile })
    }

    /// Images on one page.
    fn page(&self) -> usize {
        self.columns * self.rows
    }

    /// Cells for a picture: width, height.
    pub fn room(&self) -> (u16, u16) {
        (self.tile.0 - GUTTER, self.tile.1 - WORDS)
    }

    /// The images that are in sight with the one in row `selected` of `all`.
    pub fn visible(&self, selected: usize, all: usize) -> Range<usize> {
        let top = selected - selected % self.page();
        top..(top + self.page()).min(all)
    }

    /// Rows of the images whose pictures are wanted: those in sight, then those of the pages beside, the
    /// one ahead first.
    pub fn wanted(
        &self,
        selected: usize,
        all: usize,
        goes_down: bool,
    ) -> impl Iterator<Item = usize> {
        let here = self.visible(selected, all);
        let after = here.end..(here.end + self.page()).min(all);
        let before = here.start.saturating_sub(self.page())..here.start;
        let [next, last] = if goes_down { [after, before] } else { [before, after] };
        here.chain(next).chain(last)
    }

    /// Where the cursor goes to from `selected`; `None`: the key is none of the sheet's.
    pub fn step(&self, action: Action, selected: usize, all: usize) -> Option<usize> {
        let last = all.checked_sub(1)?;
        let half = self.columns * (self.rows / 2).max(1);
        let forth = |by: usize| (selected + by).min(last);
        let back = |by: usize| selected.saturating_sub(by);
        // A row that is not full ends the sheet: its last image is below all of the row above.
        let is_in_last_row = selected / self.columns == last / self.columns;
        Some(match action {
            Action::PhotoLeft => back(1),
            Action::PhotoRight => forth(1),
            Action::Up if selected < self.columns => selected,
            Action::Up => back(self.columns),
            Action::Down if is_in_last_row => selected,
            Action::Down => forth(self.columns),
            Action::HalfUp => back(half),
            Action::HalfDown => forth(half),
            Action::PageUp => back(self.page()),
            Action::PageDown => forth(self.page()),
            Action::First => 0,
            Action::Last => last,
            _ => return None,
        })
    }

    /// The tile of the `place`th image in sight.
    pub fn tile(&self, place: usize) -> Tile {
        let (column, row) = ((place % self.columns) as u16, (place / self.columns) as u16);
        let (width, height) = self.tile;
        let (x, y) = (self.area.x + column * width, self.area.y + row * height);
        let (across, down) = self.room();
        // One column stays free behind a picture, so that it does not touch the next tile's.
        let picture = Rect { x: x + 1, y, width: across, height: down };
        Tile { whole: Rect { x, y, width, height }, picture }
    }

    /// Which of the images in sight stands at a place of the screen.
    pub fn at(&self, place: Position) -> Option<usize> {
        (0..self.page()).find(|&number| self.tile(number).whole.contains(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect { x: 0, y: 2, width: 80, height: 20 };

    #[test]
    fn tiles_lie_side_by_side_inside_of_the_area_at_any_size() {
        for width in 0..200 {
            for height in 0..60 {
                let area = Rect::new(0, 1, width, height);
                let Some(grid) = Grid::of(area) else {
                    assert!(width < LEAST_COLUMNS || height < 8);
                    continue;
                };
                let tiles: Vec<Tile> = (0..grid.page()).map(|place| grid.tile(place)).collect();
                for (place, tile) in tiles.iter().enumerate() {
                    assert_eq!(area.union(tile.whole), area);
                    assert_eq!(tile.whole.union(tile.picture), tile.whole);
                    let others = &tiles[place + 1..];
                    assert!(!others.iter().any(|other| other.whole.intersects(tile.whole)));
                    let corner = Position::new(tile.whole.x, tile.whole.y);
                    assert_eq!(grid.at(corner), Some(place));
                }
            }
        }
    }

    #[test]
    fn the_cursor_walks_the_rows_and_never_leaves_the_images() {
        let grid = Grid::of(AREA).unwrap();
        assert_eq!((grid.columns, grid.rows), (4, 2));
        let step = |action, from| grid.step(action, from, 11).unwrap();
        assert_eq!([step(Action::Down, 1), step(Action::Up, 5)], [5, 1]);
        assert_eq!([step(Action::PhotoRight, 3), step(Action::PhotoLeft, 4)], [4, 3]);
        assert_eq!([step(Action::Down, 7), step(Action::Down, 9)], [10, 9], "the last row has 3");
        assert_eq!([step(Action::Up, 2), step(Action::PhotoLeft, 0)], [2, 0]);
        assert_eq!([step(Action::PageDown, 0), step(Action::PageUp, 9)], [8, 1]);
        assert_eq!([step(Action::First, 7), step(Action::Last, 0)], [0, 10]);
        assert_eq!(grid.step(Action::Down, 0, 0), None, "there is none");
        assert_eq!(grid.step(Action::Mark, 0, 11), None);
    }

    #[test]
    fn those_in_sight_come_first_then_the_page_ahead() {
        let grid = Grid::of(AREA).unwrap();
        let wanted = |selected, down| grid.wanted(selected, 20, down).collect::<Vec<_>>();
        let (before, here, after) = ((0..8), (8..16), (16..20));
        assert_eq!(
            wanted(9, true),
            here.clone().chain(after.clone()).chain(before.clone()).collect::<Vec<_>>()
        );
        assert_eq!(wanted(15, false), here.chain(before).chain(after).collect::<Vec<_>>());
    }
}
