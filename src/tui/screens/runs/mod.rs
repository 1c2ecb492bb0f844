//! The table of all runs.

mod against;
mod arrange;
mod columns;
mod detail;
mod group;
mod group_actions;
mod keys;
mod row;
#[cfg(test)]
mod tests;
mod typing;
mod view;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World};
use super::{beside, control};
use crate::query::{quoted, run_keys};
use crate::spec;
use crate::store::{RunFolder, State, Stop, Timestamp, shown};
use crate::tui::effect::{Again, Confirm, Destination, Effect, PromptName};
use crate::tui::experiments::{ExperimentEffect, ExperimentNews};
use crate::tui::filter::Filter;
use crate::tui::keys::{Action, Context, names};
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::marks::Marks;
use crate::tui::news::{News, Toast};
use crate::tui::prompt::Prompt;
use crate::tui::scores::Source;
use crate::tui::widgets::{Field, Order, Reaction, Table};
use crate::words::grouped;

use self::group::{GroupKey, Row};
pub(super) use self::row::settings as differing_settings;
use self::typing::Typing;

pub const CONTEXTS: &[Context] =
    &[Context::Runs, Context::Marks, Context::Sort, Context::List, Context::Columns];

#[derive(Debug)]
pub struct Runs {
    table: Table,
    /// What is shown, in its order.
    rows: Vec<Row>,
    /// How many runs that is.
    runs_shown: usize,
    /// Repeats and the runs of a sweep stand in one row each.
    is_folding: bool,
    /// Those of which the runs are listed below their row.
    open: BTreeSet<GroupKey>,
    /// Settings that have columns, the most telling first.
    settings: Vec<String>,
    /// The run whose curves were asked for last, and as of when.
    looked_at: Option<(String, Option<Timestamp>)>,
    /// The run under the cursor, and what its repeats come to.
    repeats: Option<(String, String)>,
    /// Columns also for settings that are the same in all.
    shows_all_settings: bool,
    marks: Marks<String>,
    /// Baseline and run of the comparisons that were asked for.
    asked: BTreeSet<(String, String)>,
    /// The experiment whose runs it was opened on.
    experiment: Option<String>,
    filter: Filter,
    typing: Option<Typing>,
}

impl Default for Runs {
    fn default() -> Runs {
        let mut table = Table::new(Order { key: keys::WHEN.into(), descending: true });
        table.set_columns(columns::all(&[], &[], &[], false));
        Runs {
            table,
            rows: Vec::new(),
            runs_shown: 0,
            is_folding: true,
            open: BTreeSet::new(),
            settings: Vec::new(),
            looked_at: None,
            repeats: None,
            shows_all_settings: false,
            marks: Marks::default(),
            asked: BTreeSet::new(),
            experiment: None,
            filter: Filter::default(),
            typing: None,
        }
    }
}

impl Runs {
    /// Only the runs of this experiment, until the filter is cleared.
    pub fn of_experiment(name: &str) -> Runs {
        let filter = Filter::of(&format!("experiment={}", quoted(name)), run_keys());
        let experiment = Some(name.to_owned());
        Runs { filter, experiment, ..Runs::default() }
    }

    fn selected_row(&self) -> Option<&Row> {
        self.rows.get(self.table.selected()?)
    }

    /// The run under the cursor; `None` where its row is several.
    fn selected<'a>(&self, known: &'a Known) -> Option<&'a KnownRun> {
        match self.selected_row()? {
            Row::Run { id, .. } => known.runs.get(id),
            Row::Group(_) => None,
        }
    }

    /// Names of all runs that are shown, also of those in a row with others.
    fn all_shown(&self) -> Vec<String> {
        self.rows.iter().flat_map(Row::own).cloned().collect()
    }

    /// The marked runs, else those under the cursor.
    fn chosen<'a>(&self, known: &'a Known) -> Vec<&'a KnownRun> {
        let run = |id| known.runs.get(id);
        match self.marks.is_empty() {
            true => self.selected_row().into_iter().flat_map(Row::runs).filter_map(run).collect(),
            false => self.marks.iter().filter_map(run).collect(),
        }
    }

    fn act(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let known = world.known;
        if let Some(effects) = self.marks.on_range(action) {
            return effects;
        }
        match action {
            Action::Back => return self.clear(world),
            Action::Filter => self.filter.open(PromptName::RunFilter),
            Action::MarkAll => self.marks.toggle_all(&self.all_shown()),
            Action::Fold => {
                self.is_folding = !self.is_folding;
                self.open.clear();
                self.arrange(known, world.now);
            }
            Action::OnlyDifferent => {
                self.shows_all_settings = !self.shows_all_settings;
                self.arrange(known, world.now);
            }
            Action::Undo => {
                return match known.trashed.last() {
                    Some(trashed) => vec![Effect::Restore(trashed.clone())],
                    None => vec![Effect::Toast(Toast::error("nothing went to the trash yet"))],
                };
            }
            Action::Refresh => return vec![Effect::Refresh],
            Action::Compare => return vec![self.compare(known)],
            Action::Report => return self.report(known),
            _ => {
                let reaction = self.table.on(action, table_area(world.area));
                return match (reaction, self.selected(known)) {
                    (Reaction::None, Some(run)) => self.act_on(run, action, world),
                    (Reaction::None, None) => self.act_on_group(action, world),
                    (reaction, _) => self.react(reaction, world),
                };
            }
        }
        Vec::new()
    }

    fn act_on(&mut self, run: &KnownRun, action: Action, world: &World) -> Vec<Effect> {
        let known = world.known;
        let id = run.id().to_owned();
        let folder = run.folder().clone();
        match action {
            Action::Enter => return vec![open(folder)],
            Action::Mark => {
                self.marks.toggle(id);
                self.table.on(Action::Down, table_area(world.area));
            }
            Action::MarkRange => self.marks.toggle_range(&[id]),
            Action::Pin => {
                let is_pinned = known.baseline().is_some_and(|pinned| pinned.id() == id);
                return vec![Effect::Pin((!is_pinned).then_some(id))];
            }
            Action::Stop | Action::Pause | Action::Cancel if !run.is_running() => {
                return vec![control::refuse_to_stop(&id, run.state())];
            }
            Action::Stop => {
                let summary = run.summary();
                let has_folds = summary.is_some_and(|run| spec::folds(&run.settings) > 0);
                let stage = summary.and_then(|summary| summary.stage);
                return vec![control::confirm_stop(folder, stage, has_folds)];
            }
            Action::Pause => return vec![Effect::Stop(folder, Stop::Pause)],
            Action::Run => return vec![control::resume(folder, run.state())],
            Action::Cancel => return vec![control::confirm_cancel(folder)],
            Action::MoreIterations => {
                let done = run.summary().map_or(0, |summary| summary.iterations);
                let field = Field::new(&done.to_string());
                self.typing = Some(Typing::Iterations { run: id, field });
            }
            Action::Remove => {
                return vec![confirm_trash(&self.chosen(known), &world.context.config.trash)];
            }
            Action::ShowSweep => {
                return vec![control::open_sweep(run.summary().and_then(|run| run.group.clone()))];
            }
            Action::ShowLabels | Action::ShowKinds | Action::ShowMap | Action::ShowGrowth => {
                return vec![control::open_about(action, folder)];
            }
            Action::Rerun => return vec![Effect::Rerun(folder, Again::AsItIs)],
            Action::Duplicate => {
                return vec![Effect::Experiment(ExperimentEffect::DraftOfRun(folder))];
            }
            Action::OtherNetwork => return vec![Effect::Rerun(folder, Again::WithOtherNetwork)],
            Action::Yank => return vec![Effect::Copy(id)],
            Action::YankMore => return vec![Effect::Copy(shown(folder.path()))],
            Action::EditTags => {
                let prompt = Prompt::new(PromptName::Tags, &run.note.tags.join(" "));
                self.typing = Some(Typing::Tags { run: id, prompt });
            }
            Action::EditNote => {
                let prompt = Prompt::new(PromptName::Note, &run.note.note);
                self.typing = Some(Typing::Note { run: id, prompt });
            }
            Action::OpenImages => {
                return vec![Effect::Open(Destination::Images(Source::Run(folder)))];
            }
            Action::OpenOutside => return vec![Effect::EditOutside(folder.worker_log())],
            _ => {}
        }
        Vec::new()
    }

    /// The filter first, then the marks, then the list of the group around the cursor.
    fn clear(&mut self, world: &World) -> Vec<Effect> {
        if !self.filter.is_empty() {
            self.filter.clear();
            self.arrange(world.known, world.now);
        } else if !self.marks.is_empty() {
            self.marks.clear();
        } else if let Some(key) = self.open_around() {
            self.open_or_close(&key, world.known);
        } else {
            return Vec::new();
        }
        vec![Effect::Cleared]
    }

    fn react(&mut self, reaction: Reaction, world: &World) -> Vec<Effect> {
        let known = world.known;
        match reaction {
            Reaction::Sorted => self.arrange(known, world.now),
            Reaction::Opened => {
                return match self.selected(known) {
                    Some(run) => vec![open(run.folder().clone())],
                    None => self.act_on_group(Action::Enter, world),
                };
            }
            Reaction::Moved => {
                let row = |at: usize| self.rows[at].own();
                self.marks.stretch(self.rows.len(), row, self.table.selected());
            }
            Reaction::None => {}
        }
        Vec::new()
    }
}

fn open(run: RunFolder) -> Effect {
    Effect::Open(Destination::Live(run))
}

fn confirm_trash(runs: &[&KnownRun], bin: &Path) -> Effect {
    if let Some(live) = runs.iter().find(|run| run.state() == Some(State::Running)) {
        let text = format!("{} is running: stop it first", live.id());
        return Effect::Toast(Toast::error(text));
    }
    let question = match runs {
        [run] => format!("move {} to the trash?", run.id()),
        runs => format!("move {} runs to the trash?", grouped(runs.len())),
    };
    let consequences = vec![
        format!("it goes to {}, with all that is in it;", bin.display()),
        format!("{} brings it back; 'retrain trash --empty' frees its space", names::UNDO),
    ];
    let folders = runs.iter().map(|run| run.folder().clone()).collect();
    Effect::Confirm(Confirm { question, consequences, effect: Box::new(Effect::Trash(folders)) })
}

/// Between the status line and the line about the run under the cursor, or the detail beside it.
fn table_area(area: Rect) -> Rect {
    beside::split(Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area }).0
}

impl Page for Runs {
    fn way(&self, _: &Known, _: &TimeZone) -> Vec<String> {
        self.experiment.iter().cloned().collect()
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
                let reaction = self.table.on_mouse(mouse, table_area(world.area));
                self.react(reaction, world)
            }
            Message::News(news) => {
                self.forget_asked(news);
                let concerns = |one: &News| matches!(one, News::Runs(_) | News::Baseline(_));
                if news.iter().any(concerns) {
                    self.arrange(world.known, world.now);
                }
                let drafted = news.iter().find_map(|one| match one {
                    News::Experiment(ExperimentNews::Drafted { path, text }) => {
                        let (path, text) = (path.clone(), text.clone());
                        Some(Effect::Open(Destination::Draft { path, text }))
                    }
                    _ => None,
                });
                // All runs are gone through, so not before the cursor rests.
                if news.iter().any(|one| matches!(one, News::Glanced(_))) {
                    self.find_repeats(world.known);
                }
                drafted.into_iter().collect()
            }
            Message::Shown => {
                self.arrange(world.known, world.now);
                Vec::new()
            }
        };
        effects.extend(self.compare_with_baseline(world));
        effects.extend(self.look(world));
        effects
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        self.draw_all(area, buffer, world);
    }

    fn is_typing(&self) -> bool {
        self.filter.is_typing() || self.typing.is_some()
    }

    fn has_completion(&self) -> bool {
        self.filter.is_typing() || matches!(self.typing, Some(Typing::Tags { .. }))
    }

    fn offers(&self, action: Action, known: &Known) -> bool {
        let run = self.selected(known);
        let group = self.selected_row().and_then(Row::group);
        match action {
            Action::Compare => {
                self.marks.len() + usize::from(known.baseline().is_some()) > 1 || group.is_some()
            }
            Action::Undo => !known.trashed.is_empty(),
            Action::Fold => !self.is_folding || self.rows.iter().any(|row| row.group().is_some()),
            action if group.is_some() => {
                group.is_some_and(|group| group_actions::offers(group, action, known))
            }
            Action::Stop | Action::Pause | Action::Cancel => run.is_some_and(KnownRun::is_running),
            Action::Run => run.and_then(KnownRun::state).is_some_and(State::is_unfinished),
            Action::Remove => run.is_some_and(|run| !run.is_running()),
            Action::ShowSweep => {
                run.and_then(KnownRun::summary).is_some_and(|run| run.group.is_some())
            }
            Action::Enter
            | Action::Mark
            | Action::MarkAll
            | Action::MarkRange
            | Action::SortUp
            | Action::Rerun
            | Action::OtherNetwork
            | Action::Report => run.is_some(),
            _ => true,
        }
    }
}
