//! Where the score of a photo comes from, by the real program: the map as a command, and the process
//! that answers the screens.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use common::{Project, wait_until};
use retrain::store;
use serde_json::{Value, json};

#[test]
fn a_map_adds_up_to_the_runs_scores_and_never_replaces_a_file() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    let (labels, rows) = store::read_scores(&project.last().0.scores()).unwrap();
    let row = rows.iter().find(|row| row.file.ends_with("3.png")).unwrap();
    let photo = format!("photos/{}", row.file.display());
    let map: Value =
        serde_json::from_str(&project.ok(&["activation-map", "last", &photo, "--json"])).unwrap();
    assert_eq!((&map["true"], &map["picture"]), (&json!(labels[row.category]), &Value::Null));
    for (category, score) in map["categories"].as_array().unwrap().iter().zip(&row.scores) {
        let number = |name: &str| category[name].as_f64().unwrap();
        let places: Vec<Vec<f64>> = serde_json::from_value(category["places"].clone()).unwrap();
        let sum: f64 = places.iter().flatten().sum();
        assert!((number("bias") + number("placeless") + sum - number("logit")).abs() < 1e-9);
        assert!((number("score") - f64::from(*score)).abs() < 1e-4, "{category}, not {score}");
    }

    let printed = project.ok(&["activation-map", "last", &photo]);
    assert!(printed.contains("places, each with its share of the bias"), "{printed}");
    let picture = project.path().join("3.activation.png");
    let before = fs::read(&picture).unwrap();
    image::load_from_memory(&before).unwrap();
    let refused = |arguments: &[&str]| {
        let output = project.retrain(&[&["activation-map", "last", &photo], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&[]).contains("3.activation.png is there already"));
    assert_eq!(fs::read(&picture).unwrap(), before);
    assert!(refused(&["-o", "map.jpg"]).contains("map.jpg does not end in .png"));
    let said = refused(&["-o", "map.png", "--category", "rose"]);
    assert!(said.contains("has no category 'rose', only fire, misc, smoke"), "{said}");

    answers_until_it_is_left(&project, &photo);
    let output = project.retrain(&["look", "no-such-run"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

/// The hidden command, as the screens use it.
fn answers_until_it_is_left(project: &Project, photo: &str) {
    let mut command = project.command(&["look", "last"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut questions = process.stdin.take().unwrap();
    let mut answers = BufReader::new(process.stdout.take().unwrap());
    let mut ask = |question: &str| -> Value {
        writeln!(questions, "{question}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    };
    let question = |photo: &str, categories: &[&str]| {
        json!({"photo": photo, "categories": categories, "nearest": 3}).to_string()
    };
    let first = ask(&question(photo, &["smoke", "no such", "fire"]));
    let (maps, nearest) = (&first["Ok"]["maps"]["Ok"], &first["Ok"]["nearest"]["Ok"]);
    assert_eq!((&maps[0]["category"], &maps[1]["category"]), (&json!("smoke"), &json!("fire")));
    let nearest = nearest.as_array().unwrap();
    assert_eq!(nearest.len(), 3);
    assert!(nearest.iter().all(|one| !photo.ends_with(one["file"].as_str().unwrap())));
    let missing = ask(&question("photos/none.png", &[]));
    assert!(missing["Err"].as_str().unwrap().starts_with("cannot use photos/none.png"));
    assert!(ask("what?")["Err"].as_str().unwrap().starts_with("not a question"));
    assert_eq!(ask(&question(photo, &["smoke", "no such", "fire"])), first);
    drop(questions);
    wait_until("it has ended", || process.try_wait().unwrap().is_some());
    assert!(process.wait().unwrap().success());
}
