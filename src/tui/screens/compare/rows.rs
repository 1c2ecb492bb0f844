//! Rows of the comparison's table.

use std::collections::BTreeSet;

use crate::insight::Comparison;
use crate::spec::{in_effect, short_key, sort_by_telling};
use crate::store::Summary;
use crate::tui::screens::format;
use crate::words;

/// A fact of each run, in the order of the runs.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    pub values: Vec<String>,
}

/// Something that came out of a run, in words.
type Fact = (&'static str, fn(&Summary) -> Option<String>);

const FACTS: [Fact; 6] = [
    ("state", |summary| Some(format::state(summary.state).0)),
    ("test accuracy", |summary| summary.test.as_ref().map(format::test_accuracy)),
    ("validation", format::validation),
    ("test loss", |summary| Some(format!("{:.4}", summary.test.as_ref()?.log_loss))),
    ("duration", |summary| Some(words::duration(summary.seconds))),
    ("iterations", |summary| Some(format::iterations(summary))),
];

/// Behind these facts stand the comparisons with the run that is measured against.
const BEFORE_COMPARISONS: usize = 2;

/// How a run compares with the one that is measured against.
pub enum Against<'a> {
    /// It is that one.
    Itself,
    /// Nobody has looked yet.
    Unknown,
    /// Photo by photo; or why that cannot be.
    Known(&'a Result<Comparison, String>),
}

/// What came out, and with `against`, in the order of the runs, how they compare.
pub fn results(summaries: &[Option<&Summary>], against: Option<&[Against]>) -> Vec<Row> {
    let row = |(name, words): &Fact| {
        let value = |summary: &Option<&Summary>| summary.and_then(words).unwrap_or("-".into());
        Row { name: (*name).into(), values: summaries.iter().map(value).collect() }
    };
    let mut rows: Vec<Row> = FACTS.iter().map(row).collect();
    if let Some(against) = against {
        let row = |name: &str, words: fn(&Comparison) -> Option<String>| {
            let value = |against: &Against| match against {
                Against::Itself => "=".to_owned(),
                Against::Unknown => "…".to_owned(),
                Against::Known(Ok(compared)) => words(compared).unwrap_or("-".into()),
                Against::Known(Err(_)) => "not comparable".to_owned(),
            };
            Row { name: name.into(), values: against.iter().map(value).collect() }
        };
        let comparisons = [
            row("difference", format::against_baseline),
            row("fixed, broken", |compared| {
                let [fixed, broken, images] =
                    [compared.only_second_right, compared.only_first_right, compared.images()]
                        .map(words::grouped);
                Some(format!("{fixed}, {broken} of {images}"))
            }),
            row("chance", |compared| Some(compared.chance_in_words())),
        ];
        rows.splice(BEFORE_COMPARISONS..BEFORE_COMPARISONS, comparisons);
    }
    rows
}

/// Settings that differ in effect, or `all`; called without their table where that is clear.
pub fn settings(summaries: &[Option<&Summary>], all: bool) -> Vec<Row> {
    let keys: BTreeSet<&String> =
        summaries.iter().flatten().flat_map(|summary| summary.settings.keys()).collect();
    let differs = |key: &String| {
        let mut values =
            summaries.iter().map(|summary| summary.map(|found| in_effect(&found.settings, key)));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let mut keys: Vec<String> =
        keys.into_iter().filter(|key| all || differs(key)).cloned().collect();
    sort_by_telling(&mut keys);
    let value = |key: &String, summary: &Option<&Summary>| {
        let recorded = summary.and_then(|summary| summary.settings.get(key));
        recorded.map_or("-".to_owned(), |value| value.trim_matches('"').to_owned())
    };
    keys.iter()
        .map(|key| Row {
            name: short_key(key, &keys),
            values: summaries.iter().map(|summary| value(key, summary)).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::State;
    use crate::tui::testing::summary;

    #[test]
    fn settings_that_mean_the_same_are_no_difference_and_the_most_telling_come_first() {
        let one = summary(
            State::Done,
            &[("network.resize", "\"auto\""), ("split.seed", "1"), ("learning_rate", "0.1")],
        );
        let other = summary(
            State::Done,
            &[("network.resize", "\"antialias\""), ("split.seed", "2"), ("learning_rate", "0.2")],
        );
        let names = |all| -> Vec<String> {
            settings(&[Some(&one), Some(&other)], all).into_iter().map(|row| row.name).collect()
        };
        assert_eq!(names(false), ["rate", "seed"]);
        assert_eq!(names(true), ["rate", "resize", "seed"]);
    }

    #[test]
    fn runs_are_measured_photo_by_photo_and_where_they_cannot_be_that_is_said() {
        let summary = summary(State::Done, &[]);
        let compared = Ok(Comparison {
            both_right: 70,
            only_first_right: 9,
            only_second_right: 13,
            both_wrong: 7,
        });
        let refused = Err("they tested no photo in common".to_owned());
        let against = [
            Against::Itself,
            Against::Known(&compared),
            Against::Known(&refused),
            Against::Unknown,
        ];
        let rows = results(&[Some(&summary), Some(&summary), None, None], Some(&against));
        let row = |name: &str| &rows.iter().find(|row| row.name == name).unwrap().values;
        assert_eq!(row("difference")[..2], ["=", "+4.0 (-5.5 to +13.8)"]);
        assert_eq!(row("fixed, broken")[1..], ["13, 9 of 99", "not comparable", "…"]);
        assert_eq!(row("chance")[1], "p = 0.52");
        assert_eq!(row("test accuracy")[1..3], ["94.4% (88.9-97.3)", "-"]);
        assert_eq!(results(&[Some(&summary)], None).len(), FACTS.len());
    }
}
