//! What the list of kinds and the map have in common: the kinds of one run, waited for or there, and
//! which of its photos are shown.

use std::sync::Arc;

use super::Message;
use crate::store::RunFolder;
use crate::tui::effect::Effect;
use crate::tui::kinds::Kinds;
use crate::tui::news::News;
use crate::tui::scores::next_category;

#[derive(Debug)]
pub struct FoundKinds {
    pub run: RunFolder,
    /// `None`: they are looked for. The error is a sentence.
    pub kinds: Option<Result<Arc<Kinds>, String>>,
    pub wrong_only: bool,
    /// Only this category.
    pub category: Option<u32>,
}

impl FoundKinds {
    /// `found`: as they were found before.
    pub fn of(run: RunFolder, found: Option<Arc<Kinds>>) -> FoundKinds {
        FoundKinds { run, kinds: found.map(Ok), wrong_only: false, category: None }
    }

    pub fn known(&self) -> Option<&Arc<Kinds>> {
        self.kinds.as_ref()?.as_ref().ok()
    }

    /// Takes what was found of this run; whether there was any.
    pub fn hear(&mut self, news: &[News]) -> bool {
        let of_run = news.iter().rev().find_map(|one| match one {
            News::Kinds(found) if found.run == self.run => Some(found.kinds.clone()),
            _ => None,
        });
        let is_there = of_run.is_some();
        self.kinds = of_run.or(self.kinds.take());
        is_there
    }

    /// Has them looked for when the screen is shown without any.
    pub fn wish(&self, message: &Message) -> Option<Effect> {
        let is_missing = matches!(message, Message::Shown) && self.kinds.is_none();
        is_missing.then(|| Effect::FindKinds(self.run.clone()))
    }

    pub fn show_next_category(&mut self) {
        let categories = self.known().map_or(0, |known| known.categories.len());
        self.category = next_category(self.category, categories);
    }

    /// Whether photos of this category are shown.
    pub fn shows(&self, category: usize) -> bool {
        self.category.is_none_or(|shown| shown as usize == category)
    }

    /// Shows all again; `false`: it did already.
    pub fn show_all(&mut self) -> bool {
        let was_filtered = self.wrong_only || self.category.is_some();
        (self.wrong_only, self.category) = (false, None);
        was_filtered
    }

    /// What is not shown, for the line at the top.
    pub fn filters(&self, known: &Kinds) -> Vec<String> {
        let category = self.category.map(|at| format!("only {}", known.categories[at as usize]));
        self.wrong_only.then(|| "only wrong".to_owned()).into_iter().chain(category).collect()
    }

    pub fn has_tested(&self) -> bool {
        self.known().is_some_and(|known| known.tested > 0)
    }
}
