//! How weights take photos: as their file says, or the `config.json` beside it, or else as published
//! weights of that name were trained, or at last as most of that size were.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::{Family, Sides, Size};
use crate::config::open_plain;
use crate::nets::error::{Loaded, NetError};
use crate::nets::identity::Source;
use crate::nets::preprocess::{Crop, Preprocess};
use crate::nets::settings::Resize;
use crate::nets::weights::WeightsFile;

/// What timm says of the weights that it publishes; the columns are named in the first line.
const PUBLISHED: &str = include_str!("published.csv");

/// Networks with the tensors of others that compute something else: their pools are smoothed.
const LOOK_ALIKE: [&str; 6] = [
    "mobilenetv4_conv_aa_large",
    "mobilenetv4_conv_aa_medium",
    "mobilenetv4_conv_blur_medium",
    "resnetaa50",
    "resnetblur18",
    "resnetblur50",
];

/// Names of weights files that say nothing.
const NAMELESS: [&str; 3] = ["model", "pytorch_model", "open_clip_pytorch_model"];

const CONFIG: &str = "config.json";

const LARGEST_CONFIG: u64 = 1 << 20;

/// How the weights in `file`, at `path`, take photos, and who says so. A resize rule that is asked for
/// goes before theirs.
pub(super) fn find(
    family: &Family,
    size: &Size,
    file: &WeightsFile,
    path: &Path,
    resize: Option<Resize>,
) -> Loaded<(Preprocess, Source)> {
    let (found, source) = stated(size.name, file, path)?;
    let preprocess = found.preprocess(family.sides)?;
    Ok((Preprocess { resize: resize.unwrap_or(preprocess.resize), ..preprocess }, source))
}

fn stated(size: &str, file: &WeightsFile, path: &Path) -> Loaded<(Stated, Source)> {
    if let Some(text) = file.metadata("pretrained_cfg") {
        let origin = format!("{}: its metadata pretrained_cfg", file.name());
        let stated = Stated::parse(origin, file.name(), text)?;
        let expected = "a JSON object with input_size, crop_pct, interpolation, mean and std";
        let refused = NetError::Config {
            origin: format!("{}: its metadata pretrained_cfg", file.name()),
            file: file.name().to_owned(),
            reason: format!("it says nothing of photos, expected {expected}"),
        };
        return Ok((stated.ok_or(refused)?.0, Source::Metadata));
    }
    let [name, folder] = names(path);
    let config = path.with_file_name(CONFIG);
    if let Some(text) = read(&config, file.name())?
        && let Some((stated, architecture)) =
            Stated::parse(config.display().to_string(), file.name(), &text)?
    {
        match architecture {
            Some(other) if other != size && NAMELESS.contains(&name.as_str()) => {
                return Err(NetError::Config {
                    origin: config.display().to_string(),
                    file: file.name().to_owned(),
                    reason: format!("it is of {other}, and the weights beside it are of {size}"),
                });
            }
            // Of another file in the folder.
            Some(other) if other != size => {}
            _ => return Ok((stated, Source::Config)),
        }
    }
    for name in [&name, &folder] {
        let architecture = name.split('.').next().unwrap_or_default();
        if LOOK_ALIKE.contains(&architecture) {
            return Err(NetError::LookAlike {
                file: file.name().to_owned(),
                named: architecture.to_owned(),
                network: size.to_owned(),
            });
        }
        // A name may also be wrong.
        if let Some(row) = published().find(|row| row.name == name && row.architecture() == size) {
            return Ok((row.stated(), Source::Published));
        }
    }
    // Those that most of this size share; of equally many, the first.
    let rows: Vec<Row> = published().filter(|row| row.architecture() == size).collect();
    let alike = |row: &Row| rows.iter().filter(|other| other.fields == row.fields).count();
    let most = rows.iter().rev().max_by_key(|row| alike(row));
    Ok((most.map_or_else(Stated::usual, Row::stated), Source::Assumed))
}

/// The licence of published weights of the file's name.
pub(super) fn licence(path: &Path, size: &str) -> Option<&'static str> {
    let names = names(path);
    let is_it = |row: &Row| row.architecture() == size && names.iter().any(|name| name == row.name);
    published().find(is_it).map(|row| row.licence)
}

/// What may be the published name of a weights file: its own, and that of its folder.
fn names(path: &Path) -> [String; 2] {
    let text =
        |name: Option<&std::ffi::OsStr>| name.unwrap_or_default().to_string_lossy().into_owned();
    [text(path.file_stem()), text(path.parent().and_then(Path::file_name))]
}

/// A line of the table of published weights.
struct Row {
    name: &'static str,
    /// Side, crop_pct, crop_mode, interpolation, mean, std.
    fields: [&'static str; 6],
    licence: &'static str,
}

fn published() -> impl Iterator<Item = Row> {
    PUBLISHED.lines().skip(1).filter_map(|line| {
        let mut columns = line.split(',');
        let name = columns.next()?;
        let mut next = || columns.next();
        let fields = [next()?, next()?, next()?, next()?, next()?, next()?];
        let licence = next()?;
        Some(Row { name, fields, licence })
    })
}

impl Row {
    fn architecture(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }

    fn stated(&self) -> Stated {
        let [side, crop_pct, crop_mode, interpolation, mean, std] = self.fields;
        let numbers = |text: &str| -> Vec<f64> {
            text.split(' ').filter_map(|number| number.parse().ok()).collect()
        };
        Stated {
            origin: "the table of published weights".to_owned(),
            file: String::new(),
            side: side.parse().ok(),
            crop_pct: crop_pct.parse().ok(),
            crop_mode: crop_mode.to_owned(),
            interpolation: interpolation.to_owned(),
            mean: numbers(mean),
            std: numbers(std),
        }
    }
}

/// What is said, before it is checked.
#[derive(Debug)]
struct Stated {
    origin: String,
    /// The weights file, for messages.
    file: String,
    side: Option<usize>,
    crop_pct: Option<f64>,
    crop_mode: String,
    interpolation: String,
    mean: Vec<f64>,
    std: Vec<f64>,
}

/// Larger pictures are more likely a mistake than a network.
const LARGEST_SIDE: usize = 2048;

impl Stated {
    /// As most networks are trained on ImageNet.
    fn usual() -> Stated {
        Stated {
            origin: "the usual".to_owned(),
            file: String::new(),
            side: Some(224),
            crop_pct: Some(0.875),
            crop_mode: "center".to_owned(),
            interpolation: "bicubic".to_owned(),
            mean: vec![0.485, 0.456, 0.406],
            std: vec![0.229, 0.224, 0.225],
        }
    }

    /// What a `config.json` or its like says, with the architecture that it names; `None`: it is of
    /// another program and says nothing of photos.
    fn parse(origin: String, file: &str, text: &str) -> Loaded<Option<(Stated, Option<String>)>> {
        // Some editors put a mark before the text.
        let text = text.trim_start_matches('\u{feff}');
        let json: Value = serde_json::from_str(text).map_err(|error| NetError::Config {
            origin: origin.clone(),
            file: file.to_owned(),
            reason: format!("it is not JSON: {error}"),
        })?;
        // Older ones have no table of their own for it.
        let own = json.get("pretrained_cfg").unwrap_or(&json);
        if !own.is_object()
            || ["input_size", "mean", "std"].iter().all(|key| own.get(key).is_none())
        {
            return Ok(None);
        }
        let named = json["architecture"].as_str().or(own["architecture"].as_str());
        let architecture = named.and_then(|name| name.split('.').next()).map(str::to_owned);
        Ok(Some((Stated::of(origin, file, own), architecture)))
    }

    fn of(origin: String, file: &str, json: &Value) -> Stated {
        let numbers = |key: &str| -> Vec<f64> {
            let list = json[key].as_array();
            list.into_iter().flatten().filter_map(Value::as_f64).collect()
        };
        let word = |key: &str, otherwise: &str| {
            json.get(key).and_then(Value::as_str).unwrap_or(otherwise).to_owned()
        };
        let sides = numbers("input_size");
        let is_square =
            sides.len() == 3 && sides[0] == 3.0 && sides[1] == sides[2] && sides[1].fract() == 0.0;
        Stated {
            origin,
            file: file.to_owned(),
            side: is_square.then(|| sides[1] as usize),
            crop_pct: json["crop_pct"].as_f64(),
            crop_mode: word("crop_mode", "center"),
            interpolation: word("interpolation", ""),
            mean: numbers("mean"),
            std: numbers("std"),
        }
    }

    fn preprocess(&self, sides: Sides) -> Loaded<Preprocess> {
        let refuse = |key: &str, expected: &str| NetError::Config {
            origin: self.origin.clone(),
            file: self.file.clone(),
            reason: format!("its {key} is missing or not understood, expected {expected}"),
        };
        let side = self.side.filter(|side| (1..=LARGEST_SIDE).contains(side));
        let side = side.ok_or_else(|| refuse("input_size", "[3, side, side], as [3, 224, 224]"))?;
        if !sides.include(side) {
            return Err(NetError::Config {
                origin: self.origin.clone(),
                file: self.file.clone(),
                reason: format!(
                    "its input_size is {side}, and the network takes {}",
                    sides.words()
                ),
            });
        }
        let crop_pct = self.crop_pct.filter(|share| (0.1..=1.0).contains(share));
        let crop_pct = crop_pct.ok_or_else(|| refuse("crop_pct", "a number from 0.1 to 1"))?;
        let crop = match self.crop_mode.as_str() {
            "center" => Crop::Centre { shorter_side: (side as f64 / crop_pct).floor() as usize },
            "squash" if crop_pct == 1.0 => Crop::Squash,
            _ => return Err(refuse("crop_mode", "\"center\", or \"squash\" with a crop_pct of 1")),
        };
        let resize = match self.interpolation.as_str() {
            "bicubic" => Resize::Bicubic,
            "bilinear" => Resize::Antialias,
            _ => return Err(refuse("interpolation", "\"bicubic\" or \"bilinear\"")),
        };
        let colours = |key: &str, numbers: &[f64], least: f64| match *numbers {
            [red, green, blue] if numbers.iter().all(|n| (least..=1.0).contains(n)) => {
                // Without the digits that only the product's rounding makes.
                Ok([red, green, blue].map(|number| (number * 255e9).round() / 1e9))
            }
            _ => Err(refuse(key, "three numbers from 0 to 1")),
        };
        Ok(Preprocess {
            side,
            resize,
            crop,
            mean: colours("mean", &self.mean, 0.0)?,
            std: colours("std", &self.std, 1e-6)?,
        })
    }
}

/// A `config.json`; `None`: there is none.
fn read(path: &Path, weights: &str) -> Loaded<Option<String>> {
    let refuse = |reason: String| {
        let (origin, file) = (path.display().to_string(), weights.to_owned());
        Err(NetError::Config { origin, file, reason })
    };
    let file = match open_plain(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return refuse(format!("it cannot be read: {error}")),
    };
    let mut text = String::new();
    match file.take(LARGEST_CONFIG + 1).read_to_string(&mut text) {
        Err(error) => refuse(format!("it cannot be read: {error}")),
        Ok(length) if length as u64 > LARGEST_CONFIG => {
            refuse("it is far longer than such a file".to_owned())
        }
        Ok(_) => Ok(Some(text)),
    }
}
