//! Shortcuts as `retrain check` tells of them: what is not the picture and gives the category away.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::{Value, json};

use crate::dataset::{Dataset, PhotoTraits};
use crate::insight::{Column, Told, told_by};
use crate::words::{counted, percent};

/// A category of fewer photos is left out.
const FEWEST_PHOTOS: usize = 10;

/// A kind of things that are known of photos besides what they show.
struct Family {
    /// `file sizes`, as in "file sizes alone tell ...".
    name: &'static str,
    /// What share of the way from chance to all right makes a shortcut of all categories together,
    /// and of the one that is told best.
    ///
    /// They lie between what photos of one source reach (five kinds of flowers: 0.13 and 0.37; mean
    /// colours, which may well belong to what is shown, 0.22 and 0.40) and categories of two
    /// sources (0.43 and 0.62).
    limits: (f64, f64),
    /// It is in the pixels, if perhaps not in what they show.
    is_in_picture: bool,
    columns: fn(&Known) -> Vec<Column>,
}

impl Family {
    const fn of_files(name: &'static str, columns: fn(&Known) -> Vec<Column>) -> Family {
        Family { name, limits: (0.3, 0.5), is_in_picture: false, columns }
    }

    const fn of_pictures(
        name: &'static str,
        limits: (f64, f64),
        columns: fn(&Known) -> Vec<Column>,
    ) -> Family {
        Family { name, limits, is_in_picture: true, columns }
    }
}

const FAMILIES: [Family; 7] = [
    Family::of_files("sizes in pixels", pixel_columns),
    Family::of_files("file sizes", byte_columns),
    Family::of_files("format and compression", coding_columns),
    Family::of_files("cameras, programs and dates", exif_columns),
    Family::of_files("file names", name_columns),
    Family::of_pictures("mean colours", (0.6, 0.75), colour_columns),
    Family::of_pictures("edges", (0.4, 0.5), edge_columns),
];

/// What is known of the photos that are looked at.
struct Known<'a> {
    photos: Vec<(&'a Path, &'a PhotoTraits)>,
    /// Names of the categories, in lower case.
    categories: Vec<String>,
}

/// How well each family tells the categories of a data set apart.
pub struct Shortcuts {
    categories: Vec<String>,
    photos: usize,
    told: Vec<(&'static Family, Told)>,
}

impl Shortcuts {
    /// Photos with the same bytes count once. Nothing is found where fewer than two categories have
    /// ten photos.
    pub fn find(dataset: &Dataset, traits: &HashMap<blake3::Hash, PhotoTraits>) -> Shortcuts {
        let mut met = HashSet::new();
        let photos = dataset.photos.iter().filter(|photo| met.insert(photo.hash));
        let known = photos.filter_map(|photo| {
            Some((photo.path.as_path(), traits.get(&photo.hash)?, photo.category))
        });
        Shortcuts::of(known.collect(), &dataset.categories)
    }

    /// Of photos by their names and categories.
    fn of(mut photos: Vec<(&Path, &PhotoTraits, usize)>, categories: &[String]) -> Shortcuts {
        let mut sizes = vec![0; categories.len()];
        photos.iter().for_each(|(_, _, category)| sizes[*category] += 1);
        photos.retain(|(_, _, category)| sizes[*category] >= FEWEST_PHOTOS);
        let kept: Vec<usize> =
            (0..sizes.len()).filter(|&category| sizes[category] >= FEWEST_PHOTOS).collect();
        let place = |category| kept.iter().position(|kept| *kept == category);
        let labels: Vec<usize> = photos.iter().filter_map(|photo| place(photo.2)).collect();
        let known = Known {
            photos: photos.into_iter().map(|(path, traits, _)| (path, traits)).collect(),
            categories: categories.iter().map(|name| name.to_lowercase()).collect(),
        };
        let told = |family: &'static Family| {
            (family, told_by(&(family.columns)(&known), &labels, kept.len()))
        };
        Shortcuts {
            categories: kept.iter().map(|&place| categories[place].clone()).collect(),
            photos: labels.len(),
            told: if kept.len() < 2 { Vec::new() } else { FAMILIES.iter().map(told).collect() },
        }
    }

    /// Empty where there are none. `of_run` is the test accuracy of the newest run.
    pub fn text(&self, of_run: Option<f64>) -> String {
        let found: Vec<_> = self.told.iter().filter(|told| is_shortcut(told)).collect();
        if found.is_empty() {
            return String::new();
        }
        let mut text = format!("\n{}:\n", counted(found.len(), "shortcut"));
        for (family, told) in &found {
            text += &self.line(family, told, of_run);
        }
        let is_there =
            |is_in_picture| found.iter().any(|(family, _)| family.is_in_picture == is_in_picture);
        if is_there(false) {
            text += "the categories come from different sources, and a network may learn to tell these \
                     instead of\nwhat is shown: take photos of every category from all sources, and save \
                     all alike\n";
        }
        if is_there(true) {
            text += "a network may learn these instead of what is shown, if they do not belong to it: \
                     take photos of\nevery category in the same light and frame, or crop\n";
        }
        text
    }

    /// How well one family tells the categories.
    fn line(&self, family: &Family, told: &Told, of_run: Option<f64>) -> String {
        let best = told.best();
        let [(of, right), (others, taken)] = [told.right[best], told.taken[best]];
        let run = of_run.map(|run| format!("; the newest run: {}", percent(run)));
        format!(
            "  {} alone tell the category of {} of {} ({} by chance{})\n    \
             best {}: {right} of {of} found, and {taken} of {others} others taken for it\n",
            family.name,
            percent(told.accuracy()),
            counted(self.photos, "photo"),
            percent(told.by_chance()),
            run.unwrap_or_default(),
            self.categories[best],
        )
    }

    /// Adds `shortcuts` to the answer of `--json`: all that was looked at.
    pub fn add_to(&self, answer: &mut Value) {
        let rows = self.told.iter().map(|told| {
            let shares = self.categories.iter().zip(told.1.right.iter().zip(&told.1.taken));
            let shares = shares.map(|(category, ((photos, found), (others, taken)))| {
                json!({
                    "category": category,
                    "photos": photos,
                    "found": found,
                    "others": others,
                    "taken": taken,
                })
            });
            json!({
                "by": told.0.name,
                "is_shortcut": is_shortcut(told),
                "photos": self.photos,
                "accuracy": told.1.accuracy(),
                "by_chance": told.1.by_chance(),
                "categories": shares.collect::<Value>(),
            })
        });
        answer["shortcuts"] = rows.collect();
    }
}

fn is_shortcut((family, told): &(&Family, Told)) -> bool {
    let (all, one) = family.limits;
    told.gives_away(all, one)
}

impl Known<'_> {
    fn numbers(&self, of: impl Fn(&PhotoTraits) -> f64) -> Column {
        Column::Numbers(self.photos.iter().map(|(_, traits)| of(traits)).collect())
    }

    fn kinds(&self, of: impl Fn(&PhotoTraits) -> String) -> Column {
        Column::Kinds(self.photos.iter().map(|(_, traits)| of(traits)).collect())
    }

    fn names(&self) -> impl Iterator<Item = String> {
        let name =
            |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.photos.iter().map(move |(path, _)| name(path).to_lowercase())
    }
}

fn pixel_columns(known: &Known) -> Vec<Column> {
    let [across, down] =
        [|of: &PhotoTraits| f64::from(of.size.0), |of: &PhotoTraits| f64::from(of.size.1)];
    vec![
        known.numbers(across),
        known.numbers(down),
        known.numbers(|of| across(of) / down(of)),
        known.kinds(|of| format!("{:?}", of.size)),
    ]
}

fn byte_columns(known: &Known) -> Vec<Column> {
    let bytes = |of: &PhotoTraits| of.bytes as f64;
    let pixels = |of: &PhotoTraits| f64::from(of.size.0) * f64::from(of.size.1);
    vec![known.numbers(bytes), known.numbers(|of| bytes(of) / pixels(of))]
}

fn coding_columns(known: &Known) -> Vec<Column> {
    vec![
        known.kinds(|of| of.format.clone()),
        known.kinds(|of| of.coding.clone()),
        known.numbers(|of| of.steps[0].into()),
        known.numbers(|of| of.steps[1].into()),
    ]
}

fn exif_columns(known: &Known) -> Vec<Column> {
    vec![
        known.kinds(|of| of.camera.clone()),
        known.kinds(|of| of.program.clone()),
        known.kinds(|of| of.turned.clone()),
        known.kinds(|of| of.parts.clone()),
        known.numbers(|of| days(&of.date)),
    ]
}

fn colour_columns(known: &Known) -> Vec<Column> {
    (0..6).map(|place| known.numbers(|of| of.colours[place])).collect()
}

fn edge_columns(known: &Known) -> Vec<Column> {
    (0..8).map(|place| known.numbers(|of| of.edges[place])).collect()
}

fn name_columns(known: &Known) -> Vec<Column> {
    let shapes: Vec<String> = known.names().map(|name| shape(&name, &known.categories)).collect();
    let extension = |name: &String| {
        Path::new(name).extension().unwrap_or_default().to_string_lossy().into_owned()
    };
    vec![
        Column::Kinds(shapes.iter().map(extension).collect()),
        Column::Numbers(shapes.iter().map(|shape| shape.len() as f64).collect()),
        Column::Kinds(shapes),
    ]
}

/// Days, about, since the year 0 of a date of EXIF; -1 where there is none.
fn days(date: &str) -> f64 {
    let mut parts = date.split([':', ' ']).map(|part| part.parse::<f64>().unwrap_or(0.0));
    let mut next = || parts.next().unwrap_or(0.0);
    let (year, month, day) = (next(), next(), next());
    if year > 0.0 { year * 372.0 + month * 31.0 + day } else { -1.0 }
}

/// A file name without what differs from photo to photo: numbers and hexadecimal words become `#`, and
/// words of the categories' names, which say nothing new, become `@`, in singular or plural.
fn shape(name: &str, categories: &[String]) -> String {
    let is_category = |word: &str| {
        let words = categories.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric()));
        words.filter(|category| !category.is_empty()).any(|category| is_nearly(word, category))
    };
    let mut shape = String::new();
    for part in runs(name, char::is_alphanumeric) {
        let is_hexadecimal = part.chars().all(|c| c.is_ascii_hexdigit());
        if is_hexadecimal && part.contains(|c: char| c.is_ascii_digit()) {
            shape.push('#');
            continue;
        }
        for word in runs(part, char::is_alphabetic) {
            match word.starts_with(char::is_numeric) {
                true => shape.push('#'),
                false if is_category(word) => shape.push('@'),
                false => shape += word,
            }
        }
    }
    shape
}

/// The longest parts that are of a kind, or of the other, throughout.
fn runs(text: &str, is_of_kind: fn(char) -> bool) -> Vec<&str> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_of_kind(c) != is_of_kind(first)).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        runs.push(run);
        rest = behind;
    }
    runs
}

/// Whether two words begin alike and differ in their last two letters at most, as a plural does.
fn is_nearly(a: &str, b: &str) -> bool {
    let alike = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let longest = a.chars().count().max(b.chars().count());
    alike == longest || alike >= 3 && alike + 2 >= longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    #[test]
    fn names_of_one_kind_have_one_shape() {
        let categories = ["fire".to_owned(), "no smoke".to_owned()];
        let shape = |name: &str| super::shape(name, &categories);
        assert_eq!(shape("img_20261130_0007.jpg"), "img_#_#.jpg");
        assert_eq!(shape("11124324295_503f3a0804_n.jpg"), "#_#_n.jpg");
        assert_eq!(shape("ls_fire-image_521.jpg"), "ls_@-image_#.jpg");
        assert_eq!(shape("no smoke cv00012x3.png"), "@ @ cv#x#.png");
        assert_eq!(shape("fires-12.jpg"), "@-#.jpg", "the plural is no other name");
        assert_eq!(shape("火 12.jpg"), "火 #.jpg");
    }

    #[test]
    fn dates_are_in_their_order() {
        let order = ["", "0000:00:00 00:00:00", "2025:12:31 23:59:59", "2026:01:01 00:00:00"];
        let days = order.map(days);
        assert!(days[0] == -1.0 && days[1] == -1.0 && days[2] < days[3] && days[2] > 0.0);
    }

    /// Traits as photos of one source have them, whatever they show.
    fn drawn(rng: &mut Rng) -> PhotoTraits {
        let (across, down) = [(500, 333), (320, 240), (333, 500)][rng.below(3)];
        let level = |rng: &mut Rng| 120.0 + 30.0 * rng.normal();
        PhotoTraits {
            size: (across, down),
            bytes: 50_000 + rng.below(50_000) as u64,
            format: "Jpeg".to_owned(),
            coding: "c0 22 11 11".to_owned(),
            steps: [[600, 700], [450, 500]][rng.below(2)],
            camera: ["", "Maker A", "Maker B"][rng.below(3)].to_owned(),
            program: String::new(),
            date: format!("2026:{:02}:01 00:00:00", 1 + rng.below(12)),
            turned: String::new(),
            parts: ["", "exif"][rng.below(2)].to_owned(),
            colours: std::array::from_fn(|_| level(rng)),
            edges: std::array::from_fn(|_| level(rng)),
        }
    }

    /// 40 photos of each of three categories; the last category's are changed by `plant`. The names
    /// of what is found.
    fn found(seed: u64, plant: impl Fn(&mut PhotoTraits, &mut String)) -> Vec<&'static str> {
        let mut rng = Rng::new(seed);
        let photos: Vec<(String, PhotoTraits, usize)> = (0..120)
            .map(|number| {
                let (mut name, mut traits) = (format!("IMG_{number}.jpg"), drawn(&mut rng));
                if number % 3 == 2 {
                    plant(&mut traits, &mut name);
                }
                (name, traits, number % 3)
            })
            .collect();
        let photos = photos.iter().map(|(name, traits, label)| (Path::new(name), traits, *label));
        let shortcuts = Shortcuts::of(photos.collect(), &["a", "b", "c"].map(str::to_owned));
        let text = shortcuts.text(None);
        let told = shortcuts.told.iter().filter(|told| is_shortcut(told));
        told.map(|(family, _)| family.name)
            .inspect(|name| assert!(text.contains(&format!("  {name} alone tell")), "{text}"))
            .collect()
    }

    #[test]
    fn ten_planted_shortcuts_are_found_by_their_names() {
        type Plant = fn(&mut PhotoTraits, &mut String);
        let plants: [(Plant, &str); 10] = [
            (|photo, _| photo.size = (408, 408), "sizes in pixels"),
            (|photo, _| photo.size.0 += 1, "sizes in pixels"),
            (|photo, _| photo.bytes *= 3, "file sizes"),
            (|photo, _| photo.steps = [1200, 1400], "format and compression"),
            (|photo, _| photo.coding = "c2 22 11 11".to_owned(), "format and compression"),
            (|photo, _| photo.camera = "Maker C".to_owned(), "cameras, programs and dates"),
            (
                |photo, _| photo.date = "2019:05:05 00:00:00".to_owned(),
                "cameras, programs and dates",
            ),
            (|_, name| *name = name.replace("IMG", "scan"), "file names"),
            (|photo, _| photo.colours[2] += 150.0, "mean colours"),
            (|photo, _| photo.edges = [255.0, 0.0, 255.0, 0.0, 255.0, 0.0, 255.0, 0.0], "edges"),
        ];
        for (seed, (plant, expected)) in plants.into_iter().enumerate() {
            // With the pixels the bytes of a pixel change, too.
            let mut found = found(seed as u64, plant);
            found.retain(|name| expected != "sizes in pixels" || *name != "file sizes");
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn where_nothing_is_planted_nothing_is_found() {
        for seed in 0..40 {
            assert_eq!(found(seed, |_, _| ()), [""; 0], "seed {seed}");
        }
    }
}
