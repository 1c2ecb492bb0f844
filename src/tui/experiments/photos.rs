//! Photos counted by the names of files alone: at once, before any of them is read.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::dataset::is_leftover;

const ENDINGS: [&str; 9] = ["jpg", "jpeg", "jpe", "jfif", "png", "gif", "bmp", "webp", "tiff"];
/// Deeper than anybody nests photos; keeps links from leading in circles for long.
const DEEPEST: usize = 8;

/// The categories (folders) in `images` by name, with the number of photos in each. `wanted`:
/// only these, in that order; empty: all.
pub fn count(images: &Path, wanted: &[String]) -> Vec<(String, usize)> {
    let names = if wanted.is_empty() { folders(images) } else { wanted.to_vec() };
    names.into_iter().map(|name| (name.clone(), photos(&images.join(name), 0))).collect()
}

/// Names of the folders in a folder, those that are hidden or left by programs left out, in order.
pub fn folders(folder: &Path) -> Vec<String> {
    names_of(folder, |path| path.is_dir())
}

/// Names of the files in a folder that are called like photos, in order.
pub fn files(folder: &Path) -> Vec<String> {
    names_of(folder, |path| is_photo(path) && path.is_file())
}

fn names_of(folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| is_wanted(&entry.path()))
        .map(|entry| entry.file_name())
        .filter(|name| is_shown(name))
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn photos(folder: &Path, depth: usize) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| is_shown(&entry.file_name()))
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEEPEST => photos(&entry.path(), depth + 1),
            Ok(kind) if !kind.is_dir() => usize::from(is_photo(&entry.path())),
            _ => 0,
        })
        .sum()
}

fn is_shown(name: &OsStr) -> bool {
    !name.as_encoded_bytes().starts_with(b".") && !is_leftover(name)
}

fn is_photo(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_are_counted_by_folder_whatever_their_endings_case() {
        let images = tempfile::tempdir().unwrap();
        for file in [
            "fire/a.jpg",
            "fire/deep/b.JPEG",
            "fire/notes.txt",
            "smoke/c.png",
            ".git/d.jpg",
            "__MACOSX/e.jpg",
        ] {
            let path = images.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let named = |counts: Vec<(String, usize)>| -> Vec<String> {
            counts.iter().map(|(name, count)| format!("{name} {count}")).collect()
        };
        assert_eq!(named(count(images.path(), &[])), ["fire 2", "smoke 1"]);
        let wanted = ["smoke", "none"].map(String::from);
        assert_eq!(named(count(images.path(), &wanted)), ["smoke 1", "none 0"]);
        assert!(count(&images.path().join("missing"), &[]).is_empty());
    }
}
