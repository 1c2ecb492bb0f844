//! Where the network looked in the photo under the cursor, and the training photos that are most like it:
//! what is asked, and what was answered.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::details::Layout;
use super::scene::{Scene, Subject};
use crate::store::{RunFolder, shown};
use crate::tui::effect::Effect;
use crate::tui::look::{Answer, LookNews, Question};
use crate::tui::news::News;
use crate::tui::preview::Graphics;
use crate::tui::scores::ScoreTable;

/// Training photos that are shown.
const SIMILAR: usize = 5;

/// What is asked of the network of a run, and what it answered.
#[derive(Debug, Default)]
pub struct Looking {
    /// Drawn over the photo: where the score comes from.
    pub shows_map: bool,
    /// Below the photo: training photos that are like it.
    pub shows_similar: bool,
    asked: Option<(RunFolder, Question)>,
    heard: Option<Arc<LookNews>>,
}

impl Looking {
    /// Asks about an image, unless that was asked last or nothing of it would be shown.
    pub fn ask(&mut self, run: &RunFolder, table: &ScoreTable, at: usize) -> Option<Effect> {
        let image = &table.images()[at];
        if !(self.shows_map || self.shows_similar) || table.problem(at).is_some() {
            self.asked = None;
            return None;
        }
        let mut categories: Vec<String> = [image.truth, image.predicted]
            .into_iter()
            .flatten()
            .map(|category| table.category(Some(category)).to_owned())
            .collect();
        categories.dedup();
        let question = Question { photo: shown(&table.path(at)), categories, nearest: SIMILAR };
        let asked = Some((run.clone(), question.clone()));
        if self.asked == asked {
            return None;
        }
        self.asked = asked;
        Some(Effect::Look(run.clone(), question))
    }

    /// Keeps what answers the last question.
    pub fn hear(&mut self, news: &[News]) {
        for one in news {
            if let News::Looked(look) = one
                && self.is_answered_by(look)
            {
                self.heard = Some(look.clone());
            }
        }
    }

    fn is_answered_by(&self, look: &LookNews) -> bool {
        self.asked
            .as_ref()
            .is_some_and(|(run, question)| *run == look.run && *question == look.question)
    }

    /// What was answered about this image; `None`: nothing yet.
    fn answer(&self, table: &ScoreTable, at: usize) -> Option<&Answer> {
        let look = self.heard.as_ref().filter(|look| self.is_answered_by(look))?;
        (look.question.photo == shown(&table.path(at))).then_some(&look.answer)
    }

    /// Where all of an image stands, in the places that `layout` has for its picture and its bars.
    pub fn scene(
        &self,
        layout: &Layout,
        table: &ScoreTable,
        at: usize,
        graphics: Graphics,
    ) -> Scene {
        let is_asked = self.asked.is_some();
        let subject = Subject {
            table,
            at,
            answer: self.answer(table, at),
            shows_map: is_asked && self.shows_map,
            shows_similar: is_asked && self.shows_similar,
            graphics,
        };
        subject.scene(layout)
    }
}
