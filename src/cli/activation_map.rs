//! `retrain activation-map`: where in a photo the logit of a category comes from, in numbers and as a
//! picture.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use image::{ImageFormat, Rgb, RgbImage, imageops};
use serde_json::{Value, json};

use super::named_head::read_head;
use super::out::print_json;
use super::scorer::read_recipe;
use crate::activation::{Activation, Look, Looker};
use crate::config::Config;
use crate::dataset::{self, Detail, PhotoFile};
use crate::heatmap::{Grid, Overlay};
use crate::insight;
use crate::spec::DeviceChoice;
use crate::store::{RunFolder, read_photos, shown, write_new};
use crate::words;

/// The longer side of the picture that is written, in pixels, of larger photos.
const SIDE: u32 = 1024;
/// Pixels between two maps.
const GAP: u32 = 12;
/// Places that are told of each map.
const PLACES: usize = 5;

/// What was typed.
pub struct Asked<'a> {
    pub photo: &'a Path,
    pub category: Option<&'a str>,
    pub output: Option<&'a Path>,
    pub json: bool,
}

/// The categories of the head and what was found of them.
struct Found {
    labels: Vec<String>,
    look: Look,
    activations: Vec<Activation>,
    /// Places among the labels.
    truth: Option<usize>,
    predicted: usize,
    /// Those whose maps are told and drawn.
    chosen: Vec<usize>,
}

pub fn activation_map(config: &Config, run: &RunFolder, asked: &Asked) -> Result<ExitCode> {
    let output = asked.output.map(Path::to_owned).or_else(|| {
        (!asked.json).then(|| {
            let stem = asked.photo.file_stem().unwrap_or_default().to_string_lossy();
            PathBuf::from(format!("{stem}.activation.png"))
        })
    });
    // First what costs nothing.
    if let Some(output) = &output {
        refuse(output)?;
    }
    let file = PhotoFile::hash(asked.photo.to_owned())
        .map_err(|reason| anyhow!("cannot use {}: {reason}", super::typed(asked.photo)))?;
    let looker = open(config, run)?;
    let found = find(&looker, run, &file, asked)?;
    if let Some(output) = &output {
        let picture = draw(&found, looker.max_megapixels(), asked.photo)?;
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png)?;
        write_new(output, &bytes.into_inner())?;
    }
    if asked.json {
        print_json(&as_json(&found, asked.photo, output.as_deref()))?;
    } else {
        out!("{}", text(&found));
        if let Some(output) = &output {
            newsln!("{} is written", super::typed(output));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The network of a run with its head, in memory.
pub(super) fn open(config: &Config, run: &RunFolder) -> Result<Looker> {
    let head = read_head(run)?;
    let extractor = read_recipe(run, &head)?.open(DeviceChoice::Cpu)?;
    Ok(Looker::new(extractor, head, config.threads)?)
}

/// Refuses a file for the picture that is there already, or is of another kind.
fn refuse(output: &Path) -> Result<()> {
    let is_png = output.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    if !is_png {
        bail!("{} does not end in .png, expected such a file to write", super::typed(output));
    }
    if output.symlink_metadata().is_ok() {
        bail!("{} is there already; give another name with -o", super::typed(output));
    }
    Ok(())
}

fn find(looker: &Looker, run: &RunFolder, file: &PhotoFile, asked: &Asked) -> Result<Found> {
    let labels = looker.head().labels.clone();
    let place = |name: &str| labels.iter().position(|label| label == name);
    let named = asked.category.map(|name| {
        place(name).ok_or_else(|| {
            anyhow!("{} has no category '{name}', only {}", run.id(), labels.join(", "))
        })
    });
    let named = named.transpose()?;
    let mut look = looker
        .look(file)
        .map_err(|reason| anyhow!("cannot use {}: {reason}", super::typed(asked.photo)))?;
    let activations = look.activations.take().with_context(|| looker.no_map())?;
    // Runs of old have no list of their photos.
    let photos = read_photos(run).unwrap_or_default();
    let hash = file.hash.to_hex();
    let known = photos.iter().find(|photo| photo.hash == hash.as_str());
    let truth = known.and_then(|photo| place(&photo.category));
    let predicted = insight::predict(&look.scores);
    let chosen = match (named, truth) {
        (Some(named), _) => vec![named],
        (None, Some(truth)) if truth != predicted => vec![truth, predicted],
        _ => vec![predicted],
    };
    Ok(Found { labels, look, activations, truth, predicted, chosen })
}

/// The photo with the map of each chosen category over it, side by side, all with one scale.
fn draw(found: &Found, max_megapixels: usize, path: &Path) -> Result<RgbImage> {
    let grids: Vec<Grid> =
        found.chosen.iter().map(|&category| found.activations[category].with_bias()).collect();
    let largest = grids.iter().map(Grid::largest_size).fold(0.0, f64::max);
    let bytes = dataset::read_file(path)?;
    let photo = dataset::decode(&bytes, max_megapixels, Detail::Least(SIDE as usize))?;
    let shrink = f64::from(SIDE) / f64::from(photo.width().max(photo.height()));
    let photo = if shrink < 1.0 {
        let side = |pixels: u32| ((f64::from(pixels) * shrink).round() as u32).max(1);
        imageops::thumbnail(&photo, side(photo.width()), side(photo.height()))
    } else {
        photo
    };
    let count = grids.len() as u32;
    let width = count * photo.width() + (count - 1) * GAP;
    let mut picture = RgbImage::from_pixel(width, photo.height(), Rgb([255; 3]));
    for (number, grid) in (0i64..).zip(&grids) {
        let mut map = photo.clone();
        Overlay::new(grid, largest, found.look.frame).colour(&mut map);
        imageops::replace(&mut picture, &map, number * i64::from(photo.width() + GAP), 0);
    }
    Ok(picture)
}

fn text(found: &Found) -> String {
    let Found { labels, look, activations, truth, predicted, chosen } = found;
    let width = labels.iter().map(|name| words::width(name)).max().unwrap_or(0);
    let width = width.max("CATEGORY".len());
    let has_placeless = activations.iter().any(|one| one.placeless != 0.0);
    let column = if has_placeless { "  PLACELESS" } else { "" };
    let mut text =
        format!("{:width$}    SCORE     LOGIT    PLACES      BIAS{column}\n", "CATEGORY");
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&a, &b| look.scores[b].total_cmp(&look.scores[a]));
    for category in order {
        let one = &activations[category];
        let name = words::pad_right(&labels[category], width);
        let (score, logit) = (look.scores[category], one.logit());
        let (places, bias) = (one.places.sum(), one.bias);
        text += &format!("{name}  {score:.5}  {logit:+8.4}  {places:+8.4}  {bias:+8.4}");
        if has_placeless {
            text += &format!("  {:+9.4}", one.placeless);
        }
        text += "\n";
    }
    for &category in chosen {
        let what = match (*truth == Some(category), *predicted == category) {
            (true, true) => " (true and predicted)",
            (true, false) => " (true)",
            (false, true) => " (predicted)",
            (false, false) => "",
        };
        let places = activations[category].with_bias();
        text += &format!(
            "\nwhere {}{what} comes from, of {} x {} places, each with its share of the bias:\n",
            labels[category], places.rows, places.columns
        );
        for cell in places.largest(PLACES) {
            let part = look.frame.of_cell(&places, cell.row, cell.column);
            let percent = |share: f64| (100.0 * share).round();
            text += &format!(
                "{:+8.4}  {} to {}% from the left, {} to {}% from the top\n",
                cell.value,
                percent(part.left),
                percent(part.right),
                percent(part.top),
                percent(part.bottom)
            );
        }
    }
    text
}

fn as_json(found: &Found, photo: &Path, picture: Option<&Path>) -> Value {
    let Found { labels, look, activations, truth, predicted, .. } = found;
    let one = |(category, activation): (usize, &Activation)| {
        let places = &activation.places;
        json!({
            "category": labels[category],
            "score": look.scores[category],
            "logit": activation.logit(),
            "bias": activation.bias,
            "placeless": activation.placeless,
            "places": places.values.chunks(places.columns).collect::<Vec<_>>(),
        })
    };
    json!({
        "photo": shown(photo),
        "true": truth.map(|truth| &labels[truth]),
        "predicted": labels[*predicted],
        "frame": look.frame,
        "categories": activations.iter().enumerate().map(one).collect::<Vec<_>>(),
        "picture": picture.map(shown),
    })
}
