//! One run as it happens.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::format;
use super::{Message, Page, World};
use crate::store::{End, Run, RunFolder};
use crate::tui::effects::Effect;
use crate::tui::keys::{Action, Context};
use crate::tui::known::Known;
use crate::tui::theme::Role;
use crate::tui::widgets::put;

pub const CONTEXTS: &[Context] = &[Context::Live];

#[derive(Debug)]
pub struct Live {
    /// `None`: the newest running one, by itself.
    run: Option<RunFolder>,
}

impl Live {
    pub fn newest() -> Live {
        Live { run: None }
    }

    pub fn of(run: RunFolder) -> Live {
        Live { run: Some(run) }
    }

    fn run(&self, known: &Known) -> Option<RunFolder> {
        self.run.clone().or_else(|| known.newest().map(|run| run.folder().clone()))
    }
}

impl Page for Live {
    fn title(&self) -> String {
        self.run.as_ref().map_or_else(|| "the newest run".into(), RunFolder::id)
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }

    fn on(&mut self, message: &Message, world: &World) -> Vec<Effect> {
        let Message::Action(action) = message else { return Vec::new() };
        let Some(run) = self.run(world.known) else { return Vec::new() };
        match action {
            Action::Stop => vec![format::confirm_stop(run)],
            Action::Cancel => vec![format::confirm_cancel(run)],
            Action::YankId => vec![Effect::Copy(run.id())],
            Action::OpenWorkerLog => vec![Effect::EditOutside(run.worker_log())],
            _ => Vec::new(),
        }
    }

    fn offers(&self, action: Action, known: &Known) -> bool {
        let run = self.run(known).and_then(|run| known.runs.get(&run.id()));
        match action {
            Action::Stop | Action::Cancel => run.is_some_and(|run| run.is_live()),
            _ => true,
        }
    }

    fn follows(&self, known: &Known) -> Option<RunFolder> {
        self.run(known)
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, world: &World) {
        let style = |role| world.theme.style(role);
        let run = self.run(world.known);
        let followed =
            world.known.followed.as_ref().filter(|(folder, _)| Some(folder) == run.as_ref());
        let Some((folder, run)) = followed else {
            let text = match run {
                Some(_) => "reading the run",
                None => "no run yet; start one with 'retrain run EXPERIMENT'",
            };
            put(buffer, area, area.x + 2, area.y + 1, text, style(Role::Dim));
            return;
        };
        let id = folder.id();
        let facts = std::iter::once(("run", id)).chain(facts(run));
        for (y, (label, value)) in (area.y + 1..).zip(facts) {
            put(buffer, area, area.x + 2, y, label, style(Role::Dim));
            put(buffer, area, area.x + 18, y, &value, style(Role::Text));
        }
    }
}

/// What the run has said so far, in short.
fn facts(run: &Run) -> Vec<(&'static str, String)> {
    let mut facts = vec![("state", format::state(run.state()).0)];
    if let Some(stage) = run.stage {
        facts.push(("stage", stage.name().into()));
    }
    if let Some(features) = &run.features {
        let text = format!(
            "{}/{} images, {} from the cache",
            features.done, features.total, features.from_cache
        );
        facts.push(("features", text));
    }
    facts.push(("iterations", format!("{}/{}", run.step(), run.iterations)));
    if let Some(last) = run.evaluations.last() {
        facts.push((
            "loss",
            format!("{:.4} training, {:.4} validation", last.train_loss, last.validation_loss),
        ));
    }
    if let Some(best) = run.best() {
        let text =
            format!("{} at iteration {}", format::percent(best.validation_accuracy), best.step);
        facts.push(("best validation", text));
    }
    if let Some(test) = run.test() {
        facts.push(("test accuracy", format!("{}, N = {}", format::test_accuracy(test), test.n)));
    }
    if let Some(End::Failed(message)) = &run.end {
        facts.push(("error", message.clone()));
    }
    facts.push(("duration", format::duration(run.seconds())));
    facts
}
