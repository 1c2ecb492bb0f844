//! Names for runs by what makes them different: `rate 0.1 seed 3` says more than a number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::launch::changes_results;
use super::settings::in_effect;

type Settings = BTreeMap<String, String>;

/// What tells runs apart, the most telling first; the rest of the settings, in which photos are
/// meant or how they are read, comes behind.
const TELLING: [&str; 6] =
    ["learning_rate", "train.", "network.", "distort.", "iterations", "split."];

/// A word of fewer letters is no name of a setting.
const SHORTEST: usize = 3;

/// More settings than this are no name any more.
const MOST: usize = 3;

/// A run, as far as a name is made of it.
#[derive(Clone, Copy, Debug)]
pub struct Nameable<'a> {
    /// The name of its folder.
    pub id: &'a str,
    /// The name of its experiment.
    pub experiment: &'a str,
    /// Every setting, as written in TOML.
    pub settings: &'a Settings,
    /// When it was made, as the person reads it; for runs that nothing else tells apart.
    pub made: &'a str,
}

/// A name for each of `runs` that none of the others has: its experiment, where they are of several,
/// and the settings in which it differs from the others of its experiment. Where nothing differs it is
/// the time at which it was made, and of the same minute the name of its folder.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use retrain::spec::{Nameable, distinct_names};
///
/// let settings = |rate: &str| BTreeMap::from([("learning_rate".into(), rate.into())]);
/// let [slow, fast] = ["0.01", "0.1"].map(settings);
/// let run = |id, settings| Nameable { id, experiment: "fire", settings, made: "2026-01-02 03:00" };
/// let names = distinct_names(&[run("a", &slow), run("b", &fast), run("c", &fast)]);
/// assert_eq!(names, ["rate 0.01", "rate 0.1 b", "rate 0.1 c"]);
/// ```
pub fn distinct_names(runs: &[Nameable]) -> Vec<String> {
    let experiments: BTreeSet<&str> = runs.iter().map(|run| run.experiment).collect();
    let words = differences_in_words(runs);
    let mut names: Vec<String> = runs
        .iter()
        .zip(words)
        .map(|(run, words)| match (experiments.len() > 1, words.is_empty()) {
            (true, false) => format!("{} {words}", run.experiment),
            (false, false) => words,
            (_, true) => run.experiment.to_owned(),
        })
        .collect();
    type More<'a> = fn(&Nameable<'a>) -> &'a str;
    let more: [More; 2] = [|run| run.made, |run| run.id];
    for more in more {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        names.iter().for_each(|name| *counts.entry(name).or_default() += 1);
        let is_shared: Vec<bool> = names.iter().map(|name| counts[name.as_str()] > 1).collect();
        // What all of them share would only make the names longer.
        let texts: BTreeSet<&str> =
            runs.iter().zip(&is_shared).filter(|(_, is)| **is).map(|(run, _)| more(run)).collect();
        if texts.len() > 1 {
            for ((name, run), _) in
                names.iter_mut().zip(runs).zip(is_shared).filter(|(_, is_shared)| *is_shared)
            {
                match name == run.experiment {
                    true if experiments.len() == 1 => more(run).clone_into(name),
                    _ => *name += &format!(" {}", more(run)),
                }
            }
        }
    }
    names
}

/// What each of `runs` is set to where it differs from the others of its experiment, in at most three
/// settings: those that tell the most of them apart. Empty where nothing differs.
pub fn differences_in_words(runs: &[Nameable]) -> Vec<String> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, run) in runs.iter().enumerate() {
        groups.entry(run.experiment).or_default().push(at);
    }
    let mut words = vec![String::new(); runs.len()];
    for group in groups.values() {
        let settings: Vec<&Settings> = group.iter().map(|&at| runs[at].settings).collect();
        let keys = telling_apart(&settings);
        let names: Vec<String> = keys.iter().map(|key| short_key(key, &keys)).collect();
        for (name, key) in names.iter().zip(&keys) {
            let values: Vec<&str> =
                settings.iter().map(|settings| in_effect(settings, key)).collect();
            for (&at, value) in group.iter().zip(short_values(&values)) {
                let gap = if words[at].is_empty() { "" } else { " " };
                words[at] += &format!("{gap}{name} {value}");
            }
        }
    }
    words
}

/// The fewest settings that tell the most of the runs apart, the most telling first.
fn telling_apart(runs: &[&Settings]) -> Vec<String> {
    let mut candidates = differing_keys(runs.iter().copied());
    let mut chosen = Vec::new();
    // Runs that are the same under the chosen settings have the same number.
    let mut classes = vec![0; runs.len()];
    let mut count = 1;
    while chosen.len() < MOST {
        let mut best: Option<(usize, usize, Vec<usize>)> = None;
        for (place, key) in candidates.iter().enumerate() {
            let mut seen: HashMap<(usize, &str), usize> = HashMap::new();
            let finer: Vec<usize> = classes
                .iter()
                .zip(runs)
                .map(|(&class, settings)| {
                    let next = seen.len();
                    *seen.entry((class, in_effect(settings, key))).or_insert(next)
                })
                .collect();
            if seen.len() > best.as_ref().map_or(count, |best| best.0) {
                best = Some((seen.len(), place, finer));
            }
        }
        let Some((more, place, finer)) = best else { break };
        (count, classes) = (more, finer);
        chosen.push(candidates.remove(place));
    }
    sort_by_telling(&mut chosen);
    chosen
}

/// The settings that differ in effect among `runs`, the most telling first.
fn differing_keys<'a>(runs: impl Iterator<Item = &'a Settings> + Clone) -> Vec<String> {
    let keys: BTreeSet<&String> = runs.clone().flat_map(BTreeMap::keys).collect();
    let differs = |key: &&&String| {
        let mut values = runs.clone().map(|settings| in_effect(settings, key));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let keys = keys.iter().filter(|key| changes_results(key)).filter(differs);
    let mut keys: Vec<String> = keys.map(|key| (*key).clone()).collect();
    sort_by_telling(&mut keys);
    keys
}

/// Puts the settings that tell runs apart best first.
pub fn sort_by_telling(keys: &mut [String]) {
    keys.sort_by_cached_key(|key| {
        TELLING.iter().position(|start| key.starts_with(start)).unwrap_or(TELLING.len())
    });
}

/// A setting in short: without its table, unless that would say too little, as in `split.by`, or
/// another of `among` would be called the same.
pub fn short_key(key: &str, among: &[String]) -> String {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let own = last(key);
    let is_shared = among.iter().any(|other| other != key && last(other) == own);
    match is_shared || own.len() < SHORTEST {
        true => key.to_owned(),
        false if key == "learning_rate" => "rate".to_owned(),
        false => own,
    }
}

/// The values without quotes; paths without the folders at their beginning and end that all share.
fn short_values<'a>(values: &[&'a str]) -> Vec<&'a str> {
    let mut texts: Vec<&str> = values.iter().map(|value| value.trim_matches('"')).collect();
    let is_path = |text: &&str| text.contains('/');
    if !texts.iter().all(is_path) {
        return texts;
    }
    loop {
        let heads: BTreeSet<_> = texts.iter().map(|text| text.split_once('/')).collect();
        let shared: BTreeSet<_> = heads.iter().map(|head| head.map(|(head, _)| head)).collect();
        match shared.first() {
            Some(Some(head)) if shared.len() == 1 => {
                texts.iter_mut().for_each(|text| *text = &text[head.len() + 1..]);
            }
            _ => break,
        }
    }
    loop {
        let tails: BTreeSet<_> =
            texts.iter().map(|text| text.rsplit_once('/').map(|(_, tail)| tail)).collect();
        match tails.first() {
            Some(Some(tail)) if tails.len() == 1 => {
                texts.iter_mut().for_each(|text| *text = &text[..text.len() - tail.len() - 1]);
            }
            _ => return texts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// Runs of experiments with settings, made a minute apart.
    fn names(runs: &[(&str, &[(&str, &str)])]) -> Vec<String> {
        let all: Vec<Settings> = runs.iter().map(|(_, pairs)| settings(pairs)).collect();
        let texts: Vec<(String, String)> =
            (0..runs.len()).map(|at| (format!("id-{at}"), format!("03:0{at}"))).collect();
        let runs: Vec<Nameable> = (0..runs.len())
            .map(|at| {
                let (id, made) = (&texts[at].0, &texts[at].1);
                Nameable { id, experiment: runs[at].0, settings: &all[at], made }
            })
            .collect();
        distinct_names(&runs)
    }

    #[test]
    fn runs_are_named_by_the_settings_in_which_they_differ() {
        let grid = names(&[
            ("fire", &[("learning_rate", "0.1"), ("train.seed", "3")]),
            ("fire", &[("learning_rate", "0.1"), ("train.seed", "4")]),
            ("fire", &[("learning_rate", "0.01"), ("train.seed", "3")]),
        ]);
        assert_eq!(grid, ["rate 0.1 seed 3", "rate 0.1 seed 4", "rate 0.01 seed 3"]);
        // What differs without telling any more apart is left out.
        let one = names(&[
            ("fire", &[("learning_rate", "0.1"), ("train.batch_size", "10")]),
            ("fire", &[("learning_rate", "0.2"), ("train.batch_size", "20")]),
        ]);
        assert_eq!(one, ["rate 0.1", "rate 0.2"]);
    }

    #[test]
    fn only_those_of_one_experiment_are_told_apart_by_settings() {
        let several = names(&[
            ("fire", &[("images", "\"a\""), ("train.seed", "3")]),
            ("fire", &[("images", "\"a\""), ("train.seed", "4")]),
            ("smoke", &[("images", "\"b\""), ("train.seed", "3")]),
        ]);
        assert_eq!(several, ["fire seed 3", "fire seed 4", "smoke"]);
        assert_eq!(names(&[("fire", &[("train.seed", "3")])]), ["fire"]);
    }

    #[test]
    fn a_key_keeps_its_table_where_its_last_word_says_too_little() {
        let seeds = names(&[
            ("fire", &[("split.seed", "1"), ("train.seed", "1")]),
            ("fire", &[("split.seed", "2"), ("train.seed", "1")]),
            ("fire", &[("split.seed", "1"), ("train.seed", "2")]),
        ]);
        assert_eq!(seeds[1], "train.seed 1 split.seed 2");
        assert_eq!(short_key("split.by", &[]), "split.by");
    }

    #[test]
    fn runs_of_the_same_settings_are_told_apart_by_their_time() {
        let same: [(&str, &[(&str, &str)]); 2] = [("fire", &[]), ("fire", &[])];
        assert_eq!(names(&same), ["03:00", "03:01"]);
        let same: &[(&str, &str)] = &[("train.seed", "1")];
        let other: &[(&str, &str)] = &[("train.seed", "2")];
        let three = names(&[("fire", same), ("fire", same), ("fire", other)]);
        assert_eq!(three, ["seed 1 03:00", "seed 1 03:01", "seed 2"]);
    }

    #[test]
    fn a_value_that_means_the_default_is_no_difference() {
        let two =
            |other: &[(&str, &str)]| names(&[("fire", &[("iterations", "400")]), ("fire", other)]);
        let resize = ("network.resize", "\"antialias\"");
        assert_eq!(two(&[("iterations", "400"), resize]), ["03:00", "03:01"]);
        assert_eq!(two(&[("iterations", "400"), ("train.seed", "0")]), ["03:00", "03:01"]);
        assert_eq!(two(&[("iterations", "4000")]), ["iterations 400", "iterations 4000"]);
    }

    #[test]
    fn paths_are_named_by_the_part_that_differs() {
        let paths = names(&[
            ("fire", &[("network.weights", "\"weights/a/model.safetensors\"")]),
            ("fire", &[("network.weights", "\"weights/b/model.safetensors\"")]),
        ]);
        assert_eq!(paths, ["weights a", "weights b"]);
    }

    #[test]
    fn the_names_do_not_depend_on_the_order_of_the_runs() {
        let runs: [(&str, &[(&str, &str)]); 3] = [
            ("fire", &[("learning_rate", "0.1"), ("train.seed", "3")]),
            ("fire", &[("learning_rate", "0.2"), ("train.seed", "4")]),
            ("fire", &[("learning_rate", "0.3"), ("train.seed", "4")]),
        ];
        let mut reversed = runs;
        reversed.reverse();
        let mut names_reversed = names(&reversed);
        names_reversed.reverse();
        assert_eq!(names(&runs), names_reversed);
    }
}
