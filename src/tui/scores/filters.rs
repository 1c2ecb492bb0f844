//! Which images are chosen, and how the choice goes on from one to the next.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::table::ScoreTable;
use crate::spec::Set;
use crate::tui::keys::names::ALL_IMAGES;

/// What an image must be, besides the text that is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Predicted as another category than the true one.
    pub wrong_only: bool,
    /// `None`: of any set.
    pub set: Option<Set>,
    /// Index of the true category; `None`: any.
    pub truth: Option<u32>,
    /// Index of the predicted category; `None`: any.
    pub predicted: Option<u32>,
    /// One of these; `None`: any.
    pub chosen: Option<Chosen>,
}

/// Images that were chosen one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// What they are, such as `smoke 2`.
    pub name: String,
    /// Relative to the folder of images.
    pub files: Arc<HashSet<PathBuf>>,
}

impl Filters {
    /// Whether the image is all that.
    pub fn lets_through(&self, table: &ScoreTable, at: usize) -> bool {
        let image = &table.images()[at];
        (!self.wrong_only || image.is_wrong())
            && self.set.is_none_or(|set| image.set == Some(set))
            && self.truth.is_none_or(|truth| image.truth == Some(truth))
            && self.predicted.is_none_or(|predicted| image.predicted == Some(predicted))
            && self.chosen.as_ref().is_none_or(|chosen| chosen.files.contains(table.file(at)))
    }

    /// In words, each after another.
    pub fn words(&self, table: &ScoreTable) -> Vec<String> {
        let wrong = self.wrong_only.then(|| "only wrong".to_owned());
        let set = self.set.map(|set| set.name().to_owned());
        let truth = self.truth.map(|truth| format!("true {}", table.category(Some(truth))));
        let predicted =
            self.predicted.map(|index| format!("predicted {}", table.category(Some(index))));
        let chosen = self
            .chosen
            .as_ref()
            .map(|chosen| format!("only {} ({ALL_IMAGES} shows all)", chosen.name));
        [chosen, wrong, set, truth, predicted].into_iter().flatten().collect()
    }
}

/// All sets, then the most interesting one, and so on.
pub fn next_set(set: Option<Set>) -> Option<Set> {
    match set {
        None => Some(Set::Test),
        Some(Set::Test) => Some(Set::Validation),
        Some(Set::Validation) => Some(Set::Training),
        Some(Set::Training) => None,
    }
}

/// All categories, then each of `categories`.
pub fn next_category(category: Option<u32>, categories: usize) -> Option<u32> {
    let next = category.map_or(0, |category| category + 1);
    ((next as usize) < categories).then_some(next)
}
