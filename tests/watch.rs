//! `retrain predict --watch` with the real program: photos arrive while it looks.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use common::Project;
use rustix::process::{Pid, Signal, kill_process};

/// Longer than a row takes on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

fn lines(from: impl Read + Send + 'static) -> impl FnMut() -> String {
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || {
        BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    move || lines.recv_timeout(PATIENCE).unwrap_or_default()
}

#[test]
fn photos_are_scored_as_they_arrive_also_one_that_is_half_written_at_first() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    let refused = project.retrain(&["predict", "last", "--watch", "inbox"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let photo = fs::read(project.path().join("photos/fire/0.png")).unwrap();
    let at = |name: &str| project.path().join(name);
    fs::create_dir_all(at("inbox/below")).unwrap();
    fs::write(at("inbox/old.png"), &photo).unwrap();

    let mut command = project.command(&["predict", "last", "--watch", "inbox", "--format", "csv"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut row = lines(child.stdout.take().unwrap());
    let mut said = lines(child.stderr.take().unwrap());
    assert!(said().contains("notices no drift"), "12 training photos are too few");
    assert_eq!(
        said(),
        "watching inbox (1 file is there already and not scored, --existing does); ctrl-c ends it"
    );
    assert!(row().starts_with("file,predicted,score,fire,"));

    let (half, rest) = photo.split_at(photo.len() / 2);
    let mut growing = fs::File::create(at("inbox/grows.png")).unwrap();
    growing.write_all(half).unwrap();
    fs::copy(at("photos/misc/1.png"), at("moved")).unwrap();
    fs::rename(at("moved"), at("inbox/below/moved.png")).unwrap();
    let moved = row();
    assert!(moved.starts_with("inbox/below/moved.png,") && moved.ends_with(",,,"), "{moved}");
    // It may have been taken for damaged by now; then it is scored when it is whole.
    growing.write_all(rest).unwrap();
    drop(growing);
    let whole = std::iter::repeat_with(&mut row).find(|row| !row.ends_with("truncated")).unwrap();
    assert!(whole.starts_with("inbox/grows.png,") && whole.ends_with(",,,"), "{whole}");
    fs::write(at("inbox/text.jpg"), "no picture").unwrap();
    assert_eq!(row(), "inbox/text.jpg,,,,,,,,not an image");

    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!((row(), said()), (String::new(), "scored 2 photos".to_owned()));
    assert!(said().ends_with(" could not be scored"));
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
