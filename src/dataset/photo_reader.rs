//! From a photo's file to its pixels, on many threads within one budget of memory.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use image::RgbImage;

use super::memory_budget::{MemoryBudget, Reservation};
use super::{
    DecodeRule, Decoded, Detail, EncodedPhoto, MAX_FILE_BYTES, OpenError, PhotoFile, Remark,
};

/// What all threads together may hold of files, and of photos that are being decoded; one larger
/// photo gets in alone. Files are reserved first, so that nobody who decodes waits for somebody who
/// reads.
const FILE_BYTES: u64 = 128 << 20;
const PHOTO_BYTES: u64 = 256 << 20;

/// Reads and decodes photos; threads share one.
pub struct PhotoReader {
    rule: DecodeRule,
    max_megapixels: usize,
    remarks: Mutex<Vec<(PathBuf, Remark)>>,
    files: MemoryBudget,
    photos: MemoryBudget,
}

/// The pixels of a photo. Drop it as soon as they are used: others may wait for the memory.
pub struct DecodedPhoto<'a> {
    /// Upright, RGB.
    pub pixels: RgbImage,
    _memory: Reservation<'a>,
}

impl PhotoReader {
    /// A reader that decodes by `rule` and refuses photos of more than `max_megapixels`.
    pub fn new(rule: DecodeRule, max_megapixels: usize) -> PhotoReader {
        let (files, photos) = (MemoryBudget::new(FILE_BYTES), MemoryBudget::new(PHOTO_BYTES));
        PhotoReader { rule, max_megapixels, remarks: Mutex::default(), files, photos }
    }

    /// Reads the photo that was hashed and decodes it, when there is memory for both.
    pub fn read(&self, photo: &PhotoFile, detail: Detail) -> Result<DecodedPhoto<'_>, OpenError> {
        Ok(self.read_and_look(photo, detail, |_, _| ())?.0)
    }

    /// The same, and what `look` sees in the file and its pixels.
    pub fn read_and_look<T>(
        &self,
        photo: &PhotoFile,
        detail: Detail,
        look: impl FnOnce(&EncodedPhoto, &RgbImage) -> T,
    ) -> Result<(DecodedPhoto<'_>, T), OpenError> {
        let file_bytes = fs::metadata(&photo.path).map_or(0, |metadata| metadata.len());
        let file_memory = self.files.reserve(file_bytes.min(MAX_FILE_BYTES));
        let encoded = photo.open(self.max_megapixels)?;
        let memory = self.photos.reserve(encoded.decoding_bytes(detail)?);
        let Decoded { pixels, remarks } = encoded.decode_by(self.rule, detail)?;
        let seen = look(&encoded, &pixels);
        drop((encoded, file_memory));
        let remarks = remarks.into_iter().map(|remark| (photo.path.clone(), remark));
        self.remarks.lock().expect("no panic inside").extend(remarks);
        Ok((DecodedPhoto { pixels, _memory: memory }, seen))
    }

    /// What was unusual about the photos that were read so far, each with its path.
    pub fn take_remarks(&self) -> Vec<(PathBuf, Remark)> {
        std::mem::take(&mut self.remarks.lock().expect("no panic inside"))
    }
}
