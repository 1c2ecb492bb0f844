//! `retrain demo`: draws the demo photos and trains on them.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::out::{has_replaceable_line, replace_line};
use super::run::run;
use super::{screens, typed};
use crate::config::Config;
use crate::demo;
use crate::store::write_atomically;
use crate::words::{grouped, progress};

/// The demo's experiment, written where the project folder lacks it.
const EXPERIMENT: &str = include_str!("../../experiments/demo.toml");

/// Draws the photos that are missing, writes the experiment where there is none, and runs it: on the
/// live screen, or with lines where there is no terminal, or with `plain`.
pub fn demo(config: &Config, detach: bool, plain: bool) -> Result<ExitCode> {
    let photos = config.root.join("data").join("demo");
    let terminal = has_replaceable_line();
    if !terminal {
        newsln!("drawing the demo photos that are missing, on all cores: some seconds");
    }
    let written = demo::write(&photos, &mut |done, total| {
        if terminal {
            let drawn = progress(done, total);
            replace_line(&format!("drawing {drawn} photos to {}", typed(&photos)));
        }
    })
    .with_context(|| format!("cannot draw the demo photos to {}", photos.display()))?;
    if terminal {
        replace_line("");
    }
    newsln!(
        "demo photos in {}: {} drawn, {} there already",
        typed(&photos),
        grouped(written.drawn),
        grouped(written.kept)
    );
    let experiment = config.experiments.join("demo.toml");
    if !experiment.exists() {
        fs::create_dir_all(&config.experiments)
            .with_context(|| format!("cannot make {}", config.experiments.display()))?;
        write_atomically(&experiment, EXPERIMENT.as_bytes())?;
    }
    if !detach && !plain && screens::is_possible() {
        return screens::watch(config, &experiment);
    }
    run(config, &[experiment], &[], 1, detach, None)
}
