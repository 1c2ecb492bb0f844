//! Rows of the comparison's table.

use std::collections::{BTreeMap, BTreeSet};

use crate::insight::Comparison;
use crate::spec::{in_effect, short_key, sort_by_telling};
use crate::store::Summary;
use crate::tui::compared::ComparedMeans;
use crate::tui::screens::format;
use crate::tui::screens::several::Several;
use crate::words;

/// A fact of each column's runs, in the order of the columns.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    pub values: Vec<String>,
}

/// Something that came out of one run, in words; and of repeats.
type Fact = (&'static str, fn(&Summary) -> Option<String>, fn(&Several) -> Option<String>);

const FACTS: [Fact; 6] = [
    ("state", |run| Some(format::state(run.state).0), |all| Some(all.state.0.clone())),
    ("test accuracy", |run| run.test.as_ref().map(format::test_accuracy), Several::accuracy),
    ("validation", format::validation, Several::validation),
    ("test loss", |run| Some(format!("{:.4}", run.test.as_ref()?.log_loss)), Several::loss),
    (
        "duration",
        |run| Some(words::duration(run.seconds)),
        |all| Some(words::duration(all.seconds)),
    ),
    ("iterations", |run| Some(format::iterations(run)), |all| Some(all.iterations())),
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
    /// The means of repeats; or why that cannot be.
    Means(&'a Result<ComparedMeans, String>),
    /// One is a run and the other is several.
    Unlike,
}

type Settings = BTreeMap<String, String>;

/// What came out, of each column's runs, and with `against`, in the order of the columns, how they
/// compare.
pub fn results(columns: &[Vec<&Summary>], against: Option<&[Against]>) -> Vec<Row> {
    let row = |(name, of_one, of_several): &Fact| {
        let value = |runs: &Vec<&Summary>| match runs[..] {
            [] => None,
            [run] => of_one(run),
            _ => of_several(&Several::of(runs)),
        };
        let values = columns.iter().map(|runs| value(runs).unwrap_or("-".into()));
        Row { name: (*name).into(), values: values.collect() }
    };
    let mut rows: Vec<Row> = FACTS.iter().map(row).collect();
    if let Some(against) = against {
        type OfMeans = fn(&ComparedMeans) -> Option<String>;
        let row = |name: &str, words: fn(&Comparison) -> Option<String>, of_means: OfMeans| {
            let value = |against: &Against| match against {
                Against::Itself => "=".to_owned(),
                Against::Unknown => "…".to_owned(),
                Against::Known(Ok(compared)) => words(compared).unwrap_or("-".into()),
                Against::Means(Ok(compared)) => of_means(compared).unwrap_or("-".into()),
                Against::Known(Err(_)) | Against::Means(Err(_)) | Against::Unlike => {
                    "not comparable".to_owned()
                }
            };
            Row { name: name.into(), values: against.iter().map(value).collect() }
        };
        let comparisons = [
            row("difference", format::against_baseline, |means| {
                Some(means.difference.difference_in_brief())
            }),
            row(
                "fixed, broken",
                |compared| {
                    let [fixed, broken, images] =
                        [compared.only_second_right, compared.only_first_right, compared.images()]
                            .map(words::grouped);
                    Some(format!("{fixed}, {broken} of {images}"))
                },
                |_| None,
            ),
            row(
                "chance",
                |compared| Some(compared.chance_in_words()),
                |means| Some(means.difference.chance_in_words()),
            ),
        ];
        rows.splice(BEFORE_COMPARISONS..BEFORE_COMPARISONS, comparisons);
    }
    rows
}

/// Settings that differ in effect, or `all`; called without their table where that is clear.
pub fn settings(columns: &[Settings], all: bool) -> Vec<Row> {
    let keys: BTreeSet<&String> = columns.iter().flat_map(BTreeMap::keys).collect();
    let differs = |key: &String| {
        let mut values = columns.iter().map(|settings| match settings.is_empty() {
            true => None,
            false => Some(in_effect(settings, key)),
        });
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let mut keys: Vec<String> =
        keys.into_iter().filter(|key| all || differs(key)).cloned().collect();
    sort_by_telling(&mut keys);
    let value = |key: &String, settings: &Settings| {
        let recorded = settings.get(key);
        recorded.map_or("-".to_owned(), |value| value.trim_matches('"').to_owned())
    };
    keys.iter()
        .map(|key| Row {
            name: short_key(key, &keys),
            values: columns.iter().map(|settings| value(key, settings)).collect(),
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
            settings(&[one.settings.clone(), other.settings.clone()], all)
                .into_iter()
                .map(|row| row.name)
                .collect()
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
        let columns = [vec![&summary], vec![&summary], vec![], vec![]];
        let rows = results(&columns, Some(&against));
        let row = |name: &str| &rows.iter().find(|row| row.name == name).unwrap().values;
        assert_eq!(row("difference")[..2], ["=", "+4.0 (-5.5 to +13.8)"]);
        assert_eq!(row("fixed, broken")[1..], ["13, 9 of 99", "not comparable", "…"]);
        assert_eq!(row("chance")[1], "p = 0.52");
        assert_eq!(row("test accuracy")[1..3], ["94.4% (88.9-97.3)", "-"]);
        assert_eq!(results(&[vec![&summary]], None).len(), FACTS.len());
    }
}
