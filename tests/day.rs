//! A day's work by keys alone, from an empty project to a finished run and its worst image.

mod common;

use common::Project;
use common::terminal::{BACKSPACE, CTRL_F, CTRL_S, END, ENTER, ESC, Session};
use retrain::spec::Set;
use retrain::store::{self, ImageScore, State};

/// Goes from the folder of photos to a saved experiment of 40 iterations.
fn write_an_experiment(session: &mut Session) {
    session.press_for("n", "folder of photos");
    session.press_for("ph\t", "folder of photos: photos/");
    session.press_for(ENTER, "network, 1 or 2:");
    session.press_for(ENTER, "no mistakes");
    session.wait_for("fire 8, misc 8, smoke 8");
    session.press_for(CTRL_F, "find:");
    session.press_for("iterations =", "find: iterations =");
    session.press(ENTER);
    session.wait_without("find:");
    session.press(END);
    session.press(BACKSPACE);
    session.press(BACKSPACE);
    session.wait_until("40 iterations", |session| {
        session.line_with("iterations = ").trim_end().ends_with("= 40")
    });
    session.press_for(CTRL_S, "saved photos.toml");
    // The first ends the search, the second leaves; both at once would be read as one key.
    session.press(ESC);
    session.wait_without("saved photos.toml");
    session.press_for(ESC, "never run");
}

/// Which category the scores say.
fn predicted(row: &ImageScore) -> usize {
    (0..row.scores.len()).max_by(|&a, &b| row.scores[a].total_cmp(&row.scores[b])).unwrap()
}

/// Looks at the worst image of the last run, at the wrong ones, and at one cell of the matrix.
fn look_at_the_worst_image(session: &mut Session, project: &Project) {
    let (labels, mut rows) = store::read_scores(&project.last().0.scores()).unwrap();
    let all = rows.len();
    // The screen opens on what the network has not seen.
    rows.retain(|row| row.set == Set::Test);
    let of_truth = |row: &ImageScore| row.scores[row.category];
    let worst = rows.iter().min_by(|a, b| of_truth(a).total_cmp(&of_truth(b))).unwrap();
    session.press_for("4", &format!("{} of {all} images", rows.len()));
    session.wait_for(&format!("> {}", worst.file.display()));
    let best = predicted(worst);
    session.wait_for(&format!("{} (score = {:.5})", labels[best], worst.scores[best]));
    session.wait_until("the picture", |session| session.text().matches('▀').count() > 100);

    let wrong = rows.iter().filter(|row| predicted(row) != row.category).count();
    session.press_for("W", "only wrong");
    session.wait_for(&format!("{wrong} of {all} images"));
    session.press("W");
    session.wait_without("only wrong");
    open_one_cell(session, &rows, all);
}

/// The cell of the matrix that is right about the first category lists exactly its images, of `rows`
/// among `all`.
fn open_one_cell(session: &mut Session, rows: &[ImageScore], all: usize) {
    session.press_for("m", "rows true, columns predicted");
    session.press_for("gg", "true fire, predicted ");
    session.press_for("hh", "true fire, predicted fire: ");
    let is_in_cell = |row: &ImageScore| row.category == 0 && predicted(row) == 0;
    let count = rows.iter().filter(|row| is_in_cell(row)).count();
    session.press_for(ENTER, "true fire · predicted fire");
    session.wait_for(&format!("{count} of {all} images"));
    // Here is room for all of them.
    session.resize(40, 140);
    session.wait_until("exactly the images of the cell", |session| {
        let text = session.text();
        let is_listed = |row: &ImageScore| text.contains(&format!("  {} ", row.file.display()));
        let is_selected = |row: &ImageScore| text.contains(&format!("> {} ", row.file.display()));
        rows.iter().all(|row| (is_listed(row) || is_selected(row)) == is_in_cell(row))
    });
    session.resize(24, 80);
    session.wait_for("? help");
}

#[test]
fn an_empty_project_becomes_a_finished_run_and_its_worst_image_by_keys_alone() {
    let project = Project::without_experiments();
    let mut session = Session::open(&project);
    session.wait_for("no experiment yet in");
    session.wait_for("n makes one from your photos");
    write_an_experiment(&mut session);
    let text = std::fs::read_to_string(project.path().join("experiments/photos.toml")).unwrap();
    assert!(text.contains("\niterations = 40\n"), "{text}");

    // So short a run may be over before it is seen at work.
    session.press_for("r", "final test accuracy = ");
    assert_eq!(project.last().1.state(), State::Done);
    look_at_the_worst_image(&mut session, &project);

    session.press_for("3", "✓ done");
    session.press_for("A", "final test accuracy = ");
    session.press_for("3", "2 runs");
    session.press_for("gg ", "1 marked");
    session.press_for("G ", "2 marked");
    session.press_for("c", "compare");
    session.press("q");
    session.press_for(":", "search:");
    session.press_for("baseline", "p             pin as the baseline");
    session.press(ESC);
    session.wait_without("search:");
    session.press_for("@", "started ");
    session.press("q");
    session.press_for("?", "keys of this screen");
    session.press(ESC);
    session.wait_without("keys of this screen");
    // Once to where the person was on this tab, once more to its first screen.
    session.press_for("1", "[1 Experiments]");
    session.press_for("1", "1 experiment");
    session.press("q");
    session.ends_cleanly();
}

#[test]
fn every_screen_lives_through_every_size() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    let mut session = Session::open(&project);
    session.wait_for("✓ done");
    let screens = [
        ("2", "[2 Live]", "final test accuracy = "),
        ("1", "[1 Experiments]", "✓ done"),
        ("3", "[3 Runs]", "✓ done"),
        ("4", "[4 Images]", "24 images"),
    ];
    for (key, tab, words) in screens {
        // A size that changes while a key is read may be noticed only at the next key.
        session.press_for(key, tab);
        session.wait_for(words);
        session.resize(10, 50);
        session.wait_for("retrain needs 60x20, here are 50x10");
        session.resize(1, 1);
        session.wait_until("one cell", |session| session.text() == "…");
        for (rows, columns) in [(20, 60), (40, 140), (24, 80)] {
            session.resize(rows, columns);
            session.wait_until("a footer as wide as the screen", |session| {
                let is_whole = |line: &str| {
                    line.contains("? help")
                        && line.trim_end().chars().count() + 2 == usize::from(columns)
                };
                session.text().lines().any(is_whole)
            });
            session.wait_for(words);
        }
    }
    session.press("q");
    session.ends_cleanly();
}
