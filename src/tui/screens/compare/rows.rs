//! Rows of the comparison's table.

use std::collections::BTreeSet;

use crate::store::Summary;
use crate::tui::screens::format;
use crate::words;

/// A fact of each run, in the order of the runs.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    pub values: Vec<String>,
}

/// Something that came out of a run.
struct Fact {
    name: &'static str,
    words: fn(&Summary) -> Option<String>,
    /// What is compared with the baseline's, and how the difference is written.
    number: fn(&Summary) -> Option<f64>,
    difference: fn(f64) -> String,
}

const FACTS: [Fact; 6] = [
    Fact {
        name: "state",
        words: |summary| Some(format::state(summary.state).0),
        number: |_| None,
        difference: format::points,
    },
    Fact {
        name: "test accuracy",
        words: |summary| summary.test.as_ref().map(format::test_accuracy),
        number: |summary| Some(summary.test.as_ref()?.accuracy),
        difference: format::points,
    },
    Fact {
        name: "best validation",
        words: |summary| Some(format::at_step(summary.validation_accuracy?, summary.best_step?)),
        number: |summary| summary.validation_accuracy,
        difference: format::points,
    },
    Fact {
        name: "test loss",
        words: |summary| Some(format!("{:.4}", summary.test.as_ref()?.log_loss)),
        number: |summary| Some(summary.test.as_ref()?.log_loss),
        difference: |difference| format!("{difference:+.4}"),
    },
    Fact {
        name: "duration",
        words: |summary| Some(words::duration(summary.seconds)),
        number: |summary| Some(summary.seconds),
        difference: |difference| format!("{difference:+.1} s"),
    },
    Fact {
        name: "iterations",
        words: |summary| Some(format::iterations(summary)),
        number: |_| None,
        difference: format::points,
    },
];

/// What came out; where it is a number, with its difference from the baseline's.
pub fn results(summaries: &[Option<&Summary>], baseline: Option<usize>) -> Vec<Row> {
    let row = |fact: Fact| {
        let base = baseline.and_then(|at| summaries[at]).and_then(fact.number);
        let value = |(at, summary): (usize, &Option<&Summary>)| {
            let Some(text) = summary.and_then(fact.words) else { return "-".into() };
            match (base, summary.and_then(fact.number)) {
                (Some(base), Some(own)) if baseline != Some(at) => {
                    format!("{text} {}", (fact.difference)(own - base))
                }
                _ => text,
            }
        };
        Row { name: fact.name.into(), values: summaries.iter().enumerate().map(value).collect() }
    };
    FACTS.map(row).into()
}

/// Settings that differ, or `all`.
pub fn settings(summaries: &[Option<&Summary>], all: bool) -> Vec<Row> {
    let keys: BTreeSet<&String> =
        summaries.iter().flatten().flat_map(|summary| summary.settings.keys()).collect();
    let row = |key: &String| {
        let value = |summary: &Option<&Summary>| {
            summary.and_then(|summary| summary.settings.get(key)).cloned().unwrap_or("-".into())
        };
        Row { name: key.clone(), values: summaries.iter().map(value).collect() }
    };
    let differs = |row: &Row| row.values.iter().any(|value| *value != row.values[0]);
    keys.into_iter().map(row).filter(|row| all || differs(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::State;
    use crate::tui::testing::summary;

    #[test]
    fn differences_from_the_baseline_stand_behind_the_numbers_of_the_others() {
        let (base, mut other) = (summary(State::Done, &[]), summary(State::Done, &[]));
        other.test.as_mut().unwrap().accuracy = 0.96;
        let rows = results(&[Some(&base), Some(&other), None], Some(0));
        let accuracy = rows.iter().find(|row| row.name == "test accuracy").unwrap();
        assert_eq!(accuracy.values[0], "94.4% (88.9-97.3)");
        assert_eq!(accuracy.values[1], "96.0% (88.9-97.3) +1.6");
        assert_eq!(accuracy.values[2], "-");
    }
}
