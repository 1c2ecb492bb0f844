//! Head files of version 1 score photos as they did when they were written, with the features that
//! were kept then and with features of today. What is read here: `tests/old_heads/README.md`.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::BINARY;
use serde_json::Value;

/// The runs: how far scores of features made anew may be from those of then, as the arithmetic of
/// other processors differs in the last digits of a feature, which in bf16 has three.
const RUNS: [(&str, f64); 3] = [
    ("20261129-104122-plain", 1e-6),
    ("20261129-104135-settings", 1e-5),
    ("20261129-104138-distorted", 1e-2),
];
const PHOTOS: usize = 18;

fn old() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old_heads")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(fs::copy(&path, &to).unwrap()),
        }
    }
}

/// What a run predicts of all photos, with the features in the folder `cache`.
fn predict(project: &Path, run: &str, cache: &str) -> Value {
    fs::write(project.join("config.toml"), format!("cache = {cache:?}\n")).unwrap();
    let mut command = Command::new(BINARY);
    command.args(["predict", run, "photos", "--json"]).current_dir(project).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_close(seen: &Value, expected: &Value, tolerance: f64) {
    let [seen, expected] = [seen, expected].map(|photos| photos.as_array().unwrap());
    assert_eq!((seen.len(), expected.len()), (PHOTOS, PHOTOS));
    for (seen, expected) in seen.iter().zip(expected) {
        assert_eq!(seen["file"], expected["file"]);
        let scores = expected["scores"].as_object().unwrap();
        assert_eq!(seen["scores"].as_object().unwrap().len(), scores.len());
        for (category, score) in scores {
            let off = seen["scores"][category].as_f64().unwrap() - score.as_f64().unwrap();
            assert!(off.abs() <= tolerance, "{category} of {seen}, expected {expected}");
        }
    }
}

/// Paths of the shards below the folder of a cache.
fn shards(cache: &Path) -> Vec<PathBuf> {
    let is_shard = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "safetensors");
    files(cache).into_iter().filter(is_shard).collect()
}

/// Paths of all files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let mut files: Vec<PathBuf> = entries.flat_map(below).collect();
    files.sort();
    files
}

#[test]
fn heads_of_version_1_find_their_features_and_score_photos_as_they_did() {
    let project = tempfile::tempdir().unwrap();
    copy(&old(), project.path());
    let kept = shards(&project.path().join("cache"));
    for (run, tolerance) in RUNS {
        let (_, experiment) = run.rsplit_once('-').unwrap();
        let predicted = fs::read(old().join(format!("predicted/{experiment}.json"))).unwrap();
        let predicted: Value = serde_json::from_slice(&predicted).unwrap();
        // The same features: only the product with the head is computed anew.
        assert_close(&predict(project.path(), run, "cache"), &predicted, 1e-6);
        assert_eq!(shards(&project.path().join("cache")), kept, "{run} made features anew");
        assert_close(&predict(project.path(), run, "empty"), &predicted, tolerance);
    }
}
