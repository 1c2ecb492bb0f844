//! Keys of the screens about photos and their scores.

use super::texts::{EXPLAIN_CHANGE, SHOW_GROWTH, SHOW_KINDS, SHOW_LABELS, SHOW_MAP};
use super::{Binding, bind};
use crate::tui::keys::action::Action;

pub(super) const IMAGES: &[Binding] = &[
    bind(&["enter"], Action::Enter, "large", "large: the picture on the whole screen, and back"),
    bind(
        &["W"],
        Action::WrongOnly,
        "wrong",
        "wrong: only images that are predicted wrongly, or all",
    ),
    bind(&["t"], Action::NextSet, "set", "set: test, validation, training, or all images"),
    bind(&["m"], Action::Confusion, "matrix", "matrix: the confusion matrix"),
    bind(&["/"], Action::Filter, "filter", "filter: words, true=fire, score<0.5, AND OR NOT ( )"),
    bind(
        &["U"],
        Action::Score,
        "score",
        "unseen: score a file or folder that the network never saw",
    ),
    bind(
        &["Z"],
        Action::ShowActivation,
        "where",
        "zones: where in the photo the score comes from, drawn over it, and back",
    ),
    bind(
        &["&"],
        Action::ShowSimilar,
        "similar",
        "and these: the training photos that are most like this one, and back",
    ),
    bind(
        &["b"],
        Action::Sheet,
        "sheet",
        "beside one another: photos as a sheet of thumbnails, or as a list again",
    ),
    bind(&["gl"], Action::ShowLabels, "labels", SHOW_LABELS),
    bind(&["gk"], Action::ShowKinds, "", SHOW_KINDS),
    bind(&["gm"], Action::ShowMap, "", SHOW_MAP),
    bind(&["gw"], Action::ShowGrowth, "", SHOW_GROWTH),
    bind(&["ga"], Action::AllImages, "", "go back to all images, where only chosen ones are shown"),
    bind(&["space"], Action::Mark, "", "mark or unmark this image; 'yank' copies the marked"),
    bind(&["R"], Action::Refresh, "", "refresh: read or make these scores again"),
    bind(&["gt"], Action::NextTruth, "", "go to the next true category: only its images"),
    bind(&["gp"], Action::NextPrediction, "", "go to the next predicted category: only its images"),
    bind(&["o"], Action::OpenOutside, "", "open the file in another program"),
    bind(&["y"], Action::Yank, "", "yank: copy the path of this file"),
    bind(&["Y"], Action::YankMore, "", "yank: copy the scores of this image"),
    bind(
        &["V"],
        Action::NextRenderer,
        "",
        "view: pictures as half-blocks, Kitty, Sixel, iTerm2, characters, off",
    ),
];

pub(super) const SHEET: &[Binding] = &[
    bind(&["h", "left"], Action::PhotoLeft, "", "one photo to the left, or back"),
    bind(&["l", "right"], Action::PhotoRight, "", "one photo to the right, or on"),
];

pub(super) const UNSEEN: &[Binding] =
    &[bind(&["z"], Action::Undo, "undo", "undo: remove the copies that were added last")];

pub(super) const PAIRS: &[Binding] = &[
    bind(&["t"], Action::NextSet, "outcome", "outcome: fixed, broken, both wrong or both right"),
    bind(&["enter"], Action::Enter, "large", "large: the picture on the whole screen, and back"),
    bind(&["ge"], Action::ExplainChange, "explain", EXPLAIN_CHANGE),
    bind(&["o"], Action::OpenOutside, "", "open the file in another program"),
    bind(&["y"], Action::Yank, "", "yank: copy the path of this file"),
];

pub(super) const LABELS: &[Binding] = &[
    bind(
        &["0"],
        Action::NoneOfThese,
        "none of these",
        "none of the categories: learn nothing from it",
    ),
    bind(
        &["d"],
        Action::Remove,
        "leave out",
        "leave this photo out, or the marked; no file is touched",
    ),
    bind(&["z"], Action::Undo, "undo", "undo the last decision"),
    bind(
        &["A"],
        Action::Rerun,
        "train again",
        "again: train with these labels, and see what that fixed",
    ),
    bind(
        &["space"],
        Action::Mark,
        "mark",
        "mark or unmark this photo; decisions are about the marked",
    ),
    bind(
        &["W"],
        Action::WrongOnly,
        "wrong",
        "wrong: only photos whose label is probably wrong, or all",
    ),
    bind(&["enter"], Action::Enter, "large", "large: the picture on the whole screen, and back"),
    bind(&["o"], Action::OpenOutside, "", "open the file in another program"),
    bind(&["y"], Action::Yank, "", "yank: copy the path of this file"),
];

pub(super) const CATEGORIES: &[Binding] = &[
    bind(&["1"], Action::Category1, "", "put this photo, or the marked, under category 1"),
    bind(&["2"], Action::Category2, "", "put this photo, or the marked, under category 2"),
    bind(&["3"], Action::Category3, "", "put this photo, or the marked, under category 3"),
    bind(&["4"], Action::Category4, "", "put this photo, or the marked, under category 4"),
    bind(&["5"], Action::Category5, "", "put this photo, or the marked, under category 5"),
    bind(&["6"], Action::Category6, "", "put this photo, or the marked, under category 6"),
    bind(&["7"], Action::Category7, "", "put this photo, or the marked, under category 7"),
    bind(&["8"], Action::Category8, "", "put this photo, or the marked, under category 8"),
    bind(&["9"], Action::Category9, "", "put this photo, or the marked, under category 9"),
    bind(
        &["="],
        Action::NameCategory,
        "",
        "put this photo, or the marked, under a category by its name",
    ),
];

pub(super) const KINDS: &[Binding] = &[
    bind(&["enter"], Action::Enter, "images", "list exactly the images of this row"),
    bind(&["gm"], Action::ShowMap, "map", SHOW_MAP),
    bind(&["gt"], Action::NextTruth, "category", "go to the next category: only its rows"),
    bind(
        &["W"],
        Action::WrongOnly,
        "wrong",
        "wrong: only groups of images that are predicted wrongly, or all rows",
    ),
    bind(&["J", "tab"], Action::DetailDown, "more", "the next pictures of this row"),
    bind(&["K", "shift-tab"], Action::DetailUp, "", "the pictures before"),
    bind(&["o"], Action::OpenOutside, "", "open the file in another program"),
    bind(&["y"], Action::Yank, "", "yank: copy the path of this file"),
];

pub(super) const MAP: &[Binding] = &[
    bind(&["h", "left"], Action::CursorLeft, "move", "to the next photo to the left"),
    bind(&["j", "down"], Action::Down, "", "to the next photo below"),
    bind(&["k", "up"], Action::Up, "", "to the next photo above"),
    bind(&["l", "right"], Action::CursorRight, "", "to the next photo to the right"),
    bind(
        &["v"],
        Action::MarkRange,
        "corner",
        "range: a corner of a rectangle; enter lists the images in it, esc cancels it",
    ),
    bind(
        &["enter"],
        Action::Enter,
        "large",
        "list the images in the rectangle; without one, the picture large",
    ),
    bind(&["gt"], Action::NextTruth, "category", "go to the next category: only its photos"),
    bind(
        &["W"],
        Action::WrongOnly,
        "wrong",
        "wrong: only photos that are predicted wrongly, or all",
    ),
    bind(&["gk"], Action::ShowKinds, "kinds", SHOW_KINDS),
    bind(&["o"], Action::OpenOutside, "", "open the file in another program"),
    bind(&["y"], Action::Yank, "", "yank: copy the path of this file"),
];

pub(super) const GROWTH: &[Binding] = &[
    bind(&["h", "left"], Action::CursorLeft, "cursor", "read the values of fewer photos"),
    bind(&["l", "right"], Action::CursorRight, "", "read the values of more photos"),
    bind(&["R"], Action::Refresh, "again", "refresh: train the heads again"),
    bind(&["y"], Action::Yank, "copy", "yank: copy the answer in a sentence"),
];

pub(super) const CONFUSION: &[Binding] = &[
    bind(&["enter"], Action::Enter, "images", "list exactly the images of this cell"),
    bind(&["t"], Action::NextSet, "set", "set: test, validation, training, or all images"),
    bind(
        &["gh"],
        Action::Threshold,
        "threshold",
        "threshold: precision and recall of the true category as the threshold of its score moves",
    ),
    bind(&["h", "left"], Action::ColumnLeft, "", "one category to the left"),
    bind(&["l", "right"], Action::ColumnRight, "", "one category to the right"),
    bind(&["y"], Action::Yank, "", "yank: copy the matrix as a table"),
];

pub(super) const THRESHOLD: &[Binding] = &[
    bind(&["h", "left"], Action::CursorLeft, "lower", "a lower threshold: more images are taken"),
    bind(&["l", "right"], Action::CursorRight, "higher", "a higher threshold: fewer are taken"),
    bind(&["enter"], Action::Enter, "images", "list exactly the images that change sides"),
    bind(
        &["a"],
        Action::OtherChart,
        "reliability",
        "another view: whether scores mean what they say (reliability diagram), and back",
    ),
    bind(&["t"], Action::NextSet, "set", "set: test, validation, training, or all images"),
    bind(&["gt"], Action::NextTruth, "category", "go to the next category"),
    bind(&["y"], Action::Yank, "", "yank: copy what this threshold does in a sentence"),
];
