//! All experiments: which questions there are, how they stand, and what each would do.

mod columns;
mod detail;
mod facts;
#[cfg(test)]
mod tests;
mod typed;
mod typing;
mod vary;
mod view;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crossterm::event::KeyEvent;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World, control, order};
use crate::store::{Timestamp, shown};
use crate::tui::effect::{Confirm, Destination, Effect, PromptName};
use crate::tui::experiments::{ExperimentEffect, ExperimentNews, KnownExperiment, count_key};
use crate::tui::filter::{Filter, Scope, occurring};
use crate::tui::keys::names::{REFRESH, UNDO};
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::marks::Marks;
use crate::tui::news::{News, Toast};
use crate::tui::widgets::{Field, Order, Reaction, Table};
use columns::Row;
pub use columns::keys as filter_keys;
use facts::Facts;
use typed::Typed;
use typing::Typing;
use vary::Vary;

pub const CONTEXTS: &[Context] =
    &[Context::Experiments, Context::Marks, Context::Sort, Context::List, Context::Columns];

const SCROLL_LINES: usize = 5;

#[derive(Debug)]
pub struct Experiments {
    table: Table,
    /// The files shown, in the order in which they are shown.
    shown: Vec<PathBuf>,
    facts: HashMap<String, Facts>,
    marks: Marks<PathBuf>,
    filter: Filter,
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
            marks: Marks::default(),
            filter: Filter::default(),
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
    fn arrange(&mut self, known: &Known, now: Timestamp) {
        self.facts = facts::of_runs(known);
        self.marks.retain(|path| known.experiments.files.contains_key(path));
        let selected = self.selected_path().cloned();
        let mut filter = std::mem::take(&mut self.filter);
        let files = known.experiments.files.values().collect();
        let files = filter.keep(files, |file| self.row(known, file), now);
        self.filter = filter;
        let order = &self.table.order;
        let key = |file: &KnownExperiment| self.row(known, file).sort_text(&order.key);
        let mut keyed: Vec<(Option<String>, &PathBuf)> =
            files.into_iter().map(|file| (key(file), &file.path)).collect();
        keyed.sort_by(|(a, _), (b, _)| match (a, b) {
            // What is missing comes last in both directions.
            (Some(a), Some(b)) if order.descending => order::compare(b, a),
            (Some(a), Some(b)) => order::compare(a, b),
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
        if let Some(effects) = self.marks.on_range(action) {
            return effects;
        }
        match action {
            Action::MarkAll => self.marks.toggle_all(&self.shown),
            Action::Back if self.filter.is_empty() && self.marks.is_empty() => return Vec::new(),
            Action::Back if self.filter.is_empty() => {
                self.marks.clear();
                return vec![Effect::Cleared];
            }
            Action::Back => {
                self.filter.clear();
                self.arrange(known, world.now);
                return vec![Effect::Cleared];
            }
            Action::Filter => self.filter.open(PromptName::ExperimentFilter),
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
                    _ => self.react(reaction, world),
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
                let marked = self.marks.take();
                let files = marked.iter().filter_map(|path| known.experiments.files.get(path));
                return files.map(|file| run(file, known)).collect();
            }
            Action::Mark => {
                self.marks.toggle(path);
                self.table.on(Action::Down, self.layout(world.area).0);
                self.detail_top = 0;
                return Vec::new();
            }
            Action::MarkRange => {
                self.marks.toggle_range(&[path]);
                return Vec::new();
            }
            Action::Duplicate => {
                let field = Field::new(&format!("{}-2", file.name));
                self.typing = Some(Typing::Name { from: path, field });
                return Vec::new();
            }
            Action::Vary => match file.experiment() {
                Some(experiment) => {
                    self.typing = Some(Typing::Vary(Vary::of(path, experiment)));
                    return Vec::new();
                }
                None => {
                    let problem = file.problem().unwrap_or_default();
                    Effect::Toast(Toast::error(format!("correct it first: {problem}")))
                }
            },
            Action::ShowSweep => control::open_sweep(newest_sweep(&file.name, known)),
            Action::Remove => confirm_trash(file),
            Action::Yank => Effect::Copy(file.name.clone()),
            Action::YankMore => Effect::Copy(shown(&path)),
            _ => return Vec::new(),
        };
        vec![effect]
    }

    fn react(&mut self, reaction: Reaction, world: &World) -> Vec<Effect> {
        let known = world.known;
        match reaction {
            Reaction::Sorted => self.arrange(known, world.now),
            Reaction::Moved => {
                let row = |at: usize| std::slice::from_ref(&self.shown[at]);
                self.marks.stretch(self.shown.len(), row, self.table.selected());
                self.detail_top = 0;
            }
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
            ExperimentNews::Varied(path) => {
                self.wanted = Some(path.clone());
                return Some(open_editor(path.clone()));
            }
            ExperimentNews::Completed(completion) => {
                if let Some(typing) = &mut self.typing {
                    typing.complete(completion);
                }
            }
            _ => {}
        }
        None
    }

    fn type_key(&mut self, key: &KeyEvent, world: &World) -> Vec<Effect> {
        let known = world.known;
        if self.filter.is_typing() {
            let mut filter = std::mem::take(&mut self.filter);
            let rows = || known.experiments.files.values().map(|file| self.row(known, file));
            let changed = filter.on(key, &scope(world), |key| occurring(rows(), key));
            self.filter = filter;
            return changed.map_or_else(Vec::new, |effects| {
                self.arrange(known, world.now);
                effects
            });
        }
        let Some(typing) = &mut self.typing else { return Vec::new() };
        match typing.on(key, &known.history) {
            Typed::Asks(effects) => effects,
            Typed::Finished(effects) => {
                self.typing = None;
                effects
            }
            Typed::Left => {
                self.typing = None;
                Vec::new()
            }
            Typed::Changed => Vec::new(),
        }
    }

    fn paste(&mut self, text: &str, world: &World) {
        if self.filter.is_typing() {
            self.filter.paste(text, &scope(world));
            self.arrange(world.known, world.now);
        } else if let Some(typing) = &mut self.typing {
            typing.paste(text);
        }
    }
}

fn scope<'a>(world: &World<'a>) -> Scope<'a> {
    Scope { keys: columns::keys(), zone: world.zone, history: &world.known.history }
}

fn open_runs(name: &str) -> Effect {
    Effect::Open(Destination::RunsOf(name.to_owned()))
}

fn open_editor(path: PathBuf) -> Effect {
    Effect::Open(Destination::Editor(path))
}

/// The name of the newest sweep of the experiment of this name.
fn newest_sweep(experiment: &str, known: &Known) -> Option<String> {
    let summaries = known.runs.values().rev().filter_map(KnownRun::summary);
    summaries.filter(|run| run.experiment == experiment).find_map(|run| run.group.clone())
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
            Message::Key(key) => self.type_key(key, world),
            Message::Paste(text) => {
                self.paste(text, world);
                Vec::new()
            }
            Message::Mouse(mouse) => {
                let reaction = self.table.on_mouse(mouse, self.layout(world.area).0);
                self.react(reaction, world)
            }
            Message::News(news) => {
                let of_experiments = news.iter().filter_map(|news| match news {
                    News::Experiment(news) => self.learn(news),
                    _ => None,
                });
                let effects: Vec<Effect> = of_experiments.collect();
                self.arrange(known, world.now);
                effects
            }
            Message::Shown => {
                self.arrange(known, world.now);
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
        self.filter.is_typing() || self.typing.is_some()
    }

    fn has_completion(&self) -> bool {
        self.filter.is_typing() || matches!(self.typing, Some(Typing::Folder(_) | Typing::Vary(_)))
    }

    fn offers(&self, action: Action, known: &Known) -> bool {
        use Action::{Duplicate, Edit, Enter, Filter, Remove, Run, SortUp, Undo};
        match action {
            Run | Action::Vary => self.selected(known).is_some_and(|file| file.problem().is_none()),
            Undo => !known.experiments.trashed.is_empty(),
            Action::ShowSweep => {
                self.selected(known).is_some_and(|file| newest_sweep(&file.name, known).is_some())
            }
            Edit | Enter | Duplicate | Remove | Filter | SortUp => self.selected(known).is_some(),
            _ => true,
        }
    }
}
