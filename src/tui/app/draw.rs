//! The app on the cells: the line of tabs, the screen in front, the footer, what lies over it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::App;
use crate::tui::footer;
use crate::tui::keys::{self, Action, Binding, key_of, names};
use crate::tui::screens::{Said, TABS, World};
use crate::tui::theme::Role;
use crate::tui::widgets::{fit_end, put, width};

/// Below this, one line says so.
const SMALLEST: (u16, u16) = (60, 20);

/// What the footer says while keys go into a line of text.
const TYPING: &[(&str, &str)] = &[
    (names::ENTER, "accept"),
    (names::BACK, "cancel"),
    (names::COMPLETE, "complete"),
    ("up", "typed before"),
];

impl App {
    /// Draws everything; changes nothing.
    pub fn draw(&self, buffer: &mut Buffer) {
        let area = self.area;
        if area.is_empty() {
            return;
        }
        if self.is_too_small() {
            let (columns, rows) = SMALLEST;
            let text =
                format!("retrain needs {columns}x{rows}, here are {}x{}", area.width, area.height);
            put(buffer, area, area.x, area.y, &text, self.theme.style(Role::Warning));
            return;
        }
        self.draw_tabs(buffer);
        let world = World {
            known: &self.known,
            log: &self.log,
            theme: &self.theme,
            zone: &self.zone,
            now: (self.now)(),
            area: self.body(),
            context: &self.context,
            is_covered: self.overlay.is_some(),
        };
        self.top().page().draw(self.body(), buffer, &world);
        self.draw_footer(buffer);
        if let Some(overlay) = &self.overlay {
            overlay.draw(self.body(), buffer, &self.theme);
        }
        self.theme.simplify(buffer);
    }

    /// `(tab, x, text)` of each tab's label.
    fn labels(&self) -> impl Iterator<Item = (usize, u16, String)> {
        let mut x = self.area.x + 1;
        TABS.iter().enumerate().map(move |(tab, row)| {
            let at = x;
            let key = key_of(row.action);
            // The one in front is in brackets: it is not told by colour alone.
            let text = match tab == self.tab {
                true => format!("[{key} {}]", row.name),
                false => format!(" {key} {} ", row.name),
            };
            x += width(&text) as u16;
            (tab, at, text)
        })
    }

    /// The tab whose label is in that column of the first line.
    pub(super) fn tab_at(&self, column: u16) -> Option<usize> {
        let hit = |(tab, x, text): (usize, u16, String)| {
            (x..x + width(&text) as u16).contains(&column).then_some(tab)
        };
        self.labels().find_map(hit)
    }

    /// The way from the tab to the screen in front, each stop once.
    fn way(&self) -> Vec<String> {
        let mut way = vec![TABS[self.tab].name.to_owned()];
        for screen in &self.stacks[self.tab] {
            for stop in screen.page().way(&self.known, &self.zone) {
                if !way.contains(&stop) {
                    way.push(stop);
                }
            }
        }
        way
    }

    fn draw_tabs(&self, buffer: &mut Buffer) {
        let line = Rect { height: 1, ..self.area };
        let mut end = line.x;
        for (tab, x, text) in self.labels() {
            let role = if tab == self.tab { Role::Accent } else { Role::Dim };
            end = put(buffer, line, x, line.y, &text, self.theme.style(role));
        }
        let way = self.way();
        // Where it leads to says more than where it began.
        let title = match way.len() {
            1 => String::new(),
            _ => fit_end(&way.join(" › "), line.right().saturating_sub(end + 3).into()),
        };
        let x = line.right().saturating_sub(width(&title) as u16 + 1);
        put(buffer, line, x, line.y, &title, self.theme.style(Role::Text));
    }

    /// The message, else the keys that matter now.
    fn draw_footer(&self, buffer: &mut Buffer) {
        let y = self.area.bottom() - 1;
        let line = Rect { y, height: 1, ..self.area };
        let x = line.x + 1;
        if let Some(Said { toast, .. }) = &self.toast {
            let (sign, role) =
                if toast.is_error { ("✗ ", Role::Bad) } else { ("✓ ", Role::Good) };
            let x = put(buffer, line, x, y, sign, self.theme.style(role));
            let hint = format!("  {} log", names::LOG);
            let room = Rect { width: line.width.saturating_sub(hint.len() as u16 + 1), ..line };
            let x = put(buffer, room, x, y, &toast.text, self.theme.style(role));
            put(buffer, line, x, y, &hint, self.theme.style(Role::Dim));
            return;
        }
        let page = self.top().page();
        if page.is_typing() && !page.contexts().contains(&keys::Context::Editor) {
            let keys = if page.has_completion() { TYPING } else { &TYPING[..2] };
            return footer::draw(line, buffer, &self.theme, keys);
        }
        let matters =
            |row: &&Binding| !row.label.is_empty() && page.offers(row.action, &self.known);
        let is_stacked = self.stacks[self.tab].len() > 1;
        let label = |row: &Binding| match row.action {
            Action::Leave if is_stacked => "back",
            _ => row.label,
        };
        let rows: Vec<_> = keys::rows(page.contexts())
            .filter(matters)
            .map(|row| (row.keys[0], label(row)))
            .collect();
        footer::draw(line, buffer, &self.theme, &rows);
    }

    pub(super) fn is_too_small(&self) -> bool {
        self.area.width < SMALLEST.0 || self.area.height < SMALLEST.1
    }

    /// Between the line of tabs and the footer.
    pub(super) fn body(&self) -> Rect {
        let height = self.area.height.saturating_sub(2);
        Rect { y: self.area.y + 1, height, ..self.area }
    }
}
