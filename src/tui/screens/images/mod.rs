//! Every image of a run with its scores, worst first, and its picture.

mod columns;
pub mod details;
mod feed;
mod filters;
mod look;
mod pairs;
mod scene;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, MouseEvent, MouseEventKind};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World, names};
use crate::insight::label_lines;
use crate::query::Keys;
use crate::spec::Set;
use crate::store::shown;
use crate::tui::effect::{Destination, Effect, PromptName};
use crate::tui::experiments::{ExperimentEffect, ExperimentNews, PathKind};
use crate::tui::filter::{Filter, Scope, occurring};
use crate::tui::keys::names::BACK;
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::news::{News, Toast};
use crate::tui::preview::Preview;
use crate::tui::prompt::{Prompt, Prompted};
use crate::tui::scores::{Filters, ScoreTable, Source, next_category, next_set};
use crate::tui::theme::Role;
use crate::tui::typed_path::typed_path;
use crate::tui::widgets::{Order, Reaction, Table, put, wrap};
use crate::words::{counted, grouped};
use details::Layout;
use feed::Feed;
use filters::arrange;
pub use filters::keys as filter_keys;
use look::Looking;

#[cfg(test)]
pub use pairs::PAIRS_CONTEXTS;
pub use pairs::PairsScreen;

pub const CONTEXTS: &[Context] = &[Context::Images, Context::Sort, Context::List, Context::Columns];

#[derive(Debug)]
pub struct Images {
    feed: Feed,
    table: Option<Arc<ScoreTable>>,
    list: Table,
    /// Indices into the table, in the order in which they are shown.
    shown: Vec<u32>,
    /// With these it was opened; `esc` goes back to them.
    first_filters: Filters,
    filters: Filters,
    filter: Filter,
    /// A file or folder to be scored.
    path: Option<Prompt>,
    /// The picture fills the screen.
    is_large: bool,
    /// The cursor moved down last, so the next pictures are likelier below.
    goes_down: bool,
    preview: Preview,
    looking: Looking,
}

impl Default for Images {
    /// Those of the newest result.
    fn default() -> Images {
        Images::from(Feed::newest())
    }
}

impl Images {
    fn from(feed: Feed) -> Images {
        Images {
            feed,
            table: None,
            list: Table::new(Order { key: columns::LOSS.into(), descending: true }),
            shown: Vec::new(),
            first_filters: Filters::default(),
            filters: Filters::default(),
            filter: Filter::default(),
            path: None,
            is_large: false,
            goes_down: true,
            preview: Preview::default(),
            looking: Looking::default(),
        }
    }

    pub fn of(source: Source) -> Images {
        Images::from(Feed::of(source))
    }

    /// Those of `table` that pass `filters`.
    pub fn filtered(source: Source, table: Arc<ScoreTable>, filters: Filters) -> Images {
        let mut images = Images::of(source);
        (images.first_filters, images.filters) = (filters.clone(), filters);
        images.adopt(table);
        images
    }

    /// Finds its images in what is known, or has them read.
    fn find(&mut self, known: &Known, is_shown: bool) -> Option<Effect> {
        let has_turned = self.feed.turn(known, self.table.is_some());
        if has_turned {
            *self = Images::from(std::mem::take(&mut self.feed));
        }
        let (table, effect) = self.feed.find(known, is_shown || has_turned, self.table.as_ref());
        if let Some(table) = table {
            self.adopt(table);
        }
        effect
    }

    fn hear(&mut self, news: &[News]) {
        if let Some(table) = self.feed.hear(news) {
            self.adopt(table);
        }
        for one in news {
            if let (News::Experiment(ExperimentNews::Completed(completion)), Some(path)) =
                (one, &mut self.path)
            {
                path.complete_path(completion);
            }
        }
        self.preview.learn(news);
        self.looking.hear(news);
    }

    fn adopt(&mut self, table: Arc<ScoreTable>) {
        if self.table.is_none() {
            self.list.order = columns::order(&table);
            // The network has seen the others: their scores say little of new photos.
            if self.filters == Filters::default() && table.has(Set::Test) {
                self.filters.set = Some(Set::Test);
                self.first_filters = self.filters.clone();
            }
        }
        self.list.set_columns(columns::all(&table));
        self.table = Some(table);
        self.arrange();
    }

    /// Filters and sorts. The cursor stays on its image.
    fn arrange(&mut self) {
        let Some(table) = &self.table else { return };
        let selected = self.selected();
        self.shown = arrange(table, &self.filters, &mut self.filter, &self.list.order);
        let place = |at: usize| self.shown.iter().position(|&index| index as usize == at);
        let row = selected.and_then(place).unwrap_or(0);
        self.list.set_rows(self.shown.len(), row);
    }

    /// Index into the table of the image under the cursor.
    fn selected(&self) -> Option<usize> {
        Some(*self.shown.get(self.list.selected()?)? as usize)
    }

    fn layout(&self, area: Rect) -> Layout {
        let categories = self.table.as_ref().map_or(0, |table| table.categories.len());
        details::layout(area, categories, self.is_large)
    }

    /// Asks for what is shown of the image under the cursor, and for the pictures that may be shown next.
    fn look(&mut self, world: &World) -> Vec<Effect> {
        const AHEAD: [isize; 5] = [1, -1, 2, 3, -2];
        let (Some(table), Some(row), Some(at)) =
            (&self.table, self.list.selected(), self.selected())
        else {
            return Vec::new();
        };
        let run = self.feed.source().map(Source::run);
        let asked = run.and_then(|run| self.looking.ask(run, table, at));
        let layout = self.layout(world.area);
        if layout.picture.is_empty() {
            return asked.into_iter().collect();
        }
        let scene = |at: usize| self.looking.scene(&layout, table, at, world.known.graphics);
        let sign = if self.goes_down { 1 } else { -1 };
        let ahead = AHEAD.iter().filter_map(|step| {
            let row = row.checked_add_signed(step * sign)?;
            Some(scene(*self.shown.get(row)? as usize))
        });
        let wanted =
            scene(at).wanted().chain(ahead.flat_map(|scene| scene.photo_alone())).collect();
        asked.into_iter().chain(self.preview.show_all(wanted)).collect()
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        match action {
            Action::Back => return self.clear(),
            Action::Filter => self.filter.open(PromptName::ImageFilter),
            Action::NextRenderer => return vec![Effect::Draw(world.known.graphics.next())],
            Action::Score if self.feed.source().is_some() => {
                self.path = Some(Prompt::new(PromptName::Photos, ""));
            }
            Action::WrongOnly => self.change(|filters, _| filters.wrong_only ^= true),
            Action::NextSet => self.change(|filters, _| filters.set = next_set(filters.set)),
            Action::NextTruth => self.change(|filters, categories| {
                filters.truth = next_category(filters.truth, categories);
            }),
            Action::NextPrediction => self.change(|filters, categories| {
                filters.predicted = next_category(filters.predicted, categories);
            }),
            Action::Confusion => return vec![self.confusion()],
            Action::ShowLabels => {
                let run = self.feed.source().map(|source| source.run().clone());
                return run.map(|run| Effect::Open(Destination::Labels(run))).into_iter().collect();
            }
            Action::Refresh => return self.feed.refresh().into_iter().collect(),
            _ => {
                self.note_direction(action);
                let reaction = self.list.on(action, self.list_area(world.area));
                match reaction {
                    Reaction::None => return self.act_on_selected(action),
                    reaction => self.react(reaction),
                }
            }
        }
        Vec::new()
    }

    fn change(&mut self, change: impl FnOnce(&mut Filters, usize)) {
        let categories = self.table.as_ref().map_or(0, |table| table.categories.len());
        change(&mut self.filters, categories);
        self.arrange();
    }

    fn act_on_selected(&mut self, action: Action) -> Vec<Effect> {
        let (Some(table), Some(at)) = (&self.table, self.selected()) else { return Vec::new() };
        match action {
            Action::Enter => self.is_large ^= true,
            Action::ShowActivation => self.looking.shows_map ^= true,
            Action::ShowSimilar => self.looking.shows_similar ^= true,
            Action::OpenOutside => return vec![Effect::OpenOutside(table.path(at))],
            Action::Yank => return vec![Effect::Copy(shown(&table.path(at)))],
            Action::YankMore => {
                let lines = label_lines(&table.categories, table.scores(at));
                return vec![Effect::Copy(lines.join("\n"))];
            }
            _ => {}
        }
        Vec::new()
    }

    /// The picture becomes small again, then the filters go, then the screen is left.
    fn clear(&mut self) -> Vec<Effect> {
        if self.is_large {
            self.is_large = false;
        } else if !self.filter.is_empty() || self.filters != self.first_filters {
            self.filter.clear();
            self.filters = self.first_filters.clone();
            self.arrange();
        } else {
            return Vec::new();
        }
        vec![Effect::Cleared]
    }

    fn confusion(&self) -> Effect {
        match (self.feed.source(), &self.table) {
            (Some(source), Some(table)) if table.has_truths() => {
                let (source, table, set) = (source.clone(), table.clone(), self.filters.set);
                Effect::Open(Destination::Confusion { source, table, set })
            }
            _ => Effect::Toast(Toast::error("no confusion matrix: no true categories are known")),
        }
    }

    fn note_direction(&mut self, action: Action) {
        match action {
            Action::Down | Action::HalfDown | Action::PageDown | Action::First => {
                self.goes_down = true;
            }
            Action::Up | Action::HalfUp | Action::PageUp | Action::Last => self.goes_down = false,
            _ => {}
        }
    }

    /// Where the list is scrolled; while the picture is large too.
    fn list_area(&self, area: Rect) -> Rect {
        details::layout(area, 0, false).list
    }

    fn react(&mut self, reaction: Reaction) {
        match reaction {
            Reaction::Sorted => self.arrange(),
            Reaction::Opened => self.is_large = true,
            Reaction::Moved | Reaction::None => {}
        }
    }

    fn on_mouse(&mut self, mouse: &MouseEvent, area: Rect) {
        if !self.is_large {
            let list = self.layout(area).list;
            let reaction = self.list.on_mouse(mouse, list);
            return self.react(reaction);
        }
        let list = self.list_area(area);
        match mouse.kind {
            MouseEventKind::ScrollDown => drop(self.list.on(Action::Down, list)),
            MouseEventKind::ScrollUp => drop(self.list.on(Action::Up, list)),
            _ => {}
        }
    }

    fn type_key(&mut self, key: &KeyEvent, world: &World) -> Vec<Effect> {
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
        let Some(mut prompt) = self.path.take() else { return Vec::new() };
        if key.code == KeyCode::Tab {
            let typed = prompt.text().to_owned();
            self.path = Some(prompt);
            return vec![Effect::Experiment(ExperimentEffect::CompletePath(typed, PathKind::Photos))];
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

    fn paste(&mut self, text: &str, world: &World) {
        if let Some(prompt) = &mut self.path {
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

    fn draw_status(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
        if self.is_typing() {
            return;
        }
        let Some(table) = &self.table else { return };
        let mut parts = vec![match self.shown.len() == table.len() {
            true => counted(table.len(), "image"),
            false => format!("{} of {}", grouped(self.shown.len()), counted(table.len(), "image")),
        }];
        let wrong = |&&index: &&u32| table.images()[index as usize].is_wrong();
        if table.has_truths() {
            parts.push(format!("{} wrong", grouped(self.shown.iter().filter(wrong).count())));
        }
        parts.extend(self.filters.words(table));
        parts.extend(self.filter.status());
        let style = world.theme.style(Role::Dim);
        put(buffer, inside, inside.x, inside.y, &parts.join(" · "), style);
    }

    /// What is typed, over all else.
    fn draw_prompt(&self, status: Rect, area: Rect, buffer: &mut Buffer, world: &World) {
        let line = Rect { x: status.x + 2, width: status.width.saturating_sub(3), ..status };
        match &self.path {
            Some(path) => {
                path.draw(line, area, buffer, "file or folder to score: ", None, world.theme);
            }
            None => self.filter.draw(line, area, buffer, world.theme),
        }
    }

    /// A sentence in place of the images.
    fn draw_sentence(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let (text, role) = match &self.table {
            Some(table) if table.len() == 0 => ("there is no image in it".into(), Role::Dim),
            Some(_) if !self.filter.is_empty() => {
                (self.filter.nothing_passes("image").join("; "), Role::Dim)
            }
            Some(_) => (format!("no image passes the filters; {BACK} clears them"), Role::Dim),
            None => self.feed.sentence(),
        };
        let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
        for (y, line) in (area.y + 2..area.bottom()).zip(wrap(&text, inside.width.into())) {
            put(buffer, inside, inside.x, y, &line, world.theme.style(role));
        }
    }
}

fn scope<'a>(keys: &'a Keys, world: &World<'a>) -> Scope<'a> {
    Scope { keys, zone: world.zone, history: &world.known.history }
}

impl Page for Images {
    fn way(&self, known: &Known, zone: &TimeZone) -> Vec<String> {
        let Some(source) = self.feed.source() else { return Vec::new() };
        let mut way = vec![names::in_way(source.run(), known, zone)];
        way.push(match source {
            Source::Run(_) => "Images".to_owned(),
            Source::Unseen(_, path) => path.display().to_string(),
        });
        if let (Some(table), Filters { truth: Some(truth), predicted: Some(predicted), .. }) =
            (&self.table, &self.first_filters)
        {
            let [truth, predicted] = [truth, predicted].map(|&one| table.category(Some(one)));
            way.push(format!("{truth} as {predicted}"));
        }
        way
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        let mut effects = match message {
            Message::Action(action) => self.act(*action, world),
            Message::Key(key) => self.type_key(key, world),
            Message::Paste(text) => {
                self.paste(text, world);
                Vec::new()
            }
            Message::Mouse(mouse) => {
                self.on_mouse(mouse, world.area);
                Vec::new()
            }
            Message::News(news) => {
                self.hear(news);
                self.find(world.known, false).into_iter().collect()
            }
            Message::Shown => self.find(world.known, true).into_iter().collect(),
        };
        effects.extend(self.look(world));
        effects
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let layout = self.layout(area);
        let Layout { status, list, facts, .. } = layout;
        self.draw_status(status, buffer, world);
        let (Some(table), Some(at)) = (&self.table, self.selected()) else {
            self.draw_sentence(area, buffer, world);
            return self.draw_prompt(status, area, buffer, world);
        };
        self.list.draw(
            list,
            buffer,
            world.theme,
            |_| false,
            |row, key| columns::cell(table, self.shown[row] as usize, key),
        );
        details::draw_facts(table, at, facts, buffer, world.theme);
        let scene = self.looking.scene(&layout, table, at, world.known.graphics);
        scene.draw(&self.preview, buffer, world);
        details::draw_bars(table, at, scene.bars, buffer, world.theme);
        self.draw_prompt(status, area, buffer, world);
    }

    fn visit(&mut self) {
        self.feed.visit();
    }

    fn is_typing(&self) -> bool {
        self.filter.is_typing() || self.path.is_some()
    }

    fn has_completion(&self) -> bool {
        self.is_typing()
    }

    fn offers(&self, action: Action, _known: &Known) -> bool {
        let has_truths = || self.table.as_ref().is_some_and(|table| table.has_truths());
        match action {
            Action::Enter | Action::Filter | Action::SortUp => self.table.is_some(),
            Action::WrongOnly | Action::NextSet | Action::Confusion => has_truths(),
            Action::Score => self.feed.source().is_some(),
            Action::ShowActivation | Action::ShowSimilar => self.selected().is_some(),
            _ => true,
        }
    }
}
