//! A photo on disk that was hashed, and the certainty that it is the same when it is decoded.

use std::path::PathBuf;
use std::time::SystemTime;

use super::file::RegularFile;
use super::lost::fault_behind;
use super::stamp::StampDigest;
use super::{EncodedPhoto, Unreadable};
use crate::store::Fault;

/// A photo's file, known by the hash of what it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoFile {
    /// Where it is, from the folder that the program works in or absolute.
    pub path: PathBuf,
    /// BLAKE3 of the file's bytes.
    pub hash: blake3::Hash,
    /// What the file system said of the file when it was hashed; `None` where it had been changed
    /// so recently that a later change may look the same.
    pub stamp: Option<StampDigest>,
    /// It was read to be hashed just now, not on an earlier day.
    pub was_read: bool,
}

/// Why a photo that was hashed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The photo's fault: it is left out.
    #[error(transparent)]
    Photo(#[from] Unreadable),
    /// The machine's fault, not the photo's.
    #[error(transparent)]
    Machine(#[from] Fault),
}

impl From<OpenError> for Unreadable {
    fn from(err: OpenError) -> Unreadable {
        match err {
            OpenError::Photo(reason) => reason,
            OpenError::Machine(fault) => Unreadable::Fault(fault),
        }
    }
}

impl PhotoFile {
    /// Reads and hashes a file; whether it is a photo is not looked at.
    pub fn hash(path: PathBuf) -> Result<PhotoFile, Unreadable> {
        let now = SystemTime::now();
        let mut file = RegularFile::open(&path, 0)?;
        let hash = blake3::hash(&file.read_all()?);
        let stamp = file.settled_stamp(now).map(|stamp| stamp.digest());
        Ok(PhotoFile { path, hash, stamp, was_read: true })
    }

    /// Reads the photo that was hashed, and its header.
    ///
    /// It is hashed again only where the file system does not vouch for it. Errors with
    /// [`Unreadable::Changed`] when the file holds something else now.
    pub fn open(&self, max_megapixels: usize) -> Result<EncodedPhoto<'static>, OpenError> {
        let bytes = self.read().map_err(|reason| {
            match fault_behind(&self.path, &reason, self.was_read) {
                Some(fault) => OpenError::Machine(fault),
                None => reason.into(),
            }
        })?;
        Ok(EncodedPhoto::new(bytes, max_megapixels)?)
    }

    fn read(&self) -> Result<Vec<u8>, Unreadable> {
        let mut file = RegularFile::open(&self.path, 0)?;
        let bytes = file.read_all()?;
        // Looked at after the last byte, so that a change during the reading shows, too.
        let is_vouched_for = self.stamp == Some(file.stamp_now()?.digest());
        if !is_vouched_for && blake3::hash(&bytes) != self.hash {
            return Err(Unreadable::Changed);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::super::stamp::FileStamp;
    use super::*;

    fn picture(shade: u8) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = image::RgbImage::from_pixel(2, 2, image::Rgb([shade; 3]));
        picture.write_to(&mut bytes, image::ImageFormat::Bmp).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_photo_changed_after_it_was_hashed_is_not_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.bmp");
        fs::write(&path, picture(1)).unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let fresh = PhotoFile::hash(path.clone()).unwrap();
        // As if it had been hashed long after it was made.
        let stamp = Some(FileStamp::of(&fs::metadata(&path).unwrap()).digest());
        let settled = PhotoFile { stamp, ..fresh.clone() };
        assert_eq!(fresh.stamp, None);
        for photo in [&fresh, &settled] {
            assert_eq!(photo.open(1).unwrap().size(), (2, 2));
        }
        // Same length, same inode, and the time of the change set back.
        fs::write(&path, picture(2)).unwrap();
        File::open(&path).unwrap().set_modified(modified).unwrap();
        for photo in [&fresh, &settled] {
            let refused = photo.open(1).err().unwrap();
            assert!(matches!(refused, OpenError::Photo(Unreadable::Changed)), "{refused}");
        }
    }

    #[test]
    fn a_photo_that_was_only_touched_is_still_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.bmp");
        fs::write(&path, picture(1)).unwrap();
        let stamp = Some(FileStamp::of(&fs::metadata(&path).unwrap()).digest());
        let photo = PhotoFile { stamp, ..PhotoFile::hash(path.clone()).unwrap() };
        let later = SystemTime::now() + Duration::from_secs(60);
        File::open(&path).unwrap().set_modified(later).unwrap();
        assert!(photo.open(1).is_ok());
    }
}
