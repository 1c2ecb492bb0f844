//! Files of a run that are cut, end in rubbish or have a flipped bit: nothing that reads them
//! panics or hangs; it gives what can still be known, or an error that names the file.

mod common;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Output;

use common::compare::{assert_same_result, shards, training};
use common::{Project, wait_until};
use retrain::random::Rng;
use retrain::store::{self, Lease, RunFolder, State};
use retrain::train::HeadFile;

/// The bytes cut everywhere; with rubbish behind them; and with one flipped bit in every byte.
fn damages(whole: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let cut = (0..whole.len()).map(|length| whole[..length].to_vec());
    let rubbish: [&[u8]; 4] = [b"\0", b"\n", b"\xff\xfe{", b"{\"v\":1}\nrubbish\n"];
    let longer = rubbish.map(|rubbish| [whole, rubbish].concat());
    let mut rng = Rng::new(7);
    let flipped = (0..whole.len()).map(move |at| {
        let mut bytes = whole.to_vec();
        bytes[at] ^= 1 << rng.below(8);
        bytes
    });
    cut.chain(longer).chain(flipped)
}

/// A run of three iterations that is done.
fn done(project: &Project) -> RunFolder {
    let set = ["--set", "iterations=3", "--set", "train.eval_interval=2"];
    project.ok(&[&["run", "experiments/photos.toml"][..], &set].concat());
    let run = project.find("last");
    wait_until("its worker is gone", || !run.has_worker());
    run
}

#[test]
fn every_reader_of_a_run_bears_every_damage_of_every_file_and_names_it() {
    let project = Project::new();
    let run = done(&project);
    let summary = run.summary().unwrap();
    let rows = store::read_scores(&run.scores()).unwrap().1.len();
    let names_it = |err: &dyn std::fmt::Display, path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(err.to_string().contains(name), "{err}");
    };
    each(&run.summary_path(), |bytes| {
        let found = run.summary().unwrap();
        // Of cut ones only that without its last line end is whole.
        assert!(found == summary || bytes.ends_with(b"}\n"), "{found:?}");
    });
    fs::remove_file(run.summary_path()).unwrap();
    each(&run.events(), |_| match run.summary() {
        Ok(found) => assert_ne!(found.state, State::Running),
        Err(err) => names_it(&err, &run.events()),
    });
    assert_eq!(run.summary().unwrap(), summary, "what is derived is made again");
    each(&run.scores(), |bytes| match store::read_scores(&run.scores()) {
        Ok((_, found)) => {
            let whole_lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
            assert!(bytes.ends_with(b"\n") && found.len() < whole_lines.max(rows + 1));
        }
        Err(err) => names_it(&err, &run.scores()),
    });
    each(&run.lock(), |_| {
        // A damaged lock is nobody's; one that names another host is so after a minute.
        let lock = fs::File::options().write(true).open(run.lock()).unwrap();
        lock.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        assert!(!run.has_worker());
        drop(Lease::take(&run.lock()).unwrap());
    });
}

/// Looks at every damage of a file, and puts the file back.
fn each(path: &Path, look: impl Fn(&[u8])) {
    let whole = fs::read(path).unwrap();
    for bytes in damages(&whole) {
        fs::write(path, &bytes).unwrap();
        look(&bytes);
    }
    fs::write(path, whole).unwrap();
}

#[test]
fn a_head_file_that_is_cut_anywhere_is_refused_and_one_that_is_read_is_finite() {
    let project = Project::new();
    let whole = fs::read(done(&project).head()).unwrap();
    for length in (0..whole.len()).filter(|length| *length < 3000 || length % 97 == 0) {
        assert!(HeadFile::from_bytes(&whole[..length]).is_err(), "cut at {length}");
    }
    let mut rng = Rng::new(3);
    for at in (0..whole.len()).filter(|at| *at < 2000 || at % 13 == 0) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << rng.below(8);
        if let Ok(read) = HeadFile::from_bytes(&bytes) {
            assert!(read.to_bytes().is_ok(), "byte {at}");
        }
    }
}

/// Neither a panic (101) nor a signal; a failure names the file or says what to do.
fn is_told(output: &Output, name: &str, what: &str) {
    assert_eq!(output.status.signal(), None, "{what}: {output:?}");
    let code = output.status.code().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!([0, 1, 2].contains(&code) && !said.contains("panicked"), "{what}: {output:?}");
    assert!(code == 0 || said.contains(name), "{what} does not name {name}: {output:?}");
}

#[test]
fn the_commands_bear_damaged_files_and_a_run_that_goes_on_has_the_same_numbers() {
    let project = Project::new();
    project.write("config.toml", "cache = \"own\"\n");
    let run = done(&project);
    project.ok(&[
        "run",
        "experiments/photos.toml",
        "--set",
        "iterations=9",
        "--set",
        "train.eval_interval=2",
    ]);
    let expected = project.find("last");
    let shard = shards(&project.path().join("own")).pop().unwrap();
    let files = [
        "events.jsonl",
        "summary.json",
        "lock",
        "photos.csv",
        "skipped.csv",
        "scores.csv",
        "labels.txt",
        "checkpoint.safetensors",
        "head.safetensors",
        "experiment.toml",
        "stop",
    ];
    let paths = files.map(|name| run.path().join(name));
    let whole = files.map(|name| fs::read(run.path().join(name)).unwrap_or_default());
    for path in paths.iter().chain([&shard]) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read(path).unwrap_or_default();
        let mut flipped = text.clone();
        if let Some(byte) = flipped.get_mut(text.len() * 3 / 4) {
            *byte ^= 4;
        }
        let half = text[..text.len() / 2].to_vec();
        for damage in [vec![], half, flipped, [&text[..], b"\xffrubbish\n"].concat()] {
            fs::write(path, &damage).unwrap();
            let id = run.id();
            let commands: [&[&str]; 4] = [
                &["list"],
                &["show", &id],
                &["scores", &id],
                &["predict", &id, "photos/fire/0.png"],
            ];
            for command in commands {
                is_told(&project.retrain(command), name, &format!("{command:?}"));
            }
            let output = project.retrain(&["resume", &id, "--iterations", "9"]);
            is_told(&output, name, &format!("resume with {} bytes of {name}", damage.len()));
            wait_until("its worker is gone", || !run.has_worker());
            if output.status.success() {
                assert_eq!(run.summary().unwrap().state, State::Done, "{name}");
                // It had ended at the third one.
                let is_due = |line: &String| !line.starts_with(r#":"evaluation","step":3,"#);
                let said: Vec<_> = training(&run).into_iter().filter(is_due).collect();
                assert!(said == training(&expected), "{name}: the numbers differ");
                assert_same_result(&run, &expected);
            }
            for (path, bytes) in paths.iter().zip(&whole) {
                fs::write(path, bytes).unwrap();
            }
            fs::remove_file(run.stop_file()).unwrap();
        }
        if !paths.contains(path) {
            fs::write(path, &text).unwrap();
        }
    }
}
