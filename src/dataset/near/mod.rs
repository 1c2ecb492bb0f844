//! Near copies: photos that show the same picture, encoded anew, resized, cropped a little, brighter,
//! darker or mirrored, and frames of one burst that hardly differ.
//!
//! A perceptual hash finds candidates; a candidate counts when the small grey pictures of both agree,
//! one moved and scaled a little over the other.

mod alignment;
mod copies;
mod known_thumbnails;
mod thumbnail;

use alignment::{Surface, agreement};
pub(in crate::dataset) use copies::make_thumbnails;
pub use copies::{NearCopy, Severity, near_copies};
pub use known_thumbnails::KnownThumbnails;
use thumbnail::Hasher;
pub(crate) use thumbnail::Thumbnail;

use super::threads::for_each;

/// Of 64 bits of the hash candidates differ in at most this many. A copy with 8% cropped away differs
/// in 20 at most, of 60 such all but one in 16; of other pairs of photos one in a thousand does not
/// differ in more.
const MOST_BITS: u32 = 16;
/// The correlation of grey values from which two photos count as copies.
const ENOUGH: f64 = 0.94;

/// Two pictures that are near copies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NearThumbnails {
    /// Their places; the second is the larger one.
    pub places: [usize; 2],
    /// One is the mirror image of the other.
    pub is_mirrored: bool,
}

/// All pairs of near copies, in the order of their places. Plain areas are copies of nothing.
///
/// Every pair is looked at: 50,000 photos are a billion comparisons of two words each. What takes long
/// is candidates, so many photos of one fixed scene take minutes.
pub(crate) fn find(thumbnails: &[&Thumbnail], threads: usize) -> Vec<NearThumbnails> {
    let hasher = Hasher::new();
    let hashes: Vec<Option<[u64; 2]>> = thumbnails
        .iter()
        .map(|thumbnail| (!thumbnail.is_plain()).then(|| hasher.hashes(thumbnail)))
        .collect();
    let others: Vec<(usize, u64)> = hashes
        .iter()
        .enumerate()
        .filter_map(|(at, hashes)| Some((at, hashes.as_ref()?[0])))
        .collect();
    let mut found = Vec::new();
    let of = |place: usize| {
        let Some(own) = hashes[place] else { return Vec::new() };
        let later = others.partition_point(|(other, _)| *other <= place);
        near(thumbnails, place, own, &others[later..])
    };
    for_each(thumbnails.len(), threads, of, |_, pairs| found.extend(pairs));
    found.sort_by_key(|pair: &NearThumbnails| pair.places);
    found
}

/// The near copies of the thumbnail at `place`, with its own hash and that of its mirror image,
/// among others, each with its place and hash.
fn near(
    thumbnails: &[&Thumbnail],
    place: usize,
    own: [u64; 2],
    others: &[(usize, u64)],
) -> Vec<NearThumbnails> {
    let mut surfaces = [None, None];
    let mut found = Vec::new();
    for &(other, hash) in others {
        let bits = own.map(|own| (own ^ hash).count_ones());
        if bits[0] > MOST_BITS && bits[1] > MOST_BITS {
            continue;
        }
        let is_copy = |is_mirrored: &bool| {
            let mirrored = usize::from(*is_mirrored);
            let surface = surfaces[mirrored].get_or_insert_with(|| match is_mirrored {
                false => Surface::of(thumbnails[place]),
                true => Surface::of(&thumbnails[place].mirrored()),
            });
            bits[mirrored] <= MOST_BITS && agreement(surface, thumbnails[other], ENOUGH) >= ENOUGH
        };
        if let Some(is_mirrored) = [false, true].into_iter().find(is_copy) {
            found.push(NearThumbnails { places: [place, other], is_mirrored });
        }
    }
    found
}

#[cfg(test)]
mod tests;
