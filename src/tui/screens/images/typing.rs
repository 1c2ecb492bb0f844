//! What is typed on the screen of images: the filter, a file or folder to be scored.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Images, World, filters};
use crate::query::Keys;
use crate::tui::effect::{Destination, Effect};
use crate::tui::experiments::{ExperimentEffect, PathKind};
use crate::tui::filter::{Scope, occurring};
use crate::tui::prompt::{Prompt, Prompted, word_choices};
use crate::tui::scores::Source;
use crate::tui::typed_path::typed_path;

impl Images {
    pub(super) fn type_key(&mut self, key: &KeyEvent, world: &World) -> Vec<Effect> {
        if let Some(table) = self.table.clone().filter(|_| self.filter.is_typing()) {
            let keys = filters::keys(&table);
            let rows = || (0..table.len()).map(|index| filters::Row { table: &table, index });
            let scope = scope(&keys, world);
            let changed = self.filter.on(key, &scope, |key| occurring(rows(), key));
            return changed.map_or_else(Vec::new, |effects| {
                self.arrange();
                effects
            });
        }
        if let Some(prompt) = self.category.take() {
            return self.type_category(prompt, key, world);
        }
        let Some(mut prompt) = self.path.take() else { return Vec::new() };
        if key.code == KeyCode::Tab {
            let typed = prompt.text().to_owned();
            self.path = Some(prompt);
            return vec![Effect::Experiment(ExperimentEffect::CompletePath(
                typed,
                PathKind::Photos,
            ))];
        }
        match prompt.on(key, &world.known.history, |_| None) {
            Prompted::Accepted => {
                let mut effects = self.score(prompt.text());
                effects.extend(prompt.remember());
                effects
            }
            Prompted::Left => Vec::new(),
            Prompted::Nothing | Prompted::Changed => {
                self.path = Some(prompt);
                Vec::new()
            }
        }
    }

    fn type_category(&mut self, mut prompt: Prompt, key: &KeyEvent, world: &World) -> Vec<Effect> {
        let categories = self.table.as_ref().map_or(&[][..], |table| &table.categories);
        let complete = |text: &str| word_choices(text, categories.iter().cloned());
        match prompt.on(key, &world.known.history, complete) {
            Prompted::Accepted => return self.add_to(prompt.text()),
            Prompted::Left => {}
            Prompted::Nothing | Prompted::Changed => self.category = Some(prompt),
        }
        Vec::new()
    }

    pub(super) fn paste(&mut self, text: &str, world: &World) {
        if let Some(prompt) = self.path.as_mut().or(self.category.as_mut()) {
            prompt.paste(text);
        } else if let Some(table) = self.table.clone() {
            self.filter.paste(text, &scope(&filters::keys(&table), world));
            self.arrange();
        }
    }

    /// Opens the scores of a file or folder, which are made first.
    fn score(&self, path: &str) -> Vec<Effect> {
        let (Some(source), false) = (self.feed.source(), path.trim().is_empty()) else {
            return Vec::new();
        };
        let unseen = Source::Unseen(source.run().clone(), typed_path(path));
        vec![Effect::Open(Destination::Images(unseen))]
    }

    /// What is typed, over all else.
    pub(super) fn draw_prompt(&self, status: Rect, area: Rect, buffer: &mut Buffer, world: &World) {
        let line = Rect { x: status.x + 2, width: status.width.saturating_sub(3), ..status };
        if let Some(category) = &self.category {
            return category.draw(line, area, buffer, "category: ", None, world.theme);
        }
        match &self.path {
            Some(path) => {
                path.draw(line, area, buffer, "file or folder to score: ", None, world.theme);
            }
            None => self.filter.draw(line, area, buffer, world.theme),
        }
    }
}

fn scope<'a>(keys: &'a Keys, world: &World<'a>) -> Scope<'a> {
    Scope { keys, zone: world.zone, history: &world.known.history }
}
