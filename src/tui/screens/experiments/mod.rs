//! All experiments: which questions there are, how they stand, and what each would do.

mod columns;
mod detail;
mod facts;
#[cfg(test)]
mod tests;
mod typing;
mod view;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World};
use crate::store::shown;
use crate::tui::effect::{Confirm, Destination, Effect};
use crate::tui::experiments::{ExperimentEffect, ExperimentNews, KnownExperiment, count_key};
use crate::tui::filter::{self, Filter};
use crate::tui::keys::names::{REFRESH, UNDO};
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::news::{News, Toast};
use crate::tui::widgets::{Field, Order, Reaction, Table};
use columns::Row;
use facts::Facts;
use typing::{Typed, Typing};

pub const CONTEXTS: &[Context] =
    &[Context::Experiments, Context::Sort, Context::List, Context::Columns];

const SCROLL_LINES: usize = 5;

#[derive(Debug)]
pub struct Experiments {
    table: Table,
    /// The files shown, in the order in which they are shown.
    shown: Vec<PathBuf>,
    facts: HashMap<String, Facts>,
    marks: BTreeSet<PathBuf>,
    filter: String,
    typing: Option<Typing>,
    /// The first line of the detail in sight.
    detail_top: usize,
    /// Photos that were asked to be counted: by names, and the last by content.
    asked: HashSet<String>,
    asked_last: Option<String>,
    /// The cursor goes to this file once it is in the list.
    wanted: Option<PathBuf>,
}

impl Default for Experiments {
    fn default() -> Experiments {
        let mut table = Table::new(Order { key: columns::NAME.into(), descending: false });
        table.set_columns(columns::all());
        Experiments {
            table,
            shown: Vec::new(),
            facts: HashMap::new(),
            marks: BTreeSet::new(),
            filter: String::new(),
            typing: None,
            detail_top: 0,
            asked: HashSet::new(),
            asked_last: None,
            wanted: None,
        }
    }
}

impl Experiments {
    fn row<'a>(&'a self, known: &'a Known, experiment: &'a KnownExperiment) -> Row<'a> {
        Row {
            known: experiment,
            facts: self.facts.get(&experiment.name),
            counting: experiment.experiment().and_then(|found| known.experiments.counting(found)),
        }
    }

    /// Filters and sorts. The cursor stays on its experiment.
    fn arrange(&mut self, known: &Known) {
        self.facts = facts::of_runs(known);
        self.marks.retain(|path| known.experiments.files.contains_key(path));
        let selected = self.selected_path().cloned();
        let filter = Filter::parse(&self.filter);
        let order = &self.table.order;
        let rows = known.experiments.files.values().map(|file| self.row(known, file));
        let mut keyed: Vec<(Option<String>, &PathBuf)> = rows
            .filter(|row| filter.lets_through(row))
            .map(|row| (row.sort_text(&order.key), &row.known.path))
            .collect();
        keyed.sort_by(|(a, _), (b, _)| match (a, b) {
            // What is missing comes last in both directions.
            (Some(a), Some(b)) if order.descending => filter::compare(b, a),
            (Some(a), Some(b)) => filter::compare(a, b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        self.shown = keyed.into_iter().map(|(_, path)| path.clone()).collect();
        let place = |path: &PathBuf| self.shown.iter().position(|shown| shown == path);
        let wanted = self.wanted.as_ref().and_then(place);
        let at = wanted.or(selected.as_ref().and_then(place)).or(self.table.selected());
        if wanted.is_some() {
            self.wanted = None;
        }
        self.table.set_rows(self.shown.len(), at.unwrap_or(0));
    }

    fn selected_path(&self) -> Option<&PathBuf> {
        self.shown.get(self.table.selected()?)
    }

    fn selected<'a>(&self, known: &'a Known) -> Option<&'a KnownExperiment> {
        known.experiments.files.get(self.selected_path()?)
    }

    /// Asks for what is not counted yet: by names for all, by content under the cursor.
    fn count(&mut self, known: &Known) -> Vec<Effect> {
        let mut effects = Vec::new();
        let selected = self.selected(known).and_then(KnownExperiment::experiment);
        let selected_key = selected.map(count_key);
        for experiment in known.experiments.files.values().filter_map(|file| file.experiment()) {
            let key = count_key(experiment);
            if Some(&key) != selected_key.as_ref() && self.asked.insert(key) {
                let experiment = Box::new(experiment.clone());
                effects.push(Effect::Experiment(ExperimentEffect::CountNames(experiment)));
            }
        }
        if let (Some(experiment), Some(key)) = (selected, selected_key)
            && self.asked_last.as_ref() != Some(&key)
        {
            let counting = known.experiments.counts.get(&key);
            if counting.is_none_or(|counting| counting.scanned.is_none()) {
                let experiment = Box::new(experiment.clone());
                effects.push(Effect::Experiment(ExperimentEffect::Count(experiment)));
            }
            self.asked.insert(key.clone());
            self.asked_last = Some(key);
        }
        effects
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let known = world.known;
        match action {
            Action::Back if self.filter.is_empty() && self.marks.is_empty() => return Vec::new(),
            Action::Back if self.filter.is_empty() => {
                self.marks.clear();
                return vec![Effect::Cleared];
            }
            Action::Back => {
                self.filter.clear();
                self.arrange(known);
                return vec![Effect::Cleared];
            }
            Action::Filter => self.typing = Some(Typing::Filter(Field::new(&self.filter))),
            Action::New => self.typing = Some(Typing::folder()),
            Action::Undo => {
                return match known.experiments.trashed.last() {
                    Some(trashed) => vec![Effect::Restore(trashed.clone())],
                    None => {
                        vec![Effect::Toast(Toast::error("no experiment went to the trash yet"))]
                    }
                };
            }
            Action::Refresh => {
                self.asked.clear();
                self.asked_last = None;
                return vec![Effect::Refresh];
            }
            Action::DetailDown => self.detail_top += SCROLL_LINES,
            Action::DetailUp => self.detail_top = self.detail_top.saturating_sub(SCROLL_LINES),
            _ => {
                let reaction = self.table.on(action, self.layout(world.area).0);
                return match (reaction, self.selected(known)) {
                    (Reaction::None, Some(selected)) => self.act_on(selected, action, world),
                    _ => self.react(reaction, known),
                };
            }
        }
        Vec::new()
    }

    fn act_on(&mut self, file: &KnownExperiment, action: Action, world: &World) -> Vec<Effect> {
        let (path, known) = (file.path.clone(), world.known);
        let effect = match action {
            Action::Enter => open_runs(&file.name),
            Action::Edit => open_editor(path),
            Action::EditOutside => {
                return vec![Effect::EditOutside(path), Effect::Refresh];
            }
            Action::Run if self.marks.is_empty() => run(file, known),
            Action::Run => {
                let marked = std::mem::take(&mut self.marks);
                let files = marked.iter().filter_map(|path| known.experiments.files.get(path));
                return files.map(|file| run(file, known)).collect();
            }
            Action::Mark => {
                if !self.marks.remove(&path) {
                    self.marks.insert(path);
                }
                self.table.on(Action::Down, self.layout(world.area).0);
                self.detail_top = 0;
                return Vec::new();
            }
            Action::Duplicate => {
                let field = Field::new(&format!("{}-2", file.name));
                self.typing = Some(Typing::Name { from: path, field });
                return Vec::new();
            }
            Action::Remove => confirm_trash(file),
            Action::Yank => Effect::Copy(file.name.clone()),
            Action::YankMore => Effect::Copy(shown(&path)),
            _ => return Vec::new(),
        };
        vec![effect]
    }

    fn react(&mut self, reaction: Reaction, known: &Known) -> Vec<Effect> {
        match reaction {
            Reaction::Sorted => self.arrange(known),
            Reaction::Moved => self.detail_top = 0,
            Reaction::Opened => {
                return self
                    .selected(known)
                    .map(|file| open_runs(&file.name))
                    .into_iter()
                    .collect();
            }
            Reaction::None => {}
        }
        Vec::new()
    }

    fn learn(&mut self, news: &ExperimentNews) -> Option<Effect> {
        match news {
            ExperimentNews::Drafted { path, text } => {
                self.wanted = Some(path.clone());
                let (path, text) = (path.clone(), text.clone());
                return Some(Effect::Open(Destination::Draft { path, text }));
            }
            ExperimentNews::Made(path) => self.wanted = Some(path.clone()),
            ExperimentNews::Completed(completion) => {
                if let Some(typing) = &mut self.typing {
                    typing.complete(completion);
                }
            }
            _ => {}
        }
        None
    }

    fn typed(&mut self, typed: Typed, known: &Known) -> Vec<Effect> {
        let is_filter = matches!(self.typing, Some(Typing::Filter(_)));
        match typed {
            Typed::Asks(effect) => return vec![effect],
            Typed::Finished(effect) => {
                self.typing = None;
                return effect.into_iter().collect();
            }
            Typed::Left => {
                self.typing = None;
                if is_filter {
                    self.filter.clear();
                }
            }
            Typed::Changed => {
                if let Some(Typing::Filter(field)) = &self.typing {
                    field.text().clone_into(&mut self.filter);
                }
            }
        }
        self.arrange(known);
        Vec::new()
    }
}

fn open_runs(name: &str) -> Effect {
    Effect::Open(Destination::RunsOf(name.to_owned()))
}

fn open_editor(path: PathBuf) -> Effect {
    Effect::Open(Destination::Editor(path))
}

/// Starts it, unless it is known already that it would be refused.
fn run(file: &KnownExperiment, known: &Known) -> Effect {
    let refuse = |why: String| Effect::Toast(Toast::error(format!("not started: {why}")));
    if let Some(problem) = file.problem() {
        return refuse(problem);
    }
    let counting = file.experiment().and_then(|found| known.experiments.counting(found));
    let problem = match counting.and_then(|counting| counting.scanned.as_ref()) {
        Some(Ok(scanned)) => scanned.problem.clone(),
        Some(Err(problem)) => Some(problem.clone()),
        None => None,
    };
    match problem {
        Some(problem) => refuse(format!("{problem}; {REFRESH} looks at the photos again")),
        None => Effect::Launch { experiment: file.path.clone() },
    }
}

fn confirm_trash(file: &KnownExperiment) -> Effect {
    Effect::Confirm(Confirm {
        question: format!("move {} to the trash?", file.name),
        consequences: vec![format!(
            "its runs and photos stay where they are; {UNDO} brings it back"
        )],
        effect: Box::new(Effect::Experiment(ExperimentEffect::Trash(file.path.clone()))),
    })
}

impl Page for Experiments {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        Vec::new()
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        let known = world.known;
        let mut effects = match message {
            Message::Action(action) => self.act(*action, world),
            Message::Key(key) => match self.typing.as_mut().map(|typing| typing.on(key)) {
                Some(typed) => self.typed(typed, known),
                None => Vec::new(),
            },
            Message::Paste(text) => {
                if let Some(typing) = &mut self.typing {
                    typing.field().paste(text);
                }
                self.typed(Typed::Changed, known)
            }
            Message::Mouse(mouse) => {
                let reaction = self.table.on_mouse(mouse, self.layout(world.area).0);
                self.react(reaction, known)
            }
            Message::News(news) => {
                let of_experiments = news.iter().filter_map(|news| match news {
                    News::Experiment(news) => self.learn(news),
                    _ => None,
                });
                let effects: Vec<Effect> = of_experiments.collect();
                self.arrange(known);
                effects
            }
            Message::Shown => {
                self.arrange(known);
                Vec::new()
            }
        };
        effects.extend(self.count(known));
        effects
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_all(area, buffer, world);
    }

    fn is_typing(&self) -> bool {
        self.typing.is_some()
    }

    fn offers(&self, action: Action, known: &Known) -> bool {
        use Action::{Duplicate, Edit, Enter, Filter, Remove, Run, SortUp, Undo};
        match action {
            Run => self.selected(known).is_some_and(|file| file.problem().is_none()),
            Undo => !known.experiments.trashed.is_empty(),
            Edit | Enter | Duplicate | Remove | Filter | SortUp => self.selected(known).is_some(),
            _ => true,
        }
    }
}
