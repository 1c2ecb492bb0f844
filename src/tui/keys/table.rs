//! The key table. Order within a context is the order in footer and help.

use super::{Action, Binding, Context};
use crate::tui::screens::Tab;

/// Rows by context.
pub const TABLE: &[(Context, &[Binding])] = &[
    (Context::Everywhere, EVERYWHERE),
    (Context::List, LIST),
    (Context::Columns, COLUMNS),
    (Context::Sort, SORT),
    (Context::Runs, RUNS),
    (Context::Compare, COMPARE),
    (Context::Live, LIVE),
];

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
    bind(&["2"], Action::Go(Tab::Live), "", "go to Live: the newest running run"),
    bind(&["3"], Action::Go(Tab::Runs), "", "go to Runs: all runs and their results"),
    bind(&["@"], Action::ShowLog, "", "log: every message and error so far"),
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

const RUNS: &[Binding] = &[
    bind(&["enter"], Action::Enter, "open", "open this run"),
    bind(&["/"], Action::Filter, "filter", "filter: words, key=value, key>value, NOT word"),
    bind(&["space"], Action::Mark, "mark", "mark or unmark this run; actions use the marked"),
    bind(&["c"], Action::Compare, "compare", "compare the marked runs side by side"),
    bind(&["x"], Action::Stop, "stop", "stop this run after its iteration, keep the result"),
    bind(&["X"], Action::Cancel, "", "cancel this run without a result"),
    bind(&["d"], Action::Trash, "trash", "move to the trash"),
    bind(&["r"], Action::Rerun, "rerun", "run this run's experiment file again"),
    bind(&["z"], Action::Undo, "", "undo: bring back what went to the trash last"),
    bind(&["p"], Action::Pin, "", "pin as the baseline that others are measured against"),
    bind(&["u"], Action::OnlyDifferent, "", "show all settings, or only those that differ"),
    bind(&["t"], Action::EditTags, "", "tags: edit this run's, with spaces between"),
    bind(&["N"], Action::EditNote, "", "note: edit this run's"),
    bind(&["y"], Action::YankId, "", "yank: copy this run's name"),
    bind(&["Y"], Action::YankPath, "", "yank: copy the path of this run's folder"),
    bind(&["o"], Action::OpenWorkerLog, "", "open the worker's log in $VISUAL or $EDITOR"),
    bind(&["R"], Action::Refresh, "", "refresh: read all runs again"),
];

const COMPARE: &[Binding] = &[
    bind(&["t"], Action::OtherSet, "train/validation", "curves of training or of validation"),
    bind(&["a"], Action::OtherChart, "accuracy", "show accuracy or loss, where only one fits"),
    bind(&["L"], Action::LogScale, "log scale", "logarithmic or linear scale of the loss"),
    bind(&["p"], Action::Pin, "baseline", "pin the chosen column's run as the baseline"),
    bind(&["u"], Action::OnlyDifferent, "all", "show all settings, or only those that differ"),
    bind(&["y"], Action::YankId, "", "yank: copy the names of these runs"),
];

const LIVE: &[Binding] = &[
    bind(&["x"], Action::Stop, "stop", "stop this run after its iteration, keep the result"),
    bind(&["X"], Action::Cancel, "cancel", "cancel this run without a result"),
    bind(&["h", "left"], Action::CursorLeft, "cursor", "read the values at an earlier iteration"),
    bind(&["l", "right"], Action::CursorRight, "", "read the values at a later iteration"),
    bind(&["b"], Action::CursorFarLeft, "", "the cursor ten times as far to the left"),
    bind(&["w"], Action::CursorFarRight, "", "the cursor ten times as far to the right"),
    bind(&["f"], Action::ToNewest, "follow", "no cursor: move with the newest iteration"),
    bind(&["+"], Action::Smoother, "smooth", "smooth the training curves more"),
    bind(&["-"], Action::Rougher, "", "smooth the training curves less"),
    bind(&["0"], Action::Unsmoothed, "", "show the training curves as they are"),
    bind(&["z"], Action::ZoomIn, "zoom", "zoom in, around the cursor if there is one"),
    bind(&["Z"], Action::ZoomOut, "", "zoom out"),
    bind(&["L"], Action::LogScale, "log scale", "logarithmic or linear scale of the loss"),
    bind(&["a"], Action::OtherChart, "accuracy", "show accuracy or loss, where only one fits"),
    bind(&["r"], Action::Rerun, "", "run this run's experiment file again"),
    bind(&["["], Action::PreviousRun, "", "the run before this one"),
    bind(&["]"], Action::NextRun, "", "the run after this one"),
    bind(&["o"], Action::OpenWorkerLog, "log", "open the worker's log in $VISUAL or $EDITOR"),
    bind(&["y"], Action::YankId, "", "yank: copy this run's name"),
];
