//! How the table of runs is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::group::Row;
use super::{Runs, Typing, columns, keys, table_area};
use crate::insight::of_folds;
use crate::store::State;
use crate::tui::keys::names::{COLUMN_RIGHT, ENTER};
use crate::tui::known_run::KnownRun;
use crate::tui::screens::control::how_to_start;
use crate::tui::screens::{World, beside, format};
use crate::tui::theme::Role;
use crate::tui::widgets::{fit, put, width};
use crate::words::{counted, grouped};

/// Before the name of a run that is listed below the row of its group.
const INDENT: &str = "  ";

impl Runs {
    pub(super) fn draw_all(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_status(Rect { height: 1, ..area }, buffer, world);
        if self.rows.is_empty() {
            self.draw_nothing(area, buffer, world);
            return self.draw_prompt(area, buffer, world);
        }
        let known = world.known;
        let baseline = known.baseline().map(KnownRun::id);
        let is_marked = |row: usize| self.rows[row].runs().iter().all(|id| self.marks.contains(id));
        self.table.draw(table_area(area), buffer, world.theme, is_marked, |row, key| {
            let (id, name) = match &self.rows[row] {
                Row::Group(group) => return columns::group_cell(group, key, world.zone),
                Row::Run { id, name } => (id, name),
            };
            let Some(run) = known.runs.get(id) else { return columns::nothing() };
            let compared = baseline.and_then(|baseline| known.compared(baseline, id));
            let compared = compared.and_then(|compared| compared.as_ref().ok());
            let mut cell = columns::cell(run, key, compared, world.zone);
            if let Some(name) = name.as_ref().filter(|_| key == keys::EXPERIMENT) {
                cell.text = format!("{INDENT}{name}");
            }
            cell
        });
        match beside::split(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }).1
        {
            Some(beside) => self.draw_beside(beside, buffer, world),
            None => {
                let line = Rect { y: area.bottom() - 1, height: 1, ..area };
                self.draw_detail(line, buffer, world);
            }
        }
        self.draw_prompt(area, buffer, world);
    }

    /// What is typed, over all else.
    fn draw_prompt(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let theme = world.theme;
        let line = Rect { x: area.x + 2, width: area.width.saturating_sub(3), height: 1, ..area };
        match &self.typing {
            Some(Typing::Tags { prompt, .. }) => {
                prompt.draw(line, area, buffer, "tags: ", None, theme);
            }
            Some(Typing::Note { prompt, .. }) => {
                prompt.draw(line, area, buffer, "note: ", None, theme);
            }
            Some(Typing::Iterations { field, .. }) => {
                field.draw(line, buffer, "train on to iteration: ", theme);
            }
            None => self.filter.draw(line, area, buffer, theme),
        }
    }

    /// How many there are, and what is typed or chosen.
    fn draw_status(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let theme = world.theme;
        let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
        if self.filter.is_typing() || self.typing.is_some() {
            return;
        }
        let runs = &world.known.runs;
        let running = runs.values().filter(|run| run.state() == Some(State::Running)).count();
        let mut parts = vec![match self.runs_shown == runs.len() {
            true if runs.len() == 1 => "1 run".into(),
            true => format!("{} runs", grouped(runs.len())),
            false => {
                let (shown, all) = (grouped(self.runs_shown), grouped(runs.len()));
                format!("{shown} of {all} runs")
            }
        }];
        if self.rows.iter().any(|row| row.group().is_some()) {
            parts[0] += &format!(" in {}", counted(self.rows.len(), "row"));
        }
        if !world.known.is_complete {
            parts.push("reading".into());
        }
        if running > 0 {
            parts.push(format!("{} running", grouped(running)));
        }
        parts.extend(format::queued(&world.known.queue));
        parts.extend(self.marks.status());
        if let Some(baseline) = world.known.baseline() {
            parts.push(format!("baseline {}", baseline.id()));
        }
        parts.extend(self.filter.status());
        let style = theme.style(Role::Dim);
        let x = put(buffer, inside, inside.x, inside.y, &parts.join(" · "), style);
        let right = self.table.beyond(table_area(world.area));
        if !right.is_empty() && !self.rows.is_empty() {
            let text = format!("{COLUMN_RIGHT} to {}", right.join(", "));
            let room = usize::from(inside.right().saturating_sub(x + 3));
            let text = fit(&text, room);
            let x = inside.right().saturating_sub(width(&text) as u16);
            put(buffer, inside, x, inside.y, &text, style);
        }
    }

    /// The run under the cursor in words: its error, else its name and note.
    fn draw_detail(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let style = |role| world.theme.style(role);
        if let Some(group) = self.selected_row().and_then(Row::group) {
            let x = put(buffer, area, area.x + 2, area.y, &group.in_words(), style(Role::Accent));
            let how = if group.is_open { "hides them" } else { "shows them" };
            put(buffer, area, x + 2, area.y, &format!("{ENTER} {how}"), style(Role::Dim));
            return;
        }
        let Some(run) = self.selected(world.known) else { return };
        let error = run.problem().or_else(|| run.summary()?.error.as_deref());
        // A long name leaves half of the line to what is said about it.
        let id = fit(run.id(), usize::from(area.width / 2));
        let x = put(buffer, area, area.x + 2, area.y, &id, style(Role::Accent)) + 2;
        match error {
            Some(error) => put(buffer, area, x, area.y, error, style(Role::Bad)),
            None => {
                let test = run.summary().and_then(|summary| summary.test.as_ref());
                let heads = test.and_then(|test| of_folds(test.folds));
                let note = Some(run.note.note.clone()).filter(|note| !note.is_empty());
                let words: Vec<String> = note.into_iter().chain(heads).collect();
                put(buffer, area, x, area.y, &words.join(" · "), style(Role::Text))
            }
        };
    }

    fn draw_nothing(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let lines: [String; 2] = if !self.filter.is_empty() && !world.known.runs.is_empty() {
            self.filter.nothing_passes("run")
        } else if world.known.is_complete {
            let config = &world.context.config;
            let runs = config.runs.strip_prefix(&config.root).unwrap_or(&config.runs).display();
            [format!("no run yet in {runs}"), how_to_start()]
        } else {
            ["reading the runs".into(), String::new()]
        };
        for (y, line) in (area.y + 2..area.bottom()).zip(&lines) {
            put(buffer, area, area.x + 2, y, line, world.theme.style(Role::Dim));
        }
    }
}
