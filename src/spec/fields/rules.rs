//! The rules that bind the values of several fields, in the order of the table.

use crate::nets::{Precision, Weights};
use crate::spec::{ClassWeights, Experiment, Schedule, SplitRule};
use crate::words;

/// Of a photo in twenty the next fold says little, and each costs a training.
pub(super) const MOST_FOLDS: i64 = 20;

/// `C:\photos` or `C:/photos`.
pub(super) fn is_windows_path(path: &str) -> bool {
    let mut letters = path.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.next() == Some(':')
        && matches!(letters.next(), Some('\\' | '/'))
}

/// With folders: the photos of a set that has none, drawn from those for training.
pub(super) fn is_drawn_by_seed(experiment: &Experiment) -> bool {
    matches!(experiment.split.by, SplitRule::Seed | SplitRule::Folders)
}

/// An arithmetic that networks with weights from a file only do not have.
pub(super) fn only_f32(experiment: &Experiment) -> Option<String> {
    let network = &experiment.network;
    let is_exact = matches!(network.precision, Precision::Auto | Precision::F32);
    (!network.backbone.has_weights() && !is_exact).then(|| {
        format!(
            "network.precision is \"{}\", and \"{}\" computes in \"f32\" only; set it to that or to \
             \"auto\"",
            network.precision.name(),
            network.backbone.name
        )
    })
}

/// A network without weights in the program, and no file named.
pub(super) fn no_weights(experiment: &Experiment) -> Option<String> {
    let network = &experiment.network;
    (!network.backbone.has_weights() && network.weights == Weights::BuiltIn).then(|| {
        format!(
            "network.backbone is \"{}\", which has no weights in this program: network.weights must \
             name a file, as \"weights/NAME.safetensors\" (docs/weights.md says where there are some)",
            network.backbone.name
        )
    })
}

pub(super) fn is_stepped(experiment: &Experiment) -> bool {
    experiment.train.schedule == Schedule::Step
}

pub(super) fn one_category(experiment: &Experiment) -> Option<String> {
    (experiment.categories.len() == 1)
        .then(|| "categories names 1 folder, expected 2 or more, or [] for every folder".to_owned())
}

/// One fold leaves nothing to train on, and given sets leave nothing to draw.
pub(super) fn folds_that_cannot_be(experiment: &Experiment) -> Option<String> {
    let folds = experiment.split.folds;
    match experiment.split.by {
        _ if folds == 0 => None,
        _ if folds == 1 => Some(format!(
            "split.folds is 1, expected 2 to {MOST_FOLDS}, or 0 for one test set; 5 or 10 is usual"
        )),
        SplitRule::Folders => Some(format!(
            "split.folds is {folds}, which tests every photo, and split.by is \"folders\", which \
             says which are tested; set split.folds = 0, or put the photos of all sets together, in \
             one folder a category, and set split.by = \"seed\""
        )),
        _ => None,
    }
}

pub(super) fn nothing_for_training(experiment: &Experiment) -> Option<String> {
    if experiment.split.folds > 0 {
        return None;
    }
    let kept = experiment.split.validation_percent + experiment.split.test_percent;
    (kept >= 100.0).then(|| {
        format!(
            "split.validation_percent and split.test_percent are {kept} together, expected less \
             than 100: the rest is for training"
        )
    })
}

pub(super) fn weights_of_other_categories(experiment: &Experiment) -> Option<String> {
    let ClassWeights::Given(weights) = &experiment.train.class_weights else { return None };
    let (given, named) = (weights.len(), experiment.categories.len());
    (named > 0 && given != named).then(|| {
        format!("train.class_weights has {given} numbers, expected {named}: one a category")
    })
}

pub(super) fn step_that_never_comes(experiment: &Experiment) -> Option<String> {
    let (every, iterations) = (experiment.train.step_every, experiment.iterations);
    (is_stepped(experiment) && every >= iterations).then(|| {
        let [every, iterations] = [every, iterations].map(|count| words::grouped(count as u64));
        format!("the rate never changes: train.step_every is {every}, iterations is {iterations}")
    })
}

/// Each head is a file, which is written before training goes on.
const MOST_KEPT: usize = 1000;

pub(super) fn too_many_kept(experiment: &Experiment) -> Option<String> {
    let (every, iterations) = (experiment.train.keep_every, experiment.iterations);
    let kept = iterations.checked_div(every)?;
    let least = iterations.div_ceil(MOST_KEPT);
    (kept > MOST_KEPT).then(|| {
        let [every, iterations, kept, most, least] =
            [every, iterations, kept, MOST_KEPT, least].map(words::grouped);
        format!(
            "train.keep_every is {every}, which keeps {kept} heads of {iterations} iterations, \
             expected at most {most}: keep one every {least} iterations or more"
        )
    })
}

pub(super) fn none_kept(experiment: &Experiment) -> Option<String> {
    let (every, iterations) = (experiment.train.keep_every, experiment.iterations);
    (every > iterations).then(|| {
        let [every, iterations] = [every, iterations].map(words::grouped);
        format!(
            "no head is kept but the last: train.keep_every is {every}, iterations is {iterations}"
        )
    })
}
