//! What the file system says of a file: enough to tell whether it is still the one that was read.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Two changes of a file within this time may leave the same times on it: FAT counts in steps of
/// two seconds, network servers and older file systems in whole ones.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// A short name of a [`FileStamp`], which two different ones do not share.
pub type StampDigest = [u8; 16];

/// Size, inode, and times of the last changes in ns since 1970, up to the year 2262. Whoever changes what a file holds
/// changes one of them: the time of the inode's change cannot be set by hand, but on FAT, where the
/// time of the inode's change follows the file's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    bytes: u64,
    inode: u64,
    /// Of the content (mtime).
    modified: i64,
    /// Of the content, the name or the rights (ctime).
    changed: i64,
}

impl FileStamp {
    /// The stamp in a file's metadata.
    pub fn of(metadata: &Metadata) -> FileStamp {
        let nanoseconds =
            |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        FileStamp {
            bytes: metadata.len(),
            inode: metadata.ino(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Length of the file in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the file was last changed so long before `now` that a change from `now` on leaves
    /// another stamp. Git calls a file that was changed in the same tick as it was read "racily
    /// clean", and reads it again.
    pub fn is_settled(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let limit = now.saturating_sub(COARSEST_CLOCK).as_nanos() as i128;
        i128::from(self.modified) < limit && i128::from(self.changed) < limit
    }

    /// Its short name.
    pub fn digest(&self) -> StampDigest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.bytes.to_le_bytes());
        hasher.update(&self.inode.to_le_bytes());
        // As wide as they are in files of before.
        hasher.update(&i128::from(self.modified).to_le_bytes());
        hasher.update(&i128::from(self.changed).to_le_bytes());
        let mut digest = [0; 16];
        digest.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        digest
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_changed_a_moment_ago_is_not_settled_and_an_old_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "a").unwrap();
        let stamp = FileStamp::of(&fs::metadata(&path).unwrap());
        assert!(!stamp.is_settled(SystemTime::now()));
        assert!(stamp.is_settled(SystemTime::now() + Duration::from_secs(10)));
        // A time that was set back by hand does not hide the change.
        fs::File::open(&path).unwrap().set_modified(UNIX_EPOCH).unwrap();
        let stamp = FileStamp::of(&fs::metadata(&path).unwrap());
        assert!(!stamp.is_settled(SystemTime::now()));
    }

    #[test]
    fn every_part_of_a_stamp_is_in_its_digest() {
        let stamp = FileStamp { bytes: 1, inode: 2, modified: 3, changed: 4 };
        let others = [
            FileStamp { bytes: 9, ..stamp },
            FileStamp { inode: 9, ..stamp },
            FileStamp { modified: 9, ..stamp },
            FileStamp { changed: 9, ..stamp },
        ];
        assert!(others.iter().all(|other| other.digest() != stamp.digest()));
    }
}
