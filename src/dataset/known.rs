//! Hashes of photos that were read before, so that the next scan of a large folder reads nothing.
//!
//! One file for each folder of photos and decode rule, in the cache folder: what one rule takes for
//! a photo, another may refuse. Whatever is wrong with the file, the photos are read again and it
//! is written anew; it is never taken for more than a memory of what was read. Several programs may
//! write it at once: the last one wins, with the entries that it found when it wrote.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::DecodeRule;
use super::stamp::FileStamp;
use crate::config::read_plain;
use crate::store::write_atomically;

/// Folder of the files in the cache folder.
const FOLDER: &str = "known-photos";
/// Begins the file; the number counts the changes of its format.
const MAGIC: &[u8; 16] = b"retrain-known-1\n";
/// BLAKE3 of all before it ends the file.
const CHECKSUM_BYTES: usize = 32;
const RECORD_BYTES: usize = 72;
/// A killed scan loses at most what it read in this time.
const SAVE_INTERVAL: Duration = Duration::from_secs(20);
/// Entries of files that were not met are kept until they outnumber the others by this many: they
/// may belong to categories of another experiment.
const SPARE_ENTRIES: usize = 10_000;

/// What a photo that was read once is known by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct KnownPhoto {
    /// BLAKE3 of the file's bytes.
    pub hash: blake3::Hash,
    /// In pixels, by the header.
    pub width: u32,
    pub height: u32,
}

/// One entry of the file: 72 bytes.
#[derive(Clone, Copy)]
struct Record {
    /// BLAKE3 of the path, relative to the folder of photos.
    path: [u8; 16],
    stamp: [u8; 16],
    photo: KnownPhoto,
}

/// The photos of one folder that need not be read again.
pub(crate) struct KnownPhotos {
    file: PathBuf,
    /// In the order of their paths' hashes.
    records: Vec<Record>,
}

impl KnownPhotos {
    /// What is known of the photos in the folder `images`; nothing when the file is missing, torn
    /// or damaged.
    pub fn load(cache: &Path, images: &Path) -> KnownPhotos {
        let file = file_of(cache, images, DecodeRule::CURRENT);
        KnownPhotos { records: read_records(&file), file }
    }

    /// What is known of the file at `path`, relative to the folder of photos, if it still is the
    /// one that was read.
    pub fn get(&self, path: &Path, stamp: &FileStamp) -> Option<KnownPhoto> {
        let record = self.records[self.place(path)?];
        (record.stamp == stamp.digest()).then_some(record.photo)
    }

    /// Begins to add to it.
    pub fn update(&self) -> Update<'_> {
        let met = vec![false; self.records.len()];
        Update { known: self, met, new: Vec::new(), unsaved: 0, saved: Instant::now() }
    }

    fn place(&self, path: &Path) -> Option<usize> {
        let path = path_key(path);
        self.records.binary_search_by_key(&path, |record| record.path).ok()
    }
}

/// What a scan adds to the known photos.
pub(crate) struct Update<'a> {
    known: &'a KnownPhotos,
    /// Whether each known photo is still there.
    met: Vec<bool>,
    /// Photos that were read.
    new: Vec<Record>,
    /// How many of them are not saved.
    unsaved: usize,
    saved: Instant,
}

impl Update<'_> {
    /// Takes note that a known photo is still there.
    pub fn meet(&mut self, path: &Path) {
        if let Some(place) = self.known.place(path) {
            self.met[place] = true;
        }
    }

    /// Adds a photo that was read. Its stamp must have been settled before it was.
    pub fn insert(&mut self, path: &Path, stamp: &FileStamp, photo: KnownPhoto) {
        self.new.push(Record { path: path_key(path), stamp: stamp.digest(), photo });
        self.unsaved += 1;
    }

    /// Saves what is new when the last time is long ago.
    pub fn save_sometimes(&mut self) -> io::Result<()> {
        match self.unsaved == 0 || self.saved.elapsed() < SAVE_INTERVAL {
            true => Ok(()),
            false => self.save(),
        }
    }

    /// Saves what is new, with all that the file holds: what was not met yet may still be.
    fn save(&mut self) -> io::Result<()> {
        (self.unsaved, self.saved) = (0, Instant::now());
        self.write(self.certain(), read_records(&self.known.file))
    }

    /// Saves what is new when every photo was looked at; drops what was not met when that is much.
    pub fn finish(self) -> io::Result<()> {
        if self.new.is_empty() {
            return Ok(());
        }
        let (certain, mut others) = (self.certain(), read_records(&self.known.file));
        if others.len() > 2 * certain.len() + SPARE_ENTRIES {
            others.clear();
        }
        self.write(certain, others)
    }

    /// What is new, and what was known before and is still there.
    fn certain(&self) -> Vec<Record> {
        let met = self.known.records.iter().zip(&self.met).filter(|(_, met)| **met);
        self.new.iter().chain(met.map(|(record, _)| record)).copied().collect()
    }

    /// Writes both; where they have the same path, what is certain.
    fn write(&self, certain: Vec<Record>, others: Vec<Record>) -> io::Result<()> {
        // The sort keeps the order of equals, so that what was read last comes first.
        let mut records: Vec<Record> = certain.into_iter().chain(others).collect();
        records.sort_by_key(|record| record.path);
        records.dedup_by_key(|record| record.path);
        if let Some(folder) = self.known.file.parent() {
            fs::create_dir_all(folder)?;
        }
        write_atomically(&self.known.file, &to_bytes(&records))
    }
}

/// The file of what is known by a decode rule of the photos in the folder `images`.
fn file_of(cache: &Path, images: &Path, rule: DecodeRule) -> PathBuf {
    let mut name = blake3::Hasher::new();
    name.update(&rule.number().to_le_bytes());
    name.update(images.as_os_str().as_encoded_bytes());
    cache.join(FOLDER).join(&name.finalize().to_hex()[..32])
}

fn path_key(path: &Path) -> [u8; 16] {
    first_half(&blake3::hash(path.as_os_str().as_encoded_bytes()))
}

fn first_half(hash: &blake3::Hash) -> [u8; 16] {
    hash.as_bytes().first_chunk().copied().expect("a hash has 32 bytes")
}

fn to_bytes(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MAGIC.len() + records.len() * RECORD_BYTES + CHECKSUM_BYTES);
    bytes.extend(MAGIC);
    for Record { path, stamp, photo } in records {
        bytes.extend(path);
        bytes.extend(stamp);
        bytes.extend(photo.hash.as_bytes());
        bytes.extend(photo.width.to_le_bytes());
        bytes.extend(photo.height.to_le_bytes());
    }
    let checksum = blake3::hash(&bytes);
    bytes.extend(checksum.as_bytes());
    bytes
}

/// The records of a whole and undamaged file, in the order of their paths; else none.
fn read_records(file: &Path) -> Vec<Record> {
    read_plain(file).ok().and_then(|bytes| from_bytes(&bytes)).unwrap_or_default()
}

fn from_bytes(bytes: &[u8]) -> Option<Vec<Record>> {
    let (content, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
    let (records, rest) = content.strip_prefix(MAGIC)?.as_chunks::<RECORD_BYTES>();
    let is_whole = rest.is_empty() && blake3::hash(content) == *checksum;
    let records: Vec<Record> = records.iter().map(Record::from_bytes).collect();
    (is_whole && records.is_sorted_by_key(|record| record.path)).then_some(records)
}

impl Record {
    fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Record {
        fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
            bytes[at..].first_chunk().copied().expect("a record is long enough")
        }
        Record {
            path: part(bytes, 0),
            stamp: part(bytes, 16),
            photo: KnownPhoto {
                hash: blake3::Hash::from_bytes(part(bytes, 32)),
                width: u32::from_le_bytes(part(bytes, 64)),
                height: u32::from_le_bytes(part(bytes, 68)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(n: u8) -> KnownPhoto {
        KnownPhoto { hash: blake3::hash(&[n]), width: u32::from(n), height: 7 }
    }

    /// A folder for the cache, and the stamp of some file.
    fn beginning() -> (tempfile::TempDir, FileStamp) {
        let folder = tempfile::tempdir().unwrap();
        let stamp = FileStamp::of(&fs::metadata(folder.path()).unwrap());
        (folder, stamp)
    }

    fn load(cache: &Path) -> KnownPhotos {
        KnownPhotos::load(cache, Path::new("/photos"))
    }

    #[test]
    fn what_was_saved_is_known_again_by_its_path_and_stamp() {
        let (cache, stamp) = beginning();
        let known = load(cache.path());
        let mut update = known.update();
        for n in 0..50 {
            update.insert(Path::new(&format!("fire/{n}.jpg")), &stamp, photo(n));
        }
        update.finish().unwrap();
        let known = load(cache.path());
        assert_eq!(known.get(Path::new("fire/7.jpg"), &stamp), Some(photo(7)));
        assert_eq!(known.get(Path::new("fire/50.jpg"), &stamp), None);
        let other = FileStamp::of(&fs::metadata(&known.file).unwrap());
        assert_eq!(known.get(Path::new("fire/7.jpg"), &other), None, "the file was changed");
        let elsewhere = KnownPhotos::load(cache.path(), Path::new("/other"));
        assert_eq!(elsewhere.get(Path::new("fire/7.jpg"), &stamp), None);
    }

    #[test]
    fn two_that_save_one_after_the_other_keep_what_both_have_read() {
        let (cache, stamp) = beginning();
        let known = [load(cache.path()), load(cache.path())];
        let [mut one, mut two] = known.each_ref().map(KnownPhotos::update);
        one.insert(Path::new("a"), &stamp, photo(1));
        one.insert(Path::new("both"), &stamp, photo(2));
        two.insert(Path::new("b"), &stamp, photo(3));
        two.insert(Path::new("both"), &stamp, photo(4));
        one.finish().unwrap();
        two.finish().unwrap();
        let known = load(cache.path());
        let found = ["a", "b", "both"].map(|path| known.get(Path::new(path), &stamp));
        assert_eq!(found, [Some(photo(1)), Some(photo(3)), Some(photo(4))]);
    }

    #[test]
    fn a_file_torn_or_damaged_anywhere_is_as_good_as_none() {
        let (cache, stamp) = beginning();
        let known = load(cache.path());
        let mut update = known.update();
        (0..3).for_each(|n| update.insert(Path::new(&n.to_string()), &stamp, photo(n)));
        update.finish().unwrap();
        let whole = fs::read(&known.file).unwrap();
        assert_eq!(load(cache.path()).records.len(), 3);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            for bytes in [&whole[..at], &flipped] {
                fs::write(&known.file, bytes).unwrap();
                assert_eq!(load(cache.path()).records.len(), 0, "at {at}");
            }
        }
        let damaged = load(cache.path());
        let mut update = damaged.update();
        update.insert(Path::new("1"), &stamp, photo(1));
        update.finish().unwrap();
        assert_eq!(load(cache.path()).get(Path::new("1"), &stamp), Some(photo(1)));
    }

    /// Saves more entries than are kept of files that are gone, named by their numbers.
    fn save_many(cache: &Path, stamp: &FileStamp) {
        let known = load(cache);
        let mut update = known.update();
        for n in 0..SPARE_ENTRIES + 100 {
            update.insert(Path::new(&n.to_string()), stamp, photo(1));
        }
        update.finish().unwrap();
    }

    #[test]
    fn a_scan_that_is_killed_leaves_what_it_had_not_met_yet() {
        let (cache, stamp) = beginning();
        save_many(cache.path(), &stamp);
        let later = load(cache.path());
        let mut update = later.update();
        update.insert(Path::new("new"), &stamp, photo(2));
        update.save().unwrap();
        let known = load(cache.path());
        assert_eq!(known.records.len(), SPARE_ENTRIES + 101);
        assert_eq!(known.get(Path::new("new"), &stamp), Some(photo(2)));
    }

    #[test]
    fn entries_of_files_that_are_gone_do_not_pile_up() {
        let (cache, stamp) = beginning();
        save_many(cache.path(), &stamp);
        let later = load(cache.path());
        let mut update = later.update();
        update.meet(Path::new("5"));
        update.insert(Path::new("new"), &stamp, photo(2));
        update.finish().unwrap();
        let known = load(cache.path());
        assert_eq!(known.records.len(), 2);
        assert_eq!(known.get(Path::new("5"), &stamp), Some(photo(1)));
    }

    #[test]
    fn what_is_known_by_one_decode_rule_is_not_by_another() {
        let (cache, images) = (Path::new("/cache"), Path::new("/photos"));
        let file = |rule| file_of(cache, images, rule);
        assert_ne!(file(DecodeRule::BEFORE), file(DecodeRule::CURRENT));
        assert_eq!(KnownPhotos::load(cache, images).file, file(DecodeRule::CURRENT));
    }

    #[test]
    fn nothing_is_written_when_nothing_is_new() {
        let (cache, _) = beginning();
        load(cache.path()).update().finish().unwrap();
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
    }
}
