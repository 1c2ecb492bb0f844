//! The training photos that are most like each of the photos that are scored.

use std::error::Error;

use serde_json::{Value, json};

use crate::config::Config;
use crate::likeness::Trained;
use crate::store::{ListedPhoto, RunFolder, explain, shown};

/// Training photos that are named as most like a photo.
const NEAREST: usize = 5;
/// Of more photos than this the nearest are not looked for: it could take hours.
const MOST: usize = 1000;

/// Looks for them, of so many photos as that takes no hours. Says once where it does not.
pub struct Nearest<'a> {
    config: &'a Config,
    run: &'a RunFolder,
    /// Photos of which they are still looked for.
    left: usize,
    /// Read with the first photo.
    trained: Option<Trained>,
}

impl<'a> Nearest<'a> {
    /// For `count` photos; `None`: nobody knows yet how many come, and the first have them.
    pub fn new(config: &'a Config, run: &'a RunFolder, count: Option<usize>) -> Nearest<'a> {
        let is_too_many = count.is_some_and(|count| count > MOST);
        if is_too_many {
            newsln!("retrain: nearest is null: it is given for up to {MOST} photos");
        }
        Nearest { config, run, left: if is_too_many { 0 } else { MOST }, trained: None }
    }

    /// As JSON, the nearest first; `null` where they are not looked for.
    pub fn of(&mut self, feature: &[f32]) -> Value {
        if self.left == 0 {
            return Value::Null;
        }
        let trained = match &self.trained {
            Some(trained) => trained,
            None => match self.read() {
                Ok(trained) => self.trained.insert(trained),
                Err(err) => return self.give_up(err.as_ref()),
            },
        };
        match trained.nearest(feature, NEAREST) {
            Ok(found) => {
                self.left -= 1;
                nearest_json(&found)
            }
            Err(err) => self.give_up(&err),
        }
    }

    fn give_up(&mut self, why: &(dyn Error + 'static)) -> Value {
        newsln!("retrain: nearest is null: {}", explain(why, "try again"));
        self.left = 0;
        Value::Null
    }

    fn read(&self) -> anyhow::Result<Trained> {
        Trained::read(self.run, &self.run.replay()?, &self.config.cache)
    }
}

/// The training photos that are most like a photo, the nearest first.
pub fn nearest_json(found: &[(&ListedPhoto, f32)]) -> Value {
    let one = |(photo, distance): &(&ListedPhoto, f32)| {
        json!({
            "file": shown(&photo.file),
            "category": photo.category,
            "set": photo.set.name(),
            "distance": distance,
        })
    };
    found.iter().map(one).collect()
}
