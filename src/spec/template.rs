//! A first experiment file for a folder of photos.

use super::fields::{FIELDS, SECTIONS, Section, field};
use super::tables::wrap;
use crate::nets::NETWORKS;
use crate::setting::{Field, FieldType, Kind, is_folder_name, quoted};

const COLUMNS: usize = 98;

/// Room for `# key = default`.
const SETTING_COLUMNS: usize = 30;

/// Below this many photos, hashing names gives sets far from the wanted percentages.
const FEW_PHOTOS: usize = 500;

/// With more categories than this their list would hide the rest of the file.
const MANY_CATEGORIES: usize = 40;

/// What is known of the photos that a first experiment is for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Draft<'a> {
    /// Their folder, as it is to be written.
    pub images: &'a str,
    /// The categories found there.
    pub categories: &'a [String],
    /// Photos of each category.
    pub counts: &'a [usize],
    /// The folders there are sets, with the categories in them.
    pub has_set_folders: bool,
    /// The name of the network that was chosen; `None`: the default, as a comment.
    pub backbone: Option<&'a str>,
    /// Fields that are written out, whatever the photos suggest, with their values as TOML.
    pub written: &'a [(&'static str, String)],
}

/// The name of each network that an experiment can choose, and what is known of its accuracy and
/// speed.
pub fn networks() -> impl Iterator<Item = (&'static str, &'static str)> {
    NETWORKS.iter().filter_map(|network| Some((network.name, network.measured?)))
}

/// A commented experiment for these photos: the five usual fields and what was chosen written out,
/// all others as comments.
pub fn template(draft: &Draft) -> String {
    let Draft { images, categories, counts, has_set_folders, .. } = *draft;
    let mut out = String::from(
        "# Lines that start with # are comments; 'retrain fields' lists all settings.\n\n",
    );
    for key in ["description", "images", "categories", "iterations", "learning_rate"] {
        let Some(field) = field(key) else { continue };
        out.push_str(&comment(&about(field)));
        let value = match key {
            "images" => quoted(images),
            // A single folder leaves nothing to tell apart, and another may be put beside it.
            "categories" if categories.len() < 2 => "[]".to_owned(),
            "categories" if categories.len() > MANY_CATEGORIES => "[]".to_owned(),
            "categories" if categories.iter().any(|name| is_folder_name(name).is_err()) => {
                "[]".to_owned()
            }
            "categories" => categories.to_vec().to_value().to_toml(),
            _ => chosen(key, draft).unwrap_or_else(|| field.default.unwrap_or("\"\"").to_owned()),
        };
        if key == "categories" {
            out.push_str(&counted(categories, counts));
        }
        out.push_str(&format!("{key} = {value}\n\n"));
    }
    for Section { name: section, about } in SECTIONS.iter() {
        out.push_str(&comment(about));
        for hint in hints(section, counts, has_set_folders) {
            out.push_str(&comment(&hint));
        }
        let written = |field: &Field| chosen(field.key, draft);
        let fields = || FIELDS.iter().filter(|field| field.section() == *section);
        let mark = if fields().any(|field| written(field).is_some()) { "" } else { "# " };
        out.push_str(&format!("{mark}[{section}]\n"));
        for field in fields() {
            match written(field) {
                Some(value) => out.push_str(&format!("{} = {value}\n", field.leaf())),
                None => out.push_str(&commented_out(field)),
            }
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn few_photos(counts: &[usize]) -> bool {
    (1..FEW_PHOTOS).contains(&counts.iter().sum())
}

/// What is written out: what was asked for, the chosen network, the sets where folders give them, and
/// other values than the defaults where there are few photos, because hashing names could leave a set
/// empty.
fn chosen(key: &str, draft: &Draft) -> Option<String> {
    if let Some((_, value)) = draft.written.iter().find(|(written, _)| *written == key) {
        return Some(value.clone());
    }
    let value = match key {
        "network.backbone" => return draft.backbone.map(quoted),
        "split.by" if draft.has_set_folders => "\"folders\"",
        _ if draft.has_set_folders || !few_photos(draft.counts) => return None,
        "split.by" => "\"seed\"",
        "split.validation_percent" | "split.test_percent" => "20",
        _ => return None,
    };
    Some(value.to_owned())
}

/// `# key = default  # meaning`; a long meaning goes on below, in its column.
fn commented_out(field: &Field) -> String {
    let default = field.default.unwrap_or("\"\"");
    let mut left = format!("# {} = {default}", field.leaf());
    let mut out = String::new();
    for line in wrap(&about(field), COLUMNS - SETTING_COLUMNS - 3) {
        out.push_str(&format!("{left:SETTING_COLUMNS$} # {line}\n"));
        left = "#".into();
    }
    out
}

/// Meaning, with the words that may be written or what is usual.
fn about(field: &Field) -> String {
    let Field { meaning, kind, usual, .. } = field;
    match (kind, usual) {
        (Kind::Choice(words) | Kind::ClassWeights(words), _) => {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            format!("{}: {meaning}", words.join(", "))
        }
        (_, Some(usual)) => format!("{meaning}; {usual} is usual"),
        (_, None) => (*meaning).to_owned(),
    }
}

/// How many photos each category has.
fn counted(categories: &[String], counts: &[usize]) -> String {
    let total: usize = counts.iter().sum();
    if let (MANY_CATEGORIES.., Some(least), Some(most)) =
        (categories.len(), counts.iter().min(), counts.iter().max())
    {
        return comment(&format!(
            "photos: {total} in {} categories, {least} to {most} in each",
            categories.len()
        ));
    }
    let each: Vec<String> = categories
        .iter()
        .zip(counts)
        .map(|(category, count)| format!("{} {count}", one_line(category)))
        .collect();
    match each.as_slice() {
        [] => String::new(),
        each => comment(&format!("photos: {}; {total} in all", each.join(", "))),
    }
}

/// What these photos suggest.
fn hints(section: &str, counts: &[usize], has_set_folders: bool) -> Vec<String> {
    let total: usize = counts.iter().sum();
    let (least, most) = (counts.iter().min(), counts.iter().max());
    let mut hints = Vec::new();
    if section == "split" && has_set_folders {
        hints.push(
            "the folders in images are sets with the categories in them; the percentages are those \
             of sets that have no folder"
                .into(),
        );
    } else if section == "split" && few_photos(counts) {
        hints.push(format!(
            "{total} photos are few: by = \"seed\" keeps the percentages exact in each category, \
             and 20 percent for the test make its accuracy less a matter of luck"
        ));
    }
    if let ("train", Some(least), Some(most)) = (section, least, most)
        && *most > least.saturating_mul(3)
    {
        hints.push(format!(
            "categories have {least} to {most} photos: draw = \"balanced\" keeps the small ones from \
             being overlooked; with early_stop also set class_weights = \"balanced\""
        ));
    }
    if section == "network" {
        hints.extend(networks().map(|(name, measured)| format!("{name}: {measured}")));
    }
    if section == "distort" {
        hints.push(
            "each changed copy takes as long as a photo: copies = 8 makes the features of \
             training photos 8 times slower the first time"
                .into(),
        );
    }
    hints
}

fn comment(text: &str) -> String {
    wrap(text, COLUMNS - 2).iter().map(|line| format!("# {line}\n")).collect()
}

/// A folder's name may hold a newline, which would end the comment.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::spec::{parse, settings};

    fn of(images: &str, categories: &[String], counts: &[usize]) -> String {
        template(&Draft { images, categories, counts, ..Draft::default() })
    }

    fn fire() -> String {
        let categories = ["fire", "smoke", "misc"].map(String::from);
        of("data/fire", &categories, &[120, 80, 30])
    }

    #[test]
    fn a_template_for_many_photos_parses_to_the_defaults_and_the_given_folders() {
        let categories = ["fire", "smoke", "misc"].map(String::from);
        let text = of("data/fire", &categories, &[1200, 800, 300]);
        let checked = parse(&text, Path::new("fire.toml")).unwrap();
        assert!(checked.warnings.is_empty());
        assert_eq!(checked.experiment.categories, ["fire", "smoke", "misc"]);
        let text = "images = 'data/fire'\ncategories = ['fire', 'smoke', 'misc']";
        let bare = parse(text, Path::new("fire.toml")).unwrap();
        assert_eq!(checked.experiment, bare.experiment);
    }

    #[test]
    fn the_chosen_network_is_written_out_also_when_it_is_the_default() {
        for network in NETWORKS.iter().filter(|network| network.has_weights()) {
            let categories = ["fire", "smoke"].map(String::from);
            let draft = Draft { images: "data", categories: &categories, ..Draft::default() };
            let text =
                template(&Draft { counts: &[900, 800], backbone: Some(network.name), ..draft });
            let line = format!("\n[network]\nbackbone = \"{}\"\n", network.name);
            assert!(text.contains(&line), "{text}");
            let checked = parse(&text, Path::new("fire.toml")).unwrap();
            assert_eq!(checked.experiment.network.backbone, network);
        }
    }

    #[test]
    fn what_was_asked_for_is_written_out_whatever_the_photos_suggest() {
        let categories = ["fire", "smoke"].map(String::from);
        let pairs =
            [("iterations", "500"), ("split.by", "\"path27\""), ("split.test_percent", "10")];
        let written = pairs.map(|(key, value)| (key, value.to_owned()));
        let draft =
            Draft { images: "p", categories: &categories, counts: &[5, 6], ..Draft::default() };
        let text = template(&Draft { written: &written, ..draft });
        let experiment = parse(&text, Path::new("x.toml")).unwrap().experiment;
        assert_eq!((experiment.iterations, experiment.split.test_percent), (500, 10.0));
        assert_eq!(experiment.split.by, crate::spec::SplitRule::Path27);
    }

    #[test]
    fn a_template_for_few_photos_splits_them_evenly() {
        let split = parse(&fire(), Path::new("fire.toml")).unwrap().experiment.split;
        assert_eq!((split.by, split.test_percent), (crate::spec::SplitRule::Seed, 20.0));
    }

    #[test]
    fn settings_in_a_template_work_when_their_comment_sign_is_removed() {
        let text: String = fire()
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(code) if code.starts_with('[') || is_setting(code) => code.to_owned() + "\n",
                _ => line.to_owned() + "\n",
            })
            .collect();
        let checked = parse(&text, Path::new("fire.toml")).unwrap_or_else(|err| panic!("{err}"));
        let written = parse(&fire(), Path::new("fire.toml")).unwrap().experiment;
        assert_eq!(settings(&checked.experiment), settings(&written));
        for field in FIELDS.iter() {
            assert!(text.contains(&format!("\n{} = ", field.leaf())), "{} is not there", field.key);
        }
    }

    fn is_setting(code: &str) -> bool {
        FIELDS.iter().any(|field| code.starts_with(&format!("{} = ", field.leaf())))
    }

    #[test]
    fn a_template_tells_the_photos_and_what_they_suggest() {
        assert!(fire().contains("# photos: fire 120, smoke 80, misc 30; 230 in all\n"));
        assert!(fire().contains("# 230 photos are few: by = \"seed\""));
        assert!(fire().contains("draw = \"balanced\" keeps the small ones"));
        assert!(fire().lines().all(|line| line.chars().count() <= COLUMNS));
    }

    #[test]
    fn folders_that_are_sets_are_written_as_the_split() {
        let categories = ["daisy", "roses"].map(String::from);
        let text = template(&Draft {
            images: "data",
            categories: &categories,
            counts: &[30, 40],
            has_set_folders: true,
            ..Draft::default()
        });
        let checked = parse(&text, Path::new("x.toml")).unwrap();
        assert_eq!(checked.experiment.split.by, crate::spec::SplitRule::Folders);
        assert_eq!(checked.experiment.categories, categories);
        assert!(checked.warnings.is_empty(), "{:?}", checked.warnings);
        assert!(text.contains("\n# validation_percent = 10"), "{text}");
    }

    #[test]
    fn many_categories_are_counted_and_not_listed() {
        let categories: Vec<String> = (0..1500).map(|n| format!("kind {n}")).collect();
        let text = of("data", &categories, &vec![9; 1500]);
        assert!(text.contains("# photos: 13500 in 1500 categories, 9 to 9 in each\n"), "{text}");
        assert!(text.len() < 8000, "{} bytes", text.len());
        assert!(parse(&text, Path::new("x.toml")).unwrap().experiment.categories.is_empty());
    }

    #[test]
    fn odd_names_do_not_break_a_template() {
        let categories = ["a\"b", "c d", "é#"].map(String::from);
        let text = of("C:\\my \"photos\"", &categories, &[1, 2, 3]);
        let checked = parse(&text, Path::new("x.toml")).unwrap();
        assert_eq!(checked.experiment.categories, categories);
        assert_eq!(checked.experiment.images, Path::new("C:\\my \"photos\""));
        for names in [&[][..], &["one"], &["back\\slash", "new\nline"]] {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            let text = of("p", &names, &[5, 6][..names.len()]);
            let checked = parse(&text, Path::new("x.toml")).unwrap();
            assert!(checked.experiment.categories.is_empty());
        }
    }
}
