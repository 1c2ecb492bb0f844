//! Colours by an embedded ICC profile to those that the network was trained on: sRGB.

use image::RgbImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::dataset::{Remark, jpeg};

const APP2: u8 = 0xe2;
/// Begins a part of a profile in a JPEG; its number and their count follow.
const JPEG_PART: &[u8] = b"ICC_PROFILE\0";
/// A profile that changes no colour by more levels than this is sRGB under another name.
const SAME: u8 = 1;

/// The profile in a JPEG, put together from its parts.
pub fn of_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let segments = jpeg::segments(bytes).filter(|(marker, _)| *marker == APP2);
    let mut parts: Vec<(u8, &[u8])> = segments
        .filter_map(|(_, segment)| segment.strip_prefix(JPEG_PART))
        .filter_map(|part| Some((*part.first()?, part.get(2..)?)))
        .collect();
    parts.sort_by_key(|(number, _)| *number);
    (!parts.is_empty()).then(|| parts.into_iter().flat_map(|(_, part)| part).copied().collect())
}

/// Turns colours by `profile` into sRGB's.
///
/// Errors with a remark, and changes nothing, when the profile cannot be used, as one for inks.
pub fn to_srgb(picture: &mut RgbImage, profile: &[u8]) -> Result<(), Remark> {
    let from = ColorProfile::new_from_slice(profile).map_err(|_| Remark::ProfileIgnored)?;
    let to = ColorProfile::new_srgb();
    match from.color_space {
        DataColorSpace::Rgb => {}
        // A grey picture is grey by any of them; how bright, programs differ.
        DataColorSpace::Gray => return Ok(()),
        _ => return Err(Remark::ProfileIgnored),
    }
    let transform = from
        .create_transform_8bit(Layout::Rgb, &to, Layout::Rgb, TransformOptions::default())
        .map_err(|_| Remark::ProfileIgnored)?;
    let converted = |colours: &[u8]| {
        let mut converted = vec![0; colours.len()];
        let done = transform.transform(colours, &mut converted);
        done.map(|()| converted).map_err(|_| Remark::ProfileIgnored)
    };
    let samples = samples();
    let is_srgb = converted(&samples)?.iter().zip(&samples).all(|(a, b)| a.abs_diff(*b) <= SAME);
    if !is_srgb {
        let width = picture.width() as usize * 3;
        let mut row = vec![0; width];
        for pixels in picture.chunks_exact_mut(width) {
            row.copy_from_slice(pixels);
            transform.transform(&row, pixels).map_err(|_| Remark::ProfileIgnored)?;
        }
    }
    Ok(())
}

/// Colours all over the cube, and all greys.
fn samples() -> Vec<u8> {
    let steps = || (0..=255u8).step_by(51);
    let cube = steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| [r, g, b])));
    cube.chain((0..=255).map(|level| [level; 3])).flatten().collect()
}
