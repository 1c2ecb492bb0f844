//! How the cursor goes through the images, in the list and in the sheet, and what it marks.

use std::path::PathBuf;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::sheet::Grid;
use super::{Images, World, details};
use crate::tui::effect::Effect;
use crate::tui::keys::Action;
use crate::tui::widgets::Reaction;

impl Images {
    /// The sheet has all below the line of the status.
    pub(super) fn sheet_area(&self, area: Rect) -> Rect {
        let body = self.body(area);
        let status = body.height.min(1);
        Rect { y: body.y + status, height: body.height - status, ..body }
    }

    /// The images that an action is about: the marked ones, else the one under the cursor.
    pub(super) fn chosen(&self) -> Vec<usize> {
        match self.marks.is_empty() {
            true => self.selected().into_iter().collect(),
            // In the order in which they are listed; what is filtered away comes last.
            false => {
                let mut marked: Vec<u32> = self.marks.iter().copied().collect();
                let place = |at: &u32| self.shown.iter().position(|shown| shown == at);
                marked.sort_by_cached_key(|at| place(at).unwrap_or(usize::MAX));
                marked.into_iter().map(|at| at as usize).collect()
            }
        }
    }

    /// To the next image in the order in which they are listed.
    pub(super) fn step_on(&mut self, area: Rect) {
        self.goes_down = true;
        self.list.on(Action::Down, self.list_area(area));
    }

    /// A range that is being marked goes up to the cursor.
    pub(super) fn stretch_range(&mut self) {
        let row = |row: usize| &self.shown[row..=row];
        self.marks.stretch(self.shown.len(), row, self.list.selected());
    }

    /// Moves the cursor, or changes the columns.
    pub(super) fn walk(&mut self, action: Action, area: Rect) -> Reaction {
        self.note_direction(action);
        // The large picture is walked through image by image.
        let grid = self
            .grid(area)
            .filter(|_| !self.is_large || matches!(action, Action::PhotoLeft | Action::PhotoRight));
        if let (Some(grid), Some(selected)) = (grid, self.list.selected())
            && let Some(to) = grid.step(action, selected, self.shown.len())
        {
            self.list.set_rows(self.shown.len(), to);
            return Reaction::Moved;
        }
        self.list.on(action, self.list_area(area))
    }

    /// How the sheet's tiles stand; `None`: it is not chosen, or there is no room for it.
    fn grid(&self, area: Rect) -> Option<Grid> {
        self.sheet.is_on.then(|| Grid::of(self.sheet_area(area))).flatten()
    }

    /// Asks for the thumbnails in sight, and for those beside.
    pub(super) fn look_at_sheet(&mut self, world: &World) -> Option<Effect> {
        let (grid, table) = (self.grid(world.area)?, self.table.as_ref()?);
        let (row, all) = (self.list.selected()?, self.shown.len());
        let rows = grid.wanted(row, all, self.goes_down);
        let paths = rows.map(|row| table.path(self.shown[row] as usize));
        let paths: Vec<PathBuf> = paths.collect();
        self.sheet.thumbnails.show(paths, grid.room(), world.known.graphics)
    }

    #[cfg(test)]
    pub(super) fn thumbnails_bytes(&self) -> usize {
        self.sheet.thumbnails.bytes()
    }

    fn note_direction(&mut self, action: Action) {
        use Action::{Down, First, HalfDown, PageDown, PhotoRight};
        use Action::{HalfUp, Last, PageUp, PhotoLeft, Up};
        match action {
            Down | HalfDown | PageDown | First | PhotoRight => self.goes_down = true,
            Up | HalfUp | PageUp | Last | PhotoLeft => self.goes_down = false,
            _ => {}
        }
    }

    /// Where the list is scrolled; while the picture is large too.
    fn list_area(&self, area: Rect) -> Rect {
        details::layout(self.body(area), 0, false).list
    }

    pub(super) fn react(&mut self, reaction: Reaction) {
        match reaction {
            Reaction::Sorted => self.arrange(),
            Reaction::Opened => self.is_large = true,
            Reaction::Moved | Reaction::None => {}
        }
    }

    pub(super) fn on_mouse(&mut self, mouse: &MouseEvent, area: Rect) {
        let click = mouse.kind == MouseEventKind::Down(MouseButton::Left);
        match (mouse.kind, self.grid(area).filter(|_| !self.is_large)) {
            (MouseEventKind::ScrollDown, Some(_)) => drop(self.walk(Action::Down, area)),
            (MouseEventKind::ScrollUp, Some(_)) => drop(self.walk(Action::Up, area)),
            (_, Some(grid)) if click => self.click(&grid, Position::new(mouse.column, mouse.row)),
            (_, Some(_)) => {}
            _ if self.is_large => {
                let list = self.list_area(area);
                match mouse.kind {
                    MouseEventKind::ScrollDown => drop(self.list.on(Action::Down, list)),
                    MouseEventKind::ScrollUp => drop(self.list.on(Action::Up, list)),
                    _ => {}
                }
            }
            _ => {
                let list = self.layout(area).list;
                let reaction = self.list.on_mouse(mouse, list);
                self.react(reaction);
            }
        }
    }

    /// A click puts the cursor on a tile, a second one makes its picture large.
    fn click(&mut self, grid: &Grid, place: Position) {
        let Some(selected) = self.list.selected() else { return };
        let visible = grid.visible(selected, self.shown.len());
        let clicked = grid.at(place).map(|number| visible.start + number);
        match clicked.filter(|row| visible.contains(row)) {
            Some(row) if row == selected => self.is_large = true,
            Some(row) => self.list.set_rows(self.shown.len(), row),
            None => {}
        }
    }
}
