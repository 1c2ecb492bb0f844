//! From a photo's file to its pixels, on many threads within one budget of memory.

use std::fs;

use image::RgbImage;

use super::memory_budget::{MemoryBudget, Reservation};
use super::{Detail, MAX_FILE_BYTES, OpenError, PhotoFile};

/// What all threads together may hold of files, and of photos that are being decoded; one larger
/// photo gets in alone. Files are reserved first, so that nobody who decodes waits for somebody who
/// reads.
const FILE_BYTES: u64 = 128 << 20;
const PHOTO_BYTES: u64 = 256 << 20;

/// Reads and decodes photos; threads share one.
pub struct PhotoReader {
    max_megapixels: usize,
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
    /// A reader that refuses photos of more than `max_megapixels`.
    pub fn new(max_megapixels: usize) -> PhotoReader {
        let (files, photos) = (MemoryBudget::new(FILE_BYTES), MemoryBudget::new(PHOTO_BYTES));
        PhotoReader { max_megapixels, files, photos }
    }

    /// Reads the photo that was hashed and decodes it, when there is memory for both.
    pub fn read(&self, photo: &PhotoFile, detail: Detail) -> Result<DecodedPhoto<'_>, OpenError> {
        let file_bytes = fs::metadata(&photo.path).map_or(0, |metadata| metadata.len());
        let file_memory = self.files.reserve(file_bytes.min(MAX_FILE_BYTES));
        let encoded = photo.open(self.max_megapixels)?;
        let memory = self.photos.reserve(encoded.decoding_bytes(detail)?);
        let pixels = encoded.decode(detail)?;
        drop((encoded, file_memory));
        Ok(DecodedPhoto { pixels, _memory: memory })
    }
}
