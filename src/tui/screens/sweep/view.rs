//! The screen of a sweep on the cells: progress, table, plots, the chosen values.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::scale::Line;
use super::{LOSS, RUN, Row, Sweep, VALIDATION, plots};
use crate::compare::Combination;
use crate::spec::short_key;
use crate::tui::keys::names::{DETAIL_DOWN, DETAIL_UP};
use crate::tui::known_run::KnownRun;
use crate::tui::screens::{World, beside, format};
use crate::tui::theme::Role;
use crate::tui::widgets::{Cell, put, width};
use crate::words::{self, counted, percent};

/// Rows below the table: a rule, the chosen values, their test accuracy, and what is not shown.
const CHOSEN: u16 = 4;
/// Cells of the bar.
const BAR: usize = 20;

/// Between the line of progress and the chosen values.
fn body(area: Rect) -> Rect {
    Rect { y: area.y + 1, height: area.height.saturating_sub(1 + CHOSEN), ..area }
}

/// Beside it are the plots where both fit.
pub fn table_area(area: Rect) -> Rect {
    beside::split(body(area)).0
}

impl Sweep {
    /// Beside the table or, when they are asked for, in its place.
    fn plots_area(&self, area: Rect) -> Option<Rect> {
        let body = body(area);
        match self.shows_plots {
            true => Some(Rect { x: body.x + 2, width: body.width.saturating_sub(4), ..body }),
            false => beside::split(body).1,
        }
    }

    /// The highest line from which the plots fill their place.
    pub(super) fn last_top(&self, world: &World) -> usize {
        let Some(area) = self.plots_area(world.area) else { return 0 };
        // One row says that there are more.
        (self.plots(area, world).len() + 1).saturating_sub(area.height.into())
    }

    pub(super) fn draw_all(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_progress(Rect { height: 1, ..area }, buffer, world);
        if self.rows.is_empty() {
            let text = match world.known.is_complete {
                true => "no run of this sweep is left",
                false => "reading the runs",
            };
            put(buffer, area, area.x + 2, area.y + 2, text, world.theme.style(Role::Text));
            return;
        }
        let plots = self.plots_area(area);
        if !self.shows_plots {
            self.table.draw(
                table_area(area),
                buffer,
                world.theme,
                |_| false,
                |row, key| self.cell(&self.rows[row], key, world),
            );
            plots.iter().for_each(|plots| beside::draw_rule(*plots, buffer, world.theme));
        }
        if let Some(plots) = plots {
            self.draw_plots(plots, buffer, world);
        }
        let y = area.bottom().saturating_sub(CHOSEN);
        self.draw_chosen(Rect { y, height: CHOSEN, ..area }, buffer, world);
    }

    fn draw_progress(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let progress = &self.progress;
        let full = (progress.done * BAR).checked_div(progress.all).unwrap_or(0);
        let style = world.theme.style(Role::Accent);
        let x = put(buffer, area, area.x + 2, area.y, &"█".repeat(full), style);
        let rest = "░".repeat(BAR - full);
        let x = put(buffer, area, x, area.y, &rest, world.theme.style(Role::Dim));
        put(buffer, area, x + 2, area.y, &progress.words(), world.theme.style(Role::Text));
    }

    fn cell(&self, row: &Row, column: &str, world: &World) -> Cell {
        let known = world.known;
        let is_chosen = *row == Row::Tried(0);
        let text = |text: String| Cell { text, role: Role::Text };
        match (row, column) {
            (Row::Tried(at), VALIDATION) => {
                let accuracy = percent(self.found.combinations[*at].validation_accuracy);
                Cell { text: accuracy, role: if is_chosen { Role::Good } else { Role::Text } }
            }
            (Row::Tried(at), LOSS) => {
                text(format!("{:.4}", self.found.combinations[*at].validation_loss))
            }
            (Row::Without(_), VALIDATION | LOSS) => text(String::new()),
            (Row::Tried(at), RUN) => match &self.found.combinations[*at].runs[..] {
                [(run, _)] => Cell { text: run.clone(), role: Role::Dim },
                runs => Cell { text: counted(runs.len(), "repeat"), role: Role::Dim },
            },
            (Row::Without(run), RUN) => {
                let summary = known.runs.get(run).and_then(KnownRun::summary);
                let Some(summary) = summary else { return text(String::new()) };
                let (state, role) = format::state(summary.state);
                let is_going_on = self.progress.is_going_on() && summary.step > 0;
                match is_going_on {
                    true => Cell { text: format!("{state} {}", format::iterations(summary)), role },
                    false => Cell { text: state, role },
                }
            }
            (row, key) => {
                let at = self.found.keys.iter().position(|known| known == key);
                let value = at.and_then(|at| self.values(row, known).into_iter().nth(at));
                let value = value.unwrap_or_default();
                let role = match row {
                    Row::Tried(0) => Role::Accent,
                    Row::Tried(_) => Role::Text,
                    Row::Without(_) => Role::Dim,
                };
                Cell { text: value.trim_matches('"').to_owned(), role }
            }
        }
    }

    fn plots(&self, area: Rect, world: &World) -> Vec<Line> {
        let selected = match self.selected() {
            Some(Row::Tried(at)) => Some(*at),
            _ => None,
        };
        plots::lines(&self.found, selected, area.width.into(), world.theme)
    }

    fn draw_plots(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let lines = self.plots(area, world);
        let has_more = lines.len() > area.height.into();
        let rows = usize::from(area.height) - usize::from(has_more);
        let top = self.plots_top.min(lines.len().saturating_sub(rows));
        for (y, line) in (area.y..).zip(lines.iter().skip(top).take(rows)) {
            let mut x = area.x;
            for (text, style) in line {
                x = put(buffer, area, x, y, text, *style);
            }
        }
        if has_more {
            let hint = match lines.len().saturating_sub(top + rows) {
                0 => format!("{DETAIL_UP} scrolls back"),
                below => format!("{DETAIL_DOWN} shows {below} more lines"),
            };
            let x = area.right().saturating_sub(width(&hint) as u16);
            put(buffer, area, x, area.bottom() - 1, &hint, world.theme.style(Role::Dim));
        }
    }

    /// The chosen values with their test accuracy, and why it is told of no others.
    fn draw_chosen(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let theme = world.theme;
        put(buffer, area, area.x, area.y, &"─".repeat(area.width.into()), theme.style(Role::Dim));
        let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
        let Some(best) = self.found.combinations.first() else {
            let text = "no run has a result yet";
            put(buffer, inside, inside.x, area.y + 1, text, theme.style(Role::Dim));
            return;
        };
        let said = if self.progress.is_going_on() { "best so far" } else { "chosen" };
        let said = format!("{said} by validation: ");
        let x = put(buffer, inside, inside.x, area.y + 1, &said, theme.style(Role::Dim));
        put(buffer, inside, x, area.y + 1, &self.named(best), theme.style(Role::Accent));
        put(buffer, inside, inside.x, area.y + 2, &tested(best), theme.style(Role::Good));
        let others = self.found.combinations.len();
        if others > 1 {
            let why = format!("of the others it is not shown: the best of {others} flatters");
            put(buffer, inside, inside.x, area.y + 3, &why, theme.style(Role::Dim));
        }
    }

    /// `learning_rate 0.1, batch_size 32`
    fn named(&self, one: &Combination) -> String {
        let keys = &self.found.keys;
        let value = |(key, value): (&String, &String)| {
            format!("{} {}", short_key(key, keys), value.trim_matches('"'))
        };
        keys.iter().zip(&one.values).map(value).collect::<Vec<_>>().join(", ")
    }
}

/// Test accuracy of the one run, or of repeats their mean and their ends.
fn tested(one: &Combination) -> String {
    if let [(_, test)] = &one.runs[..] {
        let of = format!("{} of {}", words::grouped(test.correct), words::grouped(test.n));
        return format!("test accuracy {}, {of}", format::test_accuracy(test));
    }
    let all: Vec<f64> = one.runs.iter().map(|(_, test)| test.accuracy).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let low = all.iter().copied().fold(f64::INFINITY, f64::min);
    let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!(
        "test accuracy {}, the mean of {}, {}",
        percent(mean),
        counted(all.len(), "repeat"),
        words::percent_range(low, high)
    )
}
