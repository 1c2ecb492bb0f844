//! Bytes of a photo to pixels, whatever they claim to be.
//!
//! One way for every use: check, features, predict and preview are given the same picture, whatever
//! size they ask for. A form that is not known to be read right is refused by its name.

mod before;
mod format;
mod guard;
mod orientation;
mod profile;
mod rule;
mod tiff;
mod traits;

use std::borrow::Cow;
use std::io::Cursor;

use image::error::ImageError;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};

use super::{Decoded, Unreadable, jpeg};
use guard::without_panic;

pub use format::FORMATS;
pub(crate) use format::{HEAD_BYTES, Promise, format};
pub use guard::is_decoding;
pub use rule::DecodeRule;
pub use traits::PhotoTraits;

/// Upper limit of what a decoder may take for each pixel: 16-bit RGBA, twice.
const MAX_BYTES_PER_PIXEL: u64 = 16;
/// What a decoder may take besides, whatever the size of the picture.
const DECODER_BYTES: u64 = 64 << 20;

/// How much of a photo is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Every pixel.
    Full,
    /// A JPEG may come at a half or a quarter of its size, as long as both sides keep this
    /// many pixels or more: quicker, and of much less memory.
    Least(usize),
}

/// A photo as its file holds it: the header is read, and says that the picture can be.
pub struct EncodedPhoto<'a> {
    bytes: Cow<'a, [u8]>,
    format: ImageFormat,
    width: u32,
    height: u32,
    max_megapixels: usize,
}

impl<'a> EncodedPhoto<'a> {
    /// Reads the header; the format is told by the content, not by any name.
    ///
    /// Errors when it is no picture, of a format not in [`FORMATS`] or a form that is not read, or
    /// larger than `max_megapixels`; no memory is taken for pixels.
    pub fn new(
        bytes: impl Into<Cow<'a, [u8]>>,
        max_megapixels: usize,
    ) -> Result<EncodedPhoto<'a>, Unreadable> {
        let bytes = bytes.into();
        let format = format(&bytes)?;
        let (width, height) = size(&bytes, format)?;
        check_size(width, height, max_megapixels)?;
        Ok(EncodedPhoto { bytes, format, width, height, max_megapixels })
    }

    /// Width and height in pixels as they are stored, not turned.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// What [`EncodedPhoto::decode`] takes of memory beside the encoded bytes, about, and not less
    /// by much.
    pub fn decoding_bytes(&self, detail: Detail) -> Result<u64, Unreadable> {
        let pixels = u64::from(self.width) * u64::from(self.height);
        if self.format == ImageFormat::Jpeg {
            let (width, height) = (self.width as usize, self.height as usize);
            let least = least(detail).and_then(|least| jpeg::reduced_bytes(width, height, least));
            // Three components: coefficients of two bytes and samples, or pixels and the turned
            // picture.
            return Ok(least.unwrap_or(9 * pixels));
        }
        without_panic(|| {
            let colour = self.decoder()?.color_type();
            let decoded = u64::from(colour.bytes_per_pixel());
            let is_deep = colour.bytes_per_pixel() > colour.channel_count();
            // 16 bits of three channels; the turned picture.
            Ok(pixels * (decoded + if is_deep { 6 } else { 3 }))
        })
    }

    /// The photo as it is meant to be seen: turned as its EXIF or XMP says, its colours those of
    /// sRGB, the first frame of an animation.
    ///
    /// As in TensorFlow's decoders, alpha is dropped, 16 bits are cut to 8, and grey is repeated in
    /// the three channels. Errors when it is cut off or damaged.
    pub fn decode(&self, detail: Detail) -> Result<Decoded, Unreadable> {
        self.decode_by(DecodeRule::CURRENT, detail)
    }

    /// As [`EncodedPhoto::decode`] does it now, or did it by an older rule.
    pub fn decode_by(&self, rule: DecodeRule, detail: Detail) -> Result<Decoded, Unreadable> {
        without_panic(|| {
            if rule < DecodeRule::CURRENT {
                let pixels = before::decode(self, detail)?;
                return Ok(Decoded { pixels, remarks: Vec::new() });
            }
            let (mut decoded, profile) = match self.format {
                ImageFormat::Jpeg => {
                    let decoded = jpeg::decode(&self.bytes, least(detail))?;
                    (decoded, profile::of_jpeg(&self.bytes))
                }
                _ => self.decode_by_library()?,
            };
            if let Some(profile) = profile
                && let Err(remark) = profile::to_srgb(&mut decoded.pixels, &profile)
            {
                decoded.remarks.push(remark);
            }
            let mut picture = DynamicImage::from(decoded.pixels);
            picture.apply_orientation(orientation::orientation(&self.bytes, self.format));
            Ok(Decoded { pixels: picture.into_rgb8(), remarks: decoded.remarks })
        })
    }

    /// Every format but JPEG. Also the colour profile.
    fn decode_by_library(&self) -> Result<(Decoded, Option<Vec<u8>>), Unreadable> {
        let mut decoder = self.decoder()?;
        let profile = match self.format {
            ImageFormat::Tiff => tiff::profile(&self.bytes),
            // A torn profile is as good as none.
            _ => decoder.icc_profile().ok().flatten(),
        };
        let picture = DynamicImage::from_decoder(decoder).map_err(reason)?;
        tiff::check_floats(&picture)?;
        Ok((Decoded { pixels: to_rgb8(picture), remarks: Vec::new() }, profile))
    }

    fn decoder(&self) -> Result<impl ImageDecoder, Unreadable> {
        let mut reader = ImageReader::with_format(Cursor::new(&self.bytes), self.format);
        let mut limits = Limits::no_limits();
        limits.max_alloc =
            Some(max_pixels(self.max_megapixels) * MAX_BYTES_PER_PIXEL + DECODER_BYTES);
        reader.limits(limits);
        reader.into_decoder().map_err(reason)
    }
}

/// Reads the header and decodes: [`EncodedPhoto::new`] and [`EncodedPhoto::decode`] in one, without
/// the remarks.
pub fn decode(bytes: &[u8], max_megapixels: usize, detail: Detail) -> Result<RgbImage, Unreadable> {
    Ok(EncodedPhoto::new(bytes, max_megapixels)?.decode(detail)?.pixels)
}

fn least(detail: Detail) -> Option<usize> {
    match detail {
        Detail::Full => None,
        Detail::Least(least) => Some(least),
    }
}

/// Width and height by the header.
fn size(bytes: &[u8], format: ImageFormat) -> Result<(u32, u32), Unreadable> {
    without_panic(|| match format {
        ImageFormat::Jpeg => Ok(jpeg::size(bytes)?),
        ImageFormat::Png => png_size(bytes),
        ImageFormat::Tiff => tiff::size(bytes),
        _ => {
            let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
            reader.no_limits();
            reader.into_dimensions().map_err(reason)
        }
    })
}

/// Errors when the picture has no pixels, or more than are read.
pub(crate) fn check_size(width: u32, height: u32, max_megapixels: usize) -> Result<(), Unreadable> {
    let (width, height) = (u64::from(width), u64::from(height));
    if width == 0 || height == 0 {
        Err(Unreadable::NoPixels { width, height })
    } else if width * height > max_pixels(max_megapixels) {
        Err(Unreadable::TooManyPixels { width, height })
    } else {
        Ok(())
    }
}

/// From the first chunk, IHDR. The decoder itself gives no size when that is very large.
fn png_size(bytes: &[u8]) -> Result<(u32, u32), Unreadable> {
    let header = bytes.get(12..24).ok_or(Unreadable::Truncated)?;
    let size = header.strip_prefix(b"IHDR");
    let size = size.ok_or_else(|| Unreadable::Corrupt("a PNG without a header".to_owned()))?;
    let number =
        |at: usize| u32::from_be_bytes([size[at], size[at + 1], size[at + 2], size[at + 3]]);
    Ok((number(0), number(4)))
}

fn max_pixels(max_megapixels: usize) -> u64 {
    (max_megapixels as u64).saturating_mul(1_000_000)
}

fn reason(err: ImageError) -> Unreadable {
    match err {
        ImageError::IoError(err) if err.kind() == std::io::ErrorKind::UnexpectedEof => {
            Unreadable::Truncated
        }
        err => Unreadable::Corrupt(err.to_string().replace('\n', " ")),
    }
}

fn to_rgb8(picture: DynamicImage) -> RgbImage {
    match picture {
        DynamicImage::ImageLuma16(_)
        | DynamicImage::ImageLumaA16(_)
        | DynamicImage::ImageRgb16(_)
        | DynamicImage::ImageRgba16(_) => {
            let deep = picture.into_rgb16();
            let (width, height) = deep.dimensions();
            let cut = deep.into_raw().into_iter().map(|value| (value >> 8) as u8).collect();
            RgbImage::from_raw(width, height, cut).expect("as many values as before")
        }
        picture => picture.into_rgb8(),
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Luma, LumaA, Rgb, Rgba};

    use super::*;

    fn decode(bytes: &[u8], max_megapixels: usize) -> Result<RgbImage, Unreadable> {
        super::decode(bytes, max_megapixels, Detail::Full)
    }

    fn card() -> RgbImage {
        RgbImage::from_fn(40, 30, |x, y| match (x < 20, y < 15) {
            (true, true) => Rgb([220, 20, 20]),
            (false, true) => Rgb([20, 220, 20]),
            (true, false) => Rgb([20, 20, 220]),
            (false, false) => Rgb([128, 128, 128]),
        })
    }

    fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_format_is_told_by_its_content_and_read() {
        use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        for format in [Jpeg, Png, Gif, Bmp, WebP, Tiff] {
            let decoded = decode(&encoded(card(), format), 1).unwrap();
            assert_eq!(decoded.dimensions(), (40, 30), "{format:?}");
            let pairs = decoded.iter().zip(card().into_raw());
            let off: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(b))).sum();
            let allowed = if format == Jpeg { 5 * 40 * 30 * 3 } else { 0 };
            assert!(off <= allowed, "{format:?}: {off}");
        }
    }

    #[test]
    fn sixteen_bits_are_cut_grey_is_repeated_and_alpha_is_dropped() {
        let deep: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_pixel(3, 2, Luma([0x7fff]));
        assert_eq!(
            decode(&encoded(deep, ImageFormat::Png), 1).unwrap().get_pixel(0, 0).0,
            [0x7f; 3]
        );
        let grey = ImageBuffer::from_pixel(3, 2, LumaA([9u8, 3]));
        assert_eq!(decode(&encoded(grey, ImageFormat::Png), 1).unwrap().get_pixel(1, 1).0, [9; 3]);
        let clear = ImageBuffer::from_pixel(3, 2, Rgba([1u8, 2, 3, 0]));
        assert_eq!(
            decode(&encoded(clear, ImageFormat::Png), 1).unwrap().get_pixel(2, 1).0,
            [1, 2, 3]
        );
    }

    #[test]
    fn what_is_no_picture_says_what_it_is() {
        let said = |bytes: &[u8]| decode(bytes, 1).unwrap_err().to_string();
        assert_eq!(said(b""), "empty");
        assert_eq!(said(b"some text"), "not an image");
        assert_eq!(said(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "not an image");
        assert_eq!(said(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), "HEIC not supported");
        assert_eq!(said(b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"), "AVIF not supported");
    }

    #[test]
    fn every_cut_of_every_format_is_an_error_or_a_picture_but_never_a_panic() {
        use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        for format in [Jpeg, Png, Gif, Bmp, WebP, Tiff] {
            let bytes = encoded(card(), format);
            for length in (1..bytes.len()).step_by(7) {
                let cut = decode(&bytes[..length], 1);
                // The last 12 bytes of a PNG only say that it ends.
                let told =
                    matches!(format, Jpeg | Bmp) || format == Png && length < bytes.len() - 12;
                if told {
                    assert!(cut.is_err(), "{format:?} at {length}");
                }
                assert_ne!(cut, Err(Unreadable::DecoderPanicked), "{format:?} at {length}");
            }
        }
    }

    #[test]
    fn an_entry_without_values_in_a_tiff_is_as_good_as_none() {
        const SHORT: u16 = 3;
        // Tag, count and value: width, height, bits of a sample, colours.
        let entries: [(u16, u32, u32); 4] = [(256, 1, 3), (257, 1, 2), (258, 0, 0), (262, 1, 2)];
        let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
        bytes.extend((entries.len() as u16).to_le_bytes());
        for (tag, count, value) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(SHORT.to_le_bytes());
            bytes.extend(count.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([0; 4]); // no other directory
        // A sample has one bit where nothing else is said.
        let refused = Unreadable::FormNotSupported("RGB TIFF of 1 bits a sample".to_owned());
        assert_eq!(size(&bytes, ImageFormat::Tiff), Err(refused.clone()));
        assert_eq!(decode(&bytes, 1), Err(refused));
    }

    #[test]
    fn large_pictures_are_refused_by_their_header() {
        let mut bytes = encoded(card(), ImageFormat::Bmp);
        bytes[18..22].copy_from_slice(&40_000i32.to_le_bytes());
        bytes[22..26].copy_from_slice(&30_000i32.to_le_bytes());
        assert_eq!(
            decode(&bytes, 1_199).unwrap_err().to_string(),
            "too large: 40000 x 30000 pixels"
        );
        assert!(decode(&encoded(RgbImage::new(1000, 1000), ImageFormat::Png), 1).is_ok());
        assert!(decode(&encoded(RgbImage::new(1000, 1001), ImageFormat::Png), 1).is_err());
    }
}
