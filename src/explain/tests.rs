use candle_core::{Device, Tensor};

use super::{Explanation, explain};
use crate::config::Config;
use crate::features::{Cache, plain_row};
use crate::insight::predict;
use crate::past::PastRun;
use crate::random::Rng;
use crate::setting::Value;
use crate::spec::{Experiment, Set};
use crate::store::{Horizon, ListedPhoto, TestResult};
use crate::train::{Problem, Samples, fit};

/// Numbers of a feature.
const D: usize = 12;
const CATEGORIES: [&str; 4] = ["a", "b", "c", "d"];
const KEY: &str = "drawn";

/// Drawn photos: their features are in a cache, and they need no files.
struct World {
    folder: tempfile::TempDir,
    rng: Rng,
    /// `[CATEGORIES.len()]` middles of the categories.
    middles: Vec<Vec<f64>>,
    drawn: usize,
}

impl World {
    fn new(seed: u64) -> World {
        let mut rng = Rng::new(seed);
        let middle = |rng: &mut Rng| (0..D).map(|_| 0.55 * rng.normal()).collect();
        let middles = CATEGORIES.iter().map(|_| middle(&mut rng)).collect();
        World { folder: tempfile::tempdir().unwrap(), rng, middles, drawn: 0 }
    }

    fn config(&self) -> Config {
        let config = Config::load(self.folder.path()).unwrap();
        Config { threads: 2, ..config }
    }

    /// Photos of each category; they look like those of the category `shift` further.
    fn draw(&mut self, set: Set, each: usize, shift: usize) -> Vec<ListedPhoto> {
        let (mut photos, mut keys, mut features) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..each * CATEGORIES.len() {
            let category = number % CATEGORIES.len();
            let middle = &self.middles[(category + shift) % CATEGORIES.len()];
            self.drawn += 1;
            let hash = blake3::hash(&self.drawn.to_le_bytes());
            keys.push(plain_row(&hash));
            features.extend(middle.iter().map(|at| (at + self.rng.normal()) as f32));
            photos.push(ListedPhoto {
                file: format!("{}.jpg", self.drawn).into(),
                set,
                category: CATEGORIES[category].into(),
                hash: hash.to_hex().to_string(),
                fold: None,
            });
        }
        let mut cache = Cache::open(&self.config().cache, KEY, D).unwrap();
        cache.insert(&keys, &features).unwrap();
        photos
    }

    fn photos(&mut self) -> Vec<ListedPhoto> {
        let mut photos = self.draw(Set::Training, 30, 0);
        photos.extend(self.draw(Set::Validation, 6, 0));
        photos.extend(self.draw(Set::Test, 30, 0));
        photos
    }

    /// A run of these photos, trained as a worker does.
    fn side(&self, id: &str, photos: Vec<ListedPhoto>, settings: &[(&str, Value)]) -> PastRun {
        let experiment = Experiment::default()
            .with(&[("iterations", Value::Int(60)), ("learning_rate", Value::Float(0.3))])
            .unwrap();
        let experiment = experiment.with(settings).unwrap();
        let iterations = experiment.iterations;
        let test = TestResult {
            correct: 0,
            n: 0,
            accuracy: 0.0,
            low: 0.0,
            high: 0.0,
            log_loss: 0.0,
            folds: 0,
            would_notice: None,
        };
        let mut side = PastRun {
            id: id.into(),
            horizons: vec![Horizon { after: 0, iterations }],
            experiment,
            categories: CATEGORIES.map(String::from).to_vec(),
            photos,
            feature_key: KEY.into(),
            feature_len: D,
            test,
        };
        side.test.accuracy = trained(&self.config(), &side);
        side
    }
}

fn samples(cache: &Cache, side: &PastRun, set: Set) -> Samples {
    let photos: Vec<_> = side.photos.iter().filter(|photo| photo.set == set).collect();
    let keys: Vec<_> = photos
        .iter()
        .map(|photo| plain_row(&blake3::Hash::from_hex(&photo.hash).unwrap()))
        .collect();
    let features =
        Tensor::from_vec(cache.read(&keys).unwrap(), (keys.len(), D), &Device::Cpu).unwrap();
    let label = |photo: &&ListedPhoto| {
        CATEGORIES.iter().position(|name| *name == photo.category).unwrap() as u32
    };
    Samples { features: features.into(), labels: photos.iter().map(label).collect() }
}

fn trained(config: &Config, side: &PastRun) -> f64 {
    let cache = Cache::open(&config.cache, KEY, D).unwrap();
    let problem = Problem {
        training: &samples(&cache, side, Set::Training),
        validation: &samples(&cache, side, Set::Validation),
        categories: CATEGORIES.len(),
        train: &side.experiment.train,
        iterations: side.experiment.iterations,
        horizons: &side.horizons,
        learning_rate: side.experiment.learning_rate,
    };
    let head = fit(&problem, None, &mut ()).unwrap().head;
    let test = samples(&cache, side, Set::Test);
    let scores = test.features.scores(&head).unwrap();
    let right = scores.iter().zip(&test.labels).filter(|(s, l)| predict(s) == **l as usize);
    right.count() as f64 / test.labels.len() as f64
}

fn explained(world: &World, first: PastRun, second: PastRun) -> Explanation {
    let found = explain(&world.config(), &[first, second], &mut |_, _| {}).unwrap();
    let parts: f64 = found.parts.iter().map(|part| part.change).sum();
    assert!((parts + found.luck - found.change()).abs() < 1e-12, "{found:?}");
    assert_eq!(found.again, found.reported, "the two runs are trained again to the bit");
    found
}

fn float(number: f64) -> Value {
    Value::Float(number)
}

/// A change with one strong cause beside weak ones, and how the strong one is called.
fn planted(world: &mut World, kind: usize) -> (PastRun, PastRun, &'static str) {
    let photos = world.photos();
    let first = world.side("first", photos.clone(), &[]);
    let weak = [("train.seed", Value::Int(7)), ("train.batch_size", Value::Int(90))];
    let mut changed = photos;
    let mut settings = weak.to_vec();
    let name = match kind {
        0 => {
            settings.push(("learning_rate", float(1e-4)));
            changed.extend(world.draw(Set::Test, 2, 0));
            "learning_rate"
        }
        1 => {
            // A quarter of the training photos in the next category.
            for photo in changed.iter_mut().filter(|p| p.set == Set::Training).take(70) {
                let at = CATEGORIES.iter().position(|name| *name == photo.category).unwrap();
                photo.category = CATEGORIES[(at + 1) % CATEGORIES.len()].into();
            }
            settings.push(("learning_rate", float(0.25)));
            "70 training photos in another category"
        }
        2 => {
            // New test photos that look like another category's.
            changed.extend(world.draw(Set::Test, 10, 1));
            changed.extend(world.draw(Set::Training, 2, 0));
            "40 new test photos"
        }
        3 => {
            let mut kept = 0;
            changed.retain(|photo| {
                kept += usize::from(photo.set == Set::Training);
                photo.set != Set::Training || kept <= 8
            });
            "training photos (112 removed)"
        }
        _ => {
            settings.push(("iterations", Value::Int(1)));
            changed.extend(world.draw(Set::Training, 2, 0));
            "iterations"
        }
    };
    let second = world.side("second", changed, &settings);
    (first, second, name)
}

#[test]
fn of_twenty_planted_changes_the_planted_cause_is_the_largest_part_of_nineteen() {
    let mut missed = Vec::new();
    for trial in 0..20 {
        let mut world = World::new(trial);
        let (first, second, name) = planted(&mut world, trial as usize % 5);
        let found = explained(&world, first, second);
        if found.parts[0].name != name {
            missed.push((trial, found.in_words()));
        }
    }
    assert!(missed.len() <= 1, "{missed:#?}");
}

#[test]
fn two_runs_that_differ_in_the_seed_alone_differ_by_luck_alone() {
    let mut world = World::new(1);
    let photos = world.photos();
    let first = world.side("first", photos.clone(), &[]);
    let second = world.side("second", photos, &[("train.seed", Value::Int(9))]);
    let found = explained(&world, first, second);
    assert_eq!((found.parts.len(), found.heads), (0, 6));
    assert!((found.luck - found.change()).abs() < 1e-12);
}

#[test]
fn photos_whose_features_are_of_one_network_only_are_one_cause_with_it() {
    let mut world = World::new(2);
    let photos = world.photos();
    let first = world.side("first", photos.clone(), &[]);
    let mut more = photos;
    more.extend(world.draw(Set::Training, 3, 0));
    let mut second = world.side("second", more, &[("learning_rate", float(0.2))]);
    second.feature_key = "other".into();
    let config = world.config();
    let refused = explain(&config, &[first.clone(), second.clone()], &mut |_, _| {}).unwrap_err();
    assert!(refused.contains("features of") && refused.contains("second"), "{refused}");

    // The same numbers under the other key, but none of those that only the second run has.
    let drawn = Cache::open(&config.cache, KEY, D).unwrap();
    let mut other = Cache::open(&config.cache, "other", D).unwrap();
    let all: Vec<_> = second
        .photos
        .iter()
        .map(|p| plain_row(&blake3::Hash::from_hex(&p.hash).unwrap()))
        .collect();
    other.insert(&all, &drawn.read(&all).unwrap()).unwrap();
    let mut gone = first.clone();
    gone.photos.extend(world.draw(Set::Training, 1, 0));
    gone.test.accuracy = trained(&config, &gone);
    let found = explained(&world, gone, second);
    let names: Vec<&str> = found.parts.iter().map(|part| &*part.name).collect();
    assert!(
        names.contains(
            &"training photos (12 added, 4 removed) and how this version of the program reads photos"
        ),
        "{names:?}"
    );
}

#[test]
fn runs_without_a_common_test_photo_are_refused() {
    let mut world = World::new(3);
    let [one, other] = [world.photos(), world.photos()];
    let sides = [world.side("one", one, &[]), world.side("other", other, &[])];
    let refused = explain(&world.config(), &sides, &mut |_, _| {}).unwrap_err();
    assert_eq!(refused, "one and other cannot be compared: they tested no photo in common");
}
