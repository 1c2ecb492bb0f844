//! A second network from an experiment file to a prediction: what stands between knows no network
//! by its name.

use std::fs;
use std::path::{Path, PathBuf};

use super::named_head::read_head;
use super::scorer::Scorer;
use crate::config::Config;
use crate::dataset::PhotoFile;
use crate::demo;
use crate::features::Recipe;
use crate::likeness::Trained;
use crate::nets::DeviceChoice;
use crate::spec::Set;
use crate::store::{RunFolder, State, read_scores};
use crate::{runner, worker};

/// Half of them are trained on: enough for a likeness, also to two of the three categories.
const PER_CATEGORY: usize = 22;

/// A project with a few of the demo's photos and an experiment with the network of the tests.
fn project(folder: &Path) -> Config {
    for (category, name) in demo::CATEGORIES.into_iter().enumerate() {
        fs::create_dir_all(folder.join("photos").join(name)).unwrap();
        for index in 0..PER_CATEGORY {
            let file = folder.join("photos").join(name).join(format!("{index}.png"));
            demo::draw(category, index).save(file).unwrap();
        }
    }
    fs::write(folder.join("config.toml"), "cache = 'cache'").unwrap();
    let text = "images = 'photos'\niterations = 60\n\
                [split]\nby = 'seed'\nvalidation_percent = 25\ntest_percent = 25\n\
                [network]\nbackbone = 'tiny'\nresize = 'half_pixel'\ndevice = 'cpu'\n\
                [network.tiny]\ngain = 1.5\n\
                [distort]\nflip = true\ncrop_percent = 20\ncopies = 2\n";
    fs::create_dir_all(folder.join("experiments")).unwrap();
    fs::write(folder.join("experiments/tiny.toml"), text).unwrap();
    Config::load(folder).unwrap()
}

fn run(config: &Config) -> RunFolder {
    let run = runner::create(config, &config.experiments.join("tiny.toml"), &[]).unwrap();
    worker::work(&run, None, None);
    let replayed = run.replay().unwrap();
    assert_eq!(replayed.state(), State::Done);
    run
}

#[test]
fn a_second_network_is_trained_kept_and_used_like_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let run = run(&config);

    let network = run.replay().unwrap().network.unwrap();
    assert_eq!((network.backbone.as_str(), network.feature_len), ("tiny", 48));
    let fact =
        |name: &str| network.properties.iter().find(|fact| fact.0 == name).unwrap().1.clone();
    assert_eq!([fact("side"), fact("crop"), fact("gain")], ["32", "centre of 36", "1.5 (setting)"]);
    assert!(network.feature_key.starts_with("tiny-"));
    assert!(config.cache.join(&network.feature_key).is_dir());

    // From the head file alone, with no feature in a cache, the scores are those of the run.
    let head = read_head(&run).unwrap();
    let recipe: Recipe = serde_json::from_value(head.context["recipe"].clone()).unwrap();
    assert_eq!(recipe.network.preprocess.side, 32);
    assert_eq!(recipe.open(DeviceChoice::Cpu).unwrap().feature_key(), network.feature_key);
    let (labels, rows) = read_scores(&run.scores()).unwrap();
    assert_eq!(labels, head.labels);
    let photo = |file: &PathBuf| PhotoFile::hash(folder.path().join("photos").join(file)).unwrap();
    let photos: Vec<PhotoFile> = rows.iter().map(|row| photo(&row.file)).collect();
    let trained = Trained::read(&run, &run.replay().unwrap(), &config.cache).unwrap();
    let likeness = head.likeness.as_ref().expect("it was trained on 33 photos");
    assert!(run.replay().unwrap().test().unwrap().would_notice.is_some());
    let config = Config { cache: folder.path().join("empty"), ..config };
    let gone = Trained::read(&run, &run.replay().unwrap(), &config.cache).err().unwrap();
    let expected = "the features of 33 of the 33 training photos";
    assert!(gone.to_string().starts_with(expected), "{gone}");
    assert!(!config.cache.exists(), "looking for features makes no folder for them");
    let mut scorer = Scorer::open(&config, &run, &head, &recipe, DeviceChoice::Cpu, true).unwrap();
    let (scores, features) = scorer.score(photos, &mut |_| {}).unwrap();
    assert_eq!(likeness.judge(&features).unwrap().len(), scores.len());
    let mut found = 0;
    for (row, feature) in rows.iter().zip(features.chunks_exact(48)) {
        let (photo, distance) = trained.nearest(feature, 1).unwrap()[0];
        if row.set == Set::Training {
            assert_eq!((&photo.file, distance < 1e-5), (&row.file, true));
            found += 1;
        }
    }
    assert_eq!(found, 33);
    for (row, scores) in rows.iter().zip(scores) {
        for (kept, seen) in row.scores.iter().zip(scores.unwrap()) {
            // As many digits as the table has.
            assert!((kept - seen).abs() < 1e-5, "{}: {seen}, not {kept}", row.file.display());
        }
    }
}
