//! `~` in paths.

use std::path::{Path, PathBuf};

/// A path as a person writes it: `~` and what stands below it is in their home folder, as a shell
/// has it. A folder whose name is `~` can be written `./~`.
pub fn expand_home(path: &Path) -> PathBuf {
    expand(path, std::env::home_dir())
}

fn expand(path: &Path, home: Option<PathBuf>) -> PathBuf {
    match (path.strip_prefix("~"), home.filter(|home| !home.as_os_str().is_empty())) {
        (Ok(rest), Some(home)) if rest.as_os_str().is_empty() => home,
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tilde_that_is_the_whole_first_name_is_the_home_folder() {
        let expanded = |path: &str| expand(Path::new(path), Some("/home/ada".into()));
        assert_eq!(expanded("~"), Path::new("/home/ada"));
        assert_eq!(expanded("~/photos/fire"), Path::new("/home/ada/photos/fire"));
        for path in ["photos/~", "~ada/photos", "./~", "/~", "photos"] {
            assert_eq!(expanded(path), Path::new(path));
        }
        assert_eq!(expand(Path::new("~/photos"), None), Path::new("~/photos"));
        assert_eq!(expand(Path::new("~/photos"), Some("".into())), Path::new("~/photos"));
    }
}
