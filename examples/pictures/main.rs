//! Takes the pictures of the README and of `docs/` anew, from the program itself.
//!
//! ```text
//! cargo run --example pictures -- path/to/retrain
//! ```
//!
//! It runs the demo in a temporary project with the program that is named, else with the release
//! build of this folder, else with the debug build, drives the screens through a pseudo-terminal,
//! and writes `docs/pictures/*.svg` and `docs/pictures/demo.txt`. Every photo in them is one that
//! `retrain demo` draws. Then `RETRAIN_PAPERS=write cargo test --test papers` puts the text of the
//! demo into the README.

#[path = "../common/session.rs"]
mod session;
mod svg;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use session::Session;

const ROWS: u16 = 30;
const COLUMNS: u16 = 100;

const DOWN: &str = "\x1b[B";
const CTRL_K: &str = "\x0b";
const ESC: &str = "\x1b";

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pictures = root.join("docs/pictures");
    let project = tempfile::tempdir()?;
    let project = project.path();
    let program = named_retrain(&program(root)?, project)?;
    fs::create_dir_all(&pictures)?;

    let demo = demo(&program, project)?;
    fs::write(pictures.join("demo.txt"), demo)?;
    let mut screens = Screens::open(&program, project, &pictures)?;
    screens.of_one_run()?;
    let faster = ["run", "experiments/demo.toml", "--set", "learning_rate=0.05"];
    ensure!(command(&program, project).args(faster).output()?.status.success(), "no second run");
    screens.of_two_runs()
}

fn program(root: &Path) -> Result<PathBuf> {
    let builds = ["target/release/retrain", "target/debug/retrain"].map(|build| root.join(build));
    let named = std::env::args_os().nth(1).map(PathBuf::from);
    let found = named.or_else(|| builds.into_iter().find(|build| build.exists()));
    let found = found.context("there is no program in target yet; build it with 'cargo build'")?;
    found.canonicalize().context(format!("no program {}", found.display()))
}

/// A copy that the shell would find: the program then calls itself by its name.
fn named_retrain(program: &Path, project: &Path) -> Result<PathBuf> {
    let folder = project.join("bin");
    fs::create_dir_all(&folder)?;
    fs::copy(program, folder.join("retrain"))?;
    Ok(folder.join("retrain"))
}

fn path_with(program: &Path) -> String {
    let folder = program.parent().unwrap_or(program).display();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}

fn command(program: &Path, project: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(project).env("PATH", path_with(program));
    command
}

/// What `retrain demo --plain` prints, without the lines whose number and speed depend on the
/// machine.
fn demo(program: &Path, project: &Path) -> Result<String> {
    let output = command(program, project).args(["demo", "--plain"]).output()?;
    let (news, result) = (String::from_utf8(output.stderr)?, String::from_utf8(output.stdout)?);
    ensure!(output.status.success(), "the demo failed:\n{news}");
    let depends = |line: &&str| line.starts_with("features ") || line.starts_with("scan");
    let news: String = news.lines().filter(|line| !depends(line)).flat_map(|l| [l, "\n"]).collect();
    Ok(format!("$ retrain demo --plain\n{news}{result}"))
}

struct Screens<'a> {
    session: Session,
    pictures: &'a Path,
}

impl Screens<'_> {
    fn open<'a>(program: &Path, project: &Path, pictures: &'a Path) -> Result<Screens<'a>> {
        let mut command = session::command(program, project);
        command.env("PATH", path_with(program));
        command.env("COLORTERM", "truecolor");
        command.env("RETRAIN_IMAGES", "half");
        let session = Session::open(command, ROWS, COLUMNS)?;
        Ok(Screens { session, pictures })
    }

    fn of_one_run(&mut self) -> Result<()> {
        self.see("demo")?;
        self.take("experiments", "The experiments, and what the chosen one would do")?;
        self.press("2", "final test accuracy")?;
        self.take("live", "A run with its result and its curves of loss and accuracy")?;
        self.press("4", "wrong")?;
        self.press(DOWN, "loss")?;
        self.take("images", "Every image with its scores, the worst first, and its picture")?;
        self.press("m", "rows true")?;
        self.take("confusion", "The confusion matrix, which is a menu")
    }

    fn of_two_runs(&mut self) -> Result<()> {
        self.press("3", "2 runs")?;
        self.take("runs", "The table of all runs")?;
        self.press(" ", "1 marked")?;
        self.press(DOWN, "")?;
        self.press(" ", "2 marked")?;
        self.press("c", "fixed, broken")?;
        self.take(
            "compare",
            "Two runs compared: curves, settings, and on which photos they differ",
        )?;
        self.press(ESC, "2 runs")?;
        self.press("1", "demo")?;
        self.press("e", "learning_rate")?;
        self.press(&DOWN.repeat(5), "")?;
        self.press(CTRL_K, "")?;
        self.press("iterations = 0", "mistake")?;
        self.take("editor", "The editor, which says each mistake with its line and its cure")
    }

    /// Presses, and waits for the words and then for the end of all drawing.
    fn press(&mut self, keys: &str, words: &str) -> Result<()> {
        self.session.press(keys)?;
        self.see(words)
    }

    fn see(&mut self, words: &str) -> Result<()> {
        let has = |lines: &[String]| lines.iter().any(|line| line.contains(words));
        if !has(&self.session.lines()) {
            self.session.wait_until(&format!("'{words}'"), has)?;
        }
        // A photo is drawn in a second step.
        std::thread::sleep(Duration::from_secs(1));
        self.session.settle()
    }

    fn take(&self, name: &str, title: &str) -> Result<()> {
        let picture = svg::picture(self.session.screen(), title);
        println!("{name}: {} kB", picture.len() / 1000);
        fs::write(self.pictures.join(format!("{name}.svg")), picture)?;
        Ok(())
    }
}
