//! `retrain compare` in the real binary.

mod common;

use std::fs;

use common::{PER_CATEGORY, Project};
use serde_json::Value;

/// Half of the photos are tested, those of the split with this seed.
fn run(project: &Project, name: &str, iterations: &str, split_seed: &str) -> String {
    let text = format!(
        "images = 'photos'\niterations = {iterations}\n[split]\nby = 'seed'\ntest_percent = 50\n\
         seed = {split_seed}\n[network]\ntaps = ['Mixed_5b']\nprecision = 'f32'\ndevice = 'cpu'\n"
    );
    project.write(&format!("experiments/{name}.toml"), &text);
    project.ok(&["run", &format!("experiments/{name}.toml")]);
    project.last().0.id()
}

#[test]
fn two_runs_are_compared_on_the_photos_that_both_tested() {
    let project = Project::without_experiments();
    let short = run(&project, "short", "1", "0");
    let long = run(&project, "long", "200", "0");
    let other = run(&project, "other", "200", "1");

    let text = project.ok(&["compare", &short, &long]);
    assert!(text.contains("iterations = 1, then 200"), "{text}");
    assert!(text.contains("on the same 12 test photos"), "{text}");
    assert!(text.contains(" points)\n") && text.contains(" of 12: "), "{text}");

    let json: Value =
        serde_json::from_str(&project.ok(&["compare", &short, &long, "--json"])).unwrap();
    let count = |key: &str| json[key].as_u64().unwrap();
    let outcomes = ["fixed", "broken", "both_wrong", "both_right"].map(count);
    assert_eq!(outcomes.iter().sum::<u64>(), count("images"));
    assert_eq!(count("images"), 12);
    assert_eq!(json["photos"].as_array().unwrap().len(), 12);
    let said = json["in_words"].as_str().unwrap();
    assert!(text.contains(said), "{said}\n{text}");
    for photo in json["photos"].as_array().unwrap() {
        let of = |run: &str| photo[run]["predicted"] == photo["category"];
        let expected = match (of("first"), of("second")) {
            (false, true) => "fixed",
            (true, false) => "broken",
            (false, false) => "both wrong",
            (true, true) => "both right",
        };
        assert_eq!(photo["outcome"], expected, "{photo}");
    }
    let listed: Value = serde_json::from_str(&project.ok(&[
        "compare",
        &short,
        &long,
        "--list",
        "both-right",
        "--json",
    ]))
    .unwrap();
    assert_eq!(listed["photos"].as_array().unwrap().len() as u64, outcomes[3]);

    report_of(&project, &short, &long, said);

    // Another split tests other photos: only those of both count, under whatever name they are.
    let photos = project.path().join("photos/fire");
    fs::rename(photos.join("0.png"), photos.join("renamed.png")).unwrap();
    let text = project.ok(&["compare", &long, &other]);
    assert!(text.contains(" of both; left out: "), "{text}");
    let json: Value =
        serde_json::from_str(&project.ok(&["compare", &long, &other, "--json"])).unwrap();
    let count = |key: &str| json[key].as_u64().unwrap();
    assert_eq!(count("images") + count("only_first"), 12);
    assert_eq!(count("only_first"), count("only_second"));
    assert!(count("images") < 3 * PER_CATEGORY as u64 / 2);

    let same = project.ok(&["compare", &long, &long]);
    assert!(
        same.contains("0 fixed, 0 broken of 12: no evidence of a difference (p = 1.00"),
        "{same}"
    );
}

/// Every photo is tested by a head that never saw it, whatever part it was trained on.
#[test]
fn the_accuracy_is_told_for_parts_of_the_training_photos() {
    let project = Project::without_experiments();
    let id = run(&project, "fire", "60", "0");
    let json: Value =
        serde_json::from_str(&project.ok(&["learning-curve", &id, "--json"])).unwrap();
    let all = 3 * PER_CATEGORY;
    // Six sizes and half of each of three categories, five times each, in five folds.
    assert_eq!((&json["photos"], &json["heads"]), (&all.into(), &(9 * 25).into()));
    let sizes = json["sizes"].as_array().unwrap();
    let photos: Vec<f64> = sizes.iter().map(|size| size["photos"].as_f64().unwrap()).collect();
    assert!(photos.is_sorted() && photos.len() == 6, "{photos:?}");
    assert!((photos[5] - 0.8 * all as f64).abs() < 1e-9, "four fifths of all: {photos:?}");
    for accuracy in sizes.iter().flat_map(|size| size["accuracies"].as_array().unwrap()) {
        let right = accuracy.as_f64().unwrap() * all as f64;
        assert!((right - right.round()).abs() < 1e-9, "of all photos, each once: {right}");
    }
    let last = json["continued"].as_array().unwrap().last().unwrap();
    let gain = json["twice_as_many"]["gain"].as_f64().unwrap();
    let foretold = last["accuracy"].as_f64().unwrap() - sizes[5]["accuracy"].as_f64().unwrap();
    assert!(last["share"] == 2.0 && (foretold - gain).abs() < 1e-9, "{foretold} {gain}");
    kinds_of(&project, &id, all);
    let text = project.ok(&["learning-curve", &id]);
    let said = json["twice_as_many"]["in_words"].as_str().unwrap();
    assert!(text.contains(&format!("twice as many photos of all categories: {said}\n")), "{text}");
}

/// Every photo has a kind and a place, the same each time; a category of so few photos is one kind.
fn kinds_of(project: &Project, id: &str, all: usize) {
    let json = project.ok(&["kinds", id, "--json"]);
    assert_eq!(json, project.ok(&["kinds", id, "--json"]), "to the bit");
    let found: Value = serde_json::from_str(&json).unwrap();
    let kinds = found["kinds"].as_array().unwrap();
    assert_eq!((kinds.len(), found["map"].as_array().unwrap().len()), (3, all));
    for kind in kinds {
        assert_eq!((&kind["photos"], &kind["strength"]), (&PER_CATEGORY.into(), &Value::Null));
        assert_eq!(kind["files"].as_array().unwrap().len(), PER_CATEGORY);
    }
    let wrong: u64 = kinds.iter().map(|kind| kind["wrong"].as_u64().unwrap()).sum();
    let grouped = found["wrong"].as_array().unwrap().iter();
    assert_eq!(wrong, grouped.map(|group| group["photos"].as_u64().unwrap()).sum::<u64>());
    let csv = project.ok(&["kinds", id, "--csv", "--category", "smoke"]);
    assert_eq!(
        (csv.lines().count(), csv.lines().next()),
        (PER_CATEGORY + 1, Some("file,set,category,kind,predicted,x,y"),)
    );
    let text = project.ok(&["kinds", id, "--category", "smoke"]);
    assert!(text.contains("\nsmoke  ") && !text.contains("\nfire"), "{text}");
    let refused = project.retrain(&["kinds", id, "--category", "fog"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("there is no category 'fog', expected one of"),
        "{said}"
    );
}

/// A further photo, and as many settings as make a difference.
#[test]
fn a_change_is_taken_apart_into_parts_that_add_up_to_it() {
    let project = Project::without_experiments();
    let before = run(&project, "before", "200", "0");
    let photo = project.path().join("photos/smoke/0.png");
    let mut bytes = fs::read(&photo).unwrap();
    bytes.push(0);
    fs::write(project.path().join("photos/smoke/9.png"), bytes).unwrap();
    fs::rename(&photo, project.path().join("photos/fire/moved.png")).unwrap();
    let after = run(&project, "after", "1", "0");

    let text = project.ok(&["compare", &before, &after]);
    assert!(text.contains("photos: 1 added (1 to "), "{text}");
    let json: Value =
        serde_json::from_str(&project.ok(&["compare", &before, &after, "--json"])).unwrap();
    let count = |kind: &str| json["photos_that_differ"][kind].as_array().unwrap().len();
    assert_eq!((count("added"), count("removed"), count("relabelled")), (1, 0, 1));

    let json: Value =
        serde_json::from_str(&project.ok(&["explain-change", &before, &after, "--json"])).unwrap();
    assert_eq!(json["accuracy"], json["accuracy_again"], "{json}");
    let parts = json["parts"].as_array().unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    let sum: f64 = parts.iter().map(|part| number(&part["change"])).sum();
    assert!((sum + number(&json["luck"]) - number(&json["change"])).abs() < 1e-9, "{json}");
    assert!(parts.iter().any(|part| part["in_words"] == "iterations = 200, then 1"), "{json}");
    let points: f64 = parts.iter().map(|part| number(&part["points"])).sum();
    let change = format!("{:+.1} points: ", points + number(&json["luck_points"]));
    assert!(json["in_words"].as_str().unwrap().starts_with(&change), "{json}");
    let text = project.ok(&["explain-change", &before, &after]);
    let notes = json["notes"].as_array().unwrap();
    assert!(notes.iter().all(|note| text.contains(note.as_str().unwrap())), "{text}");
    assert!(text.contains(json["in_words"].as_str().unwrap()), "{text}");
    // An added photo shares a split's places, so others move between sets.
    assert!(text.contains(" training photo"), "{text}");
}

/// The page says what `compare` says; only an earlier report is replaced.
fn report_of(project: &Project, short: &str, long: &str, said: &str) {
    let name = format!("report-{short}-and-1-more.html");
    for _ in 0..2 {
        assert_eq!(project.ok(&["report", short, long]), format!("{name}\n"));
    }
    let page = fs::read_to_string(project.path().join(&name)).unwrap();
    assert!(page.contains(said) && page.contains("<img src=\"data:image/jpeg;base64,"));
    project.ok(&["report", short, long, "-o", "notes.md"]);
    let notes = fs::read_to_string(project.path().join("notes.md")).unwrap();
    let printed = project.ok(&["report", short, long, "--markdown"]);
    let without_time = |text: &str| text.rsplit_once("Written by").unwrap().0.to_owned();
    assert_eq!(without_time(&notes), without_time(&printed));
    assert!(notes.contains(said));
    project.write("mine.md", "my own notes");
    for (file, expected) in [
        ("mine.md", "mine.md is there and is no report of retrain's"),
        ("a.pdf", "expected a name that ends in .html or .md"),
    ] {
        let refused = project.retrain(&["report", short, "-o", file]);
        assert_eq!(refused.status.code(), Some(2));
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(fs::read_to_string(project.path().join("mine.md")).unwrap(), "my own notes");
    let remote = project.command(&["report", short]).env("SSH_CONNECTION", "a 1 b 22").output();
    let told = String::from_utf8_lossy(&remote.unwrap().stderr).into_owned();
    assert!(told.contains(": scp ") && told.contains(&format!("/report-{short}.html .")), "{told}");
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let project = Project::without_experiments();
    let one = run(&project, "one", "5", "0");
    // The same run of other photos: none is in both.
    for category in fs::read_dir(project.path().join("photos")).unwrap() {
        for photo in fs::read_dir(category.unwrap().path()).unwrap() {
            let path = photo.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            // Behind the end of a PNG anything may stand: another content, the same picture.
            bytes.push(0);
            fs::write(&path, bytes).unwrap();
        }
    }
    let two = run(&project, "two", "5", "0");
    let refused = project.retrain(&["compare", &one, &two]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("cannot be compared: they tested no photo in common"), "{said}");

    fs::remove_file(project.find(&one).scores()).unwrap();
    let refused = project.retrain(&["compare", &one, &two]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains(&format!("{one} has no scores: they are written at its end")), "{said}");
}

#[test]
fn repeats_are_runs_of_other_seeds_with_a_mean_and_a_comparison() {
    let project = Project::without_experiments();
    for (name, iterations) in [("short", 1), ("long", 100)] {
        let text = format!(
            "images = 'photos'\niterations = {iterations}\n[split]\nby = 'seed'\ntest_percent = 25\n\
             validation_percent = 25\n[network]\ntaps = ['Mixed_5b']\nprecision = 'f32'\n\
             device = 'cpu'\n"
        );
        project.write(&format!("experiments/{name}.toml"), &text);
    }
    let said = project.ok(&["run", "short", "--repeats", "3"]);
    assert!(said.contains("\n3 repeats: final test accuracy = "), "{said}");
    assert!(said.contains("each on another split of short"), "{said}");
    let short = project.last().0;
    project.ok(&["run", "long", "--repeats", "3"]);
    let long = project.last().0;
    let seeds = |run: &retrain::store::RunFolder| {
        let settings = run.summary().unwrap().settings;
        (settings["train.seed"].clone(), settings["split.seed"].clone())
    };
    assert_eq!(seeds(&short), ("2".to_owned(), "2".to_owned()));
    let json: Value = serde_json::from_str(&project.ok(&[
        "compare",
        &short.id(),
        &long.id(),
        "--repeats",
        "--json",
    ]))
    .unwrap();
    assert_eq!(json["repeats"], 3);
    let mean = |side: &str| json[side]["mean"].as_f64().unwrap();
    let difference = json["difference"].as_f64().unwrap();
    assert!((mean("second") - mean("first") - difference).abs() < 1e-9, "{json}");
    assert!(json["in_words"].as_str().unwrap().contains(" points over 3 repeats: "), "{json}");
}

/// What is decided about photos goes over their folders, which stay as they are.
#[test]
fn a_label_that_is_decided_holds_for_the_next_run_and_moves_nothing() {
    let project = Project::without_experiments();
    let file_name = |path: &std::path::Path| path.file_name().unwrap().to_owned();
    let before = run(&project, "fire", "200", "0");
    let listed = |run: &str| {
        let text = fs::read_to_string(project.path().join("runs").join(run).join("photos.csv"));
        text.unwrap()
    };
    let doubted = |run: &str| -> Value {
        serde_json::from_str(&project.ok(&["labels", run, "--json"])).unwrap()
    };
    let found = doubted(&before);
    let all = 3 * PER_CATEGORY;
    assert_eq!((&found["photos"], found["labels"].as_array().unwrap().len()), (&all.into(), all));
    assert_eq!(found["decided"], 0);

    project.ok(&["label", "fire", "smoke/0.png", "photos/smoke/1.png", "--as", "fire"]);
    project.ok(&["label", "fire", "misc/2.png", "--none-of-these"]);
    let refused = project.retrain(&["label", "fire", "misc/3.png", "--as", "smok"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("no category 'smok' (did you mean 'smoke'?)"), "{said}");
    let table = project.path().join("experiments/fire.labels.csv");
    assert_eq!(fs::read_to_string(&table).unwrap().lines().count(), 4);
    let checked = project.ok(&["check", "fire"]);
    assert!(checked.contains("2 photos under another category"), "{checked}");
    assert!(checked.contains("misc/2.png: none of these"), "{checked}");

    project.ok(&["run", "fire"]);
    let after = project.last().0;
    let set = |text: &str, file: &str| {
        let line = text.lines().find(|line| line.starts_with(file)).unwrap().to_owned();
        line.split(',').skip(1).take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let (old, new) = (listed(&before), listed(&after.id()));
    for file in ["smoke/0.png", "smoke/1.png"] {
        let (was, is) = (set(&old, file), set(&new, file));
        assert_eq!((&was[0], &*is[1]), (&is[0], "fire"), "{file} stays in its set");
    }
    assert!(!new.contains("misc/2.png"));
    let same = old.lines().filter(|line| new.contains(*line)).count();
    assert_eq!(same, old.lines().count() - 3, "nothing happens to the other photos");
    let copies: Vec<_> = fs::read_dir(project.path().join("photos/smoke"))
        .unwrap()
        .map(|entry| file_name(&entry.unwrap().path()))
        .collect();
    assert_eq!(copies.len(), PER_CATEGORY, "no photo is moved");
    let copy = after.path().join("experiment.labels.csv");
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&table).unwrap());
    let again = doubted(&after.id());
    assert_eq!(again["decided"], 2, "they are not asked again");
    let verdicts =
        again["labels"].as_array().unwrap().iter().filter_map(|row| row["decided"].as_object());
    assert!(verdicts.clone().all(|verdict| verdict["category"] == "fire") && verdicts.count() == 2);

    // With folds every photo has been scored by a head that never saw it.
    let folds = ["split.folds=3", "split.validation_percent=40"];
    project.ok(&["run", "fire", "--set", folds[0], "--set", folds[1]]);
    let folds = doubted("last");
    assert_eq!((&folds["folds"], &folds["photos"]), (&3.into(), &(all - 1).into()));

    // So few photos promise nothing.
    let refused = project.retrain(&["predict", "last", "photos/misc/1.png", "--sure", "95"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{said}");
    assert!(said.contains("23 photos cannot promise 95.0%"), "{said}");
    assert!(said.contains("86 are needed"), "{said}");

    a_temperature_is_saved_in_the_head_and_taken_out_of_it(&project);

    project.ok(&["label", "fire", "smoke/0.png", "smoke/1.png", "misc/2.png", "--as-folder"]);
    project.ok(&["run", "fire"]);
    assert_eq!(listed(&project.last().0.id()), old);
}

/// Of the last run.
fn a_temperature_is_saved_in_the_head_and_taken_out_of_it(project: &Project) {
    let json = |words: &[&str]| -> Value {
        serde_json::from_str(&project.ok(&[words, &["--json"]].concat())).unwrap()
    };
    let predict = ["predict", "last", "photos/misc"];
    let highest = |photo: &Value| {
        let scores = photo["scores"].as_object().unwrap().values();
        scores.map(|score| score.as_f64().unwrap()).fold(0.0, f64::max)
    };
    let head = project.last().0.head();
    let (trained, before) = (fs::read(&head).unwrap(), json(&predict));
    let shown = project.ok(&["calibrate", "last"]);
    assert!(shown.contains("cross-entropy") && shown.contains("HIGHEST SCORE"), "{shown}");
    assert_eq!(fs::read(&head).unwrap(), trained, "shown only");

    let saved = json(&["calibrate", "last", "--save"]);
    let temperature = saved["temperature"].as_f64().unwrap();
    assert_eq!(saved["in_the_head"], saved["temperature"]);
    for (before, after) in before.as_array().unwrap().iter().zip(json(&predict).as_array().unwrap())
    {
        assert_eq!(before["predicted"], after["predicted"]);
        let (before, after) = (highest(before), highest(after));
        assert!(before == after || (before > after) == (temperature > 1.0), "{before} {after}");
    }
    project.ok(&["calibrate", "last", "--save"]);
    assert_eq!(json(&["calibrate", "last"])["in_the_head"], saved["temperature"], "not twice");
    project.ok(&["calibrate", "last", "--undo"]);
    assert_eq!(fs::read(&head).unwrap(), trained, "to the bit");
}
