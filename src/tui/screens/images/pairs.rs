//! The photos that two runs tested: what the second fixed and broke, both runs' scores side by side.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::columns::{FILE, TRUTH, number};
use super::details::{self, Layout};
use crate::insight::{Outcome, Pair};
use crate::store::{RunFolder, shown};
use crate::tui::compared::Compared;
use crate::tui::effect::{Destination, Effect};
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::news::News;
use crate::tui::preview::Preview;
use crate::tui::scores::ScoreTable;
use crate::tui::screens::{Message, Page, World};
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, Order, Table, put, wrap};
use crate::words::grouped;

pub const PAIRS_CONTEXTS: &[Context] = &[Context::Pairs, Context::List, Context::Columns];

const FIRST: &str = "first";
const SECOND: &str = "second";
const CHANGE: &str = "change";

#[derive(Debug)]
pub struct PairsScreen {
    /// The run that is measured against, and the one that is measured.
    runs: [RunFolder; 2],
    compared: Option<Result<Arc<Compared>, String>>,
    outcome: Outcome,
    /// Of the outcome, the largest change first.
    shown: Vec<Pair>,
    list: Table,
    is_large: bool,
    preview: Preview,
}

impl PairsScreen {
    pub fn of(first: RunFolder, second: RunFolder) -> PairsScreen {
        let mut list = Table::new(Order { key: CHANGE.into(), descending: true });
        list.set_columns(vec![
            Column::new(FILE, 16, Align::End).filling(),
            Column::new(TRUTH, 8, Align::Left),
            Column::new(FIRST, 16, Align::Left),
            Column::new(SECOND, 16, Align::Left),
            Column::new(CHANGE, 7, Align::Right),
        ]);
        PairsScreen {
            runs: [first, second],
            compared: None,
            outcome: Outcome::Fixed,
            shown: Vec::new(),
            list,
            is_large: false,
            preview: Preview::default(),
        }
    }

    fn known(&self) -> Option<&Compared> {
        Some(self.compared.as_ref()?.as_ref().ok()?)
    }

    fn arrange(&mut self) {
        self.shown = self.known().map(|known| known.pairs.of(self.outcome)).unwrap_or_default();
        self.list.set_rows(self.shown.len(), 0);
    }

    /// The first outcome that any photo has, so that the screen does not open on an empty list.
    fn adopt(&mut self, compared: Result<Arc<Compared>, String>) {
        self.compared = Some(compared);
        let has = |outcome: &Outcome| {
            self.known().is_some_and(|known| !known.pairs.of(*outcome).is_empty())
        };
        self.outcome = Outcome::ALL.into_iter().find(has).unwrap_or(Outcome::Fixed);
        self.arrange();
    }

    fn selected(&self) -> Option<&Pair> {
        self.shown.get(self.list.selected()?)
    }

    /// What may be said of the two, on which photos, and how their photos differ, in lines of the
    /// screen's width.
    fn sentences(&self, area: Rect) -> Vec<(String, Role)> {
        let Some(known) = self.known() else { return Vec::new() };
        let [first, second] = self.runs.each_ref().map(RunFolder::id);
        let mut said = vec![
            (known.comparison.in_words(), Role::Text),
            (format!("{second} against {first}, {}", known.ground), Role::Dim),
        ];
        if !known.changes.is_empty() {
            said.push((format!("photos: {}", known.changes), Role::Dim));
        }
        let width = usize::from(area.width.saturating_sub(4)).max(1);
        let lines = said.into_iter().flat_map(|(words, role)| {
            wrap(&words, width).into_iter().map(move |line| (line, role))
        });
        lines.collect()
    }

    fn layout(&self, area: Rect) -> Layout {
        // The sentences and the outcomes.
        let head = (self.sentences(area).len() as u16 + 1).min(area.height);
        let body = Rect { y: area.y + head, height: area.height - head, ..area };
        let categories = self.known().map_or(0, |known| known.tables[1].categories.len());
        // Those of the first run stand above those of the second.
        details::layout(body, 2 * categories + 2, self.is_large)
    }

    /// Asks for the picture under the cursor and those beside it.
    fn look(&mut self, world: &World) -> Option<Effect> {
        const AHEAD: [isize; 4] = [0, 1, 2, -1];
        let room = self.layout(world.area).picture;
        let row = self.list.selected()?;
        let table = &self.known()?.tables[1];
        let paths = AHEAD.iter().filter_map(|step| {
            let pair = self.shown.get(row.checked_add_signed(*step)?)?;
            Some(table.path(pair.second))
        });
        let paths: Vec<PathBuf> = paths.collect();
        if room.is_empty() {
            return None;
        }
        self.preview.show(paths, (room.width, room.height), world.known.graphics)
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let path = || {
            let pair = self.selected()?;
            Some(self.known()?.tables[1].path(pair.second))
        };
        match action {
            Action::NextSet => {
                let place = Outcome::ALL.iter().position(|outcome| *outcome == self.outcome);
                let next = (place.unwrap_or(0) + 1) % Outcome::ALL.len();
                self.outcome = Outcome::ALL[next];
                self.arrange();
            }
            Action::Enter => self.is_large ^= true,
            Action::ExplainChange => {
                let [first, second] = self.runs.clone();
                return vec![Effect::Open(Destination::Change { first, second })];
            }
            Action::Back if self.is_large => {
                self.is_large = false;
                return vec![Effect::Cleared];
            }
            Action::OpenOutside => return path().map(Effect::OpenOutside).into_iter().collect(),
            Action::Yank => {
                return path().map(|path| Effect::Copy(shown(&path))).into_iter().collect();
            }
            action => {
                let list = details::layout(world.area, 0, false).list;
                self.list.on(action, list);
            }
        }
        Vec::new()
    }

    /// The sentences, and how many photos there are of each outcome.
    fn draw_head(&self, known: &Compared, area: Rect, buffer: &mut Buffer, world: &World) {
        let style = |role| world.theme.style(role);
        let mut y = area.y;
        for (line, role) in self.sentences(area) {
            put(buffer, area, area.x + 2, y, &line, style(role));
            y += 1;
        }
        let mut x = area.x + 2;
        for outcome in Outcome::ALL {
            let text = format!("{} {}", outcome.name(), grouped(known.pairs.of(outcome).len()));
            let (text, role) = match outcome == self.outcome {
                true => (format!("[{text}]"), Role::Accent),
                false => (format!(" {text} "), Role::Dim),
            };
            x = put(buffer, area, x, y, &text, style(role)) + 1;
        }
    }

    fn draw_sentence(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let (text, role) = match &self.compared {
            None => ("reading what both tested".to_owned(), Role::Dim),
            Some(Err(problem)) => (problem.clone(), Role::Bad),
            Some(Ok(_)) => ("no photo has this outcome".to_owned(), Role::Dim),
        };
        let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
        let top = area.y + self.sentences(area).len() as u16 + 2;
        for (y, line) in (top..area.bottom()).zip(wrap(&text, inside.width.into())) {
            put(buffer, inside, inside.x, y, &line, world.theme.style(role));
        }
    }
}

/// `✗ smoke 0.612`
fn prediction(table: &ScoreTable, at: usize) -> Cell {
    let image = &table.images()[at];
    let (sign, role) = if image.is_wrong() { ("✗", Role::Bad) } else { (" ", Role::Text) };
    let text = format!("{sign} {} {}", number(table.score(at)), table.category(image.predicted));
    Cell { text, role }
}

impl Page for PairsScreen {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        vec!["photo by photo".to_owned()]
    }

    fn contexts(&self) -> &'static [Context] {
        PAIRS_CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        let mut effects = match message {
            Message::Action(action) => self.act(*action, world),
            Message::Mouse(mouse) => {
                let list = self.layout(world.area).list;
                self.list.on_mouse(mouse, list);
                Vec::new()
            }
            Message::News(news) => {
                self.preview.learn(news);
                for one in news {
                    if let News::Compared(found) = one
                        && [&found.first, &found.second] == [&self.runs[0].id(), &self.runs[1].id()]
                    {
                        self.adopt(found.compared.clone());
                    }
                }
                Vec::new()
            }
            Message::Shown if self.compared.is_none() => {
                let [first, second] = self.runs.clone();
                vec![Effect::CompareRuns(first, second)]
            }
            _ => Vec::new(),
        };
        effects.extend(self.look(world));
        effects
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        if let Some(known) = self.known() {
            self.draw_head(known, area, buffer, world);
        }
        let (Some(known), Some(pair)) = (self.known(), self.selected()) else {
            return self.draw_sentence(area, buffer, world);
        };
        let Layout { list, facts, picture, bars, .. } = self.layout(area);
        let [first, second] = &known.tables;
        self.list.draw(
            list,
            buffer,
            world.theme,
            |_| false,
            |row, key| {
                let pair = &self.shown[row];
                let plain = |text: String| Cell { text, role: Role::Text };
                match key {
                    FILE => plain(second.name(pair.second)),
                    TRUTH => {
                        let truth = second.images()[pair.second].truth;
                        plain(second.category(truth).to_owned())
                    }
                    FIRST => prediction(first, pair.first),
                    SECOND => prediction(second, pair.second),
                    _ => plain(format!("{:+.2}", pair.change)),
                }
            },
        );
        details::draw_facts(second, pair.second, facts, buffer, world.theme);
        self.preview.draw(picture, buffer, world);
        let half = bars.height / 2;
        let upper = Rect { height: half, ..bars };
        let lower = Rect { y: bars.y + half, height: bars.height - half, ..bars };
        for (table, at, name, part) in
            [(first, pair.first, FIRST, upper), (second, pair.second, SECOND, lower)]
        {
            if part.height < 2 {
                continue;
            }
            put(buffer, part, part.x, part.y, name, world.theme.style(Role::Dim));
            let below = Rect { y: part.y + 1, height: part.height - 1, ..part };
            details::draw_bars(table, at, below, buffer, world.theme);
        }
    }

    fn offers(&self, action: Action, _known: &Known) -> bool {
        match action {
            Action::Enter | Action::OpenOutside | Action::Yank => self.selected().is_some(),
            _ => true,
        }
    }
}
