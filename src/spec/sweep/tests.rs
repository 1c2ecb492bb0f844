use std::path::Path;

use super::*;
use crate::spec::parse;

fn sweep(text: &str) -> Sweep {
    let text = format!("images = 'p'\n{text}");
    parse(&text, Path::new("x.toml")).unwrap().sweep.unwrap()
}

fn shown(text: &str) -> Vec<String> {
    let member = |member: &Member| {
        let values: Vec<String> = member.iter().map(|(_, value)| value.to_toml()).collect();
        values.join(" ")
    };
    sweep(text).members().iter().map(member).collect()
}

fn said(text: &str) -> String {
    let text = format!("images = 'p'\n{text}");
    parse(&text, Path::new("x.toml")).unwrap_err().to_string()
}

#[test]
fn a_grid_has_every_combination_once() {
    let text = "[sweep]\n\"train.batch_size\" = [32, 100]\n\
                learning_rate = { from = 0.001, to = 0.1, count = 3, scale = \"log\" }\n";
    assert_eq!(sweep(text).keys(), ["train.batch_size", "learning_rate"]);
    assert_eq!(shown(text), ["32 0.001", "32 0.01", "32 0.1", "100 0.001", "100 0.01", "100 0.1"]);
    // A table of its own says the same, and a value that is named twice is one.
    let text = "[sweep.train]\nbatch_size = [32, 100, 32]\nschedule = ['constant', 'cosine']\n";
    assert_eq!(shown(text).len(), 4);
    let text = "[sweep]\niterations = { from = 100, to = 400, count = 4 }\n";
    assert_eq!(shown(text), ["100", "200", "300", "400"]);
    assert_eq!(shown("[sweep]\niterations = { from = 1, to = 2, count = 5 }\n"), ["1", "2"]);
}

#[test]
fn trials_are_drawn_by_their_seed_and_none_twice() {
    let text = |seed: u64| {
        format!(
            "[sweep]\nlearning_rate = {{ from = 0.001, to = 0.1, scale = 'log' }}\n\
             train.batch_size = [32, 100]\n[sweep.draw]\ntrials = 40\nseed = {seed}\n"
        )
    };
    let drawn = shown(&text(1));
    assert_eq!(drawn.len(), 40);
    assert_eq!(drawn, shown(&text(1)));
    assert_ne!(drawn, shown(&text(2)));
    let rates: Vec<f64> =
        drawn.iter().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    assert!(rates.iter().all(|rate| (0.001..=0.1).contains(rate)), "{rates:?}");
    // On a log scale half of them lie below the middle, 0.01.
    let low = rates.iter().filter(|rate| **rate < 0.01).count();
    assert!((8..=32).contains(&low), "{rates:?}");
    let few = "[sweep]\ntrain.batch_size = [32, 100]\ndraw = { trials = 40 }\n";
    assert_eq!(shown(few).len(), 2, "no more combinations than there are");
    assert!(sweep(few).without(&["train.batch_size"]).is_none());
    let rest = sweep(&text(1)).without(&["train.batch_size"]).unwrap();
    assert_eq!(rest.keys(), ["learning_rate"]);
}

#[test]
fn mistakes_have_their_line_and_what_was_expected() {
    for (text, words) in [
        ("[sweep]\n", "[sweep] names no field"),
        ("split.folds = 5\n[sweep]\niterations = [4, 8]\n", "set split.folds = 0 for the sweep"),
        ("[sweep]\nsplit.folds = [0, 5]\n", "the run with split.folds = 5 cannot be: a sweep is"),
        ("[sweep]\nlearning_rat = [1]\n", "x.toml:3: unknown key \"learning_rat\"; did you mean"),
        ("[sweep]\nlearning_rate = 0.1\n", "sweep.learning_rate is 0.1, expected a list"),
        ("[sweep]\nlearning_rate = []\n", "expected a list of values"),
        ("[sweep]\niterations = [400, 0]\n", "x.toml:3: iterations is 0, expected 1 to"),
        ("[sweep]\nimages = ['a', 'b']\n", "images cannot have several values"),
        ("[sweep]\niterations = { from = 1, to = 9 }\n", "has no count"),
        ("[sweep]\niterations = { from = 1 }\n", "needs from and to"),
        ("[sweep]\niterations = { from = 1, to = 9, cont = 3 }\n", "did you mean count"),
        ("[sweep]\ntrain.schedule = { from = 1, to = 9 }\n", "train.schedule is no number"),
        (
            "[sweep]\ntrain.momentum = { from = 0, to = 0.9, count = 3, scale = 'log' }\n",
            "ends above 0",
        ),
        ("[sweep]\niterations = [1]\ndraw = { trial = 3 }\n", "did you mean trials"),
        ("[sweep]\niterations = [1]\ndraw = { trials = 0 }\n", "trials is 0, expected a whole"),
        (
            "[sweep]\niterations = { from = 1, to = 9999, count = 9999 }\n\
             train.seed = [1, 2, 3]\n",
            "[sweep] has 29,997 runs, expected at most 10,000",
        ),
        (
            "[sweep]\nsplit.validation_percent = [10, 90]\n",
            "the run with split.validation_percent = 90 cannot be: ",
        ),
    ] {
        let said = said(text);
        assert!(said.contains(words), "{text}: {said}");
    }
}
