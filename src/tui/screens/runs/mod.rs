//! The table of all runs.

mod against;
mod columns;
mod detail;
mod row;
#[cfg(test)]
mod tests;
mod view;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::Path;

use crossterm::event::{KeyCode, KeyEvent};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Message, Page, World};
use super::{beside, control};
use crate::query::{quoted, run_keys};
use crate::spec;
use crate::store::{NoteEdit, RunFolder, State, Stop, Timestamp, shown};
use crate::tui::effect::{Again, Confirm, Destination, Effect, PromptName};
use crate::tui::filter::{Filter, Scope, occurring};
use crate::tui::keys::{Action, Context, names};
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::marks::Marks;
use crate::tui::news::{News, Toast};
use crate::tui::prompt::{Prompt, Prompted, word_choices};
use crate::tui::scores::Source;
use crate::tui::widgets::{Field, Order, Reaction, Table};

pub(super) use self::row::settings as differing_settings;

pub const CONTEXTS: &[Context] =
    &[Context::Runs, Context::Marks, Context::Sort, Context::List, Context::Columns];

#[derive(Debug)]
pub struct Runs {
    table: Table,
    /// Names of the runs shown, in the order in which they are shown.
    shown: Vec<String>,
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

/// What is being typed.
#[derive(Debug)]
enum Typing {
    Tags { run: String, prompt: Prompt },
    Note { run: String, prompt: Prompt },
    Iterations { run: String, field: Field },
}

impl Default for Runs {
    fn default() -> Runs {
        let mut table = Table::new(Order { key: columns::WHEN.into(), descending: true });
        table.set_columns(columns::all(&[], &[], false));
        Runs {
            table,
            shown: Vec::new(),
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

    /// Filters, finds the settings that differ, and sorts. The cursor stays on its run.
    fn arrange(&mut self, known: &Known, now: Timestamp) {
        let selected = self.selected_id().cloned();
        self.marks.retain(|id| known.runs.contains_key(id));
        let baseline = known.baseline().map(KnownRun::id);
        let runs = known.runs.values().collect();
        let mut runs: Vec<&KnownRun> = self.filter.keep(runs, |run| run.row(baseline), now);
        self.settings = row::settings(&runs, self.shows_all_settings);
        let columns = columns::all(&self.settings, &runs, baseline.is_some());
        self.table.set_columns(columns);
        let order = &self.table.order;
        // Newest first among equals.
        runs.reverse();
        let mut keyed: Vec<_> =
            runs.into_iter().map(|run| (row::sort_key(run, &order.key), run)).collect();
        keyed.sort_by(|(a, _), (b, _)| match (a, b) {
            // What is missing comes last in both directions.
            (row::SortKey::Missing, row::SortKey::Missing) => Ordering::Equal,
            (row::SortKey::Missing, _) => Ordering::Greater,
            (_, row::SortKey::Missing) => Ordering::Less,
            (a, b) if order.descending => b.compare(a),
            (a, b) => a.compare(b),
        });
        self.shown = keyed.into_iter().map(|(_, run)| run.id().to_owned()).collect();
        let place = |id: String| self.shown.iter().position(|shown| *shown == id);
        let at = selected.and_then(place).or(self.table.selected()).unwrap_or(0);
        self.table.set_rows(self.shown.len(), at);
    }

    fn selected_id(&self) -> Option<&String> {
        self.shown.get(self.table.selected()?)
    }

    fn selected<'a>(&self, known: &'a Known) -> Option<&'a KnownRun> {
        known.runs.get(self.selected_id()?)
    }

    /// The marked runs, else the one under the cursor.
    fn chosen<'a>(&self, known: &'a Known) -> Vec<&'a KnownRun> {
        match self.marks.is_empty() {
            true => self.selected(known).into_iter().collect(),
            false => self.marks.iter().filter_map(|id| known.runs.get(id)).collect(),
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
            Action::MarkAll => self.marks.toggle_all(&self.shown),
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
                if reaction == Reaction::None
                    && let Some(run) = self.selected(known)
                {
                    return self.act_on(run, action, world);
                }
                return self.react(reaction, world);
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
            Action::MarkRange => self.marks.toggle_range(&id),
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
            Action::Rerun => return vec![Effect::Rerun(folder, Again::AsItIs)],
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

    /// The filter first, then the marks.
    fn clear(&mut self, world: &World) -> Vec<Effect> {
        if !self.filter.is_empty() {
            self.filter.clear();
            self.arrange(world.known, world.now);
        } else if !self.marks.is_empty() {
            self.marks.clear();
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
                return self
                    .selected(known)
                    .map(|run| open(run.folder().clone()))
                    .into_iter()
                    .collect();
            }
            Reaction::Moved => self.marks.stretch(&self.shown, self.table.selected()),
            Reaction::None => {}
        }
        Vec::new()
    }

    fn type_key(&mut self, key: &KeyEvent, world: &World) -> Vec<Effect> {
        let known = world.known;
        if self.filter.is_typing() {
            let rows = || known.runs.values().map(|run| run.row(None));
            let changed = self.filter.on(key, &scope(world), |key| occurring(rows(), key));
            return changed.map_or_else(Vec::new, |effects| {
                self.arrange(known, world.now);
                effects
            });
        }
        let Some(mut typing) = self.typing.take() else { return Vec::new() };
        let prompted = match (&mut typing, key.code) {
            (Typing::Iterations { .. }, KeyCode::Enter) => Prompted::Accepted,
            (Typing::Iterations { .. }, KeyCode::Esc) => Prompted::Left,
            (Typing::Iterations { field, .. }, _) => {
                field.on(key);
                Prompted::Changed
            }
            (Typing::Note { prompt, .. }, _) => prompt.on(key, &known.history, |_| None),
            (Typing::Tags { prompt, .. }, _) => {
                prompt.on(key, &known.history, |text| word_choices(text, tags(known)))
            }
        };
        match prompted {
            Prompted::Accepted => save(&typing, known),
            Prompted::Left => Vec::new(),
            Prompted::Nothing | Prompted::Changed => {
                self.typing = Some(typing);
                Vec::new()
            }
        }
    }

    fn paste(&mut self, text: &str, world: &World) {
        if self.filter.is_typing() {
            self.filter.paste(text, &scope(world));
            self.arrange(world.known, world.now);
        }
        match &mut self.typing {
            Some(Typing::Tags { prompt, .. } | Typing::Note { prompt, .. }) => prompt.paste(text),
            Some(Typing::Iterations { field, .. }) => field.paste(text),
            None => {}
        }
    }
}

fn scope<'a>(world: &World<'a>) -> Scope<'a> {
    Scope { keys: run_keys(), zone: world.zone, history: &world.known.history }
}

/// All tags that any run has.
fn tags(known: &Known) -> BTreeSet<String> {
    known.runs.values().flat_map(|run| run.note.tags.iter().cloned()).collect()
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
        runs => format!("move {} marked runs to the trash?", runs.len()),
    };
    let consequences = vec![
        format!("it goes to {}, with all that is in it;", bin.display()),
        format!("{} brings it back; 'retrain trash --empty' frees its space", names::UNDO),
    ];
    let folders = runs.iter().map(|run| run.folder().clone()).collect();
    Effect::Confirm(Confirm { question, consequences, effect: Box::new(Effect::Trash(folders)) })
}

/// What was typed about a run: into its folder, or for its worker.
fn save(typing: &Typing, known: &Known) -> Vec<Effect> {
    let (Typing::Tags { run, .. } | Typing::Note { run, .. } | Typing::Iterations { run, .. }) =
        typing;
    let Some(run) = known.runs.get(run) else { return Vec::new() };
    let (prompt, edit) = match typing {
        Typing::Iterations { field, .. } => return vec![train_on(run, field.text())],
        Typing::Tags { prompt, .. } => {
            let tags = prompt.text().split_whitespace().map(str::to_owned).collect();
            (prompt, NoteEdit::Tags(tags))
        }
        Typing::Note { prompt, .. } => (prompt, NoteEdit::Note(prompt.text().trim().to_owned())),
    };
    let mut effects = vec![Effect::EditNote(run.folder().clone(), edit)];
    effects.extend(prompt.remember());
    effects
}

/// The run, to as many iterations as were typed.
fn train_on(run: &KnownRun, typed: &str) -> Effect {
    // In groups, as they are shown.
    match typed.replace([',', '_', ' '], "").parse() {
        Ok(iterations) => Effect::Resume(run.folder().clone(), Some(iterations)),
        Err(_) => Effect::Toast(Toast::error(format!(
            "iterations is {typed:?}, expected a number such as 8000, more than are done"
        ))),
    }
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
                // All runs are gone through, so not before the cursor rests.
                if news.iter().any(|one| matches!(one, News::Glanced(_))) {
                    self.find_repeats(world.known);
                }
                Vec::new()
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
        match action {
            Action::Stop | Action::Pause | Action::Cancel => run.is_some_and(KnownRun::is_running),
            Action::Run => run.and_then(KnownRun::state).is_some_and(State::is_unfinished),
            Action::Remove => run.is_some_and(|run| !run.is_running()),
            Action::Compare => self.marks.len() + usize::from(known.baseline().is_some()) > 1,
            Action::Undo => !known.trashed.is_empty(),
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
