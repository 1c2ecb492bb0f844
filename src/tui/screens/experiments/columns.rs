//! The columns of the table of experiments, and what stands in them.

use std::sync::LazyLock;

use jiff::tz::TimeZone;

use super::facts::Facts;
use crate::query::{self, Found, Key, Keys, Kind, folded_contains, setting, setting_keys};
use crate::spec::FIELDS;
use crate::store::State;
use crate::tui::experiments::{Check, Counting, KnownExperiment};
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

/// States of an experiment that no run has.
const NEVER_RUN: &str = "never run";
const MISTAKES: &str = "mistakes";

pub fn all() -> Vec<Column> {
    let column = |key, title: &str, width, align| Column::new(key, width, align).titled(title);
    vec![
        column(NAME, "experiment", 16, Align::Left).filling(),
        column(STATE, "state", 11, Align::Left),
        column(BEST, "best test", 9, Align::Right),
        column(LAST, "last test", 9, Align::Right),
        column(WHEN, "when", 16, Align::Left),
        column(RUNS, "runs", 4, Align::Right),
        column(PHOTOS, "photos by category", 30, Align::Left),
        column(DESCRIPTION, "description", 30, Align::Left).filling(),
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
            (Check::Good(_), None) => NEVER_RUN,
            _ => MISTAKES,
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

    /// In all categories, as far as they are known.
    fn photo_count(&self) -> Option<usize> {
        Some(self.counting?.totals().iter().map(|(_, count)| count).sum())
    }

    /// Those that it names, else the folders that were found.
    fn categories(&self) -> Vec<String> {
        match self.known.experiment() {
            Some(experiment) if !experiment.categories.is_empty() => experiment.categories.clone(),
            _ => self
                .counting
                .map_or_else(Vec::new, Counting::totals)
                .into_iter()
                .map(|(name, _)| name)
                .collect(),
        }
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
            PHOTOS => Some(self.photo_count()?.to_string()),
            _ => Some(self.description().to_lowercase()).filter(|text| !text.is_empty()),
        }
    }
}

/// What an experiment can be filtered by.
pub fn keys() -> &'static Keys {
    static KEYS: LazyLock<Keys> = LazyLock::new(|| {
        let states = [NEVER_RUN, MISTAKES].into_iter().chain(State::ALL.map(State::name));
        let states = Kind::Words(states.map(str::to_owned).collect());
        let mut keys = vec![
            Key::new("name", Kind::Text, "its name").or(&["experiment"]),
            Key::new("state", states, "what its newest run is"),
            Key::new("best", Kind::Percent, "best test accuracy of its runs")
                .or(&["test", "accuracy"]),
            Key::new("last", Kind::Percent, "test accuracy of its newest result"),
            Key::new("when", Kind::Time, "when its newest run was made").or(&["created"]),
            Key::new("age", Kind::Age, "how long ago that was"),
            Key::new("runs", Kind::Number, "how many runs it has"),
            Key::new("category", Kind::List, "one of its categories"),
            Key::new("photos", Kind::Number, "photos in all categories"),
        ];
        keys.extend(setting_keys());
        Keys::new(keys)
    });
    &KEYS
}

impl query::Row for Row<'_> {
    fn value(&self, key: &'static str) -> Found<'_> {
        let facts = self.facts;
        match key {
            "name" => Found::text(&self.known.name),
            "state" => Found::text(self.state_name()),
            "best" => Found::number(facts.and_then(|facts| facts.best)),
            "last" => Found::number(facts.and_then(|facts| facts.last)),
            "when" | "age" => {
                facts.and_then(|facts| facts.when).map_or(Found::Nothing, Found::Time)
            }
            "runs" => Found::Number(facts.map_or(0, |facts| facts.runs) as f64),
            "category" => match self.categories() {
                names if names.is_empty() => Found::Nothing,
                names => Found::List(names.into()),
            },
            "photos" => Found::number(self.photo_count().map(|count| count as f64)),
            key => {
                let field = FIELDS.iter().find(|field| field.key == key);
                let Some((field, experiment)) = field.zip(self.known.experiment()) else {
                    return Found::Nothing;
                };
                match field.belongs_to(experiment) {
                    true => setting(&field.get(experiment).to_toml()).into_owned(),
                    false => Found::Nothing,
                }
            }
        }
    }

    fn contains(&self, word: &str) -> bool {
        folded_contains(&self.known.name, word)
            || folded_contains(self.description(), word)
            || folded_contains(&self.photos(), word)
            || self.state_name().contains(word)
    }
}
