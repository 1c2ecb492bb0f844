//! Runs that differ in nothing but their seeds: one question, asked of several splits.

use std::collections::BTreeMap;

use crate::insight::Resampled;
use crate::spec::changes_results;
use crate::store::{RunFolder, Summary};
use crate::words::{counted, percent, points};

const TRAIN_SEED: &str = "train.seed";
const SPLIT_SEED: &str = "split.seed";

/// What differs between repeats.
pub const SEEDS: [&str; 2] = [TRAIN_SEED, SPLIT_SEED];

/// A run of several that differ only in their seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeat {
    /// Its name.
    pub id: String,
    /// Of the training, and of the split where it is drawn by a seed; as written in TOML.
    pub seeds: [String; 2],
    /// Final test accuracy, 0 to 1.
    pub accuracy: f64,
    /// Test photos.
    pub tested: usize,
    /// Training photos.
    pub trained: usize,
}

/// Runs with a result that differ only in their seeds, each pair of seeds once.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeats {
    /// The oldest first.
    pub runs: Vec<Repeat>,
    /// Whether each may have another split; otherwise all test the same photos.
    pub splits_vary: bool,
}

/// Whether two runs differ in nothing but seeds, descriptions and names. With photos added since it is
/// another question.
pub fn is_repeat(one: &Summary, other: &Summary) -> bool {
    one.images == other.images && matters(one).eq(matters(other))
}

/// What repeats of each other have in common and no other run has, so that ten thousand runs are put
/// together without holding each against each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepeatKey([u8; 32]);

impl RepeatKey {
    /// The same for two runs exactly where [`is_repeat`] says so.
    pub fn of(summary: &Summary) -> RepeatKey {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(summary.images as u64).to_le_bytes());
        for (key, value) in matters(summary) {
            for text in [key, value] {
                // With its length, so that no two pairs read the same.
                hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
            }
        }
        RepeatKey(hasher.finalize().into())
    }
}

/// The settings in which repeats are alike.
fn matters(summary: &Summary) -> impl Iterator<Item = (&String, &String)> {
    let splits_vary = splits_vary(&summary.settings);
    summary.settings.iter().filter(move |(key, _)| match key.as_str() {
        TRAIN_SEED => false,
        SPLIT_SEED => !splits_vary,
        key => changes_results(key),
    })
}

/// Of the training, and of the split where it is drawn by a seed; as written in TOML.
pub fn seeds(summary: &Summary) -> [String; 2] {
    let seed = |key: &str| summary.settings.get(key).cloned().unwrap_or_default();
    let split = if splits_vary(&summary.settings) { seed(SPLIT_SEED) } else { String::new() };
    [seed(TRAIN_SEED), split]
}

/// What there is to say of a run's repeats among `all` beside it, the same seeds counting once: `5
/// repeats: test accuracy 84.2% on the mean, standard deviation 2.1`; `None` where it has none.
pub fn repeats_in_brief<'a>(
    run: &Summary,
    all: impl Iterator<Item = &'a Summary>,
) -> Option<String> {
    let repeats = all.filter(|other| is_repeat(run, other));
    // The mean and the deviation are those of the numbers, whatever the splits.
    let found = Resampled::of(&accuracies_of(repeats), 0.0)?;
    Some(format!(
        "{} repeats: test accuracy {} on the mean, standard deviation {}",
        found.n,
        percent(found.mean),
        points(found.deviation).trim_start_matches('+')
    ))
}

/// The accuracies of repeats with a result, 0 to 1. The same seeds count once, the last of them.
pub fn accuracies_of<'a>(repeats: impl Iterator<Item = &'a Summary>) -> Vec<f64> {
    let accuracies: BTreeMap<[String; 2], f64> = repeats
        .filter_map(|repeat| Some((seeds(repeat), repeat.test.as_ref()?.accuracy)))
        .collect();
    accuracies.into_values().collect()
}

fn splits_vary(settings: &BTreeMap<String, String>) -> bool {
    settings.get("split.by").is_some_and(|by| by == "\"seed\"")
}

impl Repeats {
    /// Those among `all`, the oldest first, that differ from `run` only in their seeds, with itself.
    /// The error is a sentence.
    pub fn of(run: &RunFolder, all: &[RunFolder]) -> Result<Repeats, String> {
        let own = run.summary().map_err(|err| err.to_string())?;
        let mut runs: Vec<Repeat> = Vec::new();
        for folder in all {
            // A damaged run is no repeat of another.
            let Ok(summary) = folder.summary() else { continue };
            if !is_repeat(&own, &summary) {
                continue;
            }
            let Some(repeat) = repeat(folder, &summary)? else { continue };
            // Run again with the same seeds it gives the same numbers, and is no further evidence.
            runs.retain(|before| before.seeds != repeat.seeds);
            runs.push(repeat);
        }
        Ok(Repeats { runs, splits_vary: splits_vary(&own.settings) })
    }

    /// Their mean accuracy; `None` of fewer than two.
    pub fn accuracy(&self) -> Option<Resampled> {
        let accuracies: Vec<f64> = self.runs.iter().map(|repeat| repeat.accuracy).collect();
        Resampled::of(&accuracies, self.test_to_training())
    }

    /// `5 repeats: final test accuracy = 84.2% on the mean (standard deviation 2.1; 95% interval of
    /// the mean 80.4% to 88.0%), each on another split`.
    pub fn in_words(&self) -> String {
        let repeats = counted(self.runs.len(), "repeat");
        let Some(Resampled { mean, deviation, reach, .. }) = self.accuracy() else {
            return format!("{repeats} with a result: a mean needs two or more");
        };
        format!(
            "{repeats}: final test accuracy = {} on the mean (standard deviation {}; 95% interval of \
             the mean {} to {}), {}",
            percent(mean),
            points(deviation).trim_start_matches('+'),
            percent((mean - reach).max(0.0)),
            percent((mean + reach).min(1.0)),
            match self.splits_vary {
                true => "each on another split",
                false => {
                    "all on the same test photos: the split is not by seed, so that only the training \
                     seed varies"
                }
            }
        )
    }

    /// What a difference of their accuracies does not say, where all test the same photos.
    pub fn caveat(&self) -> Option<&'static str> {
        (!self.splits_vary)
            .then_some("all repeats test the same photos: this says nothing of other test photos")
    }

    /// By which the variance of a mean over splits grows; 0 where all test the same photos.
    fn test_to_training(&self) -> f64 {
        match self.runs.first().filter(|_| self.splits_vary) {
            Some(repeat) => repeat.tested as f64 / repeat.trained.max(1) as f64,
            None => 0.0,
        }
    }

    /// The differences of the accuracies of `later` to these, on the pairs with the same seeds. The
    /// error is a sentence.
    pub fn compared_with(&self, later: &Repeats) -> Result<Resampled, String> {
        let mut differences = Vec::new();
        for before in &self.runs {
            let same = later.runs.iter().find(|repeat| repeat.seeds == before.seeds);
            let Some(after) = same else { continue };
            if (after.tested, after.trained) != (before.tested, before.trained) {
                return Err(format!(
                    "{} and {} have the same seeds and not the same number of photos: repeats are \
                     compared on the same splits of the same photos",
                    before.id, after.id
                ));
            }
            differences.push(after.accuracy - before.accuracy);
        }
        Resampled::of(&differences, self.test_to_training()).ok_or_else(|| {
            format!(
                "repeats are compared where both have the same seeds, which is so for {} of {} and {}; \
                 two or more are needed: 'retrain run EXPERIMENT --repeats 5' of both",
                differences.len(),
                self.runs.len(),
                later.runs.len()
            )
        })
    }
}

/// `None` without a result.
fn repeat(folder: &RunFolder, summary: &Summary) -> Result<Option<Repeat>, String> {
    let Some(test) = &summary.test else { return Ok(None) };
    let run = folder.replay().map_err(|err| err.to_string())?;
    Ok(Some(Repeat {
        id: folder.id(),
        seeds: seeds(summary),
        accuracy: test.accuracy,
        tested: test.n,
        trained: run.counts.iter().map(|counts| counts.training).sum(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(settings: &[(&str, &str)]) -> Summary {
        let run = crate::store::Run {
            settings: settings.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            ..Default::default()
        };
        run.summary()
    }

    #[test]
    fn runs_that_differ_in_seeds_alone_are_repeats_of_each_other() {
        let alike = |one: &[(&str, &str)], other: &[(&str, &str)]| {
            let (one, other) = (summary(one), summary(other));
            let is = is_repeat(&one, &other);
            assert_eq!(RepeatKey::of(&one) == RepeatKey::of(&other), is, "{one:?} {other:?}");
            is
        };
        let by_seed = [("split.by", "\"seed\""), ("split.seed", "0"), ("train.seed", "0")];
        let mut other = by_seed;
        (other[1].1, other[2].1) = ("3", "4");
        assert!(alike(&by_seed, &other));
        // Another seed of a split that no seed decides is no repeat, but it changes nothing either.
        let by_name = [("split.by", "\"base27\""), ("split.seed", "0")];
        let mut other = by_name;
        other[1].1 = "3";
        assert!(!alike(&by_name, &other));
        assert!(!alike(&[("learning_rate", "0.1")], &[("learning_rate", "0.2")]));
        assert!(alike(&[("description", "\"a\"")], &[("description", "\"b\"")]));
        assert!(!alike(&[("a", "bc")], &[("ab", "c")]));
        let mut more = summary(&by_seed);
        more.images += 1;
        assert!(!is_repeat(&summary(&by_seed), &more));
        assert_ne!(RepeatKey::of(&summary(&by_seed)), RepeatKey::of(&more));
    }

    #[test]
    fn a_run_has_its_repeats_in_brief_and_the_same_seeds_count_once() {
        let of = |seed: &str, accuracy: f64| Summary {
            test: Some(crate::store::TestResult { accuracy, ..crate::store::TestResult::half() }),
            ..summary(&[("split.by", "\"seed\""), ("train.seed", seed)])
        };
        let all = [of("0", 0.8), of("1", 0.9), of("1", 0.9), summary(&[("train.seed", "2")])];
        assert_eq!(
            repeats_in_brief(&all[0], all.iter()).unwrap(),
            "2 repeats: test accuracy 85.0% on the mean, standard deviation 7.1"
        );
        assert_eq!(repeats_in_brief(&all[0], all[..1].iter()), None);
    }

    fn repeats(accuracies: &[f64], splits_vary: bool) -> Repeats {
        let runs = accuracies.iter().enumerate().map(|(number, &accuracy)| Repeat {
            id: format!("run {number}"),
            seeds: [number.to_string(), String::new()],
            accuracy,
            tested: 20,
            trained: 160,
        });
        Repeats { runs: runs.collect(), splits_vary }
    }

    #[test]
    fn repeats_have_a_mean_and_say_of_what() {
        assert_eq!(
            repeats(&[0.8, 0.9, 0.85], true).in_words(),
            "3 repeats: final test accuracy = 85.0% on the mean (standard deviation 5.0; 95% \
             interval of the mean 70.4% to 99.6%), each on another split"
        );
        let said = repeats(&[0.8, 0.9], false).in_words();
        assert!(said.ends_with("so that only the training seed varies"), "{said}");
        let said = repeats(&[0.8], true).in_words();
        assert_eq!(said, "1 repeat with a result: a mean needs two or more");
    }

    #[test]
    fn repeats_are_compared_where_both_have_the_same_seeds() {
        let (one, other) = (repeats(&[0.8, 0.9, 0.7], true), repeats(&[0.85, 0.95], true));
        let found = one.compared_with(&other).unwrap();
        assert_eq!(found.n, 2);
        assert!((found.mean - 0.05).abs() < 1e-12);
        let said = one.compared_with(&repeats(&[0.8], true)).unwrap_err();
        assert!(said.contains("so for 1 of 3 and 1"), "{said}");
        let mut more = other;
        more.runs[0].trained = 200;
        let said = one.compared_with(&more).unwrap_err();
        assert!(said.contains("not the same number of photos"), "{said}");
    }
}
