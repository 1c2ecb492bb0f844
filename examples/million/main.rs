//! Measures the program on as many photos as a person will ever have.
//!
//! ```text
//! cargo run --release --example million -- make FOLDER 1000000 Mixed_6c
//! cargo run --release --example million -- photos FOLDER 50000 Conv2d_1a_3x3
//! cargo run --release --example million -- run FOLDER path/to/retrain
//! cargo run --release --example million -- images FOLDER path/to/retrain
//! cargo run --release --example million -- ask FOLDER path/to/retrain check woods
//! ```
//!
//! `make` makes a project in an empty folder: that many photos, each a BMP of 70 bytes with pixels of
//! its own, and in the cache a feature for each that is drawn, not computed, with the length that the
//! named layer's features have. `photos` makes one with that many drawn JPEGs of 64 by 48 pixels and no features. `run` trains on them, `images` opens the result on a pseudo-terminal
//! of 120 columns and 40 rows, `ask` gives any other command. Each prints times, and of the memory
//! the largest that was seen at a look every 5 ms: `own` is what the process has taken for itself
//! (`RssAnon` in proc(5)), `in all` with the pages of files that it maps, which the system takes back
//! when others need them.
//!
//! A million photos take 4 GB of disk for the files, of which each fills a block, and 3 GB for
//! features of 768 numbers.

mod draw;
mod memory;
#[path = "../common/session.rs"]
mod session;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use retrain::words::grouped;

use memory::Watched;
use session::Session;

const ROWS: u16 = 40;
const COLUMNS: u16 = 120;
const LOOK: Duration = Duration::from_millis(5);
const SORTS: usize = 4;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    println!("{}", load());
    match words[..] {
        ["make", folder, photos, layer] => draw::make(Path::new(folder), photos.parse()?, layer),
        ["photos", folder, photos, layer] => {
            draw::photos(Path::new(folder), photos.parse()?, layer)
        }
        ["run", folder, program] => ask(Path::new(folder), program, &["run", "woods"]),
        ["ask", folder, program, ref rest @ ..] => ask(Path::new(folder), program, rest),
        ["images", folder, program] => images(Path::new(folder), program),
        _ => {
            bail!("expected make, photos, run, images or ask; the file's first lines say with what")
        }
    }
}

fn load() -> String {
    let averages = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("load averages {}", averages.trim())
}

fn absolute(program: &str) -> Result<PathBuf> {
    Path::new(program).canonicalize().context(format!("no program {program}"))
}

/// Gives a command in the project, and watches it and all that it starts until the last of them has
/// ended.
fn ask(folder: &Path, program: &str, words: &[&str]) -> Result<()> {
    let program = absolute(program)?;
    let mut watched = Watched::of(&program);
    let start = Instant::now();
    let mut child = Command::new(&program)
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(File::create(folder.join("stdout.txt"))?)
        .stderr(File::create(folder.join("stderr.txt"))?)
        .spawn()?;
    let mut ended = None;
    while watched.look() || ended.is_none() {
        if ended.is_none() {
            ended = child.try_wait()?;
        }
        thread::sleep(LOOK);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("retrain {}: {seconds:.1} s, {}", words.join(" "), ended.expect("it has ended"));
    watched.print();
    Ok(())
}

/// Opens the images of the newest run, sorts them and goes to the last of them.
fn images(folder: &Path, program: &str) -> Result<()> {
    let command = session::command(&absolute(program)?, folder);
    let mut session = Session::open(command, ROWS, COLUMNS)?;
    session.wait_until("the first screen", |lines| lines.join("\n").contains("1 Experiments"))?;
    session.settle()?;
    println!("before: {:.0} MB", session.resident_megabytes()?);
    let idle = session.processor_time()?;
    let pressed = session.press("4")?;
    let opened = session.wait_until("the images", |lines| {
        lines.iter().any(|line| line.contains(" images") && line.contains(" wrong"))
    })?;
    let status = session.lines().iter().find(|line| line.contains(" images")).cloned();
    println!("{}", status.unwrap_or_default().trim());
    say("opened", opened - pressed);
    say("processor time for it", session.processor_time()? - idle);
    session.settle()?;
    println!("after: {:.0} MB", session.resident_megabytes()?);
    for (column, keys) in [("file", "h"), ("loss", "llll")] {
        session.press(keys)?;
        session.settle()?;
        for number in 0..SORTS {
            let (key, mark) = if number % 2 == 0 { ("s", "▲") } else { ("S", "▼") };
            let pressed = session.press(key)?;
            let title = format!("{column}{mark}");
            let sorted = session
                .wait_until(&title, |lines| lines.iter().any(|line| line.contains(&title)))?;
            say(&format!("sorted by {title}"), sorted - pressed);
            session.settle()?;
        }
    }
    for (what, key) in [
        ("to the last", "G"),
        ("only wrong", "W"),
        ("all again", "W"),
        ("validation", "t"),
        ("training", "t"),
        ("all images", "t"),
    ] {
        let before = session.lines();
        let pressed = session.press(key)?;
        let drawn = session.wait_until(what, |lines| lines != before)?;
        say(what, drawn - pressed);
        session.settle()?;
    }
    session.press("1")?;
    session.wait_until("the photos to be counted", |lines| {
        lines.iter().any(|line| line.contains("training") && line.contains("validation"))
    })?;
    println!(
        "at the end: {:.0} MB, the photos counted; at most {:.0} MB",
        session.resident_megabytes()?,
        session.most_resident_megabytes()?
    );
    Ok(())
}

fn say(what: &str, time: Duration) {
    println!("{what}: {} ms", grouped(time.as_millis() as usize));
}
