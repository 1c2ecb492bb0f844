//! Where the images come from: which they are, and how they are waited for.

use std::sync::Arc;

use crate::store::State;
use crate::tui::effect::Effect;
use crate::tui::known::Known;
use crate::tui::known_run::KnownRun;
use crate::tui::news::News;
use crate::tui::scores::{ScoreTable, Source};
use crate::tui::theme::Role;

#[derive(Debug, Default)]
pub struct Feed {
    /// Takes the newest result there is when the person comes to the tab.
    takes_newest: bool,
    /// The person came to the tab just now.
    is_visited: bool,
    source: Option<Source>,
    problem: Option<String>,
    /// A process was asked to score them; that is done once.
    is_scoring: bool,
    /// What the run was when it was looked at last.
    state: Option<State>,
}

impl Feed {
    pub fn newest() -> Feed {
        Feed { takes_newest: true, ..Feed::default() }
    }

    pub fn of(source: Source) -> Feed {
        Feed { source: Some(source), ..Feed::default() }
    }

    pub fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    pub fn visit(&mut self) {
        self.is_visited = true;
    }

    /// Whether it turns to a newer result, whose images are others.
    pub fn turn(&mut self, known: &Known, has_images: bool) -> bool {
        let is_visited = std::mem::take(&mut self.is_visited);
        if !self.takes_newest || (has_images && !is_visited) {
            return false;
        }
        let newest = known.newest_scored().map(|run| Source::Run(run.folder().clone()));
        if newest.is_none() || newest == self.source {
            return false;
        }
        *self = Feed { source: newest, ..Feed::newest() };
        true
    }

    /// The images as far as they are known, else what has to be done; runs are only read when
    /// `is_due`. `images`: those that are shown already.
    pub fn find(
        &mut self,
        known: &Known,
        is_due: bool,
        images: Option<&Arc<ScoreTable>>,
    ) -> (Option<Arc<ScoreTable>>, Option<Effect>) {
        let Some(source) = self.source.clone() else { return (None, None) };
        // What was scored before may be other files by now.
        if let Source::Unseen(run, path) = &source
            && !std::mem::replace(&mut self.is_scoring, true)
        {
            return (None, Some(Effect::Predict(run.clone(), path.clone())));
        }
        let has_ended = self.has_ended(known, &source);
        match known.scores(&source) {
            // A run that was gone on with has other scores now.
            _ if has_ended => self.problem = None,
            Some(Ok(table)) => {
                let is_new = images.is_none_or(|images| !Arc::ptr_eq(images, table));
                return (is_new.then(|| table.clone()), None);
            }
            Some(Err(problem)) => self.problem = Some(problem.clone()),
            None => {}
        }
        match source {
            Source::Run(run) if is_due || has_ended => (None, Some(Effect::ReadScores(run))),
            _ => (None, None),
        }
    }

    /// Whether the run ended with scores since it was looked at last.
    fn has_ended(&mut self, known: &Known, source: &Source) -> bool {
        let state = known.runs.get(&source.run().id()).and_then(KnownRun::state);
        let before = std::mem::replace(&mut self.state, state);
        before.is_some() && before != state && matches!(state, Some(State::Done | State::Stopped))
    }

    /// What came for its source, even when it is not known any more.
    pub fn hear(&mut self, news: &[News]) -> Option<Arc<ScoreTable>> {
        let mut own = news.iter().filter_map(|one| match one {
            News::Scores(scores) if Some(&scores.source) == self.source.as_ref() => {
                Some(&scores.table)
            }
            _ => None,
        });
        match own.next_back()? {
            Ok(table) => Some(table.clone()),
            Err(problem) => {
                self.problem = Some(problem.clone());
                None
            }
        }
    }

    /// Reads or scores them again.
    pub fn refresh(&self) -> Option<Effect> {
        match self.source.clone()? {
            Source::Run(run) => Some(Effect::ReadScores(run)),
            Source::Unseen(run, path) => Some(Effect::Predict(run, path)),
        }
    }

    /// Why there are no images yet.
    pub fn sentence(&self) -> (String, Role) {
        let text = match (&self.problem, &self.source) {
            (Some(problem), _) => return (problem.clone(), Role::Warning),
            (None, Some(Source::Run(_))) => "reading the scores".into(),
            (None, Some(Source::Unseen(run, path))) => {
                format!("scoring {} with {}, in the background", path.display(), run.id())
            }
            (None, None) => "no run with scores yet; a run scores every image at its end".into(),
        };
        (text, Role::Dim)
    }
}
