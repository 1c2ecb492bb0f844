//! `retrain predict --watch`: scores photos as they arrive in folders, until it is ended, and says when they
//! become unlike the training photos as a whole.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::args::Predict;
use super::ended::ended_by_signals;
use super::names::Named;
use super::out;
use super::scorer::Scorer;
use super::stream::{Stream, answering};
use crate::config::Config;
use crate::dataset::{Arrival, PhotoFile, Unreadable, WatchNews, WatchedFolder};
use crate::features::Recipe;
use crate::spec::DeviceChoice;
use crate::store::{Fault, RunFolder, shown};
use crate::train::HeadFile;
use crate::words::counted;

/// Time between two looks at the folders, and between two where a look takes long.
const PAUSE: Duration = Duration::from_millis(400);
const LONGEST_PAUSE: Duration = Duration::from_millis(700);
/// A pause is so many times what the look took, where that is longer.
const PAUSE_SHARE: u32 = 4;
/// How soon a signal ends a pause.
const NAP: Duration = Duration::from_millis(50);

pub fn watch(
    config: &Config,
    run: &RunFolder,
    asked: &Predict,
    head: &HeadFile,
    recipe: &Recipe,
) -> Result<ExitCode> {
    let ended = ended_by_signals()?;
    let answering = answering(config, run, asked, head)?;
    // Before the network is opened, which takes a moment: what arrives by then is not missed.
    let folders = asked.photos.iter().map(|folder| open(folder.clone(), asked.existing));
    let mut folders = folders.collect::<Result<Vec<_>>>()?;
    let mut scorer = Scorer::open(config, run, head, recipe, DeviceChoice::Auto, false)?;
    scorer.warm_up();
    let mut stream = Stream::new(config, run, asked, head, &answering, None);
    stream.notice_drift(run);
    folders.iter().for_each(|folder| say_begin(folder, asked.existing));
    stream.begin()?;
    let is_over = || ended.load(Ordering::Relaxed) || out::is_lost();
    while !is_over() {
        let mut looked = Duration::ZERO;
        for folder in &mut folders {
            let start = Instant::now();
            let (arrived, news) = folder.look();
            looked += start.elapsed();
            say_news(folder, news);
            for arrived in arrived.chunks(scorer.photos_at_a_time()) {
                if is_over() {
                    break;
                }
                answer(folder, arrived, &mut scorer, &mut stream)?;
            }
        }
        let pause = PAUSE.max((PAUSE_SHARE * looked).min(LONGEST_PAUSE));
        let start = Instant::now();
        while !is_over() && start.elapsed() < pause {
            std::thread::sleep(NAP.min(pause.saturating_sub(start.elapsed())));
        }
    }
    Ok(stream.end(run, Some(&scorer)))
}

fn open(folder: PathBuf, existing: bool) -> Result<WatchedFolder> {
    let name = shown(&folder);
    WatchedFolder::new(folder, !existing)
        .map_err(Unreadable::from)
        .with_context(|| format!("cannot watch {name}, expected a folder that photos arrive in"))
}

fn say_begin(folder: &WatchedFolder, existing: bool) {
    let there = match (existing, folder.arrivals.count()) {
        (true, _) => "those that are there first".to_owned(),
        (false, 0) => "it is empty".to_owned(),
        (false, count) => {
            let are = if count == 1 { "is" } else { "are" };
            format!(
                "{} {are} there already and not scored, --existing does",
                counted(count, "file")
            )
        }
    };
    newsln!("watching {} ({there}); ctrl-c ends it", shown(folder.path()));
}

fn say_news(folder: &WatchedFolder, news: Option<WatchNews>) {
    let name = shown(folder.path());
    match news {
        Some(WatchNews::Gone(Some(reason))) => {
            newsln!("retrain: cannot read {name} any more ({reason}); waiting until it is back");
        }
        Some(WatchNews::Gone(None)) => {
            newsln!(
                "retrain: {name} is another folder and empty, as if unmounted; waiting until it is back"
            );
        }
        Some(WatchNews::Back) => newsln!("retrain: {name} is back"),
        None => {}
    }
}

/// Scores photos that arrived and prints their answers. What is no photo is waited for until it is settled.
fn answer(
    folder: &mut WatchedFolder,
    arrived: &[Arrival],
    scorer: &mut Scorer,
    stream: &mut Stream,
) -> Result<()> {
    let (mut named, mut known) = (Vec::new(), Vec::new());
    for Arrival { path, is_settled } in arrived {
        let photo = PhotoFile::hash(path.clone());
        let hash = photo.as_ref().ok().map(|photo| photo.hash);
        if hash.is_none_or(|hash| folder.arrivals.is_new(path, &hash)) {
            named.push(Named { file: path.clone(), photo });
            known.push((*is_settled, hash));
        }
    }
    let answers = stream.score(named, Some(scorer))?;
    for ((file, answer), (is_settled, hash)) in answers.into_iter().zip(known) {
        match answer {
            Err(Unreadable::NoSuchFile | Unreadable::Fault(Fault::FolderGone)) => {
                folder.arrivals.gone(&file);
            }
            Err(Unreadable::Changed) => folder.arrivals.changed(&file),
            Err(_) if !is_settled => {}
            answer => {
                folder.arrivals.answered(&file, hash);
                stream.print(&file, answer)?;
            }
        }
    }
    Ok(())
}
