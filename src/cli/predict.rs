//! `retrain predict`: scores photos that a run never saw, and says which are none of its categories.

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::args::Predict;
use super::named_head::NamedHead;
use super::names::Names;
use super::out;
use super::scorer::{FEWEST_TOGETHER, Scorer, read_recipe};
use super::stream::{Stream, answering};
use super::watch;
use crate::config::Config;
use crate::spec::DeviceChoice;

/// Of fewer photos the CPU has the scores before a GPU is awake.
const FEW_PHOTOS: usize = 64;

pub fn predict(config: &Config, named: &NamedHead, asked: &Predict) -> Result<ExitCode> {
    let (head, run) = (named.read()?, &named.run);
    if asked.sure.is_some() && named.is_of_the_way() {
        bail!("--sure is about the head of the run's result; leave out what follows the @");
    }
    let recipe = read_recipe(run, &head)?;
    if asked.watch {
        return watch::watch(config, run, asked, &head, &recipe);
    }
    let names = Names::new(&asked.photos, asked.null)?;
    let answering = answering(config, run, asked, &head)?;
    let count = names.count();
    let mut stream = Stream::new(config, run, asked, &head, &answering, count);
    let device = match count.is_some_and(|count| count < FEW_PHOTOS) {
        true => DeviceChoice::Cpu,
        false => DeviceChoice::Auto,
    };
    let mut scorer = None;
    let photos = names.start();
    stream.begin()?;
    while !out::is_lost() {
        let together = scorer.as_ref().map_or(FEWEST_TOGETHER, Scorer::photos_together);
        let named = photos.next(together)?;
        if named.is_empty() {
            break;
        }
        // The network is opened for the first photo that can be read.
        if scorer.is_none() && named.iter().any(|named| named.photo.is_ok()) {
            scorer = Some(Scorer::open(config, run, &head, &recipe, device, true)?);
        }
        for (file, answer) in stream.score(named, scorer.as_mut())? {
            stream.print(&file, answer)?;
        }
    }
    Ok(stream.end(run, scorer.as_ref()))
}
