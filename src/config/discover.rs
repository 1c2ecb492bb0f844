//! Which folder is the project folder, found from a folder in it as Git finds a repository.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use toml::Value;

use super::{TextFileError, nearest, read_small, read_text};

/// The file whose folder is the project folder.
pub const CONFIG_FILE: &str = "config.toml";
/// What it may say.
pub(super) const KEYS: [&str; 10] = [
    "experiments",
    "runs",
    "cache",
    "trash",
    "threads",
    "slots",
    "theme",
    "notify",
    "on_end",
    "launch",
];

/// What a folder lacks that is no project folder, in words.
pub const MARKS: &str = "no config.toml, no experiments/ with an experiment, no runs/ with a run";

/// Entries of a folder that are looked at: one of another program may hold any number.
const MOST_ENTRIES: usize = 1000;

/// Anybody may write there, and none of them removes what is another's: such as `/tmp`.
const SHARED: u32 = 0o1002;

/// The nearest project folder from `start` upwards, an absolute path; `None` where there is none.
///
/// Above `start` a `config.toml` counts only if it can be this program's, and no folder that everybody
/// may write to: what a stranger leaves in `/tmp` is nobody's project. Without that file the home
/// folder and those above it do not count either, where one run by mistake would make all else a part
/// of it. It may be on another disk: photos may lie on one that is mounted in the project.
pub fn find_project(start: &Path) -> Result<Option<PathBuf>, TextFileError> {
    find_below(start, std::env::home_dir().and_then(|home| home.canonicalize().ok()).as_deref())
}

fn find_below(start: &Path, home: Option<&Path>) -> Result<Option<PathBuf>, TextFileError> {
    for folder in start.ancestors() {
        if folder != start && fs::metadata(folder).is_ok_and(|it| it.mode() & SHARED == SHARED) {
            continue;
        }
        let config = folder.join(CONFIG_FILE);
        if config.is_file() && (folder == start || is_ours(&read_text(&config)?)) {
            return Ok(Some(folder.to_owned()));
        }
        let is_above_home = home.is_some_and(|home| home.starts_with(folder));
        let is_too_high = is_above_home || folder.parent().is_none();
        if (folder == start || !is_too_high) && has_marks(folder) {
            return Ok(Some(folder.to_owned()));
        }
    }
    Ok(None)
}

/// Whether the folder has experiments or runs under their usual names.
pub fn has_marks(folder: &Path) -> bool {
    has_entry(&folder.join("experiments"), is_experiment)
        || has_entry(&folder.join("runs"), |run| run.join("events.jsonl").is_file())
}

/// Whether the text of a `config.toml` can be this program's: other programs have files of that name.
/// At least half of its keys are known or nearly so; an empty one marks a project.
fn is_ours(text: &str) -> bool {
    let keys: Vec<&str> = text.lines().filter_map(key).collect();
    let known = keys.iter().filter(|key| nearest(key, KEYS).is_some()).count();
    2 * known >= keys.len()
}

/// What stands before `=`, or the name of a table. The text may hold mistakes that no parser gets
/// over.
fn key(line: &str) -> Option<&str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    Some(line.split('=').next().unwrap_or(line).trim())
}

/// Every experiment says where its images are.
fn is_experiment(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
        && read_small(path).is_ok_and(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            toml::from_str::<toml::Table>(&text)
                .is_ok_and(|table| matches!(table.get("images"), Some(Value::String(_))))
        })
}

fn has_entry(folder: &Path, is: impl Fn(&Path) -> bool) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_ENTRIES);
    entries.into_iter().any(|entry| is(&entry.path()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Folders in a home folder, with files given by their texts.
    struct Home(tempfile::TempDir);

    impl Home {
        fn new(files: &[(&str, &str)]) -> Home {
            let home = Home(tempfile::tempdir().unwrap());
            for (file, text) in files {
                fs::create_dir_all(home.at(file).parent().unwrap()).unwrap();
                fs::write(home.at(file), text).unwrap();
            }
            home
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().canonicalize().unwrap().join(path)
        }

        /// What is found from that folder, relative to the home folder.
        fn found(&self, start: &str) -> Option<String> {
            fs::create_dir_all(self.at(start)).unwrap();
            let found = find_below(&self.at(start), Some(&self.at("."))).unwrap()?;
            Some(found.strip_prefix(self.at(".")).unwrap().to_str().unwrap().to_owned())
        }
    }

    const EXPERIMENT: (&str, &str) = ("p/experiments/fire.toml", "images = \"photos\"\n");

    #[test]
    fn a_folder_with_an_experiment_or_a_run_is_found_from_below() {
        for file in
            [EXPERIMENT, ("p/runs/20260101-000000-fire/events.jsonl", ""), ("p/config.toml", "")]
        {
            let home = Home::new(&[file]);
            assert_eq!(home.found("p/photos/fire").as_deref(), Some("p"), "{file:?}");
            assert_eq!(home.found("elsewhere"), None);
        }
        let nested = Home::new(&[EXPERIMENT, ("p/own/experiments/x.toml", "images = 'x'")]);
        assert_eq!(nested.found("p/own/photos").as_deref(), Some("p/own"));
    }

    #[test]
    fn folders_of_other_programs_under_the_same_names_are_none() {
        let home = Home::new(&[
            ("p/experiments/other.toml", "model = \"resnet\"\nimages = 3\n"),
            ("p/experiments/notes.txt", "images = \"photos\"\n"),
            ("p/runs/detect/weights.pt", ""),
            ("p/config.toml", "baseURL = \"/\"\ntitle = \"x\"\ntheme = \"y\"\n[params]\nz = 1\n"),
        ]);
        assert_eq!(home.found("p/photos"), None);
        // There its mistakes are told.
        assert_eq!(home.found("p").as_deref(), Some("p"));
    }

    #[test]
    fn a_config_with_mistakes_is_still_ours() {
        for text in ["threds = 2\n", "# mine\n\n", "runs = \n", "cache = 'x'\nvery_new = 1\n"] {
            assert!(is_ours(text), "{text}");
        }
        assert!(!is_ours("[package]\nname = 'x'\n"));
    }

    #[test]
    fn home_is_a_project_only_by_its_config_and_a_folder_of_everybody_never() {
        let marks = ("experiments/fire.toml", EXPERIMENT.1);
        assert_eq!(Home::new(&[marks]).found("photos"), None);
        assert_eq!(Home::new(&[marks]).found(".").as_deref(), Some(""));
        assert_eq!(Home::new(&[("config.toml", "")]).found("photos").as_deref(), Some(""));
        let shared =
            Home::new(&[("tmp/config.toml", ""), ("tmp/experiments/x.toml", EXPERIMENT.1)]);
        assert_eq!(shared.found("tmp/mine").as_deref(), Some("tmp"));
        fs::set_permissions(shared.at("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(shared.found("tmp/mine"), None);
        assert_eq!(shared.found("tmp").as_deref(), Some("tmp"));
    }
}
