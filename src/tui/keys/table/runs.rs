//! Keys of the screens about experiments and runs.

use super::texts::{
    EXPLAIN_CHANGE, OTHER_NETWORK, PAUSE, REPORT, RERUN, RESUME, SHOW_GROWTH, SHOW_KINDS,
    SHOW_LABELS, SHOW_MAP, SHOW_QUEUE, SHOW_SWEEP,
};
use super::{Binding, bind};
use crate::tui::keys::action::Action;

pub(super) const RUNS: &[Binding] = &[
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
    bind(&["gw"], Action::ShowGrowth, "", SHOW_GROWTH),
    bind(&["o"], Action::OpenOutside, "", "open the worker's log in $VISUAL or $EDITOR"),
    bind(
        &["O"],
        Action::Report,
        "",
        "out: write a report of this run, or of the marked, as a page",
    ),
    bind(&["R"], Action::Refresh, "", "refresh: read all runs again"),
];

pub(super) const COMPARE: &[Binding] = &[
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

pub(super) const LIVE: &[Binding] = &[
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
    bind(&["gw"], Action::ShowGrowth, "", SHOW_GROWTH),
    bind(&["A"], Action::Rerun, "", RERUN),
    bind(&["B"], Action::OtherNetwork, "", OTHER_NETWORK),
    bind(&["w"], Action::ShowQueue, "", SHOW_QUEUE),
    bind(&["["], Action::PreviousRun, "", "the run before this one"),
    bind(&["]"], Action::NextRun, "", "the run after this one"),
    bind(&["o"], Action::OpenOutside, "log", "open the worker's log in $VISUAL or $EDITOR"),
    bind(&["O"], Action::Report, "", REPORT),
    bind(&["y"], Action::Yank, "", "yank: copy this run's name"),
];

pub(super) const CHANGE: &[Binding] =
    &[bind(&["y"], Action::Yank, "copy", "yank: copy the change in a sentence")];

pub(super) const QUEUE: &[Binding] = &[
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

pub(super) const SWEEP: &[Binding] = &[
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

pub(super) const EXPERIMENTS: &[Binding] = &[
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
pub(super) const EDITOR: &[Binding] = &[
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
