//! Decoding as it was before rule 3, for runs and heads that were made by it.
//!
//! Wrong where rule 3 is right: some turns, colours and forms of files. What rule 3 refuses by its
//! header stays refused.

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, RgbImage};

use super::{Detail, EncodedPhoto, least, reason, to_rgb8};
use crate::dataset::{Unreadable, jpeg};

/// The photo, upright, by rule 1, or, when `detail` lets it be reduced, by rule 2.
pub(super) fn decode(photo: &EncodedPhoto, detail: Detail) -> Result<RgbImage, Unreadable> {
    let mut decoder = photo.decoder()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let reduced = match photo.format {
        ImageFormat::Jpeg => jpeg::checked_or_reduced_before(&photo.bytes, least(detail))?,
        _ => None,
    };
    let mut picture = match reduced {
        Some(picture) => picture.into(),
        None => DynamicImage::from_decoder(decoder).map_err(reason)?,
    };
    picture.apply_orientation(orientation);
    Ok(to_rgb8(picture))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::dataset::DecodeRule;

    fn sizes(file: &str) -> [(u32, u32); 2] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures");
        let bytes = fs::read(format!("{folder}/{file}")).unwrap();
        let photo = EncodedPhoto::new(bytes, 1).unwrap();
        [DecodeRule::BEFORE, DecodeRule::CURRENT]
            .map(|rule| photo.decode_by(rule, Detail::Full).unwrap().pixels.dimensions())
    }

    #[test]
    fn a_turn_that_was_not_found_before_is_not_found_for_an_old_head() {
        assert_eq!(sizes("turn-6.jpg"), [(35, 45), (35, 45)]);
        assert_eq!(sizes("turn-long.jpg"), [(45, 35), (35, 45)]);
        assert_eq!(sizes("turn-xmp.jpg"), [(45, 35), (35, 45)]);
    }

    #[test]
    fn what_was_refused_before_is_refused_for_an_old_head() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures");
        for file in ["stray-some.jpg", "no-tables.jpg", "zeros-for-end.jpg"] {
            let bytes = fs::read(format!("{folder}/{file}")).unwrap();
            let photo = EncodedPhoto::new(bytes, 1).unwrap();
            assert!(photo.decode_by(DecodeRule::BEFORE, Detail::Full).is_err(), "{file}");
            assert_eq!(photo.decode(Detail::Full).unwrap().remarks.len(), 1, "{file}");
        }
    }
}
