//! What keys do to a row of several runs: to all of them where that makes sense.

use super::group::Group;
use super::{Runs, World, confirm_trash, table_area};
use crate::store::{RunFolder, State, Stop};
use crate::tui::effect::{Confirm, Effect};
use crate::tui::keys::Action;
use crate::tui::keys::names::{ENTER, RESUME};
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::Toast;
use crate::tui::screens::control;
use crate::words::counted;

impl Runs {
    /// The action on the row of a group, which is under the cursor.
    pub(super) fn act_on_group(&mut self, action: Action, world: &World) -> Vec<Effect> {
        let known = world.known;
        let Some(group) = self.selected_row().and_then(|row| row.group()) else {
            return Vec::new();
        };
        match action {
            Action::Enter => {
                let key = group.key.clone();
                self.open_or_close(&key, known);
            }
            Action::Mark => {
                let members = group.members.clone();
                self.marks.toggle_all(&members);
                self.table.on(Action::Down, table_area(world.area));
            }
            Action::MarkRange => {
                let members = group.members.clone();
                self.marks.toggle_range(&members);
            }
            Action::Stop => return vec![end(group, known, Stop::Keep)],
            Action::Pause => return vec![end(group, known, Stop::Pause)],
            Action::Cancel => return vec![end(group, known, Stop::Cancel)],
            Action::Run => return vec![resume(group, known)],
            Action::Remove => {
                return vec![confirm_trash(&self.chosen(known), &world.context.config.trash)];
            }
            Action::ShowSweep => {
                return vec![control::open_sweep(group.sweep().map(str::to_owned))];
            }
            Action::Yank => return vec![Effect::Copy(group.members.join(" "))],
            Action::Pin => return vec![refuse(group, "a baseline is one run")],
            Action::MoreIterations => {
                return vec![refuse(group, "one run is trained on at a time")];
            }
            Action::EditTags => return vec![refuse(group, "tags belong to one run")],
            Action::EditNote => return vec![refuse(group, "a note belongs to one run")],
            Action::Rerun | Action::OtherNetwork | Action::Duplicate => {
                return vec![refuse(group, "one run is run again at a time")];
            }
            Action::OpenImages => return vec![refuse(group, "images are those of one run")],
            Action::ShowLabels => return vec![refuse(group, "labels are asked for of one run")],
            Action::ShowKinds | Action::ShowMap => {
                return vec![refuse(group, "kinds are looked for among the photos of one run")];
            }
            Action::ShowGrowth => {
                return vec![refuse(group, "what more photos would bring is told of one run")];
            }
            Action::OpenOutside => return vec![refuse(group, "a log is that of one run")],
            Action::YankMore => return vec![refuse(group, "a folder is that of one run")],
            _ => {}
        }
        Vec::new()
    }
}

fn members<'a>(group: &'a Group, known: &'a Known) -> impl Iterator<Item = &'a KnownRun> {
    group.members.iter().filter_map(|id| known.runs.get(id))
}

/// Why it is not done, and what to do instead.
fn refuse(group: &Group, why: &str) -> Effect {
    let how = match group.is_open {
        true => "choose one below".to_owned(),
        false => format!("{ENTER} shows them, choose one there"),
    };
    let runs = counted(group.members.len(), "run");
    Effect::Toast(Toast::error(format!("{why}, this row is {runs}: {how}")))
}

/// Asks before all that wait or are at work are stopped, paused or cancelled.
fn end(group: &Group, known: &Known, how: Stop) -> Effect {
    let at_work = members(group, known).filter(|run| run.is_running()).count();
    let waiting = members(group, known).filter(|run| waits(run)).count();
    if at_work + waiting == 0 {
        let runs = counted(group.members.len(), "run");
        return Effect::Toast(Toast::error(format!("none of these {runs} waits or is at work")));
    }
    let (verb, of_work) = match how {
        Stop::Keep => ("stop", "ends; once in training it keeps its result"),
        Stop::Pause => ("pause", "keeps a checkpoint"),
        Stop::Cancel => ("cancel", "ends now, without a result"),
    };
    Effect::Confirm(Confirm {
        question: format!("{verb} {} of {}?", counted(at_work + waiting, "run"), group.name),
        consequences: vec![
            format!("{} off the queue,", counted(waiting, "run")),
            format!("{} at work {of_work};", counted(at_work, "run")),
            format!("logs, checkpoints and features stay, {RESUME} resumes them"),
        ],
        effect: Box::new(Effect::EndAll(folders(group, known, |_| true), how)),
    })
}

fn waits(run: &KnownRun) -> bool {
    run.state() == Some(State::Queued)
}

fn folders(group: &Group, known: &Known, is_meant: fn(&KnownRun) -> bool) -> Vec<RunFolder> {
    members(group, known).filter(|run| is_meant(run)).map(|run| run.folder().clone()).collect()
}

/// One that was stopped has a result, which would be replaced.
fn has_no_result_yet(run: &KnownRun) -> bool {
    run.state().is_some_and(|state| state.is_unfinished() && state != State::Stopped)
}

/// Asks before all that ended before their time without a result are resumed.
fn resume(group: &Group, known: &Known) -> Effect {
    let unfinished = folders(group, known, has_no_result_yet);
    if unfinished.is_empty() {
        let runs = counted(group.members.len(), "run");
        let text = format!("none of these {runs} ended before its time without a result");
        return Effect::Toast(Toast::error(text));
    }
    let question = format!("resume {} of {}?", counted(unfinished.len(), "run"), group.name);
    Effect::Confirm(Confirm {
        question,
        consequences: vec![
            "each goes on where it ended, as soon as there is a place for it".into(),
        ],
        effect: Box::new(Effect::ResumeAll(unfinished)),
    })
}

/// Whether the key does something to the row.
pub(super) fn offers(group: &Group, action: Action, known: &Known) -> bool {
    match action {
        Action::Stop | Action::Pause | Action::Cancel => {
            members(group, known).any(|run| run.is_running() || waits(run))
        }
        Action::Run => members(group, known).any(has_no_result_yet),
        Action::ShowSweep => group.is_sweep(),
        Action::Remove => !members(group, known).any(KnownRun::is_running),
        Action::OpenImages | Action::Rerun | Action::OtherNetwork | Action::Duplicate => false,
        _ => true,
    }
}
