//! Experiment files: reading one, its name, and what there is when it is not there.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Checked, labels_path, parse};
use crate::config::{Mistakes, TextFileError, nearest, read_text};

/// The name becomes a part of the name of a run's folder.
const MAX_NAME_BYTES: usize = 100;
const MAX_LISTED: usize = 10;

/// Why there is no experiment to be had of a file.
#[derive(Debug, Error)]
pub enum SpecError {
    /// It is there, and wrong.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// It cannot be read.
    #[error(transparent)]
    File(TextFileError),
    /// It is not there.
    #[error("{}: there is no such experiment; {cure}", .path.display())]
    Missing {
        /// As it was named.
        path: PathBuf,
        /// The next step: the nearest name, or how to make one.
        cure: String,
    },
    /// Its name could not be a part of the name of a run's folder.
    #[error("{path:?}: the file's name {why}; rename it, as in experiments/fire.toml")]
    Name {
        /// As it was named.
        path: PathBuf,
        /// What is wrong with the name.
        why: &'static str,
    },
}

/// Reads and checks an experiment file; what was decided about single photos of it is found beside it.
pub fn load(path: &Path) -> Result<Checked, SpecError> {
    let mut checked = parse(&read(path)?, path)?;
    let labels = labels_path(path);
    // One that cannot be looked at is said when it is read.
    checked.experiment.labels = labels.try_exists().unwrap_or(true).then_some(labels);
    Ok(checked)
}

/// The text of an experiment file, unchecked.
pub fn read(path: &Path) -> Result<String, SpecError> {
    match read_text(path) {
        Ok(text) => Ok(text),
        Err(TextFileError::Missing(path)) => {
            let cure = cure(&path);
            Err(SpecError::Missing { path, cure })
        }
        Err(error) => Err(SpecError::File(error)),
    }
}

/// The experiment's name: the file's, without `.toml`. Refused when it would not do as a part of
/// a folder's name.
pub fn name(path: &Path) -> Result<String, SpecError> {
    let refuse = |why| Err(SpecError::Name { path: path.to_owned(), why });
    let Some(stem) = path.file_stem() else {
        return refuse("is missing");
    };
    let Some(stem) = stem.to_str() else {
        return refuse("is not UTF-8");
    };
    if stem.starts_with('.') {
        return refuse("starts with a dot");
    }
    if stem.contains(char::is_control) {
        return refuse("holds a control character");
    }
    if stem.contains(['/', '\\']) {
        return refuse("holds a path separator");
    }
    if stem.trim() != stem {
        return refuse("starts or ends with a space");
    }
    if stem.len() > MAX_NAME_BYTES {
        return refuse("is longer than 100 bytes");
    }
    Ok(stem.to_owned())
}

/// The next step when there is no file at `path`.
fn cure(path: &Path) -> String {
    let new = "'retrain new FOLDER' makes one for a folder of photos";
    let folder = path.parent().unwrap_or(Path::new(""));
    let names = names(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if let Some(near) = nearest(&stem, names.iter().map(String::as_str)) {
        return format!("did you mean {}", folder.join(format!("{near}.toml")).display());
    }
    match names.len() {
        0 => new.to_owned(),
        count if count > MAX_LISTED => {
            format!(
                "beside it are {} and {} more; {new}",
                names[..MAX_LISTED].join(", "),
                count - MAX_LISTED
            )
        }
        _ => format!("beside it are {}; {new}", names.join(", ")),
    }
}

/// Names of the experiments in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|path| name(&path).ok())
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_not_do_in_a_folder_name_are_refused() {
        assert_eq!(name(Path::new("experiments/fire.toml")).unwrap(), "fire");
        assert_eq!(name(Path::new("feuer und rauch é.toml")).unwrap(), "feuer und rauch é");
        assert_eq!(name(Path::new("a.b.toml")).unwrap(), "a.b");
        let long = format!("{}.toml", "x".repeat(101));
        for bad in ["", "..", ".toml", ".hidden.toml", "a\nb.toml", "a\\b.toml", " a.toml", &long] {
            assert!(matches!(name(Path::new(bad)), Err(SpecError::Name { .. })), "{bad:?}");
        }
        let said = name(Path::new("e/a\u{1b}[2J.toml")).unwrap_err().to_string();
        assert!(!said.contains('\u{1b}'), "control characters reached the message");
    }

    #[test]
    fn a_missing_file_says_what_there_is_and_how_to_make_one() {
        let folder = tempfile::tempdir().unwrap();
        let said = |name: &str| load(&folder.path().join(name)).unwrap_err().to_string();
        assert!(said("fire.toml").contains("there is no such experiment; 'retrain new FOLDER'"));
        for file in ["fire.toml", "cats.toml", "notes.txt", ".hidden.toml"] {
            fs::write(folder.path().join(file), "images = 'p'\n").unwrap();
        }
        assert!(said("fier.toml").ends_with("fire.toml"), "{}", said("fier.toml"));
        assert!(said("zzzzzzzz.toml").contains("beside it are cats, fire; 'retrain new"));
        for n in 10..25 {
            fs::write(folder.path().join(format!("n{n}.toml")), "").unwrap();
        }
        assert!(said("zzzzzzzz.toml").contains("and 7 more"), "{}", said("zzzzzzzz.toml"));
    }

    #[test]
    fn a_file_that_is_no_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        fs::write(&path, b"images = 'p'\n# \xff\n").unwrap();
        let said = load(&path).unwrap_err().to_string();
        assert!(said.contains("x.toml:2: byte 15 is not UTF-8"), "{said}");
        fs::write(&path, "images = 'p'\n").unwrap();
        assert_eq!(load(&path).unwrap().experiment.images, Path::new("p"));
    }
}
