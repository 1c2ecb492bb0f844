//! A table of any number of rows, of which it only ever touches the visible ones.
//!
//! It knows where the cursor is, which columns are shown and what it is to be sorted by; the rows
//! themselves, their order and their marks belong to the screen.

use std::collections::{HashMap, HashSet};

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use super::text::{fit, fit_end, put, width};
use crate::tui::keys::Action;
use crate::tui::theme::{Role, Theme};

/// Left of the first column: one cell for the cursor, one for the mark.
const GUTTER: u16 = 2;
const WHEEL_ROWS: isize = 3;
const WIDEST: u16 = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
    /// To the left; a text that is too long loses its beginning. For paths.
    End,
}

#[derive(Clone, Debug)]
pub struct Column {
    /// Names the column for ever: sorting and hiding go by it.
    pub key: String,
    pub title: String,
    /// In cells, without the space behind it.
    pub width: u16,
    /// Takes the room that is left over.
    pub fills: bool,
    pub align: Align,
}

impl Column {
    /// One that has its key as its title and is `width` cells wide.
    pub fn new(key: &str, width: u16, align: Align) -> Column {
        Column { key: key.to_owned(), title: key.to_owned(), width, fills: false, align }
    }

    /// Under another title.
    pub fn titled(self, title: impl Into<String>) -> Column {
        Column { title: title.into(), ..self }
    }

    /// At least so wide, and with the room that is left over.
    pub fn filling(self) -> Column {
        Column { fills: true, ..self }
    }
}

/// What the rows are to be sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub key: String,
    pub descending: bool,
}

pub struct Cell {
    pub text: String,
    pub role: Role,
}

/// What a key or the mouse did to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// The table does nothing with it.
    None,
    Moved,
    /// `order` is another: the screen has to sort.
    Sorted,
    /// The row under the cursor was clicked again.
    Opened,
}

#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    hidden: HashSet<String>,
    /// Widths that the person chose.
    widths: HashMap<String, u16>,
    /// The chosen column.
    column: usize,
    pub order: Order,
    rows: usize,
    selected: usize,
    top: usize,
}

impl Table {
    pub fn new(order: Order) -> Table {
        Table {
            columns: Vec::new(),
            hidden: HashSet::new(),
            widths: HashMap::new(),
            column: 0,
            order,
            rows: 0,
            selected: 0,
            top: 0,
        }
    }

    /// Replaces the columns; the chosen one stays chosen, hidden ones stay hidden.
    pub fn set_columns(&mut self, columns: Vec<Column>) {
        let chosen = self.columns.get(self.column).map(|column| column.key.clone());
        self.columns = columns;
        self.column = chosen
            .and_then(|key| self.columns.iter().position(|column| column.key == key))
            .unwrap_or(0);
    }

    /// Says how many rows there are and which the cursor is on.
    pub fn set_rows(&mut self, rows: usize, selected: usize) {
        self.rows = rows;
        self.selected = selected.min(rows.saturating_sub(1));
    }

    /// The row under the cursor; `None` when there are no rows.
    pub fn selected(&self) -> Option<usize> {
        (self.selected < self.rows).then_some(self.selected)
    }

    /// The key of the chosen column.
    pub fn chosen(&self) -> Option<&str> {
        self.columns.get(self.column).map(|column| column.key.as_str())
    }

    pub fn on(&mut self, action: Action, area: Rect) -> Reaction {
        let page = usize::from(area.height.saturating_sub(1)).max(1) as isize;
        match action {
            Action::Down => self.move_by(1, area),
            Action::Up => self.move_by(-1, area),
            Action::HalfDown => self.move_by((page / 2).max(1), area),
            Action::HalfUp => self.move_by(-(page / 2).max(1), area),
            Action::PageDown => self.move_by(page, area),
            Action::PageUp => self.move_by(-page, area),
            Action::First => self.move_by(isize::MIN / 2, area),
            Action::Last => self.move_by(isize::MAX / 2, area),
            Action::ColumnLeft => self.choose(|shown, at| shown[at.saturating_sub(1)]),
            Action::ColumnRight => self.choose(|shown, at| shown[(at + 1).min(shown.len() - 1)]),
            Action::HideColumn => self.hide_column(),
            Action::ShowColumns => self.hidden.clear(),
            Action::Narrower => self.resize(-1),
            Action::Wider => self.resize(1),
            Action::SortUp | Action::SortDown => {
                let Some(column) = self.columns.get(self.column) else { return Reaction::None };
                let descending = action == Action::SortDown;
                self.order = Order { key: column.key.clone(), descending };
                return Reaction::Sorted;
            }
            _ => return Reaction::None,
        }
        Reaction::Moved
    }

    pub fn on_mouse(&mut self, mouse: &MouseEvent, area: Rect) -> Reaction {
        if !area.contains(Position::new(mouse.column, mouse.row)) {
            return Reaction::None;
        }
        match mouse.kind {
            MouseEventKind::ScrollDown => self.move_by(WHEEL_ROWS, area),
            MouseEventKind::ScrollUp => self.move_by(-WHEEL_ROWS, area),
            MouseEventKind::Down(MouseButton::Left) if mouse.row == area.y => {
                return self.click_title(mouse.column, area);
            }
            MouseEventKind::Down(MouseButton::Left) => {
                let row = self.top(area) + usize::from(mouse.row - area.y - 1);
                if row >= self.rows {
                    return Reaction::None;
                }
                if row == self.selected {
                    return Reaction::Opened;
                }
                self.selected = row;
            }
            _ => return Reaction::None,
        }
        Reaction::Moved
    }

    /// A click on a title chooses the column and sorts by it, the other way at the next click.
    fn click_title(&mut self, x: u16, area: Rect) -> Reaction {
        let hit = self
            .layout(area)
            .into_iter()
            .find(|&(_, start, cells)| (start..start + cells + 1).contains(&x));
        let Some((index, ..)) = hit else { return Reaction::None };
        self.column = index;
        let key = self.columns[index].key.clone();
        let descending = self.order.key == key && !self.order.descending;
        self.order = Order { key, descending };
        Reaction::Sorted
    }

    fn move_by(&mut self, rows: isize, area: Rect) {
        let last = self.rows.saturating_sub(1);
        self.top = self.top(area);
        self.selected = self.selected.saturating_add_signed(rows).min(last);
        self.top = self.top(area);
    }

    /// The first visible row: the last place it was at, moved so that the cursor is in sight.
    fn top(&self, area: Rect) -> usize {
        let height = usize::from(area.height.saturating_sub(1)).max(1);
        let lowest = self.rows.saturating_sub(height);
        self.top.min(lowest).min(self.selected).max((self.selected + 1).saturating_sub(height))
    }

    /// The rows that are in sight.
    pub fn visible(&self, area: Rect) -> std::ops::Range<usize> {
        let top = self.top(area);
        top..(top + usize::from(area.height.saturating_sub(1))).min(self.rows)
    }

    fn shown(&self) -> Vec<usize> {
        let shown = |&index: &usize| !self.hidden.contains(&self.columns[index].key);
        (0..self.columns.len()).filter(shown).collect()
    }

    fn choose(&mut self, next: impl Fn(&[usize], usize) -> usize) {
        let shown = self.shown();
        if !shown.is_empty() {
            let at =
                shown.iter().position(|&index| index >= self.column).unwrap_or(shown.len() - 1);
            self.column = next(&shown, at);
        }
    }

    /// The first column always stays: it says what a row is.
    fn hide_column(&mut self) {
        if self.column > 0
            && let Some(column) = self.columns.get(self.column)
        {
            self.hidden.insert(column.key.clone());
            self.choose(|shown, at| shown[at]);
        }
    }

    fn resize(&mut self, cells: i16) {
        if let Some(column) = self.columns.get(self.column) {
            let now = self.width(column);
            let next = now.saturating_add_signed(cells).clamp(2, WIDEST);
            self.widths.insert(column.key.clone(), next);
        }
    }

    fn width(&self, column: &Column) -> u16 {
        self.widths.get(&column.key).copied().unwrap_or(column.width)
    }

    /// `(column, x, cells)` of the columns in sight: the first, and as many others as fit,
    /// scrolled so that the chosen one is among them.
    fn layout(&self, area: Rect) -> Vec<(usize, u16, u16)> {
        let room = area.width.saturating_sub(GUTTER);
        let mut shown = self.shown();
        let taken = |columns: &[usize]| -> u16 {
            let cells = columns.iter().map(|&index| self.width(&self.columns[index]) + 1);
            cells.fold(0, u16::saturating_add).saturating_sub(1)
        };
        while shown.len() > 2 {
            let chosen = shown.iter().position(|&index| index == self.column).unwrap_or(0);
            if chosen < 2 || taken(&shown[..=chosen]) <= room {
                break;
            }
            shown.remove(1);
        }
        let mut fitting = shown.len();
        while fitting > 1 && taken(&shown[..fitting]) > room {
            fitting -= 1;
        }
        shown.truncate(fitting);
        let spare = room.saturating_sub(taken(&shown));
        let filler = shown.iter().copied().find(|&index| self.columns[index].fills);
        let mut x = area.x + GUTTER;
        let mut placed = Vec::with_capacity(shown.len());
        for index in shown {
            let more = if Some(index) == filler { spare } else { 0 };
            let cells = (self.width(&self.columns[index]) + more).min(area.right().max(x) - x);
            placed.push((index, x, cells));
            x = x.saturating_add(cells + 1);
        }
        placed
    }

    /// The titles of the columns that are out of sight to the right.
    pub fn beyond(&self, area: Rect) -> Vec<&str> {
        let last = self.layout(area).last().map_or(0, |&(index, ..)| index);
        let shown = self.shown().into_iter().filter(|&index| index > last);
        shown.map(|index| self.columns[index].title.as_str()).collect()
    }

    /// Draws the titles and the rows in sight. `cell` gives what stands in a row under a key.
    pub fn draw(
        &self,
        area: Rect,
        buffer: &mut Buffer,
        theme: &Theme,
        is_marked: impl Fn(usize) -> bool,
        cell: impl Fn(usize, &str) -> Cell,
    ) {
        if area.is_empty() {
            return;
        }
        let layout = self.layout(area);
        self.draw_titles(&layout, area, buffer, theme);
        let top = self.top(area);
        for y in area.y + 1..area.bottom() {
            let row = top + usize::from(y - area.y - 1);
            if row >= self.rows {
                break;
            }
            let line = Rect { y, height: 1, ..area };
            if is_marked(row) {
                put(buffer, line, area.x + 1, y, "*", theme.style(Role::Mark));
            }
            for &(index, x, cells) in &layout {
                let column = &self.columns[index];
                let Cell { text, role } = cell(row, &column.key);
                let text = match column.align {
                    Align::End => fit_end(&text, cells.into()),
                    Align::Left | Align::Right => fit(&text, cells.into()),
                };
                let x = match column.align {
                    Align::Left | Align::End => x,
                    Align::Right => x + cells.saturating_sub(width(&text) as u16),
                };
                put(buffer, line, x, y, &text, theme.style(role));
            }
            if row == self.selected {
                put(buffer, line, area.x, y, ">", theme.style(Role::Accent));
                buffer.set_style(line, theme.style(Role::Selection));
            }
        }
    }

    fn draw_titles(
        &self,
        layout: &[(usize, u16, u16)],
        area: Rect,
        buffer: &mut Buffer,
        theme: &Theme,
    ) {
        for &(index, x, cells) in layout {
            let column = &self.columns[index];
            let arrow = match () {
                () if column.key != self.order.key => "",
                () if self.order.descending => "▼",
                () => "▲",
            };
            let room = usize::from(cells).saturating_sub(width(arrow));
            let title = format!("{}{arrow}", fit(&column.title, room));
            let style = if index == self.column {
                theme.style(Role::Accent).add_modifier(Modifier::UNDERLINED)
            } else {
                theme.style(Role::Dim)
            };
            let x = match column.align {
                Align::Left | Align::End => x,
                Align::Right => x + cells.saturating_sub(width(&title) as u16),
            };
            put(buffer, area, x, area.y, &title, style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize) -> Table {
        let mut table = Table::new(Order { key: "a".into(), descending: false });
        let column = |key| Column::new(key, 10, Align::Left);
        table.set_columns(["a", "b", "c", "d"].map(column).into());
        table.set_rows(rows, 0);
        table
    }

    const AREA: Rect = Rect { x: 0, y: 0, width: 40, height: 11 };

    #[test]
    fn only_the_rows_in_sight_are_asked_for() {
        let mut table = table(50_000);
        table.on(Action::Last, AREA);
        assert_eq!(table.selected(), Some(49_999));
        let asked = std::cell::RefCell::new(HashSet::new());
        let theme = Theme::choose(crate::tui::theme::ThemeName::NoColour, &Default::default());
        let mut buffer = Buffer::empty(AREA);
        table.draw(
            AREA,
            &mut buffer,
            &theme,
            |_| false,
            |row, _| {
                asked.borrow_mut().insert(row);
                Cell { text: row.to_string(), role: Role::Text }
            },
        );
        assert_eq!(asked.into_inner(), (49_990..50_000).collect());
    }

    #[test]
    fn the_cursor_stays_in_sight_however_small_the_window() {
        let mut table = table(100);
        for action in [Action::PageDown, Action::HalfDown, Action::Down, Action::Up, Action::HalfUp]
        {
            table.on(action, AREA);
            for height in 1..15 {
                let area = Rect { height, ..AREA };
                let (top, rows) = (table.top(area), usize::from(height - 1).max(1));
                let selected = table.selected().unwrap();
                assert!((top..top + rows).contains(&selected), "{selected} in {top}+{rows}");
            }
        }
    }

    #[test]
    fn the_chosen_column_is_in_sight_and_a_hidden_one_is_not() {
        let mut table = table(1);
        for _ in 0..5 {
            table.on(Action::ColumnRight, AREA);
        }
        let keys = |table: &Table| -> String {
            table.layout(AREA).iter().map(|&(i, ..)| table.columns[i].key.as_str()).collect()
        };
        assert_eq!(keys(&table), "acd");
        table.on(Action::HideColumn, AREA);
        assert_eq!(keys(&table), "abc");
        table.on(Action::ShowColumns, AREA);
        assert_eq!(keys(&table), "abc");
    }

    #[test]
    fn a_click_selects_a_second_one_opens_and_titles_sort() {
        let mut table = table(5);
        let click = |table: &mut Table, column, row| {
            let kind = MouseEventKind::Down(MouseButton::Left);
            let modifiers = crossterm::event::KeyModifiers::NONE;
            table.on_mouse(&MouseEvent { kind, column, row, modifiers }, AREA)
        };
        assert_eq!(click(&mut table, 5, 3), Reaction::Moved);
        assert_eq!(table.selected(), Some(2));
        assert_eq!(click(&mut table, 5, 3), Reaction::Opened);
        assert_eq!(click(&mut table, 14, 0), Reaction::Sorted);
        assert_eq!(table.order, Order { key: "b".into(), descending: false });
        assert_eq!(click(&mut table, 14, 0), Reaction::Sorted);
        assert!(table.order.descending);
        assert_eq!(click(&mut table, 5, 9), Reaction::None);
    }
}
