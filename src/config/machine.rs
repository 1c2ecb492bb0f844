//! `config.toml` of the project folder: where things are on this machine, and how much of it may be
//! used.

use std::path::{Path, PathBuf};
use std::{env, io};

use thiserror::Error;
use toml::Spanned;
use toml::de::DeValue;

use super::discover::{CONFIG_FILE, KEYS, find_project, has_marks};
use super::launch::{Launch, whole_number};
use super::theme::Theme;
use super::threads::usable_threads;
use super::{MOST_MISTAKES, Mistake, Mistakes, TextFileError, excerpt, nearest, read_text, syntax};

const FOLDERS: [&str; 4] = ["experiments", "runs", "cache", "trash"];
const MAX_THREADS: usize = 1024;
const MAX_SLOTS: usize = 64;

/// This machine: where things are, and how much of it may be used. All paths are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The project folder; `images` and weights of experiments are relative to it.
    pub root: PathBuf,
    /// The folder of experiment files.
    pub experiments: PathBuf,
    /// The folder of run folders, and of the queue.
    pub runs: PathBuf,
    /// Bottleneck features, shared by all runs.
    pub cache: PathBuf,
    /// Where runs and experiments go that a person removes.
    pub trash: PathBuf,
    /// Processor threads that a run may use, at least 1.
    pub threads: usize,
    /// Runs at work at once; 0: one, or with CUDA one for each GPU.
    pub slots: usize,
    /// The colours that the person chose.
    pub theme: Theme,
    /// Whether the screens say, by bell and notification, that a run has ended.
    pub notify: bool,
    /// A program with its arguments that is started at a run's end; empty: none.
    pub on_end: Vec<String>,
    /// Where runs are done, and what a cluster is asked for, unless an experiment says it.
    pub launch: Launch,
}

/// The text of a `config.toml` with another theme, and else as it was, with its comments. Errors with
/// all mistakes of the text, which is not changed then.
pub fn with_theme(text: &str, theme: Theme) -> Result<String, Mistakes> {
    let written = Config::parse(text, Path::new("/"))?.theme;
    let mut document: toml_edit::DocumentMut = text.parse().expect("what was checked is TOML");
    let Some(item) = document.get_mut("theme") else {
        if document.iter().any(|(_, item)| item.is_table()) {
            // Behind a table it would be the table's.
            document["theme"] = theme.name().into();
            return Ok(document.to_string());
        }
        // Behind all that stands there: a key that is put in would come before the last comments.
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Ok(format!("{text}{gap}theme = \"{}\"\n", theme.name()));
    };
    if written != theme {
        let decor = item.as_value().map(|value| value.decor().clone()).unwrap_or_default();
        let mut value = toml_edit::Value::from(theme.name());
        *value.decor_mut() = decor;
        *item = value.into();
    }
    Ok(document.to_string())
}

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file says something wrong.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] TextFileError),
    /// The folder to start from is gone or cannot be reached.
    #[error("{}: no absolute path could be made of it: {source}", .path.display())]
    Start {
        /// The folder, as it was given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Config {
    /// Loads the configuration of the project that `start` lies in: the nearest folder from there
    /// upwards that holds a `config.toml`, experiments or runs (`discover.rs` says which count), else
    /// `start` itself. Without a `config.toml` it is the defaults.
    pub fn load(start: &Path) -> Result<Self, ConfigError> {
        let start = absolute(start)?;
        let root = find_project(&start)?.unwrap_or(start);
        let file = root.join(CONFIG_FILE);
        if file.is_file() {
            Ok(Self::parse(&read_text(&file)?, &root)?)
        } else {
            Ok(Self::at(&root))
        }
    }

    /// Whether there is a project in its folder: else it is just where a person is.
    pub fn is_found(&self) -> bool {
        self.root.join(CONFIG_FILE).is_file() || has_marks(&self.root)
    }

    /// The defaults for a project folder, whose path must be absolute.
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            experiments: root.join("experiments"),
            runs: root.join("runs"),
            cache: root.join("cache"),
            trash: root.join("trash"),
            threads: usable_threads(),
            slots: 0,
            theme: Theme::Auto,
            notify: true,
            on_end: Vec::new(),
            launch: Launch::default(),
        }
    }

    /// The folders that the program makes in the project, where photos may lie beside them.
    pub fn own_folders(&self) -> [&Path; 4] {
        [&self.experiments, &self.runs, &self.cache, &self.trash]
    }

    /// Checks the text of a `config.toml` in `root`, an absolute path. All mistakes are returned.
    pub fn parse(text: &str, root: &Path) -> Result<Self, Mistakes> {
        let syntax = syntax(CONFIG_FILE, text);
        let mut config = Self::at(root);
        let mut mistakes = Vec::new();
        for (key, value) in &syntax.table {
            if mistakes.len() == MOST_MISTAKES {
                break;
            }
            if let Err((span, message)) = config.set(key, value, text) {
                let mistake = Mistake::in_text(CONFIG_FILE, text, span, message);
                if syntax.is_reliable(mistake.span.start, mistake.line) {
                    mistakes.push(mistake);
                }
            }
        }
        if syntax.errors.is_empty() && mistakes.is_empty() {
            mistakes.extend(config.shared_folder(&syntax.table, text));
        }
        mistakes.extend(syntax.errors);
        mistakes.sort_by_key(|mistake| mistake.span.start);
        if mistakes.is_empty() { Ok(config) } else { Err(Mistakes(mistakes)) }
    }

    fn set(
        &mut self,
        key: &Spanned<toml::de::DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
        text: &str,
    ) -> Result<(), (std::ops::Range<usize>, String)> {
        let name: &str = key.get_ref();
        let wrong = |expected: &str| {
            let found = match value.get_ref() {
                DeValue::Table(_) => "a table".to_owned(),
                _ => excerpt(text, value.span()),
            };
            (value.span(), format!("{name} is {found}, expected {expected}"))
        };
        if let Some(folder) = self.folder_mut(name) {
            let written = value.get_ref().as_str().filter(|path| is_path(path));
            *folder = absolute_in(folder, written.ok_or_else(|| wrong("the path of a folder"))?);
            return Ok(());
        }
        match name {
            "threads" => match whole_number(value).filter(|number| *number <= MAX_THREADS) {
                Some(0) => {}
                Some(threads) => self.threads = threads,
                None => return Err(wrong("0 (as many as may be used) to 1,024")),
            },
            "slots" => match whole_number(value).filter(|number| *number <= MAX_SLOTS) {
                Some(slots) => self.slots = slots,
                None => return Err(wrong("0 (one, or one for each GPU) to 64")),
            },
            "theme" => {
                let written = value.get_ref().as_str();
                let theme = Theme::ALL.into_iter().find(|theme| written == Some(theme.name()));
                let names = Theme::ALL.map(Theme::name).join(", ");
                self.theme = theme.ok_or_else(|| wrong(&format!("one of {names}")))?;
            }
            "notify" => {
                self.notify = value.get_ref().as_bool().ok_or_else(|| wrong("true or false"))?;
            }
            "on_end" => {
                let expected = "a list of texts, the program first, such as [\"notify-send\"]";
                self.on_end = command(value.get_ref()).ok_or_else(|| wrong(expected))?;
            }
            "launch" => {
                let table = value.get_ref().as_table().ok_or_else(|| wrong("a table"))?;
                self.launch.set(table, text)?;
            }
            _ => {
                let cure = match nearest(name, KEYS) {
                    Some(known) => format!("did you mean {known}"),
                    None => format!("known are {}", KEYS.join(", ")),
                };
                return Err((
                    key.span(),
                    format!("unknown key {:?}; {cure}", excerpt(name, 0..name.len())),
                ));
            }
        }
        Ok(())
    }

    fn folder_mut(&mut self, key: &str) -> Option<&mut PathBuf> {
        match key {
            "experiments" => Some(&mut self.experiments),
            "runs" => Some(&mut self.runs),
            "cache" => Some(&mut self.cache),
            "trash" => Some(&mut self.trash),
            _ => None,
        }
    }

    /// Two of the folders in one place: a trash that is also `runs` would lose runs.
    fn shared_folder(&self, table: &toml::de::DeTable<'_>, text: &str) -> Option<Mistake> {
        let folders = [&self.experiments, &self.runs, &self.cache, &self.trash];
        for second in 1..folders.len() {
            let Some(first) = (0..second).find(|first| folders[*first] == folders[second]) else {
                continue;
            };
            let written = [FOLDERS[second], FOLDERS[first]];
            let span = written.iter().find_map(|key| table.get(*key)).map_or(0..0, Spanned::span);
            let message = format!(
                "{} and {} are the same folder, expected a folder for each",
                FOLDERS[first], FOLDERS[second]
            );
            return Some(Mistake::in_text(CONFIG_FILE, text, span, message));
        }
        None
    }
}

/// A program with its arguments; an empty list is none.
fn command(value: &DeValue<'_>) -> Option<Vec<String>> {
    let text = |word: &Spanned<DeValue<'_>>| {
        word.get_ref().as_str().filter(|word| !word.contains('\0')).map(str::to_owned)
    };
    let words = value.as_array()?.iter().map(text).collect::<Option<Vec<String>>>()?;
    words.first().is_none_or(|program| is_path(program)).then_some(words)
}

fn is_path(path: &str) -> bool {
    !path.trim().is_empty() && !path.contains('\0')
}

/// The path that is `written` in place of `default`, which lies directly in the project folder.
fn absolute_in(default: &Path, written: &str) -> PathBuf {
    let root = default.parent().unwrap_or(default);
    root.join(written).components().collect()
}

/// The path from the root, with any `..` resolved: `Path::ancestors` would take `..` for a folder.
fn absolute(path: &Path) -> Result<PathBuf, ConfigError> {
    let failed = |source| ConfigError::Start { path: path.to_owned(), source };
    let path = env::current_dir().map_err(failed)?.join(path);
    if path.components().any(|part| part == std::path::Component::ParentDir) {
        return path.canonicalize().map_err(failed);
    }
    Ok(path.components().collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::launch::Place;

    fn said(text: &str) -> String {
        Config::parse(text, Path::new("/p")).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        let config = Config::parse("", Path::new("/p")).unwrap();
        assert_eq!(config, Config::at(Path::new("/p")));
        assert_eq!(config.runs, Path::new("/p/runs"));
        assert!(config.threads >= 1);
    }

    #[test]
    fn every_value_can_be_written_and_paths_become_absolute() {
        let text = "experiments = 'e'\nruns = './r'\ncache = '/big/cache'\ntrash = '../t'\n\
                    threads = 3\nslots = 2\ntheme = 'colour-blind'\n\
                    notify = false\non_end = ['./tell', 'me']\nlaunch = { where = 'slurm' }\n";
        let config = Config::parse(text, Path::new("/p")).unwrap();
        let expected = Config {
            root: "/p".into(),
            experiments: "/p/e".into(),
            runs: "/p/r".into(),
            cache: "/big/cache".into(),
            trash: "/p/../t".into(),
            threads: 3,
            slots: 2,
            theme: Theme::ColourBlind,
            notify: false,
            on_end: vec!["./tell".into(), "me".into()],
            launch: Launch { place: Place::Slurm, ..Launch::default() },
        };
        assert_eq!(config, expected);
        let config = Config::parse("threads = 0", Path::new("/p")).unwrap();
        assert_eq!(config.threads, usable_threads());
    }

    #[test]
    fn every_mistake_is_said_with_its_line_and_the_cure() {
        let text =
            "threds = 2\nthreads = -1\ntheme = 'drak'\nruns = 3\ncache = ''\nslots = 99\nx = \n";
        let said = said(text);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "config.toml:1: unknown key \"threds\"; did you mean threads");
        assert!(lines[1].starts_with("config.toml:2: threads is -1, expected 0 (as many"));
        assert!(lines[2].contains(":3: theme is 'drak', expected one of auto, dark"));
        assert!(lines[3].contains(":4: runs is 3, expected the path of a folder"));
        assert!(lines[4].contains(":5: cache is '', expected"));
        assert!(lines[5].contains(":6: slots is 99, expected 0 (one, or"));
        assert!(lines[6].starts_with("config.toml:7: ") && lines.len() == 7, "{said}");
    }

    #[test]
    fn a_command_is_a_list_and_never_a_line_for_a_shell() {
        for wrong in ["'notify-send'", "[1]", "['']", "[' ', 'a']", "['a', 'b\\u0000']"] {
            let text = format!("on_end = {}\n", wrong.replace("'b\\u0000'", "\"b\\u0000\""));
            let said = said(&text);
            assert!(said.contains("expected a list of texts, the program first"), "{said}");
        }
        assert!(said("notify = 1\n").contains("notify is 1, expected true or false"));
        assert_eq!(Config::parse("on_end = []\n", Path::new("/p")).unwrap().on_end, [""; 0]);
    }

    #[test]
    fn two_things_in_one_folder_are_refused() {
        assert!(said("trash = 'runs'\n").contains(":1: runs and trash are the same folder"));
        assert!(said("\nruns = './trash/'\n").contains(":2: runs and trash are the same"));
    }

    #[test]
    fn the_nearest_folder_upwards_with_a_config_is_the_project_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let deep = root.join("a/b");
        fs::create_dir_all(&deep).unwrap();
        assert_eq!(Config::load(&deep).unwrap().root, deep);
        fs::write(root.join(CONFIG_FILE), "theme = 'dark'\n").unwrap();
        let config = Config::load(&deep).unwrap();
        assert_eq!((config.root.as_path(), config.theme), (root.as_path(), Theme::Dark));
        assert_eq!(Config::load(&deep.join("../..")).unwrap().root, root);
        fs::write(root.join("a").join(CONFIG_FILE), "theme = 7\n").unwrap();
        let error = Config::load(&deep).unwrap_err().to_string();
        assert!(error.starts_with("config.toml:1: theme is 7"), "{error}");
    }

    #[test]
    fn another_theme_leaves_all_else_as_the_person_wrote_it() {
        let root = Path::new("/p");
        let own = "# mine\nslots = 2 # two\n\n# Colours.\ntheme   =  'dark' # at night\n# end\n";
        let light = with_theme(own, Theme::Light).unwrap();
        assert_eq!(light, own.replace("'dark'", "\"light\""));
        assert_eq!(with_theme(own, Theme::Dark).unwrap(), own);
        let with_table = "slots = 2\n[launch]\nwhere = 'slurm' # there\n";
        for text in ["", "slots = 2", with_table, include_str!("../../config.toml")] {
            let kept = with_theme(text, Theme::ColourBlind).unwrap();
            assert!(kept.replace("theme = \"colour-blind\"\n", "").trim() == text.trim(), "{kept}");
            let config = Config::parse(&kept, root).unwrap();
            let before = Config::parse(text, root).unwrap();
            assert_eq!(config, Config { theme: Theme::ColourBlind, ..before });
        }
        assert!(with_theme("slots = ", Theme::Dark).is_err());
        assert!(with_theme("[theme]\n", Theme::Dark).is_err());
    }

    #[test]
    fn the_config_file_of_this_repository_says_the_defaults() {
        let text = include_str!("../../config.toml");
        let root = Path::new("/p");
        assert_eq!(Config::parse(text, root).unwrap(), Config::at(root));
        let uncommented: String = text
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| KEYS.iter().any(|key| line.starts_with(&format!("{key} = "))))
            .flat_map(|line| [line, "\n"])
            .collect();
        assert_eq!(uncommented.lines().count() + 1, KEYS.len(), "all but the table at the end");
        assert_eq!(Config::parse(&uncommented, root).unwrap(), Config::at(root));
        let (_, table) = text.split_once("# [launch]\n").unwrap();
        let table: String = table.lines().map(|line| format!("{}\n", &line[2..])).collect();
        let launch = Config::parse(&format!("[launch]\n{table}"), root).unwrap().launch;
        assert_eq!((&*launch.partition, launch.cpus), ("gpu", 4));
    }
}
