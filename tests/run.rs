//! The main job, end to end, with the real binary, real weights and real files.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use common::{PER_CATEGORY, Project, wait_until};
use image::{Rgb, RgbImage};
use retrain::kernels::{Engine, Format, Rounding};
use retrain::random::Rng;
use retrain::store::{self, Event, RunFolder, State};
use serde_json::Value;

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// All losses of a run, as they stand in its log.
fn losses(folder: &RunFolder) -> Vec<String> {
    let log = fs::read_to_string(folder.events()).unwrap();
    let steps = log.lines().filter(|line| line.contains(r#""event":"step""#));
    steps.map(|line| line.split_once(r#""event""#).unwrap().1.to_owned()).collect()
}

#[test]
fn photos_become_a_final_test_accuracy_and_a_run_folder_that_predicts() {
    let project = Project::new();
    let printed = project.ok(&["run", "experiments/photos.toml"]);
    assert!(printed.contains("Final test accuracy = "), "{printed}");
    assert!(printed.contains("(N=6), 95% interval "), "{printed}");

    let (folder, run) = project.last();
    assert_eq!(run.state(), State::Done);
    let points = folder.points().unwrap();
    assert_eq!((points.steps.len(), points.evaluations.len()), (40, 4));
    let names = [
        "experiment.toml",
        "events.jsonl",
        "summary.json",
        "head.safetensors",
        "labels.txt",
        "scores.csv",
        "skipped.csv",
        "worker.log",
        "lock",
    ];
    for name in names {
        assert!(folder.path().join(name).exists(), "{name} is missing");
    }
    assert_eq!(fs::read_to_string(folder.labels()).unwrap(), "fire\nmisc\nsmoke\n");
    let network = run.network.as_ref().unwrap();
    let rounding = Rounding::of_this_processor();
    let arithmetic = match (Engine::best(Format::Int8(rounding)).is_fast(), rounding) {
        (true, Rounding::Full) => "int8, full range, calibration 1",
        (true, Rounding::Reduced) => "int8, calibration 1",
        _ => "f32",
    };
    for (name, value) in [("device", "cpu"), ("arithmetic", arithmetic)] {
        let fact = (name.to_owned(), value.to_owned());
        assert!(network.properties.contains(&fact), "{:?}", network.properties);
    }

    // What was scored in the run is predicted alike from the head file alone.
    let (labels, rows) = store::read_scores(&folder.scores()).unwrap();
    assert_eq!(rows.len(), 3 * PER_CATEGORY);
    let row = &rows[5];
    let photo = Path::new("photos").join(&row.file);
    let predicted = project.ok(&["predict", "last", photo.to_str().unwrap()]);
    let mut expected: Vec<(f32, String)> = row.scores.iter().copied().zip(labels).collect();
    expected.sort_by(|a, b| b.0.total_cmp(&a.0));
    let expected: Vec<String> =
        expected.iter().map(|(score, label)| format!("{label} (score = {score:.5})")).collect();
    assert_eq!(predicted.lines().collect::<Vec<_>>(), expected);

    // Where nothing can be scored, the reason is said.
    fs::write(project.path().join("text.jpg"), "no picture").unwrap();
    for bad in ["text.jpg", "missing.jpg"] {
        let output = project.retrain(&["predict", "last", bad]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(stderr(&output).contains(&format!("skipped {bad}: ")), "{output:?}");
    }

    // The same photos again: nothing is decoded, and every loss is the same to the bit.
    let output = project.retrain(&["run", "experiments/photos.toml"]);
    assert!(output.status.success(), "{output:?}");
    let news = stderr(&output);
    assert_eq!(news.matches("features 24/24").count(), 1, "said once: {news}");
    let (again, rerun) = project.last();
    assert_ne!(again, folder);
    let features = rerun.features.unwrap();
    assert_eq!((features.from_cache, features.total), (24, 24));
    assert_eq!(losses(&again), losses(&folder));

    // Another seed draws other batches.
    let kept = ["--set", "train.keep_every=20"];
    let chosen = [&["--set", "train.seed=1", "--set", "train.batch_size=100"][..], &kept].concat();
    project.ok(&[&["run", "experiments/photos.toml"], &chosen[..]].concat());
    let (other, seeded) = project.last();
    assert_eq!(seeded.settings["train.seed"], "1");
    let told = project.ok(&["show", &other.id()]);
    assert!(told.contains("train.batch_size = 100"), "chosen, though it is the default: {told}");
    assert!(!told.contains("train.eval_interval"), "{told}");
    assert!(told.contains("heads       kept of iteration 20, 40; use one with: "), "{told}");
    let of = |head: &str| project.ok(&["predict", head, photo.to_str().unwrap()]);
    assert_eq!(of("last@40"), of("last"));
    assert_ne!(of("last@20"), of("last"));
    let output = project.retrain(&["predict", "last@30", photo.to_str().unwrap()]);
    let refusal = "no head of iteration 30: it kept those of iteration 20, 40";
    assert!(stderr(&output).contains(refusal), "{output:?}");
    assert_ne!(losses(&other), losses(&folder));

    let listed = project.ok(&["list"]);
    assert_eq!(listed.lines().count(), 4, "{listed}");
    let told = project.ok(&["show", &folder.id()]);
    assert!(
        told.contains("Final test accuracy = ") && told.contains("balanced accuracy "),
        "{told}"
    );
    assert!(told.contains("calibration error "), "{told}");
    let told: serde_json::Value =
        serde_json::from_str(&project.ok(&["show", &folder.id(), "--json"])).unwrap();
    let evaluation = &told["evaluation"];
    assert_eq!(evaluation["accuracy"], told["test"]["accuracy"]);
    let images = |list: &serde_json::Value| -> u64 {
        list.as_array().unwrap().iter().map(|entry| entry["images"].as_u64().unwrap()).sum()
    };
    let tested = told["test"]["n"].as_u64().unwrap();
    assert_eq!(images(&evaluation["categories"]), tested);
    assert_eq!(images(&evaluation["calibration"]), tested);
    let wrong = tested - told["test"]["correct"].as_u64().unwrap();
    assert_eq!(images(&evaluation["confusions"]), wrong);
    let worst = project.ok(&["scores", "last", "--json"]);
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&worst).unwrap().len(), 24);
}

#[test]
fn a_command_line_of_retrain_py_becomes_an_experiment_that_runs_and_logs_as_it_did() {
    let project = Project::without_experiments();
    let pasted = [
        "from-retrain-py",
        "python",
        "retrain.py",
        "--image_dir=photos",
        "--how_many",
        "25",
        "--validation_percentage",
        "35",
        "--testing_percentage=30",
        "--bottleneck_dir=/tmp/bottlenecks",
    ];
    let told = project.ok(&pasted);
    assert!(told.contains("--how_many_training_steps 25 → iterations = 25\n"), "{told}");
    assert!(told.contains("--bottleneck_dir /tmp/bottlenecks → elsewhere: "), "{told}");
    assert!(told.ends_with("\nexperiments/photos.toml\n"), "{told}");
    let again = project.retrain(&pasted);
    assert_eq!(again.status.code(), Some(2), "{again:?}");
    assert!(stderr(&again).contains("photos.toml is there already"), "{again:?}");
    project.ok(&[&pasted[..], &["-o", "other.toml"]].concat());
    assert!(project.path().join("other.toml").exists());

    let printed = project.ok(&["run", "photos", "--log", "retrain.py"]);
    let lines: Vec<(&str, &str)> =
        printed.lines().filter_map(|line| line.split_once(": Step ")).collect();
    let steps: Vec<&str> = lines.iter().map(|(_, said)| said.split_once(": ").unwrap().0).collect();
    assert_eq!(steps, ["0", "0", "0", "10", "10", "10", "20", "20", "20", "24", "24", "24"]);
    let is_time = |time: &str| time.len() == "2026-11-30 08:00:00.123456".len();
    assert!(lines.iter().all(|(time, _)| is_time(time)), "{printed}");
    let (accuracy, loss, validation) = (lines[0].1, lines[1].1, lines[2].1);
    assert!(accuracy.starts_with("0: Train accuracy = ") && accuracy.ends_with('%'), "{printed}");
    assert!(loss.starts_with("0: Cross entropy = "), "{printed}");
    assert!(validation.starts_with("0: Validation accuracy = "), "{printed}");
    assert!(validation.ends_with("% (N=7)"), "{printed}");
    let last = printed.lines().find_map(|line| line.strip_prefix("Final test accuracy = "));
    assert!(last.is_some_and(|rest| rest.contains("% (N=5), ")), "{printed}");
}

#[test]
fn a_photo_that_cannot_be_read_is_skipped_with_its_reason_and_the_run_goes_on() {
    let project = Project::new();
    fs::write(project.path().join("photos/fire/text.jpg"), "no picture").unwrap();
    let whole = fs::read(project.path().join("photos/fire/0.png")).unwrap();
    fs::write(project.path().join("photos/fire/half.png"), &whole[..whole.len() / 2]).unwrap();

    let output = project.retrain(&["check", "experiments/photos.toml"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("text.jpg: not an image"), "{output:?}");
    assert!(text.contains("half.png: "), "{text}");
    assert!(!project.path().join("runs").exists(), "a check makes no run");

    project.ok(&["run", "experiments/photos.toml"]);
    let (folder, run) = project.last();
    assert_eq!(run.skipped, 2);
    let skipped = fs::read_to_string(folder.skipped()).unwrap();
    assert!(skipped.contains("fire/text.jpg,not an image"), "{skipped}");
    assert!(skipped.contains("fire/half.png,"), "{skipped}");
}

#[test]
fn a_check_names_near_copies_in_two_sets_and_what_gives_the_categories_away() {
    let project = Project::without_experiments();
    let mut rng = Rng::new(3);
    let mut drawn = |side: u32| {
        let fields: Vec<u8> = (0..64).map(|_| rng.below(256) as u8).collect();
        RgbImage::from_fn(side, side, |x, y| {
            let [column, row] = [x, y].map(|at| (at * 8 / side) as usize);
            Rgb([fields[8 * row + column]; 3])
        })
    };
    for (category, side) in [("one", 96), ("two", 144)] {
        for number in 0..24 {
            let set = ["train", "valid", "test"][number % 3];
            let folder = project.path().join("sets").join(set).join(category);
            fs::create_dir_all(&folder).unwrap();
            let photo = drawn(side);
            photo.save(folder.join(format!("{number}.png"))).unwrap();
            if number == 0 && category == "one" {
                let copy = project.path().join("sets/test/one");
                fs::create_dir_all(&copy).unwrap();
                photo.save(copy.join("copy.bmp")).unwrap();
            }
        }
    }
    project.write("experiments/sets.toml", "images = \"sets\"\n[split]\nby = \"folders\"\n");
    let text = project.ok(&["check", "sets"]);
    assert!(text.contains("pair of near copies in two sets:\n  "), "{text}");
    assert!(text.contains("copy.bmp (test)"), "{text}");
    assert!(
        text.contains("sizes in pixels alone tell the category of 100.0% of 49 photos (50.0% by"),
        "{text}"
    );
    let told: serde_json::Value =
        serde_json::from_str(&project.ok(&["check", "sets", "--json"])).unwrap();
    assert_eq!(told["shortcuts"].as_array().unwrap().len(), 7);
    assert_eq!(told["shortcuts"][0]["categories"][0]["found"], 25);
    assert_eq!(told["shortcuts"][4]["is_shortcut"], false, "{told:#}");
}

#[test]
fn a_mistake_is_the_users_and_named_before_any_run_is_made() {
    let project = Project::new();
    project.experiment("wrong", "itterations = 3");
    let output = project.retrain(&["run", "experiments/wrong.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("experiments/wrong.toml:3: "), "{output:?}");
    assert!(stderr(&output).contains("iterations"), "{output:?}");

    let output = project.retrain(&["run", "experiments/none.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let output = project.retrain(&["show", "last"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("retrain run"), "{output:?}");
    let output = project.retrain(&["run", "experiments/photos.toml", "--set", "train.sead=1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("train.seed"), "{output:?}");
    assert!(!project.path().join("runs").exists());
}

#[test]
fn a_gpu_that_is_not_there_is_refused_at_once_with_the_reason_and_the_cure() {
    let project = Project::new();
    // No machine has so many: without CUDA, without a driver and with a GPU it is an error.
    for command in [&["run"][..], &["check"]] {
        project.experiment("gpu", "network.device = 'cuda:99'");
        let output = project.retrain(&[command, &["experiments/gpu.toml"]].concat());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = stderr(&output);
        assert!(said.contains("network.device is \"cuda:99\": "), "{said}");
        assert!(said.contains("set it to \"cpu\""), "{said}");
    }
    let (_, run) = project.last();
    assert!(run.counts.is_empty(), "photos were looked at first");
}

#[test]
fn an_empty_set_is_refused_before_any_work_with_the_category_and_the_cure() {
    let project = Project::new();
    fs::create_dir(project.path().join("photos/rare")).unwrap();
    fs::copy(project.path().join("photos/fire/0.png"), project.path().join("photos/rare/only.png"))
        .unwrap();
    let output = project.retrain(&["run", "experiments/photos.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("rare"), "{output:?}");
    let (_, run) = project.last();
    assert_eq!(run.state(), State::Failed);
    assert!(run.features.is_none());
}

#[test]
fn a_run_outlives_the_command_that_started_it_and_keeps_its_result_when_stopped() {
    let project = Project::new();
    project.experiment("long", "learning_rate = 0.001");
    let id =
        project.ok(&["run", "experiments/long.toml", "--set", "iterations=10000000", "--detach"]);
    let folder = store::find(&project.path().join("runs"), id.trim()).unwrap();
    let state = || folder.summary().unwrap().state;
    wait_until("it trains", || folder.replay().unwrap().step() > 100);
    assert_eq!(state(), State::Running);

    folder.request_stop(retrain::store::Stop::Keep).unwrap();
    wait_until("it has stopped", || state() == State::Stopped);
    let run = folder.replay().unwrap();
    assert!(run.test().unwrap().n == 6 && run.step() < 10_000_000);
    project.ok(&["predict", id.trim(), "photos/fire/0.png"]);
}

#[test]
fn ctrl_c_stops_the_training_and_keeps_the_result() {
    let project = Project::new();
    let child = project
        .command(&["run", "experiments/photos.toml", "--set", "iterations=10000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let runs = project.path().join("runs");
    wait_until("it trains", || {
        store::find(&runs, "last").is_ok_and(|run| run.replay().unwrap().step() > 10)
    });
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("Final test accuracy"));
    assert_eq!(project.last().1.state(), State::Stopped);
}

#[test]
fn a_killed_worker_leaves_a_run_that_is_lost_with_all_it_had_reported() {
    let project = Project::new();
    let id =
        project.ok(&["run", "experiments/photos.toml", "--set", "iterations=10000000", "--detach"]);
    let folder = store::find(&project.path().join("runs"), id.trim()).unwrap();
    wait_until("it trains", || folder.replay().unwrap().step() > 100);
    let reported = folder.replay().unwrap().step();
    common::kill(&folder);
    wait_until("it is seen as lost", || folder.summary().unwrap().state == State::Lost);
    assert!(folder.replay().unwrap().step() >= reported);
}

#[test]
fn a_learning_rate_that_is_too_high_ends_in_a_sentence_that_says_so() {
    let project = Project::new();
    let output = project.retrain(&[
        "run",
        "experiments/photos.toml",
        "--set",
        "learning_rate=100",
        "--set",
        "train.optimizer=\"momentum\"",
        "--set",
        "train.weight_decay=100",
    ]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stderr(&output).contains("learning rate"), "{output:?}");
    assert_eq!(project.last().1.state(), State::Failed);
}

#[test]
fn features_are_written_for_other_programs() {
    let project = Project::new();
    project.ok(&["features", "photos", "-o", "features.csv"]);
    let csv = fs::read_to_string(project.path().join("features.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 3 * PER_CATEGORY);
    assert!(csv.starts_with("file,set,category,f0,f1,"));
    let output = PathBuf::from("features.safetensors");
    project.ok(&["features", "experiments/photos.toml", "-o", output.to_str().unwrap()]);
    let bytes = fs::read(project.path().join(output)).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("features").unwrap().shape(), [24, 2048]);
    // Nothing is overwritten unasked, as the head of a run.
    let again = project.retrain(&["features", "photos", "-o", "features.safetensors"]);
    assert_eq!(again.status.code(), Some(2), "{again:?}");
    assert!(stderr(&again).contains("features.safetensors exists already"), "{again:?}");
    assert_eq!(fs::read(project.path().join("features.safetensors")).unwrap(), bytes);
}

#[test]
fn a_new_experiment_for_a_folder_can_be_run_as_it_is() {
    let project = Project::new();
    let written = project.ok(&["new", "photos", "-o", "experiments/new.toml"]);
    assert_eq!(written.trim(), "experiments/new.toml");
    let checked = project.ok(&["check", "experiments/new.toml"]);
    assert!(checked.contains("smoke"), "{checked}");
    let again = project.retrain(&["new", "photos", "-o", "experiments/new.toml"]);
    assert_eq!(again.status.code(), Some(2), "a file that is there is never overwritten");
}

/// The layout of Roboflow's exports, with what an archive from a Mac brings along.
#[test]
fn folders_of_sets_are_seen_by_new_and_refused_as_categories() {
    let project = Project::without_experiments();
    let photos = project.path().join("photos");
    for (set, numbers) in [("train", 0..5), ("valid", 5..7), ("test", 7..8)] {
        for category in ["fire", "smoke"] {
            let folder = project.path().join("ds").join(set).join(category);
            fs::create_dir_all(&folder).unwrap();
            for number in numbers.clone() {
                let name = format!("{number}.png");
                fs::copy(photos.join(category).join(&name), folder.join(&name)).unwrap();
            }
        }
    }
    fs::create_dir_all(project.path().join("ds/__MACOSX/train")).unwrap();
    let output = project.retrain(&["new", "ds"]);
    assert!(output.status.success(), "{output:?}");
    assert!(stderr(&output).contains("split.by = \"folders\""), "{output:?}");
    let checked: serde_json::Value =
        serde_json::from_str(&project.ok(&["check", "experiments/ds.toml", "--json"])).unwrap();
    for (place, category) in ["fire", "smoke"].into_iter().enumerate() {
        let expected =
            serde_json::json!({"category": category, "training": 5, "validation": 2, "test": 1});
        assert_eq!(checked["categories"][place], expected, "{checked}");
    }
    project.write("experiments/as-categories.toml", "images = \"ds\"\n");
    for command in ["check", "run"] {
        let output = project.retrain(&[command, "experiments/as-categories.toml"]);
        assert!(!output.status.success(), "{command}");
        let said = stderr(&output);
        assert!(said.contains("look like sets"), "{command}: {said}");
    }
}

#[test]
fn a_new_experiment_for_the_project_folder_itself_takes_the_photos_and_not_the_programs_folders() {
    let project = Project::new();
    for category in ["fire", "smoke", "misc"] {
        let here = project.path().join(category);
        fs::rename(project.path().join("photos").join(category), here).unwrap();
    }
    fs::remove_dir(project.path().join("photos")).unwrap();
    project.ok(&["new", ".", "-o", "experiments/new.toml"]);
    let checked = project.ok(&["check", "experiments/new.toml"]);
    assert!(checked.contains("smoke") && !checked.contains("experiments "), "{checked}");
}

#[test]
fn distorted_variants_of_training_photos_are_cached_too() {
    let project = Project::new();
    let arguments = [
        "run",
        "experiments/photos.toml",
        "--set",
        "distort.flip=true",
        "--set",
        "distort.copies=2",
    ];
    project.ok(&arguments);
    let (_, first) = project.last();
    project.ok(&arguments);
    let (_, second) = project.last();
    // 24 photos as they are, and 12 training photos again for their variants.
    assert_eq!(first.features.unwrap().total, 36);
    assert_eq!(second.features.unwrap().from_cache, 36);
}

#[test]
fn the_log_names_every_turn_of_the_run() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    let (folder, _) = project.last();
    let records = folder.tail().poll().unwrap();
    let stages: Vec<_> = records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Stage { stage } => Some(stage.name()),
            Event::Finished { .. } => Some("finished"),
            _ => None,
        })
        .collect();
    assert_eq!(stages, ["scan", "features", "training", "evaluation", "finished"]);
}

#[test]
fn a_command_whose_reader_has_gone_does_all_the_same_what_it_would_have_done() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    let commands: [&[&str]; 8] = [
        &["list"],
        &["list", "--json"],
        &["show", "last"],
        &["scores", "last"],
        &["check", "experiments/photos.toml"],
        &["fields"],
        &["keys"],
        &["trash"],
    ];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = project.command(arguments).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = project.command(arguments).stderr(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    }
    let names = ["a", "b", "c"];
    names.iter().for_each(|name| project.experiment(name, ""));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let experiments = names.map(|name| format!("experiments/{name}.toml"));
    let arguments =
        [&["run", "--detach"][..], &experiments.each_ref().map(|e| e.as_str())].concat();
    let output = project.command(&arguments).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let runs = store::list(&project.path().join("runs")).unwrap();
    assert_eq!(runs.len(), 4);
    wait_until("all runs are done", || {
        runs.iter().all(|run| run.summary().is_ok_and(|summary| summary.state == State::Done))
    });
}

#[test]
fn photos_named_on_stdin_are_answered_in_their_order_as_they_come() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    project.write("line\nend.jpg", "no picture");
    let names = ["photos/misc/1.png", "line\nend.jpg", "photos/fire/0.png"];
    let predict = |arguments: &[&str], stdin: &str, stdout: Stdio| {
        let arguments = [&["predict", "last", "-"][..], arguments].concat();
        let mut command = project.command(&arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(stdin.as_bytes()).unwrap();
        (child, pipe)
    };
    let done = |arguments: &[&str], stdin: &str| {
        let (child, pipe) = predict(arguments, stdin, Stdio::piped());
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        (String::from_utf8(output.stdout.clone()).unwrap(), stderr(&output))
    };

    let (table, said) = done(&["-0", "--format", "csv"], &names.join("\0"));
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows[0], "file,predicted,score,fire,misc,smoke,verdict,likeness,error");
    assert!(rows[1].starts_with("photos/misc/1.png,"), "{table}");
    assert!(rows[2].starts_with("line\\nend.jpg,,,,,,,,") && rows[2].len() > 30, "{table}");
    assert!(rows[3].starts_with("photos/fire/0.png,"), "{table}");
    assert_eq!(rows.len(), 4);
    assert!(said.ends_with("retrain: 1 of 3 files could not be scored\n"), "{said}");

    // The objects of all forms are the same, and so are the scores of a photo alone.
    let named: Vec<&str> = names.into_iter().filter(|name| !name.contains('\n')).collect();
    let (lines, _) = done(&["--format", "jsonl"], &named.join("\n"));
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let alone = |file| -> Vec<Value> {
        serde_json::from_str(&project.ok(&["predict", "last", file, "--json"])).unwrap()
    };
    assert_eq!(lines, named.into_iter().flat_map(alone).collect::<Vec<Value>>());

    // The first is answered before the second is named.
    let (mut child, mut pipe) = predict(&["--top", "1"], "photos/fire/0.png\n", Stdio::piped());
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || answers.next().unwrap().unwrap();
    let first = [next(), next()];
    assert_eq!(first[0], "photos/fire/0.png");
    assert!(first[1].contains(" (score = "), "{first:?}");
    pipe.write_all(b"photos/fire/1.png\n").unwrap();
    assert_eq!([next(), next()], ["", "photos/fire/1.png"]);
    // It ends when its reader has gone, though more could be named.
    drop(answers);
    pipe.write_all(b"photos/fire/2.png\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), stderr(&ended)), (Some(0), String::new()));
}

#[test]
fn what_could_not_be_printed_is_a_failure_that_says_why() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    for arguments in [&["list"][..], &["list", "--json"], &["show", "last"], &["keys"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = project.command(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        assert!(stderr(&output).contains("cannot write to stdout: No space left"), "{output:?}");
    }
}

#[test]
fn the_other_built_in_network_is_chosen_named_and_kept_with_its_head() {
    let project = Project::new();
    let wrong = project.retrain(&["new", "photos", "-o", "experiments/x.toml", "-b", "resnet"]);
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(said.contains("--backbone is 'resnet', expected inception_v3 or efficientnet_lite2"));
    project.ok(&["new", "photos", "-o", "experiments/lite.toml", "-b", "efficientnet_lite2"]);
    let set = ["--set", "iterations=40"];
    let said = project.ok(&[&["run", "experiments/lite.toml"][..], &set].concat());
    let other = "run experiments/lite.toml --set network.backbone=inception_v3";
    assert!(said.contains(other), "{said}");
    let shown = project.ok(&["show", "last"]);
    assert!(shown.contains("backbone: efficientnet-lite2"), "{shown}");
    assert!(shown.contains("taps: block_19, block_20, head"), "{shown}");
    // The head says what it was trained on, whatever the experiment says by now.
    let photo = "photos/fire/0.png";
    let scores = project.ok(&["predict", "last", photo]);
    project.ok(&[
        &["run", "experiments/lite.toml"][..],
        &set,
        &["--set", "network.backbone=inception_v3"],
    ]
    .concat());
    let runs = retrain::store::list(&project.path().join("runs")).unwrap();
    let first = runs.iter().map(RunFolder::id).min().unwrap();
    assert_eq!(project.ok(&["predict", &first, photo]), scores);
    assert_ne!(project.ok(&["predict", "last", photo]), scores);
}

#[test]
fn an_experiment_is_run_by_its_name_and_last_is_the_newest_run_that_can_do_it() {
    let project = Project::new();
    project.ok(&["run", "photos"]);
    let scored = project.last().0.id();
    // A newer one that was never begun has no scores.
    project.ok(&["queue", "hold"]);
    project.ok(&["run", "photos", "--detach"]);
    let newest = project.last().0.id();
    assert_ne!(newest, scored);

    let scores = project.retrain(&["scores", "last"]);
    assert!(scores.status.success(), "{scores:?}");
    let said = String::from_utf8_lossy(&scores.stderr).into_owned();
    assert_eq!(said, format!("last: {scored} ({newest} is newer, but not for this)\n"));
    let photo = "photos/fire/0.png";
    let predicted = project.retrain(&["predict", "last", photo]);
    assert!(predicted.status.success(), "{predicted:?}");
    // Where any run will do it is the newest.
    assert!(project.ok(&["show", "last"]).contains(&newest));

    let checked = project.ok(&["check", "photos"]);
    assert!(checked.contains("the network runs on the CPU"), "{checked}");
    let unknown = project.retrain(&["run", "phtos"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn a_sweep_is_a_run_for_each_combination_and_each_is_what_it_would_be_alone() {
    let project = Project::new();
    let swept = "learning_rate = [0.01, 0.1]\n\"train.batch_size\" = [5, 10]\n";
    let file = project.path().join("experiments/photos.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}[sweep]\n{swept}")).unwrap();
    let printed = project.ok(&["run", "photos"]);
    assert!(printed.contains(": 4 runs, 4 with a result; the best validation first"), "{printed}");
    assert!(printed.contains("chosen by validation: learning_rate = "), "{printed}");
    assert_eq!(
        printed.matches("Final test accuracy = ").count(),
        1,
        "only of the chosen: {printed}"
    );

    let runs = store::list(&project.path().join("runs")).unwrap();
    let groups: Vec<String> =
        runs.iter().map(|run| run.summary().unwrap().group.unwrap()).collect();
    assert_eq!(groups.len(), 4);
    assert!(groups.iter().all(|group| *group == groups[0]), "{groups:?}");
    let again: serde_json::Value =
        serde_json::from_str(&project.ok(&["sweep", &groups[0][..8], "--json"])).unwrap();
    assert_eq!(again["combinations"].as_array().unwrap().len(), 4);
    assert!(again["combinations"][1]["runs"][0]["test"].is_null(), "{again}");

    // A further one, that is ended before it began and queued again.
    project.ok(&["queue", "hold"]);
    project.ok(&["run", "photos", "--detach"]);
    let told = |arguments: &[&str]| stderr(&project.retrain(arguments));
    let ended = told(&["sweep", "last", "--end", "pause"]);
    assert!(ended.contains("4 runs off the queue, 0 runs at work asked to end"), "{ended}");
    assert!(told(&["sweep", "last", "--resume"]).contains("4 runs queued"));
    assert!(told(&["sweep", "last", "--resume"]).contains("0 runs queued"), "they wait already");
    project.ok(&["sweep", "last", "--end", "cancel"]);
    project.ok(&["queue", "release"]);

    // Where no run has a result, why is told once, and the exit code says so.
    fs::write(&file, format!("{}[sweep]\n{swept}", text.replace("\"photos\"", "\"nowhere\"")))
        .unwrap();
    let failed = project.retrain(&["run", "photos"]);
    assert_eq!(failed.status.code(), Some(2), "{failed:?}");
    let said = stderr(&failed);
    assert_eq!(said.matches("nowhere").count(), 1, "{said}");

    // The second combination, as an experiment of its own.
    fs::write(&file, text).unwrap();
    let alone = ["run", "photos", "--set", "learning_rate=0.01", "--set", "train.batch_size=10"];
    project.ok(&alone);
    let (alone, _) = project.last();
    assert!(alone.summary().unwrap().group.is_none());
    let bytes = |run: &RunFolder| fs::read(run.scores()).unwrap();
    assert_eq!(losses(&runs[1]), losses(&alone));
    assert!(bytes(&runs[1]) == bytes(&alone), "the same scores to the bit");
    assert!(bytes(&runs[0]) != bytes(&alone), "other values, other scores");
}

#[test]
fn a_project_is_found_from_a_folder_in_it_and_the_page_for_bug_reports_names_no_home_folder() {
    let project = Project::new();
    let home = project.path().parent().unwrap().canonicalize().unwrap();
    let from_below = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        let output = command.current_dir(project.path().join("photos")).env("HOME", &home).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap())
    };
    let [_, news] = from_below(&["list"]);
    assert_eq!(news.matches("project in ..\n").count(), 1, "{news}");
    let [page, _] = from_below(&["doctor", "--json"]);
    // The home folder of this test is a short word, which other paths may hold too.
    let named = home.join(project.path().file_name().unwrap());
    assert!(!page.contains(named.to_str().unwrap()), "{page}");
    let page: serde_json::Value = serde_json::from_str(&page).unwrap();
    let name = project.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(page["facts"]["project"], format!("~/{name}"));
    assert_eq!(page["facts"]["experiments"], 1);
    // A file is the one of the folder that it was typed in.
    from_below(&["check", "photos"]);
    from_below(&["check", "../experiments/photos.toml"]);
}
