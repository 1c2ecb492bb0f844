//! The screen of experiments on the cells: list, detail, status.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Experiments, detail};
use crate::store::State;
use crate::tui::experiments::Check;
use crate::tui::keys::names::NEW;
use crate::tui::screens::{World, format};
use crate::tui::theme::Role;
use crate::tui::widgets::{Cell, put, wrap};

/// From this width on, list and detail stand side by side.
const SIDE_BY_SIDE: u16 = 100;

impl Experiments {
    /// The table, the detail and the line of the status.
    pub(super) fn layout(&self, area: Rect) -> (Rect, Rect, Rect) {
        let status =
            Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        let body = Rect { height: area.height.saturating_sub(1), ..area };
        if area.width >= SIDE_BY_SIDE {
            let table = Rect { width: body.width * 55 / 100, ..body };
            let x = table.right() + 2;
            (table, Rect { x, width: body.right().saturating_sub(x + 1), ..body }, status)
        } else {
            let rows = (self.shown.len() as u16).saturating_add(1);
            let table = Rect { height: rows.clamp(4, (body.height * 2 / 5).max(4)), ..body };
            let y = table.bottom() + 1;
            let height = body.bottom().saturating_sub(y);
            let width = body.width.saturating_sub(3);
            (table, Rect { x: body.x + 2, y, width, height }, status)
        }
    }

    pub(super) fn draw_all(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let (table, detail, status) = self.layout(area);
        self.draw_status(status, buffer, world);
        if self.shown.is_empty() {
            self.draw_nothing(area, buffer, world);
            return self.draw_prompt(status, area, buffer, world);
        }
        let files = &world.known.experiments.files;
        self.table.draw(
            table,
            buffer,
            world.theme,
            |row| self.shown.get(row).is_some_and(|path| self.marks.contains(path)),
            |row, key| match self.shown.get(row).and_then(|path| files.get(path)) {
                Some(file) => self.row(world.known, file).cell(key, world.zone),
                None => Cell { text: String::new(), role: Role::Dim },
            },
        );
        let style = world.theme.style(Role::Dim);
        if area.width >= SIDE_BY_SIDE {
            for y in table.y..table.bottom() {
                put(buffer, area, table.right(), y, "│", style);
            }
        } else {
            let rule = "─".repeat(area.width.into());
            put(buffer, area, area.x, table.bottom(), &rule, style);
        }
        self.draw_detail(detail, buffer, world);
        self.draw_prompt(status, area, buffer, world);
    }

    /// What is typed, over all else.
    fn draw_prompt(&self, status: Rect, area: Rect, buffer: &mut Buffer, world: &World) {
        let line = Rect { x: status.x + 2, width: status.width.saturating_sub(3), ..status };
        match &self.typing {
            Some(typing) => typing.draw(line, area, buffer, world.theme),
            None => self.filter.draw(line, area, buffer, world.theme),
        }
    }

    fn draw_status(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
        if self.filter.is_typing() || self.typing.is_some() {
            return;
        }
        let files = &world.known.experiments.files;
        let plural = if files.len() == 1 { "" } else { "s" };
        let mut parts = vec![match self.shown.len() == files.len() {
            true => format!("{} experiment{plural}", files.len()),
            false => format!("{} of {} experiments", self.shown.len(), files.len()),
        }];
        let running =
            self.facts.values().filter(|facts| facts.state == Some(State::Running)).count();
        if running > 0 {
            parts.push(format!("{running} running"));
        }
        parts.extend(format::queued(&world.known.queue));
        parts.extend(self.marks.status());
        let broken = files.values().filter(|file| !matches!(file.check, Check::Good(_))).count();
        if broken > 0 {
            parts.push(format!("{broken} with mistakes"));
        }
        parts.extend(self.filter.status());
        let style = world.theme.style(Role::Dim);
        put(buffer, inside, inside.x, inside.y, &parts.join(" · "), style);
    }

    fn draw_nothing(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let known = &world.known.experiments;
        let folder = world.context.config.experiments.display();
        let texts: [String; 3] = if let Some(problem) = &known.problem {
            [problem.clone(), String::new(), "see 'experiments' in config.toml".into()]
        } else if !known.is_complete {
            ["reading the experiments".into(), String::new(), String::new()]
        } else if !self.filter.is_empty() && !known.files.is_empty() {
            let [said, cure] = self.filter.nothing_passes("experiment");
            [said, cure, String::new()]
        } else {
            [
                format!("no experiment yet in {folder}"),
                format!(
                    "{NEW} makes one from your photos: a folder that holds one folder of photos \
                     for each category"
                ),
                "no photos at hand? 'retrain demo' draws some and trains on them".into(),
            ]
        };
        let cells = usize::from(area.width.saturating_sub(4)).max(8);
        let lines = texts.iter().filter(|text| !text.is_empty()).flat_map(|text| wrap(text, cells));
        for (y, line) in (area.y + 1..area.bottom()).zip(lines) {
            put(buffer, area, area.x + 2, y, &line, world.theme.style(Role::Text));
        }
    }

    fn draw_detail(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let Some(file) = self.selected(world.known) else { return };
        let counting = self.row(world.known, file).counting;
        let lines = detail::lines(file, counting, area.width.into());
        lines.draw(self.detail_top, &detail::keys(), area, buffer, world.theme);
    }
}
