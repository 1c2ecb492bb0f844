//! `retrain look`: the process that keeps the network of a run in memory and answers the screens'
//! questions about photos, a line each.

use std::fs;
use std::io::{self, BufRead};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Result;

use super::activation_map::open;
use super::out::print_json_line;
use crate::activation::{Activation, Looker};
use crate::config::Config;
use crate::dataset::PhotoFile;
use crate::likeness::Trained;
use crate::store::{RunFolder, explain, shown, unshown};
use crate::tui::look::{Answer, CategoryMap, Looked, Question, Similar, Verdict};

/// Without a question for so long it ends and gives the memory back.
const IDLE: Duration = Duration::from_mins(5);

/// Answers until stdin is closed, nothing is asked for a while, or the head is another one than it has
/// in memory.
pub fn look(config: &Config, run: &RunFolder) -> Result<ExitCode> {
    let made = when_made(run);
    let mut asked = Asked { config, run, looker: open(config, run)?, trained: None };
    let questions = questions()?;
    while let Ok(line) = questions.recv_timeout(IDLE) {
        if when_made(run) != made {
            break;
        }
        let answer: Answer = match serde_json::from_str(&line) {
            Ok(question) => asked.answer(&question),
            Err(err) => Err(format!("not a question: {err}")),
        };
        print_json_line(&answer)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn when_made(run: &RunFolder) -> Option<SystemTime> {
    fs::metadata(run.head()).and_then(|head| head.modified()).ok()
}

/// The lines of stdin, read ahead so that its end is noticed.
fn questions() -> io::Result<Receiver<String>> {
    let (send, receive) = mpsc::channel();
    thread::Builder::new().name("questions".into()).spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if send.send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(receive)
}

struct Asked<'a> {
    config: &'a Config,
    run: &'a RunFolder,
    looker: Looker,
    /// Read when they are asked for first.
    trained: Option<Trained>,
}

impl Asked<'_> {
    fn answer(&mut self, question: &Question) -> Answer {
        let path = unshown(&question.photo);
        let problem = |reason: String| format!("cannot use {}: {reason}", question.photo);
        let photo = PhotoFile::hash(path).map_err(|reason| problem(reason.to_string()))?;
        let look = self.looker.look(&photo).map_err(|reason| problem(reason.to_string()))?;
        let labels = &self.looker.head().labels;
        let map = |activations: &[Activation], name: &String| {
            let category = labels.iter().position(|label| label == name)?;
            let activation = &activations[category];
            Some(CategoryMap {
                category: name.clone(),
                score: look.scores[category],
                logit: activation.logit(),
                places: activation.with_bias(),
            })
        };
        let maps = match &look.activations {
            Some(activations) => {
                Ok(question.categories.iter().filter_map(|name| map(activations, name)).collect())
            }
            None => Err(self.looker.no_map()),
        };
        let likeness = self.looker.head().likeness.as_ref();
        let judged = likeness.and_then(|likeness| likeness.judge(&look.feature).ok()?.pop());
        Ok(Looked {
            frame: look.frame,
            maps,
            verdict: judged.map(|judged| Verdict {
                less_like_than: judged.less_like_than,
                is_none_of_these: judged.is_none_of_these,
            }),
            nearest: self.nearest(&photo, &look.feature, question.nearest),
        })
    }

    /// The training photos that are most like one, but for those with the same bytes.
    fn nearest(
        &mut self,
        photo: &PhotoFile,
        feature: &[f32],
        count: usize,
    ) -> Result<Vec<Similar>, String> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let trained = match self.trained.take() {
            Some(trained) => trained,
            None => self.read().map_err(|err| explain(err.as_ref(), "try again"))?,
        };
        let trained = self.trained.insert(trained);
        let hash = photo.hash.to_hex();
        let is_itself = |hash_of_other: &str| hash_of_other == hash.as_str();
        let copies = trained.photos.iter().filter(|other| is_itself(&other.hash)).count();
        let found = self.looker.on_all_threads(|| trained.nearest(feature, count + copies));
        let found = found.map_err(|err| explain(&err, "try again"))?;
        let others = found.into_iter().filter(|(other, _)| !is_itself(&other.hash)).take(count);
        let similar = others.map(|(other, distance)| Similar {
            file: shown(&other.file),
            path: shown(&trained.images.join(&other.file)),
            category: other.category.clone(),
            distance,
        });
        Ok(similar.collect())
    }

    fn read(&self) -> Result<Trained> {
        Trained::read(self.run, &self.run.replay()?, &self.config.cache)
    }
}
