//! What `retrain predict` knows of a photo that it scored.

use serde_json::Value;

use crate::likeness::Judgement;

/// What is said of a photo that was scored.
pub struct Scored {
    /// One for each category.
    pub scores: Vec<f32>,
    pub judgement: Option<Judgement>,
    /// As JSON; `null` where they are not looked for.
    pub nearest: Value,
}

impl Scored {
    /// It is unlike the training photos.
    pub fn is_none_of_these(&self) -> bool {
        self.judgement.is_some_and(|judgement| judgement.is_none_of_these)
    }

    /// The same in words; `None` where it cannot be said.
    pub fn verdict(&self) -> Option<&'static str> {
        self.judgement.map(|judgement| match judgement.is_none_of_these {
            true => "none of these",
            false => "one of these",
        })
    }

    /// The share of one's own photos that are no more like the training photos.
    pub fn likeness(&self) -> Option<f64> {
        self.judgement.map(|judgement| 1.0 - judgement.less_like_than)
    }

    /// The categories with the highest scores, `top` of them, the highest first; of equal ones first
    /// the one that is predicted.
    pub fn highest(&self, top: Option<usize>) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.scores.len()).collect();
        order.sort_by(|&a, &b| self.scores[b].total_cmp(&self.scores[a]));
        order.truncate(top.unwrap_or(usize::MAX));
        order
    }
}
