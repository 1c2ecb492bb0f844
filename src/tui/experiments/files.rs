//! Reads, saves, drafts and duplicates experiment files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{ExperimentNews, photos};
use crate::config::{Config, TextFileError, read_small, read_text};
use crate::dataset::{Listing, list_categories};
use crate::spec;
use crate::store::{RunFolder, write_atomically, write_new};
use crate::tui::typed_path::typed_path;

/// What became of a wish to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The file now holds this text.
    Done(String),
    /// Nothing was written, since the file has changed after it was read. Its text now; `None`: it is
    /// gone.
    Changed(Option<String>),
    Failed(String),
}

/// A path that was begun, and how it may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// As it was typed.
    pub typed: String,
    /// As far as it is certain.
    pub text: String,
    /// Names that may come next, when there are several; those of folders end in `/`.
    pub names: Vec<String>,
}

/// The text as it is in the file, every byte.
pub fn read(path: &Path) -> Result<Option<String>, String> {
    match read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(TextFileError::Missing(_)) => Ok(None),
        Err(err) => Err(err.to_string()),
    }
}

/// Replaces the file, unless it is not what was read any more: `expected` is that text, `None`
/// that there was no file.
pub fn save(path: &Path, text: &str, expected: Option<&str>) -> Saved {
    let now = match read(path) {
        Ok(now) => now,
        Err(error) => return Saved::Failed(error),
    };
    // Somebody may have written the very same.
    if now.as_deref() != expected && now.as_deref() != Some(text) {
        return Saved::Changed(now);
    }
    match overwrite(path, text) {
        Ok(()) => Saved::Done(text.to_owned()),
        Err(err) => Saved::Failed(format!("{err}; your text is still here, unsaved")),
    }
}

/// Replaces the file, whatever it holds by now; its permissions stay.
pub fn overwrite(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: what it leads to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|err| {
            io::Error::new(err.kind(), format!("cannot make {}: {err}", folder.display()))
        })?;
    }
    let permissions = fs::metadata(&path).map(|data| data.permissions()).ok();
    write_atomically(&path, text.as_bytes())?;
    if let Some(permissions) = permissions {
        fs::set_permissions(&path, permissions)?;
    }
    Ok(())
}

/// The settings of a run as a new experiment, under a name that is free.
pub fn draft_of_run(experiments: &Path, run: &RunFolder) -> Result<ExperimentNews, String> {
    let text = spec::read(&run.experiment()).map_err(|err| err.to_string())?;
    let name = run.replay().map_err(|err| err.to_string())?.experiment;
    let path = free(experiments, Path::new(&name));
    Ok(ExperimentNews::Drafted { path, text })
}

/// A first text for the photos in `typed` and the network of this name, under a name that is free among the experiments.
pub fn draft(
    config: &Config,
    typed: &str,
    network: Option<&str>,
) -> Result<ExperimentNews, String> {
    let Config { root, experiments, .. } = config;
    let images = root.join(typed_path(typed));
    if !images.is_dir() {
        return Err(format!("{}: there is no such folder of photos", images.display()));
    }
    let images = fs::canonicalize(&images).map_err(|err| format!("{}: {err}", images.display()))?;
    let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    // Photos that lie in the project folder itself have the program's own folders beside them.
    let own = config.own_folders().map(|folder| fs::canonicalize(folder).ok());
    // Of a single folder a draft is made too: another may be put beside it.
    let Listing { has_set_folders, categories } = list_categories(&images).unwrap_or_else(|_| {
        Listing { has_set_folders: false, categories: photos::count(&images, &[]) }
    });
    let (categories, counts): (Vec<String>, Vec<usize>) =
        categories.into_iter().filter(|(name, _)| !own.contains(&Some(images.join(name)))).unzip();
    if categories.is_empty() {
        return Err(format!(
            "{}: no folder in it; put the photos of each category into a folder of its own there",
            images.display()
        ));
    }
    let shown = images.strip_prefix(&root).unwrap_or(&images);
    let shown = if shown.as_os_str().is_empty() { Path::new(".") } else { shown };
    let mut path = free(experiments, images.file_name().unwrap_or_default().as_ref());
    if spec::name(&path).is_err() {
        path = free(experiments, Path::new("experiment"));
    }
    let text = spec::template(&spec::Draft {
        images: &shown.to_string_lossy(),
        categories: &categories,
        counts: &counts,
        has_set_folders,
        backbone: network,
        ..spec::Draft::default()
    });
    Ok(ExperimentNews::Drafted { path, text })
}

/// What a path that is typed may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    Folder,
    /// A photo, or a folder of photos.
    Photos,
}

/// The longest certain continuation of a path; one to a folder starts at `root`.
pub fn complete(root: &Path, typed: &str, kind: PathKind) -> Completion {
    let (above, begun) = match typed.rfind('/') {
        Some(at) => typed.split_at(at + 1),
        None => ("", typed),
    };
    let folder = root.join(typed_path(above));
    let folders = photos::folders(&folder).into_iter().map(|name| name + "/");
    let files = match kind {
        PathKind::Folder => Vec::new(),
        PathKind::Photos => photos::files(&folder),
    };
    let names: Vec<String> = folders.chain(files).filter(|name| name.starts_with(begun)).collect();
    let text = match names.as_slice() {
        [] => typed.to_owned(),
        [only] => format!("{above}{only}"),
        [first, rest @ ..] => {
            let certain = rest.iter().map(|name| same_start(first, name)).min().unwrap_or(0);
            format!("{above}{}", first.chars().take(certain).collect::<String>())
        }
    };
    let names = if names.len() > 1 { names } else { Vec::new() };
    Completion { typed: typed.to_owned(), text, names }
}

/// How many characters two names begin with in common.
fn same_start(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

/// Writes a copy beside the file. Never over another.
pub fn duplicate(from: &Path, name: &str) -> Result<ExperimentNews, String> {
    let to = from.with_file_name(format!("{name}.toml"));
    if to.parent() != from.parent() {
        return Err(format!("{name:?} is no name of a file"));
    }
    spec::name(&to).map_err(|err| err.to_string())?;
    if to.exists() {
        return Err(format!("{} exists already; choose another name", to.display()));
    }
    let bytes = read_small(from).map_err(|err| format!("cannot read {}: {err}", from.display()))?;
    write_atomically(&to, &bytes).map_err(|err| err.to_string())?;
    Ok(ExperimentNews::Made(to))
}

/// Writes a copy with this table `[sweep]` beside the file, under a name that is free.
pub fn vary(from: &Path, table: &str) -> Result<ExperimentNews, String> {
    let text = read(from)?.ok_or_else(|| format!("{} is not there any more", from.display()))?;
    let text = spec::with_sweep(&text, table)?;
    let stem = from.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let stem = if stem.ends_with("-sweep") { stem } else { format!("{stem}-sweep") };
    let to = free(from.parent().unwrap_or(Path::new("")), Path::new(&stem));
    spec::name(&to).map_err(|err| err.to_string())?;
    write_new(&to, text.as_bytes()).map_err(|err| format!("{}: {err}", to.display()))?;
    Ok(ExperimentNews::Varied(to))
}

/// `folder/stem.toml`, with a number behind the stem where that is taken.
fn free(folder: &Path, stem: &Path) -> PathBuf {
    let stem = stem.to_string_lossy();
    let stem = if stem.is_empty() { "experiment" } else { &*stem };
    let names = std::iter::once(stem.to_owned()).chain((2..).map(|n| format!("{stem}-{n}")));
    let mut paths = names.map(|name| folder.join(format!("{name}.toml")));
    paths.find(|path| !path.exists()).expect("numbers go on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/fire.toml");
        assert_eq!(save(&path, "mine", None), Saved::Done("mine".into()), "folders are made");
        fs::write(&path, "theirs").unwrap();
        assert_eq!(save(&path, "mine 2", Some("mine")), Saved::Changed(Some("theirs".into())));
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(save(&path, "theirs", Some("mine")), Saved::Done("theirs".into()));
        fs::remove_file(&path).unwrap();
        assert_eq!(save(&path, "mine 2", Some("mine")), Saved::Changed(None));
        assert!(!path.exists());
    }

    #[test]
    fn a_sweep_is_written_beside_its_experiment_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("fire.toml");
        fs::write(&from, "images = 'p' # mine\n").unwrap();
        let made = |table: &str| match vary(&from, table).unwrap() {
            ExperimentNews::Varied(path) => path,
            other => panic!("{other:?}"),
        };
        let first = made("[sweep]\niterations = [1, 2]\n");
        assert_eq!(first, folder.path().join("fire-sweep.toml"));
        assert_eq!(made("[sweep]\niterations = [3]\n"), folder.path().join("fire-sweep-2.toml"));
        let text = fs::read_to_string(&first).unwrap();
        assert_eq!(text, "images = 'p' # mine\n\n[sweep]\niterations = [1, 2]\n");
        assert_eq!(fs::read_to_string(&from).unwrap(), "images = 'p' # mine\n");
        assert!(vary(&folder.path().join("gone.toml"), "").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.toml"), folder.path().join("b.toml"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&file, &link).unwrap();
        assert_eq!(save(&link, "new", Some("old")), Saved::Done("new".into()));
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let saved = save(&folder.path().join("file/fire.toml"), "x", None);
        assert!(matches!(&saved, Saved::Failed(why) if why.contains("fire.toml")), "{saved:?}");
    }

    #[test]
    fn a_draft_names_the_folder_from_the_project_on_and_takes_a_free_name() {
        let root = tempfile::tempdir().unwrap();
        let config = Config::at(root.path());
        let experiments = config.experiments.clone();
        for folder in ["data/fire/smoke", "data/fire/misc", "experiments", "empty"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("data/fire/smoke/a.jpg"), "").unwrap();
        fs::write(experiments.join("fire.toml"), "").unwrap();
        let drafted = draft(&config, "data/fire/", None).unwrap();
        let ExperimentNews::Drafted { path, text } = drafted else { panic!() };
        assert_eq!(path, experiments.join("fire-2.toml"));
        assert!(!path.exists(), "nothing is written before it is saved");
        let checked = spec::parse(&text, &path).unwrap();
        assert_eq!(checked.experiment.images, Path::new("data/fire"));
        assert_eq!(checked.experiment.categories, ["misc", "smoke"]);
        assert!(text.contains("# photos: misc 0, smoke 1"));
        let drafted = draft(&config, ".", Some("efficientnet_lite2")).unwrap();
        let ExperimentNews::Drafted { text, .. } = drafted else { panic!() };
        assert!(text.contains("categories = [\"data\", \"empty\"]"), "{text}");
        assert!(text.contains("\nbackbone = \"efficientnet_lite2\"\n"), "{text}");
        assert!(draft(&config, "empty", None).unwrap_err().contains("no folder in it"));
        assert!(draft(&config, "no", None).unwrap_err().contains("no such folder"));
    }

    #[test]
    fn a_path_is_completed_as_far_as_it_is_certain() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["data/fire", "data/firewood", "data/文", ".hidden"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let text = |typed: &str| complete(root.path(), typed, PathKind::Folder).text;
        assert_eq!(text(""), "data/");
        assert_eq!(text("data/f"), "data/fire");
        assert_eq!(text("data/文"), "data/文/");
        assert_eq!(text("data/x"), "data/x");
        let names = |typed: &str, kind| complete(root.path(), typed, kind).names;
        assert_eq!(names("data/fi", PathKind::Folder), ["fire/", "firewood/"]);
        let absolute = format!("{}/da", root.path().display());
        assert_eq!(text(&absolute), format!("{absolute}ta/"));
        for file in ["data/barn.JPG", "data/fir tree.png", "data/notes.txt", "data/.b.jpg"] {
            fs::write(root.path().join(file), "").unwrap();
        }
        let photo = |typed: &str| complete(root.path(), typed, PathKind::Photos).text;
        assert_eq!((photo("data/b"), photo("data/n")), ("data/barn.JPG".into(), "data/n".into()));
        assert_eq!(photo("data/f"), "data/fir");
        assert_eq!(names("data/fir", PathKind::Photos), ["fire/", "firewood/", "fir tree.png"]);
        assert_eq!(text("data/b"), "data/b", "where a folder is asked for, files are none");
    }

    #[test]
    fn a_duplicate_never_replaces_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fire.toml");
        fs::write(&path, "# first\r\n").unwrap();
        duplicate(&path, "fog").unwrap();
        assert_eq!(fs::read(folder.path().join("fog.toml")).unwrap(), b"# first\r\n");
        assert!(duplicate(&path, "fog").unwrap_err().contains("exists already"));
        assert!(duplicate(&path, "a/b").is_err() && duplicate(&path, "").is_err());
    }
}
