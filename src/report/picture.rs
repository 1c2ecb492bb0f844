//! A photo as a small JPEG that goes into the report itself.

use std::fmt;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::imageops;

use crate::dataset::{Detail, decode, read_file};

/// Pixels of the longer side, and the quality from 1 to 100, from the best to the least: the first
/// that fits is taken.
const SIZES: [(u32, u8); 4] = [(320, 78), (320, 60), (224, 60), (160, 50)];
/// Bytes of one picture; the last of the sizes fits whatever is on it.
pub(super) const MOST_BYTES: usize = 13_000;

/// A JPEG without anything of the photo's own metadata.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub jpeg: Vec<u8>,
    /// In pixels, upright.
    pub width: u32,
    /// In pixels, upright.
    pub height: u32,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} x {}, {} bytes)", self.width, self.height, self.jpeg.len())
    }
}

impl Picture {
    /// Reads a photo and makes it small. `hash` is the BLAKE3 that its bytes had in hexadecimal: a
    /// photo that is another one by now is not shown for it.
    ///
    /// The error says why there is no picture.
    pub fn read(path: &Path, hash: Option<&str>, max_megapixels: usize) -> Result<Picture, String> {
        let bytes = read_file(path).map_err(|err| err.to_string())?;
        if hash.is_some_and(|hash| blake3::hash(&bytes).to_hex().as_str() != hash) {
            return Err("the file has changed since the run".to_owned());
        }
        let detail = Detail::Least(SIZES[0].0 as usize);
        let pixels = decode(&bytes, max_megapixels, detail).map_err(|err| err.to_string())?;
        let mut smaller = pixels;
        for (side, quality) in SIZES {
            let (width, height) = fitting(smaller.dimensions(), side);
            if (width, height) != smaller.dimensions() {
                smaller = imageops::thumbnail(&smaller, width, height);
            }
            let mut jpeg = Vec::new();
            let encoded = JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(&smaller);
            encoded.map_err(|err| err.to_string())?;
            if jpeg.len() <= MOST_BYTES {
                return Ok(Picture { jpeg, width, height });
            }
        }
        Err("it cannot be made small enough".to_owned())
    }
}

/// The size with its longer side at most `side`.
fn fitting((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= side {
        return (width, height);
    }
    let scaled = |pixels: u32| {
        let exact = f64::from(pixels) * f64::from(side) / f64::from(longer);
        (exact.round() as u32).max(1)
    };
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use image::RgbImage;

    use super::*;
    use crate::random::Rng;

    #[test]
    fn even_noise_fits_and_keeps_its_shape() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noise.png");
        let mut random = Rng::new(1);
        let noise = RgbImage::from_fn(900, 450, |_, _| {
            image::Rgb([(); 3].map(|()| random.next_u64() as u8))
        });
        noise.save(&path).unwrap();
        let picture = Picture::read(&path, None, 100).unwrap();
        assert!(picture.jpeg.len() <= MOST_BYTES);
        assert_eq!(picture.width, 2 * picture.height);
        let seen = image::load_from_memory(&picture.jpeg).unwrap();
        assert_eq!((seen.width(), seen.height()), (picture.width, picture.height));
    }

    #[test]
    fn a_photo_that_is_another_one_by_now_or_gone_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        RgbImage::new(10, 4).save(&path).unwrap();
        let hash = blake3::hash(&std::fs::read(&path).unwrap()).to_hex();
        let picture = Picture::read(&path, Some(hash.as_str()), 100).unwrap();
        assert_eq!((picture.width, picture.height), (10, 4), "small ones are not enlarged");
        RgbImage::new(4, 10).save(&path).unwrap();
        let said = Picture::read(&path, Some(hash.as_str()), 100).unwrap_err();
        assert_eq!(said, "the file has changed since the run");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(Picture::read(&path, None, 100).unwrap_err(), "no such file");
    }
}
