//! Every image of a run with its scores, worst first, and its picture.

mod adding;
mod columns;
pub mod details;
mod feed;
mod filters;
mod look;
mod pairs;
mod scene;
mod sheet;
mod sheet_view;
#[cfg(test)]
mod tests;
mod typing;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::control::open_about;
use super::{Message, Page, World, names};
use crate::insight::label_lines;
use crate::spec::Set;
use crate::store::{RunFolder, shown};
use crate::tui::effect::{Destination, Effect, PromptName};
use crate::tui::experiments::ExperimentNews;
use crate::tui::filter::Filter;
use crate::tui::keys::names::BACK;
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::marks::Marks;
use crate::tui::news::{News, Toast};
use crate::tui::preview::Preview;
use crate::tui::prompt::Prompt;
use crate::tui::scores::{Chosen, Filters, ScoreTable, Source, next_category, next_set};
use crate::tui::theme::Role;
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
use sheet::Sheet;

pub const CONTEXTS: &[Context] =
    &[Context::Images, Context::Marks, Context::Sort, Context::List, Context::Columns];
pub const SHEET_CONTEXTS: &[Context] =
    &[Context::Images, Context::Sheet, Context::Marks, Context::List];
/// Of photos that no run saw.
pub const UNSEEN_CONTEXTS: &[Context] = &[
    Context::Images,
    Context::Unseen,
    Context::Categories,
    Context::Marks,
    Context::Sort,
    Context::List,
    Context::Columns,
];
pub const UNSEEN_SHEET_CONTEXTS: &[Context] = &[
    Context::Images,
    Context::Unseen,
    Context::Categories,
    Context::Sheet,
    Context::Marks,
    Context::List,
];

#[derive(Debug)]
pub struct Images {
    feed: Feed,
    table: Option<Arc<ScoreTable>>,
    list: Table,
    /// Indices into the table, in the order in which they are shown.
    shown: Vec<u32>,
    /// How many of them are predicted wrongly.
    wrong: usize,
    /// Indices into the table.
    marks: Marks<u32>,
    sheet: Sheet,
    /// With these it was opened; `esc` goes back to them.
    first_filters: Filters,
    filters: Filters,
    filter: Filter,
    /// A file or folder to be scored.
    path: Option<Prompt>,
    /// The category that photos are to be added to.
    category: Option<Prompt>,
    /// What photos were added to, by their places in the table.
    added: BTreeMap<usize, String>,
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
            wrong: 0,
            marks: Marks::default(),
            sheet: Sheet::default(),
            first_filters: Filters::default(),
            filters: Filters::default(),
            filter: Filter::default(),
            path: None,
            category: None,
            added: BTreeMap::new(),
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

    /// Those of a run that were chosen.
    pub fn only(run: RunFolder, chosen: Chosen) -> Images {
        let mut images = Images::of(Source::Run(run));
        images.filters.chosen = Some(chosen);
        images.first_filters = images.filters.clone();
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
        self.sheet.thumbnails.learn(news);
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
        // Marks are places in the table before.
        self.marks.clear();
        self.table = Some(table);
        self.arrange();
    }

    /// Filters and sorts. The cursor stays on its image.
    fn arrange(&mut self) {
        let Some(table) = &self.table else { return };
        let selected = self.selected();
        self.shown = arrange(table, &self.filters, &mut self.filter, &self.list.order);
        let is_wrong = |&&index: &&u32| table.images()[index as usize].is_wrong();
        self.wrong = self.shown.iter().filter(is_wrong).count();
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
        details::layout(self.body(area), categories, self.is_large)
    }

    /// Asks for what is shown of the image under the cursor, and for the pictures that may be shown next.
    fn look(&mut self, world: &World) -> Vec<Effect> {
        const AHEAD: [isize; 5] = [1, -1, 2, 3, -2];
        if self.sheet.is_on && !self.is_large {
            return self.look_at_sheet(world).into_iter().collect();
        }
        self.sheet.thumbnails.interrupt();
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
        if let Some(effects) = self.marks.on_range(action) {
            return effects;
        }
        if let Some(effects) = self.act_on_addition(action, world.known) {
            return effects;
        }
        match action {
            Action::Back => return self.clear(),
            Action::Sheet => self.sheet.is_on ^= true,
            Action::MarkAll => self.marks.toggle_all(&self.shown),
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
            Action::AllImages => self.change(|filters, _| filters.chosen = None),
            Action::ShowLabels | Action::ShowKinds | Action::ShowMap | Action::ShowGrowth => {
                let run = self.feed.source().map(|source| source.run().clone());
                return run.map(|run| open_about(action, run)).into_iter().collect();
            }
            Action::Refresh => return self.feed.refresh().into_iter().collect(),
            _ => match self.walk(action, world.area) {
                Reaction::None => return self.act_on_selected(action, world.area),
                reaction => self.react(reaction),
            },
        }
        Vec::new()
    }

    fn change(&mut self, change: impl FnOnce(&mut Filters, usize)) {
        let categories = self.table.as_ref().map_or(0, |table| table.categories.len());
        change(&mut self.filters, categories);
        self.arrange();
    }

    fn act_on_selected(&mut self, action: Action, area: Rect) -> Vec<Effect> {
        let (Some(table), Some(at)) = (&self.table, self.selected()) else { return Vec::new() };
        match action {
            Action::Enter => self.is_large ^= true,
            Action::ShowActivation => self.looking.shows_map ^= true,
            Action::ShowSimilar => self.looking.shows_similar ^= true,
            Action::Mark => {
                self.marks.toggle(at as u32);
                self.step_on(area);
            }
            Action::MarkRange => self.marks.toggle_range(&[at as u32]),
            Action::OpenOutside => return vec![Effect::OpenOutside(table.path(at))],
            Action::Yank => {
                let paths: Vec<String> =
                    self.chosen().into_iter().map(|at| shown(&table.path(at))).collect();
                return vec![Effect::Copy(paths.join("\n"))];
            }
            Action::YankMore => {
                let lines = label_lines(&table.categories, table.scores(at));
                return vec![Effect::Copy(lines.join("\n"))];
            }
            _ => {}
        }
        Vec::new()
    }

    /// The picture becomes small again, then the filters go, then the marks, then the screen is left.
    fn clear(&mut self) -> Vec<Effect> {
        if self.is_large {
            self.is_large = false;
        } else if !self.filter.is_empty() || self.filters != self.first_filters {
            self.filter.clear();
            self.filters = self.first_filters.clone();
            self.arrange();
        } else if !self.marks.is_empty() {
            self.marks.clear();
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
        if table.has_truths() {
            parts.push(format!("{} wrong", grouped(self.wrong)));
        }
        parts.extend(self.filters.words(table));
        parts.extend(self.filter.status());
        parts.extend(self.marks.status());
        let style = world.theme.style(Role::Dim);
        put(buffer, inside, inside.x, inside.y, &parts.join(" · "), style);
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
        way.extend(self.first_filters.chosen.as_ref().map(|chosen| chosen.name.clone()));
        way
    }

    fn contexts(&self) -> &'static [Context] {
        match (self.is_unseen(), self.sheet.is_on) {
            (false, false) => CONTEXTS,
            (false, true) => SHEET_CONTEXTS,
            (true, false) => UNSEEN_CONTEXTS,
            (true, true) => UNSEEN_SHEET_CONTEXTS,
        }
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
                let mut effects = self.hear_of_additions(news, world.known);
                effects.extend(self.find(world.known, false));
                effects
            }
            Message::Shown => {
                self.sheet.thumbnails.interrupt();
                self.find(world.known, true).into_iter().collect()
            }
        };
        self.stretch_range();
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
        if self.sheet.is_on && !self.is_large {
            self.draw_sheet(table, self.sheet_area(area), buffer, world);
            self.draw_categories(area, buffer, world);
            return self.draw_prompt(status, area, buffer, world);
        }
        self.list.draw(
            list,
            buffer,
            world.theme,
            |row| self.marks.contains(&self.shown[row]),
            |row, key| self.cell(table, self.shown[row] as usize, key),
        );
        details::draw_facts(table, at, facts, buffer, world.theme);
        let scene = self.looking.scene(&layout, table, at, world.known.graphics);
        scene.draw(&self.preview, buffer, world);
        details::draw_bars(table, at, scene.bars, buffer, world.theme);
        self.draw_categories(area, buffer, world);
        self.draw_prompt(status, area, buffer, world);
    }

    fn visit(&mut self) {
        self.feed.visit();
    }

    fn is_typing(&self) -> bool {
        self.filter.is_typing() || self.path.is_some() || self.category.is_some()
    }

    fn has_completion(&self) -> bool {
        self.is_typing()
    }

    fn offers(&self, action: Action, known: &Known) -> bool {
        let has_truths = || self.table.as_ref().is_some_and(|table| table.has_truths());
        match action {
            Action::Enter | Action::Filter | Action::SortUp | Action::Sheet => self.table.is_some(),
            Action::WrongOnly | Action::NextSet | Action::Confusion => has_truths(),
            Action::AllImages => self.filters.chosen.is_some(),
            Action::Score => self.feed.source().is_some(),
            Action::ShowActivation | Action::ShowSimilar => self.selected().is_some(),
            Action::Undo => !known.added.is_empty(),
            _ => true,
        }
    }
}
