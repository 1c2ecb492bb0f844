//! Hashes of photos that were read before, so that the next scan of a large folder reads nothing.
//!
//! One file for each folder of photos and decode rule, in the cache folder: what one rule takes for
//! a photo, another may refuse. Whatever is wrong with the file, the photos are read again and it
//! is written anew; it is never taken for more than a memory of what was read. Several programs may
//! write it at once: the last one wins, with the entries that it found when it wrote. A scan of a
//! [`Share`] writes a file of its own beside it, so that scans of all shares at once lose nothing;
//! the next scan of all photos takes these in.

mod records;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::DecodeRule;
use super::share::Share;
use super::stamp::StampDigest;
pub(crate) use records::KnownPhoto;
use records::{PathKey, Record, Table, merged, path_key, write_records};

/// Folder of the files in the cache folder.
const FOLDER: &str = "known-photos";
/// A killed scan loses at most what it read in this time, or in so many times that which saving took.
const SAVE_INTERVAL: Duration = Duration::from_secs(2);
const SAVE_COST: u32 = 20;
/// Entries of files that were not met are kept until they outnumber the others by this many: they
/// may belong to categories of another experiment.
const SPARE_ENTRIES: usize = 10_000;

/// The photos of one folder that need not be read again.
pub(crate) struct KnownPhotos {
    file: PathBuf,
    /// That of all photos, then those of shares; they stay in their files.
    tables: Vec<Table>,
    /// Files of shares.
    parts: Vec<PathBuf>,
}

impl KnownPhotos {
    /// What is known of the photos in the folder `images`; nothing when the file is missing, torn
    /// or damaged.
    pub fn load(cache: &Path, images: &Path) -> KnownPhotos {
        let file = file_of(cache, images, DecodeRule::CURRENT);
        let parts = parts_of(&file);
        let tables = [&file].into_iter().chain(&parts).map(|file| Table::open(file)).collect();
        KnownPhotos { file, tables, parts }
    }

    /// What is known of the files at these paths, relative to the folder of photos. The files are gone
    /// through from end to end for it, so that they need not be in memory: ask for many at once.
    pub fn of(&self, paths: &[PathBuf]) -> KnownOf {
        let keys = paths.iter().map(|path| path_key(path));
        let mut wanted: Vec<(PathKey, u32)> = keys.zip(0..).collect();
        wanted.sort_unstable();
        let mut found = Vec::new();
        for (table, in_table) in (0..).zip(&self.tables) {
            let mut rest = &wanted[..];
            for (row, record) in (0..).zip(in_table.records()) {
                let before = rest.iter().take_while(|(path, _)| *path < record.path).count();
                rest = &rest[before..];
                let same = rest.iter().take_while(|(path, _)| *path == record.path);
                found.extend(same.map(|&(_, place)| Remembered { place, table, row, record }));
                if rest.is_empty() {
                    break;
                }
            }
        }
        found.sort_by_key(|one| one.place);
        KnownOf { found }
    }

    /// Begins to add to it what a scan of all photos reads, or one of a share.
    pub fn update(&self, share: Option<Share>) -> Update<'_> {
        let met = self.tables.iter().map(|table| vec![false; table.len()]).collect();
        let (saved, cost) = (Instant::now(), Duration::ZERO);
        Update { known: self, share, met, new: Vec::new(), unsaved: 0, saved, cost }
    }
}

/// What is known of some files.
pub(crate) struct KnownOf {
    /// By place.
    found: Vec<Remembered>,
}

/// A record and where it stands.
struct Remembered {
    /// Of the path among those that were asked for.
    place: u32,
    table: u32,
    row: u32,
    record: Record,
}

impl KnownOf {
    /// What is known of the file at this place among those that were asked for, if it still is the one
    /// that was read.
    pub fn get(&self, place: usize, stamp: &StampDigest) -> Option<KnownPhoto> {
        let same = self.at(place).iter().find(|one| one.record.stamp == *stamp);
        same.map(|one| one.record.photo)
    }

    fn at(&self, place: usize) -> &[Remembered] {
        let first = self.found.partition_point(|one| (one.place as usize) < place);
        let count =
            self.found[first..].iter().take_while(|one| one.place as usize == place).count();
        &self.found[first..][..count]
    }
}

/// What a scan adds to the known photos.
pub(crate) struct Update<'a> {
    known: &'a KnownPhotos,
    share: Option<Share>,
    /// Whether each known photo of each table is still there.
    met: Vec<Vec<bool>>,
    /// Photos that were read.
    new: Vec<Record>,
    /// How many of them are not saved.
    unsaved: usize,
    saved: Instant,
    /// Time that saving took the last time.
    cost: Duration,
}

impl Update<'_> {
    /// Takes note that the known photo at this place is still there.
    pub fn meet(&mut self, known: &KnownOf, place: usize) {
        for one in known.at(place) {
            self.met[one.table as usize][one.row as usize] = true;
        }
    }

    /// Adds a photo that was read. Its stamp must have been settled before it was.
    pub fn insert(&mut self, path: &Path, stamp: StampDigest, photo: KnownPhoto) {
        self.new.push(Record { path: path_key(path), stamp, photo });
        self.unsaved += 1;
    }

    /// Saves what is new when the last time is long ago.
    pub fn save_sometimes(&mut self) -> io::Result<()> {
        let interval = SAVE_INTERVAL.max(SAVE_COST * self.cost);
        match self.unsaved == 0 || self.saved.elapsed() < interval {
            true => Ok(()),
            false => self.save(),
        }
    }

    /// Saves what is new, with all that the file holds: what was not met yet may still be.
    fn save(&mut self) -> io::Result<()> {
        let start = Instant::now();
        let saved = self.write(&[Table::open(&self.file())]);
        (self.unsaved, self.saved, self.cost) = (0, Instant::now(), start.elapsed());
        saved
    }

    /// The file that it is saved in.
    fn file(&self) -> PathBuf {
        match self.share {
            None => self.known.file.clone(),
            Some(share) => part_of(&self.known.file, share),
        }
    }

    /// Saves what is new when every photo was looked at; drops what was not met when that is much.
    pub fn finish(mut self) -> io::Result<()> {
        let parts: &[PathBuf] = if self.share.is_none() { &self.known.parts } else { &[] };
        if self.new.is_empty() && parts.is_empty() {
            return Ok(());
        }
        // Anew: others may have gone on meanwhile.
        let own = self.file();
        let files = [&own].into_iter().chain(parts).map(|file| Table::open(file));
        let mut others: Vec<Table> = files.collect();
        let met = self.met.iter().flatten().filter(|met| **met).count();
        let known: usize = others.iter().map(Table::len).sum();
        if known > 2 * (self.new.len() + met) + SPARE_ENTRIES {
            others.clear();
        }
        self.write(&others)?;
        // What stays is read again, and costs no more.
        parts.iter().for_each(|part| drop(fs::remove_file(part)));
        Ok(())
    }

    /// Writes what is new, what was known before and is still there, and what others know; of the same
    /// path the first of these. A million records are never in memory for it.
    fn write(&mut self, others: &[Table]) -> io::Result<()> {
        self.new.sort_unstable_by_key(|record| record.path);
        let new: Box<dyn Iterator<Item = Record>> = Box::new(self.new.iter().copied());
        let known = self.known.tables.iter().zip(&self.met).map(|(table, met)| {
            let met = table.records().zip(met).filter(|(_, met)| **met);
            Box::new(met.map(|(record, _)| record)) as Box<dyn Iterator<Item = Record>>
        });
        let others = others
            .iter()
            .map(|table| Box::new(table.records()) as Box<dyn Iterator<Item = Record>>);
        let file = self.file();
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        write_records(&file, merged([new].into_iter().chain(known).chain(others).collect()))
    }
}

/// The file of a share beside that of all photos.
fn part_of(file: &Path, share: Share) -> PathBuf {
    file.with_extension(format!("{}-of-{}", share.number(), share.of()))
}

/// The files of shares beside that of all photos, by name.
fn parts_of(file: &Path) -> Vec<PathBuf> {
    let entries = file.parent().and_then(|folder| fs::read_dir(folder).ok());
    let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    let is_part = |path: &PathBuf| {
        path.file_stem() == file.file_name()
            && path.extension().is_some_and(|end| end.as_encoded_bytes().contains(&b'-'))
    };
    let mut parts: Vec<PathBuf> = paths.filter(is_part).collect();
    parts.sort();
    parts
}

/// The file of what is known by a decode rule of the photos in the folder `images`.
fn file_of(cache: &Path, images: &Path, rule: DecodeRule) -> PathBuf {
    let mut name = blake3::Hasher::new();
    name.update(&rule.number().to_le_bytes());
    name.update(images.as_os_str().as_encoded_bytes());
    cache.join(FOLDER).join(&name.finalize().to_hex()[..32])
}

#[cfg(test)]
mod tests {
    use super::super::stamp::FileStamp;
    use super::*;

    fn photo(n: u8) -> KnownPhoto {
        KnownPhoto { hash: blake3::hash(&[n]), width: u32::from(n), height: 7 }
    }

    /// A folder for the cache, and the stamp of some file.
    fn beginning() -> (tempfile::TempDir, StampDigest) {
        let folder = tempfile::tempdir().unwrap();
        let stamp = stamp_of(folder.path());
        (folder, stamp)
    }

    fn stamp_of(path: &Path) -> StampDigest {
        FileStamp::of(&fs::metadata(path).unwrap()).digest()
    }

    impl KnownPhotos {
        fn count(&self) -> usize {
            self.tables.iter().map(Table::len).sum()
        }

        fn get(&self, path: &Path, stamp: &StampDigest) -> Option<KnownPhoto> {
            self.of(&[path.to_owned()]).get(0, stamp)
        }
    }

    fn load(cache: &Path) -> KnownPhotos {
        KnownPhotos::load(cache, Path::new("/photos"))
    }

    #[test]
    fn what_was_saved_is_known_again_by_its_path_and_stamp() {
        let (cache, stamp) = beginning();
        let known = load(cache.path());
        let mut update = known.update(None);
        for n in 0..50 {
            update.insert(Path::new(&format!("fire/{n}.jpg")), stamp, photo(n));
        }
        update.finish().unwrap();
        let known = load(cache.path());
        assert_eq!(known.get(Path::new("fire/7.jpg"), &stamp), Some(photo(7)));
        assert_eq!(known.get(Path::new("fire/50.jpg"), &stamp), None);
        let other = stamp_of(&known.file);
        assert_eq!(known.get(Path::new("fire/7.jpg"), &other), None, "the file was changed");
        let elsewhere = KnownPhotos::load(cache.path(), Path::new("/other"));
        assert_eq!(elsewhere.get(Path::new("fire/7.jpg"), &stamp), None);
    }

    #[test]
    fn two_that_save_one_after_the_other_keep_what_both_have_read() {
        let (cache, stamp) = beginning();
        let known = [load(cache.path()), load(cache.path())];
        let [mut one, mut two] = known.each_ref().map(|known| known.update(None));
        one.insert(Path::new("a"), stamp, photo(1));
        one.insert(Path::new("both"), stamp, photo(2));
        two.insert(Path::new("b"), stamp, photo(3));
        two.insert(Path::new("both"), stamp, photo(4));
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
        let mut update = known.update(None);
        (0..3).for_each(|n| update.insert(Path::new(&n.to_string()), stamp, photo(n)));
        update.finish().unwrap();
        let whole = fs::read(&known.file).unwrap();
        assert_eq!(load(cache.path()).count(), 3);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            for bytes in [&whole[..at], &flipped] {
                fs::write(&known.file, bytes).unwrap();
                assert_eq!(load(cache.path()).count(), 0, "at {at}");
            }
        }
        let damaged = load(cache.path());
        let mut update = damaged.update(None);
        update.insert(Path::new("1"), stamp, photo(1));
        update.finish().unwrap();
        assert_eq!(load(cache.path()).get(Path::new("1"), &stamp), Some(photo(1)));
    }

    /// Saves more entries than are kept of files that are gone, named by their numbers.
    fn save_many(cache: &Path, stamp: StampDigest) {
        let known = load(cache);
        let mut update = known.update(None);
        for n in 0..SPARE_ENTRIES + 100 {
            update.insert(Path::new(&n.to_string()), stamp, photo(1));
        }
        update.finish().unwrap();
    }

    #[test]
    fn a_scan_that_is_killed_leaves_what_it_had_not_met_yet() {
        let (cache, stamp) = beginning();
        save_many(cache.path(), stamp);
        let later = load(cache.path());
        let mut update = later.update(None);
        update.insert(Path::new("new"), stamp, photo(2));
        update.save().unwrap();
        let known = load(cache.path());
        assert_eq!(known.count(), SPARE_ENTRIES + 101);
        assert_eq!(known.get(Path::new("new"), &stamp), Some(photo(2)));
    }

    #[test]
    fn entries_of_files_that_are_gone_do_not_pile_up() {
        let (cache, stamp) = beginning();
        save_many(cache.path(), stamp);
        let later = load(cache.path());
        let mut update = later.update(None);
        update.meet(&later.of(&["5".into()]), 0);
        update.insert(Path::new("new"), stamp, photo(2));
        update.finish().unwrap();
        let known = load(cache.path());
        assert_eq!(known.count(), 2);
        assert_eq!(known.get(Path::new("5"), &stamp), Some(photo(1)));
    }

    #[test]
    fn shares_at_once_lose_nothing_and_a_scan_of_all_takes_their_files_in() {
        let (cache, stamp) = beginning();
        let name = |n: u8| format!("fire/{n}.jpg");
        let known = load(cache.path());
        let shares = [1, 2].map(|number| Share::new(number, 2).unwrap());
        let mut updates = shares.map(|share| known.update(Some(share)));
        for n in 0..100 {
            let place = usize::from(shares[1].holds(Path::new(&name(n))));
            updates[place].insert(Path::new(&name(n)), stamp, photo(n));
        }
        updates.into_iter().for_each(|update| update.finish().unwrap());
        let all_known = |known: &KnownPhotos| {
            (0..100).all(|n| known.get(Path::new(&name(n)), &stamp) == Some(photo(n)))
        };
        let known = load(cache.path());
        assert!(all_known(&known) && known.parts.len() == 2);
        let mut update = known.update(None);
        let paths: Vec<PathBuf> = (0..100).map(|n| name(n).into()).collect();
        let met = known.of(&paths);
        (0..100).for_each(|n| update.meet(&met, n));
        update.finish().unwrap();
        let known = load(cache.path());
        assert!(all_known(&known) && known.parts.is_empty());
        assert_eq!(known.count(), 100);
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
        load(cache.path()).update(None).finish().unwrap();
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
    }
}
