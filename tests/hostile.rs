//! Names, files and settings that mean harm, given to the real binary: none of them reaches a shell,
//! another folder or the terminal.

mod common;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::skip::skipped;
use common::terminal::{CTRL_C, ENTER, Session};
use common::{BINARY, PER_CATEGORY, Project, wait_until};
use retrain::demo;
use retrain::store::RunFolder;

/// Sets a title, fills the clipboard, clears the screen, colours it in one byte, rings, goes back to
/// the start of the line, and turns the reading direction.
const EVIL: &str = "\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[2J\u{9b}31m\r\u{202e}evil";

/// What only such a name would have the program write to a terminal.
const NEVER_SENT: [&[u8]; 6] =
    [b"\x07", b"\x1b]0;", b"\x1b]52;", b"\x1b[2J\xc2", "\u{9b}".as_bytes(), "\u{202e}".as_bytes()];

fn draw(path: PathBuf, category: usize, index: usize) {
    demo::draw(category, index).save_with_format(path, image::ImageFormat::Png).unwrap();
}

/// A project where everything that can have a name has an evil one.
fn evil_project() -> Project {
    let project = Project::without_experiments();
    let photos = project.path().join("photos");
    fs::rename(photos.join("fire"), photos.join(EVIL)).unwrap();
    let category = photos.join(EVIL);
    let name = |number: usize, ending: &str| category.join(format!("{EVIL}{number}.{ending}"));
    draw(name(1, "png"), 0, 20);
    draw(name(2, "png"), 0, 20);
    fs::write(name(3, "jpg"), "no picture").unwrap();
    fs::write(category.join(OsStr::from_bytes(b"\xff\x1b[2J.jpg")), "none either").unwrap();
    symlink(&category, photos.join("smoke").join(format!("link{EVIL}"))).unwrap();
    project.experiment(
        "turned\u{202e}round",
        "description = \"\\u001b]0;owned\\u0007\\u009b31m\\u202e\"\ndata.max_unreadable_percent = 50",
    );
    project
}

fn experiment(project: &Project) -> String {
    project.path().join("experiments/turned\u{202e}round.toml").to_str().unwrap().to_owned()
}

/// What a terminal would act on in text: control characters but for line ends and tabs, and what
/// turns the reading direction.
fn harmful(bytes: &[u8]) -> Vec<char> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let acts = |c: &char| match c {
        '\n' | '\t' => false,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    };
    text.chars().filter(acts).collect()
}

fn assert_harmless(what: &str, output: &Output) {
    for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        let found = harmful(bytes);
        assert!(
            found.is_empty(),
            "{what}: {found:?} in {stream} {:?}",
            bytes.escape_ascii().to_string()
        );
    }
}

#[test]
fn no_command_prints_what_a_terminal_would_act_on() {
    let project = evil_project();
    let experiment = experiment(&project);
    let photo = format!("photos/{EVIL}/{EVIL}1.png");
    let run = project.retrain(&["run", &experiment]);
    assert!(run.status.success(), "{run:?}");
    assert!(String::from_utf8_lossy(&run.stdout).contains(r"\u{1b}]0;owned"), "{run:?}");
    assert_harmless("run", &run);
    let done: [&[&str]; 12] = [
        &["check", &experiment],
        &["check", &experiment, "--json"],
        &["list"],
        &["list", "--json"],
        &["show", "last"],
        &["show", "last", "--json"],
        &["scores", "last"],
        &["scores", "last", "--json"],
        &["predict", "last", &photo, &format!("photos/{EVIL}/{EVIL}3.jpg")],
        &["predict", "last", &photo, "--json"],
        &["features", &experiment, "-o", "evil.csv"],
        &["new", "photos"],
    ];
    for arguments in done {
        let output = project.retrain(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        assert_harmless(&format!("{arguments:?}"), &output);
    }
    let broken = format!("images = 'photos'\niterations = 0 # {EVIL}\n{EVIL} = 1\n");
    project.write("experiments/broken.toml", &broken);
    let refused: [&[&str]; 12] = [
        &["show", EVIL],
        &["resume", EVIL],
        &["run", &format!("{EVIL}.toml")],
        &["run", "experiments/broken.toml"],
        &["run", &experiment, "--set", &format!("images={EVIL}")],
        &["run", &experiment, "--set", &format!("network.weights={EVIL}"), "--set", EVIL],
        &["check", EVIL],
        &["new", EVIL],
        &["features", &experiment, "-o", &format!("{EVIL}.txt")],
        &["predict", "last", EVIL],
        &[EVIL],
        &["list", &format!("--{EVIL}")],
    ];
    for arguments in refused {
        let output = project.retrain(arguments);
        assert!(!output.status.success(), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}: {output:?}");
        assert_harmless(&format!("{arguments:?}"), &output);
    }
}

#[test]
fn what_a_run_leaves_can_be_shown_on_a_terminal() {
    let project = evil_project();
    project.ok(&["run", &experiment(&project)]);
    let (folder, _) = project.last();
    let text = |path: PathBuf| fs::read(path).unwrap();
    for path in
        [folder.labels(), folder.scores(), folder.photos(), folder.skipped(), folder.worker_log()]
    {
        assert!(harmful(&text(path.clone())).is_empty(), "{}", path.display());
    }
    // JSON and TOML may hold other scripts' marks, but nothing that begins a sequence.
    for path in [folder.events(), folder.summary_path(), folder.experiment()] {
        let found: Vec<char> =
            harmful(&text(path.clone())).into_iter().filter(|c| c.is_ascii()).collect();
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
    let labels = fs::read_to_string(folder.labels()).unwrap();
    assert_eq!(labels.lines().count(), 3, "{labels}");
}

#[test]
fn no_screen_sends_what_a_name_holds() {
    let project = evil_project();
    project.ok(&["run", &experiment(&project)]);
    let (folder, _) = project.last();
    let note = "tags = [\"\\u001b]52;c;b3duZWQ=\\u0007\"]\nnote = \"\\u001b]0;owned\\u0007\\u009b31m\\u202e\"\n";
    fs::write(folder.path().join("note.toml"), note).unwrap();
    project.write("experiments/ev\u{202e}il.toml", &format!("images = '{EVIL}'\n"));
    let mut session = Session::open_with(&project, &[("RETRAIN_IMAGES", "half")]);
    session.wait_for("done");
    session.resize(40, 140);
    session.press_for("?", "keys of this screen");
    session.press("\x1b");
    session.wait_without("keys of this screen");
    session.press_for("e", "esc leave");
    session.press("\x1b");
    session.wait_without("esc leave");
    session.press_for("3", "owned");
    session.press_for("2", "final test accuracy");
    session.press_for("4", "images ·");
    session.press(ENTER);
    session.press_for("m", "rows true");
    session.press("q");
    session.press_for("/", "/");
    session.press("owned\r");
    session.press_for("U", "owned");
    session.press(&format!("{}\r", "no such photo"));
    session.press_for("@", "no such");
    session.press(CTRL_C);
    let sent = session.ends_cleanly();
    for never in NEVER_SENT {
        let at = sent.windows(never.len()).position(|window| window == never);
        assert!(
            at.is_none(),
            "{}",
            sent[at.unwrap_or(0)..]
                .escape_ascii()
                .to_string()
                .chars()
                .take(300)
                .collect::<String>()
        );
    }
}

/// Every file and folder in `folder` and below, with their sizes.
fn tree(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let metadata = entry.path().symlink_metadata().unwrap();
        found.push((entry.path(), metadata.len()));
        if metadata.is_dir() {
            found.extend(tree(&entry.path()));
        }
    }
    found.sort();
    found
}

#[test]
fn names_that_lead_elsewhere_are_refused_and_nothing_is_written_there() {
    let project = Project::new();
    let secret = project.path().join("secret");
    fs::create_dir(&secret).unwrap();
    draw(secret.join("a.png"), 0, 1);
    project.ok(&["run", "experiments/photos.toml"]);
    let before = tree(&secret);
    let absolute = secret.to_str().unwrap();
    for name in ["../secret", "fire/../../secret", absolute, ".", "..", "", "a\\u0000b", "~"] {
        let set = format!("categories=[\"{name}\", \"smoke\"]");
        let output = project.retrain(&["run", "experiments/photos.toml", "--set", &set]);
        assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
    }
    let runs = project.ok(&["list"]);
    for name in ["../secret", "../runs/2", "./2", absolute, "..", ".", "2*", "$(touch owned)"] {
        for command in ["show", "resume", "scores", "pause", "stop", "cancel"] {
            let output = project.retrain(&[command, name]);
            assert_eq!(output.status.code(), Some(2), "{command} {name}: {output:?}");
        }
    }
    for output in ["../x/..toml", "experiments/.hidden.toml", "experiments/ a.toml"] {
        assert!(
            !project.retrain(&["new", "photos", "--output", output]).status.success(),
            "{output}"
        );
    }
    assert_eq!(tree(&secret), before);
    assert_eq!(project.ok(&["list"]), runs);
}

#[test]
fn links_in_folders_of_photos_are_followed_once_and_only_read() {
    let project = Project::new();
    let photos = project.path().join("photos");
    let outside = project.path().join("outside");
    fs::create_dir(&outside).unwrap();
    for index in 0..PER_CATEGORY {
        draw(outside.join(format!("{index}.png")), 1, 30 + index);
    }
    symlink(&outside, photos.join("linked")).unwrap();
    symlink("..", photos.join("fire/up")).unwrap();
    symlink(".", photos.join("fire/round")).unwrap();
    symlink("self", photos.join("fire/self")).unwrap();
    let before = (tree(&outside), tree(&photos));
    let output = project.ok(&["check", "experiments/photos.toml"]);
    let line = output.lines().find(|line| line.starts_with("linked")).unwrap();
    assert!(line.ends_with(&PER_CATEGORY.to_string()), "{output}");
    project.ok(&["run", "experiments/photos.toml"]);
    assert_eq!((tree(&outside), tree(&photos)), before);
}

/// Copies the run, with `leads_to` in the place of one of its files.
fn run_with_a_link(run: &RunFolder, file: &str, leads_to: &Path) -> RunFolder {
    let copy = RunFolder::at(run.path().with_file_name(format!("copy-{file}")));
    fs::create_dir(copy.path()).unwrap();
    for entry in fs::read_dir(run.path()).unwrap().flatten() {
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let _ = fs::remove_file(copy.path().join(file));
    symlink(leads_to, copy.path().join(file)).unwrap();
    copy
}

/// A command ends by itself, whatever it comes to.
fn ends(project: &Project, arguments: &[&str]) {
    let mut command = project.command(arguments);
    let mut command = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut status = None;
    wait_until(&format!("{arguments:?} ends"), || {
        status = command.try_wait().unwrap();
        status.is_some()
    });
    let status = status.unwrap();
    assert!(matches!(status.code(), Some(0..=2)), "{arguments:?}: {status}");
}

#[test]
fn nothing_waits_for_a_pipe_reads_a_device_or_writes_where_a_link_in_a_run_leads() {
    let project = Project::new();
    project.ok(&["run", "experiments/photos.toml"]);
    let (run, _) = project.last();
    wait_until("its worker is gone", || !run.has_worker());
    let (pipe, own) = (project.path().join("pipe"), project.path().join("own"));
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    let mut files: Vec<String> = fs::read_dir(run.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.extend(["stop", "note.toml"].map(str::to_owned));
    // Larger than the memory, and no block of the disk.
    let hole = project.path().join("hole");
    File::create(&hole).unwrap().set_len(1 << 40).unwrap();
    assert!(files.len() > 10, "{files:?}");
    for file in &files {
        for leads_to in [&pipe, Path::new("/dev/zero"), &hole, &own] {
            // As a worker would cut it, at its last line end.
            fs::write(&own, "of a person\nand without a line end").unwrap();
            let copy = run_with_a_link(&run, file, leads_to);
            let id = copy.id();
            for command in ["list", "show", "scores", "pause"] {
                let arguments = [command, &id];
                ends(&project, &arguments[..1 + usize::from(command != "list")]);
            }
            ends(&project, &["cache"]);
            ends(&project, &["resume", &id, "--iterations", "60"]);
            if file == "head.safetensors" || file == "labels.txt" {
                ends(&project, &["predict", &id, "photos/fire/0.png"]);
            }
            let kept = fs::read_to_string(&own).unwrap();
            assert_eq!(kept, "of a person\nand without a line end", "{file}");
            wait_until(&format!("its worker is gone: {file}"), || !copy.has_worker());
            // Its keeper may have its last word yet.
            wait_until("its folder is gone", || {
                let _ = fs::remove_dir_all(copy.path());
                !copy.path().exists()
            });
        }
    }
}

/// A program that writes its arguments to a file, one a line.
fn listening(project: &Project, name: &str) -> PathBuf {
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > {name}.heard\n");
    project.write(&format!("bin/{name}"), &script);
    let path = project.path().join("bin").join(name);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn files_are_given_to_other_programs_as_one_argument_that_is_no_option() {
    let project = Project::new();
    let name = "-c touch owned; $(touch owned) `touch owned` \"'";
    let photos = project.path().join("photos");
    fs::rename(photos.join("fire/0.png"), photos.join(format!("fire/{name}.png"))).unwrap();
    let from = project.path().join("experiments");
    fs::rename(from.join("photos.toml"), from.join(format!("{name}.toml"))).unwrap();
    let experiment = format!("experiments/{name}.toml");
    let editor = listening(&project, "editor");
    listening(&project, "xdg-open");
    let path =
        format!("{}:{}", project.path().join("bin").display(), std::env::var("PATH").unwrap());
    let environment = [
        ("VISUAL", editor.to_str().unwrap()),
        ("PATH", &path),
        ("DISPLAY", ":0"),
        ("RETRAIN_IMAGES", "off"),
    ];
    let mut session = Session::open_with(&project, &environment);
    session.wait_for("never run");
    session.press("E");
    let heard = |program: &str| {
        let path = project.path().join(format!("{program}.heard"));
        common::wait_until("the program has heard", || {
            fs::read_to_string(&path).is_ok_and(|text| text.ends_with('\n'))
        });
        fs::read_to_string(path).unwrap()
    };
    let root = project.path().canonicalize().unwrap();
    assert_eq!(heard("editor"), format!("{}\n", root.join(&experiment).display()));
    session.kill();
    project.ok(&["run", &experiment]);
    let mut session = Session::open_with(&project, &environment);
    session.wait_for("done");
    session.press_for("4", "images ·");
    session.press_for("/", "/");
    session.press("touch\r");
    session.press_for("o", "opened");
    assert_eq!(
        heard("xdg-open"),
        format!("{}\n", root.join("photos/fire").join(format!("{name}.png")).display())
    );
    session.press(CTRL_C);
    session.ends_cleanly();
    project.ok(&["predict", "last", "--", &format!("photos/fire/{name}.png")]);
    assert!(!tree(project.path()).iter().any(|(path, _)| path.ends_with("owned")));
}

#[test]
fn what_is_made_is_as_private_as_the_umask_says_and_nothing_is_made_elsewhere() {
    let project = Project::new();
    project.write("config.toml", "cache = 'cache'\n");
    let elsewhere = tempfile::tempdir().unwrap();
    let home = elsewhere.path().join("home");
    let temporary = elsewhere.path().join("tmp");
    let before = tree(project.path());
    [&home, &temporary].into_iter().for_each(|folder| fs::create_dir(folder).unwrap());
    for arguments in
        [&["run", "experiments/photos.toml"][..], &["predict", "last", "photos/fire/0.png"]]
    {
        let output = Command::new("sh")
            .args(["-c", "umask 077; exec \"$0\" \"$@\"", BINARY])
            .args(arguments)
            .env("HOME", &home)
            .env("TMPDIR", &temporary)
            .current_dir(project.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    assert!(tree(&home).is_empty() && tree(&temporary).is_empty());
    let after = tree(project.path());
    let made: Vec<&PathBuf> = after
        .iter()
        .map(|(path, _)| path)
        .filter(|path| !before.iter().any(|(old, _)| old == *path))
        .collect();
    assert!(made.len() > 10, "{made:?}");
    for path in made {
        let mode = path.symlink_metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}

#[test]
fn nothing_opens_a_network_connection() {
    let project = Project::new();
    let trace = project.path().join("trace");
    let traced = |arguments: &[&str]| {
        Command::new("strace")
            .args([
                "-f",
                "--seccomp-bpf",
                "-qq",
                "-e",
                "trace=socket,socketpair,connect,bind",
                "-o",
            ])
            .arg(&trace)
            .arg(BINARY)
            .args(arguments)
            .current_dir(project.path())
            .stdin(Stdio::null())
            .output()
    };
    match traced(&["--version"]) {
        Ok(output) if output.status.success() => {}
        other => return skipped(&format!("no calls can be traced here: {other:?}")),
    }
    let commands: [&[&str]; 5] = [
        &["run", "experiments/photos.toml"],
        &["list"],
        &["predict", "last", "photos/fire/0.png"],
        &["check", "experiments/photos.toml"],
        &["show", "last"],
    ];
    for arguments in commands {
        let output = traced(arguments).unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        let calls = fs::read_to_string(&trace).unwrap();
        assert!(!calls.contains("AF_INET"), "{arguments:?}: {calls}");
    }
}

#[test]
fn no_package_of_the_program_speaks_to_a_network() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{tree:?}");
    let tree = String::from_utf8(tree.stdout).unwrap();
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"candle-core") && names.contains(&"ratatui"));
    let speakers = [
        "reqwest",
        "hyper",
        "ureq",
        "curl",
        "isahc",
        "attohttpc",
        "minreq",
        "tokio",
        "async-std",
        "mio-net",
        "socket2",
        "rustls",
        "native-tls",
        "openssl",
        "hf-hub",
        "h2",
        "quinn",
    ];
    let found: Vec<&&str> = names.iter().filter(|name| speakers.contains(name)).collect();
    assert!(found.is_empty(), "{found:?}");
}
