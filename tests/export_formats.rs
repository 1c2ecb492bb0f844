//! Exports, read by the programs that they are for: TensorBoard, pandas and DuckDB.
//!
//! `.ci/python.sh` makes the environment for them; without it, or their packages in `python3`, the tests
//! that need them skip themselves.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::Project;
use common::skip::skipped;
use retrain::store::{Points, Run, RunFolder};
use serde_json::Value;

/// A Python that has these modules.
fn python(modules: &[&str]) -> Option<PathBuf> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python3");
    let has = |python: &PathBuf| {
        // To import them takes seconds.
        let finds = "import sys, importlib.util as util; sys.exit(None in map(util.find_spec, sys.argv[1:]))";
        let found = Command::new(python).args(["-c", finds]).args(modules).output();
        found.is_ok_and(|output| output.status.success())
    };
    let found = [made, "python3".into()].into_iter().find(has);
    if found.is_none() {
        skipped(&format!("no Python with {}; .ci/python.sh makes one", modules.join(" and ")));
    }
    found
}

/// What the script says of an export.
fn read(python: &Path, arguments: &[&Path]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export_formats/read.py");
    let output = Command::new(python).arg(script).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Two runs that differ in a setting.
struct Trained {
    project: Project,
    runs: [(RunFolder, Run, Points); 2],
}

#[test]
fn exports_are_read_by_the_programs_that_they_are_for_and_replace_nothing_else() {
    let project = Project::new();
    let runs = ["0.01", "0.05"].map(|rate| {
        let rate = format!("learning_rate={rate}");
        let kept = "train.keep_every=20";
        project.ok(&["run", "experiments/photos.toml", "--set", &rate, "--set", kept]);
        let (folder, run) = project.last();
        let points = folder.points().unwrap();
        (folder, run, points)
    });
    let trained = Trained { project, runs };
    what_somebody_else_wrote_is_never_replaced(&trained);
    tensorboard_reads_curves_weights_and_confusion_under_the_names_of_retrain_py(&trained);
    pandas_and_duckdb_find_the_types_and_the_exact_numbers(&trained);
}

fn tensorboard_reads_curves_weights_and_confusion_under_the_names_of_retrain_py(
    Trained { project, runs }: &Trained,
) {
    let Some(python) = python(&["tensorboard", "numpy"]) else { return };
    let ids = runs.each_ref().map(|(folder, ..)| folder.id());
    project.ok(&["export", &ids[0], &ids[1], "--tensorboard", "board"]);
    let picture = project.path().join("picture.png");
    let [board, all] = ["board", "runs"].map(|name| project.path().join(name));
    let found = read(&python, &[Path::new("tensorboard"), &board, &all, &picture]);
    for (folder, run, points) in runs {
        let of = |set: &str| &found["runs"][format!("{}/{set}", folder.id())];
        // Event files have floats.
        let single = |value: f64| value as f32;
        let scalars = |set: &str, name: &str| -> Vec<(u64, f32)> {
            let points = of(set)["scalars"][name].as_array().unwrap_or_else(|| panic!("{name}"));
            points
                .iter()
                .map(|p| (p[1].as_u64().unwrap(), single(p[2].as_f64().unwrap())))
                .collect()
        };
        let steps = |value: fn(&retrain::store::StepPoint) -> f64| -> Vec<(u64, f32)> {
            points.steps.iter().map(|p| (p.step as u64, single(value(p)))).collect()
        };
        let evaluations = |value: fn(&retrain::store::EvaluationPoint) -> f64| -> Vec<(u64, f32)> {
            points.evaluations.iter().map(|p| (p.step as u64, single(value(p)))).collect()
        };
        assert_eq!(scalars("train", "cross_entropy_1"), steps(|p| p.loss));
        assert_eq!(scalars("train", "accuracy_1"), steps(|p| p.accuracy));
        let losses = scalars("validation", "cross_entropy_1");
        assert_eq!(losses, evaluations(|p| p.validation_loss));
        assert_eq!(scalars("validation", "accuracy_1"), evaluations(|p| p.validation_accuracy));
        let test = run.test().unwrap();
        assert_eq!(scalars("test", "accuracy_1"), [(40, single(test.accuracy))]);
        let began = run.created.unwrap().as_millisecond() as f64 / 1e3;
        let first = of("train")["scalars"]["accuracy_1"][0][0].as_f64().unwrap();
        assert!((0.0..600.0).contains(&(first - began)), "{first} is the time of the run");

        for name in ["weights", "biases"] {
            let histogram = &of("train")["histograms"]
                [format!("final_training_ops/{name}/summaries/histogram")];
            assert_eq!(histogram["steps"], serde_json::json!([20, 40]));
            assert_eq!(histogram["is_numpys"], true, "{name}: {histogram}");
            assert_eq!(histogram["count"], if name == "weights" { 3.0 * 2048.0 } else { 3.0 });
        }
        assert_eq!(of("test")["images"]["confusion_matrix"]["step"], 40);
        assert!(image::open(&picture).unwrap().width() > 200);
        let plugins: BTreeMap<String, String> =
            serde_json::from_value(found["plugins"][format!("{}/test", folder.id())].clone())
                .unwrap();
        let plugins: Vec<&str> = plugins.values().map(String::as_str).collect();
        assert_eq!(plugins, ["scalars", "images", "scalars"]);
    }
}

fn pandas_and_duckdb_find_the_types_and_the_exact_numbers(Trained { project, runs }: &Trained) {
    let Some(python) = python(&["pandas", "duckdb"]) else { return };
    project.ok(&["export", "--csv", "tables"]);
    let found = read(&python, &[Path::new("csv"), &project.path().join("tables")]);
    let types = |table: &str, column: &str| {
        ["pandas", "duckdb"]
            .map(|by| found[table][by]["types"][column].as_str().unwrap().to_owned())
    };
    for (table, column, expected) in [
        ("runs", "run", ["str", "VARCHAR"]),
        ("runs", "created", ["str", "TIMESTAMP WITH TIME ZONE"]),
        ("runs", "accuracy", ["float64", "DOUBLE"]),
        ("runs", "correct", ["int64", "BIGINT"]),
        ("runs", "learning_rate", ["float64", "DOUBLE"]),
        ("runs", "distort.flip", ["bool", "BOOLEAN"]),
        ("runs", "train.batch_size", ["int64", "BIGINT"]),
        ("runs", "network.backbone", ["str", "VARCHAR"]),
        ("curves", "iteration", ["int64", "BIGINT"]),
        ("curves", "time", ["str", "TIMESTAMP WITH TIME ZONE"]),
        ("curves", "validation_loss", ["float64", "DOUBLE"]),
    ] {
        assert_eq!(types(table, column), expected, "{table}: {column}");
    }
    let rows = found["runs"]["pandas"]["rows"].as_array().unwrap();
    for ((folder, run, _), row) in runs.iter().zip(rows) {
        let test = run.test().unwrap();
        assert_eq!(row["run"].as_str(), Some(folder.id().as_str()));
        assert_eq!(row["tested"].as_u64(), Some(test.n as u64));
        assert!((row["accuracy"].as_f64().unwrap() - test.accuracy).abs() < 1e-14);
    }
    assert_eq!(rows[1]["learning_rate"], 0.05);
    let losses: Vec<f64> =
        runs.iter().flat_map(|(.., points)| points.steps.iter().map(|p| p.loss)).collect();
    for by in ["pandas", "duckdb"] {
        // As texts: not every reader of JSON gives the number that was written.
        let read: Vec<String> = serde_json::from_value(found["losses"][by].clone()).unwrap();
        let read: Vec<f64> = read.iter().map(|loss| loss.parse().unwrap()).collect();
        assert_eq!(read, losses, "{by}");
    }
    assert_eq!(found["curves"]["duckdb"]["rows"], 80);
}

fn what_somebody_else_wrote_is_never_replaced(Trained { project, runs }: &Trained) {
    let export = || project.retrain(&["export", "last", "--tensorboard", "mine"]);
    assert!(export().status.success());
    let folder = project.path().join("mine").join(runs[1].0.id()).join("train");
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let theirs = folder.join("events.out.tfevents.1.theirs");
    fs::write(&theirs, "theirs").unwrap();
    let first = fs::read(&file).unwrap();
    assert!(export().status.success());
    assert_eq!(fs::read(&file).unwrap(), first, "the same once more");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    fs::write(&file, "theirs, too").unwrap();
    let output = export();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("is there and is no export"), "{said}");
    assert_eq!(
        [&file, &theirs].map(|path| fs::read_to_string(path).unwrap()),
        ["theirs, too", "theirs"]
    );
}
