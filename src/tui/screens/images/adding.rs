//! Photos that no run saw are put under a category: copies of them are added to the experiment's photos,
//! after a question.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Images, World, columns};
use crate::store::shown;
use crate::tui::additions::{AdditionEffect, AdditionNews, Plan, Wish};
use crate::tui::effect::{Confirm, Effect, PromptName};
use crate::tui::keys::Action;
use crate::tui::known::Known;
use crate::tui::news::{News, Toast};
use crate::tui::prompt::Prompt;
use crate::tui::scores::{ScoreTable, Source};
use crate::tui::screens::category_keys::{self, category_of, category_typed};
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column, fit_end, wrap};
use crate::words::counted;

/// The column of the category that a photo was added to.
const ADDED: &str = "added to";
/// Photos that a question names one by one.
const NAMED: usize = 6;
/// Cells of a line of a question.
const LINE: usize = 74;

impl Images {
    /// Whether these are photos that no run saw, of which some may be added to its experiment's.
    pub(super) fn is_unseen(&self) -> bool {
        matches!(self.feed.source(), Some(Source::Unseen(..)))
    }

    /// What a key does about adding photos; `None`: it is another's.
    pub(super) fn act_on_addition(&mut self, action: Action, known: &Known) -> Option<Vec<Effect>> {
        let table = self.table.as_ref().filter(|_| self.is_unseen())?;
        match (action, category_of(action, &table.categories)) {
            (_, Some(Ok(category))) => return Some(self.ask_what_that_does(category)),
            (_, Some(Err(toast))) => return Some(vec![Effect::Toast(toast)]),
            (Action::NameCategory, None) => {
                self.category = Some(Prompt::new(PromptName::Category, ""));
            }
            (Action::Undo, None) => {
                let undo = |added| Effect::Addition(AdditionEffect::TakeBack(added));
                let nothing = || Effect::Toast(Toast::error("no photo was added yet"));
                return Some(vec![known.added.last().cloned().map_or_else(nothing, undo)]);
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    /// A category was typed by its name.
    pub(super) fn add_to(&self, typed: &str) -> Vec<Effect> {
        let categories = self.table.as_ref().map_or(&[][..], |table| &table.categories);
        match category_typed(typed, categories) {
            Ok(category) => self.ask_what_that_does(category),
            Err(toast) => vec![Effect::Toast(toast)],
        }
    }

    /// Nothing is added before the person has seen which files that makes.
    fn ask_what_that_does(&self, category: String) -> Vec<Effect> {
        let (Some(table), Some(source)) = (&self.table, self.feed.source()) else {
            return Vec::new();
        };
        let is_scored = |at: &usize| table.problem(*at).is_none();
        let chosen = self.chosen();
        let files: Vec<_> =
            chosen.iter().filter(|at| is_scored(at)).map(|at| table.path(*at)).collect();
        let left_out = chosen.len() - files.len();
        if files.is_empty() {
            let text = "what cannot be scored cannot be learned from, so it is not added";
            return vec![Effect::Toast(Toast::error(text))];
        }
        let wish = Wish { run: source.run().clone(), category, files };
        let mut effects = Vec::new();
        if left_out > 0 {
            let text = format!("{} without scores: not added", counted(left_out, "file"));
            effects.push(Effect::Toast(Toast::error(text)));
        }
        effects.push(Effect::Addition(AdditionEffect::Plan(wish)));
        effects
    }

    pub(super) fn hear_of_additions(&mut self, news: &[News], known: &Known) -> Vec<Effect> {
        let mut effects = Vec::new();
        for one in news {
            match one {
                News::Addition(AdditionNews::Planned(Ok(plan))) if !plan.copies.is_empty() => {
                    effects.push(Effect::Confirm(question(plan)));
                }
                News::Addition(AdditionNews::Added(..)) => self.marks.clear(),
                _ => {}
            }
        }
        if news.iter().any(|one| matches!(one, News::Addition(_) | News::Scores(_))) {
            self.note_added(known);
        }
        effects
    }

    /// Which of the photos were added, in this session, and to what.
    fn note_added(&mut self, known: &Known) {
        let Some(table) = &self.table else { return };
        self.added.clear();
        for added in &known.added {
            for copy in &added.copies {
                let at = (0..table.len()).find(|&at| table.path(at) == copy.from);
                self.added.extend(at.map(|at| (at, added.category.clone())));
            }
        }
        let mut columns = columns::all(table);
        if !self.added.is_empty() {
            columns.insert(1, Column::new(ADDED, 14, Align::Left));
        }
        self.list.set_columns(columns);
    }

    pub(super) fn cell(&self, table: &ScoreTable, at: usize, key: &str) -> Cell {
        if key != ADDED {
            return columns::cell(table, at, key);
        }
        let text = self.added.get(&at).map_or_else(String::new, |name| format!("✓ {name}"));
        Cell { text, role: Role::Good }
    }

    /// The whole screen, but for the line of the keys of the categories.
    pub(super) fn body(&self, area: Rect) -> Rect {
        let keys = u16::from(self.is_unseen() && self.table.is_some()).min(area.height);
        Rect { height: area.height - keys, ..area }
    }

    pub(super) fn draw_categories(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let (body, Some(table)) = (self.body(area), &self.table) else { return };
        if body.height < area.height {
            let line = Rect { y: body.bottom(), height: 1, ..area };
            category_keys::draw(&table.categories, line, buffer, world.theme);
        }
    }
}

fn question(plan: &Plan) -> Confirm {
    let Plan { category, folder, copies, refused, .. } = plan;
    let file_name = |path: &std::path::Path| shown(path.file_name().unwrap_or_default().as_ref());
    let mut consequences = Vec::new();
    match &copies[..] {
        [copy] => {
            consequences.push(format!("from  {}", fit_end(&shown(&copy.from), LINE - 6)));
            let to = format!("{folder}/{}", file_name(&copy.to));
            consequences.push(format!("to    {}", fit_end(&to, LINE - 6)));
        }
        copies => {
            consequences.push(fit_end(&format!("to {folder}/, from"), LINE));
            for copy in copies.iter().take(NAMED) {
                let new = file_name(&copy.to);
                let renamed = match new == file_name(&copy.from) {
                    true => String::new(),
                    false => format!(" as {}", fit_end(&new, LINE / 2)),
                };
                let room = LINE - 2 - crate::words::width(&renamed);
                consequences.push(format!("  {}{renamed}", fit_end(&shown(&copy.from), room)));
            }
            let others = copies.len().saturating_sub(NAMED);
            consequences.extend((others > 0).then(|| format!("  and {others} more")));
        }
    }
    consequences.push("copies are made: the photos themselves stay where they are".to_owned());
    for reason in refused.iter().take(3) {
        consequences.extend(wrap(&format!("not {reason}"), LINE));
    }
    let others = refused.len().saturating_sub(3);
    consequences.extend((others > 0).then(|| format!("nor {others} more")));
    let what = match &copies[..] {
        [copy] => fit_end(&file_name(&copy.from), LINE / 2),
        copies => counted(copies.len(), "photo"),
    };
    Confirm {
        question: format!("add {what} to {category}?"),
        consequences,
        effect: Box::new(Effect::Addition(AdditionEffect::Add(plan.clone()))),
    }
}
