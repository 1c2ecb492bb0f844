//! Writes the demo photos into folders, one a category, without touching what is there.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use image::codecs::jpeg::JpegEncoder;

use super::{CATEGORIES, PER_CATEGORY, draw, file_name};

/// Of the JPEGs, of 100: small files that show no blocks.
const QUALITY: u8 = 88;

/// How many photos were there and how many had to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Drawn now.
    pub drawn: usize,
    /// There already, and left as they were.
    pub kept: usize,
}

/// Writes `folder/CATEGORY/NAME.jpg` for all demo photos, on all cores. A file that is there
/// already is kept, whatever is in it. `progress` is told how many are done, of how many.
///
/// Errors when a folder or file cannot be written, with its path; what was written stays.
pub fn write(folder: &Path, progress: &mut dyn FnMut(usize, usize)) -> io::Result<Written> {
    write_some(folder, PER_CATEGORY, progress)
}

fn write_some(
    folder: &Path,
    per_category: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> io::Result<Written> {
    for category in CATEGORIES {
        let path = folder.join(category);
        fs::create_dir_all(&path).map_err(|err| at(&path, &err))?;
    }
    let total = CATEGORIES.len() * per_category;
    let next = AtomicUsize::new(0);
    let mut written = Written { drawn: 0, kept: 0 };
    let mut failed = None;
    thread::scope(|scope| {
        let (done, news) = mpsc::channel();
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (done, next) = (done.clone(), &next);
            scope.spawn(move || {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    // A closed channel: another thread met an error.
                    if i >= total
                        || done.send(write_one(folder, i / per_category, i % per_category)).is_err()
                    {
                        return;
                    }
                }
            });
        }
        drop(done);
        for result in news {
            match result {
                Ok(true) => written.drawn += 1,
                Ok(false) => written.kept += 1,
                Err(err) => {
                    failed = Some(err);
                    break;
                }
            }
            progress(written.drawn + written.kept, total);
        }
    });
    failed.map_or(Ok(written), Err)
}

/// True when the file was drawn, false when it was there already.
fn write_one(folder: &Path, category: usize, index: usize) -> io::Result<bool> {
    let name = file_name(category, index);
    let path = folder.join(CATEGORIES[category]).join(&name);
    // The link itself is asked for: one that leads nowhere is somebody's file, too.
    if fs::symlink_metadata(&path).is_ok() {
        return Ok(false);
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(&draw(category, index))
        .map_err(io::Error::other)?;
    let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let placed = place(&beside, &path, &bytes);
    if !matches!(placed, Ok(true)) {
        let _ = fs::remove_file(&beside);
    }
    placed.map_err(|err| at(&path, &err))
}

/// Moves the bytes into place unless somebody else has put a file there meanwhile: a hard link
/// never replaces, a rename does, so that is only for file systems without links.
fn place(beside: &Path, path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let mut file = fs::File::create(beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    match fs::hard_link(beside, path) {
        Ok(()) => fs::remove_file(beside)?,
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(_) if fs::symlink_metadata(path).is_ok() => return Ok(false),
        Err(_) => fs::rename(beside, path)?,
    }
    Ok(true)
}

fn at(path: &Path, err: &io::Error) -> io::Error {
    io::Error::new(err.kind(), format!("{}: {err}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_that_are_there_already_are_kept_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let mine = folder.path().join("smoke").join(file_name(1, 1));
        fs::create_dir_all(mine.parent().unwrap()).unwrap();
        fs::write(&mine, "my own").unwrap();
        fs::write(folder.path().join("smoke").join("holiday.jpg"), "also mine").unwrap();
        let first = write_some(folder.path(), 2, &mut |_, _| {}).unwrap();
        assert_eq!(first, Written { drawn: 5, kept: 1 });
        assert_eq!(fs::read(&mine).unwrap(), b"my own");
        let again = write_some(folder.path(), 2, &mut |_, _| {}).unwrap();
        assert_eq!(again, Written { drawn: 0, kept: 6 });
        assert_eq!(fs::read_dir(folder.path().join("smoke")).unwrap().count(), 3);
    }

    #[test]
    fn written_photos_can_be_decoded_and_nothing_else_is_left_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let mut news = Vec::new();
        write_some(folder.path(), 1, &mut |done, total| news.push((done, total))).unwrap();
        assert_eq!(news, [(1, 3), (2, 3), (3, 3)]);
        for (category, name) in CATEGORIES.iter().enumerate() {
            let files: Vec<_> = fs::read_dir(folder.path().join(name)).unwrap().collect();
            assert_eq!(files.len(), 1);
            let path = files[0].as_ref().unwrap().path();
            assert_eq!(path.file_name().unwrap().to_str().unwrap(), file_name(category, 0));
            let (photo, drawn) = (image::open(path).unwrap().to_rgb8(), draw(category, 0));
            assert_eq!(photo.dimensions(), drawn.dimensions());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photos");
        fs::write(&path, "a file in the way").unwrap();
        let err = write_some(&path, 1, &mut |_, _| {}).unwrap_err();
        assert!(err.to_string().contains("photos/fire"), "{err}");
    }
}
