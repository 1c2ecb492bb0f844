//! Thumbnails of photos that were decoded before, by the photos' content.
//!
//! One file for each folder of photos and decode rule, in the cache folder. Whatever is wrong with it,
//! thumbnails are made again and it is written anew.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Thumbnail;
use super::thumbnail::PIXELS;
use crate::dataset::DecodeRule;
use crate::store::{AtomicFile, WholeFile};

/// Folder of the files in the cache folder.
const FOLDER: &str = "thumbnails";
/// Begins the file; the number counts the changes of its format, and of how thumbnails are made.
const MAGIC: &[u8; 21] = b"retrain-thumbnails-1\n";
const HASH_BYTES: usize = 32;
const RECORD_BYTES: usize = HASH_BYTES + PIXELS;
/// Thumbnails of photos that are not met are kept until they outnumber the others by this many.
const SPARE: usize = 10_000;

/// The thumbnails of one folder of photos.
pub struct KnownThumbnails {
    file: PathBuf,
    /// Boxed, as half of a table that grows by doubling is empty.
    by_photo: HashMap<blake3::Hash, Box<Thumbnail>>,
    has_new: bool,
}

impl KnownThumbnails {
    /// What is known of the photos in the folder `images`; nothing when the file is missing, torn
    /// or damaged.
    pub fn load(cache: &Path, images: &Path) -> KnownThumbnails {
        let mut name = blake3::Hasher::new();
        name.update(&DecodeRule::CURRENT.number().to_le_bytes());
        name.update(images.as_os_str().as_encoded_bytes());
        let file = cache.join(FOLDER).join(&name.finalize().to_hex()[..32]);
        let bytes = WholeFile::open(&file).ok();
        let by_photo = bytes.and_then(|bytes| from_bytes(&bytes)).unwrap_or_default();
        KnownThumbnails { file, by_photo, has_new: false }
    }

    /// That of the photo with this content.
    pub(crate) fn get(&self, photo: &blake3::Hash) -> Option<&Thumbnail> {
        self.by_photo.get(photo).map(|thumbnail| &**thumbnail)
    }

    pub(crate) fn insert(&mut self, photo: blake3::Hash, thumbnail: Thumbnail) {
        self.by_photo.insert(photo, Box::new(thumbnail));
        self.has_new = true;
    }

    /// Writes them, if there are new ones, without most of those of other photos than these.
    pub fn save(&mut self, photos: impl Iterator<Item = blake3::Hash>) -> io::Result<()> {
        if !self.has_new {
            return Ok(());
        }
        let met: HashSet<blake3::Hash> = photos.collect();
        if self.by_photo.len() > 2 * met.len() + SPARE {
            self.by_photo.retain(|photo, _| met.contains(photo));
        }
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        write(&self.file, &self.by_photo)?;
        self.has_new = false;
        Ok(())
    }
}

fn write(file: &Path, by_photo: &HashMap<blake3::Hash, Box<Thumbnail>>) -> io::Result<()> {
    let mut file = AtomicFile::begin(file)?;
    let mut hasher = blake3::Hasher::new();
    let mut write = |bytes: &[u8]| {
        hasher.update(bytes);
        file.write_all(bytes)
    };
    write(MAGIC)?;
    for (photo, thumbnail) in by_photo {
        write(photo.as_bytes())?;
        write(&thumbnail.0)?;
    }
    file.write_all(hasher.finalize().as_bytes())?;
    file.finish()
}

fn from_bytes(bytes: &[u8]) -> Option<HashMap<blake3::Hash, Box<Thumbnail>>> {
    let (content, checksum) = bytes.split_last_chunk::<HASH_BYTES>()?;
    let (records, rest) = content.strip_prefix(MAGIC)?.as_chunks::<RECORD_BYTES>();
    let record = |bytes: &[u8; RECORD_BYTES]| {
        let (photo, pixels) = bytes.split_first_chunk::<HASH_BYTES>()?;
        Some((blake3::Hash::from_bytes(*photo), Box::new(Thumbnail(pixels.try_into().ok()?))))
    };
    match rest.is_empty() && blake3::hash(content) == *checksum {
        true => records.iter().map(record).collect(),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbnails_come_back_by_content_and_a_damaged_file_is_as_good_as_none() {
        let cache = tempfile::tempdir().unwrap();
        let load = || KnownThumbnails::load(cache.path(), Path::new("/photos"));
        let photo = blake3::hash(b"photo");
        let mut thumbnails = load();
        thumbnails.save([].into_iter()).unwrap();
        assert!(!thumbnails.file.exists(), "nothing is new");
        thumbnails.insert(photo, Thumbnail([7; PIXELS]));
        thumbnails.save([photo].into_iter()).unwrap();
        assert_eq!(load().get(&photo), Some(&Thumbnail([7; PIXELS])));
        let elsewhere = KnownThumbnails::load(cache.path(), Path::new("/others"));
        assert_eq!(elsewhere.get(&photo), None);
        let whole = fs::read(&thumbnails.file).unwrap();
        for at in [0, 30, 60, 600, whole.len() - 1] {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            for bytes in [&whole[..at], &flipped] {
                fs::write(&thumbnails.file, bytes).unwrap();
                assert_eq!(load().get(&photo), None, "at {at}");
            }
        }
    }

    #[test]
    fn thumbnails_of_photos_that_are_gone_do_not_pile_up() {
        let cache = tempfile::tempdir().unwrap();
        let mut thumbnails = KnownThumbnails::load(cache.path(), Path::new("/photos"));
        let photo = |n: usize| blake3::hash(&n.to_le_bytes());
        (0..SPARE + 3).for_each(|n| thumbnails.insert(photo(n), Thumbnail([0; PIXELS])));
        thumbnails.save([photo(5)].into_iter()).unwrap();
        assert_eq!(thumbnails.by_photo.len(), 1);
        assert!(thumbnails.get(&photo(5)).is_some());
    }
}
