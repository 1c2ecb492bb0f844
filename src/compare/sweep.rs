//! The runs of a sweep: which values did best, chosen by validation.

use std::collections::BTreeMap;

use super::repeats::SEEDS;
use crate::spec::FIELDS;
use crate::store::{RunFolder, Summary, TestResult};

/// What a sweep has found so far.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepResult {
    /// The name that its runs carry.
    pub group: String,
    /// Its runs, those without a result too.
    pub runs: usize,
    /// Keys of the settings that differ between them, in the order of the table of fields.
    pub keys: Vec<String>,
    /// Combinations of values that have a result, the best validation first.
    pub combinations: Vec<Combination>,
}

/// Values, and what the runs with them came to: one, or as many as there are repeats.
#[derive(Clone, Debug, PartialEq)]
pub struct Combination {
    /// One for each key, as written in TOML.
    pub values: Vec<String>,
    /// Mean validation accuracy of the heads that were kept, 0 to 1.
    pub validation_accuracy: f64,
    /// Mean validation loss of these.
    pub validation_loss: f64,
    /// Names of the runs with their results.
    pub runs: Vec<(String, TestResult)>,
}

/// A value of a setting, over all combinations that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// As written in TOML.
    pub value: String,
    /// Mean validation accuracy, 0 to 1.
    pub mean: f64,
    /// Combinations.
    pub n: usize,
}

impl Effect {
    /// The value, where it is a number.
    pub fn number(&self) -> Option<f64> {
        self.value.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

impl SweepResult {
    /// Takes the runs of a group together.
    pub fn of(group: &str, runs: &[(&RunFolder, &Summary)]) -> SweepResult {
        let summaries: Vec<&Summary> = runs.iter().map(|(_, summary)| *summary).collect();
        let keys = differing(&summaries);
        let mut found: BTreeMap<Vec<String>, Vec<(&RunFolder, &Summary)>> = BTreeMap::new();
        let has_result = |run: &&(_, &Summary)| run.1.kept.is_some() && run.1.test.is_some();
        for &(run, summary) in runs.iter().filter(has_result) {
            found.entry(values(&keys, summary)).or_default().push((run, summary));
        }
        let mut combinations: Vec<Combination> =
            found.into_iter().map(|(values, runs)| combination(values, &runs)).collect();
        combinations.sort_by(|a, b| {
            let by_accuracy = b.validation_accuracy.total_cmp(&a.validation_accuracy);
            by_accuracy.then(a.validation_loss.total_cmp(&b.validation_loss))
        });
        SweepResult { group: group.to_owned(), runs: runs.len(), keys, combinations }
    }

    /// The values of a run of the sweep, one for each key.
    pub fn values(&self, summary: &Summary) -> Vec<String> {
        values(&self.keys, summary)
    }

    /// What each value of a setting comes to on the mean, in the order of the numbers, or of the text.
    pub fn effects(&self, key: usize) -> Vec<Effect> {
        let mut found: Vec<Effect> = Vec::new();
        for combination in &self.combinations {
            let (value, accuracy) = (&combination.values[key], combination.validation_accuracy);
            match found.iter_mut().find(|effect| effect.value == *value) {
                Some(effect) => {
                    effect.mean += accuracy;
                    effect.n += 1;
                }
                None => found.push(Effect { value: value.clone(), mean: accuracy, n: 1 }),
            }
        }
        found.iter_mut().for_each(|effect| effect.mean /= effect.n as f64);
        let number = |effect: &Effect| effect.number().unwrap_or(f64::INFINITY);
        found.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.value.cmp(&b.value)));
        found
    }
}

fn values(keys: &[String], summary: &Summary) -> Vec<String> {
    keys.iter().map(|key| value(summary, key).to_owned()).collect()
}

/// As written in TOML; `-` where the run has no setting of that name.
fn value<'a>(summary: &'a Summary, key: &str) -> &'a str {
    summary.settings.get(key).map_or("-", String::as_str)
}

/// Settings that differ, without the seeds unless nothing else does: runs that differ in these alone
/// are repeats of one combination.
fn differing(summaries: &[&Summary]) -> Vec<String> {
    let differs = |key: &&str| {
        let mut values = summaries.iter().map(|summary| value(summary, key));
        values.next().is_some_and(|first| values.any(|other| other != first))
    };
    let keys = FIELDS.iter().map(|field| field.key).filter(differs);
    let (seeds, others): (Vec<&str>, Vec<&str>) = keys.partition(|key| SEEDS.contains(key));
    let keys = if others.is_empty() { seeds } else { others };
    keys.into_iter().map(str::to_owned).collect()
}

fn combination(values: Vec<String>, runs: &[(&RunFolder, &Summary)]) -> Combination {
    let kept: Vec<_> = runs.iter().filter_map(|(_, summary)| summary.kept).collect();
    let mean = |numbers: &dyn Fn(usize) -> f64| {
        (0..kept.len()).map(numbers).sum::<f64>() / kept.len() as f64
    };
    Combination {
        values,
        validation_accuracy: mean(&|at| kept[at].accuracy),
        validation_loss: mean(&|at| kept[at].loss),
        runs: runs
            .iter()
            .filter_map(|(run, summary)| Some((run.id(), summary.test.clone()?)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{KeptValidation, Run};

    fn run(settings: &[(&str, &str)], accuracy: Option<f64>) -> (RunFolder, Summary) {
        let run = Run {
            settings: settings.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            ..Run::default()
        };
        let kept =
            accuracy.map(|accuracy| KeptValidation { step: 1, accuracy, loss: 1.0 - accuracy });
        let test = accuracy.map(|accuracy| TestResult { accuracy, ..TestResult::half() });
        (RunFolder::at("runs/x"), Summary { kept, test, ..run.summary() })
    }

    #[test]
    fn combinations_are_ordered_by_validation_and_repeats_are_one() {
        let of = |rate, batch, seed, accuracy| {
            run(
                &[("learning_rate", rate), ("train.batch_size", batch), ("train.seed", seed)],
                accuracy,
            )
        };
        let runs = [
            of("0.1", "32", "0", Some(0.8)),
            of("0.1", "32", "1", Some(0.9)),
            of("0.01", "32", "0", Some(0.5)),
            of("0.1", "100", "0", Some(0.9)),
            of("0.01", "100", "0", None),
        ];
        let of_sweep = |runs: &[(RunFolder, Summary)]| {
            let runs: Vec<(&RunFolder, &Summary)> = runs.iter().map(|(a, b)| (a, b)).collect();
            SweepResult::of("g", &runs)
        };
        let found = of_sweep(&runs);
        assert_eq!(
            (found.runs, &found.keys[..]),
            (5, &["learning_rate".into(), "train.batch_size".into()][..])
        );
        let order: Vec<(&[String], usize)> =
            found.combinations.iter().map(|one| (&one.values[..], one.runs.len())).collect();
        let values = |rate: &str, batch: &str| [rate.to_owned(), batch.to_owned()];
        assert_eq!(
            order,
            [
                (&values("0.1", "100")[..], 1),
                (&values("0.1", "32")[..], 2),
                (&values("0.01", "32")[..], 1)
            ]
        );
        let effects = found.effects(0);
        assert_eq!((effects[0].value.as_str(), effects[1].value.as_str()), ("0.01", "0.1"));
        assert!((effects[1].mean - 0.875).abs() < 1e-12 && effects[1].n == 2);
        // Where nothing but the seed is swept it is the setting that differs.
        let seeds = of_sweep(&[of("0.1", "32", "0", Some(0.8)), of("0.1", "32", "1", None)]);
        assert_eq!(seeds.keys, ["train.seed"]);
    }
}
