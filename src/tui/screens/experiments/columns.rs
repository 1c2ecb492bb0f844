//! The columns of the table of experiments, and what stands in them.

use jiff::tz::TimeZone;

use super::facts::Facts;
use crate::store::State;
use crate::tui::experiments::{Check, Counting, KnownExperiment};
use crate::tui::filter::Filterable;
use crate::tui::screens::format;
use crate::tui::theme::Role;
use crate::tui::widgets::{Align, Cell, Column};
use crate::words;

pub const NAME: &str = "name";
const STATE: &str = "state";
const BEST: &str = "best";
const LAST: &str = "last";
const RUNS: &str = "runs";
const PHOTOS: &str = "photos";
const WHEN: &str = "when";
const DESCRIPTION: &str = "description";

pub fn all() -> Vec<Column> {
    let column = |key: &str, title: &str, width, align| Column {
        key: key.into(),
        title: title.into(),
        width,
        fills: key == DESCRIPTION || key == NAME,
        align,
    };
    vec![
        column(NAME, "experiment", 16, Align::Left),
        column(STATE, "state", 11, Align::Left),
        column(BEST, "best test", 9, Align::Right),
        column(LAST, "last test", 9, Align::Right),
        column(WHEN, "when", 16, Align::Left),
        column(RUNS, "runs", 4, Align::Right),
        column(PHOTOS, "photos by category", 30, Align::Left),
        column(DESCRIPTION, "description", 30, Align::Left),
    ]
}

/// An experiment with all that is known of it.
pub struct Row<'a> {
    pub known: &'a KnownExperiment,
    pub facts: Option<&'a Facts>,
    pub counting: Option<&'a Counting>,
}

impl Row<'_> {
    pub fn cell(&self, key: &str, zone: &TimeZone) -> Cell {
        let text = |text: String| Cell { text, role: Role::Text };
        let accuracy = |share: Option<f64>| text(share.map_or(String::new(), words::percent));
        match key {
            NAME => text(self.known.name.clone()),
            STATE => {
                let (text, role) = self.state();
                Cell { text, role }
            }
            BEST => accuracy(self.facts.and_then(|facts| facts.best)),
            LAST => accuracy(self.facts.and_then(|facts| facts.last)),
            WHEN => {
                let when = self.facts.and_then(|facts| facts.when);
                text(when.map_or(String::new(), |when| format::time(when, zone)))
            }
            RUNS => text(self.facts.map_or(String::new(), |facts| words::grouped(facts.runs))),
            PHOTOS => text(self.photos()),
            _ => match self.known.problem() {
                Some(problem) => Cell { text: problem, role: Role::Bad },
                None => text(self.description().to_owned()),
            },
        }
    }

    /// A broken file says so, whatever its runs were.
    fn state(&self) -> (String, Role) {
        match (&self.known.check, self.facts.and_then(|facts| facts.state)) {
            (Check::Broken(_), _) => ("✗ mistakes".into(), Role::Bad),
            (Check::Unreadable(_), _) => ("✗ unread".into(), Role::Bad),
            (Check::Good(_), Some(state)) => format::state(state),
            (Check::Good(_), None) => ("○ never run".into(), Role::Dim),
        }
    }

    fn state_name(&self) -> &'static str {
        match (&self.known.check, self.facts.and_then(|facts| facts.state)) {
            (Check::Good(_), Some(state)) => State::name(state),
            (Check::Good(_), None) => "never run",
            _ => "mistakes",
        }
    }

    fn description(&self) -> &str {
        self.known.experiment().map_or("", |experiment| &experiment.description)
    }

    /// `fire 120, smoke 80`; without the numbers as long as they are not known.
    fn photos(&self) -> String {
        let Some(experiment) = self.known.experiment() else { return String::new() };
        let counted = self.counting.map_or_else(Vec::new, Counting::totals);
        let parts: Vec<String> = match counted.is_empty() {
            true => experiment.categories.clone(),
            false => counted
                .iter()
                .map(|(name, count)| format!("{name} {}", words::grouped(*count)))
                .collect(),
        };
        parts.join(", ")
    }

    /// What it is sorted by; `None` comes last.
    pub fn sort_text(&self, key: &str) -> Option<String> {
        let number = |number: Option<f64>| number.map(|number| number.to_string());
        match key {
            NAME => Some(self.known.name.to_lowercase()),
            STATE => Some(self.state_name().to_owned()),
            BEST => number(self.facts?.best),
            LAST => number(self.facts?.last),
            WHEN => self.facts?.when.map(|when| when.to_string()),
            RUNS => Some(self.facts?.runs.to_string()),
            PHOTOS => {
                let counted = self.counting?.totals();
                Some(counted.iter().map(|(_, count)| count).sum::<usize>().to_string())
            }
            _ => Some(self.description().to_lowercase()).filter(|text| !text.is_empty()),
        }
    }
}

impl Filterable for Row<'_> {
    fn value(&self, key: &str) -> Option<String> {
        let percent = |share: Option<f64>| share.map(|share| (share * 100.0).to_string());
        match key {
            "name" | "experiment" => Some(self.known.name.to_lowercase()),
            "state" => Some(self.state_name().to_owned()),
            "best" | "test" => percent(self.facts?.best),
            "last" => percent(self.facts?.last),
            "runs" => Some(self.facts.map_or(0, |facts| facts.runs).to_string()),
            "category" | "categories" => Some(self.photos().to_lowercase()),
            key => {
                let names = |name: &str| name == key || name.rsplit('.').next() == Some(key);
                let settings = crate::spec::settings(self.known.experiment()?);
                let found = settings.into_iter().find(|(name, _)| names(name));
                found.map(|(_, value)| value.trim_matches('"').to_lowercase())
            }
        }
    }

    fn contains(&self, word: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(word);
        has(&self.known.name)
            || has(self.description())
            || has(&self.photos())
            || self.state_name().contains(word)
    }
}
