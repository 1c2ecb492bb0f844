//! The key table. Order within a context is the order in footer and help.

use super::action::Action;

/// Where a row of the table holds. A screen names the contexts it is in, its own first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Every screen but those that are typed into.
    Everywhere,
    /// Every screen that is a list or a table.
    List,
    /// Tables whose columns can be chosen.
    Columns,
    /// Tables that can be sorted.
    Sort,
    /// Tables whose rows can be marked.
    Marks,
    Runs,
    Compare,
    Live,
    Images,
    /// Images as a sheet of thumbnails.
    Sheet,
    /// Images that no run saw: they can be added to its photos.
    Unseen,
    Pairs,
    Labels,
    Kinds,
    Map,
    /// Every screen that puts photos under categories, whose numbers these are there.
    Categories,
    Change,
    Confusion,
    Threshold,
    Queue,
    Sweep,
    Experiments,
    /// A text is typed here, so only this context's own keys hold.
    Editor,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// One key or sequence each, as a person would write it: `j`, `ctrl-d`, `gg`.
    pub keys: &'static [&'static str],
    /// What it does.
    pub action: Action,
    /// For the footer; empty: never there. Rows nearer the top of the table come first.
    pub label: &'static str,
    /// For help and palette: what it does.
    pub help: &'static str,
}

/// Rows by context.
pub const TABLE: &[(Context, &[Binding])] = &[
    (Context::Everywhere, EVERYWHERE),
    (Context::List, LIST),
    (Context::Columns, COLUMNS),
    (Context::Sort, SORT),
    (Context::Marks, MARKS),
    (Context::Runs, RUNS),
    (Context::Compare, COMPARE),
    (Context::Live, LIVE),
    (Context::Images, IMAGES),
    (Context::Sheet, SHEET),
    (Context::Unseen, UNSEEN),
    (Context::Pairs, PAIRS),
    (Context::Labels, LABELS),
    (Context::Kinds, KINDS),
    (Context::Map, MAP),
    (Context::Categories, CATEGORIES),
    (Context::Change, CHANGE),
    (Context::Confusion, CONFUSION),
    (Context::Threshold, THRESHOLD),
    (Context::Queue, QUEUE),
    (Context::Sweep, SWEEP),
    (Context::Experiments, EXPERIMENTS),
    (Context::Editor, EDITOR),
];

/// The key of `action`, as a person would write it; of several the first.
///
/// Panics where the table has no such row, when it is asked for in a `const` while the program is
/// compiled.
pub const fn key_of(action: Action) -> &'static str {
    let mut context = 0;
    while context < TABLE.len() {
        let rows = TABLE[context].1;
        let mut row = 0;
        while row < rows.len() {
            if rows[row].action as u8 == action as u8 {
                return rows[row].keys[0];
            }
            row += 1;
        }
        context += 1;
    }
    panic!("the key table has no row for the action")
}

const fn bind(
    keys: &'static [&'static str],
    action: Action,
    label: &'static str,
    help: &'static str,
) -> Binding {
    Binding { keys, action, label, help }
}

const EVERYWHERE: &[Binding] = &[
    bind(&["?", "f1"], Action::Help, "help", "help: the keys of this screen"),
    bind(&[":", "ctrl-p"], Action::Palette, "all", "palette: any action by its name"),
    bind(&["q"], Action::Leave, "quit", "back; on the first screen quit, runs go on"),
    bind(&["esc"], Action::Back, "", "back; first clears the filter, then the marks"),
    bind(&["ctrl-c"], Action::Quit, "", "quit from anywhere; runs go on"),
    bind(&["1"], Action::GoExperiments, "", "go to Experiments: questions to be run"),
    bind(&["2"], Action::GoLive, "", "go to Live: the newest running run"),
    bind(&["3"], Action::GoRuns, "", "go to Runs: all runs and their results"),
    bind(&["4"], Action::GoImages, "", "go to Images: every image of the newest result"),
    bind(&["@"], Action::ShowLog, "", "log: every message and error so far"),
    bind(&["C"], Action::ChooseTheme, "", "colours: choose the theme"),
    bind(&["ctrl-z"], Action::Suspend, "", "suspend to the shell; 'fg' comes back"),
    bind(&["ctrl-l"], Action::Repaint, "", "repaint the screen"),
];

const LIST: &[Binding] = &[
    bind(&["j", "down"], Action::Down, "", "one down"),
    bind(&["k", "up"], Action::Up, "", "one up"),
    bind(&["ctrl-d"], Action::HalfDown, "", "half a page down"),
    bind(&["ctrl-u"], Action::HalfUp, "", "half a page up"),
    bind(&["pgdn"], Action::PageDown, "", "a page down"),
    bind(&["pgup"], Action::PageUp, "", "a page up"),
    bind(&["gg", "home"], Action::First, "", "to the first"),
    bind(&["G", "end"], Action::Last, "", "to the last"),
];

const COLUMNS: &[Binding] = &[
    bind(&["h", "left"], Action::ColumnLeft, "", "choose the column to the left"),
    bind(&["l", "right"], Action::ColumnRight, "", "choose the column to the right"),
    bind(&["-"], Action::HideColumn, "", "hide the chosen column"),
    bind(&["gv"], Action::ShowColumns, "", "show all columns again"),
    bind(&["<"], Action::Narrower, "", "make the chosen column narrower"),
    bind(&[">"], Action::Wider, "", "make the chosen column wider"),
];

const SORT: &[Binding] = &[
    bind(&["s"], Action::SortUp, "sort", "sort by the chosen column, smallest first"),
    bind(&["S"], Action::SortDown, "", "sort by the chosen column, largest first"),
];

const MARKS: &[Binding] = &[
    bind(&["*"], Action::MarkAll, "", "mark all rows shown, or unmark them again"),
    bind(&["v"], Action::MarkRange, "", "range: mark to the cursor; again ends it, esc cancels it"),
];

const RESUME: &str = "resume this run: it ended before its time or never started";
const PAUSE: &str = "pause this run: it keeps a checkpoint and can be resumed";
const RERUN: &str = "again: a new run with this run's own settings";
const OTHER_NETWORK: &str = "backbone: the same with the other built-in network";
const REPORT: &str = "out: write a report of this run as a page, with its photos";
const EXPLAIN_CHANGE: &str = "go to the explanation: what the change of the accuracy comes from";
const SHOW_SWEEP: &str = "go to the sweep that this is one of: the best values by validation";
const SHOW_LABELS: &str = "go to the labels: which are probably wrong, and keys to put them right";
const SHOW_KINDS: &str =
    "go to the kinds of photos of each category, and to wrong photos that are alike";
const SHOW_MAP: &str = "go to the map: every photo as a point, alike ones near each other";
const SHOW_QUEUE: &str = "queue: what works, what waits and in which order";

const RUNS: &[Binding] = &[
    bind(&["enter"], Action::Enter, "open", "open this run, or show the runs of this row"),
    bind(
        &["/"],
        Action::Filter,
        "filter",
        "filter: words, key=value, key>value, has:key, AND OR NOT ( )",
    ),
    bind(&["space"], Action::Mark, "mark", "mark or unmark this run; actions use the marked"),
    bind(
        &["F"],
        Action::Fold,
        "fold",
        "fold: repeats and sweeps in one row each, or every run in its own",
    ),
    bind(&["c"], Action::Compare, "compare", "compare the marked runs side by side"),
    bind(&["x"], Action::Stop, "stop", "stop this run after its iteration, keep the result"),
    bind(&["X"], Action::Cancel, "", "cancel this run without a result"),
    bind(&["r"], Action::Run, "resume", RESUME),
    bind(&["P"], Action::Pause, "", PAUSE),
    bind(&["I"], Action::MoreIterations, "", "iterations: train this run on to a larger number"),
    bind(&["w"], Action::ShowQueue, "queue", SHOW_QUEUE),
    bind(&["gs"], Action::ShowSweep, "sweep", SHOW_SWEEP),
    bind(&["d"], Action::Remove, "trash", "move to the trash"),
    bind(&["A"], Action::Rerun, "again", RERUN),
    bind(
        &["D"],
        Action::Duplicate,
        "",
        "duplicate: an experiment of this run's settings, in the editor",
    ),
    bind(&["B"], Action::OtherNetwork, "", OTHER_NETWORK),
    bind(&["z"], Action::Undo, "", "undo: bring back what went to the trash last"),
    bind(&["p"], Action::Pin, "", "pin as the baseline that others are measured against"),
    bind(&["u"], Action::OnlyDifferent, "", "show all settings, or only those that differ"),
    bind(&["#"], Action::EditTags, "", "tags: edit this run's, with spaces between"),
    bind(&["N"], Action::EditNote, "", "note: edit this run's"),
    bind(&["y"], Action::Yank, "", "yank: copy this run's name"),
    bind(&["Y"], Action::YankMore, "", "yank: copy the path of this run's folder"),
    bind(&["i"], Action::OpenImages, "images", "images: every image of this run with its scores"),
    bind(&["gl"], Action::ShowLabels, "", SHOW_LABELS),
    bind(&["gk"], Action::ShowKinds, "", SHOW_KINDS),
    bind(&["gm"], Action::ShowMap, "", SHOW_MAP),
    bind(&["o"], Action::OpenOutside, "", "open the worker's log in $VISUAL or $EDITOR"),
    bind(
        &["O"],
        Action::Report,
        "",
        "out: write a report of this run, or of the marked, as a page",
    ),
    bind(&["R"], Action::Refresh, "", "refresh: read all runs again"),
];

const COMPARE: &[Binding] = &[
    bind(&["enter"], Action::Enter, "photos", "photo by photo: what this run fixed and broke"),
    bind(&["t"], Action::NextSet, "train/validation", "curves of training or of validation"),
    bind(&["a"], Action::OtherChart, "accuracy", "show accuracy or loss, where only one fits"),
    bind(&["L"], Action::LogScale, "log scale", "logarithmic or linear scale of the loss"),
    bind(&["p"], Action::Pin, "baseline", "pin the chosen column's run as the baseline"),
    bind(&["ge"], Action::ExplainChange, "explain", EXPLAIN_CHANGE),
    bind(&["u"], Action::OnlyDifferent, "all", "show all settings, or only those that differ"),
    bind(&["O"], Action::Report, "", "out: write a report of these runs as a page"),
    bind(&["y"], Action::Yank, "", "yank: copy the names of these runs"),
];

const LIVE: &[Binding] = &[
    bind(&["x"], Action::Stop, "stop", "stop this run after its iteration, keep the result"),
    bind(&["P"], Action::Pause, "pause", PAUSE),
    bind(&["X"], Action::Cancel, "", "cancel this run without a result"),
    bind(&["r"], Action::Run, "resume", RESUME),
    bind(&["h", "left"], Action::CursorLeft, "cursor", "read the values at an earlier iteration"),
    bind(&["l", "right"], Action::CursorRight, "", "read the values at a later iteration"),
    bind(&["ctrl-u", "pgup"], Action::CursorFarLeft, "", "the cursor ten times as far to the left"),
    bind(
        &["ctrl-d", "pgdn"],
        Action::CursorFarRight,
        "",
        "the cursor ten times as far to the right",
    ),
    bind(&["f"], Action::ToNewest, "follow", "no cursor: move with the newest iteration"),
    bind(&[")"], Action::Smoother, "smooth", "smooth the training curves more"),
    bind(&["("], Action::Rougher, "", "smooth the training curves less"),
    bind(&["0"], Action::Unsmoothed, "", "show the training curves as they are"),
    bind(&["+"], Action::ZoomIn, "zoom", "zoom in, around the cursor if there is one"),
    bind(&["-"], Action::ZoomOut, "", "zoom out"),
    bind(&["L"], Action::LogScale, "log scale", "logarithmic or linear scale of the loss"),
    bind(&["a"], Action::OtherChart, "accuracy", "show accuracy or loss, where only one fits"),
    bind(&["i", "enter"], Action::OpenImages, "images", "images: every image with its scores"),
    bind(&["gl"], Action::ShowLabels, "", SHOW_LABELS),
    bind(&["gk"], Action::ShowKinds, "", SHOW_KINDS),
    bind(&["gm"], Action::ShowMap, "", SHOW_MAP),
    bind(&["A"], Action::Rerun, "", RERUN),
    bind(&["B"], Action::OtherNetwork, "", OTHER_NETWORK),
    bind(&["w"], Action::ShowQueue, "", SHOW_QUEUE),
    bind(&["["], Action::PreviousRun, "", "the run before this one"),
    bind(&["]"], Action::NextRun, "", "the run after this one"),
    bind(&["o"], Action::OpenOutside, "log", "open the worker's log in $VISUAL or $EDITOR"),
    bind(&["O"], Action::Report, "", REPORT),
    bind(&["y"], Action::Yank, "", "yank: copy this run's name"),
];

const IMAGES: &[Binding] = &[
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

const SHEET: &[Binding] = &[
    bind(&["h", "left"], Action::PhotoLeft, "", "one photo to the left, or back"),
    bind(&["l", "right"], Action::PhotoRight, "", "one photo to the right, or on"),
];

const UNSEEN: &[Binding] =
    &[bind(&["z"], Action::Undo, "undo", "undo: remove the copies that were added last")];

const PAIRS: &[Binding] = &[
    bind(&["t"], Action::NextSet, "outcome", "outcome: fixed, broken, both wrong or both right"),
    bind(&["enter"], Action::Enter, "large", "large: the picture on the whole screen, and back"),
    bind(&["ge"], Action::ExplainChange, "explain", EXPLAIN_CHANGE),
    bind(&["o"], Action::OpenOutside, "", "open the file in another program"),
    bind(&["y"], Action::Yank, "", "yank: copy the path of this file"),
];

const LABELS: &[Binding] = &[
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

const CATEGORIES: &[Binding] = &[
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

const KINDS: &[Binding] = &[
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

const MAP: &[Binding] = &[
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

const CHANGE: &[Binding] =
    &[bind(&["y"], Action::Yank, "copy", "yank: copy the change in a sentence")];

const CONFUSION: &[Binding] = &[
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

const THRESHOLD: &[Binding] = &[
    bind(&["h", "left"], Action::CursorLeft, "lower", "a lower threshold: more images are taken"),
    bind(&["l", "right"], Action::CursorRight, "higher", "a higher threshold: fewer are taken"),
    bind(&["t"], Action::NextSet, "set", "set: test, validation, training, or all images"),
    bind(&["gt"], Action::NextTruth, "category", "go to the next category"),
    bind(&["y"], Action::Yank, "", "yank: copy what this threshold does in a sentence"),
];

const QUEUE: &[Binding] = &[
    bind(&["enter"], Action::Enter, "open", "open this run, or show the runs of this sweep"),
    bind(&["K"], Action::MoveUp, "up", "move this waiting run up: it starts earlier"),
    bind(&["J"], Action::MoveDown, "down", "move this waiting run down: it starts later"),
    bind(&["T"], Action::MoveFirst, "", "top: make this waiting run the next to start"),
    bind(
        &["d"],
        Action::Remove,
        "take off",
        "take this waiting run off the queue; 'resume' queues it again",
    ),
    bind(&["gs"], Action::ShowSweep, "sweep", SHOW_SWEEP),
    bind(&["Q"], Action::EmptyQueue, "empty", "empty: take all waiting runs off"),
    bind(
        &["H"],
        Action::Hold,
        "hold",
        "hold: start no run, until this is pressed again to release it",
    ),
];

const SWEEP: &[Binding] = &[
    bind(&["enter"], Action::Enter, "open", "open the run with these values"),
    bind(
        &["a"],
        Action::OtherChart,
        "plots",
        "plots: what each setting does, on the whole width; again the table",
    ),
    bind(&["c"], Action::Compare, "compare", "compare this run with the chosen one"),
    bind(&["i"], Action::OpenImages, "images", "images: every image of this run with its scores"),
    bind(
        &["x"],
        Action::Stop,
        "stop",
        "stop the sweep: none of its runs waits any more, those at work keep their result",
    ),
    bind(&["P"], Action::Pause, "", "pause the sweep: none waits any more, those at work pause"),
    bind(&["X"], Action::Cancel, "", "cancel the sweep: none waits any more, none gives a result"),
    bind(&["r"], Action::Run, "resume", "resume the sweep: queue all its runs that are not done"),
    bind(&["w"], Action::ShowQueue, "queue", SHOW_QUEUE),
    bind(&["J", "tab"], Action::DetailDown, "", "scroll what each setting does: down"),
    bind(&["K", "shift-tab"], Action::DetailUp, "", "scroll what each setting does: up"),
    bind(&["y"], Action::Yank, "", "yank: copy this sweep's name"),
];

const EXPERIMENTS: &[Binding] = &[
    bind(&["r"], Action::Run, "run", "run this experiment, or all that are marked"),
    bind(&["e"], Action::Edit, "edit", "edit this experiment here, checked as you type"),
    bind(&["n"], Action::New, "new", "new experiment from a folder of photos"),
    bind(&["enter"], Action::Enter, "runs", "show the runs of this experiment"),
    bind(&["space"], Action::Mark, "", "mark or unmark this experiment; 'run' uses the marked"),
    bind(&["w"], Action::ShowQueue, "queue", SHOW_QUEUE),
    bind(
        &["gs"],
        Action::ShowSweep,
        "sweep",
        "go to the newest sweep of this experiment: the best values by validation",
    ),
    bind(&["D"], Action::Duplicate, "duplicate", "duplicate this experiment under a new name"),
    bind(
        &["M"],
        Action::Vary,
        "vary",
        "many values: ask for settings to vary, and write an experiment with a sweep of them",
    ),
    bind(&["d"], Action::Remove, "trash", "move this experiment to the trash; its runs stay"),
    bind(&["z"], Action::Undo, "", "undo: bring back the experiment that went to the trash last"),
    bind(
        &["/"],
        Action::Filter,
        "filter",
        "filter: words, key=value, key>value, has:key, AND OR NOT ( )",
    ),
    bind(&["J", "tab"], Action::DetailDown, "", "scroll what it would do: down"),
    bind(&["K", "shift-tab"], Action::DetailUp, "", "scroll what it would do: up"),
    bind(&["E"], Action::EditOutside, "", "edit this experiment in $VISUAL or $EDITOR"),
    bind(&["y"], Action::Yank, "", "yank: copy this experiment's name"),
    bind(&["Y"], Action::YankMore, "", "yank: copy the path of this experiment's file"),
    bind(&["R"], Action::Refresh, "", "refresh: read all again and count the photos again"),
];

/// Whole in itself: what holds everywhere is text here.
const EDITOR: &[Binding] = &[
    bind(&["ctrl-s"], Action::Save, "save", "save this experiment"),
    bind(&["ctrl-r"], Action::SaveAndRun, "run", "save this experiment and run it"),
    bind(&["tab", "ctrl-space"], Action::Complete, "complete", "complete this key or value"),
    bind(&["ctrl-g"], Action::NextMistake, "next mistake", "go to the next mistake"),
    bind(&["ctrl-f"], Action::Find, "find", "find text"),
    bind(&["esc"], Action::Back, "leave", "leave the editor; asks about unsaved changes"),
    bind(&["f1"], Action::Help, "help", "help: the keys of the editor"),
    bind(&["f3", "ctrl-n"], Action::FindNext, "", "find the next place"),
    bind(&["ctrl-b"], Action::FindBack, "", "find the place before"),
    bind(&["ctrl-z"], Action::Undo, "", "undo the last change"),
    bind(&["ctrl-y"], Action::Redo, "", "redo what was undone"),
    bind(&["alt-c"], Action::CopyText, "", "copy what is selected (shift and arrows select)"),
    bind(&["ctrl-x"], Action::Cut, "", "cut what is selected, else the line"),
    bind(&["ctrl-v"], Action::Paste, "", "paste what was cut or copied here"),
    bind(&["ctrl-a"], Action::SelectAll, "", "select the whole text"),
    bind(&["ctrl-e"], Action::EditOutside, "", "save and go on in $VISUAL or $EDITOR"),
    bind(&["ctrl-p"], Action::Palette, "", "palette: any action by its name"),
    bind(&["ctrl-c"], Action::Quit, "", "quit from anywhere; runs go on"),
    bind(&["ctrl-l"], Action::Repaint, "", "repaint the screen"),
];
