//! Keys of many screens.

use super::{Binding, bind};
use crate::tui::keys::action::Action;

pub(super) const EVERYWHERE: &[Binding] = &[
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

pub(super) const LIST: &[Binding] = &[
    bind(&["j", "down"], Action::Down, "", "one down"),
    bind(&["k", "up"], Action::Up, "", "one up"),
    bind(&["ctrl-d"], Action::HalfDown, "", "half a page down"),
    bind(&["ctrl-u"], Action::HalfUp, "", "half a page up"),
    bind(&["pgdn"], Action::PageDown, "", "a page down"),
    bind(&["pgup"], Action::PageUp, "", "a page up"),
    bind(&["gg", "home"], Action::First, "", "to the first"),
    bind(&["G", "end"], Action::Last, "", "to the last"),
];

pub(super) const COLUMNS: &[Binding] = &[
    bind(&["h", "left"], Action::ColumnLeft, "", "choose the column to the left"),
    bind(&["l", "right"], Action::ColumnRight, "", "choose the column to the right"),
    bind(&["-"], Action::HideColumn, "", "hide the chosen column"),
    bind(&["gv"], Action::ShowColumns, "", "show all columns again"),
    bind(&["<"], Action::Narrower, "", "make the chosen column narrower"),
    bind(&[">"], Action::Wider, "", "make the chosen column wider"),
];

pub(super) const SORT: &[Binding] = &[
    bind(&["s"], Action::SortUp, "sort", "sort by the chosen column, smallest first"),
    bind(&["S"], Action::SortDown, "", "sort by the chosen column, largest first"),
];

pub(super) const MARKS: &[Binding] = &[
    bind(&["*"], Action::MarkAll, "", "mark all rows shown, or unmark them again"),
    bind(&["v"], Action::MarkRange, "", "range: mark to the cursor; again ends it, esc cancels it"),
];
